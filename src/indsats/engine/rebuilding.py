"""A rebuild: the read models made anew from the log, beside the live ones and while others write, then put in place."""

from collections.abc import Callable, Sequence
from typing import NamedTuple

from sqlalchemy import (
    BigInteger,
    Column,
    Connection,
    MetaData,
    Table,
    Text,
    bindparam,
    exists,
    func,
    or_,
    select,
    union,
)
from sqlalchemy.schema import CreateTable, DropTable

from indsats.engine.rederiving import Rederived, rederive, stream_keys
from indsats.engine.transactions import ATTEMPTS, failures_told
from indsats.engine.unit import Parts
from indsats.errors import ConcurrentChange, IndsatsError, Refused
from indsats.projections import swap, writer
from indsats.projections.tables import LIVE, PREFIX, read_models
from indsats.store import tables
from indsats.store.alone import alone
from indsats.store.append import lock_log
from indsats.store.connection import driver_sql
from indsats.store.rows import stored_instant

AT_ONCE = 250
"""So many pathways are written in one transaction; on SQLite other writers wait for it."""

# So many pathways that changed meanwhile can be caught up with while nobody else writes; with writers that are faster
# than a rebuild there are more after these rounds, and they wait.
_FEW = 50
_ROUNDS = 10

_SHADOW_PREFIX = PREFIX + "rebuild_"
_SHADOW = read_models(_SHADOW_PREFIX)

# Which streams are done, and as of which day.
_done_table = Table(
    _SHADOW_PREFIX + "due",
    MetaData(),
    Column("stream_key", BigInteger, primary_key=True, autoincrement=False),
    Column("synced_on", Text, nullable=False),
    Column("next_change", Text),
    Column("models", Text, nullable=False),
)
_NOTE_DONE = (
    "INSERT INTO indsats_rebuild_due (stream_key, synced_on, next_change, models) VALUES (?, ?, ?, ?) "
    "ON CONFLICT (stream_key) DO UPDATE SET synced_on = excluded.synced_on, next_change = excluded.next_change, "
    "models = excluded.models"
)
_PUT_DUE = (
    "INSERT INTO indsats_due (stream_key, municipality, next_change, synced_on, models, attempts) "
    "SELECT done.stream_key, streams.municipality, done.next_change, done.synced_on, done.models, 0 "
    "FROM indsats_rebuild_due AS done JOIN indsats_streams AS streams ON streams.stream_key = done.stream_key "
    "WHERE true ON CONFLICT (stream_key) "
    "DO UPDATE SET next_change = excluded.next_change, municipality = excluded.municipality, models = excluded.models "
    "WHERE indsats_due.next_change IS DISTINCT FROM excluded.next_change "
    "OR indsats_due.municipality <> excluded.municipality OR indsats_due.models <> excluded.models"
)
_event, _stream, _due, _done = tables.events.c, tables.streams.c, tables.due.c, _done_table.c
_LAST = select(func.coalesce(func.max(_event.position), 0))
_CHANGED = union(
    select(_event.stream_key).where(_event.position > bindparam("position")),
    # One that was swept without a finding has no new event.
    select(_due.stream_key)
    .outerjoin(_done_table, _done.stream_key == _due.stream_key)
    .where(or_(_done.stream_key.is_(None), _done.synced_on != _due.synced_on)),
)
_UNFILLED = (
    select(_stream.stream_key)
    .outerjoin(tables.due, _due.stream_key == _stream.stream_key)
    .where(
        _due.stream_key.is_(None),
        exists(select(_event.position).where(_event.stream_key == _stream.stream_key).correlate(tables.streams)),
    )
    .limit(1)
)

Advance = Callable[[int], None]
"""Is told of each so many pathways more that are done."""


class Rebuilt(NamedTuple):
    """What a rebuild made: of how many pathways, and how often one again because it changed meanwhile."""

    pathways: int
    caught_up: int


def is_unfilled(connection: Connection) -> bool:
    """Whether there are pathways that are in no read model, because they were recorded before there were any."""
    return connection.execute(_UNFILLED).first() is not None


def rebuild(parts: Parts, advance: Advance | None = None, *, at_once: int = AT_ONCE) -> Rebuilt:
    """Make the read models and the days of the next change anew; no event is appended.

    Others read and write meanwhile, but for a moment at the end. One that is interrupted leaves the live tables as they
    are, and the next one begins anew.
    Raises `Refused` while another rebuild is running, `ModelMissing`, `StoredEventUnreadable`, `DatabaseFailed`.
    """
    with failures_told(), alone(parts.database, "rebuild") as begin:
        if begin is None:
            raise Refused("another rebuild of this database is running; wait until it is done")
        try:
            return _rebuild(parts, advance, at_once)
        except IndsatsError:
            with parts.database.write() as connection:
                _drop(connection)
            raise


def _rebuild(parts: Parts, advance: Advance | None, at_once: int) -> Rebuilt:
    with parts.database.write() as connection:
        _drop(connection)
        swap.create(connection, _SHADOW)
        connection.execute(CreateTable(_done_table))
        position = connection.execute(_LAST).scalar_one()
    pathways, last = 0, 0
    while keys := _next(parts, last, at_once):
        pathways, last = pathways + _derive_beside(parts, keys, writer.insert), keys[-1]
        if advance is not None:
            advance(len(keys))
    caught_up = 0
    for _ in range(_ROUNDS):
        with parts.database.read() as connection:
            now_at = connection.execute(_LAST).scalar_one()
            changed = _changed(connection, position)
        if len(changed) <= _FEW:
            break
        for start in range(0, len(changed), at_once):
            caught_up += _derive_beside(parts, changed[start : start + at_once], writer.replace)
        position = now_at
    return Rebuilt(pathways, caught_up + _put_in_place(parts, position))


def _next(parts: Parts, after: int, at_most: int) -> Sequence[int]:
    with parts.database.read() as connection:
        return stream_keys(connection, after, at_most)


def _changed(connection: Connection, position: int) -> Sequence[int]:
    """The streams that were written to after a position, or swept since they were derived."""
    return sorted(connection.execute(_CHANGED, {"position": position}).scalars())


def _derive_beside(parts: Parts, keys: Sequence[int], write: Callable[..., None]) -> int:
    """Derive while others may write, and only then write, for as short as can be."""
    with parts.database.read() as connection:
        found = list(rederive(parts, connection, keys))
    with parts.database.write() as connection:
        _write(parts, connection, found, write)
    return len(found)


def _write(parts: Parts, connection: Connection, found: Sequence[Rederived], write: Callable[..., None]) -> None:
    write(connection, {one.key: one.rows for one in found}, _SHADOW)
    done = [
        (one.stream_key, one.synced_on.isoformat(), one.next_change and one.next_change.isoformat(), one.models)
        for one in found
    ]
    if done:
        driver_sql(connection, _NOTE_DONE, done)
    for digest in set[str]().union(*(one.models.split() for one in found)):
        parts.models.keep(connection, digest, stored_instant(parts.clock.now()))


def _put_in_place(parts: Parts, position: int) -> int:
    """Catch up and swap while nobody else writes; tried again if it waits for someone who waits for it."""
    for attempt in range(1, ATTEMPTS + 1):
        try:
            with failures_told(), parts.database.write() as connection:
                lock_log(connection)
                found = list(rederive(parts, connection, _changed(connection, position)))
                _write(parts, connection, found, writer.replace)
                swap.swap(connection, LIVE, _SHADOW)
                driver_sql(connection, _PUT_DUE)
                connection.execute(DropTable(_done_table))
            return len(found)
        except ConcurrentChange:
            if attempt == ATTEMPTS:
                raise
    raise AssertionError("the last attempt returns or raises")


def _drop(connection: Connection) -> None:
    swap.drop(connection, _SHADOW)
    connection.execute(DropTable(_done_table, if_exists=True))
