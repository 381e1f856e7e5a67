"""Master keys: what the keys of citizens are wrapped under, kept apart from the database.

Whoever has the database alone cannot open what is sealed in it; whoever loses the master key cannot either. Back it up,
but never beside a backup of the database.
"""

import base64
import binascii
import hashlib
import os
import re
import secrets
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Protocol

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from indsats.errors import KeyMissing

KEY_BYTES = 32
NONCE_BYTES = 12

_HEADING = "# Master keys of indsats, the current one first. Whoever reads this file can open what is sealed.\n"


class MasterKey:
    """One master key. It is known by its fingerprint, which tells nothing about it."""

    def __init__(self, secret: bytes) -> None:
        if len(secret) != KEY_BYTES:
            raise KeyMissing(f"a master key has {KEY_BYTES} bytes, this one {len(secret)}")
        self._secret = secret
        self._cipher = AESGCM(secret)
        self.fingerprint = hashlib.sha256(b"indsats master key\0" + secret).hexdigest()[:16]

    @staticmethod
    def new() -> "MasterKey":
        """A key from the randomness of the system."""
        return MasterKey(secrets.token_bytes(KEY_BYTES))

    @staticmethod
    def read(text: str) -> "MasterKey":
        """The key of a text that `text` gave."""
        try:
            return MasterKey(base64.b64decode(text, validate=True))
        except binascii.Error:
            raise KeyMissing("a master key is 44 characters of base64; this is none") from None

    @property
    def text(self) -> str:
        """The key itself, as it stands in a file or an environment variable."""
        return base64.b64encode(self._secret).decode()

    def wrap(self, key: bytes, about: bytes) -> str:
        """A key sealed under this one; only with the same `about` can it be opened."""
        nonce = secrets.token_bytes(NONCE_BYTES)
        return base64.b64encode(nonce + self._cipher.encrypt(nonce, key, about)).decode()

    def unwrap(self, wrapped: str, about: bytes) -> bytes:
        """The key that was wrapped.

        Raises `KeyMissing` if it was wrapped under another key or about something else, or changed since.
        """
        try:
            sealed = base64.b64decode(wrapped, validate=True)
            return self._cipher.decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], about)
        except (binascii.Error, InvalidTag, ValueError):
            raise KeyMissing(f"a key that master key {self.fingerprint} is said to wrap does not open") from None

    def __repr__(self) -> str:
        return f"MasterKey({self.fingerprint})"


class Keys(Protocol):
    """Where master keys come from."""

    def masters(self) -> Sequence[MasterKey]:
        """Every master key at hand, at least one, the current one first. Raises `KeyMissing`."""
        ...


class FileKeys:
    """Master keys in a file that only its owner can read."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def create(self) -> MasterKey:
        """Make the file with a new key. Raises `FileExistsError`: a key is never overwritten."""
        key = MasterKey.new()
        with os.fdopen(os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            _write(file.fileno(), [key])
        return key

    def masters(self) -> Sequence[MasterKey]:
        """The keys of the file, one a line; lines that begin with `#` are for people."""
        try:
            mode = self.path.stat().st_mode
            text = self.path.read_text()
        except OSError as fault:
            raise KeyMissing(f"the master keys in {self.path} cannot be read: {fault.strerror}") from fault
        if os.name == "posix" and mode & 0o077:
            raise KeyMissing(f"{self.path} can be read by others; run `chmod 600 {self.path}`, and rotate the key")
        return _keys([line for line in text.splitlines() if not line.startswith("#")], str(self.path))

    def add(self) -> MasterKey:
        """Put a new key before the others, which stay until everything is wrapped under the new one."""
        key = MasterKey.new()
        self._replace([key, *self.masters()])
        return key

    def forget_old(self) -> None:
        """Leave only the current key; first everything must be wrapped under it."""
        self._replace(self.masters()[:1])

    def _replace(self, keys: Sequence[MasterKey]) -> None:
        beside = self.path.with_name(f"{self.path.name}.new")
        with os.fdopen(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
            _write(file.fileno(), keys)
        beside.replace(self.path)


class EnvironmentKeys:
    """Master keys in an environment variable, with spaces or commas between them, the current one first."""

    def __init__(self, variable: str = "INDSATS_KEYS") -> None:
        self._variable = variable

    def masters(self) -> Sequence[MasterKey]:
        """The keys that the variable has now."""
        return _keys(re.split(r"[\s,]+", os.environ.get(self._variable, "")), f"the variable {self._variable}")


def _keys(texts: Iterable[str], where: str) -> Sequence[MasterKey]:
    keys = [MasterKey.read(text) for text in texts if text]
    if not keys:
        raise KeyMissing(f"there is no master key in {where}")
    return keys


def _write(descriptor: int, keys: Iterable[MasterKey]) -> None:
    """On the disk before anything is sealed under them."""
    os.write(descriptor, (_HEADING + "".join(f"{key.text}\n" for key in keys)).encode())
    os.fsync(descriptor)
