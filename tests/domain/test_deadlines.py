"""Deadlines: the last day in time, the scope, looking back, counting several, weekends and what rolls off them."""

import pytest
from tests.given import fact, owed, rules, the_one

from indsats.domain.timeline import Fact

ANSWER = rules("answer: {kind: deadline, when: {fact: asked}, require: {fact: answered}, within: P7D}")
ASKED = fact("asked", "2017-01-02")


@pytest.mark.parametrize(
    ("as_of", "status"),
    [("2017-01-02", "open"), ("2017-01-08", "open"), ("2017-01-09", "open"), ("2017-01-10", "breached")],
)
def test_the_breach_begins_the_day_after_the_due_day(as_of: str, status: str) -> None:
    assert owed(ANSWER, as_of, ASKED) == [f"answer 1: due 2017-01-09, {status}"]


@pytest.mark.parametrize(
    ("on", "status"),
    [("2017-01-02", "met"), ("2017-01-08", "met"), ("2017-01-09", "met"), ("2017-01-10", "met_late")],
)
def test_the_due_day_itself_is_in_time(on: str, status: str) -> None:
    assert owed(ANSWER, "2017-02-01", ASKED, fact("answered", on)) == [f"answer 1: due 2017-01-09, {status} {on}"]


def test_nothing_is_owed_before_the_anchor() -> None:
    assert owed(ANSWER, "2017-01-01", ASKED) == []


def test_what_was_done_before_the_anchor_does_not_count() -> None:
    assert owed(ANSWER, "2017-01-02", fact("answered", "2017-01-01"), ASKED) == ["answer 1: due 2017-01-09, open"]


def test_of_the_anchors_own_day_everything_counts_whatever_its_rank() -> None:
    earlier_rank = rules("answer: {kind: deadline, when: {fact: answered}, require: {fact: asked}, within: P7D}")
    facts = [fact("asked", "2017-01-02"), fact("answered", "2017-01-02")]
    assert owed(earlier_rank, "2017-01-02", *facts) == ["answer 1: due 2017-01-09, met 2017-01-02"]


def test_the_first_of_several_facts_counts() -> None:
    facts = [ASKED, fact("answered", "2017-01-12"), fact("answered", "2017-01-05"), fact("answered", "2017-01-06")]
    assert owed(ANSWER, "2017-02-01", *facts) == ["answer 1: due 2017-01-09, met 2017-01-05"]


def test_each_anchor_has_its_own_deadline_and_one_fact_may_meet_several() -> None:
    facts = [ASKED, fact("asked", "2017-01-09"), fact("answered", "2017-01-10")]
    assert owed(ANSWER, "2017-02-01", *facts) == [
        "answer 1: due 2017-01-09, met_late 2017-01-10",
        "answer 1: due 2017-01-16, met 2017-01-10",
    ]


def test_an_anchor_never_satisfies_itself() -> None:
    again = rules("again: {kind: deadline, when: {fact: asked}, require: {fact: asked}, within: P7D}")
    assert owed(again, "2017-02-01", ASKED) == ["again 1: due 2017-01-09, breached"]
    twice = [fact("asked", "2017-01-02", id="a"), fact("asked", "2017-01-02", id="b")]
    assert owed(again, "2017-02-01", *twice) == [
        "again 1: due 2017-01-09, met 2017-01-02",
        "again 1: due 2017-01-09, met 2017-01-02",
    ]


@pytest.mark.parametrize(
    ("anchor", "within", "due"),
    [
        ("2017-04-07", "P7D", "2017-04-14"),  # Good Friday, and no day is given for it
        ("2017-04-07", "P14D", "2017-04-21"),
        ("2017-01-31", "P1M", "2017-02-28"),
        ("2016-01-31", "P1M", "2016-02-29"),
        ("2016-02-29", "P1Y", "2017-02-28"),
        ("2017-08-31", "P6M", "2018-02-28"),
        ("2022-07-04", "P7WD", "2022-07-13"),
        ("2017-01-07", "P1WD", "2017-01-09"),
        ("2017-12-22", "P2D", "2017-12-24"),
    ],
)
def test_due_days_around_weekends_feasts_and_ends_of_months(anchor: str, within: str, due: str) -> None:
    model = rules(f"answer: {{kind: deadline, when: {{fact: asked}}, require: {{fact: answered}}, within: {within}}}")
    asked = fact("asked", anchor)
    assert owed(model, due, asked) == [f"answer 1: due {due}, open"]
    assert owed(model, due, asked, fact("answered", due)) == [f"answer 1: due {due}, met {due}"]
    assert owed(model, "2030-01-01", asked) == [f"answer 1: due {due}, breached"]


def test_the_day_to_book_by_is_shown_beside_and_is_no_due_day() -> None:
    found = the_one(ANSWER, "2017-04-14", fact("asked", "2017-04-07"))
    assert (str(found.due), str(found.book_by), found.status) == ("2017-04-14", "2017-04-12", "open")


@pytest.mark.parametrize(
    ("roll", "anchor", "within", "due"),
    [
        ("next_working_day", "2017-04-07", "P7D", "2017-04-18"),
        ("previous_working_day", "2017-04-07", "P7D", "2017-04-12"),
        ("none", "2017-04-07", "P7D", "2017-04-14"),
        ("next_working_day", "2017-01-02", "P7D", "2017-01-09"),
        ("next_working_day", "2017-12-24", "P7D", "2018-01-02"),
        ("previous_working_day", "2017-12-24", "P7D", "2017-12-29"),
        # Never to before the anchor day, which then is the due day though it is a day off.
        ("previous_working_day", "2017-01-07", "P1D", "2017-01-07"),
        ("previous_working_day", "2017-01-07", "P0D", "2017-01-07"),
    ],
)
@pytest.mark.parametrize("of_the_model", [False, True])
def test_a_policy_may_roll_a_due_day_off_closed_days(
    roll: str, anchor: str, within: str, due: str, of_the_model: bool
) -> None:
    own = "" if of_the_model else f", roll: {roll}"
    policy = f"policies: {{roll: {roll}}}" if of_the_model else ""
    rule = f"answer: {{kind: deadline, when: {{fact: asked}}, require: {{fact: answered}}, within: {within}{own}}}"
    assert owed(rules(rule, policy), "2030-01-01", fact("asked", anchor)) == [f"answer 1: due {due}, breached"]


def test_a_rule_of_its_own_policy_does_not_take_the_models() -> None:
    rule = "answer: {kind: deadline, when: {fact: asked}, require: {fact: answered}, within: P7D, roll: none}"
    model = rules(rule, "policies: {roll: next_working_day}")
    assert owed(model, "2030-01-01", fact("asked", "2017-04-07")) == ["answer 1: due 2017-04-14, breached"]


def test_rolling_comes_last_after_holds() -> None:
    model = rules("""
        answer:
          kind: deadline
          when: {fact: asked}
          require: {fact: answered}
          within: P4D
          pause_on: [illness]
          roll: next_working_day
        """)
    facts = [
        ASKED,
        fact("rest_began", "2017-01-03", reason="illness"),
        fact("rest_ended", "2017-01-03", reason="illness"),
    ]
    # Friday 6 January and a held day is Saturday, which rolls to Monday; a hold on that Monday moves it no more.
    assert owed(model, "2017-02-01", *facts) == ["answer 1: due 2017-01-09, breached"]
    later = [
        fact("rest_began", "2017-01-09", reason="illness"),
        fact("rest_ended", "2017-01-11", reason="illness"),
    ]
    assert owed(model, "2017-02-01", *facts, *later) == ["answer 1: due 2017-01-09, breached"]


LOOKBACK = rules("""
    talk: {kind: deadline, when: {fact: asked}, require: {fact: talk_held}, within: P4W, lookback: P3M, scope: pathway}
    """)


@pytest.mark.parametrize(
    ("anchor", "on", "counts"),
    [
        ("2017-04-01", "2017-01-01", True),
        ("2017-04-01", "2016-12-31", False),
        ("2017-05-31", "2017-02-28", True),
        ("2017-05-31", "2017-02-27", False),
        ("2016-05-31", "2016-02-29", True),
        ("2016-05-31", "2016-02-28", False),
        ("2017-04-01", "2017-03-31", True),
    ],
)
def test_with_a_lookback_what_was_done_before_counts(anchor: str, on: str, counts: bool) -> None:
    found = the_one(LOOKBACK, anchor, fact("talk_held", on), fact("asked", anchor))
    assert (found.status, found.satisfied_on and str(found.satisfied_on)) == (("met", on) if counts else ("open", None))


def test_with_a_lookback_the_earliest_fact_in_the_window_counts() -> None:
    facts = [fact("talk_held", "2017-02-01"), fact("talk_held", "2017-03-01"), fact("asked", "2017-04-01")]
    assert owed(LOOKBACK, "2017-06-01", *facts) == ["talk 1: due 2017-04-29, met 2017-02-01"]


def test_a_lookback_reaches_into_closed_and_an_earlier_stretch() -> None:
    facts = [
        fact("talk_held", "2017-01-10"),
        fact("closed", "2017-01-20", reason="done"),
        fact("reopened", "2017-02-10"),
        fact("asked", "2017-03-01"),
    ]
    assert owed(LOOKBACK, "2017-06-01", *facts) == ["talk 1: due 2017-03-29, met 2017-01-10"]
    in_closed = [*facts[1:], fact("talk_held", "2017-02-01")]
    assert owed(LOOKBACK, "2017-06-01", *in_closed) == ["talk 1: due 2017-03-29, met 2017-02-01"]


def test_a_lookback_reaches_into_an_earlier_run_of_the_employment() -> None:
    model = rules("""
        talk:
          kind: deadline
          when: {fact: job_began}
          require: {fact: answered, where: {employment: same}}
          within: P4W
          lookback: P3M
          scope: employment
        """)
    facts = [
        fact("job_began", "2017-01-02", employment="j"),
        fact("answered", "2017-01-10", employment="j"),
        fact("job_ended", "2017-01-20", employment="j"),
        fact("job_began", "2017-02-01", employment="j"),
    ]
    assert owed(model, "2017-06-01", *facts) == [
        "talk 1: due 2017-01-30, met 2017-01-10",
        "talk 1: due 2017-03-01, met 2017-01-10",
    ]


def counted(count: int, *days: str, as_of: str = "2017-03-01") -> list[str]:
    model = rules(f"""
        talks: {{kind: deadline, when: {{fact: asked}}, require: {{fact: talk_held}}, within: P1M, count: {count}}}
        """)
    return owed(model, as_of, ASKED, *(fact("talk_held", on) for on in days))


def test_a_deadline_may_ask_for_several_facts() -> None:
    assert counted(3, "2017-01-05", "2017-01-20", "2017-02-10") == [
        "talks 1: due 2017-02-02, met 2017-01-05",
        "talks 2: due 2017-02-02, met 2017-01-20",
        "talks 3: due 2017-02-02, met_late 2017-02-10",
    ]
    assert counted(2, "2017-01-05", as_of="2017-02-02") == [
        "talks 1: due 2017-02-02, met 2017-01-05",
        "talks 2: due 2017-02-02, open",
    ]
    assert counted(2, as_of="2017-02-03") == ["talks 1: due 2017-02-02, breached", "talks 2: due 2017-02-02, breached"]
    assert counted(1, "2017-01-05", "2017-01-20") == ["talks 1: due 2017-02-02, met 2017-01-05"]


TRACK = rules("""
    track:
      kind: deadline
      when: {fact: wait_began}
      require:
        by:
          latest: chosen
          field: track
          in: visit
          cases: {course: course_held, practice: practice_held}
          else: talk_held
      within: P14D
    """)
WAITING = fact("wait_began", "2017-01-02")


def chosen(on: str, track: str, recorded: str | None = None) -> Fact:
    return fact("chosen", on, id=f"{track} chosen {on}", track=track, recorded=recorded)


@pytest.mark.parametrize(
    ("choices", "activity", "satisfied"),
    [
        ([], "talk_held", True),
        ([], "course_held", False),
        ([("2017-01-05", "course")], "course_held", True),
        ([("2017-01-05", "course")], "talk_held", False),
        ([("2017-01-05", "other")], "talk_held", True),
        ([("2017-01-10", "course")], "course_held", True),  # chosen on the day of the activity
        ([("2017-01-11", "course")], "course_held", False),  # chosen only afterwards
        ([("2017-01-11", "course")], "talk_held", True),
        ([("2017-01-05", "practice"), ("2017-01-07", "course")], "course_held", True),
        ([("2017-01-05", "practice"), ("2017-01-07", "course")], "practice_held", False),
        ([("2017-01-01", "course")], "talk_held", True),  # chosen in an earlier visit
    ],
)
def test_the_latest_choice_on_or_before_the_day_decides(
    choices: list[tuple[str, str]], activity: str, satisfied: bool
) -> None:
    facts = [WAITING, *(chosen(on, track) for on, track in choices), fact(activity, "2017-01-10")]
    expected = "track 1: due 2017-01-16, met 2017-01-10" if satisfied else "track 1: due 2017-01-16, open"
    assert owed(TRACK, "2017-01-16", *facts) == [expected]


def test_of_two_choices_of_a_day_the_later_registered_decides() -> None:
    facts = [
        WAITING,
        chosen("2017-01-05", "course", recorded="2017-01-07"),
        chosen("2017-01-05", "practice", recorded="2017-01-06"),
        fact("practice_held", "2017-01-08"),
        fact("course_held", "2017-01-09"),
    ]
    assert owed(TRACK, "2017-01-16", *facts) == ["track 1: due 2017-01-16, met 2017-01-09"]


def test_without_an_else_nothing_counts_until_a_choice_is_made() -> None:
    model = rules("""
        track:
          kind: deadline
          when: {fact: wait_began}
          require: {by: {latest: chosen, field: track, in: visit, cases: {course: course_held}}}
          within: P14D
        """)
    assert owed(model, "2017-01-16", WAITING, fact("course_held", "2017-01-10")) == ["track 1: due 2017-01-16, open"]
    facts = [WAITING, chosen("2017-01-05", "other"), fact("course_held", "2017-01-10")]
    assert owed(model, "2017-01-16", *facts) == ["track 1: due 2017-01-16, open"]
    facts = [WAITING, chosen("2017-01-05", "course"), fact("course_held", "2017-01-10")]
    assert owed(model, "2017-01-16", *facts) == ["track 1: due 2017-01-16, met 2017-01-10"]


@pytest.mark.parametrize(
    ("anchor", "lines"),
    [
        ("2016-12-31", []),
        ("2017-01-01", ["answer 1: due 2017-01-08, breached"]),
        ("2018-06-30", ["answer 1: due 2018-07-07, breached"]),
        ("2018-07-01", []),
    ],
)
def test_an_anchor_outside_the_models_validity_is_none(anchor: str, lines: list[str]) -> None:
    rule = "answer: {kind: deadline, when: {fact: asked}, require: {fact: answered}, within: P7D}"
    model = rules(rule, "valid: {from: 2017-01-01, to: 2018-06-30}")
    assert owed(model, "2019-01-01", fact("asked", anchor)) == lines


@pytest.mark.parametrize(
    ("anchor", "count"), [("2015-12-31", 0), ("2016-01-01", 1), ("2019-12-31", 1), ("2020-01-01", 0)]
)
def test_a_rule_of_law_has_a_validity_of_its_own(anchor: str, count: int) -> None:
    rule = """
        answer:
          kind: deadline
          when: {fact: asked}
          require: {fact: answered}
          within: P7D
          basis: law
          valid: {from: 2016-01-01, to: 2019-12-31}
        """
    model = rules(rule, "valid: {from: 2017-01-01, to: 2018-06-30}")
    assert len(owed(model, "2021-01-01", fact("asked", anchor))) == count


def test_a_rule_of_law_without_days_is_valid_without_limit() -> None:
    rule = "answer: {kind: deadline, when: {fact: asked}, require: {fact: answered}, within: P7D, basis: law}"
    model = rules(rule, "valid: {from: 2017-01-01, to: 2018-06-30}")
    assert len(owed(model, "2021-01-01", fact("asked", "1999-01-01"))) == 1
