"""An event as the database has it: what the event store's library knows of it, and the envelope beside it."""

from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from typing import NamedTuple

import msgspec
from eventsourcing.persistence import StoredEvent

from indsats.domain.events import Envelope


class StreamOwner(NamedTuple):
    """Whose stream it is; there is one stream for each."""

    municipality: str
    family: str
    subject: str
    subject_id: str


class WrappedKey(NamedTuple):
    """The key of a citizen, or other subject, as it is stored: sealed under the master key named by its fingerprint."""

    key_id: str
    municipality: str
    subject: str
    subject_id: str
    wrapped_key: str
    master_key: str


@dataclass(frozen=True)
class StoredRow(StoredEvent):
    """A stored event with its envelope beside it, as columns; `state` holds the body alone.

    `owner` stands in the first event of a stream. `new_key` is to be stored in the same transaction.
    """

    envelope: Envelope
    owner: StreamOwner | None = None
    new_key: WrappedKey | None = None


def stored_instant(instant: datetime) -> str:
    """An instant as it is stored: UTC, with six digits of a second always, so that text sorts by time."""
    # A quarter of the time that `isoformat` takes; it leaves out a fraction of zero.
    text = msgspec.json.encode(instant.astimezone(UTC))[1:-1].decode()
    return text if instant.microsecond else f"{text[:-1]}.000000Z"


@lru_cache(maxsize=1024)  # the events of one command share their instants
def read_instant(text: str) -> datetime:
    """The instant that was stored. Raises `ValueError` for text that is none, or that leaves its time zone open."""
    instant = datetime.fromisoformat(text)
    if instant.tzinfo is None:
        raise ValueError(f"{text!r} has no time zone")
    return instant
