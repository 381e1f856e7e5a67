"""The due days of a cadence before holds and roll: stages of the model, or an agreement in their place."""

from collections.abc import Iterator
from datetime import date, timedelta
from itertools import count
from typing import NamedTuple

from indsats.domain.calendar import ONE_DAY, add_months
from indsats.domain.model import Stage
from indsats.domain.obligations.duty import Duty
from indsats.domain.obligations.obligation import Step
from indsats.domain.values import Duration


class Planned(NamedTuple):
    """A due day, the day that it is counted from (day 0), and why."""

    counted_from: date
    due: date
    reasons: tuple[Step, ...]


def rolling_after(duty: Duty, last: date) -> Planned | None:
    """The due day that the model's stages give after `last`, or None where none is in force any more."""
    calendar = duty.timeline.model.calendar
    for stage in duty.rule.stages:
        due = calendar.add(last, stage.every)
        if _is_in_force(duty, stage, due):
            return Planned(last, due, (_counted(stage, due),))
    return None


def grid_days(duty: Duty) -> Iterator[tuple[date, tuple[Step, ...]]]:
    """The due days that the stages fix: multiples of `every` from the anchor, or from the last day of the stage before.

    Without end unless the last stage has one; where the rule is aligned, the ends of calendar periods.
    """
    calendar = duty.timeline.model.calendar
    day = duty.anchor.on
    for stage in duty.rule.stages:
        base = day
        for steps in count(1):
            if duty.rule.align == "none":
                due = calendar.add(base, stage.every.times(steps))
            else:
                due = _end_of_periods(duty.rule.align, day, stage.every)
            if not _is_in_force(duty, stage, due):
                break
            yield due, (_counted(stage, due),)
            day = due


def _is_in_force(duty: Duty, stage: Stage, due: date) -> bool:
    return stage.until is None or due <= duty.timeline.model.calendar.add(duty.anchor.on, stage.until)


def _counted(stage: Stage, due: date) -> Step:
    return Step("counted", on=due, value=stage.every.text)


def _end_of_periods(align: str, after: date, every: Duration) -> date:
    """The end of the calendar period (quarter or ISO week) that begins after a day, or of as many as `every` spans."""
    spans = every.months // 3 if align == "quarter" else every.days // 7
    for _ in range(spans):
        first = after + ONE_DAY
        if align == "quarter":
            after = add_months(date(first.year, first.month, 1), 3 - (first.month - 1) % 3) - ONE_DAY
        else:
            after = first + timedelta(days=6 - first.weekday())
    return after


def as_agreed(duty: Duty, last: date, previous: date | None, of_stages: Planned | None) -> Planned | None:
    """What the agreements make of the due day that the stages give after `last`, taken in fact order.

    Each one moves a due day that lies after its signing, never to the signing day or before. `previous` is the due
    day of the occurrence before, holds and roll counted. Where the model has no stages the chain begins with the
    agreement.
    """
    planned = of_stages
    for index, agreement in duty.agreements():
        signed_on = agreement.on
        if signed_on >= planned.due if planned else duty.has_ended_before(index):
            continue
        counted_from = max(last, signed_on) if planned is None else planned.counted_from
        dates = agreement.fields.get("follow_up_dates")
        every = agreement.text("follow_up_every")
        if isinstance(dates, list) and dates:
            latest = max(day for day in (counted_from, previous, signed_on) if day is not None)
            due = min((day for day in map(date.fromisoformat, dates) if day > latest), default=None)
            reason = "follow_up_dates"
        else:
            assert every is not None
            due = duty.timeline.model.calendar.add(counted_from, Duration.parse(every))
            reason = every
        if due is None:
            # After the listed dates the model's own stages go on.
            if of_stages is None or of_stages.due > signed_on:
                planned = of_stages
        elif due > signed_on:
            looser = () if planned is None or due <= planned.due else (Step("looser", agreement.id, planned.due),)
            planned = Planned(counted_from, due, (Step("agreed", agreement.id, due, reason), *looser))
    return planned
