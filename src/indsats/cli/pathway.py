"""`indsats pathway`: one citizen, from two points of view."""

from datetime import date, datetime

import click

from indsats.cli.cells import OBLIGATION, obligation_cells
from indsats.cli.database import Access, database_options, one_municipality, opened_engine
from indsats.cli.labels import Labels
from indsats.cli.output import echo_json, json_option, lang_option, point_options, table
from indsats.domain.events import DeadlineBreached
from indsats.domain.phases import NONE
from indsats.engine.results import View
from indsats.replay.document import pathway_document

_LEDGER = ("found_on", "event", "rule", "anchor", "n", "due")


@click.command
@click.argument("citizen")
@database_options
@point_options
@json_option
@lang_option
def pathway(
    access: Access, citizen: str, as_of: date | None, known_at: datetime | None, as_json: bool, lang: str
) -> None:
    """Show the pathway of CITIZEN: its phase, what is owed, and what was found. That it was read is written down."""
    with opened_engine(access) as engine:
        seen_at = known_at or engine.clock.now()
        municipality = one_municipality(engine)
        view = engine.pathway(citizen, actor=access.actor, as_of=as_of, known_at=known_at, municipality=municipality)
    if as_json:
        echo_json(pathway_document(view))
    else:
        click.echo(_report(view, seen_at, Labels(lang)))


def _report(view: View, known_at: datetime, labels: Labels) -> str:
    timeline = view.derivation.timeline
    phase = "-" if timeline.phase == NONE else timeline.phase
    lines = [
        f"{view.citizen}: {labels.word('phase')} {phase}, {labels.points(timeline.as_of, known_at)}",
        "",
        table(
            [labels.word(heading) for heading in OBLIGATION],
            [obligation_cells(owed, labels) for owed in view.derivation.obligations],
        ),
    ]
    if view.ledger:
        rows = [
            [
                str(verdict.found_on),
                labels.word("breached" if isinstance(verdict, DeadlineBreached) else "withdrawn"),
                verdict.rule,
                str(verdict.anchor_on),
                str(verdict.n),
                str(verdict.due),
            ]
            for verdict in view.ledger
        ]
        lines += ["", table([labels.word(heading) for heading in _LEDGER], rows)]
    if timeline.irregular:
        facts = [timeline.facts[index] for index in timeline.irregular]
        lines += ["", *(f"{labels.word('irregular')}: {fact.kind} {fact.on} ({fact.id})" for fact in facts)]
    return "\n".join(lines)
