"""The simulated municipality: the same for the same seed, readable, legal, and with all that a load should have."""

import json
import subprocess
import sys
from collections import Counter
from datetime import date, datetime
from functools import cache
from itertools import islice

import pytest
from tests.strategies import STEVNS

from indsats.domain import facts
from indsats.domain.events import BreachWithdrawn
from indsats.domain.fields import instant_of
from indsats.engine.results import View
from indsats.replay.document import pathway_document
from indsats.replay.entries import AnnulmentLine, AnyLine
from indsats.replay.facts_file import read_facts
from indsats.replay.run import replay
from indsats.replay.simulate import Entry, Municipality

TOWN = Municipality(citizens=200)


def read(town: Municipality) -> tuple[AnyLine, ...]:
    return read_facts("\n".join(town.lines()).encode(), "simulated.jsonl", STEVNS).entries


@cache
def entries() -> tuple[Entry, ...]:
    return tuple(TOWN.entries())


@cache
def views() -> tuple[View, ...]:
    """Thirty citizens at the end, when everything is registered."""
    run = replay(STEVNS, read(Municipality(citizens=30)), date(2018, 8, 31), others={})
    return tuple(run.views())


def days(entry: Entry) -> int:
    """From a fact to its registration."""
    return (datetime.fromisoformat(str(entry["recorded"])).date() - date.fromisoformat(str(entry["on"]))).days


def test_the_same_seed_gives_the_same_facts_in_any_process() -> None:
    code = "from indsats.replay.simulate import Municipality\nprint(*Municipality(citizens=3).lines(), sep='\\n')"
    other = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True, encoding="utf-8")
    assert other.stdout.splitlines() == list(Municipality(citizens=3).lines())


def test_another_seed_gives_other_facts() -> None:
    assert Municipality(citizens=1, seed=8).citizen(0) != Municipality(citizens=1, seed=7).citizen(0)


def test_a_citizen_is_the_same_whatever_the_number_of_citizens() -> None:
    assert list(Municipality(citizens=2).entries()) == [*TOWN.citizen(0), *TOWN.citizen(1)]
    assert list(islice(TOWN.entries(), 150))[:100] == list(Municipality(citizens=2).entries())[:100]
    assert {entry["citizen"] for entry in TOWN.citizen(12)} == {"c000012"}


def test_lines_are_the_entries() -> None:
    town = Municipality(citizens=20)
    assert [json.loads(line) for line in town.lines()] == list(town.entries())


def test_every_line_is_read() -> None:
    found = read(TOWN)
    assert len(found) == len(entries())
    assert [(entry.citizen, entry.kind) for entry in found] == [
        (entry["citizen"], entry["fact"]) for entry in entries()
    ]


@pytest.mark.parametrize("facts_each", [1, 2, 10, 60, 100])
def test_each_has_as_many_facts_as_asked_for_and_corrections_beside(facts_each: int) -> None:
    found = read(Municipality(citizens=40, facts_each=facts_each))
    corrections = Counter(entry.citizen for entry in found if isinstance(entry, AnnulmentLine))
    # A correction is the annulment and the right fact.
    assert Counter(entry.citizen for entry in found) == {
        f"c{number:06d}": facts_each + 2 * corrections[f"c{number:06d}"] for number in range(40)
    }
    assert bool(corrections) == (facts_each > 1)


def test_what_they_did_is_registered_on_the_day_or_after_it() -> None:
    delays = Counter(days(entry) for entry in entries() if "on" in entry)
    assert min(delays) == 0
    assert delays[0] > delays.total() / 2
    assert sum(count for delay, count in delays.items() if delay > 7) > delays.total() / 50
    assert max(delays) < 60


def test_what_one_worker_did_on_a_day_is_often_one_registration() -> None:
    instants = Counter((entry["citizen"], entry["recorded"]) for entry in entries())
    assert sum(count > 1 for count in instants.values()) > 200


def test_there_are_a_few_dozen_workers_in_units_and_they_register() -> None:
    assigned = facts.worker_assigned(on=TOWN.first_day, worker="", as_role="caseworker", at_unit="").kind
    found = [entry for entry in entries() if entry["fact"] == assigned]
    workers = {(entry["worker"], entry["as_role"]) for entry in found}
    assert len(workers) == 36
    assert len({entry["at_unit"] for entry in found}) == 4
    assert {(entry["actor"], entry["role"]) for entry in entries()} == workers


def test_every_way_in_every_track_and_every_kind_that_a_load_needs_is_there() -> None:
    for key, words in (("route", facts.Route), ("track", facts.Track), ("form", facts.ContactForm)):
        assert {entry[key] for entry in entries() if key in entry} == set(words.__args__)  # type: ignore[attr-defined]
    assert {
        "annulled",
        "early_follow_up_offered",
        "flexjob_ended",
        "flexjob_refused",
        "hold_ended",
        "hold_started",
        "hours_changed",
        "no_show",
        "note_added",
        "pathway_closed",
        "supplemented",
        "worker_released",
    } <= {entry["fact"] for entry in entries()}


def test_there_is_personal_text_to_seal() -> None:
    personal = {kind: STEVNS.facts[kind].personal for kind in STEVNS.facts}
    sealed = sum(bool(personal.get(str(entry["fact"]), frozenset()) & entry.keys()) for entry in entries())
    assert len(entries()) / 20 < sealed < len(entries()) / 3


def test_a_correction_annuls_after_the_registration() -> None:
    registered = {entry["id"]: instant_of(entry["recorded"]) for entry in entries() if "id" in entry}
    annulled = [entry for entry in entries() if entry["fact"] == "annulled"]
    assert len(annulled) > 20
    assert all(instant_of(entry["recorded"]) > registered[entry["of"]] for entry in annulled)
    assert len({entry["reason"] for entry in annulled}) == 2


def test_no_fact_is_irregular() -> None:
    assert len(views()) == 30
    assert [pathway_document(view)["irregular"] for view in views()] == [[]] * 30


def test_a_replay_finds_obligations_kept_and_not() -> None:
    statuses = Counter(owed.status for view in views() for owed in view.derivation.obligations)
    assert {"met", "met_late", "breached", "lapsed", "open"} <= statuses.keys()
    assert statuses["met"] > statuses["met_late"] + statuses["breached"] > statuses.total() / 50
    assert any(isinstance(verdict, BreachWithdrawn) for view in views() for verdict in view.ledger)
