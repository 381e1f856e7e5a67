from collections.abc import Iterator

import pytest
from tests.conftest import SQLITE
from tests.engine.looking import MONDAY

from indsats.clock import VirtualClock
from indsats.domain.calendar import noon_of
from indsats.engine import Engine
from indsats.store.keys import Keys


@pytest.fixture
def database_kind() -> str:
    return SQLITE


@pytest.fixture
def clock() -> VirtualClock:
    return VirtualClock(noon_of(MONDAY))


@pytest.fixture
def engine(database_url: str, clock: VirtualClock, keys: Keys) -> Iterator[Engine]:
    with Engine(database_url, "stevns-2017", clock=clock, keys=keys, create=True) as engine:
        yield engine
