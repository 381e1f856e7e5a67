"""One of many who work on the same few pathways at once, each in a process of its own."""

import logging
import time
from collections import Counter
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, timedelta
from random import Random
from typing import NamedTuple

import structlog
from tests.hard.places import ACTOR, Place

from indsats.domain import facts
from indsats.domain.calendar import local_day
from indsats.domain.facts import NewFact
from indsats.errors import ConcurrentChange, Refused

CITIZENS = [f"c{number:03d}" for number in range(100)]
SHARED = 500
"""So many facts are recorded by whoever comes first; the others are told that they repeat it."""

_BEGIN = datetime(2017, 2, 1, 12, tzinfo=UTC)


class HurryingClock(NamedTuple):
    """Days pass in parts of a second, the same for every process, so that deadlines are missed while all write."""

    started: float
    days_a_second: float

    def now(self) -> datetime:
        """The instant it has come to."""
        return _BEGIN + timedelta(days=self.days_a_second * (time.time() - self.started))


class Worked(NamedTuple):
    """What one did: commands, refusals by their class, ids that are kept, and ids taken out.

    `recorded` counts what the log has grown by; `slowest` is of one command but a sweep, in seconds.
    """

    commands: Mapping[str, int]
    refusals: Mapping[str, int]
    kept: set[str]
    annulled: set[str]
    recorded: int
    slowest: float


def shared(number: int) -> tuple[str, NewFact]:
    """A fact that all know of, and whose it is."""
    on = date(2017, 1, 31)
    return CITIZENS[number % len(CITIZENS)], facts.note_added(on=on, text=f"Fælles {number}", id=f"shared-{number}")


def work_for(place: Place, clock: HurryingClock, number: int, seconds: float) -> Worked:
    """Work as one of the crowd; any error but a refusal ends it."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    return _Worker(place, clock, number).work(seconds)


class _Worker:
    def __init__(self, place: Place, clock: HurryingClock, number: int) -> None:
        self._engine = place.engine(clock=clock)
        self._clock, self._number = clock, number
        self._random = Random(number)
        self._own: dict[str, str] = {}
        """Whose the facts are that this one recorded and nobody took out."""
        self._annulled: set[str] = set()
        self._recorded = self._ids = 0

    def work(self, seconds: float) -> Worked:
        commands: Counter[str] = Counter()
        refusals: Counter[str] = Counter()
        choices: Mapping[Callable[[], None], int] = {
            self._record: 45,
            self._record_shared: 15,
            self._record_what_follows: 8,
            self._annul: 10,
            self._correct: 8,
            self._look: 12,
            self._sweep: 1,
        }
        until, slowest = time.monotonic() + seconds, 0.0
        with self._engine:
            while (began := time.monotonic()) < until:
                (command,) = self._random.choices(list(choices), list(choices.values()))
                commands[command.__name__.strip("_")] += 1
                try:
                    command()
                except Refused as refused:
                    # Who expects no version is never told that somebody else was faster.
                    if isinstance(refused, ConcurrentChange) and command != self._record_what_follows:
                        raise
                    refusals[type(refused).__name__] += 1
                if command != self._sweep:
                    slowest = max(slowest, time.monotonic() - began)
        return Worked(commands, refusals, set(self._own), self._annulled, self._recorded, slowest)

    def _record(self, expected_version: int | None = None, citizen: str | None = None) -> None:
        citizen = citizen or self._random.choice(CITIZENS)
        fact = self._fact()
        assert fact.id is not None
        done = self._engine.record(citizen, fact, actor=ACTOR, expected_version=expected_version)
        assert (done.recorded, list(done.ids)) == (1, [fact.id])
        self._recorded += 1
        self._own[fact.id] = citizen

    def _record_shared(self) -> None:
        citizen, fact = shared(self._random.randrange(SHARED))
        done = self._engine.record(citizen, fact, actor=ACTOR)
        assert done.recorded + done.repeated == 1
        self._recorded += done.recorded

    def _record_what_follows(self) -> None:
        """Decide on what was read; somebody may have been faster, and then is named."""
        view = self._engine.pathway(citizen := self._random.choice(CITIZENS), actor=ACTOR)
        try:
            self._record(view.version, citizen)
        except ConcurrentChange as conflict:
            if not conflict.events:
                raise AssertionError(f"it names nobody: {conflict}") from conflict
            raise

    def _annul(self) -> None:
        if self._own:
            fact_id = self._random.choice(list(self._own))
            done = self._engine.annul(fact_id, "forkert", actor=ACTOR)
            assert done.recorded == 1
            self._recorded += 1
            del self._own[fact_id]
            self._annulled.add(fact_id)

    def _correct(self) -> None:
        if self._own:
            fact_id, right = self._random.choice(list(self._own)), self._fact()
            assert right.id is not None
            done = self._engine.correct(fact_id, right, actor=ACTOR)
            assert done.recorded == 2
            self._recorded += 2
            self._own[right.id] = self._own.pop(fact_id)
            self._annulled.add(fact_id)

    def _look(self) -> None:
        """What was acknowledged can be read at once."""
        view = self._engine.pathway(citizen := self._random.choice(CITIZENS), actor=ACTOR)
        seen = {fact.id for fact in view.derivation.timeline.facts}
        assert {fact_id for fact_id, whose in self._own.items() if whose == citizen} <= seen
        assert not self._annulled & seen

    def _sweep(self) -> None:
        assert self._engine.sweep().set_aside == 0

    def _fact(self) -> NewFact:
        self._ids += 1
        fact_id, on = f"w{self._number}-{self._ids}", local_day(self._clock.now())
        job = f"{fact_id}-job"
        made: list[NewFact] = [
            facts.conversation_held(on=on, participants=["caseworker"], id=fact_id),
            facts.first_conversation_held(on=on, participants=["caseworker"], topics=["cv"], id=fact_id),
            facts.note_added(on=on, text=f"Notat {self._ids}", id=fact_id),
            facts.ledighedsydelse_started(on=on, route="mover_in", id=fact_id),
            facts.flexjob_started(on=on, employment=job, weekly_hours=self._random.randint(2, 20), id=fact_id),
            facts.follow_up_held(on=on, participants=["follow_up_worker"], id=fact_id),
            facts.hold_started(on=on, reason="exemption", id=fact_id),
            facts.hold_ended(on=on, reason="exemption", id=fact_id),
            facts.pathway_reopened(on=on, id=fact_id),
        ]
        return self._random.choice(made)
