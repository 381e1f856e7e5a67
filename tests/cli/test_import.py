"""`indsats import` and `check --db`: history into a database, and what it would come to."""

import json
from collections.abc import Mapping
from pathlib import Path

import pytest
from tests.cli.databases import empty, make
from tests.cli.test_record import REOPENED, STEVNS, TALK, is_unknown
from tests.cli.test_replay import START, STORY, facts, run
from tests.cli.test_schemas import printed
from tests.engine.test_files import STORIES

from indsats.engine import Engine
from indsats.replay.simulate import Municipality

HISTORY = TALK | {"recorded": "2017-01-18T10:00:00+01:00"}


@pytest.mark.parametrize(
    ("story", "points"),
    [
        ("registered-twelve-days-late", [["--known-at", "2017-01-12"], ["--as-of", "2017-02-01"]]),
        ("from-start-to-end", [["--known-at", "2017-02-26"], ["--as-of", "2017-06-20"], ["--known-at", "2018-03-15"]]),
    ],
)
def test_a_pathway_imported_is_owed_what_a_replay_shows(story: str, points: list[list[str]]) -> None:
    db, path = empty(), STORIES / f"{story}.yaml"
    printed("import", path, "--db", db, *STEVNS)
    for point in points:
        [expected] = printed("replay", path, *point)["files"][0]["pathways"]
        found = printed("pathway", "c1", "--db", db, *point)
        assert without_ids(found) == without_ids(expected)


def without_ids(pathway: Mapping[str, object]) -> object:
    """The obligations, whose anchors have ids made of contents with the database's own key; the phase, the citizen."""
    kept = {key: value for key, value in pathway.items() if key not in ("ledger", "irregular")}
    text = json.dumps(kept)
    for owed in json.loads(text)["obligations"]:
        text = text.replace(json.dumps(owed["anchor"]["id"]), '"id"')
    return json.loads(text)


def test_what_a_file_says_of_the_instant_of_registration_holds(tmp_path: Path) -> None:
    db = empty()
    printed("import", facts(tmp_path, START, HISTORY), "--db", db, *STEVNS)
    before = {
        owed["rule"]: owed for owed in printed("pathway", "c1", "--db", db, "--known-at", "2017-01-12")["obligations"]
    }
    assert before["first_conversation"]["status"] == "breached"
    after = {
        owed["rule"]: owed for owed in printed("pathway", "c1", "--db", db, "--known-at", "2017-01-18")["obligations"]
    }
    assert (after["first_conversation"]["status"], after["job_club"]["known_in_time"]) == ("met", True)


def test_the_same_file_again_adds_nothing_though_its_facts_have_no_ids(tmp_path: Path) -> None:
    db, path = empty(), facts(tmp_path, START, HISTORY, HISTORY)
    assert printed("import", path, "--db", db, *STEVNS)["recorded"] == 3
    again = printed("import", path, "--db", db)
    assert (again["recorded"], again["repeated"], again["breaches"]) == (0, 3, [])


def test_facts_without_a_legal_move_are_kept_and_flagged(tmp_path: Path) -> None:
    db = empty()
    done = printed("import", facts(tmp_path, START, REOPENED | {"id": "again"}), "--db", db, *STEVNS)
    assert (done["recorded"], done["irregular"]) == (2, ["again"])
    assert printed("pathway", "c1", "--db", db)["irregular"] == ["again"]


def test_what_lies_ahead_is_refused_with_its_line_and_nothing_is_imported(tmp_path: Path) -> None:
    db, path = empty(), facts(tmp_path, START, TALK | {"recorded": "2150-01-06T12:00:00+01:00"})
    done = run("import", path, "--db", db, *STEVNS)
    assert (done.returncode, done.stdout) == (3, "")
    assert done.stderr.startswith(f"{path}:2: recorded: 2150-01-06T11:00:00+00:00 lies ahead of ")
    assert is_unknown(db, "c1")
    aside = tmp_path / "refused.jsonl"
    done = run("import", path, "--db", db, *STEVNS, "--skip-refused", aside, "--json")
    assert (json.loads(done.stdout)["recorded"], json.loads(done.stdout)["refused"]) == (1, 1)
    assert json.loads(aside.read_text())["line"] == 2


def test_progress_of_a_long_import_is_told_on_standard_error(tmp_path: Path) -> None:
    path = tmp_path / "facts.jsonl"
    path.write_text("".join(f"{line}\n" for line in Municipality(citizens=90).lines()))
    done = run("import", path, "--db", empty(), *STEVNS, "--json")
    assert (done.returncode, json.loads(done.stdout)["refused"]) == (0, 0)
    assert done.stderr.splitlines()[-1] == "import: 100 %"


# Tried before


def test_a_check_says_what_the_import_then_does_and_records_nothing(tmp_path: Path) -> None:
    db, path = make(), facts(tmp_path, START | {"id": "c1-start"}, HISTORY, REOPENED, START | {"citizen": "c9"})
    tried = printed("check", path, "--db", db)
    assert (tried["recorded"], tried["repeated"], len(tried["irregular"])) == (3, 1, 1)
    assert {one["rule"] for one in tried["withdrawals"]} == {"first_conversation"}
    assert is_unknown(db, "c9")
    assert printed("import", path, "--db", db) == tried


def test_a_check_names_the_lines_that_would_be_refused(tmp_path: Path) -> None:
    db, path = make(), facts(tmp_path, TALK | {"id": "c1-start"})
    done = run("check", path, "--db", db)
    assert (done.returncode, done.stdout) == (3, "")
    assert done.stderr.startswith(f"{path}:1: the id 'c1-start' is that of another fact")
    assert run("check", path, *STEVNS).returncode == 0


def test_a_check_of_a_database_has_no_end_of_a_run(tmp_path: Path) -> None:
    done = run("check", facts(tmp_path, TALK), "--db", make(), "--until", "2017-02-01")
    assert (done.returncode, "--until says nothing here" in done.stderr) == (2, True)


def test_history_goes_into_every_kind_of_database(
    empty_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("INDSATS_KEYS", "Z" * 43 + "=")
    monkeypatch.setenv("INDSATS_DB", empty_url)
    Engine(empty_url, "stevns-2017", create=True).close()
    assert printed("import", STORY, *STEVNS)["recorded"] > 0
    done = printed("record", facts(tmp_path, START | {"citizen": "c2"}))
    assert (done["recorded"], {one["citizen"] for one in done["breaches"]}) == (1, {"c2"})
    listed = printed("follow-ups", "--citizen", "c2")
    assert {owed["rule"] for owed in listed["obligations"]} == {"first_conversation", "job_club", "strategy_review"}
    assert printed("pathway", "c1")["phase"] == "ledighedsydelse"
    assert printed("sweep")["set_aside"] == 0
