"""What is done in processes of their own, which tell how far they came."""

import logging
import os
import resource
from collections.abc import Callable
from itertools import count
from multiprocessing.connection import Connection as Telling
from pathlib import Path

import sqlalchemy as sa
import structlog
from sqlalchemy.orm import Session
from tests.hard.load import read_load
from tests.hard.places import ACTOR, LONG_AGO, Place

from indsats.domain.facts import NewFact, note_added
from indsats.engine import Engine
from indsats.errors import DatabaseFailed

HOST_ROW = sa.text("INSERT INTO host_visits (id) VALUES (:id)")


def import_all(place: Place, load: Path, largest_file: int | None, telling: Telling) -> None:
    """Import a load; tells 0 when it begins, how many facts each commit was about, and why it failed if it did."""
    arrivals = read_load(load)
    with place.engine() as engine:
        telling.send(0)
        limit_files(largest_file)
        try:
            engine.import_(arrivals, actor=ACTOR, progress=telling.send)
        except DatabaseFailed as fault:
            telling.send(str(fault))


def record_until_full(place: Place, largest_file: int | None, telling: Telling) -> None:
    """Record long notes, telling the id of each, until there is no room; tell that, wait, and record three more."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    numbers = count(1)
    with place.engine() as engine:
        limit_files(largest_file)
        try:
            while True:
                telling.send(_record_note(engine, next(numbers)))
        except DatabaseFailed as fault:
            telling.send(str(fault))
        telling.recv()
        if largest_file is not None:
            limit_files(resource.RLIM_INFINITY)
        for _ in range(3):
            telling.send(_record_note(engine, next(numbers)))


def limit_files(largest: int | None) -> None:
    """Let no file of this process grow beyond so many bytes; None leaves it as it is."""
    if largest is not None:
        _, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
        resource.setrlimit(resource.RLIMIT_FSIZE, (largest, hard))


def try_with_and_without_rights(place: Place, user: int | None, telling: Telling) -> None:
    """Tell what comes of `attempts`; then, when told to go on, what comes of them as a user who may only read."""
    telling.send(attempts(place, 1))  # what is imported late is so before the rights to read it may be gone
    telling.recv()
    if user is not None:
        os.setegid(user)
        os.seteuid(user)
    telling.send(attempts(place, 2))


def attempts(place: Place, number: int) -> list[str]:
    """What comes of recording a note of this number, and of reading the first one: "done", or why not."""
    try:
        with place.engine() as engine:
            return [_attempt(lambda: _record_note(engine, number)), _attempt(lambda: engine.pathway("c1", actor=ACTOR))]
    except DatabaseFailed as fault:
        return [str(fault)]


def _attempt(command: Callable[[], object]) -> str:
    try:
        command()
    except DatabaseFailed as fault:
        return str(fault)
    return "done"


def visit(place: Place, with_session: bool, telling: Telling) -> None:
    """Commit a row of the host's and a fact together, telling of each step and waiting after it."""
    host = sa.create_engine(place.url)
    with place.engine(where=host) as engine, Session(host) if with_session else host.connect() as transaction:
        transaction.execute(HOST_ROW, {"id": "visit-1"})
        telling.send("its own row is written")
        telling.recv()
        engine.record("c1", _visit(1), actor=ACTOR, connection=transaction)
        telling.send("the fact is recorded")
        telling.recv()
        transaction.commit()
        telling.send("both are committed")
        telling.recv()


def visit_for_ever(place: Place, telling: Telling) -> None:
    """Commit a row of the host's and a fact together, again and again, telling the number of each."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    host = sa.create_engine(place.url)
    with place.engine(where=host) as engine:
        with host.connect() as connection:
            last = connection.scalar(sa.text("SELECT count(*) FROM host_visits")) or 0
        telling.send(last)
        for number in count(last + 1):
            with host.begin() as transaction:
                transaction.execute(HOST_ROW, {"id": f"visit-{number}"})
                engine.record(f"c{number % 10}", _visit(number), actor=ACTOR, connection=transaction)
            telling.send(number)


def _record_note(engine: Engine, number: int) -> str:
    note = note_added(on=LONG_AGO, text="Æ" * 40_000, id=f"note-{number}")
    (fact_id,) = engine.record(f"c{number}", note, actor=ACTOR).ids
    return fact_id


def _visit(number: int) -> NewFact:
    return note_added(on=LONG_AGO, text="Besøg", id=f"visit-{number}")
