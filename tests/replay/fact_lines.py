"""A few facts as they stand in a file, and what reading them gives."""

import json

import pytest

from indsats.errors import FactsInvalid
from indsats.models.library import load
from indsats.replay.facts_file import FactsFile, read_facts

MODEL = load("stevns-2017")
START = {"citizen": "c1", "fact": "ledighedsydelse_started", "on": "2017-01-02", "route": "mover_in"}
HELD = {"citizen": "c1", "fact": "first_conversation_held", "on": "2017-01-06", "participants": ["caseworker"]}
JOB = {"citizen": "c1", "fact": "flexjob_started", "on": "2017-03-01", "employment": "e1", "weekly_hours": 7.5}
MEETING = {"unit": "club-1", "fact": "club_meeting_held", "on": "2017-02-01", "club": "a", "hours": 3}
ANNULLED = {"citizen": "c1", "fact": "annulled", "on": "2017-02-01", "of": "f1", "reason": "wrong day"}
CHANGED = {
    "citizen": "c1",
    "fact": "model_changed",
    "on": "2017-05-01",
    "to": "aalborg-2017",
    "policy": "keep",
    "effective": "2017-06-01",
}


def lines(*entries: object) -> bytes:
    return b"".join(json.dumps(entry).encode() + b"\n" for entry in entries)


def read(data: bytes) -> FactsFile:
    return read_facts(data, "facts.jsonl", MODEL)


def faults(data: bytes) -> list[str]:
    with pytest.raises(FactsInvalid) as refused:
        read(data)
    return [str(fault) for fault in refused.value.faults]


def fault(data: bytes) -> str:
    (only,) = faults(data)
    return only
