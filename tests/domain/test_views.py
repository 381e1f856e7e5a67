"""What a view holds: the facts of both timelines, in one order however they were registered."""

from itertools import permutations

from tests.given import day, fact, model, rules, view

from indsats.domain.timeline import Fact

PROCESS = rules("")


def ids(facts: list[Fact], as_of: str, known: str | None = None) -> list[str]:
    return [found.id for found in view(PROCESS, as_of, *facts, known=known).facts]


def test_a_fact_is_seen_from_its_day_on() -> None:
    facts = [fact("asked", "2017-01-06", recorded="2017-01-02")]
    assert ids(facts, "2017-01-05") == []
    assert ids(facts, "2017-01-06") == ["asked 2017-01-06"]
    assert ids(facts, "2017-01-07") == ["asked 2017-01-06"]


def test_a_fact_is_known_from_its_registration_on() -> None:
    facts = [fact("asked", "2017-01-02", recorded="2017-01-18T10:00:00+01:00")]
    assert ids(facts, "2017-02-01", known="2017-01-18T09:59:59+01:00") == []
    assert ids(facts, "2017-02-01", known="2017-01-18T10:00:00+01:00") == ["asked 2017-01-02"]


def test_an_annulled_fact_is_gone_from_the_annulment_on() -> None:
    facts = [fact("asked", "2017-01-02", annulled="2017-01-18T10:00:00+01:00")]
    assert ids(facts, "2017-02-01", known="2017-01-18T09:59:59+01:00") == ["asked 2017-01-02"]
    assert ids(facts, "2017-02-01", known="2017-01-18T10:00:00+01:00") == []


def test_the_next_planned_day_is_the_nearest_of_what_is_known() -> None:
    facts = [
        fact("asked", "2017-01-09", recorded="2017-01-02"),
        fact("asked", "2017-01-07", recorded="2017-01-02"),
        fact("asked", "2017-01-06", recorded="2017-01-02", annulled="2017-01-03"),
        fact("asked", "2017-01-05", recorded="2017-01-04"),
    ]
    assert view(PROCESS, "2017-01-03", *facts, known="2017-01-03").next_planned == day("2017-01-07")
    assert view(PROCESS, "2017-01-07", *facts, known="2017-01-03").next_planned == day("2017-01-09")
    assert view(PROCESS, "2017-01-09", *facts, known="2017-01-03").next_planned is None


def test_facts_come_by_day_then_rank_then_registration_then_place() -> None:
    ordered = [
        fact("closed", "2017-01-01", id="an earlier day", recorded="2017-01-09", reason="done"),
        fact("asked", "2017-01-02", id="an earlier kind", recorded="2017-01-08"),
        fact("answered", "2017-01-02", id="registered earlier", recorded="2017-01-03"),
        Fact("an earlier place", "answered", day("2017-01-02"), fact("asked", "2017-01-04").recorded_at, 7),
        Fact("a later place", "answered", day("2017-01-02"), fact("asked", "2017-01-04").recorded_at, 8),
        fact("unheard_of", "2017-01-02", id="of no kind", recorded="2017-01-02"),
    ]
    expected = [found.id for found in ordered]
    assert all(ids(list(order), "2017-02-01") == expected for order in permutations(ordered))


def test_facts_are_found_by_kind_and_effect() -> None:
    timeline = view(
        PROCESS,
        "2017-02-01",
        fact("asked", "2017-01-02"),
        fact("stayed_away", "2017-01-03", activity="talk_held"),
        fact("asked", "2017-01-04"),
        fact("unheard_of", "2017-01-05"),
    )
    assert timeline.by_kind == {"asked": [0, 2], "stayed_away": [1], "unheard_of": [3]}
    assert timeline.by_effect == {"absence": [1]}


def test_a_field_is_text_or_nothing() -> None:
    found = fact("asked", "2017-01-02", channel="phone", urgent=True)
    assert (found.text("channel"), found.text("urgent"), found.text("plan")) == ("phone", None, None)


def test_a_view_without_facts_is_before_any_phase() -> None:
    timeline = view(model("id: empty\nversion: 1\n"), "2017-01-01")
    assert (timeline.phase, list(timeline.facts), timeline.irregular, timeline.runs) == ("none", [], [], [])
