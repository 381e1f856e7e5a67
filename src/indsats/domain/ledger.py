"""The ledger of breaches: derived failures against the breaches that stand, and the verdicts that make them agree."""

from collections.abc import Callable, Mapping, Set
from datetime import date

import msgspec

from indsats.domain.events import BreachWithdrawn, DeadlineBreached, DeadlineDueSoon, WithdrawalReason
from indsats.domain.model import Model
from indsats.domain.obligations import Derivation, Obligation
from indsats.domain.timeline import Fact, fact_order

Verdict = DeadlineBreached | BreachWithdrawn
BreachKey = tuple[str, str, int, date | None]
"""(rule, anchor's id, n, due): a moved due day is another breach."""

IsFull = Callable[[Model, str, date], bool]
"""Whether a limit of a model was full at the end of a day, as far as is known."""


def never_full(model: Model, limit: str, on: date) -> bool:
    """What is answered where nobody looks at limits."""
    return False


def with_capacity(
    derivation: Derivation, active: Mapping[BreachKey, DeadlineBreached], is_full: IsFull = never_full
) -> Derivation:
    """The derivation with the cause `capacity` of failures for which no other cause is known.

    A breach that stands keeps what was found for it. For a new one it is asked whether its limit was full on `due`.
    """

    def caused(owed: Obligation) -> Obligation:
        if owed.limit is None or owed.due is None:
            return owed
        if (found := active.get(owed.key)) is not None:
            is_capacity = found.cause == "capacity"
        else:
            is_capacity = is_full(derivation.timeline.model, owed.limit, owed.due)
        return msgspec.structs.replace(owed, cause="capacity") if is_capacity else owed

    return derivation._replace(obligations=tuple(caused(owed) for owed in derivation.obligations))


def key_of(verdict: Verdict | DeadlineDueSoon) -> BreachKey:
    """What a breach or warning is identified by."""
    return (verdict.rule, verdict.anchor, verdict.n, verdict.due)


def compare(
    derivation: Derivation,
    active: Mapping[BreachKey, DeadlineBreached],
    facts: Mapping[str, Fact],
    model: Model,
    found_on: date,
    because_of: str | None,
) -> list[Verdict]:
    """The verdicts that make the active breaches equal to the derived failures: withdrawals first, then breaches.

    Each by (due, anchor day, rule, anchor's place in fact order, n). `facts` has every fact of the pathway by id,
    annulled ones too.
    """
    failures = {owed.key: owed for owed in derivation.obligations if owed.failed}
    gone = [breach for key, breach in active.items() if key not in failures]
    new = [owed for key, owed in failures.items() if key not in active]
    if not gone and not new:
        return []
    withdrawals = [
        BreachWithdrawn(
            rule=breach.rule,
            anchor=breach.anchor,
            anchor_on=breach.anchor_on,
            n=breach.n,
            due=breach.due,
            found_on=found_on,
            reason=_reason(derivation, breach),
            because_of=because_of,
        )
        for breach in gone
    ]
    breaches = [_breach(owed, found_on) for owed in new]
    order = fact_order(model)

    def place(verdict: Verdict) -> tuple[object, ...]:
        return (verdict.due, verdict.anchor_on, verdict.rule, order(facts[verdict.anchor]), verdict.n)

    return [*sorted(withdrawals, key=place), *sorted(breaches, key=place)]


def _breach(owed: Obligation, found_on: date) -> DeadlineBreached:
    assert owed.due is not None, "a failure has a due day"
    return DeadlineBreached(
        rule=owed.rule,
        anchor=owed.anchor.id,
        anchor_on=owed.anchor.on,
        n=owed.n,
        due=owed.due,
        found_on=found_on,
        cause=owed.cause,
        known_in_time=owed.known_in_time,
    )


def _reason(derivation: Derivation, breach: DeadlineBreached) -> WithdrawalReason:
    for owed in derivation.obligations:
        if (owed.rule, owed.anchor.id, owed.n) == (breach.rule, breach.anchor, breach.n):
            if owed.due != breach.due or owed.status == "breached" or owed.status == "met_late":
                return "due_moved"
            return owed.status
    return "anchor_gone"


def warnings(derivation: Derivation, model: Model, warned: Set[BreachKey], found_on: date) -> list[DeadlineDueSoon]:
    """The warnings due by then and not given yet, for open obligations of rules that warn."""
    as_of = derivation.timeline.as_of
    lead = {rule.id: rule.warn_before for rule in model.rules if rule.warn_before is not None}
    return [
        DeadlineDueSoon(rule=owed.rule, anchor=owed.anchor.id, n=owed.n, due=owed.due, found_on=found_on)
        for owed in (derivation.obligations if lead else ())
        if owed.status == "open"
        and owed.due is not None
        and owed.key not in warned
        and (before := lead.get(owed.rule)) is not None
        and model.calendar.subtract(owed.due, before) <= as_of
    ]
