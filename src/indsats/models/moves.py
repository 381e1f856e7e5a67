"""The moves of a model file, and those among them that can never fire."""

from collections.abc import Mapping

from indsats.domain.model import FactKind
from indsats.domain.phases import ANY, CLOSED, NONE, SAME, Move, compile_moves
from indsats.models.faults import Faults, Node, ScalarNode, SequenceNode

RESERVED_PHASES = (NONE, CLOSED, SAME, ANY)
_KEYS = ("on", "from", "to")


def read_moves(
    faults: Faults, node: Node, phases: tuple[str, ...], kinds: Mapping[str, FactKind], unit_kinds: frozenset[str]
) -> tuple[Move, ...]:
    """The moves in the order of the file; `unit_kinds` are facts of a unit, which move nobody."""
    read = [_read_move(faults, item, phases, kinds, unit_kinds) for item in faults.items(node, "moves")]
    found = [move for move in read if move is not None]
    moves = tuple(move for move, _ in found)
    if len(found) == len(read):
        _check_that_all_fire(faults, found, phases, {name: kind.effect for name, kind in kinds.items()})
    return moves


_Sources = tuple[ScalarNode, ...]


def _read_move(
    faults: Faults, node: Node, phases: tuple[str, ...], kinds: Mapping[str, FactKind], unit_kinds: frozenset[str]
) -> tuple[Move, _Sources] | None:
    keys = {key: entry.value for key, entry in faults.keys(node, "a move", _KEYS, _KEYS).items()}
    if len(keys) < len(_KEYS):
        return None
    on = faults.text(keys["on"], "on")
    if on is not None and on not in kinds:
        faults.add(keys["on"], f"a move on {on!r}, which is no kind of fact", kinds, on)
        on = None
    elif on in unit_kinds:
        faults.add(keys["on"], f"a move on {on!r}, which is a fact of a unit and moves nobody")
    places = (NONE, *phases, CLOSED)
    sources = tuple(
        word for word in faults.words(keys["from"], "from") if faults.choice(word, "from", (*places, ANY)) is not None
    )
    if isinstance(keys["from"], SequenceNode) and not keys["from"].items:
        faults.add(keys["from"], "from is empty")
    target = faults.choice(keys["to"], "to", (*phases, CLOSED, SAME, NONE))
    if on is None or target is None or not sources:
        return None
    return Move(on, tuple(word.text for word in sources), target), sources


def _check_that_all_fire(
    faults: Faults, found: list[tuple[Move, _Sources]], phases: tuple[str, ...], effects: Mapping[str, str | None]
) -> None:
    table = compile_moves(phases, tuple(move for move, _ in found), effects).table
    reached, grown = {NONE}, True
    while grown:
        more = {target for (_, source), target in table.items() if source in reached}
        grown = not more <= reached
        reached |= more
    taken: dict[tuple[str, str], int] = {}
    for move, nodes in found:
        for node in nodes:
            sources = (NONE, *phases) if node.text == ANY else (node.text,)
            if not any(source in reached for source in sources):
                what = f"this move can never fire: no move leads to {node.text!r}"
                faults.add(node, what, sorted(reached - {node.text}) if node.text != ANY else ())
            elif all((move.on, source) in taken for source in sources):
                before = f"{move.on!r} moves from {node.text!r} on line {taken[move.on, sources[0]]} already"
                faults.add(node, f"this move can never fire: {before}")
        for node in nodes:
            for source in (NONE, *phases) if node.text == ANY else (node.text,):
                taken.setdefault((move.on, source), node.line)
