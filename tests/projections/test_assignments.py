"""Who is assigned, and who answers for a role, on the days around those on which that changes."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.projections.histories import KNOWN, fact, story

from indsats.domain.obligations import derive
from indsats.domain.timeline import Fact, Timeline
from indsats.models.library import load
from indsats.projections.assignments import AssignmentRow, answering, assignment_rows, assignments
from indsats.projections.obligations import obligation_rows
from indsats.projections.pathways import pathway_rows

STEVNS = load("stevns-2017")
LATE = date(2019, 1, 1)


def timeline(*facts: Fact, as_of: date = LATE) -> Timeline:
    return Timeline(STEVNS, story(*facts), as_of, KNOWN)


def assigned(worker: str, on: str, as_role: str = "caseworker", functions: list[str] | None = None) -> Fact:
    more = {} if functions is None else {"functions": functions}
    return fact("worker_assigned", on, worker=worker, as_role=as_role, at_unit=f"house of {worker}", **more)


def released(worker: str, on: str, **fields: str) -> Fact:
    return fact("worker_released", on, worker=worker, at_unit="any", **fields)


def answers(day: str, *facts: Fact, role: str = "caseworker") -> str | None:
    """The worker who answers for a role on a day, as the function and as the rows say it."""
    asked = date.fromisoformat(day)
    found = answering(assignments(timeline(*facts)), role, asked)
    in_rows = [row.worker for row in rows_on(day, *facts) if row.role == role and row.answers]
    assert in_rows == ([] if found is None else [found.worker])
    return None if found is None else found.worker


def rows_on(day: str, *facts: Fact) -> list[AssignmentRow]:
    asked = date.fromisoformat(day)
    rows = assignment_rows(timeline(*facts))
    return [row for row in rows if row.from_on <= asked and (row.until_on is None or asked < row.until_on)]


ANNA = assigned("anna", "2017-02-01")
BO = assigned("bo", "2017-03-01")
STARTED = fact("ledighedsydelse_started", "2017-01-02", route="mover_in")


@pytest.mark.parametrize(("day", "worker"), [("2017-01-31", None), ("2017-02-01", "anna"), ("2017-02-02", "anna")])
def test_a_worker_answers_from_the_day_of_the_assignment(day: str, worker: str | None) -> None:
    assert answers(day, ANNA) == worker


@pytest.mark.parametrize(("day", "worker"), [("2017-04-30", "anna"), ("2017-05-01", None), ("2017-05-02", None)])
def test_a_worker_answers_to_the_day_before_the_release(day: str, worker: str | None) -> None:
    assert answers(day, ANNA, released("anna", "2017-05-01", as_role="caseworker")) == worker


@pytest.mark.parametrize(
    ("day", "worker"),
    [("2017-02-28", "anna"), ("2017-03-01", "bo"), ("2017-04-30", "bo"), ("2017-05-01", "anna"), ("2017-06-01", None)],
)
def test_of_two_the_later_answers_and_after_its_release_the_one_before_again(day: str, worker: str | None) -> None:
    ends = released("bo", "2017-05-01"), released("anna", "2017-06-01")
    assert answers(day, ANNA, BO, *ends) == worker
    assert len(rows_on("2017-04-01", ANNA, BO, *ends)) == 2


def test_of_two_of_one_day_the_later_in_fact_order_answers() -> None:
    assert answers("2017-02-01", ANNA, assigned("bo", "2017-02-01")) == "bo"


def test_a_worker_assigned_again_after_a_release_answers_again() -> None:
    facts = ANNA, released("anna", "2017-03-01"), assigned("anna", "2017-04-01")
    assert [answers(day, *facts) for day in ("2017-03-31", "2017-04-01")] == [None, "anna"]


def test_a_release_ends_every_assignment_of_its_worker_before_it_and_none_of_another() -> None:
    facts = ANNA, BO, assigned("anna", "2017-04-01"), released("anna", "2017-05-01"), released("nobody", "2017-05-01")
    assert [row.worker for row in rows_on("2017-05-01", *facts)] == ["bo"]


def test_a_release_from_one_role_leaves_the_others() -> None:
    facts = ANNA, assigned("anna", "2017-02-01", "mentor"), released("anna", "2017-05-01", as_role="mentor")
    assert [row.role for row in rows_on("2017-05-01", *facts)] == ["caseworker"]


def test_a_release_on_the_day_of_the_assignment_leaves_no_row() -> None:
    facts = ANNA, released("anna", "2017-02-01")
    assert assignment_rows(timeline(*facts)) == []
    assert answers("2017-02-01", *facts) is None


def test_a_worker_answers_for_its_role_and_its_functions() -> None:
    broker = assigned("carl", "2017-03-01", "jobformidler", ["mentor", "caseworker"])
    assert [answers("2017-03-01", ANNA, broker, role=role) for role in ("jobformidler", "mentor", "caseworker")] == [
        "carl",
        "carl",
        "carl",
    ]
    assert answers("2017-03-01", ANNA, broker, role="follow_up_worker") is None
    assert {row.functions for row in rows_on("2017-03-01", broker)} == {"caseworker mentor"}


def test_a_closing_ends_no_assignment() -> None:
    closed = fact("pathway_closed", "2017-05-01", reason="moved_out")
    reopened = fact("pathway_reopened", "2017-06-01")
    facts = STARTED, ANNA, closed, reopened
    assert [answers(day, *facts) for day in ("2017-05-01", "2017-06-01")] == ["anna", "anna"]


def test_a_release_of_a_closed_pathway_ends_the_assignment() -> None:
    closed = fact("pathway_closed", "2017-05-01", reason="moved_out")
    facts = STARTED, ANNA, closed, released("anna", "2017-05-20")
    assert [answers(day, *facts) for day in ("2017-05-19", "2017-05-20")] == ["anna", None]


def test_the_fraction_of_full_time_is_a_number() -> None:
    half = fact("worker_assigned", "2017-02-01", worker="anna", as_role="mentor", at_unit="a", fraction="0.5")
    assert [row.fraction for row in rows_on("2017-02-01", half)] == [0.5]


# The worker and the unit of obligations


OPENED = fact("pathway_opened", "2017-01-02", route="mover_in", at_unit="north")


def owed_to(day: str, *facts: Fact) -> tuple[str | None, str | None]:
    """Worker and unit of the first conversation, for which the caseworker is responsible."""
    rows = obligation_rows(derive(STEVNS, story(*facts), date.fromisoformat(day), KNOWN))
    (row,) = [row for row in rows if row.rule == "first_conversation"]
    assert row.responsible == "caseworker"
    return row.worker, row.unit


def test_an_obligation_has_the_worker_and_the_unit_of_the_day() -> None:
    facts = OPENED, STARTED, ANNA, BO, assigned("dorte", "2017-03-01", "mentor")
    assert [owed_to(day, *facts) for day in ("2017-01-31", "2017-02-01", "2017-03-01")] == [
        (None, "north"),
        ("anna", "house of anna"),
        ("bo", "house of bo"),
    ]
    assert owed_to("2017-03-01", STARTED) == (None, None)


def test_without_an_opening_at_a_unit_it_is_that_of_the_latest_assignment_of_anybody() -> None:
    opened = fact("pathway_opened", "2017-01-02", route="mover_in")
    of_others = [assigned("anna", "2017-01-03", as_role="mentor"), assigned("bo", "2017-01-03", as_role="mentor")]
    assert owed_to("2017-01-02", opened, STARTED, *of_others) == (None, None)
    assert owed_to("2017-01-03", opened, STARTED, *of_others) == (None, "house of bo")
    assert owed_to("2017-01-04", opened, STARTED, *of_others, released("bo", "2017-01-04")) == (None, "house of anna")
    assert owed_to("2017-01-04", OPENED, STARTED, *of_others) == (None, "north")


def test_the_unit_of_a_pathway_is_that_of_the_latest_opening_that_names_one() -> None:
    again = fact("pathway_opened", "2017-02-01", route="mover_in", at_unit="south")
    nameless = fact("pathway_opened", "2017-02-02", route="mover_in")
    job = fact("flexjob_started", "2017-03-01", employment="e1", weekly_hours="8")
    moved = fact("pathway_opened", "2017-04-01", route="mover_in", at_unit="west")
    rows = pathway_rows(timeline(OPENED, STARTED, again, nameless, job, moved))
    assert [(row.phase, row.unit) for row in rows] == [("ledighedsydelse", "south"), ("flexjob", "west")]


_DAYS = st.dates(date(2017, 2, 1), date(2017, 2, 6))
_WORKERS = st.sampled_from(["anna", "bo"])
_ROLES = st.sampled_from(["caseworker", "mentor"])


@st.composite
def _assigned_or_released(draw: st.DrawFn) -> Fact:
    day, worker, role = draw(_DAYS), draw(_WORKERS), draw(_ROLES)
    if draw(st.booleans()):
        return released(worker, str(day), **({"as_role": role} if draw(st.booleans()) else {}))
    return assigned(worker, str(day), role, draw(st.sampled_from([None, ["mentor"], ["caseworker", "mentor"]])))


@given(facts=st.lists(_assigned_or_released(), max_size=8))
def test_on_every_day_one_row_at_most_answers_for_a_role_and_it_is_that_of_the_latest(facts: list[Fact]) -> None:
    days = [date(2017, 1, 31) + timedelta(days=number) for number in range(9)]
    for day in days:
        rows = rows_on(str(day), *facts)
        assert len({(row.assignment, row.role) for row in rows}) == len(rows)
        for role in ("caseworker", "mentor"):
            answers(str(day), *facts, role=role)
            of_role = [row for row in rows if row.role == role]
            assert [row.assignment for row in of_role if row.answers] == sorted(row.assignment for row in of_role)[-1:]
