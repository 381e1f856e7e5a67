"""Each declaration of a key figure compiled to one `Select` over the read models: its counts, or whom it counted."""

from collections.abc import Mapping
from datetime import date, timedelta
from functools import reduce

import sqlalchemy as sa

from indsats.domain.calendar import ONE_DAY
from indsats.domain.kpi import CITIZEN, FULL_TIME_PERSON, READ_MODELS, Bound, Comparison, Documented, Filter, Kpi
from indsats.domain.model import Model
from indsats.domain.values import FIRST_DAY, LAST_DAY
from indsats.projections import tables
from indsats.projections.conditions import Condition, holds, is_as_of

Counts = sa.Select[int | float | None, int]
Contributions = sa.Select[str, str, int, int]
Changes = sa.CompoundSelect[date, int, int]

_TABLES = {
    "pathways": tables.pathways,
    "visits": tables.visits,
    "spells": tables.spells,
    "employments": tables.employments,
    "obligations": tables.obligations,
    "facts": tables.facts,
}
_BY_AS_OF = (Bound("as_of"),)
_PERSON = ("municipality", "subject", "citizen")


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


def counts_of(kpi: Kpi, municipality: str | None = None) -> Counts:
    """One statement with one row: numerator and denominator.

    Of a share or a count these are rows or citizens, of a full-time measure days. Of a median they are twice the
    median, null if there is none, and the number of values. All municipalities are counted if none is given.
    """
    counted = _counted(kpi, municipality)
    if kpi.median is not None:
        return _median_of(counted)
    sums = counted.subquery()
    return sa.select(
        sa.func.coalesce(sa.func.sum(sums.c.numerator), 0), sa.func.coalesce(sa.func.sum(sums.c.denominator), 0)
    )


def contributions_of(kpi: Kpi, municipality: str | None = None) -> Contributions:
    """One statement that lists the pathways behind the counts: municipality, citizen, what each adds to both."""
    counted = _counted(kpi, municipality).subquery()
    whose = (counted.c.municipality, counted.c.citizen)
    return (
        sa.select(*whose, sa.func.sum(counted.c.numerator), sa.func.sum(counted.c.denominator))
        .group_by(*whose)
        .order_by(*whose)
    )


def changes_of(kpi: Kpi, municipality: str | None = None) -> Changes | None:
    """One statement that lists by how much the counts rise and fall on each day: their sums are the counts on any day.

    None of a figure whose rows do not each count from one day to another: of a median, an amount, what is asked of
    facts or of the beginning of a month, and citizens with several rows.
    """
    rows = _TABLES[kpi.rows]
    begins = [one for one in kpi.where.comparisons if _is_beginning(kpi, one)]
    steady = Filter(tuple(one for one in kpi.where.comparisons if one not in begins), kpi.where.some)
    days: list[sa.ColumnElement[date]] = [
        rows.c[name] for name in ("from_on", *(one.column for one in begins)) if name in rows.c
    ]
    filters = (steady,) if kpi.numerator is None else (steady, kpi.numerator)
    is_whole = kpi.median is not None or kpi.tiers is not None
    is_row = kpi.unit in (READ_MODELS[kpi.rows].unit, FULL_TIME_PERSON)
    if is_whole or not is_row or not days or not all(map(_is_steady, filters)):
        return None
    first = reduce(lambda one, other: sa.case((one > other, one), else_=other), days)
    one = sa.literal(1)
    passed = one if kpi.numerator is None else sa.case((holds(kpi, rows, kpi.numerator), one), else_=0)
    counted = [*_chosen(kpi, rows, municipality), holds(kpi, rows, steady), *(day.is_not(None) for day in days)]
    number, every = sa.func.sum(passed), sa.func.count()
    if "until_on" not in rows.c:
        return sa.union_all(sa.select(first, number, every).where(*counted).group_by(first))
    lasting = sa.or_(rows.c.until_on.is_(None), first < rows.c.until_on)
    return sa.union_all(
        sa.select(first, number, every).where(*counted, lasting).group_by(first),
        sa.select(rows.c.until_on, -number, -every).where(*counted, first < rows.c.until_on).group_by(rows.c.until_on),
    )


def _is_beginning(kpi: Kpi, one: Comparison) -> bool:
    """Whether a condition lets a row count from the day in a column on."""
    is_own = one.column in READ_MODELS[kpi.rows].columns and one.column != "on"
    return is_own and one.test == "max" and one.values == _BY_AS_OF and kpi.unit != FULL_TIME_PERSON


def _is_steady(conditions: Filter) -> bool:
    """Whether conditions say the same of a row on every day."""
    moving = {Bound(name) for name in ("as_of", "month_start", "week_start")}
    return not conditions.some and not any(moving.intersection(one.values) for one in conditions.comparisons)


def documented_of(documented: Documented, municipality: str | None = None) -> sa.Select[float]:
    """One statement that lists what each fact documents: too few to add up where digits could get lost."""
    facts, fields = tables.facts, tables.fact_fields
    same = [facts.c[name] == fields.c[name] for name in (*tables.PATHWAY, "place")]
    conditions = [facts.c.family == sa.bindparam("family", type_=sa.String), facts.c.kind == documented.kind]
    if municipality is not None:
        conditions.append(facts.c.municipality == sa.bindparam("municipality", type_=sa.String))
    return (
        sa.select(fields.c.number_value)
        .join(facts, sa.and_(*same))
        .where(*conditions, is_as_of(facts), fields.c.field == documented.field)
    )


def _counted(kpi: Kpi, municipality: str | None) -> sa.Select[*tuple[object, ...]]:
    """The rows counted with what each adds to numerator and denominator; or the citizens behind them, each once."""
    rows = _TABLES[kpi.rows]
    persons = [rows.c[name] for name in _PERSON]
    in_month = kpi.unit == FULL_TIME_PERSON
    weight = _days_in_month(rows) if in_month else sa.literal(1)
    numerator = weight if kpi.numerator is None else sa.case((holds(kpi, rows, kpi.numerator), weight), else_=0)
    conditions = _chosen(kpi, rows, municipality)
    conditions += [_stood_in_month(rows) if in_month else is_as_of(rows), holds(kpi, rows, kpi.where)]
    if kpi.unit == CITIZEN and READ_MODELS[kpi.rows].unit != CITIZEN:
        once = (sa.func.max(numerator).label("numerator"), sa.literal(1).label("denominator"))
        return sa.select(*persons, *once).where(*conditions).group_by(*persons)
    columns = [*persons, numerator.label("numerator"), weight.label("denominator")]
    if kpi.median is not None:
        columns.append(rows.c[kpi.median].label("value"))
        conditions.append(rows.c[kpi.median].is_not(None))
    return sa.select(*columns).where(*conditions)


def _chosen(kpi: Kpi, rows: sa.Table, municipality: str | None) -> list[Condition]:
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
