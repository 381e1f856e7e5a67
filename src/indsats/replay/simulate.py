"""A simulated municipality: the facts of citizens who never were, as hosts record them. Its seed decides everything."""

from collections.abc import Iterator, Sequence
from datetime import date, datetime, time, timedelta
from random import Random

import msgspec

from indsats.domain.calendar import COPENHAGEN, ONE_DAY
from indsats.domain.catalogue import ANNULLED
from indsats.domain.facts import NewFact, Role
from indsats.replay.story import LONGEST_DELAY, Story, Team, Told, Worker

Entry = dict[str, object]
"""A fact, or its annulment, with the keys and values of a line of a fact file."""


class Municipality(msgspec.Struct, frozen=True, kw_only=True):
    """So many citizens over so many `days` from `first_day`, each with `facts_each` facts and perhaps a correction.

    Each of the `units` has `workers_each` workers of each of three roles. The citizen of a number has the same facts
    whatever the number of citizens.
    """

    citizens: int
    seed: int = 7
    facts_each: int = 60
    first_day: date = date(2017, 1, 1)
    days: int = 545
    units: int = 4
    workers_each: int = 3

    def entries(self) -> Iterator[Entry]:
        """The entries of all, citizen by citizen and day by day, a correction beside what it corrects."""
        for number in range(self.citizens):
            yield from self.citizen(number)

    def lines(self) -> Iterator[str]:
        """The entries as JSON Lines, without the ends of lines."""
        for entry in self.entries():
            yield msgspec.json.encode(entry).decode()

    def citizen(self, number: int) -> list[Entry]:
        """The entries of one citizen; numbers count from 0, and those from `citizens` on have entries too."""
        random = Random(f"{self.seed}/{number}")
        citizen = f"c{number:06d}"
        begin = self.first_day + timedelta(days=random.randint(1, 60))
        end = self.first_day + timedelta(days=self.days)
        told = Story(citizen, self._team(random), begin, end, random).tell(self.facts_each)
        return list(_Registration(citizen, random).entries(told))

    def _team(self, random: Random) -> Team:
        unit = random.randrange(self.units)

        def one(role: Role) -> Worker:
            number = unit * self.workers_each + random.randrange(self.workers_each)
            return Worker(f"{role}-{number}", role, f"unit-{unit}")

        return Team(one("caseworker"), one("company_consultant"), one("follow_up_worker"), f"club-{unit}")


class _Registration:
    """When the facts of one citizen are registered, and what goes wrong at that."""

    def __init__(self, citizen: str, random: Random) -> None:
        self._citizen = citizen
        self._random = random

    def entries(self, story: Sequence[Told]) -> Iterator[Entry]:
        """What a worker did on one day is registered at one instant, mostly on that day; some of it is wrong."""
        wrong = self._random.randrange(len(story)) if self._random.random() < 0.25 else None
        instants: dict[tuple[date, Worker], datetime] = {}
        for place, (fact, by) in enumerate(story):
            if (fact.on, by) not in instants:
                instants[fact.on, by] = self._instant(fact.on)
            at = instants[fact.on, by]
            # What others name stays, and so does the last, which may have closed the pathway.
            if place != wrong or fact.id or place == len(story) - 1:
                yield self._entry(fact, at, by)
            else:
                yield from self._corrected(fact, at, by)

    def _corrected(self, fact: NewFact, at: datetime, by: Worker) -> Iterator[Entry]:
        """A fact registered for the day after, or twice; and, later, what puts that right."""
        is_twice = self._random.random() < 0.4
        wrong = msgspec.structs.replace(fact, id=f"{self._citizen}-wrong")
        yield self._entry(wrong, at, by)
        corrected_at = self._instant(at.date() + ONE_DAY)
        on = fact.on if is_twice else fact.on - ONE_DAY
        right = msgspec.structs.replace(fact, id=f"{self._citizen}-right", on=on)
        yield self._entry(right, at + timedelta(minutes=5) if is_twice else corrected_at, by)
        yield {
            "citizen": self._citizen,
            "fact": ANNULLED,
            "recorded": corrected_at.isoformat(),
            "actor": by.id,
            "role": by.role,
            "of": wrong.id,
            "reason": "registreret to gange" if is_twice else "forkert dato",
        }

    def _instant(self, on: date) -> datetime:
        """When something of a day is registered: most on that day, some within a week, some within a month."""
        delay = self._random.choice((0, 0, 0, 0, 0, 1, 2, 5, 7, self._random.randint(0, LONGEST_DELAY)))
        at = time(self._random.randrange(8, 16), self._random.randrange(60))
        return datetime.combine(on + timedelta(days=delay), at, COPENHAGEN)

    def _entry(self, fact: NewFact, at: datetime, by: Worker) -> Entry:
        entry: Entry = {
            "citizen": self._citizen,
            "fact": fact.kind,
            "on": fact.on.isoformat(),
            "recorded": at.isoformat(),
            "actor": by.id,
            "role": by.role,
        }
        if fact.id:
            entry["id"] = fact.id
        return entry | fact.raw
