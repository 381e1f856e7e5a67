"""A database made ready: its tables, its keys, and read models that hold what the log says."""

import os
from collections.abc import Sequence
from contextlib import suppress

from indsats.engine.unit import Parts
from indsats.store.citizen_keys import CONTENT_IDS, CitizenKeys
from indsats.store.connection import Database
from indsats.store.keys import EnvironmentKeys, FileKeys, Keys
from indsats.store.migrations import upgrade
from indsats.store.steps import Migration

KEYS_VARIABLE = "INDSATS_KEYS"


def default_keys(database: Database) -> Keys:
    """Where master keys are looked for: the environment, or for SQLite a file beside the database."""
    path = database.path
    if path is None or os.environ.get(KEYS_VARIABLE):
        return EnvironmentKeys(KEYS_VARIABLE)
    return FileKeys(path.with_name(path.name + ".key"))


def prepare(parts: Parts) -> Sequence[Migration]:
    """Make or upgrade the tables, and the file of keys if there is none; safe when two do it at once."""
    if isinstance(parts.keys, FileKeys) and not parts.keys.path.exists():
        with suppress(FileExistsError):  # another made it meanwhile
            parts.keys.create()
    with parts.database.write() as connection:
        steps = upgrade(connection)
        CitizenKeys(connection, parts.keys).make_for(CONTENT_IDS)
    return steps
