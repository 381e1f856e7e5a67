"""What is wrong with a declared key figure is told where it stands, with what is allowed."""

from datetime import date
from fractions import Fraction
from pathlib import Path

import pytest

from indsats.domain.kpi import (
    Baseline,
    Bound,
    Comparison,
    Documented,
    Filter,
    Other,
    Some,
    Step,
    Target,
    Tiers,
)
from indsats.errors import ModelInvalid
from indsats.models.kpi_form import kpis_of
from indsats.models.library import load

HEAD = """id: small
version: 1
title: {da: Lille, en: Small}
extends: flexjob-base
kpis:
  share:
    title: {da: Andel, en: Share}
"""


def written(tmp_path: Path, declared: str) -> Path:
    path = tmp_path / "small.yaml"
    path.write_text(HEAD + declared)
    return path


def faults(tmp_path: Path, declared: str) -> list[str]:
    """Every fault without the file's name and the line shown below it."""
    with pytest.raises(ModelInvalid) as refused:
        load(str(written(tmp_path, declared)))
    return [str(fault).splitlines()[0].partition("small.yaml:")[2] for fault in refused.value.faults]


def test_a_declaration_is_read_into_conditions_with_types(tmp_path: Path) -> None:
    path = written(
        tmp_path,
        """    rows: employments
    unit: citizen
    where: {hours_at_start: {max: 10}, started_on: {min: valid_from, max: 2017-12-31}}
    numerator: {hours: {above: hours_at_start}, some: {fact: follow_up_held, in: employment, since: started_on}}
    baseline: {value: 6/59, on: 2016-06-30}
    target: {at_least: 0.35}
    source: 001
    policy_notes: {hours: {da: Timer, en: Hours}}
""",
    )
    kpi = kpis_of(load(str(path)))["share"]
    assert (kpi.rows, kpi.unit, kpi.source) == ("employments", "citizen", "001")
    assert [(one.column, one.test) for one in kpi.where.comparisons] == [
        ("hours_at_start", "max"),
        ("started_on", "min"),
        ("started_on", "max"),
    ]
    assert kpi.where.comparisons[1:] == (
        Comparison("started_on", "min", (Bound("valid_from"),)),
        Comparison("started_on", "max", (date(2017, 12, 31),)),
    )
    assert kpi.numerator == Filter(
        (Comparison("hours", "above", (Other("hours_at_start"),)),),
        (Some(("follow_up_held",), within="employment", since="started_on"),),
    )
    assert kpi.baseline == Baseline(Fraction(6, 59), "6/59", date(2016, 6, 30))
    assert kpi.target == Target("at_least", Fraction(7, 20), "0.35")
    assert kpi.policy_notes["hours"].en == "Hours"


def test_figures_are_inherited_replaced_and_removed(tmp_path: Path) -> None:
    path = tmp_path / "next.yaml"
    path.write_text(
        "id: next\nversion: 1\ntitle: {da: Ny, en: New}\nextends: stevns-2017\n"
        "kpis:\n  days_to_flexjob: null\n  employed_share:\n"
        "    title: {da: I job, en: Employed}\n    rows: pathways\n    numerator: {phase: {is: flexjob}}\n"
    )
    inherited, own = kpis_of(load("stevns-2017")), kpis_of(load(str(path)))
    assert inherited.keys() - own.keys() == {"days_to_flexjob"}
    assert own["employed_share"].title.en == "Employed"
    assert own["regression_share"] == inherited["regression_share"]


@pytest.mark.parametrize(
    ("declared", "fault"),
    [
        ("    rows: spels\n", "8:11: rows of KPI 'share' cannot be 'spels'; allowed: pathways, visits, spells, "),
        ("    where: {}\n", "6:3: KPI 'share' lacks the key 'rows'"),
        ("    rows: spells\n    whre: {}\n", "9:5: KPI 'share' has no key 'whre'; allowed: title, source, rows, "),
        ("    rows: facts\n", "6:3: KPI 'share' counts facts and lacks the key 'fact'"),
        ("    rows: facts\n    fact: []\n", "9:11: fact of KPI 'share' is empty"),
        ("    rows: facts\n    fact: refered\n", "9:11: fact of KPI 'share' cannot be 'refered'; allowed: "),
        ("    rows: spells\n    fact: referred\n", "9:5: KPI 'share' counts spells; the key 'fact' is for rows: facts"),
        ("    rows: spells\n    unit: visit\n", "9:11: unit of KPI 'share' cannot be 'visit'; allowed: spell, citizen"),
        (
            "    rows: spells\n    unit: full_time_person\n",
            "9:11: unit of KPI 'share' cannot be 'full_time_person'; allowed: spell, citizen",
        ),
        (
            "    rows: visits\n    median: days\n    unit: citizen\n",
            "10:11: unit of KPI 'share' cannot be 'citizen'; allowed: visit",
        ),
        (
            "    rows: visits\n    median: phase\n",
            "9:13: median of KPI 'share' cannot be 'phase'; allowed: visit, stretch, days",
        ),
        (
            "    rows: visits\n    median: days\n    numerator: {days: {min: 3}}\n",
            "9:5: KPI 'share' has a numerator and a median; allowed is one of them",
        ),
        (
            "    rows: spells\n    where: {month: {max: 5}}\n",
            (
                "9:13: where of KPI 'share': spells have no 'month'; allowed: started_on, ended_on, ended_by, reason, "
                "months, some; did you mean months?"
            ),
        ),
        (
            "    rows: spells\n    where: {months: {over: 5}}\n",
            "9:22: months in KPI 'share' has no key 'over'; allowed: is, min, max, above, below",
        ),
        ("    rows: spells\n    where: {months: {}}\n", "9:21: months in KPI 'share' has no test; allowed: "),
        (
            "    rows: spells\n    where: {months: {max: many}}\n",
            "9:27: max of months in KPI 'share' must be a number, not 'many'; allowed: a number, months",
        ),
        (
            "    rows: spells\n    where: {ended_on: {min: valid_form}}\n",
            (
                "9:29: min of ended_on in KPI 'share' must be a day, not 'valid_form'; allowed: a day such as 2017-01-0"
                "2, as_of, valid_from, valid_to, month_start, week_start; did you mean valid_from?"
            ),
        ),
        (
            "    rows: spells\n    where: {ended_on: {min: 2017-02-30}}\n",
            "9:29: min of ended_on in KPI 'share' must be a day, not '2017-02-30'",
        ),
        (
            "    rows: pathways\n    where: {phase: {in: [flexjob, ledig]}}\n",
            "9:35: in of phase in KPI 'share' cannot be 'ledig'; allowed: pre_rehab, ledighedsydelse, flexjob, closed",
        ),
        ("    rows: pathways\n    where: {phase: {in: []}}\n", "9:25: in of phase in KPI 'share' is empty"),
        (
            "    rows: pathways\n    where: {phase: {in: flexjob}}\n",
            "9:25: in of phase in KPI 'share' must be a list, not 'flexjob'",
        ),
        (
            "    rows: obligations\n    where: {rule: {is: first_conversation}}\n",
            (
                "9:24: is of rule in KPI 'share' cannot be 'first_conversation'; "
                "allowed: statutory_follow_up, statutory_status"
            ),
        ),
        (
            "    rows: obligations\n    where: {status: {is: mett}}\n",
            (
                "9:26: is of status in KPI 'share' cannot be 'mett'; allowed: met, lapsed, waived, met_late, on_hold, "
                "breached, open; did you mean met?"
            ),
        ),
        (
            "    rows: employments\n    where: {agreed: {is: yes}}\n",
            "9:26: is of agreed in KPI 'share' must be a truth value, not 'yes'; allowed: true, false",
        ),
        (
            "    rows: facts\n    fact: referred\n    where: {track: {is: club}}\n",
            "10:25: is of track in KPI 'share' cannot be 'club'; allowed: job_club, individual, ",
        ),
        (
            "    rows: facts\n    fact: [referred, cv_published]\n    where: {track: {is: job_club}}\n",
            "10:13: where of KPI 'share': facts have no 'track'; allowed: on, visit, stretch, employment, some",
        ),
        (
            "    rows: facts\n    fact: first_conversation_held\n    where: {participants: {is: caseworker}}\n",
            "10:28: participants in KPI 'share' has no key 'is'; allowed: includes",
        ),
        (
            "    rows: facts\n    fact: tillaegsaftale_signed\n    where: {follow_up_every: {is: P4W}}\n",
            "10:13: follow_up_every in KPI 'share' holds a length or an instant, which no condition can name",
        ),
        (
            "    rows: facts\n    fact: flexjob_started\n    where: {employer: {is: the bakery}}\n",
            (
                "10:13: where of KPI 'share': facts have no 'employer'; allowed: employment, weekly_hours, "
                "attendance_hours, on, visit, stretch, some"
            ),
        ),
        ("    rows: spells\n    numerator: {some: {in: pathway}}\n", "9:17: some of KPI 'share' lacks the key 'fact'"),
        ("    rows: spells\n    numerator: {some: []}\n", "9:23: some of KPI 'share' is empty"),
        (
            "    rows: spells\n    numerator: {some: [{fact: referred}, {fact: refered}]}\n",
            "9:49: fact of some of KPI 'share' cannot be 'refered'; allowed: ",
        ),
        (
            "    rows: spells\n    numerator: {some: {fact: hold_started, ended_by: hold_ended}}\n",
            "9:44: some of KPI 'share' has 'ended_by' and lacks 'lasting'",
        ),
        (
            "    rows: spells\n    numerator: {some: {fact: hold_started, lasting: month_start}}\n",
            "9:44: some of KPI 'share' has 'lasting' and lacks 'ended_by'",
        ),
        (
            "    rows: spells\n    numerator: {some: {fact: hold_started, ended_by: hold_ended, lasting: month}}\n",
            (
                "9:75: lasting of some of KPI 'share' cannot be 'month'; allowed: as_of, valid_from, valid_to, "
                "month_start, week_start"
            ),
        ),
        (
            "    rows: spells\n    numerator: {some: {fact: referred, in: visit}}\n",
            "9:44: in of some of KPI 'share' cannot be 'visit'; allowed: pathway",
        ),
        (
            "    rows: spells\n    numerator: {some: {fact: referred, since: months}}\n",
            "9:47: since of some of KPI 'share' cannot be 'months'; allowed: started_on, ended_on",
        ),
        (
            "    rows: spells\n    numerator: {some: {fact: referred, where: {trak: {is: job_club}}}}\n",
            "9:48: where of some of KPI 'share': referred has no 'trak'; allowed: track; did you mean track?",
        ),
        (
            "    rows: spells\n    target: {at_least: 1/0}\n",
            "9:24: at_least of target of KPI 'share': '1/0' is no figure; allowed: counts such as 40/387, ",
        ),
        (
            "    rows: spells\n    target: {on: 2017-01-01}\n",
            "9:5: target of KPI 'share' must have one of 'at_least' and 'at_most'",
        ),
        (
            "    rows: spells\n    target: {at_least: 1, at_most: 2}\n",
            "9:5: target of KPI 'share' must have one of 'at_least' and 'at_most'",
        ),
        ("    rows: spells\n    baseline: {on: 2017-01-01}\n", "9:5: baseline of KPI 'share' lacks the key 'value'"),
        (
            "    rows: spells\n    baseline: {value: -1}\n",
            "9:23: value of baseline of KPI 'share': '-1' is no figure",
        ),
        (
            "    rows: spells\n    baseline: {value: 17.4, on: June 2016}\n",
            "9:33: on of baseline of KPI 'share': 'June 2016' is no day",
        ),
    ],
)
def test_a_fault_names_its_place_and_what_is_allowed(tmp_path: Path, declared: str, fault: str) -> None:
    (found,) = faults(tmp_path, declared)
    assert found.startswith(fault)


AMOUNT = """    rows: spells
    numerator: {months: {below: 6}}
  grant:
    title: {da: Tilskud, en: Grant}
    tiers:
      share: share
      amount: 1000.50
      steps: [{pays: 1/2}, {at_least: 15/100, pays: 90/100}, {at_least: 0.2, pays: 1}]
      documented: {fact: flexjob_started, field: weekly_hours}
    source: 003
"""


def test_an_amount_by_tiers_is_read_with_the_rows_of_its_share(tmp_path: Path) -> None:
    found = kpis_of(load(str(written(tmp_path, AMOUNT))))
    share, grant = found["share"], found["grant"]
    assert grant.tiers == Tiers(
        share="share",
        amount=Fraction(2001, 2),
        steps=(Step(Fraction(1, 2)), Step(Fraction(9, 10), Fraction(3, 20)), Step(Fraction(1), Fraction(1, 5))),
        documented=Documented("flexjob_started", "weekly_hours"),
    )
    assert (grant.rows, grant.where, grant.numerator) == (share.rows, share.where, share.numerator)
    assert (grant.title.en, grant.source, grant.target) == ("Grant", "003", None)


def test_figures_keep_the_order_of_the_file_though_an_amount_stands_before_its_share(tmp_path: Path) -> None:
    path = tmp_path / "small.yaml"
    head, _, share = HEAD.partition("  share:")
    _, _, grant = AMOUNT.partition("  grant:")
    path.write_text(f"{head}  grant:{grant}  share:{share}    rows: spells\n    numerator: {{months: {{below: 6}}}}\n")
    assert list(kpis_of(load(str(path)))) == ["grant", "share"]


@pytest.mark.parametrize(
    ("before", "after", "fault"),
    [
        ("share: share", "share: shar", "13:14: share of tiers of KPI 'grant' cannot be 'shar'; allowed: share; did"),
        ("      share: share\n", "", "12:5: tiers of KPI 'grant' lacks the key 'share'"),
        ("    numerator: {months: {below: 6}}\n", "", "12:14: share of tiers of KPI 'grant' cannot be 'share'"),
        ("      amount: 1000.50\n", "", "12:5: tiers of KPI 'grant' lacks the key 'amount'"),
        ("1000.50", "much", "14:15: amount of tiers of KPI 'grant': 'much' is no figure; allowed: counts such as"),
        ("[{pays: 1/2}, ", "[{pays: 3/2}, ", "15:22: pays of steps of tiers of KPI 'grant' is more than the whole"),
        ("{at_least: 0.2, pays: 1}", "{pays: 1}", "15:62: steps of tiers of KPI 'grant': only the first step can do"),
        ("at_least: 0.2", "at_least: 0.15", "15:73: at_least of steps of tiers of KPI 'grant' is not above that of"),
        ("{pays: 1/2}", "{at_least: 1/2}", "15:15: steps of tiers of KPI 'grant' lacks the key 'pays'"),
        ("flexjob_started", "flexjob_start", "16:26: fact of documented of tiers of KPI 'grant' cannot be 'flexjob_st"),
        ("weekly_hours", "employment", "16:50: field of documented of tiers of KPI 'grant' cannot be 'employment'"),
        (", field: weekly_hours", "", "16:7: documented of tiers of KPI 'grant' lacks the key 'field'"),
        (
            "      amount",
            "      best: week\n      amount",
            "14:13: best of tiers of KPI 'grant' cannot be 'week'; allo",
        ),
        (
            "      amount",
            "      best: month\n      amount",
            "14:7: tiers of KPI 'grant': the months are those of the model's validity, which has no first day",
        ),
        (
            "    source: 003",
            "    unit: citizen",
            "17:5: KPI 'grant' is an amount by tiers and has no 'unit'; allowed: title, source, tiers, policy_notes",
        ),
        # One fault for a share with a fault of its own.
        ("below: 6", "below: many", "9:33: below of months in KPI 'share' must be a number, not 'many'"),
    ],
)
def test_a_fault_of_an_amount_names_its_place(tmp_path: Path, before: str, after: str, fault: str) -> None:
    assert AMOUNT.count(before) >= 1
    found = faults(tmp_path, AMOUNT.replace(before, after, 1))
    assert found[0].startswith(fault)
    assert len(found) == (2 if after == "{at_least: 1/2}" else 1)


def test_steps_that_are_none_are_a_fault(tmp_path: Path) -> None:
    declared = AMOUNT[: AMOUNT.index("[{pays")] + "[]\n"
    assert faults(tmp_path, declared) == ["15:14: steps of tiers of KPI 'grant' is empty"]


def test_every_fault_is_told_at_once(tmp_path: Path) -> None:
    found = faults(
        tmp_path, "    rows: spells\n    where: {months: {max: x}, days: {min: 1}}\n    target: {at_most: y}\n"
    )
    assert [one.split(" ")[0] for one in found] == ["9:27:", "9:31:", "10:23:"]


def test_a_title_is_needed_in_both_languages(tmp_path: Path) -> None:
    path = tmp_path / "small.yaml"
    path.write_text(HEAD.replace(", en: Share", "") + "    rows: spells\n")
    with pytest.raises(ModelInvalid, match="title of KPI 'share' lacks the key 'en'"):
        load(str(path))
