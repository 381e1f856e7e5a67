"""The options of the commands that read files, and the reading itself."""

from collections.abc import Callable, Sequence
from datetime import date
from functools import wraps
from pathlib import Path
from typing import Any, NamedTuple

import click

from indsats.cli.output import Day
from indsats.errors import FactsInvalid, InputInvalid
from indsats.models.library import load
from indsats.replay.columns import read_columns
from indsats.replay.csv_file import SEPARATORS, Separator
from indsats.replay.source import Source, is_facts, is_table, read_source


class Reading(NamedTuple):
    """The files that a command is to read, and how."""

    files: Sequence[Path]
    reference: str | None
    until: date | None
    municipality: str | None
    columns: Path | None
    separator: Separator | None

    def sources(self, *, skip_refused: bool = False) -> list[Source]:
        """What is in the files, each read before any is used; the faults of all of them are told at once.

        With `skip_refused` the lines of fact files that have faults are left out.
        """
        has_table = any(map(is_table, self.files))
        idle = {
            "--columns": self.columns is not None and not has_table,
            "--separator": self.separator is not None and not has_table,
            "--skip-refused": skip_refused and not any(map(is_facts, self.files)),
        }
        for option, is_idle in idle.items():
            if is_idle:
                raise click.UsageError(f"{option} says nothing here: no file is of the kind that it is for.")
        model = load(self.reference) if self.reference else None
        columns = read_columns(self.columns, model) if self.columns and model else {}
        sources: list[Source] = []
        faults: list[object] = []
        for file in self.files:
            try:
                sources.append(
                    read_source(
                        file,
                        model,
                        self.until,
                        self.municipality,
                        columns=columns,
                        separator=self.separator,
                        skip_refused=skip_refused,
                    )
                )
            except InputInvalid as invalid:
                faults += invalid.faults
        if faults:
            raise FactsInvalid(*faults)
        return sources


def reading_options(command: Callable[..., None]) -> Callable[..., None]:
    """The files and how they are read, given to the command as `reading`."""

    @click.argument(
        "files",
        nargs=-1,
        required=True,
        type=click.Path(exists=True, dir_okay=False, allow_dash=True, path_type=Path),
    )
    @click.option("--model", "reference", help="A model's id, id@version, or file; needed for fact files.")
    @click.option("--until", type=Day(), help="Sweep every day up to here, this day included.")
    @click.option("--municipality", help="Four digits, for facts that name none.")
    @click.option(
        "--columns",
        type=click.Path(exists=True, dir_okay=False, path_type=Path),
        help="YAML or JSON that maps the headers of .csv files to keys of facts.",
    )
    @click.option(
        "--separator",
        type=click.Choice(SEPARATORS),
        help="What stands between the columns of .csv files; default: what the header line has.",
    )
    @wraps(command)
    def with_reading(
        files: Sequence[Path],
        reference: str | None,
        until: date | None,
        municipality: str | None,
        columns: Path | None,
        separator: Separator | None,
        **options: Any,
    ) -> None:
        command(Reading(files, reference, until, municipality, columns, separator), **options)

    return with_reading
