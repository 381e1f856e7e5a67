"""Databases that keep what was committed, whatever is killed, and a report of the long runs at the end."""

import os
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path

import pytest
from tests.conftest import DATABASES, SQLITE, Servers
from tests.hard.places import Place, make_place

SHORT = (SQLITE, DATABASES[-1])
"""What the short forms run on: one PostgreSQL is enough to tell it from SQLite."""

LONG = DATABASES

_REPORT = pytest.StashKey[list[str]]()
_numbers = count(1)


@pytest.fixture(scope="session")
def durable_servers() -> Iterator[Servers]:
    servers = Servers(durable=True)
    yield servers
    servers.stop()


@pytest.fixture
def new_place(
    request: pytest.FixtureRequest, durable_servers: Servers, tmp_path: Path
) -> Iterator[Callable[..., Place]]:
    """Makes databases with tables and keys, of the kind that the test is for, by default where there is room."""
    kind = request.param
    server = None if kind == SQLITE else durable_servers.server(kind)
    made: list[str] = []

    def make(directory: Path | None = None) -> Place:
        name = f"hard_{next(_numbers)}"
        if server is not None:
            made.append(name)
            if directory is None:
                server.execute(f"CREATE DATABASE {name}")
            else:
                os.chown(directory, Path(f"/proc/{server.processes[0]}").stat().st_uid, -1)
                server.execute(f"CREATE TABLESPACE {name} LOCATION '{directory}'")
                server.execute(f"CREATE DATABASE {name} TABLESPACE {name}")
        url = f"sqlite:///{(directory or tmp_path) / name}.db" if server is None else server.url(name)
        return make_place(Place(kind, url, tmp_path / f"{name}.key"))

    yield make
    for name in made:
        assert server is not None
        server.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
        server.execute(f"DROP TABLESPACE IF EXISTS {name}")


@pytest.fixture
def place(new_place: Callable[..., Place]) -> Place:
    return new_place()


@pytest.fixture
def report(request: pytest.FixtureRequest) -> Callable[[str], None]:
    """Keeps a line for the end of the run."""
    return request.config.stash.setdefault(_REPORT, []).append


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    if lines := config.stash.get(_REPORT, []):
        terminalreporter.section("what the hard tests did")
        for line in lines:
            terminalreporter.write_line(line)
