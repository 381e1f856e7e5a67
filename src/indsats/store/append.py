"""Adding events to the log: in the order of their commits, each chained to the one before it in its stream."""

from collections.abc import Iterator, Sequence, Set
from dataclasses import dataclass

from eventsourcing.persistence import DataError, IntegrityError, StoredEvent
from sqlalchemy import Connection, and_, bindparam, func, select

from indsats.store import tables
from indsats.store.chain import FIRST, event_hash
from indsats.store.rows import StoredRow, StreamOwner, WrappedKey, stored_instant

_AT_ONCE = 500

_INSERT_STREAM = (
    "INSERT INTO indsats_streams (stream, municipality, family, subject, subject_id) VALUES (?, ?, ?, ?, ?) "
    "ON CONFLICT DO NOTHING"
)
_INSERT_KEY = (
    "INSERT INTO indsats_citizen_keys (key_id, municipality, subject, subject_id, wrapped_key, master_key) "
    "VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING"
)
_INSERT_EVENT = (
    "INSERT INTO indsats_events (stream_key, version, name, state, recorded_at, stored_at, actor, role, command, "
    "model_digest, semantics, previous_hash, hash) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
)

_stream, _event = tables.streams.c, tables.events.c
_last = select(func.max(_event.version)).where(_event.stream_key == _stream.stream_key).correlate(tables.streams)
_HEADS = (
    select(_stream.stream, _stream.stream_key, _stream.municipality, _stream.subject, _event.version, _event.hash)
    .select_from(
        tables.streams.outerjoin(
            tables.events,
            and_(_event.stream_key == _stream.stream_key, _event.version == _last.scalar_subquery()),
        )
    )
    .where(_stream.stream.in_(bindparam("streams", expanding=True)))
)


@dataclass(slots=True)
class _Head:
    """A stream and its last event, of version None if there is none yet; it moves on with what is appended."""

    key: int
    municipality: str
    subject: str | None
    version: int | None
    hash: str


def append(connection: Connection, stored_events: Sequence[StoredEvent]) -> Sequence[int]:
    """Add events to their streams, in the order given; returns their positions in the log.

    Positions follow the order of commits: on PostgreSQL the table is locked for other writers until the transaction
    ends, so append last and commit at once.
    Raises the library's `IntegrityError`, before anything is sent, if an event is not the next of its stream.
    """
    lock_log(connection)
    streams = tuple(dict.fromkeys(str(event.originator_id) for event in stored_events))
    heads = dict(_heads(connection, streams))
    if len(heads) < len(streams):
        heads |= _open(connection, [event for event in stored_events if str(event.originator_id) not in heads])
    new_keys = {event.new_key for event in stored_events if isinstance(event, StoredRow) and event.new_key}
    if new_keys:
        _store_keys(connection, new_keys)
    _run(connection, _INSERT_EVENT, [_values(heads, event) for event in stored_events])
    last = connection.exec_driver_sql(
        "SELECT last_insert_rowid()"
        if connection.dialect.name == "sqlite"
        else "SELECT currval(pg_get_serial_sequence('indsats_events', 'position'))"
    ).scalar_one()
    # Nobody else can write meanwhile, so what was inserted together has consecutive positions.
    return range(last - len(stored_events) + 1, last + 1)


def lock_log(connection: Connection) -> None:
    """Wait for the writers before and keep others waiting until the transaction ends; SQLite does from its begin."""
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql("LOCK TABLE indsats_events IN EXCLUSIVE MODE")


def _heads(connection: Connection, streams: Sequence[str]) -> Iterator[tuple[str, _Head]]:
    for start in range(0, len(streams), _AT_ONCE):
        some = {"streams": streams[start : start + _AT_ONCE]}
        for name, key, municipality, subject, version, last_hash in connection.execute(_HEADS, some):
            yield name, _Head(key, municipality, subject, version, last_hash or FIRST)


def _open(connection: Connection, stored_events: Sequence[StoredEvent]) -> dict[str, _Head]:
    """Make the streams of events whose streams there are not."""
    owners: dict[str, tuple[str | None, ...]] = {}
    for event in stored_events:
        if (stream := str(event.originator_id)) not in owners:
            owners[stream] = _owner(event)
    _run(connection, _INSERT_STREAM, [(stream, *owner) for stream, owner in owners.items()])
    opened = dict(_heads(connection, tuple(owners)))
    for stream, owner in owners.items():
        if stream not in opened:
            municipality, family, subject, subject_id = owner
            raise IntegrityError(
                f"{subject} {subject_id} of municipality {municipality} has another stream in the family {family}"
            )
    return opened


def _owner(event: StoredEvent) -> StreamOwner | tuple[str | None, ...]:
    if not isinstance(event, StoredRow):
        return "", None, None, None
    return event.owner or (event.envelope.municipality, None, event.envelope.subject, None)


def _store_keys(connection: Connection, new_keys: Set[WrappedKey]) -> None:
    """Store what citizens' values were just sealed under."""
    _run(connection, _INSERT_KEY, list(new_keys))
    key = tables.citizen_keys.c
    stored = set(
        connection.execute(select(key.key_id).where(key.key_id.in_([new.key_id for new in new_keys]))).scalars()
    )
    for new in new_keys:
        if new.key_id not in stored:
            raise IntegrityError(
                f"{new.subject} {new.subject_id} of municipality {new.municipality} was given another key meanwhile"
            )


def _values(heads: dict[str, _Head], event: StoredEvent) -> tuple[str | int | None, ...]:
    """The row of an event after the head of its stream, which it then becomes."""
    stream, version = str(event.originator_id), event.originator_version
    head = heads[stream]
    if head.version is not None and version != head.version + 1:
        raise IntegrityError(f"stream {stream} has version {head.version}; version {version} does not follow it")
    try:
        state = event.state.decode()
    except UnicodeDecodeError as fault:
        raise DataError(f"stream {stream}, version {version}: the state is no text: {fault}") from fault
    envelope = _envelope(head, event)
    header = (head.municipality, head.subject, stream, version, event.topic, *envelope)
    this_hash = event_hash(header, event.state, head.hash)
    values = (head.key, version, event.topic, state, *envelope, head.hash, this_hash)
    head.version, head.hash = version, this_hash
    return values


def _envelope(head: _Head, event: StoredEvent) -> tuple[str | int | None, ...]:
    if not isinstance(event, StoredRow):
        return (None,) * 7
    envelope = event.envelope
    if (envelope.municipality, envelope.subject) != (head.municipality, head.subject):
        raise DataError(
            f"stream {envelope.stream} is of a {head.subject} of municipality {head.municipality}, but version "
            f"{envelope.version} says {envelope.subject} of municipality {envelope.municipality}"
        )
    recorded_at = stored_instant(envelope.recorded_at)
    return (
        recorded_at,
        recorded_at if envelope.stored_at is envelope.recorded_at else stored_instant(envelope.stored_at),
        envelope.actor,
        envelope.role,
        envelope.command,
        envelope.model_digest,
        envelope.semantics,
    )


def _run(connection: Connection, statement: str, rows: Sequence[tuple[str | int | None, ...]]) -> None:
    """Run a statement for many rows in the driver itself, which takes a third of the time."""
    connection.exec_driver_sql(statement if connection.dialect.name == "sqlite" else statement.replace("?", "%s"), rows)
