"""A pathway that moves to another model: what becomes of duties that arose before."""

import pytest
from tests.given import day, derivation, fact, next_change, owed, rules

from indsats.domain.model import Model
from indsats.domain.obligations import ChangePolicy, ModelPeriod


def answer_within(duration: str, more: str = "") -> Model:
    return rules(
        f"answer: {{kind: deadline, when: {{fact: asked}}, require: {{fact: answered}}, within: {duration}{more}}}"
    )


WEEK, FORTNIGHT, MONTH = answer_within("P7D"), answer_within("P14D"), answer_within("P1M")
FACTS = [
    fact("asked", "2017-01-02"),
    fact("asked", "2017-01-08"),
    fact("asked", "2017-01-09"),
    fact("asked", "2017-01-16"),
]


def changed(
    policy: ChangePolicy, effective: str = "2017-01-09", old: Model = WEEK, new: Model = FORTNIGHT
) -> list[ModelPeriod]:
    return [ModelPeriod(old), ModelPeriod(new, day(effective), policy)]


def test_keep_leaves_the_old_model_to_anchors_before_the_day() -> None:
    assert owed(changed("keep"), "2017-02-20", *FACTS) == [
        "answer 1: due 2017-01-09, breached",
        "answer 1: due 2017-01-15, breached",
        "answer 1: due 2017-01-23, breached",
        "answer 1: due 2017-01-30, breached",
    ]


def test_reevaluate_puts_all_under_the_new_model() -> None:
    assert owed(changed("reevaluate"), "2017-02-20", *FACTS) == [
        "answer 1: due 2017-01-16, breached",
        "answer 1: due 2017-01-22, breached",
        "answer 1: due 2017-01-23, breached",
        "answer 1: due 2017-01-30, breached",
    ]


def test_future_only_lets_what_is_open_lapse() -> None:
    assert owed(changed("future_only"), "2017-02-20", *FACTS) == [
        "answer 1: due 2017-01-09, lapsed",
        "answer 1: due 2017-01-15, lapsed",
        "answer 1: due 2017-01-23, breached",
        "answer 1: due 2017-01-30, breached",
    ]


@pytest.mark.parametrize(
    ("answered", "line"),
    [
        ("2017-01-08", "answer 1: due 2017-01-09, met 2017-01-08"),
        ("2017-01-09", "answer 1: due 2017-01-09, lapsed"),
        ("2017-01-10", "answer 1: due 2017-01-09, lapsed"),
    ],
)
def test_future_only_takes_what_was_done_before_its_day(answered: str, line: str) -> None:
    assert owed(changed("future_only"), "2017-02-20", FACTS[0], fact("answered", answered)) == [line]


def test_future_only_comes_before_an_end_of_the_scope_on_its_own_day() -> None:
    closed = fact("closed", "2017-01-09", reason="done")
    assert owed(changed("future_only"), "2017-02-20", FACTS[0], fact("answered", "2017-01-09"), closed) == [
        "answer 1: due 2017-01-09, lapsed"
    ]


def test_future_only_keeps_an_earlier_end_and_an_earlier_breach() -> None:
    closed = fact("closed", "2017-01-05", reason="done")
    assert owed(changed("future_only"), "2017-02-20", FACTS[0], closed) == ["answer 1: due 2017-01-09, lapsed"]
    due_between = fact("asked", "2016-12-31")
    assert owed(changed("future_only"), "2017-02-20", due_between, closed) == ["answer 1: due 2017-01-07, lapsed"]
    late = changed("future_only", "2017-01-10")
    assert owed(late, "2017-02-20", FACTS[0]) == ["answer 1: due 2017-01-09, breached"]
    assert owed(late, "2017-02-20", FACTS[0], fact("answered", "2017-01-12")) == ["answer 1: due 2017-01-09, breached"]


def test_future_only_leaves_content_to_its_supplements() -> None:
    recorded_in_full = rules("full: {kind: content, when: {fact: asked}, fields: [channel], within: P14D}")
    asked = fact("asked", "2017-01-02", id="a")
    change = changed("future_only", old=recorded_in_full)
    assert owed(change, "2017-02-20", asked) == ["full 1: due 2017-01-16, breached"]
    supplement = fact("completed", "2017-01-12", of="a", channel="phone")
    assert owed(change, "2017-02-20", asked, supplement) == ["full 1: due 2017-01-16, met 2017-01-12"]


def test_future_only_ends_a_cadence() -> None:
    old = rules("talk: {kind: cadence, when: {fact: asked}, require: {fact: talk_held}, stages: [{every: P1W}]}")
    new = rules("talk: {kind: cadence, when: {fact: asked}, require: {fact: talk_held}, stages: [{every: P2W}]}")
    periods = changed("future_only", "2017-01-20", old, new)
    facts = [FACTS[0], fact("talk_held", "2017-01-09"), fact("talk_held", "2017-01-20"), fact("asked", "2017-01-20")]
    assert owed(periods, "2017-01-20", *facts) == [
        "talk 1: due 2017-01-09, met 2017-01-09",
        "talk 2: due 2017-01-16, breached",
        "talk 1: due 2017-02-03, open",
    ]
    facts.append(fact("talk_held", "2017-01-16"))
    assert owed(periods, "2017-01-20", *facts) == [
        "talk 1: due 2017-01-09, met 2017-01-09",
        "talk 2: due 2017-01-16, met 2017-01-16",
        "talk 3: due 2017-01-23, lapsed",
        "talk 1: due 2017-02-03, open",
    ]


@pytest.mark.parametrize("policy", ["keep", "reevaluate", "future_only"])
def test_a_change_takes_effect_on_its_day_and_announces_it(policy: ChangePolicy) -> None:
    facts = [fact("asked", "2017-01-05")]
    assert owed(changed(policy), "2017-01-08", *facts) == ["answer 1: due 2017-01-12, open"]
    assert next_change(changed(policy), "2017-01-05", *facts) == "2017-01-09"
    expected = {
        "keep": "answer 1: due 2017-01-12, open",
        "reevaluate": "answer 1: due 2017-01-19, open",
        "future_only": "answer 1: due 2017-01-12, lapsed",
    }
    assert owed(changed(policy), "2017-01-09", *facts) == [expected[policy]]


def test_after_the_change_the_next_one_is_that_of_the_duties() -> None:
    facts = [fact("asked", "2017-01-05"), fact("asked", "2017-01-12", recorded="2017-01-05")]
    assert next_change(changed("keep"), "2017-01-09", *facts) == "2017-01-12"
    assert next_change(changed("keep"), "2017-01-12", *facts) == "2017-01-13"
    assert next_change(changed("keep"), "2017-01-13", *facts) == "2017-01-27"


def test_of_several_changes_each_has_its_time() -> None:
    periods = [
        ModelPeriod(WEEK),
        ModelPeriod(FORTNIGHT, day("2017-01-09"), "keep"),
        ModelPeriod(MONTH, day("2017-01-16"), "keep"),
    ]
    assert owed(periods, "2017-03-20", *FACTS) == [
        "answer 1: due 2017-01-09, breached",
        "answer 1: due 2017-01-15, breached",
        "answer 1: due 2017-01-23, breached",
        "answer 1: due 2017-02-16, breached",
    ]
    assert next_change(periods, "2017-01-08", *FACTS[:1]) == "2017-01-09"
    assert next_change(periods, "2017-01-10", *FACTS[:1]) == "2017-01-16"


def test_reevaluation_outdoes_all_that_came_before_it() -> None:
    periods = [
        ModelPeriod(WEEK),
        ModelPeriod(FORTNIGHT, day("2017-01-09"), "future_only"),
        ModelPeriod(MONTH, day("2017-01-16"), "reevaluate"),
    ]
    assert owed(periods, "2017-03-20", *FACTS) == [
        "answer 1: due 2017-02-02, breached",
        "answer 1: due 2017-02-08, breached",
        "answer 1: due 2017-02-09, breached",
        "answer 1: due 2017-02-16, breached",
    ]


def test_after_a_reevaluation_a_further_change_goes_by_its_own_policy() -> None:
    periods = [
        ModelPeriod(WEEK),
        ModelPeriod(FORTNIGHT, day("2017-01-09"), "reevaluate"),
        ModelPeriod(MONTH, day("2017-01-16"), "future_only"),
    ]
    assert owed(periods, "2017-03-20", *FACTS) == [
        "answer 1: due 2017-01-16, lapsed",
        "answer 1: due 2017-01-22, lapsed",
        "answer 1: due 2017-01-23, lapsed",
        "answer 1: due 2017-02-16, breached",
    ]


def test_the_first_future_only_change_ends_what_two_of_them_could() -> None:
    periods = [
        ModelPeriod(WEEK),
        ModelPeriod(FORTNIGHT, day("2017-01-05"), "future_only"),
        ModelPeriod(MONTH, day("2017-01-16"), "future_only"),
    ]
    facts = [FACTS[0], fact("asked", "2017-01-08"), fact("answered", "2017-01-06")]
    assert owed(periods, "2017-03-20", *facts) == [
        "answer 1: due 2017-01-09, lapsed",
        "answer 1: due 2017-01-22, lapsed",
    ]


def test_a_kept_duty_may_lapse_at_a_later_change() -> None:
    periods = [
        ModelPeriod(MONTH),
        ModelPeriod(WEEK, day("2017-01-09"), "keep"),
        ModelPeriod(WEEK, day("2017-01-16"), "future_only"),
    ]
    assert owed(periods, "2017-03-20", FACTS[0]) == ["answer 1: due 2017-02-02, lapsed"]


def test_rules_of_one_model_never_fire_in_another() -> None:
    old = rules("first: {kind: deadline, when: {fact: asked}, require: {fact: answered}, within: P7D}")
    new = rules("second: {kind: deadline, when: {fact: asked}, require: {fact: answered}, within: P7D}")
    assert [text.split()[0] for text in owed(changed("keep", old=old, new=new), "2017-03-20", *FACTS)] == [
        "first",
        "first",
        "second",
        "second",
    ]


def test_the_phases_of_a_view_are_those_of_the_model_in_force() -> None:
    permit = rules("", "moves: [{on: asked, from: any, to: waiting}]")
    periods = changed("keep", new=permit)
    assert derivation(periods, "2017-01-08", *FACTS).timeline.phase == "none"
    assert derivation(periods, "2017-01-09", *FACTS).timeline.phase == "waiting"


def test_a_model_alone_in_a_list_is_that_model() -> None:
    assert owed([ModelPeriod(WEEK)], "2017-01-10", FACTS[0]) == owed(WEEK, "2017-01-10", FACTS[0])


def test_obligations_of_both_models_come_in_one_order() -> None:
    old = rules("z: {kind: deadline, when: {fact: asked}, require: {fact: answered}, within: P7D}")
    new = rules("""
        b: {kind: deadline, when: {fact: asked}, require: {fact: answered}, within: P7D, count: 2}
        a: {kind: deadline, when: {fact: talk_held}, require: {fact: answered}, within: P7D}
        """)
    later = [fact("talk_held", "2017-01-10"), fact("asked", "2017-01-10", id="x"), fact("asked", "2017-01-10", id="w")]
    found = derivation(changed("keep", old=old, new=new), "2017-03-20", *later, FACTS[0]).obligations
    # By anchor day, rule, place of the anchor in fact order, n.
    assert [(owed.rule, owed.anchor.id, owed.n) for owed in found] == [
        ("z", "asked 2017-01-02", 1),
        ("a", "talk_held 2017-01-10", 1),
        ("b", "x", 1),
        ("b", "x", 2),
        ("b", "w", 1),
        ("b", "w", 2),
    ]
