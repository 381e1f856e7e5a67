"""The engine of a replay: the commands of the durable one, on streams that are kept in memory and gone afterwards."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime
from functools import partial
from uuid import uuid4

from eventsourcing.application import Application

from indsats.clock import Clock
from indsats.domain.calendar import local_day
from indsats.domain.events import Body, BreachWithdrawn, DeadlineBreached, Event, Subject
from indsats.domain.model import Model
from indsats.domain.pathway import Pathway, Registration, Signature, Stamp, project
from indsats.engine.results import Swept, View
from indsats.projections.due import HeapQueue, SweepQueue
from indsats.projections.rooms import RoomsInMemory
from indsats.projections.rows import PathwayKey
from indsats.store.mapper import EventMapper

_SCHEDULER = "scheduler"


class _Streams(Application[str]):
    """The event store, with this project's own mapper; the library's environment variables do not reach it."""

    name = "indsats"

    def __init__(self) -> None:
        super().__init__(env={"PERSISTENCE_MODULE": "eventsourcing.popo", "IS_SNAPSHOTTING_ENABLED": "n"})

    def construct_mapper(self) -> EventMapper:
        return EventMapper()


class MemoryEngine:
    """Records facts, sweeps for deadlines, answers what is owed. The clock is a parameter; nothing here is global.

    `model` is what new pathways are pinned to; `others` are models that a pathway can move to.
    """

    def __init__(self, model: Model, clock: Clock, municipality: str, others: Iterable[Model] = ()) -> None:
        self.model = model
        self.municipality = municipality
        self.models = {known.digest: known for known in (model, *others)}
        self._clock = clock
        self._streams = _Streams()
        self._queue: SweepQueue = HeapQueue()
        self._directory: dict[tuple[Subject, str, str], str] = {}
        self._rooms = RoomsInMemory(self.models.values())

    def record(
        self,
        subject_id: str,
        registrations: Sequence[Registration],
        *,
        actor: str,
        role: str,
        subject: Subject | None = None,
        municipality: str | None = None,
        signatures: Sequence[Signature] = (),
        late: bool = False,
    ) -> None:
        """Register facts, annulments or model changes of one pathway in one transaction, at the clock's instant.

        The first one of an unknown citizen opens the pathway. `signatures` say who registered each, if not `actor`.
        A fact that has no legal move is refused unless `late`.
        Raises `FactRefused`; nothing is recorded then.
        """
        if not registrations:
            return
        key = (subject or self.model.subject, subject_id, municipality or self.municipality)
        stamp = Stamp(at=self._clock.now(), actor=actor, role=role, command=uuid4().hex)
        if stream := self._directory.get(key):
            pathway = self._pathway(stream)
        else:
            pathway = Pathway(uuid4().hex, key[2], key[0])
            pathway.open(subject_id, self.model, stamp)
        due = self._queue.day_of(pathway.stream)
        is_full = partial(self._rooms.is_full, pathway.municipality)
        next_change = pathway.record(
            registrations, self.models, stamp, due, signatures=signatures, late=late, is_full=is_full
        )
        self._save(pathway, next_change)
        self._directory[key] = pathway.stream

    def sweep(self) -> Swept:
        """Sync every pathway whose next change has come by the clock's day, that day included."""
        stamp = Stamp(at=self._clock.now(), actor=_SCHEDULER, role="system", command=uuid4().hex)
        visited = breaches = withdrawals = 0
        for stream, day in self._queue.due(local_day(stamp.at)):
            pathway = self._pathway(stream)
            is_full = partial(self._rooms.is_full, pathway.municipality)
            next_change = pathway.sync(self.models, stamp, day, is_full=is_full)
            found = self._save(pathway, next_change)
            visited += 1
            breaches += sum(isinstance(body, DeadlineBreached) for body in found)
            withdrawals += sum(isinstance(body, BreachWithdrawn) for body in found)
        return Swept(visited, breaches, withdrawals)

    def views(self, as_of: date, known_at: datetime, of: Subject | None = None) -> Iterator[View]:
        """Every pathway of a subject (default: the model's) that was known at the instant, by the subject's id."""
        for subject, subject_id, municipality in sorted(self._directory, key=lambda key: key[1:]):
            if subject == (of or self.model.subject):
                pathway = self._pathway(self._directory[subject, subject_id, municipality])
                if pathway.is_known(known_at):
                    derivation = pathway.derive(self.models, as_of, known_at)
                    yield View(subject_id, municipality, derivation, pathway.ledger(known_at))

    def _pathway(self, stream: str) -> Pathway:
        return self._streams.repository.get(stream, projector_func=project)

    def _save(self, pathway: Pathway, next_change: date | None) -> list[Body]:
        recordings = self._streams.save(pathway)
        if pathway.derived is not None:
            key = PathwayKey(pathway.municipality, pathway.family, pathway.subject, pathway.citizen)
            self._rooms.put(key, pathway.derived)
        self._queue.put(pathway.stream, next_change, local_day(self._clock.now()))
        return [event.body for recording in recordings if isinstance(event := recording.domain_event, Event)]
