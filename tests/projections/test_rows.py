"""Each read model on the days around those on which its rows change."""

from collections.abc import Callable, Iterable
from datetime import date
from typing import Protocol, TypeVar

import pytest
from tests.projections.histories import KNOWN, fact, story

from indsats.domain.calendar import add_months
from indsats.domain.timeline import Fact, Timeline
from indsats.models.library import load
from indsats.projections.employments import EmploymentRow, employment_rows
from indsats.projections.facts import Named, fact_rows, field_rows
from indsats.projections.pathways import PathwayRow, VisitRow, pathway_rows, visit_rows
from indsats.projections.spells import SpellRow, spell_rows, whole_months

STEVNS = load("stevns-2017")
LATE = date(2019, 1, 1)


class Versioned(Protocol):
    @property
    def from_on(self) -> date: ...
    @property
    def until_on(self) -> date | None: ...


Row = TypeVar("Row", bound=Versioned)


def timeline(*facts: Fact, as_of: date = LATE) -> Timeline:
    return Timeline(STEVNS, story(*facts), as_of, KNOWN)


def on(day: str, rows: Iterable[Row]) -> list[Row]:
    """The rows that stand on a day."""
    asked = date.fromisoformat(day)
    return [row for row in rows if row.from_on <= asked and (row.until_on is None or asked < row.until_on)]


def phase_on(day: str, rows: list[PathwayRow]) -> str | None:
    (row,) = on(day, rows)
    return row.phase


STARTED = fact("ledighedsydelse_started", "2017-01-02", route="mover_in")
JOB = fact("flexjob_started", "2017-03-01", employment="e1", weekly_hours="8")


# Pathways and visits


def test_a_day_belongs_to_the_phase_that_its_last_fact_leads_to() -> None:
    rows = pathway_rows(timeline(STARTED, JOB))
    assert on("2017-01-01", rows) == []
    assert [phase_on(day, rows) for day in ("2017-01-02", "2017-02-28", "2017-03-01")] == [
        "ledighedsydelse",
        "ledighedsydelse",
        "flexjob",
    ]


def test_a_phase_without_a_day_leaves_no_row() -> None:
    rows = pathway_rows(timeline(STARTED, fact("flexjob_started", "2017-01-02", employment="e1", weekly_hours="8")))
    assert [row.phase for row in rows] == ["flexjob"]


def test_a_reopened_pathway_is_opened_on_the_day_it_was_reopened() -> None:
    closed = fact("pathway_closed", "2017-04-01", reason="moved_out")
    rows = pathway_rows(timeline(STARTED, JOB, closed, fact("pathway_reopened", "2017-06-01")))
    assert [(row.phase, row.stretch, str(row.opened_on), row.reason) for row in rows] == [
        ("ledighedsydelse", 0, "2017-01-02", None),
        ("flexjob", 0, "2017-01-02", None),
        ("closed", 0, "2017-01-02", "moved_out"),
        (None, 1, "2017-06-01", None),
    ]


def test_a_pathway_of_which_nothing_has_happened_has_no_rows() -> None:
    assert pathway_rows(timeline(STARTED, as_of=date(2017, 1, 1))) == []
    assert visit_rows(timeline(STARTED, as_of=date(2017, 1, 1))) == []


def test_a_visit_is_first_lasting_and_then_ended() -> None:
    rows = visit_rows(timeline(STARTED, JOB))
    (lasting,) = [row for row in on("2017-02-28", rows) if row.phase == "ledighedsydelse"]
    (ended,) = [row for row in on("2017-03-01", rows) if row.phase == "ledighedsydelse"]
    assert (lasting.left_on, lasting.days, lasting.entered_by) == (None, None, "ledighedsydelse_started")
    assert (ended.left_on, ended.left_by, ended.left_to, ended.days) == (
        date(2017, 3, 1),
        "flexjob_started",
        "flexjob",
        58,
    )


def test_a_visit_of_no_day_has_ended_when_it_begins() -> None:
    rows = visit_rows(timeline(STARTED, fact("flexjob_started", "2017-01-02", employment="e1", weekly_hours="8")))
    assert [(row.days, row.left_to) for row in rows if row.phase == "ledighedsydelse"] == [(0, "flexjob")]


# Spells


def spells(*facts: Fact) -> list[SpellRow]:
    return spell_rows(timeline(*facts))


def test_a_spell_has_ended_a_month_after_its_first_day_without() -> None:
    rows = spells(STARTED, fact("ledighedsydelse_ended", "2017-01-31"))
    assert [row.ended_on for row in on("2017-02-27", rows)] == [None]
    assert [row.ended_on for row in on("2017-02-28", rows)] == [date(2017, 1, 31)]


@pytest.mark.parametrize(
    ("again", "spells_found"), [("2017-03-30", 1), ("2017-04-29", 1), ("2017-04-30", 2), ("2017-05-02", 2)]
)
def test_a_start_within_the_gap_joins(again: str, spells_found: int) -> None:
    started_again = fact("ledighedsydelse_started", again, route="dismissed_flexjob")
    rows = spells(STARTED, fact("ledighedsydelse_ended", "2017-03-30"), started_again)
    assert len({row.spell for row in rows}) == spells_found


def test_a_spell_without_a_day_is_left_out_before_joining() -> None:
    nothing = fact("ledighedsydelse_started", "2017-02-20", route="mover_in")
    job = fact("flexjob_started", "2017-02-20", employment="e1", weekly_hours="8")
    later = fact("ledighedsydelse_started", "2017-03-10", route="mover_in")
    rows = spells(STARTED, fact("ledighedsydelse_ended", "2017-02-01"), nothing, job, later)
    assert [(row.started_on, row.ended_on) for row in on("2017-12-31", rows)] == [
        (date(2017, 1, 2), date(2017, 2, 1)),
        (date(2017, 3, 10), None),
    ]


def test_a_start_during_a_spell_goes_on_with_it() -> None:
    rows = spells(STARTED, fact("ledighedsydelse_started", "2017-02-01", route="mover_in"), JOB)
    assert [(row.started_on, row.ended_on, row.ended_by) for row in on("2017-12-31", rows)] == [
        (date(2017, 1, 2), date(2017, 3, 1), "flexjob_started")
    ]


def test_the_reason_of_a_closing_is_that_of_the_spell_and_of_the_last_part_of_it() -> None:
    closed = fact("pathway_closed", "2017-03-01", reason="moved_out")
    back = [fact("pathway_reopened", "2017-03-10"), fact("ledighedsydelse_started", "2017-03-10", route="mover_in")]
    ended = fact("ledighedsydelse_ended", "2017-05-01", reason="sealed")
    assert [row.reason for row in on("2017-12-31", spells(STARTED, closed))] == ["moved_out"]
    assert [row.reason for row in on("2017-12-31", spells(STARTED, closed, *back, ended))] == [None]


@pytest.mark.parametrize(
    ("first", "until", "months"),
    [
        ("2017-01-02", "2017-07-01", 5),
        ("2017-01-02", "2017-07-02", 6),
        ("2017-08-31", "2018-02-27", 5),
        ("2017-08-31", "2018-02-28", 6),
        ("2016-02-29", "2017-02-28", 12),
    ],
)
def test_months_are_whole_ones(first: str, until: str, months: int) -> None:
    begin, end = date.fromisoformat(first), date.fromisoformat(until)
    assert whole_months(begin, end) == months
    assert (end < add_months(begin, 6)) is (months < 6)


# Employments


def employments(*facts: Fact) -> list[EmploymentRow]:
    return employment_rows(timeline(*facts))


def hours(day: str, rows: list[EmploymentRow]) -> list[tuple[float | None, float | None]]:
    return [(row.hours, row.total_hours) for row in on(day, rows)]


def test_hours_are_the_latest_and_an_ended_job_keeps_its_last() -> None:
    rows = employments(
        JOB,
        fact("hours_changed", "2017-05-01", employment="e1", weekly_hours="10.5"),
        fact("flexjob_ended", "2017-06-01", employment="e1"),
        fact("hours_changed", "2017-07-01", employment="e1", weekly_hours="20"),
    )
    assert [hours(day, rows) for day in ("2017-04-30", "2017-05-01", "2017-08-01")] == [
        [(8.0, 8.0)],
        [(10.5, 10.5)],
        [(10.5, 10.5)],
    ]
    assert [row.ended_on for row in on("2017-05-31", rows) + on("2017-06-01", rows)] == [None, date(2017, 6, 1)]


def test_hours_are_summed_over_the_jobs_that_run_and_in_the_end_over_those_that_ended_last() -> None:
    second = fact("flexjob_started", "2017-04-01", employment="e2", weekly_hours="5")
    first_ended = fact("flexjob_ended", "2017-05-01", employment="e1")
    both_ended = [fact("flexjob_ended", "2017-06-01", employment=name) for name in ("e1", "e2")]
    apart = employments(JOB, second, first_ended, fact("flexjob_ended", "2017-06-01", employment="e2"))
    together = employments(JOB, second, *both_ended)
    assert hours("2017-04-01", apart) == [(8.0, 13.0), (5.0, 13.0)]
    assert hours("2017-06-01", apart) == [(8.0, 5.0), (5.0, 5.0)]
    assert hours("2017-06-01", together) == [(8.0, 13.0), (5.0, 13.0)]


def test_the_same_id_started_again_is_another_employment() -> None:
    rows = employments(
        JOB,
        fact("tillaegsaftale_signed", "2017-03-05", employment="e1"),
        fact("flexjob_ended", "2017-04-01", employment="e1"),
        fact("flexjob_started", "2017-04-01", employment="e1", weekly_hours="6"),
        fact("hours_changed", "2017-05-01", employment="e1", weekly_hours="7"),
    )
    assert [(row.run, row.hours_at_start, row.hours, row.agreed) for row in on("2017-05-01", rows)] == [
        (0, 8.0, 8.0, True),
        (1, 6.0, 7.0, False),
    ]


def test_an_agreement_signed_before_the_start_counts_from_the_start() -> None:
    rows = employments(fact("tillaegsaftale_signed", "2017-02-01", employment="e1"), JOB)
    assert [row.agreed for row in on("2017-03-01", rows)] == [True]
    assert on("2017-02-28", rows) == []


# Facts


def test_a_fact_lies_in_the_visit_that_it_opens_and_in_none_when_the_pathway_is_closed() -> None:
    closed = fact("pathway_closed", "2017-03-01", reason="other")
    told = timeline(STARTED, closed, fact("referred", "2017-03-02", track="job_club"))
    named = Named({"ledighedsydelse_started": frozenset({"route"}), "referred": frozenset({"track"})})
    assert [(row.kind, row.visit) for row in fact_rows(told, named)] == [
        ("ledighedsydelse_started", 1),
        ("referred", None),
    ]
    assert [(row.field, row.text_value) for row in field_rows(told, named)] == [
        ("route", "mover_in"),
        ("track", "job_club"),
    ]


def test_what_the_law_asks_for_after_the_end_of_the_project_lies_in_no_visit() -> None:
    closed = fact("pathway_closed", "2018-06-30", reason="project_ended")
    made = fact("statutory_status_made", "2018-09-03", employment="e1")
    named = Named({"flexjob_started": frozenset(), "statutory_status_made": frozenset()})
    rows = fact_rows(timeline(JOB, closed, made), named)
    assert [(row.visit, row.stretch, row.employment) for row in rows] == [(1, 0, "e1"), (None, None, "e1")]


def test_only_the_fields_that_are_named_leave_a_row_each_item_of_a_list_its_own() -> None:
    held = fact(
        "rehab_meeting_held", "2017-01-02", participants=["rehab_team", "citizen"], few_hours=True, plan="sealed"
    )
    job = fact("flexjob_started", "2017-03-01", employment="e1", weekly_hours="7.5")
    named = Named(
        {
            "rehab_meeting_held": frozenset({"participants", "few_hours"}),
            "flexjob_started": frozenset({"weekly_hours", "attendance_hours"}),
        }
    )
    rows = field_rows(timeline(held, job), named)
    assert [(row.field, row.item, row.text_value, row.flag_value, row.number_value) for row in rows] == [
        ("few_hours", 0, None, True, None),
        ("participants", 0, "rehab_team", None, None),
        ("participants", 1, "citizen", None, None),
        ("weekly_hours", 0, None, None, 7.5),
    ]


@pytest.mark.parametrize("rows", [pathway_rows, visit_rows, spell_rows, employment_rows])
def test_the_versions_of_a_row_follow_each_other_without_a_gap(
    rows: Callable[[Timeline], list[PathwayRow] | list[VisitRow] | list[SpellRow] | list[EmploymentRow]],
) -> None:
    ended = fact("flexjob_ended", "2017-05-01", employment="e1")
    made = rows(timeline(STARTED, JOB, ended, fact("ledighedsydelse_started", "2017-05-01", route="dismissed_flexjob")))
    assert made
    for row in made:
        assert row.until_on is None or row.from_on < row.until_on
        assert row.until_on is None or any(other.from_on == row.until_on for other in made)
