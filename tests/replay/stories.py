"""A story as it stands in a scenario file, and what reading it gives."""

from pathlib import Path

import pytest

from indsats.errors import FactsInvalid
from indsats.replay.scenario import Scenario, read_scenario

FACTS = """\
title: First conversation registered twelve days late
source: 001 section 7.C
model: stevns-2017
facts:
  - {citizen: c1, on: 2017-01-02, fact: ledighedsydelse_started, route: mover_in, id: f1}
  - {citizen: c1, on: 2017-01-06, fact: first_conversation_held, participants: [caseworker],
     recorded: "2017-01-18T10:00:00+01:00"}
"""


def scenario(tmp_path: Path, text: str | bytes, name: str = "story.yaml") -> Scenario:
    path = tmp_path / name
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return read_scenario(path)


def faults(tmp_path: Path, text: str | bytes) -> list[str]:
    with pytest.raises(FactsInvalid) as refused:
        scenario(tmp_path, text)
    return [str(fault).replace(f"{tmp_path}/", "") for fault in refused.value.faults]


def fault(tmp_path: Path, text: str | bytes) -> str:
    (only,) = faults(tmp_path, text)
    return only
