"""Key figures on a day: counts first, shares second, compared with their targets as exact fractions."""

from calendar import monthrange
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import date
from fractions import Fraction
from typing import Any, NamedTuple

import msgspec
import sqlalchemy as sa

from indsats.domain.calendar import ONE_DAY
from indsats.domain.events import Subject
from indsats.domain.kpi import FULL_TIME_PERSON, Kpi, Target, Tiers
from indsats.domain.model import Model
from indsats.domain.obligations import Derivation
from indsats.models.kpi_form import kpis_of as declared_by
from indsats.projections import tables
from indsats.projections.asked import Asked
from indsats.projections.facts import named_by
from indsats.projections.rows import PathwayKey, rows_of
from indsats.projections.series import counts_over_time
from indsats.projections.statements import Ask, Source, Statement, contributions_of, counts_of, documented_of
from indsats.projections.writer import insert

_NOTHING: frozenset[Asked] = frozenset()


class KpiResult(msgspec.Struct, frozen=True, kw_only=True):
    """A figure on a day.

    Of a share both counts are given. Of a median `numerator` is the median, None if there is none, and `denominator`
    the number of values. Of a count `denominator` is None; so it is of an amount, whose kroner are the `numerator`.
    `share` is None where it is not computable or not meant.
    """

    id: str
    numerator: Fraction | None
    denominator: Fraction | None
    share: Fraction | None
    target: Target | None
    met: bool | None

    @property
    def document(self) -> Mapping[str, object]:
        """As scripts read it: whole numbers or floats, nothing rounded."""
        return {
            "id": self.id,
            "numerator": number(self.numerator),
            "denominator": number(self.denominator),
            "share": None if self.share is None else float(self.share),
            "target": None if self.target is None else float(self.target.value),
            "met": self.met,
        }


class Contribution(NamedTuple):
    """What one pathway adds to the counts: rows or itself, of a full-time measure days.

    `denominator` is None for what it documents of an amount: kroner, the `numerator`.
    """

    municipality: str
    subject: Subject
    citizen: str
    numerator: int | Fraction
    denominator: int | None


def compute(
    connection: sa.Connection,
    model: Model,
    as_of: date,
    municipality: str | None = None,
    ids: Collection[str] = (),
    kept: frozenset[Asked] = _NOTHING,
) -> list[KpiResult]:
    """The figures of a model on a day in the order of their declaration; of them only `ids`, if any are given.

    They count the pathways of the model's family in one municipality, or in all that the database holds. `kept` is what
    all of these have marks for; other answers are looked up, which takes longer.
    Raises `ModelInvalid` for declarations with faults.
    """
    return compute_with(_asker(connection), model, as_of, municipality, ids, kept)


def compute_with(
    ask: Ask,
    model: Model,
    as_of: date,
    municipality: str | None = None,
    ids: Collection[str] = (),
    kept: frozenset[Asked] = _NOTHING,
) -> list[KpiResult]:
    """The same of whatever holds the tables and answers statements."""
    source = Source(ask, model, municipality, kept)
    results = []
    for kpi in declared_by(model).values():
        if ids and kpi.id not in ids:
            continue
        if kpi.tiers is not None:
            results += _amounts(source, kpi, kpi.tiers, [as_of])
            continue
        [(numerator, denominator)] = source.on(as_of, counts_of(kpi, kept, municipality))
        results.append(result_of(kpi, as_of, numerator, denominator))
    return results


def series(
    connection: sa.Connection,
    kpi: Kpi,
    model: Model,
    days: Sequence[date],
    municipality: str | None = None,
    kept: frozenset[Asked] = _NOTHING,
) -> list[KpiResult]:
    """One figure on each of some days, in ascending order."""
    source = Source(_asker(connection), model, municipality, kept)
    if kpi.tiers is not None:
        return _amounts(source, kpi, kpi.tiers, days)
    counted = counts_over_time(source, kpi, days)
    return [result_of(kpi, day, *counts) for day, counts in zip(days, counted, strict=True)]


def contributions(
    connection: sa.Connection,
    kpi: Kpi,
    model: Model,
    as_of: date,
    municipality: str | None = None,
    kept: frozenset[Asked] = _NOTHING,
) -> list[Contribution]:
    """The pathways behind a figure's numerator and denominator on a day, by municipality and citizen.

    Of an amount they are those behind the share that decided, on the day on which it was measured, and then those that
    document costs.
    """
    source, measured_on = Source(_asker(connection), model, municipality, kept), as_of
    documented: dict[tuple[str, Subject, str], Fraction] = {}
    if kpi.tiers is not None:
        ((measured_on, _),) = _deciding(source, kpi, kpi.tiers, [as_of])
        for one in _documented(source, kpi.tiers, as_of):
            whose = one.municipality, one.subject, one.citizen
            documented[whose] = documented.get(whose, Fraction(0)) + one.kroner
    found = source.on(measured_on, contributions_of(kpi, kept, municipality))
    told = ((*whose, kroner, None) for whose, kroner in sorted(documented.items()))
    return [Contribution(*row) for row in (*found, *told)]


def kpis_of(pathways: Iterable[tuple[PathwayKey, Derivation]], model: Model, as_of: date) -> list[KpiResult]:
    """The figures of pathways as derived for a day, without a database of theirs: the same statements, in memory.

    Raises `ModelInvalid` for declarations with faults.
    """
    kpis = declared_by(model)
    if not kpis:
        return []
    named = named_by(kpis.values())
    engine = sa.create_engine("sqlite://")
    try:
        with engine.begin() as connection:
            tables.metadata.create_all(connection)
            insert(connection, {key: rows_of(derivation, named, model) for key, derivation in pathways})
            return compute(connection, model, as_of, kept=named.asked)
    finally:
        engine.dispose()


def _asker(connection: sa.Connection) -> Ask:
    def ask(statement: Statement, parameters: Mapping[str, object]) -> Sequence[tuple[Any, ...]]:
        return connection.execute(statement, parameters).all()

    return ask


def _amounts(source: Source, kpi: Kpi, tiers: Tiers, days: Sequence[date]) -> list[KpiResult]:
    results = []
    told = _documented(source, tiers, days[-1]) if days else []
    deciding = _deciding(source, kpi, tiers, days)
    for day, (_, share) in zip(days, deciding, strict=True):
        amount = tiers.ceiling(share)
        if tiers.documented is not None:
            amount = min(amount, sum((one.kroner for one in told if one.on <= day), Fraction(0)))
        results.append(KpiResult(id=kpi.id, numerator=amount, denominator=None, share=None, target=None, met=None))
    return results


class _Told(NamedTuple):
    municipality: str
    subject: Subject
    citizen: str
    on: date
    kroner: Fraction


def _documented(source: Source, tiers: Tiers, as_of: date) -> list[_Told]:
    """What facts document up to a day, itself included; nothing if it is not asked."""
    if tiers.documented is None:
        return []
    told = source.on(as_of, documented_of(tiers.documented, source.municipality))
    return [_Told(whose, subject, citizen, on, Fraction(str(value))) for whose, subject, citizen, on, value in told]


def _deciding(source: Source, kpi: Kpi, tiers: Tiers, days: Sequence[date]) -> list[tuple[date, Fraction | None]]:
    """For each day the one whose share decides, and that share: the first of the highest, the day if there is none."""
    share = msgspec.structs.replace(kpi, tiers=None)
    measured = sorted({one for day in days for one in _measured_on(tiers, source.model, day)})
    counted = counts_over_time(source, share, measured)
    shares = {day: result_of(share, day, *counts).share for day, counts in zip(measured, counted, strict=True)}
    found = []
    for day in days:
        best: tuple[date, Fraction | None] = day, None
        for one in _measured_on(tiers, source.model, day):
            value = shares[one]
            if value is not None and (best[1] is None or value > best[1]):
                best = one, value
        found.append(best)
    return found


def _measured_on(tiers: Tiers, model: Model, as_of: date) -> Iterator[date]:
    if not tiers.best_month:
        yield as_of
        return
    assert model.valid.first is not None, "the reader asks for it"
    day, last = model.valid.first, min(as_of, model.valid.last or as_of)
    while day <= last:
        month_end = day.replace(day=monthrange(day.year, day.month)[1])
        yield min(month_end, last)
        day = month_end + ONE_DAY


def result_of(kpi: Kpi, as_of: date, numerator: float | Fraction | None, denominator: int) -> KpiResult:
    """The counts of a statement as a figure: days become full-time persons, twice the median the median."""
    unit = Fraction(1)
    if kpi.unit == FULL_TIME_PERSON:
        unit = Fraction(1, monthrange(as_of.year, as_of.month)[1])
    elif kpi.median is not None:
        unit = Fraction(1, 2)
    above = None if numerator is None else Fraction(numerator) * unit
    below = Fraction(denominator) if kpi.median is not None else denominator * unit
    share = above / below if kpi.numerator is not None and above is not None and below else None
    value = above if kpi.numerator is None else share
    return KpiResult(
        id=kpi.id,
        numerator=above,
        denominator=None if kpi.numerator is None and kpi.median is None else below,
        share=share,
        target=kpi.target,
        met=None if kpi.target is None or value is None else kpi.target.is_met(value),
    )


def number(value: Fraction | int | None) -> int | float | None:
    """A figure as scripts read it: a whole number, or else a float."""
    if value is None:
        return None
    return value.numerator if value.denominator == 1 else float(value)
