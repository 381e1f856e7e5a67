"""The file that says which column holds which key: read whole, with every fault at its place."""

from pathlib import Path

import pytest
from tests.replay.fact_lines import MODEL

from indsats.errors import FactsInvalid
from indsats.replay.columns import read_columns


def columns(folder: Path, text: str) -> dict[str, str]:
    path = folder / "columns.yaml"
    path.write_text(text)
    return read_columns(path, MODEL)


@pytest.mark.parametrize(
    "text",
    [
        'Borger-id: citizen\n"Dato, start": on\nTimer: weekly_hours  # of the week\nAf: of\nNotat: ""\n',
        '{"Borger-id": "citizen", "Dato, start": "on", "Timer": "weekly_hours", "Af": "of", "Notat": ""}',
    ],
    ids=["yaml", "json"],
)
def test_headers_are_mapped_to_keys_of_facts_or_passed_over(text: str, tmp_path: Path) -> None:
    assert columns(tmp_path, text) == {
        "Borger-id": "citizen",
        "Dato, start": "on",
        "Timer": "weekly_hours",
        "Af": "of",
        "Notat": "",
    }


def test_every_fault_is_told_at_its_place(tmp_path: Path) -> None:
    text = "Borger-id: citizn\nDato: [on]\nNotat:\nTimer: weekly_hours\nTimer: hours\n"
    with pytest.raises(FactsInvalid) as refused:
        columns(tmp_path, text)
    found = [str(fault).partition("columns.yaml:")[2].split("\n")[0] for fault in refused.value.faults]
    assert [fault.partition(";")[0] for fault in found] == [
        "1:12: column 'Borger-id' cannot be 'citizn'",
        "2:7: column 'Dato' must be text, not a list",
        "3:7: column 'Notat' stands for nothing",
        "5:1: the key 'Timer' stands here again",
    ]
    assert "; allowed: citizen, unit, fact, on, " in found[0]
    assert found[0].endswith("; did you mean citizen?")
    assert found[2].endswith('; allowed: "", which passes it over, or a key of a fact')


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("", "the file is empty"),
        ("- citizen\n", "a mapping of columns must be a mapping, not a list"),
        ("a: [", "this is not YAML"),
    ],
)
def test_a_file_that_is_no_mapping_is_refused(text: str, what: str, tmp_path: Path) -> None:
    with pytest.raises(FactsInvalid, match=what):
        columns(tmp_path, text)


def test_a_file_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(FactsInvalid, match="there is no such file"):
        read_columns(tmp_path / "columns.yaml", MODEL)
