"""The sweep: each pathway whose day has come is looked at in a transaction of its own; several workers share them."""

from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from datetime import date, timedelta
from functools import partial
from typing import TypeVar
from uuid import uuid4

import structlog
from sqlalchemy import exc

from indsats.domain.model import Model
from indsats.domain.pathway import Stamp
from indsats.domain.values import Actor
from indsats.engine.results import Swept
from indsats.engine.telling import Telling
from indsats.engine.transactions import Transactions, failures_told
from indsats.engine.unit import Parts, Saved, UnitOfWork
from indsats.errors import DatabaseFailed, IndsatsError, ValueInvalid
from indsats.projections.due import DueTable
from indsats.store.connection import end_if_idle

AT_ONCE = 100
"""So many pathways a worker claims together."""

_FIRST_RETRY = timedelta(minutes=5)
_LONGEST_RETRY = timedelta(days=1)

# A worker that stands still, stopped or with its host, must not keep the others waiting. Whoever looks at a pathway has
# the log; whoever works off a batch has it alone. Neither loses anything when the server ends its transaction.
_LONGEST_LOOK = timedelta(seconds=5)
_LONGEST_CLAIM = timedelta(minutes=1)

T = TypeVar("T")

_log = structlog.get_logger("indsats")


class Sweeping:
    """One sweep of one worker: looks at what is due on a day, that day included, and at nothing else.

    When nothing is left it tells which limits of the model were passed.
    """

    def __init__(self, parts: Parts, transactions: Transactions, model: Model, actor: Actor, as_of: date) -> None:
        self._parts = parts
        self._transactions = transactions
        self._model = model
        self._actor = actor
        self._as_of = as_of
        self._began_at = parts.clock.now()
        self._command = uuid4().hex

    def run(
        self,
        municipalities: Collection[str],
        *,
        at_once: int = AT_ONCE,
        stop: Callable[[], bool] = lambda: False,
        progress: Callable[[int], None] = lambda _: None,
    ) -> Swept:
        """Claim and work off one batch after the other, until no other is left or it is to stop.

        A pathway that fails is set aside until after the sweep. Raises `DatabaseFailed`; what was done before stays.
        """
        if at_once < 1:
            raise ValueInvalid(f"a batch of {at_once} pathways is none; allowed: 1 or more")
        visited = breaches = withdrawals = set_aside = 0
        while not (is_stopped := stop()):
            with self._claimed(municipalities, at_once) as streams:
                if not streams:
                    break
                for stream in streams:
                    if stop():
                        break
                    found = self._look(stream)
                    visited += found.visited
                    breaches += found.breaches
                    withdrawals += found.withdrawals
                    set_aside += found.set_aside
                    progress(1)
        if not is_stopped:
            self._tell_of_limits(municipalities)
        return Swept(visited, breaches, withdrawals, set_aside)

    @contextmanager
    def _claimed(self, municipalities: Collection[str], at_most: int) -> Iterator[Sequence[str]]:
        """Streams that no other worker claims meanwhile; on SQLite, where one is enough, nothing is held."""
        with ExitStack() as claim:
            with failures_told():
                connection = claim.enter_context(self._parts.database.read())
                end_if_idle(connection, _LONGEST_CLAIM)
                streams = DueTable(connection, municipalities).claim(self._as_of, self._began_at, at_most)
                if connection.dialect.name == "sqlite":
                    connection.rollback()
            try:
                yield streams
            finally:
                # The server may have ended it: then others look at the same, and find what is left to find.
                with suppress(exc.DBAPIError):
                    claim.close()

    def _look(self, stream: str) -> Swept:
        """Look at one pathway; whatever is wrong with it stays with it."""
        try:
            found = self._write(lambda unit: self._sync(unit, stream))
        except DatabaseFailed:
            raise
        except Exception as fault:  # noqa: BLE001 - a bug that one pathway shows must not stop the others
            _log.error("sweep.set_aside", stream=stream, fault=str(fault), exc_info=True)
            return Swept(0, 0, 0, int(self._set_aside(stream, fault)))
        return Swept(0, 0, 0) if found is None else Swept(1, len(found.breaches), len(found.withdrawals))

    def _sync(self, unit: UnitOfWork, stream: str) -> Saved | None:
        since = self._due(unit, stream)
        if since is None:
            return None
        pathway = unit.pathway(stream)
        stamp = Stamp(at=unit.now, actor=self._actor.id, role=self._actor.role, command=self._command)
        next_change = pathway.sync(
            self._parts.models, stamp, since, until=self._as_of, is_full=unit.is_full(pathway.municipality)
        )
        if next_change is not None and next_change <= self._as_of:
            # It would be claimed again at once, and for ever.
            raise ValueInvalid(f"was looked at as of {self._as_of} at {unit.now}, and is due on {next_change} still")
        return unit.save([pathway])

    def _due(self, unit: UnitOfWork, stream: str) -> date | None:
        """The stream's day if it has come; another worker may have been there since, or a fact moved it on."""
        day = unit.queue.day_of(stream)
        return day if day is not None and day <= self._as_of else None

    def _tell_of_limits(self, municipalities: Collection[str]) -> None:
        """Look at the limits without keeping anybody waiting, and only at those with news as the only one who writes.

        While another worker is at its last batch it is left to that one, who comes here later.
        """
        limits = self._parts.rooms.limits(self._model)
        for municipality in municipalities if limits else ():
            telling = Telling(self._parts, self._model, municipality, self._as_of)
            with failures_told(), self._parts.database.read() as connection:
                is_done = DueTable(connection, [municipality]).is_done(self._as_of, self._began_at)
                due = telling.due(connection, limits) if is_done else ()
            if due:
                told = self._write(partial(telling.tell, ids=due))
                _log.info("sweep.limits_told", municipality=municipality, told=told)

    def _set_aside(self, stream: str, fault: Exception) -> bool:
        """Let a pathway wait, twice as long each time, with the reason for `db check`; not if it is done meanwhile."""
        reason = str(fault) if isinstance(fault, IndsatsError) else f"{type(fault).__name__}: {fault}"

        def wait(unit: UnitOfWork) -> bool:
            if self._due(unit, stream) is None:
                return False
            # After the beginning of this sweep, even if the clock was set back since: it is not claimed again.
            failed_at = max(unit.now, self._began_at)
            unit.queue.set_aside(stream, failed_at, reason, _FIRST_RETRY, _LONGEST_RETRY)
            return True

        return self._write(wait)

    def _write(self, work: Callable[[UnitOfWork], T]) -> T:
        return self._transactions.write("sweep", self._actor, None, work, sealing=False, longest_idle=_LONGEST_LOOK)
