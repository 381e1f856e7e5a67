"""Days and instants as the logs of other systems write them: refused, with what is meant."""

import re
from collections.abc import Callable
from datetime import date, datetime
from typing import TypeVar

from indsats.domain.calendar import local_day
from indsats.domain.fields import Unfit, day_of, instant_of

T = TypeVar("T", date, datetime)

_MOMENT = re.compile(r"([0-9]{4})[-/]([0-9]{2})[-/]([0-9]{2})[T ]([0-9]{2}:[0-9]{2}\S*)")
_WITHOUT_OFFSET = re.compile(r"[0-9:.,]+")


def day_in_file(value: object) -> date:
    """A day; an instant is refused, and its day in Copenhagen is what was meant."""
    return _read(value, day_of, _day_meant)


def instant_in_file(value: object) -> datetime:
    """An instant; with a space in place of `T`, or slashes, it is refused, and the right form is what was meant."""
    return _read(value, instant_of, _instant_meant)


def _read(value: object, read: Callable[[object], T], meant: Callable[[str], str | None]) -> T:
    try:
        return read(value)
    except Unfit as unfit:
        if unfit.meant is None and isinstance(value, str):
            raise Unfit(str(unfit), meant(value.strip())) from None
        raise


def _day_meant(text: str) -> str | None:
    moment = _MOMENT.fullmatch(text)
    if moment is None:
        return _if_read(text, day_of)
    day, clock = "-".join(moment.group(1, 2, 3)), moment[4]
    if _WITHOUT_OFFSET.fullmatch(clock):
        return _if_read(day, day_of)
    try:
        return local_day(instant_of(f"{day}T{clock}")).isoformat()
    except Unfit:
        return None


def _instant_meant(text: str) -> str | None:
    moment = _MOMENT.fullmatch(text)
    return _if_read(f"{'-'.join(moment.group(1, 2, 3))}T{moment[4]}", instant_of) if moment else None


def _if_read(text: str, read: Callable[[object], T]) -> str | None:
    """The text, if it can be read, or what its own reader takes it to mean."""
    try:
        read(text)
    except Unfit as unfit:
        return unfit.meant
    return text
