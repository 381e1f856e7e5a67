"""Scenario files: facts and what is expected of them, as YAML or JSON, every fault of the file at once."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from pathlib import Path

import msgspec

from indsats.domain.catalogue import FieldFault
from indsats.domain.model import Model
from indsats.domain.values import parse_day
from indsats.errors import FactsInvalid, InputInvalid
from indsats.models.document import read_bytes, read_document
from indsats.models.faults import Entry, Faults, MappingNode, Node, ScalarNode, SequenceNode, shown
from indsats.models.library import load
from indsats.replay.entries import REPLAY, AnyLine, Into, Register, last_day
from indsats.replay.expectations import Expected
from indsats.replay.expected import ExpectReader, Known

_KEYS = ("title", "source", "model", "until", "facts", "expect")


class Scenario(msgspec.Struct, frozen=True, kw_only=True):
    """A story: its facts, and what is expected of a run that ends with the day `until`.

    `repeated` counts the entries whose id stood there before; `models` are those that pathways move to, by the name
    that the file gives them.
    """

    title: str
    source: str
    model: Model
    until: date
    entries: tuple[AnyLine, ...]
    repeated: int
    models: Mapping[str, Model]
    expect: tuple[Expected, ...]


def read_scenario(
    path: Path,
    *,
    model: Model | None = None,
    municipality: str | None = None,
    until: date | None = None,
    into: Into = REPLAY,
) -> Scenario:
    """The scenario in a file; `model` and `until` come before what the file says.

    A path of a model in the file is relative to the file. Raises `FactsInvalid` with every fault.
    """
    faults = Faults()
    root = read_document(str(path), read_bytes(path, FactsInvalid), faults, FactsInvalid)
    keys = faults.keys(root, "a scenario", _KEYS, required=("facts",) if model else ("model", "facts"))
    title = faults.text(keys["title"].value, "title") if "title" in keys else None
    source = faults.text(keys["source"].value, "source") if "source" in keys else None
    own_until = faults.parsed(keys["until"].value, "until", parse_day) if "until" in keys else None

    model = model or _model(keys, path.parent, faults)
    register = Register(model, path.parent, municipality, into)
    nodes = _items(keys, "facts", faults)
    entries = _entries(nodes, register, faults)
    reader = ExpectReader(faults, _known(model, register, nodes, entries))
    expect = [reader.read(node) for node in _items(keys, "expect", faults)]
    if "facts" in keys and not nodes and not faults:
        faults.add(keys["facts"].value, "a scenario has at least one fact")
    faults.refuse(FactsInvalid)
    end = until or own_until or max(filter(None, (last_day(entries), *reader.days)))
    for node, day in reader.known_on:
        if day > end:
            faults.add(node, f"known_at: {day} lies after {end}, the last day of the run")
    faults.refuse(FactsInvalid)
    return Scenario(
        title=title or "",
        source=source or "",
        model=model,
        until=end,
        entries=entries,
        repeated=register.repeated,
        models=register.models,
        expect=tuple(one for one in expect if one is not None),
    )


def _items(keys: Mapping[str, Entry], key: str, faults: Faults) -> Sequence[Node]:
    return faults.items(keys[key].value, key) if key in keys else ()


def _model(keys: Mapping[str, Entry], directory: Path, faults: Faults) -> Model:
    """The model that the file names; without one nothing further can be checked."""
    name = faults.text(keys["model"].value, "model") if "model" in keys else None
    if name is None:
        faults.refuse(FactsInvalid)
    assert name is not None
    try:
        return load(name, directory)
    except InputInvalid as invalid:
        faults.add(keys["model"].value, f"model: {name!r} is no model that can be used")
        raise FactsInvalid(*shown(faults.found), *invalid.faults) from None


def _entries(nodes: Iterable[Node], register: Register, faults: Faults) -> tuple[AnyLine, ...]:
    placed = list(nodes)
    for position, node in enumerate(placed):
        raw = {key: _plain(entry.value) for key, entry in faults.entries(node, "a fact").items()}
        if isinstance(node, MappingNode):
            for fault in register.add(raw, node.line, position, plain=True):
                _add(node, fault, faults)
    entries, misplaced = register.close()
    for entry, fault in misplaced:
        _add(placed[entry.position], fault, faults)
    return entries


def _plain(node: Node) -> object:
    match node:
        case ScalarNode():
            return None if node.is_null else node.text
        case SequenceNode():
            return [_plain(item) for item in node.items]
        case _:
            return {}


def _add(node: Node, fault: FieldFault, faults: Faults) -> None:
    """Record what is wrong with a field at its value; what is missing, or has no place, at the fact or the key."""
    entry = node.entries.get(fault.field) if isinstance(node, MappingNode) else None
    at = node if entry is None else entry.key if fault.is_unknown else entry.value
    faults.add(at, fault.text, fault.allowed, meant=fault.meant)


def _known(model: Model, register: Register, nodes: Iterable[Node], entries: Iterable[AnyLine]) -> Known:
    """What expectations can name, also of facts with faults, so that one fault does not make others."""
    models = (model, *register.models.values())
    named: dict[str, dict[str, None]] = {"citizen": {}, "id": {entry.id: None for entry in entries}}
    for node in nodes:
        for key, names in named.items():
            value = node.get(key) if isinstance(node, MappingNode) else None
            if isinstance(value, ScalarNode):
                names[value.text] = None
    return Known(
        citizens=tuple(named["citizen"]),
        ids=tuple(named["id"]),
        rules=tuple(dict.fromkeys(rule.id for one in models for rule in one.rules)),
        kpis=tuple(model.kpis),
        phases=tuple(dict.fromkeys(phase for one in models for phase in one.phases)),
    )
