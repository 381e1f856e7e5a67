"""Cadences on a grid of days and in windows: due days fixed from the anchor, or by the calendar."""

import pytest
from tests.given import derivation, fact, next_change, owed, rules

from indsats.domain.model import Model
from indsats.domain.timeline import Fact


def cadence(text: str) -> Model:
    return rules(f"talk: {{kind: cadence, when: {{fact: asked}}, require: {{fact: talk_held}}, {text}}}")


GRID = cadence("stages: [{every: P4W, until: P3M}, {every: P3M}], mode: grid")
WINDOWS = cadence("stages: [{every: P4W, until: P3M}, {every: P3M}], mode: window")
MONTHLY = cadence("stages: [{every: P1M}], mode: grid")
ASKED = fact("asked", "2017-03-01")


def talks(*days: str) -> list[Fact]:
    return [fact("talk_held", on) for on in days]


def dues(model: Model, as_of: str, *facts: Fact) -> list[str]:
    return [text.removeprefix("talk ") for text in owed(model, as_of, *facts)]


@pytest.mark.parametrize("model", [GRID, WINDOWS], ids=["grid", "window"])
def test_due_days_are_fixed_from_the_anchor(model: Model) -> None:
    days = ["2017-03-29", "2017-04-26", "2017-05-24", "2017-08-24", "2017-11-24"]
    assert dues(model, "2017-11-24", ASKED, *talks(*days)) == [
        f"{n}: due {on}, met {on}" for n, on in enumerate(days, start=1)
    ]
    # However early or late the thing is done.
    assert dues(model, "2017-05-20", ASKED, *talks("2017-03-05", "2017-04-26", "2017-04-28")) == [
        "1: due 2017-03-29, met 2017-03-05",
        "2: due 2017-04-26, met 2017-04-26",
        "3: due 2017-05-24, met 2017-04-28",
    ]


@pytest.mark.parametrize("model", [GRID, WINDOWS], ids=["grid", "window"])
def test_an_occurrence_exists_from_the_first_day_of_its_window(model: Model) -> None:
    assert dues(model, "2017-03-01", ASKED) == []
    assert dues(model, "2017-03-02", ASKED) == ["1: due 2017-03-29, open"]
    assert dues(model, "2017-03-29", ASKED) == ["1: due 2017-03-29, open"]
    assert dues(model, "2017-03-30", ASKED) == ["1: due 2017-03-29, breached", "2: due 2017-04-26, open"]


@pytest.mark.parametrize("model", [GRID, WINDOWS], ids=["grid", "window"])
def test_each_missed_day_is_a_breach_of_its_own(model: Model) -> None:
    assert dues(model, "2017-04-27", ASKED) == [
        "1: due 2017-03-29, breached",
        "2: due 2017-04-26, breached",
        "3: due 2017-05-24, open",
    ]


def test_in_a_grid_a_late_talk_goes_to_the_earliest_day_that_waits() -> None:
    assert dues(GRID, "2017-05-01", ASKED, *talks("2017-04-10", "2017-04-12")) == [
        "1: due 2017-03-29, met_late 2017-04-10",
        "2: due 2017-04-26, met 2017-04-12",
        "3: due 2017-05-24, open",
    ]
    assert dues(GRID, "2017-05-01", ASKED, *talks("2017-04-10")) == [
        "1: due 2017-03-29, met_late 2017-04-10",
        "2: due 2017-04-26, breached",
        "3: due 2017-05-24, open",
    ]


def test_in_a_grid_no_talk_goes_to_a_day_whose_window_has_not_begun() -> None:
    assert dues(GRID, "2017-04-01", ASKED, *talks("2017-03-10", "2017-03-29")) == [
        "1: due 2017-03-29, met 2017-03-10",
        "2: due 2017-04-26, open",
    ]
    assert dues(GRID, "2017-04-01", ASKED, *talks("2017-03-10", "2017-03-30")) == [
        "1: due 2017-03-29, met 2017-03-10",
        "2: due 2017-04-26, met 2017-03-30",
    ]


def test_in_a_grid_a_talk_too_many_goes_to_no_day() -> None:
    assert dues(GRID, "2017-03-20", ASKED, *talks("2017-03-10", "2017-03-15")) == ["1: due 2017-03-29, met 2017-03-10"]
    over = cadence("stages: [{every: P1W, until: P1W}], mode: grid")
    assert dues(over, "2018-01-01", ASKED, *talks("2017-03-08", "2017-03-20")) == ["1: due 2017-03-08, met 2017-03-08"]


def test_in_windows_a_talk_counts_only_for_its_own() -> None:
    assert dues(WINDOWS, "2017-05-01", ASKED, *talks("2017-04-10", "2017-04-12")) == [
        "1: due 2017-03-29, breached",
        "2: due 2017-04-26, met 2017-04-10",
        "3: due 2017-05-24, open",
    ]


@pytest.mark.parametrize(
    ("on", "window"), [("2017-03-01", None), ("2017-03-02", 1), ("2017-03-29", 1), ("2017-03-30", 2), ("2017-04-26", 2)]
)
def test_a_window_reaches_from_the_day_after_one_due_day_to_the_next(on: str, window: int | None) -> None:
    found = derivation(WINDOWS, "2017-04-26", *talks(on), ASKED).obligations
    assert [owed.n for owed in found if owed.satisfied_on] == ([] if window is None else [window])


def test_days_of_a_grid_are_multiples_and_no_chain_of_clamped_days() -> None:
    facts = [fact("asked", "2016-12-31")]
    assert [text.split()[2] for text in dues(MONTHLY, "2017-05-01", *facts)] == [
        "2017-01-31,",
        "2017-02-28,",
        "2017-03-31,",
        "2017-04-30,",
        "2017-05-31,",
    ]


def test_a_leap_day_in_a_grid_of_years() -> None:
    found = dues(cadence("stages: [{every: P1Y}], mode: grid"), "2020-03-01", fact("asked", "2016-02-29"))
    assert [text.split()[2] for text in found] == [
        "2017-02-28,",
        "2018-02-28,",
        "2019-02-28,",
        "2020-02-29,",
        "2021-02-28,",
    ]


def test_a_stage_that_ends_on_a_due_day_includes_it() -> None:
    model = cadence("stages: [{every: P1W, until: P2W}, {every: P1M}], mode: grid")
    found = dues(model, "2017-04-16", ASKED)
    assert [text.split()[2] for text in found] == ["2017-03-08,", "2017-03-15,", "2017-04-15,", "2017-05-15,"]


@pytest.mark.parametrize("mode", ["grid", "window"])
def test_a_grid_with_an_end_is_over_after_it(mode: str) -> None:
    model = cadence(f"stages: [{{every: P1W, until: P2W}}], mode: {mode}")
    assert dues(model, "2018-01-01", ASKED) == ["1: due 2017-03-08, breached", "2: due 2017-03-15, breached"]
    assert next_change(model, "2018-01-01", ASKED) is None


@pytest.mark.parametrize("model", [GRID, WINDOWS], ids=["grid", "window"])
@pytest.mark.parametrize(
    ("closed", "lines"),
    [
        ("2017-03-01", []),
        ("2017-03-29", ["1: due 2017-03-29, lapsed"]),
        ("2017-03-30", ["1: due 2017-03-29, breached", "2: due 2017-04-26, lapsed"]),
        ("2017-04-26", ["1: due 2017-03-29, breached", "2: due 2017-04-26, lapsed"]),
    ],
)
def test_the_end_of_the_scope_ends_the_grid(model: Model, closed: str, lines: list[str]) -> None:
    facts = [ASKED, fact("closed", closed, reason="done")]
    assert dues(model, closed, *facts) == lines
    assert dues(model, "2018-01-01", *facts) == lines
    assert next_change(model, "2018-01-01", *facts) is None


@pytest.mark.parametrize("mode", ["grid", "window"])
def test_a_stop_ends_the_grid(mode: str) -> None:
    model = cadence(f"stages: [{{every: P4W}}], mode: {mode}, stop: [answered]")
    facts = [ASKED, fact("answered", "2017-04-03"), *talks("2017-04-10")]
    assert dues(model, "2018-01-01", *facts) == ["1: due 2017-03-29, breached", "2: due 2017-04-26, lapsed"]


def test_a_waived_window_is_no_end_if_it_is_waived_alone() -> None:
    alone = [ASKED, fact("excused", "2017-03-10", rule="talk", n=1)]
    assert dues(WINDOWS, "2017-04-01", *alone) == ["1: due 2017-03-29, waived", "2: due 2017-04-26, open"]
    for_good = [ASKED, fact("excused", "2017-03-10", rule="talk")]
    assert dues(WINDOWS, "2017-04-01", *for_good) == ["1: due 2017-03-29, waived"]


@pytest.mark.parametrize(
    ("as_of", "change"),
    [
        ("2017-03-01", "2017-03-02"),
        ("2017-03-02", "2017-03-30"),
        ("2017-03-29", "2017-03-30"),
        ("2017-03-30", "2017-04-27"),
    ],
)
def test_a_window_begins_by_itself(as_of: str, change: str) -> None:
    assert next_change(GRID, as_of, ASKED) == change
    assert next_change(WINDOWS, as_of, ASKED) == change


def test_a_window_begins_by_itself_also_when_the_one_before_is_met() -> None:
    assert next_change(GRID, "2017-03-10", ASKED, *talks("2017-03-10")) == "2017-03-30"


@pytest.mark.parametrize("mode", ["grid", "window"])
def test_rolling_moves_the_due_day_and_not_the_windows(mode: str) -> None:
    model = cadence(f"stages: [{{every: P1W}}], mode: {mode}, roll: next_working_day")
    asked = fact("asked", "2017-04-07")  # a week before Good Friday
    assert dues(model, "2017-04-15", asked) == ["1: due 2017-04-18, open", "2: due 2017-04-21, open"]
    assert dues(model, "2017-04-19", asked, *talks("2017-04-15")) == (
        ["1: due 2017-04-18, met 2017-04-15", "2: due 2017-04-21, open"]
        if mode == "grid"
        else ["1: due 2017-04-18, breached", "2: due 2017-04-21, met 2017-04-15"]
    )


def test_held_days_in_a_grid_count_from_the_day_before_and_move_no_other() -> None:
    model = cadence("stages: [{every: P4W}], mode: grid, pause_on: [illness]")
    ill = [fact("rest_began", "2017-03-27", reason="illness"), fact("rest_ended", "2017-03-31", reason="illness")]
    # Three held days up to 29 March and two more within the time so gained; the next window has two of its own.
    assert dues(model, "2017-04-01", ASKED, *ill) == ["1: due 2017-04-03, open", "2: due 2017-04-28, open"]


def test_an_absence_in_its_window_is_the_cause() -> None:
    for on, causes in [("2017-03-29", ["citizen_absent", None]), ("2017-03-30", [None, "citizen_absent"])]:
        absence = fact("stayed_away", on, activity="talk_held")
        found = derivation(GRID, "2017-04-27", ASKED, absence).obligations
        assert [owed.cause for owed in found[:2]] == causes


QUARTERS = cadence("stages: [{every: P3M}], mode: window, align: quarter")
WEEKS = cadence("stages: [{every: P1W}], mode: window, align: iso_week")
FORTNIGHTS = cadence("stages: [{every: P2W}], mode: window, align: iso_week")
HALF_YEARS = cadence("stages: [{every: P6M}], mode: window, align: quarter")


def first_due(model: Model, anchor: str) -> str:
    asked = fact("asked", anchor)
    change = next_change(model, anchor, asked)
    assert change is not None
    return dues(model, change, asked)[0].split()[2].rstrip(",")


@pytest.mark.parametrize(
    ("anchor", "due"),
    [
        ("2017-01-01", "2017-03-31"),
        ("2017-02-28", "2017-03-31"),
        ("2017-03-30", "2017-03-31"),
        ("2017-03-31", "2017-06-30"),  # its own quarter is over
        ("2017-04-01", "2017-06-30"),
        ("2017-09-30", "2017-12-31"),
        ("2017-12-31", "2018-03-31"),
        ("2020-02-29", "2020-03-31"),
    ],
)
def test_windows_may_end_with_the_quarters(anchor: str, due: str) -> None:
    assert first_due(QUARTERS, anchor) == due


@pytest.mark.parametrize(
    ("anchor", "due"),
    [
        ("2017-01-02", "2017-01-08"),  # a Monday
        ("2017-01-07", "2017-01-08"),
        ("2017-01-08", "2017-01-15"),  # a Sunday
        ("2018-12-31", "2019-01-06"),  # week 1 of 2019
        ("2019-12-30", "2020-01-05"),  # week 1 of 2020
        ("2021-01-01", "2021-01-03"),  # week 53 of 2020
        ("2021-01-03", "2021-01-10"),
    ],
)
def test_windows_may_end_with_the_weeks(anchor: str, due: str) -> None:
    assert first_due(WEEKS, anchor) == due


def test_aligned_windows_follow_each_other() -> None:
    found = dues(QUARTERS, "2017-10-01", fact("asked", "2017-02-15"), *talks("2017-03-01", "2017-08-01"))
    assert found == [
        "1: due 2017-03-31, met 2017-03-01",
        "2: due 2017-06-30, breached",
        "3: due 2017-09-30, met 2017-08-01",
        "4: due 2017-12-31, open",
    ]


def test_aligned_windows_may_span_several_periods() -> None:
    asked = fact("asked", "2017-01-04")
    assert [text.split()[2] for text in dues(FORTNIGHTS, "2017-02-01", asked)] == [
        "2017-01-15,",
        "2017-01-29,",
        "2017-02-12,",
    ]
    assert [text.split()[2] for text in dues(HALF_YEARS, "2017-07-01", asked)] == ["2017-06-30,", "2017-12-31,"]


def test_aligned_windows_end_with_their_stage() -> None:
    model = cadence("stages: [{every: P1W, until: P2W}, {every: P2W, until: P6W}], mode: window, align: iso_week")
    # Anchor Wednesday 4 January: Sundays up to the 18th, then every other Sunday up to 15 February.
    found = dues(model, "2018-01-01", fact("asked", "2017-01-04"))
    assert [text.split()[2] for text in found] == ["2017-01-08,", "2017-01-15,", "2017-01-29,", "2017-02-12,"]
