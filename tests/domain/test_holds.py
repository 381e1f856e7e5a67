"""Holds: days on which a duty may rest, and how they move its due day."""

import pytest
from tests.given import fact, next_change, owed, rules, the_one, view

from indsats.domain.timeline import Fact

PROCESS = rules("")
ANSWER = rules("""
    answer: {kind: deadline, when: {fact: asked}, require: {fact: answered}, within: P7D, pause_on: [illness, leave]}
    talk: {kind: deadline, when: {fact: asked}, require: {fact: talk_held}, within: P7D}
    """)
ILLNESS_ONLY = rules("""
    answer: {kind: deadline, when: {fact: asked}, require: {fact: answered}, within: P7D, pause_on: [illness]}
    """)
ASKED = fact("asked", "2017-01-02")


def rest(first: str, last: str | None = None, reason: str = "illness", known: str | None = None) -> list[Fact]:
    begin = fact("rest_began", first, id=f"{reason} from {first}", recorded=known, reason=reason)
    end = [] if last is None else [fact("rest_ended", last, id=f"{reason} to {last}", recorded=known, reason=reason)]
    return [begin, *end]


def holds(*facts: Fact) -> list[tuple[str | None, str, str | None]]:
    timeline = view(PROCESS, "2018-01-01", *facts)
    return [(hold.reason, str(hold.first), None if hold.last is None else str(hold.last)) for hold in timeline.holds]


def test_a_hold_lasts_from_its_start_to_its_end() -> None:
    assert holds(*rest("2017-01-05", "2017-01-10")) == [("illness", "2017-01-05", "2017-01-10")]
    assert holds(*rest("2017-01-05")) == [("illness", "2017-01-05", None)]


def test_a_second_start_of_the_same_reason_is_nothing() -> None:
    assert holds(*rest("2017-01-05"), *rest("2017-01-08", "2017-01-10")) == [("illness", "2017-01-05", "2017-01-10")]


def test_an_end_without_a_hold_is_nothing() -> None:
    assert holds(fact("rest_ended", "2017-01-05", reason="illness")) == []
    assert holds(*rest("2017-01-05", "2017-01-10"), fact("rest_ended", "2017-01-12", reason="illness")) == [
        ("illness", "2017-01-05", "2017-01-10")
    ]


def test_each_reason_has_holds_of_its_own() -> None:
    facts = [*rest("2017-01-05"), *rest("2017-01-06", "2017-01-10", "leave")]
    assert holds(*facts) == [("illness", "2017-01-05", None), ("leave", "2017-01-06", "2017-01-10")]


def test_a_hold_of_one_day_ends_on_the_day_it_begins() -> None:
    assert holds(*rest("2017-01-05", "2017-01-05")) == [("illness", "2017-01-05", "2017-01-05")]


def test_of_two_starts_and_one_end_of_a_day_the_second_runs_on() -> None:
    second = fact("rest_began", "2017-01-05", id="second", reason="illness")
    assert holds(*rest("2017-01-05", "2017-01-05"), second) == [
        ("illness", "2017-01-05", "2017-01-05"),
        ("illness", "2017-01-05", None),
    ]


def test_an_end_closes_no_hold_of_a_later_day() -> None:
    assert holds(fact("rest_ended", "2017-01-05", reason="illness"), *rest("2017-01-06")) == [
        ("illness", "2017-01-06", None)
    ]


def test_a_hold_ended_and_begun_again_on_one_day_are_two() -> None:
    facts = [*rest("2017-01-05", "2017-01-10"), *rest("2017-01-10")]
    assert holds(*facts) == [("illness", "2017-01-05", "2017-01-10"), ("illness", "2017-01-10", None)]


@pytest.mark.parametrize(
    ("first", "last", "due"),
    [
        ("2016-12-20", "2017-01-01", "2017-01-09"),  # over before the anchor
        ("2016-12-20", "2017-01-02", "2017-01-09"),  # the anchor's own day is not counted
        ("2016-12-20", "2017-01-03", "2017-01-10"),
        ("2017-01-02", "2017-01-02", "2017-01-09"),
        ("2017-01-03", "2017-01-03", "2017-01-10"),
        ("2017-01-03", "2017-01-05", "2017-01-12"),
        ("2017-01-09", "2017-01-09", "2017-01-10"),  # the due day itself
        ("2017-01-09", "2017-01-13", "2017-01-14"),
        ("2017-01-10", "2017-01-13", "2017-01-09"),  # after the due day
    ],
)
def test_a_due_day_moves_by_the_held_days_after_the_anchor(first: str, last: str, due: str) -> None:
    assert owed(ANSWER, "2017-03-01", *rest(first, last), ASKED)[0] == f"answer 1: due {due}, breached"


def test_a_hold_that_begins_within_the_moved_time_moves_it_again() -> None:
    facts = [*rest("2017-01-05", "2017-01-07"), *rest("2017-01-11", "2017-01-12", "leave"), ASKED]
    assert owed(ANSWER, "2017-03-01", *facts)[0] == "answer 1: due 2017-01-14, breached"


def test_overlapping_holds_count_once() -> None:
    overlapping = [*rest("2017-01-03", "2017-01-06"), *rest("2017-01-05", "2017-01-07", "leave"), ASKED]
    assert owed(ANSWER, "2017-03-01", *overlapping)[0] == "answer 1: due 2017-01-14, breached"
    within = [*rest("2017-01-03", "2017-01-06"), *rest("2017-01-04", "2017-01-05", "leave"), ASKED]
    assert owed(ANSWER, "2017-03-01", *within)[0] == "answer 1: due 2017-01-13, breached"
    adjoining = [*rest("2017-01-03", "2017-01-04"), *rest("2017-01-05", "2017-01-06", "leave"), ASKED]
    assert owed(ANSWER, "2017-03-01", *adjoining)[0] == "answer 1: due 2017-01-13, breached"
    apart = [*rest("2017-01-03", "2017-01-04"), *rest("2017-01-06", "2017-01-06", "leave"), ASKED]
    assert owed(ANSWER, "2017-03-01", *apart)[0] == "answer 1: due 2017-01-12, breached"


@pytest.mark.parametrize("other", [("2017-01-06", "2017-01-10"), ("2017-01-06", None)])
def test_an_open_hold_swallows_what_overlaps_it(other: tuple[str, str | None]) -> None:
    facts = [*rest("2017-01-05"), *rest(*other, "leave"), ASKED]
    assert owed(ANSWER, "2017-01-20", *facts)[0] == "answer 1: due unknown, on_hold"


def test_an_open_hold_goes_on_where_an_ended_one_stops() -> None:
    facts = [*rest("2017-01-04", "2017-01-06"), *rest("2017-01-06", None, "leave"), ASKED]
    assert owed(ANSWER, "2017-01-20", *facts)[0] == "answer 1: due unknown, on_hold"


def test_the_last_held_day_is_still_on_hold() -> None:
    facts = [ASKED, *rest("2017-01-05", "2017-01-10")]
    assert owed(ANSWER, "2017-01-04", *facts)[0] == "answer 1: due 2017-01-09, open"
    assert owed(ANSWER, "2017-01-05", *facts)[0] == "answer 1: due unknown, on_hold"
    assert owed(ANSWER, "2017-01-09", *facts)[0] == "answer 1: due unknown, on_hold"
    assert owed(ANSWER, "2017-01-10", *facts)[0] == "answer 1: due 2017-01-15, on_hold"
    assert owed(ANSWER, "2017-01-11", *facts)[0] == "answer 1: due 2017-01-15, open"
    assert owed(ANSWER, "2017-01-15", *facts)[0] == "answer 1: due 2017-01-15, open"
    assert owed(ANSWER, "2017-01-16", *facts)[0] == "answer 1: due 2017-01-15, breached"


def test_a_rule_pauses_only_for_the_reasons_it_names() -> None:
    facts = [ASKED, *rest("2017-01-05")]
    assert owed(ANSWER, "2017-01-10", *facts) == [
        "answer 1: due unknown, on_hold",
        "talk 1: due 2017-01-09, breached",
    ]
    assert owed(ILLNESS_ONLY, "2017-01-10", ASKED, *rest("2017-01-05", reason="leave")) == [
        "answer 1: due 2017-01-09, breached"
    ]


def test_a_hold_after_the_due_day_rests_nothing() -> None:
    facts = [ASKED, *rest("2017-01-10")]
    assert owed(ANSWER, "2017-01-10", *facts)[0] == "answer 1: due 2017-01-09, breached"
    assert owed(ANSWER, "2017-01-20", *facts)[0] == "answer 1: due 2017-01-09, breached"


def test_what_is_done_during_a_hold_is_in_time() -> None:
    facts = [ASKED, *rest("2017-01-05"), fact("answered", "2017-01-20")]
    assert owed(ANSWER, "2017-01-20", *facts)[0] == "answer 1: due unknown, met 2017-01-20"
    ended = [*facts, fact("rest_ended", "2017-01-25", reason="illness")]
    assert owed(ANSWER, "2017-02-20", *ended)[0] == "answer 1: due 2017-01-30, met 2017-01-20"


def test_a_hold_that_ended_before_the_day_of_satisfaction_can_make_it_late() -> None:
    facts = [ASKED, *rest("2017-01-05", "2017-01-06"), fact("answered", "2017-01-12")]
    assert owed(ANSWER, "2017-02-20", *facts)[0] == "answer 1: due 2017-01-11, met_late 2017-01-12"


def test_what_was_done_late_is_late_also_during_a_later_hold() -> None:
    facts = [ASKED, *rest("2017-01-11"), fact("answered", "2017-01-12")]
    assert owed(ANSWER, "2017-01-12", *facts)[0] == "answer 1: due 2017-01-09, met_late 2017-01-12"


def test_with_an_unknown_due_day_nothing_is_late() -> None:
    found = the_one(ILLNESS_ONLY, "2017-03-01", fact("asked", "2017-01-02", recorded="2017-02-20"), *rest("2017-01-05"))
    assert (found.due, found.book_by, found.status, found.known_in_time) == (None, None, "on_hold", True)


def test_a_scope_that_ends_during_an_open_hold_lapses() -> None:
    facts = [ASKED, *rest("2017-01-05"), fact("closed", "2017-01-20", reason="done")]
    assert owed(ILLNESS_ONLY, "2017-01-20", *facts) == ["answer 1: due unknown, lapsed"]


def test_an_open_hold_survives_closing_and_reopening_and_may_begin_in_closed() -> None:
    closed = [fact("closed", "2017-01-05", reason="done"), fact("reopened", "2017-01-10"), fact("asked", "2017-01-12")]
    assert owed(ILLNESS_ONLY, "2017-02-01", *rest("2017-01-03"), *closed) == ["answer 1: due unknown, on_hold"]
    assert owed(ILLNESS_ONLY, "2017-02-01", *rest("2017-01-07"), *closed) == ["answer 1: due unknown, on_hold"]
    assert owed(ILLNESS_ONLY, "2017-02-01", *rest("2017-01-03", "2017-01-07"), *closed) == [
        "answer 1: due 2017-01-19, breached"
    ]


def test_nothing_more_than_the_day_itself_is_never_moved() -> None:
    at_once = rules("""
        answer: {kind: deadline, when: {fact: asked}, require: {fact: answered}, within: P0D, pause_on: [illness]}
        """)
    held = rest("2017-01-01", "2017-01-10")
    assert owed(at_once, "2017-01-02", *held, ASKED) == ["answer 1: due 2017-01-02, on_hold"]
    assert owed(at_once, "2017-01-03", *held, ASKED) == ["answer 1: due 2017-01-02, breached"]


def test_months_are_added_before_held_days() -> None:
    monthly = rules("""
        answer: {kind: deadline, when: {fact: asked}, require: {fact: answered}, within: P1M, pause_on: [illness]}
        """)
    facts = [fact("asked", "2017-01-31"), *rest("2017-02-27", "2017-03-02")]
    assert owed(monthly, "2017-03-04", *facts) == ["answer 1: due 2017-03-04, open"]
    assert owed(monthly, "2017-03-05", *facts) == ["answer 1: due 2017-03-04, breached"]


@pytest.mark.parametrize(
    ("as_of", "change"),
    [
        ("2017-01-02", "2017-01-05"),  # the hold takes effect
        ("2017-01-05", "2017-01-10"),  # its end does
        ("2017-01-10", "2017-01-11"),  # the last held day is over
        ("2017-01-11", "2017-01-16"),  # the due day is
        ("2017-01-16", None),
    ],
)
def test_a_hold_changes_things_on_its_days(as_of: str, change: str | None) -> None:
    facts = [ASKED, *rest("2017-01-05", "2017-01-10", known="2017-01-01")]
    assert next_change(ILLNESS_ONLY, as_of, *facts) == change


def test_an_open_hold_changes_nothing_by_itself() -> None:
    assert next_change(ILLNESS_ONLY, "2017-01-05", ASKED, *rest("2017-01-05")) is None


def test_the_end_of_one_hold_changes_nothing_while_another_lasts() -> None:
    facts = [ASKED, *rest("2017-01-05", "2017-01-10"), *rest("2017-01-08", None, "leave")]
    assert next_change(ANSWER, "2017-01-10", *facts) is None
