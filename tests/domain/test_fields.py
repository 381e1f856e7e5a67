"""Values of fields: what is taken, in which form it is kept, and what is refused in which words."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from decimal import Context, Decimal, localcontext
from functools import partial

import pytest
from hypothesis import given
from hypothesis import strategies as st

from indsats.domain.fields import (
    Unfit,
    closest,
    day_of,
    decimal_of,
    duration_of,
    instant_of,
    instant_text,
    one_of,
    quoted,
    text_of,
    truth_of,
    whole_of,
)
from indsats.errors import InputInvalid


@pytest.mark.parametrize(
    ("given_value", "kept"),
    [
        (7.5, "7.5"),
        ("7.50", "7.5"),
        (10, "10"),
        ("10", "10"),
        ("10.0", "10"),
        (Decimal("1E+1"), "10"),
        ("1e1", "10"),
        ("007", "7"),
        ("-0", "0"),
        (-0.0, "0"),
        ("-3.20", "-3.2"),
        ("0.0000000001", "0.0000000001"),
        ("999999999999999.0123456789", "999999999999999.0123456789"),
        ("7." + "0" * 500, "7"),
    ],
    ids=lambda value: repr(value)[:20],
)
def test_a_decimal_is_kept_as_its_shortest_text(given_value: object, kept: str) -> None:
    assert decimal_of(given_value) == kept


@pytest.mark.parametrize(
    ("given_value", "what", "meant"),
    [
        ("7,5", "'7,5' is no number", "7.5"),
        ("about 7", "'about 7' is no number", None),
        ("", "'' is no number", None),
        (" 7", "' 7' is no number", None),
        ("٧", "'٧' is no number", None),
        (Decimal("NaN"), "'NaN' is no number", None),
        (float("nan"), "'nan' is no number", None),
        (float("inf"), "'inf' is no number", None),
        (Decimal("-Infinity"), "'-Infinity' is no number", None),
        ("1e15", "'1e15' is too large", None),
        (Decimal("1e999999"), "'1E+999999' is too large", None),
        ("-1e999999999", "'-1e999999999' is too large", None),
        ("1e-11", "'1e-11' has more than 10 decimal places", None),
        ("1e-999999999", "'1e-999999999' has more than 10 decimal places", None),
        (True, "is true or false", None),
        (None, "is null", None),
        ([7], "is a list", None),
        ({"h": 7}, "is an object", None),
    ],
)
def test_what_is_no_decimal_is_refused(given_value: object, what: str, meant: str | None) -> None:
    with pytest.raises(Unfit) as refused:
        decimal_of(given_value)
    assert (str(refused.value), refused.value.meant) == (what, meant)


@pytest.mark.parametrize("hours", [0, "0.0", 168, "168.00", 37.5])
def test_hours_reach_from_none_to_all_of_a_week(hours: object) -> None:
    assert Decimal(decimal_of(hours, most=168)) == Decimal(str(hours))


@pytest.mark.parametrize("hours", [-1, "-0.5", 168.5, 1000])
def test_hours_outside_a_week_are_refused(hours: object) -> None:
    with pytest.raises(Unfit, match="lies outside 0 to 168"):
        decimal_of(hours, most=168)
    assert Decimal(decimal_of(hours)) == Decimal(str(hours)), "the bounds are those of hours only"


def test_the_decimal_context_of_the_host_has_no_effect() -> None:
    with localcontext(Context(prec=3)):
        assert decimal_of("1234.56789") == "1234.56789"


@given(st.decimals(min_value=-(10**14), max_value=10**14, places=6))
def test_a_kept_decimal_is_equal_and_stays_as_it_is(number: Decimal) -> None:
    kept = decimal_of(number)
    assert Decimal(kept) == number
    assert decimal_of(kept) == kept


def test_the_years_of_a_day_are_bounded_and_the_day_exists() -> None:
    assert day_of("2017-01-02") == date(2017, 1, 2)
    for text, what in [
        ("2017-02-30", "'2017-02-30' does not exist in the calendar"),
        ("2017-2-3", "'2017-2-3' is no day"),
        ("1899-12-31", "'1899-12-31' lies outside 1900-01-01 to 2199-12-31"),
        ("x" * 100, f"'{'x' * 57}...' is no day"),
    ]:
        with pytest.raises(Unfit) as refused:
            day_of(text)
        assert str(refused.value) == what
    with pytest.raises(Unfit, match="is a number"):
        day_of(20170102)


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("02-01-2017", "2017-01-02"),
        ("31.12.2017", "2017-12-31"),
        ("02/01/2017", "2017-01-02"),
        ("30-02-2017", None),
        ("2-1-2017", None),
    ],
)
def test_a_day_as_danes_write_it_is_no_day_but_understood(text: str, meant: str | None) -> None:
    with pytest.raises(Unfit, match="is no day") as refused:
        day_of(text)
    assert refused.value.meant == meant


@pytest.mark.parametrize(
    ("text", "instant"),
    [
        ("2017-01-02T09:00:00+01:00", datetime(2017, 1, 2, 8, tzinfo=UTC)),
        ("2017-07-02T09:00:00+02:00", datetime(2017, 7, 2, 7, tzinfo=UTC)),
        ("2017-01-02T08:00:00Z", datetime(2017, 1, 2, 8, tzinfo=UTC)),
        ("2017-01-02T09:00+01:00", datetime(2017, 1, 2, 8, tzinfo=UTC)),
        ("2017-01-02T09:00:00+0100", datetime(2017, 1, 2, 8, tzinfo=UTC)),
        ("2017-01-02T08:00:00.5Z", datetime(2017, 1, 2, 8, 0, 0, 500_000, tzinfo=UTC)),
        ("2017-01-02T08:00:00.123456789-00:00", datetime(2017, 1, 2, 8, 0, 0, 123_456, tzinfo=UTC)),
    ],
)
def test_an_instant_becomes_utc(text: str, instant: datetime) -> None:
    assert instant_of(text) == instant
    assert instant_of(text).tzinfo is UTC


@pytest.mark.parametrize(
    ("value", "what", "meant"),
    [
        ("2017-01-02T09:00:00", "names no offset from UTC", "2017-01-02T09:00:00+01:00"),
        ("2017-07-02T09:00:00", "names no offset from UTC", "2017-07-02T09:00:00+02:00"),
        ("2017-01-02", "is no instant", None),
        ("2017-01-02 09:00:00+01:00", "is no instant", None),
        ("20170102T090000Z", "is no instant", None),
        ("2017-02-30T09:00:00Z", "does not exist in the calendar", None),
        ("2017-01-02T24:00:00Z", "does not exist in the calendar", None),
        ("2017-01-02T09:00:00+24:00", "does not exist in the calendar", None),
        ("0001-01-01T00:00:00+14:00", "does not exist in the calendar", None),
        ("1899-12-31T12:00:00Z", "lies outside 1900-01-01 to 2199-12-31", None),
        (1483344000, "is a number", None),
    ],
)
def test_what_is_no_instant_is_refused(value: object, what: str, meant: str | None) -> None:
    with pytest.raises(Unfit, match=what) as refused:
        instant_of(value)
    assert refused.value.meant == meant


@given(st.timedeltas(timedelta(0), timedelta(days=299 * 365)))
def test_the_text_of_an_instant_is_read_as_the_same_instant(since_1900: timedelta) -> None:
    instant = datetime(1900, 1, 1, tzinfo=UTC) + since_1900
    assert instant_of(instant_text(instant)) == instant
    assert instant_text(instant).endswith("Z")


def test_a_duration_is_kept_as_written_and_may_have_to_last() -> None:
    assert duration_of("P2Y6M") == "P2Y6M"
    assert duration_of("P0D") == "P0D"
    with pytest.raises(Unfit, match="'P0D' is no time at all"):
        duration_of("P0D", can_be_zero=False)
    with pytest.raises(Unfit) as refused:
        duration_of("4 weeks")
    assert str(refused.value) == "'4 weeks' is no duration"
    with pytest.raises(Unfit, match="is a number"):
        duration_of(7)


def test_truth_is_written_as_text_only_where_all_is_text() -> None:
    assert truth_of(True) is True
    assert truth_of("false", plain=True) is False
    with pytest.raises(Unfit, match="is text"):
        truth_of("true")
    for text in ("yes", "ja", "1"):
        with pytest.raises(Unfit, match=f"'{text}' is not allowed"):
            truth_of(text, plain=True)
    with pytest.raises(Unfit, match="is a number"):
        truth_of(1)


def test_a_whole_number_has_bounds_and_no_fraction() -> None:
    assert whole_of(3) == 3
    assert whole_of("-3", plain=True) == -3
    for value, plain, what in [
        ("3", False, "is text"),
        (True, False, "is true or false"),
        (Decimal("3.0"), False, "is a number"),
        ("3.0", True, "'3.0' is no whole number"),
        (10**15, False, "is too large"),
        (0, False, "0 is less than 1"),
    ]:
        with pytest.raises(Unfit, match=what):
            whole_of(value, plain=plain, least=1)


def test_text_is_what_databases_and_readers_can_keep() -> None:
    assert text_of("Købmanden 🛒\n") == "Købmanden 🛒\n"
    assert text_of("") == ""
    for value, what in [("a\0b", "NUL"), ("a\ud800b", "surrogate"), (7, "is a number"), (False, "is true or false")]:
        with pytest.raises(Unfit, match=what):
            text_of(value)


def test_one_of_the_values_named_and_what_may_have_been_meant() -> None:
    assert one_of("job_club", ("job_club", "individual")) == "job_club"
    with pytest.raises(Unfit) as refused:
        one_of("jobclub", ("job_club", "individual"))
    assert refused.value.meant == "job_club"
    with pytest.raises(Unfit, match="is a list"):
        one_of(["job_club"], ("job_club",))


def test_a_value_in_a_message_is_short_and_on_one_line() -> None:
    assert quoted("a\nb") == r"'a\nb'"
    assert quoted("\ud800") == r"'\ud800'"
    assert len(quoted("x" * 10_000)) == 62
    assert closest("x" * 1_000_000, ("job_club",)) is None


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.decimals() | st.text(max_size=12),
        lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=3), inner, max_size=2),
        max_leaves=3,
    ),
    st.booleans(),
)
def test_any_value_is_taken_or_refused_in_one_line(value: object, plain: bool) -> None:
    readers: list[Callable[[object], object]] = [text_of, day_of, duration_of, instant_of, decimal_of]
    readers += [partial(truth_of, plain=plain), partial(whole_of, plain=plain)]
    assert all("\n" not in refusal(read, value) for read in readers)


def refusal(read: Callable[[object], object], value: object) -> str:
    """What a reader has against a value; nothing if it takes it."""
    try:
        read(value)
    except InputInvalid as refused:
        return str(refused)
    return ""
