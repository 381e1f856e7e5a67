"""Key figures over the pathways of a database: for any point, by group, over time, with whom they count."""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date, datetime
from fractions import Fraction
from typing import NamedTuple

import sqlalchemy as sa
from sqlalchemy import Connection

from indsats.domain.calendar import local_day
from indsats.domain.events import Subject
from indsats.domain.fields import allowed
from indsats.domain.kpi import Kpi
from indsats.domain.model import Model
from indsats.domain.pathway import Pathway
from indsats.engine.intake import not_ahead
from indsats.engine.unit import Parts, key_of
from indsats.errors import ValueInvalid
from indsats.models.kpi_form import kpis_of as declared_by
from indsats.projections import tables, writer
from indsats.projections.asked import Asked
from indsats.projections.due import DueTable
from indsats.projections.facts import Named
from indsats.projections.kpis import Contribution, KpiResult, compute, contributions, result_of, series
from indsats.projections.rows import PathwayKey, Rows
from indsats.store.fold import fold_some, fold_streams
from indsats.store.mapper import EventMapper

Counts = tuple[int | Fraction, int | None]
"""What a pathway adds to numerator and denominator; the latter is None for kroner that it documents."""

_PATHWAYS_AT_ONCE = 500
_assignment = tables.LIVE.tables["assignments"].c
_pathway = tables.LIVE.tables["pathways"].c


class Point(NamedTuple):
    """The two points from which figures are seen; `known_at` None is all that is registered."""

    as_of: date
    known_at: datetime | None


class Seen(NamedTuple):
    """Read models as they are from a point; `kept` is what all their rows have marks for."""

    connection: Connection
    kept: frozenset[Asked]


class Group(NamedTuple):
    """A figure of those who belong to a unit or worker; `name` is None for those who belong to none."""

    name: str | None
    result: KpiResult


class Whose(NamedTuple):
    """Whose pathway it is: a citizen's, or another subject's."""

    citizen: str
    subject: Subject


class Behind(NamedTuple):
    """A figure with what each pathway adds to its counts, and of an amount with what each documents."""

    kpi: Kpi
    result: KpiResult
    counted: Mapping[Whose, Counts]
    documented: Mapping[Whose, Counts]

    def differing(self, other: "Behind") -> Iterator[tuple[Whose, Counts, Counts]]:
        """The pathways that add otherwise to the same figure seen from elsewhere, with what they add here and there.

        Of an amount only those that could have moved it.
        """
        is_amount = self.kpi.tiers is not None
        if is_amount and self.result.numerator == other.result.numerator:
            return
        if not is_amount or self._ceiling != other._ceiling:
            yield from _differing(self.counted, other.counted, (0, 0))
        yield from _differing(self.documented, other.documented, (0, None))

    @property
    def _ceiling(self) -> Fraction:
        """What is paid by the share that decided, which is that of those who are counted."""
        assert self.kpi.tiers is not None, "asked of amounts"
        below = sum(below or 0 for _, below in self.counted.values())
        above = sum((Fraction(above) for above, _ in self.counted.values()), Fraction(0))
        return self.kpi.tiers.ceiling(above / below if below else None)


def _differing(
    here: Mapping[Whose, Counts], there: Mapping[Whose, Counts], nothing: Counts
) -> Iterator[tuple[Whose, Counts, Counts]]:
    for whose in sorted(here.keys() | there.keys()):
        both = here.get(whose, nothing), there.get(whose, nothing)
        if both[0] != both[1]:
            yield whose, *both


class Figures:
    """The figures of one engine in one municipality, as its model declares them."""

    def __init__(self, parts: Parts, model: Model, municipality: str) -> None:
        self._parts = parts
        self._model = model
        self._municipality = municipality

    def declared(self, ids: Collection[str] = ()) -> Mapping[str, Kpi]:
        """The figures that the model declares, of them only `ids` if any are given. Raises `ValueInvalid`."""
        every = declared_by(self._model)
        if unknown := [kpi_id for kpi_id in ids if kpi_id not in every]:
            name = self._model.reference
            raise ValueInvalid(f"{unknown[0]!r} is no key figure of {name}; {allowed(unknown[0], every)}")
        return {kpi_id: kpi for kpi_id, kpi in every.items() if not ids or kpi_id in ids}

    def point(self, as_of: date | None, known_at: datetime | None) -> Point:
        """The points that are meant: by default all that is known now, as of the day of `known_at`."""
        now = self._parts.clock.now()
        if known_at is not None and known_at >= now:
            known_at = None
        return Point(as_of or local_day(known_at or now), known_at)

    @contextmanager
    def seen_from(
        self, point: Point, needed: Named, progress: Callable[[int], None] = lambda _: None
    ) -> Iterator[Seen]:
        """Read models as they are from a point, for as many questions as wished; nothing of it stays.

        For what is known now they are those of the database, with the pathways that a sweep has not come to yet brought
        up to the day in a transaction that is rolled back. Any other point is derived into a database in memory, and
        so are facts that are `needed` and that no figure of the pathways' own models asks for; `progress` is told how
        many pathways were.
        """
        today = local_day(self._parts.clock.now())
        if point.known_at is None and point.as_of <= today:
            with self._parts.database.read() as connection:
                kept, behind = self._kept(connection, needed), self._behind(connection, today)
                if kept is not None and not behind:
                    yield Seen(connection, kept)
                    return
            with self._parts.database.engine.connect() as connection, connection.begin() as transaction:
                kept, behind = self._kept(connection, needed), self._behind(connection, today)
                if kept is not None:
                    rows = dict(self._rows(fold_some(connection, EventMapper(), behind).values(), Point(today, None)))
                    writer.replace(connection, rows)
                    yield Seen(connection, kept)
                    transaction.rollback()
                    return
        engine = sa.create_engine("sqlite://")
        try:
            with engine.begin() as memory, self._parts.database.read() as connection:
                tables.metadata.create_all(memory)
                every = fold_streams(
                    connection, EventMapper(), municipality=self._municipality, family=self._model.family
                )
                some: dict[PathwayKey, Rows] = {}
                for key, made in self._rows(every, point, needed):
                    some[key] = made
                    if len(some) == _PATHWAYS_AT_ONCE:
                        writer.insert(memory, some)
                        progress(len(some))
                        some = {}
                writer.insert(memory, some)
                yield Seen(memory, needed.asked)
        finally:
            engine.dispose()

    def _kept(self, connection: Connection, needed: Named) -> frozenset[Asked] | None:
        return self._parts.kept(connection, self._municipality, self._model.family, needed)

    def _behind(self, connection: Connection, today: date) -> Sequence[str]:
        """The pathways that a sweep has not come to yet."""
        return [stream for stream, _ in DueTable(connection, [self._municipality]).due(today)]

    def results(self, seen: Seen, as_of: date, ids: Collection[str] = ()) -> Sequence[KpiResult]:
        """The figures on a day, in the order of their declaration."""
        return compute(seen.connection, self._model, as_of, self._municipality, ids, seen.kept)

    def over_time(self, seen: Seen, kpi: Kpi, days: Sequence[date]) -> Sequence[KpiResult]:
        """One figure on each of some days."""
        return series(seen.connection, kpi, self._model, days, self._municipality, seen.kept)

    def counted(self, seen: Seen, kpi: Kpi, as_of: date) -> Sequence[Contribution]:
        """The pathways behind a figure, by citizen."""
        return contributions(seen.connection, kpi, self._model, as_of, self._municipality, seen.kept)

    def behind(self, seen: Seen, kpi: Kpi, result: KpiResult, as_of: date) -> Behind:
        """A figure with the pathways behind it."""
        counted: dict[Whose, Counts] = {}
        documented: dict[Whose, Counts] = {}
        for one in self.counted(seen, kpi, as_of):
            into = documented if one.denominator is None else counted
            into[Whose(one.citizen, one.subject)] = one.numerator, one.denominator
        return Behind(kpi, result, counted, documented)

    def by_group(self, seen: Seen, kpi: Kpi, as_of: date, group: str) -> Sequence[Group]:
        """A share or count for each `unit` or `worker` assigned on the day.

        A pathway counts with each of its workers, but with one unit, that of the latest assignment: units add up. Where
        nobody is assigned it is that of the opening, and a unit is its own.
        """
        belongs: dict[Whose, set[str]] = {}
        if group == "unit":
            opened = sa.select(_pathway.citizen, _pathway.subject, _pathway.unit).where(
                _pathway.municipality == self._municipality,
                _pathway.family == self._model.family,
                _pathway.from_on <= as_of,
                sa.or_(_pathway.until_on.is_(None), _pathway.until_on > as_of),
                _pathway.unit.is_not(None),
            )
            belongs = {Whose(*whose): {unit} for *whose, unit in seen.connection.execute(opened)}
        assigned = (
            sa.select(_assignment.citizen, _assignment.subject, _assignment[group])
            .where(
                _assignment.municipality == self._municipality,
                _assignment.family == self._model.family,
                _assignment.from_on <= as_of,
                sa.or_(_assignment.until_on.is_(None), _assignment.until_on > as_of),
                _assignment[group].is_not(None),
            )
            .order_by(_assignment.assignment)
        )
        for *whose, name in seen.connection.execute(assigned):
            if group == "unit":
                belongs[Whose(*whose)] = {name}
            else:
                belongs.setdefault(Whose(*whose), set()).add(name)
        sums: dict[str | None, tuple[int | Fraction, int]] = {}
        for one in self.counted(seen, kpi, as_of):
            own = one.citizen if group == "unit" and one.subject == "unit" else None
            for name in belongs.get(Whose(one.citizen, one.subject), {own}):
                above, below = sums.get(name, (0, 0))
                sums[name] = above + one.numerator, below + (one.denominator or 0)
        ordered = sorted(sums, key=lambda name: (name is None, name or ""))
        return [Group(name, result_of(kpi, as_of, *sums[name])) for name in ordered]

    def _rows(
        self, pathways: Iterable[Pathway], point: Point, needed: Named | None = None
    ) -> Iterator[tuple[PathwayKey, Rows]]:
        for pathway in pathways:
            known_at = not_ahead(point.known_at, self._parts.clock.now(), pathway)
            if pathway.is_known(known_at):
                derived = pathway.derive(self._parts.models, point.as_of, known_at)
                yield key_of(pathway), self._parts.rows_of(derived, needed, self._model)


def adds_up(kpi: Kpi) -> bool:
    """Whether a figure of several groups is the sum of theirs: not so a median, or an amount."""
    return kpi.median is None and kpi.tiers is None
