"""The workers of a municipality: whoever was ever assigned to a pathway there."""

from sqlalchemy import Connection, exists, select

from indsats.domain.fields import closest
from indsats.domain.model import Model
from indsats.errors import UnknownWorker
from indsats.projections.tables import LIVE

_row = LIVE.tables["assignments"].c
_MOST_NAMED = 20


def is_worker(connection: Connection, municipality: str, model: Model, worker: str) -> bool:
    """Whether somebody was ever assigned under this name, to a pathway of the model's family and subject."""
    query = exists().where(
        _row.worker == worker,
        _row.municipality == municipality,
        _row.family == model.family,
        _row.subject == model.subject,
    )
    return bool(connection.scalar(select(query)))


def require_worker(connection: Connection, municipality: str, model: Model, worker: str) -> None:
    """Raise `UnknownWorker`, which names those there are, unless somebody was ever assigned under this name."""
    if is_worker(connection, municipality, model, worker):
        return
    query = select(_row.worker).where(
        _row.municipality == municipality,
        _row.family == model.family,
        _row.subject == model.subject,
        _row.worker.is_not(None),
    )
    there = sorted(connection.execute(query.distinct()).scalars())
    raise UnknownWorker(
        f"nobody was ever assigned as {worker!r} in municipality {municipality}",
        [*there[:_MOST_NAMED], *([f"and {len(there) - _MOST_NAMED} others"] if len(there) > _MOST_NAMED else [])],
        closest(worker, there),
    )
