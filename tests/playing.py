"""Plays histories through the engine, step by step, and reads what it stored."""

from collections.abc import Callable, Iterable, Iterator
from datetime import date, datetime
from itertools import groupby
from typing import NamedTuple

from eventsourcing.domain import DomainEventProtocol
from tests.strategies import History, Telling

from indsats.clock import VirtualClock
from indsats.domain.calendar import ONE_DAY, local_day, start_of
from indsats.domain.events import DeadlineBreached, Event
from indsats.domain.ledger import BreachKey, Verdict, key_of
from indsats.domain.obligations import Obligation
from indsats.domain.pathway import Models, Pathway, Registration, project
from indsats.engine.results import Swept, View
from indsats.replay.memory import MemoryEngine


class Step(NamedTuple):
    """The engine after one transaction (`swept` is None) or one sweep, at that instant."""

    engine: MemoryEngine
    at: datetime
    swept: Swept | None

    @property
    def day(self) -> date:
        return local_day(self.at)

    def views(self) -> list[View]:
        """Every pathway as it stands now."""
        return list(self.engine.views(self.day, self.at))


class Transaction(NamedTuple):
    """What is registered of one citizen at one instant."""

    at: datetime
    citizen: str
    registrations: list[Registration]


def transactions(tellings: Iterable[Telling]) -> Iterator[Transaction]:
    """Registrations in their order, those of one citizen and instant together."""
    for at, of_instant in groupby(tellings, key=lambda telling: telling.at):
        together: dict[str, list[Registration]] = {}
        for telling in of_instant:
            together.setdefault(telling.citizen, []).append(telling.said)
        yield from (Transaction(at, citizen, said) for citizen, said in together.items())


def play(history: History, sweeps_on: Callable[[date], bool] = lambda _: True) -> Iterator[Step]:
    """Each day from the first to `until`: a sweep at its beginning, if there is one; then its registrations."""
    clock = VirtualClock(start_of(history.first_day))
    engine = MemoryEngine(history.model, clock, "0336", history.others)
    to_record = list(transactions(history.told_by(history.until)))
    day = history.first_day
    while day <= history.until:
        clock.at = start_of(day)
        if sweeps_on(day):
            yield Step(engine, clock.at, engine.sweep())
        while to_record and local_day(to_record[0].at) == day:
            clock.at, citizen, registrations = to_record.pop(0)
            engine.record(citizen, registrations, actor="w1", role="caseworker", late=True)
            yield Step(engine, clock.at, None)
        day += ONE_DAY


def played(history: History, sweeps_on: Callable[[date], bool] = lambda _: True) -> Step:
    """The last step of a history."""
    *_, last = play(history, sweeps_on)
    return last


def streams(engine: MemoryEngine) -> dict[tuple[str, str, str], list[Event]]:
    """Every stored event, decoded anew, in stream order, by subject, its id and municipality."""
    events = engine._streams.events
    return {whose: list(map(_event, events.get(stream))) for whose, stream in sorted(engine._directory.items())}


def _event(event: DomainEventProtocol[str]) -> Event:
    assert isinstance(event, Event)
    return event


def stored(engine: MemoryEngine) -> dict[str, list[Event]]:
    """The stored events of the citizens of one municipality."""
    return {citizen: events for (_, citizen, _), events in streams(engine).items()}


def folded(events: Iterable[Event]) -> Pathway:
    """The pathway that events make."""
    pathway = project(None, events)
    assert pathway is not None
    return pathway


def models_of(history: History) -> Models:
    return {model.digest: model for model in (history.model, *history.others)}


def active(ledger: Iterable[Verdict]) -> set[BreachKey]:
    """The breaches that stand: raised and not withdrawn. Raised twice, or withdrawn without a breach, is a fault."""
    standing: set[BreachKey] = set()
    for verdict in ledger:
        key = key_of(verdict)
        if isinstance(verdict, DeadlineBreached):
            assert key not in standing, f"{key} is raised twice"
            standing.add(key)
        else:
            assert key in standing, f"{key} is withdrawn but does not stand"
            standing.remove(key)
    return standing


def failures(obligations: Iterable[Obligation]) -> set[BreachKey]:
    """What is derived as not kept, in rules that can fail."""
    return {
        owed.key
        for owed in obligations
        if owed.status in ("breached", "met_late") and owed.force in ("must", "default", "decide")
    }
