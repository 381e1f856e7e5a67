"""Reads the `expect` entries of a scenario; what cannot be meant is a fault at its place."""

import re
from collections.abc import Callable, Iterable, Mapping
from datetime import date, datetime
from decimal import Decimal
from fractions import Fraction
from typing import NamedTuple, TypeVar, get_args

from indsats.domain.calendar import end_of, local_day
from indsats.domain.fields import Unfit, closest, instant_of, quoted
from indsats.domain.obligations import Status
from indsats.domain.obligations.obligation import Cause
from indsats.domain.phases import CLOSED, NONE
from indsats.domain.values import parse_day
from indsats.errors import ValueInvalid
from indsats.models.faults import Entry, Faults, Node, ScalarNode
from indsats.replay.expectations import (
    Expected,
    Figure,
    IrregularExpected,
    KpiExpected,
    LedgerExpected,
    NothingOwed,
    ObligationExpected,
    PhaseExpected,
    Scalar,
    Viewpoint,
)

_POINTS = ("known_at", "as_of")
_CHOOSING = ("anchor", "anchor_on", "n")
_VALUES = ("due", "book_by", "status", "satisfied_on", "known_in_time", "cause")
_FIGURES = ("numerator", "denominator", "share", "met")
_FORMS: Mapping[str, tuple[str, ...]] = {
    "kpi": ("kpi", *_FIGURES),
    "none": ("citizen", "rule", "none"),
    "phase": ("citizen", "phase"),
    "irregular": ("citizen", "irregular"),
}
_OBLIGATION = ("citizen", "rule", *_CHOOSING, *_VALUES, "ledger")
_LEDGER = re.compile(r"(breached|withdrawn) ([0-9]{4}-[0-9]{2}-[0-9]{2})")

T = TypeVar("T")


class Known(NamedTuple):
    """What an expectation can name: it would otherwise hold, or fail, for want of a subject."""

    citizens: tuple[str, ...]
    ids: tuple[str, ...]
    rules: tuple[str, ...]
    kpis: tuple[str, ...]
    phases: tuple[str, ...]


class ExpectReader:
    """Reads entry after entry.

    `days` are all the days named in them, `known_on` those of `known_at` with their places.
    """

    def __init__(self, faults: Faults, known: Known) -> None:
        self.faults = faults
        self.known = known
        self.days: list[date] = []
        self.known_on: list[tuple[Node, date]] = []

    def read(self, node: Node) -> Expected | None:
        """One entry, or None where a fault leaves nothing to expect."""
        before = len(self.faults.found)
        names = self.faults.entries(node, "an expectation")
        form = next((key for key in _FORMS if key in names), "obligation")
        allowed = _FORMS.get(form, _OBLIGATION)
        required = [key for key in allowed if key in ("kpi", "citizen") or (key == "rule" and form == "none")]
        if not names:
            if len(self.faults.found) == before:
                self.faults.add(node, "an expectation is empty", (*_FORMS, *_VALUES, "ledger"))
            return None
        entries = self.faults.keys(node, "an expectation", (*_POINTS, *allowed), required)
        expected = self._expected(node, form, entries, is_whole=len(self.faults.found) == before)
        return expected if len(self.faults.found) == before else None

    def _expected(self, node: Node, form: str, entries: Mapping[str, Entry], *, is_whole: bool) -> Expected:
        """One entry of known keys; unless it `is_whole`, what it lacks may stand under a key that is not known."""
        known_at = self._get(entries, "known_at", self._known_at)
        at = Viewpoint(node.source.name, node.line, self._get(entries, "as_of", self._day), known_at)
        if form == "kpi":
            kpi = self._get(entries, "kpi", self._one_of(self.known.kpis))
            figures = {key: self._figure(entries[key].value, key) for key in _FIGURES if key in entries}
            if is_whole and not figures:
                self.faults.add(node, "nothing is expected of the KPI", _FIGURES)
            return KpiExpected(at, kpi or "", figures)
        citizen = self._get(entries, "citizen", self._one_of(self.known.citizens)) or ""
        rule = self._get(entries, "rule", self._one_of(self.known.rules))
        if form == "none":
            if self._get(entries, "none", self.faults.flag) is False:
                self.faults.add(entries["none"].value, "none: cannot be false", ("true",))
            return NothingOwed(at, citizen, rule or "")
        if form == "phase":
            return PhaseExpected(at, citizen, self._phase(entries["phase"].value))
        if form == "irregular":
            return IrregularExpected(at, citizen, self._irregular(entries["irregular"].value))
        ledger = self._get(entries, "ledger", self._ledger)
        if ledger is not None and not entries.keys() & {*_CHOOSING, *_VALUES}:
            return LedgerExpected(at, citizen, rule, ledger)
        if is_whole and "rule" not in entries:
            self.faults.add(node, "an expectation of a citizen names a rule, a ledger, a phase or irregular facts")
        elif is_whole and not entries.keys() & {*_VALUES, "ledger"}:
            self.faults.add(node, "nothing is expected of the obligation", (*_VALUES, "ledger", "none"))
        return ObligationExpected(
            at,
            citizen,
            rule or "",
            anchor=self._get(entries, "anchor", self._one_of(self.known.ids)),
            anchor_on=self._get(entries, "anchor_on", self._day),
            n=self._get(entries, "n", lambda node, what: self.faults.whole(node, what, least=1)),
            values={key: self._value(entries[key].value, key) for key in _VALUES if key in entries},
            ledger=ledger,
        )

    def _get(self, entries: Mapping[str, Entry], key: str, read: Callable[[Node, str], T | None]) -> T | None:
        return read(entries[key].value, key) if key in entries else None

    def _one_of(self, known: Iterable[str]) -> Callable[[Node, str], str | None]:
        """Reads a name that must be among those known, and lists no more of them than one can take in."""
        names = tuple(known)

        def read(node: Node, what: str) -> str | None:
            text = self.faults.text(node, what)
            if text is None or text in names:
                return text
            shown = (*names[:40], f"and {len(names) - 40} more") if len(names) > 40 else names
            self.faults.add(
                node, f"{what}: {quoted(text)} does not exist", shown or ("none",), meant=closest(text, names)
            )
            return None

        return read

    def _day(self, node: Node, what: str) -> date | None:
        day = self.faults.parsed(node, what, parse_day)
        if day is not None:
            self.days.append(day)
        return day

    def _known_at(self, node: Node, what: str) -> datetime | None:
        """An instant; a day stands for its last one."""
        text = self.faults.text(node, what)
        if text is None:
            return None
        if "T" in text:
            try:
                instant = instant_of(text)
            except Unfit as unfit:
                allowed = ("a day such as 2017-01-02", "an instant with offset such as 2017-01-02T09:00:00+01:00")
                self.faults.add(node, f"{what}: {unfit}", allowed, meant=unfit.meant)
                return None
        elif day := self._day(node, what):
            instant = end_of(day)
        else:
            return None
        self.days.append(local_day(instant))
        self.known_on.append((node, local_day(instant)))
        return instant

    def _phase(self, node: Node) -> str | None:
        if isinstance(node, ScalarNode) and (node.is_null or node.text == NONE):
            return None
        return self.faults.choice(node, "phase", (*self.known.phases, CLOSED, NONE))

    def _irregular(self, node: Node) -> tuple[str, ...]:
        read = self._one_of(self.known.ids)
        ids = [read(item, "irregular") for item in self.faults.items(node, "irregular")]
        return tuple(id_ for id_ in ids if id_ is not None)

    def _ledger(self, node: Node, what: str) -> tuple[str, ...]:
        entries = []
        for item in self.faults.items(node, what):
            text = self.faults.text(item, what)
            if text is None:
                continue
            form = _LEDGER.fullmatch(text)
            if form is None:
                allowed = ("breached 2017-01-10", "withdrawn 2017-01-18")
                self.faults.add(item, f"{what}: {quoted(text)} is no entry of a ledger", allowed)
                continue
            try:
                self.days.append(parse_day(form[2]))
            except ValueInvalid as fault:
                self.faults.add(item, f"{what}: {fault}")
            entries.append(text)
        return tuple(entries)

    def _value(self, node: Node, key: str) -> Scalar:
        if key == "known_in_time":
            return self.faults.flag(node, key)
        if isinstance(node, ScalarNode) and node.is_null and key != "status":
            return None
        if key == "status":
            return self.faults.choice(node, key, get_args(Status))
        if key == "cause":
            return self.faults.choice(node, key, (*get_args(Cause), "null"))
        day = self._day(node, key)
        return None if day is None else day.isoformat()

    def _figure(self, node: Node, key: str) -> Figure:
        if isinstance(node, ScalarNode) and node.is_null:
            return None
        if key == "met":
            return self.faults.flag(node, key)
        text = self.faults.text(node, key) or "0"
        if re.fullmatch(r"[0-9]{1,15}(\.[0-9]{1,10})?", text):
            return Decimal(text)
        if key == "share" and re.fullmatch(r"[0-9]{1,15}/0*[1-9][0-9]{0,14}", text):
            return Fraction(text)
        allowed = ("a number such as 0.75", "a fraction such as 2/3") if key == "share" else ("a number such as 12",)
        self.faults.add(node, f"{key}: {quoted(text)} is no figure", (*allowed, "null"))
        return None
