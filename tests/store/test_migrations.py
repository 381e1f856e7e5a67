from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
import sqlalchemy as sa

from indsats.errors import DatabaseNotReady
from indsats.projections import tables as read_models
from indsats.store import tables
from indsats.store.connection import Database
from indsats.store.migrations import applied, require_current, upgrade
from indsats.store.steps import MIGRATIONS, Migration

TABLES = [*tables.metadata.sorted_tables, *read_models.metadata.sorted_tables]
ONE_MORE = Migration(len(MIGRATIONS) + 1, "one more", ("CREATE TABLE indsats_more (number {key})",))


def test_an_empty_database_gets_every_step_once(empty_url: str) -> None:
    database = Database(empty_url)
    with database.write() as connection:
        assert applied(connection) == 0
        assert upgrade(connection) == MIGRATIONS
        assert upgrade(connection) == ()
        assert applied(connection) == len(MIGRATIONS)
        require_current(connection)
    database.close()


def test_the_steps_are_numbered_without_a_gap() -> None:
    assert [migration.number for migration in MIGRATIONS] == list(range(1, len(MIGRATIONS) + 1))


def test_the_steps_make_the_tables_that_the_code_reads(database: Database) -> None:
    with database.read() as connection:
        found = sa.inspect(connection)
        for table in TABLES:
            columns = {
                column["name"]: (str(column["type"]), column["nullable"]) for column in found.get_columns(table.name)
            }
            expected = {
                column.name: (column.type.compile(connection.dialect), bool(column.nullable))
                for column in table.columns
            }
            # SQLite says that a single primary key of whole numbers could be null; it cannot.
            keys = {column.name for column in table.primary_key if len(table.primary_key) == 1}
            assert {name: kind for name, kind in columns.items() if name not in keys} == {
                name: kind for name, kind in expected.items() if name not in keys
            }
            assert set(columns) == set(expected)
            assert found.get_pk_constraint(table.name)["constrained_columns"] == [c.name for c in table.primary_key]
            unique = {tuple(key["column_names"]) for key in found.get_unique_constraints(table.name)}
            assert unique == {
                tuple(column.name for column in constraint.columns)
                for constraint in table.constraints
                if isinstance(constraint, sa.UniqueConstraint)
            }
            indexes = {
                index["name"]: index["column_names"]
                for index in found.get_indexes(table.name)
                if not index.get("duplicates_constraint")
            }
            assert indexes == {index.name: [column.name for column in index.columns] for index in table.indexes}


def test_every_table_has_the_prefix(database: Database) -> None:
    with database.read() as connection:
        names = sa.inspect(connection).get_table_names()
    assert {table.name for table in TABLES} <= set(names)
    assert [name for name in names if not name.startswith(("indsats_", "sqlite_"))] == []


def test_a_later_step_is_added_to_what_is_there(database: Database) -> None:
    with database.write() as connection:
        assert upgrade(connection, (*MIGRATIONS, ONE_MORE)) == (ONE_MORE,)
        assert sa.inspect(connection).has_table("indsats_more")


def test_a_step_that_fails_leaves_nothing_of_itself_or_of_the_steps_before(empty_url: str) -> None:
    broken = ONE_MORE._replace(statements=(*ONE_MORE.statements, "CREATE NONSENSE"))
    database = Database(empty_url)
    with pytest.raises(sa.exc.DBAPIError, match="NONSENSE"), database.write() as connection:
        upgrade(connection, (*MIGRATIONS, broken))
    with database.read() as connection:
        assert applied(connection) == 0
        assert sa.inspect(connection).get_table_names() == []
    database.close()


def test_six_that_start_at_once_on_a_new_database_run_each_step_once(empty_url: str) -> None:
    start = Barrier(6)

    def begin() -> int:
        database = Database(empty_url)
        start.wait()
        with database.write() as connection:
            ran = upgrade(connection)
        database.close()
        return len(ran)

    with ThreadPoolExecutor(6) as pool:
        ran = sorted(future.result() for future in [pool.submit(begin) for _ in range(6)])
    assert ran == [0, 0, 0, 0, 0, len(MIGRATIONS)]


def test_a_database_without_tables_is_refused_with_the_way_out(empty_url: str) -> None:
    database = Database(empty_url)
    with database.read() as connection, pytest.raises(DatabaseNotReady, match=r"no tables.*`indsats db init`"):
        require_current(connection)
    database.close()


def test_an_older_database_is_refused_with_the_way_out(database: Database) -> None:
    step = f"step {len(MIGRATIONS)} of {len(MIGRATIONS) + 1}"
    with database.read() as connection, pytest.raises(DatabaseNotReady, match=rf"{step}.*`indsats db upgrade`"):
        require_current(connection, (*MIGRATIONS, ONE_MORE))


def test_a_newer_database_is_neither_used_nor_upgraded(database: Database) -> None:
    with database.write() as connection:
        upgrade(connection, (*MIGRATIONS, ONE_MORE))
        with pytest.raises(DatabaseNotReady, match="newer version"):
            require_current(connection)
        with pytest.raises(DatabaseNotReady, match="newer version"):
            upgrade(connection)
