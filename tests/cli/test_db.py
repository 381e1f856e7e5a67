"""`indsats db` as its users run it: what it prints, its exit codes, and what it says when the database is not there."""

import json
import os
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from tests.cli.databases import make, new_path, sound, spoiled
from tests.engine.test_upkeep import STORED
from tests.postgres import installed

from indsats.store.keys import MasterKey


def run(*arguments: str | Path, **environment: str) -> subprocess.CompletedProcess[str]:
    known = {name: value for name, value in os.environ.items() if not name.startswith("INDSATS_")}
    return subprocess.run(
        [sys.executable, "-m", "indsats.cli.main", "db", *map(str, arguments)],
        capture_output=True,
        encoding="utf-8",
        env={**known, "PYTHONIOENCODING": "utf-8", **environment},
        timeout=60,
        check=False,
    )


def printed(
    *arguments: str | Path, code: int = 0, given: Mapping[str, str] | None = None, **environment: str
) -> Mapping[str, Any]:
    done = run(*arguments, "--json", **(given or {}), **environment)
    assert done.returncode == code, done.stderr
    document: Mapping[str, Any] = json.loads(done.stdout)
    assert document["ok"] == (code == 0)
    return document


def said(*arguments: str | Path, code: int, **environment: str) -> str:
    """What stands on standard error, with nothing on standard output."""
    done = run(*arguments, **environment)
    assert (done.returncode, done.stdout) == (code, ""), done.stderr
    assert "Traceback" not in done.stderr
    return done.stderr


def test_the_life_of_a_database(empty_url: str, tmp_path: Path) -> None:
    # The newest client programs can read every server.
    programs = os.pathsep.join([*map(str, reversed([*installed().values()])), os.environ["PATH"]])
    given = {"INDSATS_DB": empty_url, "PATH": programs}
    keys = ("--keys", tmp_path / "own.key")
    made = printed("init", *keys, given=given)
    assert [step["number"] for step in made["steps"]] == [*range(1, made["step"] + 1)]
    assert printed("init", *keys, given=given) == {**made, "steps": []}
    assert printed("upgrade", *keys, given=given) == {**made, "steps": []}
    [key] = printed("info", *keys, given=given)["keys"]
    assert (tmp_path / "own.key").stat().st_mode & 0o077 == 0
    assert printed("rebuild", *keys, given=given)["pathways"] == 0
    assert printed("check", *keys, given=given)["faults"] == []
    backed_up = printed("backup", tmp_path / "copy", *keys, given=given)
    assert backed_up["size"] == (tmp_path / "copy").stat().st_size
    rotated = printed("rotate-key", *keys, given=given)
    assert (rotated["forgotten"], rotated["rewrapped"]) == ([key], 1)
    assert printed("info", *keys, given=given)["keys"] == [rotated["key"]]


def test_a_path_is_that_of_a_sqlite_file() -> None:
    path = sound()
    by_path, by_url = printed("info", "--db", path), printed("info", "--db", f"sqlite:///{path}")
    assert by_path == by_url
    assert (by_path["streams"], by_path["facts"], by_path["database"]) == (2, 2, str(path))


def test_for_people_in_both_languages() -> None:
    english = run("info", "--db", sound())
    assert "streams: 2\n" in english.stdout
    assert "models: stevns-2017@1 " in english.stdout
    danish = run("info", "--db", sound(), "--lang", "da", INDSATS_LANG="en")
    assert "strømme: 2\n" in danish.stdout
    assert (english.returncode, english.stderr, danish.stderr) == (0, "", "")


def test_faults_are_named_and_fail_the_check() -> None:
    found = printed("check", "--db", spoiled(), code=1)
    assert {(fault["table"], fault["pathway"]["citizen"], fault["column"]) for fault in found["faults"]} == {
        ("indsats_registrations", "c1", None),
        ("indsats_obligations", "c1", "status"),
    }
    assert [aside["pathway"]["citizen"] for aside in found["set_aside"]] == ["c1", "c2"]
    done = run("check", "--db", spoiled())
    assert done.returncode == 1
    assert "faults: 2\n" in done.stdout
    assert "a value differs: met instead of" in done.stdout
    assert "2017-01-11T12:00:00.000000Z" in done.stdout


def test_a_rebuild_puts_right_what_it_can() -> None:
    path = make()
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("DELETE FROM indsats_obligations")
        connection.commit()
    assert printed("check", "--db", path, code=1)["faults_in_all"] > 0
    assert printed("rebuild", "--db", path) == {"ok": True, "pathways": 2, "caught_up": 0}
    assert printed("check", "--db", path)["faults_in_all"] == 0


@pytest.mark.parametrize("command", ["upgrade", "info", "rebuild", "check", "backup", "rotate-key"])
def test_a_database_that_is_not_there_is_not_made(command: str, tmp_path: Path) -> None:
    path = tmp_path / "none.db"
    arguments = [tmp_path / "copy"] if command == "backup" else []
    told = said(command, *arguments, "--db", path, code=2)
    assert told == f"there is no database {path}; run `indsats db init` first\n"
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("command", ["upgrade", "info", "rebuild", "check", "rotate-key"])
def test_a_file_without_our_tables_is_told_of(command: str, tmp_path: Path) -> None:
    (tmp_path / "empty.db").touch()
    assert "has no tables of indsats; run `indsats db init` first" in said(
        command, "--db", tmp_path / "empty.db", code=2
    )


def test_an_older_and_a_newer_database_are_told_of(tmp_path: Path) -> None:
    old = shutil.copy(STORED / "database-1.sqlite", tmp_path)
    assert "run `indsats db upgrade` first" in said("check", "--db", old, code=2)
    newer = make()
    with closing(sqlite3.connect(newer)) as connection:
        connection.execute("INSERT INTO indsats_schema VALUES (99, 'later')")
        connection.commit()
    for command in ("init", "upgrade", "info"):
        assert "the database is at step 99, but this version" in said(command, "--db", newer, code=2)


def test_an_upgrade_without_the_model_says_what_is_left_to_do(tmp_path: Path) -> None:
    old = shutil.copy(STORED / "database-1.sqlite", tmp_path)
    keys = Path(shutil.copy(STORED / "database-1.key", tmp_path))
    keys.chmod(0o600)
    told = said("upgrade", "--db", old, "--keys", keys, code=2)
    assert "run `indsats db rebuild --model FILE`" in told
    assert printed("info", "--db", old, "--keys", keys)["streams"] == 2


def test_no_database_at_all(tmp_path: Path) -> None:
    assert "Missing option '--db'" in said("info", code=2)
    assert "'oracle://x' is no address of a database" in said("info", "--db", "oracle://x", code=2)
    (tmp_path / "text").write_text("this is no database, and long enough to be told from one" * 20)
    assert "file is not a database" in said("info", "--db", tmp_path / "text", code=3)
    assert "unable to open database file" in said("init", "--db", tmp_path / "no" / "where.db", code=3)
    assert "no-such-host" in said("info", "--db", "postgresql://kim:secret@no-such-host.invalid/x", code=3)


def test_a_password_is_not_printed() -> None:
    assert "secret" not in said("info", "--db", "postgresql://kim:secret@no-such-host.invalid/x", code=3)


def test_a_locked_database_is_waited_for_and_read_meanwhile(tmp_path: Path) -> None:
    path = make()
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("BEGIN IMMEDIATE")
        assert printed("info", "--db", path)["streams"] == 2
        assert printed("check", "--db", path)["streams"] == 2
        assert printed("backup", tmp_path / "copy", "--db", path)["form"] == "sqlite"


def test_keys_that_are_lost_are_told_of(tmp_path: Path) -> None:
    path = make()
    keys = path.with_name(f"{path.name}.key")
    keys.rename(tmp_path / "elsewhere")
    assert printed("info", "--db", path, code=1)["keys"] == []
    assert "put the file of master keys there" in said("init", "--db", path, code=2)
    assert "cannot be read: No such file" in said("rotate-key", "--db", path, code=2)
    assert printed("info", "--db", path, "--keys", tmp_path / "elsewhere")["ok"]


def test_keys_of_the_environment_are_not_changed(tmp_path: Path) -> None:
    path, key = tmp_path / "own.db", MasterKey.new()
    printed("init", "--db", path, INDSATS_KEYS=key.text)
    assert sorted(entry.name for entry in tmp_path.iterdir()) == ["own.db"]
    assert "put a new key" in said("rotate-key", "--db", path, code=2, INDSATS_KEYS=key.text)
    new = MasterKey.new()
    rotated = printed("rotate-key", "--db", path, INDSATS_KEYS=f"{new.text} {key.text}")
    assert (rotated["key"], rotated["to_remove"]) == (new.fingerprint, [key.fingerprint])


def test_a_backup_overwrites_nothing() -> None:
    path = new_path()
    path.write_text("all there is")
    assert f"{path}: is there already" in said("backup", path, "--db", sound(), code=2)
    assert path.read_text() == "all there is"


@pytest.mark.parametrize("command", ["init", "info", "check", "rebuild", "rotate-key"])
def test_only_a_role_that_may_does_it(command: str) -> None:
    told = said(command, "--db", sound(), code=3, INDSATS_ROLE="caseworker", INDSATS_ACTOR="kim")
    assert told == "kim as caseworker may not db; allowed: system\n"
