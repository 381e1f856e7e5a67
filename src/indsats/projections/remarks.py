"""Remarks on obligations: what somebody wrote about a breach, or did about it."""

from indsats.domain.obligations import Obligation
from indsats.domain.timeline import Fact, Timeline


def remark_on(timeline: Timeline, owed: Obligation, anchor: int) -> Fact | None:
    """The latest remark on an obligation in fact order, None if there is none; `anchor` is its anchor's place there.

    It names the rule, and perhaps `n` and the employment, and does not lie before the anchor.
    """
    for place in reversed(timeline.by_effect.get("remark", ())):
        fact = timeline.facts[place]
        if (
            place > anchor
            and fact.fields.get("rule") == owed.rule
            and fact.fields.get("n") in (None, owed.n)
            and fact.fields.get("employment") in (None, owed.anchor.fields.get("employment"))
        ):
            return fact
    return None
