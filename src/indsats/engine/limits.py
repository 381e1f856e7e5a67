"""Limits as they are asked for: how many places are taken, how many pathways each worker has, what shares there are."""

from collections.abc import Callable, Collection, Sequence
from datetime import date, datetime
from typing import NamedTuple

from sqlalchemy import Connection

from indsats.domain.fields import allowed
from indsats.domain.values import Actor
from indsats.engine.engine import Engine
from indsats.engine.figures import Figures
from indsats.errors import ValueInvalid
from indsats.models.limit_form import limits_of
from indsats.projections.limits import LimitResult, compute, needed_by


class Watched(NamedTuple):
    """The limits of one municipality from two points."""

    as_of: date
    known_at: datetime
    municipality: str
    limits: Sequence[LimitResult]


def limits(
    engine: Engine,
    *,
    actor: Actor,
    ids: Collection[str] = (),
    as_of: date | None = None,
    known_at: datetime | None = None,
    municipality: str | None = None,
    progress: Callable[[int], None] = lambda _: None,
) -> Watched:
    """The limits that the engine's model declares, of them only `ids` if any are given, with a result for each subject.

    By default all that is known now, as of today; a limit of places or caseloads is silent on those that nobody has.
    Another point is derived from the log; `progress` is told how many pathways were. The whole is noted as one read.
    Raises `ValueInvalid` for an id that is none, `NotAllowed`.
    """
    whose = municipality or engine.municipalities[0]
    every = limits_of(engine.model)
    if unknown := [limit_id for limit_id in ids if limit_id not in every]:
        raise ValueInvalid(f"{unknown[0]!r} is no limit of {engine.model.reference}; {allowed(unknown[0], every)}")
    needed = needed_by([limit for name, limit in every.items() if not ids or name in ids], engine.model)
    figures = Figures(engine.parts, engine.model, whose)
    point = figures.point(as_of, known_at)

    def work(_: Connection) -> Watched:
        with figures.seen_from(point, needed, progress) as seen:
            found = compute(seen.connection, engine.model, point.as_of, whose, ids, seen.kept)
        return Watched(point.as_of, point.known_at or engine.clock.now(), whose, found)

    asked = {"limits": list(ids) or None, "as_of": as_of, "known_at": known_at}
    asked = {name: value for name, value in asked.items() if value is not None}
    return engine.transactions.read("limits", actor, whose, work, asked=asked)
