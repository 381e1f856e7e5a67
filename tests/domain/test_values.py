"""Durations and days as text: what is read, what is refused, and in which words."""

import pytest

from indsats.domain.values import Duration, parse_day
from indsats.errors import InputInvalid, ValueInvalid


@pytest.mark.parametrize(
    ("text", "months", "days", "working_days"),
    [
        ("P7D", 0, 7, 0),
        ("P2W", 0, 14, 0),
        ("P3M", 3, 0, 0),
        ("P1Y", 12, 0, 0),
        ("P2Y6M", 30, 0, 0),
        ("P4Y6M", 54, 0, 0),
        ("P1Y2M3W4D", 14, 25, 0),
        ("P0D", 0, 0, 0),
        ("P10WD", 0, 0, 10),
        ("P190Y", 2280, 0, 0),
    ],
)
def test_a_duration_is_months_and_days_or_working_days(text: str, months: int, days: int, working_days: int) -> None:
    duration = Duration.parse(text)
    assert (duration.months, duration.days, duration.working_days) == (months, days, working_days)
    assert str(duration) == text


@pytest.mark.parametrize(
    "text",
    [
        *("", "P", "7D", "p7d", "P7", "P-7D", "P7.5D", "P1D2W", "P6M2Y", "PT8H", "P1DT1H", " P7D", "P7D\n", "P7D "),
        *("P10WDD", "P3M10WD", "PWD", "P٣D", "3 months", "P123456D", "P12345M"),
    ],
)
def test_any_other_form_is_refused(text: str) -> None:
    with pytest.raises(ValueInvalid, match="is no duration; allowed: P7D, P2W, P3M, P2Y6M, P10WD"):
        Duration.parse(text)


@pytest.mark.parametrize("text", ["P201Y", "P2500M", "P73300D", "P37000WD", "P11000W"])
def test_more_than_200_years_is_refused(text: str) -> None:
    with pytest.raises(ValueInvalid, match="longer than 200 years"):
        Duration.parse(text)


@pytest.mark.parametrize(
    ("text", "zero"), [("P0D", True), ("P0Y0M", True), ("P0WD", True), ("P1D", False), ("P1M", False), ("P1WD", False)]
)
def test_only_nothing_is_zero(text: str, zero: bool) -> None:
    assert Duration.parse(text).is_zero is zero


def test_a_multiple_multiplies_every_part_and_keeps_the_form_as_written() -> None:
    assert Duration.parse("P2Y6M3D").times(3) == Duration(months=90, days=9, text="P2Y6M3D")
    assert Duration.parse("P5WD").times(2) == Duration(working_days=10, text="P5WD")


@pytest.mark.parametrize("text", ["2017-01-02", "2020-02-29", "2000-02-29", "1900-01-01", "2199-12-31"])
def test_a_day_that_exists_is_read(text: str) -> None:
    assert parse_day(text).isoformat() == text


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("2017-02-30", "does not exist"),
        ("2019-02-29", "does not exist"),
        ("1900-02-29", "does not exist"),
        ("2017-13-01", "does not exist"),
        ("2017-00-10", "does not exist"),
        ("0000-01-01", "does not exist"),
        ("1899-12-31", "lies outside 1900-01-01 to 2199-12-31"),
        ("2200-01-01", "lies outside 1900-01-01 to 2199-12-31"),
        ("20170102", "is no day"),
        ("2017-1-2", "is no day"),
        ("2017-W01-1", "is no day"),
        ("2017-01-02T09:00", "is no day"),
        ("2017-01-02\n", "is no day"),
        ("٢٠١٧-٠١-٠٢", "is no day"),
        ("", "is no day"),
    ],
)
def test_a_day_that_is_none_is_refused(text: str, why: str) -> None:
    with pytest.raises(ValueInvalid, match=why):
        parse_day(text)


def test_a_bad_value_is_invalid_input_and_a_value_error() -> None:
    # Parsers of others, such as a command line's, know ValueError; whoever catches all bad input knows InputInvalid.
    assert issubclass(ValueInvalid, ValueError)
    assert issubclass(ValueInvalid, InputInvalid)
