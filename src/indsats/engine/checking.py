"""The check: everything that can be made anew from the log is, and compared with what the database has; read only."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from typing import NamedTuple

from msgspec import MsgspecError
from sqlalchemy import Connection, bindparam, or_, select

from indsats.domain.events import FactAnnulled, ModelChanged
from indsats.engine.rebuilding import Advance
from indsats.engine.rederiving import Rederived, rederive, stream_keys
from indsats.engine.transactions import failures_told
from indsats.engine.unit import Parts
from indsats.errors import IndsatsError, ModelMissing, StoredEventUnreadable
from indsats.projections.differences import Difference, Value, differences, strays
from indsats.projections.rows import PathwayKey
from indsats.store import tables
from indsats.store.chain import verify_stream
from indsats.store.mapper import EventMapper
from indsats.store.recorder import ROWS, Recorder, stored_event

_AT_ONCE = 50
_DIFFERS = "a value differs"
_UNDERIVABLE = (IndsatsError, LookupError, TypeError, ValueError)

_stream, _event, _due, _id = tables.streams.c, tables.events.c, tables.due.c, tables.registrations.c
_OWNERS = select(
    _stream.stream_key, _stream.stream, _stream.municipality, _stream.family, _stream.subject, _stream.subject_id
).where(_stream.stream_key.in_(bindparam("keys", expanding=True)))
_DAYS = select(_due.stream_key, _due.municipality, _due.next_change, _due.models).where(
    _due.stream_key.in_(bindparam("keys", expanding=True))
)
_IDS = select(_id.stream_key, _id.municipality, _id.id).where(_id.stream_key.in_(bindparam("keys", expanding=True)))
_CHANGES = select(_event.stream_key, _event.name, _event.state).where(
    _event.stream_key.in_(bindparam("keys", expanding=True)),
    or_(_event.name.like("fact_annulled.%"), _event.name.like("model_changed.%")),
)
_SET_ASIDE = (
    select(
        _stream.municipality,
        _stream.family,
        _stream.subject,
        _stream.subject_id,
        _due.attempts,
        _due.retry_at,
        _due.fault,
    )
    .join(tables.streams, _stream.stream_key == _due.stream_key)
    .where(_due.attempts > 0)
    .order_by(_due.retry_at, _stream.stream_key)
)


class Fault(NamedTuple):
    """One thing that is not as it should be: where, and what.

    `table`: one of the read models, `indsats_due`, `indsats_registrations` or `indsats_events`; None for the file.
    `row` and `column` say where in the table; without a column, `what` says what is wrong with the row.
    """

    table: str | None
    pathway: PathwayKey | None
    what: str
    row: Mapping[str, Value]
    column: str | None = None
    found: Value = None
    expected: Value = None


class SetAside(NamedTuple):
    """A pathway at which the sweep failed: how often, when it is tried again, and why it failed."""

    pathway: PathwayKey
    attempts: int
    retry_at: str | None
    fault: str | None


class Checked(NamedTuple):
    """What a check saw: so many streams and events, the first faults of so many, and pathways set aside."""

    streams: int
    events: int
    faults: Sequence[Fault]
    faults_in_all: int
    set_aside: Sequence[SetAside]

    @property
    def ok(self) -> bool:
        """Whether there is no fault, and no pathway that the sweep fails at."""
        return not self.faults_in_all and not self.set_aside


def check(parts: Parts, advance: Advance | None = None, *, at_most: int = 100) -> Checked:
    """Compare what the database has with what its log says, as it stands at one instant while others write.

    The rows and days of each pathway are held to those that a rebuild would make, the ids to the events, and the chain
    of each stream is verified. `at_most` faults are given, and all are counted. Raises `DatabaseFailed`.
    """
    faults: list[Fault] = []
    streams = events = last = 0
    with failures_told(), _snapshot(parts) as connection:
        faults += (*_file_faults(connection), *map(_told, strays(connection, tables.streams)))
        count = len(faults)
        while keys := stream_keys(connection, last, _AT_ONCE):
            last = keys[-1]
            seen = _Streams(parts, connection, keys)
            for fault in seen.faults():
                count += 1
                if len(faults) < at_most:
                    faults.append(fault)
            streams, events = streams + len(keys), events + seen.events
            if advance is not None:
                advance(len(keys))
        aside = [SetAside(PathwayKey(*row[:4]), *row[4:]) for row in connection.execute(_SET_ASIDE)]
    return Checked(streams, events, faults[:at_most], count, aside)


class _Streams:
    """Some streams, looked at together."""

    def __init__(self, parts: Parts, connection: Connection, keys: Sequence[int]) -> None:
        self._parts = parts
        self._connection = connection
        self._keys = keys
        self._recorder = Recorder(parts.database, connection)
        self._owners = {row.stream_key: row for row in connection.execute(_OWNERS, {"keys": keys})}
        self.events = 0

    def faults(self) -> Iterator[Fault]:
        """All faults of these streams."""
        for key in self._keys:
            yield from self._chain_faults(key)
        found: list[Rederived] = []
        yield from self._derived(found)
        yield from map(_told, differences(self._connection, {one.key: one.rows for one in found}))
        yield from self._due_faults(found)
        yield from self._id_faults(found)

    def _pathway(self, stream_key: int) -> PathwayKey | None:
        row = self._owners[stream_key]
        return None if row.family is None else PathwayKey(row.municipality, row.family, row.subject, row.subject_id)

    def _chain_faults(self, stream_key: int) -> Iterator[Fault]:
        chained = self._recorder.select_chained(self._owners[stream_key].stream)
        self.events += len(chained)
        for fault in verify_stream(chained):
            yield self._event_fault(stream_key, fault.version, fault.what)

    def _event_fault(self, stream_key: int, version: int, what: str) -> Fault:
        row = {"stream": self._owners[stream_key].stream, "version": version}
        return Fault("indsats_events", self._pathway(stream_key), what, row)

    def _derived(self, found: list[Rederived]) -> Iterator[Fault]:
        """Derive all of them at once, or, if one cannot be, each by itself, so that every such fault is told."""
        try:
            found += rederive(self._parts, self._connection, self._keys)
        except _UNDERIVABLE:
            found.clear()
            for key in self._keys:
                try:
                    found += rederive(self._parts, self._connection, [key])
                except StoredEventUnreadable:
                    yield from self._unreadable(key)
                except ModelMissing as missing:
                    yield Fault(None, self._pathway(key), str(missing), {})
                except _UNDERIVABLE as fault:
                    yield Fault("indsats_events", self._pathway(key), f"its events do not follow: {fault!r}", {})

    def _unreadable(self, stream_key: int) -> Iterator[Fault]:
        mapper = EventMapper()
        rows = ROWS.where(_event.stream_key == stream_key).order_by(_event.version)
        for row in self._connection.execute(rows):
            try:
                mapper.to_domain_event(stored_event(*row))
            except StoredEventUnreadable as unreadable:
                yield self._event_fault(stream_key, unreadable.version, unreadable.reason)

    def _due_faults(self, found: Sequence[Rederived]) -> Iterator[Fault]:
        days = {row.stream_key: row for row in self._connection.execute(_DAYS, {"keys": self._keys})}
        for one in found:
            row = {"stream": self._owners[one.stream_key].stream}
            if (due := days.get(one.stream_key)) is None:
                yield Fault("indsats_due", one.key, "a row is missing", row)
                continue
            next_change = None if one.next_change is None else one.next_change.isoformat()
            for column, is_, should_be in (
                ("municipality", due.municipality, one.key.municipality),
                ("next_change", due.next_change, next_change),
                ("models", due.models, one.models),
            ):
                if is_ != should_be:
                    yield Fault("indsats_due", one.key, _DIFFERS, row, column, is_, should_be)

    def _id_faults(self, found: Sequence[Rederived]) -> Iterator[Fault]:
        kept = defaultdict(set)
        for key, municipality, registered in self._connection.execute(_IDS, {"keys": self._keys}):
            kept[key].add((municipality, registered))
        given = self._ids_of_changes()
        for one in found:
            ids = {(one.key.municipality, id_) for id_ in (*one.pathway.facts, *given[one.stream_key])}
            for municipality, id_ in sorted(ids ^ kept[one.stream_key]):
                what = "a row is missing" if (municipality, id_) in ids else "no event has this id"
                yield Fault("indsats_registrations", one.key, what, {"municipality": municipality, "id": id_})

    def _ids_of_changes(self) -> Mapping[int, set[str]]:
        """The ids that annulments and changes of model have, by stream."""
        ids: dict[int, set[str]] = defaultdict(set)
        decoders = EventMapper().decoders
        for key, name, state in self._connection.execute(_CHANGES, {"keys": self._keys}):
            if name in decoders:
                with suppress(MsgspecError, ValueError):  # told of already
                    body = decoders[name](state)
                    if isinstance(body, FactAnnulled | ModelChanged):
                        ids[key].add(body.id)
        return ids


def _told(difference: Difference) -> Fault:
    what = _DIFFERS
    if difference.column is None:
        what = "a row is missing" if difference.expected else "a row is too many"
        return Fault(difference.table, difference.key, what, difference.row)
    return Fault(
        difference.table, difference.key, what, difference.row, difference.column, difference.found, difference.expected
    )


def _file_faults(connection: Connection) -> Iterator[Fault]:
    """What SQLite itself finds wrong with its file, such as an index that lacks a row."""
    if connection.dialect.name == "sqlite":
        for (said,) in connection.exec_driver_sql("PRAGMA integrity_check"):
            if said != "ok":
                yield Fault(None, None, said, {})


@contextmanager
def _snapshot(parts: Parts) -> Iterator[Connection]:
    """A transaction that sees one state of the database throughout, as every one of SQLite does."""
    with parts.database.read() as connection:
        if connection.dialect.name == "postgresql":
            connection.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
        yield connection
