"""Databases for the tests of the command line, in a directory that is gone when these end."""

import json
import sqlite3
from contextlib import closing
from datetime import date
from functools import cache
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory

from indsats.domain import facts
from indsats.domain.calendar import local_day
from indsats.domain.values import Actor
from indsats.engine import Engine

_directory = TemporaryDirectory(prefix="indsats-cli-")
_numbers = count(1)

KIM = Actor("kim", "caseworker")


def new_path() -> Path:
    """A file that is not there yet."""
    return Path(_directory.name) / f"{next(_numbers)}.db"


def empty() -> Path:
    """A database of which nothing is recorded yet."""
    path = new_path()
    Engine(f"sqlite:///{path}", "stevns-2017", create=True).close()
    return path


def right() -> Path:
    """A file with the fact that takes the place of another."""
    path = new_path().with_suffix(".jsonl")
    fact = {"citizen": "c1", "fact": "ledighedsydelse_started", "on": "2017-01-03", "route": "mover_in"}
    path.write_text(f"{json.dumps(fact)}\n")
    return path


def make() -> Path:
    """A database with two citizens, to do with as one likes."""
    path = new_path()
    with Engine(f"sqlite:///{path}", "stevns-2017", create=True) as engine:
        for citizen in ("c1", "c2"):
            started = facts.ledighedsydelse_started(on=date(2017, 1, 2), route="mover_in", id=f"{citizen}-start")
            engine.record(citizen, started, actor=KIM)
    return path


def staffed() -> Path:
    """The same, with a worker who answers for one of the two, to do with as one likes."""
    path = make()
    with Engine(f"sqlite:///{path}", "stevns-2017") as engine:
        assigned = facts.worker_assigned(on=date(2017, 1, 2), worker="anna", as_role="caseworker", at_unit="north")
        engine.record("c1", assigned, actor=KIM)
    return path


@cache
def clubbed() -> Path:
    """Two citizens who were in a job club, today; to be looked at only."""
    path = make()
    with Engine(f"sqlite:///{path}", "stevns-2017") as engine:
        today = local_day(engine.clock.now())
        for citizen in ("c1", "c2"):
            engine.record(citizen, facts.job_club_attended(on=today, club="north"), actor=KIM)
    return path


@cache
def swept() -> Path:
    """Two citizens of whom nobody is referred to the job club, which a sweep has told; to be looked at only."""
    path = make()
    with Engine(f"sqlite:///{path}", "stevns-2017") as engine:
        engine.sweep()
    return path


@cache
def sound() -> Path:
    """A database with two citizens, to be looked at only."""
    return make()


@cache
def spoiled() -> Path:
    """The same with a row that is missing, a value that differs, and a pathway set aside."""
    path = make()
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("DELETE FROM indsats_registrations WHERE id = 'c1-start'")
        connection.execute("UPDATE indsats_obligations SET status = 'met' WHERE citizen = 'c1' AND rule = 'job_club'")
        connection.execute("UPDATE indsats_due SET attempts = 1, retry_at = '2017-01-11T12:00:00.000000Z', fault = 'x'")
        connection.commit()
    return path
