"""Pathways folded from their stored streams, without an object for each row on the way.

They are what `EventMapper` and `project` make of the same rows, with the same errors, in a fraction of the time.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from itertools import islice
from typing import TypeVar

from msgspec import MsgspecError
from sqlalchemy import Connection, exc, select

from indsats.domain.events import Subject
from indsats.domain.pathway import Pathway
from indsats.store import tables
from indsats.store.mapper import EventMapper
from indsats.store.recorder import ROWS, stored_event
from indsats.store.rows import read_instant
from indsats.store.sealing import SEALED

_NAMES_AT_ONCE = 500
# All rows of so many streams are in memory at once, and no more; with more, the processor waits for its memory.
_STREAMS_AT_ONCE = 10

_HEADS = "SELECT stream_key, stream, municipality, subject FROM indsats_streams WHERE "

# The last column is null where nothing more needs to be looked at: the envelope is whole, and has one instant only.
_EVENTS = """
SELECT stream_key, version, name, state, recorded_at,
  CASE WHEN stored_at = recorded_at AND actor IS NOT NULL AND role IS NOT NULL AND command IS NOT NULL
    AND model_digest IS NOT NULL AND semantics IS NOT NULL THEN NULL
  WHEN actor IS NULL OR role IS NULL OR command IS NULL OR model_digest IS NULL OR semantics IS NULL THEN ''
  ELSE coalesce(stored_at, '') END
FROM indsats_events WHERE """
_IN_ORDER = " ORDER BY stream_key, version"

_stream, _event = tables.streams.c, tables.events.c

_T = TypeVar("_T")
_Head = tuple[str, str, Subject]
_Row = tuple[int, int, str, str, str, str | None]


def fold_streams(
    connection: Connection,
    mapper: EventMapper,
    keys: range | None = None,
    *,
    municipality: str | None = None,
    family: str | None = None,
    subject: Subject | None = None,
) -> Iterator[Pathway]:
    """Every pathway by its stream's key, some streams at a time; those opened after the first is given are left out.

    `keys`: only those streams. No cursor is open between two pathways, so that the connection is free for other work.
    Raises `StoredEventUnreadable` as `EventMapper.to_domain_event` does.
    """
    query = select(_stream.stream_key).order_by(_stream.stream_key)
    if keys is not None:
        query = query.where(_stream.stream_key >= keys.start, _stream.stream_key < keys.stop)
    wanted = {_stream.municipality: municipality, _stream.family: family, _stream.subject: subject}
    query = query.where(*(column == value for column, value in wanted.items() if value is not None))
    for some in _chunks(connection.execute(query).scalars().all(), _NAMES_AT_ONCE):
        yield from _fold(connection, mapper, _heads(connection, "stream_key", some))


def fold_some(connection: Connection, mapper: EventMapper, streams: Iterable[str]) -> dict[str, Pathway]:
    """The pathways of streams by name; a stream that has no events is left out."""
    return {
        pathway.stream: pathway
        for names in _chunks(streams, _NAMES_AT_ONCE)
        for pathway in _fold(connection, mapper, _heads(connection, "stream", names))
    }


def fold_one(connection: Connection, mapper: EventMapper, stream: str) -> Pathway | None:
    """The pathway of one stream, None if it has no events."""
    return next(_fold(connection, mapper, _heads(connection, "stream", (stream,))), None)


def _heads(connection: Connection, column: str, values: Sequence[str] | Sequence[int]) -> dict[int, _Head]:
    """Stream, municipality and kind of subject by key."""
    condition, parameters = _among(connection, column, values)
    rows = connection.exec_driver_sql(_HEADS + condition, parameters)
    return {key: (stream, municipality, subject) for key, stream, municipality, subject in rows}


def _fold(connection: Connection, mapper: EventMapper, heads: Mapping[int, _Head]) -> Iterator[Pathway]:
    """The pathways of streams by key; a stream that has no events is left out."""
    for keys in _chunks(heads, _STREAMS_AT_ONCE):
        yield from _fold_rows(connection, mapper, heads, _rows(connection, keys))


def _fold_rows(
    connection: Connection, mapper: EventMapper, heads: Mapping[int, _Head], rows: Iterable[_Row]
) -> Iterator[Pathway]:
    decoders, sealing, instant = mapper.decoders, mapper.sealing, datetime.fromisoformat
    pathway, last_key = None, None
    try:
        for key, version, name, state, recorded_at, unlike in rows:
            if key != last_key:
                if pathway is not None:
                    yield pathway  # and forget it: collecting the garbage of many costs more than the fold
                pathway = Pathway(*heads[key])
                take, last_key = pathway.take, key
            body = decoders[name](state)
            if sealing is not None and SEALED in state:
                body = sealing.open(heads[key][0], version, body)
            if unlike is not None:
                read_instant(unlike)
            take(body, version, instant(recorded_at))
    except (KeyError, TypeError, ValueError, MsgspecError):
        _tell(connection, mapper, heads[key][0], version)
        raise
    if pathway is not None:
        yield pathway


def _tell(connection: Connection, mapper: EventMapper, stream: str, version: int) -> None:
    """Read one event with all that belongs to it, so that its fault is raised with its place and reason."""
    row = connection.execute(ROWS.where(_stream.stream == stream, _event.version == version)).one()
    mapper.to_domain_event(stored_event(*row))


def _rows(connection: Connection, keys: Sequence[int]) -> Sequence[_Row]:
    """The events of streams as the driver has them; its faults come as those of SQLAlchemy."""
    condition, parameters = _among(connection, "stream_key", keys)
    statement = _EVENTS + condition + _IN_ORDER
    result, driver = connection.exec_driver_sql(statement, parameters), connection.dialect.loaded_dbapi
    assert result.cursor is not None, "a query has rows"
    try:
        return result.cursor.fetchall()
    except driver.Error as fault:
        raise exc.DBAPIError.instance(statement, parameters, fault, driver.Error, dialect=connection.dialect) from fault
    finally:
        result.close()


def _among(
    connection: Connection, column: str, values: Sequence[str] | Sequence[int]
) -> tuple[str, tuple[object, ...]]:
    """A condition in the driver's own form, and its parameters."""
    if connection.dialect.name == "postgresql":
        return f"{column} = ANY (%s)", (list(values),)
    return f"{column} IN ({', '.join('?' * len(values))})", tuple(values)


def _chunks(values: Iterable[_T], size: int) -> Iterator[tuple[_T, ...]]:
    remaining = iter(values)
    return iter(lambda: tuple(islice(remaining, size)), ())
