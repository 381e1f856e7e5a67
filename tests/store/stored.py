"""Rows for the tests of the store: as the mapper would make them, without the need of a model."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

import msgspec
from sqlalchemy import Connection

from indsats.domain.events import Envelope
from indsats.store.connection import Database
from indsats.store.rows import StoredRow, StreamOwner

AT = datetime(2017, 1, 2, 8, 0, 0, 125, tzinfo=UTC)
ENVELOPE = Envelope(
    stream="s1",
    version=1,
    municipality="0336",
    subject="citizen",
    recorded_at=AT,
    stored_at=datetime(2026, 3, 1, tzinfo=UTC),
    actor="nn",
    role="caseworker",
    command="c0ffee",
    model_digest="d1",
)


def row(stream: str = "s1", version: int = 1, *, municipality: str = "0336", say: str = "Æblegrød") -> StoredRow:
    """One event of a citizen's stream, named after the citizen; the first one names the owner."""
    envelope = msgspec.structs.replace(ENVELOPE, stream=stream, version=version, municipality=municipality)
    owner = StreamOwner(municipality, "flexjob", "citizen", f"citizen of {stream}") if version == 1 else None
    return StoredRow(stream, version, "note.1", msgspec.json.encode({"say": say}), envelope, owner)


def rows(stream: str, count: int) -> list[StoredRow]:
    """The first events of a stream."""
    return [row(stream, version) for version in range(1, count + 1)]


@contextmanager
def forging(database: Database) -> Iterator[Connection]:
    """A transaction of somebody who takes the triggers away first."""
    with database.write() as connection:
        if connection.dialect.name == "sqlite":
            for action in ("update", "delete"):
                connection.exec_driver_sql(f"DROP TRIGGER indsats_events_no_{action}")
                connection.exec_driver_sql(f"DROP TRIGGER indsats_streams_no_{action}")
        else:
            connection.exec_driver_sql("ALTER TABLE indsats_events DISABLE TRIGGER USER")
            connection.exec_driver_sql("ALTER TABLE indsats_streams DISABLE TRIGGER USER")
        yield connection
