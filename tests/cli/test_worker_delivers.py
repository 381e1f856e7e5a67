"""`indsats worker --webhook`: what was found is posted beside the sweeps, until the worker is told to leave."""

import json
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.cli.databases import make
from tests.cli.test_main import run
from tests.exchange.receiver import Receiver, slow, status, take


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with Receiver() as receiver:
        yield receiver


def started(db: Path, *options: str) -> "subprocess.Popen[str]":
    command = [sys.executable, "-m", "indsats.cli.main", "worker", "--db", str(db), "--log", "json", *options]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, encoding="utf-8")


def waiting(db: Path) -> int:
    counted = json.loads(run("outbox", "--db", str(db), "--json").stdout)
    return int(counted["waiting"])


def test_it_posts_what_waits_and_leaves_when_it_is_told_to(receiver: Receiver) -> None:
    db = make()
    there = waiting(db) + 1  # the sweep finds that too few were referred to the job club
    worker = started(db, "--webhook", receiver.url)
    give_up = time.monotonic() + 60
    while len(receiver.taken) < there and time.monotonic() < give_up:
        time.sleep(0.02)
    worker.send_signal(signal.SIGTERM)
    _, told = worker.communicate(timeout=60)
    assert worker.returncode == 0
    assert (len(receiver.taken), waiting(db)) == (there, 0)
    events = {line["event"]: line for line in map(json.loads, told.splitlines())}
    assert {"worker.started", "sweep.done", "worker.stopped"} <= set(events)
    assert "deliver.failed" not in events


def test_a_receiver_that_never_answers_does_not_hold_up_the_sweep(receiver: Receiver, tmp_path: Path) -> None:
    receiver.behave = slow(30)
    worker = started(make(), "--webhook", receiver.url, "--health", str(tmp_path / "health.json"))
    give_up = time.monotonic() + 60
    while not receiver.asked and time.monotonic() < give_up:
        time.sleep(0.02)
    asked_at = time.monotonic()
    while time.monotonic() < give_up:
        if json.loads((tmp_path / "health.json").read_text())["last"]:
            break
        time.sleep(0.02)
    assert time.monotonic() - asked_at < 5  # the post waits ten
    worker.kill()
    worker.communicate()


def test_once_is_one_sweep_and_one_pass(receiver: Receiver) -> None:
    db = make()
    receiver.behave = status(500)
    once = ("worker", "--once", "--db", str(db), "--webhook", receiver.url)
    assert run(*once).returncode == 1
    receiver.behave = take
    left = json.loads(run("outbox", "--db", str(db), "--json").stdout)["notifications"]
    ids = [argument for one in left if one["attempts"] for argument in ("--retry", one["id"])]
    assert run("outbox", *ids, "--db", str(db)).returncode == 0
    assert run(*once).returncode == 0
    assert waiting(db) == 0


def test_an_address_of_another_form_is_said_at_once() -> None:
    done = run("worker", "--db", str(make()), "--webhook", "cases.example.dk")
    assert (done.returncode, done.stdout) == (2, "")
    assert "'cases.example.dk' is no address to post to" in done.stderr
