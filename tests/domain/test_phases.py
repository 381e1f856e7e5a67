"""The table of moves against the state machine that it is read from, fired for every kind in every phase."""

from types import SimpleNamespace

import pytest
from tests.given import PROCESS, model
from transitions import Machine, MachineError

from indsats.domain.model import Model
from indsats.domain.phases import CLOSED, NONE, Move, compile_moves, machine_of
from indsats.models.library import load, load_all

PERMIT = model("""
    id: permit
    version: 1
    phases: {applied: , granted: }
    moves:
      - {on: received, from: any, to: applied}
      - {on: decided, from: [applied, none], to: granted}
      - {on: renewed, from: [granted], to: same}
      - {on: withdrawn, from: [any, closed], to: closed}
      - {on: filed, from: [closed], to: same}
      - {on: revived, from: [closed], to: granted}
      - {on: restarted, from: [granted], to: none}
    facts: {received: , decided: , renewed: , withdrawn: , filed: , revived: , restarted: , noted: }
    """)
MODELS = [*load_all(), load(str(PROCESS)), PERMIT]


def fire(machine: Machine, kind: str, phase: str) -> str | None:
    """The phase that the Machine itself leads to, or None if it refuses."""
    subject = SimpleNamespace()
    machine.add_model(subject, initial=phase)
    try:
        machine.events[kind].trigger(subject)
    except MachineError:
        return None
    return str(subject.state)


def all_phases(model: Model) -> list[str]:
    return [NONE, *model.phases, CLOSED]


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.id)
def test_the_table_leads_where_the_machine_leads(model: Model) -> None:
    machine = machine_of(tuple(model.phases), model.moves)
    implied = {"close": dict.fromkeys(all_phases(model)[:-1], CLOSED), "reopen": {CLOSED: NONE}}
    seen = set()
    for kind in model.facts.values():
        for phase in all_phases(model):
            if kind.name in machine.events:
                expected = fire(machine, kind.name, phase)
            elif kind.effect in implied:
                expected = implied[kind.effect].get(phase)
            else:
                expected = None if phase == CLOSED else phase
            assert model.compiled_phases.after(kind.name, phase) == expected, (kind.name, phase)
            seen.add(expected)
    assert seen >= {*model.phases, CLOSED, None}


@pytest.mark.parametrize(
    ("kind", "phase", "target"),
    [
        ("received", "none", "applied"),
        ("received", "applied", "applied"),
        ("received", "granted", "applied"),
        ("received", "closed", None),
        ("decided", "none", "granted"),
        ("decided", "applied", "granted"),
        ("decided", "granted", None),
        ("renewed", "granted", "granted"),
        ("renewed", "applied", None),
        ("withdrawn", "granted", "closed"),
        ("withdrawn", "closed", "closed"),
        ("filed", "closed", "closed"),
        ("filed", "applied", None),
        ("revived", "closed", "granted"),
        ("restarted", "granted", "none"),
        ("noted", "none", "none"),
        ("noted", "granted", "granted"),
        ("noted", "closed", None),
        ("unheard_of", "granted", "granted"),
        ("unheard_of", "closed", None),
    ],
)
def test_the_moves_of_a_permit(kind: str, phase: str, target: str | None) -> None:
    assert PERMIT.compiled_phases.after(kind, phase) == target


def test_what_is_allowed_comes_in_the_order_of_the_catalogue() -> None:
    phases = PERMIT.compiled_phases
    assert phases.allowed("none", PERMIT.facts) == ["received", "decided", "withdrawn", "noted"]
    assert phases.allowed("granted", PERMIT.facts) == ["received", "renewed", "withdrawn", "restarted", "noted"]
    assert phases.allowed("closed", PERMIT.facts) == ["withdrawn", "filed", "revived"]


def test_the_first_declared_of_two_moves_wins() -> None:
    moves = (Move("begun", ("none",), "one"), Move("begun", ("none", "one"), "two"))
    phases = compile_moves(("one", "two"), moves, {})
    machine = machine_of(("one", "two"), moves)
    assert phases.after("begun", "none") == fire(machine, "begun", "none") == "one"
    assert phases.after("begun", "one") == fire(machine, "begun", "one") == "two"


def test_closing_and_reopening_need_no_move_of_their_own() -> None:
    effects = {"ended": "close", "begun_again": "reopen", "talked": None}
    phases = compile_moves(("one",), (), effects)
    assert [phases.after("ended", phase) for phase in ("none", "one", "closed")] == ["closed", "closed", None]
    assert [phases.after("begun_again", phase) for phase in ("none", "one", "closed")] == [None, None, "none"]


def test_a_closing_with_moves_of_its_own_closes_from_there_only() -> None:
    phases = compile_moves(("one", "two"), (Move("ended", ("two",), "closed"),), {"ended": "close"})
    assert [phases.after("ended", phase) for phase in ("none", "one", "two", "closed")] == [None, None, "closed", None]


def test_the_machine_has_no_way_round_the_table() -> None:
    machine = machine_of(("one",), (Move("begun", ("none",), "one"),))
    assert set(machine.events) == {"begun"}
    assert set(machine.states) == {"none", "one", "closed"}
