"""`indsats model`: list, show, check, compare and draw models."""

import sys
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import cast

import click
import msgspec

from indsats.cli.output import FAILED_INPUT, echo_json, json_option, lang_option, table
from indsats.domain.model import Model, Title
from indsats.errors import ModelInvalid
from indsats.models.diff import HEAD, Change, diff
from indsats.models.faults import Fault
from indsats.models.form import form_of, title_form
from indsats.models.graph import mermaid
from indsats.models.kinds import type_in_words
from indsats.models.library import load, load_all
from indsats.models.reference import reference_page
from indsats.models.words import Lang, not_stated, rule_in_words, say, title_of

_NOT_STATED = Title("ikke angivet i kilden", "not stated in the source")
_SOURCE = Title("kilde", "source")
_FAMILY = Title("familie", "family")
_MUNICIPALITY = Title("kommune", "municipality")
_VALID = Title("gyldig", "valid")
_HEADINGS = {
    "phases": Title("Faser", "Phases"),
    "moves": Title("Skift", "Moves"),
    "facts": Title("Hændelser", "Facts"),
    "rules": Title("Regler", "Rules"),
    "policies": Title("Valg for hele modellen", "Choices of the whole model"),
}


@click.group(name="model")
def model() -> None:
    """List, show, check, compare and draw models.

    A MODEL is the id of a shipped model, id@version, or the path of a file.
    """


@model.command(name="list")
@json_option
@lang_option
def list_command(as_json: bool, lang: Lang) -> None:
    """List the models that come with indsats."""
    models = load_all()
    if as_json:
        echo_json({"models": [_head(found) for found in models]})
        return
    headings = ("model", "title", "municipality", "from", "to", "rules")
    rows = [
        [
            found.reference,
            say(found.title, lang),
            found.municipality,
            _day(found.valid.first),
            _day(found.valid.last),
            str(len(found.rules)),
        ]
        for found in models
    ]
    click.echo(table(headings, rows))


@model.command(name="show")
@click.argument("reference", metavar="MODEL")
@json_option
@lang_option
def show_command(reference: str, as_json: bool, lang: Lang) -> None:
    """Show a model: each rule in words with its source, and what no source states with what was chosen."""
    found = load(reference)
    if as_json:
        echo_json(_document(found))
    else:
        click.echo("\n".join(_shown(found, lang)))


@model.command(name="check")
@click.argument("references", metavar="MODEL...", nargs=-1, required=True)
@json_option
def check_command(references: Sequence[str], as_json: bool) -> None:
    """Read models and report every fault: file, line, column, what is allowed, what may have been meant.

    Exit code 2 if there are any.
    """
    results = [_checked(reference) for reference in references]
    if as_json:
        echo_json({"ok": all(result["ok"] for result, _ in results), "files": [result for result, _ in results]})
    for result, faults in () if as_json else results:
        if faults:
            click.echo("\n".join(str(fault) for fault in faults), err=True)
        else:
            head = cast(Mapping[str, object], result["model"])
            click.echo(f"{result['file']}: no faults; {head['id']}@{head['version']}, digest {head['digest']}")
    if not all(result["ok"] for result, _ in results):
        sys.exit(FAILED_INPUT)


@model.command(name="diff")
@click.argument("before", metavar="MODEL")
@click.argument("after", metavar="MODEL")
@json_option
def diff_command(before: str, after: str, as_json: bool) -> None:
    """Compare two models key by key: what was added (+), removed (-) or changed (~)."""
    old, new = load(before), load(after)
    changes = diff(old, new)
    if as_json:
        echo_json({"before": _head(old), "after": _head(new), "changes": [_change(change) for change in changes]})
    else:
        click.echo("\n".join(_compared(changes)) if changes else "no difference")


@model.command(name="graph")
@click.argument("reference", metavar="MODEL")
@json_option
@lang_option
def graph_command(reference: str, as_json: bool, lang: Lang) -> None:
    """Draw the phases and moves as a mermaid state diagram."""
    found = load(reference)
    drawn = mermaid(found, lang)
    if as_json:
        echo_json({"model": _head(found), "mermaid": drawn})
    else:
        click.echo(drawn, nl=False)


@model.command(name="docs")
@json_option
def docs_command(as_json: bool) -> None:
    """Write the reference page of the shipped models in Markdown."""
    page = reference_page(load_all())
    if as_json:
        echo_json({"markdown": page})
    else:
        click.echo(page, nl=False)


def _head(found: Model) -> dict[str, object]:
    return {
        "id": found.id,
        "version": found.version,
        "digest": found.digest,
        "title": title_form(found.title),
        "source": found.source or None,
        "family": found.family,
        "subject": found.subject,
        "municipality": found.municipality,
        "valid": {"from": _day(found.valid.first), "to": _day(found.valid.last)},
        "rules": len(found.rules),
    }


def _day(day: date | None) -> str | None:
    return None if day is None else day.isoformat()


def _document(found: Model) -> dict[str, object]:
    return {
        "model": {key: _head(found)[key] for key in ("id", "version", "digest")},
        "form": form_of(found),
        "words": {rule.id: {lang: rule_in_words(found, rule, lang) for lang in ("da", "en")} for rule in found.rules},
        "not_stated": [
            {"of": where or None, "policy": policy, **title_form(choice)} for where, policy, choice in not_stated(found)
        ],
    }


def _checked(reference: str) -> tuple[dict[str, object], Sequence[object]]:
    try:
        found = load(reference)
    except ModelInvalid as invalid:
        faults = [_fault(fault) for fault in invalid.faults]
        return {"file": reference, "ok": False, "model": None, "faults": faults}, invalid.faults
    return {"file": reference, "ok": True, "model": _head(found), "faults": []}, ()


def _fault(fault: object) -> Mapping[str, object]:
    if isinstance(fault, Fault):
        return cast(Mapping[str, object], msgspec.to_builtins(fault))
    return {
        "file": None,
        "line": None,
        "column": None,
        "what": str(fault),
        "allowed": [],
        "did_you_mean": None,
        "excerpt": "",
    }


def _shown(found: Model, lang: Lang) -> Iterable[str]:
    first, last = found.valid.first, found.valid.last
    yield f"{found.reference}: {say(found.title, lang)}"
    said = [(_SOURCE, found.source), (_FAMILY, found.family), (_MUNICIPALITY, found.municipality)]
    said.append((_VALID, f"{first or '...'} - {last or '...'}" if first or last else None))
    yield ", ".join(f"{say(word, lang)} {value}" for word, value in said if value)
    yield f"digest {found.digest}"
    if found.phases:
        yield from _heading("phases", lang)
        yield from (f"  {name}: {say(title, lang)}" for name, title in found.phases.items())
    if found.moves:
        yield from _heading("moves", lang)
        yield from (f"  {move.on}: {', '.join(move.sources)} -> {move.target}" for move in found.moves)
    yield from _heading("facts", lang)
    for kind in found.facts.values():
        fields = ", ".join(f"{name}: {type_in_words(type_)}" for name, type_ in kind.fields.items())
        yield f"  {kind.name}" + (f" ({fields})" if fields else "")
    yield from _heading("rules", lang)
    for rule in found.rules:
        yield f"  {rule.id}: {title_of(rule, lang)} [{rule.source or say(_NOT_STATED, lang)}]"
        yield f"    {rule_in_words(found, rule, lang)}"
        yield from _open_points(found, rule.id, "    ", lang)
    yield from _heading("policies", lang)
    policies = found.policies
    closing_days = ", ".join(sorted(policies.closing_days))
    yield f"  roll {policies.roll}; closing days {closing_days}; spell gap {policies.spell_gap}"
    yield from _open_points(found, "", "  ", lang)
    for name in found.kpis:
        yield from _open_points(found, name, f"  {name}: ", lang)


def _heading(section: str, lang: Lang) -> Iterable[str]:
    yield ""
    yield say(_HEADINGS[section], lang)


def _open_points(found: Model, of: str, indent: str, lang: Lang) -> Iterable[str]:
    for where, policy, choice in not_stated(found):
        if where == of:
            yield f"{indent}{say(_NOT_STATED, lang)}: {policy}: {say(choice, lang)}"


def _change(change: Change) -> dict[str, object]:
    keys = [{"key": key, "before": before, "after": after} for key, (before, after) in change.keys.items()]
    return {"section": change.section, "name": change.name, "change": change.change, "keys": keys}


def _compared(changes: Sequence[Change]) -> Iterable[str]:
    signs = {"added": "+", "removed": "-", "changed": "~"}
    section = None
    for change in changes:
        if change.section != section:
            section = change.section
            yield section
        if change.section == HEAD and "" in change.keys:
            before, after = change.keys[""]
            yield f"  {signs[change.change]} {change.name}: {_value(before)} -> {_value(after)}"
            continue
        yield f"  {signs[change.change]} {change.name}"
        for key, (before, after) in change.keys.items():
            yield f"      {key + ': ' if key else ''}{_value(before)} -> {_value(after)}"


def _value(value: object) -> str:
    if value is None:
        return "(none)"
    return value if isinstance(value, str) else msgspec.json.encode(value).decode()
