"""`indsats report`: what is written for those who lead."""

from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path

import click

from indsats.cli.database import Access, database_options, one_municipality, opened_engine
from indsats.cli.output import Point, counted, echo_json, json_option, lang_option
from indsats.cli.status_document import status_document
from indsats.errors import ValueInvalid
from indsats.models.words import Lang
from indsats.reports.html import html
from indsats.reports.markdown import markdown
from indsats.reports.page import Page
from indsats.reports.periods import ALLOWED, Period, parse_period
from indsats.reports.status import status as status_of
from indsats.reports.status_page import status_page
from indsats.reports.writing import require_free, write_report

_FORMATS: Mapping[str, Callable[[Page], str]] = {"markdown": markdown, "html": html}
_LANGUAGES: Mapping[str, Lang] = {"da": "da", "en": "en"}


class _PeriodType(click.ParamType[Period]):
    name = "period"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> Period:
        try:
            return parse_period(str(value))
        except ValueInvalid as fault:
            self.fail(str(fault), param, ctx)


@click.group()
def report() -> None:
    """Write reports on what is in a database."""


@report.command()
@database_options
@click.option("--period", type=_PeriodType(), required=True, help=f"One of {ALLOWED}.")
@click.option("--known-at", type=Point(), help="As far as registered by then; default: now.")
@click.option(
    "--last-known-at",
    type=Point(),
    help="From when the last report was seen; default: the end of the day before the period.",
)
@click.option(
    "--format",
    "form",
    type=click.Choice([*_FORMATS]),
    help="Default: html for a FILE that ends in .html, else markdown.",
)
@click.option(
    "--out",
    metavar="FILE",
    type=click.Path(dir_okay=False, allow_dash=True, path_type=Path),
    help="The file to write; default, and for -: standard output.",
)
@click.option("--force", is_flag=True, help="Replace the file if it is there.")
@click.option("--who", is_flag=True, help="Name the pathways that count otherwise than in the last report.")
@click.option("--suppress", is_flag=True, help="Leave out counts from 1 to 4, which could tell who it is.")
@json_option
@lang_option
def status(
    access: Access,
    period: Period,
    known_at: datetime | None,
    last_known_at: datetime | None,
    form: str | None,
    out: Path | None,
    force: bool,
    who: bool,
    suppress: bool,
    as_json: bool,
    lang: str,
) -> None:
    """Report on a period: key figures against targets, deadlines kept, what changed since the last report and why.

    A period that is not over is reported on as of today. --json prints the report as one document, and writes a FILE as
    well if one is named.
    """
    if who and suppress:
        raise click.UsageError("--who names everybody, --suppress nobody; allowed: one of the two")
    file = None if out is None or str(out) == "-" else out
    if as_json and out is not None and file is None:
        raise click.UsageError("--out - and --json both write to standard output.")
    if force and file is None:
        raise click.UsageError("--force needs --out FILE")
    if file is not None and not force:
        require_free(file)
    with opened_engine(access) as engine, counted("pathways") as advance:
        found = status_of(
            engine,
            period,
            actor=access.actor,
            known_at=known_at,
            last_known_at=last_known_at,
            municipality=one_municipality(engine),
            who=who,
            progress=advance,
        )
    if file is not None or not as_json:
        form = form or ("html" if file is not None and file.suffix == ".html" else "markdown")
        text = _FORMATS[form](status_page(found, _LANGUAGES[lang], suppress=suppress))
        if file is None:
            click.echo(text, nl=False)
        else:
            write_report(text, file, force=force, private=who)
    if as_json:
        echo_json(status_document(found, file, suppress=suppress))
