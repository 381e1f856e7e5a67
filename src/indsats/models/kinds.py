"""The catalogue of a model file: kinds of fact, the types of their fields, and what their effects need."""

import re
from collections.abc import Mapping

from indsats.domain.catalogue import ADMINISTRATIVE, COMMON_KEYS
from indsats.domain.model import EFFECTS, FIELD_TYPES, FactKind, FieldType, Title
from indsats.domain.values import Duration
from indsats.models.faults import Entry, Faults, MappingNode, Node, ScalarNode, SequenceNode

SUBJECTS = ("citizen", "unit", "project")

_KIND_KEYS = ("title", "fields", "effect", "personal", "subject", "retention")
_IN_QUOTES = re.compile("'[^']*'|\"[^\"]*\"")
_NAME = re.compile(r"[^\W\d][\w-]*")
_TYPE = re.compile(r"(?P<list>list of )?(?:(?P<name>\w+)|\[(?P<values>[^\[\]]*)\])(?P<optional>\?)?")
_TYPES_SHOWN = (*FIELD_TYPES, "[value, value]", "list of one of these", "? at the end: optional")

# Fields that the kernel reads of a fact for its effect, and the types in which it can.
_WORD = ("text", "kind", "role")
_OF_ASSIGNMENTS: Mapping[str, tuple[str, ...]] = {
    "worker": _WORD,
    "as_role": _WORD,
    "functions": ("list of role", "list of text"),
    "at_unit": _WORD,
    "fraction": ("decimal", "int"),
}
_FIELDS_OF_EFFECTS: Mapping[str, Mapping[str, tuple[str, ...]]] = {
    "waiver": {"rule": _WORD, "n": ("int",), "employment": _WORD},
    "supplement": {"of": _WORD},
    "absence": {"activity": _WORD},
    "hold_start": {"reason": _WORD},
    "hold_end": {"reason": _WORD},
    "agreement": {"employment": _WORD, "follow_up_every": ("duration",), "follow_up_dates": ("list of date",)},
    "hours": {"employment": _WORD, "weekly_hours": ("decimal", "int")},
    "employment_start": {"employment": _WORD, "weekly_hours": ("decimal", "int")},
    "employment_end": {"employment": _WORD},
    "assignment_start": _OF_ASSIGNMENTS,
    "assignment_end": _OF_ASSIGNMENTS,
}
# Of each group at least one.
_NEEDED_OF_EFFECTS: Mapping[str, tuple[tuple[str, ...], ...]] = {
    "waiver": (("rule",),),
    "supplement": (("of",),),
    "absence": (("activity",),),
    "agreement": (("follow_up_every", "follow_up_dates"),),
    "assignment_start": (("worker",), ("as_role",)),
    "assignment_end": (("worker",), ("as_role",)),
}


def read_name(faults: Faults, key: ScalarNode, what: str) -> str:
    """A name that rules, facts and diagrams can use: letters, digits, `_` and `-`."""
    if not _NAME.fullmatch(key.text):
        faults.add(key, f"{key.text!r} is no name for {what}", ("letters, digits, _ and -, beginning with a letter",))
    return key.text


def read_title(faults: Faults, node: Node, what: str) -> Title | None:
    """`{da: …, en: …}`, one of the two, or one text for both languages."""
    if isinstance(node, ScalarNode):
        text = faults.text(node, what)
        return None if text is None else Title(text, text)
    entries = faults.keys(node, what, ("da", "en"))
    texts = {lang: faults.text(entry.value, f"{what}: {lang}") for lang, entry in entries.items()}
    da, en = texts.get("da"), texts.get("en")
    if isinstance(node, MappingNode) and not node.entries:
        faults.add(node, f"{what} is empty", ("{da: …, en: …}",))
    return Title(da or en or "", en or da or "")


def read_titles(faults: Faults, node: Node, what: str) -> dict[str, Title]:
    """A section of titles alone: phases, roles. One without a title is called by its name."""
    titles = {}
    for name, entry in faults.entries(node, what).items():
        read_name(faults, entry.key, f"one of the {what}")
        titles[name] = Title(name, name)
        if not is_null(entry.value):
            keys = faults.keys(entry.value, f"{what}: {name}", ("title",))
            if "title" in keys:
                titles[name] = read_title(faults, keys["title"].value, f"{what}: {name}: title") or titles[name]
    return titles


def read_notes(faults: Faults, node: Node, what: str) -> dict[str, Title]:
    """Policies that the source does not state, each in words."""
    notes = {}
    for name, entry in faults.entries(node, what).items():
        if note := read_title(faults, entry.value, f"{what}: {name}"):
            notes[name] = note
    return notes


def is_null(node: Node) -> bool:
    """Whether a value is left empty."""
    return isinstance(node, ScalarNode) and node.is_null


READ_BY_RULES = frozenset(
    {"activity", "employment", "follow_up_dates", "follow_up_every", "n", "of", "participants", "rule"}
)
"""The fields that the kernel itself looks into. A sealed field has to oblige to the same as one that is erased."""


def read_kinds(faults: Faults, node: Node, has_roles: bool) -> dict[str, FactKind]:
    """The kinds in the order of the file, which is their rank."""
    kinds = {}
    for rank, (name, entry) in enumerate(faults.entries(node, "facts").items()):
        read_name(faults, entry.key, "a kind of fact")
        if name in ADMINISTRATIVE:
            faults.add(entry.key, f"{name!r} is an entry of every fact file and cannot be a kind")
        kinds[name] = _read_kind(faults, name, rank, entry, has_roles)
    return kinds


def _read_kind(faults: Faults, name: str, rank: int, entry: Entry, has_roles: bool) -> FactKind:
    if is_null(entry.value):
        return FactKind(name, rank, {})
    what = f"fact {name}"
    keys = {key: found.value for key, found in faults.keys(entry.value, what, _KIND_KEYS).items()}
    fields = _read_fields(faults, keys["fields"], what, has_roles) if "fields" in keys else {}
    effect = faults.choice(keys["effect"], f"{what}: effect", EFFECTS) if "effect" in keys else None
    personal = faults.words(keys["personal"], f"{what}: personal") if "personal" in keys else ()
    for word in personal:
        if word.text not in fields:
            faults.add(word, f"{what}: personal: there is no field {word.text!r}", fields, word.text)
        elif word.text in READ_BY_RULES or (word.text == "reason" and effect in ("hold_start", "hold_end")):
            faults.add(word, f"{what}: personal: what is owed depends on {word.text!r}; it cannot be sealed")
        elif effect in ("assignment_start", "assignment_end") and word.text in _OF_ASSIGNMENTS:
            faults.add(word, f"{what}: personal: who answers depends on {word.text!r}; it cannot be sealed")
    subject = faults.choice(keys["subject"], f"{what}: subject", SUBJECTS) if "subject" in keys else None
    if effect is not None:
        _check_effect(faults, keys["effect"], what, effect, fields)
    return FactKind(
        name=name,
        rank=rank,
        fields=fields,
        effect=effect,
        personal=frozenset(word.text for word in personal),
        subject=subject or "citizen",
        retention=faults.parsed(keys["retention"], f"{what}: retention", Duration.parse)
        if "retention" in keys
        else None,
        title=read_title(faults, keys["title"], f"{what}: title") if "title" in keys else None,
    )


def _read_fields(faults: Faults, node: Node, what: str, has_roles: bool) -> dict[str, FieldType]:
    if is_null(node):
        return {}
    fields = {}
    for name, entry in faults.entries(node, f"{what}: fields").items():
        read_name(faults, entry.key, "a field")
        if name in COMMON_KEYS:
            faults.add(entry.key, f"{what}: every fact has a key {name!r} already; give the field another name")
        if found := read_type(faults, entry.value, f"{what}: field {name}"):
            # Without roles to choose from, whatever a fact says is one.
            fields[name] = found if has_roles or found.name != "role" else FieldType("text", (), *_marks(found))
    return fields


def _marks(type_: FieldType) -> tuple[bool, bool]:
    return type_.is_list, type_.optional


def read_type(faults: Faults, node: Node, what: str) -> FieldType | None:
    """`text`, `decimal?`, `[a, b]`, `"[a, b]?"`, `list of date`, `"list of [a, b]?"`."""
    if isinstance(node, SequenceNode):
        words = tuple(word.text for word in faults.words(node, what))
        return _enumeration(faults, node, what, words, False, False)
    text = faults.text(node, what)
    if text is None:
        return None
    form = _TYPE.fullmatch(text)
    if form is None:
        faults.add(node, f"{what}: {text!r} is no type", _TYPES_SHOWN)
        return None
    is_list, optional = bool(form["list"]), bool(form["optional"])
    if form["values"] is not None:
        words = tuple(word.strip() for word in form["values"].split(","))
        if marked := next((word for word in words if _IN_QUOTES.fullmatch(word)), None):
            faults.add(node, f"{what}: the value {marked} stands in quotes of its own", (marked[1:-1],))
        return _enumeration(faults, node, what, words, is_list, optional)
    if form["name"] not in FIELD_TYPES:
        faults.add(node, f"{what}: {text!r} is no type", _TYPES_SHOWN, form["name"])
        return None
    return FieldType(form["name"], (), is_list, optional)


def _enumeration(
    faults: Faults, node: Node, what: str, words: tuple[str, ...], is_list: bool, optional: bool
) -> FieldType | None:
    if not words or not all(words):
        faults.add(node, f"{what}: an enumeration needs its values", ("[value, value]",))
        return None
    if twice := [word for place, word in enumerate(words) if word in words[:place]]:
        faults.add(node, f"{what}: the value {twice[0]!r} stands twice")
    return FieldType("text", words, is_list, optional)


def type_in_words(type_: FieldType) -> str:
    """A type as a model file writes it."""
    name = f"[{', '.join(type_.values)}]" if type_.values else type_.name
    return f"{'list of ' if type_.is_list else ''}{name}{'?' if type_.optional else ''}"


def _check_effect(faults: Faults, node: Node, what: str, effect: str, fields: Mapping[str, FieldType]) -> None:
    for needed in _NEEDED_OF_EFFECTS.get(effect, ()):
        if not any(field in fields for field in needed):
            faults.add(node, f"{what}: effect {effect} needs the field {' or '.join(needed)}")
    for field, allowed in _FIELDS_OF_EFFECTS.get(effect, {}).items():
        if field in fields:
            type_ = fields[field]
            plain = f"{'list of ' if type_.is_list else ''}{type_.name}"
            if plain not in allowed:
                wanted = " or ".join(allowed)
                faults.add(node, f"{what}: effect {effect} reads {field} as {wanted}, not {type_in_words(type_)}")
