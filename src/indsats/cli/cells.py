"""Obligations and key figures as cells of a table for people."""

from datetime import date

from indsats.cli.labels import Labels
from indsats.domain.obligations import Obligation
from indsats.engine.results import Owed
from indsats.projections.kpis import KpiResult

OBLIGATION = ("rule", "anchor", "n", "due", "book_by", "status", "satisfied_on", "cause")
"""The headings of what `obligation_cells` gives."""

KPI = ("kpi", "numerator", "denominator", "share", "target", "met")
"""The headings of what `kpi_cells` gives."""


def obligation_cells(owed: Obligation | Owed, labels: Labels) -> list[str | None]:
    """One obligation."""
    return [
        owed.rule,
        str(owed.anchor.on),
        str(owed.n),
        day_cell(owed.due),
        day_cell(owed.book_by),
        labels.word(owed.status),
        day_cell(owed.satisfied_on),
        labels.word(owed.cause) if owed.cause else "",
    ]


def kpi_cells(kpi: KpiResult, labels: Labels) -> list[str | None]:
    """One key figure."""
    return [
        kpi.id,
        labels.number(kpi.numerator),
        labels.number(kpi.denominator),
        labels.word("not_computable") if kpi.denominator == 0 else labels.percent(kpi.share),
        labels.percent(None if kpi.target is None else kpi.target.value),
        "" if kpi.met is None else labels.word("yes" if kpi.met else "no"),
    ]


def day_cell(day: date | None) -> str:
    """A day as ISO 8601 has it; empty for None."""
    return "" if day is None else day.isoformat()
