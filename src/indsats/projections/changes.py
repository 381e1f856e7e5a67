"""By how much the counts of a key figure rise and fall on each day: sums of these are the counts on any day."""

from collections.abc import Sequence
from datetime import date
from functools import reduce
from typing import Any

import sqlalchemy as sa

from indsats.domain.kpi import CITIZEN, FULL_TIME_PERSON, READ_MODELS, Bound, Comparison, Filter, Kpi
from indsats.projections.conditions import Condition, column_of, first_of, holds
from indsats.projections.statements import PERSON, chosen, table_of

Changes = sa.CompoundSelect[date, int | None, int]
"""A day, the value that a median is taken of (else null), and by how much the count of such rows changes on it."""

_BY_AS_OF = (Bound("as_of"),)


def changes_of(kpi: Kpi, conditions: Sequence[Filter], municipality: str | None = None) -> Changes | None:
    """One statement that lists the changes of the count of rows, or of citizens behind them, that pass all conditions.

    None where a row does not count from one day to another: in an amount, in what is asked of the beginning of a month
    or week, and of facts that something ends; and in what counts the days of a month.
    """
    begins = [one for each in conditions for one in each.comparisons if _is_beginning(kpi, one)]
    steady = [one for each in conditions for one in each.comparisons if one not in begins]
    some = [each.some for each in conditions if each.some]
    if kpi.tiers is not None or any(map(_moves, steady)) or any(one.lasting for each in some for one in each):
        return None
    if kpi.unit == FULL_TIME_PERSON and some:
        return None
    rows = table_of(kpi)
    days: list[sa.ColumnElement[Any]] = [rows.c.from_on] if "from_on" in rows.c else []
    days += [column_of(rows, one.column) for one in begins]
    days += [first_of(rows, each) for each in some]
    if not days:
        return None
    passing = [*chosen(kpi, rows, municipality), holds(kpi, rows, Filter(tuple(steady)))]
    return _changes(kpi, _spans(kpi, rows, days, passing))


def _is_beginning(kpi: Kpi, one: Comparison) -> bool:
    """Whether a condition lets a row count from the day in a column on."""
    is_own = one.column in READ_MODELS[kpi.rows].columns
    return is_own and one.test == "max" and one.values == _BY_AS_OF and kpi.unit != FULL_TIME_PERSON


def _moves(one: Comparison) -> bool:
    """Whether a condition can say another thing of a row on another day."""
    return any(Bound(name) in one.values for name in ("as_of", "month_start", "week_start"))


def _spans(
    kpi: Kpi, rows: sa.Table, days: Sequence[sa.ColumnElement[Any]], passing: Sequence[Condition]
) -> sa.Subquery:
    """From which day on and until which day each row that passes counts: from the last of some days, if all came."""
    # PostgreSQL takes a bare null for text.
    until = rows.c.until_on if "until_on" in rows.c else sa.cast(sa.null(), sa.Date)
    value = sa.cast(sa.null(), sa.Integer) if kpi.median is None else rows.c[kpi.median]
    columns = [*(rows.c[name] for name in PERSON), until.label("until"), value.label("value")]
    came = sa.select(*columns, *(day.label(f"day_{n}") for n, day in enumerate(days))).where(*passing).subquery()
    each: list[sa.ColumnElement[Any]] = [came.c[f"day_{n}"] for n in range(len(days))]
    first = reduce(lambda one, other: sa.case((one > other, one), else_=other), each)
    counted: list[Condition] = [day.is_not(None) for day in each]
    counted.append(sa.or_(came.c.until.is_(None), first < came.c.until))
    if kpi.median is not None:
        counted.append(came.c.value.is_not(None))
    persons = [came.c[name] for name in PERSON]
    return sa.select(*persons, first.label("first"), came.c.until, came.c.value).where(*counted).subquery()


def _changes(kpi: Kpi, spans: sa.Subquery) -> Changes:
    """The changes where spans begin and end; of a citizen only the first beginning and the last end of several."""
    if kpi.unit == CITIZEN and READ_MODELS[kpi.rows].unit != CITIZEN:
        return _of_citizens(spans)
    first, until, value, number = spans.c.first, spans.c.until, spans.c.value, sa.func.count()
    return sa.union_all(
        sa.select(first, value, number).group_by(first, value),
        sa.select(until, value, -number).where(until.is_not(None)).group_by(until, value),
    )


def _of_citizens(spans: sa.Subquery) -> Changes:
    """The same where a citizen counts once as long as any span of hers lasts."""
    persons = [spans.c[name] for name in PERSON]
    one = sa.literal(1)
    ends = sa.union_all(
        sa.select(*persons, spans.c.first.label("on"), one.label("step")),
        sa.select(*persons, spans.c.until, -one).where(spans.c.until.is_not(None)),
    ).subquery()
    persons = [ends.c[name] for name in PERSON]
    step = sa.func.sum(ends.c.step)
    lasting = sa.func.sum(step).over(partition_by=persons, order_by=ends.c.on)
    of_day = sa.select(ends.c.on, step.label("step"), lasting.label("lasting")).group_by(*persons, ends.c.on).subquery()
    before = of_day.c.lasting - of_day.c.step
    change = sa.case((of_day.c.lasting > 0, 1), else_=-1)
    return sa.union_all(
        sa.select(of_day.c.on, sa.null(), sa.func.sum(change))
        .where((before == 0) != (of_day.c.lasting == 0))
        .group_by(of_day.c.on)
    )
