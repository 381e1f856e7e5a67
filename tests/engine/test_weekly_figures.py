"""The five figures a week: each section and each worker for itself, together the department, by ISO weeks."""

from collections import Counter
from collections.abc import Iterator
from datetime import date, timedelta
from typing import NamedTuple

import pytest

from indsats.clock import VirtualClock
from indsats.domain.calendar import noon_of
from indsats.domain.facts import NewFact
from indsats.domain.facts.new_fact import FieldInput
from indsats.domain.values import Actor
from indsats.engine import Engine
from indsats.engine.kpis import Figure, Grouping, kpis
from indsats.store.keys import Keys

KIM = Actor("kim", "caseworker")
LEA = Actor("lea", "team_leader")

# The last Saturday of week 52 of 2019 to the Monday of week 2, and the same around week 53 of 2020.
DAYS = [
    *(date(2019, 12, 28) + timedelta(days=number) for number in range(10)),
    *(date(2020, 12, 26) + timedelta(days=number) for number in range(10)),
]
SUNDAYS = [day for day in DAYS if day.isoweekday() == 7]
WORKERS = {
    "jobhuset": ["jan", "ida"],
    "job-og-aktivhuset": ["eva", "per", "ole"],
    "uddannelseshuset": ["mie"],
}
OPENED = date(2019, 12, 2)


def fact(kind: str, on: date, **fields: FieldInput) -> NewFact:
    return NewFact(kind=kind, on=on, fields=fields)


class Happened(NamedTuple):
    """What counts in one of the figures, at whom, and on which day."""

    kpi: str
    unit: str
    worker: str
    on: date


def citizens() -> Iterator[tuple[str, str, str]]:
    """Each worker has three citizens."""
    for unit, workers in WORKERS.items():
        for worker in workers:
            for number in range(3):
                yield f"{worker}-{number}", unit, worker


def happenings() -> Iterator[tuple[str, NewFact, Happened | None]]:
    """Facts with whom they are about, and what they add to the figure of their week."""
    for unit, workers in WORKERS.items():
        leader = workers[0]
        yield unit, fact("section_led", OPENED, worker=leader, as_role="team_leader", at_unit=unit), None
        for place, day in enumerate(DAYS):
            if (place + len(unit)) % 3 == 0:
                order = f"{unit}-{place}"
                received = fact("job_order_received", day, order=order)
                yield unit, received, Happened("weekly_job_orders", unit, leader, day)
                placed = fact("order_placed", day, order=order)
                yield unit, placed, Happened("weekly_placements", unit, leader, day)
    for number, (citizen, unit, worker) in enumerate(citizens()):
        yield citizen, fact("pathway_opened", OPENED, at_unit=unit), None
        yield citizen, fact("worker_assigned", OPENED, worker=worker, as_role="caseworker", at_unit=unit), None
        yield citizen, fact("cv_duty_started", OPENED), None
        if number % 2:
            yield citizen, fact("cv_published", DAYS[number % 5]), None
        left = DAYS[10 + number % 10] if number % 5 == 0 else None
        for day in DAYS[number % 4 :: 4]:
            if left is None or day < left:
                talk = fact("conversation_held", day, participants=["caseworker", "citizen"])
                yield citizen, talk, Happened("weekly_conversations", unit, worker, day)
        if left is not None:
            gone = fact("pathway_closed", left, reason="education")
            yield citizen, gone, Happened("weekly_exits", unit, worker, left)


HAPPENED = [happened for _, _, happened in happenings() if happened is not None]


@pytest.fixture
def engine(database_url: str, keys: Keys) -> Iterator[Engine]:
    clock = VirtualClock(noon_of(date(2021, 1, 11)))
    with Engine(database_url, "aalborg-2019", clock=clock, keys=keys, create=True) as engine:
        about: dict[str, list[NewFact]] = {}
        for subject, told, _ in happenings():
            about.setdefault(subject, []).append(told)
        for subject, facts in about.items():
            engine.record(subject, sorted(facts, key=lambda one: one.on), actor=KIM)
        yield engine


def figures(engine: Engine, as_of: date, by: Grouping) -> dict[str, Figure]:
    return {one.result.id: one for one in kpis(engine, actor=LEA, as_of=as_of, by=by).figures}


@pytest.mark.parametrize("by", ["unit", "worker"])
def test_sections_and_workers_add_up_to_the_department(engine: Engine, by: Grouping) -> None:
    for sunday in SUNDAYS:
        for kpi, figure in figures(engine, sunday, by).items():
            counted = [
                one for one in HAPPENED if one.kpi == kpi and one.on.isocalendar()[:2] == sunday.isocalendar()[:2]
            ]
            groups = {group.name: group for group in figure.groups}
            assert None not in groups, f"{kpi} belongs to nobody"
            above = {name: group.result.numerator or 0 for name, group in groups.items()}
            assert sum(above.values()) == figure.result.numerator
            if kpi == "weekly_cv_share":
                assert len(groups) == (3 if by == "unit" else 6)
                below = [group.result.denominator or 0 for group in groups.values()]
                assert sum(below) == figure.result.denominator
            else:
                assert figure.result.numerator == len(counted)
                owners = Counter(one.unit if by == "unit" else one.worker for one in counted)
                assert above == owners
                assert {(group.result.denominator, group.result.share) for group in groups.values()} <= {(None, None)}


def test_a_week_around_new_year_is_that_of_its_sunday(engine: Engine) -> None:
    """Week 1 of 2020 begins on 30 December 2019, and week 53 of 2020 ends on 3 January 2021."""
    (figure,) = kpis(engine, actor=LEA, ids=["weekly_conversations"], as_of=DAYS[-1], over="week").figures
    per_week = Counter(one.on.isocalendar()[:2] for one in HAPPENED if one.kpi == "weekly_conversations")
    found = {day.isocalendar()[:2]: result.numerator for day, result in figure.series}
    assert found == {week: per_week[week] for week in found}
    assert {(2019, 52), (2020, 1), (2020, 53), (2021, 1)} <= {week for week, number in found.items() if number}


def test_a_share_of_those_who_must_have_a_cv(engine: Engine) -> None:
    shares = {day: figures(engine, day, "unit")["weekly_cv_share"].result for day in SUNDAYS}
    everybody = len(list(citizens()))
    left = [one.on for one in HAPPENED if one.kpi == "weekly_exits"]
    for sunday, result in shares.items():
        assert result.denominator == everybody - sum(day <= sunday for day in left)
    assert shares[SUNDAYS[0]].share != shares[SUNDAYS[1]].share


def test_where_nobody_is_assigned_a_unit_is_its_own_and_a_citizen_that_of_the_opening(
    database_url: str, keys: Keys
) -> None:
    day = date(2020, 1, 2)
    with Engine(database_url, "aalborg-2019", clock=VirtualClock(noon_of(day)), keys=keys, create=True) as engine:
        engine.record("north", fact("job_order_received", day, order="o1"), actor=KIM)
        # A citizen's id can be that of a unit.
        talked = fact("conversation_held", day, participants=["caseworker"])
        engine.record("north", [fact("pathway_opened", day, at_unit="south"), talked], actor=KIM)
        engine.record("c1", [fact("pathway_opened", day), talked], actor=KIM)
        found = figures(engine, day, "unit")
    groups = {
        kpi: [(group.name, group.result.numerator) for group in found[kpi].groups]
        for kpi in ("weekly_job_orders", "weekly_conversations")
    }
    assert groups == {"weekly_job_orders": [("north", 1)], "weekly_conversations": [("south", 1), (None, 1)]}
