"""Each declaration of a key figure compiled to one `Select` over the read models: its counts, or whom it counted."""

from collections.abc import Callable, Mapping, Sequence
from datetime import date, timedelta
from typing import Any, NamedTuple

import sqlalchemy as sa

from indsats.domain.calendar import ONE_DAY
from indsats.domain.kpi import CITIZEN, FULL_TIME_PERSON, READ_MODELS, Documented, Kpi
from indsats.domain.model import Model
from indsats.domain.values import FIRST_DAY, LAST_DAY
from indsats.projections import tables
from indsats.projections.asked import Asked
from indsats.projections.conditions import Condition, holds, is_as_of

Statement = sa.Select[*tuple[Any, ...]] | sa.CompoundSelect[*tuple[Any, ...]]
Ask = Callable[[Statement, Mapping[str, object]], Sequence[tuple[Any, ...]]]
"""Asks a statement with parameters and returns the rows of the answer."""

Counts = sa.Select[int | float | None, int]
Contributions = sa.Select[str, str, str, int, int]

TABLES = {
    "pathways": tables.pathways,
    "visits": tables.visits,
    "spells": tables.spells,
    "employments": tables.employments,
    "obligations": tables.obligations,
    "facts": tables.counted_facts,
}
"""The table of each of `READ_MODELS`."""

PERSON = ("municipality", "subject", "citizen")
"""Who is counted, in the family asked for."""


def parameters(model: Model, as_of: date, municipality: str | None = None) -> Mapping[str, object]:
    """What the statements are asked with: whose pathways, the days that conditions name, the month by days' numbers."""
    month_start = as_of.replace(day=1)
    return {
        "family": model.family,
        "municipality": municipality,
        "as_of": as_of,
        "valid_from": model.valid.first or FIRST_DAY,
        "valid_to": model.valid.last or LAST_DAY,
        "month_start": month_start,
        "week_start": as_of - timedelta(days=as_of.weekday()),
        "month_start_day": month_start.toordinal(),
        "next_day": (as_of + ONE_DAY).toordinal(),
    }


class Source(NamedTuple):
    """Whoever answers statements, about whose pathways: those of the model's family in a municipality, or in all.

    `kept` is what all rows of theirs have marks for.
    """

    ask: Ask
    model: Model
    municipality: str | None
    kept: frozenset[Asked]

    def on(self, day: date, statement: Statement) -> Sequence[tuple[Any, ...]]:
        """The answer of a statement on a day."""
        return self.ask(statement, parameters(self.model, day, self.municipality))


def counts_of(kpi: Kpi, kept: frozenset[Asked], municipality: str | None = None) -> Counts:
    """One statement with one row: numerator and denominator.

    Of a share or a count these are rows or citizens, of a full-time measure days. Of a median they are twice the
    median, null if there is none, and the number of values. All municipalities are counted if none is given.
    """
    counted = _counted(kpi, kept, municipality)
    if kpi.median is not None:
        return _median_of(counted)
    sums = counted.subquery()
    return sa.select(
        sa.func.coalesce(sa.func.sum(sums.c.numerator), 0), sa.func.coalesce(sa.func.sum(sums.c.denominator), 0)
    )


def contributions_of(kpi: Kpi, kept: frozenset[Asked], municipality: str | None = None) -> Contributions:
    """One statement that lists the pathways behind the counts: whose each is (`PERSON`), and what it adds to both."""
    counted = _counted(kpi, kept, municipality).subquery()
    whose = [counted.c[name] for name in PERSON]
    return (
        sa.select(*whose, sa.func.sum(counted.c.numerator), sa.func.sum(counted.c.denominator))
        .group_by(*whose)
        .order_by(counted.c.municipality, counted.c.citizen, counted.c.subject)
    )


def documented_of(documented: Documented, municipality: str | None = None) -> sa.Select[str, str, str, date, float]:
    """One statement that lists whose facts document how much from when on: too few to add up where digits get lost."""
    facts, fields = tables.facts, tables.fact_fields
    same = [facts.c[name] == fields.c[name] for name in (*tables.PATHWAY, "place")]
    conditions = [facts.c.family == sa.bindparam("family", type_=sa.String), facts.c.kind == documented.kind]
    if municipality is not None:
        conditions.append(facts.c.municipality == sa.bindparam("municipality", type_=sa.String))
    return (
        sa.select(*(facts.c[name] for name in PERSON), facts.c.from_on, fields.c.number_value)
        .join(facts, sa.and_(*same))
        .where(*conditions, is_as_of(facts), fields.c.field == documented.field)
    )


def _counted(kpi: Kpi, kept: frozenset[Asked], municipality: str | None) -> sa.Select[*tuple[object, ...]]:
    """The rows counted with what each adds to numerator and denominator; or the citizens behind them, each once."""
    rows = table_of(kpi)
    persons = [rows.c[name] for name in PERSON]
    in_month = kpi.unit == FULL_TIME_PERSON
    weight = _days_in_month(rows) if in_month else sa.literal(1)
    numerator = weight if kpi.numerator is None else sa.case((holds(kpi, rows, kpi.numerator, kept), weight), else_=0)
    conditions = chosen(kpi, rows, municipality)
    conditions += [_stood_in_month(rows) if in_month else is_as_of(rows), holds(kpi, rows, kpi.where, kept)]
    if kpi.unit == CITIZEN and READ_MODELS[kpi.rows].unit != CITIZEN:
        once = (sa.func.max(numerator).label("numerator"), sa.literal(1).label("denominator"))
        return sa.select(*persons, *once).where(*conditions).group_by(*persons)
    columns = [*persons, numerator.label("numerator"), weight.label("denominator")]
    if kpi.median is not None:
        columns.append(rows.c[kpi.median].label("value"))
        conditions.append(rows.c[kpi.median].is_not(None))
    return sa.select(*columns).where(*conditions)


def table_of(kpi: Kpi) -> sa.Table:
    """The table whose rows a figure counts."""
    return TABLES[kpi.rows]


def chosen(kpi: Kpi, rows: sa.Table, municipality: str | None) -> list[Condition]:
    """Whose rows, and of facts which."""
    conditions = [rows.c.family == sa.bindparam("family", type_=sa.String)]
    if municipality is not None:
        conditions.append(rows.c.municipality == sa.bindparam("municipality", type_=sa.String))
    if kpi.kinds:
        conditions.append(rows.c.kind.in_(kpi.kinds))
    return conditions


def _median_of(counted: sa.Select[*tuple[object, ...]]) -> Counts:
    """Twice the median, so that the mean of two middle values stays whole, and how many values there are."""
    values = counted.subquery()
    ranked = sa.select(
        values.c.value,
        (2 * sa.func.row_number().over(order_by=values.c.value)).label("twice_rank"),
        sa.func.count().over().label("number"),
    ).subquery()
    value, twice_rank, number = ranked.c.value, ranked.c.twice_rank, ranked.c.number
    middle = sa.case(
        (twice_rank == number + 1, 2 * value),
        (sa.or_(twice_rank == number, twice_rank == number + 2), value),
    )
    return sa.select(sa.func.sum(middle), sa.func.count())


def _stood_in_month(rows: sa.Table) -> Condition:
    """Whether a row stood on some day of the month up to `as_of`."""
    as_of, month_start = sa.bindparam("as_of", type_=sa.Date), sa.bindparam("month_start", type_=sa.Date)
    return sa.and_(rows.c.from_on <= as_of, sa.or_(rows.c.until_on.is_(None), rows.c.until_on > month_start))


def _days_in_month(rows: sa.Table) -> sa.ColumnElement[int]:
    """On how many days of the month up to `as_of` a row stood."""
    first, next_day = sa.bindparam("month_start_day", type_=sa.Integer), sa.bindparam("next_day", type_=sa.Integer)
    start = sa.case((rows.c.from_day < first, first), else_=rows.c.from_day)
    end = sa.case((rows.c.until_day < next_day, rows.c.until_day), else_=next_day)
    return end - start
