"""A whole database as an earlier version left it: every later one opens it, upgrades it, and reads all of it.

The files are never changed. When the tables change, the next one is made with `make` and added here beside the others.
"""

import shutil
from collections.abc import Mapping
from datetime import UTC, date, datetime
from pathlib import Path

import msgspec
import pytest
import sqlalchemy as sa
from eventsourcing.persistence import Tracking

from indsats.domain.events import (
    NAMES,
    Body,
    BreachWithdrawn,
    DeadlineBreached,
    DeadlineDueSoon,
    Envelope,
    Event,
    FactAnnulled,
    FactRecorded,
    ModelChanged,
    ModelPinned,
)
from indsats.projections import tables as read_models
from indsats.store import tables
from indsats.store.chain import verify_stream
from indsats.store.citizen_keys import CitizenKeys
from indsats.store.connection import Database
from indsats.store.keys import FileKeys
from indsats.store.mapper import EventMapper
from indsats.store.migrations import require_current, upgrade
from indsats.store.recorder import Recorder
from indsats.store.sealing import PLACEHOLDER, Sealing

STORED = Path(__file__).parents[1] / "stored"

_PIN = ModelPinned(citizen="kim", family="flexjob", model="stevns-2017@1", digest="0f" * 32)
_BREACH = {"rule": "first_conversation", "anchor": "f1", "anchor_on": date(2017, 1, 2), "n": 1, "due": date(2017, 1, 9)}
_NOTE = FactRecorded(fact="f3", kind="note_added", on=date(2017, 1, 10), fields={"text": "Ønsker færre timer"})

BODIES: Mapping[str, tuple[Body, ...]] = {
    "5f0c": (
        _PIN,
        FactRecorded(fact="f1", kind="ledighedsydelse_started", on=date(2017, 1, 2), fields={"route": "mover_in"}),
        DeadlineDueSoon(rule="first_conversation", anchor="f1", n=1, due=date(2017, 1, 9), found_on=date(2017, 1, 7)),
        DeadlineBreached(**_BREACH, found_on=date(2017, 1, 10), cause=None, known_in_time=True),  # type: ignore[arg-type]
        _NOTE,
        BreachWithdrawn(**_BREACH, found_on=date(2017, 1, 18), reason="met", because_of="f4"),  # type: ignore[arg-type]
        FactAnnulled(id="a1", fact="f3", reason="noteret på en anden borger"),
        ModelChanged(id="m1", model="aalborg-2017@1", digest="f0" * 32, policy="keep", effective=date(2017, 6, 1)),
    ),
    "77ab": (
        ModelPinned(citizen="bo", family="flexjob", model="stevns-2017@1", digest="0f" * 32),
        FactRecorded(fact="f9", kind="note_added", on=date(2017, 2, 1), fields={"text": "slettet siden"}),
    ),
}
ERASED = FactRecorded(fact="f9", kind="note_added", on=date(2017, 2, 1), fields={"text": PLACEHOLDER})


def events(stream: str) -> list[Event]:
    return [
        Event(
            Envelope(
                stream=stream,
                version=version,
                municipality="0336",
                subject="citizen",
                recorded_at=datetime(2017, 1, version, 8, 30, 0, 125_000, tzinfo=UTC),
                stored_at=datetime(2026, 3, 1, 12, tzinfo=UTC),
                actor="w17",
                role="caseworker",
                command=f"{stream}-{version}",
                model_digest="0f" * 32,
                semantics=1,
            ),
            body,
        )
        for version, body in enumerate(BODIES[stream], start=1)
    ]


def make(path: Path) -> None:
    """Make such a database, and its key beside it: two citizens, one of whom was erased."""
    keys = FileKeys(path.with_suffix(".key"))
    keys.create()
    database = Database(f"sqlite:///{path}")
    with database.write() as connection:
        upgrade(connection)
        # No model is at hand, so every field of a fact is sealed.
        mapper, recorder = EventMapper(Sealing(CitizenKeys(connection, keys), {})), Recorder(database, connection)
        for stream in BODIES:
            recorder.insert_events([mapper.to_stored_event(event) for event in events(stream)])
        recorder.insert_tracking(Tracking("letters", 9))
        connection.execute(sa.delete(tables.citizen_keys).where(tables.citizen_keys.c.subject_id == "bo"))
    database.close()


@pytest.fixture(params=[path.name for path in sorted(STORED.glob("*.sqlite"))])
def path(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """A copy, because to open a database is to write beside it."""
    copy = Path(shutil.copy(STORED / request.param, tmp_path))
    key = Path(shutil.copy(STORED / copy.with_suffix(".key").name, tmp_path))
    key.chmod(0o600)
    return copy


def test_an_old_database_is_upgraded_and_read_to_the_last_event(path: Path) -> None:
    database = Database(f"sqlite:///{path}")
    with database.write() as connection:
        upgrade(connection)
        require_current(connection)
        assert set(read_models.metadata.tables) <= set(sa.inspect(connection).get_table_names())
        mapper = EventMapper(Sealing(CitizenKeys(connection, FileKeys(path.with_suffix(".key"))), {}))
        recorder = Recorder(database, connection)
        found = [mapper.to_domain_event(row) for _, row in recorder.select_log(0, 1000)]
        assert found == [*events("5f0c"), events("77ab")[0], Event(events("77ab")[1].envelope, ERASED)]
        for stream in BODIES:
            assert list(verify_stream(recorder.select_chained(stream))) == []
        assert recorder.max_tracking_id("letters") == 9
    database.close()


def test_an_old_database_can_be_recorded_in(path: Path) -> None:
    database = Database(f"sqlite:///{path}")
    with database.write() as connection:
        upgrade(connection)
        mapper = EventMapper(Sealing(CitizenKeys(connection, FileKeys(path.with_suffix(".key"))), {}))
        recorder = Recorder(database, connection)
        last = events("5f0c")[-1].envelope
        more = Event(msgspec.structs.replace(last, version=9), _NOTE)
        recorder.insert_events([mapper.to_stored_event(more)])
        assert mapper.to_domain_event(recorder.select_events("5f0c", gt=8)[0]) == more
        assert list(verify_stream(recorder.select_chained("5f0c"))) == []
    database.close()


def test_the_stored_databases_hold_every_event_there_is() -> None:
    assert sorted(path.stem for path in STORED.glob("*.sqlite")) == ["database-1"]
    assert {NAMES[type(body)] for bodies in BODIES.values() for body in bodies} == set(NAMES.values())


def test_this_version_makes_such_a_database_still(tmp_path: Path) -> None:
    make(tmp_path / "new.sqlite")
    database = Database(f"sqlite:///{tmp_path / 'new.sqlite'}")
    with database.read() as connection:
        recorder = Recorder(database, connection)
        assert len(recorder.select_log(0, 1000)) == sum(map(len, BODIES.values()))
    database.close()
