"""`indsats worker` as a process: it sweeps, tells how it is, leaves when it is told to, and is alone on SQLite."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text
from tests.conftest import DATABASES, SQLITE

from indsats.clock import VirtualClock
from indsats.domain import facts
from indsats.domain.calendar import noon_of
from indsats.domain.values import Actor
from indsats.engine import Engine
from indsats.store.keys import FileKeys

MONDAY = date(2017, 1, 2)
CITIZENS = 20
KIM = Actor("kim", "caseworker")
RULES = ("first_conversation", "job_club", "strategy_review")
"""What each of them missed long ago."""

Start = Callable[..., "subprocess.Popen[str]"]


@pytest.fixture
def keys(tmp_path: Path) -> Path:
    FileKeys(tmp_path / "master.key").create()
    return tmp_path / "master.key"


@pytest.fixture
def engine(database_url: str, keys: Path) -> Iterator[Engine]:
    """A database whose clock stood still after all was recorded, so that for the worker all of it is overdue."""
    clock = VirtualClock(noon_of(MONDAY))
    with Engine(database_url, "stevns-2017", clock=clock, keys=FileKeys(keys), create=True) as engine:
        for number in range(CITIZENS):
            started = facts.ledighedsydelse_started(on=MONDAY, route="mover_in", id=f"start-{number}")
            engine.record(f"c{number}", started, actor=KIM)
        yield engine


@pytest.fixture
def start(engine: Engine, database_url: str, keys: Path) -> Iterator[Start]:
    """Starts workers of the database; those that are left at the end are killed."""
    running: list[subprocess.Popen[str]] = []

    def start(*options: str | Path) -> subprocess.Popen[str]:
        command = [sys.executable, "-m", "indsats.cli.main", "worker", "--db", database_url, "--keys", keys, *options]
        environment = {**os.environ, "PYTHONIOENCODING": "utf-8"}
        process = subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, encoding="utf-8", env=environment
        )
        running.append(process)
        return process

    yield start
    for process in running:
        process.kill()
        process.communicate()


def healthy(path: Path, process: "subprocess.Popen[str]", state: str = "waiting") -> dict[str, Any]:
    """The document of a worker that has swept and is in this state."""
    give_up_at = time.monotonic() + 60
    while time.monotonic() < give_up_at and process.poll() is None:
        if path.exists():
            document: dict[str, Any] = json.loads(path.read_text())
            if document["state"] == state and document["last"] is not None:
                return document
        time.sleep(0.01)
    pytest.fail(f"no health came; exit code {process.poll()}")


def ended(process: "subprocess.Popen[str]") -> tuple[int, str, str]:
    out, err = process.communicate(timeout=60)
    return process.returncode, out, err


def missed(engine: Engine) -> list[tuple[str, str]]:
    """Each citizen and rule as often as the log says that it was missed."""
    query = text(
        "SELECT subject_id, state FROM indsats_events JOIN indsats_streams USING (stream_key) "
        "WHERE name LIKE 'deadline_breached.%'"
    )
    with engine.database.read() as connection:
        return sorted((citizen, json.loads(state)["rule"]) for citizen, state in connection.execute(query))


ALL = sorted((f"c{number}", rule) for number in range(CITIZENS) for rule in RULES)
COUNTS = {"visited": CITIZENS, "breaches": len(ALL), "withdrawals": 0, "set_aside": 0, "fault": None}


@pytest.mark.parametrize("told", [signal.SIGTERM, signal.SIGINT])
def test_it_sweeps_at_the_start_tells_how_it_is_and_leaves_when_it_is_told_to(
    engine: Engine, start: Start, tmp_path: Path, told: signal.Signals
) -> None:
    worker = start("--health", tmp_path / "health.json", "--log", "json", "--json")
    document = healthy(tmp_path / "health.json", worker)
    assert document["pid"] == worker.pid
    assert {key: document["last"][key] for key in COUNTS} == COUNTS
    assert document["next_run"][14:19] == "00:05"
    assert missed(engine) == ALL
    worker.send_signal(told)
    code, out, err = ended(worker)
    assert code == 0
    assert [json.loads(line)["event"] for line in err.splitlines()] == [
        "worker.started",
        "sweep.limits_told",
        "sweep.done",
        "worker.stopped",
    ]
    assert json.loads(err.splitlines()[2])["breaches"] == len(ALL)
    left = json.loads((tmp_path / "health.json").read_text())
    assert (left["state"], left["next_run"], left["last"]) == ("stopped", None, document["last"])
    assert json.loads(out) == left
    assert sorted(path.name for path in tmp_path.iterdir() if path.name.startswith("health")) == ["health.json"]


@pytest.mark.parametrize("database_kind", [SQLITE], indirect=True)
def test_told_to_leave_it_finishes_the_pathway_at_hand_and_no_other(
    engine: Engine, start: Start, tmp_path: Path
) -> None:
    with engine.transaction():  # while it lasts, the worker waits with its first pathway
        worker = start("--health", tmp_path / "health.json")
        while not (tmp_path / "health.json").exists():
            time.sleep(0.01)
        while json.loads((tmp_path / "health.json").read_text())["state"] != "sweeping":
            time.sleep(0.01)
        time.sleep(0.2)
        worker.send_signal(signal.SIGTERM)
        time.sleep(0.2)
        assert worker.poll() is None
    code, _, err = ended(worker)
    assert code == 0
    assert "sweep.done" in err
    last = json.loads((tmp_path / "health.json").read_text())["last"]
    assert (last["visited"], last["breaches"]) == (1, len(RULES))
    assert len(missed(engine)) == len(RULES)


def test_once_is_one_sweep_and_the_end(engine: Engine, start: Start) -> None:
    code, out, err = ended(start("--once", "--json", "--batch", "3"))
    assert code == 0
    assert {key: json.loads(out)["last"][key] for key in COUNTS} == COUNTS
    assert json.loads(out)["state"] == "stopped"
    assert "sweep.done" in err
    assert missed(engine) == ALL
    code, out, _ = ended(start("--once"))
    assert (code, out) == (0, "")


@pytest.mark.parametrize("database_kind", [SQLITE], indirect=True)
def test_on_sqlite_a_second_worker_is_told_that_one_is_enough(engine: Engine, start: Start, tmp_path: Path) -> None:
    first = start("--health", tmp_path / "health.json")
    healthy(tmp_path / "health.json", first)
    for options in ([], ["--once"]):
        code, out, err = ended(start(*options))
        assert (code, out) == (3, "")
        assert err == "a worker sweeps this database already, and on SQLite one is enough\n"
    assert first.poll() is None
    first.kill()
    first.wait()
    assert ended(start("--once"))[0] == 0  # what it held went with its process


@pytest.mark.parametrize("database_kind", [kind for kind in DATABASES if kind != SQLITE], indirect=True)
def test_on_postgresql_there_may_be_several(engine: Engine, start: Start, tmp_path: Path) -> None:
    workers = [start("--health", tmp_path / f"{name}.json", "--batch", "1") for name in "ab"]
    documents = [healthy(tmp_path / f"{name}.json", worker) for name, worker in zip("ab", workers, strict=True)]
    assert sum(document["last"]["visited"] for document in documents) == CITIZENS
    assert missed(engine) == ALL
    for worker in workers:
        worker.send_signal(signal.SIGTERM)
    assert [ended(worker)[0] for worker in workers] == [0, 0]


@pytest.mark.parametrize("database_kind", [SQLITE], indirect=True)
def test_a_sweep_that_fails_is_told_with_its_reason(engine: Engine, start: Start, tmp_path: Path) -> None:
    with engine.transaction() as connection:
        connection.execute(text("ALTER TABLE indsats_due RENAME COLUMN next_change TO away"))
    worker = start("--health", tmp_path / "health.json", "--log", "json")
    document = healthy(tmp_path / "health.json", worker)
    assert "no such column: indsats_due.next_change" in document["last"]["fault"]
    assert {document["last"][key] for key in COUNTS if key != "fault"} == {None}
    worker.send_signal(signal.SIGTERM)
    code, _, err = ended(worker)
    assert code == 0
    [failed] = [line for line in map(json.loads, err.splitlines()) if line["event"] == "sweep.failed"]
    assert failed["level"] == "error"
    assert "Traceback" in failed["exception"]
    code, _, err = ended(start("--once"))
    assert code == 3
    assert "no such column: indsats_due.next_change" in err


@pytest.mark.parametrize("database_kind", [SQLITE], indirect=True)
def test_a_pathway_set_aside_makes_the_exit_code_one(engine: Engine, start: Start) -> None:
    with engine.transaction() as connection:
        statement = (
            "INSERT INTO indsats_events (stream_key, version, name, state, previous_hash, hash) "
            "SELECT stream_key, 99, 'unheard_of.1', '{}', 'x', 'x' FROM indsats_streams WHERE subject_id = 'c7'"
        )
        connection.execute(text(statement))
    code, out, err = ended(start("--once", "--json", "--log", "json"))
    assert code == 1
    assert (json.loads(out)["last"]["visited"], json.loads(out)["last"]["set_aside"]) == (CITIZENS - 1, 1)
    lines = [json.loads(line) for line in err.splitlines()]
    [aside] = [line for line in lines if line["event"] == "sweep.set_aside"]
    assert "version 99: the row has no envelope" in aside["fault"]
    assert missed(engine) == [(citizen, rule) for citizen, rule in ALL if citizen != "c7"]


@pytest.mark.parametrize("database_kind", [SQLITE], indirect=True)
@pytest.mark.parametrize(
    ("options", "code", "said"),
    [
        (["--health", "no/such/directory/health.json"], 2, "--health no/such/directory/health.json: cannot be written"),
        (["--batch", "0"], 2, "0 is not in the range x>=1"),
        (["--log", "xml"], 2, "'xml' is not one of 'text', 'json'"),
        (["--actor", "kim", "--as-role", "caseworker"], 3, "kim as caseworker may not sweep"),
    ],
)
def test_bad_usage_is_said(start: Start, options: Sequence[str], code: int, said: str) -> None:
    found, out, err = ended(start(*options))
    assert (found, out) == (code, "")
    assert said in err
