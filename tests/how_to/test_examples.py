"""The examples of hosts do what their page says: a host's rows and our facts are one transaction."""

from collections.abc import Callable, Iterator
from datetime import date, timedelta
from pathlib import Path

import pytest
from examples import fastapi_app, nightly
from examples.fastapi_app import Job
from examples.nightly import Conversation
from fastapi.testclient import TestClient
from httpx2 import Response
from sqlalchemy import Engine as HostEngine
from sqlalchemy import create_engine, event, select
from sqlalchemy.orm import Session

from indsats.clock import VirtualClock
from indsats.domain import facts
from indsats.domain.calendar import noon_of
from indsats.domain.values import Actor
from indsats.engine import Engine
from indsats.engine.results import Swept
from indsats.errors import UnknownPathway

PAGE = Path(__file__).parents[2] / "docs" / "how-to" / "embed-in-a-case-system.md"
MONDAY = date(2017, 1, 2)
KIM = Actor("kim", "caseworker")


@pytest.fixture(autouse=True)
def _keys(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("INDSATS_KEYS", "Z" * 43 + "=")


@pytest.fixture
def host(empty_url: str) -> Iterator[HostEngine]:
    database = create_engine(empty_url)
    yield database
    database.dispose()


@pytest.fixture
def clock() -> VirtualClock:
    return VirtualClock(noon_of(MONDAY))


def jobs(host: HostEngine) -> list[tuple[str, str, date]]:
    with Session(host) as session:
        return [(job.id, job.citizen, job.starts_on) for job in session.scalars(select(Job).order_by(Job.id))]


def known(host: HostEngine, citizen: str) -> list[tuple[str, str]]:
    """The facts of a citizen, as id and kind."""
    with Engine(host, "stevns-2017", clock=VirtualClock(noon_of(date(2018, 1, 1)))) as engine:
        try:
            view = engine.pathway(citizen, actor=KIM)
        except UnknownPathway:
            return []
        return [(fact.id, fact.kind) for fact in view.derivation.timeline.facts]


# The web service


class Service:
    """The web service and who calls it."""

    def __init__(self, host: HostEngine, clock: VirtualClock) -> None:
        self.client = TestClient(fastapi_app.create_app(host, clock))

    def put(self, job: str, *, citizen: str = "c1", hours: str = "7.5", on: str = "2017-01-02") -> Response:
        return self.client.put(
            f"/citizens/{citizen}/jobs/{job}",
            params={"starts_on": on, "weekly_hours": hours},
            headers={"X-User": "kim", "X-Role": "caseworker"},
        )

    def get(self, citizen: str, role: str = "caseworker") -> Response:
        return self.client.get(f"/citizens/{citizen}", headers={"X-User": "kim", "X-Role": role})


@pytest.fixture
def service(host: HostEngine, clock: VirtualClock) -> Service:
    return Service(host, clock)


def test_a_request_keeps_the_row_and_the_fact(service: Service, host: HostEngine) -> None:
    answer = service.put("j1")
    assert (answer.status_code, answer.json()) == (200, {"recorded": 1, "repeated": 0})
    assert jobs(host) == [("j1", "c1", MONDAY)]
    assert known(host, "c1") == [("job-j1", "flexjob_started")]


def test_a_request_sent_twice_adds_nothing(service: Service, host: HostEngine) -> None:
    service.put("j1")
    answer = service.put("j1")
    assert (answer.status_code, answer.json()) == (200, {"recorded": 0, "repeated": 1})
    assert jobs(host) == [("j1", "c1", MONDAY)]
    assert known(host, "c1") == [("job-j1", "flexjob_started")]


def test_a_job_of_the_same_id_and_another_content_changes_neither_row_nor_fact(
    service: Service, host: HostEngine
) -> None:
    service.put("j1")
    answer = service.put("j1", on="2017-01-03")
    assert answer.status_code == 409
    assert "job-j1" in answer.json()["error"]
    assert jobs(host) == [("j1", "c1", MONDAY)]


def test_a_fact_without_a_legal_move_leaves_the_row_out_too_and_says_what_is_allowed(
    service: Service, host: HostEngine, clock: VirtualClock
) -> None:
    service.put("j1")
    with Engine(host, "stevns-2017", clock=clock) as engine:
        engine.record("c1", facts.pathway_closed(on=MONDAY, reason="death"), actor=KIM)
    answer = service.put("j2", on="2017-01-03")
    assert answer.status_code == 409
    assert "pathway_reopened" in answer.json()["allowed"]
    assert jobs(host) == [("j1", "c1", MONDAY)]
    assert ("job-j2", "flexjob_started") not in known(host, "c1")


def test_a_fact_with_a_faulty_field_leaves_the_row_out_too_and_says_what_is_allowed(
    service: Service, host: HostEngine
) -> None:
    answer = service.put("j1", hours="170")
    assert answer.status_code == 422
    assert "a number from 0 to 168" in answer.json()["error"]
    assert jobs(host) == []
    assert known(host, "c1") == []


def test_an_error_after_recording_rolls_both_back(service: Service, host: HostEngine) -> None:
    def fail(_: Session) -> None:
        raise RuntimeError("the host failed before its commit")

    event.listen(Session, "before_commit", fail)
    try:
        with pytest.raises(RuntimeError, match="before its commit"):
            service.put("j1")
    finally:
        event.remove(Session, "before_commit", fail)
    assert jobs(host) == []
    assert known(host, "c1") == []


def test_a_pathway_is_shown_with_what_is_owed(service: Service) -> None:
    service.put("j1")
    answer = service.get("c1")
    assert answer.status_code == 200
    assert answer.json()["phase"] == "flexjob"
    owed = {"rule": "expectation_alignment", "due": "2017-01-30", "status": "open"}
    assert owed in answer.json()["obligations"]


def test_who_is_unknown_is_not_found_and_who_may_not_read_is_told_so(service: Service) -> None:
    assert service.get("c9").status_code == 404
    forbidden = service.get("c9", role="citizen")
    assert forbidden.status_code == 403
    assert "caseworker" in forbidden.json()["allowed"]


# The nightly script


@pytest.fixture
def night(host: HostEngine, clock: VirtualClock) -> Callable[[], Swept]:
    with Engine(host, "stevns-2017", clock=clock, create=True) as engine:
        engine.record("c1", facts.ledighedsydelse_started(on=MONDAY, route="mover_in", id="start"), actor=KIM)
    nightly.Base.metadata.create_all(host)
    clock.at += timedelta(days=9)
    return lambda: nightly.run(host, clock)


def hold(host: HostEngine, *citizens: str) -> None:
    """The case system notes a conversation with each, held on the fourth day."""
    with Session(host) as session, session.begin():
        session.add_all(Conversation(citizen=citizen, held_on=MONDAY + timedelta(days=4)) for citizen in citizens)


def states(host: HostEngine) -> list[str]:
    with Session(host) as session:
        return list(session.scalars(select(Conversation.state).order_by(Conversation.id)))


def test_new_rows_are_handed_over_once(host: HostEngine, night: Callable[[], Swept]) -> None:
    hold(host, "c1", "c2")
    night()
    assert states(host) == ["handed over", "handed over"]
    handed_over = known(host, "c1")
    assert handed_over == [("start", "ledighedsydelse_started"), ("conversation-1", "first_conversation_held")]
    night()
    assert known(host, "c1") == handed_over


def test_the_sweep_at_the_end_finds_what_was_not_done(host: HostEngine, night: Callable[[], Swept]) -> None:
    assert night().breaches == 1
    assert night().breaches == 0


def test_a_row_marked_anew_is_handed_over_without_a_second_fact(host: HostEngine, night: Callable[[], Swept]) -> None:
    hold(host, "c1")
    night()
    before = known(host, "c1")
    with Session(host) as session, session.begin():
        session.get_one(Conversation, 1).state = "new"
    night()
    assert states(host) == ["handed over"]
    assert known(host, "c1") == before


def test_a_refused_row_says_why_and_stops_no_other(
    host: HostEngine, night: Callable[[], Swept], clock: VirtualClock
) -> None:
    with Engine(host, "stevns-2017", clock=clock) as engine:
        engine.record("c2", facts.pathway_closed(on=MONDAY, reason="death"), actor=KIM)
    hold(host, "c2", "c1")
    night()
    refused, handed_over = states(host)
    assert "no legal move" in refused
    assert "pathway_reopened" in refused
    assert handed_over == "handed over"
    assert [kind for _, kind in known(host, "c2")] == ["pathway_closed"]


def test_a_row_whose_transaction_fails_stays_new_and_has_no_fact(host: HostEngine, night: Callable[[], Swept]) -> None:
    def fail(_: Session) -> None:
        raise RuntimeError("the machine went down")

    hold(host, "c2")
    event.listen(Session, "before_commit", fail)
    try:
        with pytest.raises(RuntimeError, match="went down"):
            night()
    finally:
        event.remove(Session, "before_commit", fail)
    assert states(host) == ["new"]
    assert known(host, "c2") == []
    night()
    assert states(host) == ["handed over"]


def test_the_page_shows_the_examples_as_they_are() -> None:
    for example in (fastapi_app, nightly):
        assert example.__file__ is not None
        assert f"```python\n{Path(example.__file__).read_text()}```" in PAGE.read_text()
