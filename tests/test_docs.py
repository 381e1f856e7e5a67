"""The documentation holds: its links lead somewhere, its files can be read, its commands print what it shows.

A fenced block of a page may say in its first line what it is: `yaml file=stalls.yaml` is a file that the commands after
it find, `yaml append=stalls.yaml` is its continuation, and `yaml file=wrong.yaml faults` is a file that cannot be read.
In what a command prints, a line `…` stands for any lines.
"""

import re
import shlex
import sys
from collections.abc import Iterable, Iterator, Mapping
from contextlib import nullcontext
from itertools import chain
from pathlib import Path
from typing import NamedTuple, get_args

import click
import pytest

from indsats.cli.main import indsats, main
from indsats.domain.kpi import BOUNDS, READ_MODELS
from indsats.domain.limit import State
from indsats.domain.model import EFFECTS, FIELD_TYPES, Policies, Scope
from indsats.domain.obligations import ChangePolicy, Obligation, Status
from indsats.errors import InputInvalid
from indsats.models import conditions, kinds, kpi_form, limit_form, reader, rules
from indsats.models.document import read_document
from indsats.models.faults import Faults, MappingNode
from indsats.models.library import load, load_all
from indsats.replay.scenario import read_scenario

ROOT = Path(__file__).parents[1]
DOCS = sorted((ROOT / "docs").rglob("*.md"))
PAGES = [ROOT / "README.md", *DOCS]
HOW_TO = ROOT / "docs" / "how-to" / "write-a-model.md"
LIMITS = ROOT / "docs" / "how-to" / "watch-limits.md"
KERNEL = ROOT / "docs" / "reference" / "kernel.md"

_FENCE = re.compile(r"^```(?P<info>[^\n]*)\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL)
_LINK = re.compile(r"\]\((?P<target>[^)\s]+)\)")
_HEADING = re.compile(r"^#+ (?P<title>.+)$", re.MULTILINE)
_COMMAND = re.compile(r"(\.venv/bin/)?indsats (?P<arguments>.*)")


class Block(NamedTuple):
    """A fenced block: the line of its page on which it stands, its first line as words, and what is in it."""

    line: int
    language: str
    words: Mapping[str, str]
    text: str


class Shown(NamedTuple):
    """A command of indsats as a page shows it, and what it is said to print."""

    line: int
    arguments: list[str]
    output: str


def blocks(page: Path) -> Iterator[Block]:
    text = page.read_text()
    for fence in _FENCE.finditer(text):
        language, *words = fence["info"].split() or [""]
        pairs = (word.partition("=") for word in words)
        line = text.count("\n", 0, fence.start()) + 1
        yield Block(line, language, {key: value for key, _, value in pairs}, fence["text"])


def prose(page: Path) -> str:
    return _FENCE.sub("", page.read_text())


def commands(block: Block) -> Iterator[Shown]:
    """The commands of a console block; those of other programs are left out with what they print."""
    parts = re.split(r"^\$ ", block.text, flags=re.MULTILINE)
    assert not parts[0], f"line {block.line}: a console block begins with a command"
    for part in parts[1:]:
        line, _, output = part.partition("\n")
        if command := _COMMAND.fullmatch(line):
            yield Shown(block.line, shlex.split(command["arguments"], comments=True), output)


def pattern(output: str) -> str:
    """What is shown, as a pattern in which a line `…` is one or more lines."""
    lines = output.rstrip("\n").split("\n")
    return "\n".join(r"[^\n]*(\n[^\n]*)*?" if line.strip() == "…" else re.escape(line) for line in lines)


def anchors(page: Path) -> set[str]:
    """The names by which the headings of a page can be linked to."""
    titles = (heading["title"].lower() for heading in _HEADING.finditer(prose(page)))
    return {re.sub(r"[^\w\- ]", "", title).replace(" ", "-") for title in titles}


def names(page: Path, heading: str, column: int) -> set[str]:
    """What stands as code in a column, from 1, of the tables right below a heading."""
    section = re.split(r"^#", prose(page).partition(f"# {heading}\n")[2], maxsplit=1, flags=re.MULTILINE)[0]
    cells = [row.split("|")[column] for row in section.split("\n") if row.startswith("|")]
    return {name for cell in cells for name in re.findall(r"`([^`]+)`", cell)}


def named(page: Path) -> str:
    return str(page.relative_to(ROOT))


@pytest.mark.parametrize("page", PAGES, ids=named)
def test_links_lead_to_files_and_headings(page: Path) -> None:
    for link in _LINK.finditer(prose(page)):
        target, _, heading = link["target"].partition("#")
        if not re.match(r"[a-z]+:", target):
            there = (page.parent / target).resolve() if target else page
            assert there.exists(), f"there is no {target}"
            assert not heading or heading in anchors(there), f"{there} has no heading #{heading}"


@pytest.mark.parametrize("page", [page for page in PAGES if any(blocks(page))], ids=named)
def test_files_can_be_read_and_commands_print_what_is_shown(
    page: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "scenarios").symlink_to(ROOT / "scenarios")
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("INDSATS_LANG", raising=False)
    for block in blocks(page):
        if block.language == "console":
            for shown in commands(block):
                monkeypatch.setattr(sys, "argv", ["indsats", *shown.arguments])
                with pytest.raises(SystemExit):
                    main()
                printed = "".join(capsys.readouterr()).rstrip("\n")
                if "…" in shown.output:
                    assert re.fullmatch(pattern(shown.output), printed), f"line {shown.line} prints:\n{printed}"
                else:
                    assert shown.output.rstrip("\n") == printed
            continue
        path = write(block, tmp_path)
        if block.language == "yaml":
            assert_readable(block, path)


def write(block: Block, directory: Path) -> Path:
    """The file that a block is, or is added to; a block that is neither has one of its own."""
    assert block.words.keys() <= {"file", "append", "faults"}, f"line {block.line}: {block.words}"
    path = directory / (block.words.get("file") or block.words.get("append") or f"line-{block.line}.yaml")
    assert path.exists() == ("append" in block.words), f"line {block.line}: {path.name} is begun once"
    before = path.read_text() if path.exists() else ""
    path.write_text(before + block.text)
    return path


def assert_readable(block: Block, path: Path) -> None:
    """A whole model or scenario has no faults, or, where it is said to have them, some."""
    faults = Faults()
    document = read_document(path.name, block.text.encode(), faults, InputInvalid)
    assert not faults
    assert isinstance(document, MappingNode)
    keys = document.entries.keys()
    if {"model", "facts"} <= keys or {"id", "version"} <= keys:
        with pytest.raises(InputInvalid) if "faults" in block.words else nullcontext():
            read_scenario(path) if "facts" in keys and "model" in keys else load(str(path))


def subcommands(group: click.Group, *before: str) -> Iterator[str]:
    """Every command by its full name."""
    context = click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        if isinstance(command, click.Group):
            yield from subcommands(command, *before, name)
        else:
            yield " ".join((*before, name))


def test_every_command_is_shown_or_told_of() -> None:
    text = "".join(page.read_text() for page in PAGES)
    found = [*subcommands(indsats)]
    assert "model show" in found
    assert [name for name in found if not re.search(rf"indsats {name}\b", text)] == []


def test_every_rule_of_the_shipped_models_is_told_of() -> None:
    told = "".join(prose(page) for page in DOCS)
    owed = {rule.id for model in load_all() for rule in model.rules}
    assert "first_conversation" in owed
    assert [rule for rule in sorted(owed) if f"`{rule}`" not in told] == []


@pytest.mark.parametrize(
    ("page", "heading", "column", "known"),
    [
        pytest.param(HOW_TO, "The keys of a model", 1, reader.KEYS, id="keys of a model"),
        pytest.param(HOW_TO, "Policies", 1, Policies.__struct_fields__, id="policies"),
        pytest.param(HOW_TO, "Kinds of fact", 1, kinds._KIND_KEYS, id="keys of a kind"),
        pytest.param(HOW_TO, "Types", 1, (*FIELD_TYPES, "[passed, faults]", "list of …", "…?"), id="types"),
        pytest.param(HOW_TO, "Effects", 1, EFFECTS, id="effects"),
        pytest.param(HOW_TO, "The keys of a rule", 1, rules.ALL_KEYS, id="keys of a rule"),
        pytest.param(HOW_TO, "Conditions", 1, (*conditions._TESTS, *conditions._OF_ANCHOR), id="conditions"),
        pytest.param(HOW_TO, "The keys of a key figure", 1, kpi_form.KEYS, id="keys of a key figure"),
        pytest.param(HOW_TO, "Rows", 1, READ_MODELS, id="rows"),
        pytest.param(HOW_TO, "Rows", 3, chain(*(rows.columns for rows in READ_MODELS.values())), id="columns"),
        pytest.param(HOW_TO, "Tests and days", 1, BOUNDS, id="days"),
        pytest.param(HOW_TO, "The keys of a limit", 1, limit_form.KEYS, id="keys of a limit"),
        pytest.param(LIMITS, "States", 1, get_args(State), id="states of a limit"),
        pytest.param(KERNEL, "Obligations", 1, Obligation.__struct_fields__, id="what an obligation carries"),
        pytest.param(KERNEL, "Statuses", 1, get_args(Status), id="statuses"),
        pytest.param(KERNEL, "Scopes", 1, get_args(Scope), id="scopes"),
        pytest.param(KERNEL, "Changes of model", 1, get_args(ChangePolicy), id="policies of a change"),
    ],
)
def test_the_tables_have_all_there_is_and_no_more(page: Path, heading: str, column: int, known: Iterable[str]) -> None:
    assert names(page, heading, column) == set(known)
