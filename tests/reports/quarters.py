"""A municipality over two quarters, with a registration that came after the first of them was reported on."""

from datetime import date

from tests.engine.looking import KIM, started, talked

from indsats.clock import VirtualClock
from indsats.domain.calendar import noon_of
from indsats.domain.facts import NewFact
from indsats.domain.values import Actor
from indsats.engine import Engine
from indsats.reports.periods import Period

LEADER = Actor("lea", "team_leader")
FIRST = Period(date(2017, 1, 1), date(2017, 3, 31))
SECOND = Period(date(2017, 4, 1), date(2017, 6, 30))
ON_TIME = "first_conversation_on_time"


def registered() -> list[tuple[date, str, NewFact]]:
    """When what was registered about whom.

    Of the three conversations due in the first quarter one was held in time, one (c2) likewise but registered on 11
    April, one not at all; of the four in the second one on the due day, one a day late, two not at all.
    """

    def begins(citizen: str, day: date) -> tuple[date, str, NewFact]:
        return day, citizen, started(day, id=f"{citizen}-start")

    def talks(citizen: str, day: date, known: date | None = None) -> tuple[date, str, NewFact]:
        return known or day, citizen, talked(day, id=f"{citizen}-talk")

    return [
        begins("c1", date(2017, 1, 9)),
        talks("c1", date(2017, 1, 12)),
        begins("c2", date(2017, 3, 6)),
        begins("c3", date(2017, 3, 7)),
        begins("c4", date(2017, 4, 3)),
        begins("c5", date(2017, 4, 4)),
        begins("c6", date(2017, 4, 5)),
        begins("c7", date(2017, 4, 6)),
        talks("c4", date(2017, 4, 10)),
        talks("c2", date(2017, 3, 10), known=date(2017, 4, 11)),
        talks("c5", date(2017, 4, 12)),
    ]


def play(engine: Engine, clock: VirtualClock, until: date = date(2017, 7, 3)) -> None:
    """Record it all as it came, with a sweep each time; the clock stops at noon of the last day."""
    for day, citizen, fact in registered():
        if day <= until:
            clock.at = noon_of(day)
            engine.sweep()
            engine.record(citizen, fact, actor=KIM)
    clock.at = noon_of(until)
    engine.sweep()
