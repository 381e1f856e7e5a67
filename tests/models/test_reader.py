"""What a model file says is what the model holds, in every form that a file may use."""

from datetime import date

import pytest
from tests.models.reading import PERMIT, read

from indsats.domain.model import (
    ByLatest,
    Condition,
    FieldType,
    Match,
    Model,
    Period,
    Policies,
    Rule,
    Stage,
    Title,
)
from indsats.domain.phases import Move
from indsats.domain.values import Duration

SMALLEST = "id: trial\nversion: 1\n"


def rule(text: str) -> Rule:
    """The one rule of a model on the small base."""
    [found] = read(PERMIT, f"rules: {{r: {{{text}}}}}").rules
    return found


def fields(text: str, head: str = SMALLEST) -> dict[str, FieldType]:
    return dict(read(f"{head}facts: {{x: {{fields: {text}}}}}").facts["x"].fields)


def test_the_smallest_model_has_only_an_id_and_a_version() -> None:
    model = read(SMALLEST)
    assert model == Model(
        id="trial",
        version=1,
        digest=model.digest,
        family="trial",
        phases={},
        moves=(),
        facts={},
        rules=(),
        title=Title("trial", "trial"),
    )
    assert model.calendar.closing_days == {"06-05", "12-24", "12-31"}


def test_the_head() -> None:
    model = read(
        """\
        id: stevns-2018
        version: 12
        title: {da: Progression, en: Progress}
        source: 001
        family: flexjob
        subject: project
        municipality: 0336
        valid: {from: 2017-01-01, to: ~}
        policies: {roll: next_working_day, closing_days: [12-24, 2017-12-27], spell_gap: P1D}
        policy_notes: {weekends: {da: Ja, en: Yes}, holds: Only here}
        """
    )
    assert model.reference == "stevns-2018@12"
    assert model.title == Title("Progression", "Progress")
    assert (model.source, model.family, model.subject, model.municipality) == ("001", "flexjob", "project", "0336")
    assert model.valid == Period(date(2017, 1, 1), None)
    days = frozenset({"12-24", "2017-12-27"})
    assert model.policies == Policies("next_working_day", days, Duration.parse("P1D"))
    assert model.policy_notes == {"weekends": Title("Ja", "Yes"), "holds": Title("Only here", "Only here")}


@pytest.mark.parametrize(
    ("text", "title"),
    [("Kort", Title("Kort", "Kort")), ("{da: Kort}", Title("Kort", "Kort")), ("{en: Short}", Title("Short", "Short"))],
)
def test_a_title_may_be_one_text_for_both_languages(text: str, title: Title) -> None:
    assert read(f"{SMALLEST}title: {text}").title == title


def test_phases_and_roles_without_a_title_are_called_by_their_name() -> None:
    model = read(f"{SMALLEST}phases: {{one: , two: {{}}, three: {{title: Tre}}}}\nroles: {{clerk: }}")
    assert model.phases == {"one": Title("one", "one"), "two": Title("two", "two"), "three": Title("Tre", "Tre")}
    assert model.roles == {"clerk": Title("clerk", "clerk")}


def test_the_rank_of_a_kind_is_its_place() -> None:
    model = read(f"{SMALLEST}facts: {{b: , a: {{}}, c: {{fields: }}}}")
    assert [(kind.name, kind.rank, kind.fields) for kind in model.facts.values()] == [
        ("b", 0, {}),
        ("a", 1, {}),
        ("c", 2, {}),
    ]


def test_a_kind_of_fact() -> None:
    kind = read(
        f"{SMALLEST}facts: {{x: {{title: X, fields: {{a: text, b: text}}, personal: a, effect: open, subject: unit, "
        "retention: P5Y}}"
    ).facts["x"]
    assert (kind.title, kind.personal, kind.effect, kind.subject) == (Title("X", "X"), frozenset({"a"}), "open", "unit")
    assert kind.retention == Duration.parse("P5Y")


@pytest.mark.parametrize(
    ("text", "type_"),
    [
        ("text", FieldType("text")),
        ("text?", FieldType("text", optional=True)),
        ('"decimal?"', FieldType("decimal", optional=True)),
        ("[a, b]", FieldType("text", ("a", "b"))),
        ('"[a, b]"', FieldType("text", ("a", "b"))),
        ('"[a, b]?"', FieldType("text", ("a", "b"), optional=True)),
        ("list of text", FieldType("text", is_list=True)),
        ('"list of date?"', FieldType("date", is_list=True, optional=True)),
        ('"list of [a, b]?"', FieldType("text", ("a", "b"), is_list=True, optional=True)),
        ("[yes, no, 1, 2017-01-01]", FieldType("text", ("yes", "no", "1", "2017-01-01"))),
    ],
)
def test_types_of_fields(text: str, type_: FieldType) -> None:
    assert fields(f"{{f: {text}}}") == {"f": type_}


def test_a_role_is_any_text_where_no_roles_are_declared() -> None:
    assert fields('{f: "list of role?"}') == {"f": FieldType("text", is_list=True, optional=True)}
    assert fields("{f: role}", f"{SMALLEST}roles: {{clerk: {{}}}}\n") == {"f": FieldType("role")}


def test_moves() -> None:
    model = read(
        SMALLEST,
        """\
        phases: {one: {}, two: {}}
        facts: {a: {}, b: {}, c: {effect: close}}
        moves:
          - {on: a, from: none, to: one}
          - {on: a, from: [two], to: same}
          - {on: b, from: any, to: two}
          - {on: b, from: closed, to: one}
        """,
    )
    assert model.moves == (
        Move("a", ("none",), "one"),
        Move("a", ("two",), "same"),
        Move("b", ("any",), "two"),
        Move("b", ("closed",), "one"),
    )


def test_a_deadline_has_the_defaults_of_the_model() -> None:
    found = rule("kind: deadline, when: {fact: received}, require: {fact: decided}, within: P10WD")
    assert found == Rule(
        id="r",
        kind="deadline",
        when=Match("received"),
        require=(Match("decided"),),
        within=Duration.parse("P10WD"),
    )


def test_every_key_of_a_deadline() -> None:
    found = rule(
        "kind: deadline, title: {da: Svar, en: Answer}, source: the law, when: {fact: hired}, "
        "require: {fact: visited}, within: P2Y6M, count: 3, lookback: P1M, scope: employment, force: decide, "
        "basis: law, "
        "valid: {from: 2017-01-01, to: 2019-12-31}, responsible: clerk, pause_on: [sick, other], "
        "roll: previous_working_day, warn_before: P2D, limit: visits, policy_notes: {x: {da: Y, en: Z}}"
    )
    assert found == Rule(
        id="r",
        kind="deadline",
        title=Title("Svar", "Answer"),
        source="the law",
        when=Match("hired"),
        require=(Match("visited"),),
        within=Duration.parse("P2Y6M"),
        count=3,
        lookback=Duration.parse("P1M"),
        scope="employment",
        force="decide",
        basis="law",
        valid=Period(date(2017, 1, 1), date(2019, 12, 31)),
        responsible="clerk",
        pause_on=frozenset({"sick", "other"}),
        roll="previous_working_day",
        warn_before=Duration.parse("P2D"),
        limit="visits",
        policy_notes={"x": Title("Y", "Z")},
    )


def test_every_key_of_a_cadence() -> None:
    found = rule(
        "kind: cadence, when: {fact: hired}, require: {fact: visited, where: {employment: same_or_none}}, "
        "stages: [{every: P4W, until: P3M}, {every: P3M}], mode: grid, stop: left, agreement: true, scope: employment"
    )
    assert found.stages == (
        Stage(Duration.parse("P4W"), Duration.parse("P3M")),
        Stage(Duration.parse("P3M")),
    )
    assert (found.mode, found.stop, found.agreement) == ("grid", frozenset({"left"}), True)
    assert found.require == (Match("visited", (Condition("employment", "same_or_none"),)),)


@pytest.mark.parametrize(("align", "every"), [("quarter", "P6M"), ("iso_week", "P2W"), ("iso_week", "P14D")])
def test_an_aligned_cadence(align: str, every: str) -> None:
    found = rule(
        "kind: cadence, when: {fact: received}, require: {fact: inspected}, mode: window, "
        f"stages: [{{every: {every}}}], align: {align}"
    )
    assert (found.align, found.stages) == (align, (Stage(Duration.parse(every)),))


def test_a_cadence_without_stages_waits_for_an_agreement() -> None:
    found = rule("kind: cadence, when: {fact: hired}, require: {fact: visited}, stages: [], agreement: true")
    assert found.stages == ()


def test_a_precedence() -> None:
    found = rule("kind: precedence, when: {fact: decided}, require: {fact: inspected}, lookback: P1Y, scope: pathway")
    assert (found.kind, found.lookback, found.scope) == ("precedence", Duration.parse("P1Y"), "pathway")


def test_content_is_asked_for_on_the_day_unless_said_otherwise() -> None:
    found = rule("kind: content, when: {fact: visited}, fields: [at, took], participants: clerk")
    assert (found.fields, found.participants, found.within) == (("at", "took"), ("clerk",), Duration(text="P0D"))


def test_a_rule_takes_the_roll_of_the_model_unless_it_has_its_own() -> None:
    model = read(
        PERMIT,
        """\
        policies: {roll: next_working_day}
        rules:
          a: {kind: deadline, when: {fact: received}, require: {fact: decided}, within: P7D}
          b: {kind: deadline, when: {fact: received}, require: {fact: decided}, within: P7D, roll: none}
          c: {kind: content, when: {fact: visited}, fields: at}
        """,
    )
    assert {found.id: found.roll for found in model.rules} == {"a": "next_working_day", "b": "none", "c": "none"}


@pytest.mark.parametrize(
    ("where", "conditions"),
    [
        ("channel: {is: web}", (Condition("channel", "is", "web"),)),
        ("channel: {not: web}", (Condition("channel", "not", ("web",)),)),
        ("channel: {not: [web, letter]}", (Condition("channel", "not", ("web", "letter")),)),
        ("channel: {in: [web]}", (Condition("channel", "in", ("web",)),)),
        ("pages: {min: 2, max: 10}", (Condition("pages", "min", 2), Condition("pages", "max", 10))),
        ("urgent: {is: true}", (Condition("urgent", "is", True),)),
        ("urgent: {not: true}, pages: {is: 3}", (Condition("urgent", "not", (True,)), Condition("pages", "is", 3))),
    ],
)
def test_conditions(where: str, conditions: tuple[Condition, ...]) -> None:
    found = rule(
        f"kind: deadline, when: {{fact: received, where: {{{where}}}}}, require: {{fact: decided}}, within: P7D"
    )
    assert found.when == Match("received", conditions)


@pytest.mark.parametrize(
    ("where", "condition"),
    [
        ("hours: {max: 10}", Condition("hours", "max", "10")),
        ("hours: {max: 10.50}", Condition("hours", "max", "10.5")),
        ('hours: {is: "7.0"}', Condition("hours", "is", "7")),
    ],
)
def test_numbers_are_held_as_facts_store_them(where: str, condition: Condition) -> None:
    found = rule(f"kind: deadline, when: {{fact: hired, where: {{{where}}}}}, require: {{fact: decided}}, within: P7D")
    assert found.when.where == (condition,)


def test_a_list_includes_one_or_several() -> None:
    for given, held in [("clerk", ("clerk",)), ("[clerk, applicant]", ("clerk", "applicant"))]:
        found = rule(
            "kind: precedence, when: {fact: decided}, "
            f"require: {{fact: visited, where: {{participants: {{includes: {given}}}}}}}"
        )
        assert found.require[0].where == (Condition("participants", "includes", held),)


@pytest.mark.parametrize("where", ["", ", where: {}"])
def test_a_match_needs_no_conditions(where: str) -> None:
    found = rule(f"kind: precedence, when: {{fact: decided{where}}}, require: {{fact: inspected}}")
    assert found.when == Match("decided")


def test_any_of_several_facts() -> None:
    found = rule("kind: precedence, when: {fact: decided}, require: [{fact: inspected}, {fact: visited}]")
    assert found.require == (Match("inspected"), Match("visited"))


@pytest.mark.parametrize("form", ["require: {by: %s}", "by: %s"])
def test_a_requirement_chosen_by_an_earlier_fact(form: str) -> None:
    by = form % "{latest: received, field: channel, in: visit, cases: {web: inspected, letter: visited}, else: decided}"
    found = rule(f"kind: deadline, when: {{fact: received}}, within: P7D, {by}")
    assert found.by == ByLatest("received", "channel", {"web": "inspected", "letter": "visited"}, "decided")
    assert found.require == ()
    assert found.required_kinds == ("inspected", "visited", "decided")


def test_limits_and_key_figures_are_kept_as_declared() -> None:
    model = read(
        SMALLEST,
        """\
        phases: {one: {}}
        limits: {size: {title: {da: S, en: S}, high: 1/3, soft: true, low: }}
        kpis: {k: {title: {da: K, en: K}, rows: pathways, numerator: {phase: {is: one}}}}
        """,
    )
    assert model.limits == {"size": {"title": {"da": "S", "en": "S"}, "high": "1/3", "soft": True, "low": None}}
    assert model.kpis["k"] == {
        "title": {"da": "K", "en": "K"},
        "rows": "pathways",
        "numerator": {"phase": {"is": "one"}},
    }


def test_a_unit_can_be_the_subject_of_rules() -> None:
    model = read(
        SMALLEST,
        """\
        subject: unit
        facts: {opened: {subject: unit}, counted: {subject: unit}}
        rules: {r: {kind: deadline, when: {fact: opened}, require: {fact: counted}, within: P7D}}
        """,
    )
    assert [found.id for found in model.rules] == ["r"]


def test_any_reason_of_a_hold_can_be_paused_for_where_it_is_free_text() -> None:
    model = read(
        SMALLEST,
        """\
        facts: {a: {}, b: {}, paused: {fields: {reason: text}, effect: hold_start}}
        rules: {r: {kind: deadline, when: {fact: a}, require: {fact: b}, within: P7D, pause_on: rain}}
        """,
    )
    assert model.rules[0].pause_on == {"rain"}
