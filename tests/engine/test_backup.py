"""A backup: all of one state of the database, whole, never over anything, and of use only with its keys."""

import os
import subprocess
from pathlib import Path
from threading import Event as Flag
from threading import Thread

import pytest
from sqlalchemy import make_url
from tests.conftest import Servers
from tests.engine.looking import KIM, everything, started, talked
from tests.postgres import installed

from indsats.clock import VirtualClock
from indsats.engine import Engine
from indsats.engine.backup import backup
from indsats.engine.checking import check
from indsats.errors import DatabaseFailed, ValueInvalid
from indsats.store.keys import FileKeys, Keys


@pytest.fixture(autouse=True)
def programs(database_kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The client programs of the server's own version come first."""
    if database_kind != "sqlite":
        directory = installed()[int(database_kind.partition("-")[2])]
        monkeypatch.setenv("PATH", f"{directory}{os.pathsep}{os.environ['PATH']}")


def restored(database_kind: str, servers: Servers, file: Path) -> str:
    """The address of a database that a backup was restored to, as the documentation says."""
    if database_kind == "sqlite":
        return f"sqlite:///{file}"
    server = servers.server(database_kind)
    name = f"restored_{file.stem}"
    server.execute(f"CREATE DATABASE {name}")
    url = make_url(server.url(name)).set(drivername="postgresql").render_as_string()
    subprocess.run(["pg_restore", "--exit-on-error", f"--dbname={url}", str(file)], check=True)
    return server.url(name)


def test_a_backup_made_while_others_write_is_one_state_of_all(
    database_kind: str,
    database_url: str,
    servers: Servers,
    engine: Engine,
    clock: VirtualClock,
    keys: Keys,
    tmp_path: Path,
) -> None:
    engine.record("c1", started(), actor=KIM)
    stop, written = Flag(), [0]

    def write() -> None:
        with Engine(database_url, "stevns-2017", clock=clock, keys=keys) as other:
            while not stop.is_set():
                other.record(f"w{written[0]}", started(id=f"w{written[0]}"), actor=KIM)
                written[0] += 1

    writer = Thread(target=write)
    writer.start()
    try:
        while not written[0]:
            pass
        done = backup(engine.database, tmp_path / "copy_one")
    finally:
        stop.set()
        writer.join()
    assert done.file == tmp_path / "copy_one"
    assert done.size == done.file.stat().st_size > 0
    assert done.file.stat().st_mode & 0o077 == 0
    url = restored(database_kind, servers, done.file)
    with Engine(url, "stevns-2017", clock=clock, keys=keys) as copy:
        found = check(copy.parts)
        assert (found.ok, found.streams >= 2) == (True, True)
        copy.record("c1", talked(), actor=KIM)
        assert check(copy.parts).ok
    assert check(engine.parts).ok


def test_a_backup_holds_all_and_not_the_keys(
    database_kind: str, servers: Servers, engine: Engine, clock: VirtualClock, keys: Keys, tmp_path: Path
) -> None:
    engine.record("c1", [started(), talked()], actor=KIM)
    engine.annul("talk", "en anden borger", actor=KIM)
    before = everything(engine)
    file = tmp_path / "copy_two"
    backup(engine.database, file)
    assert sorted(path.name for path in tmp_path.glob("copy_two*")) == ["copy_two"]
    content = file.read_bytes()
    assert isinstance(keys, FileKeys)
    assert keys.masters()[0].text.encode() not in content
    assert b"en anden borger" not in content
    with Engine(restored(database_kind, servers, file), "stevns-2017", clock=clock, keys=keys) as copy:
        assert everything(copy) == before


def test_a_backup_overwrites_nothing(engine: Engine, tmp_path: Path) -> None:
    file = tmp_path / "precious"
    file.write_text("all there is")
    with pytest.raises(ValueInvalid, match="precious: is there already; a backup never overwrites anything"):
        backup(engine.database, file)
    assert file.read_text() == "all there is"
    with pytest.raises(ValueInvalid, match=r"no/where: cannot be made: No such file"):
        backup(engine.database, tmp_path / "no" / "where")


def test_one_that_fails_leaves_nothing(engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    if engine.database.path is None:
        program = tmp_path / "bin" / "pg_dump"
        program.parent.mkdir()
        program.write_text("#!/bin/sh\necho the disk is full >&2\nexit 1\n")
        program.chmod(0o755)
        monkeypatch.setenv("PATH", str(program.parent), prepend=os.pathsep)
        fault = "the backup was not made: the disk is full"
    else:
        engine.record("c1", [started(), talked()], actor=KIM)
        with engine.transaction() as connection:
            connection.exec_driver_sql("PRAGMA writable_schema = ON")
            connection.exec_driver_sql(
                "UPDATE sqlite_schema SET sql = replace(sql, '''open''', '''open'', ''met''') "
                "WHERE name = 'indsats_obligations_waiting'"
            )
        engine.database.close()
        fault = "the backup was not made, because the copy is not whole: row .* missing from index"
    with pytest.raises(DatabaseFailed, match=fault):
        backup(engine.database, tmp_path / "copy")
    assert list(tmp_path.glob("copy*")) == []


def test_without_pg_dump_the_command_is_named(
    database_kind: str, engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if database_kind == "sqlite":
        backup(engine.database, tmp_path / "copy")
        return
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(DatabaseFailed, match="there is no program `pg_dump` on this machine"):
        backup(engine.database, tmp_path / "copy")
    assert not (tmp_path / "copy").exists()
