"""Employments: their hours at the start and on a day, and whether an agreement was made."""

from bisect import bisect_right
from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from typing import NamedTuple

from indsats.domain.timeline import Fact, Run, Timeline

_CHANGES = ("employment_start", "employment_end", "hours", "agreement")


class EmploymentRow(NamedTuple):
    """One employment as it stands from a day on; `run` counts the starts of a pathway from 0.

    `hours` are the latest weekly hours; an ended employment keeps its last. `total_hours` is the sum over the
    employments of the citizen that run, or, once none does, over those that ended last, on one day.
    """

    run: int
    from_on: date
    until_on: date | None
    employment: str | None
    started_on: date
    ended_on: date | None
    hours_at_start: float | None
    hours: float | None
    total_hours: float | None
    agreed: bool


class _Course(NamedTuple):
    """What happened to one run: its days, its hours and from when on, the day of its first agreement."""

    run: Run
    started_on: date
    ended_on: date | None
    changed_on: list[date]
    hours: list[Decimal | None]
    agreed_on: date | None

    def has_ended_by(self, day: date) -> bool:
        return self.ended_on is not None and self.ended_on <= day

    def hours_on(self, day: date) -> Decimal | None:
        return self.hours[bisect_right(self.changed_on, day) - 1]


def employment_rows(timeline: Timeline) -> list[EmploymentRow]:
    """Every start is an employment, also of an id that ran before; what lies after its end in fact order is no change.

    New hours or an agreement concern the runs of their employment that run where they lie; an agreement signed while
    none runs counts for the next one. What a day looks like is decided by its last fact.
    """
    facts = timeline.facts
    courses = _courses(timeline)
    days = sorted({facts[index].on for effect in _CHANGES for index in timeline.by_effect.get(effect, ())})
    rows: list[EmploymentRow] = []
    for number, course in enumerate(courses):
        latest: EmploymentRow | None = None
        for day in days:
            if day < course.started_on:
                continue
            row = _row(number, course, courses, day)
            if latest is not None and row._replace(from_on=latest.from_on) == latest:
                continue
            if latest is not None:
                rows.append(latest._replace(until_on=day))
            latest = row
        if latest is not None:
            rows.append(latest)
    return rows


def _row(number: int, course: _Course, courses: list[_Course], day: date) -> EmploymentRow:
    return EmploymentRow(
        run=number,
        from_on=day,
        until_on=None,
        employment=course.run.id,
        started_on=course.started_on,
        ended_on=course.ended_on if course.has_ended_by(day) else None,
        hours_at_start=_shown(course.hours[0]),
        hours=_shown(course.hours_on(day)),
        total_hours=_shown(_total_on(day, courses)),
        agreed=course.agreed_on is not None and course.agreed_on <= day,
    )


def _total_on(day: date, courses: list[_Course]) -> Decimal | None:
    begun = [course for course in courses if course.started_on <= day]
    counted = [course for course in begun if not course.has_ended_by(day)]
    if not counted:
        last = max(course.ended_on for course in begun if course.ended_on is not None)
        counted = [course for course in begun if course.ended_on == last]
    known = [hours for course in counted if (hours := course.hours_on(day)) is not None]
    return sum(known, Decimal()) if known else None


def _courses(timeline: Timeline) -> list[_Course]:
    facts = timeline.facts
    changes: dict[int, list[Fact]] = {}
    for index in timeline.by_effect.get("hours", ()):
        for number in _numbers(timeline, _running_at(timeline, index)):
            changes.setdefault(number, []).append(facts[index])
    agreed_on: dict[int, date] = {}
    for index in timeline.by_effect.get("agreement", ()):
        for number in _numbers(timeline, timeline.runs_for(index)):
            agreed_on.setdefault(number, max(facts[index].on, facts[timeline.runs[number].start].on))
    courses = []
    for number, run in enumerate(timeline.runs):
        told = [facts[run.start], *changes.get(number, ())]
        ended_on = None if run.end is None else facts[run.end].on
        hours = [_hours(fact) for fact in told]
        courses.append(
            _Course(run, told[0].on, ended_on, [fact.on for fact in told], hours, agreed_on.get(number)),
        )
    return courses


def _running_at(timeline: Timeline, index: int) -> Iterable[Run]:
    """The runs of a fact's employment that run where it lies, if any do."""
    return (run for run in timeline.runs_for(index) if run.start < index)


def _numbers(timeline: Timeline, runs: Iterable[Run]) -> list[int]:
    chosen = {id(run) for run in runs}
    return [number for number, run in enumerate(timeline.runs) if id(run) in chosen]


def _hours(fact: Fact) -> Decimal | None:
    value = fact.fields.get("weekly_hours")
    return None if value is None else Decimal(str(value))


def _shown(hours: Decimal | None) -> float | None:
    return None if hours is None else float(hours)
