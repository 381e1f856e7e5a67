"""`indsats export`: what a database holds, in forms that other programs read."""

from pathlib import Path

import click

from indsats.cli.database import Access, database_options, one_municipality, opened_engine
from indsats.cli.labels import Labels
from indsats.cli.output import counted, echo_json, json_option, lang_option, table


@click.group()
def export() -> None:
    """Write what a database holds in forms that other programs read."""


@export.command()
@database_options
@click.option(
    "--out",
    metavar="DIR",
    required=True,
    type=click.Path(file_okay=False, path_type=Path),
    help="The directory to make; it must not be there.",
)
@json_option
@lang_option
def parquet(access: Access, out: Path, as_json: bool, lang: str) -> None:
    """Write the tables that lists and key figures are made of, as they are now, as one Parquet file each.

    They name citizens by their ids and hold no other personal data; a new directory can be read by its owner only.
    """
    try:
        from indsats.exchange.parquet import export as export_parquet
    except ImportError as missing:
        raise click.UsageError(str(missing)) from None
    with opened_engine(access) as engine, counted("rows") as advance:
        municipality = one_municipality(engine)
        exported = export_parquet(engine, out, actor=access.actor, municipality=municipality, progress=advance)
    if as_json:
        echo_json(
            {
                "directory": str(exported.directory),
                "as_of": exported.as_of.isoformat(),
                "known_at": exported.known_at.isoformat(),
                "municipality": exported.municipality,
                "tables": [
                    {"table": name, "file": f"{name}.parquet", "rows": rows} for name, rows in exported.rows.items()
                ],
            }
        )
        return
    labels = Labels(lang)
    headings = [labels.word("table"), labels.word("rows")]
    click.echo(labels.points(exported.as_of, exported.known_at))
    click.echo()
    click.echo(table(headings, [(name, str(rows)) for name, rows in exported.rows.items()]))
