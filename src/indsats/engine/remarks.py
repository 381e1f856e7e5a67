"""Remarks as lists show them: the words, who handled it, and when."""

from datetime import datetime
from typing import TypedDict

from sqlalchemy import Connection

from indsats.domain.events import FactRecorded
from indsats.domain.model import Model
from indsats.engine.unit import Parts
from indsats.projections.rows import PathwayKey
from indsats.store import tables
from indsats.store.citizen_keys import CitizenKeys
from indsats.store.mapper import EventMapper
from indsats.store.recorder import ROWS, stored_event
from indsats.store.sealing import Sealing

_stream, _event = tables.streams.c, tables.events.c


class Handled(TypedDict, total=False):
    """What a remark adds to an obligation on a list."""

    remark: str | None
    handled_by: str | None
    handled_at: datetime | None


class Remarks:
    """Opens the remarks of one page, for pathways of the model's family and subject."""

    def __init__(self, connection: Connection, parts: Parts, model: Model) -> None:
        self._connection = connection
        self._model = model
        self._mapper = EventMapper(Sealing(CitizenKeys(connection, parts.keys), parts.models))

    def on(self, municipality: str, citizen: str, version: int | None) -> Handled:
        """The remark that an event of a citizen's pathway holds; nothing for None."""
        if version is None:
            return {}
        key = PathwayKey(municipality, self._model.family, self._model.subject, citizen)
        row = self._connection.execute(
            ROWS.where(
                _stream.municipality == key.municipality,
                _stream.family == key.family,
                _stream.subject == key.subject,
                _stream.subject_id == key.citizen,
                _event.version == version,
            )
        ).one()
        event = self._mapper.to_domain_event(stored_event(*row))
        assert isinstance(event.body, FactRecorded), "a remark is a fact"
        remark = event.body.fields.get("remark")
        return {
            "remark": None if remark is None else str(remark),
            "handled_by": event.envelope.actor,
            "handled_at": event.envelope.recorded_at,
        }
