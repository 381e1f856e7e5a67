"""What does a sweep cost? With few and many due among 100,000 pathways, and shared by several workers on PostgreSQL.

The load is that of `replay.simulate`, FACTS_EACH for a pathway in all its time, as far as it was registered by a day. A
case moves the clock to the day on which as many pathways are due as it says, those that come first, and moves the days
of all others behind that day.
`python -m benchmarks.bench_sweep PATHWAYS FACTS_EACH SHARED` takes other sizes; SHARED is how many are due for each
number of workers and size of a batch.
"""

import os
import sys
import tempfile
from datetime import date, timedelta
from itertools import islice
from multiprocessing import get_context
from multiprocessing.queues import Queue
from multiprocessing.synchronize import Barrier
from pathlib import Path
from time import perf_counter
from typing import NamedTuple

import structlog
from sqlalchemy import text
from tests.postgres import PostgresServer, installed

from indsats.clock import VirtualClock
from indsats.domain.calendar import noon_of
from indsats.domain.values import Actor
from indsats.engine import Engine
from indsats.replay.facts_file import read_facts
from indsats.replay.registrations import arrival_of
from indsats.replay.simulate import Municipality
from indsats.store.keys import FileKeys

MODEL = "stevns-2017"
ACTOR = Actor("bench", "system")
TODAY = date(2017, 4, 15)
CITIZENS_AT_ONCE = 5_000
CASES = (0, 100, 5_000)
WORKERS = (1, 2, 4)
BATCHES = (1, 20, 100)

_FIRST = "SELECT stream_key FROM indsats_due WHERE next_change IS NOT NULL ORDER BY next_change, stream_key LIMIT :due"
_LAST_DAY = text(f"SELECT max(next_change) FROM indsats_due WHERE stream_key IN ({_FIRST})")  # noqa: S608
_PUT_OFF = text(
    f"UPDATE indsats_due SET next_change = :later WHERE next_change < :later AND stream_key NOT IN ({_FIRST})"  # noqa: S608
)


class Place(NamedTuple):
    """A database, and where its keys are."""

    url: str
    keys: Path

    def engine(self, day: date, *, create: bool = False) -> Engine:
        """An engine on it, whose clock stands still at noon of a day."""
        return Engine(self.url, MODEL, keys=FileKeys(self.keys), clock=VirtualClock(noon_of(day)), create=create)


def fill(place: Place, pathways: int, facts_each: int) -> None:
    """Import so many pathways."""
    begun, facts = perf_counter(), 0
    lines = Municipality(citizens=pathways, facts_each=facts_each).lines()
    with place.engine(TODAY, create=True) as engine:
        while some := list(islice(lines, CITIZENS_AT_ONCE * facts_each)):
            read = read_facts("\n".join(some).encode(), "load", engine.model, municipality="0336")
            arrivals = (arrival_of(entry, read.models) for entry in read.entries)
            known = [arrival for arrival in arrivals if arrival.recorded_at <= engine.clock.now()]
            facts += engine.import_(known, actor=ACTOR).recorded
            print(f"  {facts:,} facts", end="\r", file=sys.stderr)
        with engine.transaction() as connection:
            waiting = connection.execute(text("SELECT count(next_change) FROM indsats_due")).scalar_one()
            connection.exec_driver_sql("ANALYZE")
    seconds = perf_counter() - begun
    print(f"{facts:,} facts of {pathways:,} pathways, {waiting:,} of which wait for a day; {seconds:.0f} s to import")


def make_due(place: Place, due: int) -> date:
    """The day on which just so many pathways are due."""
    with place.engine(TODAY) as engine, engine.transaction() as connection:
        day = date.fromisoformat(connection.execute(_LAST_DAY, {"due": max(due, 1)}).scalar_one())
        later = (day + timedelta(days=1)).isoformat()
        connection.execute(_PUT_OFF, {"due": due, "later": later})
    return day


def cases(place: Place) -> None:
    """The time of a sweep, and of the next one, which has nothing to do."""
    for due in CASES:
        day = make_due(place, due)
        with place.engine(day) as engine:
            begun = perf_counter()
            swept = engine.sweep(actor=ACTOR)
            seconds = perf_counter() - begun
        assert (swept.visited, swept.set_aside) == (due, 0)
        each = f", {1000 * seconds / due:.2f} ms each" if due else ""
        print(f"{due:,} due: {seconds:.3f} s{each}; {swept.breaches:,} breaches")


def work(place: Place, day: date, batch: int, begin: Barrier, telling: "Queue[int]") -> None:
    """One worker, in a process of its own."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(40))
    with place.engine(day) as engine:
        engine.sweep(TODAY, actor=ACTOR)  # so that its connections are open
        begin.wait()
        telling.put(engine.sweep(actor=ACTOR, at_once=batch).visited)


def shared(place: Place, due: int) -> None:
    """Pathways a second, by the number of workers and the size of a batch."""
    context = get_context("spawn")
    print(f"{due:,} due, pathways a second{'':<6}" + "".join(f"batch {batch:<6}" for batch in BATCHES))
    for workers in WORKERS:
        figures = []
        for batch in BATCHES:
            day = make_due(place, due)
            begin, telling = context.Barrier(workers + 1), context.Queue()
            processes = [context.Process(target=work, args=(place, day, batch, begin, telling)) for _ in range(workers)]
            for process in processes:
                process.start()
            begin.wait()
            begun = perf_counter()
            visited = [telling.get() for _ in processes]
            seconds = perf_counter() - begun
            for process in processes:
                process.join()
            assert sum(visited) == due
            figures.append(f"{due / seconds:<12.0f}")
        print(f"{workers} worker{'s' if workers > 1 else ' '}{'':<21}" + "".join(figures))


def main(pathways: int, facts_each: int, due: int) -> None:
    """Print everything."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(40))
    print(f"load of the machine: {os.getloadavg()[0]:.1f} on {os.cpu_count()} processors")
    with tempfile.TemporaryDirectory() as directory:
        keys = Path(directory, "bench.key")
        FileKeys(keys).create()
        print("sqlite")
        on_sqlite = Place(f"sqlite:///{directory}/bench.db", keys)
        fill(on_sqlite, pathways, facts_each)
        cases(on_sqlite)
        server = PostgresServer(max(installed()), durable=True).start()
        try:
            print(f"postgresql {max(installed())}")
            on_postgresql = Place(server.url(), keys)
            fill(on_postgresql, 2 * due * len(WORKERS) * len(BATCHES), facts_each)
            shared(on_postgresql, due)
        finally:
            server.stop()
    print(f"load of the machine: {os.getloadavg()[0]:.1f}")


if __name__ == "__main__":
    sizes = [int(size) for size in sys.argv[1:]]
    main(*(sizes or [100_000, 6, 1_000]))
