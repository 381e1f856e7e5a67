"""The sweep: each pathway whose day has come is looked at in a transaction of its own."""

from collections.abc import Collection
from datetime import date, timedelta
from uuid import uuid4

import structlog

from indsats.domain.pathway import Stamp
from indsats.domain.values import Actor
from indsats.engine.results import Swept
from indsats.engine.transactions import Transactions
from indsats.engine.unit import Parts, Saved, UnitOfWork
from indsats.errors import DatabaseFailed, IndsatsError
from indsats.projections.due import DueTable

_FIRST_RETRY = timedelta(minutes=5)
_LONGEST_RETRY = timedelta(days=1)

_log = structlog.get_logger("indsats")


def sweep(
    parts: Parts, transactions: Transactions, municipalities: Collection[str], as_of: date, actor: Actor
) -> Swept:
    """Sync every pathway of these municipalities whose day is `as_of` or earlier, up to that day."""
    command = uuid4().hex
    visited = breaches = withdrawals = set_aside = 0
    with parts.database.read() as connection:
        waiting = list(DueTable(connection, municipalities, parts.clock.now()).due(as_of))
    for stream, _ in waiting:

        def look(unit: UnitOfWork, stream: str = stream) -> Saved | None:
            day = unit.queue.day_of(stream)
            if day is None or day > as_of:
                return None  # another worker was there meanwhile, or a fact moved it on
            pathway = unit.pathway(stream)
            stamp = Stamp(at=unit.now, actor=actor.id, role=actor.role, command=command)
            pathway.sync(parts.models, stamp, day, until=as_of)
            return unit.save([pathway])

        try:
            found = transactions.write("sweep", actor, None, look, sealing=False)
        except DatabaseFailed:
            raise
        except IndsatsError as fault:
            set_aside += 1
            _set_aside(parts, transactions, actor, stream, fault)
            continue
        if found is not None:
            visited += 1
            breaches += len(found.breaches)
            withdrawals += len(found.withdrawals)
    return Swept(visited, breaches, withdrawals, set_aside)


def _set_aside(parts: Parts, transactions: Transactions, actor: Actor, stream: str, fault: IndsatsError) -> None:
    """Let a pathway that cannot be looked at wait, twice as long each time, with the reason for `db check`."""
    _log.error("sweep.set_aside", stream=stream, fault=str(fault))

    def wait(unit: UnitOfWork) -> None:
        unit.queue.set_aside(stream, unit.now, str(fault), _FIRST_RETRY, _LONGEST_RETRY)

    transactions.write("sweep", actor, None, wait, sealing=False)
