"""What does the engine cost? One durable record, the import of history, and the lists of 100,000 pathways, on SQLite.

The load is that of `replay.simulate`. `python -m benchmarks.bench_engine PATHWAYS FACTS_EACH` takes other sizes.
"""

import os
import sys
import tempfile
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from pathlib import Path
from resource import RUSAGE_SELF, getrusage
from statistics import median
from time import perf_counter, process_time

import msgspec
import structlog

from indsats.domain import facts
from indsats.domain.values import Actor
from indsats.engine import Engine
from indsats.engine.lists import Wanted
from indsats.replay.facts_file import read_facts
from indsats.replay.registrations import arrival_of
from indsats.replay.simulate import Municipality

ACTOR = Actor("bench", "system")
CITIZENS_AT_ONCE = 5_000
RECORDS = 300


def main(pathways: int, facts_each: int) -> None:
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(40))
    print(f"load of the machine: {os.getloadavg()[0]:.1f} on {os.cpu_count()} processors")
    with tempfile.TemporaryDirectory() as directory:
        file = Path(directory, "indsats.db")
        with Engine(f"sqlite:///{file}", "stevns-2017", create=True) as engine:
            record(engine)
            load(engine, pathways, facts_each)
            print(f"the file has {file.stat().st_size / 1e9:.2f} GB")
            lists(engine)


def record(engine: Engine) -> None:
    """One record after the other on pathways that grow to 60 facts."""
    processor, wall = [], []
    for number in range(RECORDS):
        day = date(2017, 1, 2) + timedelta(days=number % 60)
        fact = facts.conversation_held(on=day, participants=["caseworker"], topics=[f"topic {number}"])
        begun, begun_wall = process_time(), perf_counter()
        engine.record(f"r{number // 60}", fact, actor=ACTOR, late=True)
        processor.append(process_time() - begun)
        wall.append(perf_counter() - begun_wall)
    print(f"one durable record: {1000 * median(processor):.2f} ms of processor, {1000 * median(wall):.2f} ms in all")


def load(engine: Engine, pathways: int, facts_each: int) -> None:
    """Import the history of so many pathways, some thousand at a time; reading the lines is timed for itself."""
    reading = importing = processor = 0.0
    recorded = 0
    for lines in _chunks(pathways, facts_each):
        begun = perf_counter()
        read = read_facts(b"\n".join(lines), "load", engine.model, municipality="0336")
        arrivals = [arrival_of(entry, read.models) for entry in read.entries]
        reading += perf_counter() - begun
        begun, begun_processor = perf_counter(), process_time()
        recorded += engine.import_(arrivals, actor=ACTOR).recorded
        importing += perf_counter() - begun
        processor += process_time() - begun_processor
        print(f"  {recorded:,} facts", end="\r", file=sys.stderr)
    print(f"import of {recorded:,} facts of {pathways:,} pathways: {recorded / importing:,.0f} facts a second")
    print(f"  {processor / importing:.0%} of that time is the processor's; reading the lines took {reading:.0f} s more")
    print(f"  {getrusage(RUSAGE_SELF).ru_maxrss / 1024:,.0f} MB at most")


def _chunks(pathways: int, facts_each: int) -> Iterator[list[bytes]]:
    municipality = Municipality(citizens=pathways, facts_each=facts_each)
    for first in range(0, pathways, CITIZENS_AT_ONCE):
        some = range(first, min(first + CITIZENS_AT_ONCE, pathways))
        yield [msgspec.json.encode(entry) for number in some for entry in municipality.citizen(number)]


def lists(engine: Engine) -> None:
    """Filtered and paged lists, each asked seven times."""
    asked = {
        "first page": Wanted(limit=50),
        "page 20": Wanted(limit=50, offset=950),
        "one rule": Wanted(limit=50, rule=engine.model.rules[4].id),
        "one role": Wanted(limit=50, role="caseworker"),
        "one worker": Wanted(limit=50, worker="caseworker-1"),
        "one unit": Wanted(limit=50, unit="unit-2"),
        "breached": Wanted(limit=50, status=("breached",)),
        "one citizen": Wanted(citizen="c000042"),
        "a worker nobody is": Wanted(limit=50, worker="nobody"),
    }
    queries: dict[str, Callable[..., object]] = {"follow_ups": engine.follow_ups, "obligations": engine.obligations}
    for name, query in queries.items():
        for what, wanted in asked.items():
            times = []
            for _ in range(7):
                begun = perf_counter()
                query(actor=ACTOR, wanted=wanted)
                times.append(perf_counter() - begun)
            print(f"{name}, {what}: {1000 * median(times):.0f} ms (at most {1000 * max(times):.0f})")


if __name__ == "__main__":
    sizes = [int(text) for text in sys.argv[1:]]
    main(*(sizes or [100_000, 15]))
