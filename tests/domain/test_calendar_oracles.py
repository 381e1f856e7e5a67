"""The calendar against three others: `holidays`, `dateutil` and `whenever`, on 200,000 days drawn from 1990 to 2040.

What depends on the day alone is checked on every day of those years.
"""

import random
from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta

import holidays
import pytest
import whenever
from dateutil.relativedelta import relativedelta

from indsats.domain.calendar import Calendar, end_of, local_day, public_holidays, start_of
from indsats.domain.values import Duration

FIRST, LAST = date(1990, 1, 1), date(2040, 12, 31)
DAYS = [FIRST + timedelta(days=offset) for offset in range((LAST - FIRST).days + 1)]
FEASTS = holidays.country_holidays("DK", years=range(1989, 2043))
CLOSED = {(6, 5), (12, 24), (12, 31)}
# A year more at either end, so that counting may lead out of the years that are drawn.
WORKING_DAYS = [
    found
    for offset in range(-366, len(DAYS) + 366)
    if (found := FIRST + timedelta(days=offset)).weekday() < 5
    and found not in FEASTS
    and (found.month, found.day) not in CLOSED
]
CALENDAR = Calendar()


def draws(count: int, seed: int) -> Iterator[tuple[date, random.Random]]:
    dice = random.Random(seed)
    return ((dice.choice(DAYS), dice) for _ in range(count))


@pytest.mark.parametrize("year", range(1990, 2041))
def test_the_holidays_of_a_year(year: int) -> None:
    assert public_holidays(year) == {found for found in FEASTS if found.year == year}


def test_every_working_day() -> None:
    assert [found for found in DAYS if CALENDAR.is_working_day(found)] == [
        found for found in WORKING_DAYS if FIRST <= found <= LAST
    ]


def test_months_and_years_and_weeks_and_days() -> None:
    for start, dice in draws(70_000, seed=1):
        years, months, weeks, days = dice.randrange(5), dice.randrange(40), dice.randrange(9), dice.randrange(40)
        duration = Duration.parse(f"P{years}Y{months}M{weeks}W{days}D")
        length = relativedelta(years=years, months=months, weeks=weeks, days=days)
        assert CALENDAR.add(start, duration) == start + length, (start, duration)
        assert CALENDAR.subtract(start, duration) == start - length, (start, duration)


def test_months_and_days_as_another_library_counts_them() -> None:
    for start, dice in draws(70_000, seed=2):
        months, days = dice.randrange(70), dice.randrange(400)
        other = whenever.Date(start.year, start.month, start.day)
        duration = Duration.parse(f"P{months}M{days}D")
        assert CALENDAR.add(start, duration) == other.add(months=months, days=days).to_stdlib(), (start, duration)
        assert CALENDAR.subtract(start, duration) == other.subtract(months=months, days=days).to_stdlib()


def test_working_days() -> None:
    for start, dice in draws(60_000, seed=3):
        count = dice.randrange(1, 13)
        duration = Duration(working_days=count, text=f"P{count}WD")
        assert CALENDAR.add(start, duration) == WORKING_DAYS[bisect_right(WORKING_DAYS, start) + count - 1]
        assert CALENDAR.subtract(start, duration) == WORKING_DAYS[bisect_left(WORKING_DAYS, start) - count]


def test_book_by_and_roll() -> None:
    for due in DAYS:
        on_or_before = WORKING_DAYS[bisect_right(WORKING_DAYS, due) - 1]
        on_or_after = WORKING_DAYS[bisect_left(WORKING_DAYS, due)]
        assert CALENDAR.book_by(due) == on_or_before
        assert CALENDAR.roll(due, "none", due) == due
        assert CALENDAR.roll(due, "next_working_day", due) == on_or_after
        for anchor in (due, due - timedelta(days=1), due - timedelta(days=9)):
            assert CALENDAR.roll(due, "previous_working_day", anchor) == max(anchor, on_or_before)


def test_days_begin_and_end_in_copenhagen() -> None:
    for found in DAYS:
        begin = whenever.ZonedDateTime(found.year, found.month, found.day, tz="Europe/Copenhagen")
        first, after = start_of(found), start_of(found + timedelta(days=1))
        assert first.timestamp() == begin.timestamp()
        assert end_of(found) == after - timedelta(microseconds=1)


def test_instants_fall_on_their_day_in_copenhagen() -> None:
    span = int((LAST - FIRST).total_seconds())
    dice = random.Random(5)
    for _ in range(50_000):
        at = datetime(1990, 1, 1, tzinfo=UTC) + timedelta(seconds=dice.randrange(span))
        other = whenever.Instant.from_timestamp(int(at.timestamp())).to_tz("Europe/Copenhagen")
        assert local_day(at) == other.date().to_stdlib(), at
