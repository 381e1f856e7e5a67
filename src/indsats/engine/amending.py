"""Facts taken out, and others put in their place."""

from typing import NamedTuple

from indsats.domain.facts import NewFact
from indsats.domain.pathway import Signature
from indsats.engine.intake import Intake
from indsats.engine.recording import Command
from indsats.engine.results import Recorded
from indsats.engine.unit import key_of
from indsats.errors import UnknownFact


class Amendment(NamedTuple):
    """Which fact is to be taken out and why, and the right one if there is one.

    `citizen` is whose it must be, None if that is not to be checked; `signature` says who registered the right one, if
    not who gives the command.
    """

    fact_id: str
    reason: str
    fact: NewFact | None = None
    citizen: str | None = None
    signature: Signature | None = None


def amend(doing: Command, content_key: bytes, municipality: str, wanted: Amendment, unit: str | None) -> Recorded:
    """Make an amendment; one that was made already stays as it is. Raises `UnknownFact`, `FactRefused`."""
    fact_id = wanted.fact_id
    pathway = doing.pathway_of_fact(municipality, fact_id)
    if wanted.citizen not in (None, pathway.citizen):
        raise UnknownFact(f"no fact of {wanted.citizen} in municipality {municipality} has the id {fact_id!r}")
    key, model = key_of(pathway), doing.model_of(pathway)
    is_out = pathway.facts[fact_id].annulled_at is not None
    # What takes the place of a fact is a fact of its own, though it says what one said that is out.
    out = [] if is_out else [other.id for other in pathway.facts.values() if other.annulled_at] + [fact_id]
    intake = Intake(content_key, out)
    annulment = intake.annulment(key, fact_id, wanted.reason, doing.today)
    bodies = [] if wanted.fact is None else intake.facts(model, key, [wanted.fact], unit)
    if is_out and all(pathway.knows(body.fact) for body in bodies):
        return Recorded(0, 1 + len(bodies), [fact_id, *(body.fact for body in bodies)], (), (), ())
    own = Signature(doing.stamp.actor, doing.stamp.role)
    return doing.register(
        pathway, key, model, [annulment, *bodies], signatures=[own, *(wanted.signature or own for _ in bodies)]
    )
