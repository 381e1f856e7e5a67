"""The phases of a pathway: where it stands on a day, and each visit to a phase."""

from collections.abc import Iterator
from datetime import date
from itertools import zip_longest
from typing import NamedTuple

from indsats.domain.phases import CLOSED, NONE
from indsats.domain.timeline import Timeline


class PathwayRow(NamedTuple):
    """Where a pathway stands from a day on: its phase (null before any), and the visit, which is null in `closed`.

    `begun_on` is the first day there; the row begins anew from each day on which its marks (`asked.Asked`) change.
    `stretch` counts the openings from 0, `opened_on` is the day of the latest, `reason` why the pathway was closed.
    `unit` is that of the latest opening by the end of the stay that names one.
    """

    from_on: date
    until_on: date | None
    from_day: int
    until_day: int | None
    phase: str | None
    visit: int | None
    stretch: int
    opened_on: date
    reason: str | None
    unit: str | None
    begun_on: date
    marks: str | None = None

    def part(self, from_on: date, until_on: date | None, marks: str | None) -> "PathwayRow":
        """The same for some of its days, `until_on` being the first that is none of them."""
        return self._replace(
            from_on=from_on,
            until_on=until_on,
            from_day=from_on.toordinal(),
            until_day=None if until_on is None else until_on.toordinal(),
            marks=marks,
        )

    def day(self, column: str) -> date:
        """The day in a column of `READ_MODELS`."""
        return {"opened_on": self.opened_on, "from_on": self.begun_on}[column]


class VisitRow(NamedTuple):
    """A stay in one phase, first as it lasts and then as it ended: by what fact, for which phase, after how many days.

    Visits are counted from 0. `entered_by` is null for the visit before the first move.
    """

    visit: int
    from_on: date
    until_on: date | None
    phase: str | None
    stretch: int
    entered_on: date
    entered_by: str | None
    left_on: date | None = None
    left_by: str | None = None
    left_to: str | None = None
    days: int | None = None


class _Stay(NamedTuple):
    """A visit by its number, or (None) the time in `closed` after it."""

    visit: int | None
    phase: str
    stretch: int
    begun_by: int
    reason: str | None = None


def pathway_rows(timeline: Timeline) -> list[PathwayRow]:
    """The phase at the end of each day; a day counts in the phase that its last fact leads to.

    Phases that begin and end on one day leave no row.
    """
    stays = list(_stays(timeline))
    rows = []
    for stay, following in zip_longest(stays, stays[1:]):
        first = timeline.facts[stay.begun_by].on
        until = timeline.facts[following.begun_by].on if following else None
        if first == until:
            continue
        rows.append(
            PathwayRow(
                from_on=first,
                until_on=until,
                from_day=first.toordinal(),
                until_day=None if until is None else until.toordinal(),
                phase=_shown(stay.phase),
                visit=stay.visit,
                stretch=stay.stretch,
                opened_on=_opened_on(timeline, stay.stretch),
                reason=stay.reason,
                unit=unit_before(timeline, following.begun_by if following else None),
                begun_on=first,
            )
        )
    return rows


def visit_rows(timeline: Timeline) -> list[VisitRow]:
    """Every visit, those without a day too; `days` counts from the day it was entered to the day before it was left."""
    stays = list(_stays(timeline))
    rows = []
    for place, stay in enumerate(stays):
        if stay.visit is None:
            continue
        begun_by = timeline.facts[stay.begun_by]
        entered_on, entered_by = begun_by.on, None if stay.phase == NONE else begun_by.kind
        lasting = VisitRow(stay.visit, entered_on, None, _shown(stay.phase), stay.stretch, entered_on, entered_by)
        left_by = timeline.visits[stay.visit].end
        if left_by is None:
            rows.append(lasting)
            continue
        left_on = timeline.facts[left_by].on
        if left_on > entered_on:
            rows.append(lasting._replace(until_on=left_on))
        rows.append(
            lasting._replace(
                from_on=left_on,
                left_on=left_on,
                left_by=timeline.facts[left_by].kind,
                left_to=_shown(stays[place + 1].phase),
                days=(left_on - entered_on).days,
            )
        )
    return rows


def _stays(timeline: Timeline) -> Iterator[_Stay]:
    """Visits and closings in the order in which they came; the first begins with the first fact."""
    if not timeline.facts:
        return
    closings = {closing.place for closing in timeline.closings}
    for number, visit in enumerate(timeline.visits):
        yield _Stay(number, visit.phase, visit.stretch, visit.start)
        if visit.end is not None and visit.end in closings:
            yield _Stay(None, CLOSED, visit.stretch, visit.end, open_text(timeline, visit.end, "reason"))


def open_text(timeline: Timeline, index: int, field: str) -> str | None:
    """A field of a fact that holds text; a personal one stays sealed in the fact."""
    fact = timeline.facts[index]
    kind = timeline.model.facts.get(fact.kind)
    return None if kind is None or field in kind.personal else fact.text(field)


def unit_before(timeline: Timeline, end: int | None = None) -> str | None:
    """The unit of the latest opening before a fact (None: of all) that names one."""
    openings = [place for place in timeline.by_effect.get("open", ()) if end is None or place < end]
    return next((unit for place in reversed(openings) if (unit := open_text(timeline, place, "at_unit"))), None)


def _opened_on(timeline: Timeline, stretch: int) -> date:
    first = next(visit for visit in timeline.visits if visit.stretch == stretch)
    return timeline.facts[first.start].on


def _shown(phase: str) -> str | None:
    return None if phase == NONE else phase
