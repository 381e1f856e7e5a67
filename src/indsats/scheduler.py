"""The schedule: it wakes the sweep at the start, and then just after each full hour; a host may embed it."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Literal, NamedTuple

import structlog
from apscheduler.events import EVENT_JOB_MAX_INSTANCES
from apscheduler.schedulers.background import BackgroundScheduler
from apscheduler.triggers.base import BaseTrigger
from apscheduler.triggers.cron import CronTrigger

from indsats.clock import SystemClock
from indsats.domain.values import Actor
from indsats.engine import SCHEDULER, Engine
from indsats.engine.results import Swept
from indsats.engine.sweeping import AT_ONCE

_log = structlog.get_logger("indsats")


def just_after_each_hour() -> BaseTrigger:
    """Five seconds after each full hour of UTC.

    One of them comes just after local midnight, on the days of the clock changes as well; the others try again what
    was set aside.
    """
    return CronTrigger(minute=0, second=5, timezone=UTC)


class SweepRun(NamedTuple):
    """One sweep of a worker: when it began and ended, and what it did or, if it failed, why."""

    began_at: datetime
    ended_at: datetime
    swept: Swept | None
    fault: str | None


class Health(NamedTuple):
    """How a worker is: what it does and since when, its last sweep that ended, when the next one is due."""

    state: Literal["waiting", "sweeping", "stopped"]
    since: datetime
    last: SweepRun | None
    next_run: datetime | None


class Worker:
    """Sweeps whenever it is woken; whatever goes wrong is logged and shows in its health, and the next sweep comes.

    `tell` is called with each change of health, by the thread in which it changes. The instants are those of the
    engine's clock, but for the next run, which is one of the machine's.
    """

    def __init__(
        self,
        engine: Engine,
        *,
        actor: Actor = SCHEDULER,
        at_once: int = AT_ONCE,
        tell: Callable[[Health], None] = lambda _: None,
    ) -> None:
        self._engine = engine
        self._actor = actor
        self._at_once = at_once
        self._tell = tell
        self.is_stopping = False
        self._scheduler: BackgroundScheduler | None = None
        self._trigger: BaseTrigger | None = None
        self.health = Health("waiting", engine.clock.now(), None, None)

    def start(self, trigger: BaseTrigger | None = None) -> None:
        """Begin to sweep in threads of its own, at once and then by the trigger: by default just after each hour."""
        self._trigger = trigger or just_after_each_hour()
        self._scheduler = BackgroundScheduler(timezone=UTC)
        self._scheduler.add_listener(_tell_of_a_skipped_run, EVENT_JOB_MAX_INSTANCES)
        self._scheduler.add_job(
            self.sweep,
            self._trigger,
            next_run_time=SystemClock().now(),
            misfire_grace_time=None,  # never too late: a sweep finds what all that were missed would have found
            coalesce=True,
            max_instances=1,
        )
        _log.info("worker.started")
        self._become("waiting")
        self._scheduler.start()

    def stop_soon(self) -> None:
        """Ask it to end after the pathway at hand, and wait for nothing; a handler of signals may do so."""
        self.is_stopping = True

    def stop(self) -> None:
        """Finish the pathway at hand, and end the threads; to be called from another thread than theirs."""
        self.stop_soon()
        if self._scheduler is not None and self._scheduler.running:
            self._scheduler.shutdown(wait=True)
        if self.health.state != "stopped":
            self._become("stopped")
            _log.info("worker.stopped")

    def sweep(self) -> SweepRun:
        """Sweep once, in the thread of the caller, up to today or until it is to stop."""
        began_at = self._engine.clock.now()
        self._become("sweeping")
        swept = fault = None
        try:
            swept = self._engine.sweep(actor=self._actor, at_once=self._at_once, stop=lambda: self.is_stopping)
        except Exception as failure:  # noqa: BLE001 - it must not be the last sweep, and is told
            fault = f"{type(failure).__name__}: {failure}"
            _log.error("sweep.failed", fault=fault, exc_info=True)
        run = SweepRun(began_at, self._engine.clock.now(), swept, fault)
        if swept is not None:
            seconds = (run.ended_at - began_at).total_seconds()
            _log.info("sweep.done", **swept._asdict(), seconds=round(seconds, 3), cut_short=self.is_stopping)
        self._become("waiting", run)
        return run

    def _become(self, state: Literal["waiting", "sweeping", "stopped"], last: SweepRun | None = None) -> None:
        self.health = Health(state, self._engine.clock.now(), last or self.health.last, self._next_run())
        self._tell(self.health)

    def _next_run(self) -> datetime | None:
        """The scheduler cannot be asked: while it shuts down it would not answer before this run has ended."""
        if self._trigger is None or self.is_stopping:
            return None
        found: datetime | None = self._trigger.get_next_fire_time(None, SystemClock().now())
        return found


def start(
    engine: Engine,
    *,
    trigger: BaseTrigger | None = None,
    actor: Actor = SCHEDULER,
    at_once: int = AT_ONCE,
    tell: Callable[[Health], None] = lambda _: None,
) -> Worker:
    """Let an engine sweep in the background of its host's process, until the worker is stopped.

    Before it there are no threads, and after `Worker.stop()` there are none. The engine may be used meanwhile.
    """
    worker = Worker(engine, actor=actor, at_once=at_once, tell=tell)
    worker.start(trigger)
    return worker


def _tell_of_a_skipped_run(_: object) -> None:
    _log.warning("sweep.skipped", reason="the sweep before it is still running")
