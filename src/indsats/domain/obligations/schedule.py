"""The due days of a cadence before holds and roll: stages of the model, or an agreement in their place."""

from collections.abc import Iterator
from datetime import date, timedelta
from typing import NamedTuple

from indsats.domain.calendar import ONE_DAY, add_months
from indsats.domain.model import Stage
from indsats.domain.obligations.duty import Duty
from indsats.domain.obligations.obligation import Step
from indsats.domain.timeline import Fact
from indsats.domain.values import Duration


class Planned(NamedTuple):
    """A due day, the day that it is counted from (day 0), and why."""

    counted_from: date
    due: date
    reasons: tuple[Step, ...]


def next_rolling(duty: Duty, last: date, previous: date | None) -> Planned | None:
    """The due day after `last`, or None where no stage is in force any more.

    `previous` is the due day of the occurrence before, after holds.
    """
    of_stages = _of_stages(duty, last)
    planned = of_stages
    for agreement in _agreements(duty):
        planned = _as_agreed(duty, agreement, last, previous, planned, of_stages)
    return planned


def _of_stages(duty: Duty, last: date) -> Planned | None:
    calendar = duty.timeline.model.calendar
    for stage in duty.rule.stages:
        due = calendar.add(last, stage.every)
        if _is_in_force(duty, stage, due):
            return Planned(last, due, (Step("counted", on=due, value=stage.every.text),))
    return None


def _is_in_force(duty: Duty, stage: Stage, due: date) -> bool:
    return stage.until is None or due <= duty.timeline.model.calendar.add(duty.anchor.on, stage.until)


def _agreements(duty: Duty) -> list[Fact]:
    """The agreements of the anchor's employment that were signed before its end, in fact order."""
    if not duty.rule.agreement:
        return []
    timeline = duty.timeline
    return [
        timeline.facts[index]
        for index in timeline.by_effect.get("agreement", ())
        if timeline.facts[index].fields.get("employment") == duty.employment and (duty.end is None or index < duty.end)
    ]


def _as_agreed(
    duty: Duty,
    agreement: Fact,
    last: date,
    previous: date | None,
    planned: Planned | None,
    of_stages: Planned | None,
) -> Planned | None:
    """What an agreement makes of a due day that lies after its signing; it never moves one to the signing day or before."""
    signed_on = agreement.on
    dates = agreement.fields.get("follow_up_dates")
    every = agreement.text("follow_up_every")
    if not (dates or every) or (planned is not None and planned.due <= signed_on):
        return planned
    # Where the model has no stages the chain begins with the agreement.
    last = max(last, signed_on) if planned is None else planned.counted_from
    if isinstance(dates, list) and dates:
        latest = max(day for day in (last, previous, signed_on) if day is not None)
        listed = min((day for day in map(date.fromisoformat, dates) if day > latest), default=None)
        if listed is None:
            return of_stages if of_stages is None or of_stages.due > signed_on else planned
        return Planned(last, listed, (Step("agreed", agreement.id, listed, "follow_up_dates"),))
    assert every is not None
    due = duty.timeline.model.calendar.add(last, Duration.parse(every))
    if due <= signed_on:
        return planned
    looser = () if planned is None or due <= planned.due else (Step("looser", agreement.id, planned.due),)
    return Planned(last, due, (Step("agreed", agreement.id, due, every), *looser))


class _Regime(NamedTuple):
    """What yields the grid days now: a stage (by its place) or an agreement (by its id), so many steps after `base`."""

    key: int | str
    base: date
    steps: int


_Next = tuple[date | None, _Regime, Step]


def grid(duty: Duty) -> Iterator[Planned]:
    """The windows of a cadence, without end unless its stages have one: (`counted_from`, `due`], each after the one before.

    Grid days are multiples counted from the day on which their stage (or agreement) took over, first the anchor.
    """
    if duty.rule.align != "none":
        yield from _aligned(duty)
        return
    regime = _Regime(0, duty.anchor.on, 0)
    last = duty.anchor.on
    while True:
        due, following, reason = _next_of_stages(duty, regime, last)
        for agreement in _agreements(duty):
            if due is None or due > agreement.on:
                due, following, reason = _next_agreed(duty, agreement, regime, last, (due, following, reason))
        if due is None:
            return
        yield Planned(last, due, (reason,))
        last, regime = due, following


def _step_on(duty: Duty, regime: _Regime, key: int | str, last: date, every: Duration) -> tuple[date, _Regime]:
    """The next multiple of `every`: from the regime's base if it goes on, else from the last grid day."""
    following = regime._replace(steps=regime.steps + 1) if regime.key == key else _Regime(key, last, 1)
    return duty.timeline.model.calendar.add(following.base, every.times(following.steps)), following


def _next_of_stages(duty: Duty, regime: _Regime, last: date) -> _Next:
    for place, stage in enumerate(duty.rule.stages):
        due, following = _step_on(duty, regime, place, last, stage.every)
        if _is_in_force(duty, stage, due):
            return due, following, Step("counted", on=due, value=stage.every.text)
    return None, regime, Step("counted")


def _next_agreed(duty: Duty, agreement: Fact, regime: _Regime, last: date, earlier: _Next) -> _Next:
    dates = agreement.fields.get("follow_up_dates")
    every = agreement.text("follow_up_every")
    if isinstance(dates, list) and dates:
        listed = min((day for day in map(date.fromisoformat, dates) if day > max(last, agreement.on)), default=None)
        if listed is None:
            of_stages = _next_of_stages(duty, regime, last)
            return of_stages if of_stages[0] is None or of_stages[0] > agreement.on else earlier
        return listed, _Regime(agreement.id, listed, 0), Step("agreed", agreement.id, listed, "follow_up_dates")
    if not every:
        return earlier
    start = max(last, agreement.on) if earlier[0] is None else last
    due, following = _step_on(duty, regime, agreement.id, start, Duration.parse(every))
    return earlier if due <= agreement.on else (due, following, Step("agreed", agreement.id, due, every))


def _aligned(duty: Duty) -> Iterator[Planned]:
    """Windows that end where calendar periods end; each spans as many periods as `every` has, the first begun one included."""
    last = duty.anchor.on
    for stage in duty.rule.stages:
        span = stage.every.months // 3 if duty.rule.align == "quarter" else stage.every.days // 7
        while True:
            due = last
            for _ in range(span):
                due = _end_of_period(duty.rule.align, due + ONE_DAY)
            if not _is_in_force(duty, stage, due):
                break
            yield Planned(last, due, (Step("counted", on=due, value=stage.every.text),))
            last = due


def _end_of_period(align: str, day: date) -> date:
    """The last day of the calendar quarter, or of the ISO week, in which a day lies."""
    if align == "iso_week":
        return day + timedelta(days=6 - day.weekday())
    return add_months(date(day.year, day.month, 1), 3 - (day.month - 1) % 3) - ONE_DAY
