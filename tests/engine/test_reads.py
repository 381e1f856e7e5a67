"""Reading: each read is written down, what is personal is sealed, and what was recorded stays readable."""

import json
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine as HostEngine
from sqlalchemy import create_engine
from tests.engine.looking import KIM, MONDAY, everything, known, rows, started, talked

from indsats.clock import VirtualClock
from indsats.domain import facts
from indsats.domain.facts import NewFact
from indsats.domain.values import Actor
from indsats.engine import Engine
from indsats.engine.lists import Wanted
from indsats.errors import DatabaseFailed, DatabaseNotReady, FactRefused, UnknownPathway, ValueInvalid
from indsats.store.keys import FileKeys, Keys

# Points of view


def test_a_pathway_is_seen_from_two_points(engine: Engine, clock: VirtualClock) -> None:
    engine.record("c1", started(), actor=KIM)
    clock.at += timedelta(days=9)
    engine.record("c1", talked(MONDAY + timedelta(days=4)), actor=KIM)

    def status(known_at: datetime | None = None, as_of: date | None = None) -> str:
        view = engine.pathway("c1", actor=KIM, known_at=known_at, as_of=as_of)
        [owed] = [owed for owed in view.derivation.obligations if owed.rule == "first_conversation"]
        return owed.status

    assert status() == "met"
    assert status(as_of=date(2017, 1, 9)) == "met"
    assert status(as_of=date(2017, 1, 5)) == "open"
    assert status(known_at=clock.at - timedelta(hours=1)) == "breached"
    assert status(known_at=clock.at - timedelta(hours=1), as_of=date(2017, 1, 9)) == "open"


def test_a_breach_is_seen_before_a_sweep_wrote_it_down(engine: Engine, clock: VirtualClock) -> None:
    engine.record("c1", started(), actor=KIM)
    clock.at += timedelta(days=8)
    view = engine.pathway("c1", actor=KIM)
    assert ("first_conversation", "breached") in {(owed.rule, owed.status) for owed in view.derivation.obligations}
    assert engine.ledger("c1", actor=KIM) == []
    engine.sweep()
    assert [verdict.rule for verdict in engine.ledger("c1", actor=KIM)] == ["first_conversation"]
    assert engine.ledger("c1", actor=KIM, known_at=clock.at - timedelta(seconds=1)) == []


def test_nothing_is_known_of_what_will_be_registered(engine: Engine, clock: VirtualClock) -> None:
    engine.record("c1", started(), actor=KIM)
    ahead = clock.at + timedelta(days=30)
    view = engine.pathway("c1", actor=KIM, known_at=ahead)
    assert view.derivation.obligations == engine.pathway("c1", actor=KIM).derivation.obligations
    assert view.derivation.timeline.as_of == MONDAY
    listed = engine.follow_ups(actor=KIM, known_at=ahead)
    assert listed == engine.follow_ups(actor=KIM)
    assert (listed.as_of, listed.known_at) == (MONDAY, clock.at)


def test_what_is_registered_is_seen_though_the_clock_was_set_back(engine: Engine, clock: VirtualClock) -> None:
    engine.record("c1", started(), actor=KIM)
    clock.at -= timedelta(hours=1)
    assert known(engine, "c1") == [("start", "ledighedsydelse_started")]
    assert [owed.citizen for owed in engine.follow_ups(actor=KIM, wanted=Wanted(citizen="c1", limit=1)).obligations]


def test_of_whom_nothing_was_known_then_is_unknown(engine: Engine, clock: VirtualClock) -> None:
    engine.record("c1", started(), actor=KIM)
    with pytest.raises(UnknownPathway, match="nothing is registered about c1 in municipality 0336"):
        engine.pathway("c1", actor=KIM, known_at=clock.at - timedelta(seconds=1))
    with pytest.raises(UnknownPathway, match="about c2"):
        engine.ledger("c2", actor=KIM)


def test_points_that_are_none_are_refused(engine: Engine, clock: VirtualClock) -> None:
    engine.record("c1", started(), actor=KIM)
    naive = clock.at.replace(tzinfo=None)
    with pytest.raises(ValueInvalid, match=r"known_at: .* is no instant; allowed: a `datetime` with its offset"):
        engine.pathway("c1", actor=KIM, known_at=naive)
    with pytest.raises(ValueInvalid, match="known_at"):
        engine.obligations(actor=KIM, known_at=naive)
    with pytest.raises(ValueInvalid, match=r"as_of: .* is an instant and no day"):
        engine.pathway("c1", actor=KIM, as_of=clock.at)
    with pytest.raises(ValueInvalid, match="as_of"):
        engine.follow_ups(actor=KIM, as_of=clock.at)
    assert rows(engine, "indsats_reads") == []


def test_a_sweep_of_a_day_ahead_is_refused(engine: Engine) -> None:
    with pytest.raises(ValueInvalid, match="2017-01-03 lies ahead of 2017-01-02"):
        engine.sweep(MONDAY + timedelta(days=1))


# Reads are written down


def noted(engine: Engine) -> list[tuple[object, ...]]:
    columns = ("number", "at", "actor", "role", "municipality", "command", "subject_id", "filter")
    found = rows(engine, "indsats_reads", *columns)
    return [(*row[1:-1], json.loads(row[-1])) for row in found]


def test_reading_a_pathway_is_one_read_with_its_points(engine: Engine, clock: VirtualClock) -> None:
    engine.record("c1", started(), actor=KIM)
    clock.at += timedelta(hours=1)
    before = everything(engine)
    engine.pathway("c1", actor=KIM, as_of=date(2017, 1, 2))
    engine.ledger("c1", actor=Actor("bo", "jobformidler"), known_at=datetime(2017, 1, 2, 12, tzinfo=UTC))
    at = "2017-01-02T12:00:00.000000Z"
    assert noted(engine) == [
        (at, "kim", "caseworker", "0336", "pathway", "c1", {"as_of": "2017-01-02", "known_at": None}),
        (at, "bo", "jobformidler", "0336", "ledger", "c1", {"as_of": None, "known_at": "2017-01-02 12:00:00+00:00"}),
    ]
    assert everything(engine) == before


def test_a_list_is_one_read_with_its_filter(engine: Engine) -> None:
    for citizen in ("c1", "c2"):
        engine.record(citizen, started(id=citizen), actor=KIM)
    assert len(engine.follow_ups(actor=KIM, wanted=Wanted(rule="first_conversation")).obligations) == 2
    [(_, actor, _, municipality, command, subject, asked)] = noted(engine)
    assert (actor, municipality, command, subject) == ("kim", "0336", "follow_ups", None)
    assert asked == {"rule": "first_conversation", "status": ["open", "on_hold", "breached"]}


def test_a_list_is_of_what_is_due_in_some_days_both_included(engine: Engine) -> None:
    engine.record("c1", started(), actor=KIM)
    held = facts.hold_started(on=MONDAY, reason="exemption")
    engine.record("c2", [started(id="other"), held], actor=KIM)
    day, on = timedelta(days=1), MONDAY + timedelta(days=7)

    def due(begin: date | None, end: date | None, as_of: date | None = None) -> list[tuple[str, str]]:
        wanted = Wanted(due_from=begin, due_until=end)
        listed = engine.follow_ups(actor=KIM, wanted=wanted, as_of=as_of).obligations
        return [(owed.citizen, owed.rule) for owed in listed]

    first, club, review = ("c1", "first_conversation"), ("c1", "job_club"), ("c1", "strategy_review")
    for as_of in (None, MONDAY + day):
        assert due(on, on, as_of) == [first]
        assert due(on + day, None, as_of) == [club, review]
        assert due(None, on - day, as_of) == []
        assert due(None, on + 7 * day, as_of) == [first, club]
    assert due(None, None)[:1] == [first]
    assert ("c2", "first_conversation") in due(None, None)


def test_a_read_of_what_is_unknown_is_noted_and_so_is_its_refusal(engine: Engine) -> None:
    with pytest.raises(UnknownPathway):
        engine.pathway("c9", actor=KIM)
    assert [row[4:6] for row in noted(engine)] == [("pathway", "c9")]
    assert rows(engine, "indsats_refusals", "command", "subject_id") == [("pathway", "c9")]


@pytest.fixture
def read_only(engine: Engine, database_url: str) -> Iterator[HostEngine]:
    """The same database, as one who may only read has it."""
    engine.record("c1", started(), actor=KIM)
    if engine.database.path is not None:
        host = create_engine(f"sqlite:///file:{engine.database.path}?mode=ro&uri=true")
    else:
        host = create_engine(database_url, connect_args={"options": "-c default_transaction_read_only=on"})
    yield host
    host.dispose()


def test_a_database_that_cannot_be_written_to_is_neither_read_nor_written(
    engine: Engine, read_only: HostEngine, clock: VirtualClock, keys: Keys
) -> None:
    before = everything(engine, leave_out=())
    with Engine(read_only, "stevns-2017", clock=clock, keys=keys) as reader:
        for refused in (
            lambda: reader.pathway("c1", actor=KIM),
            lambda: reader.ledger("c1", actor=KIM),
            lambda: reader.obligations(actor=KIM),
            lambda: reader.record("c1", talked(), actor=KIM),
            lambda: reader.annul("start", "wrong", actor=KIM),
        ):
            with pytest.raises(DatabaseFailed, match=r"the database did not do it.*read-?only"):
                refused()
    assert everything(engine, leave_out=()) == before


# What is personal


PERSONAL = ("Hansens Bageri", "ringede selv og græd", "sagsbehandler Ulla tog fejl", "kun om formiddagen")


def record_what_is_personal(engine: Engine) -> None:
    engine.record(
        "c1",
        [
            facts.flexjob_started(on=MONDAY, employment="e1", weekly_hours=7, employer=PERSONAL[0], id="job"),
            facts.note_added(on=MONDAY, text=PERSONAL[1], id="note"),
            facts.waived(on=MONDAY, rule="follow_up", reason=PERSONAL[3], id="waiver"),
        ],
        actor=KIM,
    )
    engine.annul("note", PERSONAL[2], actor=KIM)


def test_what_is_personal_stands_nowhere_in_the_database(engine: Engine, tmp_path: Path) -> None:
    record_what_is_personal(engine)
    with pytest.raises(FactRefused):
        engine.record("c1", facts.note_added(on=MONDAY, text=PERSONAL[1] + "!", id="note"), actor=KIM)
    stored = json.dumps(everything(engine, leave_out=()), ensure_ascii=False, default=str)
    assert "e1" in stored
    assert [text for text in PERSONAL if text in stored] == []
    files = b"".join(path.read_bytes() for path in sorted(tmp_path.glob("indsats.db*")))
    assert (b'"employment":"e1"' in files) == (engine.database.path is not None)
    for text in PERSONAL:
        for written in (text, json.dumps(text)[1:-1]):
            assert written.encode() not in files


def test_what_is_personal_is_opened_to_be_compared(engine: Engine) -> None:
    record_what_is_personal(engine)
    job = facts.flexjob_started(on=MONDAY, employment="e1", weekly_hours=7, employer=PERSONAL[0], id="job")
    assert engine.record("c1", job, actor=KIM).repeated == 1
    other = facts.flexjob_started(on=MONDAY, employment="e1", weekly_hours=7, employer="Jensens Bageri", id="job")
    with pytest.raises(FactRefused, match="'job' is that of another fact"):
        engine.record("c1", other, actor=KIM)


def test_without_the_keys_what_is_owed_is_read_and_swept_all_the_same(
    engine: Engine, database_url: str, clock: VirtualClock, tmp_path: Path
) -> None:
    record_what_is_personal(engine)
    clock.at += timedelta(days=200)
    lost = FileKeys(tmp_path / "nowhere.key")
    with Engine(database_url, "stevns-2017", clock=clock, keys=lost) as without:
        assert without.sweep().breaches > 0
        assert [fact for fact, _ in known(without, "c1")] == ["job", "waiver"]


# What is lost or missing


OWN = """
id: own
version: 1
extends: flexjob-base
family: flexjob
municipality: "0336"
valid: {from: 2017-01-01, to: 2018-06-30}
facts:
  club_visit_paid: {fields: {club: text}}
rules:
  visit:
    kind: deadline
    when: {fact: ledighedsydelse_started}
    require: {fact: club_visit_paid}
    within: P7D
    force: must
    responsible: caseworker
    source: a town's own
"""


def visited(on: date) -> NewFact:
    return NewFact(kind="club_visit_paid", on=on, fields={"club": "north"}, id="visit")


def test_a_pathway_outlives_the_file_of_its_model(
    database_url: str, clock: VirtualClock, keys: Keys, tmp_path: Path
) -> None:
    file = tmp_path / "own.yaml"
    file.write_text(OWN)
    with Engine(database_url, str(file), clock=clock, keys=keys, create=True) as engine:
        engine.record("c1", started(), actor=KIM)
    file.unlink()
    clock.at += timedelta(days=8)
    with Engine(database_url, "stevns-2017", clock=clock, keys=keys) as engine:
        assert engine.sweep().set_aside == 0
        assert [verdict.rule for verdict in engine.ledger("c1", actor=KIM)] == ["visit"]
        done = engine.record("c1", visited(MONDAY), actor=KIM)
        assert [found.verdict.rule for found in done.withdrawals] == ["visit"]
        engine.record("c2", started(id="start of c2"), actor=KIM)
        rules = {owed.rule for owed in engine.pathway("c2", actor=KIM).derivation.obligations}
        assert "first_conversation" in rules
        assert "visit" not in rules


def test_a_database_without_the_tables_is_not_ready(empty_url: str, keys: Keys) -> None:
    with pytest.raises(DatabaseNotReady, match="has no tables of indsats; run `indsats db init` first"):
        Engine(empty_url, "stevns-2017", keys=keys)


def test_tables_without_the_key_of_ids_are_not_ready_to_be_written_to(database_url: str, keys: Keys) -> None:
    with (
        Engine(database_url, "stevns-2017", keys=keys) as engine,
        pytest.raises(DatabaseNotReady, match="no key for the ids of facts"),
    ):
        engine.record("c1", started(), actor=KIM)
