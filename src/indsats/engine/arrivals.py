"""What comes in for many pathways at once, put in order: from an import, or from a file that is recorded live."""

from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple

from indsats.domain.events import FactRecorded, Subject
from indsats.domain.facts import NewFact
from indsats.domain.model import Model
from indsats.domain.pathway import Registration, id_of
from indsats.engine.intake import Intake, subject_of
from indsats.projections.rows import PathwayKey


class Arrival(NamedTuple):
    """One thing that was registered: about whom, what, when (an instant with offset), by whom.

    `registration` is a fact, or an annulment or model change with its id. `recorded_at` is for what is imported: live
    recording stamps its own. `subject` and `municipality`: by default what the kind is about, and the first one that
    the engine serves.
    """

    citizen: str
    registration: Registration | NewFact
    recorded_at: datetime
    actor: str = "import"
    role: str = "system"
    municipality: str | None = None
    subject: Subject | None = None
    unit: str | None = None


class Item(NamedTuple):
    """An arrival ready to be registered, with its place among those given, counted from 0."""

    place: int
    registration: Registration
    actor: str
    role: str
    recorded_at: datetime

    @property
    def id(self) -> str:
        """The id of the fact, annulment or model change."""
        return id_of(self.registration)


Groups = dict[PathwayKey, list[Item]]
"""What belongs to one pathway together, in the order in which it is registered."""


def grouped(arrivals: Iterable[Arrival], model: Model, municipality: str, intake: Intake) -> Groups:
    """Arrivals by pathway, as they were given. Raises `FactsInvalid` for a `NewFact` with faults."""
    groups: Groups = {}
    for place, arrival in enumerate(arrivals):
        said = arrival.registration
        subject = arrival.subject or (
            subject_of(model, [said.kind]) if isinstance(said, NewFact | FactRecorded) else model.subject
        )
        key = PathwayKey(arrival.municipality or municipality, model.family, subject, arrival.citizen)
        if isinstance(said, NewFact):
            (said,) = intake.facts(model, key, [said], arrival.unit)
        groups.setdefault(key, []).append(Item(place, said, arrival.actor, arrival.role, arrival.recorded_at))
    return groups


def by_municipality(groups: Groups) -> dict[str, Groups]:
    """The same, those of one municipality together."""
    found: dict[str, Groups] = {}
    for key, items in groups.items():
        found.setdefault(key.municipality, {})[key] = items
    return found


def without(groups: Groups, places: set[int]) -> Groups:
    """The same less the items at some places, and less the pathways of which nothing is left."""
    if not places:
        return groups
    left = {key: [item for item in items if item.place not in places] for key, items in groups.items()}
    return {key: items for key, items in left.items() if items}
