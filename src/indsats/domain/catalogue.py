"""The catalogue at work: whether a fact is of a known kind with the fields it should have, and its form as stored."""

import hmac
import json
import re
from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime
from decimal import Context, Decimal
from difflib import get_close_matches
from functools import lru_cache
from typing import get_args

import msgspec

from indsats.domain.calendar import COPENHAGEN, local_day
from indsats.domain.model import FactKind, FieldType, FieldValue, Model
from indsats.domain.obligations import ChangePolicy
from indsats.domain.values import FIRST_DAY, LAST_DAY, Duration, parse_day
from indsats.errors import ValueInvalid

REPLAY_KEY = b"indsats: content ids of a replay"
"""The published key of `content_id` outside a database, so that a file has the same ids everywhere."""

HOURS = frozenset({"weekly_hours", "attendance_hours", "hours", "work_capacity_hours", "fraction"})
"""The decimal fields that lie between 0 and 168; other decimals are free."""

MOST_HOURS = 168

ANNULLED = "annulled"
MODEL_CHANGED = "model_changed"

ADMINISTRATIVE: Mapping[str, FactKind] = {
    ANNULLED: FactKind(ANNULLED, 0, {"of": FieldType("text"), "reason": FieldType("text")}),
    MODEL_CHANGED: FactKind(
        MODEL_CHANGED,
        0,
        {
            "to": FieldType("text"),
            "policy": FieldType("text", get_args(ChangePolicy)),
            "effective": FieldType("date"),
        },
    ),
}
"""What any file may say beside facts: entries about facts and pathways, of no rank."""

_DECIMAL = re.compile(r"-?[0-9]+(\.[0-9]+)?([eE][+-]?[0-9]{1,15})?")
_WHOLE = re.compile(r"-?[0-9]{1,15}")
_INSTANT = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]{1,9})?(Z|[+-][0-9]{2}:[0-9]{2})?"
)
_LARGEST = 10**15
_LAST_PLACE = Decimal("1e-10")
# One of our own, because the context of the thread is the host's.
_EXACT = Context(prec=40)
_CANONICAL = json.JSONEncoder(sort_keys=True, separators=(",", ":"))

_FORMS = {
    "text": "text",
    "int": "a whole number",
    "decimal": "a number such as 7.5",
    "date": "a day such as 2017-01-02",
    "duration": "a duration such as P7D, P2W, P3M, P2Y6M, P10WD",
    "instant": "an instant with offset such as 2017-01-02T09:00:00+01:00",
}


class FieldFault(msgspec.Struct, frozen=True):
    """What is wrong with one field of a fact: which, what, what would be allowed, and perhaps what was meant."""

    field: str
    what: str
    allowed: tuple[str, ...] = ()
    meant: str | None = None

    def __str__(self) -> str:
        allowed = f"; allowed: {', '.join(self.allowed)}" if self.allowed else ""
        meant = f"; did you mean {self.meant}?" if self.meant else ""
        return f"{self.field}: {self.what}{allowed}{meant}"


class Unfit(ValueError):
    """A value is not of its field's type; `meant` is what its author may have had in mind."""

    def __init__(self, what: str, meant: str | None = None) -> None:
        super().__init__(what)
        self.meant = meant


class Catalogue:
    """The kinds, fields and roles of one model, ready to check many facts."""

    def __init__(self, model: Model) -> None:
        self.kinds = {**model.facts, **ADMINISTRATIVE}
        self._activities = tuple(model.facts)
        self.roles = tuple(model.roles)
        every: dict[str, dict[FieldType, None]] = {}
        for kind in model.facts.values():
            for name, type_ in kind.fields.items():
                every.setdefault(name, {})[type_] = None
        self._types = {name: _types_of(kind, every) for name, kind in self.kinds.items()}
        self._required = {
            name: tuple(field for field, type_ in kind.fields.items() if not type_.optional)
            for name, kind in self.kinds.items()
        }

    def check(
        self, kind: str, raw: Mapping[str, object], *, plain: bool = False, also: tuple[str, ...] = ()
    ) -> tuple[dict[str, FieldValue], list[FieldFault]]:
        """The fields of a fact as they are stored, and every fault; what has a fault is left out of the fields.

        `raw` holds values as JSON has them, or, if `plain`, text only, as YAML without implicit types has it. None
        counts as absent. A kind of effect `supplement` may carry any field of any kind beside its own. `also` are keys
        that are no fields, yet may have been meant by an unknown one.
        """
        if kind not in self.kinds:
            return {}, [
                FieldFault("fact", f"{quoted(kind)} is no kind of fact", tuple(self.kinds), closest(kind, self.kinds))
            ]
        types, required = self._types[kind], self._required[kind]
        fields: dict[str, FieldValue] = {}
        faults = []
        for name, value in raw.items():
            if name not in types:
                meant = closest(name, (*types, *also))
                faults.append(FieldFault(plainly(name), "unknown field", tuple(types) or ("none",), meant))
            elif value is not None:
                found = self._read(name, value, types[name], plain)
                if isinstance(found, FieldFault):
                    faults.append(found)
                else:
                    fields[name] = found
        for name in required:
            if raw.get(name) is None:
                faults.append(FieldFault(name, "missing", self._allowed(name, types[name][0])))
        return fields, faults

    def _read(self, name: str, value: object, types: Iterable[FieldType], plain: bool) -> FieldValue | FieldFault:
        fault = None
        for type_ in types:
            try:
                if type_.is_list:
                    return self._list(name, value, type_, plain)
                return self._scalar(name, value, type_, plain)
            except Unfit as unfit:
                fault = fault or FieldFault(name, str(unfit), self._allowed(name, type_), unfit.meant)
        assert fault is not None
        return fault

    def _list(self, name: str, value: object, type_: FieldType, plain: bool) -> list[str]:
        if not isinstance(value, list):
            raise Unfit(
                _is_a(value), f"[{value}]" if isinstance(value, str) and value in self._allowed(name, type_) else None
            )
        items = []
        for place, raw in enumerate(value, start=1):
            try:
                item = self._scalar(name, raw, type_, plain)
            except Unfit as unfit:
                raise Unfit(f"item {place}: {unfit}", unfit.meant) from None
            items.append(item if isinstance(item, str) else str(item).lower())
        return items

    def _scalar(self, name: str, value: object, type_: FieldType, plain: bool) -> str | bool | int:
        if type_.values:
            return one_of(value, type_.values)
        match type_.name:
            case "role":
                return one_of(value, self.roles)
            case "kind":
                return one_of(value, self._activities)
            case "bool":
                return _truth(value, plain)
            case "int":
                return whole(value, plain, least=1 if name == "n" else None)
            case "decimal":
                return _number(name, value)
            case "date":
                return day_of(value).isoformat()
            case "duration":
                return _duration(name, value)
            case "instant":
                return instant_of(value).isoformat().replace("+00:00", "Z")
            case _:
                return text_of(value)

    def _allowed(self, name: str, type_: FieldType) -> tuple[str, ...]:
        if type_.values:
            allowed = type_.values
        elif type_.name == "role":
            allowed = self.roles
        elif type_.name == "kind":
            allowed = self._activities
        elif type_.name == "bool":
            allowed = ("true", "false")
        elif type_.name == "decimal" and name in HOURS:
            allowed = (f"a number from 0 to {MOST_HOURS} such as 7.5",)
        elif type_.name == "int" and name == "n":
            allowed = ("a whole number from 1",)
        else:
            allowed = (_FORMS[type_.name],)
        return (f"a list of {allowed[0]}", *allowed[1:]) if type_.is_list else allowed


def _types_of(kind: FactKind, every: Mapping[str, Iterable[FieldType]]) -> dict[str, tuple[FieldType, ...]]:
    own: dict[str, tuple[FieldType, ...]] = {name: (type_,) for name, type_ in kind.fields.items()}
    if kind.effect != "supplement":
        return own
    return own | {name: tuple(types) for name, types in every.items() if name not in own}


def text_of(value: object) -> str:
    """Text that any database can keep and any reader can print.

    Raises `Unfit`.
    """
    if not isinstance(value, str):
        raise Unfit(_is_a(value))
    if not value.isascii() and any("\ud800" <= sign <= "\udfff" for sign in value):
        raise Unfit("holds half of a surrogate pair, which is no text")
    if "\0" in value:
        raise Unfit("holds a NUL character")
    return value


def one_of(value: object, allowed: tuple[str, ...]) -> str:
    """One of the values named.

    Raises `Unfit`.
    """
    if not isinstance(value, str):
        raise Unfit(_is_a(value))
    if value not in allowed:
        raise Unfit(f"{quoted(value)} is not allowed", closest(value, allowed))
    return value


def whole(value: object, plain: bool, least: int | None = None) -> int:
    """A whole number of at most 15 digits, as JSON has it, or as text if `plain`.

    Raises `Unfit`.
    """
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


def _truth(value: object, plain: bool) -> bool:
    if plain and isinstance(value, str):
        if value not in ("true", "false"):
            raise Unfit(f"{quoted(value)} is not allowed", closest(value.lower(), ("true", "false")))
        return value == "true"
    if not isinstance(value, bool):
        raise Unfit(_is_a(value))
    return value


def _number(name: str, value: object) -> str:
    if isinstance(value, bool) or not isinstance(value, str | int | float | Decimal):
        raise Unfit(_is_a(value))
    text = value if isinstance(value, str) else str(value)
    canonical = _canonical(text)
    if name in HOURS and not 0 <= Decimal(canonical) <= MOST_HOURS:
        raise Unfit(f"{canonical} lies outside 0 to {MOST_HOURS}")
    return canonical


@lru_cache(maxsize=1024)
def _canonical(text: str) -> str:
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
    """A day that exists, between 1900 and 2199.

    Raises `Unfit`.
    """
    if not isinstance(value, str):
        raise Unfit(_is_a(value))
    return _day(value)


@lru_cache(maxsize=8192)
def _day(text: str) -> date:
    try:
        return parse_day(text)
    except ValueInvalid as fault:
        raise Unfit(_reason(fault, text)) from None


def _duration(name: str, value: object) -> str:
    if not isinstance(value, str):
        raise Unfit(_is_a(value))
    try:
        duration = Duration.parse(value)
    except ValueInvalid as fault:
        raise Unfit(_reason(fault, value)) from None
    if name == "follow_up_every" and duration.is_zero:
        raise Unfit(f"{quoted(value)} is no time at all")
    return value


def _reason(fault: ValueInvalid, text: str) -> str:
    """What a parser said, without the list of what is allowed, which the field's fault has."""
    return str(fault).partition("; allowed")[0].replace(repr(text), quoted(text))


def instant_of(value: object) -> datetime:
    """An instant with its offset, as UTC; of a fraction of a second the first six digits count.

    Raises `Unfit`.
    """
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


def plainly(name: str) -> str:
    """A key as a message names it: as it stands if it is a plain word."""
    return name if re.fullmatch(r"[\w.-]{1,60}", name) else quoted(name)


def closest(word: str, choices: Iterable[str]) -> str | None:
    """The choice that resembles a word so much that it may have been meant."""
    return next(iter(get_close_matches(word[:60], tuple(choices), n=1, cutoff=0.6)), None)


def content_id(
    key: bytes,
    municipality: str | None,
    citizen: str,
    kind: str,
    on: date,
    fields: Mapping[str, FieldValue],
    k: int,
) -> str:
    """The id of a fact that has none of its own: 32 hexadecimal digits of an HMAC-SHA256 over what it says.

    `k` counts from 1 the facts of one file that say the same; a fact of a unit has the unit in place of the citizen.
    """
    content = _CANONICAL.encode([municipality, citizen, kind, on.isoformat(), fields, k])
    return hmac.digest(key, content.encode(), "sha256").hex()[:32]
