"""Between events and their stored form: JSON text under a name with a version, decoded with every type checked."""

from collections.abc import Callable, Mapping
from functools import partial

import msgspec
from eventsourcing.domain import DomainEventProtocol
from eventsourcing.persistence import JSONTranscoder, Mapper, StoredEvent

from indsats.domain.events import NAMES, Body, Event, ModelPinned
from indsats.errors import StoredEventUnreadable
from indsats.store.rows import StoredRow, StreamOwner
from indsats.store.sealing import SEALED, Sealing
from indsats.store.upcasters import UPCASTERS, Upcaster, upcast

_KINDS: Mapping[str, type[Body]] = {name: kind for kind, name in NAMES.items()}
_DECODERS: Mapping[str, Callable[[str], Body]] = {
    name: msgspec.json.Decoder(kind).decode for name, kind in _KINDS.items()
}
_ENCODER = msgspec.json.Encoder(order="deterministic")


class EventMapper(Mapper[str]):
    """Maps events of a pathway to rows and back; unreadable rows are an error that names stream and version.

    Without `sealing` personal fields are stored as they are, which is for memory only, and read as they are stored:
    sealed ones stay so. That is enough to derive what is owed, and saves the keys.
    """

    def __init__(self, sealing: Sealing | None = None, upcasters: Mapping[str, Upcaster] = UPCASTERS) -> None:
        super().__init__(JSONTranscoder())
        self.sealing = sealing
        """Opens what `decoders` give."""
        self.decoders: Mapping[str, Callable[[str], Body]] = {
            **{name: partial(_upcast, name, upcasters) for name in upcasters},
            **_DECODERS,
        }
        """What reads the states of events of a name. Raises `ValueError` or `MsgspecError`."""

    def to_stored_event(self, domain_event: DomainEventProtocol[str]) -> StoredRow:
        """The row of an event."""
        assert isinstance(domain_event, Event)
        envelope, body, new_key, owner = domain_event.envelope, domain_event.body, None, None
        name = NAMES[type(body)]
        if isinstance(body, ModelPinned):
            owner = StreamOwner(envelope.municipality, body.family, envelope.subject, body.citizen)
        if self.sealing is not None:
            body, new_key = self.sealing.seal(envelope, body)
        return StoredRow(envelope.stream, envelope.version, name, _ENCODER.encode(body), envelope, owner, new_key)

    def to_domain_event(self, stored_event: StoredEvent) -> Event:
        """The event of a row, in its newest form.

        Raises `StoredEventUnreadable` for an unknown name, a state that does not decode, or a row without envelope.
        """
        if not isinstance(stored_event, StoredRow):
            raise _unreadable(stored_event, "the row has no envelope")
        envelope, name = stored_event.envelope, stored_event.topic
        decode = self.decoders.get(name)
        if decode is None:
            raise _unreadable(stored_event, f"no event has the name {name!r}")
        try:
            state = stored_event.state.decode()
            body = decode(state)
        except (msgspec.MsgspecError, UnicodeDecodeError) as fault:
            raise _unreadable(stored_event, f"{name}: {fault}") from fault
        except ValueError as fault:
            raise _unreadable(stored_event, str(fault)) from fault
        if self.sealing is not None and SEALED in state:
            body = self.sealing.open(envelope.stream, envelope.version, body)
        return Event(envelope, body)


def _upcast(name: str, upcasters: Mapping[str, Upcaster], state: str) -> Body:
    old = msgspec.json.decode(state, type=dict)
    try:
        newest, changed = upcast(name, old, upcasters)
    except (KeyError, TypeError, ValueError) as fault:
        raise ValueError(f"{name} is not of the form it should have: {fault!r}") from fault
    if newest not in _KINDS:
        raise ValueError(f"{name} leads to {newest!r}, which no event is named")
    return msgspec.convert(changed, _KINDS[newest])


def _unreadable(stored_event: StoredEvent, reason: str) -> StoredEventUnreadable:
    return StoredEventUnreadable(str(stored_event.originator_id), stored_event.originator_version, reason)
