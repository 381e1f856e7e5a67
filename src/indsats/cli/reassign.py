"""`indsats reassign`: a worker's open assignments handed over to another, or what that would move."""

from datetime import date

import click

from indsats.cli.cells import day_cell
from indsats.cli.database import Access, database_options, one_municipality, opened_engine
from indsats.cli.labels import Labels
from indsats.cli.output import Day, echo_json, json_option, lang_option, table
from indsats.engine.reassigning import Reassigned, Reassignment
from indsats.replay.document import Json


@click.command
@database_options
@click.option("--from", "from_worker", metavar="WORKER", required=True, help="Who leaves.")
@click.option("--to", "to_worker", metavar="WORKER", required=True, help="Who takes over.")
@click.option("--role", help="Only assignments in this role.")
@click.option("--on", type=Day(), help="The first day of the other worker; default: today.")
@click.option("--dry-run", is_flag=True, help="Record nothing, and answer the same.")
@json_option
@lang_option
def reassign(
    access: Access,
    from_worker: str,
    to_worker: str,
    role: str | None,
    on: date | None,
    dry_run: bool,
    as_json: bool,
    lang: str,
) -> None:
    """Release a worker from every open assignment, and assign another in the same role, functions and unit.

    Try it first with --dry-run: it lists the pathways, and how many obligations that wait move with them.
    """
    with opened_engine(access) as engine:
        done = engine.reassign(
            from_worker,
            to_worker,
            actor=access.actor,
            on=on,
            role=role,
            municipality=one_municipality(engine),
            dry_run=dry_run,
        )
    if as_json:
        echo_json(_document(done))
    else:
        _print(done, Labels(lang))


def _document(done: Reassigned) -> Json:
    return {
        "from": done.from_worker,
        "to": done.to_worker,
        "on": done.on.isoformat(),
        "dry_run": done.dry_run,
        "is_new": done.is_new,
        "recorded": done.recorded,
        "moved": [_moved_document(moved) for moved in done.moved],
        "closed": done.closed,
    }


def _moved_document(moved: Reassignment) -> Json:
    return {
        "citizen": moved.citizen,
        "municipality": moved.municipality,
        "assignments": [
            {**one._asdict(), "functions": list(one.functions), "from_on": one.from_on.isoformat()}
            for one in moved.assignments
        ],
        "obligations": [
            {
                **owed._asdict(),
                "anchor": {"fact": owed.anchor.kind, "on": owed.anchor.on.isoformat(), "id": owed.anchor.id},
                "due": None if owed.due is None else owed.due.isoformat(),
            }
            for owed in moved.obligations
        ],
        "irregular": list(moved.irregular),
    }


def _print(done: Reassigned, labels: Labels) -> None:
    if done.dry_run:
        click.echo(labels.word("dry_run"))
    figures = {
        "moved": len(done.moved),
        "obligations": sum(len(moved.obligations) for moved in done.moved),
        "recorded": done.recorded,
        "irregular": sum(len(moved.irregular) for moved in done.moved),
        "closed_left": done.closed,
    }
    for key, figure in figures.items():
        click.echo(f"{labels.word(key)}: {figure}")
    if done.is_new:
        click.echo(f"{labels.word('new_worker')}: {done.to_worker}")
    if done.moved:
        headings = [labels.word(heading) for heading in ("citizen", "role", "unit", "obligations", "next_due")]
        rows = [_row(moved) for moved in done.moved]
        click.echo(f"\n{table(headings, rows)}")


def _row(moved: Reassignment) -> list[str | None]:
    return [
        moved.citizen,
        ", ".join(one.role or "-" for one in moved.assignments),
        ", ".join(sorted({one.unit for one in moved.assignments if one.unit})),
        str(len(moved.obligations)),
        day_cell(min((owed.due for owed in moved.obligations if owed.due), default=None)),
    ]
