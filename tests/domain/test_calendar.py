"""Days as the jobcentre counts them: the worked days of the field, weekends and feasts, clock changes."""

from datetime import UTC, date, datetime, timedelta

import pytest

from indsats.domain.calendar import (
    Calendar,
    add_months,
    end_of,
    local_day,
    noon_of,
    public_holidays,
    start_of,
)
from indsats.domain.values import Duration

CALENDAR = Calendar()


def day(text: str) -> date:
    return date.fromisoformat(text)


def instant(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)


@pytest.mark.parametrize(
    ("start", "duration", "due"),
    [
        # The day of the event is day 0.
        ("2017-04-07", "P7D", "2017-04-14"),
        ("2017-04-07", "P14D", "2017-04-21"),
        ("2022-07-04", "P7D", "2022-07-11"),
        ("2022-07-04", "P7WD", "2022-07-13"),
        ("2017-01-02", "P0D", "2017-01-02"),
        ("2017-01-02", "P0WD", "2017-01-02"),
        ("2017-01-02", "P4W", "2017-01-30"),
        # Months go to the same date, or to the last day of a month that has none.
        ("2017-08-31", "P6M", "2018-02-28"),
        ("2017-08-31", "P30M", "2020-02-29"),
        ("2017-08-31", "P2Y6M", "2020-02-29"),
        ("2016-11-30", "P3M", "2017-02-28"),
        ("2017-03-01", "P2Y6M", "2019-09-01"),
        ("2017-03-01", "P4Y6M", "2021-09-01"),
        ("2021-09-30", "P3M", "2021-12-30"),
        ("2016-02-29", "P1Y", "2017-02-28"),
        ("2016-02-29", "P4Y", "2020-02-29"),
        ("2017-02-28", "P1M", "2017-03-28"),
        ("2017-12-31", "P2M", "2018-02-28"),
        # Months first, then days.
        ("2017-01-31", "P1M1D", "2017-03-01"),
        ("2017-01-31", "P1Y1M2W", "2018-03-14"),
        # Working days pass over weekends, feasts and closing days; from a day off the first one after it is the first.
        ("2017-01-06", "P1WD", "2017-01-09"),
        ("2017-01-07", "P1WD", "2017-01-09"),
        ("2017-01-08", "P10WD", "2017-01-20"),
        ("2017-04-12", "P1WD", "2017-04-18"),
        ("2017-12-22", "P2WD", "2017-12-28"),
        ("2017-12-29", "P1WD", "2018-01-02"),
        ("2023-05-04", "P1WD", "2023-05-08"),
        ("2024-04-25", "P1WD", "2024-04-26"),
    ],
)
def test_the_worked_days(start: str, duration: str, due: str) -> None:
    assert CALENDAR.add(day(start), Duration.parse(duration)) == day(due)


@pytest.mark.parametrize(
    ("end", "duration", "first"),
    [
        ("2017-01-01", "P3M", "2016-10-01"),
        ("2017-05-31", "P3M", "2017-02-28"),
        ("2016-05-31", "P3M", "2016-02-29"),
        ("2017-01-09", "P7D", "2017-01-02"),
        ("2017-01-09", "P0D", "2017-01-09"),
        ("2017-03-31", "P1M1D", "2017-02-27"),
        ("2017-01-09", "P1WD", "2017-01-06"),
        ("2017-01-08", "P1WD", "2017-01-06"),
        ("2017-04-18", "P2WD", "2017-04-11"),
        ("2017-01-09", "P0WD", "2017-01-09"),
    ],
)
def test_counting_backwards_clamps_and_passes_over_days_off(end: str, duration: str, first: str) -> None:
    assert CALENDAR.subtract(day(end), Duration.parse(duration)) == day(first)


def test_months_from_the_anchor_do_not_stick_to_a_clamped_day() -> None:
    start = day("2017-01-31")
    assert [add_months(start, months).day for months in (1, 2, 3, 4)] == [28, 31, 30, 31]
    assert add_months(start, -1) == day("2016-12-31")
    assert add_months(start, -2) == day("2016-11-30")


@pytest.mark.parametrize(
    ("due", "book_by", "next_working_day"),
    [
        ("2017-04-14", "2017-04-12", "2017-04-18"),  # Good Friday; Easter Monday is the 17th
        ("2017-01-09", "2017-01-09", "2017-01-09"),  # a plain Monday
        ("2017-01-07", "2017-01-06", "2017-01-09"),  # a Saturday
        ("2017-01-08", "2017-01-06", "2017-01-09"),  # a Sunday
        ("2017-06-05", "2017-06-02", "2017-06-06"),  # Whit Monday and 5 June at once
        ("2018-06-05", "2018-06-04", "2018-06-06"),  # 5 June alone
        ("2017-12-26", "2017-12-22", "2017-12-27"),  # 23 and 24 December are a weekend
        ("2018-12-24", "2018-12-21", "2018-12-27"),
        ("2018-12-31", "2018-12-28", "2019-01-02"),
        ("2023-05-05", "2023-05-04", "2023-05-08"),  # the last Store Bededag
        ("2024-04-26", "2024-04-26", "2024-04-26"),  # it would have been here
        ("2017-05-25", "2017-05-24", "2017-05-26"),  # Ascension Day; the day after it is open
        ("2020-02-29", "2020-02-28", "2020-03-02"),  # a leap day on a Saturday
    ],
)
def test_days_off_around_a_due_day(due: str, book_by: str, next_working_day: str) -> None:
    assert CALENDAR.book_by(day(due)) == day(book_by)
    assert CALENDAR.next_working_day(day(due)) == day(next_working_day)
    assert CALENDAR.roll(day(due), "previous_working_day", day("2017-01-01")) == day(book_by)
    assert CALENDAR.roll(day(due), "next_working_day", day("2017-01-01")) == day(next_working_day)
    assert CALENDAR.roll(day(due), "none", day("2017-01-01")) == day(due)
    assert CALENDAR.is_working_day(day(due)) is (due == book_by)


def test_rolling_back_stops_at_the_anchor() -> None:
    saturday = day("2017-01-07")
    assert CALENDAR.roll(day("2017-01-08"), "previous_working_day", saturday) == saturday
    assert CALENDAR.roll(day("2017-01-08"), "previous_working_day", day("2017-01-06")) == day("2017-01-06")


def test_store_bededag_is_a_holiday_through_2023() -> None:
    fourth_fridays_after_easter = {2017: "05-12", 2022: "05-13", 2023: "05-05", 2024: "04-26", 2025: "05-16"}
    holidays = {
        year for year, text in fourth_fridays_after_easter.items() if day(f"{year}-{text}") in public_holidays(year)
    }
    assert holidays == {2017, 2022, 2023}


def test_closing_days_are_the_models_choice() -> None:
    for text in ("2018-06-05", "2018-12-24", "2018-12-31"):
        assert not CALENDAR.is_working_day(day(text))
        assert Calendar(closing_days=frozenset()).is_working_day(day(text))
    of_one_year = Calendar(closing_days=frozenset({"2017-12-27", "02-28"}))
    assert not of_one_year.is_working_day(day("2017-12-27"))
    assert of_one_year.is_working_day(day("2018-12-27"))
    assert not of_one_year.is_working_day(day("2017-02-28"))
    assert not of_one_year.is_working_day(day("2018-02-28"))


@pytest.mark.parametrize(
    ("text", "first", "last", "hours"),
    [
        ("2017-01-02", "2017-01-01T23:00:00+00:00", "2017-01-02T22:59:59.999999+00:00", 24),
        ("2017-07-03", "2017-07-02T22:00:00+00:00", "2017-07-03T21:59:59.999999+00:00", 24),
        ("2017-03-26", "2017-03-25T23:00:00+00:00", "2017-03-26T21:59:59.999999+00:00", 23),
        ("2017-10-29", "2017-10-28T22:00:00+00:00", "2017-10-29T22:59:59.999999+00:00", 25),
    ],
)
def test_a_day_lasts_from_midnight_to_midnight_in_copenhagen(text: str, first: str, last: str, hours: int) -> None:
    start, end = start_of(day(text)), end_of(day(text))
    assert (start, end) == (instant(first), instant(last))
    assert (start.tzinfo, end.tzinfo, noon_of(day(text)).tzinfo) == (UTC, UTC, UTC)
    assert end - start == timedelta(hours=hours) - timedelta(microseconds=1)
    assert local_day(start) == local_day(end) == local_day(noon_of(day(text))) == day(text)
    assert local_day(start - timedelta(microseconds=1)) == day(text) - timedelta(days=1)
    assert local_day(end + timedelta(microseconds=1)) == day(text) + timedelta(days=1)


def test_noon_is_twelve_local_time_in_winter_and_summer() -> None:
    assert noon_of(day("2017-01-02")) == instant("2017-01-02T12:00:00+01:00")
    assert noon_of(day("2017-07-03")) == instant("2017-07-03T12:00:00+02:00")


@pytest.mark.parametrize(
    ("text", "on"),
    [
        ("2017-03-26T01:59:59+01:00", "2017-03-26"),
        ("2017-03-26T03:00:00+02:00", "2017-03-26"),
        ("2017-10-29T02:30:00+02:00", "2017-10-29"),  # half past two, for the first time
        ("2017-10-29T02:30:00+01:00", "2017-10-29"),  # and for the second
        ("2017-01-01T23:30:00+00:00", "2017-01-02"),
        ("2017-06-30T22:30:00+00:00", "2017-07-01"),
        ("2017-01-02T00:30:00+09:00", "2017-01-01"),
        ("2016-12-31T23:00:00+00:00", "2017-01-01"),
    ],
)
def test_an_instant_falls_on_its_day_in_copenhagen(text: str, on: str) -> None:
    assert local_day(datetime.fromisoformat(text)) == day(on)
