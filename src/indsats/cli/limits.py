"""`indsats limits`: places, caseloads and shares in a database, and how they stand to what the model allows."""

from collections.abc import Sequence
from datetime import date, datetime
from fractions import Fraction

import click

from indsats.cli.database import Access, database_options, one_municipality, opened_engine
from indsats.cli.labels import Labels
from indsats.cli.output import counted, echo_json, json_option, lang_option, point_options, table
from indsats.domain.limit import Share
from indsats.engine.limits import Watched
from indsats.engine.limits import limits as watch
from indsats.projections.limits import LimitResult
from indsats.replay.document import Json

_HEADINGS = ("limit", "subject", "value", "low", "high", "state")


@click.command
@click.argument("ids", nargs=-1, metavar="[ID]...")
@database_options
@point_options
@json_option
@lang_option
def limits(
    access: Access,
    ids: Sequence[str],
    as_of: date | None,
    known_at: datetime | None,
    as_json: bool,
    lang: str,
) -> None:
    """Show the limits of the model, of them only those named: they warn and block nobody.

    A worker's bounds are scaled by the fraction of full time that the latest assignment names.
    """
    with opened_engine(access) as engine, counted("pathways") as advance:
        watched = watch(
            engine,
            actor=access.actor,
            ids=ids,
            as_of=as_of,
            known_at=known_at,
            municipality=one_municipality(engine),
            progress=advance,
        )
    if as_json:
        echo_json(_document(watched))
        return
    labels = Labels(lang)
    click.echo(labels.points(watched.as_of, watched.known_at))
    click.echo()
    headings = [labels.word(heading) for heading in _HEADINGS]
    click.echo(table(headings, [_cells(found, labels) for found in watched.limits]))


def _document(watched: Watched) -> Json:
    return {
        "as_of": watched.as_of.isoformat(),
        "known_at": watched.known_at.isoformat(),
        "municipality": watched.municipality,
        "limits": [found.document for found in watched.limits],
    }


def _cells(found: LimitResult, labels: Labels) -> list[str]:
    def number(value: Fraction | None) -> str:
        return labels.percent(value) if isinstance(found.limit.counted, Share) else labels.number(value)

    named = [" ".join(value) if isinstance(value, list) else value for value in found.subject.values()]
    return [
        found.limit.id,
        ", ".join(word for word in named if word),
        number(found.value),
        number(found.low),
        number(found.high),
        labels.word(found.state),
    ]
