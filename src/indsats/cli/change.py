"""`indsats change-model`: move pathways to another model, or see what that would do."""

from collections.abc import Sequence
from datetime import date
from typing import get_args

import click

from indsats.cli.database import Access, database_options, one_municipality, opened_engine
from indsats.cli.documents import moves_document
from indsats.cli.labels import Labels
from indsats.cli.output import Day, counted, echo_json, json_option, lang_option, table
from indsats.domain.obligations import ChangePolicy
from indsats.engine import Engine
from indsats.engine.moves import Chosen
from indsats.errors import ValueInvalid

_MOST_LISTED = 50


@click.command(name="change-model")
@click.argument("to")
@database_options
@click.option(
    "--policy",
    required=True,
    type=click.Choice(get_args(ChangePolicy)),
    help="What becomes of obligations with an anchor before the day.",
)
@click.option("--effective", required=True, type=Day(), help="The first day under the other model.")
@click.option("--citizen", "citizens", multiple=True, help="Only this one; for several given more than once.")
@click.option("--from-model", help="Only pathways under this model: its id, or id@version.")
@click.option("--phase", help="Only pathways that are in this phase today.")
@click.option("--dry-run", is_flag=True, help="Record nothing, and answer the same.")
@json_option
@lang_option
def change_model(
    access: Access,
    to: str,
    policy: ChangePolicy,
    effective: date,
    citizens: Sequence[str],
    from_model: str | None,
    phase: str | None,
    dry_run: bool,
    as_json: bool,
    lang: str,
) -> None:
    """Move pathways to the model TO, from a day on, that day included: all of the municipality, or those chosen.

    TO is a model's id, id@version, or the path of its file.
    """
    with opened_engine(access) as engine, counted("pathways") as advance:
        chosen = Chosen(citizens or None, from_model and _reference(engine, from_model), phase)
        _refuse_unknown_phase(engine, phase)
        moves = engine.change_model(
            to,
            policy=policy,
            effective=effective,
            actor=access.actor,
            chosen=chosen,
            municipality=one_municipality(engine),
            dry_run=dry_run,
            progress=advance,
        )
    if as_json:
        echo_json(moves_document(moves))
        return
    labels = Labels(lang)
    figures = {
        "moved": len(moves.moved),
        "unchanged": moves.unchanged,
        "breaches": sum(len(move.breaches) for move in moves.moved),
        "withdrawals": sum(len(move.withdrawals) for move in moves.moved),
    }
    click.echo(f"{labels.word('dry_run' if dry_run else 'model')} {moves.to}")
    for key, figure in figures.items():
        click.echo(f"{labels.word(key)}: {figure}")
    if 0 < len(moves.moved) <= _MOST_LISTED:
        headings = [labels.word(heading) for heading in ("citizen", "before", "breaches", "withdrawals")]
        rows = [
            [move.citizen, move.before, str(len(move.breaches)), str(len(move.withdrawals))] for move in moves.moved
        ]
        click.echo(f"\n{table(headings, rows)}")


def _reference(engine: Engine, given: str) -> str:
    """A model that pathways may be under, as `id@version`."""
    references = sorted({model.reference for model in engine.models.values()})
    found = [reference for reference in references if given in (reference, reference.partition("@")[0])]
    if len(found) != 1:
        what = "more than one model is" if found else "no model at hand is"
        raise ValueInvalid(f"--from-model: {what} {given!r}; allowed: {', '.join(found or references)}")
    return found[0]


def _refuse_unknown_phase(engine: Engine, phase: str | None) -> None:
    known = sorted({name for model in engine.models.values() for name in (*model.phases, "closed")})
    if phase is not None and phase not in known:
        raise ValueInvalid(f"--phase: no model at hand has {phase!r}; allowed: {', '.join(known)}")
