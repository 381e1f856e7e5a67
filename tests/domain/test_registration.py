"""Registering twice, by several people, and by a clock that goes back."""

import pytest
from tests.given import Story, day, fact, instant, rules

from indsats.domain.events import FactAnnulled, FactRecorded
from indsats.domain.pathway import Pathway, Registration, Signature, Stamp
from indsats.errors import FactRefused

ANSWER = rules("answer: {kind: deadline, when: {fact: asked}, require: {fact: answered}, within: P7D}")
MODELS = {ANSWER.digest: ANSWER}
ASKED = FactRecorded(fact="a1", kind="asked", on=day("2017-01-02"), fields={"channel": "phone"})
ANNULLED = FactAnnulled(id="x1", fact="a1", reason="wrong citizen")


def stamp(at: str) -> Stamp:
    return Stamp(at=instant(at), actor="anna", role="caseworker", command="k1")


def asked_once() -> Pathway:
    pathway = Pathway("s1", "0336")
    pathway.open("c1", ANSWER, stamp("2017-01-02"))
    pathway.record([ASKED], MODELS, stamp("2017-01-02"), None)
    pathway.collect_events()
    return pathway


@pytest.mark.parametrize("late", [False, True])
def test_the_same_fact_twice_is_one(late: bool) -> None:
    pathway = asked_once()
    due = day("2017-01-10")
    assert pathway.record([ASKED], MODELS, stamp("2017-01-05"), due, late=late) == due
    assert (pathway.collect_events(), pathway.version) == ([], 2)
    assert pathway.facts["a1"].recorded_at == instant("2017-01-02")


def test_the_same_fact_twice_in_one_transaction_is_one() -> None:
    pathway = asked_once()
    again = FactRecorded(fact="a2", kind="asked", on=day("2017-01-03"))
    pathway.record([again, ASKED, again], MODELS, stamp("2017-01-05"), None)
    assert [event.body for event in pathway.collect_events()] == [again]


@pytest.mark.parametrize(
    "other",
    [
        FactRecorded(fact="a1", kind="asked", on=day("2017-01-03"), fields={"channel": "phone"}),
        FactRecorded(fact="a1", kind="answered", on=day("2017-01-02"), fields={"channel": "phone"}),
        FactRecorded(fact="a1", kind="asked", on=day("2017-01-02"), fields={"channel": "letter"}),
        FactRecorded(fact="a1", kind="asked", on=day("2017-01-02")),
    ],
    ids=["day", "kind", "field", "no field"],
)
@pytest.mark.parametrize("late", [False, True])
def test_an_id_of_another_fact_is_refused(other: FactRecorded, late: bool) -> None:
    pathway = asked_once()
    more = FactRecorded(fact="a2", kind="asked", on=day("2017-01-03"))
    with pytest.raises(FactRefused, match="the id 'a1' is that of another fact, asked on 2017-01-02"):
        pathway.record([more, other], MODELS, stamp("2017-01-05"), None, late=late)
    assert (pathway.collect_events(), list(pathway.facts)) == ([], ["a1"])


def test_an_id_that_stands_for_two_facts_of_one_transaction_is_refused() -> None:
    pathway = asked_once()
    both = [FactRecorded(fact="a2", kind="asked", on=day(on)) for on in ("2017-01-03", "2017-01-04")]
    with pytest.raises(FactRefused, match="the id 'a2' is that of another fact"):
        pathway.record(both, MODELS, stamp("2017-01-05"), None)
    assert pathway.collect_events() == []


def test_a_repetition_is_no_reason_of_a_withdrawal() -> None:
    story = Story(ANSWER).record("2017-01-02", fact("asked", "2017-01-02")).until("2017-01-20")
    story.record("2017-01-20", fact("answered", "2017-01-06"), fact("asked", "2017-01-02"))
    withdrawal = story.verdicts[1]
    assert getattr(withdrawal, "because_of", None) == "answered 2017-01-06"


def test_the_same_annulment_twice_is_one() -> None:
    pathway = asked_once()
    pathway.record([ANNULLED], MODELS, stamp("2017-01-05"), None)
    assert [event.body for event in pathway.collect_events()] == [ANNULLED]
    pathway.record([ANNULLED], MODELS, stamp("2017-01-06"), None)
    assert pathway.collect_events() == []


@pytest.mark.parametrize("of", ["a2", "x1"])
def test_only_a_fact_of_the_pathway_can_be_annulled(of: str) -> None:
    pathway = asked_once()
    pathway.record([ANNULLED], MODELS, stamp("2017-01-05"), None, late=False)
    pathway.collect_events()
    with pytest.raises(FactRefused, match=f"'{of}' is no fact of this pathway that can be annulled"):
        pathway.record([FactAnnulled(id="x2", fact=of)], MODELS, stamp("2017-01-06"), None, late=False)
    assert pathway.collect_events() == []


def test_each_registration_of_a_transaction_may_have_its_own_registrant() -> None:
    pathway = asked_once()
    told: list[Registration] = [
        FactRecorded(fact="a2", kind="asked", on=day("2017-01-03")),
        ASKED,
        FactRecorded(fact="b1", kind="answered", on=day("2017-01-09")),
    ]
    signatures = [Signature("bo", "consultant"), Signature("nobody", "system"), Signature("eva", "employer")]
    pathway.record(told, MODELS, stamp("2017-01-20"), day("2017-01-10"), signatures=signatures)
    assert [(event.envelope.actor, event.envelope.role) for event in pathway.collect_events()] == [
        ("anna", "caseworker"),  # the breach that was due before
        ("bo", "consultant"),
        ("eva", "employer"),
        ("anna", "caseworker"),  # and its withdrawal
    ]


def test_instants_of_a_stream_never_go_back() -> None:
    pathway = asked_once()
    pathway.record([FactRecorded(fact="a2", kind="asked", on=day("2017-01-03"))], MODELS, stamp("2017-01-08"), None)
    pathway.record([FactRecorded(fact="a3", kind="asked", on=day("2017-01-04"))], MODELS, stamp("2017-01-05"), None)
    assert [event.envelope.recorded_at for event in pathway.collect_events()] == [instant("2017-01-08")] * 2
    pathway.sync(MODELS, stamp("2017-01-12"), day("2017-01-10"))
    pathway.record([FactRecorded(fact="a4", kind="asked", on=day("2017-01-04"))], MODELS, stamp("2017-01-09"), None)
    assert {event.envelope.recorded_at for event in pathway.collect_events()} == {instant("2017-01-12")}


def test_a_sync_by_a_clock_set_back_withdraws_nothing() -> None:
    pathway = asked_once()
    pathway.sync(MODELS, stamp("2017-01-10"), day("2017-01-10"))
    assert len(pathway.breaches) == 1
    pathway.collect_events()
    assert pathway.sync(MODELS, stamp("2017-01-08"), day("2017-01-10")) is None
    assert pathway.collect_events() == []


def test_what_is_imported_keeps_its_instant() -> None:
    pathway = asked_once()
    imported = Stamp(
        at=instant("2016-12-20"), actor="import", role="system", command="k2", stored_at=instant("2017-02-01")
    )
    pathway.record([FactRecorded(fact="a0", kind="asked", on=day("2016-12-19"))], MODELS, imported, None)
    [event] = [event for event in pathway.collect_events() if isinstance(event.body, FactRecorded)]
    assert (event.envelope.recorded_at, event.envelope.stored_at) == (instant("2016-12-20"), instant("2017-02-01"))
