"""`indsats db`: make a database, upgrade it, look into it, prove it, rebuild it, back it up, change its master key."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import click

from indsats.cli.database import Access, database_options, opened_database, opened_parts
from indsats.cli.labels import Labels
from indsats.cli.output import FAILED_EXPECTATION, echo_json, json_option, lang_option, progress_bar, table
from indsats.domain.model import Model
from indsats.engine.backup import backup as back_up
from indsats.engine.checking import Checked, Fault, SetAside
from indsats.engine.checking import check as check_all
from indsats.engine.rebuilding import rebuild as rebuild_all
from indsats.engine.setup import Prepared, prepare
from indsats.engine.unit import Parts
from indsats.engine.upkeep import info as look_into
from indsats.engine.upkeep import rotate_key as rotate
from indsats.engine.upkeep import streams_in
from indsats.errors import DatabaseNotReady
from indsats.models.library import load, load_all
from indsats.policy import Policy
from indsats.projections.rows import PathwayKey
from indsats.store.migrations import applied

Json = dict[str, object]


@click.group()
def db() -> None:
    """Make a database, and look after it.

    A database is named by its URL, or by the path of a SQLite file: --db, or the variable INDSATS_DB.
    """


def _options(command: Callable[..., None]) -> Callable[..., None]:
    return database_options(json_option(lang_option(command)))


@db.command()
@_options
def init(access: Access, as_json: bool, lang: str) -> None:
    """Make the tables, and beside a SQLite file its file of master keys; what is there already stays.

    Two may do it at once. On PostgreSQL the database itself must be there.
    """
    with _parts(access, is_ready=False, may_make=True) as parts:
        _echo(_prepared_document(prepare(parts)), as_json, lang)


@db.command()
@_options
def upgrade(access: Access, as_json: bool, lang: str) -> None:
    """Bring the tables to those of this version, and fill read models that are new.

    --model: the file of a model that pathways are under and that the database has not kept.
    """
    with _parts(access, is_ready=False) as parts:
        with parts.database.read() as connection:
            if not applied(connection):
                raise DatabaseNotReady("the database has no tables of indsats; run `indsats db init` first")
        _echo(_prepared_document(prepare(parts)), as_json, lang)


@db.command()
@_options
def info(access: Access, as_json: bool, lang: str) -> None:
    """Print what a database holds, in figures, and whether its master keys are at hand."""
    with _parts(access) as parts:
        found = look_into(parts)
    document = {
        "ok": found.ok,
        **found._asdict(),
        "models": [model._asdict() for model in found.models],
    }
    _echo(document, as_json, lang)
    if not found.ok:
        sys.exit(FAILED_EXPECTATION)


@db.command()
@_options
def rebuild(access: Access, as_json: bool, lang: str) -> None:
    """Make the read models anew from the log, beside the live ones, while others write.

    One that is interrupted changes nothing, and the next begins anew.
    """
    with _parts(access) as parts, progress_bar(Labels(lang).word("pathways"), streams_in(parts)) as advance:
        rebuilt = rebuild_all(parts, advance)
    _echo({"ok": True, **rebuilt._asdict()}, as_json, lang)


@db.command()
@_options
def check(access: Access, as_json: bool, lang: str) -> None:
    """Prove that the database says what its log says; read only.

    Exit 1 if there is a fault, or a pathway that the sweep fails at.
    """
    with _parts(access) as parts, progress_bar(Labels(lang).word("pathways"), streams_in(parts)) as advance:
        checked = check_all(parts, advance)
    if as_json:
        echo_json(_checked_document(checked))
    else:
        _print_checked(checked, Labels(lang))
    if not checked.ok:
        sys.exit(FAILED_EXPECTATION)


@db.command()
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@_options
def backup(access: Access, file: Path, as_json: bool, lang: str) -> None:
    """Write a copy of the whole database to a new FILE, while others write. The master keys are not in it."""
    _require(access)
    with opened_database(access) as database:
        done = back_up(database, file)
    _echo({"ok": True, "file": str(done.file), "size": done.size, "form": done.form}, as_json, lang)


@db.command("rotate-key")
@_options
def rotate_key(access: Access, as_json: bool, lang: str) -> None:
    """Wrap what is sealed under a new master key, and forget the old one.

    Backups from before need the old key: keep a copy of the file of keys with them first.
    """
    with _parts(access) as parts:
        rotated = rotate(parts)
    _echo({"ok": True, **rotated._asdict()}, as_json, lang)


@contextmanager
def _parts(access: Access, *, is_ready: bool = True, may_make: bool = False) -> Iterator[Parts]:
    _require(access)
    with opened_parts(access, _at_hand(access), is_ready=is_ready, may_make=may_make) as parts:
        yield parts


def _require(access: Access) -> None:
    Policy().require(access.actor, "db", None)


def _at_hand(access: Access) -> list[Model]:
    return [*([load(access.model)] if access.model else []), *load_all()]


def _prepared_document(prepared: Prepared) -> Json:
    return {
        "ok": True,
        "step": prepared.step,
        "steps": [{"number": step.number, "title": step.title} for step in prepared.steps],
        "rebuilt": None if prepared.rebuilt is None else prepared.rebuilt._asdict(),
    }


def _checked_document(checked: Checked) -> Json:
    return {
        "ok": checked.ok,
        "streams": checked.streams,
        "events": checked.events,
        "faults": [_fault_document(fault) for fault in checked.faults],
        "faults_in_all": checked.faults_in_all,
        "set_aside": [_set_aside_document(aside) for aside in checked.set_aside],
    }


def _fault_document(fault: Fault) -> Json:
    return {**fault._asdict(), "pathway": _pathway_document(fault.pathway)}


def _set_aside_document(aside: SetAside) -> Json:
    return {**aside._asdict(), "pathway": _pathway_document(aside.pathway)}


def _pathway_document(key: PathwayKey | None) -> Json | None:
    return None if key is None else key._asdict()


def _print_checked(checked: Checked, labels: Labels) -> None:
    for key, value in (("streams", checked.streams), ("events", checked.events), ("faults", checked.faults_in_all)):
        click.echo(f"{labels.word(key)}: {value}")
    if checked.faults:
        headings = [labels.word(key) for key in ("table", "pathway", "row", "column", "fault")]
        click.echo("\n" + table(headings, map(_fault_row, checked.faults)))
    if checked.set_aside:
        headings = [labels.word(key) for key in ("set_aside", "attempts", "retry_at", "fault")]
        rows = [[_name(one.pathway), str(one.attempts), one.retry_at, one.fault] for one in checked.set_aside]
        click.echo("\n" + table(headings, rows))


def _fault_row(fault: Fault) -> list[str | None]:
    row = ", ".join(f"{name} {value}" for name, value in fault.row.items())
    what = fault.what if fault.column is None else f"{fault.what}: {fault.found} instead of {fault.expected}"
    return [fault.table, fault.pathway and _name(fault.pathway), row, fault.column, what]


def _name(key: PathwayKey) -> str:
    return f"{key.municipality} {key.family} {key.subject} {key.citizen}"


def _echo(document: Json, as_json: bool, lang: str) -> None:
    """One document, or for people a line for each of its keys."""
    if as_json:
        echo_json(document)
        return
    labels = Labels(lang)
    for key, value in document.items():
        if key != "ok":
            click.echo(f"{labels.word(key)}: {_in_words(value, labels)}")


def _in_words(value: object, labels: Labels) -> str:
    match value:
        case None | [] | ():
            return "-"
        case dict():
            return ", ".join(f"{labels.word(key)} {_in_words(part, labels)}" for key, part in value.items())
        case list() | tuple():
            return "; ".join(_in_words(part, labels) if not isinstance(part, dict) else _entry(part) for part in value)
        case _:
            return str(value)


def _entry(entry: dict[str, object]) -> str:
    return " ".join(str(part) for part in entry.values())
