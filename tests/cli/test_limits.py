"""`indsats limits`: how a database stands to the limits, for people and for scripts."""

import json

from tests.cli.databases import clubbed, make
from tests.cli.test_replay import run

from indsats.domain import facts
from indsats.domain.calendar import local_day
from indsats.domain.values import Actor
from indsats.engine import Engine
from indsats.models.library import load

KIM = Actor("kim", "caseworker")


def test_people_see_each_limit_with_its_subject_bounds_and_state() -> None:
    done = run("limits", "--db", str(clubbed()))
    assert done.returncode == 0
    _, _, *lines = done.stdout.splitlines()
    assert [line.split() for line in lines] == [
        ["limit", "subject", "value", "at", "least", "at", "most", "state"],
        ["-" * 19, "-" * 7, "-" * 5, "-" * 8, "-" * 7, "-" * 6],
        ["club_size", "north", "2", "-", "12", "within"],
        ["existing_recipients", "-", "0.0%", "-", "33.3%", "within"],
        ["club_referral", "-", "0.0%", "80.0%", "-", "below"],
    ]


def test_in_danish() -> None:
    done = run("limits", "club_referral", "--db", str(clubbed()), "--lang", "da")
    assert done.stdout.splitlines()[-1].split() == ["club_referral", "-", "0,0", "%", "80,0", "%", "-", "under"]


def test_a_caseload_names_the_worker_with_role_unit_and_functions() -> None:
    path = make()
    with Engine(f"sqlite:///{path}", load("fsm3-2021"), municipality="0336") as engine:
        today = local_day(engine.clock.now())
        opened = facts.NewFact(
            kind="pathway_opened",
            on=today,
            fields={
                "benefit": "cash_benefit",
                "introduction_programme": False,
                "activity_ready": True,
                "over_30": True,
            },
        )
        assigned = facts.worker_assigned(
            on=today,
            worker="anna",
            as_role="jobformidler",
            functions=["mentor", "company_consultant"],
            at_unit="job-og-integrationshuset",
            fraction=0.5,
        )
        engine.record("c1", [opened, assigned], actor=KIM)
    arguments = ["limits", "--db", str(path), "--model", "fsm3-2021", "--municipality", "0336"]
    (found,) = json.loads(run(*arguments, "--json").stdout)["limits"]
    assert (found["subject"]["worker"], found["low"], found["high"], found["state"]) == ("anna", 10, 12.5, "below")
    line = run(*arguments).stdout.splitlines()[-1]
    assert "anna, jobformidler, job-og-integrationshuset, company_consultant mentor" in line
    assert line.split()[-4:] == ["1", "10", "12.50", "below"]


def test_an_unknown_limit_is_bad_input() -> None:
    done = run("limits", "club", "--db", str(clubbed()))
    assert done.returncode == 2
    assert "'club' is no limit of stevns-2017@1; allowed: club_size, existing_recipients, club_referral" in done.stderr
