"""Every command that prints a document prints one of the schema that the package has for it."""

import copy
import json
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any, get_args

import pytest
from jsonschema import Draft202012Validator
from tests.cli.databases import clubbed, empty, make, new_path, right, sound, spoiled, staffed, swept
from tests.cli.test_replay import STORY, facts, run
from tests.test_docs import subcommands

from indsats.cli.main import indsats
from indsats.domain.model import Force
from indsats.domain.obligations import Status
from indsats.domain.obligations.obligation import Cause

Place = tuple[str | int, ...]

NAMES = sorted(entry.name.removesuffix(".json") for entry in (resources.files("indsats") / "schemas").iterdir())
FORMS = ("facts", "model", "scenario")
STORIES = "scenarios/stories"
HELD = f"{STORIES}/hold-over-the-anchor.yaml"
IRREGULAR = f"{STORIES}/irregular.yaml"
MEETINGS = f"{STORIES}/project-meetings.yaml"
PERMIT = "scenarios/models/permit.yaml"
STEVNS = ("--model", "stevns-2017")

RUNS: Mapping[str, list[list[str]]] = {
    "replay": [
        [str(STORY)],
        [HELD, IRREGULAR],
        [MEETINGS],
        [f"{STORIES}/at-project-start.yaml", f"{STORIES}/no-show.yaml"],
        ["scenarios/kpis/days_to_flexjob.yaml", "--as-of", "2017-02-01"],
        [str(STORY), "--known-at", "2017-01-12T09:00:00+01:00"],
    ],
    "demo": [[]],
    "check": [[str(STORY)], [HELD, IRREGULAR, MEETINGS], [str(STORY), "--db", "SOUND"]],
    "record": [[str(STORY), "--db", "NONE", *STEVNS]],
    "import": [[str(STORY), "--db", "OWN"], [str(STORY), "--db", "NONE", *STEVNS]],
    "annul": [["c1-start", "--reason", "wrong citizen", "--db", "OWN"]],
    "correct": [["c1-start", "RIGHT", "--db", "OWN"]],
    "obligations": [["--db", "SOUND"], ["--db", "SOUND", "--known-at", "2017-01-12"]],
    "follow-ups": [["--db", "SOUND"], ["--db", "SOUND", "--limit", "1", "--lang", "da"]],
    "pathway": [["c1", "--db", "SOUND"]],
    "kpi": [
        ["first_conversation_on_time", "--db", "SOUND", "--as-of", "2017-02-01", "--who"],
        ["--db", "SOUND", "--by", "unit", "--suppress"],
        ["job_club_on_time", "--db", "SOUND", "--by", "month", "--as-of", "2017-04-01"],
        "first_conversation_on_time --db SOUND --as-of 2017-02-01 --bridge 2017-01-12 2017-02-01".split(),
    ],
    "limits": [["--db", "SOUND"], ["club_size", "--db", "SOUND", "--as-of", "2017-01-02"], ["--db", "CLUBBED"]],
    "report status": [
        ["--period", "2017-02", "--who", "--db", "SOUND"],
        ["--period", "2017-Q1", "--suppress", "--out", "NEW", "--db", "SOUND"],
        ["--period", "2017-01-01/2017-01-12", "--known-at", "2017-01-12", "--lang", "da", "--db", "SOUND"],
    ],
    "sweep": [["--db", "OWN"]],
    "reassign": [
        ["--from", "anna", "--to", "eva", "--db", "STAFFED"],
        ["--from", "anna", "--to", "eva", "--dry-run", "--role", "mentor", "--lang", "da", "--db", "STAFFED"],
    ],
    "remark": [["c1", "first_conversation", "--text", "ill", "--db", "OWN"]],
    "calendar": [["--worker", "anna", "--out", "NEW", "--db", "STAFFED"]],
    "export parquet": [["--out", "NEW", "--db", "SOUND"]],
    "worker": [["--once", "--db", "OWN"]],
    "outbox": [["--db", "SWEPT"], ["--db", "SWEPT", "--dead"], ["--db", "SWEPT", "--limit", "1"]],
    "deliver": [["--file", "NEW", "--db", "OWN"]],
    "change-model": [["aalborg-2017", "--policy", "reevaluate", "--effective", "2017-01-01", "--db", "OWN"]],
    "db init": [["--db", "NEW"]],
    "db upgrade": [["--db", "SOUND"]],
    "db info": [["--db", "SOUND"]],
    "db rebuild": [["--db", "OWN"]],
    "db check": [["--db", "SOUND"]],
    "db backup": [["NEW", "--db", "SOUND"]],
    "db rotate-key": [["--db", "OWN"]],
    "model list": [[]],
    "model show": [["stevns-2017"], ["flexjob-base"], [PERMIT]],
    "model check": [["stevns-2017", PERMIT], ["stevns-2017", "stevns"]],
    "model diff": [["stevns-2017", "aalborg-2017"], ["aalborg-2017", PERMIT], ["stevns-2017", "stevns-2017"]],
    "model graph": [["stevns-2017"], [PERMIT, "--lang", "da"]],
    "model docs": [[]],
}
"""The commands that print a document, and the arguments that they are run with here."""

PLACES: Mapping[str, Callable[[], Path]] = {
    "CLUBBED": clubbed,
    "NEW": new_path,
    "NONE": empty,
    "OWN": make,
    "RIGHT": right,
    "SOUND": sound,
    "SWEPT": swept,
    "SPOILED": spoiled,
    "STAFFED": staffed,
}
"""What stands for a database, or a file, among the arguments."""

SAME = {
    "demo": "replay",
    "record": "check",
    "import": "check",
    "annul": "check",
    "correct": "check",
    "remark": "check",
    "follow-ups": "obligations",
}
"""The commands that print the document of another."""


def name_of(command: str) -> str:
    return SAME.get(command, command).replace(" ", "-")


@cache
def schema(name: str) -> Mapping[str, Any]:
    """A schema as the command line prints it."""
    done = run("schema", name)
    assert (done.returncode, done.stderr) == (0, "")
    printed: Mapping[str, Any] = json.loads(done.stdout)
    return printed


def faults(name: str, document: object) -> list[str]:
    validator = Draft202012Validator(schema(name), format_checker=Draft202012Validator.FORMAT_CHECKER)
    return [f"{error.json_path}: {error.message}" for error in validator.iter_errors(document)]


def printed(command: str, *arguments: str | Path, code: int = 0) -> Any:
    given = [PLACES[str(argument)]() if argument in PLACES else argument for argument in arguments]
    done = run(*command.split(), *given, "--json")
    assert done.returncode == code, done.stderr
    return json.loads(done.stdout)


@cache
def example(name: str) -> Any:
    """A valid document, small, with breaches, withdrawals and faults."""
    if name == "model-check":
        return printed("model check", "stevns-2017", "stevns", code=2)
    if name == "db-check":
        return printed("db check", "--db", "SPOILED", code=1)
    [command] = [command for command in RUNS if name_of(command) == name and command not in SAME]
    return printed(command, *RUNS[command][0])


@pytest.mark.parametrize("name", NAMES)
def test_schemas_are_schemas_with_a_title(name: str) -> None:
    Draft202012Validator.check_schema(schema(name))
    assert schema(name)["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    assert schema(name)["title"]


def test_every_document_has_a_schema_and_is_tested() -> None:
    assert {*RUNS} == {*subcommands(indsats)} - {"schema"}
    assert sorted({*map(name_of, RUNS), *FORMS}) == NAMES


@pytest.mark.parametrize(
    ("command", "arguments"),
    [
        pytest.param(command, arguments, id=" ".join([command, *(Path(argument).name for argument in arguments)]))
        for command, every in RUNS.items()
        for arguments in every
    ],
)
def test_what_is_printed_is_valid(command: str, arguments: list[str]) -> None:
    found = printed(command, *arguments, code=2 if "stevns" in arguments else 0)
    assert faults(name_of(command), found) == []


def test_what_is_not_known_is_null_in_valid_documents() -> None:
    held, irregular = printed("replay", HELD, IRREGULAR)["files"]
    owed = [owed for pathway in held["pathways"] for owed in pathway["obligations"] if owed["due"] is None]
    assert {(one["status"], one["book_by"], one["known_in_time"]) for one in owed} == {("on_hold", None, True)}
    assert any(pathway["irregular"] for pathway in irregular["pathways"])
    assert any(kpi["share"] is None and kpi["denominator"] == 0 for kpi in irregular["kpis"])
    [meetings] = printed("replay", MEETINGS)["files"]
    assert meetings["kpis"] == []
    assert {pathway["phase"] for pathway in meetings["pathways"]} == {"closed", None}


def test_fact_files_and_failed_expectations_give_valid_documents(tmp_path: Path) -> None:
    order = {"unit": "team-1", "fact": "job_order_received", "on": "2017-01-02", "order": "o1"}
    found = printed("replay", facts(tmp_path, order), "--model", "stevns-2017")
    assert (found["files"][0]["title"], faults("replay", found)) == (None, [])
    story = tmp_path / "story.yaml"
    story.write_text(STORY.read_text().replace("status: met,", "status: breached,"))
    found = printed("replay", story, code=1)
    assert len(found["files"][0]["expectations"]["failed"]) == 1
    assert faults("replay", found) == []


def test_faults_with_and_without_a_place_are_valid(tmp_path: Path) -> None:
    path = tmp_path / "own.yaml"
    path.write_text("id: own\nversion: 1\nfacts: {a: {}}\nrules: {r: {kind: deadlin, when: {fact: b}}}\n")
    found = printed("model check", path, "nothing", code=2)
    assert faults("model-check", found) == []
    assert {fault["line"] for fault in found["files"][0]["faults"]} == {4}
    assert [fault["line"] for fault in found["files"][1]["faults"]] == [None]


def test_the_form_of_a_model_shown_is_a_model() -> None:
    assert faults("model", example("model-show")["form"]) == []


@pytest.mark.parametrize("name", sorted({*map(name_of, RUNS)}))
def test_no_key_may_be_missing(name: str) -> None:
    found = example(name)
    assert faults(name, found) == []
    paths = [*keys(found)]
    assert paths
    for path in paths:
        changed = copy.deepcopy(found)
        del at(changed, path[:-1])[path[-1]]
        assert faults(name, changed) != [], f"{path} may be missing"


def keys(document: object, path: Place = ()) -> Iterator[Place]:
    """The keys of all objects, of each list only of the first item of a kind; not those that a model names itself."""
    if isinstance(document, dict):
        for key, value in document.items():
            if path[:1] != ("words",) or len(path) == 2:
                yield (*path, key)
            if key not in ("form", "row") and "keys" not in path:
                yield from keys(value, (*path, key))
    elif isinstance(document, list):
        kinds = {
            tuple(item) if isinstance(item, dict) else (): index for index, item in reversed([*enumerate(document)])
        }
        for index in kinds.values():
            yield from keys(document[index], (*path, index))


def at(document: Any, path: Place) -> Any:
    for key in path:
        document = document[key]
    return document


@pytest.mark.parametrize("name", sorted({*map(name_of, RUNS)}))
def test_keys_may_be_added(name: str) -> None:
    found = copy.deepcopy(example(name))
    for path in [*keys(found)]:
        if name != "model-show" or path[0] != "words":
            at(found, path[:-1])["added"] = True
    assert faults(name, found) == []


FILE: Place = ("files", 0)
PATHWAY: Place = (*FILE, "pathways", 0)
OWED: Place = (*PATHWAY, "obligations", 0)
BREACH: Place = (*PATHWAY, "ledger", 0)
KPI: Place = (*FILE, "kpis", 0)


@pytest.mark.parametrize(
    ("name", "path", "value"),
    [
        ("replay", (*FILE, "as_of"), "2017-02-01T00:00:00Z"),
        ("replay", (*FILE, "known_at"), "2017-02-01T09:00:00"),
        ("replay", (*FILE, "model", "digest"), "stevns"),
        ("replay", (*FILE, "pathways"), None),
        ("replay", (*FILE, "expectations", "failed"), 0),
        ("replay", (*PATHWAY, "municipality"), "336"),
        ("replay", (*PATHWAY, "phase"), ""),
        ("replay", (*PATHWAY, "irregular"), [1]),
        ("replay", (*OWED, "status"), "late"),
        ("replay", (*OWED, "status"), None),
        ("replay", (*OWED, "status"), "open"),
        ("replay", (*OWED, "force"), "should"),
        ("replay", (*OWED, "cause"), "weather"),
        ("replay", (*OWED, "n"), 0),
        ("replay", (*OWED, "due"), "9 January 2017"),
        ("replay", (*OWED, "due"), "2017-02-30"),
        ("replay", (*OWED, "due"), None),
        ("replay", (*OWED, "book_by"), None),
        ("replay", (*OWED, "satisfied_on"), None),
        ("replay", (*OWED, "known_in_time"), None),
        ("replay", (*OWED, "anchor", "on"), None),
        ("replay", (*BREACH, "event"), "deadline_missed"),
        ("replay", (*BREACH, "event"), "breach_withdrawn"),
        ("replay", (*BREACH, "due"), None),
        ("replay", (*BREACH, "cause"), "weather"),
        ("replay", (*KPI, "share"), 100.0),
        ("replay", (*KPI, "numerator"), "1"),
        ("replay", (*KPI, "met"), "yes"),
        ("check", ("recorded",), -1),
        ("check", ("breaches", 0, "event"), "breach_withdrawn"),
        ("check", ("withdrawals", 0, "event"), "deadline_breached"),
        ("check", ("breaches", 0, "citizen"), None),
        ("obligations", ("as_of",), "today"),
        ("obligations", ("more",), None),
        ("obligations", ("obligations", 0, "status"), "late"),
        ("obligations", ("obligations", 0, "days_left"), None),
        ("obligations", ("obligations", 0, "reason"), ""),
        ("obligations", ("obligations", 0, "handled_at"), "yesterday"),
        ("pathway", ("citizen",), None),
        ("pathway", ("obligations", 0, "due"), "9 January 2017"),
        ("pathway", ("ledger", 0, "event"), "deadline_missed"),
        ("kpi", ("kpis", 0, "numerator"), "1"),
        ("kpi", ("kpis", 0, "share"), "all"),
        ("kpi", ("kpis", 0, "who", 0, "citizen"), None),
        ("kpi", ("municipality",), 336),
        ("report-status", ("period", "last"), None),
        ("report-status", ("kpis", 0, "end", "met"), "yes"),
        ("report-status", ("rules", 0, "met_late"), -1),
        ("report-status", ("rules", 0, "share"), 100.0),
        ("report-status", ("changes", 0, "causes", 0, "what"), "reported"),
        ("report-status", ("changes", 0, "who", 0, "citizen"), None),
        ("report-status", ("policies", "roll"), "back"),
        ("sweep", ("as_of",), None),
        ("sweep", ("visited",), -1),
        ("limits", ("municipality",), None),
        ("limits", ("limits", 0, "subject"), None),
        ("limits", ("limits", 0, "value"), -1),
        ("limits", ("limits", 0, "state"), "crowded"),
        ("worker", ("state",), "asleep"),
        ("worker", ("since",), "2017-01-02"),
        ("worker", ("last", "visited"), None),
        ("worker", ("last", "fault"), "told together with what it did"),
        ("deliver", ("delivered",), -1),
        ("deliver", ("away",), None),
        ("outbox", ("notifications", 0, "type"), "deadline_breached"),
        ("outbox", ("notifications", 0, "id"), "c1-start"),
        ("outbox", ("notifications", 0, "retry_at"), "tomorrow"),
        ("outbox", ("notifications", 0, "data", "reason"), "forgiven"),
        ("outbox", ("notifications", 0, "data", "anchor"), "c1-start"),
        ("outbox", ("notifications", 0, "type"), "indsats.limit_passed.1"),
        ("outbox", ("notifications", -1, "data", "state"), "crowded"),
        ("outbox", ("notifications", -1, "data", "as_of"), None),
        ("reassign", ("on",), None),
        ("reassign", ("moved", 0, "assignments", 0, "fraction"), "0.5"),
        ("reassign", ("moved", 0, "obligations", 0, "status"), "met"),
        ("calendar", ("entries", 0, "due"), None),
        ("calendar", ("entries", 0, "uid"), "c1"),
        ("calendar", ("entries", 0, "status"), "met"),
        ("export-parquet", ("as_of",), None),
        ("export-parquet", ("tables", 0, "file"), "/pathways.csv"),
        ("export-parquet", ("tables", 0, "rows"), None),
        ("change-model", ("to",), "aalborg-2017"),
        ("change-model", ("moved", 0, "before"), None),
        ("change-model", ("moved", 0, "withdrawals", 0, "event"), "deadline_breached"),
        ("model-list", ("models", 0, "subject"), "person"),
        ("model-list", ("models", 0, "valid", "from"), "2017"),
        ("model-list", ("models", 0, "title"), "Development of flexjobs"),
        ("model-show", ("words", "referral"), "On the day"),
        ("model-show", ("not_stated", 0, "of"), ""),
        ("model-check", ("files", 0, "model"), None),
        ("model-check", ("files", 0, "ok"), False),
        ("model-check", ("files", 1, "faults"), []),
        ("model-check", ("files", 1, "faults", 0, "line"), 0),
        ("model-diff", ("changes", 0, "change"), "moved"),
        ("model-diff", ("changes", 0, "change"), "added"),
        ("model-graph", ("mermaid",), "graph"),
        ("model-docs", ("markdown",), None),
        ("db-init", ("steps", 0, "number"), 0),
        ("db-upgrade", ("ok",), False),
        ("db-info", ("keys", 0), "the key itself"),
        ("db-info", ("oldest_due",), "2017"),
        ("db-info", ("models", 0, "digest"), "stevns"),
        ("db-rebuild", ("pathways",), -1),
        ("db-check", ("ok",), True),
        ("db-check", ("faults", 0, "pathway", "subject"), "person"),
        ("db-check", ("set_aside", 0, "retry_at"), "tomorrow"),
        ("db-backup", ("form",), "zip"),
        ("db-rotate-key", ("key",), ""),
    ],
)
def test_no_other_value_is_valid(name: str, path: Place, value: object) -> None:
    changed = copy.deepcopy(example(name))
    at(changed, path[:-1])[path[-1]] = value
    assert faults(name, example(name)) == []
    assert faults(name, changed) != []


def test_they_have_the_words_of_the_kernel() -> None:
    defined = schema("replay")["$defs"]
    obligation = defined["obligation"]["properties"]
    assert obligation["status"]["enum"] == [*get_args(Status)]
    assert obligation["force"]["enum"] == [*get_args(Force)]
    assert defined["cause"]["enum"] == [*get_args(Cause), None]


def test_what_two_documents_share_is_the_same_in_both() -> None:
    known: dict[str, object] = {}
    for name in sorted({*map(name_of, RUNS)}):
        for part, definition in schema(name).get("$defs", {}).items():
            assert known.setdefault(part, definition) == definition, f"{part} of {name}"
    assert "breach" in known
