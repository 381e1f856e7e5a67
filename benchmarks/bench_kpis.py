"""What do key figures cost? Each of them, and a series of 78 weeks, over the read models of 100,000 pathways.

The load is that of `replay.simulate`: some thousand pathways are derived and their rows written straight into the
tables, again and again under other ids, which is quicker than to import so many. On SQLite, and with fewer pathways on
PostgreSQL; and the same asked of a Parquet export through DuckDB.
`python -m benchmarks.bench_kpis PATHWAYS FACTS_EACH ON_POSTGRESQL` takes other sizes.
"""

import os
import sys
import tempfile
from collections.abc import Iterator
from datetime import date, timedelta
from itertools import cycle, groupby, islice
from pathlib import Path
from statistics import median
from time import perf_counter

import sqlalchemy as sa
from tests.postgres import PostgresServer, installed

from indsats.domain.calendar import end_of
from indsats.domain.obligations import derive
from indsats.domain.timeline import Fact
from indsats.exchange.parquet import kpis_of_export, write
from indsats.models.kpi_form import kpis_of
from indsats.models.library import load
from indsats.projections.facts import named_by
from indsats.projections.kpis import compute, series
from indsats.projections.rows import PathwayKey, Rows, rows_of
from indsats.projections.writer import insert
from indsats.replay.entries import FactLine
from indsats.replay.facts_file import read_facts
from indsats.replay.simulate import Municipality
from indsats.store.connection import Database
from indsats.store.migrations import upgrade

MODEL = load("stevns-2017")
NAMED = named_by(kpis_of(MODEL).values())
AS_OF = date(2018, 6, 29)
MUNICIPALITY = "0336"
DERIVED = 2_000
AT_ONCE = 500
WEEKS = [AS_OF - timedelta(days=AS_OF.weekday() + 1, weeks=back) for back in reversed(range(78))]


def main(pathways: int, facts_each: int, on_postgresql: int) -> None:
    print(f"load of the machine: {os.getloadavg()[0]:.1f} on {os.cpu_count()} processors")
    begun = perf_counter()
    derived = list(rows(min(pathways, DERIVED), facts_each))
    print(f"derived {len(derived):,} pathways in {perf_counter() - begun:.0f} s")
    with tempfile.TemporaryDirectory() as directory:
        show(f"sqlite:///{directory}/indsats.db", derived, pathways, Path(directory))
    server = PostgresServer(max(installed()), durable=True).start()
    try:
        server.execute("CREATE DATABASE kpis")
        show(server.url("kpis"), derived, on_postgresql)
    finally:
        server.stop()


def rows(pathways: int, facts_each: int) -> Iterator[Rows]:
    """The rows of simulated pathways on the last day."""
    lines = "\n".join(Municipality(citizens=pathways, facts_each=facts_each).lines())
    read = read_facts(lines.encode(), "load", MODEL, municipality=MUNICIPALITY)
    for _, entries in groupby(read.entries, key=lambda entry: entry.subject):
        facts = [
            Fact(entry.id, entry.kind, entry.on, entry.recorded_at, place, entry.fields)
            for place, entry in enumerate(entries)
            if isinstance(entry, FactLine)
        ]
        yield rows_of(derive(MODEL, facts, AS_OF, end_of(AS_OF)), NAMED)


def show(url: str, derived: list[Rows], pathways: int, directory: Path | None = None) -> None:
    database = Database(url)
    fill(database, derived, pathways)
    with database.read() as connection:
        for name in kpis_of(MODEL):
            times = [seconds(connection, name) for _ in range(5)]
            print(f"{name}: {1000 * median(times):.0f} ms (at most {1000 * max(times):.0f})")
        for name, kpi in kpis_of(MODEL).items():
            begun = perf_counter()
            series(connection, kpi, MODEL, WEEKS, MUNICIPALITY, NAMED.asked)
            print(f"78 weeks of {name}: {perf_counter() - begun:.1f} s")
        if directory is not None:
            begun = perf_counter()
            write(connection, directory / "out", MUNICIPALITY, AS_OF, NAMED)
            size = sum(file.stat().st_size for file in (directory / "out").iterdir())
            print(f"Parquet export: {perf_counter() - begun:.0f} s, {size / 1e6:.0f} MB")
            begun = perf_counter()
            kpis_of_export(directory / "out", MODEL, AS_OF)
            print(f"all figures of the export through DuckDB: {perf_counter() - begun:.2f} s")
    database.close()


def seconds(connection: sa.Connection, name: str) -> float:
    begun = perf_counter()
    compute(connection, MODEL, AS_OF, MUNICIPALITY, [name], NAMED.asked)
    return perf_counter() - begun


def fill(database: Database, derived: list[Rows], pathways: int) -> None:
    """The rows in turn, each time as those of another citizen."""
    begun = perf_counter()
    written = 0
    numbered = islice(enumerate(cycle(derived)), pathways)
    with database.write() as connection:
        upgrade(connection)
        while some := dict(islice(numbered, AT_ONCE)):
            insert(connection, {key(number): made for number, made in some.items()})
            written += sum(len(each) for made in some.values() for each in made.values())
            print(f"  {written:,} rows", end="\r", file=sys.stderr)
    if database.engine.dialect.name == "postgresql":
        with database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.exec_driver_sql("VACUUM ANALYZE")
    name = database.engine.dialect.name
    print(f"{name}: {pathways:,} pathways, {written:,} rows written in {perf_counter() - begun:.0f} s")


def key(number: int) -> PathwayKey:
    return PathwayKey(MUNICIPALITY, MODEL.family, "citizen", f"c{number:06d}")


if __name__ == "__main__":
    sizes = [int(text) for text in sys.argv[1:]]
    main(*(sizes or [100_000, 60, 20_000]))
