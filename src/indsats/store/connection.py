"""The way to a database: how its transactions begin, whether they are ours or the host's."""

import random
import sqlite3
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any, Protocol

from sqlalchemy import URL, Connection, CursorResult, Engine, create_engine, event, make_url
from sqlalchemy.engine.interfaces import DBAPIConnection, DBAPICursor
from sqlalchemy.orm import Session
from sqlalchemy.pool import ConnectionPoolEntry

Host = Connection | Session
"""What a host hands over, so that its rows and our events are one transaction."""

_READ_ONLY = "indsats_read_only"
_LOCK_TIMEOUT = "indsats_lock_timeout"


class Database:
    """One database, by its URL or by the host's own SQLAlchemy engine.

    A write transaction on SQLite has the write lock from its beginning, because one that reads first and then
    writes would be refused as soon as somebody else wrote in between. The engine of a host gets the same hooks, so
    that its write transactions begin like ours.
    `lock_timeout`: seconds that a writer waits for the writers before it; then it gets an `OperationalError`. An
    engine of a host on PostgreSQL keeps its own.
    """

    def __init__(self, where: str | URL | Engine, *, lock_timeout: float = 30) -> None:
        self._is_ours = not isinstance(where, Engine)
        self.engine = where if isinstance(where, Engine) else _connect(make_url(where), lock_timeout)
        if self.engine.dialect.name == "sqlite":
            _prepare_sqlite(self.engine, lock_timeout)

    @contextmanager
    def write(self, host: Host | None = None) -> Iterator[Connection]:
        """A transaction that may write: the host's, which the host ends, or one of its own, committed at the end."""
        if host is not None:
            yield joined(host)
        else:
            with self.engine.begin() as connection:
                yield connection

    @contextmanager
    def read(self, host: Host | None = None) -> Iterator[Connection]:
        """A transaction that only reads and waits for nobody, or the host's with what it wrote so far."""
        if host is not None:
            yield joined(host)
        else:
            with self.engine.connect() as connection:
                yield connection.execution_options(**{_READ_ONLY: True})

    @property
    def path(self) -> Path | None:
        """The file of a SQLite database, None for any other."""
        if self.engine.dialect.name != "sqlite" or self.engine.url.database in (None, "", ":memory:"):
            return None
        return Path(str(self.engine.url.database))

    def close(self) -> None:
        """Close the pooled connections, unless the engine is the host's."""
        if self._is_ours:
            self.engine.dispose()


def joined(host: Host) -> Connection:
    """The connection of the host's transaction."""
    return host.connection() if isinstance(host, Session) else host


def _connect(url: URL, lock_timeout: float) -> Engine:
    if url.get_backend_name() == "postgresql":
        options = {"options": f"-c lock_timeout={round(1000 * lock_timeout)}"}
        # A connection that the server closed meanwhile, in a restart, is found out before it is used.
        return create_engine(url, connect_args=options, pool_pre_ping=True)
    return create_engine(url)


def driver_sql(
    connection: Connection, statement: str, parameters: tuple[object, ...] | Sequence[tuple[object, ...]] = ()
) -> CursorResult[Any]:
    """Run a statement in the driver itself, which takes a third of the time; `?` stands for a parameter.

    A list of tuples runs it once for each.
    """
    statement = statement if connection.dialect.name == "sqlite" else statement.replace("?", "%s")
    return connection.exec_driver_sql(statement, parameters)


def end_if_idle(connection: Connection, longest: timedelta) -> None:
    """Let the server end this transaction if its process leaves it alone for longer; on SQLite nobody could.

    To be called before it has what others wait for: a process that stands still while it waits is given that all the
    same.
    """
    if connection.dialect.name == "postgresql":
        milliseconds = round(1000 * longest.total_seconds())
        connection.exec_driver_sql(f"SET LOCAL idle_in_transaction_session_timeout = {milliseconds}")


class _SQLiteConnection(DBAPIConnection, Protocol):
    isolation_level: str | None


def _prepare_sqlite(engine: Engine, lock_timeout: float) -> None:
    if event.contains(engine, "begin", _begin):
        return

    def open_connection(connection: _SQLiteConnection, entry: ConnectionPoolEntry) -> None:
        entry.info[_LOCK_TIMEOUT] = lock_timeout
        connection.isolation_level = None  # the driver begins nothing on its own; `_begin` does
        cursor = connection.cursor()
        cursor.execute(f"PRAGMA busy_timeout = {round(1000 * lock_timeout)}")
        _use_write_ahead_log(cursor, lock_timeout)
        # A commit is on the disk before it is acknowledged; grouped imports pay for it once a group.
        cursor.execute("PRAGMA synchronous = FULL")
        cursor.execute("PRAGMA foreign_keys = ON")
        # Without this, INSERT OR REPLACE would delete a row past the trigger that refuses it.
        cursor.execute("PRAGMA recursive_triggers = ON")
        # What is deleted is overwritten: a key that is taken away to erase what it sealed must not stay in the file.
        cursor.execute("PRAGMA secure_delete = ON")
        # In KiB, as far as it is needed: with the default of 2,000 what a figure of many pathways sorts goes to a file.
        cursor.execute("PRAGMA cache_size = -32000")
        cursor.close()

    event.listen(engine, "connect", open_connection)
    event.listen(engine, "begin", _begin)
    engine.dispose()  # connections that were opened before are without the hooks


def _use_write_ahead_log(cursor: DBAPICursor, lock_timeout: float) -> None:
    """Readers and the writer do not wait for each other; a property of the file, set once."""
    give_up_at = time.monotonic() + lock_timeout
    while True:
        cursor.execute("PRAGMA journal_mode")
        if cursor.fetchone() in (("wal",), ("memory",)):
            return
        try:
            cursor.execute("PRAGMA journal_mode = WAL")
        except sqlite3.OperationalError as fault:
            # Two that create the file at once: the change of mode does not heed the busy timeout.
            if fault.sqlite_errorname != "SQLITE_BUSY" or time.monotonic() > give_up_at:
                raise
            time.sleep(0.01)


def _begin(connection: Connection) -> None:
    if connection.get_execution_options().get(_READ_ONLY):
        connection.exec_driver_sql("BEGIN")
        return
    # SQLite itself asks every tenth of a second in the end, so that of many busy writers one may never get its turn.
    lock_timeout = connection.info[_LOCK_TIMEOUT]
    give_up_at = time.monotonic() + lock_timeout
    cursor = connection.connection.cursor()
    cursor.execute("PRAGMA busy_timeout = 0")
    try:
        while time.monotonic() < give_up_at:
            try:
                cursor.execute("BEGIN IMMEDIATE")
                return
            except sqlite3.OperationalError as fault:
                if fault.sqlite_errorcode != sqlite3.SQLITE_BUSY:
                    break
            time.sleep(random.uniform(0.0005, 0.005))
        connection.exec_driver_sql("BEGIN IMMEDIATE")  # the last try, whose fault is told as any other
    finally:
        cursor.execute(f"PRAGMA busy_timeout = {round(1000 * lock_timeout)}")
        cursor.close()
