"""YAML and JSON files read into trees of plain text with positions."""

import re
from pathlib import Path
from typing import NamedTuple

import yaml

from indsats.errors import InputInvalid
from indsats.models.faults import (
    UNPRINTABLE,
    Entry,
    Fault,
    Faults,
    MappingNode,
    Node,
    ScalarNode,
    SequenceNode,
    Source,
    kind_of,
)

MOST_BYTES = 16 * 1024 * 1024
MOST_NESTED = 50

_BREAKS = re.compile("\r\n|[\r\n\x85\u2028\u2029]")
_HINTS = {
    "found character that cannot start any token": "text that begins with @, `, % or a tab needs quotes",
    "mapping values are not allowed in this context": "text that holds ': ' needs quotes",
    "found invalid Unicode character escape code": "write the character itself",
}


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
        faults.add(at, _explained(fault, source.lines[at.line - 1], at.column))
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
    if control := UNPRINTABLE.search(text):
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
    """Where the parser stopped; at the end of the file the end of the last line that says something."""
    mark = fault.problem_mark
    line, column = (0, 0) if mark is None else (mark.line, mark.column)
    last = max(number for number, text in enumerate(source.lines) if text.strip())
    return Node(source, line + 1, column + 1) if line <= last else Node(source, last + 1, len(source.lines[last]) + 1)


def _explained(fault: yaml.MarkedYAMLError, line: str, column: int) -> str:
    if line[column - 1 : column] == "\t":
        return "a tab; indent with spaces"
    problem = fault.problem or "not readable"
    context = f" {fault.context}" if fault.context else ""
    hint = f" ({_HINTS[problem]})" if problem in _HINTS else ""
    if "]?" in line:
        hint = ' (an optional enumeration needs quotes: "[a, b]?")'
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
                self.faults.add(key, f"a key must be text, not {kind_of(key)}")
            elif key.text in entries:
                first = entries[key.text].key
                self.faults.add(key, f"the key {key.text!r} stands here again; it stands first on line {first.line}")
            else:
                entries[key.text] = Entry(key, value)
        return MappingNode(self.source, done.line, done.column, entries)
