"""The status report as the document that scripts read."""

from pathlib import Path

from indsats.cli.kpi import changed_document
from indsats.domain.kpi import Kpi
from indsats.domain.model import Model
from indsats.models.form import title_form
from indsats.models.words import not_stated
from indsats.projections.kpis import KpiResult
from indsats.replay.document import Json
from indsats.reports.small import is_small, tells_of_few
from indsats.reports.status import STATUSES, Compared, OnTime, Revised, Status


def status_document(status: Status, file: Path | None, *, suppress: bool) -> Json:
    """A status and the file that it was written to; with `suppress` small counts are null, and what rests on them."""
    return {
        "municipality": status.municipality,
        "model": _model_document(status.model),
        "period": {"first": status.period.first.isoformat(), "last": status.period.last.isoformat()},
        "as_of": status.as_of.isoformat(),
        "known_at": status.known_at.isoformat(),
        "last_report": {
            "as_of": status.period.day_before.isoformat(),
            "known_at": status.last_known_at.isoformat(),
        },
        "kpis": [_figure_document(figure, suppress) for figure in status.figures],
        "rules": [_rule_document(rule, suppress) for rule in status.rules],
        "changes": [_revised_document(revised, suppress) for revised in status.revised],
        "policies": _policies_document(status.model),
        "not_stated": [
            {"of": where or None, "policy": policy, **title_form(choice)}
            for where, policy, choice in not_stated(status.model)
        ],
        "models": [_model_document(model) for model in status.models],
        "file": None if file is None else str(file),
    }


def _model_document(model: Model) -> Json:
    return {"id": model.id, "version": model.version, "digest": model.digest, "title": title_form(model.title)}


def _policies_document(model: Model) -> Json:
    return {
        "roll": model.policies.roll,
        "closing_days": sorted(model.policies.closing_days),
        "spell_gap": model.policies.spell_gap.text,
    }


def _figure_document(figure: Compared, suppress: bool) -> Json:
    kpi = figure.kpi
    return {
        "id": kpi.id,
        "title": title_form(kpi.title),
        "target": None if kpi.target is None else float(kpi.target.value),
        "end": _counts(kpi, figure.after, suppress),
        "beginning": _counts(kpi, figure.before, suppress),
        "difference": _difference(figure, suppress),
        "printed": [
            {
                "title": title_form(printed.title),
                "stated": printed.stated,
                "counts": printed.counted,
                "computed": printed.computed,
                "agrees": printed.agrees,
            }
            for printed in kpi.printed
        ],
    }


def _counts(kpi: Kpi, result: KpiResult, suppress: bool) -> Json:
    hidden = suppress and tells_of_few(kpi, result)
    known = {name: result.document[name] for name in ("numerator", "denominator", "share", "met")}
    return {**(dict.fromkeys(known) if hidden else known), "suppressed": hidden}


def _difference(figure: Compared, suppress: bool) -> float | None:
    if figure.difference is None:
        return None
    hidden = suppress and any(tells_of_few(figure.kpi, result) for result in (figure.before, figure.after))
    return None if hidden else float(figure.difference)


def _rule_document(rule: OnTime, suppress: bool) -> Json:
    hidden = suppress and any(map(is_small, rule.counts.values()))
    return {
        "rule": rule.rule,
        "title": title_form(rule.title),
        "total": None if hidden else rule.total,
        **{status: _count(rule.counts[status], suppress) for status in STATUSES},
        "share": None if hidden or rule.share is None else float(rule.share),
        "suppressed": hidden,
    }


def _revised_document(revised: Revised, suppress: bool) -> Json:
    compared = revised.compared
    return {
        "id": compared.kpi.id,
        "then": _counts(compared.kpi, compared.before, suppress),
        "now": _counts(compared.kpi, compared.after, suppress),
        "difference": _difference(compared, suppress),
        "pathways": _count(revised.pathways, suppress),
        "causes": [
            {"what": cause.what, "of": cause.of, "pathways": _count(cause.pathways, suppress)}
            for cause in revised.causes
        ],
        "who": [changed_document(changed) for changed in revised.changed],
    }


def _count(count: int, suppress: bool) -> int | None:
    return None if suppress and is_small(count) else count
