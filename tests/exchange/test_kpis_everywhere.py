"""Whatever holds the read models, a key figure is the same: SQLite, PostgreSQL, Parquet files, and what loops count."""

from collections.abc import Iterator, Sequence
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
import sqlalchemy as sa
from hypothesis import given, settings
from hypothesis import strategies as st
from tests import kpi_oracle
from tests.conftest import DATABASES, Servers
from tests.kpi_loops import CASES, Case, Drawn
from tests.projections.histories import KNOWN, counts

from indsats.domain.obligations import derive
from indsats.exchange.parquet import kpis_of_export, write
from indsats.models.kpi_form import kpis_of as declared_by
from indsats.models.library import load, load_all
from indsats.projections import tables
from indsats.projections.facts import named_by
from indsats.projections.kpis import KpiResult, compute, series
from indsats.projections.rows import PathwayKey, rows_of
from indsats.projections.writer import insert

MUNICIPALITY = "0336"

Found = Sequence[KpiResult]


@pytest.fixture(scope="session")  # of which a worker that runs tests side by side with others has one
def postgresql(servers: Servers) -> Iterator[sa.Engine]:
    server = servers.server(DATABASES[-1])
    server.execute("CREATE DATABASE kpis_everywhere")
    engine = sa.create_engine(server.url("kpis_everywhere"))
    tables.metadata.create_all(engine)
    yield engine
    engine.dispose()


def test_every_shipped_model_with_key_figures_is_here() -> None:
    assert {case.model for case in CASES} == {model.id for model in load_all() if declared_by(model)}


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.model)
@settings(max_examples=12)
@given(data=st.data())
def test_every_figure_is_the_same_everywhere(postgresql: sa.Engine, case: Case, data: st.DataObject) -> None:
    model = load(case.model)
    drawn: Drawn = data.draw(case.drawn)
    named = named_by(declared_by(model).values())
    rows = {
        PathwayKey(MUNICIPALITY, model.family, subject, f"c{number}"): rows_of(
            derive(model, facts, drawn.rows_on, KNOWN), named
        )
        for number, (subject, facts) in enumerate(drawn.pathways)
    }
    sqlite = sa.create_engine("sqlite://")
    with sqlite.begin() as connection, TemporaryDirectory() as directory:
        tables.metadata.create_all(connection)
        insert(connection, rows)
        in_sqlite = compute(connection, model, drawn.as_of, MUNICIPALITY)
        write(connection, Path(directory) / "out", MUNICIPALITY, drawn.rows_on, named)
        in_files = kpis_of_export(Path(directory) / "out", model, drawn.as_of)
    sqlite.dispose()
    with postgresql.connect() as connection, connection.begin() as transaction:
        insert(connection, rows)
        in_postgresql = compute(connection, model, drawn.as_of, MUNICIPALITY)
        days = [drawn.as_of - timedelta(days=8), drawn.as_of]
        over_time = [series(connection, kpi, model, days, MUNICIPALITY) for kpi in declared_by(model).values()]
        before = compute(connection, model, days[0], MUNICIPALITY)
        transaction.rollback()
    assert over_time == [list(both) for both in zip(before, in_sqlite, strict=True)]
    assert in_postgresql == in_sqlite
    assert in_files == in_sqlite
    assert {one.id: counts(one) for one in in_sqlite} == by_loops(case, drawn)


def by_loops(case: Case, drawn: Drawn) -> object:
    model = load(case.model)
    told = [(subject, kpi_oracle.told(facts, list(model.facts), drawn.as_of)) for subject, facts in drawn.pathways]
    derived = [derive(model, facts, drawn.as_of, KNOWN) for _, facts in drawn.pathways]
    return case.loops(told, [owed for one in derived for owed in one.obligations], drawn.as_of)
