"""The view of one pathway from two points: what had happened by `as_of`, as far as it was registered by `known_at`."""

from bisect import bisect_right
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import NamedTuple

import msgspec

from indsats.domain.calendar import ONE_DAY
from indsats.domain.model import PROJECT_ENDED, FieldValue, Model
from indsats.domain.phases import CLOSED, NONE


class Fact(msgspec.Struct, frozen=True, gc=False):
    """Something that happened to a citizen, as registered.

    `on` is the day it took effect, `recorded_at` the UTC instant of its registration, `position` its place in the
    stream; `annulled_at` is when it was taken out, if it was.
    """

    id: str
    kind: str
    on: date
    recorded_at: datetime
    position: int = 0
    fields: Mapping[str, FieldValue] = {}
    annulled_at: datetime | None = None

    def text(self, field: str) -> str | None:
        """A field that holds text, or None."""
        value = self.fields.get(field)
        return value if isinstance(value, str) else None


class Visit(msgspec.Struct):
    """A stay in one phase: from the fact at index `start` to the fact at index `end`, which ends it.

    `phase` is `none` before the first move. The fact that opens a visit lies in it; `end` is None while it lasts.
    """

    phase: str
    stretch: int
    start: int
    end: int | None = None


class Closing(NamedTuple):
    """A fact that closed the pathway, by its place in fact order."""

    place: int
    project_ended: bool


class Run(msgspec.Struct):
    """One employment from its start to the fact that ended it, by index; the same id started again is another run.

    An end of the same day comes first in fact order, so `end` can be less than `start`.
    """

    id: str | None
    start: int
    end: int | None = None


class Hold(msgspec.Struct):
    """Days on which duties may rest, both included; `last` is None while the hold is open."""

    reason: str | None
    first: date
    last: date | None = None


class Timeline:
    """The facts of a view in fact order, and what they make: visits, employments, holds.

    All indexes are places in `facts`. Facts that lie in `closed` belong to no visit, but for the regular ones, which
    can anchor: they belong to the visit that the closing cut short.
    """

    def __init__(self, model: Model, facts: Iterable[Fact], as_of: date, known_at: datetime) -> None:
        self.model = model
        self.as_of = as_of
        kinds = model.facts
        self.next_planned: date | None = None
        seen = []
        for fact in facts:
            if fact.recorded_at > known_at or (fact.annulled_at is not None and fact.annulled_at <= known_at):
                continue
            if fact.on <= as_of:
                seen.append(fact)
            elif self.next_planned is None or fact.on < self.next_planned:
                self.next_planned = fact.on
        self.facts: Sequence[Fact] = sorted(seen, key=fact_order(model))
        self.by_kind: dict[str, list[int]] = {}
        self.by_effect: dict[str, list[int]] = {}
        for index, fact in enumerate(self.facts):
            self.by_kind.setdefault(fact.kind, []).append(index)
            if (kind := kinds.get(fact.kind)) and kind.effect:
                self.by_effect.setdefault(kind.effect, []).append(index)
        self._move_through_phases()
        self.runs = self._pair_employments()
        self.holds = self._pair_holds()
        self._held: dict[frozenset[str], list[tuple[date, date | None]]] = {}

    def _move_through_phases(self) -> None:
        phases = self.model.compiled_phases
        visit = Visit(NONE, 0, 0)
        self.visits = [visit]
        self.closings: list[Closing] = []
        self.visit_of: list[Visit | None] = []
        self.irregular: list[int] = []
        phase = NONE
        for index, fact in enumerate(self.facts):
            target = phases.after(fact.kind, phase)
            if target is None:
                if phase == CLOSED and self._anchors_in_closed(fact):
                    self.visit_of.append(visit)
                    continue
                if not (phase == CLOSED and self._closes(fact)):
                    self.irregular.append(index)
            elif target == CLOSED:
                if phase != CLOSED:
                    visit.end = index
                    self.visit_of.append(visit)
                    self.closings.append(Closing(index, fact.fields.get("reason") == PROJECT_ENDED))
                    phase = CLOSED
                    continue
            elif target != phase:
                if phase != CLOSED:
                    visit.end = index
                visit = Visit(target, len(self.closings), index)
                self.visits.append(visit)
                phase = target
            self.visit_of.append(None if phase == CLOSED else visit)
        self.phase = phase
        self._stays = sorted({*(visit.start for visit in self.visits), *(closing.place for closing in self.closings)})

    def _anchors_in_closed(self, fact: Fact) -> bool:
        """Whether a fact without a move may lie in `closed`: a remark, or what the law asks for after the project."""
        kind = self.model.facts.get(fact.kind)
        if kind is not None and kind.effect in ("supplement", "remark"):
            return True
        return self.closings[-1].project_ended and fact.kind in self.model.kinds_outliving_the_project

    def _closes(self, fact: Fact) -> bool:
        kind = self.model.facts.get(fact.kind)
        return kind is not None and kind.effect == "close"

    def _pair_employments(self) -> list[Run]:
        runs: list[Run] = []
        running: dict[str | None, list[Run]] = {}
        early_ends: dict[tuple[str | None, date], list[int]] = {}
        for index in self._with_effects("employment_start", "employment_end"):
            fact = self.facts[index]
            employment = fact.text("employment")
            if self.model.facts[fact.kind].effect == "employment_start":
                run = Run(employment, index)
                runs.append(run)
                if ends := early_ends.get((employment, fact.on)):
                    run.end = ends.pop(0)
                else:
                    running.setdefault(employment, []).append(run)
            elif open_runs := running.pop(employment, None):
                for run in open_runs:
                    run.end = index
            else:
                early_ends.setdefault((employment, fact.on), []).append(index)
        return runs

    def _pair_holds(self) -> list[Hold]:
        holds: list[Hold] = []
        open_holds: dict[str | None, Hold] = {}
        early_ends: dict[tuple[str | None, date], int] = {}
        for index in self._with_effects("hold_start", "hold_end"):
            fact = self.facts[index]
            reason = fact.text("reason")
            if self.model.facts[fact.kind].effect == "hold_start":
                if early_ends.get((reason, fact.on)):
                    early_ends[reason, fact.on] -= 1
                    holds.append(Hold(reason, fact.on, fact.on))
                elif reason not in open_holds:
                    open_holds[reason] = Hold(reason, fact.on)
                    holds.append(open_holds[reason])
            elif hold := open_holds.pop(reason, None):
                hold.last = fact.on
            else:
                early_ends[reason, fact.on] = early_ends.get((reason, fact.on), 0) + 1
        return holds

    def _with_effects(self, *effects: str) -> list[int]:
        return sorted(index for effect in effects for index in self.by_effect.get(effect, ()))

    def can_anchor(self, index: int) -> bool:
        """Whether duties arise from a fact: from any in a phase, and in `closed` from the regular ones."""
        return self.visit_of[index] is not None

    def stay(self, index: int) -> tuple[int, int | None]:
        """The facts that begin and end the time in a phase, or in `closed`, in which a fact lies; None while it lasts.

        A fact that leads somewhere lies where it leads.
        """
        after = bisect_right(self._stays, index)
        return self._stays[after - 1], self._stays[after] if after < len(self._stays) else None

    def lies_in_closed(self, index: int) -> bool:
        """Whether a fact lies behind one that closed the pathway, or is that fact."""
        begin, _ = self.stay(index)
        return any(closing.place == begin for closing in self.closings)

    def phase_before(self, index: int) -> str:
        """The phase in which a fact finds the pathway."""
        if index == 0:
            return NONE
        before = self.visit_of[index - 1]
        return CLOSED if before is None or (before.end is not None and before.end < index) else before.phase

    def closing_after(self, index: int, *, outlives_project: bool) -> int | None:
        """The closing at or after a fact; one for the end of the project is passed over if `outlives_project`."""
        for closing in self.closings:
            if closing.place >= index and not (outlives_project and closing.project_ended):
                return closing.place
        return None

    def run_of(self, index: int) -> Run | None:
        """The employment that a fact belongs to: the one it starts, else the latest started that runs there."""
        employment = self.facts[index].text("employment")
        found = None
        for run in self.runs:
            if index in (run.start, run.end):
                return run
            if run.id == employment and run.start < index and (run.end is None or index < run.end):
                found = run
        return found

    def runs_for(self, index: int) -> list[Run]:
        """The runs that an agreement is made for: those of its employment that run there, else the next that starts."""
        employment = self.facts[index].text("employment")
        later: list[Run] = []
        running: list[Run] = []
        for run in self.runs:
            if run.id == employment:
                if run.start > index:
                    later.append(run)
                elif run.end is None or index < run.end:
                    running.append(run)
        return running or later[:1]

    def held_days(self, reasons: frozenset[str]) -> list[tuple[date, date | None]]:
        """The holds of these reasons as intervals that do not overlap, in order; an open one is last and has no end."""
        if not reasons or not self.holds:
            return []
        if reasons not in self._held:
            merged: list[tuple[date, date | None]] = []
            for first, last in sorted(
                ((hold.first, hold.last) for hold in self.holds if hold.reason in reasons),
                key=lambda interval: interval[0],
            ):
                if merged and ((before := merged[-1][1]) is None or first <= before + ONE_DAY):
                    if before is not None and (last is None or last > before):
                        merged[-1] = (merged[-1][0], last)
                else:
                    merged.append((first, last))
            self._held[reasons] = merged
        return self._held[reasons]


def fact_order(model: Model) -> Callable[[Fact], tuple[date, int, datetime, int]]:
    """The key that orders facts: day, rank of the kind, instant of registration, place in the stream."""
    kinds = model.facts

    def place(fact: Fact) -> tuple[date, int, datetime, int]:
        rank = kinds[fact.kind].rank if fact.kind in kinds else len(kinds)
        return (fact.on, rank, fact.recorded_at, fact.position)

    return place
