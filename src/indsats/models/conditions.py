"""The conditions of a rule: which facts it means, by kind and by the values of their fields."""

from collections.abc import Mapping
from typing import NamedTuple

from indsats.domain.catalogue import Catalogue
from indsats.domain.model import Condition, FactKind, FieldType, Match, Scalar
from indsats.models.faults import Entry, Faults, MappingNode, Node, ScalarNode, SequenceNode
from indsats.models.kinds import type_in_words

_TESTS = ("is", "not", "in", "min", "max", "includes")
_OF_ANCHOR = ("same", "same_or_none")
_ORDERED = ("int", "decimal", "date", "instant")


class Facts(NamedTuple):
    """What the conditions of a model are checked against; `unit_kinds` are facts of a unit, which no rule can mean."""

    kinds: Mapping[str, FactKind]
    catalogue: Catalogue
    unit_kinds: frozenset[str]


def read_kind(faults: Faults, node: Node, what: str, facts: Facts) -> str | None:
    """The name of a kind that a rule can mean."""
    name = faults.text(node, what)
    if name is None:
        return None
    if name not in facts.kinds:
        faults.add(node, f"{what}: there is no fact {name!r}", facts.kinds, name)
        return None
    if name in facts.unit_kinds:
        faults.add(node, f"{what}: {name!r} is a fact of a unit and lies in no pathway")
        return None
    return name


def read_match(faults: Faults, node: Node, what: str, facts: Facts, anchor: FactKind | None = None) -> Match | None:
    """`{fact: …}`, perhaps with `where`; `anchor` is the kind that `same` compares with, None in the anchor itself."""
    if isinstance(node, ScalarNode) and not node.is_null:
        faults.add(node, f"{what} must be a mapping", (f"{{fact: {node.text}}}",))
        return None
    keys = {key: entry.value for key, entry in faults.keys(node, what, ("fact", "where"), ("fact",)).items()}
    name = read_kind(faults, keys["fact"], what, facts) if "fact" in keys else None
    if name is None:
        return None
    where: list[Condition] = []
    if "where" in keys:
        reader = _Conditions(faults, facts, facts.kinds[name], anchor)
        for entry in faults.entries(keys["where"], f"{what}: where").values():
            where += reader.read(entry)
    return Match(name, tuple(where))


class _Conditions:
    def __init__(self, faults: Faults, facts: Facts, kind: FactKind, anchor: FactKind | None) -> None:
        self.faults = faults
        self.facts = facts
        self.kind = kind
        self.anchor = anchor

    def read(self, entry: Entry) -> list[Condition]:
        """The tests of one field."""
        field, node = entry.key.text, entry.value
        type_ = self.kind.fields.get(field)
        if type_ is None:
            self.faults.add(entry.key, f"fact {self.kind.name} has no field {field!r}", self.kind.fields, field)
            return []
        if field in self.kind.personal:
            self.faults.add(
                entry.key, f"{field} of {self.kind.name} is personal; it is sealed, and no rule can ask for it"
            )
            return []
        if isinstance(node, ScalarNode):
            return self._compared_with_anchor(field, node, type_)
        allowed = _tests_of(type_)
        if isinstance(node, SequenceNode):
            test = "includes" if type_.is_list else "in"
            self.faults.add(node, f"where {field} must be a mapping, not a list", (f"{{{test}: [...]}}",))
            return []
        tests = self.faults.keys(node, f"where {field}", _TESTS)
        if isinstance(node, MappingNode) and not node.entries:
            self.faults.add(node, f"where {field} has no test", allowed)
        found = []
        for test, value in tests.items():
            if test not in allowed:
                what = f"{test!r} does not apply to {field}, which is {type_in_words(type_)}"
                self.faults.add(value.key, what, allowed)
            elif (condition := self._test(field, test, value.value, type_)) is not None:
                found.append(condition)
        self._check_bounds(field, node, found)
        return found

    def _compared_with_anchor(self, field: str, node: ScalarNode, type_: FieldType) -> list[Condition]:
        if node.text not in _OF_ANCHOR:
            what = f"where {field} must be a mapping or compare with the anchor"
            shown = node.text if 0 < len(node.text) <= 40 else "..."
            self.faults.add(node, what, (f"{{is: {shown}}}", *_OF_ANCHOR), node.text)
            return []
        if self.anchor is None:
            self.faults.add(node, f"{node.text!r} compares with the anchor and belongs under require")
            return []
        other = self.anchor.fields.get(field)
        if other is None:
            what = f"{node.text!r} compares with the anchor, but fact {self.anchor.name} has no field {field!r}"
            self.faults.add(node, what, self.anchor.fields)
            return []
        if (other.name, other.is_list) != (type_.name, type_.is_list):
            what = f"{node.text!r} compares {type_in_words(type_)} with {type_in_words(other)} of {self.anchor.name}"
            self.faults.add(node, what)
        return [Condition(field, node.text)]

    def _test(self, field: str, test: str, node: Node, type_: FieldType) -> Condition | None:
        if test in ("is", "min", "max"):
            value = self._value(field, test, node, type_)
            return None if value is None else Condition(field, test, value)
        words = self.faults.words(node, f"where {field}: {test}")
        if isinstance(node, SequenceNode) and not node.items:
            self.faults.add(node, f"where {field}: {test} is empty")
        values = [self._value(field, test, word, type_) for word in words]
        return Condition(field, test, tuple(value for value in values if value is not None))

    def _value(self, field: str, test: str, node: Node, type_: FieldType) -> Scalar:
        """A value in the form in which facts store it."""
        text = self.faults.text(node, f"where {field}: {test}")
        if text is None:
            return None
        raw: object = [text] if type_.is_list else text
        stored, faults = self.facts.catalogue.check(self.kind.name, {field: raw}, plain=True)
        for fault in faults:
            if fault.field == field:
                what = f"where {field}: {test}: {fault.what.removeprefix('item 1: ')}"
                self.faults.add(node, what, fault.allowed, meant=fault.meant)
                return None
        value = stored[field]
        return value[0] if isinstance(value, list) else value

    def _check_bounds(self, field: str, node: Node, found: list[Condition]) -> None:
        least, most = (
            next((condition.value for condition in found if condition.test == test), None) for test in ("min", "max")
        )
        if not isinstance(least, str | int) or most is None:
            return
        if not Condition(field, "max", most).holds({field: least}, {}):
            self.faults.add(node, f"where {field}: no value is at least {least} and at most {most}")


def _tests_of(type_: FieldType) -> tuple[str, ...]:
    if type_.is_list:
        return ("includes",)
    if type_.name == "bool":
        return ("is", "not")
    plain = ("is", "not", "in")
    return (*plain, "min", "max") if type_.name in _ORDERED and not type_.values else plain
