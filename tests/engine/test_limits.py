"""Limits in a database: how they stand from every side, and a full club as the cause of a breach."""

import json
from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal

import pytest
from tests.engine.looking import KIM, MONDAY, rows, started, talked

from indsats.clock import VirtualClock
from indsats.domain import facts
from indsats.domain.calendar import ONE_DAY, local_day, noon_of, start_of
from indsats.domain.events import DeadlineBreached, FactAnnulled, FactRecorded
from indsats.domain.ledger import Verdict
from indsats.domain.values import Actor
from indsats.engine import Engine
from indsats.engine.arrivals import Arrival
from indsats.engine.checking import check
from indsats.engine.limits import limits
from indsats.engine.lists import Wanted
from indsats.errors import NotAllowed, ValueInvalid
from indsats.replay.memory import MemoryEngine
from indsats.store.keys import Keys

LEADER = Actor("lea", "team_leader")
DUE = MONDAY + timedelta(days=14)
WEEK = timedelta(weeks=1)

State = tuple[str, str, float | None, str]


def states(engine: Engine, as_of: date | None = None, known_at: datetime | None = None, *ids: str) -> list[State]:
    """Of each limit its id, whom it is about, the value, the state."""
    watched = limits(engine, actor=LEADER, ids=ids, as_of=as_of, known_at=known_at)
    return [
        (
            found.limit.id,
            str(next(iter(found.subject.values()), "")),
            None if found.value is None else float(found.value),
            found.state,
        )
        for found in watched.limits
    ]


def attend(engine: Engine, number: int, on: date = MONDAY, club: str = "north", first: int = 0) -> None:
    for member in range(first, first + number):
        engine.record(f"member-{club}-{member}", facts.job_club_attended(on=on, club=club), actor=KIM)


def causes(engine: Engine, citizen: str = "waiting") -> list[tuple[str, str | None]]:
    """The breaches of the club rule as the ledger has them: the day they were found, and why."""
    return causes_in(engine.ledger(citizen, actor=KIM))


def causes_in(ledger: Sequence[Verdict]) -> list[tuple[str, str | None]]:
    return [
        (str(verdict.found_on), verdict.cause)
        for verdict in ledger
        if isinstance(verdict, DeadlineBreached) and verdict.rule == "job_club"
    ]


def shown(engine: Engine) -> list[str | None]:
    """The causes on the list of obligations."""
    wanted = Wanted(citizen="waiting", rule="job_club")
    return [owed.cause for owed in engine.obligations(actor=KIM, wanted=wanted).obligations]


def wait(engine: Engine, clock: VirtualClock, members: int) -> None:
    """A citizen who is in no club two weeks after the start of ledighedsydelse, though others are; swept each day."""
    engine.record("waiting", started(), actor=KIM)
    attend(engine, members)
    while clock.at < noon_of(DUE + timedelta(days=1)):
        clock.at += timedelta(days=1)
        engine.sweep()


@pytest.mark.parametrize(("members", "cause"), [(11, None), (12, "capacity"), (13, "capacity")])
def test_a_full_club_is_the_cause_when_the_fourteen_days_fail(
    engine: Engine, clock: VirtualClock, members: int, cause: str | None
) -> None:
    wait(engine, clock, members)
    assert causes(engine) == [("2017-01-17", cause)]
    assert shown(engine) == [cause]
    assert [row for row in rows(engine, "indsats_obligations", "rule", "cause") if row[0] == "job_club"] == [
        ("job_club", cause)
    ]
    assert check(engine.parts).faults == []


def test_it_stays_as_it_was_found_when_somebody_leaves_later_with_effect_before(
    engine: Engine, clock: VirtualClock
) -> None:
    wait(engine, clock, 12)
    engine.record("member-north-0", facts.club_left(on=DUE - timedelta(days=3), club="north"), actor=KIM)
    attend(engine, 1, DUE + timedelta(days=2), first=20)
    late = facts.job_club_attended(on=DUE + timedelta(days=1), club="north")
    engine.record("waiting", late, actor=KIM)
    assert causes(engine) == [("2017-01-17", "capacity")]
    assert shown(engine) == ["capacity"]
    assert check(engine.parts).faults == []


def test_who_is_referred_elsewhere_waits_for_no_club(engine: Engine, clock: VirtualClock) -> None:
    engine.record("waiting", facts.referred(on=MONDAY, track="individual"), actor=KIM)
    wait(engine, clock, 12)
    assert causes(engine) == [("2017-01-17", None)]


def test_who_did_not_come_is_the_cause_and_not_the_full_club(engine: Engine, clock: VirtualClock) -> None:
    engine.record("waiting", facts.no_show(on=MONDAY, activity="job_club_attended"), actor=KIM)
    wait(engine, clock, 12)
    assert causes(engine) == [("2017-01-17", "citizen_absent")]


def test_a_second_club_with_room_is_room(engine: Engine, clock: VirtualClock) -> None:
    attend(engine, 1, club="south")
    wait(engine, clock, 12)
    assert causes(engine) == [("2017-01-17", None)]


def test_a_breach_found_late_is_looked_at_on_its_due_day(engine: Engine, clock: VirtualClock) -> None:
    engine.record("waiting", started(), actor=KIM)
    attend(engine, 12)
    clock.at += 8 * WEEK
    assert states(engine, None, None, "club_size") == []
    engine.sweep()
    assert causes(engine) == [("2017-02-27", "capacity")]


def said(citizen: str, kind: str, on: date, **fields: str) -> tuple[str, FactRecorded]:
    return citizen, FactRecorded(fact=f"{citizen} {kind} {on}", kind=kind, on=on, fields=fields)


def begins(citizen: str, on: date) -> tuple[str, FactRecorded]:
    return said(citizen, "ledighedsydelse_started", on, route="mover_in")


def attends(numbers: Iterable[int], on: date) -> list[tuple[str, FactRecorded]]:
    return [said(f"m{number}", "job_club_attended", on, club="north") for number in numbers]


def test_an_import_finds_no_full_club_since_it_has_not_brought_all_who_were_there(
    engine: Engine, clock: VirtualClock
) -> None:
    clock.at += 8 * WEEK
    told = [begins("waiting", MONDAY), *attends(range(12), MONDAY)]
    engine.import_([Arrival(*one, noon_of(MONDAY)) for one in told], actor=Actor("import", "system"))
    assert causes(engine) == [("2017-02-27", None)]
    assert states(engine, MONDAY, None, "club_size") == [("club_size", "north", 12, "full")]


def test_the_engine_in_memory_finds_the_same(engine: Engine, clock: VirtualClock) -> None:
    """A club that is full, has room because somebody left, is full again, and has room by an annulment."""
    memory = MemoryEngine(engine.model, clock, "0336")
    told: list[tuple[str, FactRecorded | FactAnnulled, date]] = [
        (citizen, fact, fact.on)
        for citizen, fact in [
            begins("w1", MONDAY),
            *attends(range(12), MONDAY),
            begins("w2", MONDAY + WEEK),
            said("m0", "club_left", MONDAY + 3 * WEEK - ONE_DAY, club="north"),
            begins("w3", MONDAY + 2 * WEEK),
            *attends(range(13), MONDAY + 4 * WEEK),
            begins("w4", MONDAY + 3 * WEEK),
        ]
    ]
    second = f"job_club_attended {MONDAY + 4 * WEEK}"
    for number in (0, 1):
        annulment = FactAnnulled(id=f"out {number}", fact=f"m{number} {second}", reason="wrong")
        told.append((f"m{number}", annulment, MONDAY + 5 * WEEK))
    for citizen, one, day in sorted(told, key=lambda each: each[2]):
        pass_days(engine, memory, clock, noon_of(day))
        memory.record(citizen, [one], actor=KIM.id, role=KIM.role)
        if isinstance(one, FactRecorded):
            fields = {name: str(value) for name, value in one.fields.items()}
            engine.record(citizen, facts.NewFact(kind=one.kind, on=one.on, fields=fields, id=one.fact), actor=KIM)
        else:
            engine.annul(one.fact, "wrong", actor=KIM)
    pass_days(engine, memory, clock, noon_of(MONDAY + 6 * WEEK))
    views = {view.citizen: view.ledger for view in memory.views(MONDAY + 6 * WEEK, clock.at)}
    found = {name: causes_in(views[name]) for name in ("w1", "w2", "w3", "w4")}
    assert [[cause for _, cause in each] for each in found.values()] == [["capacity"], [None], ["capacity"], [None]]
    assert {name: causes(engine, name) for name in found} == found


def pass_days(engine: Engine, memory: MemoryEngine, clock: VirtualClock, until: datetime) -> None:
    """Sweep both at the beginning of each day."""
    for day in days_between(clock.at, until):
        clock.at = start_of(day)
        engine.sweep()
        memory.sweep()
    clock.at = until


def days_between(begin: datetime, end: datetime) -> list[date]:
    first, last = local_day(begin), local_day(end)
    return [first + timedelta(days=number) for number in range(1, (last - first).days + 1)]


# How they stand


def test_all_of_them_now_and_from_other_points(engine: Engine, clock: VirtualClock) -> None:
    engine.record("c1", [started(), facts.referred(on=MONDAY, track="job_club")], actor=KIM)
    attend(engine, 2)
    shares = [("existing_recipients", "", 0.0, "within"), ("club_referral", "", 1.0, "within")]
    assert states(engine) == [("club_size", "north", 2.0, "within"), *shares]
    before = clock.at
    clock.at += WEEK
    engine.sweep()
    attend(engine, 11, MONDAY + timedelta(days=3), first=2)
    assert states(engine, None, None, "club_size") == [("club_size", "north", 13.0, "above")]
    assert states(engine, MONDAY, None, "club_size") == [("club_size", "north", 2.0, "within")]
    assert states(engine, None, before, "club_size") == [("club_size", "north", 2.0, "within")]
    assert states(engine, MONDAY + timedelta(days=3), before, "club_size") == [("club_size", "north", 2.0, "within")]
    assert states(engine, MONDAY + 5 * WEEK, None, "club_size") == []


def test_what_was_planned_counts_from_its_day_though_no_sweep_came_since(engine: Engine, clock: VirtualClock) -> None:
    attend(engine, 3, MONDAY + WEEK)
    assert states(engine, None, None, "club_size") == []
    clock.at += WEEK
    before = rows(engine, "indsats_facts")
    assert states(engine, None, None, "club_size") == [("club_size", "north", 3.0, "within")]
    assert rows(engine, "indsats_facts") == before


def test_held_meetings_of_the_unit_free_the_places(engine: Engine, clock: VirtualClock) -> None:
    attend(engine, 2)
    clock.at += 12 * WEEK
    attend(engine, 2, MONDAY + 11 * WEEK)
    for week in range(12):
        held = facts.club_meeting_held(on=MONDAY + week * WEEK, club="north", hours=4)
        engine.record("jobcentre", held, actor=KIM)
    assert states(engine, MONDAY + 11 * WEEK, None, "club_size") == [("club_size", "north", 2.0, "within")]
    assert states(engine, None, None, "club_size") == []


def test_a_municipality_sees_its_own_only(database_url: str, clock: VirtualClock, keys: Keys) -> None:
    with Engine(
        database_url, "stevns-2017", municipality=["0336", "0259"], clock=clock, keys=keys, create=True
    ) as engine:
        engine.record("c1", facts.job_club_attended(on=MONDAY, club="north"), actor=KIM)
        engine.record("c1", facts.job_club_attended(on=MONDAY, club="south"), actor=KIM, municipality="0259")
        clubs = [
            [one.subject for one in limits(engine, actor=LEADER, ids=["club_size"], municipality=whose).limits]
            for whose in (None, "0259")
        ]
        assert clubs == [[{"club": "north"}], [{"club": "south"}]]


def test_caseloads_of_a_worker_who_is_overloaded(database_url: str, clock: VirtualClock, keys: Keys) -> None:
    clock.at = noon_of(date(2022, 1, 3))
    opened: dict[str, str | bool] = {
        "benefit": "cash_benefit",
        "introduction_programme": False,
        "activity_ready": True,
        "over_30": True,
    }
    assigned = facts.worker_assigned(
        on=date(2022, 1, 3),
        worker="anna",
        as_role="jobformidler",
        functions=["company_consultant", "mentor", "authority_caseworker"],
        at_unit="job-og-aktivhuset",
        fraction=Decimal("0.1"),
    )
    with Engine(database_url, "fsm3-2021", clock=clock, keys=keys, create=True) as engine:
        for number in range(3):
            begun = facts.NewFact(kind="pathway_opened", on=date(2022, 1, 3), fields=opened)
            engine.record(f"c{number}", [begun, assigned], actor=KIM)
        (found,) = limits(engine, actor=LEADER).limits
        assert found.document == {
            "id": "caseload_aktivhuset_mentor",
            "subject": {
                "worker": "anna",
                "role": "jobformidler",
                "unit": "job-og-aktivhuset",
                "functions": ["authority_caseworker", "company_consultant", "mentor"],
            },
            "value": 3,
            "low": 2,
            "high": 2.2,
            "state": "above",
        }


def test_it_is_for_those_who_lead_and_noted_as_one_read(engine: Engine) -> None:
    with pytest.raises(NotAllowed):
        limits(engine, actor=KIM)
    limits(engine, actor=LEADER, ids=["club_size"], as_of=MONDAY)
    (read,) = rows(engine, "indsats_reads", "actor", "command", "filter")
    assert read[:2] == ("lea", "limits")
    assert json.loads(read[2]) == {"limits": ["club_size"], "as_of": "2017-01-02"}


def test_an_unknown_limit_is_refused_with_those_there_are(engine: Engine) -> None:
    with pytest.raises(ValueInvalid, match="'club' is no limit of stevns-2017@1; allowed: club_size, existing_reci"):
        limits(engine, actor=LEADER, ids=["club"])


def test_a_limit_that_only_some_models_declare_counts_the_pathways_of_all_and_is_not_told(
    database_url: str, clock: VirtualClock, keys: Keys, later: str
) -> None:
    with Engine(database_url, "stevns-2017", clock=clock, keys=keys, create=True) as engine:
        engine.record("c1", [started(id=None), talked(MONDAY, id=None)], actor=KIM)
    with Engine(database_url, later, clock=clock, keys=keys) as engine:
        engine.record("c2", started(id=None), actor=KIM)
        assert states(engine, None, None, "spoken_with") == [("spoken_with", "", 0.5, "below")]
        clock.at += WEEK
        engine.sweep()
        told = [one for one in rows(engine, "indsats_outbox", "stream") if "spoken_with" in one[0]]
    assert told == []
