"""What only one at a time may do on a database, and is free again when its process ends, however that comes."""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, closing, contextmanager
from functools import partial
from hashlib import sha256
from urllib.parse import quote

from sqlalchemy import Connection, func, select

from indsats.errors import DatabaseFailed
from indsats.store.connection import Database

Begin = Callable[[], AbstractContextManager[Connection]]
"""Begins a transaction that commits only for whoever still is alone."""


@contextmanager
def alone(database: Database, name: str) -> Iterator[Begin | None]:
    """Be the only one to do what has this name; None if somebody else does it.

    No transaction is open meanwhile, so that nobody waits for it.
    """
    hold = _on_sqlite if database.engine.dialect.name == "sqlite" else _on_postgresql
    with hold(database, name) as begin:
        yield begin


@contextmanager
def _on_postgresql(database: Database, name: str) -> Iterator[Begin | None]:
    key = int.from_bytes(sha256(f"indsats {name}".encode()).digest()[:8], signed=True)
    with database.engine.connect() as connection:
        with connection.begin():
            is_free = connection.execute(select(func.pg_try_advisory_lock(key))).scalar_one()
        if not is_free:
            yield None
            return
        try:
            yield partial(_transaction, connection)
            with connection.begin():
                connection.execute(select(func.pg_advisory_unlock(key)))
        except BaseException:
            connection.invalidate()
            raise


@contextmanager
def _transaction(connection: Connection) -> Iterator[Connection]:
    """The lock is the session's: were it lost, so would be the connection, and nothing could be committed."""
    with connection.begin():
        yield connection


@contextmanager
def _on_sqlite(database: Database, name: str) -> Iterator[Begin | None]:
    """SQLite locks files only, so it is made to lock one of no other use, which stays there empty."""
    path = ":memory:"
    if database.path is not None:
        path = str(database.path.with_name(f"{database.path.name}.{quote(name, safe='')}"))
    try:
        lock = sqlite3.connect(path, isolation_level=None, timeout=0)
    except sqlite3.OperationalError as fault:
        raise DatabaseFailed(f"{path}: {fault}") from fault
    with closing(lock):
        try:
            lock.execute("BEGIN EXCLUSIVE")
        except sqlite3.OperationalError as fault:
            if fault.sqlite_errorcode != sqlite3.SQLITE_BUSY:
                raise DatabaseFailed(f"{path}: {fault}") from fault
            yield None
            return
        yield database.write
