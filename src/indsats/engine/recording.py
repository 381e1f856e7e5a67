"""How one pathway takes registrations: live, with the moves it may make checked before anything is appended."""

from collections.abc import Sequence
from datetime import date
from uuid import uuid4

from indsats.domain.calendar import local_day
from indsats.domain.model import Model
from indsats.domain.pathway import Pathway, Registration, Signature, Stamp, id_of
from indsats.domain.values import Actor
from indsats.engine.intake import fact_named_by
from indsats.engine.results import Found, Recorded
from indsats.engine.unit import UnitOfWork
from indsats.errors import ConcurrentChange, FactRefused, UnknownFact, UnknownPathway
from indsats.projections.rows import PathwayKey
from indsats.store.stored_models import StoredModels


class Command:
    """One command on one pathway inside a unit of work: what it folds, appends and answers."""

    def __init__(self, unit: UnitOfWork, models: StoredModels, actor: Actor, command: str | None = None) -> None:
        self.unit = unit
        self.stamp = Stamp(at=unit.now, actor=actor.id, role=actor.role, command=command or uuid4().hex)
        self._models = models

    @property
    def today(self) -> date:
        """The day of the command."""
        return local_day(self.stamp.at)

    def pathway(self, key: PathwayKey, model: Model) -> Pathway:
        """The pathway of a citizen or other subject, or a new one under a model."""
        stream = self.unit.stream_of(key)
        return new_pathway(key) if stream is None else self.unit.pathway(stream)

    def known_pathway(self, key: PathwayKey) -> Pathway:
        """The pathway of a citizen or other subject. Raises `UnknownPathway`."""
        stream = self.unit.stream_of(key)
        if stream is None:
            raise UnknownPathway(f"nothing is registered about {key.citizen} in municipality {key.municipality}")
        return self.unit.pathway(stream)

    def pathway_of_fact(self, municipality: str, fact_id: str) -> Pathway:
        """The pathway that a fact is of. Raises `UnknownFact`."""
        stream = self.unit.taken(municipality, [fact_id]).get(fact_id)
        pathway = None if stream is None else self.unit.pathway(stream)
        if pathway is None or fact_id not in pathway.facts:
            raise UnknownFact(f"no fact of municipality {municipality} has the id {fact_id!r}")
        return pathway

    def model_of(self, pathway: Pathway, default: Model | None = None) -> Model:
        """The model that a pathway is under today; a new one gets the default."""
        return default if default and not pathway.version else self._models[pathway.digest_on(self.today)]

    def expect(self, pathway: Pathway, version: int | None) -> None:
        """Raise `ConcurrentChange`, naming what came meanwhile, unless the pathway is at the version (None: at any)."""
        if version is not None and pathway.version != version:
            raise ConcurrentChange(
                f"the pathway of {pathway.citizen or 'nobody yet'} is at version {pathway.version} and not {version}",
                self.unit.events_after(pathway.stream, version),
            )

    def register(
        self,
        pathway: Pathway,
        key: PathwayKey,
        model: Model,
        registrations: Sequence[Registration],
        *,
        signatures: Sequence[Signature] = (),
        late: bool = False,
    ) -> Recorded:
        """Append registrations to a pathway, which the first one opens under the model, with what they lead to."""
        ids = [id_of(registration) for registration in registrations]
        new = {fact_id for fact_id in ids if not pathway.knows(fact_id)}
        self.unit.refuse_taken(pathway, sorted(new))
        self._refuse_unnamed(pathway, model, registrations, new)
        is_new = not pathway.version
        if is_new and registrations:
            pathway.open(key.citizen, model, self.stamp)
        due = None if is_new else self.unit.queue.day_of(pathway.stream)
        is_full = self.unit.is_full(key.municipality)
        pathway.record(registrations, self._models, self.stamp, due, signatures=signatures, late=late, is_full=is_full)
        breaches: Sequence[Found] = ()
        withdrawals: Sequence[Found] = ()
        irregular: list[str] = []
        if new:
            breaches, withdrawals = self.unit.save([pathway], are_new=is_new)
            irregular = irregular_of(pathway, new)
        return Recorded(len(new), len(ids) - len(new), ids, irregular, breaches, withdrawals)

    def _refuse_unnamed(
        self, pathway: Pathway, model: Model, registrations: Sequence[Registration], new: set[str]
    ) -> None:
        """Raise `FactRefused` for a new registration that names what is no other fact of the pathway."""
        under = self.model_of(pathway, model)
        for registration in registrations:
            own_id, of = id_of(registration), fact_named_by(registration, under)
            if own_id in new and of is not None and (of == own_id or not (of in new or of in pathway.facts)):
                raise FactRefused(f"of: {of!r} is no fact of this pathway")


def new_pathway(key: PathwayKey) -> Pathway:
    """A pathway of which nothing is stored yet, under a random name that tells nothing."""
    return Pathway(uuid4().hex, key.municipality, key.subject)


def irregular_of(pathway: Pathway, ids: set[str]) -> list[str]:
    """Those of the facts that have no legal move, in fact order."""
    assert pathway.derived is not None, "a pathway is synced before it is looked at"
    timeline = pathway.derived.timeline
    return [fact.id for fact in map(timeline.facts.__getitem__, timeline.irregular) if fact.id in ids]
