"""A host that is killed in the middle of its transaction leaves its own row and our fact, or neither of them."""

import time
from collections.abc import Callable
from random import Random

import pytest
import sqlalchemy as sa
from tests.hard.conftest import LONG, SHORT
from tests.hard.places import Child, Place
from tests.hard.soundness import assert_sound
from tests.hard.writers import visit, visit_for_ever

STEPS = ("its own row is written", "the fact is recorded", "both are committed")


def _host_rows(place: Place) -> set[str]:
    """What the host has of its own, and the database says once more where it is sound."""
    with place.engine() as engine:
        with engine.database.read() as connection:
            rows = set(connection.execute(sa.text("SELECT id FROM host_visits")).scalars())
        assert rows == assert_sound(engine)
    return rows


def _make_host_table(place: Place) -> None:
    with place.engine() as engine, engine.transaction() as connection:
        connection.execute(sa.text("CREATE TABLE host_visits (id VARCHAR(20) PRIMARY KEY)"))


@pytest.mark.parametrize("with_session", [False, True], ids=["connection", "session"])
@pytest.mark.parametrize("new_place", SHORT, indirect=True)
def test_a_host_killed_before_it_commits_leaves_neither_and_after_it_both(place: Place, with_session: bool) -> None:
    _make_host_table(place)
    for last_step in STEPS:
        child = Child(visit, place, with_session)
        for step in STEPS:
            assert child.hear() == step
            if step == last_step:
                break
            child.say()
        assert child.kill() == []
        assert _host_rows(place) == ({"visit-1"} if last_step == STEPS[-1] else set())


def _kill_now_and_then(place: Place, kills: int, random: Random) -> list[int]:
    """Kill a host that commits all the time; returns how many rows it had each time."""
    _make_host_table(place)
    rows: list[int] = []
    for _ in range(kills):
        child = Child(visit_for_ever, place)
        told = [child.hear()]
        time.sleep(random.uniform(0, 0.5))
        told += child.kill()
        found = _host_rows(place)
        assert found >= {f"visit-{number}" for number in range(1, told[-1] + 1)}
        assert len(found) - told[-1] in (0, 1)  # one may be committed and not told yet
        rows.append(len(found))
    assert rows[-1] > 0
    return rows


@pytest.mark.parametrize("new_place", SHORT, indirect=True)
def test_a_host_killed_at_any_moment_has_both_or_neither(place: Place) -> None:
    _kill_now_and_then(place, 2, Random(2))


@pytest.mark.torture
@pytest.mark.parametrize("new_place", LONG, indirect=True)
def test_a_host_killed_fifty_times_has_both_or_neither(place: Place, report: Callable[[str], None]) -> None:
    began = time.monotonic()
    rows = _kill_now_and_then(place, 50, Random(50))
    took = time.monotonic() - began
    report(f"{place.kind}: host killed 50 times, both or neither; rows of each after the kills: {rows}; {took:.0f} s")
