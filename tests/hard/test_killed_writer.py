"""A process that imports is killed at random moments: what it was told is kept is there, once, and all agrees."""

import time
from collections.abc import Callable, Sequence
from pathlib import Path
from random import Random

import pytest
from tests.hard.conftest import LONG, SHORT
from tests.hard.load import write_load
from tests.hard.places import Child, Place
from tests.hard.soundness import assert_sound
from tests.hard.writers import import_all

from indsats.engine.checking import check
from indsats.engine.importing import FACTS_AT_ONCE

SECONDS_FOR_ONE_GROUP = 0.12


class Series:
    """Imports of one load into one database, each killed and then gone on with, until one comes to its end."""

    def __init__(self, place: Place, load: Path, ids: Sequence[str], random: Random) -> None:
        self.place = place
        self.killed_at: list[int] = []
        """How many facts had been acknowledged at each kill."""
        self._load, self._ids, self._random = load, ids, random
        self._kept = 0

    def run(self, kills: int) -> None:
        """Kill so many imports, fewer if one comes to its end before, and let the last one be."""
        while len(self.killed_at) < kills:
            child = Child(import_all, self.place, self._load, None)
            told = [child.hear()]
            # In the first half of what is left, so that the kills of a series do not crowd at its end.
            enough = self._kept + self._random.uniform(0, (len(self._ids) - self._kept) / 2)
            while sum(told) + FACTS_AT_ONCE // 2 < enough:
                told.append(child.hear())
            time.sleep(self._random.uniform(0, SECONDS_FOR_ONE_GROUP))
            told += child.kill()
            if child.process.exitcode == 0:
                break
            assert child.process.exitcode == -9
            self._check(sum(told))
            self.killed_at.append(sum(told))
        child = Child(import_all, self.place, self._load, None)
        assert sum(child.rest()) == len(self._ids)
        assert child.process.exitcode == 0
        self._check(len(self._ids))
        with self.place.engine() as engine:
            assert check(engine.parts).ok

    def _check(self, acknowledged: int) -> None:
        with self.place.engine() as engine:
            found = assert_sound(engine)
        assert len(found) >= max(self._kept, acknowledged)
        self._kept = len(found)
        # Pathways come in the order of the load; what was committed as the kill came may be acknowledged or not.
        assert found == set(self._ids[: self._kept])


@pytest.mark.parametrize("new_place", SHORT, indirect=True)
def test_an_import_that_is_killed_keeps_what_it_acknowledged_and_goes_on(
    new_place: Callable[[], Place], tmp_path: Path
) -> None:
    ids = write_load(tmp_path / "load.json", 70)
    random, kills = Random(5), 0
    while kills < 5:
        series = Series(new_place(), tmp_path / "load.json", ids, random)
        series.run(5 - kills)
        kills += len(series.killed_at)


@pytest.mark.torture
@pytest.mark.parametrize("new_place", LONG, indirect=True)
def test_an_import_of_100_000_facts_is_killed_fifty_times(
    new_place: Callable[[], Place], tmp_path: Path, report: Callable[[str], None]
) -> None:
    began = time.monotonic()
    ids = write_load(tmp_path / "load.json", 1660)
    assert len(ids) > 100_000
    random, killed_at = Random(50), list[int]()
    while len(killed_at) < 50:
        series = Series(place := new_place(), tmp_path / "load.json", ids, random)
        series.run(min(5, 50 - len(killed_at)))
        killed_at += series.killed_at
        report(f"{place.kind}: import of {len(ids):,} killed after {series.killed_at} acknowledged facts")
    report(f"{place.kind}: {len(killed_at)} kills, nothing lost or doubled, {time.monotonic() - began:.0f} s")
