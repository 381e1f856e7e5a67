"""Conditions of rules: which facts they mean, by the values of their fields."""

import pytest
from tests.given import day, fact, model, owed, rules

from indsats.domain.model import ByLatest, Condition, FieldValue, Match, Period, Rule, Scalar


@pytest.mark.parametrize(
    ("test", "value", "given", "passes"),
    [
        ("is", "letter", "letter", True),
        ("is", "letter", "phone", False),
        ("is", True, True, True),
        ("is", True, False, False),
        ("not", ("letter", "phone"), "visit", True),
        ("not", ("letter", "phone"), "phone", False),
        ("not", "letter", "phone", True),
        ("not", "letter", "letter", False),
        ("in", ("letter", "phone"), "phone", True),
        ("in", ("letter", "phone"), "visit", False),
        ("includes", ("a",), ["b", "a"], True),
        ("includes", ("a", "b"), ["b", "a"], True),
        ("includes", ("a", "b"), ["a"], False),
        ("includes", ("a",), [], False),
        ("includes", ("a",), "a", False),
        # Both bounds are included, and numbers are compared as numbers, whatever their digits.
        ("max", "10", "10", True),
        ("max", "10", "10.0000000001", False),
        ("max", "10", "9.5", True),
        ("max", "10", "0", True),
        ("min", "10", "10", True),
        ("min", "10", "9.9999999999", False),
        ("min", "9.5", "10", True),
        ("min", "-3", "-2", True),
        ("min", 2, 10, True),
        ("max", 2, 10, False),
        ("min", "2017-01-02", "2017-01-02", True),
        ("min", "2017-01-02", "2017-01-01", False),
        ("max", "2017-01-02", "2017-01-02", True),
        ("max", "2017-01-02", "2017-01-03", False),
        ("max", "2017-12-31", "2018-01-01", False),
        ("min", "2017-01-02T09:00:00Z", "2017-01-02T09:00:00Z", True),
        ("min", "2017-01-02T09:00:00Z", "2017-01-02T08:59:59Z", False),
        ("max", "2017-01-02T09:00:00Z", "2017-01-02T09:00:01Z", False),
        ("max", "2017-01-02T09:00:00Z", "2017-01-02T09:00:00.500000Z", False),
        ("min", "2017-01-02T09:00:00.500000Z", "2017-01-02T09:00:00Z", False),
    ],
)
def test_a_test_of_a_field(test: str, value: Scalar | tuple[Scalar, ...], given: FieldValue, passes: bool) -> None:
    assert Condition("field", test, value).holds({"field": given}, {}) is passes


@pytest.mark.parametrize(
    ("given", "anchor", "same", "same_or_none"),
    [
        ("job-1", "job-1", True, True),
        ("job-2", "job-1", False, False),
        (None, "job-1", False, True),
        ("job-1", None, False, False),
    ],
)
def test_a_field_is_compared_with_the_anchors(
    given: str | None, anchor: str | None, same: bool, same_or_none: bool
) -> None:
    fields: dict[str, FieldValue] = {} if given is None else {"employment": given}
    of_anchor: dict[str, FieldValue] = {} if anchor is None else {"employment": anchor}
    assert Condition("employment", "same").holds(fields, of_anchor) is same
    assert Condition("employment", "same_or_none").holds(fields, of_anchor) is same_or_none


@pytest.mark.parametrize(
    ("test", "value"), [("is", "x"), ("in", ("x",)), ("includes", ("x",)), ("min", "1"), ("max", "1")]
)
def test_a_missing_field_matches_no_condition_but_not(test: str, value: Scalar | tuple[Scalar, ...]) -> None:
    assert not Condition("field", test, value).holds({}, {"field": "x"})
    assert not Condition("field", test, value).holds({"field": None}, {"field": "x"})
    assert Condition("field", "not", value).holds({}, {})


def test_a_match_wants_all_its_conditions() -> None:
    match = Match("asked", (Condition("channel", "is", "phone"), Condition("hours", "max", "10")))
    assert match.accepts({"channel": "phone", "hours": "10"}, {})
    assert not match.accepts({"channel": "phone", "hours": "11"}, {})
    assert not match.accepts({"channel": "letter", "hours": "10"}, {})
    assert Match("asked").accepts({}, {})


@pytest.mark.parametrize(
    ("first", "last", "inside", "outside"),
    [
        ("2017-01-01", "2018-06-30", ["2017-01-01", "2018-06-30"], ["2016-12-31", "2018-07-01"]),
        (None, "2018-06-30", ["1900-01-01", "2018-06-30"], ["2018-07-01"]),
        ("2017-01-01", None, ["2017-01-01", "2199-12-31"], ["2016-12-31"]),
        (None, None, ["1900-01-01", "2199-12-31"], []),
    ],
)
def test_a_period_includes_both_its_days(
    first: str | None, last: str | None, inside: list[str], outside: list[str]
) -> None:
    period = Period(day(first) if first else None, day(last) if last else None)
    assert all(day(text) in period for text in inside)
    assert not any(day(text) in period for text in outside)


def test_a_choice_by_an_earlier_fact_names_each_kind_once() -> None:
    by = ByLatest("chosen", "track", {"course": "course_held", "practice": "practice_held", "other": "course_held"})
    assert by.kinds == ("course_held", "practice_held")
    with_else = ByLatest("chosen", "track", {"course": "course_held"}, "talk_held")
    assert with_else.kinds == ("course_held", "talk_held")
    rule = Rule(id="r", kind="deadline", when=Match("asked"), by=with_else)
    assert rule.required_kinds == ("course_held", "talk_held")
    rule = Rule(id="r", kind="deadline", when=Match("asked"), require=(Match("answered"), Match("talk_held")))
    assert rule.required_kinds == ("answered", "talk_held")


@pytest.mark.parametrize(
    ("force", "can_fail"), [("must", True), ("default", True), ("decide", True), ("expect", False), ("info", False)]
)
def test_what_is_only_expected_cannot_fail(force: str, can_fail: bool) -> None:
    found = rules(
        f"answer: {{kind: deadline, when: {{fact: asked}}, require: {{fact: answered}}, within: P7D, force: {force}}}"
    ).rule("answer")
    assert found is not None
    assert found.can_fail is can_fail


def test_a_model_knows_its_rules_and_its_reference() -> None:
    found = model("id: empty\nversion: 3\n")
    assert found.rule("answer") is None
    assert found.reference == "empty@3"


ANCHORS = """
answer:
  kind: deadline
  when: {fact: asked, where: {hours: {max: 10}, channel: {not: [letter]}}}
  require: {fact: answered, where: {channel: same}}
  within: P7D
"""


@pytest.mark.parametrize(
    ("hours", "channel", "lines"),
    [
        ("10", "phone", ["answer 1: due 2017-01-09, open"]),
        ("10.5", "phone", []),
        ("10", "letter", []),
        (None, "phone", []),
        ("10", None, ["answer 1: due 2017-01-09, open"]),
    ],
)
def test_only_a_fact_that_passes_is_an_anchor(hours: str | None, channel: str | None, lines: list[str]) -> None:
    fields = {name: value for name, value in {"hours": hours, "channel": channel}.items() if value is not None}
    assert owed(rules(ANCHORS), "2017-01-02", fact("asked", "2017-01-02", **fields)) == lines


def test_only_a_fact_that_passes_satisfies() -> None:
    facts = [
        fact("asked", "2017-01-02", hours="7", channel="phone"),
        fact("answered", "2017-01-03", channel="visit"),
        fact("answered", "2017-01-04"),
        fact("answered", "2017-01-05", channel="phone"),
    ]
    assert owed(rules(ANCHORS), "2017-01-04", *facts) == ["answer 1: due 2017-01-09, open"]
    assert owed(rules(ANCHORS), "2017-01-05", *facts) == ["answer 1: due 2017-01-09, met 2017-01-05"]


def test_any_of_several_matches_of_one_kind_is_enough() -> None:
    either = rules("""
        answer:
          kind: deadline
          when: {fact: asked}
          require:
            - {fact: answered, where: {channel: {is: phone}}}
            - {fact: answered, where: {hours: {min: 2}}}
            - {fact: talk_held}
          within: P7D
        """)
    asked = fact("asked", "2017-01-02")
    assert owed(either, "2017-01-03", asked, fact("answered", "2017-01-03", channel="letter")) == [
        "answer 1: due 2017-01-09, open"
    ]
    for satisfying in (
        fact("answered", "2017-01-03", channel="phone"),
        fact("answered", "2017-01-03", hours="2"),
        fact("talk_held", "2017-01-03"),
    ):
        assert owed(either, "2017-01-03", asked, satisfying) == ["answer 1: due 2017-01-09, met 2017-01-03"]


def test_of_several_kinds_the_earliest_fact_satisfies() -> None:
    either = rules("""
        answer: {kind: deadline, when: {fact: asked}, require: [{fact: talk_held}, {fact: answered}], within: P7D}
        """)
    facts = [fact("asked", "2017-01-02"), fact("talk_held", "2017-01-05"), fact("answered", "2017-01-04")]
    assert owed(either, "2017-01-09", *facts) == ["answer 1: due 2017-01-09, met 2017-01-04"]
