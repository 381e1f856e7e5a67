"""Due days as an iCalendar file (RFC 5545), so that a worker sees them among the appointments.

One all-day entry stands for each obligation that waits and has a due day. What is done, or answered for by another, is
in the next file no more: a calendar that subscribes to the file drops it. Remarks and other personal text are left out.
"""

import hashlib
import os
import re
import tempfile
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime
from importlib.metadata import version
from pathlib import Path
from typing import NamedTuple

import msgspec

from indsats.domain.model import Title
from indsats.domain.values import Actor
from indsats.engine import Engine
from indsats.engine.lists import Wanted
from indsats.engine.results import Owed
from indsats.engine.workers import require_worker
from indsats.errors import InputInvalid

_OCTETS = 75
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")
_ESCAPED = str.maketrans({"\\": r"\\", ";": r"\;", ",": r"\,", "\n": r"\n"})
_FIRST_SEQUENCE = datetime(2017, 1, 1, tzinfo=UTC)

_CATEGORIES = {
    "open": Title("Åben", "Open"),
    "on_hold": Title("I bero", "On hold"),
    "breached": Title("Overskredet", "Overdue"),
}
_PRIORITIES = {"open": 5, "on_hold": 9, "breached": 1}
_NAME = Title("Frister", "Deadlines")
_DUE = Title("Senest", "Due")
_BOOK_BY = Title("Book senest", "Book by")


class Entry(NamedTuple):
    """An obligation with a due day, and the name that its entry keeps, also when the due day moves."""

    uid: str
    owed: Owed
    due: date


class Feed(NamedTuple):
    """A worker's calendar as of a day: what is in the file, and how many obligations have no due day during a hold."""

    worker: str
    as_of: date
    known_at: datetime
    entries: Sequence[Entry]
    without_due_day: int
    data: bytes


def calendar(engine: Engine, worker: str, *, actor: Actor, lang: str = "da") -> Feed:
    """What a worker has to follow up, in all municipalities that the engine serves; noted as one read.

    `lang`: `da` or `en`. Raises `UnknownWorker` if nobody was ever assigned under this name; `NotAllowed`.
    """
    listed = engine.follow_ups(actor=actor, wanted=Wanted(worker=worker))
    if not listed.obligations:
        with engine.database.read() as connection:
            require_worker(connection, engine.municipalities, engine.model, worker)
    entries = [Entry(_uid(engine.model.family, owed), owed, owed.due) for owed in listed.obligations if owed.due]
    lines = _Lines(engine, lang, listed.known_at.astimezone(UTC))
    return Feed(
        worker=worker,
        as_of=listed.as_of,
        known_at=listed.known_at,
        entries=entries,
        without_due_day=len(listed.obligations) - len(entries),
        data="".join(f"{_folded(line)}\r\n" for line in lines.of(worker, entries)).encode(),
    )


def write_calendar(feed: Feed, path: Path) -> None:
    """Write the file: it has either its former content or all of the new, whoever reads it meanwhile.

    A new one is for its owner alone, since it names citizens; one that is there keeps who may read it.
    Raises `InputInvalid` if it cannot be written.
    """
    path = path.resolve()
    try:
        handle, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
        temporary = Path(name)
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(feed.data)
                file.flush()
                os.fsync(file.fileno())
            if path.exists():
                temporary.chmod(path.stat().st_mode & 0o777)
            temporary.replace(path)
        except BaseException:
            temporary.unlink()
            raise
    except OSError as fault:
        raise InputInvalid(f"{path}: cannot be written: {fault.strerror}") from fault


class _Lines:
    """The lines of one file, not folded yet."""

    def __init__(self, engine: Engine, lang: str, at: datetime) -> None:
        self._lang = lang
        self._at = f"{at:%Y%m%dT%H%M%SZ}"
        # Without a memory of former files: it has grown whenever anything can have changed.
        self._sequence = max(0, int((at - _FIRST_SEQUENCE).total_seconds()))
        models = (engine.model, *engine.models.values())
        self._titles = {rule.id: rule.title for model in reversed(models) for rule in model.rules if rule.title}

    def of(self, worker: str, entries: Sequence[Entry]) -> Iterator[str]:
        yield "BEGIN:VCALENDAR"
        yield "VERSION:2.0"
        yield f"PRODID:-//indsats//indsats {version('indsats')}//{self._lang.upper()}"
        yield "CALSCALE:GREGORIAN"
        name = _text(f"{self._in_words(_NAME)}: {worker}")
        yield f"NAME:{name}"
        yield f"X-WR-CALNAME:{name}"
        yield "REFRESH-INTERVAL;VALUE=DURATION:PT1H"
        for entry in entries:
            yield from self._entry(entry)
        yield "END:VCALENDAR"

    def _entry(self, entry: Entry) -> Iterator[str]:
        owed = entry.owed
        category = self._in_words(_CATEGORIES[owed.status])
        title = self._in_words(self._titles.get(owed.rule, Title(owed.rule, owed.rule)))
        summary = f"{title} – {owed.citizen}"
        yield "BEGIN:VEVENT"
        yield f"UID:{entry.uid}"
        yield f"DTSTAMP:{self._at}"
        yield f"LAST-MODIFIED:{self._at}"
        yield f"SEQUENCE:{self._sequence}"
        yield f"DTSTART;VALUE=DATE:{entry.due:%Y%m%d}"
        yield f"SUMMARY:{_text(summary if owed.status == 'open' else f'{category}: {summary}')}"
        yield f"DESCRIPTION:{_text(self._description(owed))}"
        yield f"CATEGORIES:{_text(category)}"
        yield f"PRIORITY:{_PRIORITIES[owed.status]}"
        yield "STATUS:CONFIRMED"
        yield "TRANSP:TRANSPARENT"
        yield "CLASS:PRIVATE"
        yield "END:VEVENT"

    def _description(self, owed: Owed) -> str:
        lines = [f"{self._in_words(_DUE)}: {owed.due}"]
        if owed.book_by is not None:
            lines.append(f"{self._in_words(_BOOK_BY)}: {owed.book_by}")
        if owed.reason is not None:
            lines.append(self._in_words(owed.reason))
        return "\n".join(lines)

    def _in_words(self, title: Title) -> str:
        return title.da if self._lang == "da" else title.en


def _uid(family: str, owed: Owed) -> str:
    # A calendar keeps names of entries long after these are gone, and shows them to whoever it is shared with.
    identity = (owed.municipality, family, owed.citizen, owed.rule, owed.anchor.id, owed.n)
    return f"{hashlib.sha256(msgspec.json.encode(identity)).hexdigest()[:32]}@indsats"


def _text(value: str) -> str:
    return _CONTROL.sub(" ", value.replace("\r\n", "\n")).translate(_ESCAPED)


def _folded(line: str) -> str:
    """A line of more than 75 octets goes on in the next, which begins with a space; no character is divided."""
    parts, size = [""], 0
    for sign in line:
        width = len(sign.encode())
        if size + width > _OCTETS:
            parts.append(" ")
            size = 1
        parts[-1] += sign
        size += width
    return "\r\n".join(parts)
