"""`indsats reassign` as its users run it: tried, done, done again."""

from tests.cli.databases import make, staffed
from tests.cli.test_replay import run
from tests.cli.test_schemas import printed


def test_it_is_tried_done_and_nothing_when_it_is_repeated() -> None:
    db = staffed()
    hand_over = ("reassign", "--from", "anna", "--to", "eva", "--db", db)
    tried = printed(*hand_over, "--dry-run")
    assert (tried["dry_run"], tried["recorded"], tried["is_new"]) == (True, 2, True)
    [moved] = tried["moved"]
    assert moved["citizen"] == "c1"
    assert [one["role"] for one in moved["assignments"]] == ["caseworker"]
    mine = printed("follow-ups", "--worker", "anna", "--db", db)["obligations"]
    assert [owed["rule"] for owed in moved["obligations"]] == [owed["rule"] for owed in mine] != []
    assert printed(*hand_over) == tried | {"dry_run": False}
    theirs = printed("follow-ups", "--worker", "eva", "--db", db)["obligations"]
    assert [owed["rule"] for owed in theirs] == [owed["rule"] for owed in mine]
    again = printed(*hand_over)
    assert (again["moved"], again["recorded"], again["is_new"]) == ([], 0, False)


def test_people_are_told_what_moves_in_their_language() -> None:
    db = staffed()
    done = run("reassign", "--from", "anna", "--to", "eva", "--dry-run", "--db", db, "--lang", "da")
    assert done.returncode == 0
    first, *_ = done.stdout.split("\n\n")
    assert first.split("\n") == [
        "prøve, intet registreret:",
        "flyttet: 1",
        "pligter: 3",
        "registreret: 2",
        "uregelmæssige: 0",
        "lukkede forløb, som de var: 0",
        "hidtil ukendt: eva",
    ]
    assert done.stdout.rstrip("\n").split("\n")[-1].split() == ["c1", "caseworker", "north", "3", "2017-01-09"]


def test_only_in_one_role() -> None:
    assert printed("reassign", "--from", "anna", "--to", "eva", "--role", "mentor", "--db", staffed())["moved"] == []


def test_who_is_not_there_and_who_may_not() -> None:
    db = staffed()
    unknown = run("reassign", "--from", "ana", "--to", "eva", "--db", db)
    assert (unknown.returncode, unknown.stdout) == (3, "")
    assert unknown.stderr == (
        "nobody was ever assigned as 'ana' in municipality 0336; allowed: anna; did you mean anna?\n"
    )
    forbidden = run(
        "reassign", "--from", "anna", "--to", "eva", "--db", db, "--actor", "kim", "--as-role", "caseworker"
    )
    assert (forbidden.returncode, forbidden.stdout) == (3, "")
    assert forbidden.stderr.startswith("kim as caseworker may not reassign; allowed: ")
    same = run("reassign", "--from", "anna", "--to", "anna", "--db", db)
    assert same.returncode == 2
    nobody = run("reassign", "--from", "anna", "--to", "eva", "--db", make())
    assert nobody.stderr == "nobody was ever assigned as 'anna' in municipality 0336; allowed: none\n"
