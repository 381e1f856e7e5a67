"""The status report: figures against targets, deadlines kept, what changed since the last report, and why."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime
from fractions import Fraction
from typing import Literal, NamedTuple

import sqlalchemy as sa
from sqlalchemy import Connection

from indsats.domain.calendar import end_of, local_day
from indsats.domain.kpi import Kpi
from indsats.domain.model import Model, Title
from indsats.domain.values import Actor
from indsats.engine import Engine
from indsats.engine.figures import Figures, Point, Seen
from indsats.engine.intake import point_of_view
from indsats.engine.kpis import Between, Changed, Progress
from indsats.errors import ValueInvalid
from indsats.projections.kpis import KpiResult
from indsats.projections.tables import LIVE
from indsats.reports.periods import Period
from indsats.store import tables

STATUSES = ("met", "met_late", "breached", "open", "waived", "lapsed", "on_hold")
"""The statuses in the order of the report: kept, not kept, neither."""

What = Literal["recorded", "annulled", "withdrawn", "other"]

_obligation = LIVE.tables["obligations"].c
_model = tables.models.c


class Compared(NamedTuple):
    """A figure at two points; of a figure that is no share there is no difference."""

    kpi: Kpi
    before: KpiResult
    after: KpiResult

    @property
    def difference(self) -> Fraction | None:
        """In percentage points, exactly; None unless both shares are computable."""
        if self.before.share is None or self.after.share is None:
            return None
        return 100 * (self.after.share - self.before.share)


class OnTime(NamedTuple):
    """How many obligations of a rule had each status: those with a due day in the period, or on hold without any."""

    rule: str
    title: Title
    counts: Mapping[str, int]

    @property
    def total(self) -> int:
        """All of them."""
        return sum(self.counts.values())

    @property
    def share(self) -> Fraction | None:
        """Met, of those that were kept or not kept; None if there are none."""
        decided = sum(self.counts[status] for status in ("met", "met_late", "breached"))
        return Fraction(self.counts["met"], decided) if decided else None


class Cause(NamedTuple):
    """In how many of the pathways that count otherwise this came since the last report.

    `of` is a kind of fact that was `recorded` or `annulled`, or the rule of a breach `withdrawn`; None for `other`,
    where there was none of these, as when a pathway moved to another model.
    """

    what: What
    of: str | None
    pathways: int


class Revised(NamedTuple):
    """A figure of the last period's end as it was known then, and as it is known now, and why they differ.

    `pathways` is how many count otherwise; `changed` names them, if that was asked for.
    """

    compared: Compared
    pathways: int
    causes: Sequence[Cause]
    changed: Sequence[Changed] = ()


class Status(NamedTuple):
    """The status of one municipality over a period.

    Figures stand at `as_of` (`after`) and at the end of the day before the period (`before`), both as known at
    `known_at`. `last_known_at` is from when the last report was seen; `models` are those of the family that the
    database has kept.
    """

    municipality: str
    model: Model
    models: Sequence[Model]
    period: Period
    as_of: date
    known_at: datetime
    last_known_at: datetime
    figures: Sequence[Compared]
    rules: Sequence[OnTime]
    revised: Sequence[Revised]


def status(
    engine: Engine,
    period: Period,
    *,
    actor: Actor,
    known_at: datetime | None = None,
    last_known_at: datetime | None = None,
    municipality: str | None = None,
    who: bool = False,
    progress: Progress = lambda _: None,
) -> Status:
    """The status at the end of a period, or as of the day of `known_at` (today) if it is not over then.

    `last_known_at`: from when the last report was seen, by default the last instant of the day before the period.
    `who`: name the pathways that count otherwise. Noted as one read of key figures; what the read models cannot answer
    is derived from the log, twice at most, and `progress` is told how many pathways were.
    Raises `ValueInvalid` for a period that has not begun and a last report that is not earlier; `NotAllowed`.
    """
    for instant in (known_at, last_known_at):
        point_of_view(None, instant)
    now = engine.clock.now()
    seen_at = now if known_at is None else min(known_at, now)
    last_seen_at = last_known_at or end_of(period.day_before)
    if period.first > local_day(seen_at):
        raise ValueInvalid(f"the period begins on {period.first}, after {local_day(seen_at)}, from which it is seen")
    if last_seen_at >= seen_at:
        raise ValueInvalid(f"the last report, {last_seen_at.isoformat()}, is not before {seen_at.isoformat()}")
    as_of = min(period.last, local_day(seen_at))
    whose = municipality or engine.municipalities[0]
    figures = Figures(engine.parts, engine.model, whose)
    # Of a day that is over the read models have the figures, but no longer the statuses.
    is_now = seen_at == now and as_of == local_day(now)
    point = Point(as_of, None if is_now else seen_at)

    def work(connection: Connection) -> Status:
        models, needed = _kept(engine, connection), engine.parts.named_under(engine.model)
        with figures.seen_from(Point(period.day_before, last_seen_at), needed, progress) as seen:
            then = _At(figures, seen, period.day_before)
        with figures.seen_from(point, needed, progress) as seen:
            beginning = _At(figures, seen, period.day_before)
            end = {result.id: result for result in figures.results(seen, as_of)}
            rules = list(_on_time(engine.model, models, seen.connection, whose, period))
        between = Between(engine, connection, whose, last_seen_at, seen_at)
        return Status(
            municipality=whose,
            model=engine.model,
            models=models,
            period=period,
            as_of=as_of,
            known_at=seen_at,
            last_known_at=last_seen_at,
            figures=[Compared(kpi, beginning.results[kpi.id], end[kpi.id]) for kpi in figures.declared().values()],
            rules=rules,
            revised=list(_revised(figures.declared().values(), then, beginning, between, who=who)),
        )

    asked = {
        "report": "status",
        "period": str(period),
        "known_at": known_at,
        "last_known_at": last_known_at,
        "who": who or None,
    }
    asked = {name: value for name, value in asked.items() if value is not None}
    return engine.transactions.read("kpi", actor, whose, work, asked=asked)


class _At:
    """Every figure on a day, with the pathways behind it."""

    def __init__(self, figures: Figures, seen: Seen, day: date) -> None:
        self.results = {result.id: result for result in figures.results(seen, day)}
        self.behind = {
            kpi.id: figures.behind(seen, kpi, self.results[kpi.id], day) for kpi in figures.declared().values()
        }


def _revised(kpis: Iterable[Kpi], then: _At, beginning: _At, between: Between, *, who: bool) -> Iterator[Revised]:
    for kpi in kpis:
        compared = Compared(kpi, then.results[kpi.id], beginning.results[kpi.id])
        changed = between.changed_of(then.behind[kpi.id], beginning.behind[kpi.id])
        if changed or compared.before != compared.after:
            yield Revised(compared, len(changed), _causes(changed), changed if who else ())


def _causes(changed: Sequence[Changed]) -> Sequence[Cause]:
    """What came in between, each counted once for a pathway; the most frequent first."""
    found: Counter[tuple[What, str | None]] = Counter()
    for one in changed:
        came: set[tuple[What, str | None]] = {(registered.what, registered.kind) for registered in one.registered}
        came |= {("withdrawn", verdict.rule) for verdict in one.withdrawn}
        found.update(came or {("other", None)})
    ordered = sorted(found.items(), key=lambda item: (-item[1], item[0][0], item[0][1] or ""))
    return [Cause(what, of, pathways) for (what, of), pathways in ordered]


def _on_time(
    model: Model, models: Sequence[Model], seen: Connection, municipality: str, period: Period
) -> Iterator[OnTime]:
    """Every rule of the model that can fail, and every other under which something was due."""
    statement = (
        sa.select(_obligation.rule, _obligation.status, sa.func.count())
        .where(
            _obligation.municipality == municipality,
            _obligation.family == model.family,
            _obligation.subject == model.subject,
            sa.or_(_obligation.due.between(period.first, period.last), _obligation.due.is_(None)),
            _obligation.force.not_in(["expect", "info"]),
        )
        .group_by(_obligation.rule, _obligation.status)
        .order_by(_obligation.rule)
    )
    found: dict[str, dict[str, int]] = {rule.id: {} for rule in model.rules if rule.can_fail}
    for rule, status_of, count in seen.execute(statement):
        found.setdefault(rule, {})[status_of] = count
    titles = {rule.id: rule.title for each in (*models, model) for rule in each.rules if rule.title}
    for rule, counts in found.items():
        yield OnTime(rule, titles.get(rule, Title(rule, rule)), {each: counts.get(each, 0) for each in STATUSES})


def _kept(engine: Engine, connection: Connection) -> Sequence[Model]:
    """The models of the family that the database has kept, in the order in which they were first used."""
    kept = connection.scalars(sa.select(_model.digest).order_by(_model.first_used_at, _model.digest))
    models = [engine.models[digest] for digest in kept.all()]
    own = engine.model
    return [model for model in models if (model.family, model.subject) == (own.family, own.subject)]
