"""Fact files: entries gathered from the lines of any form of file, and JSON Lines, one entry a line."""

import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import BinaryIO, NamedTuple, Protocol

import msgspec

from indsats.domain.catalogue import FieldFault
from indsats.domain.model import Model
from indsats.errors import FactsInvalid
from indsats.models.faults import Fault, shown
from indsats.replay.entries import REPLAY, AnyLine, Into, Register
from indsats.replay.lines import lines_of

MOST_KEYS = 200
"""Of an entry: more than any kind has fields."""

REFUSAL_KEYS = ("file", "line", "reasons", "text", "entry")
"""The keys of a refused line as it is written down, and read again once its `entry` is corrected."""

_REFUSAL = frozenset(REFUSAL_KEYS)
_AN_OBJECT = ("one JSON object a line",)


class Refusal(NamedTuple):
    """A line that is not used: its number from 1, why, and its text without the end.

    `entry` is what it says, as JSON, if it can be read so far.
    """

    file: str
    line: int
    faults: tuple[Fault, ...]
    text: str
    entry: msgspec.Raw | None


class FactsFile(msgspec.Struct, frozen=True):
    """The entries of a file in its order, each id once; `repeated` counts those that stood there again.

    `models` are those that pathways move to, by the name that the file gives them; `refused` are the lines that are
    left out. `lines` are the others by number, where a database may refuse some of them later and is to leave them out.
    """

    entries: tuple[AnyLine, ...]
    repeated: int
    models: Mapping[str, Model]
    refused: tuple[Refusal, ...] = ()
    lines: Mapping[int, Refusal] = {}


class Row(NamedTuple):
    """What a reader makes of a line: its text, the entry in it if there is one, and the faults found on the way.

    Of a `plain` entry the values are text whatever their type.
    """

    line: int
    text: str
    raw: Mapping[str, object] | None
    faults: Sequence[Fault] = ()
    plain: bool = False


class Reader(Protocol):
    """A form of fact file."""

    name: str
    allowed: tuple[str, ...]
    """What the file should hold."""

    def rows(self) -> Iterator[Row]:
        """The rows that are not blank; raises `FactsInvalid` where the rest of the file is of no use."""
        ...

    def fault(self, row: Row, fault: FieldFault) -> Fault:
        """What is wrong with a field, at its place in the file."""
        ...

    def entry(self, row: Row) -> msgspec.Raw | None:
        """What a row says, as JSON; None if it does not say one thing."""
        ...


def read_facts(
    source: bytes | BinaryIO,
    name: str,
    model: Model,
    *,
    directory: Path = Path(),
    municipality: str | None = None,
    into: Into = REPLAY,
    skip_refused: bool = False,
) -> FactsFile:
    """The entries of a file of JSON Lines; `name` is shown in faults, `municipality` holds for entries that name none.

    Paths of models that entries move a pathway to are taken from `directory`. A line as it is written for a refusal
    stands for its `entry`. Raises `FactsInvalid` with the faults of all lines: nothing of a file with a fault is used,
    unless with `skip_refused` the lines that have one are left out.
    """
    return gather(_JsonLines(source, name), Register(model, directory, municipality, into), skip_refused)


def gather(reader: Reader, register: Register, skip_refused: bool) -> FactsFile:
    """What the rows of a file come to; raises `FactsInvalid` with every fault.

    With `skip_refused` a row with a fault is left out, and so is every other that names a fact of such a row.
    """
    refused: list[tuple[Row, list[Fault]]] = []
    naming: dict[int, Row] = {}
    lines: dict[int, Refusal] = {}
    ended_by: tuple[object, ...] = ()
    try:
        for row in reader.rows():
            faults = list(row.faults)
            if row.raw is not None:
                found = register.add(row.raw, row.line, row.line, plain=row.plain, keep=not faults)
                faults += [reader.fault(row, fault) for fault in found]
                if row.raw.get("of") is not None:
                    naming[row.line] = row
            if faults:
                refused.append((row, faults))
            elif skip_refused and register.into.is_database:
                lines[row.line] = Refusal(reader.name, row.line, (), row.text, reader.entry(row))
    except FactsInvalid as stop:
        ended_by = stop.faults
    entries, misplaced = register.close(skipping=skip_refused)
    placed = ((naming[entry.line], fault) for entry, fault in misplaced)
    refused += [(row, [reader.fault(row, fault)]) for row, fault in placed]
    refused.sort(key=lambda each: each[0].line)
    if ended_by or (refused and not skip_refused):
        raise FactsInvalid(*shown([fault for _, faults in refused for fault in faults]), *ended_by)
    if not entries and not refused:
        raise FactsInvalid(Fault(reader.name, 1, None, "the file holds no facts", reader.allowed))
    refusals = [Refusal(reader.name, row.line, tuple(faults), row.text, reader.entry(row)) for row, faults in refused]
    return FactsFile(entries, register.repeated, register.models, tuple(refusals), lines)


class _JsonLines:
    """Turns lines into objects; what cannot be turned is a fault."""

    def __init__(self, source: bytes | BinaryIO, name: str) -> None:
        self.name = name
        self.allowed: tuple[str, ...] = _AN_OBJECT
        self._lines = lines_of(source, name, _AN_OBJECT)
        self._twice: list[str] = []
        self._decoder = json.JSONDecoder(
            object_pairs_hook=self._object, parse_float=_number, parse_int=_number, parse_constant=Decimal
        )

    def rows(self) -> Iterator[Row]:
        """One for every line that is not blank."""
        for number, text, is_blank, fault in self._lines:
            if fault is not None:
                yield Row(number, text.rstrip("\r\n"), None, [fault])
            elif not is_blank:
                yield self._row(number, text)

    def fault(self, row: Row, fault: FieldFault) -> Fault:
        """At the line."""
        return Fault(self.name, row.line, None, fault.text, fault.allowed, fault.meant)

    def entry(self, row: Row) -> msgspec.Raw | None:
        """As it is written; None for a line with faults of its own, and where it is JSON by Python's lights only."""
        if row.raw is None or row.faults:
            return None
        try:
            if row.plain:
                return msgspec.json.decode(row.text, type=dict[str, msgspec.Raw])["entry"]
            return msgspec.json.decode(row.text, type=msgspec.Raw)
        except msgspec.DecodeError:
            return None

    def _row(self, number: int, text: str) -> Row:
        self._twice.clear()
        body = text.rstrip("\r\n")
        try:
            raw = self._decoder.decode(text)
        except json.JSONDecodeError as fault:
            return Row(number, body, None, [Fault(self.name, number, fault.colno, _explained(fault), _AN_OBJECT)])
        except RecursionError:
            return self._refused(number, body, "nested too deeply", _AN_OBJECT)
        is_refusal = isinstance(raw, dict) and raw.keys() == _REFUSAL
        if is_refusal and not isinstance(raw := raw["entry"], dict):
            return self._refused(number, body, "entry: is no entry", ("the line corrected, as one JSON object",))
        if not isinstance(raw, dict):
            return self._refused(number, body, "is no JSON object", _AN_OBJECT)
        if len(raw) > MOST_KEYS:
            return self._refused(number, body, f"has {len(raw):,} keys", (f"at most {MOST_KEYS}",))
        row = Row(number, body, raw, plain=is_refusal)
        twice = (FieldFault(key, "stands twice in the line", ("each key once",)) for key in self._twice)
        return row._replace(faults=[self.fault(row, fault) for fault in twice])

    def _refused(self, number: int, body: str, what: str, allowed: tuple[str, ...]) -> Row:
        return Row(number, body, None, [Fault(self.name, number, None, what, allowed)])

    def _object(self, pairs: list[tuple[str, object]]) -> dict[str, object]:
        found = dict(pairs)
        if len(found) < len(pairs):
            times = Counter(key for key, _ in pairs)
            self._twice += [key for key in found if times[key] > 1]
        return found


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
