"""A few facts as they stand in a table, and what reading it gives."""

from collections.abc import Mapping

import pytest
from tests.replay.fact_lines import MODEL

from indsats.errors import FactsInvalid
from indsats.replay.csv_file import Separator, read_csv
from indsats.replay.facts_file import FactsFile

COLUMNS = {"Borger-id": "citizen", "Dato": "on", "Hændelse": "fact", "Timer": "weekly_hours", "Notat": ""}
DANISH = "Borger-id;Dato;Hændelse;route;participants;employment;Timer;Notat\n"
START_ROW = "c1;2017-01-02;ledighedsydelse_started;mover_in;;;;\n"
HELD_ROW = "c1;2017-01-06;first_conversation_held;;caseworker|mentor;;;\n"
JOB_ROW = "c1;2017-03-01;flexjob_started;;;e1;7,5;\n"
PLAIN = "citizen,fact,on,route\n"
PLAIN_ROW = "c1,ledighedsydelse_started,2017-01-02,mover_in\n"


def table(
    text: str | bytes,
    columns: Mapping[str, str] | None = None,
    *,
    separator: Separator | None = None,
    skip_refused: bool = False,
) -> FactsFile:
    data = text.encode() if isinstance(text, str) else text
    mapping = COLUMNS if columns is None and data.startswith((b"Borger", b"\xef\xbb\xbfBorger")) else columns or {}
    return read_csv(data, "facts.csv", MODEL, mapping, separator=separator, skip_refused=skip_refused)


def faults(
    text: str | bytes, columns: Mapping[str, str] | None = None, separator: Separator | None = None
) -> list[str]:
    with pytest.raises(FactsInvalid) as refused:
        table(text, columns, separator=separator)
    return [str(fault) for fault in refused.value.faults]


def fault(text: str | bytes, columns: Mapping[str, str] | None = None, separator: Separator | None = None) -> str:
    (only,) = faults(text, columns, separator)
    return only
