"""Faults of tables with their line and column, and rows that are refused."""

import json
import time
from collections.abc import Mapping
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from tests.replay.fact_lines import ANNULLED, MODEL, lines
from tests.replay.tables import DANISH, HELD_ROW, JOB_ROW, PLAIN, PLAIN_ROW, START_ROW, fault, faults, table

from indsats.errors import FactsInvalid
from indsats.replay.csv_file import read_csv
from indsats.replay.facts_file import read_facts
from indsats.replay.lines import LONGEST_LINE
from indsats.replay.refused import write_refused

# Faults of the header line


KEYS = "; allowed: citizen, unit, fact, on, recorded, id, actor, role, municipality, "


@pytest.mark.parametrize(
    ("header", "columns", "expected"),
    [
        (
            "citizen,fact,onn",
            {},
            ["column 'onn' is neither a key of a fact nor mapped to one", "no column stands for on or recorded"],
        ),
        (
            "citizen,fact,on,",
            {},
            ["column '' is neither a key of a fact nor mapped to one, or to '' to be passed over" + KEYS],
        ),
        ("citizen,fact,on,route,route", {}, ["column 'route' stands 2 times; allowed: each column once"]),
        (
            "citizen,fact,Dato",
            {"Dato": "om"},
            ["column 'Dato': 'om' is no key of a fact" + KEYS, "no column stands for on"],
        ),
        (
            "citizen,fact,on",
            {"Dto": "on"},
            ["the mapping names the column 'Dto', which is not there; allowed: citizen, fact, on"],
        ),
        (
            "citizen,fact,Dato,on",
            {"Dato": "on"},
            ["the columns 'Dato' and 'on' stand for one key, on; allowed: one column"],
        ),
        (
            "route,role",
            {},
            ["no column stands for fact", "no column stands for citizen or unit", "no column stands for on or rec"],
        ),
        ("citizen,fact,on,route", {"route": "", "x": ""}, ["the mapping names the column 'x', which is not there"]),
        (",".join(f"c{n}" for n in range(1_001)), {}, ["has 1,001 columns; allowed: at most 1,000"]),
        ('citizen,fa"ct,on', {}, ["cell 2: a quote in a cell that does not begin with one; allowed: a quoted cell"]),
        ('citizen,"fact,on', {}, ["cell 2: a quote is opened and not closed as it should be"]),
        ("citizen,fact,on\0", {}, ["holds a NUL byte"]),
    ],
    ids=lambda value: str(value)[:30],
)
def test_a_header_line_that_is_not_right_is_told_and_no_row_is_read(
    header: str, columns: dict[str, str], expected: list[str]
) -> None:
    found = faults(f"{header}\nno,row\n", columns)
    assert len(found) == len(expected)
    for text, start in zip(found, expected, strict=True):
        place, _, what = text.partition(": ")
        assert place in ("facts.csv:1", "facts.csv:1:16")
        assert what.startswith(start)


def test_what_may_have_been_meant_is_said() -> None:
    assert any(text.endswith("; did you mean on?") for text in faults("citizen,fact,onn\n"))
    assert faults(DANISH.replace("Dato", "Dto"))[1].endswith("; did you mean Dto?")


# Faults of rows


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        (
            "c1;02-01-2017;ledighedsydelse_started;mover_in;;;;",
            ["column 'Dato', on: '02-01-2017' is no day; allowed: a day such as 2017-01-02; did you mean 2017-01-02?"],
        ),
        (
            "c1;2017-01-02;ledighedsydelse_startet;;;;;",
            ["column 'Hændelse', fact: 'ledighedsydelse_startet' is no kind of fact; allowed: "],
        ),
        (
            ";2017-01-02;ledighedsydelse_started;mover_in;;;;",
            ["column 'Borger-id', citizen: missing, and no unit is named either"],
        ),
        ("c1;;ledighedsydelse_started;mover_in;;;;", ["column 'Dato', on: missing"]),
        ("c1;2017-01-02;ledighedsydelse_started;;;;;", ["route: missing; allowed: rehab_referral"]),
        (
            "c1;2017-03-01;flexjob_started;;;e1;7.5;",
            [
                (
                    "column 'Timer', weekly_hours: '7.5' is no number; allowed: a number from 0 to 168 such as 7,5; "
                    "did you mean 7,5?"
                )
            ],
        ),
        (
            "c1;2017-03-01;flexjob_started;;;e1;1.000,5;",
            ["column 'Timer', weekly_hours: '1.000,5' is no number; allowed: a number from 0 to 168 such as 7,5"],
        ),
        ("c1;2017-03-01;flexjob_started;;;e1;168,5;", ["column 'Timer', weekly_hours: 168,5 lies outside 0 to 168"]),
        (
            "c1;2017-03-01;flexjob_started;;;e1;;",
            ["column 'Timer', weekly_hours: missing; allowed: a number from 0 to 168 such as 7,5"],
        ),
        (
            "c1;2017-01-06;first_conversation_held;;caseworker|mento;;;",
            ["participants: item 2: 'mento' is not allowed; allowed: a list of caseworker"],
        ),
        (
            "c1;2017-01-06;first_conversation_held;;caseworker;;3;",
            ["column 'Timer', weekly_hours: unknown field; allowed: participants, topics"],
        ),
        ("c1;2017-01-06;first_conversation_held;;x;;;;", ["has 9 cells, the header line 8"]),
        ("c1;2017-01-06", ["has 2 cells, the header line 8"]),
        (
            'c1;2017-01-06;x"y;;;;;',
            [
                (
                    "column 'Hændelse': a quote in a cell that does not begin with one; allowed: a quoted cell, "
                    'with "" for each quote in it'
                )
            ],
        ),
        ('c1;2017-01-06;"x"y;;;;;', ["column 'Hændelse': text after the closing quote"]),
        ('c1;2017-01-06;"x;;;;;', ["column 'Hændelse': a quote is opened and not closed as it should be"]),
        ('c1;2017-01-06;x;;;;;;"x', ["cell 9: a quote is opened and not closed as it should be"]),
        ("c1;2017-01-06;x\ry;;;;;", ["column 'Hændelse': a carriage return that ends no line"]),
        ("c1;2017-01-06;x\0;;;;;", ["holds a NUL byte"]),
        ("x" * LONGEST_LINE, ["the line is longer than 1,000,000 bytes; allowed: a header line, then one"]),
        ("c1;x;ledighedsydelse_started;y;;;;", ["column 'Dato', on: 'x' is no day", "route: 'y' is not allowed"]),
    ],
    ids=lambda value: str(value)[:40],
)
def test_a_row_that_is_no_fact_is_told_and_those_after_it_are_read(row: str, expected: list[str]) -> None:
    found = faults(DANISH + START_ROW + row + "\n" + HELD_ROW + "c1;0;;;;;;\n")
    assert [text.partition(": ")[0].split(":")[:2] for text in found[: len(expected)]] == [["facts.csv", "3"]] * len(
        expected
    )
    for text, start in zip(found, expected, strict=False):
        assert text.partition(": ")[2].startswith(start)
    assert [text.partition(":")[2].partition(":")[0] for text in found[len(expected) :]] == ["5", "5"]


def test_in_the_plain_form_a_decimal_comma_is_refused() -> None:
    text = 'citizen,fact,on,employment,weekly_hours\nc1,flexjob_started,2017-03-01,e1,"7,5"\n'
    assert fault(text).endswith("'7,5' is no number; allowed: a number from 0 to 168 such as 7.5; did you mean 7.5?")


def test_a_fault_names_the_line_on_which_its_record_begins() -> None:
    text = 'citizen,fact,on,text\nc1,note_added,x,"a\nb\nc"\nc1,note_added,y,z\n'
    assert [each.split(":")[1] for each in faults(text)] == ["2", "5"]


def test_a_byte_that_is_not_utf_8_is_told_where_it_stands() -> None:
    data = (DANISH + START_ROW).encode() + "c1;2017-01-02;x;;;;;æ\n".encode("cp1252") + HELD_ROW.encode()
    assert fault(data) == "facts.csv:3:21: byte 0xe6 is not UTF-8; save the file as UTF-8"
    inside = PLAIN.encode() + b'c1,x,y,"a\n\xe6"\n'
    assert fault(inside) == "facts.csv:3:1: byte 0xe6 is not UTF-8; save the file as UTF-8"
    assert fault(DANISH.encode("cp1252") + START_ROW.encode()).startswith("facts.csv:1:17: byte 0xe6 is not UTF-8")


@pytest.mark.parametrize("data", [b"", b"\n\n", PLAIN.encode(), b"\xef\xbb\xbf"], ids=repr)
def test_a_table_without_facts_is_no_fact_file(data: bytes) -> None:
    assert fault(data) == "facts.csv:1: the file holds no facts; allowed: a header line, then one fact a record"


def test_utf_16_is_told_once() -> None:
    assert fault((PLAIN + PLAIN_ROW).encode("utf-16")) == "facts.csv:1: the file is UTF-16; allowed: UTF-8"


def test_a_quote_too_many_spoils_its_own_line_only() -> None:
    rows = 'c1,note_added,2017-01-02,"open\n' + PLAIN_ROW.replace("mover_in", "") + 'c1,note_added,2017-01-03,"a\nb"\n'
    found = table("citizen,fact,on,text\n" + rows, skip_refused=True)
    assert [entry.line for entry in found.entries] == [4]
    assert [(each.line, each.text) for each in found.refused] == [
        (2, 'c1,note_added,2017-01-02,"open'),
        (3, "c1,ledighedsydelse_started,2017-01-02,"),
    ]


def test_an_open_quote_does_not_swallow_a_long_file() -> None:
    rows = 'c1,note_added,2017-01-02,"open\n' + "c1,note_added,2017-01-02,x\n" * 80_000
    began = time.perf_counter()
    found = table("citizen,fact,on,text\n" + rows, skip_refused=True)
    assert (len(found.entries), len(found.refused)) == (80_000, 1)
    assert time.perf_counter() - began < 30


@given(st.binary(max_size=300), st.sampled_from([PLAIN, 'citizen;fact;on;"route,\nvej"\n', ""]))
@example(b'"', PLAIN)
@example(b'"\n"\n"', PLAIN)
@example(b'a,"\n""\n"x\n', PLAIN)
def test_any_bytes_are_read_or_refused(data: bytes, header: str) -> None:
    columns = {"route,\nvej": "route"} if "vej" in header else {}
    assert read_or_refuse(header.encode() + data, columns)


def read_or_refuse(data: bytes, columns: Mapping[str, str]) -> bool:
    try:
        return bool(read_csv(data, "facts.csv", MODEL, columns).entries)
    except FactsInvalid as refused:
        return all(str(each).startswith("facts.csv:") for each in refused.faults)


@given(st.lists(st.text(st.sampled_from('a;",\n\r'), max_size=12), min_size=1, max_size=6))
def test_every_line_is_an_entry_or_in_a_refused_row(rows: list[str]) -> None:
    text = "citizen;fact;on\n" + "\n".join(rows)
    found = table(text + "\nc1;cv_published;2017-01-02\n", skip_refused=True)
    said = [line for line in "\n".join(rows).replace("\r\n", "\n").split("\n") if line.strip(';\r" ')]
    told = "\n".join(each.text for each in found.refused).replace("\r\n", "\n")
    assert all(line.strip("\r") in told for line in said)


# Refused rows


def test_refused_rows_are_written_as_entries_that_are_read_again(tmp_path: Path) -> None:
    wrong = "c1;01-03-2017;flexjob_started;;;e1;7,5;\nc1;2017-01-06;first_conversation_held;;caseworker|mento;;;\n"
    found = table(DANISH + START_ROW + wrong, skip_refused=True)
    assert [entry.kind for entry in found.entries] == ["ledighedsydelse_started"]
    path = tmp_path / "refused.jsonl"
    write_refused(path, found.refused)
    job, held = map(json.loads, path.read_text().splitlines())
    assert job["entry"] == {
        "citizen": "c1", "on": "01-03-2017", "fact": "flexjob_started", "employment": "e1", "weekly_hours": "7.5",
    }  # fmt: skip
    assert (job["line"], job["text"]) == (3, "c1;01-03-2017;flexjob_started;;;e1;7,5;")
    job["entry"]["on"] = "2017-03-01"
    held["entry"]["participants"][1] = "mentor"
    again = read_facts(lines(job, held), path.name, MODEL).entries
    assert [entry.content for entry in again] == [entry.content for entry in table(DANISH + JOB_ROW + HELD_ROW).entries]


def test_a_row_that_says_a_truth_or_a_number_wrong_can_be_corrected_as_text(tmp_path: Path) -> None:
    text = "citizen,fact,on,rule,n,reason\nc1,waived,2017-01-32,follow_up,2,ferie\n"
    path = tmp_path / "refused.jsonl"
    write_refused(path, table(text, skip_refused=True).refused)
    written_down = json.loads(path.read_text())
    written_down["entry"]["on"] = "2017-01-31"
    (entry,) = read_facts(lines(written_down), path.name, MODEL).entries
    assert entry.fields["n"] == 2


def test_what_names_a_refused_row_is_refused_with_it() -> None:
    text = "citizen,fact,on,id,route,of,reason\nc1,ledighedsydelse_started,x,f1,mover_in,,\n"
    of = f"c1,annulled,2017-02-01,,,{ANNULLED['of']},wrong\n"
    found = table(text + of + "c2,cv_published,2017-01-02,,,,\n", skip_refused=True)
    assert [entry.line for entry in found.entries] == [4]
    assert [fault.what for each in found.refused for fault in each.faults][1] == "of: 'f1' is refused itself"


def test_a_header_line_that_is_not_right_refuses_the_whole_file() -> None:
    with pytest.raises(FactsInvalid, match="no column stands for fact"):
        table("citizen,on\nc1,2017-01-02\n", skip_refused=True)
