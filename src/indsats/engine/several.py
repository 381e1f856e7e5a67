"""Several pathways in one transaction: which registrations are refused, and what the others lead to."""

from collections.abc import Collection, Iterable, Sequence
from typing import NamedTuple

from msgspec.structs import replace

from indsats.domain.events import BreachWithdrawn, DeadlineBreached, FactRecorded, ModelChanged
from indsats.domain.ledger import never_full
from indsats.domain.model import Model
from indsats.domain.pathway import Models, Pathway, Signature, Stamp
from indsats.engine.arrivals import Groups, Item
from indsats.engine.intake import fact_named_by
from indsats.engine.recording import irregular_of, new_pathway
from indsats.engine.results import Found, Recorded, Refusal
from indsats.engine.unit import UnitOfWork
from indsats.projections.rows import PathwayKey

Owners = dict[tuple[str, str], PathwayKey]
"""The pathways that ids first came with, by municipality and id."""


class _Reason(NamedTuple):
    what: str
    allowed: Sequence[str] = ()


class Several:
    """Pathways of one municipality, as a unit of work reads them, and what is to be registered of them.

    New pathways come under `model`. `live`: all is registered at the instant of the stamp, whatever the items say.
    """

    def __init__(
        self, unit: UnitOfWork, groups: Groups, model: Model, models: Models, stamp: Stamp, *, live: bool = False
    ) -> None:
        self._unit = unit
        self._groups = groups
        self._model = model
        self._models = models
        self._stamp = stamp
        self._live = live
        self._stored = unit.pathways(groups)
        municipality = next(iter(groups)).municipality
        self._taken = unit.taken(municipality, [item.id for items in groups.values() for item in items])

    def refusals(self, owners: Owners, *, late: bool = True) -> list[Refusal]:
        """Which of them cannot be recorded, and why, in the order given; `owners` are of all that came before.

        Without `late` a fact needs a legal move. What names a fact that is refused is refused, too.
        """
        found: list[Refusal] = []
        for key, items in self._groups.items():
            left: Sequence[Item] = items
            while reasons := self._unfit(key, left, owners) or ({} if late else self._illegal(key, left)):
                refused = [item for item in left if item.id in reasons]
                found += [Refusal(item.place, item.id, key.citizen, *reasons[item.id]) for item in refused]
                left = [item for item in left if item.id not in reasons]
        return sorted(found)

    def register(self, *, save: bool = True) -> Recorded:
        """Register them, each pathway with one sync, as of the stamp's day; without `save` to see what comes of it."""
        new: list[Pathway] = []
        changed: list[Pathway] = []
        ids: list[str] = []
        fresh: set[str] = set()
        for key, items in self._groups.items():
            given = [item.id for item in items]
            pathway = self._stored.get(key) or new_pathway(key)
            self._unit.refuse_taken(pathway, given, self._taken)
            ids += given
            unknown = {fact_id for fact_id in given if not pathway.knows(fact_id)}
            if not unknown:
                continue
            fresh |= unknown
            due = self._unit.queue.day_of(pathway.stream) if pathway.version else None
            (changed if pathway.version else new).append(pathway)
            self._open(pathway, key, items)
            signatures = [Signature(item.actor, item.role, None if self._live else item.recorded_at) for item in items]
            registrations = [item.registration for item in items]
            # While history is imported, the database does not hold yet who else had a place.
            is_full = self._unit.is_full(key.municipality) if self._live else never_full
            pathway.record(registrations, self._models, self._stamp, due, signatures=signatures, is_full=is_full)
        found = [each for pathway in (*new, *changed) for each in _found(pathway)]
        irregular = [fact_id for pathway in (*new, *changed) for fact_id in irregular_of(pathway, fresh)]
        if save:
            self._unit.save(new, are_new=True)
            self._unit.save(changed)
        return Recorded(
            recorded=len(fresh),
            repeated=len(ids) - len(fresh),
            ids=ids,
            irregular=irregular,
            breaches=[each for each in found if isinstance(each.verdict, DeadlineBreached)],
            withdrawals=[each for each in found if isinstance(each.verdict, BreachWithdrawn)],
        )

    def _open(self, pathway: Pathway, key: PathwayKey, items: Iterable[Item]) -> None:
        """Begin the stream of a new pathway: with the first registration, though that came late to this database."""
        if pathway.version:
            return
        stamp = self._stamp
        if not self._live:
            stamp = replace(stamp, at=min(item.recorded_at for item in items), stored_at=stamp.at)
        pathway.open(key.citizen, self._model, stamp)

    def _unfit(self, key: PathwayKey, items: Collection[Item], owners: Owners) -> dict[str, _Reason]:
        """What has an id of something else, a future instant, another model's family, or names what is no fact."""
        pathway = self._stored.get(key)
        there = {item.id for item in items if isinstance(item.registration, FactRecorded)}
        reasons: dict[str, _Reason] = {}
        for item in items:
            if owners.setdefault((key.municipality, item.id), key) != key or (
                item.id in self._taken and (pathway is None or self._taken[item.id] != pathway.stream)
            ):
                what = f"the id {item.id!r} is that of a fact of another pathway in municipality {key.municipality}"
                reasons[item.id] = _Reason(what)
            elif not self._live and item.recorded_at > self._stamp.at:
                ahead = f"{item.recorded_at.isoformat()} lies ahead of {self._stamp.at.isoformat()}"
                reasons[item.id] = _Reason(f"recorded: {ahead}")
            elif pathway is not None and (conflict := pathway.conflict(item.registration)) is not None:
                reasons[item.id] = _Reason(conflict)
            elif (of := fact_named_by(item.registration, self._model)) is not None:
                facts = {} if pathway is None else pathway.facts
                if of == item.id or not (of in there or of in facts):
                    reasons[item.id] = _Reason(f"of: {of!r} is no fact of this pathway")
            elif isinstance(said := item.registration, ModelChanged):
                to = self._models[said.digest]
                if (to.family, to.subject) != (key.family, key.subject):
                    what = f"to: {to.reference} is of family {to.family} and about a {to.subject}"
                    reasons[item.id] = _Reason(what, [f"family {key.family}, about a {key.subject}"])
        return reasons

    def _illegal(self, key: PathwayKey, items: Collection[Item]) -> dict[str, _Reason]:
        """Facts without a legal move."""
        pathway = self._stored.get(key)
        if pathway is None:
            pathway = new_pathway(key)
            self._open(pathway, key, items)
        new = [item.registration for item in items if not pathway.knows(item.id)]
        return {
            fact_id: _Reason(refused.reason, refused.allowed)
            for fact_id, refused in (pathway.illegal(new, self._models, self._stamp.at) if new else ())
        }


def _found(pathway: Pathway) -> list[Found]:
    """What the last sync found."""
    return [
        Found(pathway.citizen, pathway.municipality, event.body)
        for event in pathway.pending
        if isinstance(event.body, DeadlineBreached | BreachWithdrawn)
    ]
