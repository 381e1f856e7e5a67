"""Personal fields are sealed: whoever reads the database sees that there is something, and not what.

A value becomes text such as `sealed:v1:<key id>:<base64>`: the JSON of the value, AES-256-GCM under the key of the
citizen, with stream, version and field as associated data, so that it opens in its own place only. Blank values stay as
they are. Any other text that begins with `sealed:` is sealed too, so that nothing is taken for sealed that is not.
"""

import base64
import binascii
import secrets
from collections.abc import Collection, Mapping
from typing import TypeGuard

import msgspec
from cryptography.exceptions import InvalidTag

from indsats.domain.events import Body, Envelope, FactAnnulled, FactRecorded, ModelPinned
from indsats.domain.model import FieldValue, Model
from indsats.errors import StoredEventUnreadable
from indsats.store.citizen_keys import CitizenKey, CitizenKeys, Owner
from indsats.store.keys import NONCE_BYTES
from indsats.store.rows import WrappedKey

PLACEHOLDER = "[sealed]"
"""What stands for a value whose key is gone: not blank, so that nothing that was decided changes."""

SEALED = '"sealed:'
"""What stands in the state of every event that has something to open, and perhaps in that of another."""

_ANY = "sealed:"
_PREFIX = "sealed:v1:"
_VALUE: msgspec.json.Decoder[FieldValue] = msgspec.json.Decoder(FieldValue)


def is_sealed(value: FieldValue) -> bool:
    """Whether a value, opened or not, is one that is stored sealed whatever its field."""
    return isinstance(value, str) and value.startswith(_ANY)


class Sealing:
    """Seals and opens the personal fields of events in one transaction; `models` by digest say which fields those are.

    A field is sealed if the model in force at its registration calls it personal; for a kind which that model does not
    have, if any model does; for a kind that none has, always.
    """

    def __init__(self, citizen_keys: CitizenKeys, models: Mapping[str, Model]) -> None:
        self._keys = citizen_keys
        self._models = models
        self._owners: dict[str, Owner] = {}
        self._personal: dict[tuple[str, str], Collection[str] | None] = {}

    def seal(self, envelope: Envelope, body: Body) -> tuple[Body, WrappedKey | None]:
        """The event with its personal fields sealed, and the key to be stored with it if that is a new one."""
        if isinstance(body, FactRecorded):
            personal = self._personal_fields(envelope.model_digest, body.kind)
            fields = {
                name: value
                for name, value in body.fields.items()
                if (personal is None or name in personal or is_sealed(value)) and not is_blank(value)
            }
            if fields:
                key = self._key_of(envelope)
                sealed = {name: _seal(key, envelope, name, value) for name, value in fields.items()}
                return msgspec.structs.replace(body, fields={**body.fields, **sealed}), key.wrapped
        elif isinstance(body, ModelPinned):
            self._owners[envelope.stream] = Owner(envelope.municipality, envelope.subject, body.citizen)
        elif isinstance(body, FactAnnulled) and not is_blank(body.reason):
            key = self._key_of(envelope)
            return msgspec.structs.replace(body, reason=_seal(key, envelope, "reason", body.reason)), key.wrapped
        return body, None

    def open(self, stream: str, version: int, body: Body) -> Body:
        """What the event of that place said before it was sealed, with `PLACEHOLDER` where the key is gone.

        Raises `StoredEventUnreadable` for a value that was changed, or moved here from elsewhere.
        """
        if isinstance(body, FactRecorded):
            fields = {name: self._open(stream, version, name, value) for name, value in body.fields.items()}
            return msgspec.structs.replace(body, fields=fields)
        if isinstance(body, FactAnnulled):
            return msgspec.structs.replace(body, reason=self._open(stream, version, "reason", body.reason))
        return body

    def _personal_fields(self, digest: str, kind: str) -> Collection[str] | None:
        """The personal fields of a kind; None if no model has the kind."""
        if (digest, kind) not in self._personal:
            own = self._models.get(digest)
            models = [own] if own is not None and kind in own.facts else self._models.values()
            kinds = [model.facts[kind].personal for model in models if kind in model.facts]
            self._personal[digest, kind] = frozenset().union(*kinds) if kinds else None
        return self._personal[digest, kind]

    def _key_of(self, envelope: Envelope) -> CitizenKey:
        owner = self._owners.get(envelope.stream) or self._keys.owner_of(envelope.stream)
        if owner is None:
            raise ValueError(f"stream {envelope.stream} has no beginning that says whose it is")
        self._owners[envelope.stream] = owner
        return self._keys.of(owner)

    def _open(self, stream: str, version: int, field: str, value: FieldValue) -> FieldValue:
        if not _looks_sealed(value):
            return value
        try:
            if not value.startswith(_PREFIX):
                raise ValueError("a form of sealing that this version does not know")
            key_id, _, sealed = value.removeprefix(_PREFIX).partition(":")
            key = self._keys.find(key_id)
            if key is None:
                return PLACEHOLDER
            data = base64.b64decode(sealed, validate=True)
            place = _place(stream, version, field)
            return _VALUE.decode(key.cipher.decrypt(data[:NONCE_BYTES], data[NONCE_BYTES:], place))
        except InvalidTag:
            what = "what is sealed there was changed, or sealed for another place"
        except (binascii.Error, ValueError) as fault:
            what = str(fault)
        raise StoredEventUnreadable(stream, version, f"field {field}: {what}")


def is_blank(value: FieldValue) -> bool:
    """Whether a field has nothing to say: null, false, an empty list, or text of white space."""
    return value is None or value is False or value == [] or (isinstance(value, str) and not value.strip())


def _looks_sealed(value: FieldValue) -> TypeGuard[str]:
    return isinstance(value, str) and value.startswith(_ANY)


def _seal(key: CitizenKey, envelope: Envelope, field: str, value: FieldValue) -> str:
    nonce = secrets.token_bytes(NONCE_BYTES)
    place = _place(envelope.stream, envelope.version, field)
    data = nonce + key.cipher.encrypt(nonce, msgspec.json.encode(value), place)
    return f"{_PREFIX}{key.key_id}:{base64.b64encode(data).decode()}"


def _place(stream: str, version: int, field: str) -> bytes:
    return msgspec.json.encode((stream, version, field))
