"""Key figures as a model declares them: which rows are counted, which of them make the numerator, what is aimed at.

A row is a line of a read model as it stood on the day asked for. Which read models and columns a declaration can name
stands here; `projections` makes the rows and counts them.
"""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from fractions import Fraction
from math import floor
from typing import Literal, NamedTuple

import msgspec

from indsats.domain.model import Title

ColumnType = Literal["text", "number", "day", "flag"]
Vocabulary = Literal["phase", "phase_or_closed", "kind", "rule", "status"]
Within = Literal["pathway", "stretch", "visit", "employment"]

CITIZEN = "citizen"
FULL_TIME_PERSON = "full_time_person"
"""A citizen weighted with the days in the month of `as_of`, through that day, over all days of that month."""

_PERCENT = " %"

BOUNDS = ("as_of", "valid_from", "valid_to", "month_start", "week_start")
"""The days that a condition can name: the day asked for, the ends of the model's validity (both included; the first and
last day of all where it has none), the first days of the calendar month and of the ISO week in which `as_of` lies."""


class Column(NamedTuple):
    """A column of a read model: its type, and the vocabulary of the model that its text is taken from, if any."""

    type: ColumnType
    words: Vocabulary | None = None


class ReadModel(NamedTuple):
    """A read model that can be counted: what one of its rows is, and the columns that conditions can name."""

    unit: str
    columns: Mapping[str, Column]


_TEXT, _NUMBER, _DAY, _FLAG = Column("text"), Column("number"), Column("day"), Column("flag")
_PHASE, _PHASE_OR_CLOSED = Column("text", "phase"), Column("text", "phase_or_closed")
_KIND = Column("text", "kind")

READ_MODELS: Mapping[str, ReadModel] = {
    "pathways": ReadModel(
        CITIZEN,
        {
            "phase": _PHASE_OR_CLOSED,
            "visit": _NUMBER,
            "stretch": _NUMBER,
            "opened_on": _DAY,
            "from_on": _DAY,
            "reason": _TEXT,
        },
    ),
    "visits": ReadModel(
        "visit",
        {
            "phase": _PHASE,
            "visit": _NUMBER,
            "stretch": _NUMBER,
            "entered_on": _DAY,
            "entered_by": _KIND,
            "left_on": _DAY,
            "left_by": _KIND,
            "left_to": _PHASE_OR_CLOSED,
            "days": _NUMBER,
        },
    ),
    "spells": ReadModel(
        "spell",
        {"started_on": _DAY, "ended_on": _DAY, "ended_by": _KIND, "reason": _TEXT, "months": _NUMBER},
    ),
    "employments": ReadModel(
        "employment",
        {
            "employment": _TEXT,
            "started_on": _DAY,
            "ended_on": _DAY,
            "hours_at_start": _NUMBER,
            "hours": _NUMBER,
            "total_hours": _NUMBER,
            "agreed": _FLAG,
        },
    ),
    "obligations": ReadModel(
        "obligation",
        {
            "rule": Column("text", "rule"),
            "anchor_on": _DAY,
            "due": _DAY,
            "settled_on": _DAY,
            "status": Column("text", "status"),
            "satisfied_on": _DAY,
            "employment": _TEXT,
            "cause": _TEXT,
            "known_in_time": _FLAG,
        },
    ),
    "facts": ReadModel(
        "fact",
        {"on": _DAY, "visit": _NUMBER, "stretch": _NUMBER, "employment": _TEXT},
    ),
}


class Bound(msgspec.Struct, frozen=True):
    """One of `BOUNDS`: a day that is known when the figure is asked for."""

    name: str


class Other(msgspec.Struct, frozen=True):
    """Another column of the same row."""

    column: str


Operand = str | Decimal | date | bool | Bound | Other


class Comparison(msgspec.Struct, frozen=True):
    """One test of a column, or of a field of the facts counted.

    `is`, `not` (none of), `in` (one of), `min`, `max` (both included), `above`, `below`, `includes` (all of a list).
    Where there is no value only `not` holds.
    """

    column: str
    test: str
    values: tuple[Operand, ...]


class Some(msgspec.Struct, frozen=True):
    """Some fact of these kinds lies in the row's own `within`, not before the day in the row's column `since`.

    With `lasting`, one of `BOUNDS`, what the fact began still lasted on that day, or began later. A fact of a kind in
    `ended_by`, of the same employment or likewise of none, ends it; its day is the first without. What ends on the day
    on which it began has no day.
    """

    kinds: tuple[str, ...]
    comparisons: tuple[Comparison, ...] = ()
    within: Within = "pathway"
    since: str | None = None
    ended_by: tuple[str, ...] = ()
    lasting: str | None = None


class Filter(msgspec.Struct, frozen=True):
    """Conditions that all hold; of `some`, where there are any, one is enough."""

    comparisons: tuple[Comparison, ...] = ()
    some: tuple[Some, ...] = ()


class Baseline(msgspec.Struct, frozen=True):
    """What a source measured before: the figure as it is written there, and as of which day if it says so."""

    value: Fraction
    stated: str
    on: date | None = None


class Printed(msgspec.Struct, frozen=True):
    """A figure as a source prints it, beside the counts that it stands on; neither puts the other right.

    `stated` is a number such as `4.5`, or percents such as `17.4 %`; `counted` are the counts as they are written, and
    `value` is what they give, exactly.
    """

    title: Title
    stated: str
    value: Fraction
    counted: str

    @property
    def computed(self) -> str:
        """What the counts give, in the form of `stated` and with one decimal more, half up."""
        return self._rounded(self._decimals + 1)

    @property
    def agrees(self) -> bool:
        """Whether the counts give what is stated, half up to as many decimals."""
        return self._rounded(self._decimals) == self.stated

    @property
    def _decimals(self) -> int:
        return len(self.stated.removesuffix(_PERCENT).partition(".")[2])

    def _rounded(self, decimals: int) -> str:
        percent = _PERCENT if self.stated.endswith(_PERCENT) else ""
        scaled = floor(self.value * (100 if percent else 1) * 10**decimals + Fraction(1, 2))
        return f"{Decimal(scaled).scaleb(-decimals):f}{percent}"


class Target(msgspec.Struct, frozen=True):
    """What is aimed at, itself included: `at_least` or `at_most` the figure, as it is written, perhaps by a day."""

    at: Literal["at_least", "at_most"]
    value: Fraction
    stated: str
    on: date | None = None

    def is_met(self, value: Fraction) -> bool:
        """Whether a figure reaches the target, compared exactly."""
        return value >= self.value if self.at == "at_least" else value <= self.value


class Step(msgspec.Struct, frozen=True):
    """What a share gives: from `at_least` on, itself included, so much of the whole; None: whatever the share is."""

    pays: Fraction
    at_least: Fraction | None = None


class Documented(msgspec.Struct, frozen=True):
    """Facts that say, each in a field, of how much more it is documented that it was spent."""

    kind: str
    field: str


class Tiers(msgspec.Struct, frozen=True):
    """An amount by the steps that a share reaches, but no more than is documented, if that is asked.

    `share` is the id of the figure that decides. `best_month`: measured on the last day of each calendar month from the
    beginning of the model's validity on (of the last one on the day asked for, or on which the validity ends), the
    highest counts. Without it the share is that of the day asked for.
    """

    share: str
    amount: Fraction
    steps: tuple[Step, ...]
    best_month: bool = False
    documented: Documented | None = None

    def ceiling(self, share: Fraction | None) -> Fraction:
        """The highest of the steps that a share reaches, compared exactly; a share not computable reaches no bound."""
        reached = [
            step.pays for step in self.steps if step.at_least is None or (share is not None and share >= step.at_least)
        ]
        return self.amount * max(reached, default=Fraction(0))


class Kpi(msgspec.Struct, frozen=True, kw_only=True):
    """One key figure.

    With `numerator` a share: the rows that also pass it, of all that pass `where`. With `median` the median of that
    column, of so many rows. With neither a count. `unit` is what is counted: a row, or the citizens behind the rows,
    each once. With `tiers` an amount by a share, whose rows and conditions these are.
    """

    id: str
    rows: str
    unit: str
    where: Filter = Filter()
    kinds: tuple[str, ...] = ()
    numerator: Filter | None = None
    median: str | None = None
    tiers: Tiers | None = None
    baseline: Baseline | None = None
    target: Target | None = None
    printed: tuple[Printed, ...] = ()
    title: Title
    source: str = ""
    policy_notes: Mapping[str, Title] = {}

    @property
    def filters(self) -> tuple[Filter, ...]:
        """Its conditions, those of the numerator last."""
        return (self.where,) if self.numerator is None else (self.where, self.numerator)
