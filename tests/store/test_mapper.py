"""Events and their stored form: the way there and back, and what is refused on the way back."""

import json
from datetime import UTC, date, datetime

import msgspec
import pytest
from eventsourcing.persistence import StoredEvent
from hypothesis import given
from hypothesis import strategies as st

from indsats.domain.events import (
    NAMES,
    BreachWithdrawn,
    DeadlineBreached,
    DeadlineDueSoon,
    Envelope,
    Event,
    FactAnnulled,
    FactRecorded,
    ModelChanged,
    ModelPinned,
)
from indsats.errors import StoredEventUnreadable
from indsats.store.mapper import EventMapper
from indsats.store.rows import StoredRow

MAPPER = EventMapper()
ENVELOPE = Envelope(
    stream="a1b2c3",
    version=7,
    municipality="0336",
    subject="citizen",
    recorded_at=datetime(2017, 1, 10, tzinfo=UTC),
    stored_at=datetime(2017, 1, 10, tzinfo=UTC),
    actor="scheduler",
    role="system",
    command="d4e5f6",
    model_digest="0f" * 32,
)
BREACH = DeadlineBreached(
    rule="first_conversation",
    anchor="c1-1",
    anchor_on=date(2017, 1, 2),
    n=1,
    due=date(2017, 1, 9),
    found_on=date(2017, 1, 10),
    cause=None,
    known_in_time=True,
)

TEXT = st.text(max_size=12)
PERHAPS_TEXT = st.none() | TEXT
NUMBER = st.integers(-(10**15), 10**15)
INSTANT = st.datetimes(timezones=st.just(UTC))
FIELDS = st.dictionaries(TEXT, st.none() | TEXT | st.booleans() | NUMBER | st.lists(TEXT, max_size=3), max_size=5)
BREACHES = {"rule": TEXT, "anchor": TEXT, "anchor_on": st.dates(), "n": NUMBER, "due": st.dates()}
BODIES = {
    ModelPinned: st.builds(ModelPinned, citizen=TEXT, family=TEXT, model=TEXT, digest=TEXT),
    FactRecorded: st.builds(FactRecorded, fact=TEXT, kind=TEXT, on=st.dates(), fields=FIELDS, unit=PERHAPS_TEXT),
    FactAnnulled: st.builds(FactAnnulled, id=TEXT, fact=TEXT, reason=PERHAPS_TEXT),
    ModelChanged: st.builds(
        ModelChanged,
        id=TEXT,
        model=TEXT,
        digest=TEXT,
        policy=st.sampled_from(("keep", "reevaluate", "future_only")),
        effective=st.dates(),
    ),
    DeadlineBreached: st.builds(
        DeadlineBreached,
        **BREACHES,
        found_on=st.dates(),
        cause=st.sampled_from((None, "citizen_absent", "capacity")),
        known_in_time=st.booleans(),
    ),
    BreachWithdrawn: st.builds(
        BreachWithdrawn,
        **BREACHES,
        found_on=st.dates(),
        reason=st.sampled_from(("met", "lapsed", "waived", "on_hold", "open", "due_moved", "anchor_gone")),
        because_of=PERHAPS_TEXT,
    ),
    DeadlineDueSoon: st.builds(DeadlineDueSoon, rule=TEXT, anchor=TEXT, n=NUMBER, due=st.dates(), found_on=st.dates()),
}
ENVELOPES = st.builds(
    Envelope,
    stream=TEXT,
    version=st.integers(1, 10**6),
    municipality=TEXT,
    subject=st.sampled_from(("citizen", "unit", "project")),
    recorded_at=INSTANT,
    stored_at=INSTANT,
    actor=TEXT,
    role=TEXT,
    command=TEXT,
    model_digest=TEXT,
)
EVENTS = st.builds(Event, ENVELOPES, st.one_of(*BODIES.values()))


def test_every_event_is_drawn() -> None:
    assert BODIES.keys() == NAMES.keys()


@given(EVENTS)
def test_an_event_comes_back_from_its_row_as_it_was(event: Event) -> None:
    row = MAPPER.to_stored_event(event)
    assert (row.originator_id, row.originator_version) == (event.envelope.stream, event.envelope.version)
    assert row.topic == NAMES[type(event.body)]
    back = MAPPER.to_domain_event(row)
    assert back == event
    assert type(back.body) is type(event.body)
    assert MAPPER.to_stored_event(back) == row


@given(EVENTS)
def test_the_state_is_json_text_of_the_body_alone(event: Event) -> None:
    row = MAPPER.to_stored_event(event)
    said = json.loads(row.state.decode())
    assert said == msgspec.to_builtins(event.body)
    assert said.keys().isdisjoint({"stream", "version", "actor", "recorded_at", "envelope"})


def test_the_order_in_which_fields_were_given_makes_no_difference_to_what_is_stored() -> None:
    first, second = (
        Event(ENVELOPE, FactRecorded(fact="c1-1", kind="referred", on=date(2017, 1, 2), fields=fields))
        for fields in ({"track": "job_club", "club": "k"}, {"club": "k", "track": "job_club"})
    )
    assert MAPPER.to_stored_event(first).state == MAPPER.to_stored_event(second).state


def _row(state: str | bytes, name: str = "deadline_breached.1") -> StoredRow:
    return StoredRow("a1b2c3", 7, name, state.encode() if isinstance(state, str) else state, ENVELOPE)


def _breach(**changed: object) -> str:
    return json.dumps(msgspec.to_builtins(BREACH) | changed)


def _breach_without(key: str) -> str:
    return json.dumps({name: value for name, value in msgspec.to_builtins(BREACH).items() if name != key})


def test_the_rows_below_are_readable_but_for_what_is_wrong_with_them() -> None:
    assert MAPPER.to_domain_event(_row(_breach())) == Event(ENVELOPE, BREACH)


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        (_row(_breach(), "deadline_breached.2"), "no event has the name 'deadline_breached.2'"),
        (_row(_breach(), "deadline_breached"), "no event has the name 'deadline_breached'"),
        (_row(_breach(), ""), "no event has the name ''"),
        (_row(_breach(), "fact_recorded.1"), "fact_recorded.1: "),
        (_row(_breach(remark="no")), "unknown field `remark`"),
        (_row(_breach(n="1")), "Expected `int`, got `str` - at `$.n`"),
        (_row(_breach(n=1.5)), "Expected `int`, got `float` - at `$.n`"),
        (_row(_breach(n=None)), "Expected `int`, got `null` - at `$.n`"),
        (_row(_breach(known_in_time=1)), "Expected `bool`, got `int` - at `$.known_in_time`"),
        (_row(_breach(rule=3)), "Expected `str`, got `int` - at `$.rule`"),
        (_row(_breach(cause="weather")), "Invalid enum value 'weather' - at `$.cause`"),
        (_row(_breach(due="9 January")), "Invalid RFC3339 encoded date - at `$.due`"),
        (_row(_breach(due="2017-02-30")), "Invalid RFC3339 encoded date - at `$.due`"),
        (_row(_breach_without("due")), "missing required field `due`"),
        (_row(_breach_without("cause")), "missing required field `cause`"),
        (_row(_breach()[:-1]), "Input data was truncated"),
        (_row(""), "Input data was truncated"),
        (_row(_breach() + "}"), "JSON is malformed"),
        (_row(_breach().replace(":", "=")), "JSON is malformed"),
        (_row("null"), "Expected `object`, got `null`"),
        (_row("[]"), "Expected `object`, got `array`"),
        (_row(_breach(rule="x").encode().replace(b'"x"', b'"\xe6"')), "deadline_breached.1: "),
        (_row('{"fact": "f", "kind": "k", "on": "2017-01-02", "fields": {"a": 1.5}}', "fact_recorded.1"), "`$.fields"),
        (_row('{"fact": "f", "kind": "k", "on": "2017-01-02", "fields": {"a": {}}}', "fact_recorded.1"), "`$.fields"),
        (_row('{"fact": "f", "kind": "k", "on": "2017-01-02", "fields": {"a": [1]}}', "fact_recorded.1"), "`$.fields"),
    ],
)
def test_a_row_that_cannot_be_read_names_stream_version_and_reason(row: StoredRow, reason: str) -> None:
    with pytest.raises(StoredEventUnreadable) as refused:
        MAPPER.to_domain_event(row)
    assert (refused.value.stream, refused.value.version) == ("a1b2c3", 7)
    assert reason in refused.value.reason
    assert str(refused.value) == f"stream a1b2c3, version 7: {refused.value.reason}"


def test_a_row_without_its_envelope_cannot_be_read() -> None:
    with pytest.raises(StoredEventUnreadable, match="stream a1b2c3, version 7: the row has no envelope"):
        MAPPER.to_domain_event(StoredEvent("a1b2c3", 7, "deadline_breached.1", _breach().encode()))


@given(EVENTS, st.data())
def test_damage_to_a_state_is_found_or_harmless_but_never_another_error(event: Event, data: st.DataObject) -> None:
    row = MAPPER.to_stored_event(event)
    start = data.draw(st.integers(0, len(row.state)))
    end = data.draw(st.integers(start, min(len(row.state), start + 5)))
    damaged = row.state[:start] + data.draw(st.binary(max_size=5)) + row.state[end:]
    try:
        found = MAPPER.to_domain_event(StoredRow(row.originator_id, 7, row.topic, damaged, row.envelope))
    except StoredEventUnreadable:
        return
    assert found.envelope == event.envelope
    assert type(found.body) is type(event.body)
