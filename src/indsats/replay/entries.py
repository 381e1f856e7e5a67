"""One entry of a fact file or scenario, checked and typed; and the register of all the entries of a file."""

import re
from collections.abc import Callable, Iterable, Mapping
from datetime import date, datetime
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple, TypeVar, cast

import msgspec

from indsats.domain.calendar import local_day, noon_of
from indsats.domain.catalogue import (
    ADMINISTRATIVE,
    ANNULLED,
    COMMON_KEYS,
    MODEL_CHANGED,
    REPLAY_KEY,
    Catalogue,
    FieldFault,
    content_id,
)
from indsats.domain.fields import Unfit, closest, quoted, text_of
from indsats.domain.model import FieldValue, Model
from indsats.domain.obligations import ChangePolicy
from indsats.errors import InputInvalid
from indsats.models.library import load
from indsats.replay.moments import day_in_file, instant_in_file


class Into(NamedTuple):
    """What a file is read for: a replay, unless said otherwise.

    `key` is that of ids made of contents. In a database facts may be named that were registered before and are not in
    the file. `actor` and `role` registered what names nobody.
    """

    key: bytes = REPLAY_KEY
    is_database: bool = False
    actor: str = "import"
    role: str = "system"


REPLAY = Into()

_ALLOWED: Mapping[str, tuple[str, ...]] = {
    "citizen": ("an opaque id without white space",),
    "unit": ("text that is not blank",),
    "on": ("a day such as 2017-01-02",),
    "recorded": ("an instant with offset such as 2017-01-02T09:00:00+01:00",),
    "id": ("text that is not blank",),
    "actor": ("text that is not blank",),
    "role": ("text that is not blank",),
    "municipality": ("text of four digits such as 0336",),
}
_MOST_IDS_SHOWN = 20
_MOST_IDS_COMPARED = 100

T = TypeVar("T")


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """One entry: about whom, what, when it took effect and was registered (UTC), by whom, and where it stands.

    `fields` are as they are stored. `id` is its own or, without one, made of its content. `position` is its place among
    the entries of the file.
    """

    line: int
    position: int
    citizen: str | None
    unit: str | None
    kind: str
    on: date
    recorded_at: datetime
    id: str
    actor: str
    role: str
    municipality: str | None
    fields: Mapping[str, FieldValue]

    @property
    def subject(self) -> str:
        """Whom or what it is about: the citizen, else the unit."""
        return self.citizen or self.unit or ""

    @property
    def content(self) -> tuple[object, ...]:
        """What must be the same where an id stands twice."""
        return (self.kind, self.subject, self.on, self.fields)


class FactLine(Entry, frozen=True, kw_only=True):
    """A fact of a kind of the model."""


class AnnulmentLine(Entry, frozen=True, kw_only=True):
    """The fact with the id `of` is taken out."""

    @property
    def content(self) -> tuple[object, ...]:
        """What must be the same where an id stands twice; the day of an annulment has no effect."""
        return (self.kind, self.subject, self.fields)

    @property
    def of(self) -> str:
        """The id of the fact."""
        return str(self.fields["of"])

    @property
    def reason(self) -> str:
        """Why it is taken out."""
        return str(self.fields["reason"])


class ModelChangeLine(Entry, frozen=True, kw_only=True):
    """The pathway moves to another model."""

    @property
    def to(self) -> str:
        """The model: an id, `id@version`, or a path."""
        return str(self.fields["to"])

    @property
    def policy(self) -> ChangePolicy:
        """What becomes of older obligations."""
        return cast(ChangePolicy, self.fields["policy"])

    @property
    def effective(self) -> date:
        """The first day under the other model."""
        return date.fromisoformat(str(self.fields["effective"]))


AnyLine = FactLine | AnnulmentLine | ModelChangeLine

_CLASSES: Mapping[str, type[AnyLine]] = {ANNULLED: AnnulmentLine, MODEL_CHANGED: ModelChangeLine}


class Misplaced(NamedTuple):
    """A fault that shows only when the whole file is known, with the entry that it lies in."""

    entry: AnyLine
    fault: FieldFault


class Register:
    """Takes the entries of one file one by one, and gives them as a whole.

    `models` are those that pathways move to, by the name that the file gives them, paths being taken from `directory`.
    """

    def __init__(self, model: Model, directory: Path, municipality: str | None = None, into: Into = REPLAY) -> None:
        self.model = model
        self.into = into
        self.models: dict[str, Model] = {}
        self.catalogue = Catalogue(model)
        self.repeated = 0
        self._directory = directory
        self._municipality = municipality or model.municipality
        self._faulty: set[str] = set()
        self._citizens: set[str] = set()
        self._entries: dict[tuple[str | None, str], AnyLine] = {}
        self._named: set[tuple[str | None, str]] = set()
        self._alike: dict[tuple[str | None, str], int] = {}

    def add(
        self, raw: Mapping[str, object], line: int, position: int, *, plain: bool = False, keep: bool = True
    ) -> list[FieldFault]:
        """Take an entry, or say everything that is wrong with it; `plain` values are text whatever their type.

        The same id again with the same content is counted as repeated, and the earlier registration kept. An entry that
        is refused already is to be looked at, but not to `keep`.
        """
        faults: list[FieldFault] = []
        take = _Taker(raw, faults)
        citizen, unit = take("citizen", self._citizen), take("unit", _word)
        recorded_at, on = take("recorded", instant_in_file), take("on", day_in_file)
        own_id, actor, role = take("id", _word), take("actor", _word), take("role", _word)
        municipality = take("municipality", _municipality) or self._municipality
        kind, fields = self._said(raw, plain, faults)
        faults += self._of_subject(kind, raw)
        if on is None and raw.get("on") is None:
            if kind in ADMINISTRATIVE and recorded_at is not None:
                on = local_day(recorded_at)
            else:
                faults.append(FieldFault("on", "missing", _ALLOWED["on"]))
        if faults or on is None or not keep:
            if own_id is not None:
                self._faulty.add(own_id)
            return faults
        entry = _CLASSES.get(kind, FactLine)(
            line=line,
            position=position,
            citizen=citizen,
            unit=unit,
            kind=kind,
            on=on,
            recorded_at=recorded_at or _noon_of(on),
            id=own_id or self._content_id(municipality, citizen or unit or "", kind, on, fields),
            actor=actor or self.into.actor,
            role=role or self.into.role,
            municipality=municipality,
            fields=fields,
        )
        return self._keep(entry, is_named=own_id is not None)

    def _said(
        self, raw: Mapping[str, object], plain: bool, faults: list[FieldFault]
    ) -> tuple[str, dict[str, FieldValue]]:
        kind = raw.get("fact")
        if not isinstance(kind, str):
            faults.append(
                FieldFault("fact", "missing" if kind is None else "must be text", tuple(self.catalogue.kinds))
            )
            return "", {}
        own = {key: value for key, value in raw.items() if key not in COMMON_KEYS}
        fields, found = self.catalogue.check(kind, own, plain=plain, also=COMMON_KEYS)
        faults += found
        if kind == MODEL_CHANGED and isinstance(to := fields.get("to"), str) and to not in self.models:
            try:
                self.models[to] = load(to, self._directory)
            except InputInvalid as invalid:
                faults.append(FieldFault("to", f"{quoted(to)} is no model that can be used: {invalid.faults[0]}"))
        return kind, fields

    def _of_subject(self, kind: str, raw: Mapping[str, object]) -> list[FieldFault]:
        """What is wrong with whom the entry names: a fact of a unit has `unit` only, every other has `citizen`."""
        citizen, unit = raw.get("citizen"), raw.get("unit")
        if citizen is None and unit is None:
            return [FieldFault("citizen", "missing, and no unit is named either", _ALLOWED["citizen"])]
        if kind not in self.catalogue.kinds or kind == ANNULLED:
            return []
        if self.catalogue.kinds[kind].subject == "unit" and self.model.subject != "unit":
            if citizen is not None:
                return [FieldFault("citizen", f"a fact of kind {kind} is a unit's and names no citizen", ("unit",))]
        elif citizen is None:
            return [FieldFault("citizen", "missing", _ALLOWED["citizen"])]
        return []

    def _citizen(self, value: object) -> str:
        if isinstance(value, str) and value in self._citizens:
            return value
        citizen = _word(value)
        if self.model.subject == "citizen" and looks_like_cpr(citizen):
            raise Unfit("looks like a CPR number")
        if re.search(r"\s", citizen):
            raise Unfit("holds white space")
        self._citizens.add(citizen)
        return citizen

    def _content_id(
        self, municipality: str | None, subject: str, kind: str, on: date, fields: Mapping[str, FieldValue]
    ) -> str:
        first = content_id(self.into.key, municipality, subject, kind, on, fields, 1)
        k = self._alike[municipality, first] = self._alike.get((municipality, first), 0) + 1
        return first if k == 1 else content_id(self.into.key, municipality, subject, kind, on, fields, k)

    def _keep(self, entry: AnyLine, *, is_named: bool) -> list[FieldFault]:
        key = (entry.municipality, entry.id)
        if is_named:
            self._named.add(key)
        before = self._entries.setdefault(key, entry)
        if before is entry:
            return []
        if before.content != entry.content:
            return [FieldFault("id", f"{quoted(entry.id)} stands on line {before.line} too, with other content")]
        self.repeated += 1
        if entry.recorded_at < before.recorded_at:
            self._entries[key] = entry
        return []

    def close(self, *, skipping: bool = False) -> tuple[tuple[AnyLine, ...], list[Misplaced]]:
        """All entries in the order of the file, and the faults of those that name a fact which is not there.

        When `skipping` what has faults, an entry that names what is left out has a fault too, and none of these is
        among the entries.
        """
        entries = tuple(sorted(self._entries.values(), key=lambda entry: entry.position))
        ids: dict[tuple[str | None, str], list[str]] = {}
        for entry in entries:
            if isinstance(entry, FactLine) and (entry.municipality, entry.id) in self._named:
                ids.setdefault((entry.municipality, entry.subject), []).append(entry.id)
        faults = ((entry, self._reference_fault(entry, ids, skipping)) for entry in entries)
        misplaced = [Misplaced(entry, fault) for entry, fault in faults if fault]
        if not skipping:
            return entries, misplaced
        misplaced += self._naming(misplaced, entries)
        gone = {entry.position for entry, _ in misplaced}
        return tuple(entry for entry in entries if entry.position not in gone), misplaced

    def _naming(self, misplaced: Iterable[Misplaced], entries: Iterable[AnyLine]) -> list[Misplaced]:
        """Every entry that names one of those given, or one that does so itself, and so on."""
        by_name: dict[tuple[str | None, str], list[AnyLine]] = {}
        for entry in entries:
            if (of := self._named_fact(entry)) is not None:
                by_name.setdefault((entry.municipality, of), []).append(entry)
        found: list[Misplaced] = []
        left_out = [entry for entry, _ in misplaced]
        known = {entry.position for entry in left_out}
        while left_out:
            gone = left_out.pop()
            key = (gone.municipality, gone.id)
            for entry in by_name.get(key, ()) if key in self._named else ():
                if entry.position not in known:
                    known.add(entry.position)
                    left_out.append(entry)
                    found.append(Misplaced(entry, _of_refused(gone.id)))
        return found

    def _named_fact(self, entry: AnyLine) -> str | None:
        """The id of the fact that an annulment or a supplement names."""
        of = entry.fields.get("of")
        names_a_fact = isinstance(entry, AnnulmentLine) or self.catalogue.kinds[entry.kind].effect == "supplement"
        return of if names_a_fact and isinstance(of, str) else None

    def _reference_fault(
        self, entry: AnyLine, ids: Mapping[tuple[str | None, str], list[str]], skipping: bool
    ) -> FieldFault | None:
        """What is wrong with the fact that an entry names; `ids` are those of facts by subject."""
        of = self._named_fact(entry)
        if of is None or (of in self._faulty and not skipping):
            return None
        key = (entry.municipality, of)
        named = self._entries[key] if key in self._named else None
        if named is None or named.subject != entry.subject or named is entry:
            if of in self._faulty:
                return _of_refused(of)
            if named is None and self.into.is_database:
                return None
            all_ids = ids.get((entry.municipality, entry.subject), [])[:_MOST_IDS_COMPARED]
            others = tuple(each for each in all_ids if each != entry.id)
            what = f"{quoted(of)} is no id of another fact of {quoted(entry.subject)}"
            return FieldFault("of", what, others[:_MOST_IDS_SHOWN] or ("none",), closest(of, others))
        if isinstance(named, AnnulmentLine):
            return FieldFault("of", f"{quoted(of)} on line {named.line} is an annulment, which stays")
        if isinstance(named, ModelChangeLine):
            return FieldFault("of", f"{quoted(of)} on line {named.line} is a change of model, not a fact")
        return None


class _Taker:
    """Reads the common keys of one entry, and collects what is wrong with them."""

    def __init__(self, raw: Mapping[str, object], faults: list[FieldFault]):
        self.raw = raw
        self.faults = faults

    def __call__(self, key: str, read: Callable[[object], T]) -> T | None:
        value = self.raw.get(key)
        if value is None:
            return None
        try:
            return read(value)
        except Unfit as unfit:
            self.faults.append(FieldFault(key, str(unfit), _ALLOWED[key], unfit.meant))
            return None


def _of_refused(of: str) -> FieldFault:
    return FieldFault("of", f"{quoted(of)} is refused itself")


def _word(value: object) -> str:
    text = text_of(value)
    if not text.strip():
        raise Unfit("is blank")
    return text


def _municipality(value: object) -> str:
    if not isinstance(value, str) or not re.fullmatch("[0-9]{4}", value):
        given = str(value)
        raise Unfit("is not four digits", given.zfill(4) if re.fullmatch("[0-9]{3}", given) else None)
    return value


def looks_like_cpr(citizen: str) -> bool:
    """Whether an id has the form of a civil registration number: ten digits, with or without hyphen or spaces."""
    return bool(re.fullmatch(r"\d{10}", re.sub(r"[\s\u2010-\u2015\u2212-]", "", citizen)))


@lru_cache(maxsize=4096)
def _noon_of(day: date) -> datetime:
    return noon_of(day)


def last_day(entries: Iterable[Entry]) -> date | None:
    """The latest day on which something took effect or was registered."""
    return max((max(entry.on, local_day(entry.recorded_at)) for entry in entries), default=None)
