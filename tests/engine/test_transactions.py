"""Transactions: a host's rows and our facts together or not at all, and several that write at once."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager
from datetime import timedelta

import pytest
from sqlalchemy import Column, MetaData, Table, Text, create_engine, insert, select
from sqlalchemy import Engine as HostEngine
from sqlalchemy.orm import Session
from tests.engine.looking import KIM, MONDAY, closed, everything, instants, known, rows, started, talked

from indsats.clock import VirtualClock
from indsats.domain import facts
from indsats.engine import Engine
from indsats.errors import ConcurrentChange, DatabaseFailed, FactRefused, UnknownPathway
from indsats.store.connection import Host
from indsats.store.keys import Keys

SUNDAY = MONDAY - timedelta(days=1)

LETTERS = Table("letters", MetaData(), Column("id", Text, primary_key=True))
"""The host's own table."""

Begin = Callable[[], AbstractContextManager[Host]]


@pytest.fixture
def host(database_url: str) -> Iterator[HostEngine]:
    host = create_engine(database_url)
    LETTERS.create(host)
    yield host
    host.dispose()


@pytest.fixture
def engine(host: HostEngine, clock: VirtualClock, keys: Keys) -> Engine:
    """An engine on the host's own."""
    return Engine(host, "stevns-2017", clock=clock, keys=keys, create=True)


@pytest.fixture(params=["connection", "session"])
def begin(request: pytest.FixtureRequest, host: HostEngine) -> Begin:
    """How the host begins a transaction, which is committed at its end or rolled back by an error."""

    @contextmanager
    def session() -> Iterator[Session]:
        with Session(host) as session, session.begin():
            yield session

    return host.begin if request.param == "connection" else session


def write(host: Host, id: str) -> None:
    host.execute(insert(LETTERS).values(id=id))


def letters(host: HostEngine) -> list[str]:
    with host.connect() as connection:
        return list(connection.scalars(select(LETTERS.c.id).order_by(LETTERS.c.id)))


class HostFailed(Exception):
    """Something of the host's own went wrong."""


# The host's transaction


def test_a_commit_keeps_both(engine: Engine, host: HostEngine, begin: Begin) -> None:
    with begin() as transaction:
        write(transaction, "l1")
        engine.record("c1", started(), actor=KIM, connection=transaction)
    assert letters(host) == ["l1"]
    assert known(engine, "c1") == [("start", "ledighedsydelse_started")]


def test_a_rollback_leaves_neither(engine: Engine, host: HostEngine, begin: Begin) -> None:
    before = everything(engine, leave_out=())

    def work() -> None:
        with begin() as transaction:
            write(transaction, "l1")
            engine.record("c1", started(), actor=KIM, connection=transaction)
            assert engine.pathway("c1", actor=KIM, connection=transaction).version == 2, "it sees what it wrote"
            raise HostFailed

    with pytest.raises(HostFailed):
        work()
    assert letters(host) == []
    assert everything(engine, leave_out=()) == before


def test_facts_of_two_citizens_are_kept_together(engine: Engine, begin: Begin) -> None:
    with begin() as transaction:
        engine.record("c1", started(id="s1"), actor=KIM, connection=transaction)
        engine.record("c2", started(id="s2"), actor=KIM, connection=transaction)
        engine.annul("s1", "the other one", actor=KIM, connection=transaction)
        engine.correct("s2", started(id="s3"), actor=KIM, connection=transaction)
    assert known(engine, "c1") == []
    assert known(engine, "c2") == [("s3", "ledighedsydelse_started")]


def test_of_two_citizens_neither_is_recorded_when_one_is_refused(engine: Engine, begin: Begin) -> None:
    engine.record("c2", closed(SUNDAY), actor=KIM)
    before = everything(engine)

    def work() -> None:
        with begin() as transaction:
            engine.record("c1", started(id="s1"), actor=KIM, connection=transaction)
            engine.record("c2", started(id="s2"), actor=KIM, connection=transaction)

    with pytest.raises(FactRefused, match="no legal move from phase closed"):
        work()
    assert everything(engine) == before


def test_a_host_that_goes_on_after_a_refusal_keeps_its_row_and_the_note(
    engine: Engine, host: HostEngine, begin: Begin
) -> None:
    engine.record("c1", closed(SUNDAY), actor=KIM)
    before = everything(engine)
    with begin() as transaction:
        write(transaction, "l1")
        with pytest.raises(FactRefused):
            engine.record("c1", [talked(), started()], actor=KIM, connection=transaction)
    assert letters(host) == ["l1"]
    assert everything(engine) == before
    assert len(rows(engine, "indsats_refusals")) == 1


def test_commands_of_one_transaction_are_undone_together(engine: Engine) -> None:
    with engine.transaction() as connection:
        engine.record("c1", started(id="s1"), actor=KIM, connection=connection)
        engine.record("c1", talked(id="t1"), actor=KIM, connection=connection)
    assert len(known(engine, "c1")) == 2
    before = everything(engine, leave_out=())

    def work() -> None:
        with engine.transaction() as connection:
            engine.annul("t1", "wrong", actor=KIM, connection=connection)
            engine.record("c1", talked(id="s1"), actor=KIM, connection=connection)

    with pytest.raises(FactRefused, match="'s1' is that of another fact"):
        work()
    assert everything(engine, leave_out=()) == before


def test_a_host_with_a_single_connection_can_record_in_it(database_url: str, clock: VirtualClock, keys: Keys) -> None:
    narrow = create_engine(database_url, pool_size=1, max_overflow=0, pool_timeout=1)
    with Engine(narrow, "stevns-2017", clock=clock, keys=keys, create=True) as engine:
        with narrow.begin() as connection:
            engine.record("c1", started(id=None), actor=KIM, connection=connection)
            engine.record("c1", facts.note_added(on=MONDAY, text="spoke to Ulla"), actor=KIM, connection=connection)
        assert len(known(engine, "c1")) == 2
    narrow.dispose()


def test_who_comes_between_a_hosts_reading_and_recording_is_not_overwritten(
    engine: Engine, database_url: str, host: HostEngine, clock: VirtualClock, keys: Keys
) -> None:
    engine.record("c1", started(), actor=KIM)
    # On SQLite the host's transaction has the write lock from its beginning, so that nobody can come between.
    is_sqlite = host.dialect.name == "sqlite"
    snapshot = host if is_sqlite else host.execution_options(isolation_level="REPEATABLE READ")

    def decide(comes_between: Callable[[], object]) -> None:
        with snapshot.begin() as connection:
            connection.execute(select(LETTERS))
            comes_between()
            write(connection, "l1")
            engine.record("c1", talked(), actor=KIM, connection=connection)

    referred = facts.referred(on=MONDAY, track="job_club", id="between")
    with (
        Engine(database_url, "stevns-2017", clock=clock, keys=keys, lock_timeout=0.2) as other,
        pytest.raises(DatabaseFailed if is_sqlite else ConcurrentChange),
    ):
        decide(lambda: other.record("c1", referred, actor=KIM))
    assert letters(host) == []
    assert known(engine, "c1")[1:] == ([] if is_sqlite else [("between", "referred")])
    decide(lambda: None)
    assert letters(host) == ["l1"]
    assert ("talk", "first_conversation_held") in known(engine, "c1")


# Several at once


def test_two_engines_that_write_at_once_lose_and_double_nothing(
    engine: Engine, database_url: str, clock: VirtualClock, keys: Keys
) -> None:
    with Engine(database_url, "stevns-2017", clock=clock, keys=keys) as other:

        def work(one: Engine, name: str) -> int:
            done = [one.record("c1", talked(id=f"{name}-{number}"), actor=KIM) for number in range(12)]
            shared = [one.record("c1", talked(id=f"shared-{number}"), actor=KIM) for number in range(12)]
            assert {answer.recorded for answer in done} == {1}
            return sum(answer.recorded for answer in shared)

        with ThreadPoolExecutor(2) as threads:
            both = [threads.submit(work, engine, "a"), threads.submit(work, other, "b")]
            assert sum(each.result() for each in both) == 12
        ids = {fact for fact, _ in known(engine, "c1")}
    assert ids == {f"{name}-{number}" for name in ("a", "b", "shared") for number in range(12)}
    versions = [version for (version,) in rows(engine, "indsats_events", "version")]
    assert sorted(versions) == list(range(1, len(versions) + 1))
    assert len(rows(engine, "indsats_pathways")) == 1


def test_two_engines_whose_clocks_differ_keep_the_order_of_a_stream(
    engine: Engine, database_url: str, clock: VirtualClock, keys: Keys
) -> None:
    behind = VirtualClock(clock.at - timedelta(minutes=10))
    with Engine(database_url, "stevns-2017", clock=behind, keys=keys) as other:
        engine.record("c1", started(), actor=KIM)
        other.record("c1", talked(), actor=KIM)
        clock.at += timedelta(minutes=1)
        engine.record("c1", facts.referred(on=MONDAY, track="job_club"), actor=KIM)
    found = instants(engine, "c1")
    assert found == sorted(found)


def test_two_engines_that_sweep_at_once_find_each_breach_once(
    engine: Engine, database_url: str, clock: VirtualClock, keys: Keys
) -> None:
    citizens = [f"c{number}" for number in range(8)]
    for citizen in citizens:
        engine.record(citizen, started(id=f"start of {citizen}"), actor=KIM)
    clock.at += timedelta(days=8)
    with Engine(database_url, "stevns-2017", clock=clock, keys=keys) as other, ThreadPoolExecutor(2) as threads:
        swept = [each.result() for each in [threads.submit(engine.sweep), threads.submit(other.sweep)]]
    assert sum(one.breaches for one in swept) == len(citizens)
    assert sum(one.set_aside for one in swept) == 0
    for citizen in citizens:
        assert [verdict.rule for verdict in engine.ledger(citizen, actor=KIM)] == ["first_conversation"]


def test_who_waits_too_long_for_another_writer_is_told_so(
    engine: Engine, database_url: str, clock: VirtualClock, keys: Keys
) -> None:
    with Engine(database_url, "stevns-2017", clock=clock, keys=keys, lock_timeout=0.2) as impatient:
        with engine.transaction() as connection:
            engine.record("c1", started(), actor=KIM, connection=connection)
            with pytest.raises(DatabaseFailed, match=r"nothing of the command is recorded: .*lock"):
                impatient.record("c2", started(id="other"), actor=KIM)
        with pytest.raises(UnknownPathway):
            known(engine, "c2")
        assert impatient.record("c2", started(id="other"), actor=KIM).recorded == 1
