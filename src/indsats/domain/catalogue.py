"""The catalogue at work: whether a fact is of a known kind with the fields it should have, and its form as stored."""

import hmac
import json
import re
from collections.abc import Iterable, Mapping
from datetime import date
from typing import get_args

import msgspec

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
from indsats.domain.model import FactKind, FieldType, FieldValue, Model
from indsats.domain.obligations import ChangePolicy

REPLAY_KEY = b"indsats: content ids of a replay"
"""The published key of `content_id` outside a database, so that a file has the same ids everywhere."""

HOURS = frozenset({"weekly_hours", "attendance_hours", "hours", "work_capacity_hours", "fraction"})
"""The decimal fields that lie between 0 and the hours of a week; other decimals are free."""

HOURS_OF_A_WEEK = 168

COMMON_KEYS = ("citizen", "unit", "fact", "on", "recorded", "id", "actor", "role", "municipality")
"""The keys of a fact that say who, what and when; all others are fields of its kind, which cannot have these names."""

ANNULLED = "annulled"
MODEL_CHANGED = "model_changed"

ADMINISTRATIVE: Mapping[str, FactKind] = {
    ANNULLED: FactKind(ANNULLED, 0, {"of": FieldType("text"), "reason": FieldType("text")}),
    MODEL_CHANGED: FactKind(
        MODEL_CHANGED,
        0,
        {"to": FieldType("text"), "policy": FieldType("text", get_args(ChangePolicy)), "effective": FieldType("date")},
    ),
}
"""What any file may say beside facts, about facts and pathways; of no rank."""

_FORMS = {
    "text": "text",
    "int": "a whole number",
    "decimal": "a number such as 7.5",
    "date": "a day such as 2017-01-02",
    "duration": "a duration such as P7D, P2W, P3M, P2Y6M, P10WD",
    "instant": "an instant with offset such as 2017-01-02T09:00:00+01:00",
}
_CANONICAL = json.JSONEncoder(sort_keys=True, separators=(",", ":"))


class FieldFault(msgspec.Struct, frozen=True):
    """What is wrong with one field of a fact: which, what, what would be allowed, and perhaps what was meant.

    `is_unknown` if the field has no place in the fact at all.
    """

    field: str
    what: str
    allowed: tuple[str, ...] = ()
    meant: str | None = None
    is_unknown: bool = False

    @property
    def text(self) -> str:
        """The field, by name if that is a plain word, and what is wrong with it."""
        name = self.field if re.fullmatch(r"[\w.-]{1,60}", self.field) else quoted(self.field)
        return f"{name}: {self.what}"

    def __str__(self) -> str:
        allowed = f"; allowed: {', '.join(self.allowed)}" if self.allowed else ""
        meant = f"; did you mean {self.meant}?" if self.meant else ""
        return f"{self.text}{allowed}{meant}"


class Catalogue:
    """The kinds, fields and roles of one model, ready to check many facts."""

    def __init__(self, model: Model) -> None:
        self.kinds: Mapping[str, FactKind] = {**model.facts, **ADMINISTRATIVE}
        self._fact_kinds = tuple(model.facts)
        self._roles = tuple(model.roles)
        every: dict[str, dict[FieldType, None]] = {}
        for kind in model.facts.values():
            for name, type_ in kind.fields.items():
                every.setdefault(name, {})[type_] = None
        self._types = {name: _types_of(kind, every) for name, kind in self.kinds.items()}
        self._required = {
            name: tuple(field for field, type_ in kind.fields.items() if not type_.optional)
            for name, kind in self.kinds.items()
        }

    def types(self, kind: str) -> Mapping[str, tuple[FieldType, ...]]:
        """The fields that a fact of a kind can have, each with the types that it may be of; none of an unknown kind."""
        return self._types.get(kind, {})

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
        types = self._types[kind]
        fields: dict[str, FieldValue] = {}
        faults = []
        for name, value in raw.items():
            if name not in types:
                meant = closest(name, (*types, *also))
                faults.append(FieldFault(name, "unknown field", tuple(types) or ("none",), meant, is_unknown=True))
            elif value is not None:
                found = self._read(name, value, types[name], plain)
                if isinstance(found, FieldFault):
                    faults.append(found)
                else:
                    fields[name] = found
        for name in self._required[kind]:
            if raw.get(name) is None:
                faults.append(FieldFault(name, "missing", self._allowed(name, types[name][0])))
        return fields, faults

    def _read(self, name: str, value: object, types: Iterable[FieldType], plain: bool) -> FieldValue | FieldFault:
        """The value as the first type that accepts it; if none does, what the first has against it."""
        faults = []
        for type_ in types:
            try:
                if type_.is_list:
                    return self._list(name, value, type_, plain)
                return self._scalar(name, value, type_, plain)
            except Unfit as unfit:
                faults.append(FieldFault(name, str(unfit), self._allowed(name, type_), unfit.meant))
        return faults[0]

    def _list(self, name: str, value: object, type_: FieldType, plain: bool) -> list[str]:
        if not isinstance(value, list):
            raise Unfit("is no list", f"[{value}]" if isinstance(value, str) and len(value) < 60 else None)
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
                return one_of(value, self._roles)
            case "kind":
                return one_of(value, self._fact_kinds)
            case "bool":
                return truth_of(value, plain=plain)
            case "int":
                return whole_of(value, plain=plain, least=1 if name == "n" else None)
            case "decimal":
                return decimal_of(value, most=HOURS_OF_A_WEEK if name in HOURS else None)
            case "date":
                return day_of(value).isoformat()
            case "duration":
                return duration_of(value, can_be_zero=name != "follow_up_every")
            case "instant":
                return instant_text(instant_of(value))
            case _:
                return text_of(value)

    def _allowed(self, name: str, type_: FieldType) -> tuple[str, ...]:
        if type_.values:
            allowed = type_.values
        elif type_.name == "role":
            allowed = self._roles or ("none",)
        elif type_.name == "kind":
            allowed = self._fact_kinds
        elif type_.name == "bool":
            allowed = ("true", "false")
        elif name in HOURS and type_.name == "decimal":
            allowed = (f"a number from 0 to {HOURS_OF_A_WEEK} such as 7.5",)
        elif name == "n" and type_.name == "int":
            allowed = ("a whole number from 1",)
        else:
            allowed = (_FORMS[type_.name],)
        return (f"a list of {allowed[0]}", *allowed[1:]) if type_.is_list else allowed


def _types_of(kind: FactKind, every: Mapping[str, Iterable[FieldType]]) -> dict[str, tuple[FieldType, ...]]:
    own: dict[str, tuple[FieldType, ...]] = {name: (type_,) for name, type_ in kind.fields.items()}
    if kind.effect != "supplement":
        return own
    return {name: tuple(types) for name, types in every.items()} | own


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
