"""Notifications as CloudEvents 1.0, in their JSON form."""

from collections.abc import Mapping
from datetime import datetime
from typing import Literal
from urllib.parse import quote

import msgspec

from indsats.store.outbox import Waiting
from indsats.store.rows import read_instant

MEDIA_TYPE = "application/cloudevents+json"

Value = str | int | float | bool | None | dict[str, str | list[str] | None]


class CloudEvent(msgspec.Struct, frozen=True, kw_only=True):
    """One notification as it is handed over.

    `id` stays the same however often it is delivered. `subject` is the pathway, under its random name, or a limit with
    the place or worker that it is about; `time` is when it was found. `data` tells nothing of who it is about.
    """

    specversion: Literal["1.0"] = "1.0"
    id: str
    source: str
    type: str
    subject: str
    time: datetime
    datacontenttype: Literal["application/json"] = "application/json"
    data: Mapping[str, Value]

    def encode(self) -> bytes:
        """The structured JSON form, in UTF-8, on one line."""
        return msgspec.json.encode(self)


def cloud_event(row: Waiting) -> CloudEvent:
    """The event of a stored notification. Raises `ValueError` for one that cannot be read."""
    return CloudEvent(
        id=row.id,
        source=f"urn:indsats:{quote(row.municipality)}",
        type=row.type,
        subject=row.stream,
        time=read_instant(row.at),
        data=msgspec.json.decode(row.data, type=dict[str, Value]),
    )
