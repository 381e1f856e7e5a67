"""The form in which a model file keeps what its source prints beside a key figure."""

import re
from collections.abc import Callable, Iterator
from fractions import Fraction

from indsats.domain.kpi import Printed
from indsats.domain.model import Title
from indsats.errors import ValueInvalid
from indsats.models.faults import Entry, Faults, Node, ScalarNode
from indsats.models.kpi_tiers import figure_of

_STATED = re.compile(r"[0-9]{1,15}(\.[0-9]{1,6})?( %)?")


def read_printed(
    faults: Faults, node: Node, what: str, read_title: Callable[[Entry], Title | None]
) -> Iterator[Printed]:
    """The figures of a list; one with a fault is left out and its faults are recorded."""
    items = faults.items(node, what)
    if not items:
        faults.add(node, f"{what} is empty")
    for item in items:
        keys = faults.keys(item, what, ("title", "stated", "counts"), ("title", "stated", "counts"))
        title = read_title(keys["title"]) if "title" in keys else None
        stated = faults.parsed(keys["stated"].value, f"stated of {what}", _stated) if "stated" in keys else None
        counts = keys["counts"].value if "counts" in keys else None
        value = None if counts is None else faults.parsed(counts, f"counts of {what}", _counts_of)
        if title is not None and stated is not None and value is not None and isinstance(counts, ScalarNode):
            yield Printed(title, stated, value, counts.text)


def _stated(text: str) -> str:
    if _STATED.fullmatch(text):
        return text
    raise ValueInvalid(f"{text!r} is no printed figure; allowed: a number such as 4.5, or percents such as 17.4 %")


def _counts_of(text: str) -> Fraction:
    """Read `80/18`, or a difference such as `63/362 - 40/387`."""
    first, *rest = text.split(" - ")
    return figure_of(first) - sum((figure_of(part) for part in rest), Fraction(0))
