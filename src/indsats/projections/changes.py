"""By how much the counts of a key figure rise and fall on each day: sums of these are the counts on any day."""

from collections.abc import Iterator, Sequence
from datetime import date
from functools import reduce
from itertools import product
from typing import Any, NamedTuple

import sqlalchemy as sa

from indsats.domain.kpi import CITIZEN, FULL_TIME_PERSON, READ_MODELS, Bound, Comparison, Filter, Kpi, Some
from indsats.projections import tables
from indsats.projections.conditions import Condition, asked, column_of, first_of, holds
from indsats.projections.statements import PERSON, chosen, table_of

Changes = sa.CompoundSelect[date, int | None, int]
"""A day, the value that a median is taken of (else null), and by how much the count of such rows changes on it."""

_Day = sa.ColumnElement[Any]

_BY_AS_OF = (Bound("as_of"),)
_MOVING = tuple(Bound(name) for name in ("as_of", "month_start", "week_start"))
_ENDS = {"as_of": "until_on", "month_start": "until_month_on"}
"""Of what is asked whether it still lasts on a day: the column with the first such day on which it does not."""


class _Counts(NamedTuple):
    """When rows count: from the last of some days on, once all have come, until the first of others, if any comes."""

    passing: Sequence[Condition]
    begins: Sequence[_Day]
    ends: Sequence[_Day]


def changes_of(kpi: Kpi, filters: Sequence[Filter], municipality: str | None = None) -> Changes | None:
    """One statement that lists the changes of the count of rows, or of citizens behind them, that pass all filters.

    None where a row does not count from one day to another: in what is asked of the beginning of a week, or of a month
    that is not that of something ending; of an amount, of what ends and is not counted by citizen, of what the days of
    a month are counted by and something else decides.
    """
    some = [each.some for each in filters if each.some]
    begins = [one for each in filters for one in each.comparisons if _is_beginning(kpi, one)]
    steady = [one for each in filters for one in each.comparisons if one not in begins]
    rows = table_of(kpi)
    days: list[_Day] = [rows.c.from_on] if "from_on" in rows.c else []
    days += [column_of(rows, one.column) for one in begins]
    if not days or not _is_summed(kpi, steady, some):
        return None
    ends: list[_Day] = [rows.c.until_on] if "until_on" in rows.c else []
    counted = _Counts([*chosen(kpi, rows, municipality), holds(kpi, rows, Filter(tuple(steady)))], days, ends)
    spans = [_spans(kpi, rows, each, is_searched=bool(some)) for each in _alternatives(rows, counted, some)]
    if kpi.unit == CITIZEN and (READ_MODELS[kpi.rows].unit != CITIZEN or _lasting(some)):
        return _of_citizens(sa.union_all(*spans).subquery())
    return _of_rows(spans[0].subquery())


def _is_summed(kpi: Kpi, steady: Sequence[Comparison], some: Sequence[Sequence[Some]]) -> bool:
    if kpi.tiers is not None or any(bound in one.values for one in steady for bound in _MOVING):
        return False
    if kpi.unit == FULL_TIME_PERSON:
        return not some
    lasting = _lasting(some)
    return not lasting or (kpi.unit == CITIZEN and lasting <= _ENDS.keys())


def _lasting(some: Sequence[Sequence[Some]]) -> set[str]:
    """The days on which something that is asked for must still last."""
    return {one.lasting for each in some for one in each if one.lasting is not None}


def _is_beginning(kpi: Kpi, one: Comparison) -> bool:
    """Whether a condition lets a row count from the day in a column on."""
    is_own = one.column in READ_MODELS[kpi.rows].columns
    return is_own and one.test == "max" and one.values == _BY_AS_OF and kpi.unit != FULL_TIME_PERSON


def _alternatives(rows: sa.Table, counted: _Counts, some: Sequence[Sequence[Some]]) -> Iterator[_Counts]:
    """The same where of each list some fact is there: with the first of them, or with each if one must last."""
    steady = [first_of(rows, each) for each in some if not any(one.lasting for one in each)]
    counted = counted._replace(begins=[*counted.begins, *steady])
    for facts_asked in product(*(each for each in some if any(one.lasting for one in each))):
        each = counted
        for one in facts_asked:
            facts = (tables.facts if one.lasting is None else tables.lasting).alias()
            each = _Counts(
                [*each.passing, *asked(facts, rows, one)],
                [*each.begins, facts.c.from_on],
                [*each.ends, *([] if one.lasting is None else [facts.c[_ENDS[one.lasting]]])],
            )
        yield each


def _spans(kpi: Kpi, rows: sa.Table, counted: _Counts, *, is_searched: bool) -> sa.Select[Any]:
    """From which day on and until which day each row counts."""
    # PostgreSQL takes a bare null for text.
    nothing = sa.cast(sa.null(), sa.Date)
    value = sa.cast(sa.null(), sa.Integer) if kpi.median is None else rows.c[kpi.median]
    begins = [day.label(f"begin_{number}") for number, day in enumerate(counted.begins)]
    until = reduce(_first, counted.ends) if counted.ends else nothing
    columns = [*(rows.c[name] for name in PERSON), until.label("until"), value.label("value"), *begins]
    chosen_rows = sa.select(*columns).where(*counted.passing)
    # Else SQLite would look for the facts asked for as often as their days are named below.
    came = chosen_rows.cte().prefix_with("MATERIALIZED") if is_searched else chosen_rows.subquery()
    days: list[_Day] = [came.c[day.name] for day in begins]
    first = reduce(lambda one, other: sa.case((one > other, one), else_=other), days)
    lasts = [*(day.is_not(None) for day in days), sa.or_(came.c.until.is_(None), first < came.c.until)]
    if kpi.median is not None:
        lasts.append(came.c.value.is_not(None))
    persons = [came.c[name] for name in PERSON]
    return sa.select(*persons, first.label("first"), came.c.until, came.c.value).where(*lasts)


def _first(one: _Day, other: _Day) -> _Day:
    """The first of two days, either of which may never come."""
    return sa.case((one.is_(None), other), (other < one, other), else_=one)


def _of_rows(spans: sa.Subquery) -> Changes:
    """The changes where spans begin and end."""
    first, until, value, number = spans.c.first, spans.c.until, spans.c.value, sa.func.count()
    return sa.union_all(
        sa.select(first, value, number).group_by(first, value),
        sa.select(until, value, -number).where(until.is_not(None)).group_by(until, value),
    )


def _of_citizens(spans: sa.Subquery) -> Changes:
    """The same where a citizen counts once as long as any span of hers lasts."""
    one = sa.literal(1)
    persons = [spans.c[name] for name in PERSON]
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
