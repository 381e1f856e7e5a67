"""The page on the shipped models, `docs/reference/models.md`, made from the models themselves."""

from collections.abc import Iterable, Sequence
from fractions import Fraction

from indsats.domain.kpi import Tiers
from indsats.domain.limit import Caseload, Limit, Places, Share
from indsats.domain.model import FactKind, Model, Rule
from indsats.models.graph import mermaid
from indsats.models.kinds import type_in_words
from indsats.models.kpi_form import kpis_of
from indsats.models.limit_form import limits_of
from indsats.models.words import not_stated, rule_in_words, title_of

_BEGINNING = """\
# Models

What the shipped models ask for, in words, made from the model files by `indsats model docs`; `make docs` writes it
anew. A source is cited by its number and section. What a source leaves open is listed with what was chosen.
"""


def reference_page(models: Sequence[Model]) -> str:
    """The page in Markdown: each model with its rules, then the catalogues of facts, each once."""
    catalogues: dict[str, list[Model]] = {}
    for model in models:
        catalogues.setdefault("\n".join(_catalogue(model.facts.values())), []).append(model)
    parts = [_BEGINNING, *(_model(model) for model in models)]
    for catalogue, sharing in catalogues.items():
        names = ", ".join(f"`{model.id}`" for model in sharing)
        parts.append(
            f"## Facts of {names}\n\nIn rank order: of one day's facts the earlier kind comes first.\n\n{catalogue}\n"
        )
    return "\n".join(parts)


def _model(model: Model) -> str:
    lines = [f"## `{model.reference}`: {model.title.en}", "", f"*{model.title.da}.* {_head(model)}", ""]
    if model.phases:
        lines += ["```mermaid", mermaid(model, "en").rstrip(), "```", ""]
    open_points = not_stated(model)
    for rule in model.rules:
        lines += [f"### `{model.id}`: `{rule.id}`", "", *_rule(model, rule), ""]
    if model.limits:
        lines += [f"### `{model.id}`: limits", "", *_limits(model), ""]
    if model.kpis:
        lines += [f"### `{model.id}`: key figures", "", *_kpis(model), ""]
    general = [(policy, choice) for where, policy, choice in open_points if not where]
    if general:
        lines += [f"### `{model.id}`: not stated in the source", ""]
        lines += [f"- `{policy}`: {choice.en} *{choice.da}*" for policy, choice in general]
        lines.append("")
    return "\n".join(lines)


def _head(model: Model) -> str:
    first, last = model.valid.first, model.valid.last
    said = [f"Source {model.source}." if model.source else "", f"Family `{model.family}`."]
    said.append(f"Municipality {model.municipality}." if model.municipality else "")
    said.append(f"Valid {first or 'from the first day'} to {last or 'the last day'}." if first or last else "")
    return " ".join(part for part in said if part)


def _rule(model: Model, rule: Rule) -> Iterable[str]:
    yield f"**{title_of(rule, 'en')}** / *{title_of(rule, 'da')}*. Source: {rule.source or 'not stated'}."
    yield ""
    yield rule_in_words(model, rule, "en")
    yield ""
    yield f"*{rule_in_words(model, rule, 'da')}*"
    if rule.policy_notes:
        yield ""
    for policy, choice in rule.policy_notes.items():
        yield f"- not stated in the source: `{policy}`: {choice.en} *{choice.da}*"


def _limits(model: Model) -> Iterable[str]:
    for limit in limits_of(model).values():
        pairs = ((limit.low, "at least"), (limit.high, "at most"))
        said = [f"{words} {bound}" for bound, words in pairs if bound is not None]
        text = limit.title.en if limit.title else limit.id
        bounds = " and ".join(said) or "unbounded"
        yield f"- `{limit.id}`: {text}, {bounds}; {_counted(limit)} ({limit.source or 'no source'})"
        for policy, choice in limit.policy_notes.items():
            yield f"  - not stated in the source: `{policy}`: {choice.en}"


def _counted(limit: Limit) -> str:
    match limit.counted:
        case Share(kpi=kpi):
            return f"the share `{kpi}`"
        case Caseload() as caseload:
            parts = [f"the pathways of each worker as `{caseload.role}`"]
            parts += [f"at `{caseload.unit}`"] if caseload.unit else []
            if caseload.functions:
                parts.append("with " + ", ".join(f"`{name}`" for name in caseload.functions))
            parts += [f"in {', '.join(f'`{name}`' for name in caseload.phases)}"] if caseload.phases else []
            return " ".join(parts)
        case Places() as places:
            cycle = f", for {places.cycle.count} `{places.cycle.kind}`" if places.cycle else ""
            return f"places of each `{places.by}` by `{places.kind}`, kept for {places.within.text}{cycle}"
        case None:
            return "not computable"


def _kpis(model: Model) -> Iterable[str]:
    for kpi in kpis_of(model).values():
        aims = []
        if kpi.baseline:
            aims.append(f"baseline {kpi.baseline.stated}" + (f" on {kpi.baseline.on}" if kpi.baseline.on else ""))
        if kpi.target:
            bound = "at least" if kpi.target.at == "at_least" else "at most"
            aims.append(f"target {bound} {kpi.target.stated}" + (f" on {kpi.target.on}" if kpi.target.on else ""))
        if kpi.tiers:
            aims += _tiers(kpi.tiers)
        yield f"- `{kpi.id}`: {kpi.title.en} ({'; '.join([*aims, kpi.source or 'no source'])})"
        for one in kpi.printed:
            differs = "" if one.agrees else ", which is not what is printed"
            given = f"{one.counted} gives {one.computed}{differs}"
            yield f"  - printed in the source: {one.title.en}: {one.stated}; {given}"
        for policy, choice in kpi.policy_notes.items():
            yield f"  - not stated in the source: `{policy}`: {choice.en}"


def _tiers(tiers: Tiers) -> Iterable[str]:
    for step in tiers.steps:
        bound = "" if step.at_least is None else f" from {_percent(step.at_least)} of `{tiers.share}` on"
        yield f"{_percent(step.pays)} of {float(tiers.amount):,.12g}{bound}"
    if tiers.best_month:
        yield "the best month of the validity decides"
    if tiers.documented:
        yield f"no more than `{tiers.documented.field}` of `{tiers.documented.kind}`"


def _percent(share: Fraction) -> str:
    return f"{float(share * 100):g}%"


def _catalogue(kinds: Iterable[FactKind]) -> Iterable[str]:
    yield "| kind | title | fields (`?` optional, *personal*) | effect |"
    yield "|---|---|---|---|"
    for kind in kinds:
        fields = ", ".join(_field(kind, name) for name in kind.fields)
        title = kind.title.en if kind.title else ""
        yield f"| `{kind.name}` | {title} | {fields} | {kind.effect or ''} |"


def _field(kind: FactKind, name: str) -> str:
    text = f"`{name}`: {type_in_words(kind.fields[name])}"
    return f"*{text}*" if name in kind.personal else text
