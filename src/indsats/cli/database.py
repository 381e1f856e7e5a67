"""What the commands on a database share: where it is, who asks, under which model, and how it is opened."""

import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import wraps
from pathlib import Path
from typing import Any, NamedTuple

import click
import structlog
from sqlalchemy import URL, Connection, exc, make_url, select

from indsats.clock import SystemClock
from indsats.domain.model import Model
from indsats.domain.values import Actor
from indsats.engine.engine import Engine
from indsats.engine.setup import default_keys
from indsats.engine.transactions import failures_told
from indsats.engine.unit import Parts
from indsats.errors import DatabaseNotReady
from indsats.models.library import load
from indsats.store import tables
from indsats.store.connection import Database
from indsats.store.keys import FileKeys, Keys
from indsats.store.migrations import require_current
from indsats.store.stored_models import StoredModels

_ERROR = 40


class Access(NamedTuple):
    """What was said about a database: `db` is a URL or the path of a SQLite file."""

    db: str
    model: str | None
    municipalities: Sequence[str]
    actor: Actor
    keys: Path | None

    @property
    def url(self) -> URL:
        """Where the database is. Raises a usage error for what is no address."""
        if "://" not in self.db:
            return URL.create("sqlite", database=self.db)
        url: URL | None
        try:
            url = make_url(self.db)
        except exc.ArgumentError:
            url = None
        if url is None or url.get_backend_name() not in ("sqlite", "postgresql"):
            raise click.UsageError(
                f"--db {self.db!r} is no address of a database; allowed: the path of a SQLite file, "
                "sqlite:///FILE, postgresql://USER@HOST/NAME"
            )
        return url


def _asked_of(command: Callable[..., None]) -> Callable[..., None]:
    """Who asks, and with which keys."""
    for option in (
        click.option(
            "--keys",
            type=click.Path(dir_okay=False, path_type=Path),
            help="File of master keys; default: INDSATS_KEYS, or FILE.key beside a SQLite file.",
        ),
        click.option("--as-role", envvar="INDSATS_ROLE", show_envvar=True, default="system", help="The actor's role."),
        click.option("--actor", envvar="INDSATS_ACTOR", show_envvar=True, default="cli", help="Who gives the command."),
    ):
        command = option(command)
    return command


def database_options(command: Callable[..., None]) -> Callable[..., None]:
    """The options of every command on a database, given to the command as its first argument, an `Access`."""

    @click.option(
        "--db",
        envvar="INDSATS_DB",
        required=True,
        show_envvar=True,
        help="URL of the database, or the path of a SQLite file.",
    )
    @click.option(
        "--model",
        envvar="INDSATS_MODEL",
        show_envvar=True,
        help="A model's id, id@version, or file; default: the only one that the database has kept.",
    )
    @click.option(
        "--municipality",
        "municipalities",
        envvar="INDSATS_MUNICIPALITY",
        show_envvar=True,
        multiple=True,
        help="Four digits, for several given more than once; default: the model's.",
    )
    @_asked_of
    @wraps(command)
    def with_access(
        db: str,
        model: str | None,
        municipalities: tuple[str, ...],
        actor: str,
        as_role: str,
        keys: Path | None,
        **options: Any,
    ) -> None:
        command(Access(db, model, municipalities, Actor(actor, as_role), keys), **options)

    return with_access


def optional_database(command: Callable[..., None]) -> Callable[..., None]:
    """The same for a command that does without a database, too, and has its own options of model and municipality.

    Its first argument is an `Access` without these, or None.
    """

    @click.option("--db", envvar="INDSATS_DB", show_envvar=True, help="Look at what this database has already, too.")
    @_asked_of
    @wraps(command)
    def with_access(db: str | None, actor: str, as_role: str, keys: Path | None, **options: Any) -> None:
        command(Access(db, None, (), Actor(actor, as_role), keys) if db else None, **options)

    return with_access


@contextmanager
def opened_database(access: Access, *, may_make: bool = False) -> Iterator[Database]:
    """The database, closed at the end. Of what the engine logs, errors go to standard error; a refusal is told anyway.

    Raises `DatabaseNotReady` if a SQLite file is not there, unless it may be made.
    """
    try:
        database = Database(access.url)
    except ImportError as missing:
        raise click.UsageError(
            f"--db {access.url.drivername}: the program that talks to it is not installed ({missing}); "
            "install indsats with the extra `postgres`"
        ) from None
    try:
        if database.path is not None and not database.path.exists() and not may_make:
            raise DatabaseNotReady(f"there is no database {database.path}; run `indsats db init` first")
        with _logs_on_standard_error(), failures_told():
            yield database
    finally:
        database.close()


@contextmanager
def opened_parts(
    access: Access, models: Iterable[Model] = (), *, is_ready: bool = True, may_make: bool = False
) -> Iterator[Parts]:
    """What works on the whole database, whatever its pathways are under; `models` are at hand besides those kept.

    Raises `DatabaseNotReady` unless the tables are those of this version, if it is to be ready.
    """
    with opened_database(access, may_make=may_make) as database:
        if is_ready:
            with database.read() as connection:
                require_current(connection)
        yield Parts(database, SystemClock(), StoredModels(database, models), _keys(access, database))


@contextmanager
def opened_engine(access: Access, *, opens_pathways: bool = False) -> Iterator[Engine]:
    """The engine for a command: under the model that was named, or else the only one that the database has kept.

    A command that opens no pathway also does with several, if they are of one family. The municipality is the one
    named, else the model's, else the only one that the database has pathways of; where that leaves a choice, a usage
    error says between what.
    """
    with opened_database(access) as database:
        with database.read() as connection:
            require_current(connection)
            kept = connection.execute(select(tables.models).order_by(tables.models.c.first_used_at)).all()
            registered = _municipalities(connection)
        stored = StoredModels(database, ())
        models = [load(access.model)] if access.model else [stored[row.digest] for row in kept]
        model = _only(models, opens_pathways)
        municipalities = list(access.municipalities) or _default_municipality(models, registered)
        others = [stored[row.digest] for row in kept]
        keys = _keys(access, database)
        with Engine(database.engine, model, municipality=municipalities, keys=keys, others=others) as engine:
            yield engine


def _only(models: Sequence[Model], opens_pathways: bool) -> Model:
    if not models:
        raise click.UsageError("--model is missing: the database has kept none so far.")
    if len(models) > 1 and (opens_pathways or len({model.family for model in models}) > 1):
        named = ", ".join(sorted(model.reference for model in models))
        raise click.UsageError(f"--model is missing: the database has kept several: {named}.")
    return models[-1]


def _default_municipality(models: Sequence[Model], registered: Sequence[str]) -> Sequence[str]:
    found = sorted({model.municipality for model in models if model.municipality}) or registered
    if len(found) > 1:
        found = registered
    if len(found) != 1:
        choice = f"the database has pathways of {', '.join(found)}" if found else "the model names none"
        raise click.UsageError(f"--municipality is missing: {choice}.")
    return found


def _municipalities(connection: Connection) -> Sequence[str]:
    name = tables.streams.c.municipality
    return connection.execute(select(name).distinct().order_by(name)).scalars().all()


def _keys(access: Access, database: Database) -> Keys:
    return FileKeys(access.keys) if access.keys else default_keys(database)


def one_municipality(engine: Engine) -> str:
    """The municipality of a command on one pathway or fact; a usage error if several are named."""
    if len(engine.municipalities) > 1:
        raise click.UsageError("--municipality stands several times; this command is about one.")
    return engine.municipalities[0]


@contextmanager
def _logs_on_standard_error() -> Iterator[None]:
    before = structlog.get_config()
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.format_exc_info,
            structlog.processors.LogfmtRenderer(key_order=("level", "event")),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(_ERROR),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=False,
    )
    try:
        yield
    finally:
        structlog.configure(**before)
