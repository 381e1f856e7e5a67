"""Marks on rows: which of the things that key figures ask for are there, kept from day to day with the rows."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import date
from decimal import Decimal
from functools import cache
from operator import eq, ge, gt, le, lt
from typing import Any, NamedTuple, TypeVar

from indsats.domain.kpi import Comparison, Operand, Some
from indsats.projections.asked import ENDS, Asked, ended_by
from indsats.projections.facts import CountedRow, FactRow, FieldRow, value_column
from indsats.projections.lasting import LastingRow
from indsats.projections.pathways import PathwayRow

_Row = TypeVar("_Row", PathwayRow, CountedRow)

_TESTS: Mapping[str, Callable[[Any, Any], bool]] = {"is": eq, "min": ge, "max": le, "above": gt, "below": lt}


class _Found(NamedTuple):
    """A fact that is asked for, or what it began: from its day to the first without (None: for good)."""

    fact: FactRow | LastingRow
    until: date | None


class Marks:
    """What the facts of one pathway answer to what is asked of its rows."""

    def __init__(
        self,
        asked: frozenset[Asked],
        facts: Sequence[FactRow],
        fields: Iterable[FieldRow],
        lasting: Sequence[LastingRow],
    ) -> None:
        self._fields: dict[tuple[int, str], list[FieldRow]] = {}
        for field in fields:
            self._fields.setdefault((field.place, field.field), []).append(field)
        self._asked = _by_mark(asked)
        self._found: Mapping[str, Sequence[_Found]] = {
            mark: list(self._some(one.condition, facts, lasting))
            for mark, one in self._asked
            if isinstance(one.condition, Some)
        }

    def on(self, read_model: str, rows: Sequence[_Row]) -> list[_Row]:
        """The rows with their marks, one that gets or loses a mark on a later day parted there."""
        asked = [(mark, one) for mark, one in self._asked if one.rows == read_model]
        return [part for row in rows for part in self._parts(row, asked)] if asked else list(rows)

    def _parts(self, row: _Row, asked: Iterable[tuple[str, Asked]]) -> Iterator[_Row]:
        spans = [(mark, first, until) for mark, one in asked for first, until in self._spans(row, mark, one)]
        days = {day for _, first, until in spans for day in (first, until) if day is not None and day > row.from_on}
        begun, marks = row.from_on, _on(spans, row.from_on)
        for day in sorted(day for day in days if row.until_on is None or day < row.until_on):
            if (then := _on(spans, day)) != marks:
                yield row.part(begun, day, marks)
                begun, marks = day, then
        yield row.part(begun, row.until_on, marks)

    def _spans(self, row: _Row, mark: str, asked: Asked) -> Iterator[tuple[date, date | None]]:
        """From which day on, until which, what is asked is so of a row."""
        condition = asked.condition
        if asked.kinds and getattr(row, "kind", None) not in asked.kinds:
            return
        if isinstance(condition, Comparison):
            assert isinstance(row, CountedRow), "only facts have fields"
            if self._passes(row.place, condition):
                yield row.from_on, None
            return
        since = None if condition.since is None else row.day(condition.since)
        for found in self._found[mark]:
            is_within = condition.within == "pathway" or _is_same(row, found.fact, condition.within)
            if is_within and (since is None or found.fact.from_on >= since):
                yield found.fact.from_on, found.until

    def _some(self, some: Some, facts: Sequence[FactRow], lasting: Sequence[LastingRow]) -> Iterator[_Found]:
        if some.lasting is None:
            found: Iterable[_Found] = (_Found(fact, None) for fact in facts)
        else:
            ends, until = ended_by(some.ended_by), ENDS[some.lasting]
            found = (_Found(row, getattr(row, until)) for row in lasting if row.ended_by == ends)
        for one in found:
            if one.fact.kind in some.kinds and all(self._passes(one.fact.place, each) for each in some.comparisons):
                yield one

    def _passes(self, place: int, one: Comparison) -> bool:
        """Whether some item of a field passes, all of the values are among its items, or none is."""
        items = self._fields.get((place, one.column), ())
        match one.test:
            case "not":
                return not any(_is_one_of(item, one.values) for item in items)
            case "includes":
                return all(any(_is_one_of(item, (value,)) for item in items) for value in one.values)
            case "in":
                return any(_is_one_of(item, one.values) for item in items)
            case _:
                (operand,) = one.values
                values = (_value(item, operand) for item in items)
                return any(value is not None and _TESTS[one.test](value, _stored(operand)) for value in values)


@cache
def _by_mark(asked: frozenset[Asked]) -> Sequence[tuple[str, Asked]]:
    return sorted(((one.mark, one) for one in asked), key=lambda pair: pair[0])


def _on(spans: Iterable[tuple[str, date, date | None]], day: date) -> str | None:
    """The marks on a day, None if there is none."""
    marks = {mark for mark, first, until in spans if first <= day and (until is None or day < until)}
    return " ".join(sorted(marks)) or None


def _is_same(row: PathwayRow | CountedRow, fact: FactRow | LastingRow, within: str) -> bool:
    """Whether a fact lies in the row's own visit, stretch or employment; nothing is in none."""
    own = getattr(row, within)
    return own is not None and own == getattr(fact, within)


def _is_one_of(item: FieldRow, values: Iterable[Operand]) -> bool:
    return any((value := _value(item, operand)) is not None and value == _stored(operand) for operand in values)


def _value(item: FieldRow, operand: Operand) -> object:
    return getattr(item, value_column(operand))


def _stored(operand: Operand) -> object:
    """An operand as the tables hold such values."""
    return float(operand) if isinstance(operand, Decimal) else operand
