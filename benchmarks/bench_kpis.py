"""What do key figures cost? Each of them, and a series of 78 weeks, over the read models of 100,000 pathways.

Under every kind of model: some thousand pathways are derived and their rows written straight into the tables, again
and again under other ids, which is quicker than to import so many. On SQLite and on PostgreSQL; and the figures of the
first model asked of a Parquet export through DuckDB. The goal is 200 ms for a figure, and 3 s for a series.
`python -m benchmarks.bench_kpis PATHWAYS FACTS_EACH ON_POSTGRESQL` takes other sizes.
"""

import os
import sys
import tempfile
from collections.abc import Sequence
from datetime import timedelta
from itertools import cycle, islice
from pathlib import Path
from statistics import median
from time import perf_counter

import sqlalchemy as sa
from tests.postgres import PostgresServer, installed

from benchmarks.kpi_loads import Load, loads
from indsats.exchange.parquet import kpis_of_export, write
from indsats.models.kpi_form import kpis_of
from indsats.projections.facts import Named
from indsats.projections.kpis import compute, series
from indsats.projections.rows import PathwayKey, Rows
from indsats.projections.writer import insert
from indsats.store.connection import Database
from indsats.store.migrations import upgrade

MUNICIPALITY = "0336"
DERIVED = 2_000
AT_ONCE = 500
WEEKS = 78


def main(pathways: int, facts_each: int, on_postgresql: int) -> None:
    print(f"load of the machine: {os.getloadavg()[0]:.1f} on {os.cpu_count()} processors")
    server = PostgresServer(max(installed()), durable=True).start()
    try:
        for number, load in enumerate(loads()):
            begun = perf_counter()
            derived = list(load.rows(min(pathways, DERIVED), facts_each))
            print(f"{load.model.id}: derived {len(derived):,} pathways in {perf_counter() - begun:.0f} s")
            with tempfile.TemporaryDirectory() as directory:
                exported = Path(directory) if number == 0 else None
                show(f"sqlite:///{directory}/indsats.db", load, derived, pathways, exported)
            name = f"kpis_{number}"
            server.execute(f"CREATE DATABASE {name}")
            show(server.url(name), load, derived, on_postgresql)
            server.execute(f"DROP DATABASE {name}")
    finally:
        server.stop()


def show(url: str, load: Load, derived: Sequence[Rows], pathways: int, directory: Path | None = None) -> None:
    database = Database(url)
    fill(database, load, derived, pathways)
    named = load.named
    weeks = [load.as_of - timedelta(days=load.as_of.weekday() + 1, weeks=back) for back in reversed(range(WEEKS))]
    with database.read() as connection:
        for name, kpi in kpis_of(load.model).items():
            times = [seconds(connection, load, name, named) for _ in range(5)]
            begun = perf_counter()
            series(connection, kpi, load.model, weeks, MUNICIPALITY, named.asked)
            print(
                f"  {name}: {1000 * median(times):.0f} ms (at most {1000 * max(times):.0f}), "
                f"{WEEKS} weeks {perf_counter() - begun:.1f} s"
            )
        if directory is not None:
            begun = perf_counter()
            write(connection, directory / "out", MUNICIPALITY, load.as_of, named)
            size = sum(file.stat().st_size for file in (directory / "out").iterdir())
            print(f"  Parquet export: {perf_counter() - begun:.0f} s, {size / 1e6:.0f} MB")
            begun = perf_counter()
            kpis_of_export(directory / "out", load.model, load.as_of)
            print(f"  all figures of the export through DuckDB: {perf_counter() - begun:.2f} s")
    database.close()


def seconds(connection: sa.Connection, load: Load, name: str, named: Named) -> float:
    begun = perf_counter()
    compute(connection, load.model, load.as_of, MUNICIPALITY, [name], named.asked)
    return perf_counter() - begun


def fill(database: Database, load: Load, derived: Sequence[Rows], pathways: int) -> None:
    """The rows in turn, each time as those of another citizen."""
    begun = perf_counter()
    written = 0
    numbered = islice(enumerate(cycle(derived)), pathways)
    with database.write() as connection:
        upgrade(connection)
        while some := dict(islice(numbered, AT_ONCE)):
            insert(connection, {key(load, number): made for number, made in some.items()})
            written += sum(len(each) for made in some.values() for each in made.values())
            print(f"  {written:,} rows", end="\r", file=sys.stderr)
    if database.engine.dialect.name == "postgresql":
        with database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.exec_driver_sql("VACUUM ANALYZE")
    name = database.engine.dialect.name
    print(f"  {name}: {pathways:,} pathways, {written:,} rows written in {perf_counter() - begun:.0f} s")


def key(load: Load, number: int) -> PathwayKey:
    return PathwayKey(MUNICIPALITY, load.model.family, "citizen", f"c{number:06d}")


if __name__ == "__main__":
    sizes = [int(text) for text in sys.argv[1:]]
    main(*(sizes or [100_000, 60, 100_000]))
