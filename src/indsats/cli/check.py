"""`indsats check`: what a file of facts would do, without recording anything."""

from collections.abc import Sequence
from datetime import date
from pathlib import Path

import click

from indsats.cli.labels import Labels
from indsats.cli.output import Day, echo_json, json_option, lang_option
from indsats.cli.replay import read_all
from indsats.domain.events import DeadlineBreached
from indsats.models.library import load
from indsats.replay.document import Json, verdict_document
from indsats.replay.outcome import Outcome, play


@click.command
@click.argument("files", nargs=-1, required=True, type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--model", "reference", help="A model's id, id@version, or file; needed for fact files.")
@click.option("--until", type=Day(), help="Sweep every day up to here, this day included.")
@click.option("--municipality", help="Four digits, for facts that name none.")
@json_option
@lang_option
def check(
    files: Sequence[Path],
    reference: str | None,
    until: date | None,
    municipality: str | None,
    as_json: bool,
    lang: str,
) -> None:
    """Read files as recording would, and say what would come of them; nothing is recorded."""
    outcomes = [play(source) for source in read_all(files, load(reference) if reference else None, until, municipality)]
    document = _document(outcomes)
    if as_json:
        echo_json(document)
        return
    labels = Labels(lang)
    for key, value in document.items():
        click.echo(f"{labels.word(key)}: {len(value) if isinstance(value, list) else value}")


def _document(outcomes: Sequence[Outcome]) -> Json:
    views = [view for outcome in outcomes for view in outcome.views]
    found = [{"citizen": view.citizen, **verdict_document(verdict)} for view in views for verdict in view.ledger]
    breached = [isinstance(verdict, DeadlineBreached) for view in views for verdict in view.ledger]
    return {
        "recorded": sum(len(outcome.source.entries) for outcome in outcomes),
        "repeated": sum(outcome.source.repeated for outcome in outcomes),
        "refused": 0,
        "irregular": [
            view.derivation.timeline.facts[index].id for view in views for index in view.derivation.timeline.irregular
        ],
        "breaches": [document for document, breach in zip(found, breached, strict=True) if breach],
        "withdrawals": [document for document, breach in zip(found, breached, strict=True) if not breach],
    }
