"""The ledger found the long way: every pathway derived at the beginning of every day and around every registration.

No queue, no events, no fold: only `derive` over the facts told so far, and what it says differently from last time.
"""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import NamedTuple

from tests.playing import failures, models_of, transactions
from tests.strategies import History

from indsats.domain.calendar import ONE_DAY, local_day, start_of
from indsats.domain.events import FactAnnulled, FactRecorded, ModelChanged
from indsats.domain.ledger import BreachKey
from indsats.domain.obligations import ModelPeriod, derive
from indsats.domain.pathway import Registration
from indsats.domain.timeline import Fact


class Found(NamedTuple):
    """A breach that began to stand, or ceased to, and the day on which that was found."""

    stands: bool
    breach: BreachKey
    found_on: date


class Known:
    """What was told of one citizen so far, and what was last found."""

    def __init__(self, history: History) -> None:
        self.models = models_of(history)
        self.changes: list[ModelPeriod] = []
        self.first = ModelPeriod(history.model)
        self.facts: dict[str, Fact] = {}
        self.annulled: set[str] = set()
        self.standing: set[BreachKey] = set()
        self.found: list[Found] = []

    @property
    def periods(self) -> Sequence[ModelPeriod]:
        return [self.first, *sorted(self.changes, key=lambda period: period.effective or date.min)]

    @property
    def valid_facts(self) -> list[Fact]:
        return [fact for fact in self.facts.values() if fact.id not in self.annulled]

    def tell(self, said: Registration, at: datetime) -> None:
        match said:
            case FactRecorded():
                place = len(self.facts)
                self.facts[said.fact] = Fact(said.fact, said.kind, said.on, at, place, said.fields)
            case FactAnnulled():
                self.annulled.add(said.fact)
            case ModelChanged():
                self.changes.append(ModelPeriod(self.models[said.digest], said.effective, said.policy))

    def look(self, day: date, at: datetime) -> None:
        failed = failures(derive(self.periods, self.valid_facts, day, at).obligations)
        self.found += [Found(False, breach, day) for breach in sorted(self.standing - failed, key=repr)]
        self.found += [Found(True, breach, day) for breach in sorted(failed - self.standing, key=repr)]
        self.standing = failed


def found_literally(history: History) -> Mapping[str, list[Found]]:
    """What daily looking finds of each citizen, in order, that of one moment sorted by its text."""
    known: dict[str, Known] = {}
    to_record = list(transactions(history.told_by(history.until)))
    day = history.first_day
    while day <= history.until:
        for pathway in known.values():
            pathway.look(day, start_of(day))
        while to_record and local_day(to_record[0].at) == day:
            at, citizen, registrations = to_record.pop(0)
            pathway = known.setdefault(citizen, Known(history))
            pathway.look(day, at)
            for said in registrations:
                pathway.tell(said, at)
            pathway.look(day, at)
        day += ONE_DAY
    return {citizen: pathway.found for citizen, pathway in known.items()}
