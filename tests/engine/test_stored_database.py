"""A database as this version leaves it, with its read models: every later one upgrades it and answers the same.

The file is never changed. When the tables change, the next one is made with `make` and added beside it.
"""

import json
import shutil
from datetime import date, timedelta
from pathlib import Path

import pytest
from tests.engine.looking import KIM, MONDAY, started, talked

from indsats.clock import VirtualClock
from indsats.domain import facts
from indsats.domain.calendar import noon_of
from indsats.domain.values import Actor
from indsats.engine import Engine
from indsats.engine.checking import check
from indsats.engine.lists import Wanted
from indsats.replay.document import pathway_document
from indsats.store.keys import FileKeys

STORED = Path(__file__).with_name("stored")
SYSTEM = Actor("test", "system")
LAST_DAY = date(2017, 2, 10)


def make(path: Path) -> None:
    """Make such a database, its keys and what it answers: three citizens, of whom one was moved to another model."""
    clock = VirtualClock(noon_of(MONDAY))
    keys = FileKeys(path.with_suffix(".key"))
    with Engine(f"sqlite:///{path}", "stevns-2017", clock=clock, keys=keys, create=True) as engine:
        for citizen in ("c1", "c2", "c3"):
            engine.record(citizen, started(id=f"{citizen}-start"), actor=KIM)
        worker = facts.worker_assigned(on=MONDAY, worker="anna", as_role="caseworker", at_unit="north")
        engine.record("c1", [worker, facts.note_added(on=MONDAY, text="Ønsker færre timer")], actor=KIM)
        while clock.at < noon_of(LAST_DAY):
            clock.at += timedelta(days=1)
            engine.sweep()
            if clock.at == noon_of(date(2017, 1, 20)):
                engine.record("c2", talked(date(2017, 1, 5), id="c2-talk"), actor=KIM)
                remark = facts.breach_remarked(on=date(2017, 1, 20), rule="first_conversation", remark="In hospital")
                engine.record("c1", remark, actor=KIM)
        engine.annul("c2-talk", "another citizen's", actor=KIM)
        engine.change_model("aalborg-2017", policy="reevaluate", effective=date(2017, 2, 1), actor=SYSTEM)
        path.with_suffix(".json").write_text(json.dumps(answers(engine), indent=1, ensure_ascii=False) + "\n")
    for suffix in ("-wal", "-shm"):
        path.with_name(path.name + suffix).unlink(missing_ok=True)


def answers(engine: Engine) -> dict[str, object]:
    """What the engine says of everybody."""
    found = {citizen: pathway_document(engine.pathway(citizen, actor=SYSTEM)) for citizen in ("c1", "c2", "c3")}
    listed = engine.follow_ups(actor=SYSTEM, wanted=Wanted(limit=20)).obligations
    shown = [(owed.citizen, owed.rule, str(owed.due), owed.status, owed.worker, owed.remark) for owed in listed]
    answered: dict[str, object] = json.loads(json.dumps({"pathways": found, "follow_ups": shown}))
    return answered


@pytest.fixture(params=sorted(STORED.glob("engine-*.json")), ids=lambda path: path.stem)
def stored(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    for suffix in (".sqlite", ".key", ".json"):
        shutil.copy(request.param.with_suffix(suffix), tmp_path)
    path: Path = tmp_path / request.param.with_suffix(".sqlite").name
    path.with_suffix(".key").chmod(0o600)
    return path


def test_it_is_upgraded_and_answers_the_same(stored: Path) -> None:
    clock, keys = VirtualClock(noon_of(LAST_DAY)), FileKeys(stored.with_suffix(".key"))
    with Engine(f"sqlite:///{stored}", "stevns-2017", clock=clock, keys=keys, create=True) as engine:
        assert answers(engine) == json.loads(stored.with_suffix(".json").read_text())
        assert check(engine.parts).ok


def test_it_goes_on(stored: Path) -> None:
    clock, keys = VirtualClock(noon_of(LAST_DAY)), FileKeys(stored.with_suffix(".key"))
    with Engine(f"sqlite:///{stored}", "stevns-2017", clock=clock, keys=keys, create=True) as engine:
        assert engine.record("c3", started(id="c3-start"), actor=KIM).repeated == 1
        clock.at += timedelta(days=30)
        engine.sweep()
        assert engine.record("c3", talked(LAST_DAY), actor=KIM).recorded == 1
        assert check(engine.parts).ok
