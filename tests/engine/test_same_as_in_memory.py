"""The durable engine and that of a replay find the same, to the day, whatever is told them and whenever they sweep."""

from collections.abc import Callable, Iterator
from datetime import date
from itertools import count

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.engine.looking import KIM
from tests.playing import transactions
from tests.strategies import SMALL, STEVNS, History, histories

from indsats.clock import VirtualClock
from indsats.domain.calendar import ONE_DAY, local_day, start_of
from indsats.domain.events import FactAnnulled, FactRecorded
from indsats.domain.facts import NewFact
from indsats.domain.pathway import Registration
from indsats.engine import Engine
from indsats.engine.results import Swept
from indsats.replay.document import Json, pathway_document
from indsats.replay.memory import MemoryEngine
from indsats.store.keys import Keys

NUMBERS = count(1)
"""Each history is of a municipality of its own, so that all of them share one database."""

Open = Callable[[History], "Pair"]


class Pair:
    """Both engines, told the same. `ids` are those of annulments in the database by those of the history."""

    def __init__(self, history: History, database_url: str, keys: Keys) -> None:
        self.clock = VirtualClock(start_of(history.first_day))
        whose = f"m{next(NUMBERS)}"
        self.memory = MemoryEngine(history.model, self.clock, whose)
        self.durable = Engine(database_url, history.model, municipality=whose, clock=self.clock, keys=keys, create=True)
        self.ids: dict[str, str] = {}
        self.out: set[str] = set()

    def sweep(self) -> tuple[Swept, Swept]:
        return self.durable.sweep(), self.memory.sweep()

    def tell(self, citizen: str, registrations: list[Registration]) -> None:
        """One transaction if it is of facts alone; the durable engine has a command of its own for each annulment."""
        said = [one for one in registrations if isinstance(one, FactRecorded)]
        if len(said) == len(registrations):
            new = [NewFact(kind=fact.kind, on=fact.on, fields=_given(fact), id=fact.fact) for fact in said]
            self._remember(citizen, registrations)
            self.durable.record(citizen, new, actor=KIM, late=True)
            return
        for one in registrations:
            if isinstance(one, FactRecorded):
                self.tell(citizen, [one])
            elif isinstance(one, FactAnnulled) and one.fact not in self.out:
                self.out.add(one.fact)
                self._remember(citizen, [one])
                self.ids[self.durable.annul(one.fact, one.reason or "wrong", actor=KIM).ids[0]] = one.id

    def _remember(self, citizen: str, said: list[Registration]) -> None:
        self.memory.record(citizen, said, actor=KIM.id, role=KIM.role, late=True)

    def documents(self) -> tuple[list[Json], list[Json]]:
        """What both say of each pathway now."""
        memory = [pathway_document(view) for view in self.memory.views(local_day(self.clock.at), self.clock.at)]
        durable = [pathway_document(self.durable.pathway(str(one["citizen"]), actor=KIM)) for one in memory]
        return [self._with_ids_of_history(one) for one in durable], memory

    def _with_ids_of_history(self, document: Json) -> Json:
        ledger = document["ledger"]
        assert isinstance(ledger, list)
        return {
            **document,
            "ledger": [
                {**entry, "because_of": self.ids.get(entry["because_of"], entry["because_of"])}
                if "because_of" in entry
                else entry
                for entry in ledger
            ],
        }


def _given(fact: FactRecorded) -> dict[str, str | bool | int | list[str]]:
    return {name: value for name, value in fact.fields.items() if value is not None}


def play(pair: Pair, history: History, sweeps_on: Callable[[date], bool]) -> Iterator[tuple[Swept, Swept]]:
    """Each day a sweep at its beginning, if there is one, and then what is told on it."""
    to_tell = list(transactions(history.told_by(history.until)))
    day = history.first_day
    while day <= history.until:
        pair.clock.at = start_of(day)
        if sweeps_on(day):
            yield pair.sweep()
        while to_tell and local_day(to_tell[0].at) == day:
            pair.clock.at, citizen, registrations = to_tell.pop(0)
            pair.tell(citizen, registrations)
        day += ONE_DAY


@pytest.fixture
def opened(database_url: str, keys: Keys) -> Open:
    return lambda history: Pair(history, database_url, keys)


few = settings(max_examples=settings().max_examples // 8, suppress_health_check=[HealthCheck.function_scoped_fixture])
"""Each example is a history of months in a database, so there are fewer of them."""


@few
@given(histories(SMALL, most=8) | histories(STEVNS, most=8))
def test_swept_each_day_both_find_the_same(opened: Open, history: History) -> None:
    pair = opened(history)
    try:
        for durable, memory in play(pair, history, lambda _: True):
            assert durable == memory
        durable_documents, memory_documents = pair.documents()
        assert durable_documents == memory_documents
    finally:
        pair.durable.close()


@few
@given(st.sets(st.integers(0, 200)), histories(SMALL, most=8) | histories(STEVNS, most=8))
def test_swept_on_some_days_both_find_the_same(opened: Open, swept_on: set[int], history: History) -> None:
    pair = opened(history)
    try:
        for durable, memory in play(pair, history, lambda day: (day - history.first_day).days in swept_on):
            assert durable == memory
        durable_documents, memory_documents = pair.documents()
        assert durable_documents == memory_documents
    finally:
        pair.durable.close()
