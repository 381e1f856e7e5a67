"""From what a host says to registrations: checked against the catalogue, each with its id."""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime

from indsats.domain.catalogue import ADMINISTRATIVE, ANNULLED, MODEL_CHANGED, Catalogue, content_id
from indsats.domain.events import FactAnnulled, FactRecorded, ModelChanged, Subject
from indsats.domain.facts import NewFact
from indsats.domain.fields import Unfit, day_of, text_of
from indsats.domain.model import FieldValue, Model
from indsats.domain.obligations import ChangePolicy
from indsats.domain.pathway import Pathway, Registration
from indsats.errors import FactRefused, FactsInvalid, ValueInvalid
from indsats.projections.rows import PathwayKey


class Intake:
    """Takes the facts of one command: of those that say the same and have no id, each gets its own.

    `content_key` is that of the database, so that ids made of contents tell nothing without it. `out` are the facts
    that are or will be annulled, whose ids none of these can have.
    """

    def __init__(self, content_key: bytes, out: Collection[str] = ()) -> None:
        self._content_key = content_key
        self._out = out
        self._catalogues: dict[str, Catalogue] = {}
        self._alike: Counter[str] = Counter()

    def facts(self, model: Model, key: PathwayKey, facts: Sequence[NewFact], unit: str | None) -> list[FactRecorded]:
        """Facts as they are registered under a model. Raises `FactsInvalid` with every fault of all of them."""
        taken: list[FactRecorded] = []
        faults: list[str] = []
        for number, fact in enumerate(facts, start=1):
            fields, found = self._catalogue(model).check(fact.kind, fact.raw)
            lines = [str(fault) for fault in found]
            if fact.kind in ADMINISTRATIVE:
                lines.append(f"fact: {fact.kind} is no fact; there is a command for it")
            lines += _faults(fact)
            faults += [f"fact {number} ({fact.kind}): {line}" for line in lines]
            if not lines:
                fact_id = fact.id or self._content_id(key, fact.kind, fact.on, fields)
                taken.append(FactRecorded(fact=fact_id, kind=fact.kind, on=fact.on, fields=fields, unit=unit))
        if faults:
            raise FactsInvalid(*faults)
        for fact_id in (fact.fact for fact in taken if fact.fact in self._out):
            raise FactRefused(f"the id {fact_id!r} is that of a fact that is taken out; the right one needs its own")
        return taken

    def annulment(self, key: PathwayKey, fact_id: str, reason: str, on: date) -> FactAnnulled:
        """The annulment of a fact. Raises `FactsInvalid` for a reason that is blank or no text."""
        if (fault := _fault_of_text(reason)) is not None:
            raise FactsInvalid(f"reason: {fault}")
        own_id = self._content_id(key, ANNULLED, on, {"of": fact_id, "reason": reason})
        return FactAnnulled(id=own_id, fact=fact_id, reason=reason)

    def model_change(self, key: PathwayKey, model: Model, policy: ChangePolicy, effective: date) -> ModelChanged:
        """The move of a pathway to another model."""
        fields = {"to": model.reference, "policy": policy, "effective": effective.isoformat()}
        own_id = self._content_id(key, MODEL_CHANGED, effective, fields)
        return ModelChanged(id=own_id, model=model.reference, digest=model.digest, policy=policy, effective=effective)

    def _content_id(self, key: PathwayKey, kind: str, on: date, fields: Mapping[str, FieldValue]) -> str:
        said = (self._content_key, key.municipality, key.citizen, kind, on, fields)
        first = content_id(*said, 1)
        while True:
            self._alike[first] += 1
            found = first if self._alike[first] == 1 else content_id(*said, self._alike[first])
            if found not in self._out:
                return found

    def _catalogue(self, model: Model) -> Catalogue:
        if model.digest not in self._catalogues:
            self._catalogues[model.digest] = Catalogue(model)
        return self._catalogues[model.digest]


def _faults(fact: NewFact) -> list[str]:
    """What is wrong with a fact beside its fields."""
    lines = []
    if fact.id is not None and (fault := _fault_of_text(fact.id)) is not None:
        lines.append(f"id: {fault}")
    on: object = fact.on
    if not isinstance(on, date) or isinstance(on, datetime):
        lines.append(f"on: {on!r} is no day; allowed: a `date`, such as date(2017, 1, 2)")
    else:
        try:
            day_of(on.isoformat())
        except Unfit as unfit:
            lines.append(f"on: {unfit}")
    return lines


def _fault_of_text(value: object) -> str | None:
    """What is wrong with a text that must say something."""
    try:
        return None if text_of(value).strip() else "must not be blank"
    except Unfit as unfit:
        return str(unfit)


def fact_named_by(registration: Registration, model: Model) -> str | None:
    """The id of the fact that an annulment or a supplement names."""
    if isinstance(registration, FactAnnulled):
        return registration.fact
    if isinstance(registration, FactRecorded) and registration.kind in model.facts:
        of = registration.fields.get("of")
        if model.facts[registration.kind].effect == "supplement" and isinstance(of, str):
            return of
    return None


def subject_id(citizen: str) -> str:
    """The id of a citizen or other subject. Raises `FactsInvalid` if it is none."""
    fault = _fault_of_text(citizen)
    if fault is not None or any(sign.isspace() for sign in citizen):
        raise FactsInvalid(f"citizen: {citizen!r} is no id; allowed: an opaque id without white space")
    return citizen


def point_of_view(as_of: date | None, known_at: datetime | None) -> None:
    """Raise `ValueInvalid` for a day that is an instant, and for an instant that no offset makes one."""
    if isinstance(as_of, datetime):
        raise ValueInvalid(f"as_of: {as_of!r} is an instant and no day; allowed: a `date`, such as date(2017, 1, 2)")
    if known_at is not None and known_at.utcoffset() is None:
        raise ValueInvalid(f"known_at: {known_at!r} is no instant; allowed: a `datetime` with its offset")


def not_ahead(known_at: datetime | None, now: datetime, pathway: Pathway) -> datetime:
    """The instant from which a pathway is seen: now, or an earlier one that is asked for.

    What will be registered is not known yet; but what is registered is, though a clock was set back since.
    """
    latest = max(now, pathway.latest)
    return latest if known_at is None else min(known_at, latest)


def subject_of(model: Model, kinds: Sequence[str]) -> Subject:
    """What facts of these kinds are about. Raises `FactsInvalid` if some are about a unit and others are not."""
    found: set[Subject] = {
        "unit" if kind in model.facts and model.facts[kind].subject == "unit" else model.subject for kind in kinds
    }
    if len(found) > 1:
        raise FactsInvalid("facts of a unit and facts of others are recorded by commands of their own")
    return found.pop() if found else model.subject
