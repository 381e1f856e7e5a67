"""Scenario files: what is read, and that every fault is told with file, line, column and a caret."""

import json
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.replay.stories import FACTS, fault, faults, scenario

from indsats.errors import FactsInvalid
from indsats.models.library import load
from indsats.replay.expectations import NothingOwed
from indsats.replay.scenario import read_scenario

SHIPPED = sorted(
    path for path in (Path(__file__).parents[2] / "scenarios").rglob("*.yaml") if path.parent.name != "models"
)


# What is read


def test_facts_are_read_as_in_a_fact_file(tmp_path: Path) -> None:
    story = scenario(tmp_path, FACTS)
    assert (story.title, story.source) == ("First conversation registered twelve days late", "001 section 7.C")
    assert story.model is load("stevns-2017")
    started, held = story.entries
    assert (started.citizen, started.id, started.line, started.fields) == ("c1", "f1", 5, {"route": "mover_in"})
    assert (held.recorded_at, held.line, held.fields) == (
        datetime(2017, 1, 18, 9, tzinfo=UTC),
        6,
        {"participants": ["caseworker"]},
    )


def test_values_are_text_until_the_field_says_what_they_are(tmp_path: Path) -> None:
    text = """\
model: stevns-2017
facts:
  - {citizen: 007, on: 2017-01-02, fact: flexjob_started, employment: 1, weekly_hours: 7.50, employer: NO, unit: ~}
  - {citizen: no, on: 2017-01-02, fact: screened, nominate: true, ten_hours_or_less: false, id: null}
  - {citizen: no, on: 2017-01-02, fact: waived, rule: screening, n: 2, reason: 12:30}
"""
    story = scenario(tmp_path, text)
    assert [entry.citizen for entry in story.entries] == ["007", "no", "no"]
    assert [entry.fields for entry in story.entries] == [
        {"employment": "1", "weekly_hours": "7.5", "employer": "NO"},
        {"nominate": True, "ten_hours_or_less": False},
        {"rule": "screening", "n": 2, "reason": "12:30"},
    ]


def test_json_is_read_by_the_same_reader(tmp_path: Path) -> None:
    fact = {"citizen": "c1", "on": "2017-01-02", "fact": "screened", "nominate": True, "ten_hours_or_less": False}
    expect = {"citizen": "c1", "rule": "screening", "none": True}
    document = {"model": "stevns-2017", "facts": [fact], "expect": [expect]}
    story = scenario(tmp_path, json.dumps(document, indent=1), "story.json")
    assert story.entries[0].fields == {"nominate": True, "ten_hours_or_less": False}
    assert isinstance(story.expect[0], NothingOwed)


def test_the_run_ends_with_until_or_else_with_the_last_day_named(tmp_path: Path) -> None:
    assert scenario(tmp_path, FACTS).until == date(2017, 1, 18), "the last registration"
    expect = "expect:\n  - {citizen: c1, rule: first_conversation, ledger: [breached 2017-02-10]}\n"
    assert scenario(tmp_path, FACTS + expect).until == date(2017, 2, 10), "an expected day"
    point = "expect:\n  - {citizen: c1, phase: ledighedsydelse, known_at: 2017-03-01}\n"
    assert scenario(tmp_path, FACTS + point).until == date(2017, 3, 1)
    assert scenario(tmp_path, FACTS + "until: 2017-01-20\n" + expect).until == date(2017, 1, 20)
    assert read_scenario(tmp_path / "story.yaml", until=date(2017, 1, 31)).until == date(2017, 1, 31)


def test_a_model_may_be_given_instead_of_the_files_own(tmp_path: Path) -> None:
    path = tmp_path / "story.yaml"
    path.write_text(FACTS.replace("model: stevns-2017\n", ""))
    aalborg = load("aalborg-2017")
    assert read_scenario(path, model=aalborg).model is aalborg
    path.write_text(FACTS)
    assert read_scenario(path, model=aalborg, municipality="0101").entries[0].municipality == "0101"


def test_the_path_of_a_model_is_relative_to_the_scenario(tmp_path: Path) -> None:
    (tmp_path / "models").mkdir()
    (tmp_path / "models" / "own.yaml").write_text("id: own\nversion: 3\nextends: stevns-2017\n")
    change = "  - {citizen: c1, on: 2017-01-20, fact: model_changed, to: stevns-2017, policy: keep,\n"
    change += "     effective: 2017-02-01}\n"
    (tmp_path / "stories").mkdir()
    path = tmp_path / "stories" / "story.yaml"
    path.write_text((FACTS + change).replace("stevns-2017", "../models/own.yaml"))
    story = read_scenario(path)
    assert story.model.reference == "own@3"
    assert story.models["../models/own.yaml"].reference == "own@3"


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: f"{path.parent.name}-{path.stem}")
def test_every_shipped_scenario_is_without_faults(path: Path) -> None:
    story = read_scenario(path)
    assert story.title
    assert story.source
    assert story.expect


# Faults


def test_a_fault_of_a_fact_stands_at_its_value_with_a_caret_below(tmp_path: Path) -> None:
    text = FACTS.replace("route: mover_in", "route: moved_in")
    line = "  - {citizen: c1, on: 2017-01-02, fact: ledighedsydelse_started, route: moved_in, id: f1}"
    first, *excerpt = fault(tmp_path, text).splitlines()
    assert first.startswith("story.yaml:5:73: route: 'moved_in' is not allowed; allowed: rehab_referral, ")
    assert first.endswith("; did you mean mover_in?")
    assert excerpt == [line, " " * line.index("moved_in") + "^"]


@pytest.mark.parametrize(
    ("fact", "text"),
    [
        ("recorded: 2017-02-30T10:00:00Z, fact: cv_published", "8:45: recorded: '2017-02-30T10:00:00Z' does not exist"),
        ("fact: cv_publisht", "8:41: fact: 'cv_publisht' is no kind of fact; allowed: "),
        ("fact: referred", "8:5: track: missing; allowed: job_club, individual, "),
        ("fact: cv_published, note: x", "8:55: note: unknown field; allowed: none"),
        ("fact: cv_published, recorded: 2017-02-03T10:00:00", "names no offset from UTC; allowed: "),
        ("fact: screened, nominate: yes, ten_hours_or_less: true", "8:61: nominate: 'yes' is not allowed"),
        ("fact: flexjob_started, employment: e, weekly_hours: -1", "weekly_hours: -1 lies outside 0 to"),
        ("fact: flexjob_started, employment: e, weekly_hours: .nan", "weekly_hours: '.nan' is no number"),
        ("fact: flexjob_started, employment: [e], weekly_hours: 8", "8:70: employment: is a list"),
        ("fact: flexjob_started, employment: {a: b}, weekly_hours: 8", "employment: is an object"),
        ("fact: waived, rule: screening, n: 0, reason: x", "n: 0 is less than 1; allowed: a whole number"),
        ("fact: annulled, of: f2, reason: x", "8:55: of: 'f2' is no id of another fact of 'c1'; allowed: f1"),
        ("fact: cv_published, id: f1", "8:59: id: 'f1' stands on line 5 too, with other content"),
        ("fact: cv_published, on: 2017-02-04", "8:55: the key 'on' stands here again"),
        ("fact: cv_published, id: &x y", "8:59: the anchor &x is not allowed"),
        ("fact: cv_published, id: !!str y", "a tag (!) is not allowed"),
        ("fact: model_changed, to: nowhere, policy: keep, effective: 2017-03-01", "to: 'nowhere' is no model"),
    ],
    ids=lambda value: value,
)  # fmt: skip
def test_every_fault_of_a_fact_is_told_with_line_and_column(tmp_path: Path, fact: str, text: str) -> None:
    found = fault(tmp_path, f"{FACTS}  - {{citizen: c1, on: 2017-02-03, {fact}}}\n").partition("\n")[0]
    assert found.startswith("story.yaml:8:")
    assert text in found


@pytest.mark.parametrize("citizen", ["0101701234", "010170-1234", "'010170 1234'"])
def test_a_citizen_is_no_cpr_number(tmp_path: Path, citizen: str) -> None:
    text = f"model: stevns-2017\nfacts:\n  - {{citizen: {citizen}, on: 2017-01-02, fact: cv_published}}\n"
    assert fault(tmp_path, text).startswith("story.yaml:3:15: citizen: looks like a CPR number; allowed: an opaque id")


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (FACTS.replace("title:", "titel:"), "story.yaml:1:1: a scenario has no key 'titel'; allowed: title, "),
        (FACTS.replace("title: F", "title:\n# F"), "story.yaml:1:7: title is empty"),
        (FACTS.replace("model: stevns-2017\n", ""), "story.yaml:1:1: a scenario lacks the key 'model'"),
        (FACTS.replace("stevns-2017", "stevns-2071"), "story.yaml:3:8: model: 'stevns-2071' is no model that "),
        (FACTS.replace("stevns-2017", "[stevns-2017]"), "story.yaml:3:8: model must be text, not a list"),
        (FACTS + "until: 2017-13-01\n", "story.yaml:8:8: until: '2017-13-01' does not exist in the calendar"),
        (FACTS + "expect: none\n", "story.yaml:8:9: expect must be a list, not 'none'"),
        (FACTS[: FACTS.index("facts:")], "story.yaml:1:1: a scenario lacks the key 'facts'"),
        (FACTS[: FACTS.index("  - ")] + "  - c1\n", "story.yaml:5:5: a fact must be a mapping, not 'c1'"),
        (FACTS[: FACTS.index("facts:")] + "facts: []\n", "story.yaml:4:8: a scenario has at least one fact"),
        (FACTS[:250], "story.yaml:6:57: this is not YAML: "),
        ("- c1\n", "story.yaml:1:1: a scenario must be a mapping, not a list"),
        ("", "story.yaml:1: the file is empty"),
        (" " * 1_000_000, "story.yaml:1: the file is empty"),
        ("\t" + FACTS, "story.yaml:1:1: a tab; indent with spaces"),
        (FACTS.replace("First", "Første").encode("latin-1"), "story.yaml:1:9: byte 0xf8 (number 9 of the file) is not"),
        (FACTS.encode() + b"\0", "story.yaml:8:1: the control character 0x00 is not allowed"),
    ],
    ids=lambda value: repr(value[:40]) + repr(value[-20:]),
)  # fmt: skip
def test_a_file_that_is_no_scenario_is_told(tmp_path: Path, text: str | bytes, told: str) -> None:
    assert faults(tmp_path, text)[0].startswith(told)


def test_a_file_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(FactsInvalid, match="there is no such file"):
        read_scenario(tmp_path / "absent.yaml")


def test_the_faults_of_the_models_file_are_told_too(tmp_path: Path) -> None:
    (tmp_path / "own.yaml").write_text("id: own\nversion: one\nextends: stevns-2017\n")
    first, second = faults(tmp_path, FACTS.replace("stevns-2017", "own.yaml"))
    assert first.startswith("story.yaml:3:8: model: 'own.yaml' is no model that can be used")
    assert second.startswith("own.yaml:2:10: version")


def test_all_faults_of_a_file_are_told_at_once_in_its_order(tmp_path: Path) -> None:
    text = FACTS.replace("mover_in", "x").replace("caseworker", "y").replace("2017-01-06", "z").replace("titl", "tit")
    found = faults(tmp_path, text + "until: soon\nexpect:\n  - {citizen: c2, rule: job, due: x}\n")
    assert [each.split(": ")[0].removeprefix("story.yaml:").partition(":")[0] for each in found] == [
        *("1", "5", "6", "6", "8", "10", "10", "10")
    ]


def test_a_fault_of_a_fact_makes_none_of_what_is_expected_of_it(tmp_path: Path) -> None:
    text = FACTS.replace("mover_in", "x") + "expect:\n  - {citizen: c1, irregular: [f1]}\n"
    assert len(faults(tmp_path, text)) == 1


PATCHES = st.tuples(st.integers(0, len(FACTS)), st.binary(max_size=6))


@given(PATCHES.map(lambda patch: FACTS.encode()[: patch[0]] + patch[1] + FACTS.encode()[patch[0] :]) | st.binary())
def test_any_bytes_are_a_scenario_or_faults(tmp_path_factory: pytest.TempPathFactory, data: bytes) -> None:
    path = tmp_path_factory.getbasetemp() / "any.yaml"
    path.write_bytes(data)
    try:
        assert read_scenario(path).entries
    except FactsInvalid as refused:
        told = [str(each) for each in refused.faults]
        assert all(each.startswith(str(path)) or "there is no model" in each for each in told)
