"""The run: each fact at the instant of its registration, a sweep at the beginning of each day, and what came of it."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date, datetime
from itertools import groupby
from typing import NamedTuple

from indsats.clock import VirtualClock
from indsats.domain.calendar import ONE_DAY, end_of, local_day, start_of
from indsats.domain.model import Model
from indsats.domain.pathway import Signature
from indsats.engine.results import View
from indsats.replay.entries import AnyLine
from indsats.replay.memory import MemoryEngine
from indsats.replay.registrations import registration_of, subject_of

UNKNOWN_MUNICIPALITY = "0000"
"""Where neither the file nor the model names one."""


class Replayed(NamedTuple):
    """A finished run: the engine as it stands at the end of `until`, and the days that were swept."""

    engine: MemoryEngine
    until: date
    days: int
    visited: int

    def views(self, as_of: date | None = None, known_at: datetime | None = None) -> list[View]:
        """The pathways at a point; `known_at` defaults to the end of the run, `as_of` to the day of `known_at`."""
        known_at = known_at or end_of(self.until)
        return list(self.engine.views(as_of or local_day(known_at), known_at))

    def units(self, as_of: date, known_at: datetime) -> list[View]:
        """What was told of units beside the pathways at a point; nothing where the pathways themselves are of units."""
        return [] if self.engine.model.subject == "unit" else list(self.engine.views(as_of, known_at, "unit"))


def replay(
    model: Model,
    entries: Iterable[AnyLine],
    until: date,
    *,
    others: Mapping[str, Model],
    progress: Callable[[int], None] = lambda _: None,
) -> Replayed:
    """Play entries as live recording would have: swept every day from the first registration to `until`, both included.

    Entries registered after `until` are not seen. Those of one pathway with one instant are one transaction. `others`
    are the models that entries move a pathway to, by the name they give; `progress` is told how many entries were
    taken.
    """
    ordered = sorted(entries, key=lambda entry: (entry.recorded_at, entry.position))
    clock = VirtualClock(ordered[0].recorded_at if ordered else start_of(until))
    engine = MemoryEngine(model, clock, model.municipality or UNKNOWN_MUNICIPALITY, others.values())
    day = local_day(clock.now())
    days = visited = 0
    for recorded_on, of_day in groupby(ordered, key=lambda entry: local_day(entry.recorded_at)):
        if recorded_on > until:
            break
        while day <= recorded_on:
            visited += _sweep(engine, clock, day)
            days += 1
            day += ONE_DAY
        for instant, at_once in groupby(of_day, key=lambda entry: entry.recorded_at):
            clock.at = instant
            for transaction in _by_pathway(at_once):
                _record(engine, transaction, others)
                progress(len(transaction))
    while day <= until:
        visited += _sweep(engine, clock, day)
        days += 1
        day += ONE_DAY
    return Replayed(engine, until, days, visited)


def _sweep(engine: MemoryEngine, clock: VirtualClock, day: date) -> int:
    clock.at = start_of(day)
    return engine.sweep().visited


def _by_pathway(entries: Iterable[AnyLine]) -> list[list[AnyLine]]:
    """The entries of one instant, those of one pathway together."""
    pathways: dict[tuple[str | None, str | None, str], list[AnyLine]] = {}
    for entry in entries:
        pathways.setdefault((entry.municipality, entry.citizen, entry.subject), []).append(entry)
    return list(pathways.values())


def _record(engine: MemoryEngine, transaction: Sequence[AnyLine], others: Mapping[str, Model]) -> None:
    first = transaction[0]
    engine.record(
        first.subject,
        [registration_of(entry, others) for entry in transaction],
        actor=first.actor,
        role=first.role,
        subject=subject_of(first),
        municipality=first.municipality,
        signatures=[Signature(entry.actor, entry.role) for entry in transaction],
        late=True,
    )
