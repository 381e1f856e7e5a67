"""Key figures as they are asked for: on a day, by unit or worker, over time, and between two states of knowledge."""

from calendar import monthrange
from collections.abc import Callable, Collection, Iterator, Sequence
from datetime import date, datetime, timedelta
from typing import Literal, NamedTuple

from sqlalchemy import Connection

from indsats.domain.calendar import ONE_DAY
from indsats.domain.events import BreachWithdrawn
from indsats.domain.values import Actor
from indsats.engine.engine import Engine
from indsats.engine.figures import Behind, Counts, Figures, Group, Point, Whose, adds_up
from indsats.errors import ValueInvalid
from indsats.projections.facts import named_by
from indsats.projections.kpis import Contribution, KpiResult
from indsats.projections.rows import PathwayKey

Progress = Callable[[int], None]
Grouping = Literal["unit", "worker"]
Rhythm = Literal["week", "month"]

SUNDAY = 6


class Figure(NamedTuple):
    """A figure, and as far as it was asked for: each group, each day of a series, each pathway behind it."""

    result: KpiResult
    groups: Sequence[Group] = ()
    series: Sequence[tuple[date, KpiResult]] = ()
    who: Sequence[Contribution] = ()


class Figured(NamedTuple):
    """The figures of one municipality from two points."""

    as_of: date
    known_at: datetime
    municipality: str
    figures: Sequence[Figure]


class Registered(NamedTuple):
    """What was registered between two instants: a fact, or the annulment of one."""

    what: Literal["recorded", "annulled"]
    id: str
    kind: str
    on: date
    at: datetime


class Changed(NamedTuple):
    """A pathway that counts otherwise than before, with what was registered and withdrawn in between."""

    citizen: str
    before: Counts
    after: Counts
    registered: Sequence[Registered]
    withdrawn: Sequence[BreachWithdrawn]


class Bridge(NamedTuple):
    """The difference of one figure between two states of knowledge, pathway by pathway."""

    as_of: date
    before: KpiResult
    after: KpiResult
    changed: Sequence[Changed]


def kpis(
    engine: Engine,
    *,
    actor: Actor,
    ids: Collection[str] = (),
    as_of: date | None = None,
    known_at: datetime | None = None,
    municipality: str | None = None,
    by: Grouping | None = None,
    over: Rhythm | None = None,
    begin: date | None = None,
    who: bool = False,
    progress: Progress = lambda _: None,
) -> Figured:
    """The figures that the engine's model declares, of them only `ids` if any are given.

    `over` gives a series: the figure at the end of each ISO week or month from `begin` (default: the model's validity)
    to `as_of`, whose own week or month may not be over. Raises `ValueInvalid`, `NotAllowed`.
    """
    whose = municipality or engine.municipalities[0]
    figures = Figures(engine.parts, engine.model, whose)
    declared = figures.declared(ids)
    if by is not None and (whole := [kpi_id for kpi_id in ids if not adds_up(declared[kpi_id])]):
        raise ValueInvalid(f"{whole[0]} does not add up and cannot be divided by {by}")
    point = figures.point(as_of, known_at)
    days = list(_days(over, begin or engine.model.valid.first, point.as_of)) if over else []

    def work(_: Connection) -> Figured:
        found = []
        with figures.seen_from(point, named_by(declared.values()), progress) as seen:
            for result in figures.results(seen, point.as_of, declared):
                kpi = declared[result.id]
                found.append(
                    Figure(
                        result=result,
                        groups=figures.by_group(seen, kpi, point.as_of, by) if by and adds_up(kpi) else (),
                        series=list(zip(days, figures.over_time(seen, kpi, days), strict=True)),
                        who=figures.counted(seen, kpi, point.as_of) if who else (),
                    )
                )
        return Figured(point.as_of, point.known_at or engine.clock.now(), whose, found)

    asked = {"kpis": list(declared), "as_of": as_of, "known_at": known_at, "by": by, "over": over, "who": who or None}
    asked = {name: value for name, value in asked.items() if value is not None}
    return engine.transactions.read("kpi", actor, whose, work, asked=asked)


def bridge(
    engine: Engine,
    kpi_id: str,
    old: datetime,
    new: datetime,
    *,
    actor: Actor,
    as_of: date | None = None,
    municipality: str | None = None,
    progress: Progress = lambda _: None,
) -> Bridge:
    """Why a figure differs between two states of knowledge: who counts otherwise, and what came in between.

    `as_of` is by default the day of the later one. Raises `ValueInvalid` if `old` is not before `new`; `NotAllowed`.
    """
    if old >= new:
        raise ValueInvalid(f"{old.isoformat()} is not before {new.isoformat()}")
    whose = municipality or engine.municipalities[0]
    figures = Figures(engine.parts, engine.model, whose)
    (kpi,) = figures.declared([kpi_id]).values()
    day = figures.point(as_of, new).as_of

    def work(connection: Connection) -> Bridge:
        def state(instant: datetime) -> Behind:
            point = Point(day, figures.point(day, instant).known_at)
            with figures.seen_from(point, named_by([kpi]), progress) as seen:
                (result,) = figures.results(seen, day, [kpi.id])
                return figures.behind(seen, kpi, result, day)

        before, after = state(old), state(new)
        changed = Between(engine, connection, whose, old, new).changed_of(before, after)
        return Bridge(day, before.result, after.result, changed)

    asked = {"kpi": kpi_id, "as_of": as_of, "old": old, "new": new}
    return engine.transactions.read("kpi", actor, whose, work, asked=asked)


class Between:
    """What came between two instants into the pathways of one municipality."""

    def __init__(self, engine: Engine, connection: Connection, municipality: str, old: datetime, new: datetime) -> None:
        self._engine = engine
        self._connection = connection
        self._municipality = municipality
        self._old = old
        self._new = new
        self._came: dict[Whose, tuple[Sequence[Registered], Sequence[BreachWithdrawn]]] = {}

    def changed_of(self, before: Behind, after: Behind) -> Sequence[Changed]:
        """The pathways that add otherwise to the counts of a figure, with what was registered and withdrawn in each."""
        return [
            Changed(whose.citizen, here, there, *self._came_to(whose)) for whose, here, there in before.differing(after)
        ]

    def _came_to(self, whose: Whose) -> tuple[Sequence[Registered], Sequence[BreachWithdrawn]]:
        if whose not in self._came:
            self._came[whose] = self._look(whose)
        return self._came[whose]

    def _look(self, whose: Whose) -> tuple[Sequence[Registered], Sequence[BreachWithdrawn]]:
        key = PathwayKey(self._municipality, self._engine.model.family, whose.subject, whose.citizen)
        pathway = self._engine.parts.fold(self._connection, key)
        assert pathway is not None, "who is counted has a pathway"
        registered = [
            Registered("recorded", fact.id, fact.kind, fact.on, fact.recorded_at)
            for fact in pathway.facts.values()
            if self._old < fact.recorded_at <= self._new
        ]
        registered += [
            Registered("annulled", fact.id, fact.kind, fact.on, fact.annulled_at)
            for fact in pathway.facts.values()
            if fact.annulled_at is not None and self._old < fact.annulled_at <= self._new
        ]
        earlier = len(pathway.ledger(self._old))
        found = pathway.ledger(self._new)[earlier:]
        withdrawn = [verdict for verdict in found if isinstance(verdict, BreachWithdrawn)]
        return sorted(registered, key=lambda one: one.at), withdrawn


def _days(over: Rhythm, begin: date | None, until: date) -> Iterator[date]:
    """The last day of each week or month, and `until`."""
    if begin is None:
        raise ValueInvalid("the model has no first day of validity; name the day from which on the series is wanted")
    day = begin
    while day <= until:
        if over == "week":
            last = day + timedelta(days=SUNDAY - day.weekday())
        else:
            last = day.replace(day=monthrange(day.year, day.month)[1])
        yield min(last, until)
        day = last + ONE_DAY
