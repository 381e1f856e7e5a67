"""What facts begin and others end, for key figures that ask whether something lasts."""

from datetime import date
from typing import NamedTuple

from indsats.domain.calendar import ONE_DAY
from indsats.domain.timeline import Timeline
from indsats.projections.asked import ended_by
from indsats.projections.facts import Named, placed


class LastingRow(NamedTuple):
    """What a fact began, from its day to the first day without; `ended_by` are the kinds that end it, `place` its own.

    `until_month_on` is the first of the first month that begins without it. What ends on the day on which it began has
    no day and no row. `visit` and `stretch` are those of `PathwayRow`, null for a fact that lies in `closed`.
    """

    kind: str
    ended_by: str
    from_on: date
    place: int
    until_on: date | None
    until_month_on: date | None
    visit: int | None
    stretch: int | None
    employment: str | None


def lasting_rows(timeline: Timeline, named: Named) -> list[LastingRow]:
    """What the facts of the kinds named began, irregular ones too; the first end of the same employment ends it.

    An end and a start that both name no employment belong together.
    """
    rows = []
    for place, begun, visit, stretch in placed(timeline, named.lasting):
        employment = begun.text("employment")
        for kinds in sorted(named.lasting[begun.kind]):
            until = min(
                (
                    end.on
                    for kind in kinds
                    for index in timeline.by_kind.get(kind, ())
                    if (end := timeline.facts[index]).on >= begun.on and end.text("employment") == employment
                ),
                default=None,
            )
            if until != begun.on:
                rows.append(
                    LastingRow(
                        kind=begun.kind,
                        ended_by=ended_by(kinds),
                        from_on=begun.on,
                        place=place,
                        until_on=until,
                        until_month_on=None if until is None else _month_from(until),
                        visit=visit,
                        stretch=stretch,
                        employment=employment,
                    )
                )
    return rows


def _month_from(day: date) -> date:
    """The first of the month if it is that day, else of the next month."""
    return day if day.day == 1 else (day.replace(day=28) + 4 * ONE_DAY).replace(day=1)
