"""Events as they were stored by this and every earlier version: all of them stay readable, and mean what they meant."""

import json
from datetime import UTC, date, datetime
from pathlib import Path

import msgspec
import pytest

from indsats.domain.events import (
    NAMES,
    Body,
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
from indsats.store.mapper import EventMapper
from indsats.store.rows import StoredRow

SAMPLES = Path(__file__).parents[1] / "stored"

# Sample by sample: what its bytes mean. An event of a new version gets a new sample; no sample is ever changed.
EXPECTED: dict[str, Body] = {
    "model_pinned.1": ModelPinned(citizen="c1", family="flexjob", model="stevns-2017@1", digest="0f" * 32),
    "fact_recorded.1": FactRecorded(
        fact="c1-2",
        kind="tillaegsaftale_signed",
        on=date(2017, 2, 28),
        fields={
            "employment": "e1",
            "milestones": "Two more hours by the summer, then a talk about å, ø and æ",
            "follow_up_every": "P6W",
            "follow_up_dates": ["2017-04-05", "2017-06-07"],
            "dimensions": [],
            "attended": True,
            "times": 3,
            "hours": "7.5",
            "employer": None,
        },
        unit="Stevns",
    ),
    "fact_annulled.1": FactAnnulled(id="c1-3", fact="c1-2", reason="signed by the wrong employer"),
    "model_changed.1": ModelChanged(
        id="c1-4", model="aalborg-2017@1", digest="f0" * 32, policy="future_only", effective=date(2017, 5, 5)
    ),
    "deadline_breached.1": DeadlineBreached(
        rule="first_conversation",
        anchor="c1-1",
        anchor_on=date(2017, 1, 2),
        n=1,
        due=date(2017, 1, 9),
        found_on=date(2017, 1, 10),
        cause="citizen_absent",
        known_in_time=True,
    ),
    "breach_withdrawn.1": BreachWithdrawn(
        rule="first_conversation",
        anchor="c1-1",
        anchor_on=date(2017, 1, 2),
        n=1,
        due=date(2017, 1, 9),
        found_on=date(2017, 1, 18),
        reason="met",
        because_of="c1-5",
    ),
    "deadline_due_soon.1": DeadlineDueSoon(
        rule="first_conversation", anchor="c1-1", n=1, due=date(2017, 1, 9), found_on=date(2017, 1, 7)
    ),
}
ENVELOPE = Envelope(
    stream="6f1c2ad2f1a14a0c9d3f0a2b7c8d9e0f",
    version=8,
    municipality="0336",
    subject="citizen",
    recorded_at=datetime(2017, 1, 18, 9, 0, 0, 250_000, tzinfo=UTC),
    stored_at=datetime(2020, 3, 1, 12, 0, tzinfo=UTC),
    actor="w1",
    role="caseworker",
    command="9b2d4c1e8f7a46d0b1c2d3e4f5a6b7c8",
    model_digest="0f" * 32,
    semantics=1,
)


def _sample(name: str) -> StoredRow:
    row = json.loads((SAMPLES / f"{name}.json").read_text())
    assert row.keys() == {"name", "state", "envelope"}
    envelope = msgspec.convert(row["envelope"], Envelope)
    return StoredRow(envelope.stream, envelope.version, row["name"], row["state"].encode(), envelope)


def test_every_name_of_an_event_has_a_sample_and_every_sample_a_meaning() -> None:
    files = {path.stem for path in SAMPLES.glob("*.json")}
    assert files == EXPECTED.keys()
    assert files >= set(NAMES.values())


@pytest.mark.parametrize("name", EXPECTED)
def test_a_sample_still_means_what_it_meant(name: str) -> None:
    row = _sample(name)
    assert row.topic == name
    assert EventMapper().to_domain_event(row) == Event(ENVELOPE, EXPECTED[name])


@pytest.mark.parametrize("name", NAMES.values())
def test_an_event_is_stored_to_the_byte_as_its_sample(name: str) -> None:
    row = EventMapper().to_stored_event(Event(ENVELOPE, EXPECTED[name]))
    assert (row.topic, row.state) == (name, _sample(name).state)
