"""`indsats remark` as its users run it: on what is owed, and on nothing else."""

import json
from pathlib import Path

import pytest
from tests.cli.databases import make
from tests.cli.test_replay import run
from tests.cli.test_schemas import printed

RULE = "first_conversation"
ALLOWED = "allowed: first_conversation, job_club, strategy_review; did you mean first_conversation?"


def remarks(db: Path, citizen: str = "c1") -> dict[str, tuple[str | None, str | None]]:
    """The remark on each rule, and who wrote it."""
    listed = printed("obligations", "--citizen", citizen, "--db", db)["obligations"]
    return {owed["rule"]: (owed["remark"], owed["handled_by"]) for owed in listed}


def test_a_remark_stands_on_the_rule_alone_with_who_wrote_it() -> None:
    db = make()
    done = printed("remark", "c1", RULE, "--text", "indlagt", "--actor", "anna", "--as-role", "caseworker", "--db", db)
    assert (done["recorded"], done["breaches"], done["withdrawals"]) == (1, [], [])
    found = remarks(db)
    assert found.pop(RULE) == ("indlagt", "anna")
    assert set(found.values()) == set(remarks(db, "c2").values()) == {(None, None)}


def test_people_read_it_in_the_table_on_one_line() -> None:
    db = make()
    before = run("follow-ups", "--db", db)
    assert "remark" not in before.stdout
    assert run("remark", "c1", RULE, "--text", "indlagt\n\ntil fredag", "--db", db).stdout.startswith("recorded: 1\n")
    after = run("follow-ups", "--db", db).stdout.split("\n")
    assert after[2].split()[-3:] == ["remark", "by", "on"]
    marked = [line for line in after if "indlagt til fredag  cli  20" in line]
    assert len(marked) == 1
    assert marked[0].split()[:2] == ["c1", RULE]


def test_it_can_be_repeated() -> None:
    db = make()
    said = ("remark", "c1", RULE, "--text", "indlagt", "--on", "2017-01-10", "--db", db)
    assert printed(*said)["recorded"] == 1
    assert (printed(*said)["recorded"], printed(*said)["repeated"]) == (0, 1)


@pytest.mark.parametrize(
    ("arguments", "code", "what"),
    [
        (
            ["c1", "first_conversatio"],
            2,
            f"nothing was owed by c1 under the rule 'first_conversatio' by 2017-02-01; {ALLOWED}",
        ),
        (["c1", RULE, "--n", "2"], 2, f"nothing was owed by c1 under the rule '{RULE}', n 2 by 2017-02-01; allowed: "),
        (["c1", RULE, "--employment", "e"], 2, f"nothing was owed by c1 under the rule '{RULE}', employment e by "),
        (["c1", RULE, "--on", "2017-01-01"], 2, f"nothing was owed by c1 under the rule '{RULE}' by 2017-01-01; "),
        (["c9", RULE], 3, "nothing is registered about c9 in municipality 0336"),
        (["c1", RULE, "--as-role", "citizen"], 3, "cli as citizen may not pathway; allowed: "),
    ],
)
def test_a_remark_that_stands_on_nothing_is_refused(arguments: list[str], code: int, what: str) -> None:
    db = make()
    day = [] if "--on" in arguments else ["--on", "2017-02-01"]
    done = run("remark", *arguments, *day, "--text", "x", "--db", db)
    assert (done.returncode, done.stdout) == (code, "")
    assert done.stderr.startswith(what)
    assert json.dumps(remarks(db)).count("null") == 6
