"""How a database comes to have the tables of this version: numbered steps, each run once, never changed afterwards.

A step is text and not made from `tables`, because it must do the same in ten years. Only the few words in which the
databases differ are filled in.
"""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from sqlalchemy import Connection, func, insert, inspect, select

from indsats.errors import DatabaseNotReady
from indsats.store import tables

# Any number will do that no other program locks.
_ADVISORY_LOCK = 4_774_083_156_231_041

_DIFFERENCES: Mapping[str, Mapping[str, str]] = {
    "sqlite": {"counted": "INTEGER PRIMARY KEY AUTOINCREMENT", "key": "INTEGER"},
    "postgresql": {"counted": "BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY", "key": "BIGINT"},
}


class Migration(NamedTuple):
    """One step: statements for every database, in which `{counted}` and `{key}` are filled in, and those for one."""

    number: int
    title: str
    statements: Sequence[str]
    more: Mapping[str, Sequence[str]] = {}

    def run(self, connection: Connection) -> None:
        """Run every statement; the caller's transaction holds them together."""
        dialect = connection.dialect.name
        for statement in self.statements:
            connection.exec_driver_sql(statement.format_map(_DIFFERENCES[dialect]))
        for statement in self.more.get(dialect, ()):
            connection.exec_driver_sql(statement)


_STREAMS = """
CREATE TABLE indsats_streams (
  stream_key {counted},
  stream TEXT NOT NULL UNIQUE,
  municipality TEXT NOT NULL,
  family TEXT,
  subject TEXT,
  subject_id TEXT,
  UNIQUE (municipality, family, subject, subject_id)
)"""

_EVENTS = """
CREATE TABLE indsats_events (
  position {counted},
  stream_key {key} NOT NULL REFERENCES indsats_streams (stream_key),
  version INTEGER NOT NULL,
  name TEXT NOT NULL,
  state TEXT NOT NULL,
  recorded_at TEXT,
  stored_at TEXT,
  actor TEXT,
  role TEXT,
  command TEXT,
  model_digest TEXT,
  semantics INTEGER,
  previous_hash TEXT NOT NULL,
  hash TEXT NOT NULL,
  UNIQUE (stream_key, version)
)"""

_CITIZEN_KEYS = """
CREATE TABLE indsats_citizen_keys (
  key_id TEXT NOT NULL PRIMARY KEY,
  municipality TEXT NOT NULL,
  subject TEXT NOT NULL,
  subject_id TEXT NOT NULL,
  wrapped_key TEXT NOT NULL,
  master_key TEXT NOT NULL,
  UNIQUE (municipality, subject, subject_id)
)"""

_TRACKING = """
CREATE TABLE indsats_tracking (
  application TEXT NOT NULL PRIMARY KEY,
  position {key} NOT NULL
)"""

_REFUSE_ON_SQLITE = tuple(
    f"CREATE TRIGGER {table}_no_{action.lower()} BEFORE {action} ON {table} "
    f"BEGIN SELECT RAISE(ABORT, '{table} is append-only: {action} is refused'); END"
    for table in ("indsats_streams", "indsats_events")
    for action in ("UPDATE", "DELETE")
)

_REFUSE_ON_POSTGRESQL = (
    """
CREATE FUNCTION indsats_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION USING ERRCODE = 'restrict_violation',
    MESSAGE = TG_TABLE_NAME || ' is append-only: ' || TG_OP || ' is refused';
END $$""",
    *(
        f"CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} "
        "FOR EACH STATEMENT EXECUTE FUNCTION indsats_refuse_change()"
        for table in ("indsats_streams", "indsats_events")
    ),
)

MIGRATIONS = (
    Migration(
        1,
        "events, streams, citizens' keys, tracking",
        (_STREAMS, _EVENTS, _CITIZEN_KEYS, _TRACKING),
        {"sqlite": _REFUSE_ON_SQLITE, "postgresql": _REFUSE_ON_POSTGRESQL},
    ),
)
"""Every step there ever was, in order. A new one is added at the end."""


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
