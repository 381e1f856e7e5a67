"""The form in which a model file declares its limits, read into typed ones; every fault where it stands."""

from collections.abc import Callable, Mapping
from fractions import Fraction

import msgspec

from indsats.domain.kpi import Kpi
from indsats.domain.limit import Caseload, Counted, Cycle, Limit, Places, Share
from indsats.domain.model import FactKind, Model
from indsats.domain.phases import CLOSED
from indsats.domain.values import Duration
from indsats.errors import ModelInvalid, ValueInvalid
from indsats.models.faults import Entry, Faults, MappingNode, Node, ScalarNode, SequenceNode, Source, node_of
from indsats.models.kinds import is_null, read_notes, read_title
from indsats.models.kpi_form import kpis_of
from indsats.models.kpi_tiers import figure_of

COMMON = ("title", "source", "low", "high", "soft", "policy_notes")
COUNTED: Mapping[str, tuple[str, ...]] = {
    "kpi": (),
    "role": ("unit", "functions", "phases"),
    "fact": ("by", "within", "left", "cycle"),
}
"""What can be counted, by the key that says so, with the further keys that go with it."""

KEYS = (*COMMON, *(key for first, others in COUNTED.items() for key in (first, *others)))


class LimitWords(msgspec.Struct, frozen=True):
    """What declarations can name in their model; `kpis` are its figures, those with faults left out."""

    kinds: Mapping[str, FactKind]
    phases: tuple[str, ...]
    roles: tuple[str, ...]
    kpis: Mapping[str, Kpi]


def read_limits(node: Node, words: LimitWords, faults: Faults) -> Mapping[str, Limit]:
    """The limits declared under `limits`, by id; one with a fault is left out and its faults are recorded."""
    found = {}
    for name, entry in faults.entries(node, "limits").items():
        before = len(faults.found)
        limit = _Form(words, faults, f"limit {name!r}").limit(name, entry)
        if len(faults.found) == before:
            found[name] = limit
    return found


def limits_of(model: Model) -> Mapping[str, Limit]:
    """The limits of a model, by id. Raises `ModelInvalid` with every fault of the declarations."""
    faults = Faults()
    words = LimitWords(model.facts, tuple(model.phases), tuple(model.roles), kpis_of(model))
    found = read_limits(node_of(Source(f"{model.id}@{model.version}"), model.limits), words, faults)
    faults.refuse(ModelInvalid)
    return found


def check_rule(declared: Entry, required: tuple[str, ...], limits: Mapping[str, Limit], faults: Faults) -> None:
    """Record a fault if a rule names a limit that can never stand in its way; `required` are its kinds of fact."""
    node = declared.value.get("limit") if isinstance(declared.value, MappingNode) else None
    limit = limits.get(node.text) if isinstance(node, ScalarNode) else None
    if node is None or limit is None or limit.counted is None:
        return
    what = f"rule {declared.key.text}: limit"
    if not isinstance(limit.counted, Places) or limit.high is None:
        faults.add(node, f"{what}: {limit.id} is never full; it must count places (the key 'fact') and have a 'high'")
    elif limit.counted.kind not in required:
        faults.add(node, f"{what}: {limit.id} counts places by {limit.counted.kind}, for which the rule does not ask")


class _Form:
    """Reads one declaration; `what` names it in faults."""

    def __init__(self, words: LimitWords, faults: Faults, what: str) -> None:
        self.words = words
        self.faults = faults
        self.what = what
        self.keys: Mapping[str, Node] = {}

    def limit(self, name: str, declared: Entry) -> Limit:
        """The limit; what is wrong with it is recorded."""
        faults, what = self.faults, self.what
        entries = faults.keys(declared.value, what, KEYS)
        self.keys = keys = {key: entry.value for key, entry in entries.items() if not is_null(entry.value)}
        kind = self._kind(entries)
        low, high = self._bound("low"), self._bound("high")
        if low is not None and high is not None and low > high:
            faults.add(keys["low"], f"{what}: low is more than high")
        if kind is not None and not {"low", "high"} & set(keys):
            faults.add(declared.key, f"{what} has no bound", ("low", "high"))
        return Limit(
            id=name,
            counted=None if kind is None else _READERS[kind](self),
            low=low,
            high=high,
            soft=bool(faults.flag(keys["soft"], f"{what}: soft")) if "soft" in keys else False,
            title=read_title(faults, keys["title"], f"{what}: title") if "title" in keys else None,
            source=(faults.text(keys["source"], f"{what}: source") or "") if "source" in keys else "",
            policy_notes=read_notes(faults, keys["policy_notes"], f"{what}: policy_notes")
            if "policy_notes" in keys
            else {},
        )

    def _kind(self, entries: Mapping[str, Entry]) -> str | None:
        """By which key it says what is counted; None where it is only declared."""
        kinds = [key for key in self.keys if key in COUNTED]
        if len(kinds) > 1:
            self.faults.add(
                entries[kinds[1]].key, f"{self.what} counts by {kinds[0]} and by {kinds[1]}; allowed is one"
            )
            return None
        own = COUNTED[kinds[0]] if kinds else ()
        for key in self.keys:
            if key not in (*COMMON, *kinds, *own):
                of = next(first for first, others in COUNTED.items() if key in others)
                self.faults.add(entries[key].key, f"{self.what}: {key!r} goes with the key {of!r}")
        return kinds[0] if kinds else None

    def _bound(self, key: str) -> Fraction | None:
        return self.faults.parsed(self.keys[key], f"{self.what}: {key}", figure_of) if key in self.keys else None

    # What is counted

    def share(self) -> Share | None:
        """The share of a key figure."""
        shares = [name for name, kpi in self.words.kpis.items() if kpi.numerator is not None and kpi.tiers is None]
        kpi = self.faults.choice(self.keys["kpi"], f"{self.what}: kpi", shares)
        return None if kpi is None else Share(kpi)

    def caseload(self) -> Caseload | None:
        """The pathways of each worker in a role."""
        keys, faults, what = self.keys, self.faults, self.what
        role = self._role(keys["role"], f"{what}: role")
        unit = faults.text(keys["unit"], f"{what}: unit") if "unit" in keys else None
        functions = self._several("functions", lambda node: self._role(node, f"{what}: functions"))
        allowed = (*self.words.phases, CLOSED)
        phases = self._several("phases", lambda node: faults.choice(node, f"{what}: phases", allowed))
        if not any(kind.effect == "assignment_start" for kind in self.words.kinds.values()):
            faults.add(keys["role"], f"{what}: the model has no fact of effect assignment_start")
        if role is None:
            return None
        return Caseload(role, unit, tuple(sorted(set(functions))) if "functions" in keys else None, phases)

    def places(self) -> Places | None:
        """The citizens who have a place."""
        keys, faults, what = self.keys, self.faults, self.what
        for key in ("by", "within"):
            if key not in keys:
                faults.add(keys["fact"], f"{what} lacks the key {key!r}")
        kind = faults.choice(keys["fact"], f"{what}: fact", self._own_kinds)
        by = faults.choice(keys["by"], f"{what}: by", self._names(kind)) if kind and "by" in keys else None
        within = faults.parsed(keys["within"], f"{what}: within", _days_or_months) if "within" in keys else None
        left = self._several("left", lambda node: faults.choice(node, f"{what}: left", self._own_kinds))
        cycle = self._cycle(keys["cycle"], by) if "cycle" in keys else None
        return None if kind is None or by is None or within is None else Places(kind, by, within, left, cycle)

    def _cycle(self, node: Node, by: str | None) -> Cycle | None:
        what = f"cycle of {self.what}"
        keys = self.faults.keys(node, what, ("fact", "count"), ("fact", "count"))
        if set(keys) != {"fact", "count"}:
            return None
        kind = self.faults.choice(keys["fact"].value, f"fact of {what}", self.words.kinds)
        count = self.faults.whole(keys["count"].value, f"count of {what}", 1)
        if kind is not None and by is not None and by not in self._names(kind):
            self.faults.add(keys["fact"].value, f"{what}: fact {kind} has no field {by!r} that names a place")
        return None if kind is None or count is None else Cycle(kind, count)

    @property
    def _own_kinds(self) -> list[str]:
        """The kinds whose facts lie in a pathway."""
        return [name for name, kind in self.words.kinds.items() if kind.subject != "unit"]

    def _names(self, kind: str) -> list[str]:
        """The fields of a kind that hold one word, not sealed."""
        declared = self.words.kinds[kind]
        return [
            name
            for name, type_ in declared.fields.items()
            if (type_.values or type_.name == "text") and not type_.is_list and name not in declared.personal
        ]

    def _role(self, node: Node, what: str) -> str | None:
        roles = self.words.roles
        return self.faults.choice(node, what, roles) if roles else self.faults.text(node, what)

    def _several(self, key: str, read: Callable[[Node], str | None]) -> tuple[str, ...]:
        if key not in self.keys:
            return ()
        node = self.keys[key]
        words = self.faults.words(node, f"{self.what}: {key}")
        if isinstance(node, SequenceNode) and not node.items:
            self.faults.add(node, f"{self.what}: {key} is empty")
        return tuple(found for word in words if (found := read(word)) is not None)


_READERS: Mapping[str, Callable[[_Form], Counted | None]] = {
    "kpi": _Form.share,
    "role": _Form.caseload,
    "fact": _Form.places,
}


def _days_or_months(text: str) -> Duration:
    found = Duration.parse(text)
    if found.working_days or found.is_zero:
        raise ValueInvalid(f"{text!r} is no time since a day; allowed: P7D, P4W, P3M")
    return found
