"""The library's own tests of recorders, on a SQLite file and on every PostgreSQL.

Left out, with the reason:

- `InfrastructureFactoryTestCase`: there is no factory. What a factory reads from environment variables is given to
  `Database` and `Recorder` as arguments.
- `TranscoderTestCase` and the tests of mappers, ciphers and compressors: they test the library's own parts. Events are
  mapped, and personal fields sealed, by `EventMapper`, which has tests of its own.
- `ProjectionRunner` and its cases (`eventsourcing.tests.projection`): read models are filled in the transaction of the
  events; nothing here runs behind the log.

Two things are adapted. Streams have names, not `UUID` objects, so the cases are given names. And the library expects
that a recorder of a single aggregate returns no positions; ours always has a log, so that one case takes them away.
"""

import inspect
import threading
from collections.abc import Sequence
from typing import Any
from unittest import TestCase
from uuid import uuid4

import pytest
from eventsourcing.persistence import StoredEvent
from eventsourcing.tests import persistence as library

from indsats.store.connection import Database
from indsats.store.recorder import Recorder

CASES: dict[type[TestCase], tuple[str, ...]] = {
    library.AggregateRecorderTestCase: ("test_insert_and_select", "test_performance"),
    library.ApplicationRecorderTestCase: (
        "test_insert_select",
        "test_performance",
        "test_concurrent_no_conflicts",
        "test_concurrent_throughput",
        "optional_test_insert_subscribe",
    ),
    library.TrackingRecorderTestCase: ("test_insert_tracking", "test_wait"),
    library.ProcessRecorderTestCase: (
        "test_insert_select",
        "test_has_tracking_id",
        "test_raises_when_lower_inserted_later",
        "test_performance",
    ),
    library.NonInterleavingNotificationIDsBaseCase: ("test",),
}

LEFT_OUT = {"InfrastructureFactoryTestCase", "TranscoderTestCase"}


class _WithNames:
    database: Database

    def new_originator_id(self) -> str:
        return str(uuid4())

    def create_recorder(self) -> Recorder:
        return Recorder(self.database)


class _WithoutPositions(_WithNames):
    def create_recorder(self) -> Recorder:
        return _RecorderOfOneAggregate(self.database)


class _RecorderOfOneAggregate(Recorder):
    def insert_events(self, stored_events: Sequence[StoredEvent], **kwargs: Any) -> None:  # type: ignore[override]
        super().insert_events(stored_events, **kwargs)


@pytest.mark.parametrize(
    ("case", "method"),
    [
        pytest.param(case, method, id=f"{case.__name__}-{method}")
        for case, methods in CASES.items()
        for method in methods
    ],
)
def test_the_case_passes(case: type[TestCase], method: str, database: Database) -> None:
    ours = _WithoutPositions if case is library.AggregateRecorderTestCase else _WithNames
    test = type(case.__name__, (ours, case), {"database": database})(method)
    others = set(threading.enumerate())
    test.debug()  # runs it with its set-up and lets its failure through
    for thread in set(threading.enumerate()) - others:
        thread.join()  # a case does not wait for its readers, which would outlive the database


def test_no_case_of_the_library_is_forgotten() -> None:
    bases = {TestCase, library.RecorderTestCase}
    found = {
        value
        for value in vars(library).values()
        if inspect.isclass(value) and issubclass(value, TestCase) and value not in bases
    }
    assert {case.__name__ for case in found - CASES.keys()} == LEFT_OUT
    for case, methods in CASES.items():
        assert {name for name in vars(case) if name.startswith(("test", "optional_test"))} == set(methods)
