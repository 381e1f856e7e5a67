"""A rebuild: what it makes is what was there, whatever was recorded before and meanwhile, and however it ended."""

import subprocess
import sys
from collections.abc import Sequence
from datetime import date, timedelta
from functools import partial
from itertools import count
from threading import Event as Flag
from threading import Thread

import pytest
from hypothesis import HealthCheck, given, settings
from sqlalchemy import inspect
from tests.engine.looking import KIM, MONDAY, closed, everything, rows, started, talked
from tests.strategies import History, Telling, any_history

from indsats.clock import VirtualClock
from indsats.domain.calendar import end_of, local_day, noon_of
from indsats.domain.values import Actor
from indsats.engine import Engine
from indsats.engine.checking import check
from indsats.engine.rebuilding import Rebuilt, is_unfilled, rebuild
from indsats.engine.recording import Command
from indsats.engine.unit import UnitOfWork
from indsats.errors import IndsatsError, Refused
from indsats.projections.rows import PathwayKey
from indsats.store.keys import FileKeys, Keys

SYSTEM = Actor("test", "system")
_examples = count(1)


class Interrupted(BaseException):
    """Somebody pressed the keys for it."""


def fill(engine: Engine, clock: VirtualClock, citizens: int = 8) -> None:
    """Citizens at all stages, looked at on different days."""
    for number in range(citizens):
        engine.record(f"c{number}", started(id=None), actor=KIM)
    clock.at = noon_of(MONDAY + timedelta(days=8))
    engine.sweep()
    for number in range(0, citizens, 2):
        engine.record(f"c{number}", talked(MONDAY + timedelta(days=number), id=None), actor=KIM)
    clock.at = noon_of(MONDAY + timedelta(days=20))
    engine.record("c1", closed(MONDAY + timedelta(days=9), id="closing"), actor=KIM)
    engine.annul("closing", "not dead", actor=KIM)


def assert_live_is_derived(engine: Engine) -> None:
    checked = check(engine.parts)
    assert checked.ok, checked.faults
    before = everything(engine)
    rebuild(engine.parts, at_once=3)
    assert everything(engine) == before


def test_what_is_rebuilt_is_what_was_there(engine: Engine, clock: VirtualClock) -> None:
    fill(engine, clock)
    before = everything(engine)
    assert before["indsats_obligations"]
    assert rebuild(engine.parts) == Rebuilt(pathways=8, caught_up=0)
    assert everything(engine) == before
    clock.at += timedelta(days=60)  # not as of today, but of the day that each was last looked at
    assert rebuild(engine.parts, at_once=3) == Rebuilt(pathways=8, caught_up=0)
    assert everything(engine) == before


def test_what_was_wrong_is_put_right(engine: Engine, clock: VirtualClock) -> None:
    fill(engine, clock)
    before = everything(engine)
    with engine.transaction() as connection:
        for spoil in (
            "DELETE FROM indsats_obligations WHERE citizen = 'c1'",
            "UPDATE indsats_obligations SET status = 'lapsed' WHERE citizen = 'c2'",
            "UPDATE indsats_visits SET citizen = 'nobody' WHERE citizen = 'c3'",
            "UPDATE indsats_due SET next_change = '2030-01-01'",
        ):
            connection.exec_driver_sql(spoil)
    assert everything(engine) != before
    rebuild(engine.parts)
    assert everything(engine) == before


def tell(engine: Engine, clock: VirtualClock, history: History) -> None:
    """Record a history as it came, in a municipality of its own, swept now and then."""
    municipality = f"{next(_examples):04d}"
    clock.at = history.tellings[0].at
    with Engine(
        engine.database.engine,
        history.model,
        municipality=municipality,
        keys=engine.keys,
        clock=clock,
        others=history.others,
    ) as own:

        def told(telling: Telling, unit: UnitOfWork) -> None:
            key = PathwayKey(municipality, history.model.family, history.model.subject, telling.citizen)
            doing = Command(unit, own.models, SYSTEM)
            pathway = doing.pathway(key, history.model)
            doing.register(pathway, key, history.model, [telling.said], late=True)

        for place, telling in enumerate(history.tellings):
            if local_day(telling.at) > local_day(clock.at) and place % 3:
                clock.at = max(clock.at, end_of(local_day(telling.at) - timedelta(days=1)))
                own.sweep()
            clock.at = max(clock.at, telling.at)
            own.transactions.write("record", SYSTEM, municipality, partial(told, telling))
        clock.at = max(clock.at, end_of(history.until))
        if len(history.tellings) % 2:
            own.sweep()
    for model in (history.model, *history.others):
        engine.models.add(model)


@settings(max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(history=any_history)
def test_whatever_was_recorded_live_is_rebuilt(engine: Engine, clock: VirtualClock, history: History) -> None:
    tell(engine, clock, history)
    assert_live_is_derived(engine)


def test_what_is_recorded_and_swept_meanwhile_is_caught_up_with(engine: Engine, clock: VirtualClock) -> None:
    fill(engine, clock)
    turns = iter(range(100))

    def meanwhile(_: int) -> None:
        match next(turns):
            case 0:
                engine.record("c0", talked(MONDAY + timedelta(days=12), id=None), actor=KIM)
            case 1:
                engine.record("new", started(MONDAY + timedelta(days=10)), actor=KIM)
                engine.record("c7", closed(MONDAY + timedelta(days=15)), actor=KIM)
            case 2:
                clock.at += timedelta(days=100)
                engine.sweep()
            case _:
                pass

    done = rebuild(engine.parts, meanwhile, at_once=2)
    assert done.pathways == 9
    assert done.caught_up >= 2
    assert check(engine.parts).ok
    assert_live_is_derived(engine)


def test_more_than_a_few_are_caught_up_with_before_the_others_have_to_wait(engine: Engine, clock: VirtualClock) -> None:
    for number in range(60):
        engine.record(f"c{number}", started(id=None), actor=KIM)

    def meanwhile(_: int) -> None:
        if not engine.parts.clock.now() > noon_of(MONDAY):
            clock.at += timedelta(days=30)
            assert engine.sweep().visited == 60

    done = rebuild(engine.parts, meanwhile, at_once=100)
    assert done == Rebuilt(pathways=60, caught_up=60)
    assert_live_is_derived(engine)


def test_writers_go_on(database_url: str, engine: Engine, clock: VirtualClock, keys: Keys) -> None:
    fill(engine, clock)
    stop, faults, recorded = Flag(), list[IndsatsError](), [0, 0]

    def work(place: int) -> None:
        try:
            with Engine(database_url, "stevns-2017", clock=clock, keys=keys) as other:
                while not stop.is_set():
                    number = recorded[place]
                    other.record(f"w{place}-{number % 7}", talked(id=f"{place}-{number}"), actor=KIM, late=True)
                    recorded[place] += 1
        except IndsatsError as fault:
            faults.append(fault)

    writers = [Thread(target=work, args=(place,)) for place in (0, 1)]
    for writer in writers:
        writer.start()
    try:
        done = [rebuild(engine.parts, at_once=2) for _ in range(4)]
    finally:
        stop.set()
        for writer in writers:
            writer.join()
    assert faults == []
    assert min(recorded) > 0
    assert max(one.pathways for one in done) > 8
    ids = {registered for (registered,) in rows(engine, "indsats_registrations", "id")}
    assert ids >= {f"{place}-{number}" for place in (0, 1) for number in range(recorded[place])}
    assert check(engine.parts).ok
    assert_live_is_derived(engine)


def leftovers(engine: Engine) -> Sequence[str]:
    return [name for name in inspect(engine.database.engine).get_table_names() if "rebuild" in name]


def test_one_that_is_interrupted_changes_nothing_and_the_next_begins_anew(engine: Engine, clock: VirtualClock) -> None:
    fill(engine, clock)
    before = everything(engine)

    def interrupt(_: int) -> None:
        raise Interrupted

    with pytest.raises(Interrupted):
        rebuild(engine.parts, interrupt, at_once=2)
    left = leftovers(engine)
    assert left
    assert everything(engine, ("indsats_reads", "indsats_refusals", *left)) == before
    engine.record("c0", closed(), actor=KIM)
    now = everything(engine, ("indsats_reads", "indsats_refusals", *left))
    rebuild(engine.parts)
    assert leftovers(engine) == []
    assert everything(engine) == now


def test_one_whose_process_dies_does_not_keep_the_next_from_it(
    database_url: str, engine: Engine, clock: VirtualClock, keys: Keys
) -> None:
    fill(engine, clock)
    before = everything(engine)
    assert isinstance(keys, FileKeys)
    program = (
        "import os, sys\nfrom pathlib import Path\nfrom indsats.engine import Engine\n"
        "from indsats.engine.rebuilding import rebuild\nfrom indsats.store.keys import FileKeys\n"
        "engine = Engine(sys.argv[1], 'stevns-2017', keys=FileKeys(Path(sys.argv[2])))\n"
        "rebuild(engine.parts, lambda _: os._exit(7), at_once=2)\n"
    )
    done = subprocess.run([sys.executable, "-c", program, database_url, str(keys.path)], check=False, timeout=60)
    assert done.returncode == 7
    assert leftovers(engine)
    assert rebuild(engine.parts).pathways == 8
    assert everything(engine) == before


def test_of_two_at_once_the_second_is_refused(
    database_url: str, engine: Engine, clock: VirtualClock, keys: Keys
) -> None:
    fill(engine, clock)
    before = everything(engine)
    refused = []

    def another(_: int) -> None:
        with (
            Engine(database_url, "stevns-2017", clock=clock, keys=keys) as other,
            pytest.raises(Refused, match="another rebuild of this database is running") as caught,
        ):
            rebuild(other.parts)
        refused.append(caught.value)

    assert rebuild(engine.parts, another, at_once=4).pathways == 8
    assert len(refused) == 2
    assert everything(engine) == before
    assert rebuild(engine.parts).pathways == 8


def test_a_pathway_without_a_day_gets_that_of_its_last_event(engine: Engine, clock: VirtualClock) -> None:
    fill(engine, clock)
    with engine.transaction() as connection:
        connection.exec_driver_sql("DELETE FROM indsats_due")
        assert is_unfilled(connection)
    assert rebuild(engine.parts).pathways == 8
    with engine.transaction() as connection:
        assert not is_unfilled(connection)
    synced = dict(rows(engine, "indsats_due", "stream_key", "synced_on"))
    events = rows(engine, "indsats_events", "stream_key", "stored_at")
    assert synced == {key: str(date.fromisoformat(max(at for own, at in events if own == key)[:10])) for key in synced}
    assert check(engine.parts).ok
