"""Actors, durations, and the bounds within which days are taken."""

import re
from datetime import date
from functools import lru_cache

import msgspec

from indsats.errors import ValueInvalid

FIRST_DAY = date(1900, 1, 1)
LAST_DAY = date(2199, 12, 31)

_ISO = re.compile(r"P(?=[0-9])(?:([0-9]{1,4})Y)?(?:([0-9]{1,4})M)?(?:([0-9]{1,5})W)?(?:([0-9]{1,5})D)?")
_WORKING = re.compile(r"P([0-9]{1,5})WD")
_LONGEST_IN_DAYS = 200 * 366


class Actor(msgspec.Struct, frozen=True):
    """Who gives a command, in which role, for which municipality (None: all that the engine serves), at which unit."""

    id: str
    role: str
    municipality: str | None = None
    unit: str | None = None


class Duration(msgspec.Struct, frozen=True):
    """A length of calendar time: months, plain days, or working days.

    Years are held as twelve months and weeks as seven days. `text` is the form as written,
    so that an explanation says `P4W` where the model says `P4W`.
    """

    months: int = 0
    days: int = 0
    working_days: int = 0
    text: str = ""

    @staticmethod
    def parse(text: str) -> "Duration":
        """Read `P7D`, `P2W`, `P3M`, `P2Y6M` or `P10WD`.

        Raises `ValueInvalid` for any other form, and for lengths over 200 years.
        """
        return _parse(text)

    @property
    def is_zero(self) -> bool:
        """Whether the duration ends on the day it is counted from."""
        return not (self.months or self.days or self.working_days)

    def times(self, count: int) -> "Duration":
        """The duration so many times over; months stay months, so that each multiple clamps on its own."""
        return Duration(self.months * count, self.days * count, self.working_days * count, self.text)

    def __str__(self) -> str:
        return self.text


@lru_cache(maxsize=1024)
def _parse(text: str) -> Duration:
    if working := _WORKING.fullmatch(text):
        found = Duration(working_days=int(working[1]), text=text)
    elif plain := _ISO.fullmatch(text):
        years, months, weeks, days = (int(part or 0) for part in plain.groups())
        found = Duration(months=12 * years + months, days=7 * weeks + days, text=text)
    else:
        raise ValueInvalid(f"{text!r} is no duration; allowed: P7D, P2W, P3M, P2Y6M, P10WD")
    if 31 * found.months + found.days + 2 * found.working_days > _LONGEST_IN_DAYS:
        raise ValueInvalid(f"{text!r} is longer than 200 years")
    return found


def parse_day(text: str) -> date:
    """Read `2017-01-02`.

    Raises `ValueInvalid` for another form, a day that does not exist, or a year outside 1900 to 2199.
    """
    if not re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", text):
        raise ValueInvalid(f"{text!r} is no day; allowed: a day such as 2017-01-02")
    try:
        day = date.fromisoformat(text)
    except ValueError:
        raise ValueInvalid(f"{text!r} does not exist in the calendar") from None
    if not FIRST_DAY <= day <= LAST_DAY:
        raise ValueInvalid(f"{text!r} lies outside {FIRST_DAY} to {LAST_DAY}")
    return day
