"""All rows of one pathway."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from indsats.domain.events import Subject
from indsats.domain.model import Model
from indsats.domain.obligations import Derivation
from indsats.projections.assignments import AssignmentRow, assignment_rows
from indsats.projections.employments import EmploymentRow, employment_rows
from indsats.projections.facts import CountedRow, FactRow, FieldRow, Named, counted_rows, fact_rows, field_rows
from indsats.projections.lasting import LastingRow, lasting_rows
from indsats.projections.marks import Marks
from indsats.projections.obligations import ObligationRow, obligation_rows
from indsats.projections.pathways import PathwayRow, VisitRow, pathway_rows, visit_rows
from indsats.projections.spells import SpellRow, spell_rows


class PathwayKey(NamedTuple):
    """Whose rows they are: municipality, model family, kind of subject, opaque id of the citizen or other subject."""

    municipality: str
    family: str
    subject: Subject
    citizen: str


Row = (
    PathwayRow
    | VisitRow
    | SpellRow
    | EmploymentRow
    | AssignmentRow
    | ObligationRow
    | CountedRow
    | FactRow
    | FieldRow
    | LastingRow
)
Rows = Mapping[str, Sequence[Row]]
"""The rows of one pathway by the name of their table without its prefix; values in the order of the columns."""


def rows_of(derivation: Derivation, named: Named, asker: Model | None = None) -> Rows:
    """The rows of one pathway, as far as was known and had happened at the points of the derivation.

    `named` tells which facts have rows, and what rows have marks for (`facts.named_by`); `asker` is the model that
    knows kinds which the pathway's own does not know any more.
    """
    timeline = derivation.timeline
    facts, fields, lasting = (
        fact_rows(timeline, named),
        field_rows(timeline, named, asker),
        lasting_rows(timeline, named),
    )
    marks = Marks(named.asked, facts, fields, lasting)
    return {
        "pathways": marks.on("pathways", pathway_rows(timeline)),
        "visits": visit_rows(timeline),
        "spells": spell_rows(timeline),
        "employments": employment_rows(timeline),
        "assignments": assignment_rows(timeline),
        "obligations": obligation_rows(derivation),
        "counted_facts": marks.on("facts", counted_rows(timeline, named)),
        "facts": facts,
        "fact_fields": fields,
        "lasting": lasting,
    }
