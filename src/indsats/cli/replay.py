"""`indsats replay`: scenarios and fact files, played as live recording would have been."""

import sys
from collections import Counter
from collections.abc import Sequence
from datetime import date, datetime
from pathlib import Path

import click

from indsats.cli.cells import KPI, OBLIGATION, kpi_cells, obligation_cells
from indsats.cli.labels import Labels
from indsats.cli.output import FAILED_EXPECTATION, Day, Point, echo_json, json_option, lang_option, progress_bar, table
from indsats.cli.reading import Files, Reading, reading_options
from indsats.domain.obligations import Status
from indsats.projections.kpis import KpiResult
from indsats.replay.outcome import Outcome, play
from indsats.replay.source import Source

_MOST_PATHWAYS_LISTED = 12


@click.command(name="replay")
@reading_options
@click.option("--as-of", type=Day(), help="Look at what had happened by this day; default: the day of --known-at.")
@click.option("--known-at", type=Point(), help="Look at what was registered by then; default: the end of the run.")
@json_option
@lang_option
def replay_command(
    files: Files, reading: Reading, as_of: date | None, known_at: datetime | None, as_json: bool, lang: str
) -> None:
    """Replay scenarios (YAML) and fact files (.jsonl, .csv) and show what was owed, kept and breached.

    `-` reads JSON Lines from standard input. Exit code 1 if an expectation of a scenario does not hold.
    """
    outcomes = [_played(source, as_of, known_at) for source in reading.sources(files)]
    if as_json:
        echo_json({"files": [outcome.document() for outcome in outcomes]})
    else:
        labels = Labels(lang)
        for outcome in outcomes:
            click.echo(_report(outcome, labels))
    failed = [failure for outcome in outcomes for failure in outcome.failed]
    for failure in failed:
        click.echo(failure, err=True)
    if failed:
        sys.exit(FAILED_EXPECTATION)


def _played(source: Source, as_of: date | None, known_at: datetime | None) -> Outcome:
    with progress_bar(Path(source.file).name, len(source.entries)) as advance:
        return play(source, as_of, known_at, advance)


def _report(outcome: Outcome, labels: Labels) -> str:
    model = outcome.source.model
    file, title = outcome.source.file, outcome.source.title
    counts = {
        "facts": len(outcome.source.entries),
        "pathways": len(outcome.views),
        "days_swept": outcome.run.days,
        "breaches_found": outcome.breaches,
        "withdrawn": outcome.withdrawals,
    }
    lines = [
        f"{file}: {title}" if title else file,
        f"{labels.word('model')} {model.reference}, {labels.points(outcome.as_of, outcome.known_at)}",
        ", ".join(f"{count} {labels.word(word)}" for word, count in counts.items()),
        "",
    ]
    if len(outcome.views) <= _MOST_PATHWAYS_LISTED:
        lines += [_obligations(outcome, labels), ""]
    else:
        lines += [_by_rule(outcome, labels), ""]
    if outcome.kpis:
        lines += [_kpis(outcome.kpis, labels), ""]
    if outcome.source.expect:
        checked, failed = len(outcome.source.expect), len(outcome.failed)
        lines += [f"{labels.word('expectations')}: {checked - failed} {labels.word('of')} {checked}", ""]
    return "\n".join(lines)


def _obligations(outcome: Outcome, labels: Labels) -> str:
    return table(
        [labels.word(heading) for heading in ("citizen", *OBLIGATION)],
        [
            [view.citizen, *obligation_cells(owed, labels)]
            for view in outcome.views
            for owed in view.derivation.obligations
        ],
    )


def _by_rule(outcome: Outcome, labels: Labels) -> str:
    statuses: tuple[Status, ...] = ("met", "met_late", "breached", "open", "on_hold", "waived", "lapsed")
    counts = Counter((owed.rule, owed.status) for view in outcome.views for owed in view.derivation.obligations)
    rules = [rule.id for rule in outcome.source.model.rules]
    return table(
        [labels.word("rule"), *(labels.word(status) for status in statuses)],
        [[rule, *(str(counts[rule, status]) for status in statuses)] for rule in rules],
    )


def _kpis(kpis: Sequence[KpiResult], labels: Labels) -> str:
    return table([labels.word(heading) for heading in KPI], [kpi_cells(kpi, labels) for kpi in kpis])
