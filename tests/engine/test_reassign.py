"""A worker leaves: the open assignments go to another, with what is owed there, once and in all or nothing."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from tests.engine.looking import JOURNALS, KIM, MONDAY, everything, known, rows, started, talked

from indsats.clock import VirtualClock
from indsats.domain import facts
from indsats.domain.calendar import noon_of
from indsats.domain.facts import NewFact
from indsats.domain.facts.words import Role
from indsats.domain.values import Actor
from indsats.engine import Engine
from indsats.engine.lists import Wanted
from indsats.engine.reassigning import HandedOver
from indsats.errors import FactRefused, NotAllowed, UnknownWorker, ValueInvalid
from indsats.store.keys import Keys

LEAS = ("lea", "team_leader")
LEA = Actor(*LEAS)
TUESDAY = MONDAY + timedelta(days=1)


def assigned(
    worker: str = "anna", on: date = MONDAY, as_role: Role = "caseworker", functions: list[Role] | None = None
) -> NewFact:
    return facts.worker_assigned(
        on=on,
        worker=worker,
        as_role=as_role,
        at_unit="north",
        functions=functions,
        fraction=Decimal("0.2"),
    )


def released(worker: str = "anna", on: date = TUESDAY, as_role: Role = "caseworker") -> NewFact:
    return facts.worker_released(on=on, worker=worker, as_role=as_role, at_unit="north")


def answering(engine: Engine, worker: str) -> list[tuple[str, str]]:
    """What a worker has to follow up: citizen and rule."""
    listed = engine.follow_ups(actor=KIM, wanted=Wanted(worker=worker)).obligations
    return sorted((owed.citizen, owed.rule) for owed in listed)


def running(engine: Engine, citizen: str = "c1") -> list[tuple[str, str, str, float, date]]:
    """The assignments that run, by the read model: worker, role, unit, fraction, first day."""
    columns = ("citizen", "until_on", "worker", "as_role", "unit", "fraction", "from_on")
    found = rows(engine, "indsats_assignments", *columns)
    return sorted({tuple(rest) for whose, until, *rest in found if whose == citizen and until is None})


@pytest.fixture
def later(engine: Engine, clock: VirtualClock) -> Engine:
    """Two citizens of anna's and one of bo's, a day later."""
    engine.record("c1", [started(id=None), assigned()], actor=KIM)
    engine.record("c2", [started(id=None), assigned()], actor=KIM)
    engine.record("c3", [started(id=None), assigned("bo")], actor=KIM)
    clock.at += timedelta(days=1)
    return engine


def test_what_is_open_goes_to_the_other_with_what_is_owed(later: Engine) -> None:
    mine, others = answering(later, "anna"), answering(later, "bo")
    assert {citizen for citizen, _ in mine} == {"c1", "c2"}
    done = later.reassign("anna", "eva", actor=LEA)
    assert (done.from_worker, done.to_worker, done.on, done.dry_run) == ("anna", "eva", TUESDAY, False)
    assert (done.recorded, done.closed, done.is_new) == (4, 0, True)
    assert [moved.citizen for moved in done.moved] == ["c1", "c2"]
    assert done.moved[0].assignments == [HandedOver("caseworker", (), "north", 0.2, MONDAY)]
    assert [(moved.citizen, owed.rule) for moved in done.moved for owed in moved.obligations] == mine
    assert answering(later, "eva") == mine
    assert answering(later, "anna") == []
    assert answering(later, "bo") == others
    assert running(later) == [("eva", "caseworker", "north", 0.2, TUESDAY)]


def test_it_is_facts_that_say_it_by_whoever_gave_the_command(later: Engine) -> None:
    later.reassign("anna", "eva", actor=LEA)
    timeline = later.pathway("c1", actor=KIM).derivation.timeline
    said = [(fact.kind, fact.on, dict(fact.fields)) for fact in timeline.facts if fact.on == TUESDAY]
    same = {"as_role": "caseworker", "at_unit": "north", "fraction": "0.2"}
    assert said == [
        ("worker_assigned", TUESDAY, {"worker": "eva", **same}),
        ("worker_released", TUESDAY, {"worker": "anna", **same}),
    ]
    assert not timeline.irregular
    columns = ("name", "actor", "role", "command")
    written = {
        row[3] for row in rows(later, "indsats_events", *columns) if row[:3] == ("fact_recorded.1", LEA.id, LEA.role)
    }
    assert len(written) == 1, "one command"


def test_a_dry_run_answers_the_same_and_leaves_nothing_but_the_note_of_it(later: Engine) -> None:
    before = everything(later)
    tried = later.reassign("anna", "eva", actor=LEA, dry_run=True)
    assert tried.dry_run
    assert tried.moved
    assert everything(later) == before
    assert later.reassign("anna", "eva", actor=LEA) == tried._replace(dry_run=False)


def test_repeating_changes_nothing(later: Engine, clock: VirtualClock) -> None:
    later.reassign("anna", "eva", actor=LEA)
    before = everything(later)
    clock.at += timedelta(hours=1)
    again = later.reassign("anna", "eva", actor=LEA)
    assert (again.moved, again.recorded, again.is_new) == ([], 0, False)
    assert everything(later) == before


def test_the_read_is_noted_with_what_was_asked(later: Engine) -> None:
    later.reassign("anna", "eva", actor=LEA, role="caseworker", dry_run=True)
    columns = ("command", "actor", "municipality", "filter")
    asked = '{"from_worker": "anna", "to_worker": "eva", "on": "2017-01-03", "role": "caseworker"}'
    assert rows(later, JOURNALS[0], *columns)[-1] == ("reassign", "lea", "0336", asked)


# Which assignments


def test_roles_go_one_by_one_or_all_with_their_functions(engine: Engine, clock: VirtualClock) -> None:
    both = [assigned(), assigned(as_role="jobformidler", functions=["company_consultant", "follow_up_worker"])]
    engine.record("c1", [started(), *both], actor=KIM)
    clock.at += timedelta(days=1)
    one = engine.reassign("anna", "eva", actor=LEA, role="jobformidler")
    assert [handed.role for handed in one.moved[0].assignments] == ["jobformidler"]
    assert [(worker, role) for worker, role, *_ in running(engine)] == [
        ("anna", "caseworker"),
        ("eva", "jobformidler"),
    ]
    functions = {row for row in rows(engine, "indsats_assignments", "worker", "role", "functions") if row[0] == "eva"}
    assert functions == {
        ("eva", role, "company_consultant follow_up_worker")
        for role in ("company_consultant", "follow_up_worker", "jobformidler")
    }
    rest = engine.reassign("anna", "eva", actor=LEA)
    assert [handed.role for handed in rest.moved[0].assignments] == ["caseworker"]
    assert {worker for worker, *_ in running(engine)} == {"eva"}


def test_what_has_ended_or_begins_later_stays(engine: Engine, clock: VirtualClock) -> None:
    engine.record("c1", [started(id=None), assigned(), released()], actor=KIM)
    engine.record("c2", [started(id=None), assigned(on=MONDAY + timedelta(days=9))], actor=KIM)
    clock.at += timedelta(days=2)
    assert engine.reassign("anna", "eva", actor=LEA).moved == []
    clock.at += timedelta(days=9)
    assert [moved.citizen for moved in engine.reassign("anna", "eva", actor=LEA).moved] == ["c2"], "no sweep was there"


def test_a_day_that_has_passed(later: Engine, clock: VirtualClock) -> None:
    later.record("c2", released(on=MONDAY + timedelta(days=3)), actor=KIM)
    clock.at += timedelta(days=6)
    done = later.reassign("anna", "eva", actor=LEA, on=TUESDAY)
    assert [moved.citizen for moved in done.moved] == ["c1"], "c2 was released since"
    assert running(later) == [("eva", "caseworker", "north", 0.2, TUESDAY)]


def test_a_day_that_lies_ahead(later: Engine, clock: VirtualClock) -> None:
    friday = MONDAY + timedelta(days=4)
    mine = answering(later, "anna")
    done = later.reassign("anna", "eva", actor=LEA, on=friday)
    assert [(moved.citizen, owed.rule) for moved in done.moved for owed in moved.obligations] == mine
    assert answering(later, "anna") == mine
    assert later.reassign("anna", "eva", actor=LEA, on=friday).moved == []
    clock.at = noon_of(friday)
    later.sweep()
    assert answering(later, "eva") == mine


def test_closed_pathways_stay_unless_something_waits_there(engine: Engine, clock: VirtualClock) -> None:
    job = facts.flexjob_started(on=MONDAY, employment="e", weekly_hours=8)
    closing = facts.pathway_closed(on=TUESDAY, reason="project_ended")
    follower = assigned(as_role="follow_up_worker")
    engine.record("c1", [started(id=None), assigned()], actor=KIM)
    engine.record("c2", [started(id=None), job, follower], actor=KIM)
    clock.at += timedelta(days=1)
    for citizen in ("c1", "c2"):
        engine.record(citizen, closing, actor=KIM)
    clock.at += timedelta(days=1)
    owed = answering(engine, "anna")
    assert {citizen for citizen, _ in owed} == {"c2"}, "the law outlives the project"
    done = engine.reassign("anna", "eva", actor=LEA)
    assert (done.closed, [moved.citizen for moved in done.moved]) == (1, ["c2"])
    assert len(done.moved[0].irregular) == 2
    assert answering(engine, "eva") == owed


def test_who_is_there_already_gets_what_the_other_had(later: Engine) -> None:
    later.record("c1", assigned("eva", as_role="follow_up_worker"), actor=KIM)
    done = later.reassign("anna", "eva", actor=LEA)
    assert not done.is_new
    assert [(worker, role) for worker, role, *_ in running(later)] == [
        ("eva", "caseworker"),
        ("eva", "follow_up_worker"),
    ]


def test_back_again_on_a_later_day(later: Engine, clock: VirtualClock) -> None:
    mine = answering(later, "anna")
    later.reassign("anna", "eva", actor=LEA)
    clock.at += timedelta(days=1)
    later.reassign("eva", "anna", actor=LEA)
    assert answering(later, "anna") == mine
    assert answering(later, "eva") == []


def test_what_was_annulled_can_be_done_again(later: Engine) -> None:
    done = later.reassign("anna", "eva", actor=LEA)
    for fact_id, _ in [entry for citizen in ("c1", "c2") for entry in known(later, citizen)[-2:]]:
        later.annul(fact_id, "stays after all", actor=LEA)
    assert running(later) == [("anna", "caseworker", "north", 0.2, MONDAY)]
    assert later.reassign("anna", "eva", actor=LEA) == done._replace(is_new=True)
    assert running(later) == [("eva", "caseworker", "north", 0.2, TUESDAY)]


def test_many_pathways_are_several_transactions(engine: Engine, clock: VirtualClock) -> None:
    with engine.transaction() as connection:
        for number in range(103):
            engine.record(f"c{number:03}", [talked(id=None), assigned()], actor=KIM, connection=connection)
    clock.at += timedelta(days=1)
    done = engine.reassign("anna", "eva", actor=LEA)
    assert (len(done.moved), done.recorded) == (103, 206)
    assert [moved.citizen for moved in done.moved] == sorted(moved.citizen for moved in done.moved)
    assert {worker for (worker,) in rows(engine, "indsats_assignments", "worker")} == {"anna", "eva"}
    assert engine.reassign("anna", "eva", actor=LEA).moved == []


# Another model

JOINED = "{fields: {worker: text, as_role: text, phone: text?}, effect: assignment_start, personal: [phone]}"
LEFT = "{fields: {worker: text, as_role: text?}, effect: assignment_end}"


@pytest.fixture
def of_others(database_url: str, clock: VirtualClock, keys: Keys, tmp_path: Path) -> Iterator[Callable[[str], Engine]]:
    """An engine of a model that has these kinds, with a case that bo joined today."""
    with ExitStack() as opened:

        def engine(kinds: str) -> Engine:
            model = tmp_path / "own.yaml"
            model.write_text(f"id: own\nversion: 1\nmunicipality: '0336'\nfacts: {kinds}\n")
            own = opened.enter_context(Engine(database_url, str(model), clock=clock, keys=keys, create=True))
            fields = {"worker": "bo", "as_role": "host", "phone": "12 34"}
            own.record("c1", NewFact(kind="joined", on=MONDAY, fields=fields), actor=KIM)
            return own

        yield engine


def test_kinds_are_those_of_the_model_and_what_is_sealed_moves_too(
    of_others: Callable[[str], Engine], clock: VirtualClock
) -> None:
    own = of_others(f"{{joined: {JOINED}, left: {LEFT}}}")
    assert [handed.role for moved in own.reassign("bo", "eva", actor=LEA).moved for handed in moved.assignments] == [
        "host"
    ]
    assert [kind for _, kind in known(own, "c1")] == ["joined", "joined", "left"]
    states = [state for (state,) in rows(own, "indsats_events", "state") if "joined" in state]
    assert ["12 34" in state for state in states] == [False, False]
    assert all('"phone":"sealed:v1:' in state for state in states)


def test_an_end_that_comes_before_the_start_of_its_day_is_refused(
    of_others: Callable[[str], Engine], clock: VirtualClock
) -> None:
    own = of_others(f"{{left: {LEFT}, joined: {JOINED}}}")
    before = everything(own)
    with pytest.raises(FactRefused, match="bo was assigned to c1 on 2017-01-02; hand over on a later day"):
        own.reassign("bo", "eva", actor=LEA)
    assert everything(own) == before
    clock.at += timedelta(days=1)
    assert own.reassign("bo", "eva", actor=LEA).moved


def test_a_model_that_cannot_end_an_assignment_says_so(of_others: Callable[[str], Engine]) -> None:
    own = of_others(f"{{joined: {JOINED}}}")
    with pytest.raises(FactRefused, match="the model own@1 has no kind of fact with the effect assignment_end"):
        own.reassign("bo", "eva", actor=LEA)


# Refused


def test_back_again_on_the_same_day_is_refused_for_the_order_of_a_day(later: Engine) -> None:
    later.reassign("anna", "eva", actor=LEA)
    before = everything(later)
    for dry_run in (True, False):
        with pytest.raises(FactRefused, match=r"anna was released from c1 on 2017-01-03; hand over on a later day"):
            later.reassign("eva", "anna", actor=LEA, dry_run=dry_run)
    assert everything(later) == before


def test_an_unknown_worker_is_told_who_there_is(later: Engine) -> None:
    with pytest.raises(UnknownWorker) as unknown:
        later.reassign("ana", "eva", actor=LEA)
    assert str(unknown.value) == (
        "nobody was ever assigned as 'ana' in municipality 0336; allowed: anna, bo; did you mean anna?"
    )
    assert rows(later, "indsats_refusals", "command", "reason") == [("reassign", str(unknown.value))]


def test_of_many_workers_some_are_named(engine: Engine) -> None:
    engine.record("c1", [started(), *(assigned(f"w{number:02}") for number in range(23))], actor=KIM)
    with pytest.raises(UnknownWorker, match=r"w18, w19, and 3 others$"):
        engine.reassign("zoe", "eva", actor=LEA)


def test_where_nobody_was_assigned_there_is_nobody(engine: Engine) -> None:
    with pytest.raises(UnknownWorker, match=r"allowed: none$"):
        engine.reassign("anna", "eva", actor=LEA)


@pytest.mark.parametrize(
    ("to", "more", "what"),
    [
        ("anna", {}, "to: 'anna' is who hands over; allowed: somebody else"),
        (" ", {}, "to: the worker must not be blank"),
        ("eva", {"role": "casework"}, "role: 'casework' is no role; allowed: .*; did you mean caseworker?"),
        ("eva", {"on": datetime(2017, 1, 3)}, "on: .* is no day; allowed: a `date`"),  # noqa: DTZ001
    ],
)
def test_what_cannot_be_meant_is_refused(later: Engine, to: str, more: dict[str, object], what: str) -> None:
    with pytest.raises(ValueInvalid, match=what):
        later.reassign("anna", to, actor=LEA, **more)  # type: ignore[arg-type]


def test_who_may(later: Engine) -> None:
    for dry_run in (True, False):
        with pytest.raises(NotAllowed, match="kim as caseworker may not reassign; allowed: project_leader, team_lead"):
            later.reassign("anna", "eva", actor=KIM, dry_run=dry_run)
    assert {worker for worker, *_ in running(later)} == {"anna"}


def test_one_municipality_at_a_time(database_url: str, clock: VirtualClock, keys: Keys) -> None:
    with Engine(
        database_url, "stevns-2017", municipality=["0336", "0851"], clock=clock, keys=keys, create=True
    ) as both:
        for municipality in ("0336", "0851"):
            both.record("c1", [started(id=None), assigned()], actor=KIM, municipality=municipality)
        clock.at += timedelta(days=1)
        done = both.reassign("anna", "eva", actor=LEA, municipality="0851")
        assert [(moved.citizen, moved.municipality) for moved in done.moved] == [("c1", "0851")]
        assert both.reassign("anna", "eva", actor=LEA).moved
