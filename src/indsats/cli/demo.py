"""`indsats demo`: every shipped scenario replayed, with what was found."""

import sys
from importlib.resources import files
from pathlib import Path

import click

from indsats.cli.labels import Labels
from indsats.cli.output import FAILED_EXPECTATION, echo_json, json_option, lang_option, table
from indsats.replay.outcome import Outcome, play
from indsats.replay.source import read_source


def scenario_directory() -> Path:
    """Where the scenarios lie: in the installed package, or at the top of a checkout."""
    installed = Path(str(files("indsats"))) / "scenarios"
    return installed if installed.is_dir() else Path(__file__).parents[3] / "scenarios"


@click.command
@json_option
@lang_option
def demo(as_json: bool, lang: str) -> None:
    """Replay every shipped scenario and show what was found."""
    root = scenario_directory()
    paths = sorted(path for path in root.rglob("*.yaml") if path.relative_to(root).parts[0] != "models")
    outcomes = {path.relative_to(root): play(read_source(path)) for path in paths}
    failed = [failure for outcome in outcomes.values() for failure in outcome.failed]
    if as_json:
        echo_json({"files": [outcome.document() for outcome in outcomes.values()]})
    else:
        labels = Labels(lang)
        headings = ("file", "facts", "pathways", "days_swept", "breaches_found", "withdrawn", "expectations")
        rows = [_row(path, outcome) for path, outcome in outcomes.items()]
        click.echo(table([labels.word(heading) for heading in headings], rows))
        checked = sum(len(outcome.source.expect) for outcome in outcomes.values())
        click.echo(
            f"\n{len(outcomes)} {labels.word('scenarios')}; "
            f"{labels.word('expectations')}: {checked - len(failed)} {labels.word('of')} {checked}"
        )
    for failure in failed:
        click.echo(failure, err=True)
    if failed:
        sys.exit(FAILED_EXPECTATION)


def _row(path: Path, outcome: Outcome) -> list[str | None]:
    checked = len(outcome.source.expect)
    return [
        str(path.with_suffix("")),
        str(len(outcome.source.entries)),
        str(len(outcome.views)),
        str(outcome.run.days),
        str(outcome.breaches),
        str(outcome.withdrawals),
        f"{checked - len(outcome.failed)}/{checked}",
    ]
