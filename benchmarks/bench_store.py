"""What does the store cost above the bare database? Appends, bulk folds and single folds, on SQLite and PostgreSQL.

Each repetition runs the floor and the candidate one after the other on the same rows; the ratios are within a
repetition. Floors: `executemany` of rows that are encoded, sealed and chained already, in transactions of the same
size into the same tables, on PostgreSQL also COPY; and one SELECT of the columns that a fold needs, each state decoded
and nothing folded.
"""

import gc
import os
import sqlite3
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from itertools import chain, count, groupby
from pathlib import Path
from random import Random
from statistics import median
from time import perf_counter, process_time
from typing import Any

import msgspec
import psycopg
from tests.postgres import PostgresServer, installed

from indsats.domain.events import Body, Envelope, Event, FactAnnulled, FactRecorded, ModelPinned
from indsats.models.library import load
from indsats.replay.entries import AnnulmentLine, AnyLine, FactLine
from indsats.replay.facts_file import read_facts
from indsats.replay.simulate import Municipality
from indsats.store.citizen_keys import CitizenKeys
from indsats.store.connection import Database
from indsats.store.fold import fold_one, fold_streams
from indsats.store.keys import FileKeys, Keys
from indsats.store.mapper import EventMapper
from indsats.store.migrations import upgrade
from indsats.store.recorder import Recorder
from indsats.store.sealing import Sealing

MODEL = load("stevns-2017")
REPETITIONS = 5
STREAMS_AT_ONCE = 16
"""About 1,000 events in a transaction."""

STREAM_COLUMNS = "stream, municipality, family, subject, subject_id"
EVENT_COLUMNS = (
    "stream_key, version, name, state, recorded_at, stored_at, actor, role, command, model_digest, semantics, "
    "previous_hash, hash"
)
KEY_COLUMNS = "key_id, municipality, subject, subject_id, wrapped_key, master_key"
TABLES = {
    "indsats_streams": (STREAM_COLUMNS, "stream_key"),
    "indsats_citizen_keys": (KEY_COLUMNS, "key_id"),
    "indsats_events": (EVENT_COLUMNS, "position"),
}
FOLDED = (
    "SELECT stream_key, version, name, state, recorded_at, stored_at FROM indsats_events ORDER BY stream_key, version"
)

Stream = list[Event]
Rows = list[tuple[Any, ...]]


def streams_of(municipality: Municipality) -> Iterator[Stream]:
    """One stream for each citizen, opened with its first fact."""
    random = Random(municipality.seed)
    content = "\n".join(municipality.lines()).encode()
    ordered = sorted(read_facts(content, "load", MODEL).entries, key=lambda entry: (entry.subject, entry.recorded_at))
    for citizen, own in groupby(ordered, key=lambda entry: entry.subject):
        lines = list(own)
        stream, command = random.randbytes(16).hex(), random.randbytes(16).hex()
        pin = ModelPinned(
            citizen=f"{municipality.seed}-{citizen}", family=MODEL.family, model=MODEL.reference, digest=MODEL.digest
        )
        bodies: list[Body] = [pin, *map(_body, lines)]
        yield [
            Event(
                Envelope(
                    stream=stream,
                    version=version,
                    municipality="0336",
                    subject="citizen",
                    recorded_at=line.recorded_at,
                    stored_at=line.recorded_at,
                    actor=line.actor,
                    role=line.role,
                    command=command,
                    model_digest=MODEL.digest,
                ),
                body,
            )
            for version, (line, body) in enumerate(zip([lines[0], *lines], bodies, strict=True), start=1)
        ]


def _body(line: AnyLine) -> Body:
    if isinstance(line, FactLine):
        return FactRecorded(fact=line.id, kind=line.kind, on=line.on, fields=line.fields, unit=line.unit)
    assert isinstance(line, AnnulmentLine)
    return FactAnnulled(id=line.id, fact=line.of, reason=line.reason)


class Place:
    """Where databases are made: files in a directory, or a server."""

    def __init__(self, home: Path, server: PostgresServer | None) -> None:
        self._home = home
        self._server = server
        self._numbers = count(1)

    def new(self) -> Database:
        """A database with the tables and nothing in them."""
        name = f"b{next(self._numbers)}"
        if self._server is not None:
            self._server.execute(f"CREATE DATABASE {name}")
            database = Database(self._server.url(name))
        else:
            database = Database(f"sqlite:///{self._home / name}.db")
        with database.write() as connection:
            upgrade(connection)
        return database

    def drop(self, database: Database) -> None:
        """Remove a database."""
        database.close()
        url = database.engine.url
        if self._server is not None:
            self._server.execute(f"DROP DATABASE {url.database}")
        else:
            for path in self._home.glob(f"{Path(str(url.database)).name}*"):
                path.unlink()


@contextmanager
def driver_connection(database: Database) -> Iterator[Any]:
    """A connection of the driver alone, as the store sets it up."""
    url = database.engine.url
    if url.get_backend_name() == "postgresql":
        host = str(url.query["host"])
        with psycopg.connect(host=host, user=url.username, dbname=url.database, autocommit=True) as connected:
            yield connected
    else:
        with closing(sqlite3.connect(str(url.database), isolation_level=None)) as connection:
            for setting in ("synchronous = FULL", "foreign_keys = ON", "recursive_triggers = ON"):
                connection.execute(f"PRAGMA {setting}")
            yield connection


def append(database: Database, keys: Keys, streams: Sequence[Stream]) -> float:
    """Seconds to encode, seal, chain and append streams, some in each transaction."""
    begin = perf_counter()
    recorder = Recorder(database)
    for first in range(0, len(streams), STREAMS_AT_ONCE):
        with database.write() as connection:
            mapper = EventMapper(Sealing(CitizenKeys(connection, keys), {MODEL.digest: MODEL}))
            some = chain.from_iterable(streams[first : first + STREAMS_AT_ONCE])
            recorder.insert_events(list(map(mapper.to_stored_event, some)), connection=connection)
    return perf_counter() - begin


def stored(database: Database, streams: Sequence[Stream]) -> list[dict[str, Rows]]:
    """The rows of each transaction of `append`, by table."""
    found: dict[str, Rows] = {}
    with driver_connection(database) as connection:
        for table, (columns, order) in TABLES.items():
            found[table] = connection.execute(f"SELECT {columns} FROM {table} ORDER BY {order}").fetchall()  # noqa: S608
    transactions: list[dict[str, Rows]] = []
    for first in range(0, len(streams), STREAMS_AT_ONCE):
        among = range(first + 1, first + 1 + STREAMS_AT_ONCE)
        citizens = {row[4] for row in found["indsats_streams"][first : first + STREAMS_AT_ONCE]}
        transactions.append(
            {
                "indsats_streams": found["indsats_streams"][first : first + STREAMS_AT_ONCE],
                "indsats_citizen_keys": [row for row in found["indsats_citizen_keys"] if row[3] in citizens],
                "indsats_events": [row for row in found["indsats_events"] if row[0] in among],
            }
        )
    return transactions


def insert(database: Database, transactions: Sequence[dict[str, Rows]], *, by_copy: bool = False) -> float:
    """Seconds to insert the same rows with nothing but the driver."""
    on_sqlite = database.engine.dialect.name == "sqlite"
    with driver_connection(database) as connection, closing(connection.cursor()) as cursor:
        begin = perf_counter()
        for transaction in transactions:
            cursor.execute("BEGIN IMMEDIATE" if on_sqlite else "BEGIN")
            for table, rows in transaction.items():
                columns, _ = TABLES[table]
                if by_copy:
                    with cursor.copy(f"COPY {table} ({columns}) FROM STDIN") as into:
                        for row in rows:
                            into.write_row(row)
                else:
                    places = ", ".join(["?" if on_sqlite else "%s"] * len(columns.split(",")))
                    cursor.executemany(f"INSERT INTO {table} ({columns}) VALUES ({places})", rows)  # noqa: S608
            cursor.execute("COMMIT")
        return perf_counter() - begin


def select_and_decode(database: Database) -> float:
    """Seconds to read the rows of all streams in stream order and decode each state."""
    decoders = EventMapper().decoders
    with driver_connection(database) as connection:
        begin = perf_counter()
        if isinstance(connection, sqlite3.Connection):
            for _key, _version, name, state, _recorded_at, _stored_at in connection.execute(FOLDED):
                decoders[name](state)
        else:
            with connection.transaction(), connection.cursor("floor") as cursor:
                cursor.execute(FOLDED)
                while rows := cursor.fetchmany(5000):
                    for _key, _version, name, state, _recorded_at, _stored_at in rows:
                        decoders[name](state)
        return perf_counter() - begin


def fold(database: Database) -> float:
    """Seconds to fold every pathway."""
    mapper = EventMapper()
    begin = perf_counter()
    with database.read() as connection:
        for _ in fold_streams(connection, mapper):
            pass
    return perf_counter() - begin


def median_of(work: Callable[[], object], rounds: int, clock: Callable[[], float] = perf_counter) -> float:
    """The median time of one call in microseconds."""
    times = []
    for _ in range(rounds):
        begin = clock()
        work()
        times.append(1e6 * (clock() - begin))
    return median(times)


def single_append(database: Database, keys: Keys, stream: Stream, clock: Callable[[], float]) -> float:
    """Microseconds of an append of one event in a transaction of its own, one after the other."""
    last, events = stream[-1], count(len(stream) + 1)

    def one_more() -> None:
        envelope = msgspec.structs.replace(last.envelope, version=next(events))
        with database.write() as connection:
            mapper = EventMapper(Sealing(CitizenKeys(connection, keys), {MODEL.digest: MODEL}))
            row = mapper.to_stored_event(Event(envelope, last.body))
            Recorder(database).insert_events([row], connection=connection)

    return median_of(one_more, 200, clock)


def tell(what: str, events: int, floors: Sequence[float], candidates: Sequence[float]) -> None:
    """One line: microseconds an event, and the ratio with its range."""
    ratios = sorted(candidate / floor for floor, candidate in zip(floors, candidates, strict=True))
    floor, candidate = (1e6 * median(times) / events for times in (floors, candidates))
    print(f"{what:<28} {floor:8.2f} {candidate:8.2f}   {median(ratios):5.2f}   {ratios[0]:.2f} to {ratios[-1]:.2f}")


def measure(kind: str, place: Place, keys: Keys, streams: Sequence[Stream], long: Stream) -> None:
    """Print the lines of one database."""
    events = sum(map(len, streams))
    on_postgresql = kind != "sqlite"
    times: dict[str, list[float]] = {"insert": [], "append": [], "copy": [], "select": [], "fold": []}
    for repetition in range(REPETITIONS + 1):  # the first only warms up
        gc.collect()
        filled, bare, copied = place.new(), place.new(), place.new()
        appended = append(filled, keys, streams)
        transactions = stored(filled, streams)
        gc.collect()
        inserted = insert(bare, transactions)
        by_copy = insert(copied, transactions, by_copy=True) if on_postgresql else 0
        del transactions
        gc.collect()
        found = inserted, appended, by_copy, select_and_decode(filled), fold(filled)
        if repetition:
            for of, seconds in zip(times.values(), found, strict=True):
                of.append(seconds)
        place.drop(bare)
        place.drop(copied)
        if repetition < REPETITIONS:
            place.drop(filled)
    tell(f"{kind}: grouped append", events, times["insert"], times["append"])
    if on_postgresql:
        tell("  the same beside COPY", events, times["copy"], times["append"])
    tell(f"{kind}: bulk fold", events, times["select"], times["fold"])
    append(filled, keys, [long])
    with filled.read() as connection:
        mapper, stream = EventMapper(), long[0].envelope.stream
        folded = median_of(lambda: fold_one(connection, mapper, stream), 300)
    print(f"{kind}: fold of one stream of {len(long)} events: {folded:.0f} us")
    waited = single_append(filled, keys, streams[0], perf_counter)
    worked = single_append(filled, keys, streams[1], process_time)
    print(f"{kind}: durable append of one event: {worked:.0f} us of processor here, {waited:.0f} us in all")
    place.drop(filled)


def main(citizens: int) -> None:
    """Print everything."""
    print(f"load of the machine {os.getloadavg()[0]:.1f} on {os.cpu_count()} processors")
    streams = list(streams_of(Municipality(citizens=citizens)))
    (long,) = streams_of(Municipality(citizens=1, seed=8, facts_each=149))
    print(f"{sum(map(len, streams))} events of {len(streams)} streams; {REPETITIONS} repetitions")
    print(f"{'us an event':<28} {'floor':>8} {'ours':>8}   ratio   range")
    with tempfile.TemporaryDirectory() as directory:
        home = Path(directory)
        keys = FileKeys(home / "bench.key")
        keys.create()
        measure("sqlite", Place(home, None), keys, streams, long)
        server = PostgresServer(max(installed()), durable=True).start()
        try:
            measure(f"postgresql {max(installed())}", Place(home, server), keys, streams, long)
        finally:
            server.stop()
    print(f"load of the machine {os.getloadavg()[0]:.1f}")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 400)
