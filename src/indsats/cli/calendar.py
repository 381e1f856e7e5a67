"""`indsats calendar`: a worker's due days as a file that calendars read."""

from pathlib import Path

import click

from indsats.cli.database import Access, database_options, opened_engine
from indsats.cli.labels import Labels
from indsats.cli.output import echo_json, json_option, lang_option
from indsats.exchange.calendar import Feed, write_calendar
from indsats.exchange.calendar import calendar as calendar_of
from indsats.replay.document import Json


@click.command
@database_options
@click.option("--worker", required=True, help="Whose due days.")
@click.option(
    "--out",
    metavar="FILE",
    required=True,
    type=click.Path(dir_okay=False, allow_dash=True, path_type=Path),
    help="The file to write or replace; - for standard output.",
)
@json_option
@lang_option
def calendar(access: Access, worker: str, out: Path, as_json: bool, lang: str) -> None:
    """Write what a worker has to follow up as a calendar file (iCalendar): one all-day entry for each due day.

    Write it again each hour or night to a place that calendars subscribe to: what is done is in the next file no more.
    The file names citizens by their ids; a new one can be read by its owner only.
    """
    to_standard_output = str(out) == "-"
    if to_standard_output and as_json:
        raise click.UsageError("--out - and --json both write to standard output.")
    with opened_engine(access) as engine:
        feed = calendar_of(engine, worker, actor=access.actor, lang=lang)
    if to_standard_output:
        click.echo(feed.data, nl=False)
        return
    write_calendar(feed, out)
    if as_json:
        echo_json(_document(feed, out))
        return
    labels = Labels(lang)
    for key, value in (("file", out), ("entries", len(feed.entries)), ("without_due_day", feed.without_due_day)):
        click.echo(f"{labels.word(key)}: {value}")


def _document(feed: Feed, out: Path) -> Json:
    return {
        "worker": feed.worker,
        "as_of": feed.as_of.isoformat(),
        "known_at": feed.known_at.isoformat(),
        "file": str(out),
        "entries": [
            {
                "uid": entry.uid,
                "citizen": entry.owed.citizen,
                "municipality": entry.owed.municipality,
                "rule": entry.owed.rule,
                "n": entry.owed.n,
                "due": entry.due.isoformat(),
                "status": entry.owed.status,
            }
            for entry in feed.entries
        ],
        "without_due_day": feed.without_due_day,
    }
