import hashlib
import json

import pytest
import sqlalchemy as sa
from eventsourcing.persistence import StoredEvent
from tests.store.stored import forging, row, rows

from indsats.store import tables
from indsats.store.chain import ChainedEvent, verify_stream
from indsats.store.connection import Database
from indsats.store.recorder import Recorder


@pytest.fixture
def recorder(database: Database) -> Recorder:
    recorder = Recorder(database)
    recorder.insert_events(rows("s1", 2))
    recorder.insert_events([row("s2"), row("s1", 3), row("s2", 2), row("s1", 4)])
    return recorder


def faults(recorder: Recorder, stream: str = "s1") -> list[tuple[int, str]]:
    return [(fault.version, fault.what) for fault in verify_stream(recorder.select_chained(stream))]


def test_the_chain_of_what_was_recorded_holds(recorder: Recorder) -> None:
    assert len(recorder.select_chained("s1")) == 4
    assert faults(recorder, "s1") == faults(recorder, "s2") == []


def test_the_hash_can_be_reckoned_without_this_program(recorder: Recorder) -> None:
    before = ""
    for event in recorder.select_chained("s1"):
        *header, state, previous_hash, this_hash = event
        assert previous_hash == before
        text = "\n".join([json.dumps(header, ensure_ascii=False, separators=(",", ":")), state, previous_hash])
        assert hashlib.sha256(text.encode()).hexdigest() == this_hash
        before = this_hash


def test_events_without_an_envelope_are_chained_too(database: Database) -> None:
    recorder = Recorder(database)
    recorder.insert_events([StoredEvent("plain", 0, "n", b"one"), StoredEvent("plain", 1, "n", b"two")])
    assert faults(recorder, "plain") == []
    assert [event.previous_hash == "" for event in recorder.select_chained("plain")] == [True, False]


CHANGED = "its content is not what its hash was made from"
CUT = "it does not hold the hash of the event before it"


@pytest.mark.parametrize(
    "column",
    ["name", "state", "recorded_at", "stored_at", "actor", "role", "command", "model_digest", "semantics"],
)
def test_whatever_is_changed_shows(recorder: Recorder, database: Database, column: str) -> None:
    value: object = 7 if column == "semantics" else "forged"
    with forging(database) as connection:
        at = (tables.events.c.stream_key == 1) & (tables.events.c.version == 2)
        connection.execute(sa.update(tables.events).where(at).values({column: value}))
    assert faults(recorder) == [(2, CHANGED)]
    assert faults(recorder, "s2") == []


@pytest.mark.parametrize("column", ["stream", "municipality", "subject"])
def test_a_stream_that_is_given_to_somebody_else_shows(recorder: Recorder, database: Database, column: str) -> None:
    with forging(database) as connection:
        at = tables.streams.c.stream == "s1"
        connection.execute(sa.update(tables.streams).where(at).values({column: "forged"}))
    assert faults(recorder, "forged" if column == "stream" else "s1") == [
        (version, CHANGED) for version in (1, 2, 3, 4)
    ]


def test_a_forged_event_with_a_hash_of_its_own_breaks_the_next_link(recorder: Recorder, database: Database) -> None:
    second = recorder.select_chained("s1")[1]._replace(state="{}")
    *header, state, before, _ = second
    text = "\n".join([json.dumps(header, separators=(",", ":")), state, before])
    with forging(database) as connection:
        at = (tables.events.c.stream_key == 1) & (tables.events.c.version == 2)
        forged = {"state": "{}", "hash": hashlib.sha256(text.encode()).hexdigest()}
        connection.execute(sa.update(tables.events).where(at).values(forged))
    assert faults(recorder) == [(3, CUT)]


@pytest.mark.parametrize(
    ("version", "expected"),
    [(1, (2, "it is not the first of its stream")), (3, (4, "the version before it is 2"))],
)
def test_an_event_that_is_gone_shows(
    recorder: Recorder, database: Database, version: int, expected: tuple[int, str]
) -> None:
    with forging(database) as connection:
        at = (tables.events.c.stream_key == 1) & (tables.events.c.version == version)
        connection.execute(sa.delete(tables.events).where(at))
    assert faults(recorder) == [expected]


def test_a_fault_names_its_stream(recorder: Recorder) -> None:
    changed = [event._replace(actor="forged") for event in recorder.select_chained("s2")]
    assert {fault.stream for fault in verify_stream(changed)} == {"s2"}
    assert isinstance(changed[0], ChainedEvent)
