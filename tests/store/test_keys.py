from pathlib import Path

import pytest
import sqlalchemy as sa

from indsats.errors import KeyMissing
from indsats.store import tables
from indsats.store.citizen_keys import CitizenKeys, Owner, rotate_master_key
from indsats.store.connection import Database
from indsats.store.keys import EnvironmentKeys, FileKeys, MasterKey
from indsats.store.rows import WrappedKey

KIM = Owner("0336", "citizen", "kim")
BO = Owner("0336", "citizen", "bo")


@pytest.fixture
def keys(tmp_path: Path) -> FileKeys:
    keys = FileKeys(tmp_path / "indsats.key")
    keys.create()
    return keys


def store(database: Database, *wrapped: WrappedKey | None) -> None:
    with database.write() as connection:
        for key in wrapped:
            assert key is not None
            connection.execute(sa.insert(tables.citizen_keys), key._asdict())


# Master keys


def test_a_file_of_keys_is_for_its_owner_alone(keys: FileKeys) -> None:
    assert keys.path.stat().st_mode & 0o777 == 0o600
    assert len(keys.masters()) == 1
    keys.add()
    assert keys.path.stat().st_mode & 0o777 == 0o600
    keys.path.chmod(0o640)
    with pytest.raises(KeyMissing, match="can be read by others; run `chmod 600"):
        keys.masters()


def test_a_file_of_keys_is_never_overwritten(keys: FileKeys) -> None:
    before = keys.path.read_text()
    with pytest.raises(FileExistsError):
        keys.create()
    assert keys.path.read_text() == before


def test_a_new_key_stands_before_the_old_until_that_is_forgotten(keys: FileKeys) -> None:
    (old,) = keys.masters()
    new = keys.add()
    assert [key.fingerprint for key in keys.masters()] == [new.fingerprint, old.fingerprint]
    keys.forget_old()
    assert [key.fingerprint for key in keys.masters()] == [new.fingerprint]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", "there is no master key in"),
        ("# only a comment\n", "there is no master key in"),
        ("not base64!\n", "44 characters of base64"),
        ("c2hvcnQ=\n", "has 32 bytes, this one 5"),
    ],
)
def test_a_file_without_a_good_key_is_refused(tmp_path: Path, content: str, message: str) -> None:
    path = tmp_path / "bad.key"
    path.touch(0o600)
    path.write_text(content)
    with pytest.raises(KeyMissing, match=message):
        FileKeys(path).masters()


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(KeyMissing, match=r"lost\.key cannot be read: No such file"):
        FileKeys(tmp_path / "lost.key").masters()


def test_keys_come_from_an_environment_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    first, second = MasterKey.new(), MasterKey.new()
    monkeypatch.setenv("INDSATS_KEYS", f"{first.text}, {second.text}")
    assert [key.fingerprint for key in EnvironmentKeys().masters()] == [first.fingerprint, second.fingerprint]
    monkeypatch.delenv("INDSATS_KEYS")
    with pytest.raises(KeyMissing, match="no master key in the variable INDSATS_KEYS"):
        EnvironmentKeys().masters()


def test_a_master_key_does_not_show_itself() -> None:
    key = MasterKey.new()
    assert key.text not in f"{key!r} {key} {key.fingerprint}"
    assert repr(key) == f"MasterKey({key.fingerprint})"


def test_a_wrapped_key_opens_only_as_it_was_wrapped() -> None:
    master = MasterKey.new()
    wrapped = master.wrap(b"k" * 32, b"kim")
    assert master.unwrap(wrapped, b"kim") == b"k" * 32
    changed = ("B" if wrapped[0] == "A" else "A") + wrapped[1:]
    wrong = [(MasterKey.new(), wrapped, b"kim"), (master, wrapped, b"bo")]
    wrong += [(master, text, b"kim") for text in (changed, wrapped[:-8], "", "*")]
    for key, text, about in wrong:
        with pytest.raises(KeyMissing, match="does not open"):
            key.unwrap(text, about)


# Citizens' keys


def test_each_citizen_has_a_key_of_its_own(database: Database, keys: FileKeys) -> None:
    with database.read() as connection:
        made = CitizenKeys(connection, keys)
        kim, bo = made.of(KIM), made.of(BO)
        assert made.of(KIM) is kim
    assert kim.key_id != bo.key_id
    store(database, kim.wrapped, bo.wrapped)
    sealed = kim.cipher.encrypt(b"n" * 12, b"secret", None)
    with database.read() as connection:
        again = CitizenKeys(connection, keys)
        found = again.find(kim.key_id)
        assert found is not None
        assert found.key_id == again.of(KIM).key_id
        assert found.wrapped is None
        assert found.cipher.decrypt(b"n" * 12, sealed, None) == b"secret"


def test_a_key_that_is_gone_is_none_and_the_next_is_another(database: Database, keys: FileKeys) -> None:
    with database.read() as connection:
        first = CitizenKeys(connection, keys).of(KIM)
    store(database, first.wrapped)
    with database.write() as connection:
        connection.execute(sa.delete(tables.citizen_keys))
    with database.read() as connection:
        citizen_keys = CitizenKeys(connection, keys)
        assert citizen_keys.find(first.key_id) is None
        assert citizen_keys.of(KIM).key_id != first.key_id


def test_a_wrapped_key_moved_to_another_citizen_does_not_open(database: Database, keys: FileKeys) -> None:
    with database.read() as connection:
        kim = CitizenKeys(connection, keys).of(KIM)
    assert kim.wrapped is not None
    store(database, kim.wrapped._replace(subject_id="bo"))
    with database.read() as connection, pytest.raises(KeyMissing, match="does not open"):
        CitizenKeys(connection, keys).of(BO)


def test_rotation_wraps_every_key_under_the_current_master_key(database: Database, keys: FileKeys) -> None:
    with database.read() as connection:
        made = CitizenKeys(connection, keys)
        wrapped = [made.of(Owner("0336", "citizen", f"c{number}")).wrapped for number in range(1100)]
    store(database, *wrapped)
    current = keys.add()
    with database.write() as connection:
        assert rotate_master_key(connection, keys) == 1100
        assert rotate_master_key(connection, keys) == 0
    keys.forget_old()
    with database.read() as connection:
        found = connection.execute(sa.select(tables.citizen_keys.c.master_key).distinct()).scalars().all()
        assert found == [current.fingerprint]
        assert CitizenKeys(connection, keys).find(wrapped[7].key_id if wrapped[7] else "") is not None


def test_a_lost_master_key_is_named(database: Database, keys: FileKeys) -> None:
    (lost,) = keys.masters()
    with database.read() as connection:
        kim = CitizenKeys(connection, keys).of(KIM)
    store(database, kim.wrapped)
    keys.add()
    keys.forget_old()
    with database.read() as connection, pytest.raises(KeyMissing, match=f"under master key {lost.fingerprint}, which"):
        CitizenKeys(connection, keys).find(kim.key_id)


def test_who_needs_no_key_needs_no_file(database: Database, tmp_path: Path) -> None:
    with database.read() as connection:
        assert CitizenKeys(connection, FileKeys(tmp_path / "lost.key")).find("none") is None
