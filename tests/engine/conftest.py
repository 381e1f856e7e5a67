from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.engine.looking import LATER, MONDAY

from indsats.clock import VirtualClock
from indsats.domain.calendar import noon_of
from indsats.engine import Engine
from indsats.store.keys import Keys


@pytest.fixture
def clock() -> VirtualClock:
    return VirtualClock(noon_of(MONDAY))


@pytest.fixture
def engine(database_url: str, clock: VirtualClock, keys: Keys) -> Iterator[Engine]:
    """An engine of Stevns on each kind of database; another one may be opened on the same."""
    with Engine(database_url, "stevns-2017", clock=clock, keys=keys, create=True) as engine:
        yield engine


@pytest.fixture
def later(tmp_path: Path) -> str:
    """The file of a model after that of Stevns."""
    path = tmp_path / "later.yaml"
    path.write_text(LATER)
    return str(path)
