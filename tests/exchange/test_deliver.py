"""Delivery: at least once, in order for each pathway, and nobody waits for whoever takes it over."""

import threading
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from threading import Event

import pytest
from structlog.testing import capture_logs
from tests.exchange.telling import (
    CLERK,
    applied,
    assert_all_came_in_order,
    by_pathway,
    first_comings,
    log,
    rows,
    tell,
    tell_much,
)

from indsats.clock import VirtualClock
from indsats.domain.values import Actor
from indsats.engine import Engine
from indsats.errors import DatabaseFailed, NotAllowed, Refused
from indsats.exchange.cloud_events import CloudEvent
from indsats.exchange.outbox import Delivered, Patience, Unreachable, deliver, deliver_forever, retry, undelivered
from indsats.store.alone import alone

MINUTE = timedelta(minutes=1)
CITIZENS = ("c1", "c2", "c3", "c4")


class Taking:
    """A handler that notes what it was handed, and refuses what it is told to."""

    def __init__(self, refuses: Callable[[CloudEvent], Exception | None] = lambda _: None) -> None:
        self.refuses = refuses
        self.asked: list[str] = []
        self.taken: list[str] = []

    def __call__(self, event: CloudEvent) -> None:
        self.asked.append(event.id)
        if (fault := self.refuses(event)) is not None:
            raise fault
        self.taken.append(event.id)


@pytest.fixture
def told(engine: Engine, clock: VirtualClock) -> Engine:
    """An engine with something to tell of four pathways."""
    tell(engine, clock, CITIZENS)
    return engine


def first_stream(engine: Engine) -> str:
    return str(rows(engine)[0]["stream"])


def refusing(stream: str) -> Callable[[CloudEvent], Exception | None]:
    return lambda event: ValueError("not this one") if event.subject == stream else None


def test_everything_is_handed_over_once_in_the_order_of_the_log(told: Engine) -> None:
    taking = Taking()
    assert deliver(told, taking) == Delivered(delivered=len(log(told)))
    assert taking.asked == log(told)
    assert deliver(told, taking) == Delivered()
    assert len(taking.asked) == len(log(told)) > 10
    assert {(row["attempts"], row["fault"]) for row in rows(told)} == {(1, None)}
    assert all(row["delivered_at"] for row in rows(told))


def test_more_than_one_page_is_handed_over_in_one_pass(engine: Engine, clock: VirtualClock) -> None:
    tell_much(engine, clock)
    taking = Taking()
    deliver(engine, taking)
    assert taking.asked == log(engine)
    assert len(taking.asked) > 100


def test_what_fails_holds_back_its_pathway_and_no_other(told: Engine) -> None:
    poor = first_stream(told)
    taking = Taking(refusing(poor))
    done = deliver(told, taking)
    of_poor = by_pathway(log(told))[poor]
    assert (done.failed, done.delivered, done.waiting) == (1, len(log(told)) - len(of_poor), len(of_poor))
    assert by_pathway(taking.asked)[poor] == of_poor[:1]
    others = [one for one in log(told) if not one.startswith(poor)]
    assert taking.taken == others


def test_it_is_tried_again_after_waits_that_grow(told: Engine, clock: VirtualClock) -> None:
    poor = first_stream(told)
    taking = Taking(refusing(poor))
    for attempts in range(1, 14):
        assert deliver(told, taking).failed == 1
        [row] = [row for row in rows(told) if row["retry_at"]]
        assert (row["attempts"], row["fault"]) == (attempts, "ValueError: not this one")
        wait = datetime.fromisoformat(row["retry_at"]) - clock.at
        assert wait == min(2 ** (attempts - 1) * MINUTE, timedelta(hours=6))
        clock.at += wait - timedelta(seconds=1)
        assert deliver(told, taking).failed == 0
        clock.at += timedelta(seconds=1)
    taking.refuses = lambda _: None
    deliver(told, taking)
    assert_all_came_in_order(told, taking.taken)


def test_after_so_many_attempts_it_is_given_up_and_the_later_ones_go_on(told: Engine, clock: VirtualClock) -> None:
    first = log(told)[0]
    taking = Taking(lambda event: ValueError("never") if event.id == first else None)
    patience = Patience(attempts=3)
    with capture_logs() as logs:
        for _ in range(3):
            done = deliver(told, taking, patience=patience)
            clock.at += timedelta(hours=1)
    assert (done.dead, done.failed, done.waiting) == (1, 0, 0)
    assert {"event": "deliver.given_up", "id": first} in [{"event": one["event"], "id": one.get("id")} for one in logs]
    assert set(taking.taken) == set(log(told)) - {first}
    counted, [dead] = undelivered(told, dead=True)
    assert (counted.waiting, counted.dead, dead.id, dead.attempts) == (0, 1, first, 3)
    assert dead.fault == "ValueError: never"


def test_what_was_given_up_can_be_put_back(told: Engine, clock: VirtualClock) -> None:
    first, second = log(told)[:2]
    taking = Taking(lambda event: ValueError("never") if event.id in (first, second) else None)
    patience = Patience(attempts=1)
    deliver(told, taking, patience=patience)
    assert undelivered(told, dead=True)[0].dead == 2
    taking.refuses = lambda _: None
    with pytest.raises(Refused, match="unknown/7: no notification that was given up"):
        retry(told, [first, "unknown/7"])
    assert deliver(told, taking).delivered == 0
    assert retry(told, [first]) == [first]
    assert deliver(told, taking).delivered == 1
    with pytest.raises(Refused, match="no notification that was given up"):
        retry(told, [first])
    assert retry(told) == [second]
    assert deliver(told, taking).delivered == 1
    assert sorted(taking.taken) == sorted(log(told))


def test_what_waits_to_be_tried_again_can_be_tried_at_once(told: Engine) -> None:
    first = log(told)[0]
    taking = Taking(lambda event: ValueError("not now") if event.id == first else None)
    deliver(told, taking)
    taking.refuses = lambda _: None
    assert deliver(told, taking).delivered == 0
    retry(told, [first])
    deliver(told, taking)
    assert_all_came_in_order(told, taking.taken)


def test_when_nobody_answers_a_pass_leaves_off_and_the_others_keep_their_patience(
    told: Engine, clock: VirtualClock
) -> None:
    taking = Taking(lambda _: Unreachable("nobody there"))
    done = deliver(told, taking, patience=Patience(unreachable=2))
    assert (done.away, done.failed, done.waiting) == (True, 2, len(log(told)))
    assert sorted(row["attempts"] for row in rows(told))[-3:] == [0, 1, 1]
    taking.refuses = lambda _: None
    clock.at += timedelta(hours=1)
    deliver(told, taking)
    assert_all_came_in_order(told, taking.taken)


def test_a_wait_that_ends_during_a_pass_lets_nothing_overtake(engine: Engine, clock: VirtualClock) -> None:
    tell_much(engine, clock)
    taking = Taking(refusing(first_stream(engine)))
    deliver(engine, taking, stop=lambda: len(taking.asked) == 1)

    def time_goes_on(event: CloudEvent) -> None:
        clock.at += timedelta(seconds=1)

    taking.refuses = time_goes_on
    clock.at += timedelta(seconds=30)
    deliver(engine, taking)
    clock.at += MINUTE
    deliver(engine, taking)
    assert_all_came_in_order(engine, taking.taken)


def test_what_is_recorded_during_a_pass_is_handed_over_too(told: Engine, clock: VirtualClock) -> None:
    def record_more(event: CloudEvent) -> None:
        if len(taking.asked) == 1:
            clock.at += timedelta(days=30)
            assert told.record("new", applied("new"), actor=CLERK).breaches

    taking = Taking(record_more)
    deliver(told, taking)
    assert taking.asked == log(told)


# Others at the same time


def test_nobody_waits_for_a_slow_handler(opened: Callable[[], Engine], clock: VirtualClock) -> None:
    engine, other = opened(), opened()
    tell(engine, clock, CITIZENS)
    inside, leave = Event(), Event()

    def slow(event: CloudEvent) -> None:
        inside.set()
        assert leave.wait(20)

    delivering = threading.Thread(target=deliver, args=(engine, slow))
    delivering.start()
    assert inside.wait(20)
    clock.at += timedelta(days=30)
    began = time.monotonic()
    assert other.record("new", applied("new"), actor=CLERK).breaches
    assert other.sweep().visited >= len(CITIZENS)
    with alone(other.database, "something else") as begin:
        assert begin is not None
    assert time.monotonic() - began < 5
    leave.set()
    delivering.join()
    assert all(row["delivered_at"] for row in rows(engine))


def test_two_at_once_do_not_hand_over_the_same(opened: Callable[[], Engine], clock: VirtualClock) -> None:
    engine, other = opened(), opened()
    tell(engine, clock, CITIZENS)
    taking = Taking()

    def meanwhile(event: CloudEvent) -> None:
        busy.append(deliver(other, taking))

    busy: list[Delivered] = []
    first = Taking(meanwhile)
    deliver(engine, first)
    assert {(done.busy, done.delivered) for done in busy} == {(True, 0)}
    assert (first.taken, taking.asked) == (log(engine), [])
    assert deliver(other, taking).busy is False


def test_many_that_take_turns_keep_the_order(opened: Callable[[], Engine], clock: VirtualClock) -> None:
    engines = [opened() for _ in range(4)]
    taken: list[str] = []
    stop, refused = Event(), set[str]()

    def taking(event: CloudEvent) -> None:
        if hash(event.id) % 5 == 0 and event.id not in refused:
            refused.add(event.id)
            raise ValueError("once")
        taken.append(event.id)

    patience = Patience(first=timedelta(0))
    threads = [
        threading.Thread(target=deliver_forever, args=(engine, taking, stop), kwargs={"pause": 0, "patience": patience})
        for engine in engines
    ]
    for thread in threads:
        thread.start()
    tell(engines[0], clock, [f"c{number}" for number in range(12)])
    give_up = time.monotonic() + 60
    while undelivered(engines[0])[0].waiting and time.monotonic() < give_up:
        time.sleep(0.02)
    stop.set()
    for thread in threads:
        thread.join()
    assert refused
    assert len(taken) == len(set(taken))
    assert_all_came_in_order(engines[0], taken)


def test_whoever_loses_the_database_in_between_delivers_again(told: Engine) -> None:
    """What had been taken over and could not be marked comes a second time, and nothing is left out."""
    taking = Taking()
    name = told.database.engine.dialect.name

    def cut_off(event: CloudEvent) -> None:
        if len(taking.asked) == 3:
            with told.database.write() as connection:
                if name == "sqlite":
                    connection.exec_driver_sql("ALTER TABLE indsats_outbox RENAME TO indsats_gone")
                else:
                    connection.exec_driver_sql(
                        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                        "WHERE datname = current_database() AND pid <> pg_backend_pid()"
                    )

    taking.refuses = cut_off
    with pytest.raises(DatabaseFailed):
        deliver(told, taking)
    if name == "sqlite":
        with told.database.write() as connection:
            connection.exec_driver_sql("ALTER TABLE indsats_gone RENAME TO indsats_outbox")
    taking.refuses = lambda _: None
    told.database.engine.dispose()
    assert deliver(told, taking).delivered == len(log(told)) - 2
    assert taking.asked[2] == taking.asked[3]
    assert first_comings(taking.asked) == log(told)


# For ever


def test_it_goes_on_for_ever_whatever_fails_and_leaves_off_between_two(told: Engine) -> None:
    stop = Event()

    def stop_at_the_third(event: CloudEvent) -> None:
        if len(taking.asked) == 3:
            stop.set()

    taking = Taking(stop_at_the_third)
    deliver_forever(told, taking, stop, pause=0)
    assert taking.taken == log(told)[:3]
    stop.clear()
    taking.refuses = lambda _: None
    running = threading.Thread(target=deliver_forever, args=(told, taking, stop), kwargs={"pause": 0.01})
    with told.database.write() as connection:
        connection.exec_driver_sql("ALTER TABLE indsats_outbox RENAME TO indsats_gone")
    running.start()
    time.sleep(0.2)
    assert running.is_alive()
    with told.database.write() as connection:
        connection.exec_driver_sql("ALTER TABLE indsats_gone RENAME TO indsats_outbox")
    give_up = time.monotonic() + 20
    while taking.taken != log(told) and time.monotonic() < give_up:
        time.sleep(0.02)
    stop.set()
    running.join()
    assert taking.taken == log(told)


def test_who_may_not_deliver_is_refused_at_once(told: Engine) -> None:
    taking, kim = Taking(), Actor("kim", "caseworker")
    for refused in (
        lambda: deliver(told, taking, actor=kim),
        lambda: deliver_forever(told, taking, Event(), actor=kim),
        lambda: undelivered(told, actor=kim),
        lambda: retry(told, actor=kim),
    ):
        with pytest.raises(NotAllowed):
            refused()
    assert taking.asked == []


def test_an_engine_delivers_for_its_own_municipalities_only(told: Engine) -> None:
    with Engine(told.database.engine, told.model, municipality="0851", clock=told.clock, keys=told.keys) as other:
        taking = Taking()
        assert deliver(other, taking) == Delivered()
        assert undelivered(other) == ((0, 0), [])
    assert taking.asked == []
