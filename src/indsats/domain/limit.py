"""Limits as a model declares them: what is counted over many pathways on a day, and how much of it there should be.

They warn and never block. What is counted stands here; `projections` counts it.
"""

from collections.abc import Mapping
from fractions import Fraction
from typing import Literal

import msgspec

from indsats.domain.model import Title
from indsats.domain.values import Duration

State = Literal["below", "within", "full", "above", "not_computable"]


class Share(msgspec.Struct, frozen=True):
    """The share that a key figure of the model has on the day."""

    kpi: str


class Caseload(msgspec.Struct, frozen=True):
    """The pathways for which a worker answers in a role, of each worker; bounds are scaled by the worker's `fraction`.

    Only assignments at `unit` (None: at any), and of exactly these `functions`, sorted (None: of any), count; and only
    pathways that stand in one of `phases` (none: in any but `closed`).
    """

    role: str
    unit: str | None = None
    functions: tuple[str, ...] | None = None
    phases: tuple[str, ...] = ()


class Cycle(msgspec.Struct, frozen=True):
    """So many facts of a kind that are held for a place: after that many whoever has it has been through."""

    kind: str
    count: int


class Places(msgspec.Struct, frozen=True):
    """The citizens who have a place, of each place that the field `by` of facts of a `kind` names.

    A citizen has a place from the first such fact on until `within` after the latest, that day included; but no more
    from the day of a fact of a kind in `left` on, if that names the same place or none, nor from the day after the last
    of a `cycle`, counted from that first fact on.
    """

    kind: str
    by: str
    within: Duration
    left: tuple[str, ...] = ()
    cycle: Cycle | None = None


Counted = Share | Caseload | Places


class Limit(msgspec.Struct, frozen=True, kw_only=True):
    """One limit: at least `low` and at most `high`, both included; `soft`: the source lets it be exceeded.

    With `counted` None it is kept and shown, and never computable.
    """

    id: str
    counted: Counted | None = None
    low: Fraction | None = None
    high: Fraction | None = None
    soft: bool = False
    title: Title | None = None
    source: str = ""
    policy_notes: Mapping[str, Title] = {}

    def state(self, value: Fraction | None, fraction: Fraction = Fraction(1)) -> State:
        """How a value stands to the bounds, times the fraction: `full` where one more would be too much."""
        if value is None:
            return "not_computable"
        if self.low is not None and value < self.low * fraction:
            return "below"
        if self.high is None:
            return "within"
        if value > self.high * fraction:
            return "above"
        return "full" if not isinstance(self.counted, Share) and value + 1 > self.high * fraction else "within"
