"""`indsats check`: what a file of facts would do, without recording anything."""

from collections.abc import Sequence

import click

from indsats.cli.database import Access, opened_engine, optional_database
from indsats.cli.filing import Filing
from indsats.cli.output import json_option, lang_option, progress_bar
from indsats.cli.reading import Files, Reading, reading_options, skip_option
from indsats.cli.record import echo_recorded
from indsats.domain.events import DeadlineBreached
from indsats.engine.arrivals import Arrival
from indsats.engine.results import Recorded
from indsats.replay.document import Json, verdict_document
from indsats.replay.outcome import Outcome, play


@click.command
@optional_database
@reading_options
@skip_option
@json_option
@lang_option
def check(access: Access | None, files: Files, reading: Reading, as_json: bool, lang: str) -> None:
    """Read files as recording would, and say what would come of them; nothing is recorded.

    FILES are scenarios (YAML) and fact files (.jsonl, .csv); `-` reads JSON Lines from standard input. With --db it is
    tried what an import into that database would do; without, they are played as they would have been recorded.
    """
    document = _played(files, reading) if access is None else _tried(access, files, reading)
    echo_recorded(document, as_json, lang)


def _played(files: Files, reading: Reading) -> Json:
    sources = reading.sources(files)
    files.set_aside([refusal for source in sources for refusal in source.refused])
    return _document([play(source) for source in sources])


def _tried(access: Access, files: Files, reading: Reading) -> Json:
    if reading.until:
        raise click.UsageError("--until says nothing here: a database is looked at as of today.")
    municipalities = [reading.municipality] if reading.municipality else []
    access = access._replace(model=reading.reference, municipalities=municipalities)
    with opened_engine(access, opens_pathways=True) as engine:
        filing = Filing(engine, files)
        with progress_bar("check", len(filing.entries)) as advance:

            def take(arrivals: Sequence[Arrival], skip_refused: bool) -> Recorded:
                return engine.import_(
                    arrivals, actor=access.actor, skip_refused=skip_refused, dry_run=True, progress=advance
                )

            return filing.hand_over(take)


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
