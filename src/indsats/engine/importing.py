"""History from another system: facts with the instants of their first registration, many pathways in a transaction."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from uuid import uuid4

from indsats.domain.model import Model
from indsats.domain.pathway import Stamp
from indsats.domain.values import Actor
from indsats.engine.arrivals import Arrival, Groups, by_municipality, grouped, without
from indsats.engine.intake import Intake
from indsats.engine.results import Recorded, Refusal
from indsats.engine.several import Owners, Several
from indsats.engine.transactions import Transactions, failures_told
from indsats.engine.unit import Parts, UnitOfWork
from indsats.errors import DatabaseFailed, FactsRefused

FACTS_AT_ONCE = 2_000
"""About how many facts are committed together; a pathway is never divided."""


class Importing:
    """One import: everything is checked before anything is recorded, then committed some pathways at a time."""

    def __init__(
        self,
        parts: Parts,
        transactions: Transactions,
        model: Model,
        actor: Actor,
        *,
        dry_run: bool = False,
        progress: Callable[[int], None] = lambda _: None,
    ) -> None:
        self._parts = parts
        self._transactions = transactions
        self._model = model
        self._actor = actor
        self._dry_run = dry_run
        self._progress = progress
        self._command = uuid4().hex

    def run(self, arrivals: Iterable[Arrival], municipality: str, *, skip_refused: bool = False) -> Recorded:
        """Import all, or none if some are refused and are not to be skipped; `progress` is told what is committed.

        A dry run decides the same and saves nothing.
        """
        groups = self._grouped(arrivals, municipality)
        for each in by_municipality(groups):
            self._transactions.require("import", self._actor, each)
        refusals = self._refusals(groups)
        if refusals and not skip_refused:
            raise FactsRefused([f"entry {refusal.place + 1}: {refusal.reason}" for refusal in refusals], refusals)
        done: list[Recorded] = []
        for batch in _batches(without(groups, {refusal.place for refusal in refusals})):
            done.append(self._tried(batch) if self._dry_run else self._commit(batch, sum(one.recorded for one in done)))
            self._progress(len(done[-1].ids))
        return together(done)._replace(refused=refusals)

    def _grouped(self, arrivals: Iterable[Arrival], municipality: str) -> Groups:
        """What belongs to one pathway together, in the order of registration."""
        with failures_told(), self._parts.database.read() as connection:
            intake = Intake(self._parts.content_key(connection))
        groups = grouped(arrivals, self._model, municipality, intake)
        for items in groups.values():
            items.sort(key=lambda item: item.recorded_at)
        return groups

    def _refusals(self, groups: Groups) -> list[Refusal]:
        """Why which of them cannot be recorded, in the order given."""
        owners: Owners = {}
        refusals: list[Refusal] = []
        with failures_told():
            for batch in _batches(groups):
                with self._parts.database.read() as connection:
                    refusals += self._several(UnitOfWork(connection, self._parts, reading=True), batch).refusals(owners)
        return sorted(refusals)

    def _tried(self, batch: Groups) -> Recorded:
        with failures_told(), self._parts.database.read() as connection:
            return self._several(UnitOfWork(connection, self._parts, reading=True), batch).register(save=False)

    def _commit(self, batch: Groups, before: int) -> Recorded:
        """Record some pathways in one transaction, each synced once, as of today."""
        municipality = next(iter(batch)).municipality

        def work(unit: UnitOfWork) -> Recorded:
            return self._several(unit, batch).register()

        try:
            return self._transactions.write("import", self._actor, municipality, work)
        except DatabaseFailed as fault:
            raise DatabaseFailed(
                f"{fault}; {before:,} facts were recorded before: they stay, and importing the same again goes on"
            ) from fault

    def _several(self, unit: UnitOfWork, batch: Groups) -> Several:
        stamp = Stamp(at=unit.now, actor=self._actor.id, role=self._actor.role, command=self._command)
        return Several(unit, batch, self._model, self._parts.models, stamp)


def _batches(groups: Groups) -> Iterator[Groups]:
    """Pathways of one municipality, up to about `FACTS_AT_ONCE` registrations."""
    for of_one in by_municipality(groups).values():
        batch: Groups = {}
        size = 0
        for key, items in of_one.items():
            if batch and size + len(items) > FACTS_AT_ONCE:
                yield batch
                batch, size = {}, 0
            batch[key] = items
            size += len(items)
        if batch:
            yield batch


def together(done: Sequence[Recorded]) -> Recorded:
    """What several transactions did, or the parts of one."""
    return Recorded(
        sum(one.recorded for one in done),
        sum(one.repeated for one in done),
        [fact_id for one in done for fact_id in one.ids],
        [fact_id for one in done for fact_id in one.irregular],
        [found for one in done for found in one.breaches],
        [found for one in done for found in one.withdrawals],
    )
