"""The ledger: breaches raised and withdrawn, on which day, for what reason, in which order."""

import pytest
from tests.given import Story, day, fact, rules

from indsats.domain.events import BreachWithdrawn, DeadlineBreached, ModelChanged
from indsats.domain.obligations import ChangePolicy
from indsats.domain.timeline import Fact

ANSWER = rules("""
    answer: {kind: deadline, when: {fact: asked}, require: {fact: answered}, within: P7D, pause_on: [illness]}
    """)
ASKED = fact("asked", "2017-01-02")
BREACH = "2017-01-10 answer 1: due 2017-01-09, breached"


def asked_and_nothing_more() -> Story:
    """A question that nobody answered by the twentieth of January."""
    return Story(ANSWER).record("2017-01-02", ASKED).until("2017-01-20")


def test_a_breach_is_found_the_day_after_the_due_day_and_once() -> None:
    story = Story(ANSWER).record("2017-01-02", ASKED)
    assert story.until("2017-01-09").ledger == []
    assert story.until("2017-01-10").ledger == [BREACH]
    assert story.until("2017-06-01").ledger == [BREACH]


def test_what_is_kept_leaves_no_trace() -> None:
    story = Story(ANSWER).record("2017-01-02", ASKED).record("2017-01-09", fact("answered", "2017-01-09"))
    assert story.until("2017-06-01").ledger == []


def test_what_is_done_late_stays_a_breach() -> None:
    story = asked_and_nothing_more().record("2017-01-20", fact("answered", "2017-01-20"))
    assert (story.ledger, story.standing) == ([BREACH], [BREACH])


def test_a_late_registration_withdraws_the_breach_and_keeps_both_in_the_ledger() -> None:
    story = asked_and_nothing_more().record("2017-01-20", fact("answered", "2017-01-06"))
    assert story.ledger == [BREACH, "2017-01-20 answer 1: due 2017-01-09, withdrawn (met)"]
    assert story.standing == []


def test_what_was_done_late_and_registered_at_once_is_a_breach_found_that_day() -> None:
    story = Story(ANSWER).record("2017-01-15", ASKED, fact("answered", "2017-01-12"))
    assert story.ledger == ["2017-01-15 answer 1: due 2017-01-09, breached"]


def test_a_withdrawal_names_the_last_registration_of_its_transaction() -> None:
    story = asked_and_nothing_more()
    story.record("2017-01-20", fact("answered", "2017-01-06"), fact("talk_held", "2017-01-03"))
    breach, withdrawal = story.verdicts
    assert isinstance(breach, DeadlineBreached)
    assert isinstance(withdrawal, BreachWithdrawn)
    assert withdrawal.because_of == "talk_held 2017-01-03"
    assert (withdrawal.anchor, withdrawal.anchor_on) == (breach.anchor, breach.anchor_on) == (ASKED.id, ASKED.on)


def test_a_withdrawal_by_an_annulment_names_the_annulment() -> None:
    story = asked_and_nothing_more().annul("2017-01-20", ASKED.id)
    assert story.ledger[1] == "2017-01-20 answer 1: due 2017-01-09, withdrawn (anchor_gone)"
    withdrawal = story.verdicts[1]
    assert isinstance(withdrawal, BreachWithdrawn)
    assert withdrawal.because_of == f"annulment of {ASKED.id}"


@pytest.mark.parametrize(
    ("told", "reason"),
    [
        (fact("answered", "2017-01-09"), "met"),
        (fact("closed", "2017-01-09", reason="done"), "lapsed"),
        (fact("excused", "2017-01-09", rule="answer"), "waived"),
        (fact("rest_began", "2017-01-09", reason="illness"), "due_moved"),
    ],
)
def test_the_reason_of_a_withdrawal(told: Fact, reason: str) -> None:
    story = asked_and_nothing_more().record("2017-01-20", told)
    assert story.ledger == [BREACH, f"2017-01-20 answer 1: due 2017-01-09, withdrawn ({reason})"]
    assert story.until("2017-06-01").standing == []


def test_a_due_day_that_moves_and_passes_again_is_another_breach() -> None:
    ill = [fact("rest_began", "2017-01-04", reason="illness"), fact("rest_ended", "2017-01-06", reason="illness")]
    assert asked_and_nothing_more().record("2017-01-20", *ill).ledger == [
        BREACH,
        "2017-01-20 answer 1: due 2017-01-09, withdrawn (due_moved)",
        "2017-01-20 answer 1: due 2017-01-12, breached",
    ]


def test_a_corrected_anchor_with_the_same_due_day_is_another_breach() -> None:
    story = asked_and_nothing_more()
    story.record("2017-01-20", fact("asked", "2017-01-02", id="again"))
    story.annul("2017-01-20", ASKED.id)
    assert story.ledger == [
        BREACH,
        "2017-01-20 answer 1: due 2017-01-09, breached",
        "2017-01-20 answer 1: due 2017-01-09, withdrawn (anchor_gone)",
    ]
    assert story.standing == ["2017-01-20 answer 1: due 2017-01-09, breached"]


def test_an_annulled_answer_raises_the_breach_again() -> None:
    answered = fact("answered", "2017-01-06")
    story = asked_and_nothing_more().record("2017-01-20", answered).annul("2017-01-25", answered.id)
    assert story.ledger == [
        BREACH,
        "2017-01-20 answer 1: due 2017-01-09, withdrawn (met)",
        "2017-01-25 answer 1: due 2017-01-09, breached",
    ]


def test_a_breach_says_whether_anybody_could_have_known_and_why() -> None:
    story = Story(ANSWER).record("2017-01-20", ASKED, fact("stayed_away", "2017-01-05", activity="answered"))
    [breach] = story.verdicts
    assert isinstance(breach, DeadlineBreached)
    assert (breach.known_in_time, breach.cause) == (False, "citizen_absent")
    [breach] = asked_and_nothing_more().verdicts
    assert isinstance(breach, DeadlineBreached)
    assert (breach.known_in_time, breach.cause) == (True, None)


def test_the_ledger_keeps_a_cause_as_it_was_found() -> None:
    story = asked_and_nothing_more().record("2017-01-20", fact("stayed_away", "2017-01-05", activity="answered"))
    assert story.ledger == [BREACH]


@pytest.mark.parametrize("force", ["expect", "info"])
def test_what_is_only_expected_never_enters(force: str) -> None:
    model = rules(
        f"answer: {{kind: deadline, when: {{fact: asked}}, require: {{fact: answered}}, within: P7D, force: {force}}}"
    )
    assert Story(model).record("2017-01-02", ASKED).until("2017-06-01").ledger == []


def test_withdrawals_come_before_breaches_each_by_due_anchor_rule_place_and_n() -> None:
    model = rules("""
        b: {kind: deadline, when: {fact: asked}, require: {fact: answered}, within: P3D, count: 2}
        a: {kind: deadline, when: {fact: asked}, require: {fact: answered}, within: P2D}
        plan: {kind: content, when: {fact: answered}, fields: [hours]}
        """)
    story = Story(model)
    story.record(
        "2017-01-10",
        fact("asked", "2017-01-02", id="y"),
        fact("asked", "2017-01-02", id="x"),
        fact("asked", "2017-01-01", id="z"),
    )
    keys = [(str(verdict.due), verdict.anchor, verdict.rule, verdict.n) for verdict in story.verdicts]
    assert keys == [
        ("2017-01-03", "z", "a", 1),
        ("2017-01-04", "z", "b", 1),
        ("2017-01-04", "z", "b", 2),
        ("2017-01-04", "y", "a", 1),
        ("2017-01-04", "x", "a", 1),
        ("2017-01-05", "y", "b", 1),
        ("2017-01-05", "y", "b", 2),
        ("2017-01-05", "x", "b", 1),
        ("2017-01-05", "x", "b", 2),
    ]
    told = [fact("answered", "2017-01-02", id="first"), fact("answered", "2017-01-03", id="second")]
    story.record("2017-01-20", *told)
    added = [
        (type(verdict).__name__, str(verdict.due), verdict.anchor, verdict.rule, verdict.n)
        for verdict in story.verdicts
    ]
    assert added[9:] == [
        *(("BreachWithdrawn", *key) for key in keys),
        ("DeadlineBreached", "2017-01-02", "first", "plan", 1),
        ("DeadlineBreached", "2017-01-03", "second", "plan", 1),
    ]


@pytest.mark.parametrize(
    ("policy", "added"),
    [
        ("keep", []),
        ("reevaluate", ["2017-01-16 answer 1: due 2017-01-09, withdrawn (due_moved)"]),
        ("future_only", []),
    ],
)
def test_a_change_of_model_withdraws_only_what_it_evaluates_anew(policy: ChangePolicy, added: list[str]) -> None:
    longer = rules("answer: {kind: deadline, when: {fact: asked}, require: {fact: answered}, within: P1M}")
    story = Story(ANSWER, longer).record("2017-01-02", ASKED)
    change = ModelChanged(
        id="m", model=longer.reference, digest=longer.digest, policy=policy, effective=day("2017-01-16")
    )
    story.record("2017-01-12", change).until("2017-01-31")
    assert story.ledger == [BREACH, *added]
    if added:
        assert isinstance(story.verdicts[1], BreachWithdrawn)
        assert story.verdicts[1].because_of is None
    assert story.until("2017-03-01").ledger == [
        BREACH,
        *added,
        *(["2017-02-03 answer 1: due 2017-02-02, breached"] if added else []),
    ]


WARNING = rules("""
    answer: {kind: deadline, when: {fact: asked}, require: {fact: answered}, within: P7D, warn_before: P2D,
             pause_on: [illness]}
    talk: {kind: deadline, when: {fact: asked}, require: {fact: talk_held}, within: P7D}
    """)


def test_a_warning_comes_once_ahead_of_the_due_day() -> None:
    story = Story(WARNING).record("2017-01-02", ASKED)
    assert story.until("2017-01-06").warnings == []
    assert story.until("2017-01-07").warnings == ["2017-01-07 answer 1: due 2017-01-09"]
    assert story.until("2017-06-01").warnings == ["2017-01-07 answer 1: due 2017-01-09"]


def test_a_warning_comes_on_registration_when_its_day_is_over() -> None:
    assert Story(WARNING).record("2017-01-09", ASKED).warnings == ["2017-01-09 answer 1: due 2017-01-09"]
    assert Story(WARNING).record("2017-01-10", ASKED).warnings == []


def test_no_warning_of_what_is_done_or_waived() -> None:
    for told in (fact("answered", "2017-01-05"), fact("excused", "2017-01-05", rule="answer")):
        assert Story(WARNING).record("2017-01-02", ASKED).record("2017-01-05", told).until("2017-02-01").warnings == []


def test_a_due_day_that_moves_is_warned_of_again() -> None:
    ill = [fact("rest_began", "2017-01-08", reason="illness"), fact("rest_ended", "2017-01-08", reason="illness")]
    story = Story(WARNING).record("2017-01-02", ASKED).record("2017-01-08", *ill).until("2017-02-01")
    assert story.warnings == ["2017-01-07 answer 1: due 2017-01-09", "2017-01-09 answer 1: due 2017-01-10"]


def test_no_warning_while_an_open_hold_makes_the_day_unknown() -> None:
    story = Story(WARNING).record("2017-01-02", ASKED)
    story.record("2017-01-04", fact("rest_began", "2017-01-04", reason="illness"))
    assert story.until("2017-06-01").warnings == []
