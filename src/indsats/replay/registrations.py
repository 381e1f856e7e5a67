"""From the entries of a file to what an engine registers."""

from collections.abc import Mapping

from indsats.domain.catalogue import content_id
from indsats.domain.events import FactAnnulled, FactRecorded, ModelChanged, Subject
from indsats.domain.facts import NewFact
from indsats.domain.model import Model
from indsats.domain.pathway import Registration
from indsats.engine.arrivals import Arrival
from indsats.replay.entries import AnnulmentLine, AnyLine, FactLine


def registration_of(entry: AnyLine, models: Mapping[str, Model]) -> Registration:
    """The fact, annulment or model change; `models` are those that entries name, by the name they give."""
    if isinstance(entry, FactLine):
        return FactRecorded(fact=entry.id, kind=entry.kind, on=entry.on, fields=entry.fields, unit=entry.unit)
    if isinstance(entry, AnnulmentLine):
        return FactAnnulled(id=entry.id, fact=entry.of, reason=entry.reason)
    model = models[entry.to]
    return ModelChanged(
        id=entry.id, model=model.reference, digest=model.digest, policy=entry.policy, effective=entry.effective
    )


def subject_of(entry: AnyLine) -> Subject | None:
    """What the entry is about: a unit if it names no citizen, else None, which is the subject of the model."""
    return "unit" if entry.citizen is None else None


def arrival_of(entry: AnyLine, models: Mapping[str, Model]) -> Arrival:
    """The entry as an import takes it, with who registered it and when."""
    return Arrival(
        citizen=entry.subject,
        registration=registration_of(entry, models),
        recorded_at=entry.recorded_at,
        actor=entry.actor,
        role=entry.role,
        municipality=entry.municipality,
        subject=subject_of(entry),
        unit=entry.unit,
    )


def new_fact_of(entry: FactLine, key: bytes) -> NewFact:
    """The fact as a host would record it; without an id if the entry's own was made of its content with the key."""
    content = (entry.municipality, entry.subject, entry.kind, entry.on, entry.fields)
    is_made = entry.id == content_id(key, *content, 1)
    fields = {name: value for name, value in entry.fields.items() if value is not None}
    return NewFact(kind=entry.kind, on=entry.on, fields=fields, id=None if is_made else entry.id)
