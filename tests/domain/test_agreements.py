"""Agreements on another rhythm: by an interval, by listed dates, in place of the model's stages."""

import pytest
from tests.given import derivation, fact, next_change, owed, rules

from indsats.domain.model import Model
from indsats.domain.timeline import Fact


def follow_up(stages: str, mode: str = "rolling") -> Model:
    return rules(f"""
        follow_up:
          kind: cadence
          when: {{fact: job_began}}
          require: {{fact: followed_up, where: {{employment: same_or_none}}}}
          agreement: true
          scope: employment
          pause_on: [illness]
          stop: [exhausted]
          stages: {stages}
          mode: {mode}
        """)


STAGES = follow_up("[{every: P4W, until: P3M}, {every: P3M}]")
NO_STAGES = follow_up("[]")
GRID = follow_up("[{every: P4W}]", "grid")
BEGAN = fact("job_began", "2017-03-01", employment="j")


def agreed(on: str, every: str | None = None, dates: list[str] | None = None, employment: str = "j") -> Fact:
    return fact("agreed", on, employment=employment, follow_up_every=every, follow_up_dates=dates)


def held(*days: str) -> list[Fact]:
    return [fact("followed_up", on) for on in days]


def dues(model: Model, as_of: str, *facts: Fact) -> list[str]:
    return [text.removeprefix("follow_up ") for text in owed(model, as_of, BEGAN, *facts)]


def test_an_interval_counts_from_the_last_time_and_not_from_the_signing() -> None:
    facts = [*held("2017-03-20"), agreed("2017-03-25", "P2W")]
    assert dues(STAGES, "2017-03-25", *facts)[1] == "2: due 2017-04-03, open"
    assert dues(STAGES, "2017-04-03", *facts, *held("2017-04-03"))[2] == "3: due 2017-04-17, open"


@pytest.mark.parametrize(
    ("signed", "due"),
    [
        ("2017-03-14", "2017-03-15"),  # two weeks after the start, which is after the signing
        ("2017-03-15", "2017-03-29"),  # no breach on the day of the signing
        ("2017-03-20", "2017-03-29"),  # nor backwards
        ("2017-03-29", "2017-03-29"),  # signed on the due day: too late for it
        ("2017-04-10", "2017-03-29"),
    ],
)
def test_an_agreement_moves_no_due_day_to_its_signing_or_before(signed: str, due: str) -> None:
    status = "open" if signed <= due else "breached"
    assert dues(STAGES, signed, agreed(signed, "P2W")) == [f"1: due {due}, {status}"]


@pytest.mark.parametrize("signed", ["2017-03-02", "2017-03-28"])
def test_a_looser_rhythm_is_allowed_and_flagged(signed: str) -> None:
    [found] = derivation(STAGES, "2017-04-20", BEGAN, agreed(signed, "P3M")).obligations
    assert (str(found.due), found.status) == ("2017-06-01", "open")
    looser = next(step for step in found.steps if step.what == "looser")
    assert (str(looser.on), looser.fact) == ("2017-03-29", f"agreed {signed}")
    for every in ("P2W", "P4W"):
        [found] = derivation(STAGES, "2017-03-10", BEGAN, agreed("2017-03-02", every)).obligations
        assert [step.what for step in found.steps] == ["source", "anchor", "agreed", "result"]


def test_an_agreement_changes_a_satisfied_occurrence_too() -> None:
    facts = [*held("2017-03-27"), agreed("2017-03-10", "P3W")]
    assert dues(STAGES, "2017-03-27", *facts)[0] == "1: due 2017-03-22, met_late 2017-03-27"


def test_an_agreement_signed_on_the_last_day_held_counts_for_the_next() -> None:
    facts = [*held("2017-03-29"), agreed("2017-03-29", "P2W")]
    assert dues(STAGES, "2017-03-29", *facts) == ["1: due 2017-03-29, met 2017-03-29", "2: due 2017-04-12, open"]


def test_a_later_agreement_takes_the_place_of_an_earlier_one() -> None:
    facts = [agreed("2017-03-02", "P2W"), *held("2017-03-15"), agreed("2017-03-20", "P6W")]
    assert dues(STAGES, "2017-03-20", *facts) == ["1: due 2017-03-15, met 2017-03-15", "2: due 2017-04-26, open"]
    # The second one comes after the day that the first one gave, and moves it no more.
    late = [agreed("2017-03-02", "P2W"), agreed("2017-03-16", "P6W")]
    assert dues(STAGES, "2017-03-16", *late) == ["1: due 2017-03-15, breached"]


def test_an_agreement_without_rhythm_changes_nothing() -> None:
    assert dues(STAGES, "2017-03-10", agreed("2017-03-02")) == ["1: due 2017-03-29, open"]
    assert dues(STAGES, "2017-03-10", agreed("2017-03-02", dates=[])) == ["1: due 2017-03-29, open"]
    assert dues(STAGES, "2017-03-10", agreed("2017-03-02", "P2W"), agreed("2017-03-05")) == ["1: due 2017-03-15, open"]


def test_an_empty_list_of_dates_leaves_the_interval() -> None:
    assert dues(STAGES, "2017-03-10", agreed("2017-03-02", "P2W", [])) == ["1: due 2017-03-15, open"]


def test_an_agreement_on_another_employment_changes_nothing() -> None:
    assert dues(STAGES, "2017-03-10", agreed("2017-03-02", "P2W", employment="k")) == ["1: due 2017-03-29, open"]


def test_a_rule_that_takes_no_agreement_keeps_its_stages() -> None:
    model = rules("""
        follow_up:
          kind: cadence
          when: {fact: job_began}
          require: {fact: followed_up, where: {employment: same_or_none}}
          scope: employment
          stages: [{every: P4W}]
        """)
    assert dues(model, "2017-03-10", agreed("2017-03-02", "P2W")) == ["1: due 2017-03-29, open"]


def test_listed_dates_are_due_in_their_order_and_then_the_stages_go_on() -> None:
    dates = ["2017-05-15", "2017-04-03"]
    facts = [agreed("2017-03-10", dates=dates), *held("2017-04-03", "2017-05-15")]
    assert dues(STAGES, "2017-05-15", *facts) == [
        "1: due 2017-04-03, met 2017-04-03",
        "2: due 2017-05-15, met 2017-05-15",
        "3: due 2017-08-15, open",
    ]


def test_listed_dates_win_over_an_interval() -> None:
    assert dues(STAGES, "2017-03-10", agreed("2017-03-02", "P2W", ["2017-04-03"])) == ["1: due 2017-04-03, open"]


@pytest.mark.parametrize(
    ("on", "second"),
    [
        ("2017-03-20", "2017-05-15"),  # early: 3 April was this one's day
        ("2017-04-03", "2017-05-15"),
        ("2017-04-20", "2017-05-15"),
        ("2017-05-15", "2017-08-15"),  # so late that the second date is gone: the stages go on
    ],
)
def test_the_next_listed_date_is_later_than_the_last_time_and_the_day_before(on: str, second: str) -> None:
    facts = [agreed("2017-03-10", dates=["2017-04-03", "2017-05-15"]), *held(on)]
    assert dues(STAGES, "2017-05-15", *facts)[1].startswith(f"2: due {second}, ")


def test_a_date_before_the_signing_is_passed_over() -> None:
    dates = ["2017-03-05", "2017-03-10", "2017-03-11"]
    assert dues(STAGES, "2017-03-10", agreed("2017-03-10", dates=dates)) == ["1: due 2017-03-11, open"]


def test_a_date_up_to_the_moved_due_day_before_is_passed_over() -> None:
    ill = [fact("rest_began", "2017-03-20", reason="illness"), fact("rest_ended", "2017-03-24", reason="illness")]
    dates = ["2017-04-03", "2017-04-08", "2017-05-15"]
    # 3 April and five held days is 8 April; held early, the next date is the first one after that.
    facts = [agreed("2017-03-10", dates=dates), *ill, *held("2017-03-27")]
    assert dues(STAGES, "2017-04-10", *facts) == ["1: due 2017-04-08, met 2017-03-27", "2: due 2017-05-15, open"]


def test_dates_that_are_all_over_leave_the_stages() -> None:
    assert dues(STAGES, "2017-03-10", agreed("2017-03-10", dates=["2017-03-09"])) == ["1: due 2017-03-29, open"]


def test_dates_that_are_over_end_an_earlier_interval_too() -> None:
    facts = [agreed("2017-03-02", "P2W"), *held("2017-03-15"), agreed("2017-03-20", dates=["2017-03-19"])]
    assert dues(STAGES, "2017-03-20", *facts)[1] == "2: due 2017-04-12, open"
    # But never to the signing day or before: then the day of the earlier agreement stays.
    for signed in ("2017-03-29", "2017-04-03"):
        looser = [agreed("2017-03-02", "P6W"), agreed(signed, dates=["2017-03-19"])]
        assert dues(STAGES, "2017-04-03", *looser) == ["1: due 2017-04-12, open"]


def test_without_stages_nothing_is_owed_before_an_agreement() -> None:
    assert dues(NO_STAGES, "2018-03-01") == []
    assert dues(NO_STAGES, "2018-03-01", agreed("2017-03-10")) == []
    assert next_change(NO_STAGES, "2018-03-01", BEGAN) is None


def test_without_stages_the_first_interval_counts_from_the_signing() -> None:
    facts = [agreed("2017-03-10", "P4W")]
    assert dues(NO_STAGES, "2017-03-10", *facts) == ["1: due 2017-04-07, open"]
    # What was held between the start and the signing is not the first agreed one.
    assert dues(NO_STAGES, "2017-03-10", *facts, *held("2017-03-05")) == ["1: due 2017-04-07, open"]
    assert dues(NO_STAGES, "2017-04-07", *facts, *held("2017-04-03")) == [
        "1: due 2017-04-07, met 2017-04-03",
        "2: due 2017-05-01, open",
    ]


def test_without_stages_an_agreement_signed_before_the_start_counts_from_the_start() -> None:
    assert dues(NO_STAGES, "2017-03-10", agreed("2017-02-20", "P4W")) == ["1: due 2017-03-29, open"]


def test_without_stages_the_chain_is_over_after_the_listed_dates() -> None:
    facts = [agreed("2017-03-10", dates=["2017-04-03"]), *held("2017-04-03")]
    assert dues(NO_STAGES, "2018-03-01", *facts) == ["1: due 2017-04-03, met 2017-04-03"]
    again = [*facts, agreed("2017-04-10", "P4W")]
    assert dues(NO_STAGES, "2017-04-10", *again) == ["1: due 2017-04-03, met 2017-04-03", "2: due 2017-05-08, open"]


def test_without_stages_no_chain_begins_after_its_end() -> None:
    assert dues(NO_STAGES, "2018-03-01", fact("exhausted", "2017-03-05"), agreed("2017-03-10", "P4W")) == []
    assert dues(NO_STAGES, "2018-03-01", agreed("2017-03-05", "P4W"), fact("exhausted", "2017-03-10")) == [
        "1: due 2017-04-02, lapsed"
    ]


def test_an_agreement_signed_after_the_stop_still_moves_what_exists() -> None:
    facts = [fact("exhausted", "2017-03-10"), agreed("2017-03-15", "P3M")]
    assert dues(STAGES, "2018-03-01", *facts) == ["1: due 2017-06-01, lapsed"]


def test_in_a_grid_an_agreement_counts_from_the_grid_day_before() -> None:
    facts = [agreed("2017-04-01", "P2W")]
    assert dues(GRID, "2017-04-27", *facts) == [
        "1: due 2017-03-29, breached",
        "2: due 2017-04-12, breached",
        "3: due 2017-04-26, breached",
        "4: due 2017-05-10, open",
    ]
    looser = [agreed("2017-03-10", "P8W")]
    assert dues(GRID, "2017-04-27", *looser) == ["1: due 2017-04-26, breached", "2: due 2017-06-21, open"]


def test_in_a_grid_the_stages_go_on_after_the_listed_dates() -> None:
    facts = [agreed("2017-03-10", dates=["2017-04-03", "2017-05-15"])]
    assert dues(GRID, "2017-05-16", *facts) == [
        "1: due 2017-04-03, breached",
        "2: due 2017-05-15, breached",
        "3: due 2017-05-24, open",
    ]


ENDED = fact("job_ended", "2017-03-10", employment="j")
AGAIN = fact("job_began", "2017-04-03", employment="j")


def test_an_agreement_signed_while_the_employment_runs_is_for_that_run_alone() -> None:
    facts = [agreed("2017-03-05", "P2W"), ENDED, AGAIN]
    assert dues(STAGES, "2017-04-03", *facts) == ["1: due 2017-03-15, lapsed", "1: due 2017-05-01, open"]


def test_an_agreement_signed_between_two_runs_is_for_the_next() -> None:
    facts = [ENDED, agreed("2017-03-20", "P2W"), AGAIN]
    assert dues(STAGES, "2017-04-03", *facts) == ["1: due 2017-03-29, lapsed", "1: due 2017-04-17, open"]
    third = [fact("job_ended", "2017-04-10", employment="j"), fact("job_began", "2017-05-01", employment="j")]
    assert dues(STAGES, "2017-05-01", *facts, *third)[2] == "1: due 2017-05-29, open"


def test_an_agreement_signed_before_the_first_start_is_for_it() -> None:
    assert dues(STAGES, "2017-03-10", agreed("2017-02-20", "P2W")) == ["1: due 2017-03-15, open"]


def test_an_agreement_signed_after_the_last_end_is_for_nobody() -> None:
    assert dues(STAGES, "2018-03-01", ENDED, agreed("2017-03-11", "P3M")) == ["1: due 2017-03-29, lapsed"]


def test_an_agreement_is_for_no_other_employment_that_runs() -> None:
    other = fact("job_began", "2017-03-02", employment="k")
    assert dues(STAGES, "2017-03-05", other, agreed("2017-03-05", "P2W")) == [
        "1: due 2017-03-15, open",
        "1: due 2017-03-30, open",
    ]


def test_an_agreement_while_two_runs_overlap_is_for_both() -> None:
    twice = [fact("job_began", "2017-03-06", employment="j"), agreed("2017-03-08", "P2W")]
    assert dues(STAGES, "2017-03-08", *twice) == ["1: due 2017-03-15, open", "1: due 2017-03-20, open"]


def test_an_agreement_counts_for_a_duty_of_its_employment_in_another_scope() -> None:
    model = rules("""
        talk:
          kind: cadence
          when: {fact: asked}
          require: {fact: talk_held}
          stages: [{every: P4W}]
          agreement: true
          scope: pathway
        """)
    signed = agreed("2017-03-05", "P2W")
    assert owed(model, "2017-03-05", fact("asked", "2017-03-01", employment="j"), signed) == [
        "talk 1: due 2017-03-15, open"
    ]
    assert owed(model, "2017-03-05", fact("asked", "2017-03-01", employment="k"), signed) == [
        "talk 1: due 2017-03-29, open"
    ]
