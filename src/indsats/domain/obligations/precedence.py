"""Precedence: before one thing happens, another must have."""

from indsats.domain.obligations.duty import Duty
from indsats.domain.obligations.obligation import Owed, Step
from indsats.domain.obligations.settle import settle


def owed(duty: Duty) -> Owed:
    """Met if a required fact lies in the scope on or before the anchor's day; it never lapses."""
    rule, anchor = duty.rule, duty.anchor
    if rule.lookback is None:
        found = (fact for index, fact in duty.candidates(None) if duty.start <= index)
    else:
        # What is looked back for may lie in an earlier stretch or run, or in `closed`.
        earliest = duty.timeline.model.calendar.subtract(anchor.on, rule.lookback)
        found = (fact for _, fact in duty.candidates(earliest, in_scope=False))
    first = next((fact for fact in found if fact.on <= anchor.on), None)
    reasons = (Step("counted", anchor.id, anchor.on, "P0D"),)
    return Owed([settle(duty, 1, anchor.on, reasons, first, anchor.on)])
