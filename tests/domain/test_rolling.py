"""Rolling cadences: each due day counts from the last time the thing was done."""

import pytest
from tests.given import derivation, fact, next_change, owed, rules, the_one

from indsats.domain.timeline import Fact

# The follow-up of the Stevns application: every fourth week for three months, then once in a quarter.
FOLLOW_UP = rules("""
    follow_up:
      kind: cadence
      when: {fact: job_began}
      require: {fact: followed_up, where: {employment: same_or_none}}
      stages: [{every: P4W, until: P3M}, {every: P3M}]
      stop: [exhausted]
      scope: employment
      pause_on: [illness]
    """)
EVERY_WEEK = rules("""
    talk: {kind: cadence, when: {fact: asked}, require: {fact: talk_held}, stages: [{every: P1W}], stop: [answered]}
    """)
BEGAN = fact("job_began", "2017-03-01", employment="j")


def held(*days: str) -> list[Fact]:
    return [fact("followed_up", on) for on in days]


def dues(as_of: str, *facts: Fact) -> list[str]:
    return [text.removeprefix("follow_up ") for text in owed(FOLLOW_UP, as_of, BEGAN, *facts)]


def test_held_on_time_the_stages_follow_each_other() -> None:
    facts = held("2017-03-29", "2017-04-26", "2017-05-24", "2017-08-24")
    assert dues("2017-08-24", *facts) == [
        "1: due 2017-03-29, met 2017-03-29",
        "2: due 2017-04-26, met 2017-04-26",
        "3: due 2017-05-24, met 2017-05-24",
        "4: due 2017-08-24, met 2017-08-24",
        "5: due 2017-11-24, open",
    ]


@pytest.mark.parametrize(
    ("last", "due"),
    [
        ("2017-05-03", "2017-05-31"),
        ("2017-05-04", "2017-06-01"),  # four weeks later is the last day of the three months
        ("2017-05-05", "2017-08-05"),
        ("2017-06-01", "2017-09-01"),
    ],
)
def test_a_stage_is_in_force_for_due_days_up_to_its_end(last: str, due: str) -> None:
    facts = held("2017-03-29", "2017-04-20", last)
    assert dues(last, *facts)[3] == f"4: due {due}, open"


def test_an_early_follow_up_moves_the_next_one() -> None:
    assert dues("2017-03-10", *held("2017-03-10")) == ["1: due 2017-03-29, met 2017-03-10", "2: due 2017-04-07, open"]


def test_a_late_follow_up_starts_again_from_its_own_day() -> None:
    assert dues("2017-04-05", *held("2017-04-05")) == [
        "1: due 2017-03-29, met_late 2017-04-05",
        "2: due 2017-05-03, open",
    ]


@pytest.mark.parametrize(
    ("as_of", "status"), [("2017-03-29", "open"), ("2017-03-30", "breached"), ("2019-01-01", "breached")]
)
def test_a_follow_up_never_held_is_one_lasting_breach(as_of: str, status: str) -> None:
    assert dues(as_of) == [f"1: due 2017-03-29, {status}"]


def test_one_fact_meets_one_occurrence() -> None:
    assert len(dues("2017-03-20", *held("2017-03-10", "2017-03-20"))) == 3
    same_day = [fact("followed_up", "2017-03-10", id=name) for name in "ab"]
    assert dues("2017-03-20", *same_day) == ["1: due 2017-03-29, met 2017-03-10", "2: due 2017-04-07, open"]


def test_what_is_held_on_the_anchors_day_or_before_does_not_count() -> None:
    assert dues("2017-03-20", *held("2017-02-20", "2017-03-01")) == ["1: due 2017-03-29, open"]
    assert dues("2017-03-20", *held("2017-03-02")) == ["1: due 2017-03-29, met 2017-03-02", "2: due 2017-03-30, open"]


def test_months_are_added_to_the_last_day_held() -> None:
    model = rules("""
        talk: {kind: cadence, when: {fact: asked}, require: {fact: talk_held}, stages: [{every: P1M}]}
        """)
    facts = [fact("asked", "2016-12-31"), fact("talk_held", "2017-01-31"), fact("talk_held", "2017-02-28")]
    assert owed(model, "2017-03-01", *facts) == [
        "talk 1: due 2017-01-31, met 2017-01-31",
        "talk 2: due 2017-02-28, met 2017-02-28",
        "talk 3: due 2017-03-28, open",
    ]


def test_without_a_stage_in_force_the_chain_is_over() -> None:
    model = rules("""
        talk: {kind: cadence, when: {fact: asked}, require: {fact: talk_held}, stages: [{every: P1W, until: P2W}]}
        """)
    facts = [fact("asked", "2017-01-02"), fact("talk_held", "2017-01-09"), fact("talk_held", "2017-01-16")]
    assert owed(model, "2018-01-01", *facts[:2]) == [
        "talk 1: due 2017-01-09, met 2017-01-09",
        "talk 2: due 2017-01-16, breached",
    ]
    assert owed(model, "2018-01-01", *facts) == [
        "talk 1: due 2017-01-09, met 2017-01-09",
        "talk 2: due 2017-01-16, met 2017-01-16",
    ]
    assert next_change(model, "2017-01-16", *facts) is None


def test_a_follow_up_of_another_employment_does_not_count() -> None:
    other = fact("followed_up", "2017-03-10", employment="k")
    assert dues("2017-03-20", other) == ["1: due 2017-03-29, open"]
    own = fact("followed_up", "2017-03-15", employment="j")
    assert dues("2017-03-20", other, own)[0] == "1: due 2017-03-29, met 2017-03-15"


@pytest.mark.parametrize(
    ("stopped", "status"),
    [("2017-03-02", "lapsed"), ("2017-03-28", "lapsed"), ("2017-03-29", "lapsed"), ("2017-03-30", "breached")],
)
def test_a_stop_ends_the_chain(stopped: str, status: str) -> None:
    assert dues("2018-01-01", fact("exhausted", stopped)) == [f"1: due 2017-03-29, {status}"]
    assert dues("2018-01-01", fact("exhausted", stopped), *held("2017-05-01")) == [f"1: due 2017-03-29, {status}"]


def test_after_the_stop_no_further_occurrence_exists() -> None:
    facts = [*held("2017-03-29"), fact("exhausted", "2017-04-10"), *held("2017-04-11")]
    assert dues("2018-01-01", *facts) == ["1: due 2017-03-29, met 2017-03-29", "2: due 2017-04-26, lapsed"]


def test_what_is_held_on_the_day_of_the_stop_counts_if_it_comes_first() -> None:
    # `followed_up` ranks before `exhausted`: the follow-up of that day is the last one, and the next lapses.
    facts = [*held("2017-03-20"), fact("exhausted", "2017-03-20")]
    assert dues("2018-01-01", *facts) == ["1: due 2017-03-29, met 2017-03-20", "2: due 2017-04-17, lapsed"]


def test_the_fact_that_stops_may_be_the_last_that_satisfies() -> None:
    model = rules("""
        talk:
          kind: cadence
          when: {fact: asked}
          require: [{fact: talk_held}, {fact: answered}]
          stages: [{every: P1W}]
          stop: [answered]
        """)
    facts = [fact("asked", "2017-01-02"), fact("talk_held", "2017-01-09"), fact("answered", "2017-01-12")]
    assert owed(model, "2018-01-01", *facts) == [
        "talk 1: due 2017-01-09, met 2017-01-09",
        "talk 2: due 2017-01-16, met 2017-01-12",
    ]


@pytest.mark.parametrize(("employment", "stops"), [("j", True), (None, True), ("k", False)])
def test_a_stop_concerns_its_own_employment_or_all(employment: str | None, stops: bool) -> None:
    found = dues("2018-01-01", fact("exhausted", "2017-03-10", employment=employment))
    assert found == [f"1: due 2017-03-29, {'lapsed' if stops else 'breached'}"]


def test_a_stop_before_the_anchor_ends_nothing() -> None:
    assert dues("2018-01-01", fact("exhausted", "2017-02-10", employment="j")) == ["1: due 2017-03-29, breached"]
    earlier_that_day = [fact("answered", "2017-01-02"), fact("talk_held", "2017-01-02")]
    model = rules("""
        visit: {kind: cadence, when: {fact: talk_held}, require: {fact: course_held}, stages: [{every: P1W}],
                stop: [answered]}
        """)
    assert owed(model, "2018-01-01", *earlier_that_day) == ["visit 1: due 2017-01-09, breached"]


def test_of_several_stops_the_first_counts_and_those_after_the_end_do_not() -> None:
    model = rules("""
        talk: {kind: cadence, when: {fact: asked}, require: {fact: talk_held}, stages: [{every: P1W}],
               stop: [answered, course_held]}
        """)
    asked, first, second = (
        fact("asked", "2017-01-02"),
        fact("answered", "2017-01-12"),
        fact("course_held", "2017-01-09"),
    )
    talk = fact("talk_held", "2017-01-10")
    assert owed(model, "2018-01-01", asked, first, second, talk) == ["talk 1: due 2017-01-09, lapsed"]
    assert owed(model, "2018-01-01", asked, first, talk) == [
        "talk 1: due 2017-01-09, met_late 2017-01-10",
        "talk 2: due 2017-01-17, lapsed",
    ]
    left = fact("wait_began", "2017-01-08")
    assert owed(model, "2018-01-01", asked, left, first, talk) == ["talk 1: due 2017-01-09, lapsed"]


def test_in_a_scope_without_employments_every_stop_counts() -> None:
    facts = [fact("asked", "2017-01-02"), fact("answered", "2017-01-05", employment="j")]
    assert owed(EVERY_WEEK, "2018-01-01", *facts) == ["talk 1: due 2017-01-09, lapsed"]


def test_the_end_of_the_employment_ends_the_chain() -> None:
    ended = fact("job_ended", "2017-04-10", employment="j")
    assert dues("2018-01-01", *held("2017-03-29"), ended, *held("2017-04-11")) == [
        "1: due 2017-03-29, met 2017-03-29",
        "2: due 2017-04-26, lapsed",
    ]


def test_held_days_are_counted_from_the_last_time() -> None:
    ill = [fact("rest_began", "2017-03-20", reason="illness"), fact("rest_ended", "2017-03-26", reason="illness")]
    assert dues("2017-04-06", *ill) == ["1: due 2017-04-05, breached"]
    # Held in the middle of the illness, the days up to then are not held days of the next time.
    assert dues("2017-03-27", *ill, *held("2017-03-23")) == [
        "1: due 2017-04-05, met 2017-03-23",
        "2: due 2017-04-23, open",
    ]


def test_the_stage_is_chosen_before_holds_are_applied() -> None:
    ill = [fact("rest_began", "2017-05-25", reason="illness"), fact("rest_ended", "2017-06-03", reason="illness")]
    facts = [*held("2017-03-29", "2017-04-26", "2017-05-04"), *ill]
    # Four weeks after 4 May is 1 June, still in the first stage; ten held days make it 11 June.
    assert dues("2017-06-11", *facts)[3] == "4: due 2017-06-11, open"


def test_a_rolled_due_day_is_no_new_beginning() -> None:
    model = rules("""
        talk: {kind: cadence, when: {fact: asked}, require: {fact: talk_held}, stages: [{every: P1W}],
               roll: next_working_day}
        """)
    facts = [fact("asked", "2017-04-07"), fact("talk_held", "2017-04-14")]
    assert owed(model, "2017-04-07", *facts) == ["talk 1: due 2017-04-18, open"]
    assert owed(model, "2017-04-14", *facts) == [
        "talk 1: due 2017-04-18, met 2017-04-14",
        "talk 2: due 2017-04-21, open",
    ]


def test_a_due_day_rolls_back_to_the_anchor_at_most() -> None:
    model = rules("""
        talk: {kind: cadence, when: {fact: asked}, require: {fact: talk_held}, stages: [{every: P1D}],
               roll: previous_working_day}
        """)
    assert owed(model, "2017-01-08", fact("asked", "2017-01-07")) == ["talk 1: due 2017-01-07, breached"]


@pytest.mark.parametrize(
    ("on", "cause"),
    [
        ("2017-03-29", None),  # the day of the last follow-up itself
        ("2017-03-30", "citizen_absent"),
        ("2017-04-26", "citizen_absent"),
        ("2017-04-27", None),
    ],
)
def test_an_absence_after_the_last_time_is_the_cause(on: str, cause: str | None) -> None:
    facts = [*held("2017-03-29"), fact("stayed_away", on, activity="followed_up")]
    second = derivation(FOLLOW_UP, "2017-04-28", BEGAN, *facts).obligations[1]
    assert (str(second.due), second.status, second.cause) == ("2017-04-26", "breached", cause)


def test_two_years_and_a_half_and_again() -> None:
    law = rules("""
        statutory:
          kind: cadence
          when: {fact: job_began}
          require: {fact: answered, where: {employment: same}}
          stages: [{every: P2Y6M}]
          scope: employment
          basis: law
        """)
    facts = [BEGAN, fact("answered", "2019-09-01", employment="j")]
    assert owed(law, "2019-09-01", *facts) == [
        "statutory 1: due 2019-09-01, met 2019-09-01",
        "statutory 2: due 2022-03-01, open",
    ]
    leap = fact("job_began", "2017-08-31", employment="j")
    assert owed(law, "2020-03-01", leap) == ["statutory 1: due 2020-02-29, breached"]


def test_occurrences_of_an_anchor_in_the_validity_go_on_after_it() -> None:
    rule = """
        talk: {kind: cadence, when: {fact: asked}, require: {fact: talk_held}, stages: [{every: P4W}]}
        """
    model = rules(rule, "valid: {from: 2017-01-01, to: 2017-01-31}")
    facts = [fact("asked", "2017-01-31"), fact("talk_held", "2017-02-28"), fact("asked", "2017-02-01")]
    assert owed(model, "2017-03-01", *facts) == [
        "talk 1: due 2017-02-28, met 2017-02-28",
        "talk 2: due 2017-03-28, open",
    ]


def test_the_next_change_is_the_day_after_the_due_day() -> None:
    assert next_change(FOLLOW_UP, "2017-03-01", BEGAN) == "2017-03-30"
    assert next_change(FOLLOW_UP, "2017-03-30", BEGAN) is None
    assert next_change(FOLLOW_UP, "2017-03-10", BEGAN, *held("2017-03-10")) == "2017-04-08"


def test_a_chain_waived_once_never_begins_before_its_due_day() -> None:
    found = the_one(
        EVERY_WEEK, "2017-01-08", fact("asked", "2017-01-02"), fact("excused", "2017-01-03", rule="talk", n=1)
    )
    assert (str(found.due), found.status) == ("2017-01-09", "waived")
