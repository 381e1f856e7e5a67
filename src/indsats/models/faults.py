"""Files as trees of plain text with positions, and a collector of the faults found in them.

No value has a type here: `NO`, `12:30` and `2026-02-30` are text until whoever reads a field says what it should be.
"""

import difflib
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import NamedTuple, TypeVar

import msgspec

from indsats.errors import InputInvalid, ValueInvalid

MOST_SHOWN = 100
UNPRINTABLE = re.compile("[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufefe\uff00-\ufffd\U00010000-\U0010ffff]")
"""What no file may hold; a line shown in a fault has a replacement sign there."""

_WIDEST_EXCERPT = 160

T = TypeVar("T")


class Fault(msgspec.Struct, frozen=True):
    """One thing wrong with a file; lines and columns count from 1, and `excerpt` is the line with a caret below."""

    file: str
    line: int
    column: int | None
    what: str
    allowed: tuple[str, ...] = ()
    did_you_mean: str | None = None
    excerpt: str = ""

    @property
    def text(self) -> str:
        """The fault in one line, without the excerpt."""
        place = f"{self.file}:{self.line}" + ("" if self.column is None else f":{self.column}")
        allowed = f"; allowed: {', '.join(self.allowed)}" if self.allowed else ""
        guess = f"; did you mean {self.did_you_mean}?" if self.did_you_mean else ""
        return f"{place}: {self.what}{allowed}{guess}"

    def __str__(self) -> str:
        return f"{self.text}\n{self.excerpt}" if self.excerpt else self.text


class Source(msgspec.Struct, frozen=True):
    """A file by its name, and its lines for excerpts."""

    name: str
    lines: Sequence[str] = ()

    def excerpt(self, line: int, column: int) -> str:
        """A line with a caret under one column; of a very long line the part around it."""
        text = self.lines[line - 1]
        start = 0 if column <= _WIDEST_EXCERPT else column - _WIDEST_EXCERPT // 2
        shown = UNPRINTABLE.sub("\ufffd", text[start : start + _WIDEST_EXCERPT])
        indent = re.sub(r"[^\t]", " ", shown[: column - 1 - start])
        return f"{shown}\n{indent}^"


class Node(msgspec.Struct, frozen=True):
    """A place in a file; lines and columns count from 1."""

    source: Source
    line: int
    column: int


class ScalarNode(Node, frozen=True):
    """Text; `quoted` unless it stood plain."""

    text: str
    quoted: bool = False

    @property
    def is_null(self) -> bool:
        """Whether it stands for nothing: empty, `~` or `null`, unquoted."""
        return not self.quoted and self.text in ("", "~", "null")


class SequenceNode(Node, frozen=True):
    """A list."""

    items: tuple[Node, ...]


class Entry(NamedTuple):
    """A key of a mapping and its value."""

    key: ScalarNode
    value: Node


class MappingNode(Node, frozen=True):
    """Keys and values in the order of the file; of a key that stands twice only the first is here."""

    entries: Mapping[str, Entry]

    def get(self, key: str) -> Node | None:
        """The value of a key, or None if it is not there."""
        entry = self.entries.get(key)
        return entry.value if entry else None


class Faults:
    """Collects the faults of one or several files; the accessors record one and go on where a node is not as asked."""

    def __init__(self) -> None:
        self.found: list[Fault] = []

    def __bool__(self) -> bool:
        return bool(self.found)

    def add(
        self, at: Node, what: str, allowed: Iterable[str] = (), given: str | None = None, meant: str | None = None
    ) -> None:
        """Record a fault; `meant` is what may have been meant, `given` what was written, to guess it from `allowed`."""
        allowed = tuple(allowed)
        if given is not None:
            meant = next(iter(difflib.get_close_matches(given[:60], allowed, n=1)), None)
        lines = at.source.lines
        excerpt = at.source.excerpt(at.line, at.column) if 0 < at.line <= len(lines) else ""
        self.found.append(Fault(at.source.name, at.line, at.column, what, allowed, meant, excerpt))

    def refuse(self, error: type[InputInvalid]) -> None:
        """Raise the error with all faults, file by file in the order of their places, if there are any."""
        if self.found:
            files = list(dict.fromkeys(fault.file for fault in self.found))
            raise error(
                *shown(sorted(self.found, key=lambda fault: (files.index(fault.file), fault.line, fault.column or 0)))
            )

    def keys(
        self, node: Node, what: str, allowed: Iterable[str], required: Iterable[str] = (), at: Node | None = None
    ) -> Mapping[str, Entry]:
        """The entries of a mapping, known keys only; missing ones are reported at `at` (default: the mapping)."""
        allowed = tuple(allowed)
        entries = self.entries(node, what)
        for key, entry in entries.items():
            if key not in allowed:
                self.add(entry.key, f"{what} has no key {key!r}{_comma_hint(node, entry)}", allowed, key)
        if isinstance(node, MappingNode):
            for key in required:
                if key not in entries:
                    self.add(at or node, f"{what} lacks the key {key!r}")
        return {key: entry for key, entry in entries.items() if key in allowed}

    def entries(self, node: Node, what: str) -> Mapping[str, Entry]:
        """The entries of a mapping with any keys."""
        if isinstance(node, MappingNode):
            return node.entries
        self.add(node, f"{what} must be a mapping, not {kind_of(node)}")
        return {}

    def items(self, node: Node, what: str) -> tuple[Node, ...]:
        """The items of a list."""
        if isinstance(node, SequenceNode):
            return node.items
        self.add(node, f"{what} must be a list, not {kind_of(node)}")
        return ()

    def text(self, node: Node, what: str) -> str | None:
        """Text that says something; None with a fault for a list, a mapping, null or blank text."""
        if isinstance(node, ScalarNode):
            if node.text.strip() and not node.is_null:
                return node.text
            self.add(node, f"{what} is empty")
        else:
            self.add(node, f"{what} must be text, not {kind_of(node)}")
        return None

    def words(self, node: Node, what: str) -> tuple[ScalarNode, ...]:
        """Texts: a list of them, or one that stands alone."""
        items = (node,) if isinstance(node, ScalarNode) else self.items(node, what)
        return tuple(item for item in items if self.text(item, what) is not None and isinstance(item, ScalarNode))

    def choice(self, node: Node, what: str, allowed: Iterable[str]) -> str | None:
        """One of the words allowed."""
        text = self.text(node, what)
        allowed = tuple(allowed)
        if text is None or text in allowed:
            return text
        self.add(node, f"{what} cannot be {text!r}", allowed, text)
        return None

    def flag(self, node: Node, what: str) -> bool | None:
        """`true` or `false`, unquoted."""
        if isinstance(node, ScalarNode) and not node.quoted and node.text in ("true", "false"):
            return node.text == "true"
        self.add(node, f"{what} must be a truth value, not {kind_of(node)}", ("true", "false"))
        return None

    def whole(self, node: Node, what: str, least: int = 0) -> int | None:
        """A whole number of at most nine digits, unquoted and not less than `least`."""
        if isinstance(node, ScalarNode) and not node.quoted and re.fullmatch(r"-?[0-9]{1,9}", node.text):
            if int(node.text) >= least:
                return int(node.text)
            self.add(node, f"{what} must be at least {least}, not {node.text}")
        else:
            self.add(node, f"{what} must be a whole number, not {kind_of(node)}")
        return None

    def parsed(self, node: Node, what: str, parse: Callable[[str], T]) -> T | None:
        """Text in a form that `parse` reads or refuses by `ValueInvalid`."""
        text = self.text(node, what)
        if text is None:
            return None
        try:
            return parse(text)
        except ValueInvalid as error:
            self.add(node, f"{what}: {error}")
            return None


def _comma_hint(node: Node, entry: Entry) -> str:
    """What to do about `{da: first, second}`, where the comma has made a key of the rest."""
    empty = isinstance(entry.value, ScalarNode) and entry.value.is_null
    return " (text that holds a comma needs quotes)" if empty and entry.key.line == node.line else ""


def shown(faults: Sequence[Fault]) -> list[object]:
    """The first hundred faults, and a line that counts the rest."""
    more = len(faults) - MOST_SHOWN
    tail = [f"and {more} more {'fault' if more == 1 else 'faults'}"] if more > 0 else []
    return [*faults[:MOST_SHOWN], *tail]


def node_of(source: Source, value: object) -> Node:
    """What a model keeps as declared, as a tree again; it has no positions any more."""
    match value:
        case Mapping():
            items = {str(key): node_of(source, item) for key, item in value.items()}
            return MappingNode(source, 0, 0, {key: Entry(ScalarNode(source, 0, 0, key), items[key]) for key in items})
        case list() | tuple():
            return SequenceNode(source, 0, 0, tuple(node_of(source, item) for item in value))
        case bool():
            return ScalarNode(source, 0, 0, "true" if value else "false")
        case _:
            return ScalarNode(source, 0, 0, "" if value is None else str(value))


def kind_of(node: Node) -> str:
    """What a node is, in words for a fault; short plain text as it stands."""
    match node:
        case MappingNode():
            return "a mapping"
        case SequenceNode():
            return "a list"
        case ScalarNode() if node.is_null:
            return "nothing"
        case ScalarNode() if node.quoted or len(node.text) > 40:
            return "text"
        case ScalarNode():
            return repr(node.text)
        case _:
            return "that"
