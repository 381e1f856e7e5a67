"""Cadences: something is to happen again and again, rolling from the last time, on a grid of days, or in windows."""

from collections.abc import Iterator
from datetime import date
from itertools import count
from typing import NamedTuple

from indsats.domain.calendar import ONE_DAY
from indsats.domain.obligations.duty import Duty
from indsats.domain.obligations.obligation import Obligation, Owed, Step
from indsats.domain.obligations.schedule import Planned, as_agreed, grid_days, rolling_after
from indsats.domain.obligations.settle import moved_by_holds, rolled, settle
from indsats.domain.timeline import Fact


def owed(duty: Duty) -> Owed:
    """The occurrences that exist at `as_of`, by the rule's mode."""
    return _rolling(duty) if duty.rule.mode == "rolling" else _windows(duty)


def _rolling(duty: Duty) -> Owed:
    """Each due day counts from the last time it was done; no next occurrence until the last one is settled."""
    obligations: list[Obligation] = []
    last, previous = duty.anchor.on, None
    held_facts = list(duty.candidates(duty.anchor.on))
    for n in count(1):
        planned = as_agreed(duty, last, previous, rolling_after(duty, last))
        if planned is None:
            break
        held, by_holds = moved_by_holds(duty, planned.counted_from, planned.due)
        due, by_roll = rolled(duty, held)
        index, fact = next((done for done in held_facts if done[1].on > planned.counted_from), (None, None))
        reasons = (*planned.reasons, *by_holds, *by_roll)
        found = settle(duty, n, due, reasons, fact, planned.counted_from + ONE_DAY)
        obligations.append(found)
        if found.satisfied_on is not None and index != duty.end:
            last = found.satisfied_on
        elif found.status == "waived" and due is not None and _is_waived_alone(duty, n, due):
            # The chain goes on as if held on the due day, from that day on.
            if due > duty.timeline.as_of:
                return Owed(obligations, due)
            last = due
        else:
            break
        previous = due
    return Owed(obligations)


def _is_waived_alone(duty: Duty, n: int, due: date | None) -> bool:
    waiver = duty.waiver(n, due)
    return waiver is not None and waiver.fields.get("n") is not None


class _Window(NamedTuple):
    """An occurrence: its window (`planned.counted_from`, `planned.due`], and `due` after holds and roll."""

    n: int
    planned: Planned
    due: date | None
    reasons: tuple[Step, ...]


def _windows(duty: Duty) -> Owed:
    windows: list[_Window] = []
    begins: date | None = None
    last, previous = duty.anchor.on, None
    own_days = grid_days(duty)
    own = next(own_days, None)
    for n in count(1):
        while own is not None and own[0] <= last:
            own = next(own_days, None)
        planned = as_agreed(duty, last, previous, own and Planned(last, *own))
        if planned is None or (duty.ended_on is not None and planned.counted_from >= duty.ended_on):
            break
        if planned.counted_from >= duty.timeline.as_of:
            begins = planned.counted_from + ONE_DAY
            break
        held, by_holds = moved_by_holds(duty, planned.counted_from, planned.due)
        due, by_roll = rolled(duty, held)
        windows.append(_Window(n, planned, due, (*planned.reasons, *by_holds, *by_roll)))
        last, previous = planned.due, due
    done = _fill_windows(duty, windows) if duty.rule.mode == "window" else _fill_grid(duty, windows)
    obligations = []
    for window in windows:
        fact = done.get(window.n)
        from_day = window.planned.counted_from + ONE_DAY
        found = settle(duty, window.n, window.due, window.reasons, fact, from_day)
        obligations.append(found)
        if found.status == "waived" and not _is_waived_alone(duty, window.n, window.due):
            return Owed(obligations)
    return Owed(obligations, begins)


def _fill_grid(duty: Duty, windows: list[_Window]) -> dict[int, Fact]:
    """Each fact in order to the earliest unsatisfied occurrence whose window has begun; waived ones wait no longer."""
    done: dict[int, Fact] = {}
    for fact in _later_facts(duty):
        for window in windows:
            if window.planned.counted_from >= fact.on:
                break
            waived = window.due is not None and fact.on > window.due and duty.waiver(window.n, window.due) is not None
            if window.n not in done and not waived:
                done[window.n] = fact
                break
    return done


def _fill_windows(duty: Duty, windows: list[_Window]) -> dict[int, Fact]:
    """The first fact of each window counts for it; the others count for nothing."""
    done: dict[int, Fact] = {}
    for fact in _later_facts(duty):
        for window in windows:
            if window.planned.counted_from < fact.on <= window.planned.due:
                done.setdefault(window.n, fact)
    return done


def _later_facts(duty: Duty) -> Iterator[Fact]:
    return (fact for _, fact in duty.candidates(duty.anchor.on + ONE_DAY))
