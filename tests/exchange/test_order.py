"""Whatever fails and whenever it is tried: of each pathway everything arrives, in the order of the log."""

from collections.abc import Iterator, Sequence
from datetime import timedelta
from itertools import chain, count, cycle
from typing import Literal, NamedTuple, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.exchange.telling import CLERK, MONDAY, SMALL, applied, by_pathway, called, first_comings, log

from indsats.clock import VirtualClock
from indsats.domain.calendar import local_day, noon_of
from indsats.engine import Engine
from indsats.exchange.cloud_events import CloudEvent
from indsats.exchange.outbox import Patience, Unreachable, deliver, retry, undelivered
from indsats.store.keys import FileKeys

Outcome = Literal["taken", "refused", "taken and lost", "away"]


class Record(NamedTuple):
    """Somebody applies, or is called."""

    citizen: int
    calls: bool


class Wait(NamedTuple):
    """Time goes by, and a sweep is made."""

    minutes: int


class Deliver(NamedTuple):
    """A pass that meets with these outcomes, and then with more of them."""

    outcomes: Sequence[Outcome]


STEPS = st.lists(
    st.builds(Record, st.integers(0, 3), st.booleans())
    | st.builds(Wait, st.sampled_from([0, 1, 3, 60, 1500, 8000]))
    | st.builds(Deliver, st.lists(st.sampled_from(get_args(Outcome)), min_size=1, max_size=12)),
    max_size=14,
)
_numbers = count()


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    """One for all examples, which have citizens of their own and leave nothing waiting."""
    directory = tmp_path_factory.mktemp("order")
    keys = FileKeys(directory / "key")
    keys.create()
    clock = VirtualClock(noon_of(MONDAY))
    with Engine(f"sqlite:///{directory / 'indsats.db'}", SMALL, clock=clock, keys=keys, create=True) as engine:
        yield engine


class Receiving:
    """A handler with whom it goes as was drawn; `taken` is what it took over, known to be so or not."""

    def __init__(self) -> None:
        self.outcomes: Iterator[Outcome] = iter(())
        self.taken: list[str] = []

    def __call__(self, event: CloudEvent) -> None:
        outcome = next(self.outcomes)
        if outcome.startswith("taken"):
            self.taken.append(event.id)
        match outcome:
            case "refused" | "taken and lost":
                raise ValueError(outcome)
            case "away":
                raise Unreachable
            case "taken":
                pass


def play(engine: Engine, steps: Sequence[Record | Wait | Deliver], receiving: Receiving, patience: Patience) -> None:
    example = next(_numbers)
    clock = engine.clock
    assert isinstance(clock, VirtualClock)
    for step in steps:
        match step:
            case Record(number, calls):
                citizen, today = f"c{example}-{number}", local_day(clock.now())
                engine.record(
                    citizen, called(citizen, today) if calls else applied(citizen, today), actor=CLERK, late=True
                )
            case Wait(minutes):
                clock.at += timedelta(minutes=minutes)
                engine.sweep()
            case Deliver(outcomes):
                receiving.outcomes = cycle(outcomes)
                deliver(engine, receiving, patience=patience)


@given(STEPS)
def test_nothing_is_lost_and_nothing_overtakes(engine: Engine, steps: Sequence[Record | Wait | Deliver]) -> None:
    receiving, before = Receiving(), set(log(engine))
    play(engine, steps, receiving, Patience(attempts=10**6))
    told = by_pathway(one for one in log(engine) if one not in before)
    for stream, versions in by_pathway(first_comings(receiving.taken)).items():
        assert versions == told[stream][: len(versions)]
    empty(engine, receiving)
    assert by_pathway(first_comings(receiving.taken)) == told


@given(STEPS)
def test_what_is_given_up_is_left_out_until_it_is_put_back(
    engine: Engine, steps: Sequence[Record | Wait | Deliver]
) -> None:
    receiving, before = Receiving(), set(log(engine))
    play(engine, steps, receiving, Patience(attempts=2))
    told = [one for one in log(engine) if one not in before]
    empty(engine, receiving)
    for versions in by_pathway(first_comings(receiving.taken)).values():
        assert versions == sorted(versions)
    dead = {one.id for one in undelivered(engine, dead=True)[1]}
    assert set(receiving.taken) | dead == set(told)
    assert set(retry(engine)) == dead
    empty(engine, receiving)
    assert set(receiving.taken) == set(told)
    assert undelivered(engine)[0] == (0, 0)


def empty(engine: Engine, receiving: Receiving) -> None:
    """Let everything that waits arrive."""
    assert isinstance(engine.clock, VirtualClock)
    engine.clock.at += timedelta(days=1)
    receiving.outcomes = chain(cycle(["taken"]))
    assert not deliver(engine, receiving).waiting
