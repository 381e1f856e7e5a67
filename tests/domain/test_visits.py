"""The way through the phases: visits, closing and reopening, and what lies where it should not."""

import pytest
from tests.given import day, fact, model, owed, rules, view

from indsats.domain.timeline import Fact, Timeline

PROCESS = rules("")
BEGIN = "2017-01-02"


def visits(timeline: Timeline) -> list[tuple[str, str | None, str | None]]:
    """Each visit as phase, day entered, day left; the first one of all is entered by nothing."""

    def on(index: int | None) -> str | None:
        return None if index is None else timeline.facts[index].on.isoformat()

    first, *others = timeline.visits
    return [(first.phase, None, on(first.end)), *((visit.phase, on(visit.start), on(visit.end)) for visit in others)]


def irregular(timeline: Timeline) -> list[str]:
    return [timeline.facts[index].id for index in timeline.irregular]


def test_a_citizen_goes_through_the_phases_and_back() -> None:
    facts = [
        fact("asked", "2017-01-01"),
        fact("wait_began", "2017-01-02"),
        fact("job_began", "2017-02-01", employment="j"),
        fact("wait_began", "2017-03-01"),
    ]
    assert visits(view(PROCESS, "2017-03-01", *facts)) == [
        ("none", None, "2017-01-02"),
        ("waiting", "2017-01-02", "2017-02-01"),
        ("working", "2017-02-01", "2017-03-01"),
        ("waiting", "2017-03-01", None),
    ]
    assert view(PROCESS, "2017-01-01", *facts).phase == "none"
    assert view(PROCESS, "2017-02-28", *facts).phase == "working"
    assert view(PROCESS, "2017-03-01", *facts).phase == "waiting"


@pytest.mark.parametrize(
    ("kind", "phase"), [("wait_began", "waiting"), ("job_began", "working"), ("closed", "closed"), ("asked", "none")]
)
def test_a_citizen_may_enter_anywhere(kind: str, phase: str) -> None:
    fields = {"job_began": {"employment": "j"}, "closed": {"reason": "done"}}
    timeline = view(PROCESS, BEGIN, fact(kind, BEGIN, **fields.get(kind, {})))
    assert (timeline.phase, irregular(timeline)) == (phase, [])


def test_a_move_to_the_present_phase_opens_no_visit() -> None:
    facts = [fact("wait_began", BEGIN), fact("wait_began", "2017-02-01"), fact("reassessed", "2017-03-01")]
    timeline = view(PROCESS, "2017-03-01", *facts)
    assert visits(timeline) == [("none", None, BEGIN), ("waiting", BEGIN, None)]
    assert irregular(timeline) == []


def test_a_fact_without_a_legal_move_is_irregular_and_changes_nothing() -> None:
    facts = [fact("reassessed", BEGIN), fact("wait_began", "2017-01-03"), fact("reopened", "2017-01-04")]
    timeline = view(PROCESS, "2017-03-01", *facts, fact("job_began", "2017-01-05", employment="j"))
    assert irregular(timeline) == ["reassessed 2017-01-02", "reopened 2017-01-04"]
    refused = view(
        PROCESS, "2017-03-01", *facts, fact("job_began", "2017-01-05", employment="j"), fact("refused", "2017-01-06")
    )
    assert refused.phase == "working"
    assert irregular(refused)[-1] == "refused 2017-01-06"


def test_visits_of_no_length_exist() -> None:
    facts = [fact("wait_began", BEGIN), fact("job_began", BEGIN, employment="j"), fact("closed", BEGIN, reason="done")]
    assert visits(view(PROCESS, BEGIN, *facts)) == [
        ("none", None, BEGIN),
        ("waiting", BEGIN, BEGIN),
        ("working", BEGIN, BEGIN),
    ]


def test_a_kind_of_its_own_with_a_move_to_closed_closes() -> None:
    facts = [fact("wait_began", BEGIN), fact("refused", "2017-01-03"), fact("refused", "2017-01-04")]
    timeline = view(PROCESS, "2017-01-04", *facts)
    assert timeline.phase == "closed"
    assert visits(timeline)[-1] == ("waiting", BEGIN, "2017-01-03")
    assert irregular(timeline) == ["refused 2017-01-04"]


def test_only_a_reopening_opens_again_and_before_any_phase() -> None:
    facts = [
        fact("wait_began", BEGIN),
        fact("closed", "2017-02-01", reason="done"),
        fact("opened", "2017-02-02"),
        fact("wait_began", "2017-02-03"),
        fact("reopened", "2017-03-01"),
        fact("asked", "2017-03-02"),
        fact("wait_began", "2017-03-03"),
    ]
    timeline = view(PROCESS, "2017-03-03", *facts)
    assert irregular(timeline) == ["opened 2017-02-02", "wait_began 2017-02-03"]
    assert visits(timeline) == [
        ("none", None, BEGIN),
        ("waiting", BEGIN, "2017-02-01"),
        ("none", "2017-03-01", "2017-03-03"),
        ("waiting", "2017-03-03", None),
    ]
    assert [visit.stretch for visit in timeline.visits] == [0, 0, 1, 1]


@pytest.mark.parametrize(
    ("kind", "fields"),
    [("closed", {"reason": "project_ended"}), ("completed", {"of": "wait_began 2017-01-02"}), ("remarked", {})],
)
def test_what_is_welcome_in_closed(kind: str, fields: dict[str, str]) -> None:
    closed = [fact("wait_began", BEGIN), fact("closed", "2017-02-01", reason="done")]
    timeline = view(PROCESS, "2017-03-01", *closed, fact(kind, "2017-02-02", **fields))
    assert (timeline.phase, irregular(timeline), len(timeline.closings)) == ("closed", [], 1)


@pytest.mark.parametrize(
    ("kind", "fields"),
    [
        ("asked", {}),
        ("job_ended", {"employment": "j"}),
        ("rest_began", {"reason": "illness"}),
        ("rest_ended", {"reason": "illness"}),
        ("excused", {"rule": "answer"}),
        ("stayed_away", {"activity": "asked"}),
        ("unheard_of", {}),
    ],
)
def test_all_else_in_closed_is_irregular(kind: str, fields: dict[str, str]) -> None:
    closed = [fact("wait_began", BEGIN), fact("closed", "2017-02-01", reason="done")]
    timeline = view(PROCESS, "2017-03-01", *closed, fact(kind, "2017-02-02", **fields))
    assert irregular(timeline) == [f"{kind} 2017-02-02"]


LAW = """
answer: {kind: deadline, when: {fact: asked}, require: {fact: answered}, within: P1M, basis: law, scope: pathway}
talk: {kind: deadline, when: {fact: asked}, require: {fact: talk_held}, within: P1M, scope: pathway}
"""


def closed_for(reason: str, *others: Fact) -> list[Fact]:
    return [fact("asked", BEGIN), fact("closed", "2017-01-10", reason=reason), *others]


def test_after_the_end_of_the_project_the_law_goes_on() -> None:
    later = [fact("answered", "2017-01-20"), fact("talk_held", "2017-01-21"), fact("asked", "2017-01-22")]
    timeline = view(rules(LAW), "2017-02-01", *closed_for("project_ended", *later))
    assert irregular(timeline) == ["talk_held 2017-01-21", "asked 2017-01-22"]
    assert owed(rules(LAW), "2017-03-01", *closed_for("project_ended", *later)) == [
        "answer 1: due 2017-02-02, met 2017-01-20",
        "talk 1: due 2017-02-02, lapsed",
    ]


def test_after_any_other_closing_the_law_ends_too() -> None:
    later = [fact("answered", "2017-01-20")]
    assert irregular(view(rules(LAW), "2017-02-01", *closed_for("done", *later))) == ["answered 2017-01-20"]
    assert owed(rules(LAW), "2017-03-01", *closed_for("done", *later)) == [
        "answer 1: due 2017-02-02, lapsed",
        "talk 1: due 2017-02-02, lapsed",
    ]


def test_a_further_closing_changes_no_scope() -> None:
    twice = closed_for("project_ended", fact("closed", "2017-01-15", reason="done"))
    timeline = view(rules(LAW), "2017-03-01", *twice)
    assert (irregular(timeline), timeline.phase) == ([], "closed")
    assert owed(rules(LAW), "2017-03-01", *twice)[0] == "answer 1: due 2017-02-02, breached"
    kept = [*twice, fact("answered", "2017-01-20")]
    assert irregular(view(rules(LAW), "2017-03-01", *kept)) == []
    assert owed(rules(LAW), "2017-03-01", *kept)[0] == "answer 1: due 2017-02-02, met 2017-01-20"


def test_a_further_closing_for_the_project_wakes_no_law() -> None:
    twice = closed_for("done", fact("closed", "2017-01-15", reason="project_ended"), fact("answered", "2017-01-20"))
    assert irregular(view(rules(LAW), "2017-03-01", *twice)) == ["answered 2017-01-20"]
    assert owed(rules(LAW), "2017-03-01", *twice)[0] == "answer 1: due 2017-02-02, lapsed"


def test_a_closing_after_the_reopening_ends_what_outlived_the_first() -> None:
    again = [fact("reopened", "2017-01-15"), fact("closed", "2017-01-20", reason="done")]
    found = owed(rules(LAW), "2017-03-01", *closed_for("project_ended", *again))
    assert found[0] == "answer 1: due 2017-02-02, lapsed"
    ended_again = [fact("reopened", "2017-01-15"), fact("closed", "2017-01-20", reason="project_ended")]
    found = owed(rules(LAW), "2017-03-01", *closed_for("project_ended", *ended_again))
    assert found[0] == "answer 1: due 2017-02-02, breached"


LAW_ANCHORED_BY_WHAT_IT_ASKS = """
follow: {kind: deadline, when: {fact: answered}, require: {fact: answered}, within: P1M, basis: law, scope: phase}
talk: {kind: deadline, when: {fact: answered}, require: {fact: talk_held}, within: P1M}
"""


def test_what_the_law_asks_for_after_the_project_anchors_until_the_reopening() -> None:
    asked = rules(LAW_ANCHORED_BY_WHAT_IT_ASKS)
    answered = closed_for("project_ended", fact("answered", "2017-01-20"))
    for scope in ("phase", "pathway"):
        every = rules(LAW_ANCHORED_BY_WHAT_IT_ASKS.replace("within: P1M}", f"within: P1M, scope: {scope}}}"))
        assert owed(every, "2017-03-01", *answered) == [
            "follow 1: due 2017-02-20, breached",
            "talk 1: due 2017-02-20, breached",
        ]
        assert owed(every, "2017-03-01", *answered, fact("reopened", "2017-02-20")) == [
            "follow 1: due 2017-02-20, lapsed",
            "talk 1: due 2017-02-20, lapsed",
        ]
    assert owed(asked, "2017-03-01", *answered, fact("reopened", "2017-02-21"))[1] == "talk 1: due 2017-02-20, breached"
    assert (
        owed(rules(LAW_ANCHORED_BY_WHAT_IT_ASKS), "2017-03-01", *closed_for("done", fact("answered", "2017-01-20")))
        == []
    )


@pytest.mark.parametrize("kind", ["completed", "remarked"])
def test_what_is_welcome_in_closed_anchors_there(kind: str) -> None:
    rule = rules(f"after: {{kind: deadline, when: {{fact: {kind}}}, require: {{fact: talk_held}}, within: P1W}}")
    fields = {"completed": {"of": "x"}, "remarked": {"rule": "after"}}
    told = [fact("asked", BEGIN), fact("closed", "2017-01-10", reason="done"), fact(kind, "2017-01-20", **fields[kind])]
    assert owed(rule, "2017-03-01", *told) == ["after 1: due 2017-01-27, breached"]


AFTER_CLOSING = "letter: {kind: deadline, when: {fact: closed}, require: {fact: talk_held}, within: P2W, scope: phase}"


@pytest.mark.parametrize("reason", ["done", "project_ended"])
@pytest.mark.parametrize(
    ("later", "found"),
    [
        ([], "breached"),
        ([("talk_held", "2017-01-24")], "met 2017-01-24"),
        ([("talk_held", "2017-01-25")], "met_late 2017-01-25"),
        ([("reopened", "2017-01-23")], "lapsed"),
        ([("reopened", "2017-01-24")], "lapsed"),
        ([("reopened", "2017-01-25")], "breached"),
        ([("reopened", "2017-01-15"), ("talk_held", "2017-01-16")], "lapsed"),
        ([("closed", "2017-01-15"), ("talk_held", "2017-01-16")], "met 2017-01-16"),
    ],
)
def test_what_is_due_after_closing_lives_until_the_reopening(
    reason: str, later: list[tuple[str, str]], found: str
) -> None:
    told = closed_for(
        reason, *(fact(kind, on, **({"reason": reason} if kind == "closed" else {})) for kind, on in later)
    )
    assert owed(rules(AFTER_CLOSING), "2017-03-01", *told) == [f"letter 1: due 2017-01-24, {found}"]


def test_the_closing_lies_in_the_stretch_that_it_ends() -> None:
    whole = rules(AFTER_CLOSING.replace("scope: phase", "scope: pathway"))
    assert owed(whole, "2017-03-01", *closed_for("done")) == ["letter 1: due 2017-01-24, lapsed"]


def test_a_law_of_one_phase_outlives_the_project_but_not_the_phase() -> None:
    law = rules("answer: {kind: deadline, when: {fact: asked}, require: {fact: answered}, within: P1M, basis: law}")
    ended = fact("closed", "2017-01-10", reason="project_ended")
    assert owed(law, "2017-03-01", fact("asked", BEGIN), ended) == ["answer 1: due 2017-02-02, breached"]
    left = [fact("asked", BEGIN), fact("wait_began", "2017-01-05"), ended]
    assert owed(law, "2017-03-01", *left) == ["answer 1: due 2017-02-02, lapsed"]
    closed = [fact("asked", BEGIN), ended, fact("reopened", "2017-01-15"), fact("closed", "2017-01-20", reason="done")]
    assert owed(law, "2017-03-01", *closed) == ["answer 1: due 2017-02-02, lapsed"]


def test_the_closing_itself_anchors_and_lies_in_what_it_ends() -> None:
    last_word = rules("""
        last_word: {kind: precedence, when: {fact: closed}, require: {fact: talk_held}, scope: pathway}
        farewell: {kind: deadline, when: {fact: closed}, require: {fact: answered}, within: P7D, scope: pathway}
        """)
    facts = [
        fact("talk_held", "2017-01-05"),
        fact("closed", "2017-01-10", reason="done"),
        fact("answered", "2017-01-12"),
    ]
    assert owed(last_word, "2017-03-01", *facts) == [
        "farewell 1: due 2017-01-17, lapsed",
        "last_word 1: due 2017-01-10, met 2017-01-05",
    ]
    again = [*facts, fact("closed", "2017-01-15", reason="done")]
    assert len(owed(last_word, "2017-03-01", *again)) == 2


def test_a_closing_that_may_be_repeated_by_a_move_of_its_own_changes_nothing() -> None:
    permit = model("""
        id: permit
        version: 1
        phases: {applied: }
        moves: [{on: received, from: any, to: applied}, {on: withdrawn, from: [any, closed], to: closed}]
        facts: {received: , withdrawn: }
        """)
    facts = [fact("received", BEGIN), fact("withdrawn", "2017-01-05"), fact("withdrawn", "2017-01-06")]
    timeline = view(permit, "2017-02-01", *facts)
    assert (timeline.phase, irregular(timeline), len(timeline.closings)) == ("closed", [], 1)


@pytest.mark.parametrize(
    ("as_of", "phase"),
    [
        ("2017-01-02", "none"),
        ("2017-01-03", "waiting"),
        ("2017-01-04", "waiting"),
        ("2017-01-05", "closed"),
        ("2017-01-06", "closed"),
        ("2017-01-07", "closed"),
    ],
)
def test_the_phase_in_which_the_next_fact_finds_the_pathway(as_of: str, phase: str) -> None:
    facts = [
        fact("wait_began", "2017-01-02"),
        fact("asked", "2017-01-03"),
        fact("closed", "2017-01-04", reason="project_ended"),
        fact("answered", "2017-01-05"),
        fact("talk_held", "2017-01-06"),
        fact("reopened", "2017-01-07"),
        fact("asked", "2017-01-08"),
    ]
    timeline = view(rules(LAW), "2017-02-01", *facts)
    index = next(index for index, found in enumerate(timeline.facts) if found.on == day(as_of))
    assert timeline.phase_before(index) == phase
    assert timeline.phase_before(len(facts) - 1) == "none"


def test_a_closing_from_a_phase_that_it_cannot_close_is_irregular() -> None:
    strict = rules("", "moves: [{on: closed, from: [working], to: closed}]")
    facts = [fact("wait_began", BEGIN), fact("closed", "2017-01-03", reason="done")]
    timeline = view(strict, "2017-02-01", *facts)
    assert (timeline.phase, irregular(timeline)) == ("waiting", ["closed 2017-01-03"])
