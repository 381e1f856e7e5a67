"""Rebuilt tables in the place of the live ones."""

from collections.abc import Mapping
from datetime import date

import sqlalchemy as sa
from sqlalchemy.engine.interfaces import ReflectedIndex
from tests.projections.histories import fact, pathways, story

from indsats.models.kpi_form import kpis_of as declared_by
from indsats.models.library import load
from indsats.projections.facts import named_by
from indsats.projections.kpis import KpiResult, compute
from indsats.projections.rows import PathwayKey, Rows, rows_of
from indsats.projections.swap import create, drop, swap
from indsats.projections.tables import LIVE, read_models
from indsats.projections.writer import insert, replace
from indsats.store.connection import Database

STEVNS = load("stevns-2017")
NAMED = named_by(declared_by(STEVNS).values())
DAY = date(2017, 6, 1)
REBUILT = read_models("indsats_rebuild_")


def made() -> Mapping[PathwayKey, Rows]:
    started = fact("ledighedsydelse_started", "2017-01-02", route="mover_in")
    job = fact("flexjob_started", "2017-03-01", employment="e1", weekly_hours="8")
    stories = [story(started), story(started, fact("first_conversation_held", "2017-01-05"), job), story(job)]
    return {key: rows_of(derivation, NAMED) for key, derivation in pathways(STEVNS, stories, DAY)}


def shape(connection: sa.Connection) -> Mapping[str, object]:
    """Every table of the database with its columns, keys and indexes, and their names where the database has them."""
    found = sa.inspect(connection)
    return {
        name: (
            [(column["name"], str(column["type"]), column["nullable"]) for column in found.get_columns(name)],
            found.get_pk_constraint(name),
            [_in_words(index) for index in found.get_indexes(name)],
        )
        for name in sorted(found.get_table_names())
    }


def _in_words(index: ReflectedIndex) -> Mapping[str, object]:
    """An index with the condition of a partial one as text."""
    return {**index, "dialect_options": {key: str(value) for key, value in index.get("dialect_options", {}).items()}}


def figures(connection: sa.Connection) -> list[KpiResult]:
    return compute(connection, STEVNS, DAY)


def test_a_swap_leaves_the_figures_and_the_shape_of_the_database_twice_in_a_row(database: Database) -> None:
    with database.write() as connection:
        insert(connection, made())
        before, figures_before = shape(connection), figures(connection)
    assert any(one.denominator for one in figures_before)
    for _ in range(2):
        with database.write() as connection:
            create(connection, REBUILT)
            insert(connection, made(), REBUILT)
        with database.write() as connection:
            swap(connection, LIVE, REBUILT)
        with database.read() as connection:
            assert figures(connection) == figures_before
            assert shape(connection) == before


def test_after_a_swap_the_rebuilt_rows_are_live_and_go_on_being_replaced(database: Database) -> None:
    (first, one), (second, two), *_ = made().items()
    with database.write() as connection:
        insert(connection, {first: one, second: two})
        create(connection, REBUILT)
        replace(connection, {first: two}, REBUILT)
        swap(connection, LIVE, REBUILT)
        citizens = sa.select(LIVE.tables["pathways"].c.citizen).distinct().order_by("citizen")
        assert connection.scalars(citizens).all() == [first.citizen]
        replace(connection, {second: two})
        assert connection.scalars(citizens).all() == [first.citizen, second.citizen]


def test_a_swap_that_is_rolled_back_changes_nothing(database: Database) -> None:
    with database.write() as connection:
        insert(connection, made())
        create(connection, REBUILT)
        before, figures_before = shape(connection), figures(connection)
    with database.engine.connect() as connection:
        swap(connection, LIVE, REBUILT)
        connection.rollback()
    with database.read() as connection:
        assert shape(connection) == before
        assert figures(connection) == figures_before


def test_what_a_broken_rebuild_left_is_dropped(database: Database) -> None:
    with database.write() as connection:
        before = shape(connection)
        drop(connection, REBUILT)
        create(connection, REBUILT)
        insert(connection, made(), REBUILT)
        drop(connection, REBUILT)
        assert shape(connection) == before
