"""What is owed, one row for each obligation."""

from datetime import date
from typing import NamedTuple

from indsats.domain.calendar import ONE_DAY
from indsats.domain.obligations import Derivation, Obligation
from indsats.projections.assignments import answering, assignments, unit_assigned
from indsats.projections.pathways import unit_before
from indsats.projections.remarks import remark_on


class ObligationRow(NamedTuple):
    """An obligation on the day of its derivation.

    `settled_on` is the first day on which it counts as kept or not kept (the due day, or the day after), if it does.
    `worker` is who answers on that day for the role responsible, `unit` theirs, or else that of the pathway's opening,
    or else that of the latest assignment.
    `remarked_in` is the version of the event with the latest remark on it.
    """

    rule: str
    anchor: str
    n: int
    anchor_fact: str
    anchor_on: date
    anchor_place: int
    employment: str | None
    due: date | None
    book_by: date | None
    status: str
    satisfied_by: str | None
    satisfied_on: date | None
    settled_on: date | None
    force: str
    responsible: str | None
    known_in_time: bool
    cause: str | None
    worker: str | None
    unit: str | None
    remarked_in: int | None


def obligation_rows(derivation: Derivation) -> list[ObligationRow]:
    """The obligations in their order; what lapsed, was waived, is held or still open is not settled."""
    timeline = derivation.timeline
    assigned = assignments(timeline)
    belongs_to = unit_before(timeline) or unit_assigned(assigned, timeline.as_of)
    roles = {owed.responsible for owed in derivation.obligations if owed.responsible is not None}
    by_role = {role: answering(assigned, role, timeline.as_of) for role in roles}
    places = {fact.id: place for place, fact in enumerate(timeline.facts)}
    rows = []
    for owed in derivation.obligations:
        by = None if owed.responsible is None else by_role[owed.responsible]
        remark = remark_on(timeline, owed, places[owed.anchor.id])
        rows.append(
            ObligationRow(
                rule=owed.rule,
                anchor=owed.anchor.id,
                n=owed.n,
                anchor_fact=owed.anchor.kind,
                anchor_on=owed.anchor.on,
                anchor_place=places[owed.anchor.id],
                employment=owed.anchor.text("employment"),
                due=owed.due,
                book_by=owed.book_by,
                status=owed.status,
                satisfied_by=owed.satisfied_by,
                satisfied_on=owed.satisfied_on,
                settled_on=_settled_on(owed),
                force=owed.force,
                responsible=owed.responsible,
                known_in_time=owed.known_in_time,
                cause=owed.cause,
                worker=None if by is None else by.worker,
                unit=belongs_to if by is None or by.unit is None else by.unit,
                remarked_in=None if remark is None else remark.position,
            )
        )
    return rows


def _settled_on(owed: Obligation) -> date | None:
    if owed.due is None or owed.status not in ("met", "met_late", "breached"):
        return None
    return owed.due if owed.status == "met" else owed.due + ONE_DAY
