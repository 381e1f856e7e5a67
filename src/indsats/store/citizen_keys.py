"""The keys of citizens and other subjects: each has its own, without which nothing that is sealed about it opens."""

import secrets
from collections.abc import Iterator
from typing import NamedTuple

import msgspec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from sqlalchemy import Connection, insert, select, update

from indsats.errors import KeyMissing
from indsats.store import tables
from indsats.store.connection import driver_sql
from indsats.store.keys import KEY_BYTES, Keys, MasterKey
from indsats.store.rows import WrappedKey

_key = tables.citizen_keys.c
_COLUMNS = (
    _key.key_id,
    _key.municipality,
    _key.subject,
    _key.subject_id,
    _key.wrapped_key,
    _key.master_key,
)
_AT_ONCE = 1000

_BY = "SELECT key_id, municipality, subject, subject_id, wrapped_key, master_key FROM indsats_citizen_keys WHERE "
_BY_ID = f"{_BY}key_id = ?"
_BY_OWNER = f"{_BY}municipality = ? AND subject = ? AND subject_id = ?"
_OWNER = "SELECT municipality, subject, subject_id FROM indsats_streams WHERE stream = ?"


class Owner(NamedTuple):
    """Whose key it is."""

    municipality: str
    subject: str
    subject_id: str


CONTENT_IDS = Owner("", "content ids", "")
"""Whose key it is under which a database makes ids of contents: its own."""


class CitizenKey:
    """A key ready for use. `wrapped` is its stored form if this transaction made it and has to store it."""

    def __init__(self, key_id: str, secret: bytes, wrapped: WrappedKey | None = None) -> None:
        self.key_id = key_id
        self.secret = secret
        self.cipher = AESGCM(secret)
        self.wrapped = wrapped


class CitizenKeys:
    """The keys as one transaction sees them, read when first asked for. Make a new one for each transaction."""

    def __init__(self, connection: Connection, keys: Keys) -> None:
        self._connection = connection
        self._masters = _Masters(keys)
        self._by_id: dict[str, CitizenKey | None] = {}
        self._by_owner: dict[Owner, CitizenKey] = {}

    def find(self, key_id: str) -> CitizenKey | None:
        """The key of that id, None if it is gone: then what was sealed under it is erased."""
        if key_id not in self._by_id:
            found = driver_sql(self._connection, _BY_ID, (key_id,)).one_or_none()
            self._by_id[key_id] = self._unwrapped(WrappedKey._make(found)) if found else None
        return self._by_id[key_id]

    def owner_of(self, stream: str) -> Owner | None:
        """Whose stream it is, None for a stream that is not stored yet."""
        found = driver_sql(self._connection, _OWNER, (stream,)).one_or_none()
        return Owner._make(found) if found else None

    def of(self, owner: Owner) -> CitizenKey:
        """The key to seal under now: the stored one, or a new one that is to be stored with what it seals."""
        if owner not in self._by_owner:
            found = driver_sql(self._connection, _BY_OWNER, owner).one_or_none()
            key = self._unwrapped(WrappedKey._make(found)) if found else self._new(owner)
            self._by_owner[owner] = self._by_id[key.key_id] = key
        return self._by_owner[owner]

    def make_for(self, owner: Owner) -> None:
        """Store a key for an owner who has none yet; a writing transaction is needed."""
        if (new := self.of(owner).wrapped) is not None:
            self._connection.execute(insert(tables.citizen_keys).values(new._asdict()))
            self._by_owner.clear()

    def _new(self, owner: Owner) -> CitizenKey:
        key_id, secret, master = secrets.token_urlsafe(12), secrets.token_bytes(KEY_BYTES), self._masters.current
        wrapped = master.wrap(secret, _about(key_id, owner))
        return CitizenKey(key_id, secret, WrappedKey(key_id, *owner, wrapped, master.fingerprint))

    def _unwrapped(self, row: WrappedKey) -> CitizenKey:
        return CitizenKey(row.key_id, self._masters.unwrap(row))


class _Masters:
    """The master keys, fetched when the first is needed: who reads nothing sealed needs none."""

    def __init__(self, keys: Keys) -> None:
        self._keys = keys
        self._fetched: list[MasterKey] = []

    @property
    def current(self) -> MasterKey:
        return self._all()[0]

    def unwrap(self, row: WrappedKey) -> bytes:
        for master in self._all():
            if master.fingerprint == row.master_key:
                return master.unwrap(row.wrapped_key, _about(row.key_id, Owner(*row[1:4])))
        raise KeyMissing(
            f"key {row.key_id} is wrapped under master key {row.master_key}, which is not among those at hand: "
            + ", ".join(master.fingerprint for master in self._all())
        )

    def _all(self) -> list[MasterKey]:
        if not self._fetched:
            self._fetched = list(self._keys.masters())
        return self._fetched


def rotate_master_key(connection: Connection, keys: Keys) -> int:
    """Wrap every key anew that is not wrapped under the current master key; returns how many.

    What is sealed stays as it is. Run it again after an interruption; only then are old master keys to be forgotten.
    """
    masters = _Masters(keys)
    current = masters.current
    count = 0
    for row in _wrapped_under_others(connection, current.fingerprint):
        wrapped = current.wrap(masters.unwrap(row), _about(row.key_id, Owner(*row[1:4])))
        values = {"wrapped_key": wrapped, "master_key": current.fingerprint}
        connection.execute(update(tables.citizen_keys).where(_key.key_id == row.key_id).values(values))
        count += 1
    return count


def _wrapped_under_others(connection: Connection, fingerprint: str) -> Iterator[WrappedKey]:
    while True:
        query = select(*_COLUMNS).where(_key.master_key != fingerprint).limit(_AT_ONCE)
        found = connection.execute(query).all()
        if not found:
            return
        yield from (WrappedKey(*row) for row in found)


def _about(key_id: str, owner: Owner) -> bytes:
    """What a wrapped key is bound to, so that it is of no use in the row of somebody else."""
    return msgspec.json.encode((key_id, *owner))
