"""What can be replayed or recorded, by the name of its file: a scenario, or facts as JSON Lines or CSV."""

import sys
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from datetime import date
from pathlib import Path
from types import MappingProxyType
from typing import BinaryIO, NamedTuple

from indsats.domain.model import Model
from indsats.domain.values import FIRST_DAY
from indsats.errors import FactsInvalid
from indsats.replay.csv_file import Separator, read_csv
from indsats.replay.entries import REPLAY, AnyLine, Into, last_day
from indsats.replay.expectations import Expected
from indsats.replay.facts_file import FactsFile, Refusal, read_facts
from indsats.replay.scenario import read_scenario

STANDARD_INPUT = Path("-")
"""Stands for standard input, which holds facts as JSON Lines."""

FACTS_SUFFIX = ".jsonl"
TABLE_SUFFIX = ".csv"

# Forms in which logs are had elsewhere; read as YAML they would be faulted for what they are not.
_OTHERS = (".gz", ".ods", ".parquet", ".tsv", ".txt", ".xes", ".xls", ".xlsx", ".xml", ".zip")

_NO_COLUMNS: Mapping[str, str] = MappingProxyType({})


class Source(NamedTuple):
    """A fact file or scenario, read; it is without faults but for the lines that were `refused` and left out.

    `lines` are the others by number, where a database may refuse some of them later and is to leave them out.
    """

    file: str
    title: str
    model: Model
    until: date
    entries: Sequence[AnyLine]
    repeated: int
    others: Mapping[str, Model]
    expect: Sequence[Expected] = ()
    refused: Sequence[Refusal] = ()
    lines: Mapping[int, Refusal] = {}


def is_table(path: Path) -> bool:
    """Whether a file is named as CSV."""
    return path.suffix.lower() == TABLE_SUFFIX


def is_facts(path: Path) -> bool:
    """Whether a file holds facts only, which need a model; every other is a scenario."""
    return path == STANDARD_INPUT or is_table(path) or path.suffix.lower() == FACTS_SUFFIX


def read_source(
    path: Path,
    model: Model | None = None,
    until: date | None = None,
    municipality: str | None = None,
    *,
    columns: Mapping[str, str] = _NO_COLUMNS,
    separator: Separator | None = None,
    skip_refused: bool = False,
    into: Into = REPLAY,
) -> Source:
    """Read a scenario, or a fact file (`.jsonl`, `.csv`, or `-`), which needs a model.

    `model` and `until` go before the file's own. `columns` and `separator` are for tables; `skip_refused` leaves out
    the lines of a fact file that have faults. Raises `FactsInvalid` with every fault of the file.
    """
    if not is_facts(path):
        if path.suffix.lower() in _OTHERS:
            raise FactsInvalid(
                f"{path}: is not read as {path.suffix}; allowed: .jsonl and .csv for facts, .yaml for scenarios, - for "
                "facts as JSON Lines from standard input"
            )
        read = read_scenario(path, model=model, municipality=municipality, until=until, into=into)
        return Source(
            str(path), read.title, read.model, read.until, read.entries, read.repeated, read.models, read.expect
        )
    if model is None:
        raise FactsInvalid(f"{path}: a fact file names no model; allowed: --model with an id, id@version or a file")
    try:
        with _opened(path) as file:
            if is_table(path):
                facts = read_csv(
                    file,
                    str(path),
                    model,
                    columns,
                    separator=separator,
                    directory=path.parent,
                    municipality=municipality,
                    skip_refused=skip_refused,
                    into=into,
                )
            else:
                facts = read_facts(
                    file,
                    str(path),
                    model,
                    directory=path.parent,
                    municipality=municipality,
                    skip_refused=skip_refused,
                    into=into,
                )
    except OSError as fault:
        raise FactsInvalid(f"{path}: {fault.strerror}") from fault
    return _source(path, model, until, facts)


def _opened(path: Path) -> AbstractContextManager[BinaryIO]:
    return nullcontext(sys.stdin.buffer) if path == STANDARD_INPUT else path.open("rb")


def _source(path: Path, model: Model, until: date | None, facts: FactsFile) -> Source:
    # A file of which every line is refused ends before anything has happened.
    end = until or last_day(facts.entries) or FIRST_DAY
    return Source(
        str(path), "", model, end, facts.entries, facts.repeated, facts.models, (), facts.refused, facts.lines
    )
