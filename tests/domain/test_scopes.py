"""How long a duty lives: the visit, the stretch from opening to closing, and what becomes of it at the end."""

import pytest
from tests.given import fact, owed, rules, the_one

BY_PHASE = rules("answer: {kind: deadline, when: {fact: asked}, require: {fact: answered}, within: P7D}")
BY_PATHWAY = rules("""
    answer: {kind: deadline, when: {fact: asked}, require: {fact: answered}, within: P7D, scope: pathway}
    """)
ASKED = fact("asked", "2017-01-02")


@pytest.mark.parametrize(
    ("left", "status"),
    [("2017-01-03", "lapsed"), ("2017-01-08", "lapsed"), ("2017-01-09", "lapsed"), ("2017-01-10", "breached")],
)
def test_a_duty_lapses_if_its_phase_is_left_by_the_due_day(left: str, status: str) -> None:
    facts = [ASKED, fact("wait_began", left)]
    assert owed(BY_PHASE, left, *facts) == [f"answer 1: due 2017-01-09, {status}"]
    assert owed(BY_PHASE, "2018-01-01", *facts) == [f"answer 1: due 2017-01-09, {status}"]


def test_a_duty_that_was_breached_before_the_end_of_its_scope_stays_so() -> None:
    facts = [ASKED, fact("wait_began", "2017-01-20"), fact("answered", "2017-01-21")]
    assert owed(BY_PHASE, "2018-01-01", *facts) == ["answer 1: due 2017-01-09, breached"]


def test_what_is_done_after_the_end_of_the_scope_counts_for_nothing() -> None:
    facts = [ASKED, fact("wait_began", "2017-01-05"), fact("answered", "2017-01-06")]
    assert owed(BY_PHASE, "2018-01-01", *facts) == ["answer 1: due 2017-01-09, lapsed"]
    assert owed(BY_PATHWAY, "2018-01-01", *facts) == ["answer 1: due 2017-01-09, met 2017-01-06"]


def test_on_the_day_of_the_end_the_order_of_facts_decides() -> None:
    # `wait_began` ranks before `answered`, `closed` after it.
    left = [ASKED, fact("wait_began", "2017-01-05"), fact("answered", "2017-01-05")]
    assert owed(BY_PHASE, "2018-01-01", *left) == ["answer 1: due 2017-01-09, lapsed"]
    closed = [ASKED, fact("closed", "2017-01-05", reason="done"), fact("answered", "2017-01-05")]
    assert owed(BY_PHASE, "2018-01-01", *closed) == ["answer 1: due 2017-01-09, met 2017-01-05"]


def test_the_fact_that_ends_the_scope_may_itself_satisfy() -> None:
    decision = rules("decision: {kind: deadline, when: {fact: wait_began}, require: {fact: refused}, within: P8W}")
    facts = [fact("wait_began", "2017-01-02"), fact("refused", "2017-02-27")]
    assert owed(decision, "2018-01-01", *facts) == ["decision 1: due 2017-02-27, met 2017-02-27"]
    late = [fact("wait_began", "2017-01-02"), fact("refused", "2017-02-28")]
    assert owed(decision, "2018-01-01", *late) == ["decision 1: due 2017-02-27, met_late 2017-02-28"]


def test_a_fact_that_moves_lies_in_the_visit_that_it_opens() -> None:
    model = rules("answer: {kind: deadline, when: {fact: wait_began}, require: {fact: answered}, within: P7D}")
    facts = [fact("wait_began", "2017-01-02"), fact("job_began", "2017-01-05", employment="j")]
    assert owed(model, "2017-01-04", *facts) == ["answer 1: due 2017-01-09, open"]
    assert owed(model, "2017-01-05", *facts) == ["answer 1: due 2017-01-09, lapsed"]


def test_a_visit_of_no_length_has_duties_that_lapse_on_its_day() -> None:
    model = rules("answer: {kind: deadline, when: {fact: wait_began}, require: {fact: answered}, within: P0D}")
    facts = [fact("wait_began", "2017-01-02"), fact("job_began", "2017-01-02", employment="j")]
    assert owed(model, "2017-01-02", *facts) == ["answer 1: due 2017-01-02, lapsed"]


def test_a_re_assessment_ends_no_phase() -> None:
    facts = [fact("wait_began", "2017-01-01"), ASKED, fact("reassessed", "2017-01-03"), fact("answered", "2017-01-04")]
    assert owed(BY_PHASE, "2018-01-01", *facts) == ["answer 1: due 2017-01-09, met 2017-01-04"]


def test_a_second_visit_of_the_phase_is_another_scope() -> None:
    facts = [
        fact("wait_began", "2017-01-01"),
        ASKED,
        fact("job_began", "2017-01-03", employment="j"),
        fact("wait_began", "2017-01-04"),
        fact("answered", "2017-01-05"),
    ]
    assert owed(BY_PHASE, "2018-01-01", *facts) == ["answer 1: due 2017-01-09, lapsed"]


@pytest.mark.parametrize(("closed", "status"), [("2017-01-09", "lapsed"), ("2017-01-10", "breached")])
def test_a_closing_ends_every_scope(closed: str, status: str) -> None:
    facts = [ASKED, fact("closed", closed, reason="done")]
    assert owed(BY_PHASE, "2018-01-01", *facts) == [f"answer 1: due 2017-01-09, {status}"]
    assert owed(BY_PATHWAY, "2018-01-01", *facts) == [f"answer 1: due 2017-01-09, {status}"]


def test_after_a_reopening_a_new_stretch_begins() -> None:
    facts = [
        ASKED,
        fact("closed", "2017-01-05", reason="done"),
        fact("reopened", "2017-01-06"),
        fact("answered", "2017-01-07"),
    ]
    assert owed(BY_PATHWAY, "2018-01-01", *facts) == ["answer 1: due 2017-01-09, lapsed"]
    again = [*facts, fact("asked", "2017-01-10"), fact("answered", "2017-01-12")]
    assert owed(BY_PATHWAY, "2018-01-01", *again) == [
        "answer 1: due 2017-01-09, lapsed",
        "answer 1: due 2017-01-17, met 2017-01-12",
    ]


def test_the_reopening_itself_lies_in_the_stretch_that_it_opens() -> None:
    model = rules("answer: {kind: deadline, when: {fact: reopened}, require: {fact: answered}, within: P7D}")
    facts = [ASKED, fact("closed", "2017-01-05", reason="done"), fact("reopened", "2017-01-06")]
    assert owed(model, "2018-01-01", *facts) == ["answer 1: due 2017-01-13, breached"]


@pytest.mark.parametrize("as_of", ["2017-01-06", "2018-01-01"])
def test_what_lies_in_closed_anchors_nothing(as_of: str) -> None:
    facts = [fact("closed", "2017-01-01", reason="done"), ASKED]
    assert owed(BY_PHASE, as_of, *facts) == []
    assert owed(BY_PATHWAY, as_of, *facts, fact("reopened", "2017-01-03")) == []


@pytest.mark.parametrize(
    ("force", "status", "failed"),
    [
        ("must", "breached", True),
        ("default", "breached", True),
        ("decide", "breached", True),
        ("expect", "breached", False),
        ("info", "breached", False),
    ],
)
def test_what_is_only_expected_has_a_status_and_never_fails(force: str, status: str, failed: bool) -> None:
    model = rules(
        f"answer: {{kind: deadline, when: {{fact: asked}}, require: {{fact: answered}}, within: P7D, force: {force}}}"
    )
    found = the_one(model, "2017-01-10", ASKED, fact("stayed_away", "2017-01-05", activity="answered"))
    assert (found.status, found.failed, found.force) == (status, failed, force)
    assert found.cause == ("citizen_absent" if failed else None)
    late = the_one(model, "2017-01-12", ASKED, fact("answered", "2017-01-12"))
    assert (late.status, late.failed) == ("met_late", failed)


@pytest.mark.parametrize(
    ("on", "activity", "cause"),
    [
        ("2017-01-01", "answered", None),
        ("2017-01-02", "answered", "citizen_absent"),
        ("2017-01-09", "answered", "citizen_absent"),
        ("2017-01-10", "answered", None),
        ("2017-01-05", "talk_held", "citizen_absent"),
        ("2017-01-05", "asked", None),
    ],
)
def test_an_absence_from_what_is_required_is_the_cause_of_a_breach(on: str, activity: str, cause: str | None) -> None:
    model = rules("""
        answer: {kind: deadline, when: {fact: asked}, require: [{fact: answered}, {fact: talk_held}], within: P7D}
        """)
    absence = fact("stayed_away", on, activity=activity)
    assert the_one(model, "2017-01-10", ASKED, absence).cause == cause
    assert the_one(model, "2017-01-12", ASKED, absence, fact("answered", "2017-01-12")).cause == cause


def test_an_absence_satisfies_nothing_moves_nothing_and_causes_nothing_that_is_kept() -> None:
    absence = fact("stayed_away", "2017-01-05", activity="answered")
    still_open = the_one(BY_PHASE, "2017-01-09", ASKED, absence)
    assert (str(still_open.due), still_open.status, still_open.cause) == ("2017-01-09", "open", None)
    met = the_one(BY_PHASE, "2017-01-09", ASKED, absence, fact("answered", "2017-01-09"))
    assert (met.status, met.cause) == ("met", None)


@pytest.mark.parametrize(
    ("recorded", "in_time"),
    [
        ("2017-01-02", True),
        ("2017-01-09T23:59:59+01:00", True),
        ("2017-01-10T00:00:00+01:00", False),
        ("2017-01-09T22:59:59Z", True),
        ("2017-01-09T23:00:00Z", False),
    ],
)
def test_a_breach_of_which_nobody_could_know_is_born_late(recorded: str, in_time: bool) -> None:
    found = the_one(BY_PHASE, "2017-02-01", fact("asked", "2017-01-02", recorded=recorded))
    assert (found.status, found.known_in_time) == ("breached", in_time)


def test_an_obligation_says_who_is_responsible_and_what_met_it() -> None:
    model = rules("""
        answer:
          kind: deadline
          when: {fact: asked}
          require: {fact: answered}
          within: P7D
          responsible: consultant
        """)
    found = the_one(model, "2017-02-01", ASKED, fact("answered", "2017-01-05", id="a1"))
    assert (found.responsible, found.satisfied_by, found.anchor, found.n) == ("consultant", "a1", ASKED, 1)
    assert found.key == ("answer", "asked 2017-01-02", 1, found.due)
    assert the_one(BY_PHASE, "2017-01-05", ASKED).satisfied_by is None
