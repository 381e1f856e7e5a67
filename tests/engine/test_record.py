"""Recording: all of a command or nothing, once and not twice, and what is refused says what would be allowed."""

from datetime import date, timedelta
from typing import cast

import pytest
from tests.engine.looking import KIM, MONDAY, closed, everything, instants, known, rows, started, talked

from indsats.clock import VirtualClock
from indsats.domain import facts
from indsats.domain.calendar import noon_of
from indsats.domain.facts import NewFact
from indsats.domain.values import Actor
from indsats.engine import Engine
from indsats.errors import ConcurrentChange, FactRefused, FactsInvalid, NotAllowed, UnknownPathway
from indsats.store.keys import Keys


def test_the_first_fact_opens_the_pathway_and_says_what_it_led_to(engine: Engine, clock: VirtualClock) -> None:
    clock.at += timedelta(days=30)
    done = engine.record("c1", [started(), talked(MONDAY + timedelta(days=8))], actor=KIM)
    assert (done.recorded, done.repeated, list(done.ids)) == (2, 0, ["start", "talk"])
    found = {(found.citizen, found.municipality, found.verdict.rule) for found in done.breaches}
    assert ("c1", "0336", "first_conversation") in found
    assert known(engine, "c1") == [
        ("start", "ledighedsydelse_started"),
        ("talk", "first_conversation_held"),
    ]


# Once and not twice


@pytest.mark.parametrize("id", ["start", None], ids=["with an id", "by its content"])
def test_the_same_fact_again_has_the_same_answer_and_adds_nothing(
    engine: Engine, clock: VirtualClock, id: str | None
) -> None:
    first = engine.record("c1", started(id=id), actor=KIM)
    before = everything(engine)
    clock.at += timedelta(days=1)
    again = engine.record("c1", started(id=id), actor=Actor("bo", "mentor"))
    assert (again.recorded, again.repeated, again.ids) == (0, 1, first.ids)
    assert everything(engine) == before


def test_facts_that_say_the_same_in_one_command_are_each_one_of_their_own(engine: Engine) -> None:
    first = engine.record("c1", [talked(id=None), talked(id=None)], actor=KIM)
    assert first.recorded == len(set(first.ids)) == 2
    again = engine.record("c1", [talked(id=None), talked(id=None)], actor=KIM)
    assert (again.recorded, again.ids) == (0, first.ids)


def test_an_id_given_twice_in_one_command_is_one_fact(engine: Engine) -> None:
    done = engine.record("c1", [talked(), talked()], actor=KIM)
    assert (done.recorded, done.repeated) == (1, 1)
    with pytest.raises(FactRefused, match="'twice' is that of another fact"):
        engine.record("c1", [started(id="twice"), talked(id="twice")], actor=KIM)
    assert known(engine, "c1") == [("talk", "first_conversation_held")]


def test_the_id_with_another_content_is_refused(engine: Engine) -> None:
    engine.record("c1", started(), actor=KIM)
    for other in (started(MONDAY + timedelta(days=1)), talked(id="start")):
        with pytest.raises(FactRefused, match="'start' is that of another fact, ledighedsydelse_started on 2017-01-02"):
            engine.record("c1", other, actor=KIM)
    assert known(engine, "c1") == [("start", "ledighedsydelse_started")]


def test_the_id_of_another_citizen_is_refused(engine: Engine) -> None:
    engine.record("c1", started(), actor=KIM)
    with pytest.raises(FactRefused, match="'start' is that of a fact of another pathway in municipality 0336"):
        engine.record("c2", started(), actor=KIM)
    with pytest.raises(UnknownPathway):
        known(engine, "c2")


def test_the_same_id_in_another_municipality_is_another_fact(
    database_url: str, clock: VirtualClock, keys: Keys
) -> None:
    with Engine(
        database_url, "stevns-2017", municipality=["0336", "0851"], clock=clock, keys=keys, create=True
    ) as both:
        both.record("c1", [started(), talked(id=None)], actor=KIM)
        done = both.record("c1", started(), actor=KIM, municipality="0851")
        assert done.recorded == 1
        assert known(both, "c1", "0851") == [("start", "ledighedsydelse_started")]
        assert len(known(both, "c1")) == 2


def test_ids_made_of_contents_differ_between_databases(
    engine: Engine, database_url: str, clock: VirtualClock, keys: Keys, tmp_path_factory: pytest.TempPathFactory
) -> None:
    elsewhere = f"sqlite:///{tmp_path_factory.mktemp('other')}/other.db"
    with Engine(elsewhere, "stevns-2017", clock=clock, keys=keys, create=True) as other:
        assert (
            other.record("c1", started(id=None), actor=KIM).ids != engine.record("c1", started(id=None), actor=KIM).ids
        )
    with Engine(database_url, "stevns-2017", clock=clock, keys=keys) as same:
        assert same.record("c1", started(id=None), actor=KIM).repeated == 1


# Refused


def test_a_refused_command_leaves_nothing_but_the_note_of_it(engine: Engine, clock: VirtualClock) -> None:
    engine.record("c1", closed(), actor=KIM)
    before = everything(engine)
    clock.at += timedelta(days=3)
    with pytest.raises(FactRefused) as refused:
        engine.record("c1", [talked(), started(MONDAY + timedelta(days=1))], actor=KIM)
    assert everything(engine) == before
    columns = ("at", "actor", "role", "municipality", "command", "subject_id", "reason")
    assert rows(engine, "indsats_refusals", *columns) == [
        ("2017-01-05T11:00:00.000000Z", "kim", "caseworker", "0336", "record", "c1", str(refused.value))
    ]


def test_a_fact_without_a_legal_move_is_refused_with_what_is_allowed(engine: Engine) -> None:
    engine.record("c1", [started(), closed()], actor=KIM)
    with pytest.raises(FactRefused, match="no legal move from phase closed") as refused:
        engine.record("c1", started(MONDAY + timedelta(days=1), "again"), actor=KIM)
    assert "pathway_reopened" in refused.value.allowed
    assert "ledighedsydelse_started" not in refused.value.allowed
    for kind in refused.value.allowed:
        assert kind in engine.model.facts


def test_what_is_said_to_be_late_is_kept_and_flagged(engine: Engine, clock: VirtualClock) -> None:
    engine.record("c1", [started(), closed()], actor=KIM)
    clock.at += timedelta(days=1)
    done = engine.record("c1", started(MONDAY + timedelta(days=1), "again"), actor=KIM, late=True)
    assert (done.recorded, list(done.irregular)) == (1, ["again"])
    timeline = engine.pathway("c1", actor=KIM).derivation.timeline
    assert [timeline.facts[index].id for index in timeline.irregular] == ["again"]


def test_a_legal_fact_said_to_be_late_is_not_flagged(engine: Engine) -> None:
    assert list(engine.record("c1", started(), actor=KIM, late=True).irregular) == []


def test_every_fault_of_every_fact_is_told_and_nothing_is_recorded(engine: Engine) -> None:
    wrong = [
        NewFact(kind="ledighedsydelse_startet", on=MONDAY),
        started(),
        NewFact(kind="flexjob_started", on=date(1800, 1, 1), fields={"weekly_hours": 169, "wekly": 1}, id=" "),
        NewFact(kind="annulled", on=MONDAY, fields={"of": "start", "reason": "wrong"}),
    ]
    before = everything(engine)
    with pytest.raises(FactsInvalid) as invalid:
        engine.record("c1", wrong, actor=KIM)
    told = [str(fault) for fault in invalid.value.faults]
    beginnings = [
        "fact 1 (ledighedsydelse_startet): fact: 'ledighedsydelse_startet' is no kind of fact; allowed: pathway_opened",
        "fact 3 (flexjob_started): weekly_hours: '169' ",
        "fact 3 (flexjob_started): wekly: unknown field; allowed: employment, weekly_hours",
        "fact 3 (flexjob_started): employment: missing",
        "fact 3 (flexjob_started): id: must not be blank",
        "fact 3 (flexjob_started): on: '1800-01-01' lies outside 1900-01-01 to 2199-12-31",
        "fact 4 (annulled): fact: annulled is no fact; there is a command for it",
    ]
    for fault, beginning in zip(told, beginnings, strict=True):
        assert fault.startswith(beginning.replace("'169' ", "")), fault
    assert told[0].endswith("did you mean ledighedsydelse_started?")
    assert everything(engine) == before


@pytest.mark.parametrize(
    "on",
    [noon_of(MONDAY).replace(tzinfo=None), noon_of(MONDAY), cast(date, "2017-01-02"), cast(date, None)],
    ids=repr,
)
def test_what_is_no_day_is_refused_as_one(engine: Engine, on: date) -> None:
    with pytest.raises(FactsInvalid, match=r"fact 1 \(ledighedsydelse_started\): on: .* is no day; allowed: a `date`"):
        engine.record("c1", started(on), actor=KIM)
    assert rows(engine, "indsats_events") == []


@pytest.mark.parametrize("id", ["", " ", "a\0b", "\ud800", cast(str, 17)], ids=repr)
def test_what_is_no_id_is_refused_as_one(engine: Engine, id: str) -> None:
    with pytest.raises(FactsInvalid, match=r"fact 1 \(ledighedsydelse_started\): id: "):
        engine.record("c1", started(id=id), actor=KIM)
    assert rows(engine, "indsats_events") == []


@pytest.mark.parametrize("citizen", ["", " ", "c 1", "c1\n", "c\0", "\ud800", cast(str, None), cast(str, 17)], ids=repr)
def test_who_is_no_citizen_is_refused(engine: Engine, citizen: str) -> None:
    with pytest.raises(FactsInvalid, match=r"citizen: .* is no id; allowed: an opaque id without white space"):
        engine.record(citizen, started(), actor=KIM)
    with pytest.raises(FactsInvalid, match=r"citizen: .* is no id"):
        engine.pathway(citizen, actor=KIM)
    assert rows(engine, "indsats_events") == []


def test_a_command_without_facts_opens_no_pathway(engine: Engine) -> None:
    before = everything(engine)
    done = engine.record("c1", [], actor=KIM)
    assert (done.recorded, done.repeated, list(done.ids)) == (0, 0, [])
    assert everything(engine) == before


# Units


def test_a_unit_has_a_pathway_of_its_own(engine: Engine) -> None:
    met = facts.club_meeting_held(on=MONDAY, club="north", hours=2, id="meeting")
    engine.record("same", [met, facts.job_order_received(on=MONDAY, order="o1", id="order")], actor=KIM)
    assert sorted(known(engine, "same")) == [("meeting", "club_meeting_held"), ("order", "job_order_received")]
    engine.record("same", started(), actor=KIM)
    assert known(engine, "same") == [("start", "ledighedsydelse_started")], "the citizen of that id comes first"


def test_facts_of_units_and_of_citizens_are_commands_of_their_own(engine: Engine) -> None:
    with pytest.raises(FactsInvalid, match="facts of a unit"):
        engine.record("c1", [started(), facts.club_meeting_held(on=MONDAY, club="north", hours=2)], actor=KIM)
    assert rows(engine, "indsats_events") == []


# Somebody else


def test_a_decision_on_what_is_no_longer_so_is_refused_and_told_what_came(engine: Engine, clock: VirtualClock) -> None:
    engine.record("c1", started(), actor=KIM)
    seen = engine.pathway("c1", actor=KIM).version
    clock.at += timedelta(hours=1)
    engine.record("c1", facts.referred(on=MONDAY, track="job_club", id="bo's"), actor=Actor("bo", "jobformidler"))
    with pytest.raises(ConcurrentChange, match=rf"version {seen + 1} and not {seen}") as conflict:
        engine.record("c1", talked(), actor=KIM, expected_version=seen)
    assert conflict.value.events == (
        f"version {seen + 1}: fact_recorded.1 by bo (jobformidler) at 2017-01-02T12:00:00.000000Z",
    )
    assert ("talk", "first_conversation_held") not in known(engine, "c1")
    now = engine.pathway("c1", actor=KIM).version
    assert engine.record("c1", talked(), actor=KIM, expected_version=now).recorded == 1


def test_nothing_yet_is_version_0(engine: Engine) -> None:
    assert engine.record("c1", started(), actor=KIM, expected_version=0).recorded == 1
    with pytest.raises(ConcurrentChange) as conflict:
        engine.record("c1", talked(), actor=KIM, expected_version=0)
    assert [event.split(" at ")[0] for event in conflict.value.events] == [
        "version 1: model_pinned.1 by kim (caseworker)",
        "version 2: fact_recorded.1 by kim (caseworker)",
    ]


def test_a_command_sent_twice_does_not_conflict_with_itself(engine: Engine) -> None:
    engine.record("c1", started(), actor=KIM)
    seen = engine.pathway("c1", actor=KIM).version
    first = engine.record("c1", talked(), actor=KIM, expected_version=seen)
    again = engine.record("c1", talked(), actor=KIM, expected_version=seen)
    assert (again.recorded, again.repeated, again.ids) == (0, 1, first.ids)


def test_a_municipality_that_is_not_served_is_refused(engine: Engine) -> None:
    with pytest.raises(NotAllowed, match="0851 is not one that this engine is opened for") as refused:
        engine.record("c1", started(), actor=KIM, municipality="0851")
    assert refused.value.allowed == ("0336",)
    assert rows(engine, "indsats_events") == []


def test_a_supplement_of_what_is_no_fact_of_the_pathway_is_refused(engine: Engine) -> None:
    """It would leave the duty unmet that it was meant for, and nobody would know."""
    engine.record("c1", started(), actor=KIM)
    engine.record("c2", started(id="other"), actor=KIM)
    before = engine.pathway("c1", actor=KIM).version
    for of in ("satrt", "other", "own"):
        with pytest.raises(FactRefused, match=f"of: '{of}' is no fact of this pathway"):
            engine.record("c1", facts.supplemented(on=MONDAY, of=of, id="own"), actor=KIM)
    assert engine.pathway("c1", actor=KIM).version == before
    talk = [talked(), facts.supplemented(on=MONDAY, of="talk", topics=["cv"], id="more")]
    assert engine.record("c1", talk, actor=KIM).recorded == 2
    assert engine.record("c1", talk, actor=KIM).repeated == 2


# Time


def test_instants_of_a_stream_never_go_back_though_the_clock_does(engine: Engine, clock: VirtualClock) -> None:
    engine.record("c1", started(), actor=KIM)
    clock.at -= timedelta(days=2)
    engine.record("c1", talked(MONDAY - timedelta(days=1)), actor=KIM)
    found = instants(engine, "c1")
    assert found == sorted(found)
    assert min(found) == noon_of(MONDAY)
    assert engine.sweep().set_aside == 0
