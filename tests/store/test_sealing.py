import json
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from pathlib import Path

import msgspec
import pytest
import sqlalchemy as sa
from eventsourcing.persistence import IntegrityError
from hypothesis import given
from hypothesis import strategies as st
from tests.store.stored import ENVELOPE, forging

from indsats.domain.events import Body, Event, FactAnnulled, FactRecorded, ModelPinned
from indsats.domain.model import FieldValue
from indsats.errors import StoredEventUnreadable
from indsats.models.library import load
from indsats.store import tables
from indsats.store.chain import verify_stream
from indsats.store.citizen_keys import CitizenKeys
from indsats.store.connection import Database
from indsats.store.keys import FileKeys
from indsats.store.mapper import EventMapper
from indsats.store.recorder import Recorder
from indsats.store.rows import StoredRow
from indsats.store.sealing import PLACEHOLDER, Sealing

MODEL = load("stevns-2017")
MODELS = {MODEL.digest: MODEL}
SECRET = "Kim fortæller at hun er gravid"


def event(body: Body, version: int, stream: str = "s1", municipality: str = "0336") -> Event:
    envelope = msgspec.structs.replace(
        ENVELOPE, stream=stream, version=version, municipality=municipality, model_digest=MODEL.digest
    )
    return Event(envelope, body)


def pinned(stream: str = "s1", family: str = "flexjob") -> Event:
    return event(ModelPinned(citizen="kim", family=family, model=MODEL.reference, digest=MODEL.digest), 1, stream)


def fact(version: int, fields: Mapping[str, FieldValue], kind: str = "note_added", stream: str = "s1") -> Event:
    return event(FactRecorded(fact=f"f{version}", kind=kind, on=date(2017, 1, 2), fields=fields), version, stream)


NOTE = fact(2, {"text": SECRET})


class Store:
    """A database with its keys, used as an engine would: a mapper for each transaction."""

    def __init__(self, database: Database, keys: FileKeys) -> None:
        self.database = database
        self.keys = keys
        self.recorder = Recorder(database)

    def mapper(self, connection: sa.Connection) -> EventMapper:
        return EventMapper(Sealing(CitizenKeys(connection, self.keys), MODELS))

    def put(self, *events: Event) -> None:
        with self.database.write() as connection:
            self.recorder.insert_events(
                list(map(self.mapper(connection).to_stored_event, events)), connection=connection
            )

    def get(self, stream: str = "s1") -> list[Event]:
        with self.database.read() as connection:
            stored = self.recorder.bound_to(connection).select_events(stream)
            return list(map(self.mapper(connection).to_domain_event, stored))

    def erase(self, citizen: str = "kim") -> None:
        with self.database.write() as connection:
            whose = tables.citizen_keys.c.subject_id == citizen
            assert connection.execute(sa.delete(tables.citizen_keys).where(whose)).rowcount == 1

    def states(self) -> str:
        with self.database.read() as connection:
            return "\n".join(connection.execute(sa.select(tables.events.c.state)).scalars())

    def change_state(self, version: int, state: str) -> None:
        with forging(self.database) as connection:
            at = tables.events.c.version == version
            connection.execute(sa.update(tables.events).where(at).values(state=state))


@pytest.fixture
def store(database: Database, tmp_path: Path) -> Store:
    keys = FileKeys(tmp_path / "indsats.key")
    keys.create()
    return Store(database, keys)


def fields_of(event: Event) -> Mapping[str, FieldValue]:
    assert isinstance(event.body, FactRecorded)
    return event.body.fields


def test_a_personal_field_is_sealed_in_the_database_and_open_in_the_event(store: Store) -> None:
    events = [pinned(), NOTE]
    store.put(*events)
    assert store.get() == events
    assert SECRET not in store.states()
    sealed = json.loads(store.recorder.select_events("s1")[1].state)["fields"]["text"]
    assert sealed.startswith("sealed:v1:")


def test_no_byte_of_the_files_holds_what_was_sealed(store: Store, tmp_path: Path) -> None:
    store.put(pinned(), NOTE)
    files = [path for path in tmp_path.iterdir() if path.is_file()]
    assert files
    assert [path.name for path in files if b"gravid" in path.read_bytes()] == []


def test_what_is_not_personal_stands_in_the_clear(store: Store) -> None:
    fields = {"employment": "e1", "weekly_hours": "8", "attendance_hours": "12", "employer": "Bager Bo"}
    started = fact(2, fields, "flexjob_started")
    store.put(pinned(), started)
    found = json.loads(store.recorder.select_events("s1")[1].state)["fields"]
    assert {name for name, value in found.items() if value != fields[name]} == {"employer"}
    assert store.get()[1] == started


@pytest.mark.parametrize("blank", ["", "   ", [], False, None])
def test_a_blank_value_is_never_sealed(store: Store, blank: FieldValue) -> None:
    """Whether a field is empty must show without its key."""
    store.put(pinned(), fact(2, {"text": blank}))
    assert json.loads(store.recorder.select_events("s1")[1].state)["fields"] == {"text": blank}
    assert fields_of(store.get()[1]) == {"text": blank}


def test_text_that_only_looks_sealed_comes_back_as_it_was(store: Store) -> None:
    odd = fact(2, {"employment": "sealed:v1:abc:defg", "weekly_hours": "8"}, "flexjob_started")
    store.put(pinned(), odd)
    assert store.get()[1] == odd


def test_the_reason_of_an_annulment_is_sealed(store: Store) -> None:
    annulled = event(FactAnnulled(id="a1", fact="f2", reason=SECRET), 3)
    silent = event(FactAnnulled(id="a2", fact="f2", reason=None), 4)
    store.put(pinned(), NOTE, annulled, silent)
    assert SECRET not in store.states()
    assert store.get()[2:] == [annulled, silent]


def test_all_of_a_kind_that_no_model_has_is_taken_as_personal(store: Store) -> None:
    unknown = fact(2, {"what": SECRET}, "never_heard_of")
    store.put(pinned(), unknown)
    assert SECRET not in store.states()
    assert store.get()[1] == unknown


def test_a_kind_of_another_model_is_sealed_as_that_model_says(store: Store) -> None:
    elsewhere = Event(msgspec.structs.replace(NOTE.envelope, model_digest="of a model that is not here"), NOTE.body)
    store.put(pinned(), elsewhere)
    assert SECRET not in store.states()
    assert store.get()[1] == elsewhere


# Without the key


def test_without_its_key_a_value_stays_sealed_and_is_still_something(store: Store) -> None:
    store.put(pinned(), NOTE)
    store.erase()
    assert fields_of(store.get()[1]) == {"text": PLACEHOLDER}
    assert PLACEHOLDER.strip()
    assert list(verify_stream(store.recorder.select_chained("s1"))) == []


def test_who_comes_back_after_erasure_gets_a_new_key_which_opens_nothing_old(store: Store) -> None:
    store.put(pinned(), NOTE)
    store.erase()
    again = fact(3, {"text": "Kim er tilbage"})
    store.put(again)
    assert [fields_of(found) for found in store.get()[1:]] == [{"text": PLACEHOLDER}, {"text": "Kim er tilbage"}]


def test_a_mapper_without_keys_reads_what_is_stored_and_no_more(store: Store) -> None:
    store.put(pinned(), NOTE)
    found = [EventMapper().to_domain_event(row) for row in store.recorder.select_events("s1")]
    text = fields_of(found[1])["text"]
    assert isinstance(text, str)
    assert text.startswith("sealed:v1:")


# In its own place only


def test_a_sealed_value_opens_in_no_other_place(store: Store) -> None:
    store.put(pinned(), NOTE, fact(3, {"text": "another"}), fact(4, {"remark": "x", "rule": "r"}, "breach_remarked"))
    sealed = json.loads(store.recorder.select_events("s1")[1].state)["fields"]["text"]
    state = json.loads(store.recorder.select_events("s1")[2].state)
    store.change_state(3, json.dumps(state | {"fields": {"text": sealed}}))
    with pytest.raises(
        StoredEventUnreadable, match="stream s1, version 3: field text: what is sealed there was changed"
    ):
        store.get()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda sealed: sealed[:-4], "was changed, or sealed for another place"),
        (lambda sealed: sealed[:-1] + "*", "field text"),
        (lambda sealed: sealed.replace(":v1:", ":v9:"), "a form of sealing that this version does not know"),
        (lambda sealed: sealed.rpartition(":")[0] + ":", "field text"),
    ],
    ids=["cut", "no base64", "other form", "empty"],
)
def test_a_sealed_value_that_was_changed_names_its_place(
    store: Store, change: Callable[[str], str], message: str
) -> None:
    store.put(pinned(), NOTE)
    state = json.loads(store.recorder.select_events("s1")[1].state)
    store.change_state(2, json.dumps(state | {"fields": {"text": change(state["fields"]["text"])}}))
    with pytest.raises(StoredEventUnreadable, match=f"stream s1, version 2: .*{message}"):
        store.get()


# Keys and transactions


def stored_keys(store: Store) -> Sequence[str]:
    with store.database.read() as connection:
        return connection.execute(sa.select(tables.citizen_keys.c.key_id)).scalars().all()


def test_who_has_nothing_sealed_has_no_key(store: Store) -> None:
    store.put(pinned(), fact(2, {"track": "job_club"}, "referred"))
    assert stored_keys(store) == []


def test_two_streams_of_one_citizen_share_the_key(store: Store) -> None:
    store.put(pinned(), NOTE)
    store.put(pinned("s2", "contact"), fact(2, {"text": "again"}, stream="s2"))
    store.put(fact(3, {"text": "and again"}, stream="s2"))
    assert len(stored_keys(store)) == 1
    assert [fields_of(found)["text"] for found in store.get("s2")[1:]] == ["again", "and again"]


def test_a_key_is_stored_with_what_it_seals_or_not_at_all(store: Store) -> None:
    with store.database.engine.connect() as connection, connection.begin() as transaction:
        mapper = store.mapper(connection)
        rows = [mapper.to_stored_event(pinned()), mapper.to_stored_event(NOTE)]
        store.recorder.bound_to(connection).insert_events(rows)
        transaction.rollback()
    assert stored_keys(store) == []


def test_a_key_is_stored_even_if_the_first_try_with_it_failed(store: Store) -> None:
    store.put(pinned())
    with store.database.write() as connection:
        mapper, inside = store.mapper(connection), store.recorder.bound_to(connection)
        with pytest.raises(IntegrityError):
            inside.insert_events([mapper.to_stored_event(fact(7, {"text": "too far"}))])
        inside.insert_events([mapper.to_stored_event(NOTE)])
    assert store.get() == [pinned(), NOTE]


def test_two_who_make_a_key_for_one_citizen_do_not_both_succeed(store: Store) -> None:
    store.put(pinned(), pinned("s2", "contact"))
    late: list[StoredRow] = []
    with store.database.read() as connection:
        late.append(store.mapper(connection).to_stored_event(fact(2, {"text": "late"}, stream="s2")))
    store.put(NOTE)
    with pytest.raises(IntegrityError, match="citizen kim of municipality 0336 was given another key meanwhile"):
        store.recorder.insert_events(late)
    store.put(fact(2, {"text": "late"}, stream="s2"))  # decided again, it finds the key
    assert fields_of(store.get("s2")[1]) == {"text": "late"}


VALUES = st.none() | st.booleans() | st.integers(-(10**15), 10**15) | st.text() | st.lists(st.text(), max_size=3)


def test_any_value_comes_back_as_it_was(store: Store) -> None:
    store.put(pinned())
    with store.database.read() as connection:
        mapper = store.mapper(connection)

        @given(st.dictionaries(st.sampled_from(["text", "other", "sealed:"]), VALUES))
        def comes_back(fields: dict[str, FieldValue]) -> None:
            said = fact(2, fields, "note_added")
            assert mapper.to_domain_event(mapper.to_stored_event(said)) == said

        comes_back()
