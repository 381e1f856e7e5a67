"""The hash chain of a stream: each event holds the hash of the one before, so that none can change or vanish unseen.

The hash of an event is the SHA-256, in hexadecimal, of three parts joined by line feeds: a JSON array of municipality,
kind of subject, stream, version, name, recorded_at, stored_at, actor, role, command, model_digest and semantics (null
where there is none), without spaces and in UTF-8; the state, byte for byte as stored; and the hash of the event before
(nothing for the first of a stream). It covers sealed values as they are sealed, so that it holds without their key.
"""

from collections.abc import Iterable, Iterator
from hashlib import sha256
from typing import NamedTuple

import msgspec

_encode = msgspec.json.Encoder().encode

FIRST = ""
"""What stands for the hash before the first event of a stream."""


class ChainedEvent(NamedTuple):
    """All of an event that its hash covers, and the two hashes, as they are stored."""

    municipality: str
    subject: str | None
    stream: str
    version: int
    name: str
    recorded_at: str | None
    stored_at: str | None
    actor: str | None
    role: str | None
    command: str | None
    model_digest: str | None
    semantics: int | None
    state: str
    previous_hash: str
    hash: str


class ChainFault(NamedTuple):
    """Where a chain does not hold, and how that shows."""

    stream: str
    version: int
    what: str


def event_hash(header: tuple[str | int | None, ...], state: bytes, previous_hash: str) -> str:
    """The hash of an event; `header` has the columns before `state` of `ChainedEvent`, in that order."""
    return sha256(b"%b\n%b\n%b" % (_encode(header), state, previous_hash.encode())).hexdigest()


def verify_stream(events: Iterable[ChainedEvent]) -> Iterator[ChainFault]:
    """Every fault in the chain of one stream, whose events come in the order of their versions.

    That its last events are gone does not show in the chain itself; that takes its head as it was noted before.
    """
    before: ChainedEvent | None = None
    for event in events:
        if before is not None and event.version != before.version + 1:
            yield ChainFault(event.stream, event.version, f"the version before it is {before.version}")
        elif event.previous_hash != (before.hash if before else FIRST):
            what = "it does not hold the hash of the event before it" if before else "it is not the first of its stream"
            yield ChainFault(event.stream, event.version, what)
        if event.hash != event_hash(event[:-3], event.state.encode(), event.previous_hash):
            yield ChainFault(event.stream, event.version, "its content is not what its hash was made from")
        before = event
