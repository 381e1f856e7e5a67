"""Databases that survive the kill of whoever writes to them, and the processes that write."""

from collections.abc import Callable
from datetime import date
from multiprocessing import get_context
from multiprocessing.context import ForkServerContext, ForkServerProcess
from pathlib import Path
from typing import Any, NamedTuple

from sqlalchemy import Engine as HostEngine
from tests.hard.load import MODEL

from indsats.clock import Clock
from indsats.domain.values import Actor
from indsats.engine import Engine
from indsats.models.library import load
from indsats.store.keys import FileKeys

ACTOR = Actor("nn", "system")
LONG_AGO = date(2017, 3, 1)

READ = load(MODEL)
"""Read while everything can be: who gives up rights may lose those to the files of the model."""


class Place(NamedTuple):
    """A database on the disk, and where its keys are."""

    kind: str
    url: str
    keys: Path

    def engine(self, *, where: HostEngine | None = None, clock: Clock | None = None, create: bool = False) -> Engine:
        """An engine on it."""
        return Engine(where or self.url, READ, keys=FileKeys(self.keys), clock=clock, create=create)


def make_place(place: Place) -> Place:
    """Make its keys and its tables."""
    FileKeys(place.keys).create()
    place.engine(create=True).close()
    return place


def processes() -> ForkServerContext:
    """Where processes come from that have nothing of this one, and yet need not import everything anew."""
    context = get_context("forkserver")
    context.set_forkserver_preload(["__main__", "tests.hard.writers"])
    return context


class Child:
    """A process of its own that tells something now and then; what it told is there though it was killed."""

    def __init__(self, work: Callable[..., None], *arguments: object) -> None:
        context = processes()
        self._hearing, telling = context.Pipe(duplex=True)
        self.process: ForkServerProcess = context.Process(target=work, args=(*arguments, telling), daemon=True)
        self.process.start()
        telling.close()  # so that hearing ends when the process does

    def hear(self) -> Any:
        """The next thing told, None once it is over."""
        try:
            return self._hearing.recv()
        except (EOFError, ConnectionResetError):
            return None

    def say(self) -> None:
        """Let it go on."""
        self._hearing.send(None)

    def kill(self) -> list[Any]:
        """End it at once, by SIGKILL; returns what it told that was not heard yet."""
        self.process.kill()
        return self.rest()

    def rest(self) -> list[Any]:
        """Wait for its end, with what it tells until then."""
        told = []
        while (next_thing := self.hear()) is not None:
            told.append(next_thing)
        self.process.join()
        self._hearing.close()
        return told
