"""Pathways folded in bulk: the same as one by one through the library, with the same errors."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from itertools import count
from pathlib import Path
from typing import Any

import msgspec
import pytest
import sqlalchemy as sa
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.playing import played, streams
from tests.store.stored import ENVELOPE, forging, row
from tests.strategies import STEVNS, History, any_history

from indsats.domain.events import Body, BreachWithdrawn, Event, FactRecorded, ModelPinned
from indsats.domain.pathway import Pathway, project
from indsats.errors import StoredEventUnreadable
from indsats.store import tables
from indsats.store.citizen_keys import CitizenKeys
from indsats.store.connection import Database
from indsats.store.fold import fold_one, fold_some, fold_streams
from indsats.store.keys import FileKeys
from indsats.store.mapper import EventMapper
from indsats.store.migrations import upgrade
from indsats.store.recorder import Recorder
from indsats.store.rows import StoredRow
from indsats.store.sealing import Sealing
from indsats.store.upcasters import Upcaster

MAPPER = EventMapper()
SECRET = "Kim ønsker færre timer"


class Store:
    """A database with its keys."""

    def __init__(self, database: Database, keys: FileKeys) -> None:
        self.database = database
        self.recorder = Recorder(database)
        self.keys = keys

    def sealing_mapper(self, connection: sa.Connection) -> EventMapper:
        return EventMapper(Sealing(CitizenKeys(connection, self.keys), {STEVNS.digest: STEVNS}))

    def put(self, events: Iterable[Event]) -> None:
        with self.database.write() as connection:
            rows = list(map(self.sealing_mapper(connection).to_stored_event, events))
            self.recorder.insert_events(rows, connection=connection)

    def one_by_one(self, connection: sa.Connection, mapper: EventMapper, stream: str) -> Pathway | None:
        return project(None, map(mapper.to_domain_event, self.recorder.bound_to(connection).select_events(stream)))

    def change(self, version: int, **values: Any) -> None:
        with forging(self.database) as connection:
            connection.execute(sa.update(tables.events).where(tables.events.c.version == version).values(**values))


@pytest.fixture
def store(database: Database, tmp_path: Path) -> Store:
    keys = FileKeys(tmp_path / "indsats.key")
    keys.create()
    return Store(database, keys)


def stream_of(
    name: str, *, municipality: str = "0336", family: str = "flexjob", texts: Iterable[str] = ()
) -> list[Event]:
    """A pinned stream with a note, which is personal, for each text."""
    pinned = ModelPinned(citizen=f"citizen of {name}", family=family, model=STEVNS.reference, digest=STEVNS.digest)
    notes = [
        FactRecorded(fact=f"{name}-{number}", kind="note_added", on=ENVELOPE.recorded_at.date(), fields={"text": text})
        for number, text in enumerate(texts)
    ]
    bodies: list[Body] = [pinned, *notes]
    envelope = msgspec.structs.replace(
        ENVELOPE, stream=name, municipality=municipality, model_digest=STEVNS.digest, actor="w1"
    )
    return [
        Event(msgspec.structs.replace(envelope, version=version), body) for version, body in enumerate(bodies, start=1)
    ]


def same(found: Pathway | None, expected: Pathway | None) -> bool:
    """Whether the two hold the same, to the last private attribute."""
    assert found is not None
    assert expected is not None
    return vars(found) == vars(expected)


# As one by one


def test_any_history_folds_as_one_by_one_through_the_library(store: Store) -> None:
    numbers = count(1)

    @settings(max_examples=25)
    @given(any_history, st.booleans())
    def folds_the_same(history: History, opened: bool) -> None:
        municipality = f"m{next(numbers)}"
        names: list[str] = []
        for events in streams(played(history, lambda day: day.day == 1).engine).values():
            names.append(f"{municipality}-{len(names)}")
            change = {"stream": names[-1], "municipality": municipality}
            store.put(Event(msgspec.structs.replace(event.envelope, **change), event.body) for event in events)
        with store.database.read() as connection:
            mapper = store.sealing_mapper(connection) if opened else MAPPER
            expected = {name: store.one_by_one(connection, mapper, name) for name in names}
            some = fold_some(connection, mapper, [*reversed(names), "unknown"])
            every = {pathway.stream: pathway for pathway in fold_streams(connection, mapper, municipality=municipality)}
            one = {name: fold_one(connection, mapper, name) for name in names}
        assert set(some) == set(every) == set(one) == set(expected)
        for name in names:
            assert same(some[name], expected[name])
            assert same(every[name], expected[name])
            assert same(one[name], expected[name])

    folds_the_same()


def text_of(pathway: Pathway | None) -> object:
    assert pathway is not None
    (fact,) = pathway.facts.values()
    return fact.fields["text"]


def test_what_is_sealed_opens_with_the_keys_and_stays_sealed_without(store: Store) -> None:
    store.put(stream_of("s1", texts=[SECRET]))
    with store.database.read() as connection:
        assert text_of(fold_one(connection, store.sealing_mapper(connection), "s1")) == SECRET
        assert str(text_of(fold_one(connection, MAPPER, "s1"))).startswith("sealed:v1:")


def test_old_events_are_taken_in_their_newest_form(store: Store) -> None:
    def newest(state: dict[str, Any]) -> dict[str, Any]:
        return {"fact": state["id"], "kind": "note_added", "on": "2017-01-02", "fields": {"text": "old"}}

    old = StoredRow("s1", 2, "note.0", b'{"id": "f1"}', msgspec.structs.replace(ENVELOPE, version=2))
    Recorder(store.database).insert_events([MAPPER.to_stored_event(stream_of("s1")[0]), old])
    with store.database.read() as connection:
        mapper = EventMapper(upcasters={"note.0": Upcaster("fact_recorded.1", newest)})
        assert text_of(fold_one(connection, mapper, "s1")) == "old"
        with pytest.raises(StoredEventUnreadable, match=r"stream s1, version 2: no event has the name 'note\.0'"):
            fold_one(connection, MAPPER, "s1")


# Which streams


def test_many_streams_come_by_key_each_once(store: Store) -> None:
    names = [f"s{number}" for number in range(130)]
    store.put(event for name in names for event in stream_of(name, texts=["a"]))
    with store.database.read() as connection:
        assert [pathway.stream for pathway in fold_streams(connection, MAPPER)] == names
        assert set(fold_some(connection, MAPPER, names)) == set(names)


def test_streams_are_chosen_by_key_municipality_family_and_subject(store: Store) -> None:
    store.put(stream_of("s1") + stream_of("s2", municipality="0851") + stream_of("s3", family="contact"))
    unit = [Event(msgspec.structs.replace(event.envelope, subject="unit"), event.body) for event in stream_of("s4")]
    store.put(unit)

    def chosen(*keys: range, **which: Any) -> list[str]:
        with store.database.read() as connection:
            return [pathway.stream for pathway in fold_streams(connection, MAPPER, *keys, **which)]

    assert chosen() == ["s1", "s2", "s3", "s4"]
    assert chosen(range(2, 4)) == ["s2", "s3"]
    assert chosen(range(2, 2)) == []
    assert chosen(municipality="0336") == ["s1", "s3", "s4"]
    assert chosen(municipality="0336", family="flexjob", subject="citizen") == ["s1"]
    assert chosen(subject="unit") == ["s4"]
    assert chosen(municipality="9999") == []


def test_a_stream_without_events_is_no_pathway(store: Store) -> None:
    with store.database.write() as connection:
        connection.execute(sa.insert(tables.streams).values(stream="bare", municipality="0336"))
    with store.database.read() as connection:
        assert fold_one(connection, MAPPER, "bare") is None
        assert fold_one(connection, MAPPER, "unknown") is None
        assert fold_some(connection, MAPPER, ["bare", "unknown"]) == {}
        assert list(fold_streams(connection, MAPPER)) == []


def test_between_two_pathways_the_connection_is_free_to_write_and_commit(store: Store) -> None:
    names = [f"s{number}" for number in range(60)]
    store.put(event for name in names for event in stream_of(name))
    seen: list[str] = []
    with store.database.engine.connect() as connection:
        for pathway in fold_streams(connection, MAPPER):
            seen.append(pathway.stream)
            store.recorder.insert_events([row(f"new-{pathway.stream}")], connection=connection)
            connection.commit()
    assert seen == names


# What cannot be read


def damaged(store: Store, version: int, **values: Any) -> Iterator[str]:
    """What each way of reading says of a stream that was changed."""
    store.change(version, **values)
    ways: list[Callable[[sa.Connection, EventMapper], object]] = [
        lambda connection, mapper: store.one_by_one(connection, mapper, "s1"),
        lambda connection, mapper: fold_one(connection, mapper, "s1"),
        lambda connection, mapper: fold_some(connection, mapper, ["s1"]),
        lambda connection, mapper: list(fold_streams(connection, mapper)),
    ]
    for way in ways:
        with store.database.read() as connection, pytest.raises(StoredEventUnreadable) as refused:
            way(connection, store.sealing_mapper(connection))
        assert (refused.value.stream, refused.value.version) == ("s1", version)
        yield refused.value.reason


NO_ENVELOPE = dict.fromkeys(("recorded_at", "stored_at", "actor", "role", "command", "model_digest", "semantics"))


@pytest.mark.parametrize(
    ("values", "reason"),
    [
        ({"name": "fact_recorded.9"}, "no event has the name 'fact_recorded.9'"),
        ({"state": "{"}, "fact_recorded.1: Input data was truncated"),
        ({"state": '{"fact": 1, "kind": "k", "on": "2017-01-02"}'}, "Expected `str`, got `int` - at `$.fact`"),
        ({"state": '{"fact": "f", "kind": "k", "on": "2017-01-02", "fields": {"a": "sealed:v9:"}}'}, "field a: a form"),
        (NO_ENVELOPE, "the row has no envelope"),
        *[({column: None}, "its envelope has gaps") for column in NO_ENVELOPE],
        ({"recorded_at": "yesterday"}, "its envelope: Invalid isoformat string: 'yesterday'"),
        ({"stored_at": "yesterday"}, "its envelope: Invalid isoformat string: 'yesterday'"),
        ({"stored_at": ""}, "its envelope: Invalid isoformat string: ''"),
        ({"recorded_at": "2017-01-02T08:00:00"}, "its envelope: '2017-01-02T08:00:00' has no time zone"),
        ({"stored_at": "2017-01-02T08:00:00"}, "its envelope: '2017-01-02T08:00:00' has no time zone"),
    ],
)
def test_a_row_that_cannot_be_read_is_the_same_error_whichever_way(
    store: Store, values: dict[str, Any], reason: str
) -> None:
    store.put(stream_of("s0", texts=["a"]) + stream_of("s1", texts=["a", "b"]))
    found = list(damaged(store, 3, **values))
    assert len(found) == 4
    assert set(found) == {found[0]}
    assert reason in found[0]


def test_pathways_before_the_one_that_cannot_be_read_are_given(store: Store) -> None:
    store.put(stream_of("s0") + stream_of("s1", texts=["a"]))
    store.change(2, state="{")
    with store.database.read() as connection:
        pathways = fold_streams(connection, MAPPER)
        assert next(pathways).stream == "s0"
        with pytest.raises(StoredEventUnreadable, match="stream s1, version 2"):
            next(pathways)


def test_an_event_that_is_readable_but_cannot_follow_is_no_fault_of_its_row(store: Store) -> None:
    """A withdrawal of what was never raised: the fold says so, as it does one by one."""
    pinned, *_ = stream_of("s1")
    on = ENVELOPE.recorded_at.date()
    breach = {"rule": "r", "anchor": "f1", "anchor_on": on, "n": 1, "due": on, "found_on": on}
    withdrawn = msgspec.convert({**breach, "reason": "met", "because_of": None}, BreachWithdrawn)
    store.put([pinned, Event(msgspec.structs.replace(pinned.envelope, version=2), withdrawn)])
    with store.database.read() as connection:
        for way in (store.one_by_one, fold_one):
            arguments = (connection, MAPPER, "s1")
            with pytest.raises(KeyError, match="f1"):
                way(*arguments)


def test_a_fault_of_the_driver_is_told_as_sqlalchemy_tells_it(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path / 'indsats.db'}")
    with database.write() as connection:
        upgrade(connection)
    Recorder(database).insert_events([replace(row("s1"), topic="fact_recorded.1")])
    with forging(database) as connection:
        connection.exec_driver_sql("UPDATE indsats_events SET state = CAST(x'7bff' AS TEXT)")
    with database.read() as connection, pytest.raises(sa.exc.OperationalError, match="Could not decode to UTF-8"):
        fold_one(connection, MAPPER, "s1")
    database.close()
