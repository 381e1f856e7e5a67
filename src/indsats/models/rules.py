"""The rules of a model file: what each kind of rule needs, what makes no sense in it, and what could never be met."""

from collections.abc import Iterable, Mapping
from typing import Any, get_args

from indsats.domain.catalogue import Catalogue
from indsats.domain.model import (
    Align,
    ByLatest,
    FactKind,
    Force,
    Match,
    Mode,
    Model,
    Period,
    Roll,
    Rule,
    RuleKind,
    Scope,
)
from indsats.domain.values import Duration, parse_day
from indsats.models.conditions import Facts, read_kind, read_match
from indsats.models.faults import Entry, Faults, MappingNode, Node, SequenceNode
from indsats.models.kinds import is_null, read_name, read_notes, read_title
from indsats.models.stages import read_stages

MOST_COUNTED = 1000

_COMMON = (
    *("title", "kind", "when", "scope", "force", "basis", "valid", "responsible", "source", "policy_notes"),
    # These five are the same in every kind of rule, also where they have nothing to act on.
    *("lookback", "pause_on", "roll", "warn_before", "limit"),
)
KEYS: Mapping[str, tuple[str, ...]] = {
    "deadline": ("require", "by", "within", "count"),
    "cadence": ("require", "by", "stages", "mode", "align", "stop", "agreement"),
    "precedence": ("require", "by"),
    "content": ("fields", "participants", "within"),
}
"""What a rule can have beside the common keys, by its kind."""

NEEDED: Mapping[str, tuple[str, ...]] = {
    "deadline": ("within",),
    "cadence": ("stages",),
    "precedence": (),
    "content": (),
}
ALL_KEYS = tuple(dict.fromkeys((*_COMMON, *(key for keys in KEYS.values() for key in keys))))


def read_period(faults: Faults, node: Node, what: str) -> Period:
    """`{from: day, to: day}`, both included; one of them may be missing or null."""
    keys = faults.keys(node, what, ("from", "to"))
    days = {
        key: faults.parsed(entry.value, f"{what}: {key}", parse_day)
        for key, entry in keys.items()
        if not is_null(entry.value)
    }
    first, last = days.get("from"), days.get("to")
    if first is not None and last is not None and last < first:
        faults.add(keys["to"].value, f"{what}: ends on {last}, before it begins on {first}")
    return Period(first, last)


class RuleReader:
    """Reads the rules of one model whose facts, roles and policies are known already."""

    def __init__(self, faults: Faults, model: Model, unit_kinds: frozenset[str]) -> None:
        self.faults = faults
        self.model = model
        self.facts = Facts(model.facts, Catalogue(model), unit_kinds)
        self.reasons = _hold_reasons(model)

    def read(self, name: str, declared: Entry) -> Rule | None:
        """The rule, or None if it has faults."""
        before = len(self.faults.found)
        read_name(self.faults, declared.key, "a rule")
        what = f"rule {name}"
        if is_null(declared.value):
            self.faults.add(declared.key, f"{what} is empty")
            return None
        entries = self.faults.keys(declared.value, what, ALL_KEYS, ("kind", "when"), declared.key)
        keys = {key: entry.value for key, entry in entries.items()}
        kind = self.faults.choice(keys["kind"], f"{what}: kind", get_args(RuleKind)) if "kind" in keys else None
        if kind is not None:
            self._check_keys(what, kind, entries, declared)
        when = read_match(self.faults, keys["when"], f"{what}: when", self.facts) if "when" in keys else None
        anchor = None if when is None else self.model.facts[when.fact]
        values = self._simple(what, keys) | self._times(what, keys)
        if "stages" in keys:
            values["stages"] = read_stages(self.faults, what, keys, values)
        if anchor is not None:
            values |= self._requirement(what, keys, anchor) | self._content(what, keys, anchor)
            self._check_employment(what, keys, anchor, values)
        if kind is None or when is None or len(self.faults.found) > before:
            return None
        values["kind"] = kind
        if kind in ("deadline", "cadence"):
            values.setdefault("roll", self.model.policies.roll)
        return Rule(id=name, when=when, **values)

    def _check_keys(self, what: str, kind: str, entries: Mapping[str, Entry], declared: Entry) -> None:
        """Report the keys that make no sense in this kind of rule, and those that it lacks."""
        for key, entry in entries.items():
            if key not in _COMMON and key not in KEYS[kind]:
                self.faults.add(entry.key, f"{what}: {key!r} makes no sense in a {kind} rule", (*_COMMON, *KEYS[kind]))
        alternatives = ("require", "by") if "require" in KEYS[kind] else ("fields", "participants")
        lacking = [repr(key) for key in NEEDED[kind] if key not in entries]
        if not any(key in entries for key in alternatives):
            lacking.append(" or ".join(map(repr, alternatives)))
        for key in lacking:
            self.faults.add(declared.key, f"{what}: a {kind} rule needs the key {key}")

    def _simple(self, what: str, keys: Mapping[str, Node]) -> dict[str, Any]:
        """The keys that stand for themselves."""
        faults = self.faults
        values: dict[str, Any] = {}
        choices: Mapping[str, Iterable[str]] = {
            "scope": get_args(Scope),
            "force": get_args(Force),
            "basis": ("project", "law"),
            "mode": get_args(Mode),
            "align": get_args(Align),
            "roll": get_args(Roll),
        }
        for key, allowed in choices.items():
            if key in keys:
                values[key] = faults.choice(keys[key], f"{what}: {key}", allowed)
        if "title" in keys:
            values["title"] = read_title(faults, keys["title"], f"{what}: title")
        if "source" in keys:
            values["source"] = faults.text(keys["source"], f"{what}: source")
        if "policy_notes" in keys:
            values["policy_notes"] = read_notes(faults, keys["policy_notes"], f"{what}: policy_notes")
        if "valid" in keys:
            values["valid"] = read_period(faults, keys["valid"], f"{what}: valid")
            if values.get("basis") != "law":
                faults.add(keys["valid"], f"{what}: only a rule of basis law has a validity of its own")
        if "responsible" in keys:
            roles = self.model.roles
            node = keys["responsible"]
            named = f"{what}: responsible"
            values["responsible"] = faults.choice(node, named, roles) if roles else faults.text(node, named)
        if "count" in keys:
            values["count"] = faults.whole(keys["count"], f"{what}: count", 1)
            if (values["count"] or 1) > MOST_COUNTED:
                faults.add(keys["count"], f"{what}: count is more than {MOST_COUNTED}")
        if "agreement" in keys:
            values["agreement"] = faults.flag(keys["agreement"], f"{what}: agreement")
            if values["agreement"] and not self._has_effect("agreement"):
                faults.add(keys["agreement"], f"{what}: the model has no fact of effect agreement")
        if "limit" in keys:
            values["limit"] = faults.choice(keys["limit"], f"{what}: limit", self.model.limits)
        if "stop" in keys:
            kinds = (read_kind(faults, word, f"{what}: stop", self.facts) for word in faults.words(keys["stop"], what))
            values["stop"] = frozenset(kind for kind in kinds if kind is not None)
        if "pause_on" in keys:
            values["pause_on"] = frozenset(self._reason(what, word) for word in faults.words(keys["pause_on"], what))
        return values

    def _reason(self, what: str, word: Node) -> str:
        text = self.faults.text(word, f"{what}: pause_on") or ""
        if self.reasons is None:
            self.faults.add(word, f"{what}: pause_on: the model has no fact of effect hold_start with a reason")
        elif self.reasons and text not in self.reasons:
            self.faults.add(word, f"{what}: pause_on: there is no reason {text!r}", self.reasons, text)
        return text

    def _has_effect(self, effect: str) -> bool:
        return any(kind.effect == effect for kind in self.model.facts.values())

    def _times(self, what: str, keys: Mapping[str, Node]) -> dict[str, Any]:
        return {
            key: self.faults.parsed(keys[key], f"{what}: {key}", Duration.parse)
            for key in ("within", "lookback", "warn_before")
            if key in keys
        }

    def _requirement(self, what: str, keys: Mapping[str, Node], anchor: FactKind) -> dict[str, Any]:
        if "require" in keys and "by" in keys:
            self.faults.add(keys["by"], f"{what}: require and by exclude each other")
        if "by" in keys:
            return {"by": self._by(what, keys["by"])}
        if "require" not in keys:
            return {}
        node = keys["require"]
        if isinstance(node, MappingNode) and "by" in node.entries:
            by = self.faults.keys(node, f"{what}: require", ("by",))["by"].value
            return {"by": self._by(what, by)}
        items = node.items if isinstance(node, SequenceNode) else (node,)
        if not items:
            self.faults.add(node, f"{what}: require is empty")
        matches = (read_match(self.faults, item, f"{what}: require", self.facts, anchor) for item in items)
        return {"require": tuple(match for match in matches if match is not None)}

    def _by(self, what: str, node: Node) -> ByLatest | None:
        what = f"{what}: by"
        faults = self.faults
        entries = faults.keys(node, what, ("latest", "field", "in", "cases", "else"), ("latest", "field", "cases"))
        keys = {key: entry.value for key, entry in entries.items()}
        latest = read_kind(faults, keys["latest"], f"{what}: latest", self.facts) if "latest" in keys else None
        fields = self.model.facts[latest].fields if latest is not None else {}
        field = None
        if "field" in keys and latest is not None:
            field = faults.choice(keys["field"], f"{what}: field", fields)
        elif "field" in keys:
            faults.text(keys["field"], f"{what}: field")
        if field is not None and (fields[field].is_list or fields[field].name == "bool"):
            faults.add(keys["field"], f"{what}: field: {field} is a list or a truth value; a case is one word")
        if field is not None and latest is not None and field in self.model.facts[latest].personal:
            faults.add(keys["field"], f"{what}: field: {field} is personal; it is sealed, and no rule can ask for it")
        if "in" in keys:
            faults.choice(keys["in"], f"{what}: in", ("visit",))
        cases = {}
        for value, entry in (faults.entries(keys["cases"], f"{what}: cases") if "cases" in keys else {}).items():
            values = fields[field].values if field is not None else ()
            if values and value not in values:
                faults.add(entry.key, f"{what}: cases: {field} is never {value!r}", values, value)
            if (kind := read_kind(faults, entry.value, f"{what}: cases: {value}", self.facts)) is not None:
                cases[value] = kind
        if "cases" in keys and isinstance(keys["cases"], MappingNode) and not keys["cases"].entries:
            faults.add(keys["cases"], f"{what}: cases is empty")
        otherwise = read_kind(faults, keys["else"], f"{what}: else", self.facts) if "else" in keys else None
        return ByLatest(latest, field, cases, otherwise) if latest is not None and field is not None else None

    def _content(self, what: str, keys: Mapping[str, Node], anchor: FactKind) -> dict[str, Any]:
        values: dict[str, Any] = {}
        faults = self.faults
        for key in ("fields", "participants"):
            node = keys.get(key)
            if isinstance(node, SequenceNode) and not node.items:
                faults.add(node, f"{what}: {key} is empty")
        if "fields" in keys:
            words = faults.words(keys["fields"], f"{what}: fields")
            for word in words:
                if word.text not in anchor.fields:
                    faults.add(word, f"fact {anchor.name} has no field {word.text!r}", anchor.fields, word.text)
            values["fields"] = tuple(word.text for word in words)
        if "participants" in keys:
            words = faults.words(keys["participants"], f"{what}: participants")
            type_ = anchor.fields.get("participants")
            if type_ is None or not type_.is_list:
                faults.add(keys["participants"], f"{what}: fact {anchor.name} has no list of participants")
            else:
                allowed = type_.values or (tuple(self.model.roles) if type_.name == "role" else ())
                for word in words:
                    if allowed and word.text not in allowed:
                        faults.add(word, f"{what}: participants: there is no role {word.text!r}", allowed, word.text)
            values["participants"] = tuple(word.text for word in words)
        return values

    def _check_employment(
        self, what: str, keys: Mapping[str, Node], anchor: FactKind, values: Mapping[str, Any]
    ) -> None:
        """A rule bound to one employment needs facts that name it."""
        if values.get("scope") != "employment":
            return
        if not self._has_effect("employment_start"):
            self.faults.add(keys["scope"], f"{what}: the model has no fact of effect employment_start")
        elif "employment" not in anchor.fields and anchor.effect != "employment_start":
            self.faults.add(keys["scope"], f"{what}: fact {anchor.name} names no employment to be the scope")
        by = values.get("by")
        required: Iterable[Match] = values.get("require", ())
        if isinstance(by, ByLatest):
            required = [Match(kind) for kind in by.kinds]
        for match in required:
            named = self.model.facts[match.fact].fields.get("employment")
            if ("employment" in anchor.fields and named is None) or (
                "employment" not in anchor.fields and named is not None and not named.optional
            ):
                whose = f"{anchor.name} and {match.fact} do not both name their employment"
                self.faults.add(keys.get("require", keys["scope"]), f"{what} can never be met: {whose}")


def _hold_reasons(model: Model) -> tuple[str, ...] | None:
    """The reasons that a hold can have; empty if any text is one, None if no hold has a reason."""
    types = [
        kind.fields["reason"]
        for kind in model.facts.values()
        if kind.effect == "hold_start" and "reason" in kind.fields
    ]
    if not types:
        return None
    if not all(type_.values for type_ in types):
        return ()
    return tuple(dict.fromkeys(value for type_ in types for value in type_.values))
