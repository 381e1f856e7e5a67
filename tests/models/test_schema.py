"""The JSON Schema of the model form and the reader speak of the same keys and accept the same files."""

import json
import re
from collections.abc import Mapping
from importlib import resources
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from indsats.domain.catalogue import COMMON_KEYS
from indsats.domain.model import EFFECTS, FIELD_TYPES
from indsats.errors import InputInvalid
from indsats.models.document import read_document
from indsats.models.extends import shipped
from indsats.models.faults import Faults, MappingNode, Node, ScalarNode, SequenceNode
from indsats.models.form import form_of
from indsats.models.kpi_form import KEYS as KPI_KEYS
from indsats.models.library import load
from indsats.models.limit_form import KEYS as LIMIT_KEYS
from indsats.models.reader import KEYS
from indsats.models.rules import ALL_KEYS
from indsats.models.rules import KEYS as KEYS_OF_KINDS

SCHEMA: Mapping[str, Any] = json.loads((resources.files("indsats") / "schemas" / "model.json").read_text("utf-8"))
FILES = [path for _, path in shipped()] + sorted((Path(__file__).parents[2] / "scenarios" / "models").glob("*.yaml"))


def as_json(node: Node) -> object:
    """A document as the YAML 1.2 core schema types it, which is what an editor validates."""
    match node:
        case MappingNode():
            return {key: as_json(entry.value) for key, entry in node.entries.items()}
        case SequenceNode():
            return [as_json(item) for item in node.items]
        case ScalarNode() if node.quoted:
            return node.text
        case ScalarNode() if node.is_null:
            return None
        case ScalarNode(text="true" | "false"):
            return node.text == "true"
        case ScalarNode() if re.fullmatch(r"[-+]?[0-9]+", node.text):
            return int(node.text)
        case ScalarNode() if re.fullmatch(r"[-+]?[0-9]+\.[0-9]+", node.text):
            return float(node.text)
        case ScalarNode():
            return node.text
        case _:
            raise AssertionError(node)


def faults(document: object) -> list[str]:
    return [f"{error.json_path}: {error.message}" for error in Draft202012Validator(SCHEMA).iter_errors(document)]


def read(text: str) -> object:
    return as_json(read_document("m.yaml", text.encode(), Faults(), InputInvalid))


def test_it_is_a_schema() -> None:
    Draft202012Validator.check_schema(SCHEMA)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_model_files_are_valid(path: Path) -> None:
    assert faults(read(path.read_text("utf-8"))) == []


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_what_model_show_prints_is_a_valid_model_of_the_same_digest(path: Path, tmp_path: Path) -> None:
    model = load(str(path))
    form = form_of(model)
    assert faults(form) == []
    copy = tmp_path / "copy.json"
    copy.write_text(json.dumps(form), "utf-8")
    assert load(str(copy)).digest == model.digest


def test_it_has_the_keys_of_the_reader() -> None:
    rule = SCHEMA["$defs"]["rule"]
    assert set(SCHEMA["properties"]) == set(KEYS)
    assert set(rule["properties"]) == set(ALL_KEYS)
    for condition in rule["allOf"]:
        if "kind" in condition["if"].get("properties", {}):
            kind = condition["if"]["properties"]["kind"]["const"]
            assert set(condition["then"]["propertyNames"]["enum"]) & set(ALL_KEYS) >= set(KEYS_OF_KINDS[kind])
            assert not set(condition["then"]["propertyNames"]["enum"]) & (
                {key for keys in KEYS_OF_KINDS.values() for key in keys} - set(KEYS_OF_KINDS[kind])
            )
    assert set(SCHEMA["properties"]["kpis"]["additionalProperties"]["anyOf"][0]["properties"]) == set(KPI_KEYS)
    assert set(SCHEMA["properties"]["limits"]["additionalProperties"]["anyOf"][0]["properties"]) == set(LIMIT_KEYS)


def test_it_has_the_words_of_the_kernel() -> None:
    kind = SCHEMA["properties"]["facts"]["additionalProperties"]["anyOf"][0]["properties"]
    assert set(kind["effect"]["enum"]) == set(EFFECTS)
    assert set(kind["fields"]["propertyNames"]["not"]["enum"]) == set(COMMON_KEYS)
    assert all(re.fullmatch(SCHEMA["$defs"]["type"]["anyOf"][0]["pattern"], name) for name in FIELD_TYPES)


@pytest.mark.parametrize(
    "text",
    [
        "{id: x}",
        "{id: x, version: 1, fact: {}}",
        "{id: x, version: one}",
        "{id: x, version: 1, municipality: 336}",
        "{id: x, version: 1, facts: {a: {fields: {on: text}}}}",
        "{id: x, version: 1, facts: {a: {fields: {b: number}}}}",
        "{id: x, version: 1, facts: {a: {effect: opens}}}",
        "{id: x, version: 1, rules: {r: {kind: deadline, when: {fact: a}, require: {fact: b}}}}",
        "{id: x, version: 1, rules: {r: {kind: precedence, when: {fact: a}, require: {fact: b}, within: P1D}}}",
        "{id: x, version: 1, rules: {r: {kind: cadence, when: {fact: a}, require: {fact: b}, stages: [{every: 4}]}}}",
        "{id: x, version: 1, rules: {r: {kind: content, when: {fact: a}}}}",
        "{id: x, version: 1, rules: {r: {kind: content, when: {fact: a, where: {b: same}}, fields: [c]}}}",
    ],
)
def test_it_refuses(text: str) -> None:
    assert faults(read(text)) != []
