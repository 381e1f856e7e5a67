"""Deadlines: something is to happen within a time from the anchor, once or `count` times."""

from indsats.domain.obligations.duty import Duty
from indsats.domain.obligations.obligation import Owed, Step
from indsats.domain.obligations.settle import moved_by_holds, rolled, settle


def owed(duty: Duty) -> Owed:
    """Occurrences 1 to `count`, all due at anchor + `within`, filled by the satisfying facts in fact order."""
    rule, anchor = duty.rule, duty.anchor
    calendar = duty.timeline.model.calendar
    counted = calendar.add(anchor.on, rule.within)
    held, by_holds = moved_by_holds(duty, anchor.on, counted)
    due, by_roll = rolled(duty, held)
    earliest = anchor.on if rule.lookback is None else calendar.subtract(anchor.on, rule.lookback)
    candidates = duty.candidates(earliest)
    obligations = []
    for n in range(1, rule.count + 1):
        fact = next(candidates, (0, None))[1]
        reasons = (Step("counted", anchor.id, counted, rule.within.text), *by_holds, *by_roll)
        obligations.append(settle(duty, n, due, reasons, fact, anchor.on))
    return Owed(obligations)
