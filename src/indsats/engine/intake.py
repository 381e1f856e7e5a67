"""From what a host says to registrations: checked against the catalogue, each with its id."""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import date

from indsats.domain.catalogue import ADMINISTRATIVE, ANNULLED, MODEL_CHANGED, Catalogue, content_id
from indsats.domain.events import FactAnnulled, FactRecorded, ModelChanged, Subject
from indsats.domain.facts import NewFact
from indsats.domain.fields import Unfit, day_of
from indsats.domain.model import FieldValue, Model
from indsats.domain.obligations import ChangePolicy
from indsats.errors import FactsInvalid
from indsats.projections.rows import PathwayKey


class Intake:
    """Takes the facts of one command: of those that say the same and have no id, each gets its own.

    `content_key` is that of the database, so that ids made of contents tell nothing without it.
    """

    def __init__(self, content_key: bytes) -> None:
        self._content_key = content_key
        self._catalogues: dict[str, Catalogue] = {}
        self._alike: Counter[str] = Counter()

    def facts(self, model: Model, key: PathwayKey, facts: Sequence[NewFact], unit: str | None) -> list[FactRecorded]:
        """Facts as they are registered under a model. Raises `FactsInvalid` with every fault of all of them."""
        taken: list[FactRecorded] = []
        faults: list[str] = []
        for number, fact in enumerate(facts, start=1):
            fields, found = self._catalogue(model).check(fact.kind, fact.raw)
            lines = [str(fault) for fault in found]
            if fact.kind in ADMINISTRATIVE:
                lines.append(f"fact: {fact.kind} is no fact; there is a command for it")
            if fact.id is not None and not fact.id.strip():
                lines.append("id: must not be blank")
            try:
                day_of(fact.on.isoformat())
            except Unfit as unfit:
                lines.append(f"on: {unfit}")
            faults += [f"fact {number} ({fact.kind}): {line}" for line in lines]
            if not lines:
                fact_id = fact.id or self._content_id(key, fact.kind, fact.on, fields)
                taken.append(FactRecorded(fact=fact_id, kind=fact.kind, on=fact.on, fields=fields, unit=unit))
        if faults:
            raise FactsInvalid(*faults)
        return taken

    def annulment(self, key: PathwayKey, fact_id: str, reason: str, on: date) -> FactAnnulled:
        """The annulment of a fact."""
        own_id = self._content_id(key, ANNULLED, on, {"of": fact_id, "reason": reason})
        return FactAnnulled(id=own_id, fact=fact_id, reason=reason)

    def model_change(self, key: PathwayKey, model: Model, policy: ChangePolicy, effective: date) -> ModelChanged:
        """The move of a pathway to another model."""
        fields = {"to": model.reference, "policy": policy, "effective": effective.isoformat()}
        own_id = self._content_id(key, MODEL_CHANGED, effective, fields)
        return ModelChanged(id=own_id, model=model.reference, digest=model.digest, policy=policy, effective=effective)

    def _content_id(self, key: PathwayKey, kind: str, on: date, fields: Mapping[str, FieldValue]) -> str:
        said = (self._content_key, key.municipality, key.citizen, kind, on, fields)
        first = content_id(*said, 1)
        self._alike[first] += 1
        return first if self._alike[first] == 1 else content_id(*said, self._alike[first])

    def _catalogue(self, model: Model) -> Catalogue:
        if model.digest not in self._catalogues:
            self._catalogues[model.digest] = Catalogue(model)
        return self._catalogues[model.digest]


def subject_of(model: Model, kinds: Sequence[str]) -> Subject:
    """What facts of these kinds are about. Raises `FactsInvalid` if some are about a unit and others are not."""
    found: set[Subject] = {
        "unit" if kind in model.facts and model.facts[kind].subject == "unit" else model.subject for kind in kinds
    }
    if len(found) > 1:
        raise FactsInvalid("facts of a unit and facts of others are recorded by commands of their own")
    return found.pop() if found else model.subject
