"""Eight processes work on the same hundred pathways: nothing is lost, nothing waits for ever, and all agrees."""

import time
from collections import Counter
from collections.abc import Callable, Set
from concurrent.futures import ProcessPoolExecutor
from datetime import date

import pytest
from tests.hard.conftest import LONG, SHORT
from tests.hard.crowd import CITIZENS, HurryingClock, Worked, work_for
from tests.hard.places import ACTOR, Place, processes
from tests.hard.soundness import assert_sound

from indsats.domain import facts
from indsats.engine import Engine
from indsats.engine.checking import check
from indsats.projections.rows import PathwayKey

WORKERS = 8


def _nothing_is_lost(place: Place, seconds: float, days_a_second: float) -> str:
    clock = HurryingClock(time.time(), days_a_second)
    with place.engine(clock=clock) as engine:
        for citizen in CITIZENS:
            opening = facts.ledighedsydelse_started(on=date(2017, 1, 30), route="mover_in", id=f"{citizen}-opening")
            engine.record(citizen, opening, actor=ACTOR)
        with ProcessPoolExecutor(WORKERS, mp_context=processes()) as pool:
            working = [pool.submit(work_for, place, clock, number, seconds) for number in range(WORKERS)]
            worked = [one.result() for one in working]
        _is_all_there(engine, worked, assert_sound(engine))
        engine.sweep()
        assert_sound(engine)
        checked = check(engine.parts)
        assert checked.ok
    commands = sum((Counter(one.commands) for one in worked), Counter[str]())
    refusals = sum((Counter(one.refusals) for one in worked), Counter[str]())
    assert min(one.commands["record"] for one in worked) > 0
    return (
        f"{place.kind}: {WORKERS} processes, {commands.total() / seconds:.0f} commands a second for {seconds:.0f} s, "
        f"slowest {max(one.slowest for one in worked):.2f} s, {checked.events:,} events; {dict(commands)}; "
        f"refused {dict(refusals)}"
    )


def _is_all_there(engine: Engine, worked: list[Worked], found: Set[str]) -> None:
    assert {fact_id for one in worked for fact_id in one.kept | one.annulled} <= found
    # Each shared fact was new to exactly one, and nothing is there that nobody was told of.
    assert len(found) == len(CITIZENS) + sum(one.recorded for one in worked)
    stand, out = set[str](), set[str]()
    with engine.database.read() as connection:
        for citizen in CITIZENS:
            key = PathwayKey(engine.municipalities[0], engine.model.family, "citizen", citizen)
            pathway = engine.parts.fold(connection, key)
            assert pathway is not None
            for fact in pathway.facts.values():
                (stand if fact.annulled_at is None else out).add(fact.id)
    assert out == {fact_id for one in worked for fact_id in one.annulled}
    assert {fact_id for fact_id in stand if fact_id.startswith("w")} == {
        fact_id for one in worked for fact_id in one.kept
    }


@pytest.mark.parametrize("new_place", SHORT, indirect=True)
def test_eight_processes_on_a_hundred_pathways_lose_nothing(place: Place) -> None:
    _nothing_is_lost(place, 5, 20)


@pytest.mark.torture
@pytest.mark.parametrize("new_place", LONG, indirect=True)
def test_eight_processes_on_a_hundred_pathways_lose_nothing_for_a_minute(
    place: Place, report: Callable[[str], None]
) -> None:
    report(_nothing_is_lost(place, 60, 3))
