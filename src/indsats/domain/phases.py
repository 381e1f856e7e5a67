"""The moves between phases: declared as one `transitions` Machine for each model, decided by a table."""

from collections.abc import Mapping

import msgspec
from transitions import Machine

NONE = "none"
CLOSED = "closed"
SAME = "same"
ANY = "any"


class Move(msgspec.Struct, frozen=True):
    """A fact of kind `on` leads from any of `sources` to `target`.

    Sources are phases, `none`, `closed`, or `any` (every one but `closed`); the target may be `same`: legal, but no
    move.
    """

    on: str
    sources: tuple[str, ...]
    target: str


class Phases(msgspec.Struct, frozen=True):
    """The table: (kind, phase) -> phase, for every legal fact whose kind has a move."""

    table: Mapping[tuple[str, str], str]
    moving: frozenset[str]

    def after(self, kind: str, phase: str) -> str | None:
        """The phase that a fact leads to from `phase`, or None if it has no legal move from there."""
        if kind not in self.moving:
            return None if phase == CLOSED else phase
        return self.table.get((kind, phase))

    def allowed(self, phase: str, kinds: Mapping[str, object]) -> list[str]:
        """The kinds that are legal in a phase, in catalogue order."""
        return [kind for kind in kinds if self.after(kind, phase) is not None]


def machine_of(phases: tuple[str, ...], moves: tuple[Move, ...]) -> Machine:
    """The moves as a `transitions` Machine with explicit sources; it also draws the model's graph."""
    machine = Machine(model=None, states=[NONE, *phases, CLOSED], initial=NONE, auto_transitions=False)
    for move in moves:
        sources = [NONE, *phases] if ANY in move.sources else []
        for source in dict.fromkeys([*sources, *(phase for phase in move.sources if phase != ANY)]):
            machine.add_transition(move.on, source, None if move.target == SAME else move.target)
    return machine


def compile_moves(phases: tuple[str, ...], moves: tuple[Move, ...], effects: Mapping[str, str | None]) -> Phases:
    """Read the Machine out into a table.

    A kind whose effect is `close` or `reopen` and that has no move of its own closes from anywhere, or reopens.
    """
    named = {move.on for move in moves}
    implied = {"close": ((ANY,), CLOSED), "reopen": ((CLOSED,), NONE)}
    moves += tuple(
        Move(kind, *implied[effect]) for kind, effect in effects.items() if effect in implied and kind not in named
    )
    table: dict[tuple[str, str], str] = {}
    for kind, event in machine_of(phases, moves).events.items():
        for source, transitions in event.transitions.items():
            # The first declared wins, as it would in the Machine.
            table[kind, source] = transitions[0].dest or source
    return Phases(table=table, moving=frozenset(move.on for move in moves))
