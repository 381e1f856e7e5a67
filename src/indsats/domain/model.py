"""A model: what facts there are, which phases they lead through, what is owed when. Data only."""

import re
from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from functools import cached_property
from typing import Literal

import msgspec

from indsats.domain.calendar import Calendar
from indsats.domain.phases import Move, Phases, compile_moves
from indsats.domain.values import Duration

FIELD_TYPES = ("text", "bool", "int", "decimal", "date", "duration", "instant", "role", "kind")

EFFECTS = (
    "open",
    "reopen",
    "close",
    "employment_start",
    "employment_end",
    "hours",
    "hold_start",
    "hold_end",
    "agreement",
    "waiver",
    "absence",
    "supplement",
    "remark",
    "spell_start",
    "spell_end",
    "assignment_start",
    "assignment_end",
)
"""What the kernel knows of a fact kind; all else about kinds is said by rules and moves."""

PROJECT_ENDED = "project_ended"
"""The `reason` of a closing that rules of law outlive."""

RuleKind = Literal["deadline", "cadence", "precedence", "content"]
Scope = Literal["phase", "employment", "pathway"]
Force = Literal["must", "default", "decide", "expect", "info"]
Mode = Literal["rolling", "grid", "window"]
Roll = Literal["none", "next_working_day", "previous_working_day"]
Align = Literal["none", "quarter", "iso_week"]

Scalar = str | bool | int | None
FieldValue = Scalar | list[str]
"""A field as it is stored: decimals, days, durations and instants are text of one canonical form."""


class Title(msgspec.Struct, frozen=True):
    """What people are shown, in Danish and English."""

    da: str
    en: str


class Period(msgspec.Struct, frozen=True):
    """Days of validity, both included; None is without limit."""

    first: date | None = None
    last: date | None = None

    def __contains__(self, day: date) -> bool:
        return (self.first is None or self.first <= day) and (self.last is None or day <= self.last)


class FieldType(msgspec.Struct, frozen=True):
    """The type of a fact's field: a named type or an enumeration (`values`), perhaps a list of it, perhaps optional."""

    name: str
    values: tuple[str, ...] = ()
    is_list: bool = False
    optional: bool = False


class FactKind(msgspec.Struct, frozen=True):
    """One kind of the catalogue; `rank` is its place there, which orders the facts of one day."""

    name: str
    rank: int
    fields: Mapping[str, FieldType]
    effect: str | None = None
    personal: frozenset[str] = frozenset()
    subject: str = "citizen"
    retention: Duration | None = None
    title: Title | None = None


class Condition(msgspec.Struct, frozen=True):
    """One test of one field; `same` and `same_or_none` compare with the anchor's."""

    field: str
    test: str
    value: Scalar | tuple[Scalar, ...] = None

    def holds(self, fields: Mapping[str, FieldValue], anchor: Mapping[str, FieldValue]) -> bool:
        """Whether a fact's fields pass; a missing field passes `not` and `same_or_none` only."""
        given = fields.get(self.field)
        if given is None:
            return self.test in ("not", "same_or_none")
        match self.test:
            case "is":
                return given == self.value
            case "not":
                return given not in self._values
            case "in":
                return given in self._values
            case "includes":
                return isinstance(given, list) and all(value in given for value in self._values)
            case "min":
                return _order(given) >= _order(self.value)
            case "max":
                return _order(given) <= _order(self.value)
            case _:
                return given == anchor.get(self.field)

    @property
    def _values(self) -> tuple[Scalar, ...]:
        return self.value if isinstance(self.value, tuple) else (self.value,)


def _order(value: object) -> Decimal:
    """A stored field as a number: a decimal or whole number itself, a day or instant by its digits."""
    text = str(value)
    return Decimal(re.sub(r"[^0-9]", "", text).ljust(20, "0")) if text[4:5] == "-" else Decimal(text)


class Match(msgspec.Struct, frozen=True):
    """Which facts a rule means: a kind, and conditions that all hold."""

    fact: str
    where: tuple[Condition, ...] = ()

    def accepts(self, fields: Mapping[str, FieldValue], anchor: Mapping[str, FieldValue]) -> bool:
        """Whether a fact of this kind passes the conditions."""
        return all(condition.holds(fields, anchor) for condition in self.where)


class ByLatest(msgspec.Struct, frozen=True):
    """A requirement chosen by an earlier fact: the latest `latest` on or before the candidate's day decides."""

    latest: str
    field: str
    cases: Mapping[str, str]
    otherwise: str | None = None

    @property
    def kinds(self) -> tuple[str, ...]:
        """Every kind that can be required, each once."""
        last = (self.otherwise,) if self.otherwise else ()
        return tuple(dict.fromkeys((*self.cases.values(), *last)))


class Stage(msgspec.Struct, frozen=True):
    """A part of a cadence: `every` is in force for due days up to anchor + `until` (None: for ever)."""

    every: Duration
    until: Duration | None = None


class Rule(msgspec.Struct, frozen=True, kw_only=True):
    """One duty: on which fact it arises, what meets it, by when, and where that is written."""

    id: str
    kind: RuleKind
    when: Match
    require: tuple[Match, ...] = ()
    by: ByLatest | None = None
    within: Duration = Duration(text="P0D")
    count: int = 1
    stages: tuple[Stage, ...] = ()
    mode: Mode = "rolling"
    align: Align = "none"
    stop: frozenset[str] = frozenset()
    agreement: bool = False
    fields: tuple[str, ...] = ()
    participants: tuple[str, ...] = ()
    scope: Scope = "phase"
    lookback: Duration | None = None
    force: Force = "must"
    basis: Literal["project", "law"] = "project"
    valid: Period = Period()
    responsible: str | None = None
    pause_on: frozenset[str] = frozenset()
    roll: Roll = "none"
    warn_before: Duration | None = None
    limit: str | None = None
    title: Title | None = None
    source: str = ""
    policy_notes: Mapping[str, Title] = {}

    @property
    def can_fail(self) -> bool:
        """Whether it enters the ledger; `expect` and `info` never do."""
        return self.force not in ("expect", "info")

    @property
    def required_kinds(self) -> tuple[str, ...]:
        """Every kind of fact that can satisfy it."""
        return self.by.kinds if self.by else tuple(match.fact for match in self.require)


class Policies(msgspec.Struct, frozen=True):
    """Choices of the whole model; `roll` is what a rule takes that names none of its own."""

    roll: Roll = "none"
    closing_days: frozenset[str] = frozenset({"06-05", "12-24", "12-31"})
    spell_gap: Duration = Duration(months=1, text="P1M")


class Model(msgspec.Struct, frozen=True, kw_only=True, dict=True):
    """One version of a project's rules; `digest` is the SHA-256 of its canonical form without titles and sources.

    `limits` and `kpis` are kept as declared; the rooms that compute them read them.
    """

    id: str
    version: int
    digest: str
    family: str
    phases: Mapping[str, Title]
    moves: tuple[Move, ...]
    facts: Mapping[str, FactKind]
    rules: tuple[Rule, ...]
    title: Title
    source: str = ""
    subject: Literal["citizen", "unit", "project"] = "citizen"
    municipality: str | None = None
    valid: Period = Period()
    policies: Policies = Policies()
    policy_notes: Mapping[str, Title] = {}
    roles: Mapping[str, Title] = {}
    limits: Mapping[str, object] = {}
    kpis: Mapping[str, object] = {}

    @cached_property
    def calendar(self) -> Calendar:
        """The working days under the model's closing days."""
        return Calendar(closing_days=self.policies.closing_days)

    @cached_property
    def compiled_phases(self) -> Phases:
        """The moves as a table, with the closing and reopening that the effects imply."""
        return compile_moves(tuple(self.phases), self.moves, {name: kind.effect for name, kind in self.facts.items()})

    @cached_property
    def kinds_outliving_the_project(self) -> frozenset[str]:
        """The kinds that a rule of law can require: legal after a closing for the end of the project."""
        return frozenset(kind for rule in self.rules if rule.basis == "law" for kind in rule.required_kinds)

    def rule(self, rule_id: str) -> Rule | None:
        """The rule of that id, or None."""
        return next((rule for rule in self.rules if rule.id == rule_id), None)

    @property
    def reference(self) -> str:
        """`id@version`, as it is named in files."""
        return f"{self.id}@{self.version}"
