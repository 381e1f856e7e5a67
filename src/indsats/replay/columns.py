"""Which column of a table holds which key of a fact: a mapping in a file, and the header line that it is meant for."""

from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path

from indsats.domain.catalogue import COMMON_KEYS, Catalogue
from indsats.domain.fields import closest, quoted
from indsats.domain.model import Model
from indsats.errors import FactsInvalid
from indsats.models.document import read_bytes, read_document
from indsats.models.faults import Fault, Faults, Node, ScalarNode

PASSED_OVER = ""
"""What a column is mapped to whose cells are not read."""

MOST_COLUMNS = 1_000

_NEEDED = (("fact",), ("citizen", "unit"), ("on", "recorded"))
"""Of each of these no fact can do without all."""


def known_keys(catalogue: Catalogue) -> tuple[str, ...]:
    """The keys that a fact of some kind can have, each once."""
    fields = (field for kind in catalogue.kinds.values() for field in kind.fields)
    return tuple(dict.fromkeys((*COMMON_KEYS, *fields)))


def read_columns(path: Path, model: Model) -> dict[str, str]:
    """The mapping in a YAML or JSON file: headers and the keys of facts of the model, or `""`, that they stand for.

    Raises `FactsInvalid` with every fault.
    """
    faults = Faults()
    root = read_document(str(path), read_bytes(path, FactsInvalid), faults, FactsInvalid)
    known = known_keys(Catalogue(model))
    columns = {
        header: _key(entry.value, header, known, faults)
        for header, entry in faults.entries(root, "a mapping of columns").items()
    }
    faults.refuse(FactsInvalid)
    return columns


def _key(node: Node, header: str, known: Sequence[str], faults: Faults) -> str:
    what = f"column {quoted(header)}"
    match node:
        case ScalarNode(text=""):
            if not node.quoted:
                faults.add(node, f"{what} stands for nothing", ('"", which passes it over', "or a key of a fact"))
            return PASSED_OVER
        case _:
            return faults.choice(node, what, known) or PASSED_OVER


class Header:
    """The header line of a table: the key of each column, None where it is passed over."""

    def __init__(self, headers: Sequence[str], columns: Mapping[str, str], known: Sequence[str]) -> None:
        self.headers = headers
        self.keys = [None if columns.get(header) == PASSED_OVER else columns.get(header, header) for header in headers]
        self._columns = columns
        self._known = known
        self._of_key = dict(zip(self.keys, headers, strict=True))

    def named(self, key: str) -> str:
        """The column of a key in words for a fault; empty if it is named like the key, or there is none."""
        header = self._of_key.get(key, key)
        return "" if header == key else f"column {quoted(header)}, "

    def column(self, index: int) -> str:
        """A column by its place, in words for a fault."""
        return f"column {quoted(self.headers[index])}" if index < len(self.headers) else f"cell {index + 1}"

    def faults(self, file: str, line: int) -> list[Fault]:
        """Everything that is wrong with the header line."""
        if len(self.headers) > MOST_COLUMNS:
            return [Fault(file, line, None, f"has {len(self.headers):,} columns", (f"at most {MOST_COLUMNS:,}",))]
        found = [
            Fault(file, line, None, f"column {quoted(header)} stands {times} times", ("each column once",))
            for header, times in Counter(self.headers).items()
            if times > 1
        ]
        for header, key in dict(zip(self.headers, self.keys, strict=True)).items():
            if key is not None and key not in self._known:
                found.append(self._unknown(file, line, header, key))
        for header in self._columns:
            if header not in self.headers:
                what = f"the mapping names the column {quoted(header)}, which is not there"
                found.append(Fault(file, line, None, what, tuple(self.headers), closest(header, self.headers)))
        by_key: dict[str, dict[str, None]] = {}
        for header, key in zip(self.headers, self.keys, strict=True):
            if key is not None:
                by_key.setdefault(key, {})[quoted(header)] = None
        for key, headers in by_key.items():
            if len(headers) > 1:
                what = f"the columns {' and '.join(headers)} stand for one key, {key}"
                found.append(Fault(file, line, None, what, ("one column for each key",)))
        for needed in _NEEDED:
            if not any(key in by_key for key in needed):
                found.append(Fault(file, line, None, f"no column stands for {' or '.join(needed)}"))
        return found

    def _unknown(self, file: str, line: int, header: str, key: str) -> Fault:
        known, meant = tuple(self._known), closest(key, self._known)
        if header in self._columns:
            return Fault(file, line, None, f"column {quoted(header)}: {quoted(key)} is no key of a fact", known, meant)
        what = f"column {quoted(header)} is neither a key of a fact nor mapped to one, or to '' to be passed over"
        return Fault(file, line, None, what, known, meant)
