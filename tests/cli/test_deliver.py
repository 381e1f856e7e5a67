"""`indsats deliver` and `indsats outbox`: where to, what the exit codes say, and what was given up put back."""

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from tests.cli.databases import make
from tests.cli.test_main import run
from tests.exchange.receiver import Receiver, status, take

SECRET = "whsec_" + "A" * 43 + "="


@pytest.fixture
def db() -> str:
    """A database with breaches of two citizens."""
    return str(make())


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with Receiver() as receiver:
        yield receiver


def document(*arguments: str, code: int = 0, **environment: str) -> dict[str, object]:
    done = run(*arguments, "--json", **environment)
    assert done.returncode == code, done.stderr
    printed = json.loads(done.stdout)
    assert isinstance(printed, dict)
    return printed


def give_up(db: str, number: int) -> None:
    """As if a notification had been tried often enough."""
    with closing(sqlite3.connect(db)) as connection:
        statement = "UPDATE indsats_outbox SET attempts = 20, dead_at = at, fault = 'NotTaken: 500' WHERE number = ?"
        connection.execute(statement, (number,))
        connection.commit()


def test_to_a_file_and_nothing_twice(db: str, tmp_path: Path) -> None:
    file = tmp_path / "told.jsonl"
    first = document("deliver", "--file", str(file), "--db", db)
    lines = [json.loads(line) for line in file.read_text().splitlines()]
    assert first == {"delivered": len(lines), "failed": 0, "dead": 0, "waiting": 0, "away": False, "busy": False}
    assert len(lines) > 4
    assert {line["specversion"] for line in lines} == {"1.0"}
    assert document("deliver", "--file", str(file), "--db", db)["delivered"] == 0
    assert document("outbox", "--db", db) == {"waiting": 0, "dead": 0, "put_back": [], "notifications": []}


def test_to_a_webhook_signed_if_there_is_a_secret(db: str, receiver: Receiver) -> None:
    receiver.behave = status(500)
    failed = document("deliver", "--webhook", receiver.url, "--db", db, code=1)
    assert failed["failed"] == 2  # the first of each pathway
    assert not [headers for headers in receiver.headers if "webhook-signature" in headers]
    waiting = document("outbox", "--db", db)["notifications"]
    assert isinstance(waiting, list)
    assert [one["fault"] for one in waiting if one["attempts"]] == ["NotTaken: the answer was 500"] * 2
    ids = [argument for one in waiting if one["attempts"] for argument in ("--retry", one["id"])]
    assert document("outbox", "--db", db, *ids)["put_back"] == sorted(ids[1::2])
    receiver.behave = take
    receiver.headers.clear()
    done = document("deliver", "--webhook", receiver.url, "--db", db, INDSATS_WEBHOOK_SECRET=SECRET)
    assert (done["delivered"], done["waiting"]) == (len(waiting), 0)
    assert all(headers["webhook-signature"].startswith("v1,") for headers in receiver.headers)


def test_when_nobody_answers_the_exit_code_says_so(db: str, receiver: Receiver) -> None:
    receiver.stop()
    done = run("deliver", "--webhook", receiver.url, "--db", db, "--lang", "da")
    assert done.returncode == 1
    assert "mislykket: 2\n" in done.stdout
    assert "Unreachable: ConnectionRefusedError" in run("outbox", "--db", db).stdout


def test_what_was_given_up_is_shown_and_put_back(db: str) -> None:
    give_up(db, 1)
    shown = document("outbox", "--dead", "--db", db)
    assert isinstance(shown["notifications"], list)
    [dead] = shown["notifications"]
    assert (shown["dead"], dead["fault"], dead["attempts"]) == (1, "NotTaken: 500", 20)
    people = run("outbox", "--db", db, "--lang", "da")
    assert (people.returncode, people.stderr) == (0, "")
    assert "opgivet: 1\n" in people.stdout
    [line] = [line for line in people.stdout.splitlines() if "NotTaken" in line]
    assert line.split()[:3] == [dead["id"], "indsats.deadline_breached.1", "opgivet"]
    assert document("outbox", "--retry-dead", "--db", db)["put_back"] == [dead["id"]]
    assert document("outbox", "--dead", "--db", db)["notifications"] == []


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["deliver"], 2, "name where to: either --webhook or --file"),
        (["deliver", "--webhook", "https://host/", "--file", "x"], 2, "name where to"),
        (["deliver", "--webhook", "host"], 2, "'host' is no address to post to; allowed: https://HOST/PATH"),
        (["outbox", "--retry", "x/1", "--retry-dead"], 2, "not for one call"),
        (["outbox", "--retry", "x/1"], 3, "x/1: no notification that was given up or waits to be tried again"),
        (["outbox", "--as-role", "caseworker"], 3, "cli as caseworker may not deliver"),
    ],
)
def test_bad_usage_and_refusals(db: str, arguments: list[str], code: int, said: str) -> None:
    done = run(*arguments, "--db", db)
    assert (done.returncode, done.stdout) == (code, "")
    assert said in done.stderr
    assert "Traceback" not in done.stderr


def test_a_secret_of_another_form_is_not_told(db: str) -> None:
    done = run("deliver", "--webhook", "https://host/", "--db", db, INDSATS_WEBHOOK_SECRET="hemmeligt!")
    assert (done.returncode, done.stdout) == (2, "")
    assert "24 to 64 bytes as base64" in done.stderr
    assert "hemmeligt" not in done.stderr
