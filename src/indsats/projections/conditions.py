"""The conditions of a key figure as SQL: comparisons and `EXISTS`, which every database has."""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal

import sqlalchemy as sa

from indsats.domain.kpi import READ_MODELS, Bound, Comparison, Filter, Kpi, Operand, Other, Some
from indsats.projections import tables
from indsats.projections.asked import Asked, are_kept, ended_by
from indsats.projections.facts import value_column

Condition = sa.ColumnElement[bool]
Rows = sa.FromClause

# Of no column, so that SQLite looks no further than the index: for `SELECT *` it reads the row.
_ROW: sa.Select[int] = sa.select(sa.literal_column("1"))


def is_as_of(rows: Rows) -> Condition:
    """Whether a row stands as of the day asked for; one of a table without versions always does."""
    conditions = [rows.c.from_on <= _bound("as_of")] if "from_on" in rows.c else []
    if "until_on" in rows.c:
        conditions.append(sa.or_(rows.c.until_on.is_(None), rows.c.until_on > _bound("as_of")))
    return sa.and_(sa.true(), *conditions)


def holds(kpi: Kpi, rows: Rows, conditions: Filter, kept: frozenset[Asked]) -> Condition:
    """Whether a row of the figure's read model passes all conditions of a filter.

    What is `kept` is told by its marks, anything else looked up.
    """
    own = READ_MODELS[kpi.rows].columns

    def held(one: Comparison | Some) -> Condition:
        if isinstance(one, Comparison) and one.column in own:
            return _compared(column_of(rows, one.column), one, rows)
        if are_kept(kpi, [one], kept):
            return rows.c.marks.contains(Asked(kpi.rows, kpi.kinds, one).mark)
        return _of_field(rows, one) if isinstance(one, Comparison) else _some(rows, one)

    found = [held(one) for one in conditions.comparisons]
    if conditions.some:
        found.append(sa.or_(*(held(some) for some in conditions.some)))
    return sa.and_(sa.true(), *found)


_NAMED_OTHERWISE = {"on": "happened_on", "from_on": "begun_on"}


def column_of(rows: Rows, name: str) -> sa.ColumnElement[object]:
    """The column that a condition names."""
    return rows.c[_NAMED_OTHERWISE.get(name, name)]


def _bound(name: str) -> sa.BindParameter[date]:
    return sa.bindparam(name, type_=sa.Date)


def _compared(column: sa.ColumnElement[object], comparison: Comparison, rows: Rows) -> Condition:
    values = [_value(operand, rows) for operand in comparison.values]
    match comparison.test:
        case "is":
            return column == values[0]
        case "in":
            return column.in_(values)
        case "not":
            return sa.or_(column.is_(None), column.not_in(values))
        case "min":
            return column >= values[0]
        case "max":
            return column <= values[0]
        case "above":
            return column > values[0]
        case _:
            assert comparison.test == "below", "the reader lets no other test through"
            return column < values[0]


def _value(operand: Operand, rows: Rows) -> object:
    match operand:
        case Bound():
            return _bound(operand.name)
        case Other():
            return column_of(rows, operand.column)
        case Decimal():
            return float(operand)
        case _:
            return operand


def _of_field(rows: Rows, comparison: Comparison) -> Condition:
    """A condition on a field of a fact: some item of it passes, all of the values are among its items, or none is."""
    if comparison.test == "not":
        return sa.not_(_has_field(rows, Comparison(comparison.column, "in", comparison.values)))
    if comparison.test == "includes":
        return sa.and_(
            *(_has_field(rows, Comparison(comparison.column, "is", (value,))) for value in comparison.values)
        )
    return _has_field(rows, comparison)


def _has_field(rows: Rows, comparison: Comparison) -> Condition:
    fields = tables.fact_fields.alias()
    return (
        _ROW.where(
            *_same_pathway(fields, rows),
            fields.c.place == rows.c.place,
            fields.c.field == comparison.column,
            _compared(fields.c[value_column(comparison.values[0])], comparison, rows),
        )
        .correlate(rows)
        .exists()
    )


def first_of(rows: Rows, alternatives: Sequence[Some]) -> sa.ScalarSelect[date | None]:
    """The day on which the first fact lies that some of several ask for; nothing that one asks for may be `lasting`."""
    facts = tables.facts.alias()
    either = sa.or_(*(sa.and_(*is_asked_for(facts, rows, some)) for some in alternatives))
    first = sa.select(sa.func.min(facts.c.from_on, type_=sa.Date)).where(either)
    return first.correlate(rows).scalar_subquery()


def _some(rows: Rows, some: Some) -> Condition:
    facts = (tables.facts if some.lasting is None else tables.lasting).alias()
    conditions = [*is_asked_for(facts, rows, some), facts.c.from_on <= _bound("as_of")]
    if some.lasting is not None:
        # An end that is ahead of the day asked for is not known of.
        days = dict.fromkeys((some.lasting, "as_of"))
        conditions.append(sa.or_(facts.c.until_on.is_(None), *(facts.c.until_on > _bound(day) for day in days)))
    return _ROW.where(*conditions).correlate(rows).exists()


def is_asked_for(facts: Rows, rows: Rows, some: Some) -> list[Condition]:
    """Whether a fact of a row's pathway is one that is asked for, whatever the day."""
    conditions: list[Condition] = [*_same_pathway(facts, rows), facts.c.kind.in_(some.kinds)]
    if some.lasting is not None:
        conditions.append(facts.c.ended_by == ended_by(some.ended_by))
    if some.within != "pathway":
        conditions.append(facts.c[some.within] == rows.c[some.within])
    if some.since is not None:
        conditions.append(facts.c.from_on >= column_of(rows, some.since))
    return conditions + [_of_field(facts, one) for one in some.comparisons]


def _same_pathway(one: Rows, other: Rows) -> list[Condition]:
    return [one.c[name] == other.c[name] for name in tables.PATHWAY]
