"""Where the rows of the read models are not what they should be."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from functools import cache
from itertools import groupby
from typing import Any, NamedTuple

import sqlalchemy as sa

from indsats.projections.rows import PathwayKey, Rows
from indsats.projections.tables import LIVE, PATHWAY, PREFIX

Value = str | int | float | date | None
_Row = tuple[Value, ...]


class Difference(NamedTuple):
    """One row that differs: `row` is the rest of its key; `column` is None for one that is missing or too many."""

    table: str
    key: PathwayKey
    row: Mapping[str, Value]
    column: str | None
    found: Value
    expected: Value


def differences(connection: sa.Connection, wanted: Mapping[PathwayKey, Rows]) -> Iterator[Difference]:
    """The differences between the live rows of these pathways and those that they should have."""
    for name in LIVE.tables:
        found = _found(connection, name, list(wanted))
        for key, rows in wanted.items():
            yield from _between(name, key, found.get(key, {}), _by_key(name, _as_driver(connection, rows[name])))


def strays(connection: sa.Connection, streams: sa.Table) -> Iterator[Difference]:
    """The rows that belong to no pathway; `streams` has a row for each pathway that there is."""
    for name, table in LIVE.tables.items():
        owner = (streams.c.municipality, streams.c.family, streams.c.subject, streams.c.subject_id)
        same = [table.c[column] == other for column, other in zip(PATHWAY, owner, strict=True)]
        owned = sa.exists(sa.select(streams.c.stream_key).where(*same).correlate(table))
        rest = _rest_of_key(name)
        query: sa.Select[*tuple[Any, ...]] = sa.select(*_raw(table, (*PATHWAY, *rest)))
        query = query.where(~owned).order_by(*table.primary_key)
        for row in connection.execute(query):
            key = PathwayKey(*row[: len(PATHWAY)])
            yield Difference(PREFIX + name, key, dict(zip(rest, row[len(PATHWAY) :], strict=True)), None, True, False)


def _between(
    name: str, key: PathwayKey, found: Mapping[_Row, _Row], wanted: Mapping[_Row, _Row]
) -> Iterator[Difference]:
    rest = _rest_of_key(name)
    for place in [*wanted, *(place for place in found if place not in wanted)]:
        row = dict(zip(rest, place, strict=True))
        if place not in found or place not in wanted:
            yield Difference(PREFIX + name, key, row, None, place in found, place in wanted)
        else:
            for column, is_, should_be in zip(_columns(name), found[place], wanted[place], strict=True):
                if is_ != should_be:
                    yield Difference(PREFIX + name, key, row, column, is_, should_be)


def _found(
    connection: sa.Connection, name: str, keys: Sequence[PathwayKey]
) -> Mapping[PathwayKey, Mapping[_Row, _Row]]:
    found: dict[PathwayKey, list[_Row]] = {}
    for owner, some in groupby(sorted(keys), key=lambda key: key[:-1]):
        asked = {**dict(zip(PATHWAY, owner, strict=False)), "citizens": [key.citizen for key in some]}
        row: tuple[Any, ...]
        for row in connection.execute(_query(name), asked):
            found.setdefault(PathwayKey(*row[: len(PATHWAY)]), []).append(tuple(row[len(PATHWAY) :]))
    return {key: _by_key(name, rows) for key, rows in found.items()}


@cache
def _query(name: str) -> sa.Select[*tuple[Any, ...]]:
    table = LIVE.tables[name]
    *owner, citizen = PATHWAY
    return sa.select(*_raw(table, (*PATHWAY, *_columns(name)))).where(
        *(table.c[column] == sa.bindparam(column) for column in owner),
        table.c[citizen].in_(sa.bindparam("citizens", expanding=True)),
    )


def _raw(table: sa.Table, columns: Sequence[str]) -> Sequence[sa.ColumnElement[Any]]:
    """The values as the driver gives them: one that is of no use as a day is to be shown and not to be refused."""
    return [sa.type_coerce(table.c[column], sa.types.NullType()) for column in columns]


def _as_driver(connection: sa.Connection, rows: Sequence[_Row]) -> Sequence[_Row]:
    if connection.dialect.name != "sqlite":
        return rows
    return [tuple(value.isoformat() if isinstance(value, date) else value for value in row) for row in rows]


def _by_key(name: str, rows: Sequence[_Row]) -> Mapping[_Row, _Row]:
    places = [_columns(name).index(column) for column in _rest_of_key(name)]
    return {tuple(row[place] for place in places): row for row in rows}


@cache
def _columns(name: str) -> Sequence[str]:
    return [str(column.name) for column in LIVE.tables[name].columns if column.name not in PATHWAY]


@cache
def _rest_of_key(name: str) -> Sequence[str]:
    return [str(column.name) for column in LIVE.tables[name].primary_key if column.name not in PATHWAY]
