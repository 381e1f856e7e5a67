"""PostgreSQL itself is killed, all its processes at once, while an import runs: what it acknowledged is there."""

import time
from collections.abc import Callable, Set
from pathlib import Path
from random import Random

import pytest
from tests.conftest import DATABASES
from tests.hard.load import write_load
from tests.hard.places import ACTOR, LONG_AGO, Child, Place, make_place
from tests.hard.soundness import assert_sound
from tests.hard.writers import import_all
from tests.postgres import PostgresServer, installed

from indsats.domain.facts import note_added
from indsats.engine import Engine
from indsats.engine.importing import FACTS_AT_ONCE
from indsats.errors import DatabaseFailed

CRASHES = 5
NOTE = note_added(on=LONG_AGO, text="Note", id="n1")
BREAKS_AT_COMMIT = """
CREATE FUNCTION break_connection() RETURNS trigger LANGUAGE plpgsql AS
'BEGIN PERFORM pg_terminate_backend(pg_backend_pid()); RETURN NULL; END'
"""


@pytest.mark.parametrize("new_place", DATABASES[-1:], indirect=True)
def test_a_connection_that_breaks_in_a_commit_leaves_that_open(place: Place) -> None:
    with place.engine() as engine:
        with engine.transaction() as connection:
            connection.exec_driver_sql("CREATE TABLE host_visits (id TEXT)")
            connection.exec_driver_sql(BREAKS_AT_COMMIT)
            connection.exec_driver_sql(
                "CREATE CONSTRAINT TRIGGER break AFTER INSERT ON host_visits DEFERRABLE INITIALLY DEFERRED "
                "FOR EACH ROW EXECUTE FUNCTION break_connection()"
            )
        with pytest.raises(DatabaseFailed, match="broke, and it is not known whether the command is recorded; the sa"):
            _record_with_a_row(engine)
        done = engine.record("c1", NOTE, actor=ACTOR)
        assert (done.recorded, done.repeated) == (1, 0)
    assert _found(place) == {"n1"}


def _record_with_a_row(engine: Engine) -> None:
    with engine.transaction() as connection:
        engine.record("c1", NOTE, actor=ACTOR, connection=connection)
        connection.exec_driver_sql("INSERT INTO host_visits VALUES ('v1')")


@pytest.mark.torture
@pytest.mark.parametrize("major", installed())
def test_an_import_survives_the_crashes_of_its_server(
    major: int, tmp_path: Path, report: Callable[[str], None]
) -> None:
    began = time.monotonic()
    load, random = tmp_path / "load.json", Random(major)
    ids = write_load(load, 500)
    kept_at: list[int] = []
    faults: set[str] = set()
    server = PostgresServer(major, durable=True).start()
    try:
        place = make_place(Place("postgresql", server.url(), tmp_path / "keys"))
        while len(kept_at) < CRASHES:
            child = Child(import_all, place, load, None)
            told = [child.hear()]
            enough = random.uniform(max(kept_at, default=0), len(ids) - 1)
            while sum(told) + FACTS_AT_ONCE < enough:
                told.append(child.hear())
            time.sleep(random.uniform(0, 0.15))
            server.crash()
            *others, last = child.rest()
            server.start_again()
            found = _found(place)
            assert found == set(ids[: len(found)])
            if isinstance(last, int):
                break  # it was through before
            faults.add(last.partition(";")[0])
            kept_at.append(sum(told + others))
            assert len(found) >= kept_at[-1]
        assert sum(Child(import_all, place, load, None).rest()) == len(ids)
        assert _found(place) == set(ids)
    finally:
        server.stop()
    took = time.monotonic() - began
    report(f"postgresql-{major}: server killed after {kept_at} acknowledged facts of {len(ids):,}; {took:.0f} s")
    report(f"postgresql-{major}: that was told as {sorted(faults)}")
    assert kept_at
    assert all("connection" in fault for fault in faults)


def _found(place: Place) -> Set[str]:
    with place.engine() as engine:
        return assert_sound(engine)
