"""Waivers: one duty or all later ones of a rule, in the scope in which the waiver lies."""

import pytest
from tests.given import fact, next_change, owed, rules, the_one

from indsats.domain.timeline import Fact

ANSWER = rules("answer: {kind: deadline, when: {fact: asked}, require: {fact: answered}, within: P7D}")
ASKED = fact("asked", "2017-01-02")


def excused(on: str, rule: str = "answer", n: int | None = None, employment: str | None = None) -> Fact:
    return fact("excused", on, rule=rule, n=n, employment=employment)


@pytest.mark.parametrize(
    ("on", "status"),
    [("2017-01-02", "waived"), ("2017-01-08", "waived"), ("2017-01-09", "waived"), ("2017-01-10", "breached")],
)
def test_a_waiver_counts_up_to_the_due_day(on: str, status: str) -> None:
    assert owed(ANSWER, "2017-01-20", ASKED, excused(on)) == [f"answer 1: due 2017-01-09, {status}"]


def test_a_waived_duty_stays_waived_when_it_is_done_late_and_has_no_day_of_satisfaction() -> None:
    found = the_one(ANSWER, "2017-02-01", ASKED, excused("2017-01-05"), fact("answered", "2017-01-12"))
    assert (found.status, found.satisfied_on, found.satisfied_by, found.failed) == ("waived", None, None, False)


def test_a_waived_duty_that_is_done_in_time_is_met() -> None:
    assert owed(ANSWER, "2017-02-01", ASKED, excused("2017-01-05"), fact("answered", "2017-01-09")) == [
        "answer 1: due 2017-01-09, met 2017-01-09"
    ]


def test_the_end_of_the_scope_by_the_due_day_comes_before_the_waiver() -> None:
    facts = [ASKED, excused("2017-01-05"), fact("closed", "2017-01-09", reason="done")]
    assert owed(ANSWER, "2017-02-01", *facts) == ["answer 1: due 2017-01-09, lapsed"]
    later = [ASKED, excused("2017-01-05"), fact("closed", "2017-01-10", reason="done")]
    assert owed(ANSWER, "2017-02-01", *later) == ["answer 1: due 2017-01-09, waived"]


@pytest.mark.parametrize(
    ("rule", "n", "status"),
    [("answer", None, "waived"), ("answer", 1, "waived"), ("answer", 2, "breached"), ("talk", None, "breached")],
)
def test_a_waiver_names_the_rule_and_perhaps_the_occurrence(rule: str, n: int | None, status: str) -> None:
    assert owed(ANSWER, "2017-02-01", ASKED, excused("2017-01-05", rule, n)) == [f"answer 1: due 2017-01-09, {status}"]


def test_a_waiver_before_the_anchor_counts_in_the_same_visit() -> None:
    assert owed(ANSWER, "2017-02-01", excused("2017-01-01"), ASKED) == ["answer 1: due 2017-01-09, waived"]
    left = [excused("2017-01-01"), fact("wait_began", "2017-01-02"), fact("asked", "2017-01-02")]
    assert owed(ANSWER, "2017-02-01", *left) == ["answer 1: due 2017-01-09, breached"]


def test_a_waiver_counts_for_every_anchor_of_its_visit() -> None:
    facts = [ASKED, excused("2017-01-05"), fact("asked", "2017-01-10")]
    assert owed(ANSWER, "2017-02-01", *facts) == [
        "answer 1: due 2017-01-09, waived",
        "answer 1: due 2017-01-17, waived",
    ]


def test_a_waiver_after_the_end_of_the_visit_counts_for_nothing_in_it() -> None:
    facts = [ASKED, fact("wait_began", "2017-01-10"), excused("2017-01-10")]
    assert owed(ANSWER, "2017-02-01", *facts) == ["answer 1: due 2017-01-09, breached"]


def test_a_waiver_of_the_pathway_lies_in_the_same_stretch() -> None:
    model = rules("""
        answer: {kind: deadline, when: {fact: asked}, require: {fact: answered}, within: P7D, scope: pathway}
        """)
    facts = [excused("2017-01-01"), fact("wait_began", "2017-01-02"), ASKED]
    assert owed(model, "2017-02-01", *facts) == ["answer 1: due 2017-01-09, waived"]
    reopened = [
        excused("2016-12-01"),
        fact("closed", "2016-12-10", reason="done"),
        fact("reopened", "2016-12-20"),
        ASKED,
    ]
    assert owed(model, "2017-02-01", *reopened) == ["answer 1: due 2017-01-09, breached"]


BY_EMPLOYMENT = rules("""
    answer:
      kind: deadline
      when: {fact: job_began}
      require: {fact: answered, where: {employment: same}}
      within: P4W
      scope: employment
    """)
BEGAN = [fact("job_began", "2017-01-02", employment=name, id=name) for name in ("j", "k")]


def test_a_waiver_that_names_an_employment_concerns_only_that_one() -> None:
    assert owed(BY_EMPLOYMENT, "2017-03-01", *BEGAN, excused("2017-01-05", employment="k")) == [
        "answer 1: due 2017-01-30, breached",
        "answer 1: due 2017-01-30, waived",
    ]
    assert owed(BY_EMPLOYMENT, "2017-03-01", *BEGAN, excused("2017-01-05")) == [
        "answer 1: due 2017-01-30, waived",
        "answer 1: due 2017-01-30, waived",
    ]


def test_a_waiver_concerns_only_employments_that_run_where_it_lies() -> None:
    before = [excused("2017-01-01"), *BEGAN]
    assert owed(BY_EMPLOYMENT, "2017-03-01", *before) == ["answer 1: due 2017-01-30, breached"] * 2
    ended = [*BEGAN, fact("job_ended", "2017-01-10", employment="j"), excused("2017-01-11")]
    assert owed(BY_EMPLOYMENT, "2017-03-01", *ended) == [
        "answer 1: due 2017-01-30, lapsed",
        "answer 1: due 2017-01-30, waived",
    ]


def test_a_waiver_with_an_employment_concerns_no_duty_that_names_none() -> None:
    waiver = excused("2017-01-05", employment="j")
    assert owed(ANSWER, "2017-02-01", ASKED, waiver) == ["answer 1: due 2017-01-09, breached"]


def test_one_of_several_counted_facts_can_be_waived() -> None:
    model = rules("talks: {kind: deadline, when: {fact: asked}, require: {fact: talk_held}, within: P1M, count: 2}")
    facts = [ASKED, excused("2017-01-05", "talks", n=2), fact("talk_held", "2017-01-10")]
    assert owed(model, "2017-03-01", *facts) == [
        "talks 1: due 2017-02-02, met 2017-01-10",
        "talks 2: due 2017-02-02, waived",
    ]


def test_a_waiver_counts_during_an_open_hold() -> None:
    model = rules("""
        answer: {kind: deadline, when: {fact: asked}, require: {fact: answered}, within: P7D, pause_on: [illness]}
        """)
    facts = [ASKED, fact("rest_began", "2017-01-05", reason="illness"), excused("2017-03-01")]
    assert owed(model, "2017-03-01", *facts) == ["answer 1: due unknown, waived"]


CADENCE = rules("""
    talk: {kind: cadence, when: {fact: asked}, require: {fact: talk_held}, stages: [{every: P4W}]}
    """)
GRID = rules("""
    talk: {kind: cadence, when: {fact: asked}, require: {fact: talk_held}, stages: [{every: P4W}], mode: grid}
    """)


def test_one_waived_occurrence_lets_the_chain_go_on_as_if_held_on_its_due_day() -> None:
    facts = [ASKED, excused("2017-01-10", "talk", n=1)]
    assert owed(CADENCE, "2017-01-29", *facts) == ["talk 1: due 2017-01-30, waived"]
    assert next_change(CADENCE, "2017-01-29", *facts) == "2017-01-30"
    assert owed(CADENCE, "2017-01-30", *facts) == ["talk 1: due 2017-01-30, waived", "talk 2: due 2017-02-27, open"]
    assert owed(CADENCE, "2017-02-28", *facts) == ["talk 1: due 2017-01-30, waived", "talk 2: due 2017-02-27, breached"]
    # What is held after the waived day is the next one, what is held before it the waived one itself.
    assert owed(CADENCE, "2017-02-28", *facts, fact("talk_held", "2017-02-01")) == [
        "talk 1: due 2017-01-30, waived",
        "talk 2: due 2017-02-27, met 2017-02-01",
        "talk 3: due 2017-03-01, open",
    ]
    assert owed(CADENCE, "2017-01-20", *facts, fact("talk_held", "2017-01-20")) == [
        "talk 1: due 2017-01-30, met 2017-01-20",
        "talk 2: due 2017-02-17, open",
    ]


def test_a_waiver_of_a_rule_ends_its_chain() -> None:
    facts = [ASKED, excused("2017-01-10", "talk")]
    for model in (CADENCE, GRID):
        assert owed(model, "2017-06-01", *facts) == ["talk 1: due 2017-01-30, waived"]
        assert next_change(model, "2017-06-01", *facts) is None


@pytest.mark.parametrize("days", [("2017-01-03", "2017-01-05"), ("2017-01-05", "2017-01-03")])
def test_a_waiver_of_a_rule_ends_its_chain_also_beside_one_of_the_occurrence_alone(days: tuple[str, str]) -> None:
    facts = [ASKED, excused(days[0], "talk", n=1), excused(days[1], "talk")]
    for model in (CADENCE, GRID):
        assert owed(model, "2017-06-01", *facts) == ["talk 1: due 2017-01-30, waived"]


def test_a_waiver_of_a_rule_ends_the_chain_where_it_lies() -> None:
    facts = [ASKED, fact("talk_held", "2017-01-30"), excused("2017-02-01", "talk"), fact("talk_held", "2017-03-10")]
    expected = ["talk 1: due 2017-01-30, met 2017-01-30", "talk 2: due 2017-02-27, waived"]
    assert owed(CADENCE, "2017-06-01", *facts) == expected
    assert owed(GRID, "2017-06-01", *facts) == expected


def test_a_waiver_ends_no_chain_that_is_kept() -> None:
    facts = [ASKED, excused("2017-01-10", "talk"), fact("talk_held", "2017-01-30")]
    assert owed(CADENCE, "2017-02-01", *facts) == [
        "talk 1: due 2017-01-30, met 2017-01-30",
        "talk 2: due 2017-02-27, waived",
    ]


def test_a_breach_before_the_waiver_stays_and_what_comes_after_it_is_waived() -> None:
    facts = [ASKED, excused("2017-02-10", "talk"), fact("talk_held", "2017-02-15")]
    assert owed(CADENCE, "2017-06-01", *facts[:2]) == ["talk 1: due 2017-01-30, breached"]
    assert owed(CADENCE, "2017-06-01", *facts) == [
        "talk 1: due 2017-01-30, met_late 2017-02-15",
        "talk 2: due 2017-03-15, waived",
    ]


def test_in_a_grid_a_waived_day_waits_no_longer() -> None:
    facts = [ASKED, excused("2017-01-10", "talk", n=1), fact("talk_held", "2017-02-01")]
    assert owed(GRID, "2017-02-27", *facts) == [
        "talk 1: due 2017-01-30, waived",
        "talk 2: due 2017-02-27, met 2017-02-01",
    ]
    early = [
        ASKED,
        excused("2017-01-10", "talk", n=1),
        fact("talk_held", "2017-01-30"),
        fact("talk_held", "2017-02-01"),
    ]
    assert owed(GRID, "2017-02-27", *early) == [
        "talk 1: due 2017-01-30, met 2017-01-30",
        "talk 2: due 2017-02-27, met 2017-02-01",
    ]


def test_a_waived_occurrence_without_a_due_day_has_no_next_one_yet() -> None:
    model = rules("""
        talk:
          kind: cadence
          when: {fact: asked}
          require: {fact: talk_held}
          stages: [{every: P4W}]
          pause_on: [illness]
        """)
    facts = [ASKED, excused("2017-01-03", "talk", n=1), fact("rest_began", "2017-01-05", reason="illness")]
    assert owed(model, "2017-06-01", *facts) == ["talk 1: due unknown, waived"]
    ended = [*facts, fact("rest_ended", "2017-01-11", reason="illness")]
    assert owed(model, "2017-02-06", *ended) == ["talk 1: due 2017-02-06, waived", "talk 2: due 2017-03-06, open"]
