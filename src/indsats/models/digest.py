"""The fingerprint of a model: two with the same digest oblige to the same."""

import hashlib
import json
from collections.abc import Mapping

import msgspec

from indsats.domain.model import Model

_UNCOUNTED = frozenset({"title", "source", "digest"})
# What a source prints beside a figure is quoted, and obliges to nothing.
_UNCOUNTED_OF_FIGURES = _UNCOUNTED | {"printed"}


def digest_of(model: Model) -> str:
    """SHA-256 in hexadecimal over the canonical JSON of a model without titles, sources and what those print."""
    form = json.dumps(canonical(model), sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(form.encode()).hexdigest()


def canonical(model: Model) -> Mapping[str, object]:
    """A model as plain data, as the digest counts it.

    A key at its default is left out, so that keys which come with later versions of indsats leave old digests as they
    are. The order of the file counts only in the catalogue, whose ranks are part of the form.
    """
    form = {name: _plain(value) for name, value in _counted(model)}
    form["phases"] = sorted(model.phases)
    form["roles"] = sorted(model.roles)
    form["rules"] = {rule.id: _plain(rule) for rule in model.rules}
    form["moves"] = sorted([move.on, sorted(move.sources), move.target] for move in model.moves)
    form["limits"] = {name: _without(_UNCOUNTED, declared) for name, declared in model.limits.items()}
    form["kpis"] = {name: _without(_UNCOUNTED_OF_FIGURES, declared) for name, declared in model.kpis.items()}
    return {key: value for key, value in form.items() if value not in ([], {})}


def _counted(struct: msgspec.Struct) -> list[tuple[str, object]]:
    """The fields that say something, but for titles and sources."""
    return [
        (field.name, value)
        for field in msgspec.structs.fields(type(struct))
        if field.name not in _UNCOUNTED and (value := getattr(struct, field.name)) != field.default and value != {}
    ]


def _without(uncounted: frozenset[str], declared: object) -> object:
    if not isinstance(declared, Mapping):
        return declared
    return {key: value for key, value in declared.items() if key not in uncounted}


def _plain(value: object) -> object:
    match value:
        case msgspec.Struct():
            return {name: _plain(item) for name, item in _counted(value)}
        case Mapping():
            return {str(key): _plain(item) for key, item in value.items()}
        case frozenset():
            return sorted(str(item) for item in value)
        case tuple() | list():
            return [_plain(item) for item in value]
        case None | bool() | int() | str():
            return value
        case _:
            return str(value)
