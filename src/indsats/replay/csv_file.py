"""Fact files as tables: CSV with a header line, one fact a record, as spreadsheets and case systems write it.

Two forms: columns apart by `;` with decimal comma, as a Danish Excel writes them, or by `,` with decimal point, as RFC
4180 has it. Quotes are as there in both.
"""

import re
from collections import deque
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from types import MappingProxyType
from typing import BinaryIO, Literal, NamedTuple, get_args

import msgspec

from indsats.domain.catalogue import FieldFault
from indsats.domain.model import FieldType, Model
from indsats.errors import FactsInvalid
from indsats.models.faults import Fault, shown
from indsats.replay.columns import Header, known_keys
from indsats.replay.entries import REPLAY, Into, Register
from indsats.replay.facts_file import FactsFile, Row, gather
from indsats.replay.lines import LONGEST_LINE, Line, lines_of

Separator = Literal[";", ","]
SEPARATORS: tuple[Separator, ...] = get_args(Separator)

BETWEEN_ITEMS = "|"
"""What stands between the items of a list in one cell."""

_NO_COLUMNS: Mapping[str, str] = MappingProxyType({})
_A_RECORD = ("a header line, then one fact a record",)
_QUOTES = ('a quoted cell, with "" for each quote in it',)
_QUOTED = re.compile('"([^"]*+(?:""[^"]*+)*+)"')
_SIGNS = str.maketrans(".,", ",.")


def read_csv(
    source: bytes | BinaryIO,
    name: str,
    model: Model,
    columns: Mapping[str, str] = _NO_COLUMNS,
    *,
    separator: Separator | None = None,
    directory: Path = Path(),
    municipality: str | None = None,
    into: Into = REPLAY,
    skip_refused: bool = False,
) -> FactsFile:
    """The entries of a CSV file in UTF-8; all but `columns` and `separator` is as for JSON Lines.

    `columns` maps headers to keys of a fact, or to "" for columns that are passed over; a header that is itself such a
    key needs no mapping. Without `separator` it is the one that stands in the header line outside quotes. An empty cell
    is absent; the items of a list are apart by `|`; days and instants are ISO 8601 in both forms.
    """
    register = Register(model, directory, municipality, into)
    return gather(_Table(source, name, columns, separator, register), register, skip_refused)


class _Torn(Exception):
    """A record that does not fall into cells: in which, and why; `is_open` if a quote may be closed on a later line."""

    def __init__(self, cell: int, what: str, is_open: bool = False) -> None:
        self.cell = cell
        self.what = what
        self.is_open = is_open


def split(record: str, separator: str) -> list[str]:
    """The cells of a record, which stands without its end; raises `_Torn`."""
    if '"' not in record and "\r" not in record:
        return record.split(separator)
    cells: list[str] = []
    at = 0
    while True:
        if quoted := _QUOTED.match(record, at):
            cells.append(quoted[1].replace('""', '"').replace("\r\n", "\n"))
            end = quoted.end()
        elif record.startswith('"', at):
            raise _Torn(len(cells), "a quote is opened and not closed as it should be", is_open=True)
        else:
            end = record.find(separator, at)
            end = len(record) if end < 0 else end
            cell = record[at:end]
            if '"' in cell:
                raise _Torn(len(cells), "a quote in a cell that does not begin with one")
            if "\r" in cell:
                raise _Torn(len(cells), "a carriage return that ends no line")
            cells.append(cell)
        if end == len(record):
            return cells
        if record[end] != separator:
            raise _Torn(len(cells) - 1, "text after the closing quote")
        at = end + 1


class _Record(NamedTuple):
    """The text of a record without its end, the line on which it begins, and what is wrong with its lines."""

    line: int
    text: str
    faults: list[Fault]


class _Table:
    """Joins lines into records and splits these into the cells of entries."""

    def __init__(
        self,
        source: bytes | BinaryIO,
        name: str,
        columns: Mapping[str, str],
        separator: Separator | None,
        register: Register,
    ) -> None:
        self.name = name
        self.allowed: tuple[str, ...] = _A_RECORD
        self._lines = lines_of(source, name, _A_RECORD)
        self._again: deque[Line] = deque()
        self._columns = columns
        self._separator: str = separator or ""
        self._catalogue = register.catalogue
        self._header = Header((), {}, ())

    def rows(self) -> Iterator[Row]:
        """One for every record below the header line that has something in a cell."""
        if first := self._next_said():
            self._read_header(first)
        while line := self._next_said():
            record, cells = self._cells(line)
            if record.faults:
                yield Row(record.line, record.text, None, record.faults)
            elif any(cells):
                yield self._row(record, cells)

    def fault(self, row: Row, fault: FieldFault) -> Fault:
        """At the record, with the header of the column beside the key."""
        what, allowed, meant = fault.text, fault.allowed, fault.meant
        if self._has_comma(self._type(row.raw or {}, fault.field)):
            what = what.translate(_SIGNS)
            allowed = tuple(each.translate(_SIGNS) for each in allowed)
            meant = meant and meant.translate(_SIGNS)
        return Fault(self.name, row.line, None, self._header.named(fault.field) + what, allowed, meant)

    def entry(self, row: Row) -> msgspec.Raw | None:
        """The cells that are not empty, by key."""
        return None if row.raw is None else msgspec.Raw(msgspec.json.encode(row.raw))

    def _next(self) -> Line | None:
        """The next line, blank ones too."""
        return self._again.popleft() if self._again else next(self._lines, None)

    def _next_said(self) -> Line | None:
        """The next line that is not blank."""
        while (line := self._next()) and line.is_blank:
            pass
        return line

    def _read_header(self, line: Line) -> None:
        """Find what the columns are; raises `FactsInvalid` if that cannot be told."""
        self._separator = self._separator or self._found(line)
        record, headers = self._cells(line)
        self._header = Header(headers, self._columns, known_keys(self._catalogue))
        if faults := record.faults or self._header.faults(self.name, line.number):
            raise FactsInvalid(*shown(faults))

    def _found(self, line: Line) -> Separator:
        """The separator that stands in the header line, outside quotes; one that is open may be closed below."""
        bare = re.sub('"[^"]*("|$)', "", line.text)
        found = [each for each in SEPARATORS if each in bare]
        if len(found) != 1:
            both = "both ; and ," if found else "neither ; nor ,"
            what = f"the header line holds {both} outside quotes, so that the separator is not known"
            allowed = ("one of them between columns", "or the separator named")
            raise FactsInvalid(Fault(self.name, line.number, None, what, allowed))
        return found[0]

    def _cells(self, line: Line) -> tuple[_Record, list[str]]:
        """The record that begins with a line, and its cells, none if it has faults."""
        record = _record([line])
        try:
            return record, split(record.text, self._separator)
        except _Torn as torn:
            if torn.is_open and (closed := self._closed(line)):
                return closed
            what = f"{self._header.column(torn.cell)}: {torn.what}"
            record.faults.append(Fault(self.name, line.number, None, what, _QUOTES))
            return record, []

    def _closed(self, first: Line) -> tuple[_Record, list[str]] | None:
        """The record that ends with the line on which the open quote is closed, and its cells.

        None if there is no such line, or none near, or the quotes are wrong; the lines below are read again then, so
        that one quote too many spoils one line and not all.
        """
        lines = [first]
        size = len(first.text)
        while size <= LONGEST_LINE and (line := self._next()):
            lines.append(line)
            size += len(line.text)
            if line.text.count('"') % 2:
                record = _record(lines)
                with suppress(_Torn):
                    return record, split(record.text, self._separator)
                break
        self._again.extendleft(reversed(lines[1:]))
        return None

    def _row(self, record: _Record, cells: list[str]) -> Row:
        keys = self._header.keys
        if len(cells) != len(keys):
            what = f"has {len(cells)} cells, the header line {len(keys)}"
            return Row(record.line, record.text, None, [Fault(self.name, record.line, None, what)])
        said = {key: cell for key, cell in zip(keys, cells, strict=True) if key and cell}
        raw = {key: self._value(cell, self._type(said, key)) for key, cell in said.items()}
        return Row(record.line, record.text, raw, plain=True)

    def _type(self, raw: Mapping[str, object], key: str) -> FieldType | None:
        """The type of a field of a fact; None for what is none."""
        kind = raw.get("fact")
        return next(iter(self._catalogue.types(kind).get(key, ())), None) if isinstance(kind, str) else None

    def _value(self, cell: str, type_: FieldType | None) -> str | list[str]:
        if type_ is None:
            return cell
        text = cell.translate(_SIGNS) if self._has_comma(type_) else cell
        return text.split(BETWEEN_ITEMS) if type_.is_list else text

    def _has_comma(self, type_: FieldType | None) -> bool:
        """Whether numbers of the type are written with decimal comma.

        Comma and point then change places, so that a point is refused like a comma elsewhere.
        """
        return self._separator == ";" and type_ is not None and type_.name == "decimal"


def _record(lines: list[Line]) -> _Record:
    text = "".join(line.text for line in lines)
    faults = [line.fault for line in lines if line.fault]
    return _Record(lines[0].number, text.removesuffix("\n").removesuffix("\r"), faults)
