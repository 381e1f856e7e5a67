"""The reasons that an obligation carries, in the order in which they were found."""

from tests.given import derivation, fact, rules, the_one

from indsats.domain.obligations import Obligation

ANSWER = rules("""
    answer:
      kind: deadline
      when: {fact: asked}
      require: {fact: answered}
      within: P4D
      pause_on: [illness]
      roll: next_working_day
      source: handbook section 3
    """)
ASKED = fact("asked", "2017-01-02")
SOURCE = ("source", None, None, "handbook section 3")
ANCHOR = ("anchor", "asked 2017-01-02", "2017-01-02", None)
COUNTED = ("counted", "asked 2017-01-02", "2017-01-06", "P4D")


def steps(found: Obligation) -> list[tuple[str, str | None, str | None, str | None]]:
    return [(step.what, step.fact, step.on.isoformat() if step.on else None, step.value) for step in found.steps]


def test_the_plainest_has_source_anchor_arithmetic_and_result() -> None:
    assert steps(the_one(ANSWER, "2017-01-03", ASKED)) == [
        SOURCE,
        ANCHOR,
        COUNTED,
        ("result", None, "2017-01-03", "open"),
    ]


def test_held_days_and_the_roll_follow_the_arithmetic() -> None:
    ill = [fact("rest_began", "2017-01-04", reason="illness"), fact("rest_ended", "2017-01-04", reason="illness")]
    assert steps(the_one(ANSWER, "2017-01-12", ASKED, *ill)) == [
        SOURCE,
        ANCHOR,
        COUNTED,
        ("held", None, "2017-01-07", "1"),
        ("rolled", None, "2017-01-09", "next_working_day"),
        ("result", None, "2017-01-12", "breached"),
    ]


def test_a_hold_or_a_roll_that_moves_nothing_is_no_reason() -> None:
    ill = [fact("rest_began", "2017-01-10", reason="illness"), fact("rest_ended", "2017-01-12", reason="illness")]
    assert [step[0] for step in steps(the_one(ANSWER, "2017-02-12", ASKED, *ill))] == [
        "source",
        "anchor",
        "counted",
        "result",
    ]


def test_an_open_hold_leaves_the_day_unknown() -> None:
    ill = fact("rest_began", "2017-01-04", reason="illness")
    assert steps(the_one(ANSWER, "2017-01-05", ASKED, ill))[3:] == [
        ("held", None, None, None),
        ("result", None, "2017-01-05", "on_hold"),
    ]


def test_what_satisfies_stands_before_the_result() -> None:
    assert steps(the_one(ANSWER, "2017-01-12", ASKED, fact("answered", "2017-01-05")))[3:] == [
        ("satisfied", "answered 2017-01-05", "2017-01-05", None),
        ("result", None, "2017-01-12", "met"),
    ]


def test_the_end_of_the_scope_stands_before_the_result() -> None:
    assert steps(the_one(ANSWER, "2017-01-12", ASKED, fact("closed", "2017-01-05", reason="done")))[3:] == [
        ("ended", None, "2017-01-05", None),
        ("result", None, "2017-01-12", "lapsed"),
    ]


def test_the_waiver_stands_in_place_of_what_satisfies_late() -> None:
    waiver = fact("excused", "2017-01-05", rule="answer")
    assert steps(the_one(ANSWER, "2017-01-12", ASKED, waiver, fact("answered", "2017-01-10")))[3:] == [
        ("waived", "excused 2017-01-05", "2017-01-05", None),
        ("result", None, "2017-01-12", "waived"),
    ]


def test_a_waiver_that_was_not_needed_is_no_reason() -> None:
    waiver = fact("excused", "2017-01-05", rule="answer")
    found = the_one(ANSWER, "2017-01-12", ASKED, waiver, fact("answered", "2017-01-06"))
    assert [step[0] for step in steps(found)] == ["source", "anchor", "counted", "satisfied", "result"]


def test_a_cadence_tells_the_stage_or_the_agreement() -> None:
    model = rules("""
        follow_up:
          kind: cadence
          when: {fact: job_began}
          require: {fact: followed_up, where: {employment: same_or_none}}
          stages: [{every: P4W, until: P3M}, {every: P3M}]
          agreement: true
          scope: employment
        """)
    facts = [
        fact("job_began", "2017-03-01", employment="j"),
        fact("followed_up", "2017-03-29"),
        fact("agreed", "2017-04-01", employment="j", follow_up_every="P6W"),
        fact("followed_up", "2017-05-10"),
        fact("agreed", "2017-05-11", employment="j", follow_up_dates=["2017-06-01"]),
    ]
    first, second, third = derivation(model, "2017-05-11", *facts).obligations
    assert steps(first)[2] == ("counted", None, "2017-03-29", "P4W")
    assert steps(second)[2:4] == [
        ("agreed", "agreed 2017-04-01", "2017-05-10", "P6W"),
        ("looser", "agreed 2017-04-01", "2017-04-26", None),
    ]
    # Tighter than what the first agreement would give, and so not looser than what it replaces.
    assert steps(third)[2:] == [
        ("agreed", "agreed 2017-05-11", "2017-06-01", "follow_up_dates"),
        ("result", None, "2017-05-11", "open"),
    ]


def test_a_precedence_tells_the_day_itself_and_content_the_time_for_supplements() -> None:
    model = rules("""
        before: {kind: precedence, when: {fact: answered}, require: {fact: asked}}
        plan: {kind: content, when: {fact: asked}, fields: [plan], within: P7D}
        """)
    plan, before = derivation(model, "2017-01-03", ASKED, fact("answered", "2017-01-03")).obligations
    assert steps(plan)[2] == ("counted", "asked 2017-01-02", "2017-01-09", "P7D")
    assert steps(before)[2:4] == [
        ("counted", "answered 2017-01-03", "2017-01-03", "P0D"),
        ("satisfied", "asked 2017-01-02", "2017-01-02", None),
    ]
