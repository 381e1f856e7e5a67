"""What is needed to tell whether a limit was full, in memory: for an engine that has no database."""

from collections.abc import Iterable
from datetime import date
from weakref import finalize

import sqlalchemy as sa

from indsats.domain.model import Model
from indsats.domain.obligations import Derivation
from indsats.projections.facts import fact_rows, field_rows
from indsats.projections.limits import Rooms, named_by_limits
from indsats.projections.rows import PathwayKey, Rows
from indsats.projections.tables import PREFIX, ReadModels, fact_fields, facts
from indsats.projections.writer import replace


def _tables() -> ReadModels:
    metadata = sa.MetaData()
    for table in (facts, fact_fields):
        table.to_metadata(metadata)
    return ReadModels(PREFIX, metadata)


_TABLES = _tables()


class RoomsInMemory:
    """The facts of all pathways that places are counted from, for the limits that rules of these models heed."""

    def __init__(self, models: Iterable[Model]) -> None:
        self._rooms = Rooms()
        heeded = [
            self._rooms.limits(model)[rule.limit] for model in models for rule in model.rules if rule.limit is not None
        ]
        self._named = named_by_limits(heeded)
        self._changed: dict[PathwayKey, Derivation] = {}
        self._known: dict[PathwayKey, list[str]] = {}
        self._answers: dict[tuple[str, str, str, date], bool] = {}
        self._engine: sa.Engine | None = None

    def put(self, key: PathwayKey, derivation: Derivation) -> None:
        """Take what was derived for a pathway into account; what was put before is replaced."""
        timeline = derivation.timeline
        counted = [timeline.facts[place].id for kind in self._named.fields for place in timeline.by_kind.get(kind, ())]
        if counted != self._known.get(key, []):
            self._known[key] = counted
            self._changed[key] = derivation
            self._answers.clear()

    def is_full(self, municipality: str, model: Model, limit: str, on: date) -> bool:
        """Whether no place was left at the end of a day."""
        asked = (municipality, model.digest, limit, on)
        if asked not in self._answers:
            self._answers[asked] = self._look(municipality, model, limit, on)
        return self._answers[asked]

    def _look(self, municipality: str, model: Model, limit: str, on: date) -> bool:
        if self._engine is None:
            self._engine = sa.create_engine("sqlite://")
            finalize(self, self._engine.dispose)
            _TABLES.metadata.create_all(self._engine)
        with self._engine.begin() as connection:
            # Only now: a pathway changes more often than anybody asks.
            replace(connection, {key: self._rows(made) for key, made in self._changed.items()}, _TABLES)
            self._changed.clear()
            return self._rooms.is_full(connection, municipality, model, limit, on)

    def _rows(self, derivation: Derivation) -> Rows:
        timeline = derivation.timeline
        return {"facts": fact_rows(timeline, self._named), "fact_fields": field_rows(timeline, self._named)}
