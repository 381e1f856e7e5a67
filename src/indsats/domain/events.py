"""Every event of a stream: what was registered, and what the engine found; one closed union."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Literal

import msgspec

from indsats.domain.model import FieldValue
from indsats.domain.obligations import ChangePolicy

SEMANTICS = 1
"""The version of the kernel's rules under which a verdict was found; a correction of the kernel raises it."""

Subject = Literal["citizen", "unit", "project"]
WithdrawalReason = Literal["met", "lapsed", "waived", "on_hold", "open", "due_moved", "anchor_gone"]

# None of the following can be part of a cycle (`gc=False`), so that holding many does not slow the collector down.


class Envelope(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """What every event carries: where it stands, when and by whom it was written, under which rules.

    `version` counts from 1 in its stream. `recorded_at` and `stored_at` are UTC: when it was registered, and when
    this database got it; they differ only in what was imported.
    """

    stream: str
    version: int
    municipality: str
    subject: Subject
    recorded_at: datetime
    stored_at: datetime
    actor: str
    role: str
    command: str
    model_digest: str
    semantics: int = SEMANTICS


class ModelPinned(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, gc=False):
    """The first event of a stream: whose it is, and under which model it runs."""

    citizen: str
    family: str
    model: str
    digest: str


class FactRecorded(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, gc=False):
    """A fact was registered: its kind and fields are checked against the model's catalogue before."""

    fact: str
    kind: str
    on: date
    fields: Mapping[str, FieldValue] = {}
    unit: str | None = None


class FactAnnulled(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, gc=False):
    """A fact was taken out, from this registration on; `id` names the annulment itself."""

    id: str
    fact: str
    reason: str | None = None


class ModelChanged(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, gc=False):
    """The pathway moves to another model from the day `effective` on; `policy` rules older obligations."""

    id: str
    model: str
    digest: str
    policy: ChangePolicy
    effective: date


class DeadlineBreached(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, gc=False):
    """A deadline was not kept. `found_on` is the day of the finding; `known_in_time` is false for one born late."""

    rule: str
    anchor: str
    anchor_on: date
    n: int
    due: date
    found_on: date
    cause: Literal["citizen_absent", "capacity"] | None
    known_in_time: bool


class BreachWithdrawn(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, gc=False):
    """A breach turned out not to be one; `because_of` is the registration that showed it, None in a sweep."""

    rule: str
    anchor: str
    anchor_on: date
    n: int
    due: date
    found_on: date
    reason: WithdrawalReason
    because_of: str | None


class DeadlineDueSoon(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, gc=False):
    """A warning ahead of a due day, once for each due day of an open obligation."""

    rule: str
    anchor: str
    n: int
    due: date
    found_on: date


Body = ModelPinned | FactRecorded | FactAnnulled | ModelChanged | DeadlineBreached | BreachWithdrawn | DeadlineDueSoon

NAMES: Mapping[type[Body], str] = {
    ModelPinned: "model_pinned.1",
    FactRecorded: "fact_recorded.1",
    FactAnnulled: "fact_annulled.1",
    ModelChanged: "model_changed.1",
    DeadlineBreached: "deadline_breached.1",
    BreachWithdrawn: "breach_withdrawn.1",
    DeadlineDueSoon: "deadline_due_soon.1",
}
"""The names under which events are stored; a class can move, a name never changes."""


class Event(msgspec.Struct, frozen=True, gc=False):
    """One event of a stream: its envelope and what it says."""

    envelope: Envelope
    body: Body

    @property
    def originator_id(self) -> str:
        """The stream, by the name that the event store knows it by."""
        return self.envelope.stream

    @property
    def originator_version(self) -> int:
        """The place in the stream, from 1."""
        return self.envelope.version
