"""A page as data, so that each format says the same: facts in short, then sections of sentences and tables."""

from collections.abc import Sequence
from typing import NamedTuple

from indsats.models.words import Lang


class Named(NamedTuple):
    """What people call something, if they have a word for it, and the id under which commands know it."""

    title: str
    id: str


Cell = str | Named
"""What stands in one place of a table; empty where there is nothing."""


class Table(NamedTuple):
    """Rows under headings; the first cell of a row says what the row is about, `text` is how many columns are text.

    The other columns, to the right of these, hold counts and shares.
    """

    caption: str
    headings: Sequence[str]
    rows: Sequence[Sequence[Cell]]
    text: int = 1


class Section(NamedTuple):
    """A part of a page under its heading."""

    heading: str
    sentences: Sequence[str] = ()
    tables: Sequence[Table] = ()


class Page(NamedTuple):
    """A page in one language: its heading, what it is about in pairs of word and value, its sections."""

    lang: Lang
    heading: str
    about: Sequence[tuple[str, str]]
    sections: Sequence[Section]
