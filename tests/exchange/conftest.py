from collections.abc import Callable, Iterator

import pytest
from tests.conftest import DATABASES, SQLITE
from tests.exchange.receiver import Receiver
from tests.exchange.telling import MONDAY, SMALL

from indsats.clock import VirtualClock
from indsats.domain.calendar import noon_of
from indsats.engine import Engine
from indsats.store.keys import Keys

FEW = (SQLITE, DATABASES[-1])
"""Enough to tell the databases apart, where a test takes its time."""


@pytest.fixture
def clock() -> VirtualClock:
    return VirtualClock(noon_of(MONDAY))


@pytest.fixture
def opened(database_url: str, clock: VirtualClock, keys: Keys) -> Iterator[Callable[[], Engine]]:
    """Opens engines on one database, as processes would."""
    engines: list[Engine] = []

    def open_one() -> Engine:
        engines.append(Engine(database_url, SMALL, clock=clock, keys=keys, create=True))
        return engines[-1]

    yield open_one
    for engine in engines:
        engine.close()


@pytest.fixture
def engine(opened: Callable[[], Engine]) -> Engine:
    return opened()


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    """A real HTTP server; it takes everything until it is told to do otherwise."""
    with Receiver() as receiver:
        yield receiver
