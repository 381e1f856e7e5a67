"""The Parquet export: read by others' readers, it holds what the tables hold, whole or not at all."""

import stat
from collections.abc import Iterator
from datetime import date, timedelta
from fractions import Fraction
from pathlib import Path

import duckdb
import pytest
import sqlalchemy as sa
from pyarrow import parquet
from tests.engine.looking import KIM, MONDAY, rows, started, talked

from indsats.clock import VirtualClock
from indsats.domain import facts
from indsats.domain.values import Actor
from indsats.engine import Engine
from indsats.engine.kpis import kpis
from indsats.errors import NotAllowed, ValueInvalid
from indsats.exchange.parquet import Exported, export, kpis_of_export
from indsats.models.library import load
from indsats.projections.tables import LIVE
from indsats.store.keys import Keys

LEADER = Actor("lea", "team_leader")
ANNA = facts.worker_assigned(on=MONDAY, worker="anna", as_role="caseworker", at_unit="north")
JOB = facts.flexjob_started(on=MONDAY + timedelta(days=3), employment="e1", weekly_hours=7.5)


@pytest.fixture
def engine(database_url: str, clock: VirtualClock, keys: Keys) -> Iterator[Engine]:
    with Engine(database_url, "stevns-2017", clock=clock, keys=keys, create=True) as engine:
        engine.record("c1", [started(), talked(), ANNA, JOB], actor=KIM, late=True)
        engine.record("blåbær-2", started(id="c2"), actor=KIM)
        yield engine


def exported(engine: Engine, directory: Path) -> Exported:
    return export(engine, directory, actor=LEADER)


def test_the_files_hold_what_the_tables_hold(engine: Engine, tmp_path: Path) -> None:
    found = exported(engine, tmp_path / "out")
    assert {file.name for file in found.directory.iterdir()} == {f"{name}.parquet" for name in LIVE.tables}
    for name, table in LIVE.tables.items():
        held = parquet.read_table(found.directory / f"{name}.parquet")
        with engine.database.read() as connection:
            expected = connection.execute(sa.select(table).order_by(*table.primary_key)).mappings().all()
        assert held.to_pylist() == [dict(row) for row in expected]
        assert found.rows[name] == len(expected)
    assert found.rows["obligations"] > 2
    assert found.rows["fact_fields"] > 0


def test_columns_have_types_that_others_know(engine: Engine, tmp_path: Path) -> None:
    directory = exported(engine, tmp_path / "out").directory
    with duckdb.connect() as connection:
        described = connection.execute(f"DESCRIBE FROM '{directory}/employments.parquet'").fetchall()
    types = {name: type_ for name, type_, *_ in described}
    assert {types[name] for name in ("municipality", "citizen", "employment")} == {"VARCHAR"}
    assert (types["started_on"], types["run"], types["hours"], types["agreed"]) == (
        "DATE",
        "INTEGER",
        "DOUBLE",
        "BOOLEAN",
    )
    group = parquet.ParquetFile(directory / "pathways.parquet").metadata.row_group(0)
    assert {group.column(number).compression for number in range(group.num_columns)} == {"ZSTD"}


def test_only_its_owner_can_read_it(engine: Engine, tmp_path: Path) -> None:
    exported(engine, tmp_path / "out")
    assert stat.S_IMODE((tmp_path / "out").stat().st_mode) == 0o700


def test_an_export_never_overwrites(engine: Engine, tmp_path: Path) -> None:
    exported(engine, tmp_path / "out")
    before = {file: file.read_bytes() for file in (tmp_path / "out").iterdir()}
    with pytest.raises(ValueInvalid, match="is there already"):
        exported(engine, tmp_path / "out")
    with pytest.raises(ValueInvalid, match="cannot be made"):
        exported(engine, tmp_path / "nowhere" / "out")
    assert {file: file.read_bytes() for file in (tmp_path / "out").iterdir()} == before
    assert [path.name for path in tmp_path.iterdir() if path.is_dir()] == ["out"]


def test_nothing_is_left_of_an_export_that_breaks_off(engine: Engine, tmp_path: Path) -> None:
    def stop(_: int) -> None:
        assert any(path.suffix == ".part" for path in tmp_path.iterdir())
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        export(engine, tmp_path / "out", actor=LEADER, progress=stop)
    assert not [path for path in tmp_path.iterdir() if path.is_dir()]


def test_it_is_brought_up_to_the_day_and_changes_nothing(engine: Engine, clock: VirtualClock, tmp_path: Path) -> None:
    clock.at += timedelta(days=40)
    before = rows(engine, "indsats_obligations")
    found = exported(engine, tmp_path / "out")
    held = parquet.read_table(found.directory / "obligations.parquet").to_pylist()
    assert "breached" in {row["status"] for row in held}
    assert rows(engine, "indsats_obligations") == before
    assert found.as_of == MONDAY + timedelta(days=40)


def test_it_may_be_read_by_who_may_and_is_noted(engine: Engine, tmp_path: Path) -> None:
    with pytest.raises(NotAllowed):
        export(engine, tmp_path / "out", actor=KIM)
    assert not (tmp_path / "out").exists()
    exported(engine, tmp_path / "out")
    with engine.database.read() as connection:
        read = connection.exec_driver_sql("SELECT actor, command, filter FROM indsats_reads").all()
    assert [tuple(row) for row in read][-1] == ("lea", "kpi", '{"export": "parquet"}')


def test_figures_of_an_export_are_those_of_the_database(engine: Engine, clock: VirtualClock, tmp_path: Path) -> None:
    clock.at += timedelta(days=40)
    directory = exported(engine, tmp_path / "out").directory
    for day in (MONDAY, MONDAY + timedelta(days=3), MONDAY + timedelta(days=40)):
        asked = kpis(engine, actor=LEADER, as_of=day).figures
        assert kpis_of_export(directory, engine.model, day) == [figure.result for figure in asked]
    (one,) = kpis_of_export(directory, engine.model, MONDAY, ["employed_share"])
    assert (one.id, one.numerator, one.denominator) == ("employed_share", Fraction(0), Fraction(2))


def test_an_export_says_what_it_cannot_answer(engine: Engine, tmp_path: Path) -> None:
    directory = exported(engine, tmp_path / "out").directory
    with pytest.raises(ValueInvalid, match="was made on 2017-01-02 and cannot say what is so on 2017-01-03"):
        kpis_of_export(directory, engine.model, date(2017, 1, 3))
    share = "fsm3_wage_or_education_share"
    with pytest.raises(ValueInvalid, match=f"out: does not hold what '{share}' asks for; export under fsm3-2021@1"):
        kpis_of_export(directory, load("fsm3-2021"), MONDAY)
    (directory / "facts.parquet").unlink()
    with pytest.raises(ValueInvalid, match=r"facts\.parquet: there is no such file"):
        kpis_of_export(directory, engine.model, MONDAY)
