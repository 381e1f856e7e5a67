"""Every fault of a model file is reported with its place, what is allowed, and what may have been meant.

The cases stand in `faults/*.txt`: behind a head the pieces of model that take the place of its `@`, each with the
faults that it has. A `‹` marks the place of one and is no part of the model.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest
from tests.models.reading import PERMIT, faults, said


class Case(NamedTuple):
    """A model, the places of its faults as (line, column), and what is said of them."""

    text: str
    places: list[tuple[int, int]]
    said: list[str]


def cases() -> Iterator[object]:
    for file in sorted(Path(__file__).with_name("faults").glob("*.txt")):
        head, _, body = file.read_text("utf-8").partition("---\n")
        head = head.partition("\n\n")[2]
        for piece in body.strip().split("\n\n"):
            lines = piece.splitlines()
            snippet = "\n".join(line for line in lines if not line.startswith("> "))
            expected = [line.removeprefix("> ") for line in lines if line.startswith("> ")]
            marked = head.replace("@", snippet) if "@" in head else f"{snippet}\n"
            yield pytest.param(_unmarked(marked, expected), id=f"{file.stem}: {snippet}")


def _unmarked(marked: str, expected: list[str]) -> Case:
    lines, places = [], []
    for number, line in enumerate(marked.splitlines(), start=1):
        first, *rest = line.split("‹")
        for part in rest:
            places.append((number, len(first) + 1))
            first += part
        lines.append(first)
    return Case("\n".join(lines) + "\n", places, expected)


@pytest.mark.parametrize("case", list(cases()))
def test_a_fault(case: Case) -> None:
    found = faults(case.text)
    assert [fault.text.split(": ", 1)[1] for fault in found] == case.said
    assert [(fault.line, fault.column) for fault in found] == case.places
    lines = case.text.splitlines()
    for fault in found:
        assert fault.column is not None
        assert fault.excerpt == f"{lines[fault.line - 1][:160]}\n{' ' * (fault.column - 1)}^"


def test_every_fault_of_a_file_is_reported_at_once() -> None:
    text = """\
        id: x
        version: one
        titel: X
        phases: {one: {}}
        moves: [{on: starting, from: none, to: one}]
        facts: {started: {fields: {a: number}}}
        rules:
          r: {kind: deadline, when: {fact: started}, require: {fact: stoped}, within: 7D}
        """
    places = ["m.yaml:2:10", "m.yaml:3:1", "m.yaml:5:14", "m.yaml:6:31", "m.yaml:8:62", "m.yaml:8:79"]
    assert [line.partition(": ")[0] for line in said(text)] == places


def test_the_shared_base_has_none() -> None:
    assert said(PERMIT) == []


def test_key_figures_are_checked_too() -> None:
    [fault] = said("id: x\nversion: 1\nkpis: {k: {title: {da: K, en: K}, rows: path}}\n")
    assert fault.startswith("m.yaml:3:41: rows of KPI 'k' cannot be 'path'; allowed: pathways, ")
