"""By how much the counts of a key figure rise and fall on each day: sums of these are the counts on any day."""

from collections.abc import Iterator, Sequence
from datetime import date
from functools import reduce
from itertools import product
from typing import Any, NamedTuple

import sqlalchemy as sa

from indsats.domain.kpi import CITIZEN, FULL_TIME_PERSON, READ_MODELS, Bound, Comparison, Filter, Kpi, Some
from indsats.projections import tables
from indsats.projections.asked import ENDS, Asked, are_kept
from indsats.projections.conditions import Condition, column_of, first_of, holds, is_asked_for
from indsats.projections.statements import PERSON, chosen, table_of

Changes = sa.CompoundSelect[date, int | None, int, int]
"""A day, the value that a median is taken of (else null), and by how much numerator and denominator change on it.

They are counts of rows with that value. Without a numerator both are the same.
"""

Days = sa.CompoundSelect[date, date | None, int, int]
"""A day, the last day before on which a citizen counted as well (null: none), and for how many it is so.

Two numbers, as with `Changes`.
"""

_Day = sa.ColumnElement[Any]

_BY_AS_OF = (Bound("as_of"),)
_MOVING = tuple(Bound(name) for name in ("as_of", "month_start", "week_start"))

# PostgreSQL takes a bare null for text.
_NO_VALUE, _NO_DAY = sa.cast(sa.null(), sa.Integer), sa.cast(sa.null(), sa.Date)


class _Counts(NamedTuple):
    """When rows count: from the last of some days on, once all have come, until the first of others, if any comes."""

    passing: Sequence[Condition]
    begins: Sequence[_Day]
    ends: Sequence[_Day]


class _Part(NamedTuple):
    """What rows that pass some filters add to numerator and denominator; to the former perhaps only some of them."""

    filters: Sequence[Filter]
    above: sa.ColumnElement[int]
    below: sa.ColumnElement[int]


def changes_of(kpi: Kpi, where: Filter, kept: frozenset[Asked], municipality: str | None = None) -> Changes | None:
    """One statement that lists the changes of the counts of rows, or of citizens behind them, that pass `where`.

    None where a row does not count from one day to another: in what is asked of the beginning of a week, or of a month
    that is not that of something ending; of an amount, of what ends and is not counted by citizen, of what the days of
    a month are counted by and something else decides.
    """
    selects: list[sa.Select[Any]] = []
    for part in _parts(kpi, where, kept):
        found = _changes_of(kpi, part, kept, municipality)
        if found is None:
            return None
        selects += found
    return sa.union_all(*selects)


def days_of(kpi: Kpi, where: Filter, kept: frozenset[Asked], municipality: str | None = None) -> Days | None:
    """One statement that lists the days on which citizens, who count once in a period, have facts that pass `where`.

    None as in `changes_of`, and where something else must be there, which may come later.
    """
    selects = []
    for part in _parts(kpi, where, kept):
        counted, some = _counting(kpi, part, kept, municipality)
        if counted is None or some:
            return None
        selects.append(_days(table_of(kpi), part, counted))
    return sa.union_all(*selects)


def _parts(kpi: Kpi, where: Filter, kept: frozenset[Asked]) -> Iterator[_Part]:
    # Written out: SQLite would sort the values of parameters with the rows.
    none, one = (sa.literal(number, literal_execute=True) for number in (0, 1))
    numerator = kpi.numerator
    if numerator is None:
        yield _Part([where], one, one)
    elif _is_steady(kpi, numerator, kept) and not _is_by_citizen(kpi, _unmarked([where], kpi, kept)):
        above = sa.case((holds(kpi, table_of(kpi), numerator, kept), one), else_=none)
        yield _Part([where], above, one)
    else:
        yield _Part([where], none, one)
        yield _Part([where, numerator], one, none)


def _is_steady(kpi: Kpi, conditions: Filter, kept: frozenset[Asked]) -> bool:
    """Whether a row passes on all of its days or on none."""
    changing = _unmarked([conditions], kpi, kept) or any(_is_beginning(kpi, one) for one in conditions.comparisons)
    return not changing and _is_summed(kpi, conditions.comparisons, ())


def _unmarked(filters: Sequence[Filter], kpi: Kpi, kept: frozenset[Asked]) -> Sequence[Sequence[Some]]:
    """The lists of facts of which some must be there and rows have no marks."""
    return [each.some for each in filters if not are_kept(kpi, each.some, kept)]


def _changes_of(
    kpi: Kpi, part: _Part, kept: frozenset[Asked], municipality: str | None
) -> Sequence[sa.Select[Any]] | None:
    counted, some = _counting(kpi, part, kept, municipality)
    if counted is None:
        return None
    alternatives = _alternatives(table_of(kpi), counted, some)
    spans = [_spans(kpi, part, each, is_searched=bool(some)) for each in alternatives]
    if _is_by_citizen(kpi, some):
        return [_of_citizens(sa.union_all(*spans).subquery(), part)]
    return _of_rows(kpi, spans[0].subquery())


def _counting(
    kpi: Kpi, part: _Part, kept: frozenset[Asked], municipality: str | None
) -> tuple[_Counts | None, Sequence[Sequence[Some]]]:
    """When rows count, None if not from one day to another; and the facts of which some must be there besides."""
    rows = table_of(kpi)
    some = _unmarked(part.filters, kpi, kept)
    begins = [one for each in part.filters for one in each.comparisons if _is_beginning(kpi, one)]
    steady = [one for each in part.filters for one in each.comparisons if one not in begins]
    days: list[_Day] = [column_of(rows, one.column) for one in begins]
    told: list[Condition] = []
    ends: list[_Day] = []
    if "from_on" in rows.c:
        # A row stands from a day on which all that it tells of has come.
        told = [day.is_not(None) for day in days]
        days, ends = [rows.c.from_on], [rows.c.until_on]
    if not days or not _is_summed(kpi, steady, some):
        return None, some
    marked = [Filter(some=each.some) for each in part.filters if each.some not in some]
    passing = [holds(kpi, rows, each, kept) for each in (Filter(tuple(steady)), *marked)]
    return _Counts([*chosen(kpi, rows, municipality), *told, *passing], days, ends), some


def _is_by_citizen(kpi: Kpi, some: Sequence[Sequence[Some]]) -> bool:
    """Whether several spans of a citizen are counted once."""
    return kpi.unit == CITIZEN and (READ_MODELS[kpi.rows].unit != CITIZEN or bool(_lasting(some)))


def _is_summed(kpi: Kpi, steady: Sequence[Comparison], some: Sequence[Sequence[Some]]) -> bool:
    inside = [comparison for each in some for one in each for comparison in one.comparisons]
    if kpi.tiers is not None or any(bound in one.values for one in (*steady, *inside) for bound in _MOVING):
        return False
    if kpi.unit == FULL_TIME_PERSON:
        return not some
    lasting = _lasting(some)
    return not lasting or (kpi.unit == CITIZEN and kpi.median is None and lasting <= ENDS.keys())


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
                [*each.passing, *is_asked_for(facts, rows, one)],
                [*each.begins, facts.c.from_on],
                [*each.ends, *([] if one.lasting is None else [facts.c[ENDS[one.lasting]]])],
            )
        yield each


def _spans(kpi: Kpi, part: _Part, counted: _Counts, *, is_searched: bool) -> sa.Select[Any]:
    """From which day on and until which day each row counts, and for how much."""
    rows = table_of(kpi)
    value = _NO_VALUE if kpi.median is None else rows.c[kpi.median]
    begins = [day.label(f"begin_{number}") for number, day in enumerate(counted.begins)]
    until = reduce(_first, counted.ends) if counted.ends else _NO_DAY
    columns = [*(rows.c[name] for name in PERSON), until.label("until"), value.label("value"), *begins]
    columns += [part.above.label("above"), part.below.label("below")]
    chosen_rows = sa.select(*columns).where(*counted.passing)
    # Else SQLite would look for the facts asked for as often as their days are named below.
    came = chosen_rows.cte().prefix_with("MATERIALIZED") if is_searched else chosen_rows.subquery()
    days: list[_Day] = [came.c[day.name] for day in begins]
    first = reduce(lambda one, other: sa.case((one > other, one), else_=other), days)
    lasts: list[Condition] = []
    if "from_on" not in rows.c or len(days) > 1:  # else it is the row's own span, which has a day
        lasts = [*(day.is_not(None) for day in days), sa.or_(came.c.until.is_(None), first < came.c.until)]
    if kpi.median is not None:
        lasts.append(came.c.value.is_not(None))
    persons = [came.c[name] for name in PERSON]
    found = sa.select(*persons, first.label("first"), came.c.until, came.c.value, came.c.above, came.c.below)
    return found.where(*lasts)


def _first(one: _Day, other: _Day) -> _Day:
    """The first of two days, either of which may never come."""
    return sa.case((one.is_(None), other), (other < one, other), else_=one)


def _of_rows(kpi: Kpi, spans: sa.Subquery) -> Sequence[sa.Select[Any]]:
    """The changes where spans begin and end."""
    first, until = spans.c.first, spans.c.until
    above, below = sa.func.sum(spans.c.above), sa.func.sum(spans.c.below)
    # Without a median there are no values, and SQLite would sort by them all the same.
    by = [] if kpi.median is None else [spans.c.value]
    value: sa.ColumnElement[Any] = by[0] if by else _NO_VALUE
    return [
        sa.select(first, value, above, below).group_by(first, *by),
        sa.select(until, value, -above, -below).where(until.is_not(None)).group_by(until, *by),
    ]


def _of_citizens(spans: sa.Subquery, part: _Part) -> sa.Select[Any]:
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
    change = sa.func.sum(sa.case((of_day.c.lasting > 0, 1), else_=-1))
    return (
        sa.select(of_day.c.on, _NO_VALUE, change * part.above, change * part.below)
        .where((before == 0) != (of_day.c.lasting == 0))
        .group_by(of_day.c.on)
    )


def _days(rows: sa.Table, part: _Part, counted: _Counts) -> sa.Select[Any]:
    """On which days how many citizens have a row that counts, and how long ago they last had one."""
    persons: list[_Day] = [rows.c[name] for name in PERSON]
    day = rows.c.happened_on
    each = sa.select(*persons, day).where(*counted.passing).group_by(*persons, day).subquery()
    persons = [each.c[name] for name in PERSON]
    before = sa.func.lag(each.c.happened_on).over(partition_by=persons, order_by=each.c.happened_on)
    pairs = sa.select(each.c.happened_on, sa.type_coerce(before, sa.Date).label("before")).subquery()
    number = sa.func.count()
    return sa.select(pairs.c.happened_on, pairs.c.before, number * part.above, number * part.below).group_by(
        pairs.c.happened_on, pairs.c.before
    )
