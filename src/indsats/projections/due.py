"""Which pathways are to be looked at, and from which day on: the queue that a sweep works off."""

from collections.abc import Collection, Iterator, Sequence
from datetime import date, datetime, timedelta
from heapq import heappop, heappush
from typing import Protocol

from sqlalchemy import Connection, Select, or_, select, tuple_

from indsats.store import tables
from indsats.store.connection import driver_sql
from indsats.store.rows import stored_instant

_AT_ONCE = 100
_due, _stream = tables.due.c, tables.streams.c

_PUT = (
    "INSERT INTO indsats_due (stream_key, municipality, next_change, synced_on, models, attempts) "
    "SELECT stream_key, municipality, ?, ?, ?, 0 FROM indsats_streams WHERE stream = ? "
    "ON CONFLICT (stream_key) DO UPDATE SET next_change = excluded.next_change, synced_on = excluded.synced_on, "
    "models = excluded.models, attempts = 0, retry_at = NULL, fault = NULL"
)
_DAY_OF = "SELECT next_change FROM indsats_due JOIN indsats_streams USING (stream_key) WHERE stream = ?"
_ATTEMPTS = "SELECT attempts FROM indsats_due JOIN indsats_streams USING (stream_key) WHERE stream = ?"
_SET_ASIDE = (
    "UPDATE indsats_due SET attempts = ?, retry_at = ?, fault = ? "
    "WHERE stream_key = (SELECT stream_key FROM indsats_streams WHERE stream = ?)"
)


class SweepQueue(Protocol):
    """One day for each stream: the first on which its derivation changes without a new fact."""

    def put(self, stream: str, day: date | None, synced_on: date) -> None:
        """Set a stream's day, as found on `synced_on`; with None there is nothing to wait for."""

    def day_of(self, stream: str) -> date | None:
        """The stream's day, or None."""

    def due(self, as_of: date) -> Iterator[tuple[str, date]]:
        """The streams whose day is `as_of` or earlier, earliest first, each once; who looks at one puts its next day.

        One that is not put again stays due.
        """


class HeapQueue:
    """The queue in memory, for replay."""

    def __init__(self) -> None:
        self._days: dict[str, date] = {}
        self._heap: list[tuple[date, str]] = []

    def put(self, stream: str, day: date | None, synced_on: date) -> None:
        """Set a stream's day; with None there is nothing to wait for."""
        if day is None:
            self._days.pop(stream, None)
        elif self._days.get(stream) != day:
            self._days[stream] = day
            heappush(self._heap, (day, stream))

    def day_of(self, stream: str) -> date | None:
        """The stream's day, or None."""
        return self._days.get(stream)

    def due(self, as_of: date) -> Iterator[tuple[str, date]]:
        """The streams whose day is `as_of` or earlier, earliest first, each once."""
        taken: dict[str, date] = {}
        while self._heap and self._heap[0][0] <= as_of:
            day, stream = heappop(self._heap)
            # An entry that the stream's day has moved away from is stale; one that it came back to stands there twice.
            if self._days.get(stream) == day:
                taken[stream] = day
        try:
            yield from taken.items()
        finally:
            for stream, day in taken.items():
                if self._days.get(stream) == day:
                    heappush(self._heap, (day, stream))


class DueTable:
    """The queue in a database, inside one transaction; `municipalities`: of these only, without any of all."""

    def __init__(self, connection: Connection, municipalities: Collection[str] = ()) -> None:
        self._connection = connection
        self._municipalities = municipalities

    def put(self, stream: str, day: date | None, synced_on: date, models: str) -> None:
        """Set a stream's day, found on `synced_on` under models with these digests; with None nothing is waited for."""
        parameters = (None if day is None else day.isoformat(), synced_on.isoformat(), models, stream)
        driver_sql(self._connection, _PUT, parameters)

    def models(self) -> Sequence[Sequence[str]]:
        """The digests of the models that pathways are or were under together, that of their read models last."""
        found = select(_due.models).distinct()
        if self._municipalities:
            found = found.where(_due.municipality.in_(self._municipalities))
        return [models.split() for models in self._connection.execute(found).scalars()]

    def day_of(self, stream: str) -> date | None:
        """The stream's day, or None."""
        day = driver_sql(self._connection, _DAY_OF, (stream,)).scalar_one_or_none()
        return None if day is None else date.fromisoformat(day)

    def set_aside(self, stream: str, now: datetime, fault: str, first: timedelta, longest: timedelta) -> None:
        """Let a stream wait because of a fault: `first`, then twice as long each time, at most `longest`."""
        attempts = driver_sql(self._connection, _ATTEMPTS, (stream,)).scalar_one()
        retry_at = stored_instant(now + min(first * 2 ** min(attempts, 20), longest))
        driver_sql(self._connection, _SET_ASIDE, (attempts + 1, retry_at, fault, stream))

    def due(self, as_of: date) -> Iterator[tuple[str, date]]:
        """The streams whose day is `as_of` or earlier, those set aside included, earliest first, each once."""
        waiting = self._waiting(as_of)
        after: tuple[str, int] | None = None
        while True:
            page = waiting if after is None else waiting.where(tuple_(_due.next_change, _due.stream_key) > after)
            found = self._connection.execute(page.limit(_AT_ONCE)).all()
            yield from ((stream, date.fromisoformat(day)) for stream, day, _ in found)
            if len(found) < _AT_ONCE:
                return
            after = (found[-1].next_change, found[-1].stream_key)

    def claim(self, as_of: date, now: datetime, at_most: int) -> Sequence[str]:
        """The first streams whose day is `as_of` or earlier, but for those that are set aside until after `now`.

        On PostgreSQL nobody else is given them until the transaction ends, however that comes. Meanwhile anybody can
        record, because such a lock minds no foreign key.
        """
        claimed = self._to_be_claimed(as_of, now).limit(at_most)
        claimed = claimed.with_for_update(of=tables.streams, key_share=True, skip_locked=True)
        return self._connection.execute(claimed).scalars().all()

    def is_done(self, as_of: date, now: datetime) -> bool:
        """Whether nothing is left that could be claimed, nor is claimed by somebody else."""
        return self._connection.execute(self._to_be_claimed(as_of, now).limit(1)).first() is None

    def _to_be_claimed(self, as_of: date, now: datetime) -> Select[str, str, int]:
        tried_again = or_(_due.retry_at.is_(None), _due.retry_at <= stored_instant(now))
        return self._waiting(as_of).where(tried_again)

    def _waiting(self, as_of: date) -> Select[str, str, int]:
        waiting = (
            select(_stream.stream, _due.next_change, _due.stream_key)
            .join(tables.due, _due.stream_key == _stream.stream_key)
            .where(_due.next_change <= as_of.isoformat())
            .order_by(_due.next_change, _due.stream_key)
        )
        return waiting.where(_due.municipality.in_(self._municipalities)) if self._municipalities else waiting
