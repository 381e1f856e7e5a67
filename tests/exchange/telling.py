"""Histories that have something to notify, and what the outbox and a receiver have of it."""

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import msgspec
from sqlalchemy import select

from indsats.clock import VirtualClock
from indsats.domain.calendar import noon_of
from indsats.domain.facts import NewFact
from indsats.domain.values import Actor
from indsats.engine import Engine
from indsats.exchange.cloud_events import CloudEvent
from indsats.store import tables

MONDAY = date(2017, 1, 2)
SMALL = str(Path(__file__).parents[1] / "small-model.yaml")
"""It has warnings, which the shipped models have not."""

CLERK = Actor("clerk-7", "system")
PLAN = "Vil gerne arbejde i en blomsterbutik"
LIMIT_PASSED = "indsats.limit_passed.1"
NAMES = ("deadline_breached.1", "breach_withdrawn.1", "deadline_due_soon.1")

_event, _stream = tables.events.c, tables.streams.c


def applied(citizen: str, on: date = MONDAY) -> NewFact:
    """An id made of the citizen's, as hosts make them."""
    return NewFact(kind="applied", on=on, id=f"{citizen}-applied")


def called(citizen: str, on: date = MONDAY) -> NewFact:
    return NewFact(kind="called", on=on, id=f"{citizen}-called-{on}")


def tell(engine: Engine, clock: VirtualClock, citizens: Sequence[str]) -> None:
    """Each applies and is called too late or not at all: warnings, breaches and withdrawals, of all in turn."""
    for citizen in citizens:
        engine.record(citizen, applied(citizen), actor=CLERK)
    for day in (2, 5, 12):
        clock.at = noon_of(after(day))
        engine.sweep()
    for citizen in citizens[::2]:
        engine.record(citizen, called(citizen), actor=CLERK)


def tell_much(engine: Engine, clock: VirtualClock) -> None:
    """More than is read at once, in the order of the pathways and then in their order once more."""
    citizens = [f"c{number}" for number in range(8)]
    for days in (90, 180):
        clock.at = noon_of(after(days))
        for citizen in citizens:
            engine.record(citizen, applied(citizen), actor=CLERK)
        engine.sweep()


def after(days: int) -> date:
    return MONDAY + timedelta(days=days)


def at_noon(days: int) -> VirtualClock:
    return VirtualClock(noon_of(after(days)))


def log(engine: Engine) -> list[str]:
    """The ids that what is to be notified has, in the order of the log, as the log itself has it."""
    query = (
        select(_stream.stream, _event.version)
        .join_from(tables.events, tables.streams)
        .where(_event.name.in_(NAMES))
        .order_by(_event.position)
    )
    with engine.database.read() as connection:
        return [f"{stream}/{version}" for stream, version in connection.execute(query)]


def rows(engine: Engine) -> list[dict[str, Any]]:
    """The rows of the outbox in their order."""
    with engine.database.read() as connection:
        return [
            {**row._mapping, "data": json.loads(row.data)}
            for row in connection.execute(select(tables.outbox).order_by(tables.outbox.c.number))
        ]


def passed(engine: Engine, limit: str = "club_size") -> list[dict[str, Any]]:
    """What the outbox tells of a limit, in its order."""
    return [row for row in rows(engine) if row["type"] == LIMIT_PASSED and row["data"]["limit"] == limit]


def told(engine: Engine, limit: str = "club_size") -> list[tuple[str, float | None, str]]:
    """Of each notification of a limit the day, the value, the state."""
    found = [row["data"] for row in passed(engine, limit)]
    return [(data["as_of"], data["value"], data["state"]) for data in found]


def by_pathway(ids: Iterable[str]) -> Mapping[str, list[int]]:
    """The versions that came of each pathway, in the order in which they came."""
    found: dict[str, list[int]] = defaultdict(list)
    for one in ids:
        stream, _, version = one.partition("/")
        found[stream].append(int(version))
    return found


def first_comings(ids: Iterable[str]) -> list[str]:
    """Without what came again."""
    return list(dict.fromkeys(ids))


def assert_all_came_in_order(engine: Engine, ids: Sequence[str]) -> None:
    """Nothing is lost, and of each pathway nothing came before what stands before it in the log."""
    assert by_pathway(first_comings(ids)) == by_pathway(log(engine))


def read(body: bytes) -> CloudEvent:
    return msgspec.json.decode(body, type=CloudEvent)
