"""The form in which a model file declares an amount that a share gives by steps."""

import re
from collections.abc import Iterator, Mapping
from datetime import date
from fractions import Fraction

from indsats.domain.kpi import Documented, Kpi, Step, Tiers
from indsats.domain.model import FactKind
from indsats.errors import ValueInvalid
from indsats.models.faults import Entry, Faults, Node

KEYS = ("share", "best", "amount", "steps", "documented")

NUMBER = re.compile(r"-?[0-9]{1,15}(\.[0-9]{1,15})?")
_RATIO = re.compile(r"[0-9]{1,15}/[0-9]{1,15}")
_NUMBERS = ("decimal", "int")


def figure_of(text: str) -> Fraction:
    """Read `40/387`, `0.85` or `6`.

    Raises `ValueInvalid` for another form, and for a division by zero.
    """
    if NUMBER.fullmatch(text) and not text.startswith("-"):
        return Fraction(text)
    if _RATIO.fullmatch(text) and int(text.split("/")[1]):
        return Fraction(text)
    raise ValueInvalid(f"{text!r} is no figure; allowed: counts such as 40/387, or a number such as 0.85")


class TiersForm:
    """Reads the key `tiers` of one figure; `what` names that in faults.

    `figures` are the model's other figures, None where they have faults of their own; `begins` is the first day of the
    model's validity.
    """

    def __init__(
        self,
        faults: Faults,
        what: str,
        kinds: Mapping[str, FactKind],
        figures: Mapping[str, Kpi | None],
        begins: date | None,
    ) -> None:
        self.faults = faults
        self.what = f"tiers of {what}"
        self.kinds = kinds
        self.figures = figures
        self.begins = begins

    def read(self, entry: Entry) -> Tiers | None:
        """The tiers, or None with the faults recorded."""
        faults, what = self.faults, self.what
        before = len(faults.found)
        keys = faults.keys(entry.value, what, KEYS, ("share", "amount", "steps"), entry.key)
        shares = [name for name, kpi in self.figures.items() if kpi is None or kpi.numerator is not None]
        share = faults.choice(keys["share"].value, f"share of {what}", shares) if "share" in keys else None
        best = faults.choice(keys["best"].value, f"best of {what}", ("month",)) if "best" in keys else None
        if best is not None and self.begins is None:
            faults.add(
                keys["best"].key, f"{what}: the months are those of the model's validity, which has no first day"
            )
        amount = faults.parsed(keys["amount"].value, f"amount of {what}", figure_of) if "amount" in keys else None
        steps = tuple(self._steps(keys["steps"].value)) if "steps" in keys else ()
        documented = self._documented(keys["documented"]) if "documented" in keys else None
        if len(faults.found) > before or share is None or amount is None:
            return None
        return Tiers(share, amount, steps, best is not None, documented)

    def _steps(self, node: Node) -> Iterator[Step]:
        what = f"steps of {self.what}"
        items = self.faults.items(node, what)
        if not items:
            self.faults.add(node, f"{what} is empty")
        previous: Fraction | None = None
        for place, item in enumerate(items):
            keys = self.faults.keys(item, what, ("at_least", "pays"), ("pays",))
            pays, at_least = (
                self.faults.parsed(keys[key].value, f"{key} of {what}", figure_of) if key in keys else None
                for key in ("pays", "at_least")
            )
            if pays is not None and pays > 1:
                self.faults.add(keys["pays"].value, f"pays of {what} is more than the whole amount")
            if place and "at_least" not in keys:
                self.faults.add(item, f"{what}: only the first step can do without 'at_least'")
            if at_least is not None and previous is not None and at_least <= previous:
                self.faults.add(keys["at_least"].value, f"at_least of {what} is not above that of the step before")
            previous = at_least if at_least is not None else previous
            if pays is not None:
                yield Step(pays, at_least)

    def _documented(self, entry: Entry) -> Documented | None:
        what = f"documented of {self.what}"
        keys = self.faults.keys(entry.value, what, ("fact", "field"), ("fact", "field"), entry.key)
        kind = self.faults.choice(keys["fact"].value, f"fact of {what}", self.kinds) if "fact" in keys else None
        if kind is None or "field" not in keys:
            return None
        declared = self.kinds[kind]
        numbers = [
            name
            for name, type_ in declared.fields.items()
            if type_.name in _NUMBERS and not type_.is_list and name not in declared.personal
        ]
        field = self.faults.choice(keys["field"].value, f"field of {what}", numbers)
        return None if field is None else Documented(kind, field)
