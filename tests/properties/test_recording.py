"""What recording promises, held to random histories: all of it or nothing, and never an error that nobody meant."""

from datetime import date, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st
from tests.playing import folded, models_of, stored, transactions
from tests.strategies import SMALL, STEVNS, History, histories, wild_histories

from indsats.clock import VirtualClock
from indsats.domain.calendar import noon_of
from indsats.domain.events import FactAnnulled, FactRecorded
from indsats.errors import FactRefused
from indsats.replay.document import pathway_document
from indsats.replay.memory import MemoryEngine


@given(histories(SMALL) | histories(STEVNS))
def test_what_is_recorded_live_is_legal_or_refused_with_nothing_left_behind(history: History) -> None:
    clock = VirtualClock(history.tellings[0].at)
    engine = MemoryEngine(history.model, clock, "0336")
    for at, citizen, registrations in transactions(history.tellings):
        clock.at = at
        before = stored(engine)
        new = {said.fact for said in registrations if isinstance(said, FactRecorded)}
        try:
            engine.record(citizen, registrations, actor="w1", role="caseworker")
        except FactRefused as refused:
            allowed = refused.allowed
            assert allowed or any(isinstance(said, FactAnnulled) for said in registrations)
            assert stored(engine) == before
        else:
            pathway = folded(stored(engine)[citizen])
            assert new <= pathway.facts.keys()
            last_day = max((fact.on for fact in pathway.facts.values()), default=history.until)
            timeline = pathway.derive(models_of(history), last_day, at).timeline
            assert new.isdisjoint(timeline.facts[index].id for index in timeline.irregular)


@given(st.data(), wild_histories(STEVNS) | wild_histories(SMALL))
def test_facts_of_any_kind_and_day_never_raise(data: st.DataObject, history: History) -> None:
    clock = VirtualClock(history.tellings[0].at)
    engine = MemoryEngine(history.model, clock, "0336")
    for at, citizen, registrations in transactions(history.tellings):
        clock.at = at
        engine.record(citizen, registrations, actor="w1", role="caseworker", late=True)
    facts = [telling.said for telling in history.tellings if isinstance(telling.said, FactRecorded)]
    day = data.draw(st.sampled_from(facts)).on + data.draw(st.integers(-3000, 3000).map(timedelta))
    [view] = engine.views(day, clock.at)
    assert pathway_document(view)["citizen"] == "c1"


STARTED = FactRecorded(fact="start", kind="ledighedsydelse_started", on=date(2017, 1, 2), fields={"route": "mover_in"})
REFERRED = FactRecorded(fact="referred", kind="referred", on=date(2017, 1, 2), fields={"track": "job_club"})


def _record_at(engine: MemoryEngine, clock: VirtualClock, at: datetime, said: FactRecorded) -> None:
    clock.at = at
    engine.record("c1", [said], actor="w1", role="caseworker")


def test_the_instants_of_a_stream_never_go_back_though_the_clock_does() -> None:
    clock = VirtualClock(noon_of(STARTED.on))
    engine = MemoryEngine(STEVNS, clock, "0336")
    _record_at(engine, clock, noon_of(STARTED.on), STARTED)
    _record_at(engine, clock, noon_of(STARTED.on) - timedelta(hours=2), REFERRED)
    instants = [event.envelope.recorded_at for event in stored(engine)["c1"]]
    assert instants == sorted(instants)


def test_the_same_fact_recorded_again_changes_nothing() -> None:
    clock = VirtualClock(noon_of(STARTED.on))
    engine = MemoryEngine(STEVNS, clock, "0336")
    _record_at(engine, clock, noon_of(STARTED.on), STARTED)
    before = stored(engine)
    _record_at(engine, clock, noon_of(STARTED.on) + timedelta(days=1), STARTED)
    assert stored(engine) == before


def test_a_record_of_nothing_opens_no_pathway() -> None:
    engine = MemoryEngine(STEVNS, VirtualClock(noon_of(STARTED.on)), "0336")
    engine.record("c1", [], actor="w1", role="caseworker")
    assert stored(engine) == {}
