"""One pathway looked at from two points."""

from datetime import date, datetime
from typing import Literal, NamedTuple

from sqlalchemy import Connection

from indsats.domain.calendar import local_day
from indsats.domain.model import Model
from indsats.domain.values import Actor
from indsats.engine.intake import not_ahead, point_of_view, subject_id
from indsats.engine.results import View
from indsats.engine.transactions import Transactions
from indsats.engine.unit import Parts
from indsats.errors import UnknownPathway
from indsats.projections.rows import PathwayKey
from indsats.store.connection import Host


class Look(NamedTuple):
    """Who looks at whose pathway, or its ledger, as of which day, and as far as known when."""

    command: Literal["pathway", "ledger"]
    actor: Actor
    municipality: str
    citizen: str
    as_of: date | None
    known_at: datetime | None


def look(parts: Parts, transactions: Transactions, model: Model, asked: Look, host: Host | None = None) -> View:
    """The pathway, noted as one read. Raises `UnknownPathway` if nothing was known then; `NotAllowed`."""
    command, actor, municipality, named, as_of, known_at = asked
    point_of_view(as_of, known_at)
    citizen = subject_id(named)

    def work(connection: Connection) -> View:
        for subject in dict.fromkeys((model.subject, "unit")):
            pathway = parts.fold(connection, PathwayKey(municipality, model.family, subject, citizen))
            if pathway is None:
                continue
            instant = not_ahead(known_at, parts.clock.now(), pathway)
            if pathway.is_known(instant):
                derivation = pathway.derive(parts.models, as_of or local_day(instant), instant)
                return View(citizen, municipality, derivation, pathway.ledger(instant), pathway.version)
        raise UnknownPathway(f"nothing is registered about {citizen} in municipality {municipality}")

    points = {"as_of": as_of, "known_at": known_at}
    return transactions.read(command, actor, municipality, work, subject_id=citizen, asked=points, host=host)
