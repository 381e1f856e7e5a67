"""Whatever stands in a file, it is read or refused: nothing else comes out of the reader."""

import json
from copy import deepcopy
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from tests.models.reading import PERMIT, read

from indsats.errors import InputInvalid, ModelInvalid
from indsats.models.document import read_document
from indsats.models.faults import Faults
from indsats.models.form import form_of
from indsats.models.library import load
from indsats.models.words import rule_in_words

RULES = """\
rules:
  r: {kind: deadline, when: {fact: hired, where: {hours: {max: 10}}}, require: {fact: visited}, within: P7D, count: 2}
  s: {kind: cadence, when: {fact: hired}, require: {fact: visited, where: {employment: same_or_none}},
      scope: employment, stages: [{every: P4W, until: P3M}, {every: P3M}], stop: left, agreement: true, pause_on: sick}
  t: {kind: precedence, when: {fact: decided}, require: {fact: inspected}}
  u: {kind: content, when: {fact: visited}, fields: [at], participants: [clerk]}
  v: {kind: deadline, when: {fact: received}, within: P2W,
      require: {by: {latest: received, field: channel, cases: {web: inspected}, else: decided}}}
"""
WORDS = st.sampled_from(
    [
        "",
        "x",
        "none",
        "any",
        "closed",
        "same",
        "P7D",
        "P0D",
        "P200Y",
        "2017-02-30",
        "[a, b]?",
        "hired",
        "employment",
        "\u202e",
    ]
)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 10**20) | WORDS,
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(WORDS, inner, max_size=2),
    max_leaves=4,
)


def places(tree: object, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """The paths to everything below the root."""
    inner = tree.items() if isinstance(tree, dict) else enumerate(tree) if isinstance(tree, list) else ()
    return [place for key, value in inner for place in [(*path, key), *places(value, (*path, key))]]


FORM: dict[str, Any] = json.loads(json.dumps(form_of(read(PERMIT, RULES))))
PLACES = places(FORM)


@given(st.lists(st.tuples(st.sampled_from(PLACES), st.none() | st.tuples(VALUES)), min_size=1, max_size=3))
def test_a_model_with_anything_in_any_place(changes: list[tuple[tuple[Any, ...], tuple[object] | None]]) -> None:
    form = deepcopy(FORM)
    for (*path, last), value in changes:
        inner: Any = form
        try:
            for key in path:
                inner = inner[key]
            if value is None:
                del inner[last]
            else:
                inner[last] = value[0]
        except (KeyError, IndexError, TypeError):
            continue  # an earlier change has taken the place away
    with TemporaryDirectory() as directory:
        file = Path(directory, "m.json")
        file.write_text(json.dumps(form), "utf-8")
        try:
            model = load(str(file))
        except ModelInvalid:
            return
        assert all(rule_in_words(model, rule, lang) for rule in model.rules for lang in ("da", "en"))
        file.write_text(json.dumps(form_of(model)), "utf-8")
        assert load(str(file)).digest == model.digest


@given(st.binary(max_size=60) | st.text(alphabet="abc:-{}[],&*!|>'\"\n #?\t\u00f8", max_size=60).map(str.encode))
def test_a_document_of_any_bytes(data: bytes) -> None:
    faults = Faults()
    try:
        node = read_document("m.yaml", data, faults, InputInvalid)
    except InputInvalid:
        return
    assert 1 <= node.line <= len(node.source.lines)
