"""What is owed: one obligation with its status and the reasons for it."""

from datetime import date
from typing import Literal, NamedTuple

import msgspec

from indsats.domain.model import Force
from indsats.domain.timeline import Fact

Status = Literal["met", "lapsed", "waived", "met_late", "on_hold", "breached", "open"]
Cause = Literal["citizen_absent", "capacity"]


class Step(msgspec.Struct, frozen=True):
    """One reason on the way to a due day or a status.

    `what` is one of `source`, `anchor`, `counted`, `agreed`, `kept_day`, `held`, `rolled`, `satisfied`, `ended`,
    `waived`, `result`; `fact` is the fact that it rests on, `on` the day that it yields, `value` the clause,
    duration, number of days or
    status.
    """

    what: str
    fact: str | None = None
    on: date | None = None
    value: str | None = None


class Obligation(msgspec.Struct, frozen=True):
    """A duty that arose from `anchor`; identity is (rule, anchor's id, n), n counted from 1.

    `due` is the last day in time and None while an open hold makes it unknown; `book_by` the last working day on or
    before it. `limit` is the one that may have been full, where it failed and nothing else is known to be the cause.
    """

    rule: str
    anchor: Fact
    n: int
    due: date | None
    book_by: date | None
    status: Status
    satisfied_by: str | None
    satisfied_on: date | None
    force: Force
    responsible: str | None
    known_in_time: bool
    cause: Cause | None
    steps: tuple[Step, ...]
    limit: str | None = None

    @property
    def failed(self) -> bool:
        """Whether the deadline was not kept, in a rule that can fail: what the ledger holds."""
        return self.status in ("breached", "met_late") and self.force not in ("expect", "info")

    @property
    def key(self) -> tuple[str, str, int, date | None]:
        """What a breach is identified by."""
        return (self.rule, self.anchor.id, self.n, self.due)


class Owed(NamedTuple):
    """The obligations of one rule and anchor, and the next day on which another one begins, if one will."""

    obligations: list[Obligation]
    begins: date | None = None
