"""`indsats check` and `replay` of fact files in every form: tables, standard input, refused lines."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from tests.cli.test_replay import JOB, ROOT, START, STORY, facts, run
from tests.cli.test_schemas import faults

MODEL = ("--model", "stevns-2017")
TABLE = """\
Borger-id;Dato;Hændelse;Vej;Forløb;Timer;Notat
c1;2017-01-02;ledighedsydelse_started;mover_in;;;ringet
c1;2017-03-01;flexjob_started;;e1;7,5;
"""
COLUMNS = (
    "Borger-id: citizen\nDato: on\nHændelse: fact\nVej: route\nForløb: employment\nTimer: weekly_hours\nNotat: ''\n"
)


def table(folder: Path, text: str = TABLE) -> tuple[str, ...]:
    (folder / "facts.csv").write_text(text)
    (folder / "columns.yaml").write_text(COLUMNS)
    return (str(folder / "facts.csv"), "--columns", str(folder / "columns.yaml"), *MODEL)


def test_a_table_does_what_the_same_facts_as_json_lines_do(tmp_path: Path) -> None:
    job = JOB | {"on": "2017-03-01", "weekly_hours": 7.5}
    lines = run("replay", facts(tmp_path, START, job), *MODEL, "--json")
    found = run("replay", *table(tmp_path), "--json")
    assert (found.returncode, found.stderr) == (0, "")
    [expected], [shown] = json.loads(lines.stdout)["files"], json.loads(found.stdout)["files"]
    assert shown | {"file": ""} == expected | {"file": ""}
    checked = json.loads(run("check", *table(tmp_path), "--json").stdout)
    assert (checked["recorded"], checked["refused"]) == (2, 0)
    assert {breach["rule"] for breach in checked["breaches"]} >= {"first_conversation"}


def test_faults_of_a_table_and_of_its_columns_name_file_line_and_column(tmp_path: Path) -> None:
    done = run("check", *table(tmp_path, TABLE.replace("7,5", "7.5").replace("2017-01-02", "02.01.2017")))
    assert (done.returncode, done.stdout) == (2, "")
    first, second = done.stderr.splitlines()
    assert first.startswith(f"{tmp_path}/facts.csv:2: column 'Dato', on: '02.01.2017' is no day")
    assert second.startswith(f"{tmp_path}/facts.csv:3: column 'Timer', weekly_hours: '7.5' is no number")
    arguments = table(tmp_path)
    (tmp_path / "columns.yaml").write_text("Borger-id: citizn\n")
    done = run("check", *arguments)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith(f"{tmp_path}/columns.yaml:1:12: column 'Borger-id' cannot be 'citizn'; allowed: ")


def test_the_separator_can_be_said(tmp_path: Path) -> None:
    path = tmp_path / "FACTS.CSV"
    path.write_text("citizen;fact;on;a,b\nc1;cv_published;2017-01-02;\n")
    (tmp_path / "columns.json").write_text('{"a,b": ""}')
    arguments = (path, "--columns", tmp_path / "columns.json", *MODEL, "--json")
    done = run("check", *arguments)
    assert (done.returncode, "the header line holds both ; and ," in done.stderr) == (2, True)
    assert json.loads(run("check", *arguments, "--separator", ";").stdout)["recorded"] == 1


@pytest.mark.parametrize("command", ["check", "replay"])
def test_json_lines_come_from_standard_input(command: str) -> None:
    done = piped(command, "-", *MODEL, "--json", given=json.dumps(START))
    assert (done.returncode, done.stderr) == (0, "")
    assert json.loads(done.stdout)
    done = piped(command, "-", *MODEL, given='{"citizen": "c1"}\nx\n')
    assert done.returncode == 2
    assert done.stderr.startswith("-:1: fact: missing")
    assert "-:2:1: this is not JSON" in done.stderr


def piped(*arguments: str, given: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "indsats.cli.main", *arguments]
    return subprocess.run(command, input=given, capture_output=True, check=False, cwd=ROOT, encoding="utf-8")


def test_refused_lines_go_to_a_file_and_the_others_are_checked(tmp_path: Path) -> None:
    refused = tmp_path / "refused.jsonl"
    path = facts(tmp_path, START, START | {"on": "2017-02-30", "id": "f1"}, START | {"citizen": "c2"})
    with path.open("a") as file:
        file.write(json.dumps({"citizen": "c1", "fact": "annulled", "on": "2017-03-01", "of": "f1", "reason": "x"}))
    wrong = table(tmp_path, TABLE + "c3;2017-01-02;ledighedsydelse_started;;;;\n")
    done = run("check", path, *wrong, "--skip-refused", refused, "--json")
    assert (done.returncode, done.stderr) == (0, "")
    document = json.loads(done.stdout)
    assert (document["recorded"], document["refused"]) == (4, 3)
    assert faults("check", document) == []
    told = [json.loads(line) for line in refused.read_text().splitlines()]
    assert [(Path(each["file"]).name, each["line"]) for each in told] == [
        ("facts.jsonl", 2),
        ("facts.jsonl", 4),
        ("facts.csv", 4),
    ]
    assert "refused: 3\n" in run("check", path, *wrong, "--skip-refused", refused).stdout


def test_a_file_of_refused_lines_is_read_once_it_is_corrected(tmp_path: Path) -> None:
    refused = tmp_path / "refused.jsonl"
    run("check", facts(tmp_path, START | {"on": "2017-02-30"}), *MODEL, "--skip-refused", refused)
    done = run("check", refused, *MODEL)
    assert (done.returncode, done.stderr.startswith(f"{refused}:1: on: '2017-02-30'")) == (2, True)
    refused.write_text(refused.read_text().replace("2017-02-30", "2017-02-28"))
    assert json.loads(run("check", refused, *MODEL, "--json").stdout)["recorded"] == 1


def test_a_file_of_which_every_line_is_refused_comes_to_nothing(tmp_path: Path) -> None:
    path = facts(tmp_path, START | {"on": "2017-02-30"})
    done = run("check", path, *MODEL, "--skip-refused", tmp_path / "refused.jsonl", "--json")
    assert (done.returncode, done.stderr) == (0, "")
    empty: dict[str, object] = {"irregular": [], "breaches": [], "withdrawals": []}
    assert json.loads(done.stdout) == {"recorded": 0, "repeated": 0, "refused": 1} | empty


def test_without_refused_lines_the_file_of_an_earlier_run_is_emptied(tmp_path: Path) -> None:
    refused = tmp_path / "refused.jsonl"
    refused.write_text("of an earlier run\n")
    assert run("check", facts(tmp_path, START), *MODEL, "--skip-refused", refused).returncode == 0
    assert refused.read_text() == ""


def test_what_cannot_be_read_at_all_is_refused_whole_and_no_file_is_written(tmp_path: Path) -> None:
    refused = tmp_path / "refused.jsonl"
    path = facts(tmp_path, START | {"on": "2017-02-30"})
    (tmp_path / "utf-16.jsonl").write_text("{}", encoding="utf-16")
    done = run("check", path, tmp_path / "utf-16.jsonl", *MODEL, "--skip-refused", refused)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == f"{tmp_path}/utf-16.jsonl:1: the file is UTF-16; allowed: UTF-8\n"
    assert not refused.exists()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["{facts}", "--columns", "{columns}"], "--columns says nothing here"),
        (["{facts}", "--separator", ","], "--separator says nothing here"),
        ([str(STORY), "--skip-refused", "{folder}/x.jsonl"], "--skip-refused says nothing here"),
        (["{facts}", "--skip-refused", "{facts}"], "would overwrite a file that is read"),
        (["{facts}", "--skip-refused", "{folder}/no/x.jsonl"], "no/x.jsonl: cannot be written: No such file"),
        (["{table}", "--separator", "|"], "'|' is not one of ';', ','"),
        (["{table}"], "column 'Borger-id' is neither a key of a fact nor mapped to one"),
    ],
)
def test_what_makes_no_sense_is_bad_usage(arguments: list[str], said: str, tmp_path: Path) -> None:
    place, _, columns, *_ = table(tmp_path)
    names = {"facts": str(facts(tmp_path, START)), "table": place, "columns": columns, "folder": str(tmp_path)}
    before = {path: path.read_bytes() for path in tmp_path.iterdir()}
    done = run("check", *(argument.format(**names) for argument in arguments), *MODEL)
    assert (done.returncode, done.stdout) == (2, "")
    assert said in done.stderr
    assert "Traceback" not in done.stderr
    assert {path: path.read_bytes() for path in tmp_path.iterdir()} == before


def test_a_table_needs_a_model(tmp_path: Path) -> None:
    path, *columns = table(tmp_path)[:3]
    done = run("check", path, *columns)
    assert (done.returncode, done.stderr) == (
        2,
        f"{path}: a fact file names no model; allowed: --model with an id, id@version or a file\n",
    )
