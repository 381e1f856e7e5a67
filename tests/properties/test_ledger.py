"""What the ledger of breaches promises, held to random histories."""

from collections import Counter
from datetime import UTC, date, datetime, timedelta
from itertools import groupby

import msgspec
from hypothesis import given
from hypothesis import strategies as st
from tests.literal import Found, found_literally
from tests.playing import active, failures, folded, models_of, play, played, stored
from tests.strategies import TIMES, History, Telling, any_history

from indsats.domain.calendar import COPENHAGEN, local_day
from indsats.domain.events import (
    BreachWithdrawn,
    DeadlineBreached,
    DeadlineDueSoon,
    Event,
    FactAnnulled,
    FactRecorded,
    ModelChanged,
)
from indsats.domain.ledger import BreachKey, key_of
from indsats.domain.pathway import Stamp
from indsats.engine.results import View

INSTANT = timedelta(microseconds=1)
NO_DAY = date.min


@given(any_history)
def test_active_breaches_are_the_derived_failures_after_every_record_and_sweep(history: History) -> None:
    for step in play(history):
        if step.swept is None or step.swept.visited:
            for view in step.views():
                assert active(view.ledger) == failures(view.derivation.obligations)


@given(any_history)
def test_a_second_sync_appends_nothing(history: History) -> None:
    for step in play(history):
        if step.swept is None or step.swept.visited:
            before = stored(step.engine)
            again = step.engine.sweep()
            assert (again.breaches, again.withdrawals) == (0, 0)
            assert stored(step.engine) == before
            for events in before.values():
                pathway = folded(events)
                stamp = Stamp(at=step.at, actor="scheduler", role="system", command="again")
                pathway.sync(models_of(history), stamp, step.day)
                assert pathway.collect_events() == []


@st.composite
def _retold(draw: st.DrawFn, history: History) -> History:
    """The same facts, registered at other times and in another order, but for those of one kind and day."""
    days = (history.until - history.first_day).days
    instants: dict[object, list[datetime]] = {}
    for telling in history.tellings:
        day = history.first_day + timedelta(days=draw(st.integers(0, days)))
        at = datetime.combine(day, draw(st.sampled_from(TIMES)), COPENHAGEN).astimezone(UTC)
        instants.setdefault(_alike(telling), []).append(at)
    for same in instants.values():
        same.sort(reverse=True)
    tellings = [telling._replace(at=instants[_alike(telling)].pop()) for telling in history.tellings]
    return history._replace(tellings=tuple(sorted(tellings, key=lambda telling: telling.at)))


def _alike(telling: Telling) -> object:
    said = telling.said
    return (telling.citizen, said.kind, said.on) if isinstance(said, FactRecorded) else said.id


@given(st.data(), any_history)
def test_order_and_time_of_registration_do_not_change_the_active_breaches(
    data: st.DataObject, history: History
) -> None:
    first, second = (played(told).views() for told in (history, data.draw(_retold(history))))
    assert list(map(_standing, first)) == list(map(_standing, second))


def _standing(view: View) -> object:
    """What stands in the end: the breaches, and the obligations but for what depends on the time of registration."""
    timeline = view.derivation.timeline
    owed = [
        (owed.rule, owed.anchor.id, owed.n, owed.due, owed.status, owed.satisfied_by, owed.cause, owed.steps)
        for owed in view.derivation.obligations
    ]
    return (
        view.citizen,
        active(view.ledger),
        owed,
        timeline.phase,
        [timeline.facts[at].id for at in timeline.irregular],
    )


@given(any_history)
def test_nothing_is_deleted_and_a_withdrawn_breach_stays_readable(history: History) -> None:
    seen: dict[str, list[object]] = {}
    for step in play(history):
        if step.swept is None or step.swept.breaches or step.swept.withdrawals:
            for view in step.views():
                assert list(view.ledger)[: len(seen.get(view.citizen, ()))] == seen.get(view.citizen, [])
                seen[view.citizen] = list(view.ledger)
    for citizen, events in stored(step.engine).items():
        raised: dict[BreachKey, datetime] = {}
        for envelope, body in ((event.envelope, event.body) for event in events):
            if not isinstance(body, DeadlineBreached | BreachWithdrawn):
                continue
            assert body in seen[citizen]
            assert body.found_on == local_day(envelope.recorded_at)
            before = envelope.recorded_at - INSTANT
            if isinstance(body, DeadlineBreached):
                raised[key_of(body)] = envelope.recorded_at
            elif raised[key_of(body)] <= before:
                views = {view.citizen: view for view in step.engine.views(local_day(before), before)}
                assert key_of(body) in active(views[citizen].ledger)
                assert active(views[citizen].ledger) == failures(views[citizen].derivation.obligations)


@given(st.data(), any_history)
def test_a_stopped_scheduler_loses_nothing(data: st.DataObject, history: History) -> None:
    days = (history.until - history.first_day).days
    swept_after = data.draw(st.sets(st.integers(0, days), max_size=6))
    swept_on = {history.first_day + timedelta(days=after) for after in swept_after} | {history.until}
    daily, seldom = played(history), played(history, swept_on.__contains__)
    assert _found(stored(daily.engine)) == _found(stored(seldom.engine))


def _found(events: dict[str, list[Event]]) -> dict[str, list[object]]:
    """All that the engine found, but for the day of the finding."""
    return {
        citizen: [
            msgspec.structs.replace(event.body, found_on=NO_DAY)
            for event in of_citizen
            if isinstance(event.body, DeadlineBreached | BreachWithdrawn | DeadlineDueSoon)
        ]
        for citizen, of_citizen in events.items()
    }


@given(any_history)
def test_verdicts_are_found_on_the_days_that_daily_looking_at_every_pathway_finds_them(history: History) -> None:
    views = played(history).views()
    by_queue = {
        view.citizen: Counter(
            Found(isinstance(verdict, DeadlineBreached), key_of(verdict), verdict.found_on) for verdict in view.ledger
        )
        for view in views
    }
    assert by_queue == {citizen: Counter(found) for citizen, found in found_literally(history).items()}


@given(any_history)
def test_the_verdicts_of_one_sync_stand_in_their_order_and_name_what_caused_them(history: History) -> None:
    for events in stored(played(history).engine).values():
        registered = {event.body.fact: event for event in events if isinstance(event.body, FactRecorded)}
        for _, of_command in groupby(events, key=lambda event: event.envelope.command):
            cause = None
            places = []
            for event in of_command:
                match event.body:
                    case FactRecorded():
                        cause = event.body.fact
                    case FactAnnulled() | ModelChanged():
                        cause = event.body.id
                    case BreachWithdrawn():
                        assert event.body.because_of == cause
                        places.append((0, event.body.due, event.body.anchor_on, event.body.rule))
                    case DeadlineBreached():
                        anchored = local_day(registered[event.body.anchor].envelope.recorded_at)
                        assert event.body.known_in_time == (anchored <= event.body.due)
                        places.append((1, event.body.due, event.body.anchor_on, event.body.rule))
                    case _:
                        pass
            assert places == sorted(places)
