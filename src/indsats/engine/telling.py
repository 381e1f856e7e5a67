"""Limits passed: when one is over or under, or back within, other systems are told once, at the end of a sweep."""

from collections.abc import Collection, Iterator, Mapping
from datetime import date
from typing import Literal
from urllib.parse import quote

import msgspec
import structlog
from sqlalchemy import Connection

from indsats.domain.limit import State
from indsats.domain.model import Model
from indsats.engine.unit import Parts, UnitOfWork
from indsats.projections.asked import Asked
from indsats.projections.limits import LimitResult, compute, needed_by
from indsats.store import outbox
from indsats.store.outbox import LimitPassed, Subject, Told
from indsats.store.worker_names import WorkerNames

_WORKER = "worker"

_log = structlog.get_logger("indsats")


class Telling:
    """What there is to tell of the limits of a model in a municipality on a day.

    Told is where a limit stands on another side of its bounds than was told last. What was never told of is within, and
    so is a place that nobody has any more, and a worker who has no pathway any more. Nothing is told of a limit while
    there are pathways under models whose own figures and limits leave out what it is counted from.
    """

    def __init__(self, parts: Parts, model: Model, municipality: str, as_of: date) -> None:
        self._parts = parts
        self._model = model
        self._municipality = municipality
        self._as_of = as_of

    def due(self, connection: Connection, ids: Collection[str]) -> Collection[str]:
        """Those of the ids of limits of which there is something to tell; nothing is written."""
        names = WorkerNames(connection, self._municipality)
        return {told.passed.limit for _, told in self._news(connection, ids, names)}

    def tell(self, unit: UnitOfWork, ids: Collection[str]) -> int:
        """Write what there is to tell of these limits into the outbox; returns of how many subjects."""
        names = WorkerNames(unit.connection, self._municipality)
        news = dict(self._news(unit.connection, ids, names))
        names.keep()
        outbox.put_limits(unit.connection, self._municipality, unit.now, news)
        return len(news)

    def _news(self, connection: Connection, ids: Collection[str], names: WorkerNames) -> Iterator[tuple[str, Told]]:
        """What is new of each limit and subject, by the name of both."""
        told = outbox.told_of_limits(connection, self._municipality)
        seen: set[str] = set()
        countable = dict(self._countable(connection, ids))
        for result in self._results(connection, countable):
            subject = dict(result.subject)
            if isinstance(worker := subject.get(_WORKER), str):
                if worker not in names and _side(result.state) is None:
                    continue
                subject[_WORKER] = names.of(worker)
            # The first says which place or worker it is; the others stand in the declaration of the limit.
            name = self._name(result.limit.id, *(str(value) for value in [*subject.values()][:1]))
            seen.add(name)
            last = told.get(name)
            if self._is_news(last, result.state):
                yield name, Told(1 if last is None else last.times + 1, self._passed(result, subject))
        for name, last in told.items():
            is_gone = name not in seen and name.startswith(self._name("")) and last.passed.limit in countable
            if is_gone and self._is_news(last, "within"):
                digest = self._model.digest
                nobody = msgspec.structs.replace(
                    last.passed, model_digest=digest, value=0, state="within", as_of=self._as_of
                )
                yield name, Told(last.times + 1, nobody)

    def _countable(self, connection: Connection, ids: Collection[str]) -> Iterator[tuple[str, frozenset[Asked]]]:
        """The limits that the rows of all pathways have what is needed for, and the marks they have of it."""
        limits = self._parts.rooms.limits(self._model)
        for name in ids:
            needed = needed_by([limits[name]], self._model)
            kept = self._parts.kept(connection, self._municipality, self._model.family, needed)
            if kept is None:
                _log.warning("sweep.limit_not_counted", municipality=self._municipality, limit=name)
            else:
                yield name, kept

    def _results(self, connection: Connection, countable: Mapping[str, frozenset[Asked]]) -> Iterator[LimitResult]:
        for name, kept in countable.items():
            yield from compute(connection, self._model, self._as_of, self._municipality, [name], kept)

    def _is_news(self, last: Told | None, state: State) -> bool:
        if last is None:
            return _side(state) is not None
        # Of an earlier day than was told of there is nothing to tell any more.
        return last.passed.as_of <= self._as_of and _side(last.passed.state) != _side(state)

    def _passed(self, result: LimitResult, subject: Subject) -> LimitPassed:
        whose = {"municipality": self._municipality, "model_digest": self._model.digest, "as_of": self._as_of}
        return msgspec.convert(
            {**result.document, **whose, "limit": result.limit.id, "subject": subject}, type=LimitPassed
        )

    def _name(self, *of: str) -> str:
        return "/".join(quote(part, safe="") for part in ("limit", self._municipality, self._model.family, *of))


def _side(state: State) -> Literal["below", "above"] | None:
    """On which side of its bounds a limit was passed; None if it is not."""
    return state if state in ("below", "above") else None
