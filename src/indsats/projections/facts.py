"""The facts that key figures count or look for, with the fields that their conditions name."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from datetime import date
from decimal import Decimal
from typing import NamedTuple, TypeVar

from indsats.domain.kpi import Kpi, Operand
from indsats.domain.model import FieldValue, Model
from indsats.domain.timeline import Fact, Timeline
from indsats.domain.values import parse_day
from indsats.projections.asked import Asked, asked_by, ended_by
from indsats.store.sealing import is_sealed

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


class CountedRow(NamedTuple):
    """A fact that figures count, from its day on, anew from each day on which its marks (`asked.Asked`) change."""

    place: int
    kind: str
    happened_on: date
    from_on: date
    until_on: date | None
    visit: int | None
    stretch: int | None
    employment: str | None
    marks: str | None = None

    def part(self, from_on: date, until_on: date | None, marks: str | None) -> "CountedRow":
        """The same for some of its days, `until_on` being the first that is none of them."""
        return self._replace(from_on=from_on, until_on=until_on, marks=marks)

    def day(self, column: str) -> date:
        """The day in a column of `READ_MODELS`, the only one of a fact."""
        assert column == "on"
        return self.happened_on


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

    `fields`: of each kind that is looked for the fields that conditions name; `counted`: the same of kinds that figures
    count. `lasting`: of each kind that begins something the kinds that end it, as every figure that asks for it
    declares them. `asked`: what rows have marks for.
    """

    fields: Mapping[str, frozenset[str]]
    lasting: Mapping[str, frozenset[tuple[str, ...]]] = {}
    counted: Mapping[str, frozenset[str]] = {}
    asked: frozenset[Asked] = frozenset()

    def and_also(self, other: "Named") -> "Named":
        """What one of both names."""
        return Named(
            _merged(self.fields, other.fields),
            _merged(self.lasting, other.lasting),
            _merged(self.counted, other.counted),
            self.asked | other.asked,
        )

    @property
    def parts(self) -> frozenset[tuple[str, str, str]]:
        """What rows hold: the kinds and fields of facts that are counted or looked for, and what lasts until what."""
        of_kinds = [
            *(("fields", kind, fields) for kind, fields in self.fields.items()),
            *(("counted", kind, fields) for kind, fields in self.counted.items()),
            *(("lasting", kind, {ended_by(ends) for ends in kinds}) for kind, kinds in self.lasting.items()),
        ]
        return frozenset((rows, kind, name) for rows, kind, names in of_kinds for name in ("", *names))

    def covers(self, other: "Named", kinds: Collection[str]) -> bool:
        """Whether pathways whose facts can be of these kinds have all rows that the other names, whatever the marks."""
        return {part for part in other.parts if part[1] in kinds} <= self.parts


def _merged(one: _Sets[_Value], other: _Sets[_Value]) -> _Sets[_Value]:
    return {**one, **{kind: one.get(kind, frozenset()) | values for kind, values in other.items()}}


def named_by(kpis: Iterable[Kpi]) -> Named:
    """The kinds that the figures count or look for: no other fact has a row."""
    fields: dict[str, frozenset[str]] = {}
    lasting: dict[str, frozenset[tuple[str, ...]]] = {}
    counted: dict[str, frozenset[str]] = {}
    asked: frozenset[Asked] = frozenset()
    for kpi in kpis:
        asked |= asked_by(kpi)
        for conditions in kpi.filters:
            for kind in kpi.kinds:
                counted[kind] = counted.get(kind, frozenset()) | {one.column for one in conditions.comparisons}
            for some in conditions.some:
                for kind in some.kinds:
                    fields[kind] = fields.get(kind, frozenset()) | {one.column for one in some.comparisons}
                    if some.lasting is not None:
                        lasting[kind] = lasting.get(kind, frozenset()) | {some.ended_by}
        if kpi.tiers is not None and (told := kpi.tiers.documented) is not None:
            fields[told.kind] = fields.get(told.kind, frozenset()) | {told.field}
    return Named(fields, lasting, counted, asked)


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
    """The facts of the kinds looked for, irregular ones too."""
    return [
        FactRow(place, fact.id, fact.kind, fact.on, visit, stretch, fact.text("employment"))
        for place, fact, visit, stretch in placed(timeline, named.fields)
    ]


def counted_rows(timeline: Timeline, named: Named) -> list[CountedRow]:
    """The facts of the kinds counted, irregular ones too, without marks."""
    return [
        CountedRow(place, fact.kind, fact.on, fact.on, None, visit, stretch, fact.text("employment"))
        for place, fact, visit, stretch in placed(timeline, named.counted)
    ]


def field_rows(timeline: Timeline, named: Named, asker: Model | None = None) -> list[FieldRow]:
    """The named fields that have a value, but for sealed ones.

    Of a kind that the pathway's model does not know any more they are what they are to the `asker`'s model.
    """
    rows = []
    for kind, fields in _merged(named.fields, named.counted).items():
        catalogued = timeline.model.facts.get(kind) or (None if asker is None else asker.facts.get(kind))
        for field in sorted(fields):
            type_ = None if catalogued is None or field in catalogued.personal else catalogued.fields.get(field)
            if type_ is None:
                continue
            for place in timeline.by_kind.get(kind, ()):
                value = timeline.facts[place].fields.get(field)
                items = value if isinstance(value, list) else [value]
                rows += [
                    _field_row(place, field, number, type_.name, item)
                    for number, item in enumerate(items)
                    if item is not None and not is_sealed(item)
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


def value_column(operand: Operand) -> str:
    """The column of `FieldRow` that holds values of an operand's type."""
    match operand:
        case bool():
            return "flag_value"
        case str():
            return "text_value"
        case Decimal():
            return "number_value"
        case _:
            return "day_value"
