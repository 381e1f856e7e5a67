"""What views promise, held to random histories: they change nothing, and only facts and named days change them."""

from collections.abc import Mapping
from datetime import datetime, timedelta

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.playing import folded, models_of, play, played, stored, transactions
from tests.strategies import History, any_history

from indsats.domain.calendar import ONE_DAY, end_of, local_day, start_of
from indsats.domain.obligations import Derivation
from indsats.domain.pathway import Pathway, Stamp
from indsats.replay.document import Json, pathway_document
from indsats.replay.facts_file import read_facts
from indsats.replay.outcome import play as replay
from indsats.replay.source import Source

POINTS = st.integers(-400, 4000).map(timedelta)


@given(st.data(), any_history)
def test_views_append_nothing_and_can_be_asked_for_any_points(data: st.DataObject, history: History) -> None:
    engine = played(history).engine
    before = stored(engine)
    for known_after, as_of_after in data.draw(st.lists(st.tuples(POINTS, POINTS), min_size=1, max_size=5)):
        known_at = start_of(history.first_day + known_after)
        for view in engine.views(history.first_day + as_of_after, known_at):
            assert pathway_document(view)["citizen"] == view.citizen
    assert stored(engine) == before


@given(any_history)
def test_what_was_seen_from_two_points_is_seen_from_them_for_ever(history: History) -> None:
    seen: dict[datetime, list[Json]] = {}
    for step in play(history):
        if step.swept is None or step.swept.visited:
            # Of several things of one instant the last one counts: known at an instant is all that was known by then.
            seen[step.at] = list(map(pathway_document, step.views()))
    for at, documents in seen.items():
        assert list(map(pathway_document, step.engine.views(local_day(at), at))) == documents


@settings(max_examples=settings().max_examples // 2)
@given(any_history)
def test_stored_events_folded_again_are_the_pathway_that_decided_them(history: History) -> None:
    pathways = _never_stored(history)
    events = stored(played(history).engine)
    assert events.keys() == pathways.keys()
    for citizen, live in pathways.items():
        rebuilt = folded(events[citizen])
        assert _state(rebuilt) == _state(live)
        assert rebuilt.collect_events() == []
        now = (models_of(history), history.until, end_of(history.until))
        assert _result(rebuilt.derive(*now)) == _result(live.derive(*now))
        assert rebuilt.collect_events() == []


def _never_stored(history: History) -> Mapping[str, Pathway]:
    """The same history with pathways that are held in memory and looked at every day."""
    models = models_of(history)
    pathways: dict[str, Pathway] = {}
    to_record = list(transactions(history.told_by(history.until)))
    day = history.first_day
    while day <= history.until:
        for pathway in pathways.values():
            pathway.sync(models, Stamp(at=start_of(day), actor="scheduler", role="system", command=str(day)), day)
        while to_record and to_record[0].at <= end_of(day):
            at, citizen, registrations = to_record.pop(0)
            stamp = Stamp(at=at, actor="w1", role="caseworker", command=str(at))
            if citizen not in pathways:
                pathways[citizen] = Pathway(citizen, "0336")
                pathways[citizen].open(citizen, history.model, stamp)
            pathways[citizen].record(registrations, models, stamp, None)
        day += ONE_DAY
    for pathway in pathways.values():
        pathway.collect_events()
    return pathways


def _state(pathway: Pathway) -> dict[str, object]:
    """All that a pathway holds, but for the name of its stream."""
    return {name: value for name, value in vars(pathway).items() if name not in ("stream", "municipality", "derived")}


@given(any_history)
def test_before_the_next_change_the_derivation_is_the_same_on_every_day(history: History) -> None:
    models, known_at = models_of(history), end_of(history.until)
    for events in stored(played(history).engine).values():
        pathway = folded(events)
        day = min(fact.on for fact in pathway.facts.values()) - ONE_DAY
        derivation = pathway.derive(models, day, known_at)
        while derivation.next_change is not None and day < history.until + timedelta(days=200):
            assert derivation.next_change > day
            # Each of the first days, for what is forgotten is mostly one day off; then some, and the last.
            for step in (1, 2, 3, (derivation.next_change - day).days // 2, (derivation.next_change - day).days - 1):
                if (between := day + timedelta(days=step)) < derivation.next_change:
                    assert _result(pathway.derive(models, between, known_at)) == _result(derivation), f"on {between}"
            day = derivation.next_change
            derivation = pathway.derive(models, day, known_at)
        if derivation.next_change is None:
            for step in (1, 2, 30, 366, 4000):
                later = pathway.derive(models, day + timedelta(days=step), known_at)
                assert _result(later) == _result(derivation)


def _result(derivation: Derivation) -> tuple[object, ...]:
    """All that a derivation says, but for the day on which its last steps look at it."""
    obligations = [
        msgspec.structs.replace(
            owed,
            steps=tuple(
                msgspec.structs.replace(step, on=None) if step.what == "result" else step for step in owed.steps
            ),
        )
        for owed in derivation.obligations
    ]
    timeline = derivation.timeline
    return (obligations, derivation.next_change, timeline.phase, timeline.irregular, timeline.holds, timeline.runs)


def _document(history: History, lines: list[str]) -> bytes:
    """What `indsats replay --json` says of these lines of a file."""
    file = read_facts("\n".join(lines).encode(), "facts.jsonl", history.model)
    source = Source("facts.jsonl", "", history.model, history.until, file.entries, file.repeated, file.models)
    return msgspec.json.encode(replay(source).document())


@settings(max_examples=settings().max_examples // 4)
@given(any_history)
def test_the_same_file_twice_is_the_same_document(history: History) -> None:
    assert _document(history, history.lines()) == _document(history, history.lines())


@settings(max_examples=settings().max_examples // 2)
@given(st.data(), any_history)
def test_the_order_of_the_lines_of_different_instants_makes_no_difference(
    data: st.DataObject, history: History
) -> None:
    instants = sorted({telling.at for telling in history.tellings})
    shuffled = data.draw(st.permutations(instants))
    lines = [
        line
        for instant in shuffled
        for telling, line in zip(history.tellings, history.lines(), strict=True)
        if telling.at == instant
    ]
    assert _document(history, lines) == _document(history, history.lines())
