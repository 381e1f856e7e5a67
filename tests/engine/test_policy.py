"""Who may do what: every role and every command, and what is written down when one is refused."""

from collections.abc import Callable, Mapping
from datetime import date

import pytest
from structlog.testing import capture_logs
from tests.engine.looking import KIM, MONDAY, everything, known, rows, started, talked

from indsats.clock import VirtualClock
from indsats.domain.calendar import noon_of
from indsats.domain.values import Actor
from indsats.engine import Engine
from indsats.engine.arrivals import Arrival
from indsats.errors import NotAllowed
from indsats.policy import TABLE, Policy
from indsats.store.keys import Keys

# A column for each group of commands, a mark where the role may.
COMMANDS = (
    ("record", "pathway"),
    ("annul", "correct", "ledger", "obligations", "follow_ups"),
    ("change_model", "kpi", "limits", "reassign"),
    ("import", "sweep", "deliver", "audit", "erase", "db"),
)
ROLES = {
    "mentor": "x...",
    "ips_consultant": "x...",
    "rehab_team": "x...",
    "caseworker": "xx..",
    "company_consultant": "xx..",
    "follow_up_worker": "xx..",
    "jobformidler": "xx..",
    "authority_caseworker": "xx..",
    "project_leader": "xxx.",
    "team_leader": "xxx.",
    "system": "xxxx",
    "citizen": "....",
    "employer": "....",
    "club_leader": "....",
    "": "....",
}
MAY = {
    (role, command): mark == "x"
    for role, marks in ROLES.items()
    for mark, commands in zip(marks, COMMANDS, strict=True)
    for command in commands
}


@pytest.mark.parametrize(("role", "command"), MAY)
def test_the_table_says_who_may_do_what(role: str, command: str) -> None:
    if MAY[role, command]:
        Policy().require(Actor("a", role), command, "0336")
    else:
        with pytest.raises(NotAllowed, match=f"a as {role} may not {command.replace('_', ' ')}") as refused:
            Policy().require(Actor("a", role), command, "0336")
        assert set(refused.value.allowed) == {name for name in ROLES if MAY[name, command]}


def test_no_role_or_command_is_left_out_here() -> None:
    assert TABLE.keys() == {role for role, marks in ROLES.items() if "x" in marks}
    assert set().union(*TABLE.values()) == {command for commands in COMMANDS for command in commands}


def arrival() -> Arrival:
    return Arrival("c1", talked(id="history"), recorded_at=noon_of(MONDAY), actor="old", role="system")


Doing = Callable[[Engine, Actor, str], object]
DOING: Mapping[str, Doing] = {
    "record": lambda engine, actor, whose: engine.record("c1", talked(), actor=actor, municipality=whose),
    "annul": lambda engine, actor, whose: engine.annul("start", "wrong", actor=actor, municipality=whose),
    "correct": lambda engine, actor, whose: engine.correct(
        "start", started(id="start/2"), actor=actor, municipality=whose
    ),
    "import": lambda engine, actor, whose: engine.import_([arrival()], actor=actor, municipality=whose),
    "pathway": lambda engine, actor, whose: engine.pathway("c1", actor=actor, municipality=whose),
    "ledger": lambda engine, actor, whose: engine.ledger("c1", actor=actor, municipality=whose),
    "obligations": lambda engine, actor, whose: engine.obligations(actor=actor, municipality=whose),
    "follow_ups": lambda engine, actor, whose: engine.follow_ups(actor=actor, municipality=whose),
    "change_model": lambda engine, actor, whose: engine.change_model(
        "aalborg-2017", policy="keep", effective=date(2017, 2, 1), actor=actor, municipality=whose
    ),
    "sweep": lambda engine, actor, whose: engine.sweep(actor=actor),
}


def test_the_engine_asks_the_policy_before_anything_else(engine: Engine) -> None:
    engine.record("c1", started(), actor=KIM)
    before = everything(engine)
    refused = [(command, role) for command in DOING for role in ROLES if not MAY[role, command]]
    for command, role in refused:
        with pytest.raises(NotAllowed):
            DOING[command](engine, Actor("a", role), "0336")
    assert rows(engine, "indsats_refusals", "number", "command", "role") == [
        (number, *each) for number, each in enumerate(refused, start=1)
    ]
    assert rows(engine, "indsats_reads") == []
    assert everything(engine) == before


def test_who_may_is_let_do_it(engine: Engine) -> None:
    engine.record("c1", started(), actor=KIM)
    for role, command in MAY:
        if MAY[role, command] and command in DOING:
            DOING[command](engine, Actor("a", role), "0336")
    assert rows(engine, "indsats_refusals") == []


def test_an_actor_of_another_municipality_is_refused_noted_and_logged(
    database_url: str, clock: VirtualClock, keys: Keys
) -> None:
    stranger = Actor("sam", "system", municipality="0851")
    commands = [command for command in DOING if command != "sweep"]
    both = ["0336", "0851"]
    with Engine(database_url, "stevns-2017", municipality=both, clock=clock, keys=keys, create=True) as engine:
        engine.record("c1", started(), actor=KIM)
        before = everything(engine)
        with capture_logs() as logs:
            for command in commands:
                with pytest.raises(NotAllowed, match="belongs to municipality 0851 and not to municipality 0336"):
                    DOING[command](engine, stranger, "0336")
        assert everything(engine) == before
        assert rows(engine, "indsats_reads") == []
        columns = ("number", "at", "actor", "role", "actor_municipality", "municipality", "command")
        assert rows(engine, "indsats_refusals", *columns) == [
            (number, "2017-01-02T11:00:00.000000Z", "sam", "system", "0851", "0336", command)
            for number, command in enumerate(commands, start=1)
        ]
        said = {"event": "command.refused", "log_level": "warning", "actor": "sam", "role": "system"}
        assert logs == [{**said, "municipality": "0336", "command": command} for command in commands]


def test_an_actor_of_one_municipality_may_not_sweep_several(database_url: str, clock: VirtualClock, keys: Keys) -> None:
    local = Actor("cron", "system", municipality="0851")
    with Engine(
        database_url, "stevns-2017", municipality=["0336", "0851"], clock=clock, keys=keys, create=True
    ) as engine:
        with pytest.raises(NotAllowed, match="not to several municipalities"):
            engine.sweep(actor=local)
        with pytest.raises(NotAllowed, match="not to several municipalities"):
            engine.follow_ups(actor=Actor("sam", "caseworker", municipality="0851"))
    with Engine(database_url, "stevns-2017", municipality="0851", clock=clock, keys=keys) as engine:
        assert engine.sweep(actor=local).visited == 0


def test_an_actor_of_the_municipality_is_let_in(engine: Engine) -> None:
    here = Actor("kim", "caseworker", municipality="0336")
    assert engine.record("c1", started(), actor=here).recorded == 1


def test_a_municipality_that_the_engine_does_not_serve_is_nobodys(engine: Engine) -> None:
    for command, do in DOING.items():
        if command != "sweep":
            with pytest.raises(NotAllowed, match="0851 is not one that this engine is opened for"):
                do(engine, Actor("root", "system"), "0851")


def test_a_host_may_have_a_table_of_its_own(database_url: str, clock: VirtualClock, keys: Keys) -> None:
    policy = Policy({"robot": {"record"}})
    with Engine(database_url, "stevns-2017", clock=clock, keys=keys, policy=policy, create=True) as engine:
        engine.record("c1", started(), actor=Actor("r2", "robot"))
        with pytest.raises(NotAllowed) as refused:
            engine.record("c1", talked(), actor=KIM)
        assert refused.value.allowed == ("robot",)
    with Engine(database_url, "stevns-2017", clock=clock, keys=keys) as engine:
        assert known(engine, "c1") == [("start", "ledighedsydelse_started")]
