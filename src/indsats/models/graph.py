"""The phases of a model and the moves between them as a mermaid state diagram."""

import re

from indsats.domain.model import Model, Title
from indsats.domain.phases import CLOSED, NONE
from indsats.models.words import Lang, say

_NONE = Title("Før første fase", "Before any phase")
_CLOSED = Title("Afsluttet", "Closed")


def mermaid(model: Model, lang: Lang) -> str:
    """A `stateDiagram-v2` of the compiled moves; a fact that is legal but moves nobody is an arrow back to its phase.

    `transitions` draws its machines itself, but with styles and without the titles of the phases.
    """
    arrows: dict[tuple[str, str], list[str]] = {}
    for (kind, source), target in model.compiled_phases.table.items():
        arrows.setdefault((source, target), []).append(kind)
    titles = {NONE: _NONE, **model.phases, CLOSED: _CLOSED}
    places = tuple(titles)
    used = {place for arrow in arrows for place in arrow} | {NONE}
    lines = ["stateDiagram-v2"]
    lines += [f'  state "{_text(say(titles[name], lang))}" as {_state(name)}' for name in places if name in used]
    lines.append(f"  [*] --> {_state(NONE)}")
    for source, target in sorted(arrows, key=lambda arrow: (places.index(arrow[0]), places.index(arrow[1]))):
        lines.append(f"  {_state(source)} --> {_state(target)}: {', '.join(arrows[source, target])}")
    return "\n".join(lines) + "\n"


def _state(name: str) -> str:
    return re.sub(r"\W", "_", name)


def _text(title: str) -> str:
    return title.replace('"', "'")
