"""`derive`: the only place where deadlines come from."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Literal, NamedTuple

from indsats.domain.model import Model, Rule, RuleKind
from indsats.domain.obligations import cadence, content, deadline, precedence
from indsats.domain.obligations.duty import Duty
from indsats.domain.obligations.obligation import Obligation, Owed
from indsats.domain.obligations.settle import next_change_of
from indsats.domain.timeline import Fact, Timeline

_KINDS: Mapping[RuleKind, Callable[[Duty], Owed]] = {
    "deadline": deadline.owed,
    "cadence": cadence.owed,
    "precedence": precedence.owed,
    "content": content.owed,
}

ChangePolicy = Literal["keep", "reevaluate", "future_only"]


class ModelPeriod(NamedTuple):
    """A model, the day from which it rules (None: the beginning), and what becomes of older duties."""

    model: Model
    effective: date | None = None
    policy: ChangePolicy = "keep"


class Derivation(NamedTuple):
    """What is owed at (`as_of`, `known_at`), the view behind it, and the first day on which it differs by itself."""

    obligations: tuple[Obligation, ...]
    next_change: date | None
    timeline: Timeline


def derive(models: Model | Sequence[ModelPeriod], facts: Iterable[Fact], as_of: date, known_at: datetime) -> Derivation:
    """The obligations of one pathway on a day, as far as was known at an instant.

    `models` is one model, or the periods of several in the order in which they take effect. Obligations are sorted by
    (anchor day, rule, anchor's place in fact order, n). `next_change` is None if nothing changes without a new fact.
    """
    periods = [ModelPeriod(models)] if isinstance(models, Model) else models
    if len(periods) > 1:
        return _derive_changed(periods, list(facts), as_of, known_at)
    timeline = Timeline(periods[0].model, facts, as_of, known_at)
    found, changes = _owed_under(timeline)
    return Derivation(_sorted(timeline, found), min(changes, default=None), timeline)


def _derive_changed(periods: Sequence[ModelPeriod], facts: list[Fact], as_of: date, known_at: datetime) -> Derivation:
    """Each period's model for the anchors that are its own by the policies of the changes that have taken effect."""
    effective = [period for period in periods if period.effective is None or period.effective <= as_of]
    changes = [period.effective for period in periods if period.effective is not None and period.effective > as_of]
    timeline = Timeline(effective[-1].model, facts, as_of, known_at)
    found: list[Obligation] = []
    for place, period in enumerate(effective):
        later = effective[place + 1 :]
        if any(change.policy == "reevaluate" for change in later):
            continue
        first = None if period.policy == "reevaluate" else period.effective
        last = later[0].effective if later else None
        cut = min(
            (change.effective for change in later if change.policy == "future_only" and change.effective), default=None
        )
        own = timeline if not later else Timeline(period.model, facts, as_of, known_at)
        obligations, days = _owed_under(own, first, last, cut)
        found += obligations
        changes += days
    return Derivation(_sorted(timeline, found), min(changes, default=None), timeline)


def _owed_under(
    timeline: Timeline, first: date | None = None, before: date | None = None, cut: date | None = None
) -> tuple[list[Obligation], list[date]]:
    """What is owed for anchors in [`first`, `before`), ended at the beginning of `cut`; and the days of change."""
    model = timeline.model
    found: list[Obligation] = []
    changes = [] if timeline.next_planned is None else [timeline.next_planned]
    for rule in model.rules:
        for index in timeline.by_kind.get(rule.when.fact, ()):
            fact = timeline.facts[index]
            if (
                not timeline.can_anchor(index)
                or (first is not None and fact.on < first)
                or (before is not None and fact.on >= before)
                or not _is_anchor(model, rule, fact)
            ):
                continue
            duty = Duty(rule, timeline, index, cut)
            owed = _KINDS[rule.kind](duty)
            found += owed.obligations
            if owed.begins is not None:
                changes.append(owed.begins)
            for obligation in owed.obligations:
                if (day := next_change_of(obligation, duty)) is not None:
                    changes.append(day)
    return found, changes


def _is_anchor(model: Model, rule: Rule, fact: Fact) -> bool:
    """Whether a fact of the rule's kind passes its conditions and lies in the validity, the law's or the model's."""
    if fact.on not in rule.valid or (rule.basis == "project" and fact.on not in model.valid):
        return False
    return rule.when.accepts(fact.fields, {})


def _sorted(timeline: Timeline, found: list[Obligation]) -> tuple[Obligation, ...]:
    places = {fact.id: place for place, fact in enumerate(timeline.facts)}
    return tuple(sorted(found, key=lambda owed: (owed.anchor.on, owed.rule, places[owed.anchor.id], owed.n)))
