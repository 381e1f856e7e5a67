"""A model takes over what its base says, but for what it says itself."""

from pathlib import Path

import pytest
from tests.models.reading import faults, read, said

from indsats.domain.model import Policies, Title
from indsats.domain.phases import Move
from indsats.errors import ModelInvalid
from indsats.models.library import load

BASE = """\
    id: base
    version: 3
    title: {da: Grund, en: Base}
    source: 001
    municipality: "0336"
    valid: {from: 2017-01-01}
    family: permit
    policies: {roll: next_working_day, spell_gap: P1D}
    policy_notes: {weekends: A, holds: B}
    phases: {one: {title: En}, two: {}}
    moves:
      - {on: begun, from: none, to: one}
      - {on: moved, from: one, to: two}
      - {on: moved, from: two, to: one}
    roles: {clerk: {}, judge: {}}
    facts: {begun: {}, moved: {}, done: {fields: {how: text}}}
    rules:
      first: {kind: deadline, when: {fact: begun}, require: {fact: done}, within: P7D}
      second: {kind: deadline, when: {fact: begun}, require: {fact: done}, within: P14D}
    limits: {size: {high: 12}}
    """
OWN = "id: own\nversion: 1\nextends: ./base.yaml\n"


def test_what_it_does_not_say_is_the_base_s() -> None:
    model, base = read(OWN, base=BASE), read(BASE)
    assert (model.id, model.version) == ("own", 1)
    for key in ("title", "source", "municipality", "valid", "family", "policies", "phases", "moves", "facts", "rules"):
        assert getattr(model, key) == getattr(base, key)
    assert model.digest != base.digest


def test_a_key_of_the_same_name_replaces_the_base_s() -> None:
    model = read(
        OWN,
        """\
        title: Own
        valid: {to: 2018-06-30}
        policies: {roll: none}
        phases: {one: {title: Uno}, three: {}}
        facts: {done: {fields: {what: text}}, lost: {}}
        rules:
          first: {kind: deadline, when: {fact: begun}, require: {fact: lost}, within: P1D}
          third: {kind: deadline, when: {fact: begun}, require: {fact: done}, within: P3D}
        """,
        base=BASE,
    )
    assert model.title == Title("Own", "Own")
    assert model.valid.first is None, "a period is replaced as a whole"
    assert (model.policies.roll, model.policies.spell_gap.text) == ("none", "P1D")
    assert model.phases == {"one": Title("Uno", "Uno"), "two": Title("two", "two"), "three": Title("three", "three")}
    assert [(kind.name, kind.rank, list(kind.fields)) for kind in model.facts.values()] == [
        ("begun", 0, []),
        ("moved", 1, []),
        ("done", 2, ["what"]),
        ("lost", 3, []),
    ]
    assert [(rule.id, rule.within.text) for rule in model.rules] == [
        ("first", "P1D"),
        ("second", "P14D"),
        ("third", "P3D"),
    ]


def test_null_removes() -> None:
    model = read(
        OWN,
        """\
        municipality: null
        policies: {roll: ~}
        policy_notes: {weekends: null}
        roles: {judge: }
        rules: {second: null}
        limits: {size: null}
        """,
        base=BASE,
    )
    assert model.municipality is None
    assert model.policies == Policies(spell_gap=read(BASE).policies.spell_gap)
    assert (list(model.policy_notes), list(model.roles), list(model.limits)) == (["holds"], ["clerk"], [])
    assert [rule.id for rule in model.rules] == ["first"]


def test_a_whole_section_can_be_removed() -> None:
    assert read(OWN, "rules: null\n", base=BASE).rules == ()


def test_null_for_what_the_base_does_not_have_is_a_fault() -> None:
    [fault] = said(OWN, "rules: {frist: null}\n", base=BASE)
    what = "rules: null removes 'frist' of the base, which has none; allowed: first, second; did you mean first?"
    assert fault == f"m.yaml:4:9: {what}"


def test_the_moves_for_a_kind_replace_those_of_the_base() -> None:
    model = read(OWN, "moves: [{on: moved, from: any, to: two}]\n", base=BASE)
    assert model.moves == (Move("begun", ("none",), "one"), Move("moved", ("any",), "two"))


def test_a_kind_that_is_removed_takes_its_moves_with_it() -> None:
    model = read(OWN, "facts: {moved: null}\n", base=BASE)
    assert [move.on for move in model.moves] == ["begun"]


def test_a_rule_whose_fact_is_removed_is_a_fault_of_the_base() -> None:
    found = said(OWN, "facts: {done: null}\nrules: {second: null}\n", base=BASE)
    assert found == ["base.yaml:18:64: rule first: require: there is no fact 'done'; allowed: begun, moved"]


def test_a_base_may_have_its_own() -> None:
    middle = "id: middle\nversion: 1\nextends: ./base.yaml\nrules: {second: null}\npolicies: {roll: none}\n"
    model = read("id: own\nversion: 1\nextends: ./middle.yaml\ntitle: Own\n", middle=middle, base=BASE)
    assert [rule.id for rule in model.rules] == ["first"]
    assert (model.policies.roll, model.policies.spell_gap.text) == ("none", "P1D")


def test_the_faults_of_all_files_are_reported_at_once() -> None:
    base = BASE.replace("to: two}", "to: tow}")
    assert said(OWN, "titel: x\n", base=base) == [
        (
            "m.yaml:4:1: a model has no key 'titel'; allowed: id, version, title, source, extends, family, subject, "
            "municipality, valid, policies, policy_notes, phases, moves, facts, roles, rules, limits, kpis; "
            "did you mean title?"
        ),
        "base.yaml:13:32: to cannot be 'tow'; allowed: one, two, closed, same, none; did you mean two?",
    ]


@pytest.mark.parametrize(
    ("files", "fault"),
    [
        ({"m": "m"}, "this is a ring: {}/m.yaml extends {}/m.yaml"),
        (
            {"m": "a", "a": "b", "b": "a"},
            "this is a ring: {}/m.yaml extends {}/a.yaml extends {}/b.yaml extends {}/a.yaml",
        ),
    ],
)
def test_a_ring_is_refused(files: dict[str, str], fault: str, tmp_path: Path) -> None:
    for name, base in files.items():
        (tmp_path / f"{name}.yaml").write_text(f"id: {name}\nversion: 1\nextends: ./{base}.yaml\n")
    with pytest.raises(ModelInvalid) as refused:
        load("./m.yaml", tmp_path)
    assert fault.replace("{}", str(tmp_path)) in str(refused.value)


@pytest.mark.parametrize(
    ("reference", "fault"),
    [
        ("./bass.yaml", "extends: there is no file "),
        (
            "stevns-2016",
            (
                "extends: there is no model 'stevns-2016'; allowed: aalborg-2017, aalborg-2019, flexjob-base, "
                "fsm3-2021, fsm3-2021-in-fsm2, project-2017, stevns-2017, uif2-2019, a path such as ./base.yaml; did "
                "you mean stevns-2017?"
            ),
        ),
        ("flexjob-base@7", "extends: there is no model 'flexjob-base@7'; allowed: flexjob-base@1"),
        ("[a]", "extends must be text, not a list"),
    ],
)
def test_a_base_that_is_not_there(reference: str, fault: str) -> None:
    [found] = said(f"id: own\nversion: 1\nextends: {reference}\n")
    assert found.startswith(f"m.yaml:3:10: {fault}")


def test_a_base_can_be_named_with_its_version() -> None:
    assert read("id: own\nversion: 1\nextends: flexjob-base@1\n").family == "flexjob"


def test_a_base_that_is_no_yaml_is_named() -> None:
    [fault] = faults(OWN, base="a: [")
    assert fault.file.endswith("base.yaml")


@pytest.mark.parametrize(
    ("part", "fault"),
    [
        ("rules: [a]\n", "4:8: rules must be a mapping, not a list"),
        ("moves: {on: begun}\n", "4:8: moves must be a list, not a mapping"),
        ("moves: [begun]\n", "4:9: a move must be a mapping, not 'begun'"),
    ],
)
def test_a_section_of_another_form_than_the_base_s_is_a_fault(part: str, fault: str) -> None:
    assert said(OWN, part, base=BASE) == [f"m.yaml:{fault}"]


def test_an_empty_extends_is_none() -> None:
    assert read("id: own\nversion: 1\nextends:\n").rules == ()
