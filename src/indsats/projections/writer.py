"""Rows into the tables of the read models, in the driver itself: every record waits for it."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from functools import cache
from typing import NamedTuple

import sqlalchemy as sa
from sqlalchemy.engine.default import DefaultDialect

from indsats.projections.rows import PathwayKey, Rows
from indsats.projections.tables import LIVE, PATHWAY, ReadModels

_Value = str | int | float | date | None
_Values = tuple[_Value, ...]


class _Statements(NamedTuple):
    """What is said to one table; a pathway's key comes first among the values of each.

    `places` are those of the rest of the primary key among the columns behind the pathway's key.
    """

    table: str
    select: str
    insert: str
    delete: str
    delete_pathway: str
    places: Sequence[int]


def insert(connection: sa.Connection, rows: Mapping[PathwayKey, Rows], read_models: ReadModels = LIVE) -> None:
    """Add the rows of pathways that have none there yet."""
    for sql in _statements(read_models, connection.dialect.name):
        _run(
            connection,
            sql.insert,
            [(*key, *row) for key, made in rows.items() for row in _stored(connection, made[sql.table])],
        )


def replace(connection: sa.Connection, rows: Mapping[PathwayKey, Rows], read_models: ReadModels = LIVE) -> None:
    """Make the rows of pathways exactly these; only those that differ from what is there are written."""
    for sql in _statements(read_models, connection.dialect.name):
        gone: list[_Values] = []
        new: list[_Values] = []
        for key, made in rows.items():
            found = {tuple(row) for row in connection.exec_driver_sql(sql.select, key)}
            wanted = _stored(connection, made[sql.table])
            new += [(*key, *row) for row in wanted if row not in found]
            gone += [(*key, *(row[place] for place in sql.places)) for row in found.difference(wanted)]
        _run(connection, sql.delete, gone)
        _run(connection, sql.insert, new)


def delete(connection: sa.Connection, keys: Iterable[PathwayKey], read_models: ReadModels = LIVE) -> None:
    """Take out all rows of pathways."""
    keys = list(keys)
    for sql in _statements(read_models, connection.dialect.name):
        _run(connection, sql.delete_pathway, keys)


@cache
def _statements(read_models: ReadModels, dialect: str) -> Sequence[_Statements]:
    """The statements for every table of these, made once."""
    as_driver = DefaultDialect(paramstyle="qmark" if dialect == "sqlite" else "format")
    made = []
    for name, table in read_models.tables.items():
        pathway, rest = (
            [table.c[name] for name in PATHWAY],
            [one for one in table.primary_key if one.name not in PATHWAY],
        )
        values = [column for column in table.columns if column.name not in PATHWAY]
        of_pathway, of_row = _equal(pathway), _equal([*pathway, *rest])
        texts = (sa.select(*values).where(*of_pathway), sa.insert(table), sa.delete(table).where(*of_row))
        select, insert, delete = (str(text.compile(dialect=as_driver)) for text in texts)
        delete_pathway = str(sa.delete(table).where(*of_pathway).compile(dialect=as_driver))
        places = [values.index(column) for column in rest]
        made.append(_Statements(name, select, insert, delete, delete_pathway, places))
    return made


def _equal(columns: Iterable[sa.Column[object]]) -> Sequence[sa.ColumnElement[bool]]:
    return [column == sa.bindparam(None, type_=column.type) for column in columns]


def _stored(connection: sa.Connection, rows: Iterable[_Values]) -> Sequence[_Values]:
    """Rows as the driver takes and gives them: SQLite has no days, and SQLAlchemy keeps them there as ISO text."""
    if connection.dialect.name != "sqlite":
        return list(rows)
    return [tuple([value.isoformat() if isinstance(value, date) else value for value in row]) for row in rows]


def _run(connection: sa.Connection, statement: str, rows: Sequence[_Values]) -> None:
    if rows:
        connection.exec_driver_sql(statement, rows)
