"""`indsats obligations` and `follow-ups`: what is owed in a database, by filter and page."""

from collections.abc import Callable, Collection, Sequence
from datetime import date, datetime
from functools import wraps
from typing import Any, get_args

import click

from indsats.cli.cells import OBLIGATION, day_cell, obligation_cells
from indsats.cli.database import Access, database_options, opened_engine
from indsats.cli.documents import listed_document, reason_of
from indsats.cli.labels import Labels
from indsats.cli.output import Day, counted, echo_json, json_option, lang_option, point_options, table
from indsats.domain.calendar import local_day
from indsats.domain.fields import allowed
from indsats.domain.obligations import Status
from indsats.engine import Engine
from indsats.engine.lists import WAITING, Wanted
from indsats.engine.results import Listed, Owed
from indsats.errors import ValueInvalid

Command = Callable[..., None]

_FOLLOW_UP = ("citizen", "rule", "due", "book_by", "days_left", "status", "responsible", "worker", "unit", "reason")
_REMARK = ("remark", "handled_by", "handled_on")
"""More headings, where there is a remark on any."""


def _wanted_options(statuses: Sequence[str]) -> Callable[[Command], Command]:
    """The filters and the page, given to the command as `wanted`."""

    def with_options(command: Command) -> Command:
        @click.option("--citizen", help="Of one citizen, or whatever the model is about.")
        @click.option("--rule", help="Of one rule of a model.")
        @click.option("--status", multiple=True, type=click.Choice(statuses), help="For several given more than once.")
        @click.option("--role", help="For which this role answers.")
        @click.option("--worker", help="For which this worker answers.")
        @click.option("--unit", help="Of this unit.")
        @click.option("--due-from", type=Day(), help="Due on this day or later.")
        @click.option("--due-until", type=Day(), help="Due on this day or earlier.")
        @click.option("--limit", type=click.IntRange(min=1), help="So many at most.")
        @click.option("--offset", type=click.IntRange(min=0), default=0, help="After so many that fit.")
        @wraps(command)
        def with_wanted(
            *arguments: Any,
            citizen: str | None,
            rule: str | None,
            status: tuple[str, ...],
            role: str | None,
            worker: str | None,
            unit: str | None,
            due_from: date | None,
            due_until: date | None,
            limit: int | None,
            offset: int,
            **options: Any,
        ) -> None:
            if due_from is not None and due_until is not None and due_from > due_until:
                raise click.UsageError(f"--due-from {due_from} is after --due-until {due_until}")
            wanted = Wanted(citizen, rule, status, role, worker, unit, limit, offset, due_from, due_until)
            command(*arguments, wanted=wanted, **options)

        return with_wanted

    return with_options


@click.command
@database_options
@_wanted_options(get_args(Status))
@point_options
@json_option
@lang_option
def obligations(
    access: Access, wanted: Wanted, as_of: date | None, known_at: datetime | None, as_json: bool, lang: str
) -> None:
    """List what is owed, was kept and was not, citizen by citizen."""
    with opened_engine(access) as engine, counted("pathways") as advance:
        _refuse_unknown(engine, wanted)
        listed = engine.obligations(actor=access.actor, as_of=as_of, known_at=known_at, wanted=wanted, progress=advance)
    if as_json:
        echo_json(listed_document(listed, lang))
        return
    labels = Labels(lang)
    rows = [[owed.citizen, *obligation_cells(owed, labels)] for owed in listed.obligations]
    _echo(listed, wanted, ("citizen", *OBLIGATION), rows, labels)


@click.command(name="follow-ups")
@database_options
@_wanted_options(WAITING)
@point_options
@json_option
@lang_option
def follow_ups(
    access: Access, wanted: Wanted, as_of: date | None, known_at: datetime | None, as_json: bool, lang: str
) -> None:
    """List what somebody still has to do, by due day: what is open, on hold or breached."""
    with opened_engine(access) as engine, counted("pathways") as advance:
        _refuse_unknown(engine, wanted)
        listed = engine.follow_ups(actor=access.actor, as_of=as_of, known_at=known_at, wanted=wanted, progress=advance)
    if as_json:
        echo_json(listed_document(listed, lang))
        return
    labels = Labels(lang)
    _echo(listed, wanted, _FOLLOW_UP, [_follow_up_cells(owed, labels) for owed in listed.obligations], labels)


def _follow_up_cells(owed: Owed, labels: Labels) -> list[str | None]:
    return [
        owed.citizen,
        owed.rule,
        day_cell(owed.due),
        day_cell(owed.book_by),
        "" if owed.days_left is None else str(owed.days_left),
        labels.word(owed.status),
        owed.responsible,
        owed.worker,
        owed.unit,
        reason_of(owed, labels.lang),
    ]


def _remark_cells(owed: Owed) -> list[str | None]:
    day = None if owed.handled_at is None else local_day(owed.handled_at)
    # In one line, whatever was written.
    return [" ".join((owed.remark or "").split()), owed.handled_by, day_cell(day)]


def _echo(
    listed: Listed, wanted: Wanted, headings: Sequence[str], rows: Sequence[Sequence[str | None]], labels: Labels
) -> None:
    if any(owed.handled_by for owed in listed.obligations):
        headings = [*headings, *_REMARK]
        rows = [[*row, *_remark_cells(owed)] for row, owed in zip(rows, listed.obligations, strict=True)]
    click.echo(labels.points(listed.as_of, listed.known_at))
    click.echo()
    click.echo(table([labels.word(heading) for heading in headings], rows))
    if listed.more:
        click.echo(f"\n{labels.word('more')}: --offset {wanted.offset + len(listed.obligations)}")


def _refuse_unknown(engine: Engine, wanted: Wanted) -> None:
    """A rule or role that no model has is a slip, for which an empty list would be the wrong answer."""
    models = list(engine.models.values())
    _refuse("--rule", wanted.rule, {rule.id for model in models for rule in model.rules})
    _refuse("--role", wanted.role, {role for model in models for role in model.roles})


def _refuse(option: str, given: str | None, known: Collection[str]) -> None:
    if given is not None and given not in known:
        raise ValueInvalid(f"{option}: no model at hand has {given!r}; {allowed(given, sorted(known))}")
