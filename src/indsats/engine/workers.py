"""The workers of a municipality: whoever was ever assigned to a pathway there."""

from collections.abc import Collection

from sqlalchemy import ColumnElement, Connection, exists, select

from indsats.domain.fields import closest
from indsats.domain.model import Model
from indsats.errors import UnknownWorker
from indsats.projections.tables import LIVE

_row = LIVE.tables["assignments"].c
_MOST_NAMED = 20


def is_worker(connection: Connection, municipalities: Collection[str], model: Model, worker: str) -> bool:
    """Whether somebody was ever assigned under this name, to a pathway of the model's family and subject."""
    return bool(connection.scalar(select(exists().where(_row.worker == worker, *_of(municipalities, model)))))


def require_worker(connection: Connection, municipalities: Collection[str], model: Model, worker: str) -> None:
    """Raise `UnknownWorker`, which names those there are, unless somebody was ever assigned under this name."""
    if is_worker(connection, municipalities, model, worker):
        return
    query = select(_row.worker).where(_row.worker.is_not(None), *_of(municipalities, model)).distinct()
    there = sorted(connection.execute(query).scalars())
    raise UnknownWorker(
        f"nobody was ever assigned as {worker!r} in municipality {', '.join(municipalities)}",
        [*there[:_MOST_NAMED], *([f"and {len(there) - _MOST_NAMED} others"] if len(there) > _MOST_NAMED else [])],
        closest(worker, there),
    )


def _of(municipalities: Collection[str], model: Model) -> tuple[ColumnElement[bool], ...]:
    return (
        _row.municipality.in_(municipalities),
        _row.family == model.family,
        _row.subject == model.subject,
    )
