"""`indsats record`, `annul`, `correct` as their users run them: all of a file or nothing, told with file and line."""

import json
from pathlib import Path

import pytest
from tests.cli.databases import empty, make
from tests.cli.test_check import piped, table
from tests.cli.test_replay import JOB, START, STORY, facts, run
from tests.cli.test_schemas import faults, printed

STEVNS = ("--model", "stevns-2017")
TALK: dict[str, object] = {
    "citizen": "c1",
    "fact": "first_conversation_held",
    "on": "2017-01-06",
    "participants": ["caseworker"],
}
REOPENED = {"citizen": "c1", "fact": "pathway_reopened", "on": "2017-01-09"}
NOTHING = {"recorded": 0, "repeated": 0, "refused": 0, "irregular": [], "breaches": [], "withdrawals": []}


def pathway(db: Path, citizen: str = "c1") -> dict[str, str]:
    """The status of each rule."""
    return {owed["rule"]: owed["status"] for owed in printed("pathway", citizen, "--db", db)["obligations"]}


def is_unknown(db: Path, citizen: str) -> bool:
    done = run("pathway", citizen, "--db", db, *STEVNS)
    assert done.returncode in (0, 3)
    return done.returncode == 3


def test_a_file_is_recorded_as_of_now_and_repeating_it_changes_nothing(tmp_path: Path) -> None:
    db, path = empty(), facts(tmp_path, START, TALK | {"recorded": "2017-01-06T12:00:00+01:00"})
    done = printed("record", path, "--db", db, *STEVNS)
    assert (done["recorded"], done["repeated"], done["irregular"]) == (2, 0, [])
    found = {(breach["citizen"], breach["rule"], breach["known_in_time"]) for breach in done["breaches"]}
    assert ("c1", "job_club", False) in found  # what was registered in 2017 would have been known in time
    again = run("record", path, "--db", db)
    assert (again.returncode, again.stderr) == (0, "")
    assert again.stdout.startswith("recorded: 0\nrepeated: 2\n")
    assert pathway(db)["first_conversation"] == "met"


def test_a_line_without_a_legal_move_is_named_and_nothing_is_recorded_unless_it_is_kept(tmp_path: Path) -> None:
    db, path = empty(), facts(tmp_path, START, JOB | {"citizen": "c2", "weekly_hours": 7.5}, REOPENED)
    done = run("record", path, "--db", db, *STEVNS)
    assert (done.returncode, done.stdout) == (3, "")
    where = f"{path}:3: pathway_reopened on 2017-01-09 has no legal move from phase ledighedsydelse; allowed: "
    assert done.stderr.startswith(where)
    assert is_unknown(db, "c1")
    assert is_unknown(db, "c2")
    late = printed("record", path, "--db", db, *STEVNS, "--late")
    assert (late["recorded"], len(late["irregular"])) == (3, 1)


def test_every_refused_line_is_told(tmp_path: Path) -> None:
    db = make()
    wrong = [
        TALK | {"citizen": "c2", "id": "c1-start"},
        {"citizen": "c1", "fact": "annulled", "on": "2017-01-09", "of": "c2-start", "reason": "x"},
        {"citizen": "c1", "fact": "supplemented", "on": "2017-01-09", "of": "nothing"},
    ]
    path = facts(tmp_path, TALK, *wrong)
    done = run("record", path, "--db", db)
    assert (done.returncode, done.stdout) == (3, "")
    told = done.stderr.splitlines()
    assert [line.split(": ")[0] for line in told] == [f"{path}:{line}" for line in (2, 3, 4)]
    assert "first_conversation_agenda" not in pathway(db)


def test_lines_that_reader_or_database_refuse_go_to_a_file_and_the_others_are_recorded(tmp_path: Path) -> None:
    db, aside = make(), tmp_path / "refused.jsonl"
    talk = TALK | {"role": "caseworker"}
    path = facts(tmp_path, talk, REOPENED, TALK | {"on": "2017-02-30"})
    done = run("record", path, "--db", db, "--skip-refused", aside, "--json")
    assert (done.returncode, done.stderr) == (0, "")
    document = json.loads(done.stdout)
    assert (document["recorded"], document["refused"], faults("check", document)) == (1, 2, [])
    [reopened, no_day] = [json.loads(line) for line in aside.read_text().splitlines()]
    assert (reopened["line"], reopened["entry"]) == (2, REOPENED)
    assert reopened["reasons"][0].startswith(f"{path}:2: pathway_reopened on 2017-01-09 has no legal move")
    assert (no_day["line"], no_day["text"]) == (3, json.dumps(TALK | {"on": "2017-02-30"}))
    assert pathway(db)["first_conversation"] == "met"
    aside.write_text(aside.read_text().replace("2017-02-30", "2017-02-28"))
    done = run("record", aside, "--db", db, "--late", "--json")
    assert (done.returncode, json.loads(done.stdout)["recorded"]) == (0, 2)


def test_refused_records_of_a_table_are_set_aside_as_they_stand(tmp_path: Path) -> None:
    db, aside = make(), tmp_path / "refused.jsonl"
    path, *arguments = table(tmp_path)
    with Path(path).open("a") as file:
        file.write("c2;2017-01-09;pathway_reopened;;;;\n")
    done = run("record", path, *arguments, "--db", db, "--skip-refused", aside, "--json")
    assert (json.loads(done.stdout)["refused"], done.stderr) == (1, "")
    [line] = [json.loads(line) for line in aside.read_text().splitlines()]
    assert (line["line"], line["text"]) == (4, "c2;2017-01-09;pathway_reopened;;;;")
    assert line["entry"] == {"citizen": "c2", "on": "2017-01-09", "fact": "pathway_reopened"}


def test_a_file_that_cannot_be_written_leaves_nothing_recorded(tmp_path: Path) -> None:
    db, path = empty(), facts(tmp_path, START)
    done = run("record", path, "--db", db, *STEVNS, "--skip-refused", tmp_path / "no" / "refused.jsonl")
    assert (done.returncode, done.stdout) == (2, "")
    assert "cannot be written" in done.stderr
    assert is_unknown(db, "c1")


def test_facts_of_the_database_can_be_named_by_a_file_that_does_not_have_them(tmp_path: Path) -> None:
    db = make()
    out = {"citizen": "c1", "fact": "annulled", "on": "2017-01-09", "of": "c1-start", "reason": "another citizen"}
    done = printed("record", facts(tmp_path, out), "--db", db)
    assert (done["recorded"], {one["rule"] for one in done["withdrawals"]}) == (
        1,
        {"first_conversation", "job_club", "strategy_review"},
    )
    assert pathway(db) == {}


def test_pathways_can_be_moved_by_a_line_and_units_have_facts_too(tmp_path: Path) -> None:
    db = make()
    change = {"citizen": "c1", "fact": "model_changed", "on": "2017-01-09", "to": "aalborg-2017"}
    change |= {"policy": "reevaluate", "effective": "2017-01-01"}
    order = {"unit": "team-1", "fact": "job_order_received", "on": "2017-01-02", "order": "o1"}
    assert printed("record", facts(tmp_path, change, order), "--db", db)["recorded"] == 2
    assert "abc_plan" in {owed["rule"] for owed in printed("pathway", "c1", "--db", db)["obligations"]}
    assert printed("pathway", "team-1", "--db", db, *STEVNS)["obligations"] == []


def test_json_lines_come_from_standard_input() -> None:
    db = empty()
    done = piped("record", "-", "--db", str(db), *STEVNS, "--json", given=json.dumps(START))
    assert (done.returncode, done.stderr, json.loads(done.stdout)["recorded"]) == (0, "", 1)
    done = piped("record", "-", "--db", str(db), given=json.dumps(REOPENED))
    assert (done.returncode, done.stderr[:4]) == (3, "-:1:")


def test_who_may_not_record_records_nothing(tmp_path: Path) -> None:
    db, path = make(), facts(tmp_path, TALK)
    done = run("record", path, "--db", db, "--actor", "anna", "--as-role", "citizen")
    assert (done.returncode, done.stdout) == (3, "")
    assert "anna as citizen may not record; allowed: caseworker" in done.stderr
    assert "first_conversation_agenda" not in pathway(db)


def test_a_scenario_is_recorded_under_its_own_model_only(tmp_path: Path) -> None:
    db = empty()
    done = run("record", STORY, "--db", db, "--model", "aalborg-2017")
    assert (done.returncode, done.stdout) == (2, "")
    assert "the scenario is written for stevns-2017@1; allowed: aalborg-2017@1, or another --model" in done.stderr
    done = run("record", STORY, "--db", db, *STEVNS, "--skip-refused", tmp_path / "refused.jsonl")
    assert (done.returncode, "--skip-refused is for fact files" in done.stderr) == (2, True)
    assert printed("record", STORY, "--db", db, *STEVNS)["recorded"] > 0


# Putting right


def test_a_fact_is_taken_out_once() -> None:
    db = make()
    done = printed("annul", "c1-start", "--reason", "another citizen", "--db", db)
    assert (done["recorded"], len(done["withdrawals"])) == (1, 3)
    again = printed("annul", "c1-start", "--reason", "another citizen", "--db", db)
    assert again == NOTHING | {"repeated": 1}


def test_a_fact_is_put_right(tmp_path: Path) -> None:
    db = make()
    done = printed("correct", "c1-start", facts(tmp_path, START | {"on": "2017-01-09"}), "--db", db)
    assert done["recorded"] == 2
    anchors = {owed["anchor"]["on"] for owed in printed("pathway", "c1", "--db", db)["obligations"]}
    assert anchors == {"2017-01-09"}


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["annul", "nothing", "--reason", "x"], 3, "no fact of municipality 0336 has the id 'nothing'"),
        (["annul", "c1-start", "--reason", " "], 2, "reason: must not be blank"),
        (["annul", "c1-start"], 2, "Missing option '--reason'"),
        (["correct", "c1-start", "{another}"], 3, "no fact of c9 in municipality 0336 has the id 'c1-start'"),
        (["correct", "c1-start", "{two}"], 2, "two.jsonl: holds 2 entries; allowed: one fact"),
        (["correct", "c1-start", "{out}"], 2, "out.jsonl: holds the entry annulled; allowed: one fact"),
    ],
)
def test_what_cannot_be_put_right_stays(arguments: list[str], code: int, said: str, tmp_path: Path) -> None:
    names: dict[str, list[dict[str, object]]] = {
        "another": [{**START, "citizen": "c9"}],
        "two": [{**START}, TALK],
        "out": [{"citizen": "c1", "fact": "annulled", "on": "2017-01-09", "of": "c1-start", "reason": "x"}],
    }
    paths = {name: tmp_path / f"{name}.jsonl" for name in names}
    for name, entries in names.items():
        paths[name].write_text("".join(f"{json.dumps(entry)}\n" for entry in entries))
    db = make()
    before = printed("pathway", "c1", "--db", db)
    done = run(*(argument.format(**paths) for argument in arguments), "--db", db)
    assert (done.returncode, done.stdout) == (code, "")
    assert said in done.stderr
    assert printed("pathway", "c1", "--db", db) == before
