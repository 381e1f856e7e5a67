"""`indsats replay`, `check` and `demo` as their users run them: a process, its two outputs and its exit code."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from indsats.replay.simulate import Municipality

ROOT = Path(__file__).parents[2]
STORY = ROOT / "scenarios" / "stories" / "registered-twelve-days-late.yaml"
START = {"citizen": "c1", "fact": "ledighedsydelse_started", "on": "2017-01-02", "route": "mover_in"}
JOB = {"citizen": "c1", "fact": "flexjob_started", "on": "2017-01-02", "employment": "e1"}


def run(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "indsats.cli.main", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=False, cwd=ROOT, encoding="utf-8")


def facts(folder: Path, *entries: object) -> Path:
    path = folder / "facts.jsonl"
    path.write_text("".join(f"{json.dumps(entry)}\n" for entry in entries))
    return path


def test_a_scenario_that_holds() -> None:
    done = run("replay", STORY)
    assert (done.returncode, done.stderr) == (0, "")
    assert "first_conversation         2017-01-02  1  2017-01-09  2017-01-09  met       2017-01-06" in done.stdout
    assert "expectations that hold: 3 of 3" in done.stdout


def test_the_same_as_it_was_known_and_in_danish() -> None:
    done = run("replay", STORY, "--known-at", "2017-01-12", "--lang", "da")
    [line] = [
        line.split() for line in done.stdout.splitlines() if line.startswith("c1") and "first_conversation" in line
    ]
    assert line[4:7] == ["2017-01-09", "2017-01-09", "overskredet"]
    assert "forventninger opfyldt: 3 af 3" in done.stdout


def test_json_is_one_document_and_nothing_else() -> None:
    done = run("replay", STORY, "--json")
    [found] = json.loads(done.stdout)["files"]
    assert (found["as_of"], found["expectations"]) == ("2017-02-01", {"checked": 3, "failed": []})
    [pathway] = found["pathways"]
    assert [entry["found_on"] for entry in pathway["ledger"] if entry["rule"] == "first_conversation"] == [
        "2017-01-10",
        "2017-01-18",
    ]


def test_an_expectation_that_does_not_hold_is_told_and_ends_with_1(tmp_path: Path) -> None:
    story = tmp_path / "story.yaml"
    story.write_text(STORY.read_text().replace("status: met,", "status: breached,"))
    done = run("replay", story)
    assert done.returncode == 1
    assert f"{story}:10: citizen c1, rule first_conversation" in done.stderr
    assert "expectations that hold: 2 of 3" in done.stdout


def test_facts_need_a_model(tmp_path: Path) -> None:
    path = facts(tmp_path, START)
    assert run("replay", path).returncode == 2
    done = run("replay", path, "--model", "stevns-2017", "--until", "2017-01-10", "--json")
    assert done.returncode == 0
    [pathway] = json.loads(done.stdout)["files"][0]["pathways"]
    assert [(entry["rule"], entry["found_on"]) for entry in pathway["ledger"]] == [("first_conversation", "2017-01-10")]


@pytest.mark.parametrize(
    ("entry", "key"),
    [
        (START | {"fact": "ledighedsydelse_startet"}, "fact"),
        ({key: value for key, value in START.items() if key != "route"}, "route"),
        (START | {"on": "2017-02-30"}, "on"),
        (START | {"recorded": "2017-01-02T09:00:00"}, "recorded"),
        (START | {"citizen": "010170-1234"}, "citizen"),
        (START | {"citizen": "0101701234"}, "citizen"),
        (JOB | {"weekly_hours": float("nan")}, "weekly_hours"),
        (JOB | {"weekly_hours": -1}, "weekly_hours"),
    ],
)
@pytest.mark.parametrize("command", ["replay", "check"])
def test_bad_input_names_file_line_and_key_and_ends_with_2(
    command: str, entry: dict[str, object], key: str, tmp_path: Path
) -> None:
    path = facts(tmp_path, START, entry)
    done = run(command, path, "--model", "stevns-2017")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith(f"{path}:2: {key}: ")
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("name", ["log.xes", "log.tsv", "log.CSV.gz", "log.txt"])
def test_a_file_of_another_form_is_told_which_forms_there_are(name: str, tmp_path: Path) -> None:
    path = tmp_path / name
    path.write_text("citizen,fact,on\n")
    done = run("replay", path, "--model", "stevns-2017")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith(f"{path}: is not read as {path.suffix}; allowed: .jsonl and .csv for facts, ")


def test_faults_of_all_files_are_told_before_anything_is_played(tmp_path: Path) -> None:
    path = facts(tmp_path, START | {"on": "2017-02-30"})
    story = tmp_path / "story.yaml"
    story.write_text(STORY.read_text().replace("mover_in", "mover_out"))
    done = run("replay", path, STORY, story, "--model", "stevns-2017")
    assert (done.returncode, done.stdout) == (2, "")
    assert f"{path}:1: on: " in done.stderr
    assert f"{story}:6:73: route: " in done.stderr


def test_long_work_tells_how_far_it_is_beside_the_document(tmp_path: Path) -> None:
    path = tmp_path / "load.jsonl"
    path.write_text("\n".join(Municipality(citizens=100).lines()))
    done = run("replay", path, "--model", "stevns-2017", "--json")
    assert done.stderr.splitlines() == [f"load.jsonl: {tenth * 10} %" for tenth in range(1, 11)]
    assert len(json.loads(done.stdout)["files"][0]["pathways"]) == 100


def test_check_says_what_would_come_of_a_file(tmp_path: Path) -> None:
    path = facts(
        tmp_path, START | {"id": "a"}, START | {"id": "a"}, START | {"fact": "flexjob_refused", "outcome": "x"}
    )
    done = run("check", path, "--model", "stevns-2017", "--json")
    assert done.returncode == 2  # a refusal knows no route
    path = facts(tmp_path, START | {"id": "a"}, START | {"id": "a"})
    document = json.loads(run("check", path, "--model", "stevns-2017", "--until", "2017-01-10", "--json").stdout)
    assert {key: document[key] for key in ("recorded", "repeated", "refused", "irregular")} == {
        "recorded": 1,
        "repeated": 1,
        "refused": 0,
        "irregular": [],
    }
    assert [(breach["citizen"], breach["rule"]) for breach in document["breaches"]] == [("c1", "first_conversation")]
    assert document["withdrawals"] == []


def test_the_demo_replays_every_scenario() -> None:
    done = run("demo", "--json")
    shown = {Path(found["file"]).name for found in json.loads(done.stdout)["files"]}
    every = {path.name for path in (ROOT / "scenarios").rglob("*.yaml") if "models" not in path.parts}
    assert (done.returncode, shown) == (0, every)
