"""What the database itself holds to, whoever asks it."""

import pytest
import sqlalchemy as sa

from indsats.store import tables
from indsats.store.connection import Database


@pytest.fixture
def one_event(database: Database) -> Database:
    with database.write() as connection:
        key = connection.execute(sa.insert(tables.streams).values(stream="s", municipality="0336")).inserted_primary_key
        assert key is not None
        event = {"stream_key": key[0], "version": 1, "name": "n", "state": "{}", "previous_hash": "", "hash": "h"}
        connection.execute(sa.insert(tables.events), event)
    return database


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE indsats_events SET state = 'forged'",
        "DELETE FROM indsats_events",
        "UPDATE indsats_streams SET municipality = '0851'",
        "DELETE FROM indsats_streams",
    ],
)
def test_what_was_recorded_cannot_be_changed_or_deleted(one_event: Database, statement: str) -> None:
    with pytest.raises(sa.exc.DBAPIError, match="is append-only"), one_event.write() as connection:
        connection.exec_driver_sql(statement)
    with one_event.read() as connection:
        assert connection.execute(sa.select(tables.events.c.state)).scalars().all() == ["{}"]


def test_what_was_recorded_cannot_be_replaced_or_truncated(one_event: Database) -> None:
    statement = {
        "sqlite": "INSERT OR REPLACE INTO indsats_events SELECT * FROM indsats_events",
        "postgresql": "TRUNCATE indsats_events",
    }[one_event.engine.dialect.name]
    with pytest.raises(sa.exc.DBAPIError, match="is append-only"), one_event.write() as connection:
        connection.exec_driver_sql(statement)


def test_a_version_stands_once_in_its_stream(one_event: Database) -> None:
    event = {"stream_key": 1, "version": 1, "name": "n", "state": "{}", "previous_hash": "", "hash": "h"}
    with pytest.raises(sa.exc.IntegrityError), one_event.write() as connection:
        connection.execute(sa.insert(tables.events), event)


def test_a_position_is_never_used_again(one_event: Database) -> None:
    """Whoever follows the log by position would miss what takes the place of an event that was rolled back."""
    event = {"stream_key": 1, "name": "n", "state": "{}", "previous_hash": "", "hash": "h"}
    with one_event.write() as connection:
        second = connection.execute(sa.insert(tables.events), event | {"version": 2}).inserted_primary_key
        assert second is not None
        remove = {
            "sqlite": ["DROP TRIGGER indsats_events_no_delete"],
            "postgresql": ["ALTER TABLE indsats_events DISABLE TRIGGER USER"],
        }[one_event.engine.dialect.name]
        for statement in (*remove, "DELETE FROM indsats_events WHERE version = 2"):
            connection.exec_driver_sql(statement)
        again = connection.execute(sa.insert(tables.events), event | {"version": 2}).inserted_primary_key
    assert again is not None
    assert again[0] > second[0]


def test_two_streams_of_one_citizen_in_one_family_are_refused(database: Database) -> None:
    whose = {"municipality": "0336", "family": "flexjob", "subject": "citizen", "subject_id": "c1"}
    with database.write() as connection:
        connection.execute(sa.insert(tables.streams), {"stream": "s1", **whose})
    with pytest.raises(sa.exc.IntegrityError), database.write() as connection:
        connection.execute(sa.insert(tables.streams), {"stream": "s2", **whose})
