"""The house keeps its order: who imports whom, what `domain/` may touch, how long a file may be."""

import ast
import re
import subprocess
from collections.abc import Iterator
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "src" / "indsats"
MODULES = {
    ".".join(path.relative_to(ROOT / "src").with_suffix("").parts).removesuffix(".__init__"): path
    for path in sorted(PACKAGE.rglob("*.py"))
}

# A room imports itself and what stands before it. `indsats` itself, the public names, imports any
# of them and is imported by none.
ROOMS = (
    "errors",
    "clock",
    "domain",
    "models",
    "store",
    "projections",
    "policy",
    "engine",
    "scheduler",
    "replay",
    "audit",
    "exchange",
    "reports",
    "web",
    "cli",
)

# The part of the standard library that neither asks nor tells the world anything.
PURE = set(
    """
    __future__ abc bisect calendar collections dataclasses datetime decimal difflib enum fractions
    functools graphlib hashlib heapq hmac itertools json math operator re statistics string textwrap
    types typing unicodedata zoneinfo
    """.split()
)
IMPURE_CALLS = {"now", "utcnow", "today"}
IMPURE_BUILTINS = {"__import__", "breakpoint", "compile", "eval", "exec", "input", "open", "print"}

MOST_LINES = 400

# In brackets a letter of each, so that this file does not contain what it looks for.
FORBIDDEN = re.compile(
    rb"/wor[k]/|\bshare[d]/|\b(?:domai[n]|semantic[s]|contrac[t])\.md\b"
    rb"|\bpyp[i]\.org|pythonhoste[d]|\bnpmj[s]|\bdeb\.debia[n]\.org"
    rb"|(?i:\bissue[s]?\s+#?\d|\((?:GH-|#)\d+\)|\b(?:close[sd]?|fix(?:e[sd])?|resolve[sd]?)\s+#\d)"
)


def imports(source: str, module: str, is_package: bool = False) -> Iterator[str]:
    """Every module that the source names in an import, wherever the import stands."""
    package = module.split(".") if is_package else module.split(".")[:-1]
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            start = package[: len(package) + 1 - node.level] if node.level else []
            base = ".".join([*start, *filter(None, [node.module])])
            for alias in node.names:
                name = f"{base}.{alias.name}"
                yield name if base == "indsats" or name in MODULES else base


def room_faults(source: str, module: str, is_package: bool = False) -> list[str]:
    """What the module imports although it stands in a later room, or is the package itself."""
    if module == "indsats":
        return []
    rank = ROOMS.index(module.split(".")[1])
    return [
        name
        for name in imports(source, module, is_package)
        if name.split(".")[0] == "indsats"
        and (len(name.split(".")) == 1 or name.split(".")[1] not in ROOMS[: rank + 1])
    ]


def domain_faults(source: str, module: str, is_package: bool = False) -> list[str]:
    """What the module imports or calls although nothing in `domain/` may."""
    outside = {"msgspec"} | ({"transitions"} if module == "indsats.domain.phases" else set())
    faults = [
        name
        for name in imports(source, module, is_package)
        if name.split(".")[0] not in PURE | outside
        and name.split(".")[:2] not in (["indsats", "domain"], ["indsats", "errors"])
    ]
    for node in ast.walk(ast.parse(source)):
        match node:
            case ast.Attribute(attr=attr) if attr in IMPURE_CALLS:
                faults.append(attr)
            case ast.Name(id=name) if name in IMPURE_BUILTINS:
                faults.append(name)
    return faults


@pytest.mark.parametrize("module", MODULES)
def test_a_module_imports_only_what_stands_above_it(module: str) -> None:
    path = MODULES[module]
    room = module.split(".")[1:2]
    assert room == [] or room[0] in ROOMS, "a new room needs its place in ROOMS"
    assert room_faults(path.read_text(), module, path.name == "__init__.py") == []


def test_no_module_imports_itself_round_about() -> None:
    graph = {
        module: {
            name
            for name in imports(path.read_text(), module, path.name == "__init__.py")
            if name in MODULES and name != module
        }
        for module, path in MODULES.items()
    }
    TopologicalSorter(graph).prepare()  # raises CycleError, which names the modules of the ring


@pytest.mark.parametrize("module", [name for name in MODULES if name.startswith("indsats.domain")])
def test_domain_is_pure(module: str) -> None:
    path = MODULES[module]
    assert domain_faults(path.read_text(), module, path.name == "__init__.py") == []


@pytest.mark.parametrize(
    ("source", "faults"),
    [
        ("from datetime import date\nimport msgspec\nfrom indsats.errors import X", []),
        ("from indsats.domain import values\nfrom . import calendar", []),
        ("import os", ["os"]),
        ("import os.path as p", ["os.path"]),
        ("def f():\n    from random import choice", ["random"]),
        ("from eventsourcing.domain import Aggregate", ["eventsourcing.domain"]),
        ("from transitions import Machine", ["transitions"]),
        ("from indsats.clock import Clock", ["indsats.clock"]),
        ("from indsats import engine", ["indsats.engine"]),
        ("from ..store import ABSENT", ["indsats.store"]),
        ("from datetime import date\nDAY = date.today()", ["today"]),
        ("def f(t):\n    return t.now()", ["now"]),
        ("print(1)", ["print"]),
        ("read = open", ["open"]),
    ],
)
def test_the_guard_of_domain_sees(source: str, faults: list[str]) -> None:
    assert domain_faults(source, "indsats.domain.ledger") == faults


def test_only_phases_may_use_the_state_machine() -> None:
    assert domain_faults("from transitions import Machine", "indsats.domain.phases") == []


@pytest.mark.parametrize(
    ("module", "source", "faults"),
    [
        ("indsats.engine", "from indsats.store import tables\nimport indsats.domain.values", []),
        ("indsats.engine", "from indsats.cli.main import main", ["indsats.cli.main"]),
        ("indsats.store.tables", "from indsats.engine import Engine", ["indsats.engine"]),
        ("indsats.store.tables", "from ..engine import Engine", ["indsats.engine"]),
        ("indsats.models.reader", "from indsats import replay", ["indsats.replay"]),
        ("indsats.errors", "import indsats", ["indsats"]),
        ("indsats.errors", "from indsats import Engine", ["indsats.Engine"]),
        ("indsats", "from indsats.engine import Engine", []),
    ],
)
def test_the_guard_of_the_rooms_sees(module: str, source: str, faults: list[str]) -> None:
    assert room_faults(source, module, is_package=module == "indsats") == faults


def test_a_package_resolves_its_relative_imports_from_itself() -> None:
    source = "from . import values\nfrom .events import FactRecorded"
    names = set(imports(source, "indsats.domain", is_package=True))
    assert names <= {"indsats.domain", "indsats.domain.values", "indsats.domain.events"}


def repository_files() -> list[Path]:
    """Every file that git keeps or would add."""
    listing = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    return [path for name in filter(None, listing.split("\0")) if (path := ROOT / name).is_file()]


def test_no_source_file_is_too_long() -> None:
    lengths = {
        str(path.relative_to(ROOT)): len(path.read_text().splitlines())
        for path in repository_files()
        if path.suffix == ".py"
    }
    assert "src/indsats/__init__.py" in lengths
    assert {name: lines for name, lines in lengths.items() if lines > MOST_LINES} == {}


def test_the_project_speaks_only_of_itself() -> None:
    found = {
        f"{path.relative_to(ROOT)}:{number}: {match.group().decode()}"
        for path in repository_files()
        for number, line in enumerate(path.read_bytes().splitlines(), 1)
        for match in FORBIDDEN.finditer(line)
    }
    assert found == set()


@pytest.mark.parametrize(
    ("text", "forbidden"),
    [
        ("see /wor" + "k/main", True),
        ("after ../share" + "d/style", True),
        ("domai" + "n.md section 7", True),
        ("https://pyp" + "i.org/simple", True),
        ("as issu" + "e 12 asks", True),
        ("mend the fold (" + "#12)", True),
        ("Fix" + "es #3", True),
        ("an issue of 2017, colour #333, domain/model.py", False),
    ],
)
def test_the_guard_of_words_sees(text: str, forbidden: bool) -> None:
    assert bool(FORBIDDEN.search(text.encode())) is forbidden
