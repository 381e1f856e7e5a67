"""The unit of work: one transaction in which pathways are folded, decide, and are saved with their read models."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from functools import partial
from typing import NamedTuple

from eventsourcing.persistence import EventStore
from sqlalchemy import Connection, bindparam, select

from indsats.clock import Clock
from indsats.domain.events import (
    BreachWithdrawn,
    DeadlineBreached,
    Event,
    FactAnnulled,
    FactRecorded,
    ModelChanged,
    ModelPinned,
)
from indsats.domain.ledger import IsFull
from indsats.domain.model import Model
from indsats.domain.obligations import Derivation
from indsats.domain.pathway import Pathway
from indsats.engine.results import Found
from indsats.errors import DatabaseNotReady, FactRefused, ModelInvalid, ModelMissing
from indsats.models.kpi_form import kpis_of
from indsats.projections import writer
from indsats.projections.asked import Asked
from indsats.projections.due import DueTable
from indsats.projections.facts import Named, named_by
from indsats.projections.limits import Rooms, named_by_limits
from indsats.projections.rows import PathwayKey, Rows, rows_of
from indsats.store import outbox, tables
from indsats.store.append import lock_log
from indsats.store.citizen_keys import CONTENT_IDS, CitizenKeys
from indsats.store.connection import Database, driver_sql
from indsats.store.fold import fold_one, fold_some
from indsats.store.keys import Keys
from indsats.store.mapper import EventMapper
from indsats.store.recorder import Recorder
from indsats.store.rows import stored_instant
from indsats.store.sealing import Sealing
from indsats.store.stored_models import StoredModels

_STREAM = "SELECT stream FROM indsats_streams WHERE municipality = ? AND family = ? AND subject = ? AND subject_id = ?"
_KEEP_ID = (
    "INSERT INTO indsats_registrations (municipality, id, stream_key) "
    "SELECT municipality, ?, stream_key FROM indsats_streams WHERE stream = ?"
)
_id, _name = tables.registrations.c, tables.streams.c
_TAKEN = (
    select(_id.id, _name.stream)
    .join(tables.streams, _name.stream_key == _id.stream_key)
    .where(_id.municipality == bindparam("municipality"), _id.id.in_(bindparam("ids", expanding=True)))
)
_STREAMS = select(_name.stream, _name.subject, _name.subject_id).where(
    _name.municipality == bindparam("municipality"),
    _name.family == bindparam("family"),
    _name.subject_id.in_(bindparam("ids", expanding=True)),
)
_event = tables.events.c
_AFTER = (
    select(_event.version, _event.name, _event.actor, _event.role, _event.recorded_at)
    .join(tables.streams, _name.stream_key == _event.stream_key)
    .where(_name.stream == bindparam("stream"), _event.version > bindparam("version"))
    .order_by(_event.version)
)
_IDS_AT_ONCE = 500


class Saved(NamedTuple):
    """What was found while pathways were saved."""

    breaches: Sequence[Found]
    withdrawals: Sequence[Found]


class Parts:
    """What the units of work of one engine are made with."""

    def __init__(self, database: Database, clock: Clock, models: StoredModels, keys: Keys) -> None:
        self.database = database
        self.clock = clock
        self.models = models
        self.keys = keys
        self.rooms = Rooms()
        self._named: dict[str, Named] = {}
        self._content_key: bytes | None = None

    def content_key(self, connection: Connection) -> bytes:
        """The key under which ids are made of contents in this database. Raises `DatabaseNotReady` if it has none."""
        if self._content_key is None:
            key = CitizenKeys(connection, self.keys).of(CONTENT_IDS)
            if key.wrapped is not None:
                raise DatabaseNotReady("the database has no key for the ids of facts; run `indsats db upgrade` first")
            self._content_key = key.secret
        return self._content_key

    def named_under(self, model: Model) -> Named:
        """The facts that have rows under a model: those that its key figures and limits name."""
        if model.digest not in self._named:
            by_limits = named_by_limits(self.rooms.limits(model).values())
            self._named[model.digest] = named_by(kpis_of(model).values()).and_also(by_limits)
        return self._named[model.digest]

    def kept(self, connection: Connection, municipality: str, family: str, needed: Named) -> frozenset[Asked] | None:
        """The conditions for which the rows of all pathways of a family have marks; None if some lack facts needed.

        They are made for the figures and limits of each pathway's own model, which need not be those that are asked.
        """
        kept = needed.asked
        for digests in DueTable(connection, [municipality]).models():
            try:
                models = [self.models[digest] for digest in digests]
            except (ModelInvalid, ModelMissing):  # whoever needs it will be told when its pathways are derived
                return None
            if models[-1].family == family:
                named = self.named_under(models[-1])
                if not named.covers(needed, {kind for model in models for kind in model.facts}):
                    return None
                kept &= named.asked
        return kept

    def fold(self, connection: Connection, key: PathwayKey, *, sealing: bool = False) -> Pathway | None:
        """The pathway of a citizen or other subject as it is stored, None if there is none; to be read only."""
        stream: str | None = driver_sql(connection, _STREAM, tuple(key)).scalar_one_or_none()
        mapper = EventMapper(Sealing(CitizenKeys(connection, self.keys), self.models) if sealing else None)
        return None if stream is None else fold_one(connection, mapper, stream)

    def rows_of(self, derivation: Derivation, also: Named | None = None, asker: Model | None = None) -> Rows:
        """The rows of one pathway in the read models; and of what is named `also`, by the asker's model."""
        named = self.named_under(derivation.timeline.model)
        return rows_of(derivation, named if also is None else named.and_also(also), asker)


class UnitOfWork:
    """One writing transaction. From its beginning no other writes, so that what it reads stays as it is.

    `now` is the clock's instant once the writers before were through: instants follow the order of the commits.
    Without `sealing` it reads and adds nothing personal, and needs no keys. While `reading` others write, and nothing
    can be saved.
    """

    def __init__(self, connection: Connection, parts: Parts, *, sealing: bool = True, reading: bool = False) -> None:
        if not reading:
            lock_log(connection)
        self.connection = connection
        self.now: datetime = parts.clock.now()
        self.queue = DueTable(connection)
        self._parts = parts
        self._keys = CitizenKeys(connection, parts.keys)
        self._mapper = EventMapper(Sealing(self._keys, parts.models) if sealing else None)
        self._events = EventStore(self._mapper, Recorder(parts.database, connection))

    def stream_of(self, key: PathwayKey) -> str | None:
        """The stream of a citizen or other subject, None if there is none yet."""
        stream: str | None = driver_sql(self.connection, _STREAM, tuple(key)).scalar_one_or_none()
        return stream

    def pathway(self, stream: str) -> Pathway:
        """The pathway of a stream that there is."""
        pathway = fold_one(self.connection, self._mapper, stream)
        assert pathway is not None, "a stream has its first event"
        return pathway

    def pathways(self, keys: Iterable[PathwayKey]) -> dict[PathwayKey, Pathway]:
        """The pathways that there are of citizens and other subjects, all of one municipality and family."""
        wanted = {(key.subject, key.citizen): key for key in keys}
        streams: dict[str, PathwayKey] = {}
        subjects = list(wanted)
        for start in range(0, len(subjects), _IDS_AT_ONCE):
            some = subjects[start : start + _IDS_AT_ONCE]
            first = wanted[some[0]]
            asked = {"municipality": first.municipality, "family": first.family, "ids": [name for _, name in some]}
            for stream, subject, name in self.connection.execute(_STREAMS, asked):
                if (subject, name) in wanted:
                    streams[stream] = wanted[subject, name]
        return {streams[name]: pathway for name, pathway in fold_some(self.connection, self._mapper, streams).items()}

    def events_after(self, stream: str, version: int) -> list[str]:
        """What was appended to a stream after a version, in words."""
        rows = self.connection.execute(_AFTER, {"stream": stream, "version": version})
        return [f"version {number}: {name} by {actor} ({role}) at {at}" for number, name, actor, role, at in rows]

    def taken(self, municipality: str, ids: Sequence[str]) -> Mapping[str, str]:
        """The streams of the ids that were registered before."""
        taken: dict[str, str] = {}
        for start in range(0, len(ids), _IDS_AT_ONCE):
            asked = {"municipality": municipality, "ids": ids[start : start + _IDS_AT_ONCE]}
            for fact_id, stream in self.connection.execute(_TAKEN, asked):
                taken[fact_id] = stream
        return taken

    def refuse_taken(self, pathway: Pathway, ids: Sequence[str], taken: Mapping[str, str] | None = None) -> None:
        """Raise `FactRefused` for an id that belongs to another pathway of the municipality."""
        found = self.taken(pathway.municipality, ids) if taken is None else taken
        for fact_id in ids:
            if found.get(fact_id, pathway.stream) != pathway.stream:
                raise FactRefused(
                    f"the id {fact_id!r} is that of a fact of another pathway in municipality {pathway.municipality}"
                )

    def is_full(self, municipality: str) -> IsFull:
        """What tells whether a limit was full in a municipality, as far as is saved."""
        return partial(self._parts.rooms.is_full, self.connection, municipality)

    def save(self, pathways: Sequence[Pathway], *, are_new: bool = False) -> Saved:
        """Append what the pathways decided, and make their read models and the queue agree with their last sync."""
        events = [event for pathway in pathways for event in pathway.collect_events()]
        self._events.put(events)
        by_stream = {pathway.stream: pathway for pathway in pathways}
        outbox.put(self.connection, events, by_stream)
        self._keep_ids(events)
        self._keep_models(events)
        rows = {}
        for pathway in pathways:
            derived = pathway.derived
            assert derived is not None, "a pathway is synced before it is saved"
            rows[key_of(pathway)] = self._parts.rows_of(derived)
            self.queue.put(pathway.stream, derived.next_change, derived.timeline.as_of, models_of(pathway, derived))
        (writer.insert if are_new else writer.replace)(self.connection, rows)
        breaches: list[Found] = []
        withdrawals: list[Found] = []
        for event in events:
            if isinstance(body := event.body, DeadlineBreached | BreachWithdrawn):
                found = Found(by_stream[event.originator_id].citizen, event.envelope.municipality, body)
                (breaches if isinstance(body, DeadlineBreached) else withdrawals).append(found)
        return Saved(breaches, withdrawals)

    def _keep_ids(self, events: Iterable[Event]) -> None:
        ids = [
            (event.body.fact if isinstance(event.body, FactRecorded) else event.body.id, event.originator_id)
            for event in events
            if isinstance(event.body, FactRecorded | FactAnnulled | ModelChanged)
        ]
        if ids:
            driver_sql(self.connection, _KEEP_ID, ids)

    def _keep_models(self, events: Iterable[Event]) -> None:
        digests = {event.body.digest for event in events if isinstance(event.body, ModelPinned | ModelChanged)}
        for digest in digests:
            self._parts.models.keep(self.connection, digest, stored_instant(self.now))


def models_of(pathway: Pathway, derivation: Derivation) -> str:
    """The digests of a pathway's models, that of what was derived last."""
    last = derivation.timeline.model.digest
    return " ".join([*(digest for digest in pathway.digests if digest != last), last])


def key_of(pathway: Pathway) -> PathwayKey:
    """Whose rows a pathway has."""
    return PathwayKey(pathway.municipality, pathway.family, pathway.subject, pathway.citizen)
