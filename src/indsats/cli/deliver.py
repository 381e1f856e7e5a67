"""`indsats deliver` and `indsats outbox`: notifications handed over, and those that did not arrive."""

import json
import os
import sys
from collections.abc import Sequence
from pathlib import Path

import click

from indsats.cli.database import Access, database_options, opened_engine
from indsats.cli.labels import Labels
from indsats.cli.output import FAILED_EXPECTATION, echo_json, json_option, lang_option, table
from indsats.exchange import outbox as box
from indsats.exchange.lines import Lines
from indsats.exchange.webhook import SECRET_VARIABLE, Webhook
from indsats.replay.document import Json
from indsats.store.outbox import Counted, Undelivered

_SHOWN = ("notification", "type", "state", "attempts", "retry_at", "fault")


@click.command
@database_options
@click.option("--webhook", metavar="URL", help="Post each one there, as a CloudEvent.")
@click.option(
    "--file",
    metavar="FILE",
    type=click.Path(dir_okay=False, writable=True, path_type=Path),
    help="Add each one to this file, as a line of JSON.",
)
@json_option
@lang_option
def deliver(access: Access, webhook: str | None, file: Path | None, as_json: bool, lang: str) -> None:
    """Hand over the notifications that wait, once: warnings, breaches, withdrawals, limits passed.

    With a secret in INDSATS_WEBHOOK_SECRET (24 to 64 bytes as base64) each post is signed. What fails is tried again
    by a later call. Exit code 1 if something failed.
    """
    if (webhook is None) == (file is None):
        raise click.UsageError("name where to: either --webhook or --file.")
    handler = Lines(file) if file else webhook_to(str(webhook))
    with opened_engine(access) as engine:
        done = box.deliver(engine, handler, actor=access.actor)
    if as_json:
        echo_json(done._asdict())
    else:
        labels = Labels(lang)
        for key, value in done._asdict().items():
            click.echo(f"{labels.word(key)}: {labels.word('yes' if value else 'no') if type(value) is bool else value}")
    if not done.ok:
        sys.exit(FAILED_EXPECTATION)


def webhook_to(url: str) -> Webhook:
    """A webhook, which signs if there is a secret in the environment. Raises `ValueInvalid`."""
    return Webhook(url, secret=os.environ.get(SECRET_VARIABLE) or None)


@click.command
@database_options
@click.option("--dead", is_flag=True, help="Only those that were given up.")
@click.option("--limit", type=click.IntRange(min=1), default=50, show_default=True, help="So many at most.")
@click.option(
    "--retry", "ids", metavar="ID", multiple=True, help="Let it be tried at once; for several more than once."
)
@click.option("--retry-dead", is_flag=True, help="Let all be tried at once that were given up.")
@json_option
@lang_option
def outbox(
    access: Access, dead: bool, limit: int, ids: Sequence[str], retry_dead: bool, as_json: bool, lang: str
) -> None:
    """List the notifications that have not arrived: those that wait, and those that were given up."""
    if ids and retry_dead:
        raise click.UsageError("--retry and --retry-dead are not for one call.")
    with opened_engine(access) as engine:
        put_back = box.retry(engine, ids or None, actor=access.actor) if ids or retry_dead else []
        counted, found = box.undelivered(engine, actor=access.actor, dead=dead, limit=limit)
    if as_json:
        echo_json(_document(counted, found, put_back))
        return
    labels = Labels(lang)
    for key, count in (*counted._asdict().items(), ("put_back", len(put_back))):
        click.echo(f"{labels.word(key)}: {count}")
    if found:
        click.echo("\n" + table([labels.word(key) for key in _SHOWN], [_cells(one, labels) for one in found]))


def _document(counted: Counted, found: Sequence[Undelivered], put_back: Sequence[str]) -> Json:
    return {
        **counted._asdict(),
        "put_back": list(put_back),
        "notifications": [{**one._asdict(), "data": json.loads(one.data)} for one in found],
    }


def _cells(one: Undelivered, labels: Labels) -> list[str | None]:
    state = labels.word("dead" if one.dead_at else "waiting")
    return [one.id, one.type, state, str(one.attempts), one.retry_at, one.fault]
