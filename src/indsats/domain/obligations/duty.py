"""A rule at one of its anchors: the scope in which it is owed, what satisfies it there, what waives it."""

from collections.abc import Iterator, Mapping
from datetime import date

from indsats.domain.model import ByLatest, FieldValue, Match, Rule
from indsats.domain.timeline import Fact, Timeline


class Duty:
    """One rule at one anchor.

    `start` and `end` are the indexes of the facts that begin and end the scope (or chain); `end` is None while it runs,
    and `ended_on` is the day of that end. `last` is the last fact that can satisfy: the ending one itself, unless the
    duty was cut. Precedence and content are settled by the anchor and never lapse, so that for them no day ends.
    """

    __slots__ = ("anchor", "employment", "end", "ended_on", "index", "last", "rule", "start", "timeline")

    def __init__(self, rule: Rule, timeline: Timeline, index: int, cut: date | None = None) -> None:
        self.rule = rule
        self.timeline = timeline
        self.index = index
        self.anchor: Fact = timeline.facts[index]
        self.employment = self.anchor.fields.get("employment")
        self.start, self.end = self._scope()
        self.ended_on: date | None = None
        if rule.stop:
            self._stop_chain()
        self.last = self.end
        if rule.kind in ("precedence", "content"):
            return
        if self.end is not None:
            self.ended_on = timeline.facts[self.end].on
        if cut is not None and (self.ended_on is None or self.ended_on >= cut):
            self._cut_before(cut)

    def _scope(self) -> tuple[int, int | None]:
        timeline, index = self.timeline, self.index
        outlives_project = self.rule.basis == "law"
        visit = timeline.visit_of[index]
        assert visit is not None, "a fact that lies in closed anchors nothing"
        closing = timeline.closing_after(index, outlives_project=outlives_project)
        stretch_start = next(first.start for first in timeline.visits if first.stretch == visit.stretch)
        begin, end = timeline.stay(index)
        if self.rule.scope == "pathway":
            # The fact that closes lies in the stretch that it ends.
            return (begin, end) if timeline.lies_in_closed(index) and begin < index else (stretch_start, closing)
        if self.rule.scope == "phase":
            outlived = outlives_project and any(stop.place == end and stop.project_ended for stop in timeline.closings)
            return begin, closing if outlived else end
        run = timeline.run_of(index)
        if run is None:
            return stretch_start, closing
        ends = [end for end in (run.end, closing) if end is not None]
        return run.start, min(ends, default=None)

    def _stop_chain(self) -> None:
        bound = self.rule.scope == "employment"
        for kind in self.rule.stop:
            for index in self.timeline.by_kind.get(kind, ()):
                if index <= self.index or (self.end is not None and index >= self.end):
                    continue
                if not bound or self.timeline.facts[index].fields.get("employment") in (None, self.employment):
                    self.end = index
                    break

    def _cut_before(self, day: date) -> None:
        """End the duty at the beginning of a day, before any of its facts."""
        facts = self.timeline.facts
        self.ended_on = day
        self.end = next((index for index, fact in enumerate(facts) if fact.on >= day), len(facts))
        self.last = self.end - 1

    def candidates(self, earliest: date | None, *, in_scope: bool = True) -> Iterator[tuple[int, Fact]]:
        """The facts that can satisfy, in fact order: from `earliest` on (None: from any day), never the anchor itself.

        `in_scope`: none after the fact that ends the scope.
        """
        timeline = self.timeline
        matches: dict[str, list[Match]] = {}
        if self.rule.by is None:
            for match in self.rule.require:
                matches.setdefault(match.fact, []).append(match)
        else:
            matches = {kind: [Match(kind)] for kind in self.rule.by.kinds}
        indexes = [index for kind in matches for index in timeline.by_kind.get(kind, ())]
        if len(matches) > 1:
            indexes.sort()
        for index in indexes:
            fact = timeline.facts[index]
            if index == self.index or (earliest is not None and fact.on < earliest):
                continue
            if in_scope and self.last is not None and index > self.last:
                return
            if any(self._accepts(match, fact.fields) for match in matches[fact.kind]) and self._is_decided_for(fact):
                yield index, fact

    def _accepts(self, match: Match, fields: Mapping[str, FieldValue]) -> bool:
        of_another = self.rule.scope == "employment" and fields.get("employment") != self.employment
        # A rule bound to one employment asks for the same, unless its conditions speak of the employment.
        if of_another and not any(condition.field == "employment" for condition in match.where):
            return False
        return match.accepts(fields, self.anchor.fields)

    def _is_decided_for(self, candidate: Fact) -> bool:
        """Whether the candidate's kind is what is asked for on its day."""
        return self.rule.by is None or candidate.kind == self._asked_on(self.rule.by, candidate.on)

    def _asked_on(self, by: ByLatest, day: date) -> str | None:
        """The kind that the latest decider in the anchor's visit, on or before a day, asks for."""
        timeline = self.timeline
        stay = timeline.stay(self.index)
        wanted = by.otherwise
        for index in timeline.by_kind.get(by.latest, ()):
            decider = timeline.facts[index]
            if decider.on <= day and timeline.stay(index) == stay:
                wanted = by.cases.get(str(decider.fields.get(by.field)), by.otherwise)
        return wanted

    def limit_on(self, day: date) -> str | None:
        """The limit that may stand in the way on a day: none where something else than usual was decided on."""
        by = self.rule.by
        return self.rule.limit if by is None or self._asked_on(by, day) == by.otherwise else None

    def agreements(self) -> list[tuple[int, Fact]]:
        """The agreements on a cadence for the anchor's employment, in fact order, each with its index.

        One that was signed while the employment ran belongs to that run; one that was not, to the run that starts next.
        """
        if not self.rule.agreement:
            return []
        timeline = self.timeline
        mine = timeline.run_of(self.index)
        return [
            (index, fact)
            for index in timeline.by_effect.get("agreement", ())
            if (fact := timeline.facts[index]).fields.get("employment") == self.employment
            and (fact.fields.get("follow_up_every") or fact.fields.get("follow_up_dates"))
            and (mine is None or mine in timeline.runs_for(index))
        ]

    def has_ended_before(self, index: int) -> bool:
        """Whether the scope (or chain) ended before a fact."""
        return self.end is not None and self.end < index

    def waiver(self, n: int, due: date | None) -> Fact | None:
        """The fact that waives occurrence n: in scope where it lies, on or before `due`; first one that waives all."""
        found: Fact | None = None
        for index in self.timeline.by_effect.get("waiver", ()):
            fact = self.timeline.facts[index]
            fields = fact.fields
            if (
                fields.get("rule") == self.rule.id
                and fields.get("n") in (None, n)
                and fields.get("employment") in (None, self.employment)
                and (due is None or fact.on <= due)
                and index >= self.start
                and (self.end is None or index < self.end)
            ):
                if fields.get("n") is None:
                    return fact
                found = found or fact
        return found

    def move_by_holds(self, counted_from: date, due: date) -> date | None:
        """`due` later by the held days after `counted_from`; None while an open hold makes it unknown."""
        for first, last in self.timeline.held_days(self.rule.pause_on):
            begin = max(first, date.fromordinal(counted_from.toordinal() + 1))
            if begin > due:
                break
            if last is None:
                return None
            if last >= begin:
                due = date.fromordinal(due.toordinal() + (last - begin).days + 1)
        return due

    def is_held_on(self, day: date) -> bool:
        """Whether a day lies in a hold that the rule pauses for, its last day included."""
        held = self.timeline.held_days(self.rule.pause_on)
        return any(first <= day and (last is None or day <= last) for first, last in held)
