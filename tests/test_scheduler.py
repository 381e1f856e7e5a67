"""The schedule: at once, just after each local midnight, again after a failure, and not after it was stopped."""

import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, date, timedelta

import pytest
from apscheduler.triggers.interval import IntervalTrigger
from sqlalchemy import text
from structlog.testing import capture_logs
from tests.engine.looking import KIM, MONDAY, started

from indsats import scheduler
from indsats.clock import VirtualClock
from indsats.domain.calendar import ONE_DAY, noon_of, start_of
from indsats.domain.values import Actor
from indsats.engine import Engine
from indsats.engine.results import Swept
from indsats.scheduler import Health, Worker, just_after_each_hour
from indsats.store.keys import Keys

OFTEN = IntervalTrigger(seconds=0.05, timezone=UTC)
CITIZENS = 5
OVERDUE, LATER = MONDAY + timedelta(days=8), MONDAY + timedelta(days=15)
"""When a first conversation each, and the job club, have not been in time."""


@pytest.fixture
def clock() -> VirtualClock:
    return VirtualClock(noon_of(MONDAY))


@pytest.fixture
def engine(database_url: str, clock: VirtualClock, keys: Keys) -> Iterator[Engine]:
    with Engine(database_url, "stevns-2017", clock=clock, keys=keys, create=True) as engine:
        for number in range(CITIZENS):
            engine.record(f"c{number}", started(id=f"start-{number}"), actor=KIM)
        clock.at = noon_of(OVERDUE)
        yield engine


def wait_for(what: Callable[[], bool]) -> None:
    give_up_at = time.monotonic() + 20
    while not what():
        assert time.monotonic() < give_up_at, "it did not come"
        time.sleep(0.005)


def swept(worker: Worker) -> Swept | None:
    return worker.health.last and worker.health.last.swept


RULES = ("first_conversation", "job_club")


def found(engine: Engine) -> set[tuple[str, str]]:
    query = text(
        "SELECT subject_id, state FROM indsats_events JOIN indsats_streams USING (stream_key) "
        "WHERE name LIKE 'deadline_breached.%'"
    )
    with engine.database.read() as connection:
        return {(citizen, rule) for citizen, state in connection.execute(query) for rule in RULES if rule in state}


def test_it_comes_within_seconds_of_every_local_midnight() -> None:
    trigger, day = just_after_each_hour(), date(2017, 1, 1)
    waits = set()
    while day.year == 2017:
        waits.add(trigger.get_next_fire_time(None, start_of(day)) - start_of(day))
        day += ONE_DAY
    assert waits == {timedelta(seconds=5)}


def test_it_comes_once_in_every_hour_though_the_clocks_change() -> None:
    trigger = just_after_each_hour()
    for day in (date(2017, 3, 26), date(2017, 10, 29)):
        at = start_of(day)
        for _ in range(26):
            following = trigger.get_next_fire_time(at, at + timedelta(seconds=1))
            assert following - at in (timedelta(hours=1), timedelta(seconds=5))
            at = following


def test_it_sweeps_at_once_and_then_whenever_it_is_time(engine: Engine, clock: VirtualClock) -> None:
    worker = scheduler.start(engine, trigger=OFTEN)
    try:
        wait_for(lambda: len(found(engine)) == CITIZENS)
        clock.at = noon_of(LATER)
        wait_for(lambda: len(found(engine)) == 2 * CITIZENS)
    finally:
        worker.stop()
    assert found(engine) == {(f"c{number}", rule) for number in range(CITIZENS) for rule in RULES}


@pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)
def test_by_default_the_next_sweep_comes_after_the_hour(engine: Engine) -> None:
    worker = scheduler.start(engine, actor=Actor("host", "system"), at_once=2)
    try:
        wait_for(lambda: swept(worker) == Swept(CITIZENS, CITIZENS, 0, 0))
        next_run = worker.health.next_run
        assert next_run is not None
        assert (next_run.utcoffset(), next_run.minute, next_run.second) == (timedelta(0), 0, 5)
    finally:
        worker.stop()


@pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)
def test_there_are_no_threads_before_it_is_started_nor_after_it_was_stopped(engine: Engine) -> None:
    before = set(threading.enumerate())
    worker = Worker(engine)
    assert set(threading.enumerate()) == before
    worker.start(OFTEN)
    assert set(threading.enumerate()) > before
    worker.stop()
    assert set(threading.enumerate()) == before
    assert (worker.health.state, worker.health.next_run) == ("stopped", None)
    worker.stop()  # once more does no harm


@pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)
def test_what_becomes_of_a_worker_is_told(engine: Engine, clock: VirtualClock) -> None:
    told: list[Health] = []
    worker = Worker(engine, tell=told.append)
    run = worker.sweep()
    worker.stop()
    assert (run.began_at, run.ended_at) == (clock.at, clock.at)
    assert (run.swept, run.fault) == (Swept(CITIZENS, CITIZENS, 0, 0), None)
    assert [(health.state, health.last) for health in told] == [("sweeping", None), ("waiting", run), ("stopped", run)]


def test_a_sweep_that_fails_is_told_and_the_next_one_is_tried(engine: Engine) -> None:
    with engine.transaction() as connection:
        connection.execute(text("ALTER TABLE indsats_due RENAME TO away"))
    with capture_logs() as logs:
        worker = scheduler.start(engine, trigger=OFTEN)
        try:
            wait_for(lambda: worker.health.last is not None)
            last = worker.health.last
            assert last is not None
            assert last.swept is None
            assert last.fault is not None
            assert last.fault.startswith("DatabaseFailed: ")
            assert "indsats_due" in last.fault
            with engine.transaction() as connection:
                connection.execute(text("ALTER TABLE away RENAME TO indsats_due"))
            wait_for(lambda: len(found(engine)) == CITIZENS and swept(worker) is not None)
        finally:
            worker.stop()
    failed = [log for log in logs if log["event"] == "sweep.failed"]
    assert failed
    assert {(log["log_level"], log["exc_info"]) for log in failed} == {("error", True)}
    done = [log for log in logs if log["event"] == "sweep.done"]
    assert sum(log["breaches"] for log in done) == CITIZENS
    assert logs[0]["event"] == "worker.started"
    assert logs[-1]["event"] == "worker.stopped"


@pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)
def test_a_sweep_that_is_running_still_is_not_begun_twice_and_that_is_told(engine: Engine) -> None:
    with capture_logs() as logs:
        with engine.transaction():  # while it lasts, the sweep waits for its turn to write
            worker = scheduler.start(engine, trigger=OFTEN)
            wait_for(lambda: any(log["event"] == "sweep.skipped" for log in logs))
            assert worker.health.state == "sweeping"
        wait_for(lambda: len(found(engine)) == CITIZENS)
        worker.stop()
    assert {log["log_level"] for log in logs if log["event"] == "sweep.skipped"} == {"warning"}


@pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)
def test_a_worker_that_stops_finishes_the_pathway_at_hand(engine: Engine) -> None:
    with engine.transaction():  # while it lasts, the sweep waits with its first pathway
        worker = scheduler.start(engine, trigger=OFTEN)
        wait_for(lambda: worker.health.state == "sweeping")
        time.sleep(0.05)
        worker.stop_soon()
    worker.stop()
    last = swept(worker)
    assert last is not None
    assert last.visited <= 1
    assert len(found(engine)) == last.visited
    assert engine.sweep().visited == CITIZENS - last.visited
