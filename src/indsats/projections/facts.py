"""The facts that key figures name, with the fields that their conditions name."""

from collections.abc import Iterable, Mapping
from datetime import date
from typing import NamedTuple

from indsats.domain.kpi import Kpi
from indsats.domain.model import FieldValue
from indsats.domain.timeline import Timeline
from indsats.domain.values import parse_day


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


Named = Mapping[str, frozenset[str]]
"""Kinds of fact, and of each the fields that conditions name."""


def named_by(kpis: Iterable[Kpi]) -> Named:
    """The kinds that the figures count or look for: no other fact has a row."""
    named: dict[str, frozenset[str]] = {}
    for kpi in kpis:
        for conditions in kpi.filters:
            asked = [(kpi.kinds, conditions.comparisons)]
            for some in conditions.some:
                asked += [(some.kinds, some.comparisons), (some.ended_by, ())]
            for kinds, comparisons in asked:
                for kind in kinds:
                    named[kind] = named.get(kind, frozenset()) | {one.column for one in comparisons}
        if kpi.tiers is not None and (told := kpi.tiers.documented) is not None:
            named[told.kind] = named.get(told.kind, frozenset()) | {told.field}
    return named


def fact_rows(timeline: Timeline, named: Named) -> list[FactRow]:
    """The facts of the kinds named, irregular ones too."""
    numbers = {id(visit): number for number, visit in enumerate(timeline.visits)}
    rows = []
    for kind in named:
        for place in timeline.by_kind.get(kind, ()):
            fact, visit = timeline.facts[place], timeline.visit_of[place]
            if visit is not None and visit.end is not None and visit.end < place:
                visit = None  # lies in `closed`, though rules of law still see it in the visit that was cut short
            rows.append(
                FactRow(
                    place=place,
                    fact=fact.id,
                    kind=kind,
                    from_on=fact.on,
                    visit=None if visit is None else numbers[id(visit)],
                    stretch=None if visit is None else visit.stretch,
                    employment=fact.text("employment"),
                )
            )
    return rows


def field_rows(timeline: Timeline, named: Named) -> list[FieldRow]:
    """The named fields that have a value."""
    rows = []
    for kind, fields in named.items():
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
