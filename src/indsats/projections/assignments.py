"""Workers: who is assigned to a pathway, and which of them answers for a role."""

from collections.abc import Iterator
from datetime import date
from itertools import pairwise
from typing import NamedTuple

from indsats.domain.timeline import Timeline
from indsats.projections.pathways import open_text


class AssignmentRow(NamedTuple):
    """A worker's assignment as it stands from a day on, one row for each role that it can answer for.

    These are `as_role` and the functions, which `functions` lists, sorted, with spaces between. `answers` tells whether
    it is the one that answers for `role`. Assignments are counted from 0; `fraction` is of full time.
    """

    assignment: int
    role: str
    from_on: date
    until_on: date | None
    worker: str | None
    as_role: str | None
    unit: str | None
    functions: str | None
    fraction: float | None
    answers: bool


class Assignment(NamedTuple):
    """A worker at a pathway, from the first day to before the second (None: to this day), by the fact of that id."""

    fact: str
    number: int
    worker: str | None
    as_role: str | None
    unit: str | None
    functions: tuple[str, ...]
    fraction: float | None
    from_on: date
    until_on: date | None

    @property
    def roles(self) -> frozenset[str]:
        """The roles that it can answer for."""
        return frozenset(self.functions) if self.as_role is None else frozenset((self.as_role, *self.functions))

    def runs_on(self, day: date) -> bool:
        """Whether it runs at the end of a day."""
        return self.from_on <= day and (self.until_on is None or day < self.until_on)


def assignments(timeline: Timeline) -> list[Assignment]:
    """The assignments in fact order, those that lie in `closed` too; a closing ends none.

    A release ends those of its worker, in its role if it names one, that run before it in fact order.
    """
    starts = timeline.by_effect.get("assignment_start", ())
    ended: dict[int, int] = {}
    for end in timeline.by_effect.get("assignment_end", ()):
        for start in starts:
            if start < end and start not in ended and _releases(timeline, end, start):
                ended[start] = end
    return [_assignment(timeline, number, start, ended.get(start)) for number, start in enumerate(starts)]


def answering(found: list[Assignment], role: str, day: date) -> Assignment | None:
    """The assignment that answers for a role at the end of a day: of those that run the latest in fact order."""
    return next((one for one in reversed(found) if role in one.roles and one.runs_on(day)), None)


def unit_assigned(found: list[Assignment], day: date) -> str | None:
    """The unit of the latest assignment in fact order that runs at the end of a day and names one."""
    return next((one.unit for one in reversed(found) if one.unit is not None and one.runs_on(day)), None)


def assignment_rows(timeline: Timeline) -> list[AssignmentRow]:
    """Every assignment of a day or more; one that names no role can answer for none and has no row."""
    found = assignments(timeline)
    days = sorted({day for one in found for day in (one.from_on, one.until_on) if day is not None})
    return [
        AssignmentRow(
            assignment=one.number,
            role=role,
            from_on=from_on,
            until_on=until_on,
            worker=one.worker,
            as_role=one.as_role,
            unit=one.unit,
            functions=" ".join(one.functions) or None,
            fraction=one.fraction,
            answers=answers,
        )
        for one in found
        for role in sorted(one.roles)
        for from_on, until_on, answers in _stretches(found, one, role, [day for day in days if one.runs_on(day)])
    ]


def _stretches(
    found: list[Assignment], one: Assignment, role: str, days: list[date]
) -> Iterator[tuple[date, date | None, bool]]:
    """From when to when an assignment answered or did not, by the days on which any began or ended while it ran."""
    turns: list[tuple[date, bool]] = []
    for day in days:
        answers = answering(found, role, day) is one
        if not turns or turns[-1][1] != answers:
            turns.append((day, answers))
    for (first, answers), (until, _) in pairwise(turns):
        yield first, until, answers
    if turns:
        yield turns[-1][0], one.until_on, turns[-1][1]


def _releases(timeline: Timeline, end: int, start: int) -> bool:
    released, assigned = timeline.facts[end], timeline.facts[start]
    role = released.text("as_role")
    return released.text("worker") == assigned.text("worker") and role in (None, assigned.text("as_role"))


def _assignment(timeline: Timeline, number: int, start: int, end: int | None) -> Assignment:
    fact = timeline.facts[start]
    functions, fraction = fact.fields.get("functions"), fact.fields.get("fraction")
    return Assignment(
        fact=fact.id,
        number=number,
        worker=open_text(timeline, start, "worker"),
        as_role=fact.text("as_role"),
        unit=open_text(timeline, start, "at_unit"),
        functions=tuple(sorted(set(functions))) if isinstance(functions, list) else (),
        fraction=None if fraction is None else float(str(fraction)),
        from_on=fact.on,
        until_on=None if end is None else timeline.facts[end].on,
    )
