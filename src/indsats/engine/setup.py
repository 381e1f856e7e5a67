"""A database made ready: its tables, its keys, and read models that hold what the log says."""

import os
import time
from collections.abc import Sequence
from typing import NamedTuple

from sqlalchemy import Connection, exists, select

from indsats.engine.rebuilding import Advance, Rebuilt, is_unfilled, rebuild
from indsats.engine.unit import Parts
from indsats.errors import DatabaseNotReady, KeyMissing, ModelMissing, Refused
from indsats.store import tables
from indsats.store.citizen_keys import CONTENT_IDS, CitizenKeys
from indsats.store.connection import Database
from indsats.store.keys import EnvironmentKeys, FileKeys, Keys
from indsats.store.migrations import upgrade
from indsats.store.steps import MIGRATIONS, Migration

KEYS_VARIABLE = "INDSATS_KEYS"

_SECONDS_BETWEEN = 0.2
_IS_BARE = select(exists(select(tables.events.c.position)) & ~exists(select(tables.due.c.stream_key)))


class Prepared(NamedTuple):
    """The step that a database is at, those it was given now, and the rebuild if its log was older than its tables."""

    step: int
    steps: Sequence[Migration]
    rebuilt: Rebuilt | None


def default_keys(database: Database) -> Keys:
    """Where master keys are looked for: the environment, or for SQLite a file beside the database."""
    path = database.path
    if path is None or os.environ.get(KEYS_VARIABLE):
        return EnvironmentKeys(KEYS_VARIABLE)
    return FileKeys(path.with_name(path.name + ".key"))


def prepare(parts: Parts, advance: Advance | None = None) -> Prepared:
    """Make or upgrade the tables, and the file of keys if there is none; safe when two do it at once.

    Pathways that were recorded before there were read models get theirs by a rebuild. If a model of theirs is neither
    kept nor at hand, the tables are upgraded all the same, and `ModelMissing` says what is left to do.
    Raises `KeyMissing` rather than make a new key for a database that has lost its own.
    """
    with parts.database.write() as connection:
        steps = upgrade(connection)
        _make_key(connection, parts.keys)
        CitizenKeys(connection, parts.keys).make_for(CONTENT_IDS)
    try:
        return Prepared(len(MIGRATIONS), steps, _fill(parts, advance))
    except ModelMissing as missing:
        raise ModelMissing(
            f"{missing}\nthe tables are those of this version now, but there are pathways in no read model; "
            "run `indsats db rebuild --model FILE` with the file of that model"
        ) from missing


def require_filled(connection: Connection) -> None:
    """Raise `DatabaseNotReady` where an upgrade emptied the read models and did not come to filling them."""
    if connection.execute(_IS_BARE).scalar_one():
        raise DatabaseNotReady(
            "the read models are empty, and the log is not; run `indsats db upgrade` to its end first"
        )


def _fill(parts: Parts, advance: Advance | None) -> Rebuilt | None:
    """Rebuild if there are pathways in no read model; if somebody else does, wait for it."""
    while True:
        with parts.database.read() as connection:
            if not is_unfilled(connection):
                return None
        try:
            return rebuild(parts, advance)
        except Refused:
            time.sleep(_SECONDS_BETWEEN)


def _make_key(connection: Connection, keys: Keys) -> None:
    """In the transaction that makes the tables, so that of two at once one makes the key and the other finds it."""
    if not isinstance(keys, FileKeys) or keys.path.exists():
        return
    wrapped_under = connection.execute(select(tables.citizen_keys.c.master_key).distinct()).scalars().all()
    if wrapped_under:
        raise KeyMissing(
            f"there is no {keys.path}, and the database has keys that are wrapped under "
            f"{', '.join(sorted(wrapped_under))}; put the file of master keys there"
        )
    keys.create()
