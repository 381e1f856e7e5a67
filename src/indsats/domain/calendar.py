"""The only date arithmetic: days, months, Danish working days.

A day is a calendar day in Europe/Copenhagen. The day that a period is counted from is day 0.
"""

from calendar import monthrange
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

import msgspec

from indsats.domain.values import Duration

ONE_DAY = timedelta(days=1)
COPENHAGEN = ZoneInfo("Europe/Copenhagen")


def local_day(instant: datetime) -> date:
    """The calendar day in Copenhagen on which an instant falls."""
    return instant.astimezone(COPENHAGEN).date()


def start_of(day: date) -> datetime:
    """The first instant (UTC) of a day in Copenhagen: the moment of its sweep."""
    return datetime.combine(day, time.min, COPENHAGEN).astimezone(UTC)


def end_of(day: date) -> datetime:
    """The last instant (UTC) of a day in Copenhagen, to the microsecond."""
    return datetime.combine(day, time.max, COPENHAGEN).astimezone(UTC)


def noon_of(day: date) -> datetime:
    """Twelve o'clock in Copenhagen, as UTC: when a fact counts as recorded if nothing is said."""
    return datetime.combine(day, time(12), COPENHAGEN).astimezone(UTC)


def add_months(day: date, months: int) -> date:
    """The same day number `months` later (or earlier, if negative), clamped to the last day of that month."""
    year, month = divmod(12 * day.year + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


@lru_cache(maxsize=512)
def public_holidays(year: int) -> frozenset[date]:
    """The Danish public holidays of a year that can fall on a weekday, and the Sundays among the feasts.

    Store Bededag is one through 2023 (abolished by Act 214 of 6 March 2023).
    """
    easter = _easter(year)
    feasts = [-3, -2, 0, 1, 39, 49, 50] + ([26] if year <= 2023 else [])
    return frozenset(
        [date(year, 1, 1), date(year, 12, 25), date(year, 12, 26)]
        + [easter + timedelta(days=offset) for offset in feasts]
    )


def _easter(year: int) -> date:
    """Easter Sunday after the Gregorian computus (the anonymous algorithm, Nature 1876)."""
    golden = year % 19
    century, of_century = divmod(year, 100)
    leap_centuries, rest = divmod(century, 4)
    moon = (19 * golden + century - leap_centuries - (century - (century + 8) // 25 + 1) // 3 + 15) % 30
    weekday = (32 + 2 * rest + 2 * (of_century // 4) - moon - of_century % 4) % 7
    shift = (golden + 11 * moon + 22 * weekday) // 451
    month, day = divmod(moon + weekday - 7 * shift + 114, 31)
    return date(year, month, day + 1)


class Calendar(msgspec.Struct, frozen=True):
    """Working days of a model: Monday to Friday, no public holiday, no closing day.

    `closing_days` are `MM-DD` for every year or `YYYY-MM-DD` for one.
    """

    closing_days: frozenset[str] = frozenset({"06-05", "12-24", "12-31"})

    def is_working_day(self, day: date) -> bool:
        """Whether the jobcentre is open on the day."""
        return _is_working_day(self.closing_days, day)

    def add(self, day: date, duration: Duration) -> date:
        """The last day of a period that counts `day` as day 0; working days count the first one after `day` as 1."""
        if duration.working_days:
            for _ in range(duration.working_days):
                day = self.next_working_day(day + ONE_DAY)
            return day
        if duration.months:
            day = add_months(day, duration.months)
        return day + timedelta(days=duration.days) if duration.days else day

    def subtract(self, day: date, duration: Duration) -> date:
        """The first day of a period that ends on `day`; months clamp to the last day of the month reached."""
        if duration.working_days:
            for _ in range(duration.working_days):
                day = self.book_by(day - ONE_DAY)
            return day
        if duration.months:
            day = add_months(day, -duration.months)
        return day - timedelta(days=duration.days) if duration.days else day

    def book_by(self, due: date) -> date:
        """The last working day on or before a due day, itself included."""
        while not self.is_working_day(due):
            due -= ONE_DAY
        return due

    def next_working_day(self, day: date) -> date:
        """The first working day on or after a day."""
        while not self.is_working_day(day):
            day += ONE_DAY
        return day

    def roll(self, due: date, policy: str, anchor: date) -> date:
        """Move a due day off the days that the jobcentre is closed, never to before the anchor day.

        `policy` is `none`, `next_working_day` or `previous_working_day`.
        """
        if policy == "next_working_day":
            return self.next_working_day(due)
        if policy == "previous_working_day":
            return max(anchor, self.book_by(due))
        return due


@lru_cache(maxsize=1 << 16)
def _is_working_day(closing_days: frozenset[str], day: date) -> bool:
    if day.weekday() >= 5 or day in public_holidays(day.year):
        return False
    text = day.isoformat()
    return text not in closing_days and text[5:] not in closing_days
