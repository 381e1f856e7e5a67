"""The lines of a file of facts: bytes become text, and what cannot become text is a fault with file and line."""

import codecs
import io
from collections.abc import Iterator
from typing import BinaryIO, NamedTuple

from indsats.errors import FactsInvalid
from indsats.models.faults import Fault

LONGEST_LINE = 1_000_000
"""Bytes of a line, its end included."""

MOST_BLANK_LINES = 10_000
"""In a row; a file with more is no list of facts."""


class Line(NamedTuple):
    """A line with its number from 1 and its end, and what is wrong with it.

    Bytes that are not UTF-8 are replaced in the text; of a line that is too long the text is the beginning.
    """

    number: int
    text: str
    is_blank: bool = False
    fault: Fault | None = None


def lines_of(source: bytes | BinaryIO, name: str, allowed: tuple[str, ...]) -> Iterator[Line]:
    """Every line of a file in UTF-8, with or without byte order mark; `allowed` says what a line should be.

    Raises `FactsInvalid` where the rest of the file is of no use: UTF-16, or blank lines without end.
    """
    file = io.BytesIO(source) if isinstance(source, bytes) else source
    blank = 0
    number = 0
    while data := file.readline(LONGEST_LINE + 1):
        number += 1
        if number == 1:
            if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
                raise FactsInvalid(Fault(name, number, None, "the file is UTF-16", ("UTF-8",)))
            data = data.removeprefix(codecs.BOM_UTF8)
        if len(data) > LONGEST_LINE:
            what = f"the line is longer than {LONGEST_LINE:,} bytes"
            yield Line(number, data.decode(errors="replace"), fault=Fault(name, number, None, what, allowed))
            while data and not data.endswith(b"\n"):
                data = file.readline(LONGEST_LINE)
            continue
        is_blank = not data.strip()
        blank = blank + 1 if is_blank else 0
        if blank > MOST_BLANK_LINES:
            what = f"more than {MOST_BLANK_LINES:,} blank lines in a row"
            raise FactsInvalid(Fault(name, number, None, what, allowed))
        yield _decoded(name, number, data, is_blank)


def _decoded(name: str, number: int, data: bytes, is_blank: bool) -> Line:
    try:
        text = data.decode()
    except UnicodeDecodeError as error:
        column = len(data[: error.start].decode()) + 1
        what = f"byte 0x{data[error.start]:02x} is not UTF-8; save the file as UTF-8"
        return Line(number, data.decode(errors="replace"), fault=Fault(name, number, column, what))
    if "\0" in text:
        return Line(number, text, fault=Fault(name, number, text.index("\0") + 1, "holds a NUL byte"))
    return Line(number, text, is_blank)
