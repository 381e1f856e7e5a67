"""`indsats sweep`: look for deadlines that have passed, once."""

import sys
from datetime import date

import click

from indsats.cli.database import Access, database_options, opened_engine
from indsats.cli.documents import swept_document
from indsats.cli.labels import Labels
from indsats.cli.output import FAILED_EXPECTATION, Day, echo_json, json_option, lang_option
from indsats.domain.calendar import local_day


@click.command
@database_options
@click.option("--as-of", type=Day(), help="Up to this day; default: today.")
@json_option
@lang_option
def sweep(access: Access, as_of: date | None, as_json: bool, lang: str) -> None:
    """Look at every pathway whose next change has come, and record the breaches and withdrawals that this finds.

    Exit code 1 if a pathway failed and was set aside, to be tried again later.
    """
    with opened_engine(access) as engine:
        day = as_of or local_day(engine.clock.now())
        swept = engine.sweep(day, actor=access.actor)
    document = swept_document(day.isoformat(), swept)
    if as_json:
        echo_json(document)
    else:
        labels = Labels(lang)
        for key, value in document.items():
            click.echo(f"{labels.word(key)}: {value}")
    if swept.set_aside:
        sys.exit(FAILED_EXPECTATION)
