"""Fact files: bytes become lines and lines become entries, or faults that name file and line."""

import io
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from tests.replay.fact_lines import HELD, JOB, MODEL, START, fault, faults, lines, read

from indsats.errors import FactsInvalid
from indsats.replay.entries import AnyLine
from indsats.replay.facts_file import read_facts
from indsats.replay.lines import LONGEST_LINE


def test_lines_end_in_either_way_and_blank_ones_are_passed_over() -> None:
    data = b"\xef\xbb\xbf" + lines(START).replace(b"\n", b"\r\n") + b"\r\n \t\n" + lines(HELD).rstrip()
    assert [(entry.line, entry.kind) for entry in read(data).entries] == [
        (1, "ledighedsydelse_started"),
        (4, "first_conversation_held"),
    ]


def test_a_file_is_read_as_a_stream_too(tmp_path: Path) -> None:
    path = tmp_path / "facts.jsonl"
    path.write_bytes(lines(START, HELD))
    with path.open("rb") as file:
        assert read_facts(file, path.name, MODEL) == read(path.read_bytes())


NOT_JSON = "this is not JSON"
AN_OBJECT = "allowed: one JSON object a line"


@pytest.mark.parametrize(
    ("line", "text"),
    [
        (b'{"citizen": "c1" "fact"}\n', f"facts.jsonl:2:18: {NOT_JSON}: expecting ',' delimiter; {AN_OBJECT}"),
        (b"{'citizen': 'c1'}\n", f"facts.jsonl:2:2: {NOT_JSON}: expecting property name"),
        (b"c1;2017-01-02;referred\n", "facts.jsonl:2:1: this is not JSON: expecting value"),
        (b'{"citizen": "c1"} {"citizen": "c2"}\n', "facts.jsonl:2:19: this is not JSON: extra data"),
        (b"[1, 2]\n", "facts.jsonl:2: is no JSON object; allowed: one JSON object a line"),
        (b"null\n", "facts.jsonl:2: is no JSON object"),
        (b"NaN\n", "facts.jsonl:2: is no JSON object"),
        (b'"c1"\n', "facts.jsonl:2: is no JSON object"),
        (b'{"citizen": "c\xf8"}\n', "facts.jsonl:2:15: byte 0xf8 is not UTF-8; save the file as UTF-8"),
        ('{"å": "'.encode() + b'\xe6"}\n', "facts.jsonl:2:8: byte 0xe6 is not UTF-8"),
        (b'{"citizen": "\x00"}\n', "facts.jsonl:2:14: holds a NUL byte"),
        (b'{"citizen": "\x07"}\n', "facts.jsonl:2:14: this is not JSON: invalid control character; "),
        (b"\xef\xbb\xbf{}\n", "facts.jsonl:2:1: this is not JSON: "),
        (b"[" * 200_000 + b"\n", "facts.jsonl:2: nested too deeply; allowed: one JSON object a line"),
        (b'{"a":' * 150_000 + b"\n", "facts.jsonl:2: nested too deeply"),
        (b"\t" * (LONGEST_LINE + 1) + b"\n", "facts.jsonl:2: the line is longer than 1,000,000 bytes"),
        (b" " * 5 * LONGEST_LINE + b"{}\n", "facts.jsonl:2: the line is longer than 1,000,000 bytes"),
        (lines({str(n): n for n in range(201)}), "facts.jsonl:2: has 201 keys; allowed: at most 200"),
        (b"{" + b'"a":1,' * 150_000 + b'"a":1}\n', "facts.jsonl:2: a: stands twice in the line"),
        (b"{}\n", "facts.jsonl:2: citizen: missing, and no unit is named either"),
    ],
    ids=lambda value: repr(value[:30]),
)  # fmt: skip
def test_a_line_that_is_no_entry_is_told_and_those_after_it_are_read(line: bytes, text: str) -> None:
    found = faults(lines(START) + line + lines({**HELD, "on": "x"}))
    assert found[0].startswith(text) or any(each.startswith(text) for each in found[:-1])
    assert found[-1].startswith("facts.jsonl:3: on: 'x' is no day")


def test_a_key_that_stands_twice_is_told_beside_the_other_faults_of_the_line() -> None:
    twice = lines(START)[:-2] + b', "on": "2017-02-30", "on": "2017-01-31", "route": "x"}\n'
    assert [each.partition(";")[0] for each in faults(twice)] == [
        "facts.jsonl:1: on: stands twice in the line",
        "facts.jsonl:1: route: stands twice in the line",
        "facts.jsonl:1: route: 'x' is not allowed",
    ]


@pytest.mark.parametrize("cut", [10, 40, 60, 80, len(lines(START)) - 2])
def test_a_file_cut_off_in_its_last_line_says_so(cut: int) -> None:
    text = fault(lines(HELD) + lines(START)[:cut])
    assert text.startswith("facts.jsonl:2:")
    assert ": the last line is cut off; this is not JSON: " in text


def test_a_last_line_without_end_is_not_cut_off() -> None:
    assert "cut off" not in fault(lines(HELD) + b'{"a": x}')
    assert len(read(lines(HELD) + lines(START).rstrip()).entries) == 2


@pytest.mark.parametrize("data", [b"", b"\n\r\n", b"  \t ", b"\xef\xbb\xbf"], ids=repr)
def test_a_file_without_facts_is_no_fact_file(data: bytes) -> None:
    assert fault(data) == "facts.jsonl:1: the file holds no facts; allowed: one JSON object a line"


def test_a_huge_file_of_nothing_is_refused_before_it_is_read_to_the_end() -> None:
    class Endless(io.RawIOBase):
        def __init__(self, block: bytes) -> None:
            self.block = block
            self.given = 0

        def readable(self) -> bool:
            return True

        def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
            self.given += 1
            assert self.given < 1_000, "nobody reads on and on"
            buffer[: len(self.block)] = self.block
            return len(self.block)

    with pytest.raises(FactsInvalid, match=r"facts\.jsonl:10001: more than 10,000 blank lines in a row"):
        read_facts(io.BufferedReader(Endless(b"    \n" * 100), 512), "facts.jsonl", MODEL)


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-be"])
def test_utf_16_is_told_once(encoding: str) -> None:
    data = ("\ufeff" if encoding == "utf-16-be" else "").encode(encoding) + lines(START, HELD).decode().encode(encoding)
    assert fault(data) == "facts.jsonl:1: the file is UTF-16; allowed: UTF-8"


def test_every_fault_of_a_line_and_of_the_file_is_told() -> None:
    found = faults(lines({**JOB, "on": "x", "weekly_hours": -1, "extra": 1}, HELD, {**START, "citizen": ""}))
    assert [each.partition(" ")[0] + each.split(" ")[1] for each in found] == [
        "facts.jsonl:1:on:",
        "facts.jsonl:1:weekly_hours:",
        "facts.jsonl:1:extra:",
        "facts.jsonl:3:citizen:",
    ]


def test_of_very_many_faults_the_first_hundred_are_told_and_the_rest_counted() -> None:
    found = faults(lines(*({**START, "on": "x"} for _ in range(250))))
    assert len(found) == 101
    assert found[0].startswith("facts.jsonl:1: ")
    assert found[-1] == "and 150 more faults"


@given(st.binary(max_size=400))
@example(b'{"on": "\\ud800"}')
@example(b'{"weekly_hours": 1e999999, "n": -1e-999999}')
@example(b'{"weekly_hours": 1e9999999999999999999999}')
@example(b'{"citizen": ' + b"9" * 5_000 + b"}")
def test_any_bytes_are_read_or_refused(data: bytes) -> None:
    assert read_or_refuse(data)


KEYS = st.sampled_from(
    [*"citizen unit fact on recorded id actor role municipality".split(), *"of to policy n route".split()]
)
JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=8)
    | st.sampled_from(["c1", "2017-01-02", *MODEL.facts]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=4,
)


@given(st.lists(st.dictionaries(KEYS | st.text(max_size=4), JSON), min_size=1, max_size=4))
def test_any_objects_are_read_or_refused(entries: list[dict[str, object]]) -> None:
    assert read_or_refuse(lines(*entries))


def read_or_refuse(data: bytes) -> bool:
    """Whether all that came of the bytes is entries, or faults that name the file."""
    try:
        return bool(read(data).entries)
    except FactsInvalid as refused:
        return all(str(each).startswith("facts.jsonl:") and "\n" not in str(each) for each in refused.faults)


def values(name: str) -> st.SearchStrategy[object]:
    """Values of a field of the base catalogue, by its type."""
    return {
        "text": st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=6),
        "bool": st.booleans(),
        "int": st.integers(1, 99),
        "decimal": st.decimals(0, 168, places=2).map(str),
        "date": st.dates(date(2016, 1, 1), date(2019, 1, 1)).map(str),
        "duration": st.sampled_from(["P7D", "P2W", "P3M", "P10WD"]),
        "role": st.sampled_from(list(MODEL.roles)),
        "kind": st.sampled_from(list(MODEL.facts)),
    }[name]


@st.composite
def written(draw: st.DrawFn) -> dict[str, object]:
    """A valid entry of any kind that a citizen's file can hold, as it would be written."""
    kind = draw(
        st.sampled_from(
            [each for each in MODEL.facts.values() if each.subject == "citizen" and each.effect != "supplement"]
        )
    )
    entry: dict[str, object] = {
        "citizen": draw(st.sampled_from(["c1", "c2", "ø-3"])),
        "fact": kind.name,
        "on": str(draw(st.dates(date(2016, 1, 1), date(2019, 1, 1)))),
    }
    if draw(st.booleans()):
        late = draw(st.timedeltas(timedelta(0), timedelta(days=400)))
        entry["recorded"] = (datetime(2017, 1, 1, tzinfo=UTC) + late).isoformat()
    for name, type_ in kind.fields.items():
        if type_.optional and draw(st.booleans()):
            continue
        value = st.sampled_from(type_.values) if type_.values else values(type_.name)
        entry[name] = draw(st.lists(value, max_size=3) if type_.is_list else value)
    return entry


def rewritten(entries: tuple[AnyLine, ...]) -> Iterator[dict[str, object]]:
    for entry in entries:
        yield {
            "citizen": entry.citizen,
            "fact": entry.kind,
            "on": entry.on.isoformat(),
            "recorded": entry.recorded_at.isoformat(),
            "id": entry.id,
            "actor": entry.actor,
            "role": entry.role,
            "municipality": entry.municipality,
            **entry.fields,
        }


@given(st.lists(written(), min_size=1, max_size=5))
def test_what_is_written_and_read_is_the_same_fact(entries: list[dict[str, object]]) -> None:
    first = read(lines(*entries))
    assert [entry.kind for entry in first.entries] == [entry["fact"] for entry in entries]
    assert read(lines(*rewritten(first.entries))) == first
