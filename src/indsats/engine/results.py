"""What the engine's commands and queries answer."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import NamedTuple

from indsats.domain.ledger import Verdict
from indsats.domain.model import Title
from indsats.domain.obligations import Derivation


class Swept(NamedTuple):
    """What a sweep did: pathways looked at, breaches and withdrawals found, pathways that failed and were set aside."""

    visited: int
    breaches: int
    withdrawals: int
    set_aside: int = 0


class View(NamedTuple):
    """One pathway from two points: what is owed, and what was found by then; `version` is that of its last event."""

    citizen: str
    municipality: str
    derivation: Derivation
    ledger: Sequence[Verdict]
    version: int = 0


class Found(NamedTuple):
    """A breach, or the withdrawal of one, and whose it is."""

    citizen: str
    municipality: str
    verdict: Verdict


class Refusal(NamedTuple):
    """What is refused of much: its place among what was given, counted from 0, its id, whose it is, and why.

    `allowed` is what would be recorded, where that can be said.
    """

    place: int
    id: str
    citizen: str
    reason: str
    allowed: Sequence[str] = ()


class Recorded(NamedTuple):
    """What a registration led to.

    `recorded` and `repeated` count facts, annulments and model changes: new ones, and those registered before with the
    same content. `ids` are those of both, pathway by pathway. `irregular` are the ids of the new facts that have no
    legal move. `refused` is what was left out, where that was asked for; any other command is refused as a whole.
    """

    recorded: int
    repeated: int
    ids: Sequence[str]
    irregular: Sequence[str]
    breaches: Sequence[Found]
    withdrawals: Sequence[Found]
    refused: Sequence[Refusal] = ()


class Anchor(NamedTuple):
    """The fact that an obligation arose from: its kind, its day, its id."""

    kind: str
    on: date
    id: str


class Owed(NamedTuple):
    """An obligation on a list: whose it is, who answers for it where, and how many days are left (negative: late).

    `reason` says what is to be done, because of what, and where that is written. `remark`, `handled_by` and
    `handled_at` are of the latest remark on its breach.
    """

    citizen: str
    municipality: str
    rule: str
    anchor: Anchor
    n: int
    due: date | None
    book_by: date | None
    status: str
    satisfied_on: date | None
    force: str
    responsible: str | None
    known_in_time: bool
    cause: str | None
    worker: str | None
    unit: str | None
    days_left: int | None
    reason: Title | None
    remark: str | None = None
    handled_by: str | None = None
    handled_at: datetime | None = None


class Listed(NamedTuple):
    """A page of obligations as seen from two points; `more` if others follow."""

    as_of: date
    known_at: datetime
    obligations: Sequence[Owed]
    more: bool


class ModelMove(NamedTuple):
    """What moving one pathway to another model does on the day of the command: breaches raised and withdrawn."""

    citizen: str
    municipality: str
    before: str
    breaches: Sequence[Verdict]
    withdrawals: Sequence[Verdict]


class ModelMoves(NamedTuple):
    """What moving pathways to another model does, or with `dry_run` would do; `unchanged` are there already."""

    to: str
    dry_run: bool
    moved: Sequence[ModelMove]
    unchanged: int
