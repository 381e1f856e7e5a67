"""The facts that key figures name, with the fields that their conditions name."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from typing import NamedTuple, TypeVar

from indsats.domain.kpi import Kpi
from indsats.domain.model import FieldValue
from indsats.domain.timeline import Fact, Timeline
from indsats.domain.values import parse_day

_Value = TypeVar("_Value")
_Sets = Mapping[str, frozenset[_Value]]


class FactRow(NamedTuple):
    """A fact from the day it took effect on; `place` is its place in fact order.

    `visit` and `stretch` are those of `PathwayRow`, null for a fact that lies in `closed`.
    """

    place: int
    fact: str
    kind: str
    from_on: date
    visit: int | None
    stretch: int | None
    employment: str | None


class FieldRow(NamedTuple):
    """A field of a fact, an item of it where it is a list, in the column of its type."""

    place: int
    field: str
    item: int
    text_value: str | None = None
    number_value: float | None = None
    day_value: date | None = None
    flag_value: bool | None = None


class Named(NamedTuple):
    """Kinds of fact that have rows.

    `fields`: of each kind the fields that conditions name. `lasting`: of each kind that begins something the kinds that
    end it, as every figure that asks for it declares them.
    """

    fields: Mapping[str, frozenset[str]]
    lasting: Mapping[str, frozenset[tuple[str, ...]]] = {}

    def and_also(self, other: "Named") -> "Named":
        """What one of both names."""
        return Named(_merged(self.fields, other.fields), _merged(self.lasting, other.lasting))


def _merged(one: _Sets[_Value], other: _Sets[_Value]) -> _Sets[_Value]:
    return {**one, **{kind: one.get(kind, frozenset()) | values for kind, values in other.items()}}


def named_by(kpis: Iterable[Kpi]) -> Named:
    """The kinds that the figures count or look for: no other fact has a row."""
    fields: dict[str, frozenset[str]] = {}
    lasting: dict[str, frozenset[tuple[str, ...]]] = {}
    for kpi in kpis:
        for conditions in kpi.filters:
            asked = [(kpi.kinds, conditions.comparisons)]
            asked += [(some.kinds, some.comparisons) for some in conditions.some]
            for kinds, comparisons in asked:
                for kind in kinds:
                    fields[kind] = fields.get(kind, frozenset()) | {one.column for one in comparisons}
            for some in conditions.some:
                for kind in some.kinds if some.lasting is not None else ():
                    lasting[kind] = lasting.get(kind, frozenset()) | {some.ended_by}
        if kpi.tiers is not None and (told := kpi.tiers.documented) is not None:
            fields[told.kind] = fields.get(told.kind, frozenset()) | {told.field}
    return Named(fields, lasting)


def placed(timeline: Timeline, kinds: Iterable[str]) -> Iterator[tuple[int, Fact, int | None, int | None]]:
    """The facts of some kinds: place in fact order, fact, and the numbers of visit and stretch, none in `closed`."""
    numbers = {id(visit): number for number, visit in enumerate(timeline.visits)}
    for kind in kinds:
        for place in timeline.by_kind.get(kind, ()):
            visit = timeline.visit_of[place]
            if visit is not None and visit.end is not None and visit.end < place:
                visit = None  # lies in `closed`, though rules of law still see it in the visit that was cut short
            number, stretch = (None, None) if visit is None else (numbers[id(visit)], visit.stretch)
            yield place, timeline.facts[place], number, stretch


def fact_rows(timeline: Timeline, named: Named) -> list[FactRow]:
    """The facts of the kinds named, irregular ones too."""
    return [
        FactRow(place, fact.id, fact.kind, fact.on, visit, stretch, fact.text("employment"))
        for place, fact, visit, stretch in placed(timeline, named.fields)
    ]


def field_rows(timeline: Timeline, named: Named) -> list[FieldRow]:
    """The named fields that have a value."""
    rows = []
    for kind, fields in named.fields.items():
        catalogued = timeline.model.facts.get(kind)
        for field in sorted(fields):
            type_ = None if catalogued is None else catalogued.fields.get(field)
            if type_ is None:
                continue
            for place in timeline.by_kind.get(kind, ()):
                value = timeline.facts[place].fields.get(field)
                items = value if isinstance(value, list) else [value]
                rows += [
                    _field_row(place, field, number, type_.name, item)
                    for number, item in enumerate(items)
                    if item is not None
                ]
    return rows


def _field_row(place: int, field: str, number: int, type_: str, value: FieldValue) -> FieldRow:
    row = FieldRow(place, field, number)
    match value:
        case bool():
            return row._replace(flag_value=value)
        case _ if type_ in ("int", "decimal"):
            return row._replace(number_value=float(str(value)))
        case _ if type_ == "date":
            return row._replace(day_value=parse_day(str(value)))
        case _:
            return row._replace(text_value=str(value))
