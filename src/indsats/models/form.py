"""A model as data in the form of its file, with all that its bases brought: what scripts get, and what is compared."""

import re
from collections.abc import Iterable, Mapping

from indsats.domain.model import Condition, FactKind, Match, Model, Period, Rule, Title
from indsats.models.kinds import type_in_words

Form = dict[str, object]

_WHOLE = re.compile(r"0|-?[1-9][0-9]{0,8}")


def form_of(model: Model) -> Form:
    """The model as one file could say it; read again it has the same digest."""
    return _said(
        {
            "id": model.id,
            "version": model.version,
            "title": title_form(model.title),
            "source": model.source,
            "family": model.family,
            "subject": model.subject,
            "municipality": model.municipality,
            "valid": _period(model.valid),
            "policies": {
                "roll": model.policies.roll,
                "closing_days": sorted(model.policies.closing_days),
                "spell_gap": model.policies.spell_gap.text,
            },
            "policy_notes": titles_form(model.policy_notes),
            "phases": {name: {"title": title_form(title)} for name, title in model.phases.items()},
            "moves": [{"on": move.on, "from": list(move.sources), "to": move.target} for move in model.moves],
            "facts": {name: fact_form(kind) for name, kind in model.facts.items()},
            "roles": {name: {"title": title_form(title)} for name, title in model.roles.items()},
            "rules": {rule.id: rule_form(rule) for rule in model.rules},
            "limits": _declared(model.limits),
            "kpis": _declared(model.kpis),
        }
    )


def title_form(title: Title) -> Form:
    """A text in both languages."""
    return {"da": title.da, "en": title.en}


def titles_form(titles: Mapping[str, Title]) -> Form:
    """Named texts in both languages."""
    return {name: title_form(title) for name, title in titles.items()}


def fact_form(kind: FactKind) -> Form:
    """A kind of fact."""
    return _said(
        {
            "title": kind.title and title_form(kind.title),
            "fields": {name: type_in_words(type_) for name, type_ in kind.fields.items()},
            "effect": kind.effect,
            "personal": sorted(kind.personal),
            "subject": None if kind.subject == "citizen" else kind.subject,
            "retention": kind.retention and kind.retention.text,
        }
    )


def rule_form(rule: Rule) -> Form:
    """A rule with the keys that mean something in its kind."""
    is_cadence, is_timed = rule.kind == "cadence", rule.kind in ("deadline", "cadence")
    return _said(
        {
            "title": rule.title and title_form(rule.title),
            "kind": rule.kind,
            "when": _match(rule.when),
            "require": _requirement(rule),
            "fields": list(rule.fields),
            "participants": list(rule.participants),
            "within": rule.within.text if rule.kind in ("deadline", "content") else None,
            "count": rule.count if rule.count != 1 else None,
            "mode": rule.mode if is_cadence else None,
            "align": rule.align if rule.align != "none" else None,
            "stop": sorted(rule.stop),
            "agreement": rule.agreement or None,
            "scope": rule.scope,
            "lookback": rule.lookback and rule.lookback.text,
            "force": rule.force,
            "basis": rule.basis,
            "valid": _period(rule.valid),
            "responsible": rule.responsible,
            "pause_on": sorted(rule.pause_on),
            "roll": rule.roll if is_timed else None,
            "warn_before": rule.warn_before and rule.warn_before.text,
            "limit": rule.limit,
            "source": rule.source,
            "policy_notes": titles_form(rule.policy_notes),
        }
    ) | ({"stages": _stages(rule)} if is_cadence else {})


def _stages(rule: Rule) -> list[Form]:
    return [_said({"every": stage.every.text, "until": stage.until and stage.until.text}) for stage in rule.stages]


def _requirement(rule: Rule) -> object:
    if rule.by is not None:
        by = rule.by
        chosen = {"latest": by.latest, "field": by.field, "in": "visit", "cases": dict(by.cases), "else": by.otherwise}
        return {"by": _said(chosen)}
    matches = [_match(match) for match in rule.require]
    return matches[0] if len(matches) == 1 else matches


def _match(match: Match) -> Form:
    return _said({"fact": match.fact, "where": _conditions(match.where)})


def _conditions(conditions: Iterable[Condition]) -> Form:
    where: Form = {}
    for condition in conditions:
        if condition.test in ("same", "same_or_none"):
            where[condition.field] = condition.test
            continue
        tests = where.setdefault(condition.field, {})
        assert isinstance(tests, dict)
        tests[condition.test] = list(condition.value) if isinstance(condition.value, tuple) else condition.value
    return where


def _period(period: Period) -> Form:
    return _said({"from": period.first and str(period.first), "to": period.last and str(period.last)})


def _declared(value: object) -> object:
    """A declaration as it was written: what was kept as the text of a whole number is one."""
    match value:
        case Mapping():
            return {name: _declared(item) for name, item in value.items()}
        case list():
            return [_declared(item) for item in value]
        case str() if _WHOLE.fullmatch(value):
            return int(value)
        case _:
            return value


def _said(form: Mapping[str, object]) -> Form:
    """Without what is empty."""
    return {key: value for key, value in form.items() if value not in (None, "", [], {})}
