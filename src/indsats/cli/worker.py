"""`indsats worker`: sweep at the start and then just after each hour, until it is told to stop."""

import logging
import os
import signal
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from threading import Event, Thread

import click
import msgspec
import structlog

from indsats.cli.database import Access, database_options, opened_engine
from indsats.cli.deliver import webhook_to
from indsats.cli.output import FAILED_EXPECTATION, REFUSED, echo_json, json_option
from indsats.domain.values import Actor
from indsats.engine import Engine
from indsats.engine.sweeping import AT_ONCE
from indsats.errors import Refused
from indsats.exchange.outbox import Delivered, Handler, deliver, deliver_forever
from indsats.scheduler import Health, Worker
from indsats.store.alone import alone
from indsats.store.connection import Database
from indsats.store.rows import stored_instant

_SECONDS_TO_NOTICE = 0.1

_log = structlog.get_logger("indsats")


@click.command
@database_options
@click.option("--once", is_flag=True, help="Sweep once, and leave.")
@click.option(
    "--health",
    "health_file",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Keep this file, one JSON document, up to date with how the worker is.",
)
@click.option("--webhook", metavar="URL", help="Post the notifications there, beside the sweeps (see `deliver`).")
@click.option("--batch", type=click.IntRange(min=1), default=AT_ONCE, show_default=True, help="Pathways to a claim.")
@click.option(
    "--log", "log_as", type=click.Choice(["text", "json"]), default="text", show_default=True, help="Form of the log."
)
@json_option
def worker(
    access: Access, once: bool, health_file: Path | None, webhook: str | None, batch: int, log_as: str, as_json: bool
) -> None:
    """Sweep at the start, and then just after each hour; so the findings of a day come just after its midnight.

    SIGTERM or SIGINT: the pathway at hand is finished, and the exit code is 0. On PostgreSQL any number of workers may
    run, on any hosts. On SQLite one is enough, and a second one is refused. The log goes to standard error.

    With --once: exit code 1 if a pathway failed and was set aside, to be tried again later, or a notification did not
    arrive; 3 if the sweep failed.
    """
    handler = None if webhook is None else webhook_to(webhook)
    delivered = Delivered()
    with ExitStack() as stack:
        engine = stack.enter_context(opened_engine(access))
        engine.transactions.require("sweep", access.actor, None)
        stack.enter_context(_log_on_standard_error(log_as))
        stack.enter_context(_one_on_sqlite(engine.database))
        tell = _teller(health_file)
        sweeper = Worker(engine, actor=access.actor, at_once=batch, tell=tell)
        stack.enter_context(_signals_heard(sweeper.stop_soon))
        if once:
            sweeper.sweep()
            if handler is not None:
                delivered = deliver(engine, handler, actor=access.actor, stop=lambda: sweeper.is_stopping)
        else:
            if handler is not None:
                stack.enter_context(_delivering(engine, handler, access.actor))
            sweeper.start()
            while not sweeper.is_stopping:
                time.sleep(_SECONDS_TO_NOTICE)
        was_told = sweeper.is_stopping
        sweeper.stop()
    health = sweeper.health
    if as_json:
        echo_json(health_document(health))
    if once and not was_told and health.last is not None:
        if health.last.swept is None:
            click.echo(health.last.fault, err=True)
            sys.exit(REFUSED)
        if health.last.swept.set_aside or not delivered.ok:
            sys.exit(FAILED_EXPECTATION)


def health_document(health: Health) -> dict[str, object]:
    """How a worker is, as its file and `--json` tell."""
    last: dict[str, object] | None = None
    if health.last is not None:
        swept = health.last.swept
        last = {
            "began_at": stored_instant(health.last.began_at),
            "ended_at": stored_instant(health.last.ended_at),
            "visited": swept and swept.visited,
            "breaches": swept and swept.breaches,
            "withdrawals": swept and swept.withdrawals,
            "set_aside": swept and swept.set_aside,
            "fault": health.last.fault,
        }
    return {
        "state": health.state,
        "since": stored_instant(health.since),
        "pid": os.getpid(),
        "last": last,
        "next_run": None if health.next_run is None else stored_instant(health.next_run),
    }


def _teller(path: Path | None) -> Callable[[Health], None]:
    """Writes the file with each change of health, as a whole. Raises a usage error if it cannot be written."""
    if path is None:
        return lambda _: None
    beside = path.with_name(f"{path.name}.{os.getpid()}")
    try:
        beside.write_bytes(b"")
        beside.unlink()
    except OSError as fault:
        raise click.UsageError(f"--health {path}: cannot be written: {fault.strerror}") from None

    def write(health: Health) -> None:
        document = msgspec.json.format(msgspec.json.encode(health_document(health)), indent=1)
        try:
            beside.write_bytes(document + b"\n")
            beside.replace(path)
        except OSError as fault:
            _log.error("health.failed", file=str(path), fault=str(fault))

    return write


@contextmanager
def _one_on_sqlite(database: Database) -> Iterator[None]:
    if database.engine.dialect.name != "sqlite":
        yield
        return
    with alone(database, "worker") as begin:
        if begin is None:
            raise Refused("a worker sweeps this database already, and on SQLite one is enough")
        yield


@contextmanager
def _delivering(engine: Engine, handler: Handler, actor: Actor) -> Iterator[None]:
    """Deliver in a thread of its own meanwhile; at the end the notification at hand is finished."""
    engine.transactions.require("deliver", actor, None)
    stop = Event()
    thread = Thread(target=deliver_forever, args=(engine, handler, stop), kwargs={"actor": actor})
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()


@contextmanager
def _signals_heard(stop: Callable[[], None]) -> Iterator[None]:
    before = {number: signal.signal(number, lambda *_: stop()) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@contextmanager
def _log_on_standard_error(form: str) -> Iterator[None]:
    """What is worth knowing of a worker, from information on; warnings of the libraries in the same form."""
    renderers: list[structlog.typing.Processor] = (
        [structlog.processors.format_exc_info, structlog.processors.JSONRenderer()]
        if form == "json"
        else [structlog.dev.ConsoleRenderer(colors=False, exception_formatter=structlog.dev.plain_traceback)]
    )
    before = structlog.get_config()
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            *renderers,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=False,
    )
    handler = _FromLibraries(logging.WARNING)
    logging.getLogger().addHandler(handler)
    try:
        yield
    finally:
        logging.getLogger().removeHandler(handler)
        structlog.configure(**before)


class _FromLibraries(logging.Handler):
    def emit(self, record: logging.LogRecord) -> None:
        _log.log(record.levelno, record.name, said=record.getMessage())
