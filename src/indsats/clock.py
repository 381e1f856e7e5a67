"""The only place where the system's time is read."""

from datetime import UTC, datetime
from typing import Protocol


class Clock(Protocol):
    """Tells the time as a UTC instant."""

    def now(self) -> datetime:
        """The present instant."""


class SystemClock:
    """The machine's clock."""

    def now(self) -> datetime:
        """The present instant, to the microsecond."""
        return datetime.now(UTC)


class VirtualClock:
    """A clock that stands still until it is set: for replay and tests."""

    def __init__(self, at: datetime) -> None:
        self.at = at

    def now(self) -> datetime:
        """The instant that was set last."""
        return self.at
