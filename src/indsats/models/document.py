"""YAML and JSON files as trees of plain text with positions, and the faults found in them.

No value has a type here: `NO`, `12:30` and `2026-02-30` are text until whoever reads a field says what it should be.
"""

import difflib
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple, TypeVar

import msgspec
import yaml

from indsats.errors import InputInvalid, ValueInvalid

MOST_BYTES = 16 * 1024 * 1024
MOST_NESTED = 50
MOST_SHOWN = 100

_WIDEST_EXCERPT = 160
_BREAKS = re.compile("\r\n|[\r\n\x85\u2028\u2029]")
_UNPRINTABLE = re.compile("[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufefe\uff00-\ufffd\U00010000-\U0010ffff]")
_HINTS = {
    "found character that cannot start any token": "text that begins with @, `, % or a tab needs quotes",
    "mapping values are not allowed in this context": "text that holds ': ' needs quotes",
    "did not find expected ',' or '}'": 'an optional enumeration needs quotes: "[a, b]?"',
    "found invalid Unicode character escape code": "write the character itself",
}

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
        shown = _UNPRINTABLE.sub("\ufffd", text[start : start + _WIDEST_EXCERPT])
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

    def add(self, at: Node, what: str, allowed: Iterable[str] = (), given: str | None = None) -> None:
        """Record a fault; `given` is what was written, for a guess among what is allowed."""
        allowed = tuple(allowed)
        guess = difflib.get_close_matches(given, allowed, n=1) if given is not None else []
        lines = at.source.lines
        excerpt = at.source.excerpt(at.line, at.column) if 0 < at.line <= len(lines) else ""
        meant = guess[0] if guess else None
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
                self.add(entry.key, f"{what} has no key {key!r}", allowed, key)
        if isinstance(node, MappingNode):
            for key in required:
                if key not in entries:
                    self.add(at or node, f"{what} lacks the key {key!r}")
        return {key: entry for key, entry in entries.items() if key in allowed}

    def entries(self, node: Node, what: str) -> Mapping[str, Entry]:
        """The entries of a mapping with any keys."""
        if isinstance(node, MappingNode):
            return node.entries
        self.add(node, f"{what} must be a mapping, not {_kind(node)}")
        return {}

    def items(self, node: Node, what: str) -> tuple[Node, ...]:
        """The items of a list."""
        if isinstance(node, SequenceNode):
            return node.items
        self.add(node, f"{what} must be a list, not {_kind(node)}")
        return ()

    def text(self, node: Node, what: str) -> str | None:
        """Text that says something; None with a fault for a list, a mapping, null or blank text."""
        if isinstance(node, ScalarNode):
            if node.text.strip() and not node.is_null:
                return node.text
            self.add(node, f"{what} is empty")
        else:
            self.add(node, f"{what} must be text, not {_kind(node)}")
        return None

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
        self.add(node, f"{what} must be a truth value, not {_kind(node)}", ("true", "false"))
        return None

    def whole(self, node: Node, what: str, least: int = 0) -> int | None:
        """A whole number of at most nine digits, unquoted and not less than `least`."""
        if isinstance(node, ScalarNode) and not node.quoted and re.fullmatch(r"-?[0-9]{1,9}", node.text):
            if int(node.text) >= least:
                return int(node.text)
            self.add(node, f"{what} must be at least {least}, not {node.text}")
        else:
            self.add(node, f"{what} must be a whole number, not {_kind(node)}")
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


def shown(faults: Sequence[Fault]) -> list[object]:
    """The first hundred faults, and a line that counts the rest."""
    more = len(faults) - MOST_SHOWN
    tail = [f"and {more} more {'fault' if more == 1 else 'faults'}"] if more > 0 else []
    return [*faults[:MOST_SHOWN], *tail]


def _kind(node: Node) -> str:
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


def read_bytes(path: Path, error: type[InputInvalid] = InputInvalid) -> bytes:
    """The bytes of a file, one more than is allowed at most.

    Raises `error` naming the file if it is not there or cannot be read.
    """
    try:
        with path.open("rb") as file:
            return file.read(MOST_BYTES + 1)
    except FileNotFoundError:
        raise error(f"{path}: there is no such file") from None
    except OSError as fault:
        raise error(f"{path}: cannot be read: {fault.strerror}") from None


def read_document(name: str, data: bytes, faults: Faults, error: type[InputInvalid]) -> Node:
    """The one document of a YAML or JSON file; `name` is shown in faults.

    Duplicate keys, anchors, tags and keys that are no text are recorded in `faults`. Raises `error` at once where there
    is no document to go on with: not UTF-8, too large, empty, nested too deeply, not YAML, several documents, aliases.
    """
    text = _decoded(name, data, error)
    source = Source(name, _BREAKS.split(text))
    composer = _Composer(source, faults)
    document: Node | None = None
    try:
        document = composer.compose(text)
    except _Unreadable as stop:
        faults.add(stop.at, stop.what)
    except yaml.MarkedYAMLError as fault:
        at = _place_of(fault, source)
        faults.add(at, _explained(fault, source.lines[at.line - 1][at.column - 1 : at.column]))
    if document is None or composer.has_alias:
        faults.refuse(error)
    assert document is not None
    return document


def _decoded(name: str, data: bytes, error: type[InputInvalid]) -> str:
    """The text of a file, after the tests that need no parser."""
    if len(data) > MOST_BYTES:
        raise error(Fault(name, 1, None, f"the file is larger than {MOST_BYTES // 1024 // 1024} MB"))
    if not data.strip(b" \t\r\n\xef\xbb\xbf"):
        raise error(Fault(name, 1, None, "the file is empty"))
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as fault:
        byte = f"byte {data[fault.start]:#04x} (number {fault.start + 1} of the file)"
        readable = data.decode("utf-8-sig", errors="replace")
        before = data[: fault.start].decode("utf-8-sig")
        raise error(_fault_at(name, readable, before, f"{byte} is not UTF-8; save the file as UTF-8")) from None
    if control := _UNPRINTABLE.search(text):
        what = f"the control character {ord(control[0]):#04x} is not allowed"
        raise error(_fault_at(name, text, text[: control.start()], what))
    return text


def _fault_at(name: str, text: str, before: str, what: str) -> Fault:
    """A fault at the place that has so much of the text before it."""
    lines = _BREAKS.split(before)
    line, column = len(lines), len(lines[-1]) + 1
    excerpt = Source(name, _BREAKS.split(text)).excerpt(line, column)
    return Fault(name, line, column, what, excerpt=excerpt)


def _place_of(fault: yaml.MarkedYAMLError, source: Source) -> Node:
    """Where the parser stopped; behind the last line it is the end of that line."""
    mark = fault.problem_mark
    line, column = (0, 0) if mark is None else (mark.line, mark.column)
    last = len(source.lines) - 1
    return Node(source, line + 1, column + 1) if line <= last else Node(source, last + 1, len(source.lines[last]) + 1)


def _explained(fault: yaml.MarkedYAMLError, character: str) -> str:
    if character == "\t":
        return "a tab; indent with spaces"
    problem = fault.problem or "not readable"
    context = f" {fault.context}" if fault.context else ""
    hint = f" ({_HINTS[problem]})" if problem in _HINTS else ""
    return f"this is not YAML: {problem}{context}{hint}"


class _Unreadable(Exception):
    def __init__(self, at: Node, what: str) -> None:
        self.at = at
        self.what = what


class _Open(NamedTuple):
    """A list or mapping that has begun: its place, and its children so far (of a mapping keys and values by turns)."""

    line: int
    column: int
    children: list[Node]


class _Composer:
    """Builds the tree from the parser's events with a stack of its own, so that depth is a fault and no crash."""

    def __init__(self, source: Source, faults: Faults) -> None:
        self.source = source
        self.faults = faults
        self.has_alias = False

    def compose(self, text: str) -> Node:
        stack: list[_Open] = [_Open(1, 1, [])]
        for event in yaml.parse(text, Loader=yaml.CSafeLoader):
            mark = event.start_mark
            assert mark is not None
            line, column = mark.line + 1, mark.column + 1
            here = Node(self.source, line, column)
            if isinstance(event, yaml.NodeEvent):
                self._refuse_marks(event, here)
            match event:
                case yaml.DocumentStartEvent() if stack[0].children:
                    raise _Unreadable(here, "a second document begins here; a file holds one")
                case yaml.ScalarEvent():
                    stack[-1].children.append(ScalarNode(self.source, line, column, event.value, bool(event.style)))
                case yaml.AliasEvent():
                    self.has_alias = True
                    stack[-1].children.append(ScalarNode(self.source, line, column, ""))
                case yaml.CollectionStartEvent():
                    if len(stack) > MOST_NESTED:
                        raise _Unreadable(here, f"nested more than {MOST_NESTED} deep")
                    stack.append(_Open(line, column, []))
                case yaml.SequenceEndEvent():
                    done = stack.pop()
                    stack[-1].children.append(SequenceNode(self.source, done.line, done.column, tuple(done.children)))
                case yaml.MappingEndEvent():
                    done = stack.pop()
                    stack[-1].children.append(self._mapping(done))
                case _:
                    pass
        if not stack[0].children:
            raise _Unreadable(Node(self.source, 1, 1), "the file holds only comments")
        return stack[0].children[0]

    def _refuse_marks(self, event: yaml.NodeEvent, here: Node) -> None:
        if isinstance(event, yaml.AliasEvent):
            self.faults.add(here, f"the alias *{event.anchor} is not allowed; write out what it stands for")
        elif event.anchor:
            self.faults.add(here, f"the anchor &{event.anchor} is not allowed")
        if getattr(event, "tag", None):
            self.faults.add(here, "a tag (!) is not allowed; a field's type is given by the model")

    def _mapping(self, done: _Open) -> MappingNode:
        entries: dict[str, Entry] = {}
        for key, value in zip(done.children[::2], done.children[1::2], strict=True):
            if not isinstance(key, ScalarNode):
                self.faults.add(key, f"a key must be text, not {_kind(key)}")
            elif key.text in entries:
                first = entries[key.text].key
                self.faults.add(key, f"the key {key.text!r} stands here again; it stands first on line {first.line}")
            else:
                entries[key.text] = Entry(key, value)
        return MappingNode(self.source, done.line, done.column, entries)
