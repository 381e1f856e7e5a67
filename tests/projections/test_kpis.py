"""Declaring, asking and listing key figures."""

from collections.abc import Iterator
from datetime import date
from fractions import Fraction
from pathlib import Path

import pytest
import sqlalchemy as sa
from tests.projections.histories import Count, counts, fact, pathways, story

from indsats.domain.model import Model
from indsats.domain.timeline import Fact
from indsats.models.kpi_form import kpis_of as declared_by
from indsats.models.library import load, load_all
from indsats.projections import tables
from indsats.projections.facts import named_by
from indsats.projections.kpis import Contribution, compute, contributions, kpis_of
from indsats.projections.rows import PathwayKey, rows_of
from indsats.projections.writer import insert

STEVNS = load("stevns-2017")
DAY = date(2017, 6, 1)
SCENARIOS = Path(__file__).parents[2] / "scenarios" / "kpis"

MORE = """
id: more
version: 1
title: {da: Flere, en: More}
extends: flexjob-base
kpis:
  weekly_exits:
    title: {da: Afsluttet til job eller uddannelse, en: Ended to job or education}
    rows: facts
    fact: pathway_closed
    unit: citizen
    where: {on: {min: week_start, max: as_of}, reason: {in: [ordinary_job, education]}}
  weekly_conversations:
    title: {da: Samtaler, en: Conversations}
    rows: facts
    fact: [first_conversation_held, conversation_held]
    where: {on: {min: week_start}}
    target: {at_least: 2}
  weekly_cv_share:
    title: {da: Andel med CV, en: Share with CV}
    rows: pathways
    where: {phase: {is: ledighedsydelse}}
    numerator: {some: {fact: cv_published, in: stretch}}
  invited_share:
    title: {da: Andel med virksomhedskonsulent, en: Share with a company consultant}
    rows: facts
    fact: first_conversation_held
    where: {participants: {includes: [caseworker, citizen]}}
    numerator: {consultant_invited: {is: true}}
  dated_agreements:
    title: {da: Aftaler med opfølgning den dag, en: Agreements on a follow-up that day}
    rows: facts
    fact: tillaegsaftale_signed
    where: {on: {above: month_start, below: as_of}, some: {fact: cv_published}}
    numerator: {follow_up_dates: {includes: [2017-06-15]}}
  jobs_of_many_hours:
    title: {da: Job på mange timer, en: Jobs of many hours}
    rows: facts
    fact: flexjob_started
    numerator: {weekly_hours: {above: 20}}
"""


@pytest.fixture(scope="module")
def more(tmp_path_factory: pytest.TempPathFactory) -> Model:
    path = tmp_path_factory.mktemp("models") / "more.yaml"
    path.write_text(MORE)
    return load(str(path))


@pytest.fixture
def connection() -> Iterator[sa.Connection]:
    engine = sa.create_engine("sqlite://")
    with engine.begin() as connection:
        tables.metadata.create_all(connection)
        yield connection
    engine.dispose()


def fill(connection: sa.Connection, model: Model, stories: list[list[Fact]], municipality: str = "0336") -> None:
    named = named_by(declared_by(model).values())
    moved = [(PathwayKey(municipality, *key[1:]), derivation) for key, derivation in pathways(model, stories, DAY)]
    insert(connection, {key: rows_of(derivation, named) for key, derivation in moved})


def told(model: Model, *stories: list[Fact], as_of: date = DAY) -> dict[str, tuple[Count, Count]]:
    return {one.id: counts(one) for one in kpis_of(pathways(model, stories, as_of), model, as_of)}


STARTED = fact("ledighedsydelse_started", "2017-05-02", route="mover_in")
CLUB = fact("referred", "2017-05-03", track="job_club")
JOB = fact("flexjob_started", "2017-05-20", employment="e1", weekly_hours="8")


def test_a_figure_is_added_in_the_model_file_alone(more: Model) -> None:
    monday, sunday = date(2017, 5, 29), date(2017, 6, 4)
    exits = [
        story(STARTED, fact("pathway_closed", day, reason=reason))
        for day, reason in [(monday, "education"), (date(2017, 5, 28), "education"), (sunday, "other")]
    ]
    assert told(more, *exits, as_of=sunday)["weekly_exits"] == (1, None)


def test_a_count_has_no_denominator_and_is_compared_with_its_target(more: Model) -> None:
    talks = [fact("conversation_held", "2017-05-30", participants=["caseworker"])] * 2
    (found,) = [
        one
        for one in kpis_of(pathways(more, [story(STARTED, *talks)], DAY), more, DAY)
        if one.id == "weekly_conversations"
    ]
    assert (counts(found), found.share, found.met) == ((2, None), None, True)


def test_a_row_can_ask_for_some_fact_of_its_stretch(more: Model) -> None:
    published = fact("cv_published", "2017-05-10")
    closed = fact("pathway_closed", "2017-05-11", reason="other")
    again = [fact("pathway_reopened", "2017-05-12"), fact("ledighedsydelse_started", "2017-05-12", route="mover_in")]
    assert told(more, story(STARTED, published), story(STARTED))["weekly_cv_share"] == (1, 2)
    assert told(more, story(STARTED, published, closed, *again))["weekly_cv_share"] == (0, 1)


def test_lists_truth_values_and_numbers_of_facts_can_be_asked(more: Model) -> None:
    both = {"participants": ["citizen", "caseworker"]}
    held = [
        fact("first_conversation_held", "2017-05-05", consultant_invited=True, **both),
        fact("first_conversation_held", "2017-05-06", consultant_invited=False, **both),
        fact("first_conversation_held", "2017-05-07", **both),
        fact("first_conversation_held", "2017-05-08", consultant_invited=True, participants=["caseworker"]),
    ]
    jobs = [
        fact("flexjob_started", "2017-05-20", employment=hours, weekly_hours=hours) for hours in ("20", "20.5", "37")
    ]
    found = told(more, story(STARTED, *held, *jobs))
    assert found["invited_share"] == (1, 3)
    assert found["jobs_of_many_hours"] == (2, 3)


def test_days_of_facts_can_be_asked(more: Model) -> None:
    signed = [
        fact("tillaegsaftale_signed", "2017-05-22", employment="e1", follow_up_dates=["2017-06-15", "2017-07-17"]),
        fact("tillaegsaftale_signed", "2017-05-01", employment="e1", follow_up_dates=["2017-06-15"]),
        fact("tillaegsaftale_signed", "2017-05-31", employment="e1", follow_up_dates=["2017-06-15"]),
        fact("tillaegsaftale_signed", "2017-05-29", employment="e1", follow_up_dates=["2017-06-16"]),
    ]
    published = fact("cv_published", "2016-12-01")
    found = told(more, story(JOB, published, *signed), story(JOB, *signed), as_of=date(2017, 5, 31))
    assert found["dated_agreements"] == (1, 2)


def test_the_pathways_behind_a_figure_are_listed(connection: sa.Connection) -> None:
    twice = story(STARTED, JOB, fact("ledighedsydelse_started", "2017-05-25", route="dismissed_flexjob"), CLUB)
    fill(connection, STEVNS, [twice, story(STARTED), story(JOB)])
    kpi = declared_by(STEVNS)["club_referral_share"]
    assert contributions(connection, kpi, STEVNS, DAY) == [
        Contribution("0336", "citizen", "c0", 1, 2),
        Contribution("0336", "citizen", "c1", 0, 1),
    ]


@pytest.mark.parametrize("name", declared_by(STEVNS))
def test_contributions_add_up_to_the_counts(connection: sa.Connection, name: str) -> None:
    held = fact("first_conversation_held", "2017-05-05", participants=["caseworker"])
    ended = fact("flexjob_ended", "2017-05-25", employment="e1")
    fill(connection, STEVNS, [story(STARTED, CLUB, held, JOB), story(STARTED, JOB, ended), story(STARTED)])
    kpi = declared_by(STEVNS)[name]
    (result,) = compute(connection, STEVNS, DAY, ids=[name])
    listed = contributions(connection, kpi, STEVNS, DAY)
    unit = 30 if name == "ledighedsydelse_share_full_time" else 1
    assert result.denominator == Fraction(sum(one.denominator or 0 for one in listed), unit)
    if kpi.median is None:
        assert result.numerator == Fraction(sum(one.numerator for one in listed), unit)


def test_one_municipality_is_counted_or_all(connection: sa.Connection) -> None:
    fill(connection, STEVNS, [story(STARTED), story(JOB)], "0336")
    fill(connection, STEVNS, [story(STARTED)], "0851")
    (all_of_them,) = compute(connection, STEVNS, DAY, ids=["ledighedsydelse_share"])
    (one,) = compute(connection, STEVNS, DAY, "0336", ids=["ledighedsydelse_share"])
    assert counts(all_of_them) == (2, 3)
    assert counts(one) == (1, 2)


def test_the_same_citizen_id_in_two_municipalities_is_two_citizens(connection: sa.Connection) -> None:
    for municipality in ("0336", "0851"):
        fill(connection, STEVNS, [story(STARTED)], municipality)
    (found,) = compute(connection, STEVNS, DAY, ids=["existing_recipient_share"])
    assert found.denominator == 2


def test_what_is_known_of_a_citizen_says_nothing_of_one_with_the_same_id_elsewhere(connection: sa.Connection) -> None:
    fill(connection, STEVNS, [story(STARTED, CLUB)], "0336")
    fill(connection, STEVNS, [story(STARTED)], "0851")
    (found,) = compute(connection, STEVNS, DAY, ids=["club_referral_share"])
    assert counts(found) == (1, 2)


def test_rows_made_later_say_what_had_happened_by_the_day_asked_for(connection: sa.Connection) -> None:
    fill(connection, STEVNS, [story(STARTED, CLUB)])

    def asked(day: str, kpi: str) -> tuple[Count, Count]:
        (found,) = compute(connection, STEVNS, date.fromisoformat(day), ids=[kpi])
        return counts(found)

    assert asked("2017-05-02", "club_referral_share") == (0, 1)
    assert asked("2017-05-03", "club_referral_share") == (1, 1)
    # Due on 9 May, and missed from the day after.
    assert asked("2017-05-09", "first_conversation_on_time") == (0, 0)
    assert asked("2017-05-10", "first_conversation_on_time") == (0, 1)


def test_a_referral_on_the_day_of_the_start_counts() -> None:
    assert told(STEVNS, story(STARTED, fact("referred", "2017-05-02", track="job_club")))["club_referral_share"] == (
        1,
        1,
    )


def test_who_left_on_the_first_of_the_month_has_no_day_in_it(connection: sa.Connection) -> None:
    left = fact("pathway_closed", "2017-06-01", reason="other")
    fill(connection, STEVNS, [story(STARTED, left), story(STARTED)])
    kpi = declared_by(STEVNS)["ledighedsydelse_share_full_time"]
    assert contributions(connection, kpi, STEVNS, DAY) == [Contribution("0336", "citizen", "c1", 1, 1)]


def test_pathways_of_another_family_are_not_counted(connection: sa.Connection) -> None:
    fill(connection, STEVNS, [story(STARTED)])
    ((key, derivation),) = pathways(STEVNS, [story(JOB)], DAY)
    insert(connection, {key._replace(family="contact"): rows_of(derivation, named_by(()))})
    (found,) = compute(connection, STEVNS, DAY, ids=["employed_share"])
    assert counts(found) == (0, 1)


def test_an_empty_denominator_is_not_computable() -> None:
    for result in kpis_of([], STEVNS, DAY):
        assert (counts(result)[1], result.share, result.met) == (0, None, None)


def test_scripts_read_whole_numbers_floats_and_nulls() -> None:
    found = {one.id: one.document for one in kpis_of(pathways(STEVNS, [story(STARTED), story(JOB)], DAY), STEVNS, DAY)}
    assert found["ledighedsydelse_share"] == {
        "id": "ledighedsydelse_share",
        "numerator": 1,
        "denominator": 2,
        "share": 0.5,
        "target": 40 / 387,
        "met": False,
    }
    assert found["ledighedsydelse_share_full_time"]["numerator"] == pytest.approx(1 / 30)
    assert found["days_to_flexjob"] == {
        "id": "days_to_flexjob",
        "numerator": None,
        "denominator": 0,
        "share": None,
        "target": None,
        "met": None,
    }


def test_a_model_without_figures_has_none(tmp_path: Path) -> None:
    path = tmp_path / "plain.yaml"
    path.write_text("id: plain\nversion: 1\ntitle: {da: Intet, en: Nothing}\nextends: flexjob-base\n")
    assert kpis_of([], load(str(path)), DAY) == []


@pytest.mark.parametrize(
    ("name", "kpi"),
    [(model.id, kpi) for model in load_all() for kpi in declared_by(model)],
)
def test_every_figure_of_the_shipped_models_has_a_scenario(name: str, kpi: str) -> None:
    told = [path.read_text() for path in SCENARIOS.glob("*.yaml")]
    assert any(f"model: {name}\n" in text and f"kpi: {kpi}," in text for text in told)
