"""`indsats kpi`: key figures in a database: on a day, by unit or worker, over time, and why they changed."""

import sys
from collections.abc import Mapping, Sequence
from datetime import date, datetime

import click

from indsats.cli.cells import KPI, kpi_cells
from indsats.cli.database import Access, database_options, one_municipality, opened_engine
from indsats.cli.labels import Labels
from indsats.cli.output import (
    FAILED_EXPECTATION,
    Day,
    Point,
    counted,
    echo_json,
    json_option,
    lang_option,
    point_options,
    table,
)
from indsats.domain.kpi import Kpi
from indsats.engine.figures import Group
from indsats.engine.kpis import Bridge, Changed, Figure, Figured, Grouping, Rhythm, bridge, kpis
from indsats.models.kpi_form import kpis_of
from indsats.projections.kpis import Contribution, KpiResult, number
from indsats.replay.document import Json, verdict_document
from indsats.reports.cells import HIDDEN
from indsats.reports.small import tells_of_few

_GROUPINGS: Mapping[str | None, Grouping] = {"unit": "unit", "worker": "worker"}
_RHYTHMS: Mapping[str | None, Rhythm] = {"week": "week", "month": "month"}


@click.command
@click.argument("ids", nargs=-1, metavar="[ID]...")
@database_options
@point_options
@click.option("--by", type=click.Choice(["unit", "worker", "week", "month"]), help="For each of these.")
@click.option("--from", "begin", type=Day(), help="With --by week or month: from this day on.")
@click.option("--who", is_flag=True, help="Name the pathways behind the counts.")
@click.option("--check", is_flag=True, help="End with exit code 1 if a target is not met.")
@click.option("--suppress", is_flag=True, help="Leave out counts from 1 to 4, which could tell who it is.")
@click.option(
    "--bridge", "instants", nargs=2, type=Point(), metavar="OLD NEW", help="Why one figure changed in between."
)
@json_option
@lang_option
def kpi(
    access: Access,
    ids: Sequence[str],
    as_of: date | None,
    known_at: datetime | None,
    by: str | None,
    begin: date | None,
    who: bool,
    check: bool,
    suppress: bool,
    instants: tuple[datetime, datetime] | None,
    as_json: bool,
    lang: str,
) -> None:
    """Show the key figures of the model, of them only those named.

    Counts come first, shares second. `--bridge OLD NEW` takes one ID, and two instants or days.
    """
    if who and suppress:
        raise click.UsageError("--who names everybody, --suppress nobody; allowed: one of the two")
    if begin is not None and by not in _RHYTHMS:
        raise click.UsageError("--from needs --by week or --by month")
    others = {"--by": by, "--who": who, "--check": check, "--suppress": suppress, "--known-at": known_at}
    if instants is not None and (given := [option for option, value in others.items() if value]):
        raise click.UsageError(f"--bridge compares two instants and names who counts otherwise; it has no {given[0]}")
    labels = Labels(lang)
    with opened_engine(access) as engine, counted("pathways") as advance:
        municipality = one_municipality(engine)
        if instants is not None:
            if len(ids) != 1:
                raise click.UsageError("--bridge needs one ID")
            old, new = instants
            difference = bridge(
                engine,
                ids[0],
                old,
                new,
                actor=access.actor,
                as_of=as_of,
                municipality=municipality,
                progress=advance,
            )
            if as_json:
                echo_json(_bridge_document(difference, old, new))
            else:
                click.echo(_bridged(difference, labels))
            return
        figured = kpis(
            engine,
            actor=access.actor,
            ids=ids,
            as_of=as_of,
            known_at=known_at,
            municipality=municipality,
            by=_GROUPINGS.get(by),
            over=_RHYTHMS.get(by),
            begin=begin,
            who=who,
            progress=advance,
        )
        few = _Few(kpis_of(engine.model), suppress=suppress)
    if as_json:
        echo_json(_document(figured, by, who, few))
    else:
        click.echo(_report(figured, labels, few))
    if check and any(figure.result.met is False for figure in figured.figures):
        sys.exit(FAILED_EXPECTATION)


class _Few:
    """Which counts are left out on request: those that could tell who it is, and what they could be reckoned from."""

    def __init__(self, kpis: Mapping[str, Kpi], *, suppress: bool) -> None:
        self._kpis = kpis
        self._suppress = suppress

    def hides(self, result: KpiResult) -> bool:
        return self._suppress and tells_of_few(self._kpis[result.id], result)

    def hidden(self, groups: Sequence[Group]) -> set[int]:
        """The places of the groups left out: where that is one, also the next in size, or the whole would tell it."""
        hidden = {place for place, group in enumerate(groups) if self.hides(group.result)}
        if len(hidden) == 1:
            others = [(place, group.result) for place, group in enumerate(groups) if place not in hidden]
            sizes = [(result.numerator or 0, result.denominator or 0, place) for place, result in others]
            hidden |= {place for _, _, place in sorted(sizes, key=lambda size: (size[0] == 0, *size))[:1]}
        return hidden


def _document(figured: Figured, by: str | None, who: bool, few: _Few) -> Json:
    return {
        "as_of": figured.as_of.isoformat(),
        "known_at": figured.known_at.isoformat(),
        "municipality": figured.municipality,
        "kpis": [_figure_document(figure, by, who, few) for figure in figured.figures],
    }


def _figure_document(figure: Figure, by: str | None, who: bool, few: _Few) -> Json:
    hidden = few.hidden(figure.groups)
    groups = [_group_document(group, hidden=place in hidden) for place, group in enumerate(figure.groups)]
    series = [
        {"as_of": day.isoformat(), **_counts(result.document, hidden=few.hides(result))}
        for day, result in figure.series
    ]
    return {
        **_counts(figure.result.document, hidden=few.hides(figure.result)),
        "groups": groups if by in _GROUPINGS else None,
        "series": series if by in _RHYTHMS else None,
        "who": [_who_document(one) for one in figure.who] if who else None,
    }


def _group_document(group: Group, *, hidden: bool) -> Json:
    counts = {name: group.result.document[name] for name in ("numerator", "denominator", "share")}
    return {"name": group.name, **(dict.fromkeys(counts) if hidden else counts), "suppressed": hidden}


def _counts(document: Json, *, hidden: bool) -> Json:
    nothing = dict.fromkeys(("numerator", "denominator", "share", "met")) if hidden else {}
    return {**document, **nothing, "suppressed": hidden}


def _who_document(one: Contribution) -> Json:
    return {"citizen": one.citizen, "numerator": number(one.numerator), "denominator": one.denominator}


def _bridge_document(difference: Bridge, old: datetime, new: datetime) -> Json:
    return {
        "as_of": difference.as_of.isoformat(),
        "before": {"known_at": old.isoformat(), **difference.before.document},
        "after": {"known_at": new.isoformat(), **difference.after.document},
        "changed": [changed_document(changed) for changed in difference.changed],
    }


def changed_document(changed: Changed) -> Json:
    """A pathway that counts otherwise, with what came in between."""
    return {
        "citizen": changed.citizen,
        "before": {"numerator": number(changed.before[0]), "denominator": changed.before[1]},
        "after": {"numerator": number(changed.after[0]), "denominator": changed.after[1]},
        "registered": [
            {"what": one.what, "id": one.id, "fact": one.kind, "on": one.on.isoformat(), "at": one.at.isoformat()}
            for one in changed.registered
        ],
        "withdrawn": [verdict_document(verdict) for verdict in changed.withdrawn],
    }


def _report(figured: Figured, labels: Labels, few: _Few) -> str:
    headings = [labels.word(heading) for heading in KPI]
    lines = [labels.points(figured.as_of, figured.known_at), ""]
    rows = [_cells(figure.result, labels, hidden=few.hides(figure.result)) for figure in figured.figures]
    lines.append(table(headings, rows))
    for figure in figured.figures:
        if figure.groups:
            hidden = few.hidden(figure.groups)
            rows = [
                [group.name, *_cells(group.result, labels, hidden=place in hidden)[1:4]]
                for place, group in enumerate(figure.groups)
            ]
            lines += ["", table([figure.result.id, *headings[1:4]], rows)]
        if figure.series:
            rows = [[str(day), *_cells(result, labels, hidden=few.hides(result))[1:4]] for day, result in figure.series]
            lines += ["", table([figure.result.id, *headings[1:4]], rows)]
        if figure.who:
            rows = [[one.citizen, *map(labels.number, (one.numerator, one.denominator))] for one in figure.who]
            lines += ["", table([figure.result.id, *headings[1:3]], rows)]
    return "\n".join(lines)


def _cells(result: KpiResult, labels: Labels, *, hidden: bool) -> list[str | None]:
    cells = kpi_cells(result, labels)
    return [cells[0], HIDDEN, HIDDEN, None, cells[4], None] if hidden else cells


def _bridged(difference: Bridge, labels: Labels) -> str:
    headings = [labels.word(heading) for heading in KPI]
    both = [kpi_cells(result, labels) for result in (difference.before, difference.after)]
    lines = [f"{labels.word('as_of')} {difference.as_of}", "", table(headings, both)]
    for changed in difference.changed:
        states = changed.before, changed.after
        moved = " -> ".join("/".join(labels.number(one) for one in both if one is not None) for both in states)
        lines += ["", f"{changed.citizen}: {moved}"]
        lines += [
            f"  {one.at:%Y-%m-%d}: {labels.word(one.what)} {one.kind} {one.on} ({one.id})" for one in changed.registered
        ]
        lines += [
            f"  {verdict.found_on}: {labels.word('withdrawn')} {verdict.rule} {verdict.due}"
            for verdict in changed.withdrawn
        ]
    return "\n".join(lines)
