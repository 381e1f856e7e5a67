"""Rows of what facts begin and others end."""

from datetime import date

import pytest
from tests.projections.histories import KNOWN, fact, story

from indsats.domain.timeline import Fact, Timeline
from indsats.models.kpi_form import kpis_of
from indsats.models.library import load
from indsats.projections.facts import Named, named_by
from indsats.projections.lasting import LastingRow, lasting_rows

MODEL = load("fsm3-2021")
LATE = date(2022, 12, 31)
JOB = "wage_hours_started"
NAMED = Named({}, {JOB: frozenset({("wage_hours_ended",)})})


def told(*facts: Fact, as_of: date = LATE, named: Named = NAMED) -> list[LastingRow]:
    return lasting_rows(Timeline(MODEL, story(*facts), as_of, KNOWN), named)


def hours(on: str, employment: str = "e1") -> Fact:
    return fact(JOB, on, employment=employment, weekly_hours="4")


def ended(on: str, employment: str = "e1") -> Fact:
    return fact("wage_hours_ended", on, employment=employment)


@pytest.mark.parametrize(
    ("end", "month"),
    [
        ("2021-08-31", "2021-09-01"),
        ("2021-09-01", "2021-09-01"),
        ("2021-09-02", "2021-10-01"),
        ("2021-12-31", "2022-01-01"),
        ("2022-01-31", "2022-02-01"),
        ("2022-02-28", "2022-03-01"),
    ],
)
def test_the_day_of_the_end_is_the_first_without_and_so_is_the_next_month(end: str, month: str) -> None:
    (row,) = told(hours("2021-08-02"), ended(end))
    assert (row.from_on, row.until_on, row.until_month_on) == tuple(map(date.fromisoformat, ("2021-08-02", end, month)))


def test_what_nothing_ended_lasts() -> None:
    (row,) = told(hours("2021-08-02"))
    assert (row.until_on, row.until_month_on, row.employment, row.ended_by) == (None, None, "e1", "wage_hours_ended")


def test_only_an_end_of_the_same_employment_ends_it_and_the_first_of_them() -> None:
    (row,) = told(hours("2021-08-02"), ended("2021-08-09", "e2"), ended("2021-09-20"), ended("2021-10-01"))
    assert row.until_on == date(2021, 9, 20)


def test_an_end_before_the_beginning_ends_nothing_and_one_of_the_same_day_leaves_no_row() -> None:
    assert [row.until_on for row in told(ended("2021-08-01"), hours("2021-08-02"))] == [None]
    assert told(hours("2021-08-02"), ended("2021-08-02")) == []
    assert told(ended("2021-08-02"), hours("2021-08-02")) == []


def test_an_end_that_has_not_come_ends_nothing() -> None:
    facts = hours("2021-08-02"), ended("2021-08-09")
    assert [row.until_on for row in told(*facts, as_of=date(2021, 8, 8))] == [None]
    assert [row.until_on for row in told(*facts, as_of=date(2021, 8, 9))] == [date(2021, 8, 9)]


def test_each_way_to_end_is_a_row_of_its_own() -> None:
    both = Named({}, {JOB: frozenset({("wage_hours_ended",), ("wage_hours_ended", "education_ended")})})
    rows = told(fact(JOB, "2021-08-02", weekly_hours="4"), fact("education_ended", "2021-08-09"), named=both)
    assert {row.ended_by: row.until_on for row in rows} == {
        "education_ended wage_hours_ended": date(2021, 8, 9),
        "wage_hours_ended": None,
    }


def test_the_figures_name_what_begins_and_what_ends() -> None:
    assert named_by(kpis_of(MODEL).values()).lasting == {
        "wage_hours_started": {("wage_hours_ended",)},
        "education_started": {("education_ended",)},
    }
