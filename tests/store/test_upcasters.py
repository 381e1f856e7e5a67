"""Old forms of events. None has changed yet, so the steps here are of events that never were."""

import json
from datetime import date

import pytest
from tests.store.stored import ENVELOPE

from indsats.domain.events import NAMES, DeadlineDueSoon, Event
from indsats.errors import StoredEventUnreadable
from indsats.store.mapper import EventMapper
from indsats.store.rows import StoredRow
from indsats.store.upcasters import UPCASTERS, State, Upcaster


def _warning_v1_v2(state: State) -> State:
    return {"n": 1, **state}


def _warning_v2_v3(state: State) -> State:
    deadline = state.pop("deadline")
    return state | {"due": deadline}


STEPS = {
    "warning.1": Upcaster("warning.2", _warning_v1_v2),
    "warning.2": Upcaster("deadline_due_soon.1", _warning_v2_v3),
    "lost.1": Upcaster("lost.2", lambda state: state),
}
OLD = {"rule": "r", "anchor": "f1", "deadline": "2017-01-09", "found_on": "2017-01-07"}
MAPPER = EventMapper(upcasters=STEPS)


def stored(name: str, state: object) -> StoredRow:
    return StoredRow("s1", 1, name, json.dumps(state).encode(), ENVELOPE)


@pytest.mark.parametrize(("name", "state"), [("warning.1", OLD), ("warning.2", OLD | {"n": 1})])
def test_an_old_event_is_read_in_its_newest_form(name: str, state: State) -> None:
    meant = DeadlineDueSoon(rule="r", anchor="f1", n=1, due=date(2017, 1, 9), found_on=date(2017, 1, 7))
    assert MAPPER.to_domain_event(stored(name, state)) == Event(ENVELOPE, meant)


@pytest.mark.parametrize(
    ("name", "state", "reason"),
    [
        ("warning.1", {"rule": "r"}, "warning.1 is not of the form it should have: KeyError"),
        ("warning.1", OLD | {"n": "one"}, "Expected `int`, got `str`"),
        ("warning.1", OLD | {"more": 1}, "unknown field `more`"),
        ("warning.1", [], "Expected `object`, got `array`"),
        ("lost.1", {}, "lost.1 leads to 'lost.2', which no event is named"),
        ("warning.0", OLD, "no event has the name 'warning.0'"),
    ],
)
def test_an_old_event_that_cannot_be_read_names_stream_version_and_reason(name: str, state: State, reason: str) -> None:
    with pytest.raises(StoredEventUnreadable) as refused:
        MAPPER.to_domain_event(stored(name, state))
    assert (refused.value.stream, refused.value.version) == ("s1", 1)
    assert reason in refused.value.reason


def test_every_step_leads_from_an_old_name_to_one_that_is_read() -> None:
    assert UPCASTERS.keys().isdisjoint(NAMES.values())
    assert {step.to for step in UPCASTERS.values()} <= {*NAMES.values(), *UPCASTERS}
