"""All rows of one pathway, and their way into the tables."""

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

import sqlalchemy as sa

from indsats.domain.events import Subject
from indsats.domain.obligations import Derivation
from indsats.projections import tables
from indsats.projections.employments import EmploymentRow, employment_rows
from indsats.projections.facts import FactRow, FieldRow, Named, fact_rows, field_rows
from indsats.projections.obligations import ObligationRow, obligation_rows
from indsats.projections.pathways import PathwayRow, VisitRow, pathway_rows, visit_rows
from indsats.projections.spells import SpellRow, spell_rows

_TABLES = (
    tables.pathways,
    tables.visits,
    tables.spells,
    tables.employments,
    tables.obligations,
    tables.facts,
    tables.fact_fields,
)


class PathwayKey(NamedTuple):
    """Whose rows they are: municipality, model family, kind of subject, opaque id of the citizen or other subject."""

    municipality: str
    family: str
    subject: Subject
    citizen: str


Row = PathwayRow | VisitRow | SpellRow | EmploymentRow | ObligationRow | FactRow | FieldRow
Rows = Mapping[str, Sequence[Mapping[str, object]]]
"""Rows by the name of their table, ready to be inserted."""


def rows_of(key: PathwayKey, derivation: Derivation, named: Named) -> Rows:
    """The rows of one pathway, as far as was known and had happened at the points of the derivation.

    `named` tells which facts have rows (`facts.named_by`).
    """
    timeline = derivation.timeline
    made: tuple[Sequence[Row], ...] = (
        pathway_rows(timeline),
        visit_rows(timeline),
        spell_rows(timeline),
        employment_rows(timeline),
        obligation_rows(derivation),
        fact_rows(timeline, named),
        field_rows(timeline, named),
    )
    whose = key._asdict()
    return {table.name: [{**whose, **row._asdict()} for row in rows] for table, rows in zip(_TABLES, made, strict=True)}


def insert(connection: sa.Connection, pathways: Iterable[Rows]) -> None:
    """Add the rows of pathways that have none there yet."""
    together: dict[str, list[Mapping[str, object]]] = {table.name: [] for table in _TABLES}
    for rows in pathways:
        for name, added in rows.items():
            together[name] += added
    for table in _TABLES:
        if together[table.name]:
            connection.execute(sa.insert(table), together[table.name])
