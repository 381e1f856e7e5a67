"""Precedence: before one thing happens, another must have."""

from indsats.domain.obligations.duty import Duty
from indsats.domain.obligations.obligation import Owed, Step
from indsats.domain.obligations.settle import settle


def owed(duty: Duty) -> Owed:
    """Met if a required fact lies in the scope on or before the anchor's day; settled by the anchor, so it never lapses."""
    rule, anchor = duty.rule, duty.anchor
    earliest = None if rule.lookback is None else duty.timeline.model.calendar.subtract(anchor.on, rule.lookback)
    first = next(
        (
            fact
            for index, fact in duty.candidates(earliest)
            if fact.on <= anchor.on and (earliest is not None or duty.start <= index)
        ),
        None,
    )
    reasons = (Step("counted", anchor.id, anchor.on, "P0D"),)
    return Owed([settle(duty, 1, anchor.on, reasons, first, anchor.on)])
