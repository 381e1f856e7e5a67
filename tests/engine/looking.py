"""What stands in an engine's database, read past the engine, and whom the tests of the engine are about."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import MetaData, Table, inspect, select, text

from indsats.domain import facts
from indsats.domain.facts import NewFact
from indsats.domain.values import Actor
from indsats.engine import Engine

MONDAY = date(2017, 1, 2)
"""The day on which the clock of the tests begins."""

KIM = Actor("kim", "caseworker")
JOURNALS = ("indsats_reads", "indsats_refusals")
"""What is written down beside the log."""

LATER = """
id: later
version: 1
title: {da: Senere, en: Later}
extends: stevns-2017
kpis:
  individual_share:
    title: {da: Individuelt, en: Individual}
    rows: facts
    fact: ledighedsydelse_started
    numerator: {some: {fact: referred, where: {track: {is: individual}}, in: visit, since: on}}
  conversations:
    title: {da: Samtaler, en: Conversations}
    rows: facts
    fact: first_conversation_held
    where: {on: {min: week_start}}
  spoken_with:
    title: {da: Talt med, en: Spoken with}
    rows: pathways
    where: {phase: {is: ledighedsydelse}}
    numerator: {some: {fact: first_conversation_held, where: {participants: {includes: [caseworker]}}}}
limits:
  spoken_with:
    title: {da: Talt med, en: Spoken with}
    kpi: spoken_with
    low: 1
"""
"""A model after that of Stevns, with figures and a limit that it does not have."""


def started(on: date = MONDAY, id: str | None = "start") -> NewFact:
    return facts.ledighedsydelse_started(on=on, route="mover_in", id=id)


def talked(on: date = MONDAY, id: str | None = "talk") -> NewFact:
    return facts.first_conversation_held(on=on, participants=["caseworker"], id=id)


def closed(on: date = MONDAY, id: str | None = "close") -> NewFact:
    return facts.pathway_closed(on=on, reason="death", id=id)


def known(engine: Engine, citizen: str, municipality: str | None = None) -> list[tuple[str, str]]:
    """The facts of a citizen that stand now, as id and kind, in fact order."""
    view = engine.pathway(citizen, actor=Actor("test", "system"), municipality=municipality)
    return [(fact.id, fact.kind) for fact in view.derivation.timeline.facts]


def rows(engine: Engine, table: str, *columns: str) -> list[tuple[Any, ...]]:
    """The rows of one table, as they were written."""
    with engine.database.read() as connection:
        columns_of = Table(table, MetaData(), autoload_with=connection).c
        chosen = [columns_of[name] for name in columns] or list(columns_of)
        return [tuple(row) for row in connection.execute(select(*chosen).order_by(*columns_of))]


def everything(engine: Engine, leave_out: Sequence[str] = JOURNALS) -> dict[str, list[tuple[Any, ...]]]:
    """The rows of every table but the journals."""
    names = [name for name in inspect(engine.database.engine).get_table_names() if name.startswith("indsats_")]
    assert "indsats_events" in names
    return {name: sorted(rows(engine, name), key=repr) for name in sorted(names) if name not in leave_out}


def instants(engine: Engine, citizen: str) -> list[datetime]:
    """When the events of a citizen were registered, in the order of its stream."""
    query = text(
        "SELECT recorded_at FROM indsats_events JOIN indsats_streams USING (stream_key) "
        "WHERE subject_id = :citizen ORDER BY version"
    )
    with engine.database.read() as connection:
        return [datetime.fromisoformat(at) for at in connection.scalars(query, {"citizen": citizen})]
