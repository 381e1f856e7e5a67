"""The values of fields, whoever wrote them, in the one form that is stored.

Each reader raises `Unfit` for what it cannot take. A value is as JSON has it; where a reader takes `plain`, text stands
for values of other types too, as in YAML without implicit types.
"""

import re
from collections.abc import Iterable
from datetime import UTC, date, datetime
from decimal import Context, Decimal
from difflib import get_close_matches
from functools import lru_cache

from indsats.domain.calendar import COPENHAGEN, local_day
from indsats.domain.values import FIRST_DAY, LAST_DAY, Duration, parse_day
from indsats.errors import ValueInvalid

_DECIMAL = re.compile(r"-?[0-9]+(\.[0-9]+)?([eE][+-]?[0-9]{1,15})?")
_WHOLE = re.compile(r"-?[0-9]{1,15}")
_DANISH_DAY = re.compile(r"([0-9]{2})[-./]([0-9]{2})[-./]([0-9]{4})")
_INSTANT = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}(?::[0-9]{2}(?:\.[0-9]{1,9})?)?(Z|[+-][0-9]{2}:?[0-9]{2})?"
)
_SURROGATE = re.compile("[\ud800-\udfff]")
_LARGEST = 10**15
_LAST_PLACE = Decimal("1e-10")
# One of our own, because the context of the thread is the host's.
_EXACT = Context(prec=40)


class Unfit(ValueInvalid):
    """A value is not of its field's type; `meant` is what its author may have had in mind."""

    def __init__(self, what: str, meant: str | None = None) -> None:
        super().__init__(what)
        self.meant = meant


def text_of(value: object) -> str:
    """Text that any database can keep and any reader can print."""
    if not isinstance(value, str):
        raise Unfit(_is_a(value))
    if _SURROGATE.search(value):
        raise Unfit("holds half of a surrogate pair, which is no text")
    if "\0" in value:
        raise Unfit("holds a NUL character")
    return value


def one_of(value: object, allowed: tuple[str, ...]) -> str:
    """One of the values named."""
    if not isinstance(value, str):
        raise Unfit(_is_a(value))
    if value not in allowed:
        raise Unfit(f"{quoted(value)} is not allowed", closest(value, allowed))
    return value


def truth_of(value: object, *, plain: bool = False) -> bool:
    """True or false."""
    if plain and isinstance(value, str):
        return one_of(value, ("true", "false")) == "true"
    if not isinstance(value, bool):
        raise Unfit(_is_a(value))
    return value


def whole_of(value: object, *, plain: bool = False, least: int | None = None) -> int:
    """A whole number of at most 15 digits."""
    if plain and isinstance(value, str):
        if not _WHOLE.fullmatch(value):
            raise Unfit(f"{quoted(value)} is no whole number")
        value = int(value)
    if not isinstance(value, int) or isinstance(value, bool):
        raise Unfit(_is_a(value))
    if abs(value) >= _LARGEST:
        raise Unfit("is too large")
    if least is not None and value < least:
        raise Unfit(f"{value} is less than {least}")
    return value


def decimal_of(value: object, most: int | None = None) -> str:
    """A number, or text of one, as the shortest text: `7.5`, `10`; at most 15 digits before and 10 after the point.

    With `most` it lies between 0 and that, both included.
    """
    if isinstance(value, bool) or not isinstance(value, str | int | float | Decimal):
        raise Unfit(_is_a(value))
    shortest = _shortest(value if isinstance(value, str) else str(value))
    if most is not None and not 0 <= Decimal(shortest) <= most:
        raise Unfit(f"{shortest} lies outside 0 to {most}")
    return shortest


@lru_cache(maxsize=1024)
def _shortest(text: str) -> str:
    if not _DECIMAL.fullmatch(text):
        meant = text.replace(",", ".")
        raise Unfit(f"{quoted(text)} is no number", meant if _DECIMAL.fullmatch(meant) else None)
    number = Decimal(text)
    if number.copy_abs() >= _LARGEST:
        raise Unfit(f"{quoted(text)} is too large")
    rounded = number.quantize(_LAST_PLACE, context=_EXACT)
    if rounded != number:
        raise Unfit(f"{quoted(text)} has more than {-_LAST_PLACE.adjusted()} decimal places")
    return format(rounded.normalize(_EXACT), "f") if rounded else "0"


def day_of(value: object) -> date:
    """A day that exists, between 1900 and 2199."""
    if not isinstance(value, str):
        raise Unfit(_is_a(value))
    return _day(value)


@lru_cache(maxsize=8192)
def _day(text: str) -> date:
    try:
        return parse_day(text)
    except ValueInvalid as fault:
        raise Unfit(_reason(fault, text), _danish_day(text)) from None


def _danish_day(text: str) -> str | None:
    """The day of a text such as 02-01-2017, the way Danes write days; None if there is no such day."""
    written = _DANISH_DAY.fullmatch(text)
    try:
        return parse_day("-".join(written.group(3, 2, 1))).isoformat() if written else None
    except ValueInvalid:
        return None


def duration_of(value: object, *, can_be_zero: bool = True) -> str:
    """A duration, as it is written."""
    if not isinstance(value, str):
        raise Unfit(_is_a(value))
    try:
        duration = Duration.parse(value)
    except ValueInvalid as fault:
        raise Unfit(_reason(fault, value)) from None
    if duration.is_zero and not can_be_zero:
        raise Unfit(f"{quoted(value)} is no time at all")
    return value


def _reason(fault: ValueInvalid, text: str) -> str:
    """What a parser said, without the list of what is allowed, which the field's fault has."""
    return str(fault).partition("; allowed")[0].replace(repr(text), quoted(text))


def instant_of(value: object) -> datetime:
    """An instant with its offset, as UTC; of a fraction of a second the first six digits count."""
    if not isinstance(value, str):
        raise Unfit(_is_a(value))
    form = _INSTANT.fullmatch(value)
    if not form:
        raise Unfit(f"{quoted(value)} is no instant")
    try:
        instant = datetime.fromisoformat(value)
        if form[1] is None:
            raise Unfit(f"{quoted(value)} names no offset from UTC", instant.replace(tzinfo=COPENHAGEN).isoformat())
        instant = instant.astimezone(UTC)
        if not FIRST_DAY <= local_day(instant) <= LAST_DAY:
            raise Unfit(f"{quoted(value)} lies outside {FIRST_DAY} to {LAST_DAY}")
    except Unfit:
        raise
    except (ValueError, OverflowError):
        raise Unfit(f"{quoted(value)} does not exist in the calendar") from None
    return instant


def instant_text(instant: datetime) -> str:
    """A UTC instant as it is stored: `2017-01-02T08:00:00Z`."""
    return instant.isoformat().replace("+00:00", "Z")


def _is_a(value: object) -> str:
    match value:
        case None:
            return "is null"
        case bool():
            return "is true or false"
        case int() | float() | Decimal():
            return "is a number"
        case str():
            return "is text"
        case list():
            return "is a list"
        case _:
            return "is an object"


def quoted(text: str) -> str:
    """Text as a message shows it: on one line, printable, not long."""
    return repr(text if len(text) <= 60 else f"{text[:57]}...")


def closest(word: str, choices: Iterable[str]) -> str | None:
    """The choice that resembles a word so much that it may have been meant."""
    return _closest(word[:60], tuple(choices))


def allowed(word: str, choices: Iterable[str], *others: str) -> str:
    """What an error says of a word that is none of the choices: which there are, and which may have been meant."""
    choices = list(choices)
    guess = None if word in choices else closest(word, choices)
    meant = f"; did you mean {guess}?" if guess else ""
    return f"allowed: {', '.join([*choices, *others]) or 'none'}{meant}"


# A file that has a word wrong has it wrong on many lines.
@lru_cache(maxsize=1024)
def _closest(word: str, choices: tuple[str, ...]) -> str | None:
    return next(iter(get_close_matches(word, choices, n=1)), None)
