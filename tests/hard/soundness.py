"""Whether a database says one thing everywhere: its log, its chains, its read models and its days of change."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence, Set
from datetime import date
from itertools import groupby

import msgspec
from sqlalchemy import Connection, select

from indsats.domain import ledger
from indsats.engine import Engine
from indsats.projections.rows import PathwayKey
from indsats.projections.tables import LIVE, PATHWAY
from indsats.store import tables
from indsats.store.chain import ChainedEvent, verify_stream
from indsats.store.citizen_keys import CitizenKeys
from indsats.store.fold import fold_streams
from indsats.store.mapper import EventMapper
from indsats.store.sealing import Sealing

_stream, _event = tables.streams.c, tables.events.c
_id_of = msgspec.json.Decoder(dict[str, object]).decode
_ID_FIELDS = {"fact_recorded.1": "fact", "fact_annulled.1": "id", "model_changed.1": "id"}


def assert_sound(engine: Engine) -> Set[str]:
    """Every chain holds, each id is used once, and all that was derived is what is derived anew; returns the ids."""
    with engine.database.read() as connection:
        assert list(_broken(connection)) == []
        events = _chained(connection)
        pathways = _pathways_agree(engine, connection)
        kept = set(connection.execute(select(tables.registrations.c.id)).scalars())
    ids = Counter(_id_of(event.state)[_ID_FIELDS[event.name]] for event in events if event.name in _ID_FIELDS)
    assert {fact_id: times for fact_id, times in ids.items() if times > 1} == {}
    assert kept == set(ids)
    assert bool(pathways) == bool(ids)
    return kept


def _broken(connection: Connection) -> Iterator[object]:
    """What the database itself finds wrong."""
    if connection.dialect.name == "sqlite":
        yield from (row for row in connection.exec_driver_sql("PRAGMA integrity_check") if row[0] != "ok")
        yield from connection.exec_driver_sql("PRAGMA foreign_key_check")


def _chained(connection: Connection) -> Sequence[ChainedEvent]:
    columns = [_event[name] if name in _event else _stream[name] for name in ChainedEvent._fields]
    query = select(*columns).join_from(tables.events, tables.streams).order_by(_event.stream_key, _event.version)
    events = [ChainedEvent(*row) for row in connection.execute(query)]
    for _, chain in groupby(events, key=lambda event: event.stream):
        versions = list(chain)
        assert list(verify_stream(versions)) == []
        assert versions[0].version == 1
    return events


def _pathways_agree(engine: Engine, connection: Connection) -> int:
    """Read models, ledgers and days of change against the log."""
    mapper = EventMapper(Sealing(CitizenKeys(connection, engine.keys), engine.models))
    live: dict[str, dict[PathwayKey, set[tuple[object, ...]]]] = {}
    for name, table in LIVE.tables.items():
        found = live[name] = defaultdict(set)
        for row in connection.execute(select(table)):
            found[PathwayKey(*row[: len(PATHWAY)])].add(tuple(row[len(PATHWAY) :]))
    due = tables.due.c
    days = {
        stream: (next_change, date.fromisoformat(synced_on))
        for stream, next_change, synced_on in connection.execute(
            select(_stream.stream, due.next_change, due.synced_on).join_from(tables.due, tables.streams)
        )
    }
    now = engine.clock.now()
    count = 0
    for pathway in fold_streams(connection, mapper):
        count += 1
        key = PathwayKey(pathway.municipality, pathway.family, pathway.subject, pathway.citizen)
        next_change, synced_on = days.pop(pathway.stream)
        derived = pathway.derive(engine.models, synced_on, now)
        assert next_change == (derived.next_change and derived.next_change.isoformat()), pathway.citizen
        model = derived.timeline.model
        assert ledger.compare(derived, pathway.breaches, pathway.facts, model, synced_on, None) == [], pathway.citizen
        for name, rows in engine.parts.rows_of(derived).items():
            assert live[name].pop(key, set()) == {tuple(row) for row in rows}, (name, pathway.citizen)
    assert days == {}
    assert {name: set(rows) for name, rows in live.items() if rows} == {}
    return count
