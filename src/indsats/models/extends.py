"""Where model files are, and how one takes over what its base says.

A key of the same name replaces the base's and null removes it: one by one in `phases`, `facts`, `roles`, `rules`,
`limits`, `kpis`, `policies` and `policy_notes`, as a whole elsewhere. New keys come after the base's. The moves of a
file for a kind of fact replace all that the base has for that kind; a kind that is removed takes its moves with it.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from indsats.errors import ModelInvalid, ValueInvalid
from indsats.models.document import read_bytes, read_document
from indsats.models.faults import Entry, Faults, MappingNode, Node, ScalarNode, SequenceNode

SECTIONS = ("phases", "facts", "roles", "rules", "limits", "kpis", "policies", "policy_notes")

_NOT_INHERITED = ("id", "version", "extends")
_SUFFIXES = (".yaml", ".yml", ".json")


class ModelFile(NamedTuple):
    """A model file: the name for faults, its path, and the version that must stand in it (None: any)."""

    name: str
    path: Path
    version: str | None = None


def shipped() -> list[tuple[str, Path]]:
    """The models that come with indsats: `id`, or `id@version` for an older version, and their files."""
    return sorted((path.stem, path) for path in Path(__file__).parent.glob("*.yaml"))


def find(reference: str, files: Mapping[str, Path]) -> ModelFile | None:
    """The file of `id` or `id@version` among files by name; a version without a file of its own can be the newest."""
    name, _, version = reference.partition("@")
    path = files.get(reference, files.get(name))
    return None if path is None else ModelFile(path.name, path, version or None)


def locate(reference: str, directory: Path = Path()) -> ModelFile:
    """The file of a shipped model by `id` or `id@version`, or one by its path, taken from `directory`.

    Raises `ValueInvalid` for an id that is not shipped; whether a path leads anywhere shows when it is read.
    """
    if (found := find(reference, dict(shipped()))) is not None:
        return found
    path = directory / reference
    if "/" in reference or "\\" in reference or reference.endswith(_SUFFIXES) or path.is_file():
        return ModelFile(str(path), path)
    raise ValueInvalid(f"there is no model {reference!r}")


def read_with_bases(file: ModelFile, faults: Faults, extended_by: tuple[ModelFile, ...] = ()) -> MappingNode:
    """The mapping of a model file with all that it takes over from its base, and from that one's.

    Raises `ModelInvalid` if one of the files is no mapping, or no YAML at all.
    """
    document = read_document(file.name, read_bytes(file.path, ModelInvalid), faults, ModelInvalid)
    if not isinstance(document, MappingNode):
        faults.add(document, "a model must be a mapping, with keys such as id, version, facts, rules")
        faults.refuse(ModelInvalid)
        raise AssertionError("a fault was recorded")
    own = document.get("extends")
    if own is None or (isinstance(own, ScalarNode) and own.is_null):
        return document
    base = _base_of(file, own, faults, (*extended_by, file))
    return document if base is None else _merged(base, document, faults)


def _base_of(file: ModelFile, reference: Node, faults: Faults, chain: tuple[ModelFile, ...]) -> MappingNode | None:
    text = faults.text(reference, "extends")
    if text is None:
        return None
    try:
        base = locate(text, file.path.parent)
    except ValueInvalid as error:
        allowed = [*(name for name, _ in shipped()), "a path such as ./base.yaml"]
        faults.add(reference, f"extends: {error}", allowed, text)
        return None
    if base.path.resolve() in [link.path.resolve() for link in chain]:
        ring = " extends ".join([*(link.name for link in chain), base.name])
        faults.add(reference, f"extends: this is a ring: {ring}")
        return None
    if not base.path.is_file():
        faults.add(reference, f"extends: there is no file {base.name}")
        return None
    found = read_with_bases(base, faults, chain)
    version = found.get("version")
    if base.version is not None and isinstance(version, ScalarNode) and version.text != base.version:
        faults.add(reference, f"extends: there is no model {text!r}", [f"{base.path.stem}@{version.text}"])
        return None
    return found


def _merged(base: MappingNode, own: MappingNode, faults: Faults) -> MappingNode:
    entries = {key: entry for key, entry in base.entries.items() if key not in _NOT_INHERITED}
    if moves := entries.get("moves"):
        entries["moves"] = Entry(moves.key, _without(moves.value, _removed_kinds(own)))
    for key, entry in own.entries.items():
        before = entries.get(key)
        if isinstance(entry.value, ScalarNode) and entry.value.is_null:
            entries.pop(key, None)
        elif before is not None and key in SECTIONS:
            entries[key] = Entry(entry.key, _merged_section(key, before.value, entry.value, faults))
        elif before is not None and key == "moves":
            entries[key] = Entry(entry.key, _merged_moves(before.value, entry.value))
        else:
            entries[key] = entry
    return MappingNode(own.source, own.line, own.column, entries)


def _merged_section(section: str, base: Node, own: Node, faults: Faults) -> Node:
    if not (isinstance(base, MappingNode) and isinstance(own, MappingNode)):
        return own
    entries = dict(base.entries)
    for key, entry in own.entries.items():
        if not (isinstance(entry.value, ScalarNode) and entry.value.is_null):
            entries[key] = entry
        elif key in base.entries:
            del entries[key]
        else:
            faults.add(entry.key, f"{section}: null removes {key!r} of the base, which has none", base.entries, key)
    return MappingNode(own.source, own.line, own.column, entries)


def _merged_moves(base: Node, own: Node) -> Node:
    if not (isinstance(base, SequenceNode) and isinstance(own, SequenceNode)):
        return own
    kept = _without(base, {kind for move in own.items if (kind := _kind_of_move(move)) is not None})
    assert isinstance(kept, SequenceNode)
    return SequenceNode(own.source, own.line, own.column, (*kept.items, *own.items))


def _without(moves: Node, kinds: set[str]) -> Node:
    if not isinstance(moves, SequenceNode):
        return moves
    kept = tuple(move for move in moves.items if _kind_of_move(move) not in kinds)
    return SequenceNode(moves.source, moves.line, moves.column, kept)


def _kind_of_move(move: Node) -> str | None:
    on = move.get("on") if isinstance(move, MappingNode) else None
    return on.text if isinstance(on, ScalarNode) else None


def _removed_kinds(own: MappingNode) -> set[str]:
    facts = own.get("facts")
    if not isinstance(facts, MappingNode):
        return set()
    return {
        kind for kind, entry in facts.entries.items() if isinstance(entry.value, ScalarNode) and entry.value.is_null
    }
