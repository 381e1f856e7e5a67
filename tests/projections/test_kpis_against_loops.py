"""Whatever happens, the statements count what plain loops over the facts count."""

from datetime import date

import pytest
import sqlalchemy as sa
from hypothesis import given, settings
from tests import kpi_oracle
from tests.projections.histories import counts, pathways, stories_and_days

from indsats.domain.model import Model
from indsats.domain.timeline import Fact
from indsats.models.kpi_form import kpis_of as declared_by
from indsats.models.library import load
from indsats.projections import tables
from indsats.projections.facts import named_by
from indsats.projections.kpis import compute, kpis_of
from indsats.projections.rows import rows_of
from indsats.projections.writer import insert

STEVNS = load("stevns-2017")

Drawn = tuple[list[list[Fact]], date, date]


def by_loops(stories: list[list[Fact]], as_of: date) -> dict[str, kpi_oracle.Figure]:
    told = [kpi_oracle.told(facts, list(STEVNS.facts), as_of) for facts in stories]
    derived = [derivation for _, derivation in pathways(STEVNS, stories, as_of)]
    return kpi_oracle.figures(told, [owed for one in derived for owed in one.obligations], as_of)


@settings(max_examples=150)
@given(drawn=stories_and_days())
def test_every_figure_is_what_loops_over_the_facts_count(drawn: Drawn) -> None:
    stories, as_of, _ = drawn
    found = kpis_of(pathways(STEVNS, stories, as_of), STEVNS, as_of)
    assert {one.id: counts(one) for one in found} == by_loops(stories, as_of)


@settings(max_examples=100)
@given(drawn=stories_and_days())
def test_rows_of_one_day_answer_for_every_day_before(drawn: Drawn) -> None:
    stories, as_of, rows_on = drawn
    named = named_by(declared_by(STEVNS).values())
    engine = sa.create_engine("sqlite://")
    with engine.begin() as connection:
        tables.metadata.create_all(connection)
        insert(connection, {key: rows_of(one, named) for key, one in pathways(STEVNS, stories, rows_on)})
        found = compute(connection, STEVNS, as_of)
    engine.dispose()
    assert {one.id: counts(one) for one in found} == by_loops(stories, as_of)


PROGRESSION = """
id: progression
version: 1
title: {da: Progression, en: Progression}
extends: flexjob-base
valid: {from: 2017-02-01}
kpis:
  progression_share:
    title: {da: Progression, en: Progression}
    rows: employments
    unit: citizen
    where: {hours_at_start: {max: 10}, started_on: {min: valid_from}}
    numerator: {total_hours: {above: hours_at_start}}
"""


@pytest.fixture(scope="module")
def progression(tmp_path_factory: pytest.TempPathFactory) -> Model:
    path = tmp_path_factory.mktemp("models") / "progression.yaml"
    path.write_text(PROGRESSION)
    return load(str(path))


@given(drawn=stories_and_days())
def test_persons_with_more_hours_are_what_loops_count(progression: Model, drawn: Drawn) -> None:
    stories, as_of, _ = drawn
    told = [kpi_oracle.told(facts, list(progression.facts), as_of) for facts in stories]
    (found,) = kpis_of(pathways(progression, stories, as_of), progression, as_of)
    assert counts(found) == kpi_oracle.progressed(told, date(2017, 2, 1))
