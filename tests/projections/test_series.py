"""A figure over time is what it is on each of the days, whether it is summed up or asked for anew."""

from datetime import timedelta

import pytest
import sqlalchemy as sa
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.kpi_loops import Drawn, flexjobs
from tests.projections.histories import pathways

from indsats.models.kpi_form import kpis_of as declared_by
from indsats.models.library import load
from indsats.projections import tables
from indsats.projections.facts import named_by
from indsats.projections.kpis import compute, series
from indsats.projections.rows import rows_of
from indsats.projections.statements import changes_of
from indsats.projections.writer import insert

STEVNS = load("stevns-2017")
KPIS = declared_by(STEVNS)


@settings(max_examples=40)
@given(drawn=flexjobs(), steps=st.lists(st.sampled_from([0, 1, 2, 7, 28, 31, 100]), min_size=1, max_size=8))
def test_each_figure_over_time_is_that_of_each_day(drawn: Drawn, steps: list[int]) -> None:
    named = named_by(KPIS.values())
    days = [drawn.rows_on - timedelta(days=sum(steps[place:])) for place in range(len(steps))]
    engine = sa.create_engine("sqlite://")
    with engine.begin() as connection:
        tables.metadata.create_all(connection)
        stories = [facts for _, facts in drawn.pathways]
        insert(connection, {key: rows_of(one, named) for key, one in pathways(STEVNS, stories, drawn.rows_on)})
        for kpi in KPIS.values():
            asked = [one for day in days for one in compute(connection, STEVNS, day, ids=[kpi.id])]
            assert series(connection, kpi, STEVNS, days) == asked
        assert series(connection, KPIS["employed_share"], STEVNS, []) == []
    engine.dispose()


@pytest.mark.parametrize("name", KPIS)
def test_what_rises_and_falls_by_day_is_summed_up(name: str) -> None:
    anew = {"existing_recipient_share", "club_referral_share", "days_to_flexjob"}
    assert (changes_of(KPIS[name]) is None) == (name in anew)
