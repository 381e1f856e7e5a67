"""Content: what the record of a thing must hold, at once or within a time for supplements."""

from indsats.domain.model import FieldValue
from indsats.domain.obligations.duty import Duty
from indsats.domain.obligations.obligation import Owed, Step
from indsats.domain.obligations.settle import moved_by_holds, settle
from indsats.domain.timeline import Fact


def owed(duty: Duty) -> Owed:
    """Met if the anchor holds the fields and participants, or supplements that name it bring them in time.

    Supplements add up; one that is dated before the anchor counts on the anchor's day. Never lapses.
    """
    rule, anchor = duty.rule, duty.anchor
    counted = duty.timeline.model.calendar.add(anchor.on, rule.within)
    due, by_holds = moved_by_holds(duty, anchor.on, counted)
    fields = set(rule.fields)
    participants = set(rule.participants)
    completed_by: Fact | None = None
    for fact in (anchor, *_supplements(duty)):
        fields -= {field for field in fields if is_filled(fact.fields.get(field))}
        given = fact.fields.get("participants")
        participants -= set(given if isinstance(given, list) else ())
        if not fields and not participants:
            completed_by = fact
            break
    reasons = (Step("counted", anchor.id, counted, rule.within.text), *by_holds)
    return Owed([settle(duty, 1, due, reasons, completed_by, anchor.on, not_before=anchor.on)])


def _supplements(duty: Duty) -> list[Fact]:
    timeline = duty.timeline
    named = (timeline.facts[index] for index in timeline.by_effect.get("supplement", ()))
    return [fact for fact in named if fact.fields.get("of") == duty.anchor.id]


def is_filled(value: FieldValue) -> bool:
    """Whether a field says anything: not missing, blank, empty or false. A sealed value does, unopened."""
    if isinstance(value, str):
        return bool(value.strip())
    return value is not None and value is not False and value != []
