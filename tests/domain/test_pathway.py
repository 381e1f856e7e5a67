"""The aggregate: what it records, what it refuses, and that it finds the same however late it is asked."""

from collections.abc import Sequence

import pytest
from tests.given import Story, day, fact, instant, rules

from indsats.domain.calendar import end_of, noon_of, start_of
from indsats.domain.events import (
    BreachWithdrawn,
    DeadlineBreached,
    Event,
    FactAnnulled,
    FactRecorded,
    ModelChanged,
    ModelPinned,
)
from indsats.domain.ledger import Verdict
from indsats.domain.model import Model
from indsats.domain.obligations import ChangePolicy
from indsats.domain.pathway import Pathway, Registration, Stamp, project
from indsats.domain.timeline import Fact
from indsats.errors import FactRefused

ANSWER = rules("answer: {kind: deadline, when: {fact: asked}, require: {fact: answered}, within: P7D}")
LONGER = rules("answer: {kind: deadline, when: {fact: asked}, require: {fact: answered}, within: P1M}")
ASKED = fact("asked", "2017-01-02")
BREACH = "2017-01-10 answer 1: due 2017-01-09, breached"


def change_to(model: Model, effective: str, policy: ChangePolicy = "keep", id: str = "m") -> ModelChanged:
    return ModelChanged(id=id, model=model.reference, digest=model.digest, policy=policy, effective=day(effective))


def recorded(*facts: Fact) -> list[Registration]:
    return [FactRecorded(fact=told.id, kind=told.kind, on=told.on, fields=told.fields) for told in facts]


def stamp(at: str) -> Stamp:
    return Stamp(at=instant(at), actor="anna", role="caseworker", command="k7")


def opened(model: Model = ANSWER, at: str = "2017-01-02") -> Pathway:
    pathway = Pathway("s1", "0336")
    pathway.open("c1", model, stamp(at))
    return pathway


def models(*known: Model) -> dict[str, Model]:
    return {model.digest: model for model in known}


def record(pathway: Pathway, at: str, *facts: Fact, late: bool = False, model: Model = ANSWER) -> None:
    pathway.record(recorded(*facts), models(model), stamp(at), None, late=late)


# Live: refused, or kept when told so


def test_a_fact_without_a_legal_move_is_refused_live_with_what_is_allowed() -> None:
    pathway = opened()
    pathway.collect_events()
    with pytest.raises(FactRefused) as refusal:
        record(pathway, "2017-01-02", fact("refused", "2017-01-02"))
    assert refusal.value.reason == "refused on 2017-01-02 has no legal move from phase none"
    allowed = ANSWER.compiled_phases.allowed("none", ANSWER.facts)
    assert refusal.value.allowed == tuple(allowed)
    assert "asked" in allowed
    assert not {"refused", "reopened", "reassessed"} & set(allowed)
    assert (pathway.collect_events(), pathway.version, pathway.facts) == ([], 1, {})


def test_one_illegal_fact_refuses_the_whole_transaction() -> None:
    pathway = opened()
    with pytest.raises(FactRefused):
        record(pathway, "2017-01-02", ASKED, fact("refused", "2017-01-02"))
    assert pathway.facts == {}


def test_a_fact_without_a_legal_move_is_kept_when_told_so() -> None:
    pathway = opened()
    record(pathway, "2017-01-02", fact("refused", "2017-01-02"), late=True)
    timeline = pathway.derive(models(ANSWER), day("2017-01-02"), instant("2017-01-02")).timeline
    assert (timeline.irregular, timeline.phase) == ([0], "none")


def test_the_phase_is_the_one_on_the_day_of_the_fact() -> None:
    pathway = opened()
    record(pathway, "2017-01-10", fact("wait_began", "2017-01-05"), fact("job_began", "2017-01-08", employment="j"))
    with pytest.raises(FactRefused, match="refused on 2017-01-09 has no legal move from phase working"):
        record(pathway, "2017-01-10", fact("refused", "2017-01-09"))
    record(pathway, "2017-01-10", fact("wait_began", "2017-01-09"), fact("refused", "2017-01-12"))
    assert "refused 2017-01-12" in pathway.facts


def test_a_fact_in_closed_is_refused_and_one_of_a_day_before_is_not() -> None:
    pathway = opened()
    record(pathway, "2017-01-10", ASKED, fact("closed", "2017-01-09", reason="done"))
    with pytest.raises(FactRefused, match="answered on 2017-01-10 has no legal move from phase closed"):
        record(pathway, "2017-01-10", fact("answered", "2017-01-10"))
    record(pathway, "2017-01-10", fact("answered", "2017-01-08"))
    assert "answered 2017-01-08" in pathway.facts


def test_a_planned_fact_is_judged_on_its_own_day() -> None:
    pathway = opened()
    record(pathway, "2017-01-10", fact("closed", "2017-02-01", reason="done"))
    record(pathway, "2017-01-10", fact("asked", "2017-01-31"))
    with pytest.raises(FactRefused, match="asked on 2017-02-02 has no legal move from phase closed"):
        record(pathway, "2017-01-10", fact("asked", "2017-02-02"))


def test_a_new_fact_may_make_an_older_one_irregular() -> None:
    pathway = opened()
    record(pathway, "2017-01-10", fact("answered", "2017-01-09"))
    record(pathway, "2017-01-10", fact("closed", "2017-01-05", reason="done"))
    timeline = pathway.derive(models(ANSWER), day("2017-01-10"), instant("2017-01-10")).timeline
    assert [timeline.facts[index].id for index in timeline.irregular] == ["answered 2017-01-09"]


def test_what_was_irregular_before_refuses_nothing_new() -> None:
    pathway = opened()
    record(pathway, "2017-01-02", fact("refused", "2017-01-02"), late=True)
    record(pathway, "2017-01-02", ASKED)
    assert ASKED.id in pathway.facts


def test_a_correction_is_judged_without_what_it_takes_out() -> None:
    pathway = opened()
    record(pathway, "2017-01-10", fact("wait_began", "2017-01-02"), fact("refused", "2017-01-05"))
    correction = [FactAnnulled(id="x", fact="refused 2017-01-05"), *recorded(fact("refused", "2017-01-08"))]
    pathway.record(correction, models(ANSWER), stamp("2017-01-10"), None, late=False)
    timeline = pathway.derive(models(ANSWER), day("2017-01-10"), instant("2017-01-10")).timeline
    assert [told.id for told in timeline.facts] == ["wait_began 2017-01-02", "refused 2017-01-08"]
    assert (timeline.phase, timeline.irregular) == ("closed", [])


def test_a_correction_that_takes_out_the_way_in_is_refused() -> None:
    pathway = opened()
    record(pathway, "2017-01-10", fact("wait_began", "2017-01-02"))
    correction = [FactAnnulled(id="x", fact="wait_began 2017-01-02"), *recorded(fact("refused", "2017-01-08"))]
    with pytest.raises(FactRefused, match="has no legal move from phase none"):
        pathway.record(correction, models(ANSWER), stamp("2017-01-10"), None, late=False)


# Findings


def test_a_second_sync_appends_nothing() -> None:
    pathway = opened()
    record(pathway, "2017-01-02", ASKED)
    pathway.sync(models(ANSWER), stamp("2017-01-10"), day("2017-01-10"))
    assert len(pathway.breaches) == 1
    pathway.collect_events()
    assert pathway.sync(models(ANSWER), stamp("2017-01-10"), day("2017-01-10")) is None
    assert pathway.collect_events() == []


def test_a_sync_tells_the_day_of_the_next_change() -> None:
    pathway = opened()
    assert pathway.record(recorded(ASKED), models(ANSWER), stamp("2017-01-02"), None) == day("2017-01-10")
    assert pathway.sync(models(ANSWER), stamp("2017-01-10"), day("2017-01-10")) is None


def test_recording_first_finds_what_was_due_without_the_new_facts() -> None:
    story = Story(ANSWER).record("2017-01-02", ASKED)
    story.is_swept = False
    story.record("2017-01-20", fact("answered", "2017-01-06"))
    assert story.ledger == [
        "2017-01-20 answer 1: due 2017-01-09, breached",
        "2017-01-20 answer 1: due 2017-01-09, withdrawn (met)",
    ]


@pytest.mark.parametrize("back", ["2017-01-09", "2017-01-10", "2017-02-01", "2017-04-15", "2018-01-01"])
def test_a_stopped_scheduler_loses_nothing(back: str) -> None:
    model = rules("""
        answer: {kind: deadline, when: {fact: asked}, require: {fact: answered}, within: P7D}
        talk: {kind: cadence, when: {fact: asked}, require: {fact: talk_held}, stages: [{every: P1M}], mode: grid,
               pause_on: [illness]}
        """)
    facts = [
        ASKED,
        fact("rest_began", "2017-01-12", reason="illness"),
        fact("rest_ended", "2017-01-20", reason="illness"),
        fact("answered", "2017-03-01"),
        fact("closed", "2017-06-01", reason="done"),
    ]

    def found(is_swept: bool) -> list[tuple[object, ...]]:
        story = Story(model).record("2017-01-02", *facts)
        story.is_swept = is_swept
        story.until(back)
        story.is_swept = True
        story.until("2018-01-02")
        return [(type(told), told.rule, told.anchor, told.n, told.due) for told in story.verdicts]

    assert found(is_swept=False) == found(is_swept=True)
    assert len(found(is_swept=True)) > 4


def test_a_finding_is_never_back_dated() -> None:
    model = rules("""
        answer: {kind: deadline, when: {fact: asked}, require: {fact: answered}, within: P7D, warn_before: P2D}
        """)
    story = Story(model).record("2017-01-02", ASKED)
    story.is_swept = False
    story.until("2017-02-01")
    story.is_swept = True
    story.until("2017-02-02")
    assert story.ledger == ["2017-02-02 answer 1: due 2017-01-09, breached"]
    assert story.warnings == ["2017-02-02 answer 1: due 2017-01-09"]


def test_the_ledger_is_read_as_it_stood() -> None:
    story = Story(ANSWER).record("2017-01-02", ASKED).record("2017-01-20", fact("answered", "2017-01-06"))

    def kinds(known: Sequence[Verdict]) -> list[type]:
        return [type(verdict) for verdict in known]

    pathway = story.pathway
    assert kinds(pathway.ledger(end_of(day("2017-01-09")))) == []
    assert kinds(pathway.ledger(start_of(day("2017-01-10")))) == [DeadlineBreached]
    assert kinds(pathway.ledger(end_of(day("2017-01-19")))) == [DeadlineBreached]
    assert kinds(pathway.ledger(noon_of(day("2017-01-20")))) == [DeadlineBreached, BreachWithdrawn]


# Facts, annulments, the stream


def test_an_annulment_takes_effect_when_it_is_registered() -> None:
    story = Story(ANSWER).record("2017-01-02", ASKED).annul("2017-01-05", ASKED.id)
    assert story.owed("2017-01-05", known="2017-01-04") == ["answer 1: due 2017-01-09, open"]
    assert story.owed("2017-01-05") == []


def test_a_second_annulment_changes_nothing() -> None:
    story = Story(ANSWER).record("2017-01-02", ASKED).annul("2017-01-05", ASKED.id)
    story.record("2017-01-06", FactAnnulled(id="again", fact=ASKED.id))
    assert story.pathway.facts[ASKED.id].annulled_at == instant("2017-01-05")


def test_an_annulment_may_come_before_its_fact() -> None:
    story = Story(ANSWER).record("2017-01-03", FactAnnulled(id="x", fact=ASKED.id)).record("2017-01-05", ASKED)
    assert story.owed("2017-01-05") == []


def test_annulling_an_annulment_is_refused() -> None:
    story = Story(ANSWER).record("2017-01-02", ASKED).annul("2017-01-05", ASKED.id)
    with pytest.raises(FactRefused):
        story.record("2017-01-06", FactAnnulled(id="y", fact=f"annulment of {ASKED.id}"), late=False)


def test_facts_of_the_pathway_keep_their_place_and_instant() -> None:
    pathway = opened()
    record(pathway, "2017-01-05", ASKED, fact("talk_held", "2017-01-03"))
    assert [(told.id, told.position, told.recorded_at) for told in pathway.facts.values()] == [
        ("asked 2017-01-02", 2, instant("2017-01-05")),
        ("talk_held 2017-01-03", 3, instant("2017-01-05")),
    ]


def test_every_event_says_who_wrote_it_when_and_under_which_rules() -> None:
    pathway = opened()
    record(pathway, "2017-01-20", ASKED)
    events = pathway.collect_events()
    assert [type(event.body) for event in events] == [ModelPinned, FactRecorded, DeadlineBreached]
    assert [event.envelope.version for event in events] == [1, 2, 3]
    for event in events:
        envelope = event.envelope
        assert (envelope.stream, envelope.municipality, envelope.subject) == ("s1", "0336", "citizen")
        assert (envelope.actor, envelope.role, envelope.command) == ("anna", "caseworker", "k7")
        assert envelope.model_digest == ANSWER.digest
        assert envelope.stored_at == envelope.recorded_at
    assert [event.envelope.recorded_at for event in events[1:]] == [instant("2017-01-20")] * 2
    assert pathway.collect_events() == []
    assert (pathway.citizen, pathway.id, events[0].originator_id, events[2].originator_version) == ("c1", "s1", "s1", 3)


def test_what_is_imported_keeps_when_it_was_registered_and_when_it_was_stored() -> None:
    pathway = opened()
    stored = Stamp(
        at=instant("2017-01-02"), actor="import", role="system", command="k", stored_at=instant("2020-01-01")
    )
    pathway.record(recorded(ASKED), models(ANSWER), stored, None)
    envelope = pathway.collect_events()[-1].envelope
    assert (envelope.recorded_at, envelope.stored_at) == (instant("2017-01-02"), instant("2020-01-01"))


def test_a_stream_folded_again_is_the_same_pathway() -> None:
    story = Story(ANSWER, LONGER).record("2017-01-02", ASKED)
    pathway = opened()
    record(pathway, "2017-01-02", ASKED)
    events = list(pathway.collect_events())
    again = project(None, events)
    assert again is not None
    assert (again.version, again.facts, again.citizen) == (pathway.version, pathway.facts, "c1")
    assert (again.stream, again.municipality, again.subject) == ("s1", "0336", "citizen")
    assert (
        again.derive(story.models, day("2017-01-09"), instant("2017-01-09")).obligations
        == pathway.derive(story.models, day("2017-01-09"), instant("2017-01-09")).obligations
    )
    assert project(None, []) is None
    assert project(again, []) is again


def test_a_pathway_is_known_from_its_first_registration_on() -> None:
    pathway = opened(at="2017-01-05")
    assert not Pathway("s2", "0336").is_known(instant("2017-01-05"))
    assert not pathway.is_known(instant("2017-01-04"))
    assert pathway.is_known(instant("2017-01-05"))


# Changes of model


def test_a_pathway_is_under_the_model_that_it_was_pinned_to() -> None:
    pathway = opened(at="2017-01-05")
    for known in ("2017-01-01", "2017-01-05"):
        periods = pathway.model_periods(models(ANSWER), instant(known))
        assert [(period.model.digest, period.effective, period.policy) for period in periods] == [
            (ANSWER.digest, None, "keep")
        ]


def test_changes_take_their_turn_by_the_day_on_which_they_take_effect() -> None:
    story = Story(ANSWER, LONGER)
    story.record("2017-01-02", change_to(LONGER, "2017-03-01", "future_only", "a"))
    story.record("2017-01-03", change_to(ANSWER, "2017-02-01", "reevaluate", "b"))

    def periods(known: str) -> list[tuple[str, str, str]]:
        found = story.pathway.model_periods(story.models, instant(known))
        return [(period.model.digest, str(period.effective), period.policy) for period in found]

    assert periods("2017-01-02") == [(ANSWER.digest, "None", "keep"), (LONGER.digest, "2017-03-01", "future_only")]
    assert periods("2017-01-03") == [
        (ANSWER.digest, "None", "keep"),
        (ANSWER.digest, "2017-02-01", "reevaluate"),
        (LONGER.digest, "2017-03-01", "future_only"),
    ]


def written_under(events: Sequence[Event]) -> list[str]:
    names = {ANSWER.digest: "answer", LONGER.digest: "longer"}
    return [names[event.envelope.model_digest] for event in events]


def test_events_are_written_under_the_model_in_force_on_their_day() -> None:
    known = models(ANSWER, LONGER)
    pathway = opened()
    pathway.record([change_to(LONGER, "2017-01-10")], known, stamp("2017-01-05"), None)
    pathway.record(recorded(ASKED), known, stamp("2017-01-09"), None)
    pathway.record(recorded(fact("asked", "2017-01-03")), known, stamp("2017-01-10"), None)
    # The breach of the first question is found under the new model, which kept the old one's deadline.
    assert written_under(pathway.collect_events()) == ["answer", "answer", "answer", "longer", "longer"]


def test_of_two_changes_of_one_day_the_later_registered_is_in_force() -> None:
    known = models(ANSWER, LONGER)
    pathway = opened()
    both = [change_to(LONGER, "2017-01-05", id="a"), change_to(ANSWER, "2017-01-05", id="b")]
    pathway.record(both, known, stamp("2017-01-05"), None)
    pathway.record(recorded(fact("asked", "2017-01-05")), known, stamp("2017-01-05"), None)
    [owed] = pathway.derive(known, day("2017-01-05"), instant("2017-01-05")).obligations
    assert owed.due == day("2017-01-12")
    assert written_under(pathway.collect_events())[-1] == "answer"


def test_a_change_of_model_is_judged_and_refused_like_any_record() -> None:
    known = models(ANSWER, LONGER)
    pathway = opened()
    pathway.record([change_to(LONGER, "2017-01-05")], known, stamp("2017-01-05"), None, late=False)
    [_, change] = pathway.collect_events()
    assert isinstance(change.body, ModelChanged)
