"""Whoever follows the log by position misses nothing, however many write: commits come in the order of positions."""

import random
import time
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

import pytest
from tests.store.stored import row

from indsats.store.chain import verify_stream
from indsats.store.connection import Database
from indsats.store.recorder import Recorder

WRITERS = 6


def write_for(url: str, writer: int, seconds: float) -> int:
    """Record groups of many sizes, some rolled back, as a process of its own; returns how many events stayed."""
    database = Database(url)
    recorder = Recorder(database)
    chance = random.Random(writer)
    kept = streams = 0
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        streams += 1
        events = [row(f"w{writer}-{streams}", version) for version in range(1, chance.choice([1, 2, 20, 200]) + 1)]
        with database.engine.connect() as connection, connection.begin() as transaction:
            recorder.bound_to(connection).insert_events(events)
            time.sleep(chance.choice([0, 0, 0.002]))
            if chance.random() < 0.2:
                transaction.rollback()
            else:
                transaction.commit()
                kept += len(events)
    database.close()
    return kept


def _misses_nothing(database: Database, url: str, seconds: float) -> None:
    recorder = Recorder(database)
    seen: list[tuple[int, str, int]] = []
    processes = get_context("forkserver")
    processes.set_forkserver_preload([__name__])
    with ProcessPoolExecutor(WRITERS, mp_context=processes) as pool:
        writing = [pool.submit(write_for, url, writer, seconds) for writer in range(WRITERS)]
        is_over = False
        while True:
            found = recorder.select_notifications(seen[-1][0] if seen else 0, 100, inclusive_of_start=False)
            seen += [(event.id, str(event.originator_id), event.originator_version) for event in found]
            if is_over and not found:
                break
            is_over = all(writer.done() for writer in writing)
        kept = sum(writer.result() for writer in writing)
    everything = recorder.select_notifications(None, 10 * kept)
    assert seen == [(event.id, event.originator_id, event.originator_version) for event in everything]
    assert len(seen) == kept > WRITERS
    assert {stream[:2] for _, stream, _ in seen} == {f"w{writer}" for writer in range(WRITERS)}
    for stream in {stream for _, stream, _ in seen[:2000]}:
        assert list(verify_stream(recorder.select_chained(stream))) == []


def test_a_reader_of_the_log_misses_nothing_under_six_writers(database: Database, database_url: str) -> None:
    _misses_nothing(database, database_url, 1)


@pytest.mark.torture
def test_a_reader_of_the_log_misses_nothing_for_a_minute(database: Database, database_url: str) -> None:
    _misses_nothing(database, database_url, 60)
