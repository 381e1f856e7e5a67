"""The counts of a key figure over time, from by how much they change on each day: not asked anew for each."""

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from itertools import accumulate

from indsats.domain.kpi import CITIZEN, FULL_TIME_PERSON, Bound, Comparison, Filter, Kpi
from indsats.domain.model import Model
from indsats.domain.values import FIRST_DAY
from indsats.projections.changes import changes_of, days_of
from indsats.projections.statements import Source, counts_of, parameters

_Change = tuple[date, int | None, int, int]

_PERIODS = ((Bound("week_start"),), (Bound("month_start"),))


def counts_over_time(source: Source, kpi: Kpi, days: Sequence[date]) -> Iterator[tuple[int | None, int]]:
    """The counts of a figure, as `counts_of` has them, on each of some days, in ascending order.

    They are asked day by day only where they are no sums of changes.
    """
    period, where = _period(kpi)
    changes = _changes(source, kpi, period, where)
    if changes is None:
        statement = counts_of(kpi, source.kept, source.municipality)
        for day in days:
            [(numerator, denominator)] = source.on(day, statement)
            yield numerator, denominator
        return
    if kpi.median is not None:
        for values in _values(changes, days):
            yield _median(values)
        return
    for day in days:
        yield _summed(kpi, changes, FIRST_DAY if period is None else _begin(source.model, period, day), day)


def _changes(source: Source, kpi: Kpi, period: Bound | None, where: Filter) -> Sequence[_Change] | None:
    """By how much the counts change on each day, of a period those that began in it; None if they are no such sums."""
    once = period if kpi.unit == CITIZEN else None
    statement = (changes_of if once is None else days_of)(kpi, where, source.kept, source.municipality)
    if statement is None:
        return None
    # It is asked for no day, but for the model's own, which stand among the parameters.
    found = source.on(FIRST_DAY, statement)
    if once is not None:
        # A citizen counts on the first of her days in the period.
        begins = {day: _begin(source.model, once, day) for day in {day for day, *_ in found}}
        found = [(day, None, *more) for day, before, *more in found if before is None or before < begins[day]]
    return sorted((day, value, int(above), int(below)) for day, value, above, below in found)


def _begin(model: Model, period: Bound, day: date) -> date:
    begin = parameters(model, day)[period.name]
    assert isinstance(begin, date), "a bound of a period is a day"
    return begin


def _period(kpi: Kpi) -> tuple[Bound | None, Filter]:
    """What begins the week or month whose facts are counted, if they are, and the other conditions on the rows."""
    period = next((one for one in kpi.where.comparisons if _begins_period(kpi, one)), None)
    if period is None:
        return None, kpi.where
    others = tuple(one for one in kpi.where.comparisons if one != period)
    bound = period.values[0]
    assert isinstance(bound, Bound), "see `_PERIODS`"
    return bound, Filter(others, kpi.where.some)


def _begins_period(kpi: Kpi, one: Comparison) -> bool:
    # What is found after a period counts in none, and is no sum of days; nor is a median.
    if kpi.median is not None or any(each.some for each in kpi.filters):
        return False
    return (one.column, one.test) == ("on", "min") and one.values in _PERIODS


def _summed(kpi: Kpi, changes: Iterable[_Change], begin: date, day: date) -> tuple[int, int]:
    """The counts on a day of what changed since `begin`, itself included; of a full-time measure in days."""
    until = [(changed_on, above, below) for changed_on, _, above, below in changes if begin <= changed_on <= day]
    if kpi.unit == FULL_TIME_PERSON:
        month_start = day.replace(day=1)
        left = (((day - max(changed_on, month_start)).days + 1) for changed_on, *_ in until)
        until = [(changed_on, n * above, n * below) for n, (changed_on, above, below) in zip(left, until, strict=True)]
    return sum(above for _, above, _ in until), sum(below for *_, below in until)


def _values(changes: Sequence[_Change], days: Sequence[date]) -> Iterator[Counter[int]]:
    """How often there is each value on each of the days."""
    values: Counter[int] = Counter()
    place = 0
    for day in days:
        while place < len(changes) and changes[place][0] <= day:
            _, value, _, number = changes[place]
            assert value is not None, "a row without the value does not count"
            values[value] += number
            place += 1
        yield values


def _median(values: Counter[int]) -> tuple[int | None, int]:
    """Twice the median, None of no values, and how many there are."""
    number = values.total()
    if not number:
        return None, 0
    ordered = sorted(value for value in values if values[value])
    upto = list(accumulate(values[value] for value in ordered))
    lower, upper = (ordered[bisect_left(upto, rank)] for rank in ((number + 1) // 2, number // 2 + 1))
    return lower + upper, number
