"""The check: whatever differs from the log is found and named, and it changes nothing itself."""

from datetime import timedelta

import pytest
from sqlalchemy import Connection
from tests.engine.looking import KIM, MONDAY, everything, started, talked

from indsats.clock import VirtualClock
from indsats.domain.calendar import noon_of
from indsats.engine import Engine
from indsats.engine.checking import Checked, Fault, check
from indsats.engine.rebuilding import rebuild
from indsats.projections.rows import PathwayKey

C1 = PathwayKey("0336", "flexjob", "citizen", "c1")
_OF_C1 = "stream_key = (SELECT stream_key FROM indsats_streams WHERE subject_id = 'c1')"


@pytest.fixture
def filled(engine: Engine, clock: VirtualClock) -> Engine:
    """Three citizens, one of whom was talked to and corrected."""
    for citizen in ("c1", "c2", "c3"):
        engine.record(citizen, started(id=f"{citizen}-start"), actor=KIM)
    engine.record("c1", talked(id="c1-talk"), actor=KIM)
    engine.annul("c1-talk", "twice", actor=KIM)
    clock.at = noon_of(MONDAY + timedelta(days=8))
    engine.sweep()
    return engine


def spoil(engine: Engine, *statements: str) -> None:
    """Run statements past the engine, and past what keeps events from being changed; `OF C1` is a condition."""
    with engine.transaction() as connection:
        unlock(connection, "indsats_events")
        for statement in statements:
            connection.exec_driver_sql(statement.replace("OF C1", _OF_C1))


def unlock(connection: Connection, table: str) -> None:
    """Take away what keeps a table from being changed, as somebody with the rights for it could."""
    if connection.dialect.name == "sqlite":
        for action in ("update", "delete"):
            connection.exec_driver_sql(f"DROP TRIGGER IF EXISTS {table}_no_{action}")
    else:
        connection.exec_driver_sql(f"ALTER TABLE {table} DISABLE TRIGGER USER")


def the_one(checked: Checked) -> Fault:
    assert not checked.ok
    assert checked.faults_in_all == 1, checked.faults
    [fault] = checked.faults
    return fault


def test_a_sound_database_has_no_faults_and_stays_as_it_is(filled: Engine) -> None:
    before = everything(filled, ())
    seen: list[int] = []
    checked = check(filled.parts, seen.append)
    assert (checked.ok, checked.streams, checked.faults_in_all, checked.set_aside) == (True, 3, 0, [])
    assert checked.events == len(before["indsats_events"])
    assert sum(seen) == 3
    assert everything(filled, ()) == before


def test_an_empty_database_has_no_faults(engine: Engine) -> None:
    assert check(engine.parts) == Checked(0, 0, [], 0, [])


@pytest.mark.parametrize(
    ("statement", "column", "found", "expected"),
    [
        ("UPDATE indsats_obligations SET status = 'lapsed'", "status", "lapsed", "breached"),
        ("UPDATE indsats_obligations SET responsible = NULL", "responsible", None, "caseworker"),
    ],
)
def test_a_value_that_differs_is_named(
    filled: Engine, statement: str, column: str, found: object, expected: object
) -> None:
    spoil(filled, f"{statement} WHERE citizen = 'c1' AND rule = 'first_conversation'")
    fault = the_one(check(filled.parts))
    assert (fault.table, fault.pathway, fault.column) == ("indsats_obligations", C1, column)
    assert (fault.found, fault.expected) == (found, expected)
    assert (fault.row["rule"], fault.row["n"]) == ("first_conversation", 1)
    assert fault.what == "a value differs"


def test_a_day_that_differs_is_named(filled: Engine) -> None:
    spoil(filled, "UPDATE indsats_obligations SET due = '2017-02-01' WHERE citizen = 'c1' AND rule = 'job_club'")
    fault = the_one(check(filled.parts))
    assert (fault.column, str(fault.found), str(fault.expected)) == ("due", "2017-02-01", "2017-01-16")


def test_a_row_that_is_missing_and_one_too_many_are_named(filled: Engine) -> None:
    spoil(filled, "DELETE FROM indsats_obligations WHERE citizen = 'c1' AND rule = 'job_club'")
    fault = the_one(check(filled.parts))
    assert (fault.table, fault.pathway, fault.column) == ("indsats_obligations", C1, None)
    assert (fault.what, fault.row["rule"]) == ("a row is missing", "job_club")
    spoil(filled, "UPDATE indsats_obligations SET n = 9 WHERE citizen = 'c2' AND rule = 'job_club'")
    checked = check(filled.parts)
    assert [(fault.what, fault.row["n"]) for fault in checked.faults] == [
        ("a row is missing", 1),
        ("a row is missing", 1),
        ("a row is too many", 9),
    ]


def test_a_row_of_nobody_is_named(filled: Engine) -> None:
    spoil(filled, "UPDATE indsats_obligations SET citizen = 'nobody' WHERE citizen = 'c1' AND rule = 'job_club'")
    stray, missing = check(filled.parts).faults
    assert (stray.table, stray.pathway, stray.what) == (
        "indsats_obligations",
        C1._replace(citizen="nobody"),
        "a row is too many",
    )
    assert (missing.pathway, missing.what) == (C1, "a row is missing")


def test_a_row_of_the_queue_that_differs_or_is_missing_is_named(filled: Engine) -> None:
    spoil(filled, "UPDATE indsats_due SET next_change = '2030-01-01' WHERE OF C1")
    fault = the_one(check(filled.parts))
    assert (fault.table, fault.pathway, fault.column, fault.found) == ("indsats_due", C1, "next_change", "2030-01-01")
    rebuild(filled.parts)
    spoil(filled, "UPDATE indsats_due SET models = 'another' WHERE OF C1")
    fault = the_one(check(filled.parts))
    assert (fault.table, fault.pathway, fault.column, fault.found) == ("indsats_due", C1, "models", "another")
    spoil(filled, "DELETE FROM indsats_due WHERE OF C1")
    fault = the_one(check(filled.parts))
    assert (fault.table, fault.pathway, fault.what) == ("indsats_due", C1, "a row is missing")


@pytest.mark.parametrize("registered", ["c1-start", "c1-talk"])
def test_an_id_that_is_missing_is_named(filled: Engine, registered: str) -> None:
    spoil(filled, "DELETE FROM indsats_registrations WHERE id = 'ID'".replace("ID", registered))
    fault = the_one(check(filled.parts))
    assert (fault.table, fault.pathway, fault.what) == ("indsats_registrations", C1, "a row is missing")
    assert fault.row == {"municipality": "0336", "id": registered}


def test_the_id_of_an_annulment_and_one_of_no_event_are_named(filled: Engine) -> None:
    spoil(filled, "UPDATE indsats_registrations SET id = 'x' WHERE length(id) > 20 AND OF C1")
    checked = check(filled.parts)
    assert {(fault.table, fault.what) for fault in checked.faults} == {
        ("indsats_registrations", "a row is missing"),
        ("indsats_registrations", "no event has this id"),
    }
    assert "x" in {fault.row["id"] for fault in checked.faults}


def test_an_event_that_was_changed_breaks_the_chain(filled: Engine) -> None:
    spoil(filled, "UPDATE indsats_events SET actor = 'someone' WHERE version = 2 AND OF C1")
    fault = the_one(check(filled.parts))
    assert (fault.table, fault.pathway, fault.row["version"]) == ("indsats_events", C1, 2)
    assert fault.what == "its content is not what its hash was made from"


def test_events_that_cannot_be_read_are_each_named(filled: Engine) -> None:
    spoil(
        filled,
        "UPDATE indsats_events SET name = 'unheard_of.1' WHERE version = 2 AND OF C1",
        "UPDATE indsats_events SET state = '[' WHERE version = 3 AND OF C1",
    )
    checked = check(filled.parts)
    unreadable = [fault for fault in checked.faults if "hash" not in fault.what]
    assert [(fault.table, fault.pathway, fault.row["version"]) for fault in unreadable] == [
        ("indsats_events", C1, 2),
        ("indsats_events", C1, 3),
    ]
    assert "no event has the name 'unheard_of.1'" in unreadable[0].what
    assert {fault.pathway for fault in checked.faults} == {C1}, "the others were looked at all the same"


def test_events_that_do_not_follow_are_named(filled: Engine) -> None:
    # The withdrawal of a breach that there never was.
    spoil(
        filled,
        "UPDATE indsats_events SET name = 'breach_withdrawn.1', state = '"
        '{"rule":"x","anchor":"a","anchor_on":"2017-01-02","n":1,"due":"2017-01-09","found_on":"2017-01-10",'
        '"reason":"met","because_of":null}'
        "' WHERE version = 2 AND OF C1",
    )
    checked = check(filled.parts)
    assert any("its events do not follow" in fault.what and fault.pathway == C1 for fault in checked.faults)


def test_what_was_set_aside_is_told_with_its_reason(filled: Engine) -> None:
    spoil(
        filled,
        "UPDATE indsats_due SET attempts = 2, fault = 'no model', retry_at = '2017-01-11T12:00:00.000000Z' WHERE OF C1",
    )
    checked = check(filled.parts)
    assert (checked.ok, checked.faults_in_all) == (False, 0)
    assert [tuple(aside) for aside in checked.set_aside] == [(C1, 2, "2017-01-11T12:00:00.000000Z", "no model")]


def test_all_faults_are_counted_and_the_first_are_given(filled: Engine) -> None:
    spoil(filled, "DELETE FROM indsats_obligations")
    checked = check(filled.parts, at_most=2)
    assert len(checked.faults) == 2
    assert checked.faults_in_all > 2


def test_what_is_recorded_meanwhile_is_no_fault(filled: Engine) -> None:
    def meanwhile(_: int) -> None:
        filled.record("c1", talked(id="later"), actor=KIM)
        filled.record("c9", started(id="c9-start"), actor=KIM)

    checked = check(filled.parts, meanwhile)
    assert (checked.ok, checked.streams) == (True, 3)
    assert check(filled.parts).streams == 4


@pytest.mark.parametrize("database_kind", ["sqlite"])
def test_an_index_that_lacks_a_row_is_named(filled: Engine) -> None:
    filled.record("c2", talked(id="c2-talk"), actor=KIM)
    assert check(filled.parts).ok
    with filled.transaction() as connection:
        connection.exec_driver_sql("PRAGMA writable_schema = ON")
        connection.exec_driver_sql(
            "UPDATE sqlite_schema SET sql = replace(sql, '''open''', '''open'', ''met''') "
            "WHERE name = 'indsats_obligations_waiting'"
        )
        # Otherwise the other connections would go by the schema that they have read before.
        version = connection.exec_driver_sql("PRAGMA schema_version").scalar_one()
        connection.exec_driver_sql(f"PRAGMA schema_version = {version + 1}")
        connection.exec_driver_sql("PRAGMA writable_schema = RESET")
    faults = check(filled.parts).faults
    assert faults
    assert all(fault.table is None and "indsats_obligations_waiting" in fault.what for fault in faults)
