"""A scheduler that stood still: what it finds late is what it would have found, under the day on which it finds it."""

from datetime import date

from tests.playing import played, stored
from tests.strategies import SMALL, History, Telling

from indsats.domain.calendar import noon_of
from indsats.domain.events import BreachWithdrawn, DeadlineBreached, DeadlineDueSoon, FactRecorded

# A receipt is due three working days after 1 March 2017, on Monday the 6th, and warned of a day before.
ASKED = FactRecorded(fact="asked", kind="applied", on=date(2017, 3, 1), fields={"plan": "x", "participants": ["clerk"]})


def _receipt_found_on(swept_on: set[date]) -> list[tuple[str, date]]:
    until = date(2017, 3, 10)
    history = History(SMALL, (Telling(noon_of(ASKED.on), "c1", ASKED),), until)
    [events] = stored(played(history, swept_on.__contains__).engine).values()
    return [
        (type(body).__name__, body.found_on)
        for body in (event.body for event in events)
        if isinstance(body, DeadlineBreached | BreachWithdrawn | DeadlineDueSoon) and body.rule == "receipt"
    ]


def test_a_scheduler_that_runs_warns_and_finds_on_the_day() -> None:
    daily = {date(2017, 3, day) for day in range(1, 11)}
    assert _receipt_found_on(daily) == [
        ("DeadlineDueSoon", date(2017, 3, 5)),
        ("DeadlineBreached", date(2017, 3, 7)),
    ]


def test_what_is_found_late_carries_the_day_on_which_it_is_found() -> None:
    assert _receipt_found_on({date(2017, 3, 10)}) == [
        ("DeadlineDueSoon", date(2017, 3, 10)),
        ("DeadlineBreached", date(2017, 3, 10)),
    ]
