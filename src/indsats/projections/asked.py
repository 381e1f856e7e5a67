"""What key figures ask of a row's facts whatever the day: the answers are kept with the row, as marks."""

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from hashlib import sha256
from typing import NamedTuple

import msgspec

from indsats.domain.kpi import FULL_TIME_PERSON, READ_MODELS, Bound, Comparison, Filter, Kpi, Other, Some

ENDS: Mapping[str, str] = {"as_of": "until_on", "month_start": "until_month_on"}
"""For the days on which something can be asked to last: the column of `LastingRow` with the first one without.

Of the other `BOUNDS` there is none: whether something lasts on the first day of a week, say, changes week by week.
"""

_MARKED = ("pathways", "facts")


class Asked(NamedTuple):
    """A condition on the rows of a read model, of facts on those of some kinds: a field of theirs, or some fact."""

    rows: str
    kinds: tuple[str, ...]
    condition: Comparison | Some

    @property
    def mark(self) -> str:
        """The same for the same condition wherever it is declared.

        It is looked for anywhere among the marks of a row, and of one length, so that none begins within others. Rows
        hold it: where it is made otherwise, a step of the tables must have them made anew.
        """
        return sha256(msgspec.json.encode(_told(self.condition))).hexdigest()[:12]


def _told(condition: Comparison | Some) -> Sequence[object]:
    """A condition such that equal ones are told alike, as 10 and 10.0, and the text 7 and the number 7 are not."""
    if isinstance(condition, Comparison):
        values = [value.normalize() + 0 if isinstance(value, Decimal) else value for value in condition.values]
        return [condition.column, condition.test, [(type(value).__name__, value) for value in values]]
    comparisons = [_told(one) for one in condition.comparisons]
    return [condition.kinds, comparisons, condition.within, condition.since, condition.ended_by, condition.lasting]


def asked_by(kpi: Kpi) -> frozenset[Asked]:
    """What a figure asks of rows that carry marks.

    A full-time measure has none: it counts each day of a month by what holds on the last of them, and a mark holds on
    its own day.
    """
    if kpi.rows not in _MARKED or kpi.unit == FULL_TIME_PERSON:
        return frozenset()
    found = (one for conditions in kpi.filters for one in _conditions(kpi, conditions))
    return frozenset(Asked(kpi.rows, kpi.kinds, one) for one in found if _is_kept(one))


def are_kept(kpi: Kpi, conditions: Iterable[Comparison | Some], kept: frozenset[Asked]) -> bool:
    """Whether a figure's rows have marks for all of these conditions, `kept` being those relied upon."""
    mine = asked_by(kpi)
    return all((one := Asked(kpi.rows, kpi.kinds, each)) in mine and one in kept for each in conditions)


def _conditions(kpi: Kpi, conditions: Filter) -> Iterable[Comparison | Some]:
    own = READ_MODELS[kpi.rows].columns
    yield from (one for one in conditions.comparisons if one.column not in own)
    yield from conditions.some


def _is_kept(condition: Comparison | Some) -> bool:
    """Whether the answer changes with the facts alone: it names no day that the asker brings."""
    if isinstance(condition, Comparison):
        return not any(isinstance(value, Bound | Other) for value in condition.values)
    return (condition.lasting is None or condition.lasting in ENDS) and all(map(_is_kept, condition.comparisons))


def ended_by(kinds: tuple[str, ...]) -> str:
    """Kinds that end something as one text, whatever their order."""
    return " ".join(sorted(kinds))
