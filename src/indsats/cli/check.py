"""`indsats check`: what a file of facts would do, without recording anything."""

from collections.abc import Sequence
from pathlib import Path

import click

from indsats.cli.labels import Labels
from indsats.cli.output import echo_json, json_option, lang_option
from indsats.cli.reading import Reading, reading_options
from indsats.domain.events import DeadlineBreached
from indsats.replay.document import Json, verdict_document
from indsats.replay.outcome import Outcome, play
from indsats.replay.refused import write_refused


@click.command
@reading_options
@click.option(
    "--skip-refused",
    "refused_to",
    metavar="FILE",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Leave out the lines of fact files that have faults, and write them here with their reasons.",
)
@json_option
@lang_option
def check(reading: Reading, refused_to: Path | None, as_json: bool, lang: str) -> None:
    """Read files as recording would, and say what would come of them; nothing is recorded.

    FILES are scenarios (YAML) and fact files (.jsonl, .csv); `-` reads JSON Lines from standard input.
    """
    if refused_to and any(
        refused_to.exists() and file.exists() and refused_to.samefile(file) for file in reading.files
    ):
        raise click.UsageError(f"--skip-refused {refused_to} would overwrite a file that is read.")
    sources = reading.sources(skip_refused=refused_to is not None)
    if refused_to:
        write_refused(refused_to, [refusal for source in sources for refusal in source.refused])
    outcomes = [play(source) for source in sources]
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
        "refused": sum(len(outcome.source.refused) for outcome in outcomes),
        "irregular": [
            view.derivation.timeline.facts[index].id for view in views for index in view.derivation.timeline.irregular
        ],
        "breaches": [document for document, breach in zip(found, breached, strict=True) if breach],
        "withdrawals": [document for document, breach in zip(found, breached, strict=True) if not breach],
    }
