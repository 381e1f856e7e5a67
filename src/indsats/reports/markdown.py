"""A page as Markdown with plain pipe tables."""

import re
from collections.abc import Iterator

from indsats.reports.page import Cell, Named, Page, Table

_SPECIAL = re.compile(r"([\\`*_\[\]<>|~&#])")


def markdown(page: Page) -> str:
    """The page as text; nothing in it is read as markup but what the page itself says."""
    return "\n".join(_lines(page))


def _lines(page: Page) -> Iterator[str]:
    yield f"# {_escaped(page.heading)}"
    yield ""
    for word, value in page.about:
        yield f"- {_escaped(word)}: {_escaped(value)}"
    for section in page.sections:
        yield ""
        yield f"## {_escaped(section.heading)}"
        for sentence in section.sentences:
            yield ""
            yield _escaped(sentence)
        for table in section.tables:
            yield ""
            yield from _table(table)
    yield ""


def _table(table: Table) -> Iterator[str]:
    yield f"{_escaped(table.caption)}:"
    yield ""
    yield _row([_escaped(heading) for heading in table.headings])
    yield _row(["---" if place < table.text else "---:" for place in range(len(table.headings))])
    for row in table.rows:
        yield _row([_cell(cell) for cell in row])


def _row(cells: list[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _cell(cell: Cell) -> str:
    return f"{_escaped(cell.title)} `{cell.id}`".lstrip() if isinstance(cell, Named) else _escaped(cell)


def _escaped(text: str) -> str:
    return _SPECIAL.sub(r"\\\1", " ".join(text.split()))
