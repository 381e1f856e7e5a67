"""What a scenario expects of its run, and the comparison with what was found."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from fractions import Fraction
from typing import assert_never

import msgspec

from indsats.domain.calendar import end_of, local_day

Document = Mapping[str, object]
"""A pathway, obligation, entry of a ledger or KPI as scripts read it: days as ISO text, None where there is nothing."""

Look = Callable[[date, datetime], Sequence[Document]]
"""What a run found, seen as of a day and as known at an instant: its pathways, or its KPIs."""

Scalar = str | bool | None
Figure = Decimal | Fraction | bool | None

_LEDGER_WORDS = {"deadline_breached": "breached", "breach_withdrawn": "withdrawn"}
_NOTHING_KNOWN: Document = {"phase": None, "irregular": [], "obligations": [], "ledger": []}


class Viewpoint(msgspec.Struct, frozen=True):
    """Where an entry of `expect` stands, and the points from which it looks; None is the end of the run."""

    file: str
    line: int
    as_of: date | None = None
    known_at: datetime | None = None

    def points(self, until: date) -> tuple[date, datetime]:
        """`as_of` and `known_at` in a run that ends with the day `until`."""
        known_at = self.known_at or end_of(until)
        return self.as_of or local_day(known_at), known_at


class ObligationExpected(msgspec.Struct, frozen=True):
    """Exactly one obligation of the rule, by `anchor` (a fact's id), `anchor_on` and `n` where given, has these values.

    `ledger`, if given, is all that the ledger says of it, in order.
    """

    at: Viewpoint
    citizen: str
    rule: str
    anchor: str | None = None
    anchor_on: date | None = None
    n: int | None = None
    values: Mapping[str, Scalar] = {}
    ledger: tuple[str, ...] | None = None


class NothingOwed(msgspec.Struct, frozen=True):
    """The citizen has no obligation of the rule."""

    at: Viewpoint
    citizen: str
    rule: str


class LedgerExpected(msgspec.Struct, frozen=True):
    """All that the ledger says of the citizen, or of one rule: `breached 2017-01-10`, `withdrawn 2017-01-18`."""

    at: Viewpoint
    citizen: str
    rule: str | None
    ledger: tuple[str, ...]


class PhaseExpected(msgspec.Struct, frozen=True):
    """The citizen is in the phase; None before any."""

    at: Viewpoint
    citizen: str
    phase: str | None


class IrregularExpected(msgspec.Struct, frozen=True):
    """The citizen's irregular facts, by id, in fact order."""

    at: Viewpoint
    citizen: str
    ids: tuple[str, ...]


class KpiExpected(msgspec.Struct, frozen=True):
    """A KPI has these of `numerator`, `denominator`, `share` and `met`; None where it is not computable."""

    at: Viewpoint
    kpi: str
    values: Mapping[str, Figure]


OfPathway = ObligationExpected | NothingOwed | LedgerExpected | PhaseExpected | IrregularExpected
Expected = OfPathway | KpiExpected


class Failure(msgspec.Struct, frozen=True):
    """An expectation that did not hold: where it stands, what it looked at, what differs."""

    file: str
    line: int
    what: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.what}"


def failures(expected: Iterable[Expected], until: date, pathways: Look, kpis: Look) -> list[Failure]:
    """Every expectation that does not hold, in their order; each point is looked at once.

    `until` is the last day of the run.
    """
    seen: dict[tuple[date, datetime], Mapping[str, Sequence[Document]]] = {}
    measured: dict[tuple[date, datetime], Mapping[str, Sequence[Document]]] = {}
    found = []
    for one in expected:
        points = as_of, known_at = one.at.points(until)
        if isinstance(one, KpiExpected):
            if points not in measured:
                measured[points] = _by("id", kpis(as_of, known_at))
            subject, differences = f"kpi {one.kpi}", _of_kpi(one, measured[points].get(one.kpi, ()))
        else:
            if points not in seen:
                seen[points] = _by("citizen", pathways(as_of, known_at))
            subject, differences = f"citizen {one.citizen}", _of_citizen(one, seen[points].get(one.citizen, ()))
            if not isinstance(one, PhaseExpected | IrregularExpected) and one.rule:
                subject += f", rule {one.rule}"
        if differences:
            since = "" if known_at == end_of(as_of) else f", known at {_instant(known_at)}"
            found.append(
                Failure(one.at.file, one.at.line, f"{subject}, as of {as_of}{since}: {'; '.join(differences)}")
            )
    return found


def _by(key: str, documents: Iterable[Document]) -> Mapping[str, Sequence[Document]]:
    found: dict[str, list[Document]] = {}
    for document in documents:
        found.setdefault(str(document[key]), []).append(document)
    return found


def _of_citizen(one: OfPathway, pathways: Sequence[Document]) -> list[str]:
    if len(pathways) > 1:
        where = " and ".join(str(pathway["municipality"]) for pathway in pathways)
        return [f"the citizen has a pathway in each of {where}, and an expectation looks at one"]
    return _of_pathway(one, pathways[0] if pathways else _NOTHING_KNOWN)


def _of_pathway(one: OfPathway, pathway: Document) -> list[str]:
    match one:
        case ObligationExpected():
            return _of_obligation(one, pathway)
        case NothingOwed():
            owed = _owed(pathway, one.rule)
            return [f"expected no obligation, found {_listed(owed)}"] if owed else []
        case LedgerExpected():
            entries = [entry for entry in _documents(pathway, "ledger") if one.rule in (None, entry["rule"])]
            return _of_ledger(one.ledger, entries)
        case PhaseExpected():
            return _difference("phase", one.phase, pathway["phase"])
        case IrregularExpected():
            return _difference("irregular", list(one.ids), pathway["irregular"])
        case _:
            assert_never(one)


def _of_obligation(one: ObligationExpected, pathway: Document) -> list[str]:
    owed = _owed(pathway, one.rule)
    matching = [
        each
        for each in owed
        if (one.n is None or each["n"] == one.n)
        and (one.anchor is None or _anchor(each)["id"] == one.anchor)
        and (one.anchor_on is None or _anchor(each)["on"] == one.anchor_on.isoformat())
    ]
    if not matching:
        return [f"expected one obligation, found none that matches; there are {_listed(owed) or 'none of this rule'}"]
    if len(matching) > 1:
        return [f"expected one obligation, found {_listed(matching)}; choose by anchor_on, n or anchor"]
    only = matching[0]
    differences = [text for key, value in one.values.items() for text in _difference(key, value, only[key])]
    if one.ledger is not None:
        identity = (one.rule, _anchor(only)["id"], only["n"])
        entries = [
            entry for entry in _documents(pathway, "ledger") if (entry["rule"], entry["anchor"], entry["n"]) == identity
        ]
        differences += _of_ledger(one.ledger, entries)
    return differences


def _of_ledger(expected: tuple[str, ...], entries: Iterable[Document]) -> list[str]:
    found = [f"{_LEDGER_WORDS[str(entry['event'])]} {entry['found_on']}" for entry in entries]
    return _difference("ledger", list(expected), found)


def _of_kpi(one: KpiExpected, measured: Sequence[Document]) -> list[str]:
    if not measured:
        return ["expected a figure, found no such KPI"]
    return [
        f"{key}: expected {_shown(value)}, found {_shown(measured[0][key])}"
        for key, value in one.values.items()
        if not _is_same_figure(value, measured[0][key])
    ]


def _is_same_figure(expected: Figure, found: object) -> bool:
    """Whether a figure is the one expected; one written with two or more decimals may be rounded."""
    if expected is None or isinstance(expected, bool):
        return expected is found
    if isinstance(found, bool) or not isinstance(found, int | float | Decimal):
        return False
    tolerance = Fraction(1, 10**9)
    if isinstance(expected, Decimal) and (last := expected.as_tuple().exponent) in range(-9, -1):
        tolerance = Fraction(10) ** int(last) / 2
    return abs(Fraction(expected) - Fraction(found)) <= tolerance


def _difference(key: str, expected: object, found: object) -> list[str]:
    return [] if expected == found else [f"{key}: expected {_shown(expected)}, found {_shown(found)}"]


def _owed(pathway: Document, rule: str) -> list[Document]:
    return [owed for owed in _documents(pathway, "obligations") if owed["rule"] == rule]


def _listed(owed: Iterable[Document]) -> str:
    return " and ".join(
        f"n {each['n']} on {_anchor(each)['on']} (due {_shown(each['due'])}, {each['status']})" for each in owed
    )


def _anchor(owed: Document) -> Document:
    anchor = owed["anchor"]
    assert isinstance(anchor, Mapping)
    return anchor


def _documents(pathway: Document, key: str) -> Sequence[Document]:
    found = pathway[key]
    assert isinstance(found, Sequence)
    return found


def _shown(value: object) -> str:
    match value:
        case None:
            return "null"
        case bool():
            return str(value).lower()
        case list():
            return f"[{', '.join(map(_shown, value))}]"
        case _:
            return str(value)


def _instant(instant: datetime) -> str:
    return instant.isoformat(timespec="seconds").replace("+00:00", "Z")
