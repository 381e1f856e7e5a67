"""What is written down beside the events: who read personal data, and what was refused to whom."""

import json
from collections.abc import Mapping
from datetime import datetime

import structlog
from sqlalchemy import Connection, insert

from indsats.domain.values import Actor
from indsats.store import tables
from indsats.store.rows import stored_instant

_log = structlog.get_logger("indsats")


def note_read(
    connection: Connection,
    at: datetime,
    actor: Actor,
    command: str,
    municipality: str | None,
    *,
    subject_id: str | None = None,
    asked: Mapping[str, object] | None = None,
) -> None:
    """One read: of the pathway of `subject_id`, or of a list by what was asked."""
    values = {
        "at": stored_instant(at),
        "actor": actor.id,
        "role": actor.role,
        "municipality": municipality,
        "command": command,
        "subject_id": subject_id,
        "filter": None if asked is None else json.dumps(asked, ensure_ascii=False, default=str),
    }
    connection.execute(insert(tables.reads).values(values))


def note_refusal(
    connection: Connection,
    at: datetime,
    actor: Actor,
    command: str,
    municipality: str | None,
    subject_id: str | None,
    reason: str,
) -> None:
    """A command that was refused; nothing else of it remains."""
    values = {
        "at": stored_instant(at),
        "actor": actor.id,
        "role": actor.role,
        "actor_municipality": actor.municipality,
        "municipality": municipality,
        "command": command,
        "subject_id": subject_id,
        "reason": reason,
    }
    connection.execute(insert(tables.refusals).values(values))
    _log.warning("command.refused", command=command, actor=actor.id, role=actor.role, municipality=municipality)
