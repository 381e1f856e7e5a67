"""What the read models should hold, made anew from the log: what a rebuild writes and a check compares."""

from collections.abc import Iterator, Sequence
from datetime import date
from typing import NamedTuple

from sqlalchemy import Connection, bindparam, func, select

from indsats.domain.calendar import local_day
from indsats.domain.pathway import Pathway
from indsats.engine.unit import Parts, key_of, models_of
from indsats.errors import ModelMissing
from indsats.projections.rows import PathwayKey, Rows
from indsats.store import tables
from indsats.store.fold import fold_some
from indsats.store.mapper import EventMapper
from indsats.store.rows import read_instant

_IN_MEMORY = 50

_stream, _event, _due = tables.streams.c, tables.events.c, tables.due.c
_STANDING = (
    select(
        _stream.stream_key,
        _stream.stream,
        _due.synced_on,
        func.max(_event.stored_at).label("stored_at"),
        func.max(_event.recorded_at).label("recorded_at"),
    )
    .select_from(tables.streams.join(tables.events).outerjoin(tables.due, _due.stream_key == _stream.stream_key))
    .where(_stream.stream_key.in_(bindparam("keys", expanding=True)))
    .group_by(_stream.stream_key, _stream.stream, _due.synced_on)
    .order_by(_stream.stream_key)
)
_KEYS = (
    select(_stream.stream_key)
    .where(_stream.stream_key > bindparam("after"))
    .order_by(_stream.stream_key)
    .limit(bindparam("at_most"))
)


class Rederived(NamedTuple):
    """What should stand for one pathway as of the day it was last synced on.

    `models` are the digests of its models as the queue holds them.
    """

    stream_key: int
    key: PathwayKey
    synced_on: date
    next_change: date | None
    rows: Rows
    models: str
    pathway: Pathway


def stream_keys(connection: Connection, after: int, at_most: int) -> Sequence[int]:
    """The next streams after one, by key."""
    return connection.execute(_KEYS, {"after": after, "at_most": at_most}).scalars().all()


def rederive(parts: Parts, connection: Connection, keys: Sequence[int]) -> Iterator[Rederived]:
    """The pathways of these streams, derived anew as of the day that each was last synced on.

    Of one that never was, that is the day on which its last event was stored. What was registered is known, all of it.
    Raises `StoredEventUnreadable`, and `ModelMissing` naming the stream.
    """
    mapper = EventMapper()
    for start in range(0, len(keys), _IN_MEMORY):
        standing = connection.execute(_STANDING, {"keys": keys[start : start + _IN_MEMORY]}).all()
        pathways = fold_some(connection, mapper, [row.stream for row in standing])
        for row in standing:
            pathway = pathways[row.stream]
            # The clock may have been set back since; instants of import lie before those of their storing.
            known_at = max(parts.clock.now(), read_instant(row.stored_at), read_instant(row.recorded_at))
            synced_on = date.fromisoformat(row.synced_on) if row.synced_on else local_day(read_instant(row.stored_at))
            try:
                derivation = pathway.derive(parts.models, synced_on, known_at)
            except ModelMissing as missing:
                raise ModelMissing(f"stream {row.stream}: {missing}") from missing
            yield Rederived(
                stream_key=row.stream_key,
                key=key_of(pathway),
                synced_on=synced_on,
                next_change=derivation.next_change,
                rows=parts.rows_of(derivation),
                models=models_of(pathway, derivation),
                pathway=pathway,
            )
