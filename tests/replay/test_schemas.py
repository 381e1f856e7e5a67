"""The JSON Schemas of fact and scenario files accept what the readers accept, and know the same keys."""

import copy
import json
from collections.abc import Mapping
from importlib import resources
from pathlib import Path
from typing import Any, get_args

import pytest
from jsonschema import Draft202012Validator
from tests.models.test_schema import as_json
from tests.replay.fact_lines import ANNULLED, CHANGED, HELD, JOB, MEETING, START

from indsats.domain.catalogue import ADMINISTRATIVE, COMMON_KEYS
from indsats.domain.obligations import ChangePolicy, Status
from indsats.domain.obligations.obligation import Cause
from indsats.errors import InputInvalid
from indsats.models.document import read_document
from indsats.models.faults import Faults

SCENARIOS = Path(__file__).parents[2] / "scenarios"
STORIES = sorted(path for path in SCENARIOS.rglob("*.yaml") if path.parent.name != "models")


def schema(name: str) -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads((resources.files("indsats") / "schemas" / f"{name}.json").read_text("utf-8"))
    return loaded


FACTS, SCENARIO = schema("facts"), schema("scenario")
STORY: Mapping[str, Any] = {"model": "stevns-2017", "facts": [START]}


def accepts(schema: Mapping[str, Any], document: object) -> bool:
    return Draft202012Validator(schema).is_valid(document)


def test_the_schemas_are_schemas() -> None:
    Draft202012Validator.check_schema(FACTS)
    Draft202012Validator.check_schema(SCENARIO)


def test_a_fact_is_the_same_in_both() -> None:
    told = copy.deepcopy(SCENARIO["$defs"]["fact"])
    for key in ("title", "description"):
        del told[key]
    assert told == {key: value for key, value in FACTS.items() if key not in ("$schema", "title", "description")}


def test_the_schemas_know_the_keys_and_values_of_the_readers() -> None:
    assert set(FACTS["properties"]) == set(COMMON_KEYS)
    assert FACTS["allOf"][1]["if"]["properties"]["fact"]["enum"] == list(ADMINISTRATIVE)
    assert FACTS["allOf"][3]["then"]["properties"]["policy"]["enum"] == list(get_args(ChangePolicy))
    obligation = SCENARIO["$defs"]["obligation"]["properties"]
    assert obligation["status"]["enum"] == list(get_args(Status))
    assert obligation["cause"]["enum"] == [*get_args(Cause), None]


@pytest.mark.parametrize("path", STORIES, ids=lambda path: f"{path.parent.name}-{path.stem}")
def test_the_shipped_scenarios_are_valid(path: Path) -> None:
    document = as_json(read_document(str(path), path.read_bytes(), Faults(), InputInvalid))
    errors = Draft202012Validator(SCENARIO).iter_errors(document)
    assert [f"{error.json_path}: {error.message}" for error in errors] == []


@pytest.mark.parametrize("entry", [START, HELD, JOB, MEETING, ANNULLED, CHANGED], ids=lambda entry: str(entry["fact"]))
def test_facts_are_valid_alone_and_in_a_scenario(entry: Mapping[str, object]) -> None:
    assert accepts(FACTS, entry)
    assert accepts(SCENARIO, {**STORY, "facts": [entry]})


@pytest.mark.parametrize(
    "entry",
    [
        {**START, "fact": None},
        {**START, "fact": ""},
        {key: value for key, value in START.items() if key != "fact"},
        {key: value for key, value in START.items() if key != "citizen"},
        {key: value for key, value in START.items() if key != "on"},
        {**START, "citizen": "c 1"},
        {**START, "citizen": "010170-1234"},
        {**START, "citizen": "0101701234"},
        {**START, "on": "2 January"},
        {**START, "recorded": "2017-01-02T09:00:00"},
        {**START, "municipality": "336"},
        {**START, "id": 7},
        {**START, "route": {"to": "x"}},
        {**START, "route": [["x"]]},
        {**ANNULLED, "of": None},
        {**CHANGED, "policy": "forget"},
        {key: value for key, value in CHANGED.items() if key != "effective"},
    ],
    ids=repr,
)
def test_what_is_no_fact_is_not_valid(entry: Mapping[str, object]) -> None:
    assert not accepts(FACTS, entry)


@pytest.mark.parametrize(
    ("entry", "is_one"),
    [
        ({"citizen": "c1", "rule": "job_club", "due": None}, True),
        ({"citizen": "c1", "rule": "job_club"}, False),
        ({"citizen": "c1", "due": None}, False),
        ({"citizen": "c1", "rule": "job_club", "status": "late"}, False),
        ({"citizen": "c1", "rule": "job_club", "none": True}, True),
        ({"citizen": "c1", "rule": "job_club", "none": False}, False),
        ({"citizen": "c1", "none": True}, False),
        ({"citizen": "c1", "ledger": ["breached 2017-01-10"]}, True),
        ({"citizen": "c1", "ledger": ["broken 2017-01-10"]}, False),
        ({"citizen": "c1", "phase": None, "known_at": "2017-01-02T09:00:00Z"}, True),
        ({"citizen": "c1", "phase": "none", "as_of": "2017-01-02T09:00:00Z"}, False),
        ({"citizen": "c1", "irregular": []}, True),
        ({"kpi": "job_club_on_time", "share": "2/3"}, True),
        ({"kpi": "job_club_on_time", "numerator": 3, "met": None}, True),
        ({"kpi": "job_club_on_time"}, False),
        ({"kpi": "job_club_on_time", "citizen": "c1", "met": True}, False),
    ],
    ids=repr,
)
def test_the_forms_of_expectations(entry: Mapping[str, object], is_one: bool) -> None:
    assert accepts(SCENARIO, {**STORY, "expect": [entry]}) is is_one


@pytest.mark.parametrize("change", [{"facts": []}, {"facts": None}, {"until": "soon"}, {"titel": "x"}], ids=repr)
def test_what_is_no_scenario_is_not_valid(change: Mapping[str, object]) -> None:
    assert accepts(SCENARIO, STORY)
    assert not accepts(SCENARIO, {**STORY, **change})
