"""How a database comes to have the tables of this version: which steps it has had, and which it still needs."""

from collections.abc import Sequence

from sqlalchemy import Connection, func, insert, inspect, select

from indsats.errors import DatabaseNotReady
from indsats.store import tables
from indsats.store.steps import MIGRATIONS, Migration

# Any number will do that no other program locks.
_ADVISORY_LOCK = 4_774_083_156_231_041


def upgrade(connection: Connection, migrations: Sequence[Migration] = MIGRATIONS) -> Sequence[Migration]:
    """Run the steps that this database has not had, and return them.

    All of them are in the transaction of the connection, which must be a writing one; another process that upgrades
    at the same time is waited for.
    Raises `DatabaseNotReady` if the database is newer than this version.
    """
    if connection.dialect.name == "postgresql":
        connection.execute(select(func.pg_advisory_xact_lock(_ADVISORY_LOCK)))
    connection.exec_driver_sql(
        "CREATE TABLE IF NOT EXISTS indsats_schema (number INTEGER NOT NULL PRIMARY KEY, title TEXT NOT NULL)"
    )
    had = applied(connection)
    _refuse_newer(had, migrations)
    missing = migrations[had:]
    for migration in missing:
        migration.run(connection)
        connection.execute(insert(tables.schema).values(number=migration.number, title=migration.title))
    return missing


def applied(connection: Connection) -> int:
    """The number of the last step that this database has had, 0 for one that never was ours."""
    if not inspect(connection).has_table(tables.schema.name):
        return 0
    return connection.execute(select(func.max(tables.schema.c.number))).scalar_one() or 0


def require_current(connection: Connection, migrations: Sequence[Migration] = MIGRATIONS) -> None:
    """Raise `DatabaseNotReady` unless the database has had every step, and none that is not known here."""
    had = applied(connection)
    _refuse_newer(had, migrations)
    if had < len(migrations):
        what = "has no tables of indsats" if had == 0 else f"is at step {had} of {len(migrations)}"
        remedy = "indsats db init" if had == 0 else "indsats db upgrade"
        raise DatabaseNotReady(f"the database {what}; run `{remedy}` first")


def _refuse_newer(had: int, migrations: Sequence[Migration]) -> None:
    if had > len(migrations):
        raise DatabaseNotReady(
            f"the database is at step {had}, but this version of indsats knows {len(migrations)}; use a newer version"
        )
