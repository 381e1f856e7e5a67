"""Delivery: what waits in the outbox is handed over, at least once, and in order for each pathway."""

from collections.abc import Callable, Collection, Sequence
from datetime import timedelta
from threading import Event
from typing import NamedTuple

import structlog

from indsats.domain.values import Actor
from indsats.engine import SCHEDULER, Engine
from indsats.engine.transactions import failures_told
from indsats.errors import IndsatsError, Refused
from indsats.exchange.cloud_events import CloudEvent, cloud_event
from indsats.store import outbox
from indsats.store.alone import Begin, alone
from indsats.store.outbox import Counted, Undelivered, Waiting

Handler = Callable[[CloudEvent], None]
"""Takes one notification over. It has not arrived if this raises; it may come again, so look at its id."""

_AT_ONCE = 100
_LOOKED_AT_AT_ONCE = 10_000
_LONGEST_FAULT = 500
# So many failures of a pass are told one by one; the others are counted, and stand in the outbox with their reasons.
_TOLD_OF = 10
_LONGEST_PAUSE = 60.0

_log = structlog.get_logger("indsats")


class Unreachable(Exception):
    """For a handler to raise: nobody answers, so that it makes no sense to go on with others just now."""


class Patience(NamedTuple):
    """How long a notification is tried: the first wait, doubled each time up to the longest, and how many attempts.

    After so many failures in a row that nobody was there, a pass leaves the others for later.
    """

    first: timedelta = timedelta(minutes=1)
    longest: timedelta = timedelta(hours=6)
    attempts: int = 20
    unreachable: int = 3

    def wait(self, attempts: int) -> timedelta:
        """How long to wait after so many attempts."""
        return min(self.first * (1 << min(attempts - 1, 20)), self.longest)


PATIENCE = Patience()
"""About three days."""


class Delivered(NamedTuple):
    """What one pass did: how many arrived, failed and will be tried again, were given up; how many wait now.

    `away`: the receiver did not answer, so that the pass left off. `busy`: another one is delivering, at least for some
    of the municipalities.
    """

    delivered: int = 0
    failed: int = 0
    dead: int = 0
    waiting: int = 0
    away: bool = False
    busy: bool = False

    @property
    def ok(self) -> bool:
        """Whether everything arrived that was tried."""
        return not (self.failed or self.dead or self.away)


def deliver(
    engine: Engine,
    handler: Handler,
    *,
    actor: Actor = SCHEDULER,
    patience: Patience = PATIENCE,
    stop: Callable[[], bool] = lambda: False,
) -> Delivered:
    """Hand everything over that waits in the municipalities of the engine, each to `handler`; one pass.

    A notification that fails holds back the later ones of its pathway until it arrives or is given up, and no others.
    No transaction is open while the handler runs. One pass at a time goes over a municipality; whoever comes meanwhile
    leaves it. `stop` is asked before each notification whether to leave off.
    Raises `NotAllowed`, `DatabaseFailed`; what the handler had taken over just then comes again.
    """
    engine.transactions.require("deliver", actor, None)
    one = _Pass(engine, handler, patience, stop)
    with failures_told():
        for municipality in engine.municipalities:
            with alone(engine.database, f"deliver-{municipality}") as begin:
                if begin is None:
                    one.busy = True
                else:
                    one.go_over(municipality, begin)
        with engine.database.read() as connection:
            waiting = outbox.count(connection, engine.municipalities).waiting
    return Delivered(one.delivered, one.failed, one.dead, waiting, one.is_away, one.busy)


def undelivered(
    engine: Engine, *, actor: Actor = SCHEDULER, dead: bool = False, limit: int | None = None
) -> tuple[Counted, Sequence[Undelivered]]:
    """How many have not arrived, and the first of them in the order of the log; `dead`: of those given up."""
    engine.transactions.require("deliver", actor, None)
    with failures_told(), engine.database.read() as connection:
        rows = outbox.undelivered(connection, engine.municipalities, dead=dead, at_most=limit)
        return outbox.count(connection, engine.municipalities), rows


def retry(engine: Engine, ids: Collection[str] | None = None, *, actor: Actor = SCHEDULER) -> Sequence[str]:
    """Let notifications be tried anew, and at once: those of these ids, by default all that were given up.

    What was given up may then arrive after later ones of its pathway. Returns the ids of those put back.
    Raises `Refused` for an id of none that was given up or waits to be tried again; nothing is put back then.
    """
    engine.transactions.require("deliver", actor, None)
    with failures_told(), engine.database.write() as connection:
        back = outbox.put_back(connection, engine.municipalities, ids)
        if missing := sorted(set(ids or ()) - set(back)):
            raise Refused(f"{', '.join(missing)}: no notification that was given up or waits to be tried again")
    _log.info("deliver.put_back", count=len(back))
    return back


def deliver_forever(
    engine: Engine,
    handler: Handler,
    stop: Event,
    *,
    pause: float = 2,
    actor: Actor = SCHEDULER,
    patience: Patience = PATIENCE,
) -> None:
    """Deliver until `stop` is set: for a thread of its own, beside whatever else runs on the engine.

    `pause`: seconds between two passes; while nobody answers the pauses grow, to a minute at most. A pass that fails
    is told in the log, and the next one tries again. Raises `NotAllowed`, at once.
    """
    engine.transactions.require("deliver", actor, None)
    seconds = pause
    while not stop.is_set():
        try:
            done = deliver(engine, handler, actor=actor, patience=patience, stop=stop.is_set)
        except Exception as fault:  # noqa: BLE001 - it must not be the last pass, and is told
            text = f"{type(fault).__name__}: {fault}"
            _log.error("deliver.failed", fault=text, exc_info=not isinstance(fault, IndsatsError))
            stop.wait(pause)
            continue
        if done.delivered or done.failed or done.dead:
            _log.info("deliver.done", **done._asdict())
        seconds = min(2 * seconds, _LONGEST_PAUSE) if done.away else pause
        stop.wait(seconds)


class _Pass:
    """One pass, over one municipality after the other."""

    def __init__(self, engine: Engine, handler: Handler, patience: Patience, stop: Callable[[], bool]) -> None:
        self.delivered = self.failed = self.dead = 0
        self.busy = False
        self._engine = engine
        self._handler = handler
        self._patience = patience
        self._stop = stop
        self._unanswered = 0

    @property
    def is_away(self) -> bool:
        """Whether too often in a row nobody answered."""
        return self._unanswered >= self._patience.unreachable

    def go_over(self, municipality: str, begin: Begin) -> None:
        """Hand over what waits, in the order of the log, also what is added meanwhile."""
        # Asked once for the whole pass: a wait that ends during it would let the first of a pathway be overtaken.
        with self._engine.database.read() as connection:
            held = outbox.held(connection, municipality, self._engine.clock.now())
        after = 0
        while True:
            with self._engine.database.read() as connection:
                places = outbox.places(connection, municipality, after, _LOOKED_AT_AT_ONCE)
            if not places:
                return
            after = places[-1][0]
            free = [number for number, stream in places if stream not in held]
            for start in range(0, len(free), _AT_ONCE):
                with self._engine.database.read() as connection:
                    rows = outbox.load(connection, free[start : start + _AT_ONCE])
                for row in rows:
                    if self._stop() or self.is_away:
                        return
                    if row.stream not in held and not self._hand_over(row, begin):
                        held.add(row.stream)

    def _hand_over(self, row: Waiting, begin: Begin) -> bool:
        """Whether the later ones of the pathway may go on: it arrived, or was given up."""
        try:
            self._handler(cloud_event(row))
        except Exception as fault:  # noqa: BLE001 - whatever a handler raises, it has not arrived
            return self._failed(row, begin, fault)
        with begin() as connection:
            outbox.note_delivered(connection, row, self._engine.clock.now())
        self.delivered += 1
        self._unanswered = 0
        return True

    def _failed(self, row: Waiting, begin: Begin, fault: Exception) -> bool:
        self._unanswered = self._unanswered + 1 if isinstance(fault, Unreachable) else 0
        text = f"{type(fault).__name__}: {fault}"[:_LONGEST_FAULT]
        now, attempts = self._engine.clock.now(), row.attempts + 1
        is_dead = attempts >= self._patience.attempts
        with begin() as connection:
            if is_dead:
                outbox.note_failed(connection, row, text, dead_at=now)
            else:
                outbox.note_failed(connection, row, text, retry_at=now + self._patience.wait(attempts))
        if is_dead:
            self.dead += 1
            _log.error("deliver.given_up", id=row.id, type=row.type, attempts=attempts, fault=text)
        else:
            self.failed += 1
            tell = _log.warning if self.failed <= _TOLD_OF else _log.debug
            tell("deliver.retry", id=row.id, type=row.type, attempts=attempts, fault=text)
        return is_dead
