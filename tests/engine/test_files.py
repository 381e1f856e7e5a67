"""Files come to what a replay of them comes to, recorded live or imported; what cannot be recorded is refused whole."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, date, datetime
from itertools import groupby
from pathlib import Path
from typing import Any

import pytest
from tests.engine.looking import JOURNALS, KIM, MONDAY, everything, known, rows

from indsats.clock import VirtualClock
from indsats.domain import facts
from indsats.domain.calendar import ONE_DAY, end_of, local_day, noon_of, start_of
from indsats.domain.events import FactAnnulled, FactRecorded, ModelChanged
from indsats.domain.pathway import Signature
from indsats.domain.values import Actor
from indsats.engine import Engine
from indsats.engine.arrivals import Arrival
from indsats.engine.lists import Wanted
from indsats.engine.results import Refusal
from indsats.errors import FactsRefused, InputInvalid, NotAllowed, UnknownFact
from indsats.models.library import load
from indsats.replay.document import Json, pathway_document
from indsats.replay.entries import AnyLine, Into
from indsats.replay.registrations import arrival_of
from indsats.replay.run import replay
from indsats.replay.scenario import Scenario, read_scenario
from indsats.store.keys import Keys

STORIES = Path(__file__).parents[2] / "scenarios" / "stories"
ADMIN = Actor("adm", "system")
LIVE = ("registered-twelve-days-late", "corrected-anchor", "irregular", "model-changed", "same-day", "repeated-id")
NOW = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.fixture
def clock() -> VirtualClock:
    return VirtualClock(NOW)


def story(engine: Engine, name: str) -> Scenario:
    """A scenario read for the database of an engine."""
    with engine.database.read() as connection:
        key = engine.parts.content_key(connection)
    read = read_scenario(STORIES / f"{name}.yaml", into=Into(key, is_database=True))
    for model in read.models.values():
        engine.models.add(model)
    return read


def opened(url: str, keys: Keys, name: str, clock: VirtualClock) -> Engine:
    """An engine under the model of a scenario."""
    model = read_scenario(STORIES / f"{name}.yaml").model
    return Engine(url, model, clock=clock, keys=keys, municipality=model.municipality or "0000", create=True)


def documents(engine: Engine, citizens: Sequence[str], as_of: date, known_at: datetime) -> list[Json]:
    return [
        pathway_document(engine.pathway(citizen, actor=ADMIN, as_of=as_of, known_at=known_at)) for citizen in citizens
    ]


@pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)
@pytest.mark.parametrize("name", LIVE)
def test_recorded_live_and_swept_daily_is_what_a_replay_finds(
    name: str, database_url: str, keys: Keys, clock: VirtualClock
) -> None:
    with opened(database_url, keys, name, clock) as engine:
        read = story(engine, name)
        for at, entries in days(read):
            clock.at = at
            if entries:
                arrivals = [arrival_of(entry, read.models) for entry in entries]
                engine.record_all(arrivals, actor=ADMIN, late=True)
            else:
                engine.sweep()
        run = replay(read.model, read.entries, read.until, others=read.models)
        for known_at in points(read):
            as_of = local_day(known_at)
            expected = [pathway_document(view) for view in run.views(as_of, known_at)]
            assert expected
            found = documents(engine, [str(one["citizen"]) for one in expected], as_of, known_at)
            assert found == expected


def days(read: Scenario) -> Iterator[tuple[datetime, list[AnyLine]]]:
    """Each day of a run: its sweep, which has no entries, and then its registrations by instant."""
    entries = sorted(read.entries, key=lambda entry: (entry.recorded_at, entry.position))
    day = local_day(entries[0].recorded_at)
    while day <= read.until:
        yield start_of(day), []
        of_day = [entry for entry in entries if local_day(entry.recorded_at) == day]
        for at, at_once in groupby(of_day, key=lambda entry: entry.recorded_at):
            yield at, list(at_once)
        day += ONE_DAY


def points(read: Scenario) -> list[datetime]:
    """The end of the run, and of each day of a registration."""
    recorded = {local_day(entry.recorded_at) for entry in read.entries}
    return [end_of(day) for day in sorted({*recorded, read.until}) if day <= read.until]


@pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)
@pytest.mark.parametrize("name", sorted(path.stem for path in STORIES.glob("*.yaml")))
def test_what_is_imported_is_owed_as_a_replay_has_it(
    name: str, database_url: str, keys: Keys, clock: VirtualClock
) -> None:
    with opened(database_url, keys, name, clock) as engine:
        read = story(engine, name)
        done = engine.import_([arrival_of(entry, read.models) for entry in read.entries], actor=ADMIN)
        assert (done.recorded, list(done.refused)) == (len(read.entries), [])
        run = replay(read.model, read.entries, read.until, others=read.models)
        for known_at in points(read):
            views = run.views(local_day(known_at), known_at)
            for expected in map(pathway_document, views):
                [found] = documents(engine, [str(expected["citizen"])], local_day(known_at), known_at)
                assert derived(found) == derived(expected)


def derived(document: Mapping[str, Any]) -> dict[str, Any]:
    """What is owed, less what was found when: an import finds later, and not that a club was full."""
    owed = [{**each, "cause": None} if each["cause"] == "capacity" else each for each in document["obligations"]]
    return {**document, "obligations": owed, "ledger": []}


# Live


def said(citizen: str, kind: str, id: str, on: date = MONDAY, by: str = "kim", **fields: str | bool | int) -> Arrival:
    fact = FactRecorded(fact=id, kind=kind, on=on, fields=fields)
    return Arrival(citizen, fact, noon_of(on), by, "caseworker")


START = said("c1", "ledighedsydelse_started", "start", route="mover_in")
ENDED = said("c1", "ledighedsydelse_ended", "end", by="ida")
JOB = said("c2", "flexjob_started", "job", employment="e1", weekly_hours="7.5")
REOPENED = said("c2", "pathway_reopened", "again", MONDAY + ONE_DAY)
"""No legal move: the pathway is not closed."""


def annulled(citizen: str, of: str, id: str = "out") -> Arrival:
    return Arrival(citizen, FactAnnulled(id=id, fact=of, reason="wrong"), NOW)


def reasons(refused: FactsRefused) -> list[tuple[int, str]]:
    return [(each.place, each.reason) for each in refused.refusals if isinstance(each, Refusal)]


def test_all_is_recorded_at_the_instant_of_the_command_by_who_signed_it(engine: Engine, clock: VirtualClock) -> None:
    done = engine.record_all([START, JOB, ENDED], actor=KIM)
    assert (done.recorded, done.repeated, list(done.ids)) == (3, 0, ["start", "end", "job"])
    assert {(breach.citizen, breach.verdict.rule) for breach in done.breaches} >= {
        ("c1", "first_conversation"),
        ("c2", "tillaegsaftale"),
    }
    assert {at for (at,) in rows(engine, "indsats_events", "recorded_at")} == {"2026-01-01T00:00:00.000000Z"}
    signed = [actor for name, actor in rows(engine, "indsats_events", "name", "actor") if name == "fact_recorded.1"]
    assert sorted(signed) == ["ida", "kim", "kim"]
    assert len({command for (command,) in rows(engine, "indsats_events", "command")}) == 1
    again = engine.record_all([START, JOB, ENDED], actor=KIM)
    assert (again.recorded, again.repeated) == (0, 3)


@pytest.mark.parametrize(
    ("wrong", "expected"),
    [
        (REOPENED, "pathway_reopened on 2017-01-03 has no legal move from phase flexjob"),
        (annulled("c2", "start"), "of: 'start' is no fact of this pathway"),
        (annulled("c2", "nothing"), "of: 'nothing' is no fact of this pathway"),
        (said("c2", "supplemented", "more", of="start"), "of: 'start' is no fact of this pathway"),
        (said("c2", "cv_published", "start"), "the id 'start' is that of a fact of another pathway"),
    ],
    ids=["no legal move", "annuls another's", "annuls nothing", "supplements another's", "takes an id"],
)
def test_nothing_is_recorded_if_anything_is_refused(wrong: Arrival, expected: str, engine: Engine) -> None:
    before = everything(engine)
    with pytest.raises(FactsRefused) as refused:
        engine.record_all([START, JOB, wrong], actor=KIM)
    [(place, reason)] = reasons(refused.value)
    assert place == 2
    assert reason.startswith(expected)
    assert everything(engine) == before
    done = engine.record_all([START, JOB, wrong], actor=KIM, skip_refused=True)
    assert (done.recorded, [each.place for each in done.refused]) == (2, [2])
    assert known(engine, "c2") == [("job", "flexjob_started")]


def test_what_names_something_refused_is_refused_too(engine: Engine) -> None:
    chain = [said("c2", "supplemented", "more", of="again"), annulled("c2", "more"), JOB, REOPENED]
    done = engine.record_all(chain, actor=KIM, skip_refused=True)
    assert [each.place for each in done.refused] == [0, 1, 3]
    assert "pathway_closed" in done.refused[2].allowed
    assert done.recorded == 1


def test_what_is_taken_out_at_once_needs_no_legal_move(engine: Engine) -> None:
    done = engine.record_all([JOB, REOPENED, annulled("c2", "again")], actor=KIM)
    assert (done.recorded, list(done.irregular)) == (3, [])


def test_facts_without_a_legal_move_can_be_kept(engine: Engine) -> None:
    done = engine.record_all([JOB, REOPENED], actor=KIM, late=True)
    assert (done.recorded, list(done.irregular)) == (2, ["again"])


def test_facts_of_the_database_can_be_named(engine: Engine) -> None:
    engine.record_all([START], actor=KIM)
    done = engine.record_all([annulled("c1", "start")], actor=KIM)
    assert (done.recorded, len(done.withdrawals)) == (1, 3)
    assert known(engine, "c1") == []


def test_a_model_of_another_family_is_refused(engine: Engine) -> None:
    other = load(str(STORIES.parent / "models" / "permit.yaml"))
    engine.models.add(other)
    change = ModelChanged(id="m", model=other.reference, digest=other.digest, policy="keep", effective=MONDAY)
    with pytest.raises(FactsRefused, match="is of family") as refused:
        engine.record_all([START, Arrival("c1", change, NOW)], actor=KIM)
    assert [place for place, _ in reasons(refused.value)] == [1]


def test_every_municipality_of_it_must_be_allowed(engine: Engine) -> None:
    with pytest.raises(NotAllowed, match="0851"):
        engine.record_all([START, JOB._replace(municipality="0851")], actor=KIM)
    with pytest.raises(NotAllowed, match="kim as caseworker may not import"):
        engine.import_([START], actor=KIM)
    assert rows(engine, "indsats_events") == []


def test_the_host_can_take_it_back(engine: Engine) -> None:
    before = everything(engine)
    with engine.transaction() as connection:
        done = engine.record_all([START, JOB], actor=KIM, connection=connection)
        connection.rollback()
    assert done.recorded == 2
    assert everything(engine) == before


# Tried, and corrected


def test_an_import_that_is_tried_answers_as_the_import_does_and_records_nothing(engine: Engine) -> None:
    engine.record_all([START], actor=KIM)
    before = everything(engine)
    wrong = annulled("c2", "nothing")
    arrivals = [START, JOB, REOPENED, wrong]
    tried = engine.import_(arrivals, actor=ADMIN, skip_refused=True, dry_run=True)
    assert everything(engine) == before
    assert (tried.recorded, tried.repeated, list(tried.irregular)) == (2, 1, ["again"])
    assert engine.import_(arrivals, actor=ADMIN, skip_refused=True) == tried


def test_the_right_fact_must_be_of_the_same_citizen_and_can_be_signed_by_another(engine: Engine) -> None:
    engine.record_all([START], actor=KIM)
    right = facts.ledighedsydelse_started(on=MONDAY + ONE_DAY, route="mover_in", id="right")
    before = everything(engine)
    with pytest.raises(UnknownFact, match="no fact of c2 in municipality 0336 has the id 'start'"):
        engine.correct("start", right, actor=KIM, citizen="c2")
    assert everything(engine, [*JOURNALS]) == before
    engine.correct("start", right, actor=KIM, citizen="c1", signature=Signature("ida", "caseworker"))
    assert known(engine, "c1") == [("right", "ledighedsydelse_started")]
    signed = [(name, actor) for name, actor in rows(engine, "indsats_events", "name", "actor")]
    assert {("fact_annulled.1", "kim"), ("fact_recorded.1", "ida")} <= set(signed)


def test_follow_ups_are_not_asked_for_by_what_waits_no_more(engine: Engine) -> None:
    with pytest.raises(InputInvalid, match="status: nobody has to follow up what is met; allowed: open, on_hold"):
        engine.follow_ups(actor=KIM, wanted=Wanted(status=("open", "met")))
