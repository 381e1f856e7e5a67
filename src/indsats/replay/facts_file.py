"""Fact files: JSON Lines, one entry a line, every fault of the file at once."""

import codecs
import io
import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import BinaryIO

import msgspec

from indsats.domain.catalogue import REPLAY_KEY, FieldFault
from indsats.domain.model import Model
from indsats.errors import FactsInvalid
from indsats.models.faults import Fault, shown
from indsats.replay.entries import AnyLine, Register

LONGEST_LINE = 1_000_000
"""Bytes of a line, its end included."""

MOST_KEYS = 200
"""Of an entry: more than any kind has fields."""

MOST_BLANK_LINES = 10_000
"""In a row; a file with more is no list of facts."""

_AN_OBJECT = ("one JSON object a line",)


class FactsFile(msgspec.Struct, frozen=True):
    """The entries of a file in its order, each id once; `repeated` counts those that stood there again.

    `models` are those that pathways move to, by the name that the file gives them.
    """

    entries: tuple[AnyLine, ...]
    repeated: int
    models: Mapping[str, Model]


def read_facts(
    source: bytes | BinaryIO,
    name: str,
    model: Model,
    *,
    directory: Path = Path(),
    municipality: str | None = None,
    key: bytes = REPLAY_KEY,
) -> FactsFile:
    """The entries of a file; `name` is shown in faults, `municipality` holds for entries that name none.

    Paths of models that entries move a pathway to are taken from `directory`.
    Raises `FactsInvalid` with the faults of all lines: nothing of a file with a fault is used.
    """
    lines = _Lines(name)
    register = Register(model, directory, municipality, key)
    for number, text in lines.of(io.BytesIO(source) if isinstance(source, bytes) else source):
        raw, faults = lines.object_in(number, text)
        if raw is not None:
            faults += register.add(raw, number, number)
        for fault in faults:
            lines.add(number, fault)
    entries, misplaced = register.close()
    for entry, fault in misplaced:
        lines.add(entry.line, fault)
    if not entries and not lines.faults:
        lines.faults.append(Fault(name, 1, None, "the file holds no facts", _AN_OBJECT))
    if lines.faults:
        raise FactsInvalid(*shown(sorted(lines.faults, key=lambda fault: fault.line)))
    return FactsFile(entries, register.repeated, register.models)


class _Lines:
    """Turns bytes into lines of text, and lines into objects; what cannot be turned is a fault."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.faults: list[Fault] = []
        self._twice: list[str] = []
        self._decoder = json.JSONDecoder(
            object_pairs_hook=self._object, parse_float=_number, parse_int=_number, parse_constant=Decimal
        )

    def add(self, line: int, fault: FieldFault) -> None:
        self.faults.append(Fault(self.name, line, None, fault.text, fault.allowed, fault.meant))

    def of(self, source: BinaryIO) -> Iterator[tuple[int, str]]:
        """The lines that are not blank, with their numbers from 1."""
        blank = 0
        number = 0
        while line := source.readline(LONGEST_LINE + 1):
            number += 1
            if number == 1:
                if line.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
                    self._fault(number, None, "the file is UTF-16", ("UTF-8",))
                    return
                line = line.removeprefix(codecs.BOM_UTF8)
            if len(line) > LONGEST_LINE:
                self._fault(number, None, f"the line is longer than {LONGEST_LINE:,} bytes", _AN_OBJECT)
                while line and not line.endswith(b"\n"):
                    line = source.readline(LONGEST_LINE)
            elif not line.strip():
                blank += 1
                if blank > MOST_BLANK_LINES:
                    self._fault(number, None, f"more than {MOST_BLANK_LINES:,} blank lines in a row", _AN_OBJECT)
                    return
            else:
                blank = 0
                if (text := self._decoded(number, line)) is not None:
                    yield number, text

    def object_in(self, number: int, text: str) -> tuple[dict[str, object] | None, list[FieldFault]]:
        """The object of a line, None if there is none; and a fault for every key that stands twice in it."""
        self._twice.clear()
        try:
            raw = self._decoder.decode(text)
        except json.JSONDecodeError as fault:
            self._fault(number, fault.colno, _explained(fault), _AN_OBJECT)
            return None, []
        except RecursionError:
            self._fault(number, None, "nested too deeply", _AN_OBJECT)
            return None, []
        if not isinstance(raw, dict):
            self._fault(number, None, "is no JSON object", _AN_OBJECT)
            return None, []
        if len(raw) > MOST_KEYS:
            self._fault(number, None, f"has {len(raw):,} keys", (f"at most {MOST_KEYS}",))
            return None, []
        return raw, [FieldFault(key, "stands twice in the line", ("each key once",)) for key in self._twice]

    def _decoded(self, number: int, line: bytes) -> str | None:
        try:
            text = line.decode()
        except UnicodeDecodeError as fault:
            column = len(line[: fault.start].decode()) + 1
            self._fault(number, column, f"byte 0x{line[fault.start]:02x} is not UTF-8; save the file as UTF-8")
            return None
        if "\0" in text:
            self._fault(number, text.index("\0") + 1, "holds a NUL byte")
            return None
        return text

    def _object(self, pairs: list[tuple[str, object]]) -> dict[str, object]:
        found = dict(pairs)
        if len(found) < len(pairs):
            times = Counter(key for key, _ in pairs)
            self._twice += [key for key in found if times[key] > 1]
        return found

    def _fault(self, line: int, column: int | None, what: str, allowed: tuple[str, ...] = ()) -> None:
        self.faults.append(Fault(self.name, line, column, what, allowed))


def _number(text: str) -> int | Decimal:
    """A number as it is written; one beyond all bounds becomes infinite, and no field allows that."""
    if len(text) < 16 and text.lstrip("-").isdigit():
        return int(text)
    try:
        return Decimal(text)
    except InvalidOperation:
        return Decimal("Infinity")


def _explained(fault: json.JSONDecodeError) -> str:
    # The parser's words for the place are left out: the fault has the place.
    reason = re.sub(r"( starting)? at$", "", fault.msg)
    what = f"this is not JSON: {reason[0].lower()}{reason[1:]}"
    if not fault.doc.endswith("\n") and not fault.doc.rstrip().endswith("}"):
        return f"the last line is cut off; {what}"
    return what
