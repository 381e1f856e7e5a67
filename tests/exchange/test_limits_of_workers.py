"""Caseloads passed: told of as other limits are, and of workers under random names only."""

import json
import re
from datetime import date
from decimal import Decimal
from typing import Any

import sqlalchemy as sa
from tests.engine.looking import KIM
from tests.exchange.telling import passed, told

from indsats.clock import VirtualClock
from indsats.domain import facts
from indsats.domain.calendar import noon_of
from indsats.domain.facts import NewFact
from indsats.engine import Engine
from indsats.store.keys import Keys


def opened(number: int, worker: str = "anna") -> list[NewFact]:
    """A citizen of a jobformidler who has a tenth of full time: two of them are enough."""
    on = date(2022, 1, 3)
    fields: dict[str, Any] = {"benefit": "cash_benefit", "introduction_programme": False}
    begun = NewFact(kind="pathway_opened", on=on, fields={**fields, "activity_ready": True, "over_30": True})
    return [begun, assigned(worker, number)]


def assigned(worker: str, number: int) -> NewFact:
    return facts.worker_assigned(
        id=f"{worker}-{number}",
        on=date(2022, 1, 3),
        worker=worker,
        as_role="jobformidler",
        functions=["company_consultant", "mentor", "authority_caseworker"],
        at_unit="job-og-aktivhuset",
        fraction=Decimal("0.1"),
    )


def test_a_worker_is_told_of_under_a_random_name_that_stays(database_url: str, clock: VirtualClock, keys: Keys) -> None:
    clock.at = noon_of(date(2022, 1, 3))
    limit = "caseload_aktivhuset_mentor"
    with Engine(database_url, "fsm3-2021", clock=clock, keys=keys, create=True) as engine:
        for number in range(3):
            engine.record(f"c{number}", opened(number), actor=KIM)
        engine.sweep()
        engine.annul("anna-0", "of another", actor=KIM)
        engine.sweep()
        engine.annul("anna-1", "of another", actor=KIM)
        engine.sweep()
        engine.annul("anna-2", "of another", actor=KIM)
        engine.sweep()
        assert [state for _, _, state in told(engine, limit)] == ["above", "full", "below", "within"]
        found = [row["data"] for row in passed(engine, limit)]
        with engine.database.read() as connection:
            names = connection.execute(sa.text("SELECT municipality, worker, name FROM indsats_worker_names")).all()
            whole = json.dumps([list(row) for row in connection.execute(sa.text("SELECT * FROM indsats_outbox"))])
        [(municipality, worker, name)] = names
        assert (municipality, worker) == (engine.municipalities[0], "anna")
        assert {data["subject"]["worker"] for data in found} == {name}
        assert {row["stream"] for row in passed(engine, limit)} == {f"limit/{municipality}/fsm3/{limit}/{name}"}
        assert [(data["value"], data["low"], data["high"]) for data in found] == [
            (3, 2, 2.2),
            (2, 2, 2.2),
            (1, 2, 2.2),
            (0, 2, 2.2),
        ]
        assert found[0]["subject"] == {
            "worker": name,
            "role": "jobformidler",
            "unit": "job-og-aktivhuset",
            "functions": ["authority_caseworker", "company_consultant", "mentor"],
        }
        for personal in ("anna", "c0", "c1", "c2", "kim"):
            # A random name can begin like an id.
            assert re.search(rf'"{personal}(?![0-9a-f])', whole.replace("\\", "")) is None


def test_who_was_always_within_is_given_no_name(database_url: str, clock: VirtualClock, keys: Keys) -> None:
    clock.at = noon_of(date(2022, 1, 3))
    with Engine(database_url, "fsm3-2021", clock=clock, keys=keys, create=True) as engine:
        for number, worker in enumerate(["anna", "anna", "anna", "bo", "bo"]):
            engine.record(f"c{number}", opened(number, worker), actor=KIM)
        engine.sweep()
        with engine.database.read() as connection:
            assert list(connection.scalars(sa.text("SELECT worker FROM indsats_worker_names"))) == ["anna"]
        assert len(passed(engine, "caseload_aktivhuset_mentor")) == 1
