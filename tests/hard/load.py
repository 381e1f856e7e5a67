"""What is imported while things go wrong: the history of a simulated municipality, as a file that processes share."""

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

import msgspec

from indsats.domain.events import FactAnnulled, FactRecorded
from indsats.engine.arrivals import Arrival
from indsats.models.library import load
from indsats.replay.entries import AnnulmentLine
from indsats.replay.facts_file import read_facts
from indsats.replay.simulate import Municipality

MODEL = "stevns-2017"


class _Line(NamedTuple):
    citizen: str
    fact: FactRecorded | None
    annulment: FactAnnulled | None
    recorded_at: datetime
    actor: str
    role: str


def write_load(path: Path, citizens: int) -> Sequence[str]:
    """Write the facts of so many citizens; returns their ids, in the order in which an import commits them."""
    content = "\n".join(Municipality(citizens=citizens).lines()).encode()
    lines = []
    for entry in read_facts(content, "load", load(MODEL)).entries:
        fact = annulment = None
        if isinstance(entry, AnnulmentLine):
            annulment = FactAnnulled(id=entry.id, fact=entry.of, reason=entry.reason)
        else:
            fact = FactRecorded(fact=entry.id, kind=entry.kind, on=entry.on, fields=entry.fields, unit=entry.unit)
        assert entry.citizen is not None
        lines.append((entry.id, _Line(entry.citizen, fact, annulment, entry.recorded_at, entry.actor, entry.role)))
    lines.sort(key=lambda line: (line[1].citizen, line[1].recorded_at))
    path.write_bytes(msgspec.json.encode([line for _, line in lines]))
    return [fact_id for fact_id, _ in lines]


def read_load(path: Path) -> Sequence[Arrival]:
    """The facts that were written."""
    return [
        Arrival(line.citizen, registration, line.recorded_at, line.actor, line.role)
        for line in msgspec.json.decode(path.read_bytes(), type=list[_Line])
        if (registration := line.fact or line.annulment) is not None
    ]
