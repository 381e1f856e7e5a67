"""Refused lines: left out with their reasons, written to a file, corrected and read again."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.replay.fact_lines import ANNULLED, HELD, JOB, MODEL, START, lines

from indsats.errors import FactsInvalid, InputInvalid
from indsats.replay.facts_file import FactsFile, Refusal, read_facts
from indsats.replay.lines import LONGEST_LINE
from indsats.replay.refused import write_refused

WRONG = {**START, "on": "2017-02-30", "id": "f1"}
NAMED = {**START, "id": "f1"}
NOTE = {"citizen": "c1", "fact": "supplemented", "on": "2017-02-01", "of": "f1", "id": "s1", "route": "mover_in"}


def skip(data: bytes) -> FactsFile:
    return read_facts(data, "facts.jsonl", MODEL, skip_refused=True)


def reasons(file: FactsFile) -> dict[int, list[str]]:
    return {each.line: [fault.text.partition(": ")[2] for fault in each.faults] for each in file.refused}


def test_a_file_without_faults_has_no_refused_lines() -> None:
    assert skip(lines(START, HELD)) == read_facts(lines(START, HELD), "facts.jsonl", MODEL)
    assert skip(lines(START, HELD)).refused == ()


def test_lines_with_faults_are_left_out_with_all_their_reasons() -> None:
    found = skip(lines(START, {**JOB, "on": "x", "weekly_hours": -1}) + b"no JSON\n" + lines(HELD))
    assert [(entry.line, entry.kind) for entry in found.entries] == [
        (1, "ledighedsydelse_started"),
        (4, "first_conversation_held"),
    ]
    assert [each.line for each in found.refused] == [2, 3]
    first, second = found.refused
    assert [fault.what.partition(":")[0] for fault in first.faults] == ["on", "weekly_hours"]
    assert first.entry is not None
    assert json.loads(bytes(first.entry)) == {**JOB, "on": "x", "weekly_hours": -1}
    assert (second.text, second.entry) == ("no JSON", None)


@pytest.mark.parametrize(
    "line",
    [
        b'{"citizen": "c\xf8"}',
        b'{"citizen": "\x00"}',
        b'{"citizen": "c1", "citizen": "c1"}',
        b'{"citizen": "c1", "fact": "x", "on": NaN}',
        b"[" * 200_000,
        b"\t" * (LONGEST_LINE + 1),
    ],
    ids=lambda line: repr(line[:30]),
)
def test_a_line_that_does_not_say_one_thing_has_no_entry(line: bytes) -> None:
    found = skip(lines(START) + line + b"\n" + lines(HELD))
    assert [entry.line for entry in found.entries] == [1, 3]
    ((number, text, entry),) = [(each.line, each.text, each.entry) for each in found.refused]
    assert (number, entry) == (2, None)
    assert text == line.decode(errors="replace")


def test_a_key_that_stands_twice_is_not_kept_whatever_its_last_value() -> None:
    twice = lines(NAMED)[:-2] + b', "route": "dismissed_flexjob"}\n'
    found = skip(twice + lines(ANNULLED, HELD))
    assert [entry.kind for entry in found.entries] == ["first_conversation_held"]
    assert reasons(found)[2] == ["of: 'f1' is refused itself"]


def test_what_names_a_refused_fact_is_refused_with_it_however_far() -> None:
    far = {**ANNULLED, "of": "s1", "id": "a1"}
    for entries in ([WRONG, NOTE, far, HELD], [far, NOTE, HELD, WRONG]):
        found = skip(lines(*entries))
        assert [entry.kind for entry in found.entries] == ["first_conversation_held"]
        told = [text for texts in reasons(found).values() for text in texts]
        assert sorted(text.partition(";")[0] for text in told) == [
            "of: 'f1' is refused itself",
            "of: 's1' is refused itself",
            "on: '2017-02-30' does not exist in the calendar",
        ]


def test_what_names_no_fact_at_all_is_refused_and_so_is_what_names_that() -> None:
    found = skip(lines(NOTE, {**ANNULLED, "of": "s1"}, {**START, "id": "f2"}))
    assert reasons(found) == {
        1: ["of: 'f1' is no id of another fact of 'c1'; allowed: f2"],
        2: ["of: 's1' is refused itself"],
    }


def test_what_is_refused_for_a_reason_of_its_own_keeps_that_one() -> None:
    found = skip(lines({**ANNULLED, "id": "a1"}, {**ANNULLED, "of": "a1"}, HELD))
    assert reasons(found) == {
        1: ["of: 'f1' is no id of another fact of 'c1'; allowed: none"],
        2: ["of: 'a1' on line 1 is an annulment, which stays"],
    }


def test_what_names_a_fact_that_stands_there_too_is_kept() -> None:
    found = skip(lines(WRONG, NAMED, ANNULLED))
    assert [entry.line for entry in found.entries] == [2, 3]


def test_of_one_id_with_two_contents_the_later_is_refused() -> None:
    found = skip(lines(NAMED, {**NAMED, "route": "dismissed_flexjob"}, ANNULLED))
    assert [entry.line for entry in found.entries] == [1, 3]
    assert reasons(found) == {2: ["id: 'f1' stands on line 1 too, with other content"]}


def test_a_long_chain_of_facts_that_name_each_other_is_followed_to_its_end() -> None:
    chain = [{**NOTE, "id": f"s{n}", "of": f"s{n - 1}"} for n in range(1, 3_000)]
    found = skip(lines(*reversed(chain), HELD))
    assert len(found.refused) == len(chain)


def test_facts_without_id_have_the_ids_that_they_have_without_the_refused_lines() -> None:
    assert [entry.id for entry in skip(lines({**START, "role": " "}, START)).entries] == [
        entry.id for entry in skip(lines(START)).entries
    ]


@pytest.mark.parametrize(
    ("data", "text"),
    [
        ("\ufeffx".encode("utf-16"), "the file is UTF-16"),
        (lines(WRONG) + b"\n" * 10_001, "more than 10,000 blank lines"),
        (b"", "the file holds no facts"),
    ],
    ids=["utf-16", "blank", "empty"],
)
def test_a_file_that_cannot_be_read_is_refused_as_a_whole(data: bytes, text: str) -> None:
    with pytest.raises(FactsInvalid, match=text):
        skip(data)


def test_a_file_of_which_every_line_is_refused_has_no_entries() -> None:
    found = skip(lines(WRONG))
    assert (found.entries, len(found.refused)) == ((), 1)


# The file


def test_they_are_written_one_a_line_with_their_reasons(tmp_path: Path) -> None:
    path = tmp_path / "refused.jsonl"
    write_refused(path, skip(lines(HELD, {**START, "route": "å"}) + b"{\n").refused)
    wrong, broken = map(json.loads, path.read_text().splitlines())
    [reason] = wrong.pop("reasons")
    assert reason.startswith("facts.jsonl:2: route: 'å' is not allowed; allowed: rehab_referral, ")
    entry = {**START, "route": "å"}
    assert wrong == {"file": "facts.jsonl", "line": 2, "text": json.dumps(entry), "entry": entry}
    assert (broken["line"], broken["text"], broken["entry"]) == (3, "{", None)
    assert path.stat().st_mode & 0o077 == 0, "lines may hold personal data"


def test_an_entry_corrected_where_it_stands_is_read(tmp_path: Path) -> None:
    path = tmp_path / "refused.jsonl"
    write_refused(path, skip(lines(HELD, WRONG)).refused)
    with pytest.raises(FactsInvalid, match=r"refused\.jsonl:1: on: '2017-02-30' does not exist in the calendar"):
        read_facts(path.read_bytes(), path.name, MODEL)
    written = json.loads(path.read_text())
    written["entry"]["on"] = "2017-02-28"
    found = read_facts(lines(written), path.name, MODEL).entries
    assert found == read_facts(lines({**WRONG, "on": "2017-02-28"}), path.name, MODEL).entries


def test_a_refused_line_that_is_refused_again_keeps_its_entry(tmp_path: Path) -> None:
    path = tmp_path / "refused.jsonl"
    write_refused(path, skip(lines(HELD, WRONG)).refused)
    before = json.loads(path.read_text())["entry"]
    write_refused(path, skip(path.read_bytes()).refused)
    assert json.loads(path.read_text())["entry"] == before


def test_a_refused_line_without_entry_is_no_fact(tmp_path: Path) -> None:
    path = tmp_path / "refused.jsonl"
    write_refused(path, skip(lines(HELD) + b"{\n").refused)
    text = r"refused\.jsonl:1: entry: is no entry; allowed: the line corrected, as one JSON object"
    with pytest.raises(FactsInvalid, match=text):
        read_facts(path.read_bytes(), path.name, MODEL)


def test_nothing_is_left_half_written(tmp_path: Path) -> None:
    path = tmp_path / "refused.jsonl"
    path.write_text("what was there\n")
    (one,) = skip(lines(WRONG)).refused

    def breaks_off() -> Iterator[Refusal]:
        yield one
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write_refused(path, breaks_off())
    assert ([*tmp_path.iterdir()], path.read_text()) == ([path], "what was there\n")


@pytest.mark.parametrize("where", ["no/such/refused.jsonl", "folder"])
def test_a_place_that_cannot_be_written_is_told(where: str, tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    with pytest.raises(InputInvalid, match=f"{where}: cannot be written: "):
        write_refused(tmp_path / where, [])
    assert [*tmp_path.iterdir()] == [tmp_path / "folder"]
