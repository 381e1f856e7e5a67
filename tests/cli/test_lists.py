"""`indsats obligations`, `follow-ups`, `pathway`, `sweep` and `change-model` as their users run them."""

import json
import sqlite3
from contextlib import closing
from datetime import date
from functools import cache
from pathlib import Path

import pytest
from tests.cli.databases import KIM, empty, make, sound
from tests.cli.test_record import STEVNS
from tests.cli.test_replay import run
from tests.cli.test_schemas import PERMIT, printed

from indsats.clock import VirtualClock
from indsats.domain import facts
from indsats.domain.calendar import noon_of
from indsats.engine import Engine

ASSIGNED = {"fact": "worker_assigned", "on": "2017-01-02", "worker": "kim", "as_role": "caseworker", "at_unit": "east"}
ENTRIES = [
    {"citizen": "c1", "fact": "ledighedsydelse_started", "on": "2017-01-02", "id": "b1", "route": "mover_in"},
    {"citizen": "c1", "fact": "first_conversation_held", "on": "2017-01-06", "participants": ["caseworker"]},
    {"citizen": "c1", **ASSIGNED},
    {"citizen": "c2", "fact": "flexjob_started", "on": "2017-03-01", "employment": "e1", "weekly_hours": 7.5},
]


@cache
def imported() -> Path:
    """A database with the history of two citizens, to be looked at only."""
    db = empty()
    path = db.with_suffix(".jsonl")
    path.write_text("".join(f"{json.dumps(entry)}\n" for entry in ENTRIES))
    printed("import", path, "--db", db, *STEVNS)
    return db


def rules(command: str, *arguments: str) -> list[tuple[str, str]]:
    listed = printed(command, "--db", imported(), *arguments)["obligations"]
    return [(owed["citizen"], owed["rule"]) for owed in listed]


def test_obligations_are_listed_by_citizen_and_follow_ups_by_due_day() -> None:
    owed = rules("obligations")
    assert ("c1", "first_conversation") in owed
    assert [citizen for citizen, _ in owed] == sorted(citizen for citizen, _ in owed)
    listed = printed("follow-ups", "--db", imported())
    assert {owed["status"] for owed in listed["obligations"]} == {"breached"}
    days = [owed["due"] for owed in listed["obligations"]]
    assert days == sorted(days)
    assert listed["more"] is False


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["--citizen", "c9"], []),
        (["--citizen", "c1", "--rule", "job_club"], [("c1", "job_club")]),
        (["--status", "met"], [("c1", "first_conversation")]),
        (["--status", "met", "--status", "breached", "--rule", "first_conversation"], [("c1", "first_conversation")]),
        (["--role", "company_consultant"], [("c2", "expectation_alignment"), ("c2", "tillaegsaftale")]),
        (["--worker", "kim", "--rule", "referral"], [("c1", "referral")]),
        (["--worker", "ida"], []),
        (["--unit", "east", "--status", "met"], [("c1", "first_conversation")]),
        (["--due-from", "2017-01-16", "--due-until", "2017-03-29", "--citizen", "c1"], [("c1", "job_club")]),
        (["--due-until", "2017-01-09", "--rule", "first_conversation"], [("c1", "first_conversation")]),
        (["--due-until", "2017-01-08", "--rule", "first_conversation"], []),
        (["--limit", "1"], [("c1", "first_conversation")]),
        (["--limit", "1", "--offset", "1"], [("c1", "job_club")]),
    ],
)
def test_lists_are_filtered_and_paged(arguments: list[str], expected: list[tuple[str, str]]) -> None:
    assert rules("obligations", *arguments) == expected


def test_a_page_says_that_there_are_more() -> None:
    assert printed("obligations", "--db", imported(), "--limit", "1")["more"] is True
    done = run("obligations", "--db", imported(), "--limit", "2", "--offset", "1")
    assert done.stdout.endswith("\nthere are more: --offset 3\n")


def test_a_list_has_two_points_of_view() -> None:
    known = printed("obligations", "--db", imported(), "--known-at", "2017-01-05")
    assert (known["as_of"], known["known_at"]) == ("2017-01-05", "2017-01-05T22:59:59.999999+00:00")
    [first, *_] = known["obligations"]
    assert (first["rule"], first["status"], first["days_left"]) == ("first_conversation", "open", 4)
    as_of = printed("obligations", "--db", imported(), "--as-of", "2017-01-08", "--rule", "first_conversation")
    assert [owed["status"] for owed in as_of["obligations"]] == ["met"]
    done = run("obligations", "--db", imported(), "--known-at", "2017-01-05T12:00")
    assert (done.returncode, done.stdout) == (2, "")


def test_tables_are_for_people_in_their_language() -> None:
    english = run("follow-ups", "--db", imported(), "--known-at", "2017-01-05").stdout.splitlines()
    assert english[0] == "as of 2017-01-05, known at 2017-01-05T22:59:59Z"
    assert english[2].split("  ")[0] == "citizen"
    assert "First conversation within a week (because of ledighedsydelse_started 2017-01-02;" in english[4]
    danish = run("follow-ups", "--db", imported(), "--known-at", "2017-01-05", "--lang", "da").stdout.splitlines()
    assert danish[0] == "pr. 2017-01-05, kendt 2017-01-05T22:59:59Z"
    assert "dage tilbage" in danish[2]
    assert "Første samtale senest efter en uge (udløst af ledighedsydelse_started 2017-01-02;" in danish[4]
    [owed, *_] = printed("follow-ups", "--db", imported(), "--known-at", "2017-01-05", "--lang", "da")["obligations"]
    assert owed["reason"].startswith("Første samtale senest efter en uge (udløst af")


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["--rule", "first_conversatoin"], 2, "did you mean first_conversation?"),
        (["--role", "case_worker"], 2, "--role: no model at hand has 'case_worker'; allowed: "),
        (["--status", "late"], 2, "'late' is not one of"),
        (["--limit", "0"], 2, "Invalid value for '--limit'"),
        (["--due-from", "2017-01-10", "--due-until", "2017-01-09"], 2, "--due-from 2017-01-10 is after --due-until"),
        (["--as-role", "mentor"], 3, "cli as mentor may not obligations; allowed: "),
    ],
)
def test_a_slip_is_no_empty_list(arguments: list[str], code: int, said: str) -> None:
    done = run("obligations", "--db", imported(), *arguments)
    assert (done.returncode, done.stdout) == (code, "")
    assert said in done.stderr


def test_follow_ups_have_the_statuses_of_what_waits() -> None:
    done = run("follow-ups", "--db", imported(), "--status", "met")
    assert (done.returncode, "'met' is not one of 'open', 'on_hold', 'breached'" in done.stderr) == (2, True)


# One pathway


def test_a_pathway_is_shown_with_its_ledger() -> None:
    shown = run("pathway", "c1", "--db", imported()).stdout
    assert shown.startswith("c1: phase ledighedsydelse, as of ")
    assert "first_conversation         2017-01-02  1  2017-01-09  2017-01-09  met       2017-01-06    -" in shown
    assert "breached  job_club                   2017-01-02  1  2017-01-16" in shown
    danish = run("pathway", "c1", "--db", imported(), "--known-at", "2017-01-05", "--lang", "da").stdout
    assert danish.startswith("c1: fase ledighedsydelse, pr. 2017-01-05")
    assert "fundet den" not in danish


def test_a_pathway_of_which_nothing_was_known_is_not_found() -> None:
    done = run("pathway", "c9", "--db", imported())
    assert (done.returncode, done.stdout) == (3, "")
    assert done.stderr == "nothing is registered about c9 in municipality 0336\n"
    assert run("pathway", "c2", "--db", imported(), "--known-at", "2017-02-01").returncode == 3


def test_a_command_on_one_pathway_is_about_one_municipality() -> None:
    done = run("pathway", "c1", "--db", sound(), "--municipality", "0336", "--municipality", "0851")
    assert (done.returncode, "--municipality stands several times" in done.stderr) == (2, True)


def test_who_read_is_written_down() -> None:
    db = make()
    printed("pathway", "c1", "--db", db, "--actor", "ida", "--as-role", "caseworker")
    printed("follow-ups", "--db", db, "--role", "caseworker", "--limit", "5")
    with closing(sqlite3.connect(db)) as connection:
        reads = connection.execute("SELECT actor, role, command, subject_id, filter FROM indsats_reads").fetchall()
    assert reads[0][:4] == ("ida", "caseworker", "pathway", "c1")
    assert reads[1][:4] == ("cli", "system", "follow_ups", None)
    assert json.loads(reads[1][4])["role"] == "caseworker"


# Sweep and models


def test_a_sweep_finds_what_has_passed_since() -> None:
    db = empty()
    monday = date(2017, 1, 2)
    with Engine(f"sqlite:///{db}", "stevns-2017", clock=VirtualClock(noon_of(monday))) as engine:
        engine.record("c1", facts.ledighedsydelse_started(on=monday, route="mover_in"), actor=KIM)
    nothing = {"visited": 0, "breaches": 0, "withdrawals": 0, "set_aside": 0}
    assert printed("sweep", "--db", db, "--as-of", "2017-01-09") == {"as_of": "2017-01-09"} | nothing
    found = {"visited": 1, "breaches": 1, "withdrawals": 0, "set_aside": 0}
    assert printed("sweep", "--db", db, "--as-of", "2017-01-10") == {"as_of": "2017-01-10"} | found
    assert "visited: 1\nbreaches: 2\n" in run("sweep", "--db", db).stdout
    ahead = run("sweep", "--db", db, "--as-of", "2150-01-01")
    assert (ahead.returncode, "lies ahead of" in ahead.stderr) == (2, True)


def test_pathways_are_moved_after_it_was_tried() -> None:
    db = make()
    change = ("aalborg-2017", "--policy", "reevaluate", "--effective", "2017-01-01", "--db", db)
    tried = printed("change-model", *change, "--citizen", "c1", "--dry-run")
    assert (tried["dry_run"], [move["citizen"] for move in tried["moved"]]) == (True, ["c1"])
    assert {one["rule"] for one in tried["moved"][0]["withdrawals"]} >= {"first_conversation"}
    assert printed("pathway", "c1", "--db", db)["obligations"][0]["rule"] == "first_conversation"
    done = printed("change-model", *change, "--citizen", "c1")
    assert done | {"dry_run": True} == tried
    others = printed("change-model", *change, *STEVNS, "--from-model", "stevns-2017", "--phase", "ledighedsydelse")
    assert ([move["citizen"] for move in others["moved"]], others["unchanged"]) == (["c2"], 0)
    again = run("change-model", *change, *STEVNS)
    assert again.stdout == "model aalborg-2017@1\nmoved: 0\nunchanged: 2\nbreaches: 0\nwithdrawals: 0\n"


def test_nothing_is_moved_if_somebody_is_named_who_is_not_there() -> None:
    db = make()
    change = ("aalborg-2017", "--policy", "keep", "--effective", "2017-01-01", "--db", db)
    done = run("change-model", *change, "--citizen", "c1", "--citizen", "c9")
    assert (done.returncode, done.stdout) == (3, "")
    assert done.stderr == "nothing is registered about c9 in municipality 0336\n"
    assert len(printed("change-model", *change, "--citizen", "c1")["moved"]) == 1


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["aalborg-2017", "--phase", "flexjobs"], "--phase: no model at hand has 'flexjobs'; allowed: "),
        (
            ["aalborg-2017", "--from-model", "stevns"],
            "--from-model: no model at hand is 'stevns'; allowed: stevns-2017@1",
        ),
        ([PERMIT], "is of family"),
        (["aalborg-17"], "did you mean aalborg-2017?"),
    ],
)
def test_what_nothing_can_be_moved_by_is_told(arguments: list[str], said: str) -> None:
    when = ("--policy", "keep", "--effective", "2017-01-01")
    done = run("change-model", *arguments, *when, "--db", sound())
    assert (done.returncode, done.stdout) == (2, "")
    assert said in done.stderr
