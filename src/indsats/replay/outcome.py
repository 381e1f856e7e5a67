"""One file replayed: played, and compared with what it expects."""

from collections.abc import Callable, Sequence
from datetime import date, datetime
from typing import NamedTuple

from indsats.domain.calendar import end_of, local_day
from indsats.domain.events import BreachWithdrawn, DeadlineBreached, Subject
from indsats.engine.results import View
from indsats.projections.kpis import KpiResult, kpis_of
from indsats.projections.rows import PathwayKey
from indsats.replay.document import Json, pathway_document
from indsats.replay.expectations import Failure, failures
from indsats.replay.run import Replayed, replay
from indsats.replay.source import Source


class Outcome(NamedTuple):
    """A finished replay, seen from its end or from a point."""

    source: Source
    run: Replayed
    as_of: date
    known_at: datetime
    views: Sequence[View]
    kpis: Sequence[KpiResult]
    failed: Sequence[Failure]

    @property
    def breaches(self) -> int:
        """How many breaches the ledgers hold, withdrawn ones too."""
        return sum(isinstance(verdict, DeadlineBreached) for view in self.views for verdict in view.ledger)

    @property
    def withdrawals(self) -> int:
        """How many of the breaches were withdrawn."""
        return sum(isinstance(verdict, BreachWithdrawn) for view in self.views for verdict in view.ledger)

    def document(self) -> Json:
        """What scripts read: one element of `files`."""
        model = self.source.model
        return {
            "file": self.source.file,
            "title": self.source.title or None,
            "model": {"id": model.id, "version": model.version, "digest": model.digest},
            "as_of": self.as_of.isoformat(),
            "known_at": self.known_at.isoformat(),
            "pathways": [pathway_document(view) for view in self.views],
            "kpis": [kpi.document for kpi in self.kpis],
            "expectations": {
                "checked": len(self.source.expect),
                "failed": [str(failure) for failure in self.failed],
            },
        }


def play(
    source: Source,
    as_of: date | None = None,
    known_at: datetime | None = None,
    progress: Callable[[int], None] = lambda _: None,
) -> Outcome:
    """Replay a file and look at it from its end, or as of a day and as known at an instant."""
    run = replay(source.model, source.entries, source.until, others=source.others, progress=progress)
    known_at = known_at or end_of(source.until)
    as_of = as_of or local_day(known_at)
    views = run.views(as_of, known_at)

    def pathways(as_of: date, known_at: datetime) -> Sequence[Json]:
        return [pathway_document(view) for view in run.views(as_of, known_at)]

    def kpis(as_of: date, known_at: datetime) -> Sequence[Json]:
        return [kpi.document for kpi in _kpis(run, run.views(as_of, known_at), as_of, known_at)]

    failed = failures(source.expect, source.until, pathways, kpis)
    return Outcome(source, run, as_of, known_at, views, _kpis(run, views, as_of, known_at), failed)


def _kpis(run: Replayed, views: Sequence[View], as_of: date, known_at: datetime) -> list[KpiResult]:
    """The figures of the pathways; facts of units are among what they count and go by."""
    model = run.engine.model
    told: list[tuple[Subject, View]] = [(model.subject, view) for view in views]
    told += [("unit", unit) for unit in run.units(as_of, known_at)]
    keys = (PathwayKey(view.municipality, model.family, subject, view.citizen) for subject, view in told)
    return kpis_of(zip(keys, (view.derivation for _, view in told), strict=True), model, as_of)
