"""What is wrong with a declared limit is told where it stands, with what is allowed."""

from fractions import Fraction

import msgspec
import pytest
from tests.models.reading import PERMIT, read, said

from indsats.domain.limit import Caseload, Cycle, Limit, Places, Share
from indsats.domain.model import Title
from indsats.domain.values import Duration
from indsats.errors import ModelInvalid
from indsats.models.library import load_all
from indsats.models.limit_form import limits_of

MORE = """\
facts:
  assigned: {fields: {worker: text, as_role: role}, effect: assignment_start}
  met: {subject: unit, fields: {at: text}}
kpis:
  granted: {title: {da: A, en: S}, rows: pathways, numerator: {phase: {is: granted}}}
  cases: {title: {da: A, en: S}, rows: pathways}
"""
HEAD = PERMIT + MORE


def limit(declared: str) -> Limit:
    return limits_of(read(HEAD, f"limits: {{size: {declared}}}\n"))["size"]


def faults(declared: str) -> list[str]:
    """Those of the limit on line 10, without its place."""
    return [
        each.removeprefix("m.yaml:10:").partition(": ")[2] for each in said(HEAD, f"limits: {{size: {declared}}}\n")
    ]


def test_a_share_of_a_key_figure() -> None:
    found = limit("{title: {da: Del, en: Part}, kpi: granted, high: 1/3, soft: true, source: 9, policy_notes: {a: b}}")
    assert found == Limit(
        id="size",
        counted=Share("granted"),
        high=Fraction(1, 3),
        soft=True,
        title=Title("Del", "Part"),
        source="9",
        policy_notes={"a": Title("b", "b")},
    )


def test_a_caseload() -> None:
    assert limit("{role: clerk, low: 20, high: 25}").counted == Caseload("clerk")
    assert limit("{role: clerk, unit: north, functions: [clerk, applicant], phases: applied, low: 20}").counted == (
        Caseload("clerk", "north", ("applicant", "clerk"), ("applied",))
    )
    assert limit("{role: clerk, functions: clerk, high: 1}").counted == Caseload("clerk", None, ("clerk",))


def test_places() -> None:
    four_weeks = Duration.parse("P4W")
    assert limit("{fact: inspected, by: at, within: P4W, high: 12}").counted == Places("inspected", "at", four_weeks)
    assert limit(
        "{fact: inspected, by: at, within: P4W, left: [decided, left], cycle: {fact: met, count: 12}, high: 12}"
    ).counted == Places("inspected", "at", four_weeks, ("decided", "left"), Cycle("met", 12))


def test_what_counts_nothing_is_kept_and_never_computable() -> None:
    found = limit("{title: Antal, high: 12, soft: true, low: }")
    assert (found.counted, found.low, found.high) == (None, None, Fraction(12))
    assert found.state(None) == "not_computable"


def test_every_limit_of_the_shipped_models_says_what_it_counts() -> None:
    every = [limit for model in load_all() for limit in limits_of(model).values()]
    assert len(every) > 2
    assert all(limit.counted is not None for limit in every)


@pytest.mark.parametrize(
    ("declared", "fault"),
    [
        ("{hihg: 12}", "limit 'size' has no key 'hihg'; allowed: title, source, low, high, soft, policy_notes, kpi, "),
        ("{high: many}", "limit 'size': high: 'many' is no figure; allowed: counts such as 40/387, or a number"),
        ("{high: 12, soft: 1}", "limit 'size': soft must be a truth value, not "),
        ("{low: 3, high: 2}", "limit 'size': low is more than high"),
        ("{kpi: granted}", "limit 'size' has no bound; allowed: low, high"),
        ("{kpi: grantd, high: 1}", "limit 'size': kpi cannot be 'grantd'; allowed: granted; did you mean granted?"),
        ("{kpi: cases, high: 1}", "limit 'size': kpi cannot be 'cases'; allowed: granted"),
        ("{kpi: granted, role: clerk, high: 1}", "limit 'size' counts by kpi and by role; allowed is one"),
        ("{kpi: granted, unit: north, high: 1}", "limit 'size': 'unit' goes with the key 'role'"),
        ("{unit: north, high: 1}", "limit 'size': 'unit' goes with the key 'role'"),
        ("{role: clark, high: 1}", "limit 'size': role cannot be 'clark'; allowed: clerk, applicant; did you mean cle"),
        ("{role: clerk, functions: [clark], high: 1}", "limit 'size': functions cannot be 'clark'; allowed: clerk, "),
        ("{role: clerk, functions: [], high: 1}", "limit 'size': functions is empty"),
        ("{role: clerk, phases: [aplied], high: 1}", "limit 'size': phases cannot be 'aplied'; allowed: applied, gra"),
        ("{fact: visitd, by: at, within: P4W, high: 1}", "limit 'size': fact cannot be 'visitd'; allowed: received, "),
        ("{fact: met, by: at, within: P4W, high: 1}", "limit 'size': fact cannot be 'met'; allowed: received, "),
        ("{fact: inspected, within: P4W, high: 1}", "limit 'size' lacks the key 'by'"),
        ("{fact: inspected, by: at, high: 1}", "limit 'size' lacks the key 'within'"),
        ("{fact: inspected, by: by, within: P4W, high: 1}", "limit 'size': by cannot be 'by'; allowed: notes, at"),
        ("{fact: inspected, by: at, within: P9WD, high: 1}", "limit 'size': within: 'P9WD' is no time since a day; "),
        ("{fact: inspected, by: at, within: P0D, high: 1}", "limit 'size': within: 'P0D' is no time since a day; "),
        ("{fact: inspected, by: at, within: P4W, left: met, high: 1}", "limit 'size': left cannot be 'met'; allowed: "),
        (
            "{fact: inspected, by: at, within: P4W, cycle: {fact: met}, high: 1}",
            "cycle of limit 'size' lacks the key 'count'",
        ),
        (
            "{fact: inspected, by: at, within: P4W, cycle: {fact: counted, count: 2}, high: 1}",
            "cycle of limit 'size': fact counted has no field 'at' that names a place",
        ),
        (
            "{fact: inspected, by: at, within: P4W, cycle: {fact: met, count: 0}, high: 1}",
            "count of cycle of limit 'size' must be at least 1, not 0",
        ),
    ],
)
def test_a_fault(declared: str, fault: str) -> None:
    found = faults(declared)
    assert len(found) == 1
    assert found[0].startswith(fault)


def test_a_model_without_assignments_has_no_caseload() -> None:
    assert said(PERMIT, "limits: {size: {role: clerk, high: 1}}\n") == [
        "m.yaml:4:23: limit 'size': the model has no fact of effect assignment_start"
    ]


def test_every_fault_is_told_at_once() -> None:
    assert len(said(HEAD, "limits: {a: {hihg: 1}, b: [], c: {kpi: x, high: y}}\n")) == 4


@pytest.mark.parametrize(
    ("declared", "fault"),
    [
        ("{kpi: granted, high: 1/3}", "size is never full; it must count places (the key 'fact') and have a 'high'"),
        (
            "{fact: inspected, by: at, within: P4W, low: 2}",
            "size is never full; it must count places (the key 'fact') ",
        ),
        (
            "{fact: inspected, by: at, within: P4W, high: 2}",
            "size counts places by inspected, for which the rule does ",
        ),
    ],
)
def test_a_rule_can_name_what_can_stand_in_its_way_only(declared: str, fault: str) -> None:
    rule = "{kind: deadline, when: {fact: received}, require: {fact: decided}, within: P7D, limit: size}"
    [found] = said(HEAD, f"limits: {{size: {declared}}}\n", f"rules: {{decision: {rule}}}\n")
    assert found.startswith(
        f"m.yaml:11:{len('rules: {decision: ') + rule.index('size') + 1}: rule decision: limit: {fault}"
    )
    rule = rule.replace("decided", "inspected")
    if "high: 2" in declared:
        assert said(HEAD, f"limits: {{size: {declared}}}\n", f"rules: {{decision: {rule}}}\n") == []


def test_faults_of_a_model_that_was_kept_are_told_without_places() -> None:
    model = read(HEAD, "limits: {size: {high: 12}}\n")
    model = msgspec.structs.replace(model, limits={"size": {"high": "12", "kinds": ["a", {"b": None}]}})
    with pytest.raises(ModelInvalid, match="limit 'size' has no key 'kinds'"):
        limits_of(model)
