"""What a replay found, as the document that scripts read: stable keys, null where there is nothing."""

from collections.abc import Mapping
from datetime import date

from indsats.domain.events import DeadlineBreached
from indsats.domain.ledger import Verdict
from indsats.domain.obligations import Obligation
from indsats.domain.phases import NONE
from indsats.engine.results import Owed, View

Json = Mapping[str, object]


def pathway_document(view: View) -> Json:
    """One pathway: phase, irregular facts in fact order, obligations, ledger."""
    timeline = view.derivation.timeline
    return {
        "citizen": view.citizen,
        "municipality": view.municipality,
        "phase": None if timeline.phase == NONE else timeline.phase,
        "irregular": [timeline.facts[index].id for index in timeline.irregular],
        "obligations": [obligation_document(owed) for owed in view.derivation.obligations],
        "ledger": [verdict_document(verdict) for verdict in view.ledger],
    }


def obligation_document(owed: Obligation | Owed) -> Json:
    """One obligation with its anchor; days as ISO text."""
    return {
        "rule": owed.rule,
        "anchor": {"fact": owed.anchor.kind, "on": owed.anchor.on.isoformat(), "id": owed.anchor.id},
        "n": owed.n,
        "due": _text(owed.due),
        "book_by": _text(owed.book_by),
        "status": owed.status,
        "satisfied_on": _text(owed.satisfied_on),
        "force": owed.force,
        "responsible": owed.responsible,
        "known_in_time": owed.known_in_time,
        "cause": owed.cause,
    }


def verdict_document(verdict: Verdict) -> Json:
    """One entry of the ledger: a breach, or the withdrawal of one."""
    breached = isinstance(verdict, DeadlineBreached)
    same: Json = {
        "event": "deadline_breached" if breached else "breach_withdrawn",
        "rule": verdict.rule,
        "anchor": verdict.anchor,
        "anchor_on": verdict.anchor_on.isoformat(),
        "n": verdict.n,
        "due": verdict.due.isoformat(),
        "found_on": verdict.found_on.isoformat(),
    }
    if isinstance(verdict, DeadlineBreached):
        return {**same, "cause": verdict.cause, "known_in_time": verdict.known_in_time}
    return {**same, "because_of": verdict.because_of}


def _text(day: date | None) -> str | None:
    return None if day is None else day.isoformat()
