from dataclasses import replace

import msgspec
import pytest
import sqlalchemy as sa
from eventsourcing.persistence import DataError, IntegrityError, OperationalError, StoredEvent, Tracking
from sqlalchemy.orm import Session
from tests.store.stored import forging, row, rows

from indsats.errors import StoredEventUnreadable
from indsats.store import tables
from indsats.store.connection import Database
from indsats.store.recorder import Recorder
from indsats.store.rows import StoredRow

HOST = sa.Table("host_cases", sa.MetaData(), sa.Column("number", sa.Integer, primary_key=True))


@pytest.fixture
def recorder(database: Database) -> Recorder:
    return Recorder(database)


@pytest.fixture
def host_database(database: Database) -> Database:
    with database.write() as connection:
        HOST.create(connection)
    return database


def _host_rows(database: Database) -> list[int]:
    with database.read() as connection:
        return list(connection.execute(sa.select(HOST.c.number)).scalars())


def test_an_event_comes_back_with_its_envelope(recorder: Recorder) -> None:
    stored = rows("s1", 3)
    recorder.insert_events(stored)
    found = recorder.select_events("s1")
    assert found == [replace(event, owner=None) for event in stored]
    assert isinstance(found[0], StoredRow)


def test_positions_count_the_whole_log(recorder: Recorder) -> None:
    assert recorder.insert_events([row("s1"), row("s2"), row("s1", 2)]) == [1, 2, 3]
    assert recorder.insert_events([row("s2", 2)]) == [4]
    found = recorder.select_notifications(None, 10)
    assert [(event.id, event.originator_id, event.originator_version) for event in found] == [
        (1, "s1", 1),
        (2, "s2", 1),
        (3, "s1", 2),
        (4, "s2", 2),
    ]


def test_the_log_is_read_with_envelopes_a_part_at_a_time(recorder: Recorder) -> None:
    recorder.insert_events([row("s1"), row("s2"), row("s1", 2)])
    first, rest = recorder.select_log(0, 2), recorder.select_log(2, 2)
    assert [position for position, _ in (*first, *rest)] == [1, 2, 3]
    assert [event for _, event in first] == [replace(row(stream), owner=None) for stream in ("s1", "s2")]
    assert [event for _, event in rest] == [row("s1", 2)]


def test_more_streams_than_one_query_names(recorder: Recorder) -> None:
    stored = [row(f"s{number}", version) for number in range(1201) for version in (1, 2)]
    assert recorder.insert_events(stored) == list(range(1, 2403))
    assert recorder.insert_events([row("s1200", 3), row("s0", 3)]) == [2403, 2404]


@pytest.mark.parametrize("version", [1, 2, 4])
def test_a_version_that_does_not_follow_is_refused(recorder: Recorder, version: int) -> None:
    recorder.insert_events(rows("s1", 2))
    with pytest.raises(IntegrityError, match=f"stream s1 has version 2; version {version} does not follow"):
        recorder.insert_events([row("s2"), row("s1", version)])
    assert recorder.select_events("s2") == []
    assert len(recorder.select_events("s1")) == 2


def test_a_citizen_has_one_stream_in_a_family(recorder: Recorder) -> None:
    recorder.insert_events([row("s1")])
    rival = replace(row("s2"), owner=row("s1").owner)
    with pytest.raises(IntegrityError, match="citizen of s1 of municipality 0336 has another stream in the family"):
        recorder.insert_events([row("s3"), rival])
    assert recorder.select_events("s3") == []


def test_a_citizen_of_the_same_id_elsewhere_is_another(recorder: Recorder) -> None:
    other = row("s2", municipality="0851")
    assert row("s1").owner is not None
    assert other.owner is not None
    recorder.insert_events([row("s1"), replace(other, owner=other.owner._replace(subject_id="citizen of s1"))])
    assert len(recorder.select_events("s2")) == 1


def test_a_stream_stays_in_its_municipality(recorder: Recorder) -> None:
    recorder.insert_events([row("s1")])
    with pytest.raises(DataError, match="stream s1 is of a citizen of municipality 0336"):
        recorder.insert_events([row("s1", 2, municipality="0851")])


def test_a_state_that_is_no_text_is_refused(recorder: Recorder) -> None:
    with pytest.raises(DataError, match="stream s, version 1: the state is no text"):
        recorder.insert_events([StoredEvent("s", 1, "n", b"\xff")])


def test_an_argument_that_it_does_not_know_is_refused(recorder: Recorder) -> None:
    with pytest.raises(TypeError, match="no argument conection"):
        recorder.insert_events([row()], conection=None)


def test_the_state_is_text_that_the_database_itself_can_read(database: Database) -> None:
    Recorder(database).insert_events([row()])
    say = {"sqlite": "json_extract(state, '$.say')", "postgresql": "state::json ->> 'say'"}
    with database.read() as connection:
        statement = f"SELECT name, {say[database.engine.dialect.name]}, recorded_at, actor FROM indsats_events"  # noqa: S608
        assert connection.exec_driver_sql(statement).one() == (
            "note.1",
            "Æblegrød",
            "2017-01-02T08:00:00.000125Z",
            "nn",
        )


def test_events_and_tracking_are_one_transaction(recorder: Recorder) -> None:
    recorder.insert_events([row("s1")], tracking=Tracking("letters", 7))
    with pytest.raises(IntegrityError, match="letters has read past position 7 or up to it"):
        recorder.insert_events([row("s2")], tracking=Tracking("letters", 7))
    assert recorder.select_events("s2") == []


# In the host's transaction


def test_what_a_host_commits_is_there_with_its_own_rows(host_database: Database) -> None:
    with host_database.engine.begin() as connection:
        connection.execute(sa.insert(HOST), {"number": 7})
        Recorder(host_database, connection).insert_events([row()])
    assert _host_rows(host_database) == [7]
    assert len(Recorder(host_database).select_events("s1")) == 1


def test_what_a_host_rolls_back_is_gone_with_its_own_rows(host_database: Database) -> None:
    with host_database.engine.connect() as connection, connection.begin() as transaction:
        connection.execute(sa.insert(HOST), {"number": 7})
        Recorder(host_database).insert_events([row()], connection=connection)
        transaction.rollback()
    assert _host_rows(host_database) == []
    assert Recorder(host_database).select_events("s1") == []
    with host_database.read() as reading:
        assert reading.execute(sa.select(tables.streams)).all() == []


def test_a_session_is_as_good_as_a_connection(host_database: Database) -> None:
    recorder = Recorder(host_database)
    with Session(host_database.engine) as session, session.begin():
        session.execute(sa.insert(HOST), {"number": 1})
        recorder.bound_to(session).insert_events([row()])
    with Session(host_database.engine) as session:
        session.execute(sa.insert(HOST), {"number": 2})
        recorder.bound_to(session).insert_events([row("s1", 2)])
        session.rollback()
    assert _host_rows(host_database) == [1]
    assert len(recorder.select_events("s1")) == 1


def test_inside_a_transaction_its_own_events_are_seen(database: Database) -> None:
    with database.write() as connection:
        inside = Recorder(database).bound_to(connection)
        inside.insert_events([row()])
        assert len(inside.select_events("s1")) == 1
        assert inside.max_notification_id() == 1
        assert Recorder(database).select_events("s1") == []


def test_after_a_conflict_the_host_can_go_on(host_database: Database) -> None:
    """The host decides what becomes of its transaction; a conflict does not spoil it."""
    recorder = Recorder(host_database)
    recorder.insert_events([row()])
    with host_database.engine.begin() as connection:
        connection.execute(sa.insert(HOST), {"number": 7})
        inside = recorder.bound_to(connection)
        with pytest.raises(IntegrityError):
            inside.insert_events([row()])
        with pytest.raises(IntegrityError):
            inside.insert_events([replace(row("s2"), owner=row("s1").owner)])
        inside.insert_events([row("s1", 2)])
    assert _host_rows(host_database) == [7]
    assert len(recorder.select_events("s1")) == 2


def test_the_engine_of_a_host_is_taken_as_it_is(database_url: str) -> None:
    engine = sa.create_engine(database_url)
    with engine.begin() as connection:
        HOST.create(connection)
    database = Database(engine)
    with engine.connect() as connection, connection.begin():
        # It reads first and writes then, while somebody else wrote in between: with a plain BEGIN, SQLite refuses that.
        assert connection.execute(sa.select(HOST)).all() == []
        Recorder(database, connection).insert_events([row()])
    database.close()
    with engine.connect() as connection:  # still the host's
        assert connection.execute(sa.select(tables.events.c.version)).scalars().all() == [1]
    engine.dispose()


# Waiting


def test_a_reader_waits_for_no_writer(database: Database) -> None:
    recorder = Recorder(database)
    recorder.insert_events([row()])
    with database.write() as connection:
        recorder.bound_to(connection).insert_events([row("s1", 2)])
        assert len(recorder.select_events("s1")) == 1
        assert recorder.max_notification_id() == 1


def test_a_writer_waits_so_long_and_no_longer(database: Database, database_url: str) -> None:
    impatient = Database(database_url, lock_timeout=0.1)
    with database.write() as connection:
        Recorder(database, connection).insert_events([row()])
        with pytest.raises(OperationalError, match=r"locked|lock timeout"):
            Recorder(impatient).insert_events([row("s2")])
    assert Recorder(impatient).insert_events([row("s2")]) == [2]
    impatient.close()


def test_a_commit_waits_for_the_disk(database: Database) -> None:
    with database.read() as connection:
        if connection.dialect.name == "sqlite":
            assert connection.exec_driver_sql("PRAGMA journal_mode").scalar_one() == "wal"
            assert connection.exec_driver_sql("PRAGMA synchronous").scalar_one() == 2
            assert connection.exec_driver_sql("PRAGMA foreign_keys").scalar_one() == 1
        else:
            # The server decides; nothing here turns it off for our sessions.
            setting = "SELECT source FROM pg_settings WHERE name = 'synchronous_commit'"
            assert connection.exec_driver_sql(setting).scalar_one() != "client"


def test_an_instant_is_stored_to_the_microsecond_and_sorts_as_text(recorder: Recorder) -> None:
    stored = row()
    recorder.insert_events([stored])
    (found,) = recorder.select_events("s1")
    assert isinstance(found, StoredRow)
    assert found.envelope == stored.envelope
    assert msgspec.json.encode(found.envelope) == msgspec.json.encode(stored.envelope)


@pytest.mark.parametrize(
    ("damage", "reason"),
    [
        ({"actor": None}, "its envelope has gaps"),
        ({"recorded_at": None}, "its envelope has gaps"),
        ({"recorded_at": "yesterday"}, "its envelope: Invalid isoformat string: 'yesterday'"),
    ],
)
def test_a_damaged_envelope_names_stream_and_version(
    recorder: Recorder, database: Database, damage: dict[str, str | None], reason: str
) -> None:
    recorder.insert_events(rows("s1", 2))
    with forging(database) as connection:
        connection.execute(sa.update(tables.events).where(tables.events.c.version == 2).values(damage))
    with pytest.raises(StoredEventUnreadable, match=f"stream s1, version 2: {reason}"):
        recorder.select_events("s1")
