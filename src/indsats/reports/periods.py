"""Periods that are reported on: a year, half a year, a quarter, a month, an ISO week, or two days and all between."""

import re
from calendar import monthrange
from datetime import date, timedelta
from typing import NamedTuple

from indsats.domain.calendar import ONE_DAY
from indsats.domain.values import FIRST_DAY, LAST_DAY, parse_day
from indsats.errors import ValueInvalid

ALLOWED = "2017, 2017-H1, 2017-Q1, 2017-03, 2017-W05, 2017-01-01/2017-03-31"

_PART = re.compile(r"([0-9]{4})(?:-(?:(H)([12])|(Q)([1-4])|(W)([0-9]{2})|([0-9]{2})))?")
_MONTHS = {"H": 6, "Q": 3}
_SIX_DAYS = timedelta(days=6)


class Period(NamedTuple):
    """Days from the first to the last, both included."""

    first: date
    last: date

    @property
    def day_before(self) -> date:
        """The last day of the period before."""
        return self.first - ONE_DAY

    def __str__(self) -> str:
        return f"{self.first}/{self.last}"


def parse_period(text: str) -> Period:
    """Read `2017`, `2017-H1`, `2017-Q1`, `2017-03`, `2017-W05`, or an interval of ISO 8601: `2017-01-01/2017-03-31`.

    Raises `ValueInvalid` for another form, days that do not exist, and a last day before the first.
    """
    if "/" in text:
        first, _, last = text.partition("/")
        period = Period(parse_day(first), parse_day(last))
        if period.last < period.first:
            raise ValueInvalid(f"{text!r} ends before it begins")
        return period
    part = _PART.fullmatch(text)
    if part is None:
        raise ValueInvalid(f"{text!r} is no period; allowed: {ALLOWED}")
    year, *units = (found for found in part.groups() if found is not None)
    if not FIRST_DAY.year <= int(year) <= LAST_DAY.year:
        raise ValueInvalid(f"{text!r} lies outside {FIRST_DAY} to {LAST_DAY}")
    try:
        return _period(int(year), *units)
    except ValueError:
        raise ValueInvalid(f"{text!r} does not exist in the calendar") from None


def _period(year: int, unit: str = "", number: str = "") -> Period:
    """A year, or of it a half (`H`), quarter (`Q`), ISO week (`W`), or month, whose number stands for the unit."""
    if not unit:
        return _months(year, 1, 12)
    if unit == "W":
        monday = date.fromisocalendar(year, int(number), 1)
        return Period(monday, monday + _SIX_DAYS)
    return _months(year, int(number), _MONTHS[unit]) if number else _months(year, int(unit), 1)


def _months(year: int, number: int, length: int) -> Period:
    last = number * length
    return Period(date(year, last - length + 1, 1), date(year, last, monthrange(year, last)[1]))
