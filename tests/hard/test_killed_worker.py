"""Workers share a sweep: one is killed, one stands still, and all that is due is found, once."""

import json
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import TextClause, text
from tests.conftest import DATABASES, SQLITE
from tests.hard.places import ACTOR, LONG_AGO, Place
from tests.hard.soundness import assert_sound

from indsats.clock import VirtualClock
from indsats.domain import facts
from indsats.domain.calendar import noon_of
from indsats.engine import Engine
from indsats.engine.arrivals import Arrival

RULES = ("first_conversation", "job_club", "strategy_review")
"""What each citizen has missed since."""

_LEFT = text("SELECT count(*) FROM indsats_due WHERE next_change <= '2026-01-01'")
_FOUND = text("SELECT stream_key, state FROM indsats_events WHERE name LIKE 'deadline_breached.%'")
_SO_FAR = text("SELECT count(*) FROM indsats_events WHERE name LIKE 'deadline_breached.%'")


def fill(place: Place, citizens: int) -> None:
    """Register so many citizens, in a database whose clock then stood still until now."""
    at = noon_of(LONG_AGO)
    arrivals = (
        Arrival(f"c{number:06d}", facts.ledighedsydelse_started(on=LONG_AGO, route="mover_in", id=f"s{number}"), at)
        for number in range(citizens)
    )
    with place.engine(clock=VirtualClock(at + timedelta(hours=1))) as engine:
        engine.import_(arrivals, actor=ACTOR)


class Crew:
    """Four workers, each a process of its own that keeps a file of its health."""

    def __init__(self, place: Place, directory: Path, batch: int) -> None:
        command = [sys.executable, "-m", "indsats.cli.main", "worker", "--db", place.url, "--keys", str(place.keys)]
        self._command = [*command, "--batch", str(batch)]
        self._files = [directory / f"health-{number}.json" for number in range(4)]
        self.workers = [
            subprocess.Popen([*self._command, "--health", file], stderr=subprocess.DEVNULL) for file in self._files
        ]

    def state(self, number: int) -> str | None:
        """What a worker does as far as it told."""
        file = self._files[number]
        return str(json.loads(file.read_bytes())["state"]) if file.exists() else None

    def signal(self, number: int, told: signal.Signals) -> None:
        """Signal a worker that is in the middle of its sweep."""
        assert self.state(number) == "sweeping"
        os.kill(self.workers[number].pid, told)

    def once(self) -> subprocess.CompletedProcess[str]:
        """What comes with the next hour, at once."""
        return subprocess.run([*self._command, "--once"], capture_output=True, text=True, timeout=600, check=False)


@contextmanager
def crew_of(place: Place, directory: Path, batch: int) -> Iterator[Crew]:
    crew = Crew(place, directory, batch)
    try:
        yield crew
    finally:
        for worker in crew.workers:
            worker.kill()
            worker.wait()


def wait_for(what: Callable[[], bool], seconds: float = 600) -> None:
    give_up_at = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < give_up_at, "it did not come"
        time.sleep(0.01)


def swept_by_a_crew(place: Place, directory: Path, *, citizens: int, batch: int, still: float) -> str:
    """Let a crew sweep: one is killed after a quarter, and one stands still after a half for so many seconds."""
    fill(place, citizens)
    due = citizens * len(RULES)
    began = time.monotonic()
    with crew_of(place, directory, batch) as crew, place.engine() as engine:

        def count(query: TextClause) -> int:
            with engine.database.read() as connection:
                return int(connection.execute(query).scalar_one())

        wait_for(lambda: all(crew.state(number) == "sweeping" for number in range(4)))
        wait_for(lambda: count(_SO_FAR) >= due // 4)
        crew.signal(0, signal.SIGKILL)
        wait_for(lambda: count(_SO_FAR) >= due // 2)
        crew.signal(1, signal.SIGSTOP)
        found_before = count(_SO_FAR)
        stopped_at = time.monotonic()
        # The rest goes on, with more than was under way, though whoever stands still may have been given the log.
        wait_for(lambda: count(_SO_FAR) > found_before + batch * len(RULES), seconds=20)
        time.sleep(max(0, stopped_at + still - time.monotonic()))
        meanwhile = count(_SO_FAR) - found_before
        os.kill(crew.workers[1].pid, signal.SIGCONT)
        wait_for(lambda: all(crew.state(number) == "waiting" for number in (1, 2, 3)))
        seconds = time.monotonic() - began
        left = count(_LEFT)
        for worker in crew.workers[1:]:
            worker.terminate()
        assert [worker.wait(60) for worker in crew.workers] == [-signal.SIGKILL, 0, 0, 0]
        # Whose transaction the server ended, because it stood still, ended its sweep; the next one has what it left.
        assert left < batch
        assert crew.once().returncode == 0
        assert count(_LEFT) == 0
        assert_found_once(engine, due)
    return f"{due:,} overdue, {seconds:.0f} s; {meanwhile:,} found while one stood still, {left} left to the next sweep"


def assert_found_once(engine: Engine, due: int) -> None:
    found: Counter[object] = Counter()
    with engine.database.read() as connection:
        for stream_key, state in connection.execute(_FOUND):
            said = json.loads(state)
            found[stream_key, said["rule"], said["anchor"], said["n"], said["due"]] += 1
    assert (len(found), found.total()) == (due, due)
    assert_sound(engine)


@pytest.mark.parametrize("new_place", DATABASES[-1:], indirect=True)
def test_four_workers_of_whom_one_is_killed_and_one_stands_still_lose_and_double_nothing(
    place: Place, tmp_path: Path
) -> None:
    swept_by_a_crew(place, tmp_path, citizens=400, batch=10, still=3)


@pytest.mark.torture
@pytest.mark.parametrize("new_place", [kind for kind in DATABASES if kind != SQLITE], indirect=True)
def test_four_workers_on_20_000_overdue(place: Place, tmp_path: Path, report: Callable[[str], None]) -> None:
    report(f"{place.kind}: {swept_by_a_crew(place, tmp_path, citizens=6700, batch=100, still=10)}")
