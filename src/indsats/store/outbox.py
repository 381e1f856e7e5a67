"""The outbox: what other systems are to be told, written in the transaction of the events that say it.

What was told of a limit stands in no event: there the outbox itself is the memory of what was told last.
"""

from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime
from typing import NamedTuple

import msgspec
from sqlalchemy import Connection, bindparam, func, literal_column, or_, select, update

from indsats.domain.events import NAMES, BreachWithdrawn, DeadlineBreached, DeadlineDueSoon, Event
from indsats.domain.limit import State
from indsats.domain.pathway import Pathway
from indsats.store import tables
from indsats.store.connection import driver_sql
from indsats.store.rows import stored_instant

TYPE_PREFIX = "indsats."
"""What stands before the name of the event in the type of a notification."""

LIMIT_PASSED = f"{TYPE_PREFIX}limit_passed.1"
"""The type of a notification of a limit, which is of no event."""

_PUT = "INSERT INTO indsats_outbox (at, id, type, municipality, stream, data, attempts) VALUES (?, ?, ?, ?, ?, ?, 0)"
_DELIVERED = "UPDATE indsats_outbox SET delivered_at = ?, attempts = ?, retry_at = NULL, fault = NULL WHERE number = ?"
_FAILED = "UPDATE indsats_outbox SET attempts = ?, fault = ?, retry_at = ?, dead_at = ? WHERE number = ?"

_row = tables.outbox.c
_SHOWN = (
    *(_row.id, _row.type, _row.municipality, _row.stream, _row.at),
    *(_row.attempts, _row.retry_at, _row.dead_at, _row.fault, _row.data),
)
_WAITS = (_row.municipality == bindparam("municipality"), _row.delivered_at.is_(None), _row.dead_at.is_(None))
_HELD = select(_row.stream).where(*_WAITS, _row.retry_at > bindparam("now"))
_PLACES = (
    select(_row.number, _row.stream)
    .where(*_WAITS, _row.number > bindparam("after"))
    .order_by(_row.number)
    .limit(bindparam("at_most"))
)
_LOAD = (
    select(_row.number, _row.at, _row.id, _row.type, _row.municipality, _row.stream, _row.data, _row.attempts)
    .where(_row.number.in_(bindparam("numbers", expanding=True)))
    .order_by(_row.number)
)
# The type is written out: a database takes a partial index only if it sees there that no other row is asked for.
_LAST_OF_LIMITS = (
    select(func.max(_row.number))
    .where(_row.type == literal_column(f"'{LIMIT_PASSED}'"), _row.municipality == bindparam("municipality"))
    .group_by(_row.stream)
)
_TOLD_OF_LIMITS = select(_row.stream, _row.id, _row.data).where(_row.number.in_(_LAST_OF_LIMITS))


class Waiting(NamedTuple):
    """A notification that waits for its turn; `number` counts them in the order of the log."""

    number: int
    at: str
    id: str
    type: str
    municipality: str
    stream: str
    data: str
    attempts: int


class Undelivered(NamedTuple):
    """A notification that has not arrived: how often it was tried, when it is next, or when it was given up, and why.

    `at` is when it was found; instants are text as they are stored.
    """

    id: str
    type: str
    municipality: str
    subject: str
    at: str
    attempts: int
    retry_at: str | None
    dead_at: str | None
    fault: str | None
    data: str


Subject = Mapping[str, str | list[str] | None]
"""What a limit is about: a place by the field that names it, or a worker by random name; empty for all pathways."""


class LimitPassed(msgspec.Struct, frozen=True, kw_only=True):
    """What is told of a limit and one subject of it: how it stands on a day."""

    municipality: str
    model_digest: str
    limit: str
    subject: Subject
    value: int | float | None
    low: int | float | None
    high: int | float | None
    state: State
    as_of: date


class Told(NamedTuple):
    """What was told of a limit and one subject of it, and how many times something was, this time included."""

    times: int
    passed: LimitPassed


class Counted(NamedTuple):
    """How many notifications wait to be delivered, and how many were given up."""

    waiting: int
    dead: int


def put(connection: Connection, events: Sequence[Event], pathways: Mapping[str, Pathway]) -> None:
    """Write a notification for each warning, breach and withdrawal among the events of these pathways, by stream.

    Nothing of it tells who it is about: facts are named by their places in the stream, because a host's ids of facts
    may be made of a citizen's id.
    """
    rows = [
        (
            stored_instant(event.envelope.recorded_at),
            _place(event.originator_id, event.originator_version),
            TYPE_PREFIX + NAMES[type(event.body)],
            event.envelope.municipality,
            event.originator_id,
            msgspec.json.encode(_data(event, event.body, pathways[event.originator_id])).decode(),
        )
        for event in events
        if isinstance(event.body, DeadlineBreached | BreachWithdrawn | DeadlineDueSoon)
    ]
    if rows:
        driver_sql(connection, _PUT, rows)


def put_limits(connection: Connection, municipality: str, at: datetime, passed: Mapping[str, Told]) -> None:
    """Write a notification for each, by the name of the limit and subject, which stands where a stream does."""
    rows = [
        (
            stored_instant(at),
            _place(name, told.times),
            LIMIT_PASSED,
            municipality,
            name,
            msgspec.json.encode(told.passed).decode(),
        )
        for name, told in passed.items()
    ]
    if rows:
        driver_sql(connection, _PUT, rows)


def told_of_limits(connection: Connection, municipality: str) -> Mapping[str, Told]:
    """What was told last of each limit and subject, by their name, whether it has arrived or not."""
    return {
        name: Told(int(place.rpartition("/")[2]), msgspec.json.decode(data, type=LimitPassed))
        for name, place, data in connection.execute(_TOLD_OF_LIMITS, {"municipality": municipality})
    }


def _data(
    event: Event, body: DeadlineBreached | BreachWithdrawn | DeadlineDueSoon, pathway: Pathway
) -> dict[str, str | int | date | None]:
    anchor = pathway.facts[body.anchor]
    data: dict[str, str | int | date | None] = {
        "municipality": pathway.municipality,
        "model_digest": event.envelope.model_digest,
        "rule": body.rule,
        "anchor": _place(pathway.stream, anchor.position),
        "anchor_on": anchor.on,
        "n": body.n,
        "due": body.due,
        "found_on": body.found_on,
    }
    match body:
        case DeadlineBreached():
            data |= {"cause": body.cause, "known_in_time": body.known_in_time}
        case BreachWithdrawn():
            data |= {"reason": body.reason}
        case DeadlineDueSoon():
            pass
    return data


def _place(stream: str, version: int) -> str:
    return f"{stream}/{version}"


def held(connection: Connection, municipality: str, now: datetime) -> set[str]:
    """The streams of which one waits to be tried again, so that the later ones must wait, too."""
    return set(connection.scalars(_HELD, {"municipality": municipality, "now": stored_instant(now)}))


def places(connection: Connection, municipality: str, after: int, at_most: int) -> Sequence[tuple[int, str]]:
    """The number and stream of what waits behind a number, in order; also of streams that are held.

    To leave these out is not asked of the database, which takes seconds for it when very many wait.
    """
    asked = {"municipality": municipality, "after": after, "at_most": at_most}
    return [(number, stream) for number, stream in connection.execute(_PLACES, asked)]


def load(connection: Connection, numbers: Collection[int]) -> Sequence[Waiting]:
    """Notifications by their numbers, in order."""
    return [Waiting._make(row) for row in connection.execute(_LOAD, {"numbers": numbers})]


def note_delivered(connection: Connection, row: Waiting, at: datetime) -> None:
    """A notification has arrived."""
    driver_sql(connection, _DELIVERED, (stored_instant(at), row.attempts + 1, row.number))


def note_failed(
    connection: Connection,
    row: Waiting,
    fault: str,
    *,
    retry_at: datetime | None = None,
    dead_at: datetime | None = None,
) -> None:
    """A notification has not arrived: it is tried again at an instant, or was given up at one."""
    instants = [None if instant is None else stored_instant(instant) for instant in (retry_at, dead_at)]
    driver_sql(connection, _FAILED, (row.attempts + 1, fault, *instants, row.number))


def undelivered(
    connection: Connection, municipalities: Collection[str], *, dead: bool = False, at_most: int | None = None
) -> Sequence[Undelivered]:
    """What has not arrived, in order; `dead`: only those that were given up."""
    query = select(*_SHOWN).where(_row.municipality.in_(municipalities), _row.delivered_at.is_(None))
    if dead:
        query = query.where(_row.dead_at.is_not(None))
    return [Undelivered._make(row) for row in connection.execute(query.order_by(_row.number).limit(at_most))]


def count(connection: Connection, municipalities: Collection[str]) -> Counted:
    """How many have not arrived."""
    query = select(func.count(), func.count(_row.dead_at)).where(
        _row.municipality.in_(municipalities), _row.delivered_at.is_(None)
    )
    every, dead = connection.execute(query).one()
    return Counted(every - dead, dead)


def put_back(connection: Connection, municipalities: Collection[str], ids: Collection[str] | None) -> Sequence[str]:
    """Let those of the ids that have not arrived be tried anew and at once; None: all that were given up.

    Returns the ids of those.
    """
    query = update(tables.outbox).where(_row.municipality.in_(municipalities), _row.delivered_at.is_(None))
    if ids is None:
        query = query.where(_row.dead_at.is_not(None))
    else:
        query = query.where(_row.id.in_(ids), or_(_row.dead_at.is_not(None), _row.retry_at.is_not(None)))
    values = {"attempts": 0, "retry_at": None, "dead_at": None}
    return sorted(connection.execute(query.values(values).returning(_row.id)).scalars())
