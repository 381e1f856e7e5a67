"""What is written into the outbox: what the log says, in its order, in its transactions, and nothing of persons."""

import json
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

from sqlalchemy import event, select, text
from tests.exchange.telling import (
    CLERK,
    MONDAY,
    NAMES,
    PLAN,
    SMALL,
    after,
    applied,
    called,
    log,
    rows,
    tell,
)
from tests.hard.load import read_load, write_load

from indsats.clock import VirtualClock
from indsats.domain import facts
from indsats.domain.calendar import noon_of, start_of
from indsats.domain.facts import NewFact
from indsats.domain.values import Actor
from indsats.engine import Engine
from indsats.engine.rebuilding import rebuild
from indsats.replay.simulate import Municipality
from indsats.store import tables
from indsats.store.keys import Keys


def test_every_warning_breach_and_withdrawal_has_a_row_in_the_order_of_the_log(
    engine: Engine, clock: VirtualClock
) -> None:
    tell(engine, clock, ["c1", "c2", "c3"])
    found = rows(engine)
    assert [row["id"] for row in found] == log(engine)
    assert {row["type"] for row in found} == {f"indsats.{name}" for name in NAMES}
    assert [row["number"] for row in found] == sorted(row["number"] for row in found)
    assert {(row["attempts"], row["retry_at"], row["delivered_at"], row["dead_at"]) for row in found} == {
        (0, None, None, None)
    }


def test_a_row_says_what_was_found_and_when(engine: Engine, clock: VirtualClock) -> None:
    engine.record("c1", applied("c1"), actor=CLERK)
    for day in (2, 4, 5):
        clock.at = noon_of(after(day))
        engine.sweep()
    engine.record("c1", called("c1", after(3)), actor=CLERK)
    of_receipt = [row for row in rows(engine) if row["data"]["rule"] == "receipt"]
    assert [row["type"] for row in of_receipt] == [
        "indsats.deadline_due_soon.1",
        "indsats.deadline_breached.1",
        "indsats.breach_withdrawn.1",
    ]
    warning, breach, withdrawal = of_receipt
    with engine.database.read() as connection:
        stream, digest = connection.execute(
            select(tables.streams.c.stream, tables.events.c.model_digest).join_from(tables.events, tables.streams)
        ).first() or ("", "")
    # The stream begins with its model; the fact is the second of its events.
    owed = {"municipality": "0999", "model_digest": digest, "rule": "receipt", "anchor": f"{stream}/2", "n": 1}
    owed |= {"anchor_on": "2017-01-02", "due": "2017-01-05"}
    assert warning["data"] == owed | {"found_on": "2017-01-04"}
    assert breach["data"] == owed | {"found_on": "2017-01-06", "cause": None, "known_in_time": True}
    assert withdrawal["data"] == owed | {"found_on": "2017-01-07", "reason": "met"}
    assert (breach["municipality"], breach["stream"]) == ("0999", stream)
    assert breach["at"] == "2017-01-06T11:00:00.000000Z"


def test_an_import_notifies_of_what_it_finds(database_url: str, keys: Keys, tmp_path: Path) -> None:
    clock = VirtualClock(start_of(MONDAY + timedelta(days=600)))
    with Engine(database_url, "stevns-2017", clock=clock, keys=keys, create=True) as engine:
        write_load(tmp_path / "load.json", 5)
        done = engine.import_(read_load(tmp_path / "load.json"), actor=CLERK)
        assert len(rows(engine)) == len(done.breaches) > 5
        assert [row["id"] for row in rows(engine)] == log(engine)


def test_what_a_host_rolls_back_is_never_told(engine: Engine, clock: VirtualClock) -> None:
    clock.at = noon_of(after(30))
    with engine.database.engine.connect() as connection, connection.begin() as transaction:
        done = engine.record("c1", applied("c1"), actor=CLERK, connection=connection)
        transaction.rollback()
    assert done.breaches
    assert rows(engine) == []
    with engine.transaction() as connection:
        engine.record("c1", applied("c1"), actor=CLERK, connection=connection)
    assert [row["id"] for row in rows(engine)] == log(engine) != []


def test_what_reads_or_tries_out_writes_none(engine: Engine, clock: VirtualClock, tmp_path: Path) -> None:
    tell(engine, clock, ["c1", "c2", "c3"])
    before = rows(engine)
    clock.at += timedelta(days=60)
    path = tmp_path / "stricter.yaml"
    path.write_text(f"id: stricter\nversion: 1\nfamily: small\nextends: {SMALL}\n{STRICTER}")
    moves = engine.change_model(str(path), policy="reevaluate", effective=MONDAY, actor=CLERK, dry_run=True)
    assert [move for move in moves.moved if move.breaches]  # there would have been something to tell
    rebuild(engine.parts)
    engine.obligations(actor=CLERK)
    engine.follow_ups(actor=CLERK, known_at=clock.at - timedelta(days=50))
    engine.ledger("c1", actor=CLERK)
    assert rows(engine) == before
    assert engine.sweep().breaches > 0
    assert len(rows(engine)) > len(before)


STRICTER = """
rules:
  receipt:
    kind: deadline
    when: {fact: applied}
    require: {fact: called}
    within: P1D
"""


def test_nothing_in_it_tells_who_it_is_about(database_url: str, keys: Keys) -> None:
    """Ids of facts may be made of the citizen's, and workers are persons, too."""
    clock = VirtualClock(noon_of(MONDAY))
    worker, citizens = Actor("inger-holm", "caseworker"), ["0101501234", "hansen"]
    with Engine(database_url, "stevns-2017", clock=clock, keys=keys, create=True) as engine:
        for citizen in citizens:
            told = [
                facts.ledighedsydelse_started(on=MONDAY, route="mover_in", id=f"{citizen}-start"),
                facts.worker_assigned(
                    on=MONDAY, worker="inger-holm", as_role="caseworker", at_unit="Holtet", id=f"{citizen}-worker"
                ),
                facts.note_added(on=MONDAY, text=PLAN, id=f"{citizen}-note"),
            ]
            engine.record(citizen, told, actor=worker)
            clock.at += timedelta(days=20)
            engine.sweep()
            engine.record(citizen, talked(citizen), actor=worker)
            engine.annul(f"{citizen}-start", "det var broderen", actor=worker)
        kinds = {row["type"] for row in rows(engine)}
        with engine.database.read() as connection:
            whole = json.dumps([list(row) for row in connection.execute(text("SELECT * FROM indsats_outbox"))])
    assert kinds == {"indsats.deadline_breached.1", "indsats.breach_withdrawn.1", "indsats.limit_passed.1"}
    for personal in (*citizens, "inger", "Holtet", "blomster", "broderen", "start", "note"):
        assert personal not in whole


def talked(citizen: str) -> NewFact:
    return facts.first_conversation_held(on=MONDAY, participants=["caseworker"], id=f"{citizen}-talk")


def test_not_even_of_a_simulated_municipality(database_url: str, keys: Keys, tmp_path: Path) -> None:
    clock = VirtualClock(start_of(MONDAY + timedelta(days=300)))
    ids = write_load(tmp_path / "load.json", 20)
    with Engine(database_url, "stevns-2017", clock=clock, keys=keys, create=True) as engine:
        arrivals = [one for one in read_load(tmp_path / "load.json") if one.recorded_at <= clock.at]
        engine.import_(arrivals, actor=CLERK)
        with engine.database.read() as connection:
            whole = "\n".join(connection.scalars(text("SELECT data || ' ' || id || ' ' || stream FROM indsats_outbox")))
    secrets = {arrival.citizen for arrival in arrivals} | set(ids) | {arrival.actor for arrival in arrivals}
    secrets |= {text for entry in Municipality(citizens=20).entries() for text in _texts(entry)}
    assert len(secrets) > 1000
    assert {secret for secret in secrets if secret in whole} == set()


def _texts(entry: dict[str, object]) -> set[str]:
    free = ("employer", "workplace", "text", "remark", "worker", "at_unit", "club", "plan")
    return {str(entry[key]) for key in free if key in entry}


def test_one_record_needs_one_statement_more_whatever_it_finds(
    opened: Callable[[], Engine], clock: VirtualClock
) -> None:
    engine = opened()
    statements: list[tuple[str, bool]] = []

    def note(*told: object) -> None:
        statements.append((str(told[2]), bool(told[5])))

    event.listen(engine.database.engine, "before_cursor_execute", note)
    clock.at = noon_of(after(30))
    engine.record("c1", applied("c1"), actor=CLERK)
    assert len(rows(engine)) > 3
    assert [many for statement, many in statements if "INTO indsats_outbox" in statement] == [True]
