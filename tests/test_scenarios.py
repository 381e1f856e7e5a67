"""Every scenario is a test: replayed by the code of `indsats replay`, and all that it expects holds."""

from pathlib import Path

import pytest

from indsats.domain.model import Model, Rule
from indsats.models.library import load
from indsats.replay.expectations import ObligationExpected
from indsats.replay.outcome import play
from indsats.replay.scenario import read_scenario
from indsats.replay.source import read_source

SCENARIOS = Path(__file__).parents[1] / "scenarios"
FILES = sorted(path for path in SCENARIOS.rglob("*.yaml") if "models" not in path.relative_to(SCENARIOS).parts)
OF_RULES = [
    (model, rule)
    for model in map(load, ("stevns-2017", "aalborg-2017", "uif2-2019", "fsm3-2021", "project-2017"))
    for rule in model.rules
]


def _name(value: object) -> str:
    match value:
        case Model() | Rule():
            return value.id
        case Path():
            return str(value.relative_to(SCENARIOS).with_suffix(""))
        case _:
            return str(value)


@pytest.mark.parametrize("path", FILES, ids=_name)
def test_all_that_a_scenario_expects_holds(path: Path) -> None:
    source = read_source(path)
    assert source.expect, "a scenario expects something"
    assert [str(failure) for failure in play(source).failed] == []


@pytest.mark.parametrize("path", FILES, ids=_name)
def test_a_scenario_says_what_it_shows_and_where_that_is_written(path: Path) -> None:
    scenario = read_scenario(path)
    assert scenario.title
    assert scenario.source


def test_every_rule_of_the_shipped_models_has_a_scenario() -> None:
    in_files = {(path.parent.name, path.stem) for path in FILES if path.is_relative_to(SCENARIOS / "rules")}
    assert in_files == {(model.id, rule.id) for model, rule in OF_RULES}


@pytest.mark.parametrize(("model", "rule"), OF_RULES, ids=_name)
def test_the_scenarios_of_a_rule_tell_all_that_can_become_of_it(model: Model, rule: Rule) -> None:
    source = read_source(SCENARIOS / "rules" / model.id / f"{rule.id}.yaml")
    assert source.model == model
    expected = [one for one in source.expect if isinstance(one, ObligationExpected) and one.rule == rule.id]
    assert _outcomes(rule) - {one.values.get("status") for one in expected} == set()
    ledgers = {entry.split()[0] for one in expected for entry in one.ledger or ()}
    assert ledgers == ({"breached", "withdrawn"} if rule.can_fail else set())


def _outcomes(rule: Rule) -> set[str]:
    """The statuses that an obligation of the rule can end with, or rest in."""
    found = {"met", "breached", "waived"}
    if rule.kind != "precedence":
        found |= {"open"}
        # What comes after a window counts for the next one.
        found |= {"met_late"} if rule.mode != "window" else set()
    if rule.kind in ("deadline", "cadence"):
        found |= {"lapsed"}
    if rule.pause_on:
        found |= {"on_hold"}
    return found
