"""A fact as a host hands it in, before anything is checked."""

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import TypeAlias

import msgspec

from indsats.domain.values import Duration

Number: TypeAlias = Decimal | int | float
"""A number of at most ten decimal places; a float means its shortest text, and is refused if that is longer."""

FieldInput: TypeAlias = str | bool | Number | date | Duration | Sequence[str | date]
"""A field as JSON or Python has it. An instant is text, or a `datetime` with its offset."""


class NewFact(msgspec.Struct, frozen=True, kw_only=True):
    """A fact to be recorded: of any kind, also one that a municipality's own model has.

    `on` is the day it took effect. `id` makes it safe to record twice; None takes one made of the content. The engine
    checks kind and fields against the model's catalogue.
    """

    kind: str
    on: date
    fields: Mapping[str, FieldInput] = {}
    id: str | None = None

    @property
    def raw(self) -> dict[str, object]:
        """The fields as JSON has them: days, instants and durations as text; numbers stay as they are."""
        return {name: _raw(value) for name, value in self.fields.items()}


def _raw(value: object) -> object:
    # What is no field passes, so that the catalogue can say so with the name of the field.
    match value:
        case str():
            return value
        case date():
            return value.isoformat()
        case Duration():
            return value.text
        case Sequence():
            return [_raw(item) for item in value]
        case _:
            return value


def new_fact(kind: str, on: date, id: str | None, /, **fields: FieldInput | None) -> NewFact:
    """A fact with the fields that are not None."""
    given = {name: value for name, value in fields.items() if value is not None}
    return NewFact(kind=kind, on=on, fields=given, id=id)
