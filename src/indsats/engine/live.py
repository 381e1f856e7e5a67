"""Live recording of much at once: registrations of several pathways, in one transaction or not at all."""

from collections.abc import Sequence
from uuid import uuid4

from indsats.domain.model import Model
from indsats.domain.pathway import Stamp
from indsats.domain.values import Actor
from indsats.engine.arrivals import Arrival, Groups, by_municipality, grouped, without
from indsats.engine.importing import together
from indsats.engine.intake import Intake
from indsats.engine.results import Recorded, Refusal
from indsats.engine.several import Owners, Several
from indsats.engine.transactions import Transactions
from indsats.engine.unit import Parts, UnitOfWork
from indsats.errors import FactsRefused
from indsats.store.connection import Host


class Recording:
    """Records what several people registered, at the instant of the transaction."""

    def __init__(self, parts: Parts, transactions: Transactions, model: Model, actor: Actor, *, late: bool) -> None:
        self._parts = parts
        self._transactions = transactions
        self._model = model
        self._actor = actor
        self._late = late
        self._command = uuid4().hex

    def run(
        self,
        arrivals: Sequence[Arrival],
        municipality: str,
        *,
        skip_refused: bool = False,
        host: Host | None = None,
    ) -> Recorded:
        """Record all, or none if some are refused and are not to be skipped; in the order given, pathway by pathway."""
        for each in dict.fromkeys(arrival.municipality or municipality for arrival in arrivals):
            self._transactions.require("record", self._actor, each, host=host)

        def work(unit: UnitOfWork) -> Recorded:
            intake = Intake(self._parts.content_key(unit.connection))
            groups = grouped(arrivals, self._model, municipality, intake)
            refusals = self._refusals(unit, groups)
            if refusals and not skip_refused:
                raise FactsRefused([f"entry {refusal.place + 1}: {refusal.reason}" for refusal in refusals], refusals)
            left = without(groups, {refusal.place for refusal in refusals})
            done = [self._several(unit, of_one).register() for of_one in by_municipality(left).values()]
            return together(done)._replace(refused=refusals)

        return self._transactions.write("record", self._actor, municipality, work, host=host)

    def _refusals(self, unit: UnitOfWork, groups: Groups) -> list[Refusal]:
        owners: Owners = {}
        every = (self._several(unit, of_one) for of_one in by_municipality(groups).values())
        return sorted(refusal for several in every for refusal in several.refusals(owners, late=self._late))

    def _several(self, unit: UnitOfWork, groups: Groups) -> Several:
        stamp = Stamp(at=unit.now, actor=self._actor.id, role=self._actor.role, command=self._command)
        return Several(unit, groups, self._model, self._parts.models, stamp, live=True)
