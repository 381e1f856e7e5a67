"""A sweep looks at what is due and at nothing else, once; what fails waits, and stops nobody."""

import json
from collections.abc import Callable, Mapping
from datetime import date, timedelta
from itertools import pairwise
from typing import Any

import pytest
from sqlalchemy import Connection, text
from structlog.testing import capture_logs
from tests.conftest import DATABASES, SQLITE
from tests.engine.looking import KIM, MONDAY, everything, rows, started, talked

from indsats.clock import VirtualClock
from indsats.domain.calendar import noon_of, start_of
from indsats.domain.values import Actor
from indsats.engine import Engine
from indsats.engine.results import Swept
from indsats.errors import DatabaseFailed, NotAllowed, ValueInvalid
from indsats.models.library import load
from indsats.store.keys import Keys

AALBORG = load("aalborg-2017")
OVERDUE = MONDAY + timedelta(days=8)
"""The first conversation was due on the day before."""

POSTGRESQL = [kind for kind in DATABASES if kind != SQLITE]


@pytest.fixture
def begun(engine: Engine) -> Engine:
    """Five citizens who all wait for their first conversation."""
    for number in range(5):
        engine.record(f"c{number}", started(id=f"start-{number}"), actor=KIM)
    return engine


def append(engine: Engine, citizen: str, name: str, state: Mapping[str, object]) -> None:
    """Put an event into the log past the engine."""
    statement = text(
        "INSERT INTO indsats_events (stream_key, version, name, state, recorded_at, stored_at, actor, role, command, "
        "model_digest, semantics, previous_hash, hash) "
        "SELECT stream_key, version + 1, :name, :state, recorded_at, stored_at, actor, role, command, "
        "model_digest, semantics, hash, 'x' FROM indsats_events JOIN indsats_streams USING (stream_key) "
        "WHERE subject_id = :citizen ORDER BY version DESC LIMIT 1"
    )
    with engine.transaction() as connection:
        connection.execute(statement, {"citizen": citizen, "name": name, "state": json.dumps(state)})


def break_by_model(engine: Engine, citizen: str) -> None:
    """Move a pathway to a model that the database does not have; what is owed already stays as it is."""
    moved = {"id": "moved", "model": AALBORG.reference, "digest": AALBORG.digest, "policy": "keep"}
    append(engine, citizen, "model_changed.1", moved | {"effective": (MONDAY + timedelta(days=1)).isoformat()})


def break_by_field(engine: Engine, citizen: str) -> None:
    """Register hours that are no number, which the engine never does, so that what reads them runs into a bug."""
    fields = {"employment": "job", "weekly_hours": "ten"}
    append(
        engine,
        citizen,
        "fact_recorded.1",
        {"fact": "x", "kind": "flexjob_started", "on": "2017-01-02", "fields": fields},
    )


def set_aside(engine: Engine) -> list[tuple[Any, ...]]:
    """What waits because of a fault: whose it is, how often it failed, when it is tried again, why it failed."""
    query = text(
        "SELECT subject_id, attempts, retry_at, fault FROM indsats_due JOIN indsats_streams USING (stream_key) "
        "WHERE attempts > 0 ORDER BY subject_id"
    )
    with engine.database.read() as connection:
        return [tuple(row) for row in connection.execute(query)]


def breached(engine: Engine) -> list[str]:
    """The citizens whose first conversation the log says was missed, once for each time that it says so."""
    query = text(
        "SELECT subject_id FROM indsats_events JOIN indsats_streams USING (stream_key) "
        "WHERE name LIKE 'deadline_breached.%' AND state LIKE :rule ORDER BY subject_id"
    )
    with engine.database.read() as connection:
        return list(connection.scalars(query, {"rule": '%"first_conversation"%'}))


ALL = ["c0", "c1", "c2", "c3", "c4"]


def test_a_day_that_has_come_is_looked_at_and_no_other(begun: Engine, clock: VirtualClock) -> None:
    clock.at = start_of(OVERDUE) - timedelta(microseconds=1)
    assert begun.sweep() == Swept(0, 0, 0, 0)
    begun.record("c1", talked(on=MONDAY, id="talk"), actor=KIM)
    clock.at = start_of(OVERDUE)
    swept = begun.sweep()
    assert (swept.breaches, swept.set_aside) == (4, 0)
    assert breached(begun) == ["c0", "c2", "c3", "c4"]


def test_the_second_sweep_changes_nothing(begun: Engine, clock: VirtualClock) -> None:
    clock.at = noon_of(OVERDUE)
    assert begun.sweep() == Swept(5, 5, 0, 0)
    before = everything(begun)
    assert begun.sweep() == Swept(0, 0, 0, 0)
    assert everything(begun) == before


@pytest.mark.parametrize("at_once", [1, 2, 5, 100])
def test_batches_of_any_size_find_the_same(begun: Engine, clock: VirtualClock, at_once: int) -> None:
    clock.at = noon_of(OVERDUE)
    told: list[int] = []
    assert begun.sweep(at_once=at_once, progress=told.append) == Swept(5, 5, 0, 0)
    assert told == [1] * 5
    assert breached(begun) == ALL


def test_a_batch_has_a_pathway_at_least(engine: Engine) -> None:
    with pytest.raises(ValueInvalid, match="a batch of 0 pathways is none; allowed: 1 or more"):
        engine.sweep(at_once=0)


def test_it_is_swept_up_to_a_day_and_not_ahead_of_the_clock(begun: Engine, clock: VirtualClock) -> None:
    clock.at = noon_of(OVERDUE + timedelta(days=30))
    assert begun.sweep(OVERDUE - timedelta(days=1)) == Swept(0, 0, 0, 0)
    assert begun.sweep(OVERDUE) == Swept(5, 5, 0, 0)
    assert begun.sweep().breaches == 5  # the job club, due a week later
    with pytest.raises(ValueInvalid, match="2017-02-10 lies ahead of 2017-02-09"):
        begun.sweep(date(2017, 2, 10))


def test_who_may_not_sweep_is_refused(begun: Engine, clock: VirtualClock) -> None:
    clock.at = noon_of(OVERDUE)
    with pytest.raises(NotAllowed, match="kim as caseworker may not sweep"):
        begun.sweep(actor=KIM)
    assert (breached(begun), set_aside(begun)) == ([], [])


def test_asked_to_stop_it_ends_after_the_pathway_at_hand(begun: Engine, clock: VirtualClock) -> None:
    clock.at = noon_of(OVERDUE)
    seen: list[int] = []
    assert begun.sweep(stop=lambda: len(seen) == 2, progress=seen.append) == Swept(2, 2, 0, 0)
    assert begun.sweep(stop=lambda: True) == Swept(0, 0, 0, 0)
    assert begun.sweep() == Swept(3, 3, 0, 0)
    assert breached(begun) == ALL


@pytest.mark.parametrize(
    ("break_", "reason"),
    [
        (break_by_model, AALBORG.digest),
        (break_by_field, "InvalidOperation"),
    ],
)
def test_one_that_fails_is_set_aside_and_the_others_go_on(
    begun: Engine, clock: VirtualClock, break_: Callable[[Engine, str], None], reason: str
) -> None:
    break_(begun, "c1")
    clock.at = noon_of(OVERDUE)
    with capture_logs() as logs:
        assert begun.sweep(at_once=2) == Swept(4, 4, 0, 1)
    assert breached(begun) == ["c0", "c2", "c3", "c4"]
    [(citizen, attempts, retry_at, fault)] = set_aside(begun)
    assert (citizen, attempts, retry_at) == ("c1", 1, "2017-01-10T11:05:00.000000Z")
    assert fault is not None
    [log] = [log for log in logs if log["event"] == "sweep.set_aside"]
    assert (log["log_level"], log["exc_info"]) == ("error", True)
    assert reason in fault


def test_what_fails_is_tried_again_after_a_time_that_grows_to_a_day(begun: Engine, clock: VirtualClock) -> None:
    break_by_model(begun, "c1")
    clock.at = noon_of(OVERDUE)
    begun.sweep()
    tried_at = [clock.at]
    for attempt in range(2, 13):
        retry_at = noon_of(MONDAY).fromisoformat(str(set_aside(begun)[0][2]))
        clock.at = retry_at - timedelta(microseconds=1)
        assert begun.sweep() == Swept(0, 0, 0, 0)
        clock.at = retry_at
        assert begun.sweep().set_aside == 1
        assert set_aside(begun)[0][1] == attempt
        tried_at.append(clock.at)
        # The others are not in the way: whatever of theirs has come meanwhile is looked at too.
    waits = [(after - before) / timedelta(minutes=1) for before, after in pairwise(tried_at)]
    assert waits == [5, 10, 20, 40, 80, 160, 320, 640, 1280, 1440, 1440]


def test_once_it_succeeds_nothing_is_left_of_the_fault(
    begun: Engine, clock: VirtualClock, database_url: str, keys: Keys
) -> None:
    break_by_model(begun, "c1")
    clock.at = noon_of(OVERDUE)
    begun.sweep()
    clock.at += timedelta(minutes=5)
    with Engine(database_url, "stevns-2017", others=[AALBORG], clock=clock, keys=keys) as mended:
        assert mended.sweep() == Swept(1, 1, 0, 0)
    assert set_aside(begun) == []
    assert breached(begun) == ALL
    assert {(row[0], row[1], row[2]) for row in rows(begun, "indsats_due", "attempts", "retry_at", "fault")} == {
        (0, None, None)
    }


def test_a_clock_that_is_set_back_in_the_middle_is_told_of_and_not_followed_for_ever(
    begun: Engine, clock: VirtualClock
) -> None:
    clock.at = noon_of(OVERDUE)

    def set_back(_: int) -> None:
        clock.at = noon_of(MONDAY)

    assert begun.sweep(progress=set_back) == Swept(1, 1, 0, 4)
    assert {fault for _, _, _, fault in set_aside(begun)} == {
        "was looked at as of 2017-01-10 at 2017-01-02 11:00:00+00:00, and is due on 2017-01-10 still"
    }
    clock.at = noon_of(OVERDUE) + timedelta(minutes=5)
    assert begun.sweep() == Swept(4, 4, 0, 0)
    assert breached(begun) == ALL


def test_pathways_of_other_municipalities_are_left_to_their_workers(
    database_url: str, clock: VirtualClock, keys: Keys
) -> None:
    both, one = ["0336", "0851"], "0851"
    with Engine(database_url, "stevns-2017", municipality=both, clock=clock, keys=keys, create=True) as engine:
        for municipality in both:
            engine.record("c1", started(), actor=KIM, municipality=municipality)
        clock.at = noon_of(OVERDUE)
        with Engine(database_url, "stevns-2017", municipality=one, clock=clock, keys=keys) as own:
            assert own.sweep() == Swept(1, 1, 0, 0)
        assert engine.sweep() == Swept(1, 1, 0, 0)


def test_a_database_that_fails_stops_the_sweep_and_sets_nothing_aside(
    begun: Engine, clock: VirtualClock, database_url: str, keys: Keys
) -> None:
    clock.at = noon_of(OVERDUE)
    with Engine(database_url, "stevns-2017", clock=clock, keys=keys, lock_timeout=0.1) as hurried:
        with begun.transaction() as connection:
            lock(connection)
            with pytest.raises(DatabaseFailed, match="lock"):
                hurried.sweep()
        assert set_aside(hurried) == []
        assert hurried.sweep() == Swept(5, 5, 0, 0)


def lock(connection: Connection) -> None:
    """Keep every writer waiting; on SQLite a transaction does so from its beginning."""
    if connection.dialect.name == "postgresql":
        connection.execute(text("LOCK TABLE indsats_events IN EXCLUSIVE MODE"))


# Several workers, on PostgreSQL


@pytest.mark.parametrize("database_kind", POSTGRESQL, indirect=True)
def test_what_one_worker_has_claimed_no_other_looks_at(begun: Engine, clock: VirtualClock) -> None:
    clock.at = noon_of(OVERDUE)
    seen: list[Swept] = []

    def meanwhile(_: int) -> None:
        if not seen:
            seen.append(begun.sweep(at_once=10, actor=Actor("second", "system")))

    assert begun.sweep(at_once=2, progress=meanwhile) == Swept(2, 2, 0, 0)
    assert seen == [Swept(3, 3, 0, 0)]
    assert breached(begun) == ALL


@pytest.mark.parametrize("database_kind", POSTGRESQL, indirect=True)
def test_a_claim_keeps_nobody_from_recording(begun: Engine, clock: VirtualClock) -> None:
    clock.at = noon_of(OVERDUE)
    recorded: list[int] = []

    def meanwhile(_: int) -> None:
        if not recorded:
            # Of the claimed pathways one is looked at by now, and the others wait for their turn.
            for number in range(5):
                done = begun.record(f"c{number}", talked(on=OVERDUE, id=f"talk-{number}"), actor=KIM)
                recorded.append(done.recorded)

    # Recording found the breaches of the others, so that nothing was left to do.
    assert begun.sweep(progress=meanwhile) == Swept(1, 1, 0, 0)
    assert recorded == [1] * 5
    assert breached(begun) == ALL


@pytest.mark.parametrize("database_kind", POSTGRESQL, indirect=True)
def test_a_claim_that_the_server_ends_loses_and_doubles_nothing(begun: Engine, clock: VirtualClock) -> None:
    clock.at = noon_of(OVERDUE)
    ended: list[int] = []

    def end_claims(_: int) -> None:
        query = text(
            "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity "
            "WHERE datname = current_database() AND state = 'idle in transaction' AND pid <> pg_backend_pid()"
        )
        with begun.database.read() as connection:
            ended.append(connection.execute(query).scalar_one())

    assert begun.sweep(at_once=3, progress=end_claims) == Swept(5, 5, 0, 0)
    assert ended[0] == 1
    assert breached(begun) == ALL
    assert begun.sweep() == Swept(0, 0, 0, 0)
