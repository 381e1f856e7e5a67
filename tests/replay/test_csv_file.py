"""Fact files as tables: what both forms of CSV say, and by which columns."""

import csv
import io
import re
from pathlib import Path
from typing import Literal

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from tests.replay.fact_lines import HELD, JOB, MODEL, START, lines, read
from tests.replay.tables import DANISH, HELD_ROW, JOB_ROW, PLAIN, PLAIN_ROW, START_ROW, fault, table
from tests.replay.test_facts_file import written

from indsats.domain.catalogue import HOURS
from indsats.replay.csv_file import Separator, read_csv


def test_a_danish_table_holds_the_same_facts_as_json_lines() -> None:
    expected = read(lines(START, {**HELD, "participants": ["caseworker", "mentor"]}, JOB)).entries
    found = table(DANISH + START_ROW + HELD_ROW + JOB_ROW).entries
    assert [(entry.content, entry.id) for entry in found] == [(entry.content, entry.id) for entry in expected]
    assert [entry.line for entry in found] == [2, 3, 4]


def test_the_plain_form_has_comma_and_decimal_point() -> None:
    (job,) = table("citizen,fact,on,employment,weekly_hours\nc1,flexjob_started,2017-03-01,e1,7.5\n").entries
    assert job.fields == {"employment": "e1", "weekly_hours": "7.5"}


@pytest.mark.parametrize("end", ["\n", "\r\n"])
@pytest.mark.parametrize("mark", ["", "\ufeff"])
def test_line_ends_byte_order_mark_blank_lines_and_rows_of_nothing_change_nothing(end: str, mark: str) -> None:
    text = (mark + DANISH + "\n" + START_ROW + " \n;;;;;;;\n" + HELD_ROW.rstrip()).replace("\n", end)
    assert [entry.line for entry in table(text).entries] == [3, 6]
    assert table("\n\n" + PLAIN + PLAIN_ROW).entries[0].line == 4


def test_a_file_is_read_as_a_stream_too(tmp_path: Path) -> None:
    path = tmp_path / "facts.csv"
    path.write_text(PLAIN + PLAIN_ROW)
    with path.open("rb") as file:
        assert read_csv(file, "facts.csv", MODEL) == table(PLAIN + PLAIN_ROW)


def test_a_quoted_cell_holds_separators_quotes_and_line_breaks() -> None:
    header = 'citizen;"fact";on;"te""xt"\n'
    row = 'c1;"note_added";"2017-01-02";"ring; han sagde\r\n\r\n""i morgen"""\n'
    first, second = table(header + row + row.replace("c1", "c2"), {'te"xt': "text"}).entries
    assert first.fields == {"text": 'ring; han sagde\n\n"i morgen"'}
    assert (first.line, second.line) == (2, 5), "where the records begin"


def test_a_header_may_go_on_below_too() -> None:
    text = 'citizen;fact;on;"route,\neller ""vej"""\nc1;ledighedsydelse_started;2017-01-02;mover_in\n'
    assert table(text, {'route,\neller "vej"': "route"}).entries[0].fields == {"route": "mover_in"}


def test_values_are_text_typed_by_their_field() -> None:
    text = "citizen,fact,on,nominate,ten_hours_or_less,rule,n,reason\n"
    rows = "c1,screened,2017-01-02,true,false,,,\nc1,waived,2017-01-03,,,follow_up,2,ferie\n"
    screened, waived = table(text + rows).entries
    assert screened.fields == {"nominate": True, "ten_hours_or_less": False}
    assert waived.fields == {"rule": "follow_up", "n": 2, "reason": "ferie"}


def test_annulments_and_changes_of_model_stand_in_a_table_too() -> None:
    text = "citizen,fact,on,id,route,of,reason,to,policy,effective\n"
    rows = (
        "c1,ledighedsydelse_started,2017-01-02,f1,mover_in,,,,,\n"
        "c1,annulled,2017-02-01,,,f1,wrong day,,,\n"
        "c1,model_changed,2017-05-01,,,,,aalborg-2017,keep,2017-06-01\n"
    )
    found = table(text + rows)
    assert [entry.kind for entry in found.entries] == ["ledighedsydelse_started", "annulled", "model_changed"]
    assert [*found.models] == ["aalborg-2017"]


def test_in_text_a_comma_a_bar_and_a_point_are_what_they_are() -> None:
    rows = "c1;note_added;2017-01-02;1.5 | 2,5;\nc1;rehab_referred;2017-01-02;;2,5\n"
    note, referred = table("citizen;fact;on;text;work_capacity_hours\n" + rows).entries
    assert (note.fields, referred.fields) == ({"text": "1.5 | 2,5"}, {"work_capacity_hours": "2.5"})


def test_a_forced_separator_comes_before_what_the_header_line_holds() -> None:
    text = "citizen;fact;on;a, b\nc1;note_added;2017-01-02;x\n"
    assert table(text, {"a, b": "text"}, separator=";").entries[0].fields == {"text": "x"}
    what = "facts.csv:1: the header line holds both ; and , outside quotes, so that the separator is not known"
    assert fault(text, {"a, b": "text"}).startswith(what)
    assert fault("citizen\nc1\n").startswith("facts.csv:1: the header line holds neither ; nor , outside quotes")


@given(
    st.lists(written(), min_size=1, max_size=4),
    st.sampled_from(["\n", "\r\n"]),
    st.sampled_from([";", ","]),
    st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]),
)
def test_what_is_written_as_a_table_is_the_same_fact(
    entries: list[dict[str, object]], end: str, separator: Separator, quoting: Literal[0, 1]
) -> None:
    # What a table can say: no list of nothing, no text of nothing, no bar or carriage return within an item.
    entries = [{key: sayable(value) for key, value in entry.items()} for entry in entries if [] not in entry.values()]
    assume(entries)
    keys = dict.fromkeys(key for entry in entries for key in entry)
    file = io.StringIO(newline="")
    writer = csv.writer(file, delimiter=separator, lineterminator=end, quoting=quoting)
    writer.writerow(keys)
    for entry in entries:
        writer.writerow([cell(key, entry.get(key, ""), separator) for key in keys])
    found = table(file.getvalue(), separator=separator).entries
    assert [(entry.content, entry.id) for entry in found] == [
        (entry.content, entry.id) for entry in read(lines(*entries)).entries
    ]


def sayable(value: object) -> object:
    match value:
        case str():
            return re.sub(r"[|\r]", " ", value) or "-"
        case list():
            return [sayable(item) for item in value]
        case _:
            return value


def cell(key: str, value: object, separator: str) -> str:
    match value:
        case bool():
            return str(value).lower()
        case list():
            return "|".join(value)
        case _ if key in HOURS and separator == ";":
            return str(value).replace(".", ",")
        case _:
            return str(value)
