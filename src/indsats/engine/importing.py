"""History from another system: facts with the instants of their first registration, many pathways in a transaction."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import uuid4

from msgspec.structs import replace

from indsats.domain.events import FactAnnulled, FactRecorded, Subject
from indsats.domain.facts import NewFact
from indsats.domain.model import Model
from indsats.domain.pathway import Pathway, Registration, Signature, Stamp, id_of
from indsats.domain.values import Actor
from indsats.engine.intake import Intake, subject_of
from indsats.engine.recording import irregular_of, new_pathway
from indsats.engine.results import Recorded, Refusal
from indsats.engine.transactions import Transactions, failures_told
from indsats.engine.unit import Parts, UnitOfWork
from indsats.errors import DatabaseFailed, FactsRefused
from indsats.projections.rows import PathwayKey

FACTS_AT_ONCE = 2_000
"""About how many facts are committed together; a pathway is never divided."""


class Arrival(NamedTuple):
    """One thing that was registered elsewhere: about whom, what, when (an instant with offset), by whom.

    `registration` is a fact, or an annulment or model change with its id. `subject` and `municipality`: by default what
    the kind is about, and the first one that the engine serves.
    """

    citizen: str
    registration: Registration | NewFact
    recorded_at: datetime
    actor: str = "import"
    role: str = "system"
    municipality: str | None = None
    subject: Subject | None = None
    unit: str | None = None


class _Item(NamedTuple):
    """An arrival ready to be registered, with its place among those given."""

    place: int
    registration: Registration
    signature: Signature
    recorded_at: datetime


Groups = dict[PathwayKey, list[_Item]]


class Importing:
    """One import: everything is checked before anything is recorded, then committed some pathways at a time."""

    def __init__(self, parts: Parts, transactions: Transactions, model: Model, actor: Actor) -> None:
        self._parts = parts
        self._transactions = transactions
        self._model = model
        self._actor = actor
        self._command = uuid4().hex

    def run(
        self,
        arrivals: Iterable[Arrival],
        municipality: str,
        *,
        skip_refused: bool = False,
        progress: Callable[[int], None] = lambda _: None,
    ) -> Recorded:
        """Import all, or none if some are refused and are not to be skipped; `progress` is told what is committed."""
        groups = self._grouped(arrivals, municipality)
        for each in dict.fromkeys(key.municipality for key in groups):
            self._transactions.require("import", self._actor, each)
        refusals = self._refusals(groups)
        if refusals and not skip_refused:
            raise FactsRefused([f"entry {refusal.place + 1}: {refusal.reason}" for refusal in refusals], refusals)
        refused = {refusal.place for refusal in refusals}
        done: list[Recorded] = []
        for batch in self._batches(groups, refused):
            done.append(self._commit(batch, sum(before.recorded for before in done)))
            progress(len(done[-1].ids))
        return _together(done)._replace(refused=refusals)

    def _commit(self, batch: Groups, before: int) -> Recorded:
        municipality = next(iter(batch)).municipality
        try:
            return self._transactions.write("import", self._actor, municipality, lambda unit: self._take(unit, batch))
        except DatabaseFailed as fault:
            raise DatabaseFailed(
                f"{fault}; {before:,} facts were recorded before: they stay, and importing the same again goes on"
            ) from fault

    def _grouped(self, arrivals: Iterable[Arrival], default: str) -> Groups:
        """What belongs to one pathway together, in the order of registration."""
        groups: Groups = {}
        with failures_told(), self._parts.database.read() as connection:
            intake = Intake(self._parts.content_key(connection))
        for place, arrival in enumerate(arrivals):
            said = arrival.registration
            subject = arrival.subject or (
                subject_of(self._model, [said.kind])
                if isinstance(said, NewFact | FactRecorded)
                else self._model.subject
            )
            key = PathwayKey(arrival.municipality or default, self._model.family, subject, arrival.citizen)
            if isinstance(said, NewFact):
                (said,) = intake.facts(self._model, key, [said], arrival.unit)
            signature = Signature(arrival.actor, arrival.role, arrival.recorded_at)
            groups.setdefault(key, []).append(_Item(place, said, signature, arrival.recorded_at))
        for items in groups.values():
            items.sort(key=lambda item: item.recorded_at)
        return groups

    def _batches(self, groups: Groups, refused: set[int]) -> Iterator[Groups]:
        """Pathways of one municipality, up to about `FACTS_AT_ONCE`."""
        batch: Groups = {}
        size = 0
        for key, all_items in groups.items():
            items = [item for item in all_items if item.place not in refused] if refused else all_items
            if not items:
                continue
            if batch and (size + len(items) > FACTS_AT_ONCE or next(iter(batch)).municipality != key.municipality):
                yield batch
                batch, size = {}, 0
            batch[key] = items
            size += len(items)
        if batch:
            yield batch

    # Before

    def _refusals(self, groups: Groups) -> list[Refusal]:
        """Why which of them cannot be recorded, in the order given."""
        refusals: list[Refusal] = []
        now = self._parts.clock.now()
        owners: dict[tuple[str, str], PathwayKey] = {}
        with failures_told():
            for batch in self._batches(groups, set()):
                with self._parts.database.read() as connection:
                    unit = UnitOfWork(connection, self._parts, reading=True)
                    stored = unit.pathways(batch)
                    taken = _taken(unit, batch)
                for key, items in batch.items():
                    pathway = stored.get(key)
                    there = {item.registration.fact for item in items if isinstance(item.registration, FactRecorded)}
                    for item in items:
                        reason = _refusal(item, key, pathway, taken, owners, there, now)
                        if reason is not None:
                            refusals.append(Refusal(item.place, id_of(item.registration), key.citizen, reason))
                            there.discard(id_of(item.registration))
        return sorted(refusals)

    # Doing

    def _take(self, unit: UnitOfWork, batch: Groups) -> Recorded:
        """Record some pathways in one transaction, each synced once, as of today."""
        stamp = Stamp(at=unit.now, actor=self._actor.id, role=self._actor.role, command=self._command)
        stored, taken = unit.pathways(batch), _taken(unit, batch)
        new: list[Pathway] = []
        changed: list[Pathway] = []
        ids: list[str] = []
        fresh: set[str] = set()
        for key, items in batch.items():
            given = [id_of(item.registration) for item in items]
            pathway = stored.get(key) or new_pathway(key)
            unit.refuse_taken(pathway, given, taken)
            ids += given
            unknown = {fact_id for fact_id in given if not pathway.knows(fact_id)}
            if not unknown:
                continue
            fresh |= unknown
            due = unit.queue.day_of(pathway.stream) if pathway.version else None
            (changed if pathway.version else new).append(pathway)
            if not pathway.version:
                first = min(item.recorded_at for item in items)
                pathway.open(key.citizen, self._model, replace(stamp, at=first, stored_at=unit.now))
            signatures = [item.signature for item in items]
            pathway.record([item.registration for item in items], self._parts.models, stamp, due, signatures=signatures)
        irregular = [fact_id for pathway in (*new, *changed) for fact_id in irregular_of(pathway, fresh)]
        saved = (unit.save(new, are_new=True), unit.save(changed))
        breaches = [found for one in saved for found in one.breaches]
        withdrawals = [found for one in saved for found in one.withdrawals]
        return Recorded(len(fresh), len(ids) - len(fresh), ids, irregular, breaches, withdrawals)


def _together(done: Sequence[Recorded]) -> Recorded:
    """What several transactions did."""
    return Recorded(
        sum(one.recorded for one in done),
        sum(one.repeated for one in done),
        [fact_id for one in done for fact_id in one.ids],
        [fact_id for one in done for fact_id in one.irregular],
        [found for one in done for found in one.breaches],
        [found for one in done for found in one.withdrawals],
    )


def _taken(unit: UnitOfWork, batch: Groups) -> Mapping[str, str]:
    municipality = next(iter(batch)).municipality
    return unit.taken(municipality, [id_of(item.registration) for items in batch.values() for item in items])


def _refusal(
    item: _Item,
    key: PathwayKey,
    pathway: Pathway | None,
    taken: Mapping[str, str],
    owners: dict[tuple[str, str], PathwayKey],
    there: set[str],
    now: datetime,
) -> str | None:
    """Why one cannot be recorded; `owners` are the pathways of the ids that came before, `there` this one's facts."""
    registration = item.registration
    own_id = id_of(registration)
    if item.recorded_at > now:
        return f"recorded: {item.recorded_at.isoformat()} lies ahead of {now.isoformat()}"
    if owners.setdefault((key.municipality, own_id), key) != key or (
        own_id in taken and (pathway is None or taken[own_id] != pathway.stream)
    ):
        return f"the id {own_id!r} is that of a fact of another pathway in municipality {key.municipality}"
    if pathway is not None and (conflict := pathway.conflict(registration)) is not None:
        return conflict
    if isinstance(registration, FactAnnulled):
        known = registration.fact in there or (pathway is not None and registration.fact in pathway.facts)
        if not known:
            return f"of: {registration.fact!r} is no fact of this pathway"
    return None
