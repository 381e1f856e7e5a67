"""What was planned and what its own counts give, side by side: computed from facts, held to the printed figures.

The plan of Stevns is for 18 months: 240 cases to the rehabilitation team, 48 grants, 45 others who pass to
ledighedsydelse, 40 who receive it already, 80 flexjobs of at most ten hours, 24 of them from the team.
"""

from collections.abc import Iterator, Sequence
from datetime import date
from fractions import Fraction
from pathlib import Path

import pytest
from tests.projections.histories import counts, fact, pathways, story
from tests.projections.test_kpi_figures import in_scheme, small_jobs

from indsats.domain.kpi import Printed
from indsats.domain.model import Model, Title
from indsats.domain.timeline import Fact
from indsats.models.kpi_form import kpis_of as declared_by
from indsats.models.library import load
from indsats.projections.kpis import KpiResult, kpis_of
from indsats.replay.entries import FactLine
from indsats.replay.scenario import read_scenario

STEVNS = load("stevns-2017")
SCENARIOS = Path(__file__).parents[2] / "scenarios"
JUNE_2016, MARCH_2018, LAST_DAY = date(2016, 6, 30), date(2018, 3, 31), date(2018, 6, 30)

# What the plan counts beside the key figures of the model, declared as any municipality would.
PLAN = """
id: stevns-plan
version: 1
title: {da: Planen, en: The plan}
extends: stevns-2017
kpis:
  cases:
    title: {da: Sager, en: Cases}
    rows: facts
    fact: rehab_meeting_held
    where: {on: {min: valid_from, max: valid_to}}
  grants:
    title: {da: Bevillinger, en: Grants}
    rows: facts
    fact: flexjob_granted
    where: {on: {min: valid_from, max: valid_to}}
  jobs_from_the_team:
    title: {da: Fleksjob fra teamet, en: Flexjobs from the team}
    rows: employments
    where:
      hours_at_start: {max: 10}
      started_on: {min: valid_from, max: valid_to}
      some: {fact: flexjob_granted}
"""

# What Aalborg tells of August 2016: who is in a flexjob then, since the reform of 2013, and in one of few hours.
AUGUST = """
id: aalborg-august
version: 1
title: {da: August, en: August}
extends: aalborg-2017
kpis:
  since_the_reform:
    title: {da: Ansat efter reformen, en: Employed since the reform}
    rows: employments
    where: {some: {fact: flexjob_started, ended_by: flexjob_ended, lasting: as_of, in: employment}}
    numerator: {started_on: {min: 2013-01-01}}
  of_few_hours:
    title: {da: Ansat i få timer efter reformen, en: Employed for few hours since the reform}
    rows: employments
    where:
      started_on: {min: 2013-01-01}
      some: {fact: flexjob_started, ended_by: flexjob_ended, lasting: as_of, in: employment}
    numerator: {hours: {max: 10}}
"""


def as_planned() -> Iterator[list[Fact]]:
    """The plan come true: who was at the team, who passed to the benefit, who found a small flexjob."""
    for case in range(240):
        facts = [
            fact("rehab_referred", "2017-01-09"),
            fact("rehab_meeting_held", "2017-02-06", participants=["rehab_team"]),
        ]
        if case % 5 == 0:
            facts += [
                fact("flexjob_granted", "2017-02-06"),
                fact("ledighedsydelse_started", "2017-02-13", route="rehab_grant"),
            ]
            if case % 10 == 0:
                facts.append(fact("flexjob_started", "2017-09-04", employment="e1", weekly_hours="8"))
        yield story(*facts)
    for other in range(45):
        benefit = fact("ledighedsydelse_started", "2017-03-06", route="dismissed_flexjob" if other % 2 else "mover_in")
        yield story(benefit)
    for existing in range(40):
        benefit = fact("ledighedsydelse_started", "2017-01-01", route="existing_recipient")
        job = fact("flexjob_started", "2017-10-02", employment="e1", weekly_hours="10")
        yield story(benefit, job) if existing < 28 else story(benefit)
    for _ in range(28):
        yield story(fact("flexjob_started", "2018-06-30", employment="e1", weekly_hours="6"))


def in_august() -> Iterator[list[Fact]]:
    """1,934 in a flexjob, of them 802 since the reform, of whom 408 for at most ten hours; one job is over."""
    for number in range(1934):
        start = "2014-03-03" if number < 802 else "2012-12-31"
        yield story(fact("flexjob_started", start, employment="e1", weekly_hours="10" if number < 408 else "12"))
    over = fact("flexjob_started", "2014-03-03", employment="e1", weekly_hours="8")
    yield story(over, fact("flexjob_ended", "2016-08-31", employment="e1"))


def figures(model: Model, stories: Sequence[list[Fact]], as_of: date) -> dict[str, KpiResult]:
    return {one.id: one for one in kpis_of(pathways(model, stories, as_of), model, as_of)}


def printed(kpi: str, title: str) -> Printed:
    (found,) = [one for one in declared_by(STEVNS)[kpi].printed if one.title.en == title]
    return found


def of(result: KpiResult) -> tuple[Fraction, Fraction]:
    """Numerator and share, both computable."""
    assert result.numerator is not None
    assert result.share is not None
    return result.numerator, result.share


def months() -> int:
    first, last = STEVNS.valid.first, STEVNS.valid.last
    assert first is not None
    assert last is not None
    return (last.year - first.year) * 12 + last.month - first.month + 1


@pytest.fixture(scope="module")
def plan(tmp_path_factory: pytest.TempPathFactory) -> dict[str, KpiResult]:
    path = tmp_path_factory.mktemp("plan") / "plan.yaml"
    path.write_text(PLAN)
    return figures(load(str(path)), list(as_planned()), LAST_DAY)


def test_the_share_on_ledighedsydelse_and_its_two_falls() -> None:
    name = "ledighedsydelse_share"
    heads_before, before = of(figures(STEVNS, list(in_scheme(63, 362)), JUNE_2016)[name])
    heads_after, after = of(figures(STEVNS, list(in_scheme(40, 387)), MARCH_2018)[name])
    assert before == printed(name, "June 2016").value
    assert after == printed(name, "March 2018").value
    assert before - after == printed(name, "fall in percentage points").value
    in_heads = printed(name, "fall in unemployment (heads)")
    assert (heads_before - heads_after) / heads_before == in_heads.value
    assert (in_heads.stated, in_heads.computed) == ("36.5 %", "36.51 %")
    of_the_share = Printed(Title("fald", "fall"), "40.6 %", (before - after) / before, "")
    assert of_the_share.agrees, "the fall of the share is another figure"


def test_increased_hours_and_their_rise() -> None:
    name = "hours_increased_share"
    _, before = of(figures(STEVNS, list(small_jobs(6, 59)), MARCH_2018)[name])
    _, after = of(figures(STEVNS, list(small_jobs(35, 100)), MARCH_2018)[name])
    assert before == printed(name, "June 2016").value
    assert after == printed(name, "target").value
    assert after - before == printed(name, "rise in percentage points").value
    assert after - Fraction(18, 100) == printed(name, "percentage points above the country").value


def test_the_plan_come_true_is_counted_as_planned(plan: dict[str, KpiResult]) -> None:
    assert months() == 18
    numbers = {"cases": 240, "grants": 48, "jobs_from_the_team": 24}
    assert {name: plan[name].numerator for name in numbers} == numbers
    assert plan["club_referral_share"].denominator == 93
    assert plan["hours_increased_share"].denominator == 80
    assert counts(plan["existing_recipient_share"]) == (40, 133)


def test_what_the_plan_gives_a_month_stands_beside_what_the_source_writes(plan: dict[str, KpiResult]) -> None:
    newcomers, jobs = plan["club_referral_share"].denominator, plan["hours_increased_share"].denominator
    from_the_team, grants = plan["jobs_from_the_team"].numerator, plan["grants"].numerator
    assert newcomers is not None
    assert jobs is not None
    assert from_the_team is not None
    assert grants is not None
    found = {
        printed("club_referral_share", "newly unemployed a month"): newcomers / months(),
        printed("club_referral_share", "grants, every fifth of 240 cases"): grants,
        printed("hours_increased_share", "flexjobs a month, 80 in 18"): jobs / months(),
        printed("hours_increased_share", "of them from the rehabilitation team, 24 in 18"): from_the_team / months(),
    }
    assert {one.counted: one.value for one in found} == {one.counted: value for one, value in found.items()}
    assert {one.stated: one.computed for one in found} == {"5.2": "5.17", "48": "48.0", "4.5": "4.44", "1.5": "1.33"}
    assert [one.stated for one in found if not one.agrees] == ["4.5", "1.5"]


def test_everything_else_that_is_printed_is_what_its_counts_give() -> None:
    every = [one for kpi in declared_by(STEVNS).values() for one in kpi.printed]
    assert len(every) == 13
    assert {one.stated for one in every if not one.agrees} == {"4.5", "1.5"}


def test_existing_recipients_are_30_percent_of_133(plan: dict[str, KpiResult]) -> None:
    found, stated = plan["existing_recipient_share"], printed("existing_recipient_share", "expected share")
    assert found.share == stated.value
    assert (stated.stated, stated.agrees, found.met) == ("30 %", True, True)
    wide = Printed(Title("andel", "share"), "30.08 %", stated.value, stated.counted)
    assert wide.agrees


def test_four_fifths_of_the_newcomers_fill_a_club_of_twelve(plan: dict[str, KpiResult]) -> None:
    """80 percent of 93 are 74.4; twelve weeks each, over the 78 of the project, are 11.4 at a time."""
    club, first, last = declared_by(STEVNS)["club_referral_share"], STEVNS.valid.first, STEVNS.valid.last
    newcomers = plan["club_referral_share"].denominator
    assert club.target is not None
    assert newcomers is not None
    assert first is not None
    assert last is not None
    expected = club.target.value * newcomers
    weeks = Fraction((last - first).days + 1, 7)
    assert (float(expected), float(weeks)) == (74.4, 78)
    assert round(float(expected * 12 / weeks), 1) == 11.4


def test_the_grant_is_52_44_percent_of_the_budget_and_paid_in_full() -> None:
    source = read_scenario(SCENARIOS / "stories" / "project-from-start-to-end.yaml")
    facts = [entry for entry in source.entries if isinstance(entry, FactLine)]
    (started,) = [one for one in facts if one.kind == "project_started"]
    grant, budget = (Fraction(str(started.fields[name])) for name in ("grant", "budget"))
    share = Printed(Title("tilskud", "grant"), "52.44 %", grant / budget, "")
    assert share.agrees
    assert budget - grant == 1_139_990
    paid = [Fraction(str(one.fields["amount"])) for one in facts if one.kind == "payment_received"]
    assert sum(paid) == grant


def test_aalborg_has_half_of_its_newer_flexjobs_for_few_hours(tmp_path: Path) -> None:
    path = tmp_path / "august.yaml"
    path.write_text(AUGUST)
    found = figures(load(str(path)), list(in_august()), date(2016, 8, 31))
    newer, small = found["since_the_reform"], found["of_few_hours"]
    assert (counts(newer), counts(small)) == ((802, 1934), (408, 802))
    assert newer.share
    assert small.share
    title = Title("andel", "share")
    assert Printed(title, "41.5 %", newer.share, "").agrees
    assert Printed(title, "50.9 %", small.share, "").agrees
    assert newer.share * small.share != Fraction(21, 100), "408 of 1,934 are not the 21 percent who got more hours"


def test_aalborg_and_the_country_are_printed_as_shares() -> None:
    kpi = declared_by(load("aalborg-2017"))["hours_increased_share"]
    assert [(one.stated, one.agrees) for one in kpi.printed] == [("21 %", True), ("18.2 %", True)]
    assert kpi.baseline is not None
    found = figures(load("aalborg-2017"), list(small_jobs(21, 100)), LAST_DAY)["hours_increased_share"]
    assert found.share == kpi.printed[0].value == kpi.baseline.value
    rounded = Printed(Title("landet", "the country"), "18 %", kpi.printed[1].value, "")
    assert rounded.agrees, "which Stevns prints"
