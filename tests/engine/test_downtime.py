"""A worker that stood still finds late what one that never did has found, whatever was recorded meanwhile."""

import json
from collections.abc import Callable, Sequence
from datetime import date, datetime, timedelta
from itertools import count
from typing import NamedTuple

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text
from tests.conftest import DATABASES, SQLITE
from tests.playing import transactions
from tests.strategies import STEVNS, History, Telling, any_history

from indsats.clock import VirtualClock
from indsats.domain.calendar import ONE_DAY, local_day, noon_of, start_of
from indsats.domain.events import FactAnnulled, FactRecorded
from indsats.domain.pathway import Registration
from indsats.domain.values import Actor
from indsats.engine import Engine
from indsats.engine.arrivals import Arrival
from indsats.scheduler import Worker, just_after_each_hour
from indsats.store.keys import Keys

KINDS = (SQLITE, DATABASES[-1])
"""One PostgreSQL is enough to tell it from SQLite."""

KIM = Actor("kim", "caseworker")
LENGTHS = (1, 7, 40)
_FINDINGS = text(
    "SELECT subject_id, name, state FROM indsats_events JOIN indsats_streams USING (stream_key) "
    "WHERE municipality = :municipality AND (name LIKE 'deadline_%' OR name LIKE 'breach_%') "
    "ORDER BY subject_id, version"
)
_numbers = count(1)


class Finding(NamedTuple):
    """What the engine found of a citizen, without the day on which it did."""

    citizen: str
    name: str
    said: str


class Played(NamedTuple):
    """All findings in their order, and beside each its day."""

    findings: Sequence[Finding]
    days: Sequence[str]


def played(history: History, url: str, keys: Keys, works_on: Callable[[date], bool]) -> Played:
    """What is found in a municipality of its own by a worker that is woken as the schedule says, on days it works on.

    Registrations are recorded live, each at its instant. On the last day the worker works in any case.
    """
    clock = VirtualClock(start_of(history.first_day))
    municipality = f"{next(_numbers):04d}"
    to_record = list(transactions(history.told_by(history.until)))
    with Engine(url, history.model, others=history.others, municipality=municipality, keys=keys, clock=clock) as engine:
        worker, trigger = Worker(engine), just_after_each_hour()
        day = history.first_day
        while day <= history.until:
            woken_at = trigger.get_next_fire_time(None, start_of(day))
            while to_record and to_record[0].at < woken_at:
                record(engine, clock, *to_record.pop(0))
            if works_on(day) or day == history.until:
                clock.at = woken_at
                run = worker.sweep()
                assert run.swept is not None
                assert run.swept.set_aside == 0
            while to_record and local_day(to_record[0].at) == day:
                record(engine, clock, *to_record.pop(0))
            day += ONE_DAY
        with engine.database.read() as connection:
            rows = connection.execute(_FINDINGS, {"municipality": municipality}).all()
    findings, days = [], []
    for citizen, name, state in rows:
        said = json.loads(state)
        days.append(said.pop("found_on"))
        findings.append(Finding(citizen, name, json.dumps(said)))
    return Played(findings, days)


def record(engine: Engine, clock: VirtualClock, at: datetime, citizen: str, said: Sequence[Registration]) -> None:
    clock.at = at
    arrivals = [Arrival(citizen, one, at, KIM.id, KIM.role) for one in said]
    assert engine.record_all(arrivals, actor=KIM, late=True).recorded == len(said)


@pytest.mark.parametrize("database_kind", KINDS, indirect=True)
@settings(max_examples=4, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data(), any_history)
def test_a_worker_that_stood_still_loses_nothing(
    engine: Engine, database_url: str, keys: Keys, data: st.DataObject, history: History
) -> None:
    days = (history.until - history.first_day).days
    stood_from = history.first_day + timedelta(days=data.draw(st.integers(0, days)))
    until = stood_from + timedelta(days=data.draw(st.sampled_from(LENGTHS)))
    never = played(history, database_url, keys, lambda _: True)
    stood = played(history, database_url, keys, lambda day: not stood_from <= day < until)
    assert stood.findings == never.findings
    assert all(late >= at_once for late, at_once in zip(stood.days, never.days, strict=True))


def a_year_of_citizens(first: date, days: int) -> History:
    """One citizen more every third day, about whom this and that is registered in time, late, wrongly and ahead."""
    tellings: list[Telling] = []
    for number, after in enumerate(range(0, days, 3)):
        citizen, on = f"c{number:03d}", first + timedelta(days=after)

        def tell(
            kind: str, after: int, told_after: int, /, citizen: str = citizen, on: date = on, **fields: str
        ) -> None:
            fact_id = f"{citizen}-{kind}"
            participants = {"participants": ["caseworker"]} if kind == "first_conversation_held" else {}
            fact = FactRecorded(
                fact=fact_id, kind=kind, on=on + timedelta(days=after), fields={**fields, **participants}
            )
            tellings.append(Telling(noon_of(on + timedelta(days=told_after)), citizen, fact))

        tell("ledighedsydelse_started", 0, (0, 0, 12, -3)[number % 4], route="mover_in")
        match number % 5:
            case 0:
                tell("first_conversation_held", 5, 5)
            case 1:
                tell("first_conversation_held", 5, 17)  # so that a breach is withdrawn
            case 2:
                tell("first_conversation_held", 9, 9)
                annulled = FactAnnulled(id=f"{citizen}-out", fact=f"{citizen}-first_conversation_held", reason="wrong")
                tellings.append(Telling(noon_of(on + timedelta(days=20)), citizen, annulled))
            case 3:
                tell("hold_started", 2, 2, reason="exemption")
                tell("hold_ended", 30, 24, reason="exemption")
            case _:
                pass
    tellings.sort(key=lambda telling: telling.at)
    return History(STEVNS, tuple(tellings), first + timedelta(days=days + 30))


@pytest.mark.parametrize("database_kind", KINDS, indirect=True)
@pytest.mark.parametrize(
    ("stood_from", "length"),
    [
        (date(2017, 3, 26), 1),
        (date(2017, 10, 24), 7),
        (date(2017, 3, 10), 40),
        (date(2017, 12, 5), 40),
    ],
)
def test_nor_over_the_changes_of_the_clocks_and_the_end_of_the_year(
    engine: Engine, database_url: str, keys: Keys, stood_from: date, length: int
) -> None:
    history = a_year_of_citizens(stood_from - timedelta(days=20), 40 + length)
    until = stood_from + timedelta(days=length)
    never = played(history, database_url, keys, lambda _: True)
    stood = played(history, database_url, keys, lambda day: not stood_from <= day < until)
    assert stood.findings == never.findings
    assert {"deadline_breached.1", "breach_withdrawn.1"} <= {finding.name for finding in never.findings}
    later = [(at_once, late) for at_once, late in zip(never.days, stood.days, strict=True) if late != at_once]
    assert later  # it did stand still where there was something to find
    assert all(stood_from.isoformat() <= at_once < late <= until.isoformat() for at_once, late in later)
