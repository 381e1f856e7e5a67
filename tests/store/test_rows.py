"""Instants as text: one form for each, which sorts by time."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from indsats.domain.calendar import COPENHAGEN
from indsats.store.rows import read_instant, stored_instant

ZONES = st.sampled_from((UTC, COPENHAGEN, timezone(timedelta(hours=-3, minutes=-30))))
INSTANTS = st.datetimes(timezones=ZONES).filter(lambda instant: 1 < instant.year < 9999)


@pytest.mark.parametrize(
    ("instant", "text"),
    [
        (datetime(2017, 1, 2, 8, tzinfo=UTC), "2017-01-02T08:00:00.000000Z"),
        (datetime(2017, 1, 2, 8, 0, 0, 125, tzinfo=UTC), "2017-01-02T08:00:00.000125Z"),
        (datetime(2017, 1, 2, 8, 0, 0, 250_000, tzinfo=UTC), "2017-01-02T08:00:00.250000Z"),
        (datetime(2017, 7, 1, 0, 30, tzinfo=COPENHAGEN), "2017-06-30T22:30:00.000000Z"),
        (datetime(999, 1, 2, tzinfo=UTC), "0999-01-02T00:00:00.000000Z"),
    ],
)
def test_an_instant_is_text_in_utc_with_six_digits_of_a_second(instant: datetime, text: str) -> None:
    assert stored_instant(instant) == text


@given(INSTANTS, INSTANTS)
def test_any_instant_comes_back_and_sorts_by_time(one: datetime, other: datetime) -> None:
    assert read_instant(stored_instant(one)) == one.astimezone(UTC)
    assert (stored_instant(one) < stored_instant(other)) == (one.astimezone(UTC) < other.astimezone(UTC))


@pytest.mark.parametrize("text", ["2017-01-02T08:00:00", "2017-01-02", "yesterday"])
def test_text_that_is_no_instant_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=text):
        read_instant(text)
