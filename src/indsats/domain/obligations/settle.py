"""The status of one occurrence, by the table, with the reasons in the order in which they were found."""

from datetime import date

from indsats.domain.calendar import ONE_DAY, local_day
from indsats.domain.obligations.duty import Duty
from indsats.domain.obligations.obligation import Cause, Obligation, Status, Step
from indsats.domain.timeline import Fact


def settle(
    duty: Duty,
    n: int,
    due: date | None,
    reasons: tuple[Step, ...],
    satisfied_by: Fact | None,
    absent_from: date,
    *,
    not_before: date = date.min,
) -> Obligation:
    """The obligation of occurrence `n`: status at `as_of`, cause, steps.

    `due` is the final due day (holds and roll counted); an absence between `absent_from` and `due`, both included,
    is the cause of a failure. What satisfies counts on its day, or on `not_before` if that is later.
    """
    satisfied_on = None if satisfied_by is None else max(satisfied_by.on, not_before)
    rule, timeline = duty.rule, duty.timeline
    waiver = duty.waiver(n, due)
    status = _status(duty, due, satisfied_on, waiver is not None)
    steps = [Step("source", value=rule.source), Step("anchor", duty.anchor.id, duty.anchor.on), *reasons]
    if status == "waived" and waiver is not None:
        steps.append(Step("waived", waiver.id, waiver.on))
        satisfied_by = satisfied_on = None
    elif satisfied_by is not None:
        steps.append(Step("satisfied", satisfied_by.id, satisfied_on))
    elif status == "lapsed":
        steps.append(Step("ended", on=duty.ended_on))
    steps.append(Step("result", on=timeline.as_of, value=status))
    failed_on = due if rule.can_fail and status in ("breached", "met_late") else None
    cause = None if failed_on is None else _cause(duty, absent_from, failed_on)
    return Obligation(
        rule=rule.id,
        anchor=duty.anchor,
        n=n,
        due=due,
        book_by=None if due is None else timeline.model.calendar.book_by(due),
        status=status,
        satisfied_by=None if satisfied_by is None else satisfied_by.id,
        satisfied_on=satisfied_on,
        force=rule.force,
        responsible=rule.responsible,
        known_in_time=due is None or local_day(duty.anchor.recorded_at) <= due,
        cause=cause,
        steps=tuple(steps),
        limit=None if failed_on is None or cause is not None else duty.limit_on(failed_on),
    )


def _status(duty: Duty, due: date | None, satisfied_on: date | None, waived: bool) -> Status:
    as_of = duty.timeline.as_of
    if satisfied_on is not None and (due is None or satisfied_on <= due):
        return "met"
    if satisfied_on is None and duty.ended_on is not None and (due is None or duty.ended_on <= due):
        return "lapsed"
    if waived:
        return "waived"
    if satisfied_on is not None:
        return "met_late"
    if (due is None or as_of <= due) and duty.is_held_on(as_of):
        return "on_hold"
    if due is not None and as_of > due:
        return "breached"
    return "open"


def _cause(duty: Duty, absent_from: date, due: date) -> Cause | None:
    for index in duty.timeline.by_effect.get("absence", ()):
        fact = duty.timeline.facts[index]
        if absent_from <= fact.on <= due and fact.fields.get("activity") in duty.rule.required_kinds:
            return "citizen_absent"
    return None


def moved_by_holds(duty: Duty, counted_from: date, due: date) -> tuple[date | None, tuple[Step, ...]]:
    """A due day later by the held days after `counted_from`, and why; None while an open hold makes it unknown."""
    held = duty.move_by_holds(counted_from, due)
    if held == due:
        return due, ()
    return held, (Step("held", on=held, value=None if held is None else str((held - due).days)),)


def rolled(duty: Duty, due: date | None) -> tuple[date | None, tuple[Step, ...]]:
    """A due day moved off closed days by the policy, with the reason: the last thing that is done to it."""
    policy = duty.rule.roll
    if due is None or policy == "none":
        return due, ()
    day = duty.timeline.model.calendar.roll(due, policy, duty.anchor.on)
    return day, () if day == due else (Step("rolled", on=day, value=policy),)


def next_change_of(obligation: Obligation, duty: Duty) -> date | None:
    """The first day after `as_of` on which the status will differ, or a warning is due, if no fact is added."""
    if obligation.status not in ("open", "on_hold"):
        return None
    as_of, due = duty.timeline.as_of, obligation.due
    days = [] if due is None else [due + ONE_DAY]
    if obligation.status == "on_hold" and not duty.is_held_on(as_of + ONE_DAY):
        days.append(as_of + ONE_DAY)
    if due is not None and duty.rule.warn_before is not None:
        warned_on = duty.timeline.model.calendar.subtract(due, duty.rule.warn_before)
        if warned_on > as_of:
            days.append(warned_on)
    return min(days, default=None)
