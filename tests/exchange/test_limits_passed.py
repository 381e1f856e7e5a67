"""Limits passed: told once when one is over or under, and once when it is back, whoever sweeps and however often."""

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from threading import Barrier

import pytest
import sqlalchemy as sa
from tests.conftest import DATABASES, SQLITE
from tests.engine.looking import KIM, MONDAY, everything, started
from tests.exchange.telling import LIMIT_PASSED, SMALL, applied, passed, rows, told

from indsats.clock import VirtualClock
from indsats.domain import facts
from indsats.domain.calendar import ONE_DAY
from indsats.domain.values import Actor
from indsats.engine import Engine
from indsats.engine.limits import limits
from indsats.engine.rebuilding import rebuild
from indsats.errors import DatabaseFailed
from indsats.exchange.cloud_events import CloudEvent
from indsats.exchange.outbox import deliver
from indsats.scheduler import Worker
from indsats.store.keys import Keys

CLUB = "limit/0336/flexjob/club_size/north"
LEADER = Actor("lea", "team_leader")
POSTGRESQL = [kind for kind in DATABASES if kind != SQLITE]


@pytest.fixture
def engine(database_url: str, clock: VirtualClock, keys: Keys) -> Iterator[Engine]:
    """An engine of Stevns, where a club has twelve places."""
    with Engine(database_url, "stevns-2017", clock=clock, keys=keys, create=True) as engine:
        yield engine


def attend(engine: Engine, members: range, on: date = MONDAY, club: str = "north") -> None:
    for member in members:
        engine.record(f"member-{member}", facts.job_club_attended(on=on, club=club), actor=KIM)


def leave(engine: Engine, member: int, on: date = MONDAY) -> None:
    engine.record(f"member-{member}", facts.club_left(on=on, club="north"), actor=KIM)


def test_it_says_which_limit_of_what_stands_how_and_when(engine: Engine, clock: VirtualClock) -> None:
    attend(engine, range(13))
    engine.sweep()
    [row] = passed(engine)
    assert (row["id"], row["stream"], row["municipality"]) == (f"{CLUB}/1", CLUB, "0336")
    assert (row["at"], row["attempts"], row["delivered_at"]) == ("2017-01-02T11:00:00.000000Z", 0, None)
    assert row["data"] == {
        "municipality": "0336",
        "model_digest": engine.model.digest,
        "limit": "club_size",
        "subject": {"club": "north"},
        "value": 13,
        "low": None,
        "high": 12,
        "state": "above",
        "as_of": "2017-01-02",
    }


def test_the_day_before_the_day_itself_and_the_day_after(engine: Engine, clock: VirtualClock) -> None:
    attend(engine, range(12))
    attend(engine, range(12, 13), MONDAY + ONE_DAY)
    engine.sweep()
    assert told(engine) == []  # twelve of twelve is full, which nobody is told of
    clock.at += ONE_DAY
    engine.sweep()
    assert told(engine) == [("2017-01-03", 13, "above")]
    clock.at += ONE_DAY
    engine.sweep()
    assert told(engine) == [("2017-01-03", 13, "above")]


def test_over_further_over_back_within_and_over_again(engine: Engine, clock: VirtualClock) -> None:
    attend(engine, range(13))
    engine.sweep()
    attend(engine, range(13, 15))
    clock.at += ONE_DAY
    engine.sweep()
    for member in range(3):
        leave(engine, member, MONDAY + ONE_DAY)
    clock.at += ONE_DAY
    engine.sweep()
    attend(engine, range(20, 21), MONDAY + 2 * ONE_DAY)
    clock.at += ONE_DAY
    engine.sweep()
    assert told(engine) == [("2017-01-02", 13, "above"), ("2017-01-04", 12, "full"), ("2017-01-05", 13, "above")]
    assert [row["id"] for row in passed(engine)] == [f"{CLUB}/{times}" for times in (1, 2, 3)]
    assert {row["stream"] for row in passed(engine)} == {CLUB}


def test_each_place_for_itself(engine: Engine) -> None:
    attend(engine, range(13), club="south, by the sea/æ")
    engine.sweep()
    attend(engine, range(20, 33))
    engine.sweep()
    assert [(row["stream"], row["data"]["subject"]) for row in passed(engine)] == [
        ("limit/0336/flexjob/club_size/south%2C%20by%20the%20sea%2F%C3%A6", {"club": "south, by the sea/æ"}),
        (CLUB, {"club": "north"}),
    ]


def test_a_place_that_nobody_has_any_more_is_within(engine: Engine, clock: VirtualClock) -> None:
    attend(engine, range(13))
    engine.sweep()
    clock.at += timedelta(weeks=4) + ONE_DAY
    engine.sweep()
    clock.at += ONE_DAY
    engine.sweep()
    assert told(engine) == [("2017-01-02", 13, "above"), ("2017-01-31", 0, "within")]
    assert passed(engine)[-1]["data"]["high"] == 12


def test_a_share_under_its_least_and_of_nobody(engine: Engine, clock: VirtualClock) -> None:
    engine.record("c1", started(), actor=KIM)
    engine.sweep()
    assert told(engine, "club_referral") == [("2017-01-02", 0, "below")]
    [row] = passed(engine, "club_referral")
    assert (row["stream"], row["data"]["subject"]) == ("limit/0336/flexjob/club_referral", {})
    assert (row["data"]["low"], row["data"]["high"]) == (0.8, None)
    engine.annul("start", "of another", actor=KIM)
    engine.sweep()
    assert told(engine, "club_referral")[1:] == [("2017-01-02", None, "not_computable")]
    engine.sweep()
    assert len(told(engine, "club_referral")) == 2


def test_what_was_registered_late_is_told_as_of_the_day_of_the_sweep(engine: Engine, clock: VirtualClock) -> None:
    attend(engine, range(12))
    engine.sweep()
    clock.at += timedelta(days=5)
    engine.sweep()
    attend(engine, range(12, 13), MONDAY + ONE_DAY)
    assert told(engine) == []
    engine.sweep()
    assert told(engine) == [("2017-01-07", 13, "above")]
    leave(engine, 0, MONDAY + 2 * ONE_DAY)
    engine.sweep()
    assert told(engine)[1:] == [("2017-01-07", 12, "full")]


def test_what_was_passed_and_back_while_nobody_swept_is_not_told(engine: Engine, clock: VirtualClock) -> None:
    attend(engine, range(13))
    clock.at += timedelta(weeks=6)
    engine.sweep()
    assert told(engine) == []


def test_an_earlier_day_changes_nothing_of_what_was_told(engine: Engine, clock: VirtualClock) -> None:
    attend(engine, range(12))
    attend(engine, range(12, 13), MONDAY + ONE_DAY)
    clock.at += 2 * ONE_DAY
    engine.sweep(MONDAY)
    assert told(engine) == []
    engine.sweep(MONDAY + ONE_DAY)
    engine.sweep(MONDAY)
    engine.sweep()
    assert told(engine) == [("2017-01-03", 13, "above")]


# Once, whoever sweeps


def test_a_second_sweep_changes_nothing(engine: Engine, database_url: str, clock: VirtualClock, keys: Keys) -> None:
    attend(engine, range(13))
    engine.sweep()
    before = everything(engine)
    clock.at += timedelta(hours=1)
    engine.sweep()
    with Engine(database_url, "stevns-2017", clock=clock, keys=keys) as other:
        other.sweep()
    assert everything(engine) == before


def test_several_that_sweep_at_once_tell_once(
    engine: Engine, database_url: str, clock: VirtualClock, keys: Keys
) -> None:
    attend(engine, range(13))
    engines = [Engine(database_url, "stevns-2017", clock=clock, keys=keys) for _ in range(4)]
    at_once = Barrier(len(engines))

    def sweep(one: Engine) -> None:
        at_once.wait(20)
        one.sweep()

    with ThreadPoolExecutor() as pool:
        list(pool.map(sweep, engines))
    for one in engines:
        one.close()
    assert told(engine) == [("2017-01-02", 13, "above")]


def test_a_sweep_that_was_cut_short_leaves_it_to_the_next(engine: Engine, clock: VirtualClock) -> None:
    attend(engine, range(13))
    clock.at += ONE_DAY
    engine.sweep(stop=lambda: True)
    assert told(engine) == []
    engine.sweep()
    assert told(engine) == [("2017-01-03", 13, "above")]


@pytest.mark.parametrize("database_kind", POSTGRESQL, indirect=True)
def test_while_another_worker_is_at_its_batch_it_is_left_to_that_one(engine: Engine, clock: VirtualClock) -> None:
    """Whoever is in that batch is not brought to the day yet, and may count or count no more."""
    engine.record("c1", started(), actor=KIM)
    attend(engine, range(13))
    clock.at += timedelta(days=8)
    with engine.database.read() as other:
        claimed = "SELECT stream FROM indsats_streams WHERE subject_id = 'c1' FOR NO KEY UPDATE"
        assert len(other.execute(sa.text(claimed)).all()) == 1
        assert engine.sweep().visited == 0
        assert told(engine) == []
    assert engine.sweep().visited == 1
    assert told(engine) == [("2017-01-10", 13, "above")]


def test_a_pathway_that_is_set_aside_keeps_nobody_from_being_told(engine: Engine, clock: VirtualClock) -> None:
    engine.record("c1", started(), actor=KIM)
    attend(engine, range(13))
    clock.at += timedelta(days=8)
    with engine.database.write() as connection:
        connection.exec_driver_sql(
            "UPDATE indsats_due SET attempts = 1, retry_at = '2017-01-10T11:05:00.000000Z', fault = 'no such model' "
            "WHERE stream_key = (SELECT stream_key FROM indsats_streams WHERE subject_id = 'c1')"
        )
    assert engine.sweep().visited == 0
    assert told(engine) == [("2017-01-10", 13, "above")]


def test_a_worker_whose_database_fails_tells_at_its_next_sweep(engine: Engine, clock: VirtualClock) -> None:
    attend(engine, range(13))
    worker = Worker(engine)
    with engine.database.write() as connection:
        connection.exec_driver_sql("ALTER TABLE indsats_worker_names RENAME TO indsats_gone")
    failed = worker.sweep()
    assert "DatabaseFailed" in str(failed.fault)
    with pytest.raises(DatabaseFailed):
        engine.sweep()
    assert told(engine) == []
    with engine.database.write() as connection:
        connection.exec_driver_sql("ALTER TABLE indsats_gone RENAME TO indsats_worker_names")
    assert worker.sweep().fault is None
    assert worker.sweep().fault is None
    assert told(engine) == [("2017-01-02", 13, "above")]


def test_municipalities_are_told_of_apart(database_url: str, clock: VirtualClock, keys: Keys) -> None:
    whose = ["0336", "0259"]
    with Engine(database_url, "stevns-2017", municipality=whose, clock=clock, keys=keys, create=True) as engine:
        attend(engine, range(13))
        for member in range(13):
            attended = facts.job_club_attended(on=MONDAY, club="north")
            engine.record(f"member-{member}", attended, actor=KIM, municipality="0259")
        engine.sweep()
        assert [(row["municipality"], row["id"]) for row in passed(engine)] == [
            ("0336", f"{CLUB}/1"),
            ("0259", "limit/0259/flexjob/club_size/north/1"),
        ]


def test_what_reads_or_makes_anew_tells_nothing(engine: Engine, clock: VirtualClock) -> None:
    attend(engine, range(13))
    limits(engine, actor=LEADER)
    rebuild(engine.parts)
    engine.obligations(actor=KIM)
    assert passed(engine) == []
    engine.sweep()
    before = rows(engine)
    rebuild(engine.parts)
    engine.sweep()
    assert rows(engine) == before


def test_without_limits_nothing_is_asked(database_url: str, clock: VirtualClock, keys: Keys) -> None:
    with Engine(database_url, SMALL, clock=clock, keys=keys, create=True) as engine:
        engine.record("c1", applied("c1"), actor=KIM)
        statements: list[str] = []
        sa.event.listen(engine.database.engine, "before_cursor_execute", lambda *asked: statements.append(asked[2]))
        engine.sweep()
    asked = [one for one in statements if not one.startswith(("BEGIN", "PRAGMA", "SET"))]
    assert len(asked) == 1  # the claim


# Delivered


def test_it_is_delivered_as_a_cloud_event_and_keeps_its_order(engine: Engine, clock: VirtualClock) -> None:
    attend(engine, range(13))
    engine.sweep()
    came: list[CloudEvent] = []

    def refuse(event: CloudEvent) -> None:
        if event.type == LIMIT_PASSED:
            raise ValueError("not now")

    deliver(engine, refuse)
    leave(engine, 0)
    engine.sweep()
    deliver(engine, came.append)
    assert [event for event in came if event.subject == CLUB] == []  # held back by the one before it
    clock.at += timedelta(minutes=1)
    deliver(engine, came.append)
    first, second = [event for event in came if event.subject == CLUB]
    assert (first.id, first.source, first.type) == (f"{CLUB}/1", "urn:indsats:0336", LIMIT_PASSED)
    assert first.data["subject"] == {"club": "north"}
    assert (first.data["state"], second.data["state"], second.id) == ("above", "full", f"{CLUB}/2")
    assert json.loads(first.encode())["data"]["value"] == 13
