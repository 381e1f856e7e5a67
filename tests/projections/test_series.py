"""A figure over time is what it is on each of the days, whether it is summed up or asked for anew."""

from datetime import date, timedelta

import pytest
import sqlalchemy as sa
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.kpi_loops import CASES, Case
from tests.projections.histories import KNOWN

from indsats.domain.obligations import derive
from indsats.models.kpi_form import kpis_of as declared_by
from indsats.models.library import load
from indsats.projections import tables
from indsats.projections.facts import named_by
from indsats.projections.kpis import compute, series
from indsats.projections.rows import PathwayKey, rows_of
from indsats.projections.writer import insert

STEPS = st.lists(st.sampled_from([0, 1, 2, 7, 28, 31, 100]), min_size=1, max_size=8)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.model)
@settings(max_examples=25)
@given(data=st.data(), steps=STEPS)
def test_each_figure_over_time_is_that_of_each_day(case: Case, data: st.DataObject, steps: list[int]) -> None:
    model, drawn = load(case.model), data.draw(case.drawn)
    kpis = declared_by(model)
    named = named_by(kpis.values())
    days = [drawn.rows_on - timedelta(days=sum(steps[place:])) for place in range(len(steps))]
    engine = sa.create_engine("sqlite://")
    with engine.begin() as connection:
        tables.metadata.create_all(connection)
        for number, (subject, facts) in enumerate(drawn.pathways):
            key = PathwayKey("0336", model.family, subject, f"c{number}")
            insert(connection, {key: rows_of(derive(model, facts, drawn.rows_on, KNOWN), named)})
        for kpi in kpis.values():
            asked = [one for day in days for one in compute(connection, model, day, ids=[kpi.id])]
            assert series(connection, kpi, model, days) == asked
            assert series(connection, kpi, model, []) == []
    engine.dispose()


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.model)
def test_no_figure_is_asked_for_day_by_day(case: Case) -> None:
    model = load(case.model)
    days = [date(2017, 1, 1) + timedelta(days=day) for day in range(20)]
    asked: list[object] = []
    engine = sa.create_engine("sqlite://")
    sa.event.listen(engine, "before_cursor_execute", lambda *args: asked.append(args[2]))
    with engine.begin() as connection:
        tables.metadata.create_all(connection)
        for kpi in declared_by(model).values():
            asked.clear()
            series(connection, kpi, model, days)
            assert len(asked) < len(days), kpi.id
    engine.dispose()
