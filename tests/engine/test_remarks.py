"""Remarks: what somebody wrote about a breach stands on the lists, sealed in the database, and changes no verdict."""

from datetime import date, datetime, timedelta

import pytest
from sqlalchemy import text
from tests.engine.looking import KIM, MONDAY, rows, started

from indsats.clock import VirtualClock
from indsats.domain import facts
from indsats.domain.facts import NewFact
from indsats.domain.values import Actor
from indsats.engine import Engine
from indsats.engine.lists import WAITING, Wanted
from indsats.engine.results import Owed
from indsats.errors import FactsInvalid
from indsats.store.sealing import PLACEHOLDER

BO = Actor("bo", "team_leader")
RULE = "first_conversation"
NOBODY = (None, None, None)
WORDS = "Borgeren var indlagt, samtalen er flyttet"

TWO_JOBS = [
    facts.flexjob_started(on=MONDAY, employment="kitchen", weekly_hours=8),
    facts.flexjob_started(on=MONDAY, employment="garden", weekly_hours=5),
]


def remark(rule: str = RULE, words: str = WORDS, n: int | None = None, employment: str | None = None) -> NewFact:
    return facts.breach_remarked(on=MONDAY, rule=rule, remark=words, n=n, employment=employment)


def breached(engine: Engine, clock: VirtualClock, *before: NewFact, days: int = 30) -> None:
    """A citizen with breaches that a sweep has found."""
    engine.record("c1", list(before) or [started()], actor=KIM)
    clock.at += timedelta(days=days)
    assert engine.sweep().breaches


def listed(engine: Engine, rule: str = RULE, known_at: datetime | None = None) -> list[Owed]:
    """The citizen's duties of one rule, as both lists show them."""
    wanted = Wanted(rule=rule)
    owed = list(engine.obligations(actor=KIM, wanted=wanted, known_at=known_at).obligations)
    waiting = engine.follow_ups(actor=KIM, wanted=wanted, known_at=known_at).obligations
    assert [one for one in owed if one.status in WAITING] == list(waiting)
    return owed


def shown(owed: Owed) -> tuple[str | None, str | None, object]:
    return owed.remark, owed.handled_by, owed.handled_at


def test_a_remark_stands_on_the_breach_with_who_wrote_it_and_when(engine: Engine, clock: VirtualClock) -> None:
    breached(engine, clock)
    [before] = listed(engine)
    assert shown(before) == NOBODY
    clock.at += timedelta(hours=3)
    engine.record("c1", remark(), actor=BO)
    [after] = listed(engine)
    assert shown(after) == (WORDS, "bo", clock.at)
    assert after == before._replace(remark=WORDS, handled_by="bo", handled_at=clock.at)


def test_of_several_the_latest_stands(engine: Engine, clock: VirtualClock) -> None:
    breached(engine, clock)
    engine.record("c1", remark(words="først"), actor=KIM)
    clock.at += timedelta(days=1)
    engine.record("c1", remark(words="så"), actor=BO)
    [owed] = listed(engine)
    assert shown(owed) == ("så", "bo", clock.at)


def test_a_remark_on_another_rule_stands_there_alone(engine: Engine, clock: VirtualClock) -> None:
    breached(engine, clock)
    engine.record("c1", remark("job_club"), actor=BO)
    assert [shown(owed) for owed in listed(engine)] == [NOBODY]
    assert [owed.remark for owed in listed(engine, "job_club")] == [WORDS]


def test_a_remark_with_n_stands_on_that_occurrence_alone(engine: Engine, clock: VirtualClock) -> None:
    held = facts.follow_up_held(on=date(2017, 2, 20), employment="kitchen", participants=["follow_up_worker"])
    breached(engine, clock, *TWO_JOBS[:1], days=90)
    engine.record("c1", held, actor=KIM)
    assert [owed.n for owed in listed(engine, "follow_up")] == [1, 2]
    engine.record("c1", remark("follow_up", n=2), actor=BO)
    assert [owed.remark for owed in listed(engine, "follow_up")] == [None, WORDS]
    engine.record("c1", remark("follow_up", "begge"), actor=BO)
    assert [owed.remark for owed in listed(engine, "follow_up")] == ["begge", "begge"]


def test_a_remark_with_an_employment_stands_on_that_one_alone(engine: Engine, clock: VirtualClock) -> None:
    breached(engine, clock, *TWO_JOBS)
    rule = "expectation_alignment"
    engine.record("c1", remark(rule, "jobbet i haven", employment="garden"), actor=BO)
    jobs = {row[0]: row[1] for row in rows(engine, "indsats_obligations", "anchor", "employment")}
    assert {jobs[one.anchor.id]: one.remark for one in listed(engine, rule)} == {
        "kitchen": None,
        "garden": "jobbet i haven",
    }


def test_a_remark_from_before_the_duty_arose_does_not_stand_on_it(engine: Engine, clock: VirtualClock) -> None:
    early = facts.breach_remarked(on=MONDAY - timedelta(days=1), rule=RULE, remark=WORDS)
    breached(engine, clock, started(), early)
    assert [shown(owed) for owed in listed(engine)] == [NOBODY]


def test_an_annulled_remark_stands_no_more_and_the_one_before_does(engine: Engine, clock: VirtualClock) -> None:
    breached(engine, clock)
    engine.record("c1", remark(words="rigtig"), actor=KIM)
    wrong = engine.record("c1", remark(words="forkert borger"), actor=BO).ids[0]
    before = clock.at
    clock.at += timedelta(days=1)
    engine.annul(wrong, "another citizen", actor=BO)
    assert [owed.remark for owed in listed(engine)] == ["rigtig"]
    assert [owed.remark for owed in listed(engine, known_at=before)] == ["forkert borger"]


def test_a_view_from_before_the_remark_does_not_show_it(engine: Engine, clock: VirtualClock) -> None:
    breached(engine, clock)
    before = clock.at
    clock.at += timedelta(days=1)
    engine.record("c1", remark(), actor=BO)
    assert [shown(owed) for owed in listed(engine, known_at=before)] == [NOBODY]
    assert [shown(owed) for owed in listed(engine, known_at=clock.at)] == [(WORDS, "bo", clock.at)]


def test_a_remark_changes_no_verdict_and_no_duty(engine: Engine, clock: VirtualClock) -> None:
    breached(engine, clock)
    ledger = engine.ledger("c1", actor=KIM)
    owed = engine.pathway("c1", actor=KIM).derivation.obligations
    done = engine.record("c1", remark(), actor=BO)
    assert (done.recorded, done.breaches, done.withdrawals, done.irregular) == (1, [], [], [])
    assert engine.ledger("c1", actor=KIM) == ledger
    assert engine.pathway("c1", actor=KIM).derivation.obligations == owed
    assert {one.status for one in listed(engine)} == {"breached"}


def test_a_remark_is_legal_after_the_closing(engine: Engine, clock: VirtualClock) -> None:
    breached(engine, clock)
    engine.record("c1", facts.pathway_closed(on=MONDAY + timedelta(days=20), reason="moved_out"), actor=KIM)
    done = engine.record("c1", facts.breach_remarked(on=MONDAY + timedelta(days=25), rule=RULE, remark=WORDS), actor=BO)
    assert done.irregular == []
    assert [(owed.status, owed.remark) for owed in listed(engine)] == [("breached", WORDS)]


def test_the_words_are_sealed_in_the_database_and_open_on_the_list(engine: Engine, clock: VirtualClock) -> None:
    breached(engine, clock)
    engine.record("c1", remark(), actor=BO)
    states = [state for (state,) in rows(engine, "indsats_events", "state")]
    assert not [state for state in states if "indlagt" in state]
    [sealed] = [state for state in states if "breach_remarked" in state]
    assert '"remark":"sealed:v1:' in sealed
    assert RULE in sealed, "only the words are sealed"
    for table in ("indsats_obligations", "indsats_facts", "indsats_fact_fields"):
        assert "indlagt" not in repr(rows(engine, table))
    assert [owed.remark for owed in listed(engine)] == [WORDS]


def test_words_whose_key_is_erased_are_told_of_and_change_no_verdict(engine: Engine, clock: VirtualClock) -> None:
    breached(engine, clock)
    engine.record("c1", remark(), actor=BO)
    ledger = engine.ledger("c1", actor=KIM)
    with engine.transaction() as connection:
        erased = connection.execute(text("DELETE FROM indsats_citizen_keys WHERE subject_id = 'c1'"))
        assert erased.rowcount == 1
    assert [shown(owed) for owed in listed(engine)] == [(PLACEHOLDER, "bo", clock.at)]
    assert PLACEHOLDER == "[sealed]"
    assert engine.ledger("c1", actor=KIM) == ledger
    assert {owed.status for owed in listed(engine)} == {"breached"}


def test_a_remark_needs_its_words(engine: Engine, clock: VirtualClock) -> None:
    breached(engine, clock)
    with pytest.raises(FactsInvalid, match="remark: missing"):
        engine.record("c1", NewFact(kind="breach_remarked", on=MONDAY, fields={"rule": RULE}), actor=BO)
