"""Periods as they are written."""

from datetime import date

import pytest

from indsats.errors import ValueInvalid
from indsats.reports.periods import Period, parse_period


@pytest.mark.parametrize(
    ("text", "first", "last"),
    [
        ("2017", date(2017, 1, 1), date(2017, 12, 31)),
        ("2017-H1", date(2017, 1, 1), date(2017, 6, 30)),
        ("2017-H2", date(2017, 7, 1), date(2017, 12, 31)),
        ("2017-Q1", date(2017, 1, 1), date(2017, 3, 31)),
        ("2017-Q4", date(2017, 10, 1), date(2017, 12, 31)),
        ("2020-02", date(2020, 2, 1), date(2020, 2, 29)),
        ("2017-12", date(2017, 12, 1), date(2017, 12, 31)),
        ("2017-W01", date(2017, 1, 2), date(2017, 1, 8)),
        ("2020-W53", date(2020, 12, 28), date(2021, 1, 3)),
        ("2017-01-15/2017-02-03", date(2017, 1, 15), date(2017, 2, 3)),
        ("2017-01-15/2017-01-15", date(2017, 1, 15), date(2017, 1, 15)),
    ],
)
def test_a_period_is_its_first_and_last_day(text: str, first: date, last: date) -> None:
    assert parse_period(text) == Period(first, last)


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("2017-Q5", "is no period; allowed: 2017, 2017-H1"),
        ("2017-H0", "is no period"),
        ("2017-1", "is no period"),
        ("2017-q1", "is no period"),
        ("2017-01-01", "is no period"),
        ("", "is no period"),
        ("2017-00", "does not exist in the calendar"),
        ("2017-13", "does not exist in the calendar"),
        ("2017-W53", "does not exist in the calendar"),
        ("2017-02-30/2017-03-01", "does not exist in the calendar"),
        ("2017-02-01/2017-01-31", "ends before it begins"),
        ("2017-02-01/", "is no day"),
        ("1899-Q1", "lies outside 1900-01-01 to 2199-12-31"),
        ("2200", "lies outside"),
    ],
)
def test_what_is_no_period_is_refused(text: str, fault: str) -> None:
    with pytest.raises(ValueInvalid, match=fault):
        parse_period(text)


def test_the_day_before_and_the_text_of_a_period() -> None:
    period = parse_period("2017-Q2")
    assert (period.day_before, str(period)) == (date(2017, 3, 31), "2017-04-01/2017-06-30")
    assert parse_period(str(period)) == period
