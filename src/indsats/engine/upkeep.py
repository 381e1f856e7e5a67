"""What a database holds, told in figures, and its master key exchanged for a new one."""

from collections.abc import Sequence
from datetime import date
from typing import NamedTuple

from sqlalchemy import Connection, func, select

from indsats.domain.calendar import local_day
from indsats.engine.transactions import failures_told
from indsats.engine.unit import Parts
from indsats.errors import KeyMissing
from indsats.projections.tables import obligations
from indsats.store import tables
from indsats.store.append import lock_log
from indsats.store.citizen_keys import rotate_master_key
from indsats.store.keys import FileKeys
from indsats.store.migrations import applied

_event, _due, _key = tables.events.c, tables.due.c, tables.citizen_keys.c


class ModelInUse(NamedTuple):
    """A model that the database has kept, and since when."""

    model: str
    digest: str
    first_used_at: str


class Info(NamedTuple):
    """A database in figures.

    `open_obligations` were so when their pathways were last looked at. `due_pathways` are those that a sweep would look
    at now, `oldest_due` is the earliest of their days. `size` is in bytes. `keys` are the fingerprints of the master
    keys at hand, `wrapped_under` those of the keys that something is sealed under.
    """

    database: str
    engine: str
    step: int
    streams: int
    events: int
    facts: int
    open_obligations: int
    last_position: int
    due_pathways: int
    oldest_due: date | None
    set_aside: int
    size: int
    models: Sequence[ModelInUse]
    keys: Sequence[str]
    wrapped_under: Sequence[str]

    @property
    def ok(self) -> bool:
        """Whether everything that is sealed can be opened."""
        return set(self.wrapped_under) <= set(self.keys)


def streams_in(parts: Parts) -> int:
    """How many streams there are, for whoever shows how far something has come."""
    with failures_told(), parts.database.read() as connection:
        return connection.execute(select(func.count()).select_from(tables.streams)).scalar_one()


def info(parts: Parts) -> Info:
    """The figures of a database as they stand now. Raises `DatabaseFailed`."""
    today = local_day(parts.clock.now()).isoformat()
    with failures_told(), parts.database.read() as connection:

        def count(query: object) -> int:
            return int(connection.execute(query).scalar_one() or 0)  # type: ignore[call-overload]

        is_due = _due.next_change <= today
        oldest = connection.execute(select(func.min(_due.next_change)).where(is_due)).scalar_one()
        kept = select(tables.models.c.model, tables.models.c.digest, tables.models.c.first_used_at)
        wrapped = connection.execute(select(_key.master_key).distinct().order_by(_key.master_key)).scalars().all()
        return Info(
            database=str(parts.database.path or parts.database.engine.url),
            engine=_engine(connection),
            step=applied(connection),
            streams=count(select(func.count()).select_from(tables.streams)),
            events=count(select(func.count()).select_from(tables.events)),
            facts=count(select(func.count()).where(_event.name.like("fact_recorded.%"))),
            open_obligations=count(select(func.count()).where(obligations.c.status == "open")),
            last_position=count(select(func.max(_event.position))),
            due_pathways=count(select(func.count()).where(is_due)),
            oldest_due=None if oldest is None else date.fromisoformat(oldest),
            set_aside=count(select(func.count()).where(_due.attempts > 0)),
            size=_size(connection),
            models=[ModelInUse(*row) for row in connection.execute(kept.order_by(tables.models.c.first_used_at))],
            keys=_at_hand(parts),
            wrapped_under=wrapped,
        )


def _engine(connection: Connection) -> str:
    version = ".".join(map(str, connection.dialect.server_version_info or ()))
    return f"{connection.dialect.name} {version}"


def _size(connection: Connection) -> int:
    if connection.dialect.name == "sqlite":
        pages, size = (
            connection.exec_driver_sql(f"PRAGMA {what}").scalar_one() for what in ("page_count", "page_size")
        )
        return int(pages * size)
    return int(connection.execute(select(func.pg_database_size(func.current_database()))).scalar_one())


def _at_hand(parts: Parts) -> Sequence[str]:
    try:
        return [key.fingerprint for key in parts.keys.masters()]
    except KeyMissing:
        return []


class Rotated(NamedTuple):
    """The fingerprint of the master key that everything is wrapped under now, how many keys were wrapped anew.

    `forgotten` are the old master keys that the file no longer has, `to_remove` those that are still to be taken out of
    the environment.
    """

    key: str
    rewrapped: int
    forgotten: Sequence[str]
    to_remove: Sequence[str]


def rotate_key(parts: Parts) -> Rotated:
    """Wrap the keys of all citizens under a new master key, and forget the old one; what is sealed stays as it is.

    A file of keys that has several is that of a rotation that was interrupted, which is gone on with. Environment
    variables cannot be changed from here: of theirs the first must be the new one, and the others are for its owner to
    remove.
    Raises `KeyMissing`, and nothing is forgotten then; `DatabaseFailed`.
    """
    keys = parts.keys
    if len(keys.masters()) == 1:
        if not isinstance(keys, FileKeys):
            raise KeyMissing(
                "the master key stands in an environment variable, which is not to be changed from here: put a new key "
                "(32 random bytes as base64) before the present one, with a space between, and give this command again"
            )
        keys.add()
    current, *old = (key.fingerprint for key in keys.masters())
    with failures_told(), parts.database.write() as connection:
        # Nobody may seal under the old key any more when this is done; who began before is waited for.
        lock_log(connection)
        rewrapped = rotate_master_key(connection, keys)
    if not isinstance(keys, FileKeys):
        return Rotated(current, rewrapped, (), old)
    keys.forget_old()
    return Rotated(current, rewrapped, old, ())
