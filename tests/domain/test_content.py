"""Content: what the record of a thing must hold, at once or by a supplement."""

import pytest
from tests.given import fact, next_change, owed, rules

from indsats.domain.model import FieldValue, Model
from indsats.domain.obligations.content import is_filled
from indsats.domain.timeline import Fact


def demands(text: str, within: str = "P0D") -> Model:
    return rules(f"plan: {{kind: content, when: {{fact: asked}}, within: {within}, {text}}}")


PLAN = demands("fields: [plan, goal]")
WITHIN = demands("fields: [plan, goal]", "P7D")
CONSULTANT = demands("participants: [consultant]")


def asked(**fields: FieldValue) -> Fact:
    return Fact("a1", "asked", fact("asked", "2017-01-02").on, fact("asked", "2017-01-02").recorded_at, 0, fields)


def completed(on: str, of: str = "a1", **fields: FieldValue) -> Fact:
    found = fact("completed", on, of=of)
    return Fact(f"{found.id} {sorted(fields)}", found.kind, found.on, found.recorded_at, 0, {"of": of, **fields})


@pytest.mark.parametrize(
    ("value", "filled"),
    [
        ("a plan", True),
        ("", False),
        ("  \t\n", False),
        (["a"], True),
        ([], False),
        (True, True),
        (False, False),
        (None, False),
        (0, True),
        (1, True),
        ("00", True),
        ("false", True),
    ],
)
def test_what_counts_as_filled(value: FieldValue, filled: bool) -> None:
    assert is_filled(value) is filled


def test_all_fields_at_once_are_met_on_the_day() -> None:
    assert owed(PLAN, "2017-01-02", asked(plan="p", goal="g")) == ["plan 1: due 2017-01-02, met 2017-01-02"]


@pytest.mark.parametrize("fields", [{}, {"plan": "p"}, {"plan": "p", "goal": " "}, {"plan": "", "goal": "g"}])
def test_a_missing_field_is_a_breach_the_day_after(fields: dict[str, FieldValue]) -> None:
    assert owed(PLAN, "2017-01-02", asked(**fields)) == ["plan 1: due 2017-01-02, open"]
    assert next_change(PLAN, "2017-01-02", asked(**fields)) == "2017-01-03"
    assert owed(PLAN, "2017-01-03", asked(**fields)) == ["plan 1: due 2017-01-02, breached"]


@pytest.mark.parametrize(
    ("participants", "status"),
    [
        (["consultant"], "met 2017-01-02"),
        (["employer", "consultant"], "met 2017-01-02"),
        (["employer"], "breached"),
        ([], "breached"),
        (None, "breached"),
        ("consultant", "breached"),
    ],
)
def test_given_roles_must_take_part(participants: FieldValue, status: str) -> None:
    assert owed(CONSULTANT, "2017-02-01", asked(participants=participants)) == [f"plan 1: due 2017-01-02, {status}"]


def test_fields_and_participants_may_both_be_demanded() -> None:
    both = demands("fields: [plan], participants: [consultant, employer]")
    full = asked(plan="p", participants=["consultant", "employer"])
    assert owed(both, "2017-02-01", full) == ["plan 1: due 2017-01-02, met 2017-01-02"]
    for lacking in (asked(participants=["consultant", "employer"]), asked(plan="p", participants=["consultant"])):
        assert owed(both, "2017-02-01", lacking) == ["plan 1: due 2017-01-02, breached"]


@pytest.mark.parametrize(
    ("on", "status"),
    [
        ("2017-01-01", "met 2017-01-02"),  # dated before the thing itself: it counts on that day
        ("2017-01-02", "met 2017-01-02"),
        ("2017-01-08", "met 2017-01-08"),
        ("2017-01-09", "met 2017-01-09"),
        ("2017-01-10", "met_late 2017-01-10"),
    ],
)
def test_a_supplement_may_bring_what_is_missing(on: str, status: str) -> None:
    facts = [asked(plan="p"), completed(on, goal="g")]
    assert owed(WITHIN, "2017-02-01", *facts) == [f"plan 1: due 2017-01-09, {status}"]


@pytest.mark.parametrize(("on", "status"), [("2017-01-02", "met 2017-01-02"), ("2017-01-03", "met_late 2017-01-03")])
def test_without_time_for_it_a_supplement_counts_on_the_same_day(on: str, status: str) -> None:
    assert owed(PLAN, "2017-02-01", asked(plan="p"), completed(on, goal="g")) == [f"plan 1: due 2017-01-02, {status}"]


def test_supplements_add_up_and_the_last_one_needed_counts() -> None:
    facts = [
        asked(),
        completed("2017-01-04", plan="p"),
        completed("2017-01-06", goal="g"),
        completed("2017-01-08", plan="q"),
    ]
    assert owed(WITHIN, "2017-01-05", *facts) == ["plan 1: due 2017-01-09, open"]
    assert owed(WITHIN, "2017-02-01", *facts) == ["plan 1: due 2017-01-09, met 2017-01-06"]


def test_participants_of_supplements_add_up() -> None:
    both = demands("participants: [consultant, employer]", "P7D")
    facts = [asked(participants=["consultant"]), completed("2017-01-05", participants=["employer"])]
    assert owed(both, "2017-02-01", *facts) == ["plan 1: due 2017-01-09, met 2017-01-05"]


def test_an_empty_supplement_brings_nothing_and_takes_nothing_away() -> None:
    facts = [asked(plan="p"), completed("2017-01-04", plan="", goal=" "), completed("2017-01-05", goal="g")]
    assert owed(WITHIN, "2017-02-01", *facts) == ["plan 1: due 2017-01-09, met 2017-01-05"]


def test_a_supplement_of_another_fact_brings_nothing() -> None:
    assert owed(WITHIN, "2017-02-01", asked(), completed("2017-01-04", of="a2", plan="p", goal="g")) == [
        "plan 1: due 2017-01-09, breached"
    ]


def test_a_supplement_changes_no_other_rule() -> None:
    model = rules("""
        answer:
          kind: deadline
          when: {fact: asked, where: {channel: {is: phone}}}
          require: {fact: answered, where: {participants: {includes: [consultant]}}}
          within: P7D
        """)
    answered = fact("answered", "2017-01-03", id="b1")
    later = completed("2017-01-04", of="b1", participants=["consultant"])
    phone = asked(channel="phone")
    assert owed(model, "2017-01-09", phone, answered, later) == ["answer 1: due 2017-01-09, open"]
    assert owed(model, "2017-01-09", asked(), completed("2017-01-03", channel="phone")) == []


def test_content_never_lapses() -> None:
    closed = fact("closed", "2017-01-04", reason="done")
    assert owed(WITHIN, "2017-02-01", asked(), closed) == ["plan 1: due 2017-01-09, breached"]
    later = [asked(), closed, completed("2017-01-06", plan="p", goal="g")]
    assert owed(WITHIN, "2017-02-01", *later) == ["plan 1: due 2017-01-09, met 2017-01-06"]


def test_content_can_be_waived() -> None:
    assert owed(WITHIN, "2017-02-01", asked(), fact("excused", "2017-01-09", rule="plan")) == [
        "plan 1: due 2017-01-09, waived"
    ]


def test_held_days_give_more_time_for_supplements() -> None:
    model = demands("fields: [plan], pause_on: [illness]", "P7D")
    ill = [fact("rest_began", "2017-01-04", reason="illness"), fact("rest_ended", "2017-01-06", reason="illness")]
    assert owed(model, "2017-02-01", asked(), *ill) == ["plan 1: due 2017-01-12, breached"]


def test_no_policy_rolls_it() -> None:
    model = rules(
        "plan: {kind: content, when: {fact: asked}, fields: [plan], within: P5D}", "policies: {roll: next_working_day}"
    )
    assert owed(model, "2017-02-01", asked()) == ["plan 1: due 2017-01-07, breached"]
