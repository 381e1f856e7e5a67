"""The form in which a model file declares its key figures, read into typed ones; every fault where it stands."""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Literal, cast, get_args

import msgspec

from indsats.domain.kpi import (
    BOUNDS,
    CITIZEN,
    FULL_TIME_PERSON,
    READ_MODELS,
    Baseline,
    Bound,
    Column,
    ColumnType,
    Comparison,
    Filter,
    Kpi,
    Operand,
    Other,
    Printed,
    Some,
    Target,
    Within,
)
from indsats.domain.model import FactKind, FieldType, Model, Period, Title
from indsats.domain.obligations.obligation import Status
from indsats.domain.phases import CLOSED
from indsats.domain.values import parse_day
from indsats.errors import ModelInvalid, ValueInvalid
from indsats.models.faults import Entry, Faults, MappingNode, Node, ScalarNode, SequenceNode, Source, node_of
from indsats.models.kpi_printed import read_printed
from indsats.models.kpi_tiers import NUMBER, TiersForm, figure_of

KEYS = (
    "title",
    "source",
    "rows",
    "fact",
    "unit",
    "where",
    "numerator",
    "median",
    "tiers",
    "baseline",
    "target",
    "printed",
    "policy_notes",
)

_OF_AMOUNTS = ("title", "source", "tiers", "policy_notes")
_TESTS: Mapping[ColumnType, tuple[str, ...]] = {
    "text": ("is", "not", "in"),
    "number": ("is", "min", "max", "above", "below"),
    "day": ("is", "min", "max", "above", "below"),
    "flag": ("is",),
}
_LIST_TESTS = ("includes",)
_SOME = "some"
_FIELD_TYPES: Mapping[str, ColumnType] = {
    "text": "text",
    "role": "text",
    "kind": "text",
    "bool": "flag",
    "int": "number",
    "decimal": "number",
    "date": "day",
}


class Words(msgspec.Struct, frozen=True):
    """What declarations can name in their model."""

    kinds: Mapping[str, FactKind]
    phases: tuple[str, ...]
    rules: tuple[str, ...]
    valid: Period = Period()

    def of(self, column: Column) -> tuple[str, ...]:
        """The vocabulary of a column; empty if any text will do."""
        match column.words:
            case "phase":
                return self.phases
            case "phase_or_closed":
                return (*self.phases, CLOSED)
            case "kind":
                return tuple(self.kinds)
            case "rule":
                return self.rules
            case "status":
                return get_args(Status)
            case None:
                return ()


def read_kpis(node: Node, words: Words, faults: Faults) -> Mapping[str, Kpi]:
    """The key figures declared under `kpis`, by id; one with a fault is left out and its faults are recorded."""
    entries = faults.entries(node, "kpis")
    found: dict[str, Kpi | None] = {}
    # An amount goes by a share, which may stand behind it.
    for name, entry in sorted(entries.items(), key=lambda item: _has_tiers(item[1])):
        before = len(faults.found)
        kpi = _Form(words, faults, f"KPI {name!r}").kpi(name, entry, found)
        found[name] = kpi if len(faults.found) == before else None
    return {name: kpi for name in entries if (kpi := found[name]) is not None}


def kpis_of(model: Model) -> Mapping[str, Kpi]:
    """The key figures of a model, by id.

    Raises `ModelInvalid` with every fault of the declarations.
    """
    faults = Faults()
    words = Words(model.facts, tuple(model.phases), tuple(rule.id for rule in model.rules), model.valid)
    found = read_kpis(node_of(Source(f"{model.id}@{model.version}"), model.kpis), words, faults)
    faults.refuse(ModelInvalid)
    return found


class _Form:
    """Reads one declaration; `what` names it in faults."""

    def __init__(self, words: Words, faults: Faults, what: str) -> None:
        self.words = words
        self.faults = faults
        self.what = what
        self.rows = ""
        self.kinds: tuple[str, ...] = ()

    def kpi(self, name: str, declared: Entry, figures: Mapping[str, Kpi | None]) -> Kpi | None:
        """The figure, or None if not even its rows are known; what else is wrong is recorded.

        `figures` are those read before, None where they have faults.
        """
        has_tiers = _has_tiers(declared)
        required = ("title",) if has_tiers else ("title", "rows")
        keys = self.faults.keys(declared.value, self.what, KEYS, required, declared.key)
        title = self._title(keys.get("title"))
        if has_tiers:
            return self._amount(name, title, keys, figures)
        rows = self.faults.choice(keys["rows"].value, f"rows of {self.what}", READ_MODELS) if "rows" in keys else None
        if title is None or rows is None:
            return None
        self.rows = rows
        self.kinds = self._kinds(keys.get("fact"), declared.key)
        return Kpi(
            id=name,
            rows=rows,
            unit=self._unit(keys.get("unit"), keys),
            where=self._filter(keys["where"]) if "where" in keys else Filter(),
            kinds=self.kinds,
            numerator=self._filter(keys["numerator"]) if "numerator" in keys else None,
            median=self._median(keys),
            baseline=self._baseline(keys.get("baseline")),
            target=self._target(keys.get("target")),
            printed=self._printed(keys.get("printed")),
            title=title,
            source=self._source(keys.get("source")),
            policy_notes=self._notes(keys.get("policy_notes")),
        )

    def _amount(
        self, name: str, title: Title | None, keys: Mapping[str, Entry], figures: Mapping[str, Kpi | None]
    ) -> Kpi | None:
        for key, entry in keys.items():
            if key not in _OF_AMOUNTS:
                self.faults.add(entry.key, f"{self.what} is an amount by tiers and has no {key!r}", _OF_AMOUNTS)
        form = TiersForm(self.faults, self.what, self.words.kinds, figures, self.words.valid.first)
        tiers = form.read(keys["tiers"])
        share = None if tiers is None else figures[tiers.share]
        if title is None or share is None:
            return None
        return msgspec.structs.replace(
            share,
            id=name,
            tiers=tiers,
            baseline=None,
            target=None,
            printed=(),
            title=title,
            source=self._source(keys.get("source")),
            policy_notes=self._notes(keys.get("policy_notes")),
        )

    def _title(self, entry: Entry | None) -> Title | None:
        if entry is None:
            return None
        parts = self.faults.keys(entry.value, f"{entry.key.text} of {self.what}", ("da", "en"), ("da", "en"))
        texts = {key: self.faults.text(part.value, f"{key} of {self.what}") for key, part in parts.items()}
        danish, english = texts.get("da"), texts.get("en")
        return Title(da=danish, en=english) if danish and english else None

    def _notes(self, entry: Entry | None) -> Mapping[str, Title]:
        if entry is None:
            return {}
        notes = self.faults.entries(entry.value, f"policy_notes of {self.what}")
        return {name: title for name, note in notes.items() if (title := self._title(note)) is not None}

    def _source(self, entry: Entry | None) -> str:
        return "" if entry is None else self.faults.text(entry.value, f"source of {self.what}") or ""

    def _kinds(self, entry: Entry | None, at: Node) -> tuple[str, ...]:
        if self.rows == "facts":
            if entry is not None:
                return self._kind_names(entry.value, f"fact of {self.what}")
            self.faults.add(at, f"{self.what} counts facts and lacks the key 'fact'")
        elif entry is not None:
            self.faults.add(entry.key, f"{self.what} counts {self.rows}; the key 'fact' is for rows: facts")
        return ()

    def _kind_names(self, node: Node, what: str) -> tuple[str, ...]:
        nodes = self.faults.items(node, what) if isinstance(node, SequenceNode) else (node,)
        if not nodes:
            self.faults.add(node, f"{what} is empty")
        names = (self.faults.choice(item, what, self.words.kinds) for item in nodes)
        return tuple(name for name in names if name is not None)

    def _unit(self, entry: Entry | None, keys: Mapping[str, Entry]) -> str:
        own = READ_MODELS[self.rows].unit
        if entry is None:
            return own
        allowed = dict.fromkeys((own, CITIZEN, FULL_TIME_PERSON) if self.rows == "pathways" else (own, CITIZEN))
        if "median" in keys:
            allowed = dict.fromkeys((own,))
        return self.faults.choice(entry.value, f"unit of {self.what}", allowed) or own

    def _median(self, keys: Mapping[str, Entry]) -> str | None:
        entry = keys.get("median")
        if entry is None:
            return None
        if "numerator" in keys:
            self.faults.add(entry.key, f"{self.what} has a numerator and a median; allowed is one of them")
        numbers = [name for name, column in READ_MODELS[self.rows].columns.items() if column.type == "number"]
        return self.faults.choice(entry.value, f"median of {self.what}", numbers)

    # Conditions

    def _filter(self, entry: Entry) -> Filter:
        what = f"{entry.key.text} of {self.what}"
        columns = self._columns(self.kinds)
        comparisons: list[Comparison] = []
        some: list[Some | None] = []
        for name, condition in self.faults.entries(entry.value, what).items():
            if name == _SOME:
                some = [self._some(node, condition.key) for node in self._one_or_more(condition)]
            elif name in columns:
                is_column = name in READ_MODELS[self.rows].columns
                comparisons += self._comparisons(condition, columns[name], is_column=is_column)
            else:
                self.faults.add(condition.key, f"{what}: {self.rows} have no {name!r}", (*columns, _SOME), name)
        return Filter(tuple(comparisons), tuple(one for one in some if one is not None))

    def _one_or_more(self, entry: Entry) -> tuple[Node, ...]:
        if not isinstance(entry.value, SequenceNode):
            return (entry.value,)
        if not entry.value.items:
            self.faults.add(entry.value, f"{entry.key.text} of {self.what} is empty")
        return entry.value.items

    def _some(self, node: Node, at: Node) -> Some | None:
        what = f"some of {self.what}"
        keys = self.faults.keys(node, what, ("fact", "where", "in", "since", "ended_by", "lasting"), ("fact",), at)
        columns = READ_MODELS[self.rows].columns
        kinds = self._kind_names(keys["fact"].value, f"fact of {what}") if "fact" in keys else ()
        comparisons: list[Comparison] = []
        if "where" in keys:
            fields = self._fields(kinds)
            for name, condition in self.faults.entries(keys["where"].value, f"where of {what}").items():
                if name in fields:
                    comparisons += self._comparisons(condition, fields[name], is_column=False)
                else:
                    self.faults.add(condition.key, f"where of {what}: {', '.join(kinds)} has no {name!r}", fields, name)
        within = "pathway"
        if "in" in keys:
            shared = ("pathway", *(name for name in ("stretch", "visit", "employment") if name in columns))
            within = self.faults.choice(keys["in"].value, f"in of {what}", shared) or within
        since = None
        if "since" in keys:
            days = [name for name, column in columns.items() if column.type == "day"]
            since = self.faults.choice(keys["since"].value, f"since of {what}", days)
        ended_by: tuple[str, ...] = ()
        if "ended_by" in keys:
            ended_by = self._kind_names(keys["ended_by"].value, f"ended_by of {what}")
        lasting = self.faults.choice(keys["lasting"].value, f"lasting of {what}", BOUNDS) if "lasting" in keys else None
        for one, other in (("ended_by", "lasting"), ("lasting", "ended_by")):
            if one in keys and other not in keys:
                self.faults.add(keys[one].key, f"{what} has {one!r} and lacks {other!r}")
        return Some(kinds, tuple(comparisons), cast(Within, within), since, ended_by, lasting)

    def _columns(self, kinds: tuple[str, ...]) -> Mapping[str, Column | FieldType]:
        """The columns of the rows and, of facts, the fields that all their kinds have; columns first."""
        return {**self._fields(kinds), **READ_MODELS[self.rows].columns}

    def _fields(self, kinds: tuple[str, ...]) -> Mapping[str, FieldType]:
        """The fields that all the kinds have, but for personal ones, which are sealed."""
        catalogues = [
            {name: type_ for name, type_ in kind.fields.items() if name not in kind.personal}
            for kind in (self.words.kinds[name] for name in kinds)
        ]
        if not catalogues:
            return {}
        return {name: type_ for name, type_ in catalogues[0].items() if all(name in other for other in catalogues)}

    def _comparisons(self, entry: Entry, column: Column | FieldType, *, is_column: bool) -> list[Comparison]:
        name = entry.key.text
        what = f"{name} in {self.what}"
        if isinstance(column, Column):
            type_: ColumnType | None = column.type
            words, tests = self.words.of(column), _TESTS[column.type]
        else:
            type_ = "text" if column.values else _FIELD_TYPES.get(column.name)
            words, tests = column.values, _LIST_TESTS if column.is_list else _TESTS[type_ or "text"]
        if type_ is None:
            self.faults.add(entry.key, f"{what} holds a length or an instant, which no condition can name")
            return []
        found = []
        for test, operand in self.faults.keys(entry.value, what, tests).items():
            several = test in ("in", "includes") or (test == "not" and isinstance(operand.value, SequenceNode))
            nodes = self.faults.items(operand.value, f"{test} of {what}") if several else (operand.value,)
            if isinstance(operand.value, SequenceNode) and not nodes:
                self.faults.add(operand.value, f"{test} of {what} is empty")
            values = [self._operand(node, f"{test} of {what}", type_, words, is_column) for node in nodes]
            found.append(Comparison(name, test, tuple(value for value in values if value is not None)))
        if isinstance(entry.value, MappingNode) and not entry.value.entries:
            self.faults.add(entry.value, f"{what} has no test", tests)
        return found

    def _operand(
        self, node: Node, what: str, type_: ColumnType, words: tuple[str, ...], is_column: bool
    ) -> Operand | None:
        if type_ == "flag":
            return self.faults.flag(node, what)
        if type_ == "text":
            return self.faults.choice(node, what, words) if words else self.faults.text(node, what)
        text = self.faults.text(node, what)
        if text is None:
            return None
        columns = READ_MODELS[self.rows].columns
        others = tuple(name for name, column in columns.items() if column.type == type_) if is_column else ()
        bounds = BOUNDS if type_ == "day" else ()
        if text in bounds:
            return Bound(text)
        if text in others:
            return Other(text)
        if type_ == "number":
            if NUMBER.fullmatch(text):
                return Decimal(text)
            self.faults.add(node, f"{what} must be a number, not {text!r}", ("a number", *others), text)
            return None
        try:
            return parse_day(text)
        except ValueInvalid:
            self.faults.add(node, f"{what} must be a day, not {text!r}", ("a day such as 2017-01-02", *bounds), text)
            return None

    # What was measured before, and what is aimed at

    def _baseline(self, entry: Entry | None) -> Baseline | None:
        if entry is None:
            return None
        what = f"baseline of {self.what}"
        keys = self.faults.keys(entry.value, what, ("value", "on"), ("value",), entry.key)
        value = self.faults.parsed(keys["value"].value, f"value of {what}", figure_of) if "value" in keys else None
        return None if value is None else Baseline(value, _text(keys["value"]), self._day(keys.get("on"), what))

    def _target(self, entry: Entry | None) -> Target | None:
        if entry is None:
            return None
        what = f"target of {self.what}"
        keys = self.faults.keys(entry.value, what, ("at_least", "at_most", "on"))
        given = [key for key in ("at_least", "at_most") if key in keys]
        if len(given) != 1:
            self.faults.add(entry.key, f"{what} must have one of 'at_least' and 'at_most'")
            return None
        value = self.faults.parsed(keys[given[0]].value, f"{given[0]} of {what}", figure_of)
        at = cast(Literal["at_least", "at_most"], given[0])
        return None if value is None else Target(at, value, _text(keys[at]), self._day(keys.get("on"), what))

    def _printed(self, entry: Entry | None) -> tuple[Printed, ...]:
        if entry is None:
            return ()
        return tuple(read_printed(self.faults, entry.value, f"printed of {self.what}", self._title))

    def _day(self, entry: Entry | None, what: str) -> date | None:
        return None if entry is None else self.faults.parsed(entry.value, f"on of {what}", parse_day)


def _text(entry: Entry) -> str:
    return entry.value.text if isinstance(entry.value, ScalarNode) else ""


def _has_tiers(entry: Entry) -> bool:
    return isinstance(entry.value, MappingNode) and "tiers" in entry.value.entries
