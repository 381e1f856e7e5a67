"""Another process than any shipped one, in a model that is written here alone: a permit, with clerks and neighbours."""

import json
from typing import Any

import pytest
from click.testing import CliRunner

from indsats.cli.main import indsats

PERMIT = """
id: permit
version: 3
title: {da: Byggetilladelse, en: Building permit}
municipality: "0336"
phases:
  applied: {title: {da: Ansøgt, en: Applied}}
moves:
  - {on: application_received, from: [none], to: applied}
  - {on: permit_decided, from: [applied], to: closed}
facts:
  application_received: {fields: {case: text}}
  neighbours_heard: {}
  permit_decided: {fields: {granted: bool}}
roles:
  clerk: {title: {da: Sagsbehandler, en: Clerk}}
rules:
  hearing:
    kind: deadline
    when: {fact: application_received}
    require: {fact: neighbours_heard}
    within: P14D
    responsible: clerk
  decision:
    kind: deadline
    when: {fact: application_received}
    require: {fact: permit_decided}
    within: P20WD
  heard_before_decision:
    kind: precedence
    when: {fact: permit_decided}
    require: {fact: neighbours_heard}
    scope: pathway
"""

FACTS = [
    # Heard and decided in time.
    {"citizen": "kept", "on": "2017-03-01", "fact": "application_received", "case": "a shed"},
    {"citizen": "kept", "on": "2017-03-15", "fact": "neighbours_heard"},
    {"citizen": "kept", "on": "2017-03-29", "fact": "permit_decided", "granted": True},
    # Decided on the last day, over which nobody was heard; that it was done before is told later.
    {"citizen": "unheard", "on": "2017-03-01", "fact": "application_received", "id": "asked", "case": "a tower"},
    {"citizen": "unheard", "on": "2017-03-10", "fact": "permit_decided", "id": "decided", "granted": False},
    {
        "citizen": "unheard",
        "on": "2017-03-09",
        "fact": "neighbours_heard",
        "id": "heard",
        "recorded": "2017-03-31T09:00:00+02:00",
    },
    # Forgotten; 20 working days from 1 March are 29 March.
    {"citizen": "forgotten", "on": "2017-03-01", "fact": "application_received", "id": "lost", "case": "a garage"},
]


@pytest.fixture(scope="module")
def replayed(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, Any]]:
    """What `indsats replay` says of each of them at the end of April."""
    directory = tmp_path_factory.mktemp("permit")
    model, facts = directory / "permit.yaml", directory / "facts.jsonl"
    model.write_text(PERMIT, encoding="utf-8")
    facts.write_text("\n".join(map(json.dumps, FACTS)), encoding="utf-8")
    arguments = ["replay", str(facts), "--model", str(model), "--until", "2017-04-30", "--json"]
    result = CliRunner().invoke(indsats, arguments)
    assert result.exit_code == 0, result.output
    [file] = json.loads(result.stdout)["files"]
    assert (file["model"]["id"], file["model"]["version"]) == ("permit", 3)
    return {pathway["citizen"]: pathway for pathway in file["pathways"]}


def _owed(pathway: dict[str, Any]) -> list[str]:
    keys = ("rule", "due", "status", "satisfied_on", "responsible")
    return [" ".join(str(owed[key]) for key in keys) for owed in pathway["obligations"]]


def _found(pathway: dict[str, Any]) -> list[str]:
    keys = ("event", "rule", "anchor", "due", "found_on")
    return [" ".join(str(entry[key]) for key in keys) for entry in pathway["ledger"]]


def test_what_is_done_in_time_is_met(replayed: dict[str, dict[str, Any]]) -> None:
    assert replayed["kept"]["phase"] == "closed"
    assert _owed(replayed["kept"]) == [
        "decision 2017-03-29 met 2017-03-29 None",
        "hearing 2017-03-15 met 2017-03-15 clerk",
        "heard_before_decision 2017-03-29 met 2017-03-15 None",
    ]
    assert _found(replayed["kept"]) == []


def test_what_must_come_first_and_is_told_later_withdraws_the_breach(replayed: dict[str, dict[str, Any]]) -> None:
    assert _owed(replayed["unheard"]) == [
        "decision 2017-03-29 met 2017-03-10 None",
        "hearing 2017-03-15 met 2017-03-09 clerk",
        "heard_before_decision 2017-03-10 met 2017-03-09 None",
    ]
    assert _found(replayed["unheard"]) == [
        "deadline_breached heard_before_decision decided 2017-03-10 2017-03-11",
        "breach_withdrawn heard_before_decision decided 2017-03-10 2017-03-31",
    ]
    assert replayed["unheard"]["ledger"][1]["because_of"] == "heard"


def test_what_is_never_done_is_breached_the_day_after_it_was_due(replayed: dict[str, dict[str, Any]]) -> None:
    assert replayed["forgotten"]["phase"] == "applied"
    assert _owed(replayed["forgotten"]) == [
        "decision 2017-03-29 breached None None",
        "hearing 2017-03-15 breached None clerk",
    ]
    assert _found(replayed["forgotten"]) == [
        "deadline_breached hearing lost 2017-03-15 2017-03-16",
        "deadline_breached decision lost 2017-03-29 2017-03-30",
    ]
