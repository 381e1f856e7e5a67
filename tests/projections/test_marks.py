"""Marks on rows say what looking the facts up says: on every day, whatever happened."""

import json
from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from decimal import Decimal

import pytest
import sqlalchemy as sa
from hypothesis import given, settings
from tests.projections.histories import KNOWN, counts, fact, pathways, stories_and_days, story

from indsats.domain.kpi import Comparison, Kpi, Operand, Some
from indsats.domain.model import Model
from indsats.domain.obligations import derive
from indsats.domain.timeline import Fact
from indsats.models.kpi_form import kpis_of
from indsats.models.library import load
from indsats.projections import tables
from indsats.projections.asked import Asked, asked_by
from indsats.projections.facts import CountedRow, Named, named_by
from indsats.projections.kpis import compute, contributions, series
from indsats.projections.pathways import PathwayRow
from indsats.projections.rows import rows_of
from indsats.projections.writer import insert

Declared = Mapping[str, object]

IN_CLUB: Declared = {"fact": "referred", "where": {"track": {"is": "job_club"}}}
ON_HOLD: Declared = {"fact": "hold_started", "ended_by": "hold_ended", "lasting": "as_of"}
SMALL_JOB: Declared = {"fact": "flexjob_started", "where": {"weekly_hours": {"max": 10}}, "ended_by": "flexjob_ended"}
HAS_JOB: Declared = {"fact": "flexjob_started", "ended_by": ["flexjob_ended", "pathway_closed"], "lasting": "as_of"}
THERE: Declared = {"phase": {"in": ["ledighedsydelse", "flexjob"]}}
NOT_IN_CLUB: Declared = {"fact": "referred", "where": {"track": {"not": ["job_club"]}}}
SIGNED: Declared = {"fact": "tillaegsaftale_signed", "in": "employment"}
MENTOR_LEFT: Declared = {"fact": "worker_released", "where": {"functions": {"includes": ["mentor"]}}}


def share(rows: str, where: Declared, numerator: Declared, **more: object) -> Declared:
    title = {"da": "Andel", "en": "Share"}
    return {"title": title, "rows": rows, "where": where, "numerator": numerator, **more}


def some(*facts: Declared, **more: object) -> Declared:
    return {**more, "some": list(facts)}


KPIS: Mapping[str, Declared] = {
    "in_stretch": share("pathways", THERE, some({**IN_CLUB, "in": "stretch"})),
    "in_visit": share(
        "pathways", some({"fact": ["referred", "follow_up_held"], "in": "visit"}), {"phase": {"is": "flexjob"}}
    ),
    "since_begun": share(
        "pathways",
        THERE,
        some({"fact": "follow_up_held", "since": "from_on"}, {"fact": "worker_assigned", "since": "opened_on"}),
    ),
    "lasting": share("pathways", some(ON_HOLD), some({**HAS_JOB, "in": "visit"})),
    "this_month": share("pathways", THERE, some({**SMALL_JOB, "lasting": "month_start"})),
    "of_the_model": share("pathways", THERE, some({**SMALL_JOB, "lasting": "valid_from"}, NOT_IN_CLUB)),
    "full_time": share("pathways", THERE, some(IN_CLUB), unit="full_time_person"),
    "by_day": share(
        "pathways",
        some({"fact": "referred"}, from_on={"min": "month_start"}),
        {"opened_on": {"max": "as_of"}, "from_on": {"above": "opened_on"}},
    ),
    "referred_after": share(
        "facts",
        {"on": {"min": "valid_from", "max": "valid_to"}, "route": {"not": ["existing_recipient"]}},
        some({**IN_CLUB, "in": "visit", "since": "on"}),
        fact="ledighedsydelse_started",
    ),
    "citizens": share(
        "facts",
        {"route": {"in": ["mover_in", "existing_recipient"]}},
        some(ON_HOLD),
        fact="ledighedsydelse_started",
        unit="citizen",
    ),
    "hours": share(
        "facts",
        {"weekly_hours": {"min": 7.5, "below": 14}},
        some(SIGNED, weekly_hours={"above": 7.5}),
        fact=["flexjob_started", "hours_changed"],
    ),
    "ten_hours": share(
        "facts",
        {"on": {"max": "as_of"}},
        {"weekly_hours": {"is": 10}, "on": {"max": "as_of"}},
        fact="flexjob_started",
    ),
    "mentors": share(
        "facts", {"functions": {"includes": ["mentor", "caseworker"]}}, some(MENTOR_LEFT), fact="worker_assigned"
    ),
    "of_the_week": share(
        "facts",
        {"on": {"min": "week_start", "max": "as_of"}},
        some({"fact": ["referred", "hours_changed"]}),
        fact="follow_up_held",
    ),
    "of_the_month": share(
        "facts",
        {"on": {"min": "month_start"}},
        some({"fact": "referred", "since": "on"}),
        fact=["follow_up_held", "hours_changed"],
        unit="citizen",
    ),
    "citizens_of_the_week": share(
        "facts",
        {"on": {"min": "week_start", "max": "as_of"}},
        {"weekly_hours": {"min": 10}},
        fact=["flexjob_started", "hours_changed"],
        unit="citizen",
    ),
    "medians": {
        "title": {"da": "Median", "en": "Median"},
        "rows": "facts",
        "fact": ["hours_changed", "follow_up_held"],
        "where": some({"fact": "referred", "in": "stretch"}),
        "median": "visit",
    },
    "nested": share("pathways", THERE, some({"fact": "signed_off", "where": {"day": {"max": "as_of"}}})),
    "weekly_median": {
        "title": {"da": "Median", "en": "Median"},
        "rows": "facts",
        "fact": "follow_up_held",
        "where": {"on": {"min": "week_start", "max": "as_of"}},
        "median": "visit",
    },
    "lasting_median": {
        "title": {"da": "Median", "en": "Median"},
        "rows": "pathways",
        "where": some({**ON_HOLD, "in": "stretch"}, **THERE),
        "median": "visit",
    },
    "settled": share("obligations", {"settled_on": {"max": "as_of"}}, some({"fact": "referred"})),
}
LOOKED_UP = {"of_the_model", "full_time", "nested", "settled"}
"""What these ask of rows has no marks: a day of the model's or the asker's, days of a month, rows that do not part."""


@pytest.fixture(scope="module")
def asked(tmp_path_factory: pytest.TempPathFactory) -> Model:
    path = tmp_path_factory.mktemp("models") / "asked.yaml"
    title = {"da": "Spurgt", "en": "Asked"}
    declared = {
        "id": "asked",
        "version": 1,
        "title": title,
        "extends": "flexjob-base",
        "valid": {"from": "2017-02-01", "to": "2018-01-31"},
        "facts": {"signed_off": {"title": title, "fields": {"day": "date"}}},
        "kpis": KPIS,
    }
    path.write_text(json.dumps(declared))
    return load(str(path))


@settings(max_examples=25)
@given(drawn=stories_and_days())
def test_figures_by_marks_are_those_looked_up(asked: Model, drawn: tuple[list[list[Fact]], date, date]) -> None:
    stories, as_of, rows_on = drawn
    kpis = kpis_of(asked)
    named = named_by(kpis.values())
    days = [as_of - timedelta(days=back) for back in (45, 7, 0)]
    engine = sa.create_engine("sqlite://")
    with engine.begin() as connection:
        tables.metadata.create_all(connection)
        insert(connection, {key: rows_of(one, named) for key, one in pathways(asked, stories, rows_on)})
        marked = [compute(connection, asked, day, kept=named.asked) for day in days]
        assert marked == [compute(connection, asked, day) for day in days]
        for place, kpi in enumerate(kpis.values()):
            over_time = [results[place] for results in marked]
            assert series(connection, kpi, asked, days, kept=named.asked) == over_time
            assert series(connection, kpi, asked, days) == over_time
            whose = contributions(connection, kpi, asked, as_of)
            assert contributions(connection, kpi, asked, as_of, kept=named.asked) == whose
    engine.dispose()


TALK = fact("follow_up_held", "2017-03-06", participants=["caseworker"])
SUNDAYS = [date(2017, 3, 12), date(2017, 3, 19)]


def over_time(kpi: Kpi, model: Model, facts: Sequence[Fact], days: Sequence[date]) -> list[object]:
    """The counts of a figure of one citizen on each day, which are the same by marks and looked up."""
    named = named_by([kpi])
    engine = sa.create_engine("sqlite://")
    with engine.begin() as connection:
        tables.metadata.create_all(connection)
        made = pathways(model, [story(*facts)], days[-1])
        insert(connection, {key: rows_of(one, named) for key, one in made})
        found = [series(connection, kpi, model, days, kept=kept) for kept in (named.asked, frozenset[Asked]())]
    engine.dispose()
    assert found[0] == found[1]
    return [counts(one) for one in found[0]]


def test_what_is_found_after_the_week_counts_in_no_week(asked: Model) -> None:
    """Summed up over the changes since the week began it would."""
    facts = STARTED, TALK, referred("2017-03-15")
    assert over_time(kpis_of(asked)["of_the_week"], asked, facts, SUNDAYS) == [(0, 1), (0, 0)]


def test_a_median_of_a_week_forgets_the_week_before(asked: Model) -> None:
    assert over_time(kpis_of(asked)["weekly_median"], asked, (STARTED, TALK), SUNDAYS) == [(1, 1), (None, 0)]


def test_a_day_inside_a_fact_is_that_of_each_day_asked_for(asked: Model) -> None:
    facts = STARTED, fact("signed_off", "2017-03-06", day="2017-03-15")
    assert over_time(kpis_of(asked)["nested"], asked, facts, SUNDAYS) == [(0, 1), (1, 1)]


def test_what_turns_on_the_facts_alone_has_a_mark(asked: Model) -> None:
    kpis = kpis_of(asked)
    assert {name for name, kpi in kpis.items() if not are_all_kept(kpi)} == LOOKED_UP


def are_all_kept(kpi: Kpi) -> bool:
    kept = {one.condition for one in asked_by(kpi)}
    return all(one in kept for each in kpi.filters for one in each.some)


def test_equal_conditions_have_one_mark_however_they_are_written_and_others_another() -> None:
    """A database is written by one process and read by another, and each may meet another of them first."""

    def mark(*values: Operand, kind: str | None = None) -> str:
        one = Comparison("weekly_hours", "max", values)
        return Asked("pathways", (), one if kind is None else Some((kind,), (one,))).mark

    assert mark(Decimal("10")) == mark(Decimal("10.0")) == mark(Decimal("1E1"))
    assert mark(Decimal(10), kind="hours_changed") == mark(Decimal("10.0"), kind="hours_changed")
    assert mark(Decimal(0)) == mark(Decimal("-0"))
    others = [mark("1"), mark(Decimal(1)), mark(True), mark("1", "2"), mark("1", kind="hours_changed")]
    assert len(set(others)) == len(others)


def test_marks_are_those_that_databases_hold() -> None:
    """Where these change, a new step of the tables must empty the queue, so that the rows of all are made anew."""
    route = Comparison("route", "not", ("existing_recipient",))
    assert Asked("facts", ("ledighedsydelse_started",), route).mark == "8824a34977f1"
    assert Asked("pathways", (), CLUB).mark == "55fdf1d289c8"


# Rows

CLUB = Some(("referred",), (Comparison("track", "is", ("job_club",)),))
HELD = Some(("hold_started",), ended_by=("hold_ended",), lasting="as_of")
STARTED = fact("ledighedsydelse_started", "2017-01-02", route="mover_in")
STEVNS = load("stevns-2017")


def parts(condition: Some | Comparison, *facts: Fact, rows: str = "pathways") -> list[tuple[str, str | None, bool]]:
    """From when until when the rows of a story stand, and whether they have the mark of a condition."""
    one = Asked(rows, ("ledighedsydelse_started",) if rows == "facts" else (), condition)
    fields = {"referred": frozenset({"track"}), "hold_started": frozenset[str](), "follow_up_held": frozenset[str]()}
    named = Named(
        fields,
        {"hold_started": frozenset({("hold_ended",)})},
        {"ledighedsydelse_started": frozenset({"route"})},
        frozenset({one}),
    )
    made = rows_of(derive(STEVNS, story(*facts), date(2018, 1, 1), KNOWN), named)
    found = []
    for row in made["counted_facts" if rows == "facts" else rows]:
        assert isinstance(row, PathwayRow | CountedRow)
        assert row.marks in (None, one.mark)
        found.append((str(row.from_on), None if row.until_on is None else str(row.until_on), row.marks is not None))
    return found


def referred(on: str, track: str = "job_club") -> Fact:
    return fact("referred", on, track=track)


def test_a_row_parts_on_the_day_on_which_what_is_asked_for_comes() -> None:
    assert parts(CLUB, STARTED, referred("2017-02-01")) == [
        ("2017-01-02", "2017-02-01", False),
        ("2017-02-01", None, True),
    ]
    assert parts(CLUB, STARTED, referred("2017-01-02")) == [("2017-01-02", None, True)]
    assert parts(CLUB, STARTED, referred("2017-02-01", "individual")) == [("2017-01-02", None, False)]


def test_a_second_fact_parts_nothing_and_one_before_marks_the_rows_behind() -> None:
    job = fact("flexjob_started", "2017-03-01", employment="e1", weekly_hours="8")
    assert parts(CLUB, STARTED, referred("2017-02-01"), referred("2017-02-20"), job) == [
        ("2017-01-02", "2017-02-01", False),
        ("2017-02-01", "2017-03-01", True),
        ("2017-03-01", None, True),
    ]


def test_what_ends_takes_its_mark_with_it_on_the_first_day_without() -> None:
    held = [
        fact("hold_started", "2017-02-01", reason="exemption"),
        fact("hold_ended", "2017-02-10", reason="exemption"),
    ]
    assert parts(HELD, STARTED, *held) == [
        ("2017-01-02", "2017-02-01", False),
        ("2017-02-01", "2017-02-10", True),
        ("2017-02-10", None, False),
    ]


@pytest.mark.parametrize(
    ("ended", "until"), [("2017-02-28", "2017-03-01"), ("2017-03-01", "2017-03-01"), ("2017-03-02", "2017-04-01")]
)
def test_what_lasts_in_the_month_goes_with_the_first_month_without(ended: str, until: str) -> None:
    held = [fact("hold_started", "2017-02-01", reason="exemption"), fact("hold_ended", ended, reason="exemption")]
    in_month = Some(("hold_started",), ended_by=("hold_ended",), lasting="month_start")
    assert parts(in_month, STARTED, *held)[1:] == [("2017-02-01", until, True), (until, None, False)]


def test_a_fact_counts_from_its_own_day_however_its_marks_part_it() -> None:
    since = Some(("referred",), (), within="visit", since="on")
    before, after = referred("2017-01-01"), referred("2017-01-20")
    assert parts(since, before, STARTED, after, rows="facts") == [
        ("2017-01-02", "2017-01-20", False),
        ("2017-01-20", None, True),
    ]


@pytest.mark.parametrize(
    ("test", "values", "passes"),
    [
        ("is", ("mover_in",), True),
        ("is", ("dismissed_flexjob",), False),
        ("in", ("dismissed_flexjob", "mover_in"), True),
        ("not", ("dismissed_flexjob",), True),
        ("not", ("dismissed_flexjob", "mover_in"), False),
    ],
)
def test_a_field_marks_all_days_of_its_fact(test: str, values: Sequence[str], passes: bool) -> None:
    assert parts(Comparison("route", test, tuple(values)), STARTED, rows="facts") == [("2017-01-02", None, passes)]


def test_days_are_numbered_anew_where_a_row_parts() -> None:
    asked = Asked("pathways", (), CLUB)
    named = Named({"referred": frozenset({"track"})}, asked=frozenset({asked}))
    made = rows_of(derive(STEVNS, story(STARTED, referred("2017-02-01")), date(2018, 1, 1), KNOWN), named)["pathways"]
    first, second = (row for row in made if isinstance(row, PathwayRow))
    assert (first.until_day, second.from_day, second.until_day) == (second.from_on.toordinal(),) * 2 + (None,)
    assert {first.begun_on, second.begun_on} == {first.from_on}
