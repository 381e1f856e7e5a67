"""The durable engine: a case system embeds it, and its rows and our events commit or roll back together."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import date, datetime
from typing import TypeVar

import structlog
from sqlalchemy import URL, Connection
from sqlalchemy import Engine as HostEngine

from indsats.clock import Clock, SystemClock
from indsats.domain.calendar import local_day
from indsats.domain.facts import NewFact
from indsats.domain.ledger import Verdict
from indsats.domain.model import Model
from indsats.domain.obligations import ChangePolicy
from indsats.domain.pathway import Signature
from indsats.domain.values import Actor
from indsats.engine.amending import Amendment, amend
from indsats.engine.arrivals import Arrival
from indsats.engine.importing import Importing
from indsats.engine.intake import Intake, subject_id, subject_of
from indsats.engine.lists import ALL, Lists, Question, Wanted
from indsats.engine.live import Recording
from indsats.engine.moves import EVERYONE, Change, Chosen, Moving
from indsats.engine.reassigning import Handover, Reassigned, Reassigning
from indsats.engine.recording import Command
from indsats.engine.results import Listed, ModelMoves, Recorded, Swept, View
from indsats.engine.setup import default_keys, prepare, require_filled
from indsats.engine.sweeping import AT_ONCE, Sweeping
from indsats.engine.transactions import Transactions, failures_told
from indsats.engine.unit import Parts, UnitOfWork
from indsats.engine.viewing import Look, look
from indsats.errors import ValueInvalid
from indsats.models.library import load
from indsats.policy import Policy
from indsats.projections.rows import PathwayKey
from indsats.store.connection import Database, Host
from indsats.store.keys import Keys
from indsats.store.migrations import require_current
from indsats.store.stored_models import StoredModels

T = TypeVar("T")

_log = structlog.get_logger("indsats")

SCHEDULER = Actor("scheduler", "system")
"""Who finds what a sweep finds."""


class Engine:
    """Records facts, sweeps for deadlines, answers what is owed, on SQLite or PostgreSQL.

    `where`: the database's URL, or the host's own SQLAlchemy engine. `model` is what new pathways come under, by
    reference or as read; `others` are models that pathways may be under besides those the database has kept.
    `municipality`: the one or several that the engine serves (default: the model's); the first stands where a command
    names none. `keys`: by default a file beside a SQLite database, or the environment variable `INDSATS_KEYS`.
    `create`: make or upgrade the tables, and the file of keys if there is none.
    Raises `DatabaseNotReady` for a database without the tables of this version.
    """

    def __init__(
        self,
        where: str | URL | HostEngine,
        model: Model | str,
        *,
        municipality: str | Sequence[str] | None = None,
        keys: Keys | None = None,
        clock: Clock | None = None,
        others: Iterable[Model] = (),
        policy: Policy | None = None,
        create: bool = False,
        lock_timeout: float = 30,
    ) -> None:
        self.model = load(model) if isinstance(model, str) else model
        self.municipalities = _municipalities(municipality, self.model)
        self.clock: Clock = clock or SystemClock()
        self.database = Database(where, lock_timeout=lock_timeout)
        self.models = StoredModels(self.database, (self.model, *others))
        self.keys = keys or default_keys(self.database)
        self.parts = Parts(self.database, self.clock, self.models, self.keys)
        self.transactions = Transactions(self.parts, policy or Policy(), self.municipalities)
        try:
            with failures_told():
                if create:
                    prepare(self.parts)
                with self.database.read() as connection:
                    require_current(connection)
                    require_filled(connection)
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """Close the connections, unless the database is the host's engine."""
        self.database.close()

    def __enter__(self) -> "Engine":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @contextmanager
    def transaction(self) -> Iterator[Connection]:
        """One transaction for several commands, to be given to each as `connection`; rolled back if one raises."""
        with failures_told(), self.database.write() as connection:
            yield connection

    # Commands

    def record(
        self,
        citizen: str,
        facts: NewFact | Sequence[NewFact],
        *,
        actor: Actor,
        municipality: str | None = None,
        late: bool = False,
        expected_version: int | None = None,
        command: str | None = None,
        connection: Host | None = None,
    ) -> Recorded:
        """Record facts of one citizen, or of a unit for kinds that are about units, in one transaction.

        The first opens the pathway. A fact whose id, or content if it has none, was recorded before changes nothing;
        the id with other content is refused, and so is a fact without a legal move unless `late`.
        `expected_version`: that of the `View` which the decision rests on, 0 for none; `connection`: the host's
        transaction, in which nothing is tried again.
        Raises `FactsInvalid`, `FactRefused`, `ConcurrentChange`, `NotAllowed`; nothing is recorded then.
        """
        given = [facts] if isinstance(facts, NewFact) else list(facts)
        subject = subject_of(self.model, [fact.kind for fact in given])
        key = PathwayKey(self._municipality(municipality), self.model.family, subject, subject_id(citizen))

        def work(unit: UnitOfWork) -> Recorded:
            doing = Command(unit, self.models, actor, command)
            pathway = doing.pathway(key, self.model)
            model = doing.model_of(pathway, self.model)
            bodies = Intake(self.parts.content_key(unit.connection)).facts(model, key, given, actor.unit)
            if not all(pathway.knows(body.fact) for body in bodies):
                doing.expect(pathway, expected_version)
            return doing.register(pathway, key, self.model, bodies, late=late)

        return self._done("record", self._write("record", actor, key, work, connection))

    def record_all(
        self,
        arrivals: Sequence[Arrival],
        *,
        actor: Actor,
        municipality: str | None = None,
        late: bool = False,
        skip_refused: bool = False,
        connection: Host | None = None,
    ) -> Recorded:
        """Record what was registered of several pathways, by one or several, in one transaction and at its instant.

        Everything is as for `record`, but all that is refused is told at once, and can be skipped.
        Raises `FactsInvalid`, `FactsRefused`, `NotAllowed`.
        """
        live = Recording(self.parts, self.transactions, self.model, actor, late=late)
        whose = self._municipality(municipality)
        return self._done("record", live.run(arrivals, whose, skip_refused=skip_refused, host=connection))

    def annul(
        self,
        fact_id: str,
        reason: str,
        *,
        actor: Actor,
        municipality: str | None = None,
        connection: Host | None = None,
    ) -> Recorded:
        """Take a fact out from now on; what stood before stays readable. One that is out already stays as it is.

        Raises `UnknownFact`, `NotAllowed`, `ConcurrentChange`.
        """
        return self._amend("annul", Amendment(fact_id, reason), actor, municipality, connection)

    def correct(
        self,
        fact_id: str,
        fact: NewFact,
        *,
        actor: Actor,
        reason: str = "corrected",
        citizen: str | None = None,
        signature: Signature | None = None,
        municipality: str | None = None,
        connection: Host | None = None,
    ) -> Recorded:
        """Annul a fact and record the right one, in one transaction. Raises as `annul` and `record` do.

        `citizen`: whose it must be, None for anybody's; `signature`: who registered the right one, if not `actor`.
        """
        wanted = Amendment(fact_id, reason, fact, citizen, signature)
        return self._amend("correct", wanted, actor, municipality, connection)

    def _amend(
        self, command: str, wanted: Amendment, actor: Actor, municipality: str | None, connection: Host | None
    ) -> Recorded:
        whose = self._municipality(municipality)

        def work(unit: UnitOfWork) -> Recorded:
            content_key = self.parts.content_key(unit.connection)
            return amend(Command(unit, self.models, actor), content_key, whose, wanted, actor.unit)

        done = self.transactions.write(command, actor, whose, work, subject_id=wanted.fact_id, host=connection)
        return self._done(command, done)

    def import_(
        self,
        arrivals: Iterable[Arrival],
        *,
        actor: Actor,
        municipality: str | None = None,
        skip_refused: bool = False,
        dry_run: bool = False,
        progress: Callable[[int], None] = lambda _: None,
    ) -> Recorded:
        """Record history: each with the instant of its first registration, and when this database got it.

        Facts without a legal move are kept and flagged. Findings are not back-dated: each pathway is synced once, as of
        today. All is checked first; if anything is refused nothing is recorded, unless that is to be skipped. Then some
        pathways at a time are committed, and `progress` is told how many more were: an import that was cut off goes on
        when it is repeated. A dry run records nothing and answers the same.
        Raises `FactsInvalid`, `FactsRefused`, `NotAllowed`, `DatabaseFailed`.
        """
        importing = Importing(self.parts, self.transactions, self.model, actor, dry_run=dry_run, progress=progress)
        done = importing.run(arrivals, self._municipality(municipality), skip_refused=skip_refused)
        return done if dry_run else self._done("import", done)

    def change_model(
        self,
        to: Model | str,
        *,
        policy: ChangePolicy,
        effective: date,
        actor: Actor,
        chosen: Chosen = EVERYONE,
        municipality: str | None = None,
        dry_run: bool = False,
        progress: Callable[[int], None] = lambda _: None,
    ) -> ModelMoves:
        """Move the pathways chosen to another model of the family, from the day `effective` on, that day included.

        `policy` says what becomes of obligations with an anchor before that day. A hundred pathways are a transaction;
        repeating it goes on where it was cut off. A dry run records nothing and answers the same.
        Raises `ModelInvalid`, `ValueInvalid` for a model of another family, `NotAllowed`.
        """
        model = load(to) if isinstance(to, str) else to
        if (model.family, model.subject) != (self.model.family, self.model.subject):
            what = f"{model.reference} is of family {model.family} and about a {model.subject}"
            raise ValueInvalid(f"{what}; allowed: family {self.model.family}, about a {self.model.subject}")
        self.models.add(model)
        moving = Moving(self.parts, self.transactions, actor, Change(model, policy, effective))
        whose = self._municipality(municipality)
        return moving.run(whose, model.family, chosen, dry_run=dry_run, progress=progress)

    def reassign(
        self,
        from_worker: str,
        to_worker: str,
        *,
        actor: Actor,
        on: date | None = None,
        role: str | None = None,
        municipality: str | None = None,
        dry_run: bool = False,
    ) -> Reassigned:
        """Release a worker from the open assignments, from a day on (today), and assign another in their stead.

        `role`: only those in it. A hundred pathways are a transaction; a dry run records nothing and answers the same.
        Raises `UnknownWorker`, `FactRefused`, `ValueInvalid`, `NotAllowed`.
        """
        wish = Handover(from_worker, to_worker, on or local_day(self.clock.now()), role)
        reassigning = Reassigning(self.parts, self.transactions, self.model, actor)
        return reassigning.run(self._municipality(municipality), wish, dry_run=dry_run)

    def sweep(
        self,
        as_of: date | None = None,
        *,
        actor: Actor = SCHEDULER,
        at_once: int = AT_ONCE,
        stop: Callable[[], bool] = lambda: False,
        progress: Callable[[int], None] = lambda _: None,
    ) -> Swept:
        """Look at every pathway whose next change has come by a day, that day included: by default today.

        Each is a transaction of its own. One that fails is set aside, to be tried again later, and stops no other.
        Several may sweep at once: each claims `at_once` pathways together. `stop` is asked before each pathway, and
        `progress` is told how many more were looked at. When none is left, limits passed are written into the outbox.
        Raises `ValueInvalid` for a day that lies ahead.
        """
        today = local_day(self.clock.now())
        if as_of is not None and as_of > today:
            raise ValueInvalid(f"{as_of} lies ahead of {today}, to which the clock has come")
        self.transactions.require("sweep", actor, None)
        sweeping = Sweeping(self.parts, self.transactions, self.model, actor, as_of or today)
        return sweeping.run(self.municipalities, at_once=at_once, stop=stop, progress=progress)

    # Queries

    def pathway(
        self,
        citizen: str,
        *,
        actor: Actor,
        as_of: date | None = None,
        known_at: datetime | None = None,
        municipality: str | None = None,
        connection: Host | None = None,
    ) -> View:
        """One pathway from two points: by default all that is known now, as of the day of `known_at`.

        Raises `UnknownPathway` for one of which nothing was known then; `NotAllowed`.
        """
        asked = Look("pathway", actor, self._municipality(municipality), citizen, as_of, known_at)
        return look(self.parts, self.transactions, self.model, asked, connection)

    def ledger(
        self,
        citizen: str,
        *,
        actor: Actor,
        known_at: datetime | None = None,
        municipality: str | None = None,
        connection: Host | None = None,
    ) -> Sequence[Verdict]:
        """The breaches and withdrawals of one pathway found by an instant, in their order. Raises as `pathway` does."""
        asked = Look("ledger", actor, self._municipality(municipality), citizen, None, known_at)
        return look(self.parts, self.transactions, self.model, asked, connection).ledger

    def obligations(
        self,
        *,
        actor: Actor,
        as_of: date | None = None,
        known_at: datetime | None = None,
        municipality: str | None = None,
        wanted: Wanted = ALL,
        progress: Callable[[int], None] = lambda _: None,
        connection: Host | None = None,
    ) -> Listed:
        """What is owed, of one municipality or of all that the engine serves, by citizen and then as it arose.

        By default all that is known now, as of today. Another point is derived from the log, which takes about a minute
        for 100,000 pathways; `progress` is told how many were. The list is noted as one read, with what was asked.
        """
        question = Question("obligations", actor, self._asked(municipality), as_of, known_at, wanted)
        return Lists(self.parts, self.model).answer(self.transactions, question, progress, connection)

    def follow_ups(
        self,
        *,
        actor: Actor,
        as_of: date | None = None,
        known_at: datetime | None = None,
        municipality: str | None = None,
        wanted: Wanted = ALL,
        progress: Callable[[int], None] = lambda _: None,
        connection: Host | None = None,
    ) -> Listed:
        """What somebody still has to do: open, on hold or breached, by due day. Otherwise as `obligations`."""
        question = Question("follow_ups", actor, self._asked(municipality), as_of, known_at, wanted)
        return Lists(self.parts, self.model).answer(self.transactions, question, progress, connection)

    def _asked(self, municipality: str | None) -> Sequence[str]:
        return [municipality] if municipality else self.municipalities

    def _write(
        self, command: str, actor: Actor, key: PathwayKey, work: Callable[[UnitOfWork], T], host: Host | None
    ) -> T:
        return self.transactions.write(command, actor, key.municipality, work, subject_id=key.citizen, host=host)

    def _municipality(self, municipality: str | None) -> str:
        return municipality or self.municipalities[0]

    def _done(self, command: str, recorded: Recorded) -> Recorded:
        _log.info(
            "command.handled",
            command=command,
            recorded=recorded.recorded,
            repeated=recorded.repeated,
            breaches=len(recorded.breaches),
            withdrawals=len(recorded.withdrawals),
        )
        return recorded


def _municipalities(given: str | Sequence[str] | None, model: Model) -> Sequence[str]:
    found = [given] if isinstance(given, str) else list(given or filter(None, [model.municipality]))
    if not found:
        raise ValueInvalid(f"the model {model.reference} names no municipality; name the one that the engine serves")
    return found
