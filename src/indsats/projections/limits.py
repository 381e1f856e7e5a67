"""Limits on a day: each compiled to a `Select` over the read models, with a value for each subject that it concerns."""

from collections.abc import Collection, Iterable, Mapping
from datetime import date
from fractions import Fraction

import msgspec
import sqlalchemy as sa

from indsats.domain.limit import Caseload, Limit, Places, Share, State
from indsats.domain.model import Model
from indsats.domain.phases import CLOSED
from indsats.models.kpi_form import kpis_of as declared_by
from indsats.models.limit_form import limits_of
from indsats.projections import tables
from indsats.projections.asked import Asked
from indsats.projections.conditions import Condition, is_as_of
from indsats.projections.facts import Named, named_by
from indsats.projections.kpis import compute as compute_kpis
from indsats.projections.kpis import number
from indsats.projections.statements import parameters

_EARLIEST = "earliest"
"""The first day on which something must have happened for a place to be had still."""


class LimitResult(msgspec.Struct, frozen=True, kw_only=True):
    """A limit on a day for one subject of it: what it is about, and the bounds as they are for that subject.

    `subject` is empty where the limit concerns all pathways of the municipality together.
    """

    limit: Limit
    subject: Mapping[str, str | list[str] | None]
    value: Fraction | None
    low: Fraction | None
    high: Fraction | None
    state: State

    @property
    def document(self) -> Mapping[str, object]:
        """As scripts read it: whole numbers or floats, nothing rounded."""
        return {
            "id": self.limit.id,
            "subject": self.subject,
            "value": number(self.value),
            "low": number(self.low),
            "high": number(self.high),
            "state": self.state,
        }


def compute(
    connection: sa.Connection,
    model: Model,
    as_of: date,
    municipality: str,
    ids: Collection[str] = (),
    kept: frozenset[Asked] = frozenset(),
) -> list[LimitResult]:
    """The limits of a model on a day in the order of their declaration; of them only `ids`, if any are given.

    `kept` is what all pathways have marks for, as key figures take it.
    Raises `ModelInvalid` for declarations with faults.
    """
    results: list[LimitResult] = []
    for limit in limits_of(model).values():
        if ids and limit.id not in ids:
            continue
        match limit.counted:
            case None:
                results.append(_result(limit, {}, None))
            case Share(kpi=kpi):
                [figure] = compute_kpis(connection, model, as_of, municipality, [kpi], kept)
                results.append(_result(limit, {}, figure.share))
            case Caseload() as caseload:
                asked = parameters(model, as_of, municipality)
                for worker, count, fraction in connection.execute(_caseloads(caseload), asked):
                    functions = None if caseload.functions is None else list(caseload.functions)
                    subject = {"worker": worker, "role": caseload.role, "unit": caseload.unit, "functions": functions}
                    scale = Fraction(1) if fraction is None else Fraction(str(fraction))
                    results.append(_result(limit, subject, Fraction(count), scale))
            case Places() as places:
                for name, count in _places_taken(connection, places, model, as_of, municipality):
                    results.append(_result(limit, {places.by: name}, Fraction(count)))
    return results


class Rooms:
    """Whether limits were full; the limits of each model are read once."""

    def __init__(self) -> None:
        self._limits: dict[str, Mapping[str, Limit]] = {}

    def limits(self, model: Model) -> Mapping[str, Limit]:
        """The limits of a model by id."""
        if model.digest not in self._limits:
            self._limits[model.digest] = limits_of(model)
        return self._limits[model.digest]

    def is_full(self, connection: sa.Connection, municipality: str, model: Model, limit_id: str, on: date) -> bool:
        """Whether no place was left at the end of a day: in none of those of which any was taken.

        A limit that counts no places, or has no upper bound, is never full; nor is one of which none was taken.
        """
        limit = self.limits(model).get(limit_id)
        if limit is None or limit.high is None or not isinstance(limit.counted, Places):
            return False
        counts = [count for _, count in _places_taken(connection, limit.counted, model, on, municipality)]
        return bool(counts) and all(limit.state(Fraction(count)) in ("full", "above") for count in counts)


def named_by_limits(limits: Iterable[Limit]) -> Named:
    """The kinds that places are counted from, with the field that names the place."""
    named: dict[str, frozenset[str]] = {}
    for limit in limits:
        if isinstance(places := limit.counted, Places):
            of_cycle = () if places.cycle is None else (places.cycle.kind,)
            for kind in (places.kind, *places.left, *of_cycle):
                named[kind] = named.get(kind, frozenset()) | {places.by}
    return Named(named)


def needed_by(limits: Iterable[Limit], model: Model) -> Named:
    """The facts that limits of a model are counted from, those behind a share included."""
    limits = list(limits)
    shares = [limit.counted.kpi for limit in limits if isinstance(limit.counted, Share)]
    kpis = declared_by(model) if shares else {}
    return named_by_limits(limits).and_also(named_by(kpis[kpi] for kpi in shares))


def _result(
    limit: Limit,
    subject: Mapping[str, str | list[str] | None],
    value: Fraction | None,
    scale: Fraction = Fraction(1),
) -> LimitResult:
    return LimitResult(
        limit=limit,
        subject=subject,
        value=value,
        low=None if limit.low is None else limit.low * scale,
        high=None if limit.high is None else limit.high * scale,
        state=limit.state(value, scale),
    )


# Caseloads


def _caseloads(caseload: Caseload) -> sa.Select[str, int, float | None]:
    """Of each worker the number of pathways, and the fraction that the latest of the assignments names, if any does."""
    rows = tables.assignments
    named_last = sa.func.row_number().over(
        partition_by=rows.c.worker, order_by=(rows.c.fraction.is_(None), rows.c.from_on.desc(), rows.c.fraction)
    )
    conditions = [
        *_of_municipality(rows),
        is_as_of(rows),
        rows.c.role == caseload.role,
        rows.c.as_role == caseload.role,
        rows.c.answers,
        rows.c.worker.is_not(None),
        _stands_in(rows, caseload.phases),
    ]
    if caseload.unit is not None:
        conditions.append(rows.c.unit == caseload.unit)
    if caseload.functions is not None:
        conditions.append(sa.func.coalesce(rows.c.functions, "") == " ".join(caseload.functions))
    each = sa.select(rows.c.worker, rows.c.fraction, named_last.label("place")).where(*conditions).subquery()
    fraction = sa.func.max(sa.case((each.c.place == 1, each.c.fraction)))
    return sa.select(each.c.worker, sa.func.count(), fraction).group_by(each.c.worker).order_by(each.c.worker)


def _stands_in(rows: sa.FromClause, phases: tuple[str, ...]) -> Condition:
    """Whether the pathway of a row stands in one of the phases; none: in any but `closed`."""
    pathways = tables.pathways
    phase = pathways.c.phase
    open_now = sa.or_(phase.is_(None), phase != CLOSED)
    return (
        sa.exists()
        .where(*_same(pathways, rows, *tables.PATHWAY), is_as_of(pathways), phase.in_(phases) if phases else open_now)
        .correlate(rows)
    )


# Places


def _places_taken(
    connection: sa.Connection, places: Places, model: Model, as_of: date, municipality: str
) -> list[tuple[str, int]]:
    """How many citizens have a place, of each place of which any does."""
    asked = {**parameters(model, as_of, municipality), _EARLIEST: model.calendar.subtract(as_of, places.within)}
    return [(name, count) for name, count in connection.execute(_taken(places), asked)]


def _taken(places: Places) -> sa.Select[str, int]:
    stays = _stays(places).subquery()
    had = sa.select(stays.c.name, sa.func.count()).group_by(stays.c.name).order_by(stays.c.name)
    if (cycle := places.cycle) is None:
        return had
    held, name = tables.facts.alias(), tables.fact_fields.alias()
    # Asked of each meeting: joined, SQLite would begin with the fields, of which there are far more.
    is_there = (
        sa.exists()
        .where(
            *_same(name, held, *tables.PATHWAY, "place"),
            name.c.field == places.by,
            name.c.text_value == stays.c.name,
        )
        .correlate(held, stays)
    )
    number = (
        sa.select(sa.func.count())
        .select_from(held)
        .where(
            *_of_municipality(held),
            held.c.kind == cycle.kind,
            held.c.from_on >= stays.c.began,
            held.c.from_on < _day("as_of"),
            is_there,
        )
        .correlate(stays)
        .scalar_subquery()
    )
    return had.where(number < cycle.count)


def _stays(places: Places) -> sa.Select[str, date]:
    """The name of the place and the first day of each stay that nobody has left and that is not too long ago."""
    recent, facts, name = tables.facts.alias(), tables.facts.alias(), tables.fact_fields.alias()
    # Whoever was there lately is looked up by the day, and only their other facts by the citizen.
    lately = (
        sa.select(*(recent.c[part] for part in tables.PATHWAY))
        .where(
            *_of_municipality(recent),
            recent.c.kind == places.kind,
            recent.c.from_on >= _day(_EARLIEST),
            recent.c.from_on <= _day("as_of"),
        )
        .distinct()
        .subquery()
    )
    latest = sa.func.max(facts.c.from_on)
    return (
        sa.select(name.c.text_value.label("name"), sa.func.min(facts.c.from_on).label("began"))
        .select_from(lately)
        .join(facts, sa.and_(*_same(facts, lately, *tables.PATHWAY)))
        .join(name, sa.and_(*_same(name, facts, *tables.PATHWAY, "place"), name.c.field == places.by))
        .where(facts.c.kind == places.kind, facts.c.from_on <= _day("as_of"), ~_left_after(places, facts, name))
        .group_by(*(facts.c[part] for part in tables.PATHWAY), name.c.text_value)
        .having(latest >= _day(_EARLIEST))
    )


def _left_after(places: Places, facts: sa.FromClause, name: sa.FromClause) -> Condition:
    """Whether a later fact, by the day asked for, left the place that a fact names, or every place."""
    left, other = tables.facts.alias(), tables.fact_fields.alias()
    of_another = (
        sa.exists()
        .where(
            *_same(other, left, *tables.PATHWAY, "place"),
            other.c.field == places.by,
            other.c.text_value != name.c.text_value,
        )
        .correlate(left, name)
    )
    return (
        sa.exists()
        .where(
            *_same(left, facts, *tables.PATHWAY),
            left.c.kind.in_(places.left),
            left.c.place > facts.c.place,
            left.c.from_on <= _day("as_of"),
            ~of_another,
        )
        .correlate(facts, name)
    )


def _of_municipality(rows: sa.FromClause) -> list[Condition]:
    return [rows.c[name] == sa.bindparam(name, type_=sa.String) for name in ("municipality", "family")]


def _same(one: sa.FromClause, other: sa.FromClause, *names: str) -> list[Condition]:
    return [one.c[name] == other.c[name] for name in names]


def _day(name: str) -> sa.BindParameter[date]:
    return sa.bindparam(name, type_=sa.Date)
