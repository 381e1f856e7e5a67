"""What differs between two models, key by key."""

from collections.abc import Mapping
from typing import Literal, NamedTuple

from indsats.domain.model import Model
from indsats.models.form import form_of

HEAD = "model"


class Change(NamedTuple):
    """One thing that differs: of which section, its name, and its values (None where there is none).

    `keys` has what differs inside of a changed one, as key: (before, after).
    """

    section: str
    name: str
    change: Literal["added", "removed", "changed"]
    keys: Mapping[str, tuple[object, object]]


def diff(before: Model, after: Model) -> list[Change]:
    """The changes from one model to another, section by section in the order of a model file."""
    old, new = _sections(before), _sections(after)
    changes = []
    for section in dict.fromkeys((*old, *new)):
        ours, theirs = old.get(section, {}), new.get(section, {})
        for name in dict.fromkeys((*ours, *theirs)):
            if name not in theirs:
                changes.append(Change(section, name, "removed", {}))
            elif name not in ours:
                changes.append(Change(section, name, "added", {}))
            elif ours[name] != theirs[name]:
                changes.append(Change(section, name, "changed", _keys(ours[name], theirs[name])))
    return changes + _changed_order(before, after)


def _changed_order(before: Model, after: Model) -> list[Change]:
    """The kinds that both have, if they rank differently: their order decides how the facts of one day are taken."""
    ours = [name for name in before.facts if name in after.facts]
    theirs = [name for name in after.facts if name in before.facts]
    return [] if ours == theirs else [Change("facts", "order", "changed", {"": (ours, theirs)})]


def _sections(model: Model) -> dict[str, Mapping[str, object]]:
    sections: dict[str, Mapping[str, object]] = {HEAD: {}}
    head: dict[str, object] = {}
    for key, value in form_of(model).items():
        if key == "moves":
            sections[key] = _moves(model)
        elif isinstance(value, dict) and key not in ("title", "valid"):
            sections[key] = value
        else:
            head[key] = value
    return {**sections, HEAD: head}


def _moves(model: Model) -> Mapping[str, object]:
    """The moves of each kind of fact, as source -> target."""
    moves: dict[str, dict[str, str]] = {}
    for move in model.moves:
        for source in move.sources:
            moves.setdefault(move.on, {}).setdefault(source, move.target)
    return moves


def _keys(before: object, after: object, path: str = "") -> dict[str, tuple[object, object]]:
    """What differs, by the path of its key: `where.weekly_hours.max`."""
    if not (isinstance(before, Mapping) and isinstance(after, Mapping)):
        return {path: (before, after)}
    found: dict[str, tuple[object, object]] = {}
    for key in dict.fromkeys((*before, *after)):
        if before.get(key) != after.get(key):
            found |= _keys(before.get(key), after.get(key), f"{path}.{key}" if path else key)
    return found
