"""The first day on which a derivation will differ by itself, checked against deriving every day."""

from datetime import timedelta

import pytest
from tests.given import day, derivation, fact, next_change, rules

from indsats.domain.model import Model
from indsats.domain.timeline import Fact

ANSWER = rules(
    "answer: {kind: deadline, when: {fact: asked}, require: {fact: answered}, within: P7D, warn_before: P2D}"
)
ASKED = fact("asked", "2017-01-02", recorded="2016-12-20")


@pytest.mark.parametrize(
    ("as_of", "change"),
    [
        ("2017-01-01", "2017-01-02"),  # the planned fact takes effect
        ("2017-01-02", "2017-01-07"),  # the warning day
        ("2017-01-06", "2017-01-07"),
        ("2017-01-07", "2017-01-10"),  # the due day passes
        ("2017-01-09", "2017-01-10"),
        ("2017-01-10", None),
    ],
)
def test_a_deadline_changes_on_its_days(as_of: str, change: str | None) -> None:
    assert next_change(ANSWER, as_of, ASKED) == change


@pytest.mark.parametrize(
    ("done", "fields"),
    [("answered", {}), ("closed", {"reason": "done"}), ("excused", {"rule": "answer"})],
)
def test_what_is_settled_changes_no_more(done: str, fields: dict[str, str]) -> None:
    settled = Fact("d", done, day("2017-01-05"), ASKED.recorded_at, 0, fields)
    assert next_change(ANSWER, "2017-01-04", ASKED, settled) == "2017-01-05"
    assert next_change(ANSWER, "2017-01-05", ASKED, settled) is None


def test_a_warning_in_working_days() -> None:
    model = rules(
        "answer: {kind: deadline, when: {fact: asked}, require: {fact: answered}, within: P7D, warn_before: P2WD}"
    )
    # Due Monday 9 January: two working days before is Thursday the 5th.
    assert next_change(model, "2017-01-02", ASKED) == "2017-01-05"


def test_a_warning_day_that_is_over_already_is_none() -> None:
    model = rules(
        "answer: {kind: deadline, when: {fact: asked}, require: {fact: answered}, within: P1D, warn_before: P2D}"
    )
    assert next_change(model, "2017-01-02", ASKED) == "2017-01-04"


def test_without_facts_nothing_will_change() -> None:
    assert next_change(ANSWER, "2017-01-02") is None


def test_a_fact_not_yet_known_announces_nothing() -> None:
    late = fact("asked", "2017-01-05", recorded="2017-01-20")
    assert derivation(ANSWER, "2017-01-03", late, known="2017-01-04").next_change is None


def test_the_nearest_of_several_days_counts() -> None:
    facts = [ASKED, fact("asked", "2017-01-04"), fact("asked", "2017-03-01", recorded="2017-01-04")]
    assert next_change(ANSWER, "2017-01-04", *facts) == "2017-01-07"
    assert next_change(ANSWER, "2017-01-07", *facts) == "2017-01-09"
    assert next_change(ANSWER, "2017-01-12", *facts) == "2017-03-01"


EVERYTHING = """
    answer:
      kind: deadline
      when: {fact: asked}
      require: {fact: answered}
      within: P9D
      pause_on: [illness]
      warn_before: P2D
    plan: {kind: content, when: {fact: asked}, fields: [plan], within: P3D, pause_on: [illness], warn_before: P1D}
    first: {kind: precedence, when: {fact: answered}, require: {fact: talk_held}}
    rolling:
      kind: cadence
      when: {fact: job_began}
      require: {fact: followed_up, where: {employment: same_or_none}}
      stages: [{every: P1W, until: P1M}, {every: P2W}]
      scope: employment
      agreement: true
      pause_on: [illness, leave]
      warn_before: P1D
    grid:
      kind: cadence
      when: {fact: asked}
      require: {fact: talk_held}
      stages: [{every: P1W}]
      mode: grid
      pause_on: [leave]
    weeks:
      kind: cadence
      when: {fact: wait_began}
      require: {fact: talk_held}
      stages: [{every: P1W}]
      mode: window
      align: iso_week
"""
STORY = [
    fact("asked", "2017-01-02"),
    fact("wait_began", "2017-01-04"),
    fact("rest_began", "2017-01-06", reason="illness"),
    fact("rest_ended", "2017-01-09", reason="illness"),
    fact("talk_held", "2017-01-12"),
    fact("job_began", "2017-01-16", employment="j"),
    fact("rest_began", "2017-01-18", reason="leave"),
    fact("rest_ended", "2017-01-18", reason="leave"),
    fact("excused", "2017-01-20", rule="rolling", n=1),
    fact("agreed", "2017-01-27", employment="j", follow_up_every="P10D"),
    fact("followed_up", "2017-02-03"),
    fact("asked", "2017-02-06"),
    fact("answered", "2017-02-14"),
    fact("job_ended", "2017-03-01", employment="j"),
    fact("closed", "2017-03-10", reason="done"),
]


def statuses(model: Model, as_of: str, facts: list[Fact]) -> list[tuple[object, ...]]:
    found = derivation(model, as_of, *facts).obligations
    return [(owed.key, owed.status, owed.satisfied_on, owed.cause) for owed in found]


@pytest.mark.parametrize("roll", ["none", "next_working_day", "previous_working_day"])
@pytest.mark.parametrize("known", ["beforehand", "on its day"])
def test_before_the_next_change_every_day_is_alike_and_on_it_something_differs(roll: str, known: str) -> None:
    model = rules(EVERYTHING, f"policies: {{roll: {roll}}}")
    facts = [
        Fact(
            told.id,
            told.kind,
            told.on,
            told.recorded_at if known == "on its day" else ASKED.recorded_at,
            0,
            told.fields,
        )
        for told in STORY
    ]
    lead = {rule.id: timedelta(rule.warn_before.days) for rule in model.rules if rule.warn_before}
    today, last = day("2016-12-30"), day("2017-04-01")
    changes = 0
    while today < last:
        seen = [told for told in facts if told.recorded_at.date() <= today]
        found = derivation(model, str(today), *seen)
        change = found.next_change
        until = min(change or last, last)
        before = statuses(model, str(today), seen)
        tomorrow = today + timedelta(days=1)
        while tomorrow < until:
            assert statuses(model, str(tomorrow), seen) == before, (today, tomorrow, change)
            tomorrow += timedelta(days=1)
        if change is not None and change < last:
            planned = any(told.on == change for told in seen)
            warns = any(
                owed.status == "open" and owed.due is not None and owed.due - lead[owed.rule] == change
                for owed in found.obligations
                if owed.rule in lead
            )
            assert statuses(model, str(change), seen) != before or planned or warns, (today, change)
            changes += 1
        today += timedelta(days=1)
    assert changes > 50
