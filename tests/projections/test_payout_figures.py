"""The payout of Flere skal med 3 as its table prints it, from facts of municipalities made to have those counts.

Shares that are no round percentages are the smallest counts that print as the figure: 52 of 347 are 14.99 percent, 19
of 127 are 14.96 percent, 267 of 1,336 are 19.99 percent.
"""

from collections.abc import Sequence
from datetime import date, timedelta
from fractions import Fraction
from pathlib import Path

import pytest
import sqlalchemy as sa
from tests.projections.histories import KNOWN, counts, fact, pathways, story

from indsats.clock import VirtualClock
from indsats.domain.calendar import noon_of
from indsats.domain.facts import NewFact
from indsats.domain.model import Model
from indsats.domain.obligations import Derivation, derive
from indsats.domain.timeline import Fact
from indsats.domain.values import Actor
from indsats.engine import Engine
from indsats.models.kpi_form import kpis_of as declared_by
from indsats.models.library import load
from indsats.projections import tables
from indsats.projections.facts import named_by
from indsats.projections.kpis import Contribution, KpiResult, compute, contributions, kpis_of
from indsats.projections.rows import PathwayKey, rows_of
from indsats.projections.writer import insert
from indsats.store.keys import FileKeys

OUTSIDE = load("fsm3-2021")
"""For a municipality that is not in Flere skal med 2, such as Aalborg."""

INSIDE = load("fsm3-2021-in-fsm2")
GRANT = 8_949_600
SHARE, PAYOUT, NARROW = "fsm3_wage_or_education_share", "fsm3_payout", "fsm3_payout_of_second_half"
END = date(2023, 12, 31)
IN_GROUP: dict[str, str | bool] = {
    "benefit": "cash_benefit",
    "introduction_programme": False,
    "activity_ready": True,
    "over_30": True,
}

Derived = list[tuple[PathwayKey, Derivation]]


def opened(on: str = "2022-01-03", /, **other: str | bool) -> Fact:
    return fact("pathway_opened", on, **{**IN_GROUP, **other})


def working(on: str = "2022-05-02", **fields: str) -> Fact:
    return fact("wage_hours_started", on, **fields)


def idle(on: str, **fields: str) -> Fact:
    return fact("wage_hours_ended", on, **fields)


def municipality(touched: int, in_all: int) -> list[list[Fact]]:
    """So many in the intervention group, and so many of them in wage hours from May 2022 on."""
    return [story(opened(), working()) if number < touched else story(opened()) for number in range(in_all)]


def costs(model: Model, as_of: date, *amounts: str) -> Derived:
    """The accounts of the project, one each month from June 2022 on."""
    told = [
        fact("costs_documented", date(2022, 6 + number, 1), amount=amount, account="interim")
        for number, amount in enumerate(amounts)
    ]
    return [(PathwayKey("0336", model.family, "unit", "project"), derive(model, story(*told), as_of, KNOWN))]


def figures(
    model: Model, stories: Sequence[list[Fact]], as_of: date = END, *, documented: Sequence[str] = (str(GRANT),)
) -> dict[str, KpiResult]:
    derived = [*pathways(model, stories, as_of), *costs(model, as_of, *documented)]
    return {one.id: one for one in kpis_of(derived, model, as_of)}


def kroner(found: dict[str, KpiResult]) -> tuple[object, object]:
    """The payout in the recommended reading of the source's 40 percent and in the narrow one."""
    return found[PAYOUT].numerator, found[NARROW].numerator


def printed(share: Fraction | None) -> str:
    """Two decimals, half up."""
    assert share is not None
    hundredths = int(share * 10000 + Fraction(1, 2))
    return f"{hundredths // 100}.{hundredths % 100:02}"


@pytest.mark.parametrize(
    ("model", "touched", "in_all", "shown", "wide", "narrow"),
    [
        (OUTSIDE, 52, 347, "14.99", 4_474_800, 4_474_800),
        (OUTSIDE, 19, 127, "14.96", 4_474_800, 4_474_800),
        (OUTSIDE, 149, 1000, "14.90", 4_474_800, 4_474_800),
        (OUTSIDE, 3, 20, "15.00", 8_054_640, 6_264_720),
        (OUTSIDE, 267, 1336, "19.99", 8_054_640, 6_264_720),
        (OUTSIDE, 1, 5, "20.00", 8_949_600, 8_949_600),
        (INSIDE, 3, 20, "15.00", 4_474_800, 4_474_800),
        (INSIDE, 17, 100, "17.00", 8_054_640, 6_264_720),
        (INSIDE, 11, 50, "22.00", 8_949_600, 8_949_600),
    ],
)
def test_the_steps_are_reached_by_exact_fractions(
    model: Model, touched: int, in_all: int, shown: str, wide: int, narrow: int
) -> None:
    found = figures(model, municipality(touched, in_all))
    assert (counts(found[SHARE]), printed(found[SHARE].share)) == ((touched, in_all), shown)
    assert kroner(found) == (wide, narrow)


def test_no_more_is_paid_than_is_documented() -> None:
    assert kroner(figures(OUTSIDE, municipality(1, 5), documented=["7000000"])) == (7_000_000, 7_000_000)
    assert kroner(figures(OUTSIDE, municipality(1, 5), documented=["4000000", "3000000.10", "0.20"])) == (
        Fraction("7000000.3"),
        Fraction("7000000.3"),
    )
    assert kroner(figures(OUTSIDE, municipality(1, 5), documented=[])) == (0, 0)


def test_the_first_instalment_does_not_ask_for_the_share() -> None:
    found = figures(OUTSIDE, [])
    assert (counts(found[SHARE]), found[SHARE].share) == ((0, 0), None)
    assert kroner(found) == (4_474_800, 4_474_800)
    assert kroner(figures(OUTSIDE, municipality(0, 5), documented=["1000000"])) == (1_000_000, 1_000_000)


def test_costs_count_from_the_day_on_which_they_are_documented() -> None:
    month = figures(OUTSIDE, municipality(1, 5), date(2022, 6, 30), documented=["1000000", "2000000"])
    assert kroner(month) == (1_000_000, 1_000_000)


def test_an_amount_is_no_share_and_has_no_target() -> None:
    found = figures(OUTSIDE, municipality(3, 20))[PAYOUT]
    assert found.document == {
        "id": PAYOUT,
        "numerator": 8_054_640,
        "denominator": None,
        "share": None,
        "target": None,
        "met": None,
    }


# Which month


def test_the_best_month_of_the_project_decides() -> None:
    stories = [story(opened(), working(), idle("2022-06-01")) if number < 1 else story(opened()) for number in range(5)]
    later = figures(OUTSIDE, stories)
    assert (counts(later[SHARE]), kroner(later)) == ((0, 5), (GRANT, GRANT))
    assert figures(OUTSIDE, stories, date(2022, 4, 30), documented=[])[SHARE].numerator == 0


@pytest.mark.parametrize(("day", "paid"), [(date(2022, 5, 1), 0), (date(2022, 5, 2), 1)])
def test_a_month_that_is_not_over_counts_as_it_stands(day: date, paid: int) -> None:
    (found,) = [one for one in kpis_of(pathways(OUTSIDE, municipality(1, 5), day), OUTSIDE, day) if one.id == SHARE]
    assert found.numerator == paid


@pytest.mark.parametrize(("start", "paid"), [("2023-12-31", GRANT), ("2024-01-01", 4_474_800)])
def test_no_month_after_the_project_counts(start: str, paid: int) -> None:
    found = figures(OUTSIDE, [story(opened(), working(start))], date(2024, 3, 31))
    assert (counts(found[SHARE]), kroner(found)) == ((1, 1), (paid, paid))


def test_no_month_before_the_project_counts() -> None:
    before = story(opened("2021-06-01"), working("2021-06-01"), idle("2021-12-01"))
    assert kroner(figures(OUTSIDE, [before])) == (4_474_800, 4_474_800)
    assert kroner(figures(OUTSIDE, [story(*before[:2], idle("2021-12-02"))])) == (GRANT, GRANT)


# Who is touched


@pytest.mark.parametrize(
    ("told", "months"),
    [
        ([working("2022-05-31")], "05 06 07"),
        ([working("2022-05-31"), idle("2022-06-01")], "05"),
        ([working("2022-05-31"), idle("2022-06-02")], "05 06"),
        ([working("2022-05-10"), idle("2022-05-10")], ""),
        ([working("2022-05-10"), idle("2022-05-20"), working("2022-07-31")], "05 07"),
        # From one job to another on one day. Without their names the end is one of all wage hours.
        (
            [
                working("2022-05-10", employment="a"),
                idle("2022-05-20", employment="a"),
                working("2022-05-20", employment="b"),
            ],
            "05 06 07",
        ),
        ([working("2022-05-10"), idle("2022-05-20"), working("2022-05-20")], "05"),
        ([working("2022-05-10", employment="a"), idle("2022-05-20", employment="b")], "05 06 07"),
        ([fact("education_started", "2022-05-10", su_entitled=True)], "05 06 07"),
        ([fact("education_started", "2022-05-10", su_entitled=False)], ""),
        (
            [
                fact("education_started", "2022-05-10", su_entitled=True),
                idle("2022-05-20"),
                fact("education_ended", "2022-07-01"),
            ],
            "05 06",
        ),
        ([working("2022-05-10"), fact("case_closed", "2022-05-31", reason="ordinary_job")], "05 06 07"),
    ],
)
def test_one_day_in_the_month_is_enough(told: list[Fact], months: str) -> None:
    ends = {"05": date(2022, 5, 31), "06": date(2022, 6, 30), "07": date(2022, 7, 31)}
    touched = [month for month, end in ends.items() if figures(OUTSIDE, [story(opened(), *told)], end)[SHARE].numerator]
    assert " ".join(touched) == months


# Who is in the intervention group


@pytest.mark.parametrize(
    "other",
    [
        {"over_30": False},
        {"activity_ready": False},
        {"benefit": "other"},
        {"benefit": "transition_benefit", "introduction_programme": True},
    ],
    ids=str,
)
def test_others_than_the_target_group_are_not_counted(other: dict[str, str | bool]) -> None:
    stories = [story(opened(**other), working()), story(opened(benefit="transition_benefit"))]
    assert counts(figures(OUTSIDE, stories)[SHARE]) == (0, 1)


@pytest.mark.parametrize(
    ("day", "counted"),
    [("2022-01-02", 0), ("2022-01-03", 1), ("2022-03-09", 1), ("2022-03-10", 0), ("2022-04-30", 0), ("2022-05-01", 1)],
)
def test_the_exempted_leave_the_group_and_come_back(day: str, counted: int) -> None:
    marked = fact("exemption_marked", "2022-03-10", reason="illness")
    lifted = fact("exemption_lifted", "2022-05-01")
    found = figures(OUTSIDE, [story(opened(), marked, lifted)], date.fromisoformat(day))
    assert found[SHARE].denominator == counted


@pytest.mark.parametrize(
    ("told", "counted"),
    [
        ([fact("pathway_closed", "2022-06-01", reason="moved_out")], 0),
        ([fact("pathway_closed", "2022-06-01", reason="death")], 0),
        ([fact("pathway_closed", "2022-06-01", reason="old_age_pension")], 0),
        ([fact("case_closed", "2022-06-01", reason="other_benefit")], 1),
        (
            [
                fact("exemption_marked", "2022-05-01", reason="job_soon"),
                fact("case_closed", "2022-06-01", reason="other"),
            ],
            1,
        ),
        ([fact("rehab_referred", "2022-06-01")], 0),
        ([fact("rehab_referred", "2022-06-01"), fact("case_closed", "2022-07-01", reason="other_benefit")], 0),
        ([fact("rehab_referred", "2022-06-01"), fact("rehab_returned", "2022-07-01")], 1),
        ([fact("pathway_closed", "2022-06-01", reason="moved_out"), fact("pathway_reopened", "2022-09-01")], 1),
    ],
)
def test_only_some_ways_lead_out_of_the_group(told: list[Fact], counted: int) -> None:
    assert figures(OUTSIDE, [story(opened(), *told)])[SHARE].denominator == counted


# From a database


def test_the_pathways_behind_an_amount_are_those_of_the_month_that_decided() -> None:
    stories = [story(opened(), working(), idle("2022-06-01")), story(opened()), story(opened("2022-08-01"))]
    engine = sa.create_engine("sqlite://")
    with engine.begin() as connection:
        tables.metadata.create_all(connection)
        named = named_by(declared_by(OUTSIDE).values())
        insert(connection, {key: rows_of(one, named) for key, one in pathways(OUTSIDE, stories, END)})
        found = contributions(connection, declared_by(OUTSIDE)[PAYOUT], OUTSIDE, END)
    engine.dispose()
    assert found == [Contribution("0336", "citizen", "c0", 1, 1), Contribution("0336", "citizen", "c1", 0, 1)]


def test_a_database_pays_the_same(database_url: str, tmp_path: Path) -> None:
    keys = FileKeys(tmp_path / "master.key")
    keys.create()
    clock = VirtualClock(noon_of(date(2022, 1, 3)))
    leader = Actor("lee", "system")

    def said(kind: str, on: date, /, **fields: str | bool) -> NewFact:
        return NewFact(kind=kind, on=on, fields=fields)

    with Engine(database_url, OUTSIDE.id, clock=clock, keys=keys, create=True) as engine:
        for number in range(5):
            engine.record(f"c{number}", said("pathway_opened", date(2022, 1, 3), **IN_GROUP), actor=leader)
        clock.at += timedelta(days=200)
        engine.record("c0", said("wage_hours_started", date(2022, 5, 2)), actor=leader)
        for amount in ("7000000", "500000.50"):
            spent = said("costs_documented", date(2022, 7, 1), amount=amount, account="interim")
            engine.record("project", spent, actor=leader)
        with engine.database.read() as connection:
            found = {one.id: one for one in compute(connection, OUTSIDE, date(2022, 7, 22), "0851")}
            elsewhere = {one.id: one for one in compute(connection, OUTSIDE, date(2022, 7, 22), "0336")}
    assert counts(found[SHARE]) == (1, 5)
    assert kroner(found) == (Fraction("7500000.5"), Fraction("7500000.5"))
    assert kroner(elsewhere) == (0, 0)
