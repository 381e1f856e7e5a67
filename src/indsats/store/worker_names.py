"""Names of workers for other systems: random, and the same each time; whoever has the database finds whose they are."""

from uuid import uuid4

from sqlalchemy import Connection, bindparam, select

from indsats.store import tables
from indsats.store.connection import driver_sql

_name = tables.worker_names.c
_LOAD = select(_name.worker, _name.name).where(_name.municipality == bindparam("municipality"))
_KEEP = "INSERT INTO indsats_worker_names (municipality, worker, name) VALUES (?, ?, ?)"


class WorkerNames:
    """The random names of the workers of one municipality; those that are new last only if they are kept."""

    def __init__(self, connection: Connection, municipality: str) -> None:
        self._connection = connection
        self._municipality = municipality
        found = connection.execute(_LOAD, {"municipality": municipality})
        self._names: dict[str, str] = {row.worker: row.name for row in found}
        self._new: dict[str, str] = {}

    def __contains__(self, worker: str) -> bool:
        return worker in self._names

    def of(self, worker: str) -> str:
        """The name of a worker, a new one if there is none yet."""
        if worker not in self._names:
            self._names[worker] = self._new[worker] = uuid4().hex
        return self._names[worker]

    def keep(self) -> None:
        """Store the new ones; a writing transaction is needed."""
        if self._new:
            driver_sql(self._connection, _KEEP, [(self._municipality, *item) for item in self._new.items()])
            self._new = {}
