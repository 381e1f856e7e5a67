"""Which pathways are to be looked at, and from which day on: the queue that a sweep works off."""

from collections.abc import Iterator
from datetime import date
from heapq import heappop, heappush
from typing import Protocol


class SweepQueue(Protocol):
    """One day for each stream: the first on which its derivation changes without a new fact."""

    def put(self, stream: str, day: date | None) -> None:
        """Set a stream's day; None takes it out."""

    def day_of(self, stream: str) -> date | None:
        """The stream's day, or None."""

    def due(self, as_of: date) -> Iterator[tuple[str, date]]:
        """The streams whose day is `as_of` or earlier, earliest first; each is taken out as it is given."""


class HeapQueue:
    """The queue in memory, for replay."""

    def __init__(self) -> None:
        self._days: dict[str, date] = {}
        self._heap: list[tuple[date, str]] = []

    def put(self, stream: str, day: date | None) -> None:
        """Set a stream's day; None takes it out."""
        if day is None:
            self._days.pop(stream, None)
        elif self._days.get(stream) != day:
            self._days[stream] = day
            heappush(self._heap, (day, stream))

    def day_of(self, stream: str) -> date | None:
        """The stream's day, or None."""
        return self._days.get(stream)

    def due(self, as_of: date) -> Iterator[tuple[str, date]]:
        """The streams whose day is `as_of` or earlier, earliest first; each is taken out as it is given."""
        while self._heap and self._heap[0][0] <= as_of:
            day, stream = heappop(self._heap)
            # An entry that the stream's day has moved away from is stale.
            if self._days.get(stream) == day:
                del self._days[stream]
                yield stream, day
