"""The digest stays with other titles and sources, and changes with every figure."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.models.reading import read

from indsats.models.extends import shipped
from indsats.models.library import load

STEVNS = dict(shipped())["stevns-2017"].read_text("utf-8")
MODEL = """\
    id: trial
    version: 1
    title: {da: Prøve, en: Trial}
    source: 001
    valid: {from: 2017-01-01, to: 2018-06-30}
    policies: {roll: none, closing_days: [12-24], spell_gap: P1M}
    policy_notes: {weekends: {da: Nej, en: No}}
    phases: {one: {title: En}, two: {title: To}}
    moves: [{on: begun, from: [none, two], to: one}, {on: moved, from: one, to: two}]
    roles: {clerk: {title: Sagsbehandler}, judge: {title: Dommer}}
    facts:
      begun: {title: Begyndt, fields: {how: [a, b], title: text}}
      moved: {title: Flyttet}
    rules:
      r: {kind: deadline, title: Regel, when: {fact: begun, where: {how: {is: a}}}, require: {fact: moved},
          within: P7D, source: page 1}
      s: {kind: deadline, when: {fact: begun}, require: {fact: moved}, within: P8D}
    limits: {size: {title: Antal, high: 12, source: page 2}}
    kpis: {share: {title: {da: Andel, en: Share}, rows: pathways, target: {at_least: 1/2}, source: page 3}}
    """
SMALL = """\
    id: a
    version: 1
    facts: {x: {}, y: {}}
    rules:
      r: {kind: deadline, when: {fact: x}, require: {fact: y}, within: P7D}
    """
DIGEST = read(MODEL).digest


def changed(*replacements: tuple[str, str]) -> str:
    text = MODEL
    for before, after in replacements:
        assert text.count(before) == 1, before
        text = text.replace(before, after)
    return read(text).digest


@pytest.mark.parametrize(
    "replacements",
    [
        [("title: {da: Prøve, en: Trial}", "title: {da: Anden, en: Other}")],
        [("    title: {da: Prøve, en: Trial}\n", "")],
        [("source: 001", "source: 002")],
        [("{title: En}", "{title: Uno}"), ("{title: To}", "{}")],
        [("{title: Dommer}", "{title: Dommere}")],
        [("title: Begyndt, ", "")],
        [("title: Regel, ", "title: {da: R, en: S}, "), ("source: page 1", "source: page 9")],
        [("title: Antal, ", ""), (", source: page 2", "")],
        [("{da: Andel, en: Share}", "{da: Del, en: Part}"), (", source: page 3", "")],
        [("rows: pathways,", "rows: pathways, printed: [{title: {da: Del, en: Part}, stated: 50 %, counts: 1/2}],")],
        [("phases: {one: {title: En}, two: {title: To}}", "phases: {two: {title: To}, one: {title: En}}")],
        [("from: [none, two]", "from: [two, none]")],
        [("kind: deadline, title: Regel, ", "title: Regel, kind: deadline, force: must, scope: phase, count: 1, ")],
        [("policies: {roll: none, closing_days: [12-24], spell_gap: P1M}", "policies: {closing_days: 12-24}")],
    ],
)
def test_it_does_not_depend_on(replacements: list[tuple[str, str]]) -> None:
    assert changed(*replacements) == DIGEST


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("id: trial", "id: other"),
        ("version: 1", "version: 2"),
        ("to: 2018-06-30", "to: 2018-06-29"),
        ("roll: none", "roll: next_working_day"),
        ("[12-24]", "[12-24, 12-31]"),
        ("spell_gap: P1M", "spell_gap: P1D"),
        ("weekends: {da: Nej, en: No}", "weekends: {da: Jo, en: Yes}"),
        ("two: {title: To}}", "two: {title: To}, three: {}}"),
        ("{on: begun, from: [none, two], to: one}", "{on: begun, from: [none], to: one}"),
        ("{on: moved, from: one, to: two}", "{on: moved, from: any, to: two}"),
        ("judge: {title: Dommer}", "jury: {title: Dommer}"),
        ("[a, b], title: text", "[a, b, c], title: text"),
        ("[a, b], title: text", "[a, b]"),
        ("[a, b], title: text", "[a, b], title: text?"),
        ("{title: Flyttet}", "{title: Flyttet, effect: open}"),
        ("is: a", "is: b"),
        ("is: a", "not: a"),
        ("within: P7D", "within: P8D"),
        ("within: P7D", "within: P1W"),
        ("within: P7D", "within: P7D, responsible: clerk"),
        ("within: P7D", "within: P7D, count: 2"),
        ("within: P7D", "within: P7D, policy_notes: {a: b}"),
        ("high: 12", "high: 13"),
        ("at_least: 1/2", "at_least: 2/3"),
    ],
)
def test_it_depends_on(before: str, after: str) -> None:
    assert changed((before, after)) != DIGEST


def test_the_order_of_the_catalogue_counts_since_it_is_the_rank() -> None:
    begun = "      begun: {title: Begyndt, fields: {how: [a, b], title: text}}\n"
    moved = "      moved: {title: Flyttet}\n"
    assert changed((begun + moved, moved + begun)) != DIGEST


def test_a_form_has_the_digest_that_it_always_had() -> None:
    """Digests name models in events that are kept for decades, so the form under them must never change."""
    assert read(SMALL).digest == "0826a4edb85e0c6352b4172a633338ed5c39f011c7fc5097e9225d98ba11a909"


def figures() -> Iterator[tuple[int, str, str]]:
    """Every length of time and number in the rules of Stevns, with another in its place."""
    for found in re.finditer(r"(?<=: )P\d+[DWMY]\b|(?<=max: )\d+", STEVNS[: STEVNS.index("\nlimits:")]):
        other = re.sub(r"\d+", lambda number: str(int(number[0]) + 1), found[0])
        yield found.start(), found[0], other


def test_any_figure_of_stevns_changes_its_digest(tmp_path: Path) -> None:
    digests = {load("stevns-2017").digest}
    found = list(figures())
    assert len(found) > 12
    for place, before, after in found:
        copy = tmp_path / f"stevns-{place}.yaml"
        copy.write_text(STEVNS[:place] + after + STEVNS[place + len(before) :], "utf-8")
        digests.add(load(str(copy)).digest)
    assert len(digests) == len(found) + 1


def test_retitling_and_resourcing_stevns_does_not(tmp_path: Path) -> None:
    copy = tmp_path / "stevns.yaml"
    retitled = re.sub(r"title: \{da:.*?, *\n? *en:.*?\}", "title: {da: Ny, en: New}", STEVNS, flags=re.DOTALL)
    text = re.sub(r"source: .*", "source: elsewhere", retitled)
    assert text.count("title: {da: Ny, en: New}") > 15
    copy.write_text(text, "utf-8")
    assert load(str(copy)).digest == load("stevns-2017").digest
