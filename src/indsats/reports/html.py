"""A page as one HTML file that needs no other: nothing in it is fetched, nothing in it runs."""

import re
from collections.abc import Iterator
from html import escape

from indsats.reports.page import Cell, Named, Page, Table

_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")

_STYLE = """\
:root { color-scheme: light }
body { margin: 2rem auto; max-width: 75rem; padding: 0 1rem; font: 1rem/1.5 system-ui, sans-serif;
  color: #1a1a1a; background: #fff }
h1 { font-size: 1.75rem } h2 { font-size: 1.35rem; margin-top: 2.5rem }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .25rem 1.5rem }
dt { font-weight: 600 } dd { margin: 0; overflow-wrap: anywhere }
.scroll { overflow-x: auto; margin: 1.5rem 0 }
table { border-collapse: collapse; width: 100% }
caption { text-align: left; font-weight: 600; padding: .5rem 0 }
th, td { border-bottom: 1px solid #767676; padding: .35rem .75rem .35rem 0; text-align: left; vertical-align: top }
thead th { border-bottom: 2px solid #1a1a1a } tbody th { font-weight: 400 }
.number { text-align: right; font-variant-numeric: tabular-nums }
code { font-size: .85em; color: #4a4a4a; overflow-wrap: anywhere }
@page { size: A4 landscape; margin: 15mm }
@media print {
  body { margin: 0; max-width: none; padding: 0; font-size: 9pt }
  .scroll { overflow: visible } h2, caption { break-after: avoid } thead { display: table-header-group }
  tr { break-inside: avoid }
}"""


def html(page: Page) -> str:
    """The page as a document; whatever the page says is text in it."""
    return "\n".join(_lines(page))


def _lines(page: Page) -> Iterator[str]:
    yield "<!DOCTYPE html>"
    yield f'<html lang="{page.lang}">'
    yield "<head>"
    yield '<meta charset="utf-8">'
    yield """<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">"""
    yield '<meta name="viewport" content="width=device-width, initial-scale=1">'
    yield f"<title>{_escaped(page.heading)}</title>"
    yield f"<style>\n{_STYLE}\n</style>"
    yield "</head>"
    yield "<body>"
    yield "<main>"
    yield f"<h1>{_escaped(page.heading)}</h1>"
    yield "<dl>"
    for word, value in page.about:
        yield f"<dt>{_escaped(word)}</dt><dd>{_escaped(value)}</dd>"
    yield "</dl>"
    for place, section in enumerate(page.sections, 1):
        yield f'<section aria-labelledby="section-{place}">'
        yield f'<h2 id="section-{place}">{_escaped(section.heading)}</h2>'
        for sentence in section.sentences:
            yield f"<p>{_escaped(sentence)}</p>"
        for table in section.tables:
            yield from _table(table)
        yield "</section>"
    yield "</main>"
    yield "</body>"
    yield "</html>"
    yield ""


def _table(table: Table) -> Iterator[str]:
    # What can be scrolled must be reached by the keyboard, too, and then has a name.
    yield f'<div class="scroll" role="region" tabindex="0" aria-label="{_escaped(table.caption)}">'
    yield "<table>"
    yield f"<caption>{_escaped(table.caption)}</caption>"
    yield "<thead><tr>"
    for place, heading in enumerate(table.headings):
        yield f'<th scope="col"{_kind(table, place)}>{_escaped(heading)}</th>'
    yield "</tr></thead>"
    yield "<tbody>"
    for first, *others in table.rows:
        cells = "".join(f"<td{_kind(table, place)}>{_cell(cell)}</td>" for place, cell in enumerate(others, 1))
        yield f'<tr><th scope="row">{_cell(first)}</th>{cells}</tr>'
    yield "</tbody>"
    yield "</table>"
    yield "</div>"


def _kind(table: Table, place: int) -> str:
    return "" if place < table.text else ' class="number"'


def _cell(cell: Cell) -> str:
    if isinstance(cell, Named):
        return f"{_escaped(cell.title)} <code>{_escaped(cell.id)}</code>".lstrip()
    return _escaped(cell)


def _escaped(text: str) -> str:
    return escape(_CONTROL.sub("\N{REPLACEMENT CHARACTER}", text))
