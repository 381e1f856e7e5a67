"""A copy of the whole database, made while others write to it. The master keys are in none."""

import os
import shutil
import sqlite3
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import NamedTuple

from sqlalchemy import URL

from indsats.engine.transactions import failures_told
from indsats.errors import DatabaseFailed, ValueInvalid
from indsats.store.connection import Database


class BackedUp(NamedTuple):
    """The file that a backup was written to, its size in bytes, and its form: `sqlite` or `pg_dump custom`."""

    file: Path
    size: int
    form: str


def backup(database: Database, file: Path) -> BackedUp:
    """Write a copy of the database to a new file: one state of it, whatever others do meanwhile.

    Of SQLite it is a database itself, found whole before it gets its name. Of PostgreSQL it is what `pg_dump` writes in
    its custom form, for `pg_restore`.
    Raises `ValueInvalid` if the file is there already or cannot be made, `DatabaseFailed`.
    """
    with failures_told(), _new_file(file) as beside:
        if database.engine.dialect.name == "sqlite":
            _copy(database, beside)
            form = "sqlite"
        else:
            _dump(database.engine.url, beside)
            form = "pg_dump custom"
    return BackedUp(file, file.stat().st_size, form)


@contextmanager
def _new_file(file: Path) -> Iterator[Path]:
    """A file for its owner alone that gets the name at the end, when all of it is on the disk; else it is removed."""
    if file.exists():
        raise _is_there(file)
    try:
        handle, name = tempfile.mkstemp(prefix=f"{file.name}.", suffix=".part", dir=file.parent)
    except OSError as fault:
        raise ValueInvalid(f"{file}: cannot be made: {fault.strerror}") from fault
    beside = Path(name)
    try:
        yield beside
        os.fsync(handle)
        try:
            os.link(beside, file)
        except FileExistsError:
            raise _is_there(file) from None
        except OSError:  # a file system without links
            beside.rename(file)
    finally:
        os.close(handle)
        beside.unlink(missing_ok=True)


def _is_there(file: Path) -> ValueInvalid:
    return ValueInvalid(f"{file}: is there already; a backup never overwrites anything")


def _copy(database: Database, beside: Path) -> None:
    with database.read() as connection, closing(sqlite3.connect(beside)) as copy:
        source = connection.connection.driver_connection
        assert isinstance(source, sqlite3.Connection)
        try:
            source.backup(copy)
            # So that the copy is one file, whoever opens it to read.
            copy.execute("PRAGMA journal_mode = DELETE")
            said = [text for (text,) in copy.execute("PRAGMA integrity_check")]
        except sqlite3.Error as fault:
            raise DatabaseFailed(f"the backup was not made: {fault}") from fault
    if said != ["ok"]:
        raise DatabaseFailed(f"the backup was not made, because the copy is not whole: {said[0]}")


def _dump(url: URL, beside: Path) -> None:
    command = shutil.which("pg_dump")
    if command is None:
        raise DatabaseFailed(
            "the backup was not made: there is no program `pg_dump` on this machine; install PostgreSQL's client "
            "programs, of the server's version or later, or run there: pg_dump --format=custom --file=FILE NAME"
        )
    # A password is not for the list of processes.
    environment = os.environ | ({"PGPASSWORD": str(url.password)} if url.password is not None else {})
    address = url.set(drivername="postgresql", password=None).render_as_string()
    done = subprocess.run(
        [command, "--format=custom", f"--file={beside}", f"--dbname={address}"],
        capture_output=True,
        encoding="utf-8",
        errors="replace",
        env=environment,
        check=False,
    )
    if done.returncode:
        raise DatabaseFailed(f"the backup was not made: {done.stderr.strip()}")
