"""Between events and their stored form: JSON text under a name with a version, decoded with every type checked."""

from collections.abc import Mapping

import msgspec
from eventsourcing.domain import DomainEventProtocol
from eventsourcing.persistence import JSONTranscoder, Mapper, StoredEvent

from indsats.domain.events import NAMES, Body, Event, ModelPinned
from indsats.errors import StoredEventUnreadable
from indsats.store.rows import StoredRow, StreamOwner
from indsats.store.sealing import Sealing
from indsats.store.upcasters import UPCASTERS, Upcaster, upcast

_KINDS: Mapping[str, type[Body]] = {name: kind for kind, name in NAMES.items()}
_DECODERS: Mapping[str, msgspec.json.Decoder[Body]] = {
    name: msgspec.json.Decoder(kind) for name, kind in _KINDS.items()
}
_ENCODER = msgspec.json.Encoder(order="deterministic")


class EventMapper(Mapper[str]):
    """Maps events of a pathway to rows and back; unreadable rows are an error that names stream and version.

    Without `sealing` personal fields are stored as they are, which is for memory only, and read as they are stored:
    sealed ones stay so. That is enough to derive what is owed, and saves the keys.
    """

    def __init__(self, sealing: Sealing | None = None, upcasters: Mapping[str, Upcaster] = UPCASTERS) -> None:
        super().__init__(JSONTranscoder())
        self._sealing = sealing
        self._upcasters = upcasters

    def to_stored_event(self, domain_event: DomainEventProtocol[str]) -> StoredRow:
        """The row of an event."""
        assert isinstance(domain_event, Event)
        envelope, body, new_key, owner = domain_event.envelope, domain_event.body, None, None
        name = NAMES[type(body)]
        if isinstance(body, ModelPinned):
            owner = StreamOwner(envelope.municipality, body.family, envelope.subject, body.citizen)
        if self._sealing is not None:
            body, new_key = self._sealing.seal(envelope, body)
        return StoredRow(envelope.stream, envelope.version, name, _ENCODER.encode(body), envelope, owner, new_key)

    def to_domain_event(self, stored_event: StoredEvent) -> Event:
        """The event of a row, in its newest form.

        Raises `StoredEventUnreadable` for an unknown name, a state that does not decode, or a row without envelope.
        """
        if not isinstance(stored_event, StoredRow):
            raise _unreadable(stored_event, "the row has no envelope")
        envelope, state = stored_event.envelope, stored_event.state
        try:
            decoder = _DECODERS.get(stored_event.topic)
            body = self._upcast(stored_event) if decoder is None else decoder.decode(state)
        except (msgspec.MsgspecError, UnicodeDecodeError) as fault:
            raise _unreadable(stored_event, f"{stored_event.topic}: {fault}") from fault
        if self._sealing is not None and b'"sealed:' in state:
            body = self._sealing.open(envelope, body)
        return Event(envelope, body)

    def _upcast(self, stored_event: StoredEvent) -> Body:
        if stored_event.topic not in self._upcasters:
            raise _unreadable(stored_event, f"no event has the name {stored_event.topic!r}")
        old = msgspec.json.decode(stored_event.state, type=dict)
        try:
            name, state = upcast(stored_event.topic, old, self._upcasters)
        except (KeyError, TypeError, ValueError) as fault:
            raise _unreadable(
                stored_event, f"{stored_event.topic} is not of the form it should have: {fault!r}"
            ) from fault
        if name not in _KINDS:
            raise _unreadable(stored_event, f"{stored_event.topic} leads to {name!r}, which no event is named")
        return msgspec.convert(state, _KINDS[name])


def _unreadable(stored_event: StoredEvent, reason: str) -> StoredEventUnreadable:
    return StoredEventUnreadable(str(stored_event.originator_id), stored_event.originator_version, reason)
