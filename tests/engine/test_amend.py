"""Annulling and correcting: what stood before stays readable, and a correction never loses the fact."""

from datetime import timedelta

import pytest
from tests.engine.looking import KIM, MONDAY, everything, known, started, talked

from indsats.clock import VirtualClock
from indsats.domain import facts
from indsats.domain.events import BreachWithdrawn, DeadlineBreached
from indsats.domain.facts import NewFact
from indsats.engine import Engine
from indsats.errors import FactRefused, FactsInvalid, UnknownFact

TUESDAY = MONDAY + timedelta(days=1)


def referred(track: facts.Track, id: str | None = None) -> NewFact:
    return facts.referred(on=MONDAY, track=track, id=id)


def tracks(engine: Engine) -> list[object]:
    """The tracks to which the citizen is referred, as it stands now."""
    timeline = engine.pathway("c1", actor=KIM).derivation.timeline
    return [fact.fields["track"] for fact in timeline.facts if fact.kind == "referred"]


def test_an_annulled_fact_is_out_from_then_on_and_was_there_before(engine: Engine, clock: VirtualClock) -> None:
    engine.record("c1", [started(), talked()], actor=KIM)
    before = clock.at
    clock.at += timedelta(days=1)
    done = engine.annul("talk", "another citizen", actor=KIM)
    assert (done.recorded, done.repeated) == (1, 0)
    assert known(engine, "c1") == [("start", "ledighedsydelse_started")]
    then = engine.pathway("c1", actor=KIM, known_at=before).derivation.timeline
    assert [fact.id for fact in then.facts] == ["start", "talk"]


def test_what_an_annulment_heals_and_breaks_is_found_at_once(engine: Engine, clock: VirtualClock) -> None:
    engine.record("c1", [started(), talked()], actor=KIM)
    clock.at += timedelta(days=30)
    engine.sweep()
    broken = engine.annul("talk", "another citizen", actor=KIM)
    assert "first_conversation" in {found.verdict.rule for found in broken.breaches}
    healed = engine.annul("start", "never was", actor=KIM)
    assert "first_conversation" in {found.verdict.rule for found in healed.withdrawals}
    ledger = engine.ledger("c1", actor=KIM)
    mine = [type(verdict) for verdict in ledger if verdict.rule == "first_conversation"]
    assert mine == [DeadlineBreached, BreachWithdrawn]


def test_annulling_again_changes_nothing(engine: Engine, clock: VirtualClock) -> None:
    engine.record("c1", [started(), talked()], actor=KIM)
    engine.annul("talk", "another citizen", actor=KIM)
    before = everything(engine)
    clock.at += timedelta(days=5)
    done = engine.annul("talk", "said otherwise", actor=KIM)
    assert (done.recorded, done.repeated) == (0, 1)
    assert everything(engine) == before


def test_a_fact_that_is_out_stays_out_when_its_record_comes_again(engine: Engine) -> None:
    engine.record("c1", [started(), talked()], actor=KIM)
    engine.annul("talk", "another citizen", actor=KIM)
    assert engine.record("c1", talked(), actor=KIM).repeated == 1
    assert known(engine, "c1") == [("start", "ledighedsydelse_started")]


def test_what_is_no_fact_cannot_be_taken_out(engine: Engine) -> None:
    engine.record("c1", started(), actor=KIM)
    annulment = engine.annul("start", "wrong", actor=KIM).ids[0]
    for unknown in ("nothing", annulment):
        with pytest.raises(UnknownFact, match=unknown):
            engine.annul(unknown, "wrong", actor=KIM)
        with pytest.raises(UnknownFact, match=unknown):
            engine.correct(unknown, talked(), actor=KIM)


@pytest.mark.parametrize("reason", ["", " \n", "a\0b", "\ud800"], ids=repr)
def test_a_reason_must_say_something(engine: Engine, reason: str) -> None:
    engine.record("c1", started(), actor=KIM)
    before = everything(engine)
    with pytest.raises(FactsInvalid, match="reason: "):
        engine.annul("start", reason, actor=KIM)
    assert everything(engine) == before


def test_a_correction_puts_one_fact_in_the_place_of_another(engine: Engine) -> None:
    engine.record("c1", [started(), talked()], actor=KIM)
    done = engine.correct("start", started(TUESDAY, "start/2"), actor=KIM)
    assert (done.recorded, done.repeated, done.ids[-1]) == (2, 0, "start/2")
    assert ("start/2", "ledighedsydelse_started") in engine_tomorrow(engine)
    assert ("start", "ledighedsydelse_started") not in engine_tomorrow(engine)


def engine_tomorrow(engine: Engine) -> list[tuple[str, str]]:
    view = engine.pathway("c1", actor=KIM, as_of=TUESDAY)
    return [(fact.id, fact.kind) for fact in view.derivation.timeline.facts]


def test_a_correction_sent_again_changes_nothing(engine: Engine) -> None:
    engine.record("c1", [started(), referred("job_club")], actor=KIM)
    wrong = engine.record("c1", referred("job_club"), actor=KIM).ids[0]
    for _ in range(2):
        engine.correct(wrong, referred("individual"), actor=KIM)
        assert tracks(engine) == ["individual"]
    before = everything(engine)
    assert engine.correct(wrong, referred("individual"), actor=KIM).recorded == 0
    assert everything(engine) == before


def test_a_correction_taken_back_leaves_the_fact_as_it_was_first_said(engine: Engine) -> None:
    engine.record("c1", started(), actor=KIM)
    [first] = engine.record("c1", referred("job_club"), actor=KIM).ids
    second = engine.correct(first, referred("individual"), actor=KIM).ids[-1]
    third = engine.correct(second, referred("job_club"), actor=KIM).ids[-1]
    assert tracks(engine) == ["job_club"]
    assert engine.correct(third, referred("individual"), actor=KIM).recorded == 2
    assert tracks(engine) == ["individual"]


def test_a_correction_that_says_the_same_keeps_the_fact(engine: Engine) -> None:
    engine.record("c1", started(), actor=KIM)
    [first] = engine.record("c1", referred("job_club"), actor=KIM).ids
    engine.correct(first, referred("job_club"), actor=KIM)
    assert tracks(engine) == ["job_club"]


def test_the_right_fact_needs_an_id_of_its_own(engine: Engine) -> None:
    engine.record("c1", [started(), referred("job_club", "r1"), referred("individual", "r2")], actor=KIM)
    engine.annul("r2", "wrong", actor=KIM)
    before = everything(engine)
    for right in (referred("job_club", "r1"), referred("external_provider", "r1"), referred("individual", "r2")):
        with pytest.raises(FactRefused, match=f"the id '{right.id}' is that of a fact that is taken out"):
            engine.correct("r1", right, actor=KIM)
    assert everything(engine) == before
    assert tracks(engine) == ["job_club"]


def test_a_correction_that_is_refused_leaves_the_fact_that_it_corrects(engine: Engine) -> None:
    engine.record("c1", [started(), talked()], actor=KIM)
    before = everything(engine)
    with pytest.raises(FactsInvalid, match="did you mean"):
        engine.correct("talk", NewFact(kind="first_conversation_hold", on=MONDAY), actor=KIM)
    with pytest.raises(FactRefused):
        engine.correct("talk", facts.pathway_reopened(on=MONDAY), actor=KIM)
    assert everything(engine) == before
