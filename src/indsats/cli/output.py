"""What the commands share: options, exit codes, tables for people, one JSON document for scripts."""

import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date, datetime
from typing import Any, TypeVar

import click
import msgspec

from indsats.domain.calendar import end_of
from indsats.domain.fields import instant_of
from indsats.domain.values import parse_day
from indsats.errors import ValueInvalid

FAILED_EXPECTATION = 1
FAILED_INPUT = 2
REFUSED = 3

_LONG_WORK = 5_000
"""From so many steps on progress is told in lines, too."""

Command = TypeVar("Command", bound=Callable[..., Any])


class Day(click.ParamType[date]):
    """A day such as 2017-01-02."""

    name = "day"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> date:
        """The day, or a usage error."""
        if isinstance(value, date):
            return value
        try:
            return parse_day(str(value))
        except ValueInvalid as fault:
            self.fail(str(fault), param, ctx)


class Point(click.ParamType[datetime]):
    """An instant with offset, or a day, which stands for its last instant in Copenhagen."""

    name = "instant"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> datetime:
        """The UTC instant, or a usage error."""
        if isinstance(value, datetime):
            return value
        try:
            return end_of(parse_day(str(value))) if len(str(value)) == 10 else instant_of(value)
        except ValueError as fault:
            self.fail(str(fault), param, ctx)


def json_option(command: Command) -> Command:
    """`--json`: one document on standard output, and nothing else there."""
    return click.option("--json", "as_json", is_flag=True, help="One JSON document on standard output.")(command)


def lang_option(command: Command) -> Command:
    """`--lang`: the language of the texts for people."""
    return click.option(
        "--lang",
        type=click.Choice(["da", "en"]),
        default="en",
        envvar="INDSATS_LANG",
        show_default=True,
        help="Language of texts for people.",
    )(command)


def point_options(command: Command) -> Command:
    """`--as-of` and `--known-at`: the two points from which a database is looked at."""
    command = click.option("--known-at", type=Point(), help="As far as registered by then; default: now.")(command)
    return click.option("--as-of", type=Day(), help="What had happened by this day; default: that of --known-at.")(
        command
    )


def echo_json(document: Mapping[str, object]) -> None:
    """Print one document: UTF-8, keys in the order of the contract."""
    click.echo(msgspec.json.format(msgspec.json.encode(document), indent=1))


@contextmanager
def progress_bar(label: str, length: int) -> Iterator[Callable[[int], None]]:
    """A bar on standard error that the given function moves on; where that is no terminal, a line for each tenth."""
    if sys.stderr.isatty():
        with click.progressbar(length=length, label=label, file=sys.stderr) as bar:
            yield bar.update
        return
    done = 0

    def advance(steps: int) -> None:
        nonlocal done
        before, done = done, done + steps
        if length >= _LONG_WORK and done * 10 // length > before * 10 // length:
            click.echo(f"{label}: {done * 100 // length} %", err=True)

    yield advance


@contextmanager
def counted(what: str) -> Iterator[Callable[[int], None]]:
    """A line on standard error for each so many steps of work whose length is not known before."""
    done = 0

    def advance(steps: int) -> None:
        nonlocal done
        before, done = done, done + steps
        if done // _LONG_WORK > before // _LONG_WORK:
            click.echo(f"{done:,} {what}", err=True)

    yield advance


def table(headings: Sequence[str], rows: Iterable[Sequence[str | None]]) -> str:
    """Lines of columns, each as wide as its widest cell; what is missing is a dash."""
    cells = [[cell or "-" for cell in row] for row in rows]
    widths = [max(map(len, column)) for column in zip(headings, *cells, strict=True)]
    rule = ["-" * width for width in widths]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in [list(headings), rule, *cells]
    )
