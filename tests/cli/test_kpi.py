"""`indsats kpi` as its users run it: exit codes, groups, and what is left out or named."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

import pytest
from tests.cli.databases import make, new_path, sound
from tests.cli.test_replay import run
from tests.cli.test_schemas import printed

REFERRALS = "club_referral_share"
NOTHING = dict.fromkeys(("numerator", "denominator", "share"))


def imported(model: str, *facts: Mapping[str, object]) -> Path:
    lines, path = new_path().with_suffix(".jsonl"), new_path()
    lines.write_text("".join(f"{json.dumps(fact)}\n" for fact in facts))
    assert run("db", "init", "--db", path).returncode == 0
    done = run("import", lines, "--db", path, "--model", model)
    assert done.returncode == 0, done.stderr
    return path


@cache
def referred() -> Path:
    """Newly unemployed of four units, referred to the club: 2 of 7, 6 of 9, 5 of 5 and none of 6."""
    facts: list[dict[str, object]] = []
    for unit, there, in_all in (("north", 2, 7), ("south", 6, 9), ("east", 5, 5), ("west", 0, 6)):
        for number in range(in_all):
            citizen = {"citizen": f"{unit}{number}", "on": "2017-01-02"}
            facts.append({**citizen, "fact": "ledighedsydelse_started", "route": "mover_in"})
            worker = {"worker": "anna", "as_role": "caseworker", "at_unit": unit}
            facts.append({**citizen, "fact": "worker_assigned", **worker})
            if number < there:
                facts.append({**citizen, "fact": "referred", "track": "job_club"})
    return imported("stevns-2017", *facts)


@pytest.mark.parametrize(("kpi", "code"), [(REFERRALS, 1), ("tillaegsaftale_share", 0), ("hours_increased_share", 0)])
def test_check_fails_for_a_target_that_is_missed_and_not_for_none(kpi: str, code: int) -> None:
    """One is missed, one figure has no target, and one cannot be computed."""
    done = run("kpi", kpi, "--check", "--as-of", "2017-02-01", "--db", referred())
    assert (done.returncode, done.stderr) == (code, "")
    assert run("kpi", kpi, "--as-of", "2017-02-01", "--db", referred()).returncode == 0


def test_a_small_group_is_left_out_with_the_next_one_that_would_tell_it() -> None:
    asked = ("kpi", REFERRALS, "--as-of", "2017-02-01", "--by", "unit", "--db", referred())
    (whole,) = printed(*asked)["kpis"]
    assert (whole["numerator"], whole["denominator"]) == (13, 27)
    assert {one["name"]: (one["numerator"], one["denominator"]) for one in whole["groups"]} == {
        "east": (5, 5),
        "north": (2, 7),
        "south": (6, 9),
        "west": (0, 6),
    }
    (shown,) = printed(*asked, "--suppress")["kpis"]
    assert (shown["numerator"], shown["suppressed"]) == (13, False)
    groups = {one.pop("name"): one for one in shown["groups"]}
    assert groups["north"] == groups["east"] == {**NOTHING, "suppressed": True}
    assert (groups["south"]["numerator"], groups["west"]["numerator"]) == (6, 0)
    text = run(*asked, "--suppress").stdout
    rows = {line.split()[0]: line.split()[1:] for line in text.splitlines() if line}
    assert rows["east"] == rows["north"] == ["<5", "<5", "-"]
    assert rows["south"] == ["6", "9", "66.7%"]


def test_a_median_is_no_count_that_tells_who_it_is() -> None:
    facts: list[dict[str, object]] = []
    for number in range(5):
        citizen = {"citizen": f"c{number}"}
        facts.append({**citizen, "fact": "ledighedsydelse_started", "on": "2017-01-02", "route": "mover_in"})
        job = {"employment": "e", "weekly_hours": 8}
        facts.append({**citizen, "fact": "flexjob_started", "on": "2017-01-05", **job})
    path = imported("stevns-2017", *facts)
    (found,) = printed("kpi", "days_to_flexjob", "--as-of", "2017-02-01", "--suppress", "--db", path)["kpis"]
    assert (found["numerator"], found["denominator"], found["suppressed"]) == (3, 5, False)


def test_a_count_of_a_unit_is_no_share() -> None:
    led = {"unit": "north", "on": "2019-01-07", "fact": "section_led", "at_unit": "north"}
    order = {"unit": "north", "on": "2019-01-08", "fact": "job_order_received", "order": "o1"}
    path = imported("aalborg-2019", {**led, "worker": "lea", "as_role": "team_leader"}, order)
    asked = ("kpi", "weekly_job_orders", "--as-of", "2019-01-08", "--by", "unit", "--db", path)
    (found,) = printed(*asked)["kpis"]
    north = {"name": "north", "numerator": 1, "denominator": None, "share": None, "suppressed": False}
    assert found["groups"] == [north]
    assert run(*asked).stdout.splitlines()[-1].split() == ["north", "1", "-", "-"]


def test_a_bridge_says_in_danish_what_came_in() -> None:
    path = make()
    between = datetime.now(UTC).isoformat()
    assert run("annul", "c2-start", "--reason", "wrong citizen", "--db", path).returncode == 0
    asked = ("kpi", "first_conversation_on_time", "--as-of", "2017-02-01", "--lang", "da", "--db", path, "--bridge")
    text = run(*asked, between, "2199-01-01").stdout
    assert "c2: 0/1 -> 0/0" in text
    assert ": taget ud ledighedsydelse_started 2017-01-02 (c2-start)" in text
    assert "c1:" not in text
    text = run(*asked, "2017-01-31", "2199-01-01").stdout
    assert ": registreret ledighedsydelse_started 2017-01-02 (c1-start)" in text


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--who", "--suppress"), "--who names everybody, --suppress nobody"),
        (("--from", "2017-01-01"), "--from needs --by week or --by month"),
        (("--bridge", "2017-01-01", "2017-02-01"), "--bridge needs one ID"),
        (("days_to_flexjob", "--bridge", "2017-01-01", "2017-02-01", "--suppress"), "it has no --suppress"),
        (("days_to_flexjob", "--bridge", "2017-01-01", "2017-02-01", "--known-at", "2017-01-02"), "no --known-at"),
        (("days_to_flexjob", "--by", "unit"), "days_to_flexjob does not add up"),
        (("unheard_of",), "'unheard_of' is no key figure of stevns-2017@1; allowed: "),
    ],
)
def test_what_cannot_be_asked_is_said(options: tuple[str, ...], said: str) -> None:
    done = run("kpi", *options, "--db", sound())
    assert (done.returncode, done.stdout) == (2, "")
    assert said in done.stderr
