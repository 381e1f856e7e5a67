"""A database made, upgraded and told of, and its master key exchanged, whenever that is interrupted."""

import shutil
from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from pathlib import Path
from threading import Barrier, Thread

import pytest
from eventsourcing.persistence import StoredEvent
from tests.engine.looking import KIM, MONDAY, everything, rows, started, talked

from indsats.clock import VirtualClock
from indsats.domain.calendar import noon_of
from indsats.domain.events import FactAnnulled
from indsats.domain.model import Model
from indsats.engine import Engine
from indsats.engine.checking import check
from indsats.engine.rebuilding import Rebuilt
from indsats.engine.setup import prepare
from indsats.engine.unit import Parts
from indsats.engine.upkeep import info, rotate_key, streams_in
from indsats.errors import DatabaseNotReady, IndsatsError, KeyMissing, ModelMissing
from indsats.models.library import load
from indsats.store.append import append
from indsats.store.citizen_keys import CitizenKeys
from indsats.store.connection import Database
from indsats.store.keys import EnvironmentKeys, FileKeys, Keys, MasterKey
from indsats.store.mapper import EventMapper
from indsats.store.migrations import require_current, upgrade
from indsats.store.recorder import Recorder
from indsats.store.sealing import Sealing
from indsats.store.steps import MIGRATIONS
from indsats.store.stored_models import StoredModels

STORED = Path(__file__).parents[1] / "stored"
STEVNS = load("stevns-2017")
REASON = "en anden borger"


def parts_of(url: str, keys: Keys, *models: Model) -> Parts:
    database = Database(url)
    clock = VirtualClock(noon_of(MONDAY + timedelta(days=30)))
    return Parts(database, clock, StoredModels(database, models), keys)


# Making and upgrading


def test_those_that_make_a_database_at_once_make_one(empty_url: str, tmp_path: Path) -> None:
    start, faults = Barrier(4), list[IndsatsError]()

    def make() -> None:
        parts = parts_of(empty_url, FileKeys(tmp_path / "own.key"))
        start.wait()
        try:
            prepare(parts)
        except IndsatsError as fault:
            faults.append(fault)
        finally:
            parts.database.close()

    threads = [Thread(target=make) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert faults == []
    keys = FileKeys(tmp_path / "own.key")
    [key] = keys.masters()
    with Engine(empty_url, STEVNS, keys=keys) as engine:
        assert rows(engine, "indsats_citizen_keys", "master_key") == [(key.fingerprint,)]


def test_no_key_is_made_for_a_database_that_has_lost_its_own(engine: Engine, keys: Keys) -> None:
    assert isinstance(keys, FileKeys)
    keys.path.rename(keys.path.with_suffix(".elsewhere"))
    with pytest.raises(KeyMissing, match="put the file of master keys there"):
        prepare(engine.parts)
    assert not keys.path.exists()


def test_a_database_that_is_ready_stays_as_it_is(engine: Engine) -> None:
    engine.record("c1", started(), actor=KIM)
    before = everything(engine)
    assert prepare(engine.parts) == (len(MIGRATIONS), (), None)
    assert everything(engine) == before


def log_of(engine: Engine) -> Sequence[StoredEvent]:
    mapper = EventMapper()
    log = Recorder(engine.database).select_log(0, 1000)
    return [mapper.to_stored_event(mapper.to_domain_event(row)) for _, row in log]


@pytest.fixture
def old(engine: Engine, clock: VirtualClock, empty_url: str, database_kind: str, tmp_path: Path) -> Iterator[str]:
    """A database from before there were read models, with the log of the engine's."""
    for citizen in ("c1", "c2", "c3"):
        engine.record(citizen, [started(id=None), talked(id=None)], actor=KIM)
    clock.at = noon_of(MONDAY + timedelta(days=20))
    engine.sweep()
    url = f"sqlite:///{tmp_path / 'old.db'}" if database_kind == "sqlite" else empty_url
    database = Database(url)
    with database.write() as connection:
        upgrade(connection, MIGRATIONS[:1])
        append(connection, log_of(engine))
    yield url
    database.close()


def test_a_log_that_is_older_than_the_read_models_fills_them(engine: Engine, old: str, keys: Keys) -> None:
    with Engine(old, STEVNS, clock=engine.clock, keys=keys, create=True) as upgraded:
        assert check(upgraded.parts).ok
        derived = ("indsats_obligations", "indsats_visits", "indsats_pathways", "indsats_registrations")
        assert [rows(upgraded, name) for name in derived] == [rows(engine, name) for name in derived]
        assert rows(upgraded, "indsats_models", "digest", "model") == [(STEVNS.digest, "stevns-2017@1")]
        upgraded.record("c1", talked(), actor=KIM, late=True)
        assert check(upgraded.parts).ok
    without_files = parts_of(old, keys)
    assert check(without_files).ok, "the model was kept"
    without_files.database.close()


def test_an_upgrade_that_was_cut_short_is_noticed_and_goes_on(engine: Engine, old: str, keys: Keys) -> None:
    database = Database(old)
    with database.write() as connection:
        upgrade(connection)
    database.close()
    with pytest.raises(DatabaseNotReady, match="run `indsats db upgrade` to its end first"):
        Engine(old, STEVNS, clock=engine.clock, keys=keys)
    parts = parts_of(old, keys, STEVNS)
    assert prepare(parts).rebuilt == Rebuilt(pathways=3, caught_up=0)
    parts.database.close()
    with Engine(old, STEVNS, clock=engine.clock, keys=keys) as upgraded:
        assert check(upgraded.parts).ok


def test_a_database_of_the_step_before_has_its_read_models_made_anew(
    engine: Engine, keys: Keys, empty_url: str, database_kind: str, tmp_path: Path
) -> None:
    engine.record("c1", [started(id=None), talked(id=None)], actor=KIM)
    url = f"sqlite:///{tmp_path / 'before.db'}" if database_kind == "sqlite" else empty_url
    database = Database(url)
    with database.write() as connection:
        upgrade(connection, MIGRATIONS[:2])
        append(connection, log_of(engine))
        upgrade(connection, MIGRATIONS[:3])
        connection.exec_driver_sql(
            "INSERT INTO indsats_due (stream_key, municipality, synced_on, attempts) "
            "SELECT stream_key, municipality, '2017-01-02', 0 FROM indsats_streams"
        )
    database.close()
    with Engine(url, STEVNS, clock=engine.clock, keys=keys, create=True) as upgraded:
        assert check(upgraded.parts).ok
        assert rows(upgraded, "indsats_obligations") == rows(engine, "indsats_obligations")


def test_an_upgrade_says_what_it_did(old: str, keys: Keys) -> None:
    parts = parts_of(old, keys, STEVNS)
    done = prepare(parts)
    assert (done.step, [step.number for step in done.steps]) == (
        len(MIGRATIONS),
        [step.number for step in MIGRATIONS[1:]],
    )
    assert done.rebuilt == Rebuilt(pathways=3, caught_up=0)
    parts.database.close()


def test_without_the_model_the_upgrade_works_and_says_what_is_left_to_do(tmp_path: Path) -> None:
    path = Path(shutil.copy(STORED / "database-1.sqlite", tmp_path))
    keys = FileKeys(Path(shutil.copy(STORED / "database-1.key", tmp_path)))
    keys.path.chmod(0o600)
    parts = parts_of(f"sqlite:///{path}", keys, STEVNS)
    for _ in range(2):
        with pytest.raises(ModelMissing) as caught:
            prepare(parts)
        assert "stream 5f0c: the model with digest 0f0f0f" in str(caught.value)
        assert "run `indsats db rebuild --model FILE`" in str(caught.value)
        with parts.database.read() as connection:
            require_current(connection)
    checked = check(parts)
    assert not checked.ok
    assert {fault.pathway and fault.pathway.citizen for fault in checked.faults} == {"kim", "bo"}
    assert all("the model with digest" in fault.what for fault in checked.faults)
    parts.database.close()


# Figures


def test_a_database_in_figures(engine: Engine, clock: VirtualClock, keys: Keys) -> None:
    empty = info(engine.parts)
    assert (empty.ok, empty.streams, empty.events, empty.last_position, empty.due_pathways, empty.oldest_due) == (
        True,
        0,
        0,
        0,
        0,
        None,
    )
    engine.record("c1", [started(), talked()], actor=KIM)
    engine.record("c2", started(id="other"), actor=KIM)
    found = info(engine.parts)
    assert (found.streams, found.facts, found.last_position) == (2, 3, found.events)
    assert (found.events, streams_in(engine.parts)) == (len(rows(engine, "indsats_events", "position")), 2)
    waiting = rows(engine, "indsats_obligations", "status")
    assert found.open_obligations == waiting.count(("open",)) > 0
    assert [model.model for model in found.models] == ["stevns-2017@1"]
    assert found.engine.partition(" ")[0] == engine.database.engine.dialect.name
    assert (found.step, found.size > 10_000, found.set_aside) == (len(MIGRATIONS), True, 0)
    assert list(found.keys) == list(found.wrapped_under) == [keys.masters()[0].fingerprint]
    clock.at = noon_of(MONDAY + timedelta(days=9))
    found = info(engine.parts)
    assert (found.due_pathways, found.oldest_due) == (2, date(2017, 1, 3))


def test_keys_that_are_not_at_hand_show(engine: Engine, tmp_path: Path) -> None:
    parts = Parts(engine.database, engine.clock, engine.models, FileKeys(tmp_path / "none.key"))
    assert (info(parts).ok, info(parts).keys) == (False, [])


# Rotation


class Stopped(BaseException):
    """The process died here."""


class Stopping(FileKeys):
    """Keys in a file, by a process that dies at a point of a rotation."""

    def __init__(self, path: Path, at: str) -> None:
        super().__init__(path)
        self._at = at
        self._asked = 0

    def add(self) -> MasterKey:
        if self._at == "before the new key":
            raise Stopped
        key = super().add()
        if self._at == "after the new key":
            raise Stopped
        return key

    def masters(self) -> Sequence[MasterKey]:
        self._asked += 1
        if self._at == "while keys are wrapped" and self._asked == 4:
            raise Stopped
        return super().masters()

    def forget_old(self) -> None:
        if self._at == "before the old key is forgotten":
            raise Stopped
        super().forget_old()
        if self._at == "after all":
            raise Stopped


def sealed(engine: Engine) -> None:
    for number in range(3):
        engine.record(f"c{number}", [started(id=None), talked(id=f"talk-{number}")], actor=KIM)
        engine.annul(f"talk-{number}", REASON, actor=KIM)


def reasons(engine: Engine) -> Sequence[object]:
    """What is sealed in the database, opened."""
    with engine.database.read() as connection:
        mapper = EventMapper(Sealing(CitizenKeys(connection, engine.keys), engine.models))
        log = Recorder(engine.database, connection).select_log(0, 1000)
        bodies = [mapper.to_domain_event(row).body for _, row in log]
        return [body.reason for body in bodies if isinstance(body, FactAnnulled)]


def test_a_rotation_wraps_all_under_a_new_key_and_forgets_the_old(engine: Engine, keys: Keys) -> None:
    sealed(engine)
    before, (old_key,) = rows(engine, "indsats_events"), keys.masters()
    done = rotate_key(engine.parts)
    [new_key] = keys.masters()
    assert new_key.fingerprint != old_key.fingerprint
    assert done == (new_key.fingerprint, 4, [old_key.fingerprint], ())
    assert info(engine.parts).wrapped_under == [new_key.fingerprint]
    assert rows(engine, "indsats_events") == before
    assert reasons(engine) == [REASON] * 3
    engine.record("c9", started(id="after"), actor=KIM)
    assert check(engine.parts).ok


@pytest.mark.parametrize(
    "at",
    [
        "before the new key",
        "after the new key",
        "while keys are wrapped",
        "before the old key is forgotten",
        "after all",
    ],
)
def test_a_rotation_may_die_anywhere(engine: Engine, keys: Keys, at: str) -> None:
    assert isinstance(keys, FileKeys)
    sealed(engine)
    [first] = keys.masters()
    with pytest.raises(Stopped):
        rotate_key(Parts(engine.database, engine.clock, engine.models, Stopping(keys.path, at)))
    assert reasons(engine) == [REASON] * 3
    engine.record("c9", [started(id="s9"), talked(id="t9")], actor=KIM)
    engine.annul("t9", REASON, actor=KIM)
    done = rotate_key(engine.parts)
    [last] = keys.masters()
    assert last.fingerprint == done.key != first.fingerprint
    assert info(engine.parts).wrapped_under == [last.fingerprint]
    assert reasons(engine) == [REASON] * 4


def test_nothing_is_forgotten_that_something_is_wrapped_under(engine: Engine, keys: Keys) -> None:
    assert isinstance(keys, FileKeys)
    sealed(engine)
    with engine.transaction() as connection:
        connection.exec_driver_sql("UPDATE indsats_citizen_keys SET master_key = 'lost' WHERE subject_id = 'c1'")
    with pytest.raises(KeyMissing, match="wrapped under master key lost, which is not among those at hand"):
        rotate_key(engine.parts)
    assert len(keys.masters()) == 2


def test_keys_in_the_environment_are_changed_by_their_owner(
    engine: Engine, keys: Keys, monkeypatch: pytest.MonkeyPatch
) -> None:
    sealed(engine)
    [old_key], new_key = keys.masters(), MasterKey.new()
    parts = Parts(engine.database, engine.clock, engine.models, EnvironmentKeys("OWN_KEYS"))
    monkeypatch.setenv("OWN_KEYS", old_key.text)
    with pytest.raises(KeyMissing, match=r"put a new key .* before the present one"):
        rotate_key(parts)
    monkeypatch.setenv("OWN_KEYS", f"{new_key.text} {old_key.text}")
    assert rotate_key(parts) == (new_key.fingerprint, 4, (), [old_key.fingerprint])
    monkeypatch.setenv("OWN_KEYS", new_key.text)
    assert info(parts).ok
