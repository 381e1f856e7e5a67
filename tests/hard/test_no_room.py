"""A disk that is full and a database that is read-only are told clearly, and cost nothing that was acknowledged."""

import os
import re
import resource
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from sqlalchemy import make_url
from tests.conftest import DATABASES, SQLITE, Servers
from tests.hard.conftest import LONG
from tests.hard.load import write_load
from tests.hard.places import Child, Place, make_place
from tests.hard.soundness import assert_sound
from tests.hard.writers import attempts, import_all, record_until_full, try_with_and_without_rights
from tests.postgres import PostgresServer, installed

NOBODY = 65534
MB = 1024 * 1024
WAL_SEGMENT = 16 * MB
"""A file that PostgreSQL always has room to write."""


def _fill(place: Place, largest_file: int | None, make_room: Callable[[], None]) -> str:
    """Record until there is no room, make some, and go on; returns the error."""
    child = Child(record_until_full, place, largest_file)
    kept = []
    while (told := child.hear()).startswith("note-"):
        kept.append(told)
    make_room()
    child.say()
    after = child.rest()
    assert child.process.exitcode == 0
    assert len(kept) > 5
    assert after == [f"note-{len(kept) + 2 + number}" for number in range(3)]
    with place.engine() as engine:
        assert assert_sound(engine) == {*kept, *after}
    assert isinstance(told, str)
    return told


@pytest.mark.parametrize("new_place", [SQLITE], indirect=True)
def test_a_file_that_cannot_grow_is_told_and_loses_nothing(place: Place) -> None:
    said = _fill(place, 2 * MB, lambda: None)
    assert said.endswith("nothing of the command is recorded: disk I/O error")


def test_tables_that_cannot_grow_are_told_and_lose_nothing(tmp_path: Path) -> None:
    server = PostgresServer(max(installed()), durable=True)
    with _files_limited_to(WAL_SEGMENT):
        server.start()

    def restart() -> None:
        server.crash()
        server.start_again()

    try:
        place = Place("postgresql", server.url(), tmp_path / "keys")
        said = _fill(make_place(place), None, restart)
    finally:
        server.stop()
    assert re.search(r"nothing of the command is recorded: could not extend file .*: File too large", said)


@contextmanager
def _files_limited_to(largest: int) -> Iterator[None]:
    """Let what is started meanwhile write no file beyond so many bytes."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (largest, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


@pytest.fixture
def small_disk() -> Iterator[Path]:
    """A file system of its own, of 24 MB."""
    disk = Path(tempfile.mkdtemp(prefix="indsats-disk-"))
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=24m", "tmpfs", disk], capture_output=True).returncode:
        disk.rmdir()
        pytest.skip("no file system can be mounted here; the limit on the size of files has to stand for it")
    yield disk
    subprocess.run(["umount", disk], check=True)
    disk.rmdir()


@pytest.mark.torture
@pytest.mark.parametrize("new_place", LONG, indirect=True)
def test_a_disk_that_is_full_is_told_and_loses_nothing(
    small_disk: Path, new_place: Callable[[Path], Place], report: Callable[[str], None]
) -> None:
    def make_room() -> None:
        subprocess.run(["mount", "-o", "remount,size=64m", small_disk], check=True)

    place = new_place(small_disk)
    said = _fill(place, None, make_room)
    assert re.search("database or disk is full|No space left on device", said)
    report(f"{place.kind}: a full disk is told as: {said}")


@pytest.mark.parametrize("new_place", [SQLITE], indirect=True)
def test_an_import_without_room_says_how_far_it_came_and_goes_on(place: Place, tmp_path: Path) -> None:
    ids = write_load(tmp_path / "load.json", 100)
    *kept, said = Child(import_all, place, tmp_path / "load.json", 4 * MB).rest()
    assert f"{sum(kept):,} facts were recorded before: they stay, and importing the same again goes on" in said
    with place.engine() as engine:
        assert assert_sound(engine) == set(ids[: sum(kept)])
    assert sum(Child(import_all, place, tmp_path / "load.json", None).rest()) == len(ids)
    with place.engine() as engine:
        assert assert_sound(engine) == set(ids)


def _has_a_note(place: Place) -> None:
    assert attempts(place, 1) == ["done", "done"]


def _still_has_its_note(place: Place) -> None:
    with place.engine() as engine:
        assert assert_sound(engine) == {"note-1"}


@pytest.mark.parametrize("new_place", [SQLITE], indirect=True)
def test_a_database_opened_read_only_says_so(place: Place) -> None:
    _has_a_note(place)
    path = make_url(place.url).database
    read_only = place._replace(url=f"sqlite:///file:{path}?mode=ro&uri=true")
    for found in attempts(read_only, 2):
        assert found.endswith("attempt to write a readonly database")
    _still_has_its_note(place)


@pytest.mark.parametrize("new_place", DATABASES[-1:], indirect=True)
def test_a_database_that_takes_no_writes_says_so(place: Place, durable_servers: Servers) -> None:
    _has_a_note(place)
    server, name = durable_servers.server(place.kind), make_url(place.url).database
    server.execute(f"ALTER DATABASE {name} SET default_transaction_read_only = on")
    for found in attempts(place, 2):
        assert found.endswith("cannot execute INSERT in a read-only transaction")
    server.execute(f"ALTER DATABASE {name} RESET default_transaction_read_only")
    _still_has_its_note(place)


def test_files_that_may_only_be_read_say_so() -> None:
    directory = Path(tempfile.mkdtemp(prefix="indsats-read-only-"))
    place = make_place(Place(SQLITE, f"sqlite:///{directory}/indsats.db", directory / "keys"))
    user = NOBODY if os.geteuid() == 0 else None  # no mode of a file keeps root from writing
    child = Child(try_with_and_without_rights, place, user)
    assert child.hear() == ["done", "done"]
    if user is not None:
        os.chown(place.keys, user, user)
    (directory / "indsats.db").chmod(0o444)
    directory.chmod(0o555)
    child.say()
    (found,) = child.rest()
    directory.chmod(0o755)
    (directory / "indsats.db").chmod(0o644)
    if user is not None:
        os.chown(place.keys, 0, 0)
    # The engine does not even open, because SQLite keeps a file of its own beside a database that is read.
    (said,) = found
    assert said.endswith("nothing of the command is recorded: attempt to write a readonly database")
    _still_has_its_note(place)
    shutil.rmtree(directory)
