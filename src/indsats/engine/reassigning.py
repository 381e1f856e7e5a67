"""Assignments handed over when a worker leaves: tried out before, if wished."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime
from itertools import islice
from typing import NamedTuple
from uuid import uuid4

import structlog
from sqlalchemy import Connection, bindparam, select, union

from indsats.domain.calendar import local_day
from indsats.domain.facts import FieldInput, NewFact
from indsats.domain.fields import allowed
from indsats.domain.model import FactKind, Model
from indsats.domain.obligations import Derivation
from indsats.domain.pathway import Pathway, Stamp
from indsats.domain.phases import CLOSED
from indsats.domain.timeline import Fact
from indsats.domain.values import Actor
from indsats.engine.intake import Intake
from indsats.engine.lists import WAITING
from indsats.engine.recording import irregular_of
from indsats.engine.results import Anchor
from indsats.engine.transactions import Transactions
from indsats.engine.unit import Parts, UnitOfWork, key_of
from indsats.engine.workers import is_worker, require_worker
from indsats.errors import FactRefused, ValueInvalid
from indsats.projections.assignments import Assignment, assignments
from indsats.projections.obligations import ObligationRow, obligation_rows
from indsats.projections.rows import PathwayKey
from indsats.projections.tables import LIVE
from indsats.store import tables

_AT_ONCE = 100

_log = structlog.get_logger("indsats")

_row, _stream, _due = LIVE.tables["assignments"].c, tables.streams.c, tables.due.c
# The read models know of no assignment that takes effect later; who will have one then has a day of change before.
_PERHAPS = union(
    select(_row.citizen).where(
        _row.municipality == bindparam("municipality"),
        _row.family == bindparam("family"),
        _row.subject == bindparam("subject"),
        _row.worker == bindparam("worker"),
        _row.until_on.is_(None),
    ),
    select(_stream.subject_id)
    .join(tables.due, _due.stream_key == _stream.stream_key)
    .where(
        _stream.municipality == bindparam("municipality"),
        _stream.family == bindparam("family"),
        _stream.subject == bindparam("subject"),
        _due.next_change <= bindparam("day"),
    ),
)


class Handover(NamedTuple):
    """Who hands over to whom, from which day on, and in which role only (None: in all)."""

    from_worker: str
    to_worker: str
    on: date
    role: str | None = None


class HandedOver(NamedTuple):
    """One assignment that another worker has now, as it was; `fraction` is of full time."""

    role: str | None
    functions: Sequence[str]
    unit: str | None
    fraction: float | None
    from_on: date


class PassedOn(NamedTuple):
    """An obligation that waits, for which the other worker answers now."""

    rule: str
    anchor: Anchor
    n: int
    due: date | None
    status: str
    responsible: str | None


class Reassignment(NamedTuple):
    """What is handed over in one pathway; `irregular` are the ids of new facts without a legal move."""

    citizen: str
    municipality: str
    assignments: Sequence[HandedOver]
    obligations: Sequence[PassedOn]
    irregular: Sequence[str]


class Reassigned(NamedTuple):
    """What a handover does, or with `dry_run` would do, by citizen; `recorded` counts the facts.

    `is_new`: nobody was assigned under the name of `to_worker` before. `closed` pathways, in which nothing waits for
    `from_worker`, stay as they are.
    """

    from_worker: str
    to_worker: str
    on: date
    dry_run: bool
    is_new: bool
    recorded: int
    moved: Sequence[Reassignment]
    closed: int


class _Step(NamedTuple):
    pathway: Pathway
    done: Reassignment | None
    recorded: int


class Reassigning:
    """Hands over in pathways of one model's family and subject."""

    def __init__(self, parts: Parts, transactions: Transactions, model: Model, actor: Actor) -> None:
        self._parts = parts
        self._transactions = transactions
        self._model = model
        self._actor = actor
        self._command = uuid4().hex

    def run(self, municipality: str, wish: Handover, *, dry_run: bool) -> Reassigned:
        """Look at all first, noted as a read; then hand over a hundred pathways in a transaction, decided again."""
        self._check(wish)

        def look(connection: Connection) -> Reassigned:
            return self._tried(connection, municipality, wish)

        asked = {name: value for name, value in wish._asdict().items() if value is not None}
        tried = self._transactions.read("reassign", self._actor, municipality, look, asked=asked)
        if dry_run:
            return tried
        done: list[_Step] = []
        remaining = iter([self._key(municipality, moved.citizen) for moved in tried.moved])
        while some := list(islice(remaining, _AT_ONCE)):

            def work(unit: UnitOfWork, some: Sequence[PathwayKey] = some) -> list[_Step]:
                steps = [step for step in self._steps(unit, some, wish) if step.recorded]
                unit.save([step.pathway for step in steps])
                return steps

            done += self._transactions.write("reassign", self._actor, municipality, work)
        recorded = sum(step.recorded for step in done)
        _log.info("command.handled", command="reassign", pathways=len(done), recorded=recorded)
        moved = [step.done for step in done if step.done is not None]
        return tried._replace(dry_run=False, recorded=recorded, moved=moved)

    def _check(self, wish: Handover) -> None:
        if isinstance(wish.on, datetime):
            raise ValueInvalid(f"on: {wish.on!r} is no day; allowed: a `date`, such as date(2017, 1, 2)")
        if not wish.to_worker.strip():
            raise ValueInvalid("to: the worker must not be blank")
        if wish.from_worker == wish.to_worker:
            raise ValueInvalid(f"to: {wish.to_worker!r} is who hands over; allowed: somebody else")
        if wish.role is not None and self._model.roles and wish.role not in self._model.roles:
            raise ValueInvalid(f"role: {wish.role!r} is no role; {allowed(wish.role, self._model.roles)}")

    def _key(self, municipality: str, citizen: str) -> PathwayKey:
        return PathwayKey(municipality, self._model.family, self._model.subject, citizen)

    def _tried(self, connection: Connection, municipality: str, wish: Handover) -> Reassigned:
        """What would be done; nothing of it is saved. Raises `UnknownWorker`."""
        unit = UnitOfWork(connection, self._parts, reading=True)
        asked = {
            "municipality": municipality,
            "family": self._model.family,
            "subject": self._model.subject,
            "worker": wish.from_worker,
            "day": max(wish.on, local_day(unit.now)).isoformat(),
        }
        citizens = sorted(connection.execute(_PERHAPS, asked).scalars())
        steps: list[_Step] = []
        remaining = iter([self._key(municipality, citizen) for citizen in citizens])
        while some := list(islice(remaining, _AT_ONCE)):
            steps += self._steps(unit, some, wish)
        if not steps:
            require_worker(connection, [municipality], self._model, wish.from_worker)
        moved = [step.done for step in steps if step.done is not None]
        return Reassigned(
            from_worker=wish.from_worker,
            to_worker=wish.to_worker,
            on=wish.on,
            dry_run=True,
            is_new=not is_worker(connection, [municipality], self._model, wish.to_worker),
            recorded=sum(step.recorded for step in steps),
            moved=moved,
            closed=len(steps) - len(moved),
        )

    def _steps(self, unit: UnitOfWork, keys: Sequence[PathwayKey], wish: Handover) -> Iterator[_Step]:
        """The pathways in which there is something to hand over, with what is decided in each."""
        found = unit.pathways(keys)
        for key in keys:
            if key in found and (step := self._step(unit, found[key], wish)) is not None:
                yield step

    def _step(self, unit: UnitOfWork, pathway: Pathway, wish: Handover) -> _Step | None:
        as_of = max(wish.on, local_day(unit.now))
        before = pathway.derive(self._parts.models, as_of, unit.now)
        leaving = [one for one in assignments(before.timeline) if _is_left(one, wish)]
        if not leaving:
            return None
        duties = _waiting(before, wish.from_worker)
        if before.timeline.phase == CLOSED and not duties:
            return _Step(pathway, None, 0)
        model = self._parts.models[pathway.digest_on(local_day(unit.now))]
        out = [fact.id for fact in pathway.facts.values() if fact.annulled_at is not None]
        intake = Intake(self._parts.content_key(unit.connection), out)
        facts = [*_releases(model, pathway, leaving, wish.on), *_starts(model, pathway, leaving, wish)]
        bodies = intake.facts(model, key_of(pathway), facts, self._actor.unit)
        new = {body.fact for body in bodies if not pathway.knows(body.fact)}
        unit.refuse_taken(pathway, sorted(new))
        stamp = Stamp(at=unit.now, actor=self._actor.id, role=self._actor.role, command=self._command)
        due, is_full = unit.queue.day_of(pathway.stream), unit.is_full(pathway.municipality)
        pathway.record(bodies, self._parts.models, stamp, due, is_full=is_full)
        known_at = max([unit.now, *(event.envelope.recorded_at for event in pathway.pending)])
        after = pathway.derive(self._parts.models, as_of, known_at)
        started = [body.fact for body in bodies[-len(leaving) :]]
        _require_done(pathway, after, leaving, started, wish)
        now_with = {_identity(row) for row in _waiting(after, wish.to_worker)}
        done = Reassignment(
            citizen=pathway.citizen,
            municipality=pathway.municipality,
            assignments=[_handed_over(one) for one in leaving],
            obligations=[_passed_on(row) for row in duties if _identity(row) in now_with],
            irregular=irregular_of(pathway, new) if new else (),
        )
        return _Step(pathway, done, len(new))


def _is_left(one: Assignment, wish: Handover) -> bool:
    """Whether an assignment is to be handed over: one that ran on the day, and that nobody has ended since."""
    mine = one.worker == wish.from_worker and wish.role in (None, one.as_role)
    return mine and one.from_on <= wish.on and one.until_on is None


def _releases(model: Model, pathway: Pathway, leaving: Iterable[Assignment], on: date) -> Iterator[NewFact]:
    """One for each role: it ends all assignments of the worker in the role."""
    kind = _kind(model, "assignment_end")
    for one in {one.as_role: one for one in leaving}.values():
        yield NewFact(kind=kind.name, on=on, fields=_fields(kind, pathway.facts[one.fact]))


def _starts(model: Model, pathway: Pathway, leaving: Iterable[Assignment], wish: Handover) -> Iterator[NewFact]:
    for one in leaving:
        fact = pathway.facts[one.fact]
        kind = _kind(model, "assignment_start", fact.kind)
        yield NewFact(kind=kind.name, on=wish.on, fields={**_fields(kind, fact), "worker": wish.to_worker})


def _fields(kind: FactKind, fact: Fact) -> dict[str, FieldInput]:
    """What a fact says, as far as a kind has a field for it."""
    return {name: value for name in kind.fields if (value := fact.fields.get(name)) is not None}


def _kind(model: Model, effect: str, first: str | None = None) -> FactKind:
    """A kind of an effect: the one of the name if it has it, else the first of the catalogue."""
    kinds = [kind for kind in model.facts.values() if kind.effect == effect]
    if not kinds:
        raise FactRefused(f"the model {model.reference} has no kind of fact with the effect {effect}")
    return next((kind for kind in kinds if kind.name == first), kinds[0])


def _require_done(
    pathway: Pathway, after: Derivation, leaving: Iterable[Assignment], started: Sequence[str], wish: Handover
) -> None:
    """Facts of one day have one order, in which a release may come before what it is to end, or end too much."""
    running = {one.fact for one in assignments(after.timeline) if one.until_on is None}
    if any(one.fact in running for one in leaving):
        raise FactRefused(
            f"{wish.from_worker} was assigned to {pathway.citizen} on {wish.on}; hand over on a later day"
        )
    if not running.issuperset(started):
        raise FactRefused(
            f"{wish.to_worker} was released from {pathway.citizen} on {wish.on}; hand over on a later day"
        )


def _waiting(derivation: Derivation, worker: str) -> list[ObligationRow]:
    return [row for row in obligation_rows(derivation) if row.worker == worker and row.status in WAITING]


def _identity(row: ObligationRow) -> tuple[str, str, int]:
    return (row.rule, row.anchor, row.n)


def _handed_over(one: Assignment) -> HandedOver:
    return HandedOver(one.as_role, one.functions, one.unit, one.fraction, one.from_on)


def _passed_on(row: ObligationRow) -> PassedOn:
    anchor = Anchor(row.anchor_fact, row.anchor_on, row.anchor)
    return PassedOn(row.rule, anchor, row.n, row.due, row.status, row.responsible)
