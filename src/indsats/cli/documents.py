"""The documents of the commands on a database, which scripts read: stable keys, null where there is nothing."""

from collections.abc import Sequence

from indsats.engine.results import Found, Listed, ModelMoves, Owed, Recorded, Swept
from indsats.replay.document import Json, obligation_document, verdict_document


def recorded_document(done: Recorded, *, repeated: int = 0, refused: int = 0) -> Json:
    """What a registration led to; `repeated` and `refused` are what its files had of these themselves."""
    return {
        "recorded": done.recorded,
        "repeated": done.repeated + repeated,
        "refused": len(done.refused) + refused,
        "irregular": list(done.irregular),
        "breaches": _found(done.breaches),
        "withdrawals": _found(done.withdrawals),
    }


def listed_document(listed: Listed, lang: str) -> Json:
    """A page of a list; `more` if others follow."""
    return {
        "as_of": listed.as_of.isoformat(),
        "known_at": listed.known_at.isoformat(),
        "obligations": [_owed_document(owed, lang) for owed in listed.obligations],
        "more": listed.more,
    }


def reason_of(owed: Owed, lang: str) -> str | None:
    """What is to be done, because of what."""
    if owed.reason is None:
        return None
    return owed.reason.da if lang == "da" else owed.reason.en


def _owed_document(owed: Owed, lang: str) -> Json:
    return {
        "citizen": owed.citizen,
        "municipality": owed.municipality,
        **obligation_document(owed),
        "worker": owed.worker,
        "unit": owed.unit,
        "days_left": owed.days_left,
        "reason": reason_of(owed, lang),
        "remark": owed.remark,
        "handled_by": owed.handled_by,
        "handled_at": owed.handled_at and owed.handled_at.isoformat(),
    }


def swept_document(as_of: str, swept: Swept) -> Json:
    """What a sweep did."""
    return {"as_of": as_of, **swept._asdict()}


def moves_document(moves: ModelMoves) -> Json:
    """What moving pathways to another model did, or would do."""
    return {
        "to": moves.to,
        "dry_run": moves.dry_run,
        "moved": [
            {
                "citizen": move.citizen,
                "municipality": move.municipality,
                "before": move.before,
                "breaches": [verdict_document(verdict) for verdict in move.breaches],
                "withdrawals": [verdict_document(verdict) for verdict in move.withdrawals],
            }
            for move in moves.moved
        ],
        "unchanged": moves.unchanged,
    }


def _found(found: Sequence[Found]) -> list[Json]:
    return [{"citizen": one.citizen, **verdict_document(one.verdict)} for one in found]
