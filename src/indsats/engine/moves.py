"""Pathways moved to another model: one, or all that a filter finds; tried out before, if wished."""

from collections.abc import Callable, Collection, Iterator
from datetime import date
from itertools import islice
from typing import NamedTuple
from uuid import uuid4

from indsats.domain.calendar import local_day
from indsats.domain.events import BreachWithdrawn, DeadlineBreached
from indsats.domain.model import Model
from indsats.domain.obligations import ChangePolicy
from indsats.domain.pathway import Pathway, Stamp
from indsats.domain.values import Actor
from indsats.engine.intake import Intake
from indsats.engine.results import ModelMove, ModelMoves
from indsats.engine.transactions import Transactions, failures_told
from indsats.engine.unit import Parts, UnitOfWork, key_of
from indsats.errors import UnknownPathway
from indsats.store.fold import fold_streams
from indsats.store.mapper import EventMapper

_AT_ONCE = 100


class Chosen(NamedTuple):
    """Which pathways: of these citizens, under this model (`id@version`), in this phase; None is all."""

    citizens: Collection[str] | None = None
    model: str | None = None
    phase: str | None = None


EVERYONE = Chosen()
"""All pathways of the municipality."""


class Change(NamedTuple):
    """The change: to which model, what becomes of older obligations, the first day under it."""

    to: Model
    policy: ChangePolicy
    effective: date


class Moving:
    """Moves pathways of one family and subject in one municipality."""

    def __init__(self, parts: Parts, transactions: Transactions, actor: Actor, change: Change) -> None:
        self._parts = parts
        self._transactions = transactions
        self._actor = actor
        self._change = change
        self._command = uuid4().hex

    def run(
        self,
        municipality: str,
        family: str,
        chosen: Chosen,
        *,
        dry_run: bool,
        progress: Callable[[int], None] = lambda _: None,
    ) -> ModelMoves:
        """Move those chosen, a hundred in a transaction; a dry run decides the same and saves nothing.

        Raises `UnknownPathway` if some are named of whom nothing is registered.
        """
        self._transactions.require("change_model", self._actor, municipality)
        streams: list[str] = []
        missing = set(chosen.citizens or ())
        with failures_told(), self._parts.database.read() as connection:
            for pathway in fold_streams(connection, EventMapper(), municipality=municipality, family=family):
                if pathway.subject == self._change.to.subject:
                    missing.discard(pathway.citizen)
                    if self._is_chosen(pathway, chosen):
                        streams.append(pathway.stream)
        if missing:
            named = ", ".join(sorted(missing))
            raise UnknownPathway(f"nothing is registered about {named} in municipality {municipality}")
        moved: list[ModelMove] = []
        remaining = iter(streams)
        while some := list(islice(remaining, _AT_ONCE)):
            moved += self._tried(some) if dry_run else self._moved(municipality, some)
            progress(len(some))
        return ModelMoves(self._change.to.reference, dry_run, moved, len(streams) - len(moved))

    def _is_chosen(self, pathway: Pathway, chosen: Chosen) -> bool:
        now = self._parts.clock.now()
        if chosen.citizens is not None and pathway.citizen not in chosen.citizens:
            return False
        if chosen.model not in (None, self._model_of(pathway).reference):
            return False
        return chosen.phase is None or (
            pathway.derive(self._parts.models, local_day(now), now).timeline.phase == chosen.phase
        )

    def _moved(self, municipality: str, streams: list[str]) -> list[ModelMove]:
        def work(unit: UnitOfWork) -> list[ModelMove]:
            pathways = [unit.pathway(stream) for stream in streams]
            due = {stream: unit.queue.day_of(stream) for stream in streams}
            changed = list(self._decided(unit, pathways, due))
            unit.save([pathway for pathway, _ in changed])
            return [move for _, move in changed]

        return self._transactions.write("change_model", self._actor, municipality, work, sealing=False)

    def _tried(self, streams: list[str]) -> list[ModelMove]:
        with failures_told(), self._parts.database.read() as connection:
            unit = UnitOfWork(connection, self._parts, sealing=False, reading=True)
            pathways = [unit.pathway(stream) for stream in streams]
            due = {stream: unit.queue.day_of(stream) for stream in streams}
            return [move for _, move in self._decided(unit, pathways, due)]

    def _decided(
        self, unit: UnitOfWork, pathways: list[Pathway], due: dict[str, date | None]
    ) -> Iterator[tuple[Pathway, ModelMove]]:
        """The pathways that are not there yet, moved, with what that finds; those that are get no event."""
        stamp = Stamp(at=unit.now, actor=self._actor.id, role=self._actor.role, command=self._command)
        change = self._change
        for pathway in pathways:
            before = self._model_of(pathway)
            intake = Intake(self._parts.content_key(unit.connection))
            registration = intake.model_change(key_of(pathway), change.to, change.policy, change.effective)
            if before.digest == change.to.digest or pathway.knows(registration.id):
                continue
            is_full = unit.is_full(pathway.municipality)
            pathway.record([registration], self._parts.models, stamp, due[pathway.stream], is_full=is_full)
            found = [event.body for event in pathway.pending]
            yield (
                pathway,
                ModelMove(
                    pathway.citizen,
                    pathway.municipality,
                    before.reference,
                    [body for body in found if isinstance(body, DeadlineBreached)],
                    [body for body in found if isinstance(body, BreachWithdrawn)],
                ),
            )

    def _model_of(self, pathway: Pathway) -> Model:
        """The last model that the pathway was moved to, though it may take effect later only."""
        return pathway.model_periods(self._parts.models, self._parts.clock.now())[-1].model
