"""The options of the commands that read files, and the reading itself."""

from collections.abc import Callable, Sequence
from datetime import date
from functools import wraps
from pathlib import Path
from typing import Any, NamedTuple

import click

from indsats.cli.output import Day
from indsats.domain.model import Model
from indsats.errors import FactsInvalid, InputInvalid
from indsats.models.library import load
from indsats.replay.columns import read_columns
from indsats.replay.csv_file import SEPARATORS, Separator
from indsats.replay.entries import REPLAY, Into
from indsats.replay.facts_file import Refusal
from indsats.replay.refused import write_refused
from indsats.replay.source import Source, is_facts, is_table, read_source


class Files(NamedTuple):
    """The files that a command is to read, and how tables among them are laid out.

    Lines that are refused are left out and go to the file `refused_to`, if there is one.
    """

    paths: Sequence[Path]
    columns: Path | None
    separator: Separator | None
    refused_to: Path | None = None

    def sources(
        self,
        model: Model | None,
        *,
        until: date | None = None,
        municipality: str | None = None,
        into: Into = REPLAY,
    ) -> list[Source]:
        """What is in the files, each read before any is used; the faults of all of them are told at once.

        For a database a scenario is read under its own model, which must be that of the others.
        """
        self._refuse_idle_options()
        columns = read_columns(self.columns, model) if self.columns and model else {}
        sources: list[Source] = []
        faults: list[object] = []
        for path in self.paths:
            try:
                source = read_source(
                    path,
                    None if into.is_database and not is_facts(path) else model,
                    until,
                    municipality,
                    columns=columns,
                    separator=self.separator,
                    skip_refused=self.refused_to is not None,
                    into=into,
                )
                if model is not None and source.model.digest != model.digest:
                    given = f"the scenario is written for {source.model.reference}"
                    raise FactsInvalid(f"{path}: {given}; allowed: {model.reference}, or another --model")
                sources.append(source)
            except InputInvalid as invalid:
                faults += invalid.faults
        if faults:
            raise FactsInvalid(*faults)
        return sources

    def set_aside(self, refused: Sequence[Refusal]) -> None:
        """Write the refused lines to their file, if there is one."""
        if self.refused_to:
            write_refused(self.refused_to, refused)

    def _refuse_idle_options(self) -> None:
        has_table = any(map(is_table, self.paths))
        idle = {
            "--columns": self.columns is not None and not has_table,
            "--separator": self.separator is not None and not has_table,
            "--skip-refused": self.refused_to is not None and not any(map(is_facts, self.paths)),
        }
        for option, is_idle in idle.items():
            if is_idle:
                raise click.UsageError(f"{option} says nothing here: no file is of the kind that it is for.")
        aside = self.refused_to
        if aside and any(aside.exists() and path.exists() and aside.samefile(path) for path in self.paths):
            raise click.UsageError(f"--skip-refused {aside} would overwrite a file that is read.")


def file_options(command: Callable[..., None]) -> Callable[..., None]:
    """The files and how they are read, given to the command as `files`."""

    @click.argument(
        "paths",
        metavar="FILES...",
        nargs=-1,
        required=True,
        type=click.Path(exists=True, dir_okay=False, allow_dash=True, path_type=Path),
    )
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
    def with_files(
        *arguments: Any, paths: Sequence[Path], columns: Path | None, separator: Separator | None, **options: Any
    ) -> None:
        command(*arguments, files=Files(paths, columns, separator), **options)

    return with_files


def skip_option(command: Callable[..., None]) -> Callable[..., None]:
    """`--skip-refused`, which says where the refused lines of `files` go."""

    @click.option(
        "--skip-refused",
        "refused_to",
        metavar="FILE",
        type=click.Path(dir_okay=False, path_type=Path),
        help="Leave out the lines of fact files that are refused, and write them here with their reasons.",
    )
    @wraps(command)
    def with_skip(*arguments: Any, files: Files, refused_to: Path | None, **options: Any) -> None:
        command(*arguments, files=files._replace(refused_to=refused_to), **options)

    return with_skip


class Reading(NamedTuple):
    """Under which model files are read that are not for a database, and to which end."""

    reference: str | None
    until: date | None
    municipality: str | None

    def sources(self, files: Files) -> list[Source]:
        """What is in the files."""
        model = load(self.reference) if self.reference else None
        return files.sources(model, until=self.until, municipality=self.municipality)


def reading_options(command: Callable[..., None]) -> Callable[..., None]:
    """The files and how they are read, given to the command as `files` and `reading`."""

    @file_options
    @click.option("--model", "reference", help="A model's id, id@version, or file; needed for fact files.")
    @click.option("--until", type=Day(), help="Sweep every day up to here, this day included.")
    @click.option("--municipality", help="Four digits, for facts that name none.")
    @wraps(command)
    def with_reading(
        *arguments: Any, reference: str | None, until: date | None, municipality: str | None, **options: Any
    ) -> None:
        command(*arguments, reading=Reading(reference, until, municipality), **options)

    return with_reading
