"""Commands and queries in their transactions: allowed or refused, tried again after a conflict, written down."""

import random
import time
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from datetime import timedelta
from typing import TypeVar

from eventsourcing.persistence import IntegrityError, PersistenceError
from sqlalchemy import Connection, exc

from indsats.domain.values import Actor
from indsats.engine.journal import note_read, note_refusal
from indsats.engine.unit import Parts, UnitOfWork
from indsats.errors import ConcurrentChange, DatabaseFailed, NotAllowed, Refused
from indsats.policy import Policy
from indsats.store.connection import Host, end_if_idle

ATTEMPTS = 5
"""How often a command is decided anew after somebody else was faster; in a host's transaction it is not."""

T = TypeVar("T")


class Transactions:
    """Runs the work of commands and queries for one engine, which serves these municipalities."""

    def __init__(self, parts: Parts, policy: Policy, municipalities: Collection[str]) -> None:
        self._parts = parts
        self._policy = policy
        self._municipalities = municipalities

    def write(
        self,
        command: str,
        actor: Actor,
        municipality: str | None,
        work: Callable[[UnitOfWork], T],
        *,
        subject_id: str | None = None,
        host: Host | None = None,
        sealing: bool = True,
        longest_idle: timedelta | None = None,
    ) -> T:
        """Do the work of a command in one transaction, or in the host's; a refusal leaves no trace but itself.

        `municipality`: None for all that the engine serves. `longest_idle`: as for `end_if_idle`.
        """
        with self._refusals_noted(command, actor, municipality, subject_id, host):
            self._require(command, actor, municipality)
            for attempt in range(1, ATTEMPTS + 1):
                try:
                    with failures_told(), self._parts.database.write(host) as connection:
                        if longest_idle is not None:
                            end_if_idle(connection, longest_idle)
                        return work(UnitOfWork(connection, self._parts, sealing=sealing))
                except _FasterOther:
                    if host is not None or attempt == ATTEMPTS:
                        raise
                    time.sleep(random.uniform(0, 0.02 * attempt))
        raise AssertionError("the last attempt returns or raises")

    def read(
        self,
        command: str,
        actor: Actor,
        municipality: str | None,
        work: Callable[[Connection], T],
        *,
        subject_id: str | None = None,
        asked: Mapping[str, object] | None = None,
        host: Host | None = None,
    ) -> T:
        """Answer a query, written down before it is answered: a read that cannot be is refused."""
        with self._refusals_noted(command, actor, municipality, subject_id, host):
            self._require(command, actor, municipality)
            with failures_told():
                with self._parts.database.write(host) as connection:
                    now = self._parts.clock.now()
                    note_read(connection, now, actor, command, municipality, subject_id=subject_id, asked=asked)
                with self._parts.database.read(host) as connection:
                    return work(connection)

    def require(self, command: str, actor: Actor, municipality: str | None, *, host: Host | None = None) -> None:
        """Raise `NotAllowed`, and note that, unless the actor may do this."""
        with self._refusals_noted(command, actor, municipality, None, host):
            self._require(command, actor, municipality)

    def _require(self, command: str, actor: Actor, municipality: str | None) -> None:
        if municipality is not None and municipality not in self._municipalities:
            served = sorted(self._municipalities)
            raise NotAllowed(f"municipality {municipality} is not one that this engine is opened for", served)
        whose = municipality
        if whose is None and len(self._municipalities) == 1:
            (whose,) = self._municipalities
        self._policy.require(actor, command, whose)

    @contextmanager
    def _refusals_noted(
        self, command: str, actor: Actor, municipality: str | None, subject_id: str | None, host: Host | None
    ) -> Iterator[None]:
        try:
            yield
        except Refused as refused:
            if not isinstance(refused, _FasterOther):
                with failures_told(), self._parts.database.write(host) as connection:
                    now = self._parts.clock.now()
                    note_refusal(connection, now, actor, command, municipality, subject_id, str(refused))
            raise


class _FasterOther(ConcurrentChange):
    """The database found the conflict, so that the same command can succeed when it is decided anew."""


@contextmanager
def failures_told() -> Iterator[None]:
    """Faults of the database as what they mean to whoever gave the command."""
    try:
        yield
    except IntegrityError as conflict:
        raise _FasterOther(str(conflict)) from conflict
    except PersistenceError as fault:
        raise DatabaseFailed(_explained(str(fault))) from fault
    except exc.IntegrityError as conflict:
        raise _FasterOther(str(conflict.orig)) from conflict
    except exc.DBAPIError as fault:
        # Serialization failure and deadlock, by the codes of the standard.
        if getattr(fault.orig, "sqlstate", None) in ("40001", "40P01"):
            raise _FasterOther(str(fault.orig)) from fault
        if fault.connection_invalidated:  # perhaps after the commit, before its answer
            raise DatabaseFailed(_in_doubt(str(fault.orig))) from fault
        raise DatabaseFailed(_explained(str(fault.orig))) from fault


def _explained(fault: str) -> str:
    return f"the database did not do it, and nothing of the command is recorded: {fault.strip()}"


def _in_doubt(fault: str) -> str:
    return (
        "the connection to the database broke, and it is not known whether the command is recorded; "
        f"the same again changes nothing that is: {fault.strip()}"
    )
