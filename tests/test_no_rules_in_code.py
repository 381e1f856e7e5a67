"""No rule, kind of fact or length of time of a model stands in Python: a model file alone can change them."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from indsats.models.library import load_all

PACKAGE = Path(__file__).parents[1] / "src" / "indsats"
CONSTRUCTORS = PACKAGE / "domain" / "facts"
"""The typed constructors of the base kinds, the one place that names kinds."""

NAMES = {name for model in load_all() for name in [*model.facts, *(rule.id for rule in model.rules)]}

SAME_WORD = frozenset({"waived"})
"""A kind that is called like a status of an obligation."""

DEFAULT_LENGTHS = frozenset({("domain/model.py", "P1M")})
"""What a model that says nothing gets: spells less than a month apart count as one."""

_LENGTH = re.compile(r"P(?=\d)(\d+Y)?(\d+M)?(\d+W)?(\d+D)?|P\d+WD")
_WORD = re.compile(r"\w+")


def texts(source: str) -> Iterator[str]:
    """Every text in code that is no docstring."""
    tree = ast.parse(source)
    docstrings = {
        id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in docstrings:
            yield node.value


def names_in(source: str) -> set[str]:
    """The rules and kinds named: as a whole text, or as a word with `_` inside of one, such as a query."""
    return {
        name
        for text in texts(source)
        for name in {text, *(word for word in _WORD.findall(text) if "_" in word)}
        if name in NAMES - SAME_WORD
    }


def lengths_in(source: str) -> set[str]:
    """The lengths of time that are a whole text, but for none at all; examples in messages stand beside other words."""
    return {text for text in texts(source) if _LENGTH.fullmatch(text) and text != "P0D"}


@pytest.mark.parametrize("path", sorted(PACKAGE.rglob("*.py")), ids=lambda path: str(path.relative_to(PACKAGE)))
def test_no_rule_stands_in_code(path: Path) -> None:
    source = path.read_text("utf-8")
    name = path.relative_to(PACKAGE).as_posix()
    assert {(name, length) for length in lengths_in(source)} - DEFAULT_LENGTHS == set()
    if CONSTRUCTORS not in path.parents:
        assert names_in(source) == set()


def test_there_are_names_to_look_for() -> None:
    assert {"first_conversation", "ledighedsydelse_started", "cv", "note_added"} <= NAMES
    assert len(NAMES) > 70


@pytest.mark.parametrize(
    ("source", "names"),
    [
        ("kind = 'flexjob_started'", {"flexjob_started"}),
        ("if rule == 'cv': pass", {"cv"}),
        ("sql = \"select * from facts where kind = 'hold_started'\"", {"hold_started"}),
        ("x = f'{n} follow_up_held'", {"follow_up_held"}),
        ("match kind:\n    case 'screened': pass", {"screened"}),
        ('def f():\n    """As when a flexjob_started comes."""', set()),
        ("status = 'waived'", set()),
        ("text = 'a referral or a cv'", set()),
    ],
)
def test_the_guard_sees_names(source: str, names: set[str]) -> None:
    assert names_in(source) == names


@pytest.mark.parametrize(
    ("source", "lengths"),
    [("within = 'P7D'", {"P7D"}), ("x = ('P10WD', 'P2Y6M')", {"P10WD", "P2Y6M"}), ("said = 'such as P7D'", set())],
)
def test_the_guard_sees_lengths(source: str, lengths: set[str]) -> None:
    assert lengths_in(source) == lengths
