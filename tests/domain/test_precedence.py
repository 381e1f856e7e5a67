"""Precedence: before one thing happens, another must have."""

import pytest
from tests.given import fact, next_change, owed, rules, the_one

from indsats.domain.model import Model
from indsats.domain.timeline import Fact


def before(scope: str, more: str = "") -> Model:
    return rules(
        f"talk: {{kind: precedence, when: {{fact: answered}}, require: {{fact: asked}}, scope: {scope}{more}}}"
    )


PATHWAY = before("pathway")
PHASE = before("phase")
ANSWERED = fact("answered", "2017-01-09")


@pytest.mark.parametrize(
    ("on", "status"),
    [
        ("2017-01-08", "met 2017-01-08"),
        ("2017-01-09", "met 2017-01-09"),
        ("2017-01-10", "breached"),
        ("2016-01-09", "met 2016-01-09"),
    ],
)
def test_it_is_enough_to_come_before_or_on_the_day(on: str, status: str) -> None:
    assert owed(PATHWAY, "2017-02-01", fact("asked", on), ANSWERED) == [f"talk 1: due 2017-01-09, {status}"]


def test_on_the_day_itself_the_order_does_not_matter() -> None:
    model = rules("talk: {kind: precedence, when: {fact: asked}, require: {fact: answered}, scope: pathway}")
    facts = [fact("asked", "2017-01-09"), fact("answered", "2017-01-09")]
    assert owed(model, "2017-01-09", *facts) == ["talk 1: due 2017-01-09, met 2017-01-09"]


@pytest.mark.parametrize(("as_of", "status"), [("2017-01-09", "open"), ("2017-01-10", "breached")])
def test_the_failure_is_found_the_day_after(as_of: str, status: str) -> None:
    assert owed(PATHWAY, as_of, ANSWERED) == [f"talk 1: due 2017-01-09, {status}"]
    assert next_change(PATHWAY, "2017-01-09", ANSWERED) == "2017-01-10"


def test_one_before_is_enough_for_all_that_follow() -> None:
    facts = [fact("asked", "2017-01-02"), ANSWERED, fact("answered", "2017-01-16")]
    assert owed(PATHWAY, "2017-02-01", *facts) == [
        "talk 1: due 2017-01-09, met 2017-01-02",
        "talk 1: due 2017-01-16, met 2017-01-02",
    ]


def test_of_several_the_first_of_the_scope_counts() -> None:
    facts = [fact("asked", "2017-01-02"), fact("asked", "2017-01-05"), ANSWERED]
    assert owed(PATHWAY, "2017-02-01", *facts) == ["talk 1: due 2017-01-09, met 2017-01-02"]


def test_it_must_lie_in_the_same_visit_for_a_rule_of_the_phase() -> None:
    facts = [fact("asked", "2017-01-02"), fact("wait_began", "2017-01-05"), ANSWERED]
    assert owed(PHASE, "2017-02-01", *facts) == ["talk 1: due 2017-01-09, breached"]
    assert owed(PATHWAY, "2017-02-01", *facts) == ["talk 1: due 2017-01-09, met 2017-01-02"]
    same = [fact("wait_began", "2017-01-05"), fact("asked", "2017-01-06"), ANSWERED]
    assert owed(PHASE, "2017-02-01", *same) == ["talk 1: due 2017-01-09, met 2017-01-06"]


def test_it_must_lie_in_the_same_stretch_for_a_rule_of_the_pathway() -> None:
    closed = [fact("asked", "2017-01-02"), fact("closed", "2017-01-03", reason="done"), fact("reopened", "2017-01-05")]
    assert owed(PATHWAY, "2017-02-01", *closed, ANSWERED) == ["talk 1: due 2017-01-09, breached"]
    assert owed(PATHWAY, "2017-02-01", *closed, fact("asked", "2017-01-06"), ANSWERED) == [
        "talk 1: due 2017-01-09, met 2017-01-06"
    ]


def test_it_must_lie_in_the_same_employment() -> None:
    model = before("employment")
    began = [fact("job_began", "2017-01-02", employment="j"), fact("job_began", "2017-01-02", employment="k", id="k")]
    answered = fact("answered", "2017-01-09", employment="j")
    assert owed(model, "2017-02-01", fact("asked", "2017-01-01", employment="j"), *began, answered) == [
        "talk 1: due 2017-01-09, breached"
    ]
    assert owed(model, "2017-02-01", *began, fact("asked", "2017-01-05", employment="k"), answered) == [
        "talk 1: due 2017-01-09, breached"
    ]
    assert owed(model, "2017-02-01", *began, fact("asked", "2017-01-05", employment="j"), answered) == [
        "talk 1: due 2017-01-09, met 2017-01-05"
    ]


@pytest.mark.parametrize("scope", ["phase", "pathway"])
def test_it_never_lapses(scope: str) -> None:
    facts = [ANSWERED, fact("closed", "2017-01-09", reason="done")]
    assert owed(before(scope), "2017-01-09", *facts) == ["talk 1: due 2017-01-09, open"]
    assert owed(before(scope), "2017-01-10", *facts) == ["talk 1: due 2017-01-09, breached"]


@pytest.mark.parametrize("on", ["2017-01-02", "2017-01-09"])
def test_it_can_be_waived_before_or_on_the_day(on: str) -> None:
    waiver = fact("excused", on, rule="talk")
    assert owed(PATHWAY, "2017-02-01", waiver, ANSWERED) == ["talk 1: due 2017-01-09, waived"]
    late = fact("excused", "2017-01-10", rule="talk")
    assert owed(PATHWAY, "2017-02-01", late, ANSWERED) == ["talk 1: due 2017-01-09, breached"]


@pytest.mark.parametrize(
    ("on", "status"),
    [
        ("2016-10-08", "breached"),
        ("2016-10-09", "met 2016-10-09"),
        ("2017-01-09", "met 2017-01-09"),
        ("2017-01-10", "breached"),
    ],
)
def test_a_lookback_bounds_how_long_before(on: str, status: str) -> None:
    model = before("phase", ", lookback: P3M")
    # It reaches over phases, as it reaches over closings.
    facts: list[Fact] = [fact("asked", on), fact("wait_began", "2016-12-01"), ANSWERED]
    assert owed(model, "2017-02-01", *facts) == [f"talk 1: due 2017-01-09, {status}"]


def test_a_lookback_reaches_into_an_earlier_stretch() -> None:
    model = before("pathway", ", lookback: P3M")
    closed = [fact("asked", "2017-01-02"), fact("closed", "2017-01-03", reason="done"), fact("reopened", "2017-01-05")]
    assert owed(model, "2017-02-01", *closed, ANSWERED) == ["talk 1: due 2017-01-09, met 2017-01-02"]


def test_what_must_come_before_is_never_the_thing_itself() -> None:
    model = rules("talk: {kind: precedence, when: {fact: asked}, require: {fact: asked}, scope: pathway}")
    facts = [fact("asked", "2017-01-02"), fact("asked", "2017-01-09")]
    assert owed(model, "2017-02-01", *facts) == [
        "talk 1: due 2017-01-02, breached",
        "talk 1: due 2017-01-09, met 2017-01-02",
    ]


def test_no_policy_rolls_it() -> None:
    model = rules(
        "talk: {kind: precedence, when: {fact: answered}, require: {fact: asked}}", "policies: {roll: next_working_day}"
    )
    assert owed(model, "2017-01-09", fact("answered", "2017-01-07")) == ["talk 1: due 2017-01-07, breached"]


def test_an_absence_on_the_day_itself_is_the_cause() -> None:
    for on, cause in [("2017-01-08", None), ("2017-01-09", "citizen_absent"), ("2017-01-10", None)]:
        absence = fact("stayed_away", on, activity="asked")
        assert the_one(PATHWAY, "2017-01-10", absence, ANSWERED).cause == cause
