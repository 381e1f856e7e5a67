"""Models compared, drawn, and written up for the documentation."""

from pathlib import Path

import pytest
from tests.models.reading import PERMIT, read

from indsats.models.diff import Change, diff
from indsats.models.graph import mermaid
from indsats.models.library import load, load_all
from indsats.models.reference import reference_page

ROOT = Path(__file__).parents[2]


def changes(*parts: str) -> list[Change]:
    return diff(read(PERMIT), read(PERMIT, *parts))


def test_a_model_does_not_differ_from_itself() -> None:
    assert diff(load("stevns-2017"), load("stevns-2017")) == []


@pytest.mark.parametrize(
    ("part", "expected"),
    [
        ("title: Other\n", Change("model", "title", "changed", {"da": ("trial", "Other"), "en": ("trial", "Other")})),
        (
            "policies: {roll: next_working_day}\n",
            Change("policies", "roll", "changed", {"": ("none", "next_working_day")}),
        ),
        ("phases: {visited: {}}\n", Change("phases", "visited", "added", {})),
        ("roles: {clerk: null}\n", Change("roles", "clerk", "removed", {})),
        ("facts: {lost: {}}\n", Change("facts", "lost", "added", {})),
        (
            "facts: {received: {fields: {channel: [web], pages: int}, effect: open}}\n",
            Change(
                "facts",
                "received",
                "changed",
                {
                    "fields.channel": ("[web, letter]", "[web]"),
                    "fields.pages": ("int?", "int"),
                    "fields.urgent": ("bool?", None),
                },
            ),
        ),
        (
            "moves: [{on: decided, from: [applied, none], to: granted}]\n",
            Change("moves", "decided", "changed", {"none": (None, "granted")}),
        ),
        ("limits: {visits: {high: 14}}\n", Change("limits", "visits", "changed", {"high": (12, 14)})),
        (
            "rules: {r: {kind: deadline, when: {fact: received}, require: {fact: decided}, within: P7D}}\n",
            Change("rules", "r", "added", {}),
        ),
    ],
)
def test_a_difference(part: str, expected: Change) -> None:
    assert changes(part) == [expected]


def test_a_changed_rule_is_compared_key_by_key() -> None:
    when = "{fact: hired, where: {hours: {max: 10}}}"
    before = f"rules: {{r: {{kind: deadline, when: {when}, require: {{fact: decided}}, within: P7D}}}}\n"
    after = before.replace("max: 10", "max: 12").replace("P7D", "P8D")
    assert diff(read(PERMIT, before), read(PERMIT, after)) == [
        Change("rules", "r", "changed", {"when.where.hours.max": ("10", "12"), "within": ("P7D", "P8D")})
    ]


def test_another_order_of_the_catalogue_is_a_difference() -> None:
    head = "id: a\nversion: 1\n"
    found = diff(read(f"{head}facts: {{x: {{}}, y: {{}}}}"), read(f"{head}facts: {{y: {{}}, x: {{}}}}"))
    assert found == [Change("facts", "order", "changed", {"": (["x", "y"], ["y", "x"])})]


def test_the_graph_shows_every_legal_move() -> None:
    assert mermaid(read(PERMIT), "en") == (
        "stateDiagram-v2\n"
        '  state "Before any phase" as none\n'
        '  state "applied" as applied\n'
        '  state "granted" as granted\n'
        '  state "Closed" as closed\n'
        "  [*] --> none\n"
        "  none --> applied: received\n"
        "  none --> closed: withdrawn\n"
        "  applied --> granted: decided\n"
        "  applied --> closed: withdrawn\n"
        "  granted --> closed: withdrawn\n"
    )


def test_the_graph_shows_what_effects_imply_and_titles_that_mermaid_can_read() -> None:
    model = read(
        """\
        id: a
        version: 1
        phases: {in-job: {title: {da: 'I "job"', en: In job}}}
        moves: [{on: begun, from: any, to: in-job}]
        facts: {begun: {}, ended: {effect: close}, again: {effect: reopen}}
        """
    )
    drawn = mermaid(model, "da")
    assert "  state \"I 'job'\" as in_job\n" in drawn
    assert "  in_job --> in_job: begun\n" in drawn
    assert "  in_job --> closed: ended\n" in drawn
    assert "  closed --> none: again\n" in drawn


def test_a_model_without_moves_has_a_graph() -> None:
    assert mermaid(read("id: a\nversion: 1\n"), "en") == (
        'stateDiagram-v2\n  state "Before any phase" as none\n  [*] --> none\n'
    )


def test_the_reference_page_is_up_to_date() -> None:
    """`make docs` writes it anew."""
    assert (ROOT / "docs" / "reference" / "models.md").read_text("utf-8") == reference_page(load_all())


def test_the_reference_page_has_every_rule_key_figure_limit_and_fact() -> None:
    page = reference_page(load_all())
    for model in load_all():
        for name in [*(rule.id for rule in model.rules), *model.kpis, *model.limits, *model.facts]:
            assert f"`{name}`" in page
