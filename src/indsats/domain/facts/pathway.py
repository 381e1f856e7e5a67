"""The pathway as a whole: opened and closed, whose it is, holds, waivers, and what is said about other facts."""

from collections.abc import Sequence
from datetime import date

from indsats.domain.facts.new_fact import FieldInput, NewFact, Number, new_fact
from indsats.domain.facts.words import ClosingReason, HoldReason, Role, Route


def pathway_opened(*, on: date, route: Route, at_unit: str | None = None, id: str | None = None) -> NewFact:
    """The pathway began; without this fact it begins with the citizen's first one."""
    return new_fact("pathway_opened", on, id, at_unit=at_unit, route=route)


def pathway_reopened(*, on: date, reason: str | None = None, id: str | None = None) -> NewFact:
    """A closed pathway was opened again, and stands before any phase; `reason` is personal text."""
    return new_fact("pathway_reopened", on, id, reason=reason)


def pathway_closed(*, on: date, reason: ClosingReason, id: str | None = None) -> NewFact:
    """The pathway ended, and with it what is owed; rules of law outlive the reason `project_ended`."""
    return new_fact("pathway_closed", on, id, reason=reason)


def worker_assigned(
    *,
    on: date,
    worker: str,
    as_role: Role,
    at_unit: str,
    functions: Sequence[Role] | None = None,
    fraction: Number | None = None,
    id: str | None = None,
) -> NewFact:
    """A worker took the case; `functions` are a jobformidler's roles, `fraction` is of full time (1 is all of it)."""
    return new_fact(
        "worker_assigned",
        on,
        id,
        worker=worker,
        as_role=as_role,
        functions=functions,
        at_unit=at_unit,
        fraction=fraction,
    )


def worker_released(
    *,
    on: date,
    worker: str,
    as_role: Role,
    at_unit: str,
    functions: Sequence[Role] | None = None,
    fraction: Number | None = None,
    id: str | None = None,
) -> NewFact:
    """A worker left the case; the fields are those of the assignment that ends."""
    return new_fact(
        "worker_released",
        on,
        id,
        worker=worker,
        as_role=as_role,
        functions=functions,
        at_unit=at_unit,
        fraction=fraction,
    )


def no_show(*, on: date, activity: str, id: str | None = None) -> NewFact:
    """The citizen stayed away; `activity` is the kind of fact that would have come of it."""
    return new_fact("no_show", on, id, activity=activity)


def hold_started(*, on: date, reason: HoldReason, id: str | None = None) -> NewFact:
    """A hold began; only rules that name its reason are paused."""
    return new_fact("hold_started", on, id, reason=reason)


def hold_ended(*, on: date, reason: HoldReason, id: str | None = None) -> NewFact:
    """The holds of this reason ended; `on` is the last held day."""
    return new_fact("hold_ended", on, id, reason=reason)


def waived(
    *, on: date, rule: str, reason: str, n: int | None = None, employment: str | None = None, id: str | None = None
) -> NewFact:
    """An obligation of the rule was waived: occurrence `n` from 1, None for all; `reason` is personal text."""
    return new_fact("waived", on, id, rule=rule, n=n, employment=employment, reason=reason)


def breach_remarked(
    *, on: date, rule: str, remark: str, n: int | None = None, employment: str | None = None, id: str | None = None
) -> NewFact:
    """A breach was commented on, which changes no verdict; `remark` is personal text."""
    return new_fact("breach_remarked", on, id, rule=rule, n=n, employment=employment, remark=remark)


def supplemented(*, on: date, of: str, id: str | None = None, **details: FieldInput) -> NewFact:
    """Fields that an earlier fact lacked; `of` is the id of that fact, `details` are fields of its kind."""
    return new_fact("supplemented", on, id, of=of, **details)


def note_added(*, on: date, text: str, id: str | None = None) -> NewFact:
    """A note on the case, which changes no verdict; `text` is personal."""
    return new_fact("note_added", on, id, text=text)
