"""The aggregate: one citizen's pathway, folded from its stream, and the decisions that add to it."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime
from typing import NamedTuple, assert_never

from msgspec import Struct
from msgspec.structs import replace

from indsats.domain import ledger
from indsats.domain.calendar import local_day
from indsats.domain.events import (
    Body,
    BreachWithdrawn,
    DeadlineBreached,
    DeadlineDueSoon,
    Envelope,
    Event,
    FactAnnulled,
    FactRecorded,
    ModelChanged,
    ModelPinned,
    Subject,
)
from indsats.domain.ledger import BreachKey, IsFull, Verdict, never_full
from indsats.domain.model import Model
from indsats.domain.obligations import ChangePolicy, Derivation, ModelPeriod, derive
from indsats.domain.timeline import Fact, Timeline
from indsats.errors import FactRefused

Models = Mapping[str, Model]
"""Models by digest."""

Registration = FactRecorded | FactAnnulled | ModelChanged
"""What is registered from outside; all else in a stream the engine finds itself."""


class Stamp(Struct, frozen=True, kw_only=True):
    """Who writes, when, by which command: what the envelopes of one transaction share."""

    at: datetime
    actor: str
    role: str
    command: str
    stored_at: datetime | None = None


class Signature(NamedTuple):
    """Who registered something, and in which role; `recorded_at` is when, for what is imported."""

    actor: str
    role: str
    recorded_at: datetime | None = None


class _Period(Struct, frozen=True, gc=False):
    recorded_at: datetime
    digest: str
    effective: date | None
    policy: ChangePolicy


class _Entry(Struct, frozen=True, gc=False):
    recorded_at: datetime
    verdict: Verdict


class Pathway:
    """One pathway as its stream tells it; decisions append events, which `collect_events` hands to the event store.

    A fold never calls a rule or the clock. `facts` holds every fact by id in stream order, annulled ones marked.
    `derived` is what the last sync came to, None before any.
    """

    def __init__(self, stream: str, municipality: str, subject: Subject = "citizen") -> None:
        self.stream = stream
        self.municipality = municipality
        self.subject: Subject = subject
        self.version = 0
        self.family = ""
        self.citizen = ""
        self.facts: dict[str, Fact] = {}
        self.breaches: dict[BreachKey, DeadlineBreached] = {}
        self._entries: list[_Entry] = []
        self._periods: list[_Period] = []
        self._annulled: dict[str, datetime] = {}
        self._warned: set[BreachKey] = set()
        self._other_registrations: dict[str, FactAnnulled | ModelChanged] = {}
        self._pending: list[Event] = []
        self._latest = datetime.min.replace(tzinfo=UTC)
        self._earliest = datetime.max.replace(tzinfo=UTC)
        self.derived: Derivation | None = None

    @property
    def id(self) -> str:
        """The stream, by the name that the event store knows it by."""
        return self.stream

    # Fold

    def apply(self, event: Event) -> None:
        """Take one event of the stream into account; nothing is decided here."""
        self.take(event.body, event.envelope.version, event.envelope.recorded_at)

    def take(self, body: Body, version: int, recorded_at: datetime) -> None:
        """The same without the envelope, of which a fold asks no more than this; who reads many streams is faster."""
        self.version = version
        if recorded_at > self._latest:
            self._latest = recorded_at
        if recorded_at < self._earliest:
            self._earliest = recorded_at
        match body:
            case FactRecorded():
                fact = body.fact
                annulled_at = self._annulled.get(fact)
                self.facts[fact] = Fact(fact, body.kind, body.on, recorded_at, version, body.fields, annulled_at)
            case FactAnnulled():
                self._other_registrations[body.id] = body
                self._annul(body.fact, recorded_at)
            case DeadlineBreached():
                self.breaches[ledger.key_of(body)] = body
                self._entries.append(_Entry(recorded_at, body))
            case BreachWithdrawn():
                del self.breaches[ledger.key_of(body)]
                self._entries.append(_Entry(recorded_at, body))
            case DeadlineDueSoon():
                self._warned.add(ledger.key_of(body))
            case ModelPinned():
                self.family, self.citizen = body.family, body.citizen
                self._periods.append(_Period(recorded_at, body.digest, None, "keep"))
            case ModelChanged():
                self._other_registrations[body.id] = body
                self._periods.append(_Period(recorded_at, body.digest, body.effective, body.policy))
            case _:
                assert_never(body)

    def _annul(self, fact_id: str, at: datetime) -> None:
        first = self._annulled.setdefault(fact_id, at)
        if fact := self.facts.get(fact_id):
            self.facts[fact_id] = replace(fact, annulled_at=first)

    @property
    def pending(self) -> Sequence[Event]:
        """The events decided and not collected yet."""
        return tuple(self._pending)

    def collect_events(self) -> Sequence[Event]:
        """The events decided since the last call, for the event store."""
        events, self._pending = self._pending, []
        return events

    # Views

    def derive(self, models: Models, as_of: date, known_at: datetime, is_full: IsFull = never_full) -> Derivation:
        """What is owed on a day as far as was known at an instant.

        A breach that was found has its cause `capacity` from the ledger; for others `is_full` is asked.
        """
        derivation = derive(self.model_periods(models, known_at), self.facts.values(), as_of, known_at)
        if not any(owed.limit for owed in derivation.obligations):
            return derivation
        return ledger.with_capacity(derivation, self._standing(known_at), is_full)

    @property
    def digests(self) -> Sequence[str]:
        """Those of the models that the pathway is, was or will be under, in the order in which that was registered."""
        return list(dict.fromkeys(period.digest for period in self._periods))

    def model_periods(self, models: Models, known_at: datetime) -> list[ModelPeriod]:
        """The models the pathway is under, known at an instant, in the order in which they take effect."""
        first, *changes = [period for period in self._periods if period.recorded_at <= known_at] or self._periods[:1]
        changes.sort(key=lambda period: period.effective or date.min)
        return [ModelPeriod(models[period.digest], period.effective, period.policy) for period in (first, *changes)]

    def ledger(self, known_at: datetime) -> list[Verdict]:
        """The breaches and withdrawals found by an instant, in stream order."""
        return [entry.verdict for entry in self._entries if entry.recorded_at <= known_at]

    @property
    def latest(self) -> datetime:
        """The instant of the last registration."""
        return self._latest

    def _standing(self, known_at: datetime) -> Mapping[BreachKey, DeadlineBreached]:
        """The breaches raised and not withdrawn by an instant."""
        standing: dict[BreachKey, DeadlineBreached] = {}
        for verdict in self.ledger(known_at):
            if isinstance(verdict, DeadlineBreached):
                standing[ledger.key_of(verdict)] = verdict
            else:
                del standing[ledger.key_of(verdict)]
        return standing

    def is_known(self, known_at: datetime) -> bool:
        """Whether anything of the pathway was registered by an instant."""
        return self._earliest <= known_at

    # Decide

    def open(self, citizen: str, model: Model, stamp: Stamp) -> None:
        """Begin the stream under a model."""
        pin = ModelPinned(citizen=citizen, family=model.family, model=model.reference, digest=model.digest)
        self._append(pin, model.digest, stamp)

    def record(
        self,
        registrations: Sequence[Registration],
        models: Models,
        stamp: Stamp,
        due: date | None,
        *,
        signatures: Sequence[Signature] = (),
        late: bool = True,
        is_full: IsFull = never_full,
    ) -> date | None:
        """Register facts in one transaction, synced before and after; returns the day of the next change.

        A fact whose id was registered before with the same content changes nothing; with another it is refused.
        `due` is the next change known so far. `signatures` say who registered each, and of what is imported when, if
        not the command's own actor at its own instant.
        Without `late` a fact that has no legal move is refused; `is_full` is asked for the cause of breaches.
        Raises `FactRefused`; nothing is appended then.
        """
        signed = signatures or [Signature(stamp.actor, stamp.role)] * len(registrations)
        new = self._new(zip(registrations, signed, strict=True))
        if not new:
            return due
        stamp = self._not_before_the_last(stamp)
        as_of = local_day(stamp.at)
        if not late:
            for _, refused in self.illegal([registration for registration, _ in new], models, stamp.at):
                raise refused
        if due is not None and due <= as_of:
            self.sync(models, stamp, due, is_full=is_full)
        for registration, by in new:
            signed_by = replace(stamp, actor=by.actor, role=by.role)
            if by.recorded_at is not None:
                signed_by = replace(signed_by, at=by.recorded_at, stored_at=stamp.at)
            self._append(registration, self.digest_on(as_of), signed_by)
        return self.sync(models, stamp, as_of, because_of=id_of(new[-1][0]), is_full=is_full)

    def _new(self, signed: Iterable[tuple[Registration, Signature]]) -> list[tuple[Registration, Signature]]:
        """What was not registered before; an id that has another content already is refused."""
        known: dict[str, Fact | Registration] = {**self.facts, **self._other_registrations}
        new: list[tuple[Registration, Signature]] = []
        for registration, signature in signed:
            before = known.get(id_of(registration))
            if before is None:
                known[id_of(registration)] = registration
                new.append((registration, signature))
            elif (conflict := _conflict(before, registration)) is not None:
                raise FactRefused(conflict)
        return new

    def conflict(self, registration: Registration) -> str | None:
        """What stands against a registration whose id was given before; None if it is new or says the same."""
        before = self._before(id_of(registration))
        return None if before is None else _conflict(before, registration)

    def knows(self, registration_id: str) -> bool:
        """Whether something was registered under an id."""
        return self._before(registration_id) is not None

    def _before(self, registration_id: str) -> Fact | Registration | None:
        return self.facts.get(registration_id) or self._other_registrations.get(registration_id)

    def _not_before_the_last(self, stamp: Stamp) -> Stamp:
        """The instants that the engine stamps never decrease, though a clock may be set back; imported ones stay."""
        return replace(stamp, at=self._latest) if stamp.stored_at is None and stamp.at < self._latest else stamp

    def sync(
        self,
        models: Models,
        stamp: Stamp,
        since: date,
        because_of: str | None = None,
        until: date | None = None,
        is_full: IsFull = never_full,
    ) -> date | None:
        """Append the verdicts that make the ledger agree with what is derived; returns the day of the next change.

        `since` is the day from which changes were not looked at: each day of change from there on is taken in its
        turn, so that a sweep that comes late finds what daily sweeps would have found. It is looked at up to today, or
        to `until` if that is earlier.
        """
        stamp = self._not_before_the_last(stamp)
        today = local_day(stamp.at)
        last = today if until is None else min(until, today)
        day = min(since, last)
        while True:
            derivation = self.derive(models, day, stamp.at, is_full)
            model = derivation.timeline.model
            found: list[Body] = [
                *ledger.compare(derivation, self.breaches, self.facts, model, today, because_of),
                *ledger.warnings(derivation, model, self._warned, today),
            ]
            for body in found:
                self._append(body, model.digest, stamp)
            if day >= last:
                self.derived = derivation
                return derivation.next_change
            day = min(derivation.next_change or last, last)

    def _append(self, body: Body, digest: str, stamp: Stamp) -> None:
        envelope = Envelope(
            stream=self.stream,
            version=self.version + 1,
            municipality=self.municipality,
            subject=self.subject,
            recorded_at=stamp.at,
            stored_at=stamp.stored_at or stamp.at,
            actor=stamp.actor,
            role=stamp.role,
            command=stamp.command,
            model_digest=digest,
        )
        event = Event(envelope, body)
        self.apply(event)
        self._pending.append(event)

    def digest_on(self, as_of: date) -> str:
        """The digest of the model in force on a day."""
        in_force = [period for period in self._periods if period.effective is None or period.effective <= as_of]
        return sorted(in_force, key=lambda period: period.effective or date.min)[-1].digest

    def illegal(
        self, registrations: Sequence[Registration], models: Models, at: datetime
    ) -> Iterator[tuple[str, FactRefused]]:
        """Those of new registrations that cannot be made live at an instant, by id, each with why and what could.

        An annulment must name a fact that is there, and a fact must have a legal move, whatever else is refused.
        """
        at = max(at, self._latest)
        new = {
            body.fact: Fact(body.fact, body.kind, body.on, at, self.version + place, body.fields)
            for place, body in enumerate(registrations, start=1)
            if isinstance(body, FactRecorded)
        }
        facts = {**self.facts, **new}
        for body in registrations:
            if isinstance(body, FactAnnulled) and facts.pop(body.fact, None) is None:
                reason = f"{body.fact!r} is no fact of this pathway that can be annulled"
                yield body.id, FactRefused(reason, list(facts)[:20] or ["none"])
        last_day = max((fact.on for fact in facts.values()), default=local_day(at))
        model = self.model_periods(models, at)[-1].model
        timeline = Timeline(model, facts.values(), last_day, at)
        for index in timeline.irregular:
            fact = timeline.facts[index]
            if fact.id in new:
                phase = timeline.phase_before(index)
                reason = f"{fact.kind} on {fact.on} has no legal move from phase {phase}"
                yield fact.id, FactRefused(reason, model.compiled_phases.allowed(phase, model.facts))


def _conflict(before: Fact | Registration, registration: Registration) -> str | None:
    if _content(before) == _content(registration):
        return None
    what = f"{before.kind} on {before.on}" if isinstance(before, Fact | FactRecorded) else "no fact"
    return f"the id {id_of(registration)!r} is that of another fact, {what}"


def _content(registration: Fact | Registration) -> object:
    """What must be the same where an id stands twice; the unit of a registrant may differ."""
    if isinstance(registration, Fact | FactRecorded):
        return (registration.kind, registration.on, registration.fields)
    return registration


def id_of(registration: Registration) -> str:
    """The id of a fact, annulment or change of model."""
    return registration.fact if isinstance(registration, FactRecorded) else registration.id


def project(pathway: Pathway | None, events: Iterable[Event]) -> Pathway | None:
    """Fold a stream, as `Repository.get` asks for it; None if there are no events."""
    for event in events:
        if pathway is None:
            envelope = event.envelope
            pathway = Pathway(envelope.stream, envelope.municipality, envelope.subject)
        pathway.apply(event)
    return pathway
