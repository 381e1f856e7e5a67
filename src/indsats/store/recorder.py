"""What the library `eventsourcing` asks of a recorder, for SQLite and PostgreSQL, also in a host's transaction."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from threading import Event as Flag
from typing import Any, NoReturn
from uuid import UUID

from eventsourcing import persistence
from eventsourcing.persistence import (
    IntegrityError,
    Notification,
    PersistenceError,
    ProcessRecorder,
    StoredEvent,
    Subscription,
    Tracking,
)
from sqlalchemy import Connection, Select, bindparam, exc, func, select

from indsats.domain.events import Envelope
from indsats.errors import StoredEventUnreadable
from indsats.store import tables
from indsats.store.append import append
from indsats.store.chain import ChainedEvent
from indsats.store.connection import Database, Host
from indsats.store.rows import StoredRow, read_instant

_stream, _event = tables.streams.c, tables.events.c
_joined = tables.events.join(tables.streams, _event.stream_key == _stream.stream_key)

ROWS: Select[*tuple[Any, ...]] = select(
    _stream.stream,
    _event.version,
    _event.name,
    _event.state,
    _stream.municipality,
    _stream.subject,
    _event.recorded_at,
    _event.stored_at,
    _event.actor,
    _event.role,
    _event.command,
    _event.model_digest,
    _event.semantics,
).select_from(_joined)
"""All rows of the log, as `stored_event` takes them."""

_STREAM = ROWS.where(_stream.stream == bindparam("stream")).order_by(_event.version)

_LOG = (
    ROWS.add_columns(_event.position)
    .where(_event.position > bindparam("after"))
    .order_by(_event.position)
    .limit(bindparam("at_most"))
)

_NOTIFICATIONS = select(_stream.stream, _event.version, _event.name, _event.state, _event.position).select_from(_joined)

_CHAINED: Select[*tuple[Any, ...]] = select(
    _stream.municipality,
    _stream.subject,
    _stream.stream,
    _event.version,
    _event.name,
    _event.recorded_at,
    _event.stored_at,
    _event.actor,
    _event.role,
    _event.command,
    _event.model_digest,
    _event.semantics,
    _event.state,
    _event.previous_hash,
    _event.hash,
).select_from(_joined)

_TRACK = (
    "INSERT INTO indsats_tracking (application, position) VALUES (?, ?) "
    "ON CONFLICT (application) DO UPDATE SET position = excluded.position "
    "WHERE indsats_tracking.position < excluded.position RETURNING position"
)


class Recorder(ProcessRecorder):
    """Writes stored events, reads them by stream and in the order of the log, and tracks how far others have read.

    Bound to a `host`, a connection or session, it works inside that transaction and neither commits nor rolls back.
    Faults of the database come as the library's exceptions, such as `IntegrityError` for a version that is taken.
    """

    def __init__(self, database: Database, host: Host | None = None) -> None:
        self._database = database
        self._host = host

    def bound_to(self, host: Host) -> "Recorder":
        """The same recorder inside the transaction of a host."""
        return Recorder(self._database, host)

    def insert_events(
        self,
        stored_events: Sequence[StoredEvent],
        *,
        tracking: Tracking | None = None,
        connection: Host | None = None,
        **kwargs: Any,
    ) -> Sequence[int]:
        """Append events to their streams and return their positions; all of them, with the tracking, or none.

        `connection`: the host's transaction, for this call alone.
        """
        if kwargs:
            raise TypeError(f"insert_events() has no argument {', '.join(kwargs)}")
        if not stored_events and tracking is None:
            return []
        with self._write(connection) as transaction:
            positions = append(transaction, stored_events) if stored_events else ()
            if tracking is not None:
                _track(transaction, tracking)
        return list(positions)

    def select_events(
        self,
        originator_id: UUID | str,
        *,
        gt: int | None = None,
        lte: int | None = None,
        desc: bool = False,
        limit: int | None = None,
    ) -> Sequence[StoredEvent]:
        """The events of a stream in the order of their versions, or backwards; `lte` is included, `gt` is not."""
        query = _STREAM
        if gt is not None:
            query = query.where(_event.version > gt)
        if lte is not None:
            query = query.where(_event.version <= lte)
        if desc:
            query = query.order_by(None).order_by(_event.version.desc())
        if limit is not None:
            query = query.limit(limit)
        with self._read() as transaction:
            return [stored_event(*row) for row in transaction.execute(query, {"stream": str(originator_id)})]

    def select_notifications(
        self,
        start: int | None,
        limit: int,
        stop: int | None = None,
        topics: Sequence[str] = (),
        *,
        inclusive_of_start: bool = True,
    ) -> Sequence[Notification]:
        """The events of all streams in the order of the log, at most `limit`; `stop` is included.

        Positions may have gaps, which are never filled afterwards.
        """
        query = _NOTIFICATIONS.order_by(_event.position).limit(limit)
        if start is not None:
            query = query.where(_event.position >= start if inclusive_of_start else _event.position > start)
        if stop is not None:
            query = query.where(_event.position <= stop)
        if topics:
            query = query.where(_event.name.in_(topics))
        with self._read() as transaction:
            return [
                Notification(stream, version, name, state.encode(), position)
                for stream, version, name, state, position in transaction.execute(query)
            ]

    def select_log(self, after: int, at_most: int) -> Sequence[tuple[int, StoredEvent]]:
        """The next events of all streams after a position, in the order of the log, each with its position."""
        with self._read() as transaction:
            rows = transaction.execute(_LOG, {"after": after, "at_most": at_most})
            return [(position, stored_event(*row)) for *row, position in rows]

    def max_notification_id(self) -> int | None:
        """The last position of the log, None if it is empty."""
        with self._read() as transaction:
            position: int | None = transaction.execute(select(func.max(_event.position))).scalar_one()
            return position

    def subscribe(self, gt: int | None = None, topics: Sequence[str] = ()) -> "PollingSubscription":
        """The events after position `gt`, then each new one as it comes, found by asking again and again."""
        return PollingSubscription(self, gt, topics)

    def insert_tracking(self, tracking: Tracking) -> None:
        """Note how far an application has read; only forwards, else `IntegrityError`."""
        with self._write() as transaction:
            _track(transaction, tracking)

    def max_tracking_id(self, application_name: str) -> int | None:
        """The position up to which an application has read, None if it has not begun."""
        tracking = tables.tracking.c
        with self._read() as transaction:
            query = select(tracking.position).where(tracking.application == application_name)
            return transaction.execute(query).scalar_one_or_none()

    def select_chained(self, stream: str) -> Sequence[ChainedEvent]:
        """The events of a stream as `verify_stream` takes them."""
        with self._read() as transaction:
            query = _CHAINED.where(_stream.stream == stream).order_by(_event.version)
            return [ChainedEvent(*row) for row in transaction.execute(query)]

    @contextmanager
    def _write(self, host: Host | None = None) -> Iterator[Connection]:
        try:
            with self._database.write(host or self._host) as transaction:
                yield transaction
        except exc.DBAPIError as fault:
            _raise_as_the_library_does(fault)

    @contextmanager
    def _read(self) -> Iterator[Connection]:
        try:
            with self._database.read(self._host) as transaction:
                yield transaction
        except exc.DBAPIError as fault:
            _raise_as_the_library_does(fault)


class PollingSubscription(Subscription[Recorder]):
    """An endless iterator over the log; `stop`, from any thread, ends it. It asks, so that no message can be lost."""

    _SECONDS_BETWEEN = 0.05
    _AT_ONCE = 500

    def __init__(self, recorder: Recorder, gt: int | None = None, topics: Sequence[str] = ()) -> None:
        super().__init__(recorder, gt, topics)
        self._stopped = Flag()
        self._found: Iterator[Notification] = iter(())

    def stop(self) -> None:
        """End the iteration; what was found but not given is not given any more."""
        super().stop()
        self._stopped.set()

    def __next__(self) -> Notification:
        while not self._stopped.is_set():
            if notification := next(self._found, None):
                self._last_notification_id = notification.id
                return notification
            found = self._recorder.select_notifications(
                self._last_notification_id, self._AT_ONCE, topics=self._topics, inclusive_of_start=False
            )
            self._found = iter(found)
            if not found:
                self._stopped.wait(self._SECONDS_BETWEEN)
        raise StopIteration


def stored_event(
    stream: str, version: int, name: str, state: str, municipality: str, subject: Any, *envelope: Any
) -> StoredEvent:
    """A row of the log as the library has it, with its envelope if it has one.

    Raises `StoredEventUnreadable` for half an envelope, or one with an instant that is none.
    """
    recorded_at, stored_at, actor, role, command, model_digest, semantics = envelope
    if None in envelope:
        if any(value is not None for value in envelope):
            raise StoredEventUnreadable(stream, version, "its envelope has gaps")
        return StoredEvent(stream, version, name, state.encode())
    try:
        whole = Envelope(
            stream=stream,
            version=version,
            municipality=municipality,
            subject=subject,
            recorded_at=read_instant(recorded_at),
            stored_at=read_instant(stored_at),
            actor=actor,
            role=role,
            command=command,
            model_digest=model_digest,
            semantics=semantics,
        )
    except ValueError as fault:
        raise StoredEventUnreadable(stream, version, f"its envelope: {fault}") from fault
    return StoredRow(stream, version, name, state.encode(), whole)


def _track(connection: Connection, tracking: Tracking) -> None:
    statement = _TRACK if connection.dialect.name == "sqlite" else _TRACK.replace("?", "%s")
    moved = connection.exec_driver_sql(statement, (tracking.application_name, tracking.notification_id))
    if moved.first() is None:
        raise IntegrityError(
            f"{tracking.application_name} has read past position {tracking.notification_id} or up to it already"
        )


def _raise_as_the_library_does(fault: exc.DBAPIError) -> NoReturn:
    """SQLAlchemy and the library name their exceptions after the same standard."""
    kind = getattr(persistence, type(fault).__name__, PersistenceError)
    raise kind(str(fault.orig)) from fault
