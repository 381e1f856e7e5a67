"""From a model file to a `Model`: every fault of the file and its bases at once."""

import re
from collections.abc import Mapping
from datetime import date
from typing import Any, get_args

import msgspec

from indsats.domain.kpi import Kpi
from indsats.domain.model import FactKind, Model, Policies, Roll, Title
from indsats.domain.values import Duration, parse_day
from indsats.errors import ModelInvalid, ValueInvalid
from indsats.models.digest import digest_of
from indsats.models.document import read_document
from indsats.models.extends import ModelFile, read_with_bases
from indsats.models.faults import Faults, MappingNode, Node, ScalarNode, SequenceNode
from indsats.models.kinds import SUBJECTS, is_null, read_kinds, read_notes, read_title, read_titles
from indsats.models.kpi_form import Words, read_kpis
from indsats.models.limit_form import LimitWords, check_rule, read_limits
from indsats.models.moves import RESERVED_PHASES, read_moves
from indsats.models.rules import RuleReader, read_period

KEYS = (
    *("id", "version", "title", "source", "extends", "family", "subject", "municipality", "valid"),
    *("policies", "policy_notes", "phases", "moves", "facts", "roles", "rules", "limits", "kpis"),
)

_ID = re.compile(r"[^\W_][\w.-]*")
_EVERY_YEAR = re.compile(r"[0-9]{2}-[0-9]{2}")


def read_model(file: ModelFile) -> Model:
    """The model in a file.

    Raises `ModelInvalid` with every fault of the file and of what it extends.
    """
    faults = Faults()
    document = read_with_bases(file, faults)
    before = len(faults.found)
    model = _Reader(document, faults).model()
    if model is not None and len(faults.found) == before and file.version not in (None, str(model.version)):
        raise ModelInvalid(f"{file.name}: there is no version {file.version}; allowed: {model.reference}")
    faults.refuse(ModelInvalid)
    assert model is not None
    return model


def read_form(name: str, text: str) -> Model:
    """The model of a form that `form_of` gave, as JSON; `name` is shown in faults.

    Raises `ModelInvalid` for anything else.
    """
    faults = Faults()
    document = read_document(name, text.encode(), faults, ModelInvalid)
    if not isinstance(document, MappingNode):
        raise ModelInvalid(f"{name}: this is no model")
    model = _Reader(document, faults).model()
    faults.refuse(ModelInvalid)
    assert model is not None
    return model


class _Reader:
    def __init__(self, document: MappingNode, faults: Faults) -> None:
        self.faults = faults
        self.document = document
        entries = faults.keys(document, "a model", KEYS, ("id", "version"))
        self.keys = {key: entry.value for key, entry in entries.items() if not is_null(entry.value)}
        for key in ("id", "version"):
            if key in entries and key not in self.keys:
                faults.add(entries[key].value, f"{key} is empty")

    def model(self) -> Model | None:
        """The model, or None if it has no id or version; with faults it is of no use but to go on looking for more."""
        faults, keys = self.faults, self.keys
        phases = read_titles(faults, keys["phases"], "phases") if "phases" in keys else {}
        self._check_phases()
        roles = read_titles(faults, keys["roles"], "roles") if "roles" in keys else {}
        kinds = read_kinds(faults, keys["facts"], bool(roles)) if "facts" in keys else {}
        values = self._head()
        unit_kinds = _unit_kinds(kinds, values.get("subject") or "citizen")
        if "moves" in keys:
            values["moves"] = read_moves(faults, keys["moves"], tuple(phases), kinds, unit_kinds)
        for section in ("limits", "kpis"):
            if section in keys:
                values[section] = {
                    name: _plain(entry.value) for name, entry in faults.entries(keys[section], section).items()
                }
        if "policies" in keys:
            values["policies"] = self._policies(keys["policies"])
        if "policy_notes" in keys:
            values["policy_notes"] = read_notes(faults, keys["policy_notes"], "policy_notes")
        name = values.pop("id", None) or ""
        values.setdefault("moves", ())
        values["title"] = values.get("title") or Title(name, name)
        values["family"] = values.get("family") or name
        values["version"] = values.get("version") or 0
        known = {key: value for key, value in values.items() if value is not None}
        model = Model(id=name, digest="", phases=phases, facts=kinds, roles=roles, rules=(), **known)
        return self._with_rules(model, unit_kinds)

    def _with_rules(self, model: Model, unit_kinds: frozenset[str]) -> Model:
        faults, keys = self.faults, self.keys
        reader = RuleReader(faults, model, unit_kinds)
        declared = faults.entries(keys["rules"], "rules") if "rules" in keys else {}
        rules = [reader.read(name, entry) for name, entry in declared.items()]
        kpis: Mapping[str, Kpi] = {}
        if "kpis" in keys:
            words = Words(model.facts, tuple(model.phases), tuple(declared), model.valid)
            kpis = read_kpis(keys["kpis"], words, faults)
        if "limits" in keys:
            limits = read_limits(
                keys["limits"], LimitWords(model.facts, tuple(model.phases), tuple(model.roles), kpis), faults
            )
            for entry, rule in zip(declared.values(), rules, strict=True):
                if rule is not None:
                    check_rule(entry, rule.required_kinds, limits, faults)
        if faults:
            return model
        model = msgspec.structs.replace(model, rules=tuple(rule for rule in rules if rule is not None))
        return msgspec.structs.replace(model, digest=digest_of(model))

    def _head(self) -> dict[str, Any]:
        """The keys that stand for themselves."""
        faults, keys = self.faults, self.keys
        values: dict[str, Any] = {}
        for key in ("id", "family"):
            if key in keys:
                values[key] = faults.parsed(keys[key], key, _model_name)
        if "version" in keys:
            values["version"] = faults.whole(keys["version"], "version", 1)
        if "title" in keys:
            values["title"] = read_title(faults, keys["title"], "title")
        if "source" in keys:
            values["source"] = faults.text(keys["source"], "source")
        if "subject" in keys:
            values["subject"] = faults.choice(keys["subject"], "subject", SUBJECTS)
        if "municipality" in keys:
            values["municipality"] = faults.parsed(keys["municipality"], "municipality", _municipality)
        if "valid" in keys:
            values["valid"] = read_period(faults, keys["valid"], "valid")
        return values

    def _check_phases(self) -> None:
        node = self.keys.get("phases")
        for name, entry in node.entries.items() if isinstance(node, MappingNode) else ():
            if name in RESERVED_PHASES:
                self.faults.add(entry.key, f"phases: {name!r} has a meaning of its own in moves and cannot be a phase")

    def _policies(self, node: Node) -> Policies:
        faults = self.faults
        keys = {
            key: entry.value
            for key, entry in faults.keys(node, "policies", ("roll", "closing_days", "spell_gap")).items()
        }
        values: dict[str, Any] = {}
        if "roll" in keys:
            values["roll"] = faults.choice(keys["roll"], "policies: roll", get_args(Roll))
        if "closing_days" in keys:
            what = "policies: closing_days"
            days = [faults.parsed(word, what, _closing_day) for word in faults.words(keys["closing_days"], what)]
            values["closing_days"] = frozenset(day for day in days if day is not None)
        if "spell_gap" in keys:
            values["spell_gap"] = faults.parsed(keys["spell_gap"], "policies: spell_gap", Duration.parse)
        return Policies(**{key: value for key, value in values.items() if value is not None})


def _unit_kinds(kinds: dict[str, FactKind], subject: str) -> frozenset[str]:
    """The kinds whose facts are of a unit and therefore lie in no pathway of the model's subjects."""
    if subject == "unit":
        return frozenset()
    return frozenset(name for name, kind in kinds.items() if kind.subject == "unit")


def _model_name(text: str) -> str:
    if not _ID.fullmatch(text):
        raise ValueInvalid(f"{text!r} is no name; allowed: letters, digits, -, _ and .")
    return text


def _municipality(text: str) -> str:
    if not re.fullmatch(r"[0-9]{4}", text):
        raise ValueInvalid(f"{text!r} is no municipality; allowed: four digits such as 0336")
    return text


def _closing_day(text: str) -> str:
    if _EVERY_YEAR.fullmatch(text):
        try:
            # A leap year, so that 02-29 is a day.
            date.fromisoformat(f"2000-{text}")
        except ValueError:
            raise ValueInvalid(f"{text!r} is no day of the year") from None
        return text
    try:
        return parse_day(text).isoformat()
    except ValueInvalid as fault:
        raise ValueInvalid(
            f"{str(fault).partition(';')[0]}; allowed: 12-24 for every year, 2017-12-27 for one"
        ) from None


def _plain(node: Node) -> object:
    """A declaration as data: text, truth values, lists and mappings, None where nothing stands."""
    match node:
        case MappingNode():
            return {key: _plain(entry.value) for key, entry in node.entries.items()}
        case SequenceNode():
            return [_plain(item) for item in node.items]
        case ScalarNode():
            if not node.quoted and node.text in ("true", "false"):
                return node.text == "true"
            return None if node.is_null else node.text
        case _:
            raise TypeError(f"{node} is no value")
