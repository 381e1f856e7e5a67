"""Old forms of events: how each becomes the next one, so that what was stored once can be read for ever.

When the form of an event changes, its new form gets a new name (`fact_recorded.2`), and the old name gets a step here:
a pure function from the old JSON object to the new one. Steps are chained, never changed, never removed. A new field
with a default needs none.
"""

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

State = dict[str, Any]
"""The JSON object of a stored event."""


class Upcaster(NamedTuple):
    """One step: the name of the form that it leads to, and how."""

    to: str
    change: Callable[[State], State]


UPCASTERS: Mapping[str, Upcaster] = {}
"""The step from each old name. There is none yet: every event is in its first form."""


def upcast(name: str, state: State, upcasters: Mapping[str, Upcaster] = UPCASTERS) -> tuple[str, State]:
    """A stored event in its newest form, with the name of that form."""
    while step := upcasters.get(name):
        name, state = step.to, step.change(state)
    return name, state
