"""Between events and their stored form: JSON text under a name with a version, decoded with every type checked."""

from collections.abc import Mapping
from dataclasses import dataclass

import msgspec
from eventsourcing.domain import DomainEventProtocol
from eventsourcing.persistence import JSONTranscoder, Mapper, StoredEvent

from indsats.domain.events import NAMES, Body, Envelope, Event
from indsats.errors import StoredEventUnreadable

_DECODERS: Mapping[str, msgspec.json.Decoder[Body]] = {name: msgspec.json.Decoder(kind) for kind, name in NAMES.items()}
_ENCODER = msgspec.json.Encoder(order="deterministic")


@dataclass(frozen=True)
class StoredRow(StoredEvent):
    """A stored event with its envelope beside it, as columns; `state` holds the body alone."""

    envelope: Envelope


class EventMapper(Mapper[str]):
    """Maps events of a pathway to rows and back; unreadable rows are an error that names stream and version."""

    def __init__(self) -> None:
        super().__init__(JSONTranscoder())

    def to_stored_event(self, domain_event: DomainEventProtocol[str]) -> StoredRow:
        """The row of an event."""
        assert isinstance(domain_event, Event)
        envelope, body = domain_event.envelope, domain_event.body
        return StoredRow(envelope.stream, envelope.version, NAMES[type(body)], _ENCODER.encode(body), envelope)

    def to_domain_event(self, stored_event: StoredEvent) -> Event:
        """The event of a row.

        Raises `StoredEventUnreadable` for an unknown name, a state that does not decode, or a row without envelope.
        """
        decoder = _DECODERS.get(stored_event.topic)
        if decoder is None:
            raise _unreadable(stored_event, f"no event has the name {stored_event.topic!r}")
        if not isinstance(stored_event, StoredRow):
            raise _unreadable(stored_event, "the row has no envelope")
        try:
            return Event(stored_event.envelope, decoder.decode(stored_event.state))
        except (msgspec.DecodeError, UnicodeDecodeError) as fault:
            raise _unreadable(stored_event, f"{stored_event.topic}: {fault}") from fault


def _unreadable(stored_event: StoredEvent, reason: str) -> StoredEventUnreadable:
    return StoredEventUnreadable(str(stored_event.originator_id), stored_event.originator_version, reason)
