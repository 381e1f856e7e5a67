"""The run of a replay: what is one transaction, when the sweeps are, what is seen and what is not."""

import json
from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta

import pytest
from tests.playing import stored, streams
from tests.strategies import STEVNS

from indsats.domain.calendar import ONE_DAY, start_of
from indsats.domain.events import DeadlineBreached, FactAnnulled, FactRecorded, ModelChanged
from indsats.domain.ledger import Verdict
from indsats.engine.results import View
from indsats.replay.facts_file import FactsFile, read_facts
from indsats.replay.run import Replayed, replay

START: dict[str, object] = {
    "citizen": "c1",
    "on": "2017-01-02",
    "fact": "ledighedsydelse_started",
    "route": "mover_in",
    "id": "start",
}
"""A first conversation is due on 9 January."""

HELD: dict[str, object] = {
    "citizen": "c1",
    "on": "2017-01-09",
    "fact": "first_conversation_held",
    "participants": [],
    "id": "held",
}


def _read(*lines: Mapping[str, object]) -> FactsFile:
    return read_facts("\n".join(map(json.dumps, lines)).encode(), "facts.jsonl", STEVNS)


def _replay(until: str, *lines: Mapping[str, object]) -> Replayed:
    file = _read(*lines)
    return replay(STEVNS, file.entries, date.fromisoformat(until), others=file.models)


def _only(views: Sequence[View]) -> View:
    [view] = views
    return view


def _ledger(ledger: Sequence[Verdict], rule: str = "first_conversation") -> list[str]:
    return [
        f"{'breached' if isinstance(verdict, DeadlineBreached) else 'withdrawn'} {verdict.found_on}"
        for verdict in ledger
        if verdict.rule == rule
    ]


def _first_conversation(run: Replayed) -> list[str]:
    return _ledger(_only(run.views()).ledger)


# One instant, one transaction


def test_facts_of_one_instant_are_one_transaction_with_no_finding_between_them() -> None:
    late = {"recorded": "2017-01-20T09:00:00+01:00"}
    assert _first_conversation(_replay("2017-01-31", START | late, HELD | late)) == []


def test_facts_a_microsecond_apart_are_two_transactions() -> None:
    first, second = {"recorded": "2017-01-20T09:00:00+01:00"}, {"recorded": "2017-01-20T09:00:00.000001+01:00"}
    ledger = _first_conversation(_replay("2017-01-31", START | first, HELD | second))
    assert ledger == ["breached 2017-01-20", "withdrawn 2017-01-20"]


def test_an_instant_is_the_same_however_its_offset_is_written() -> None:
    lines = (START | {"recorded": "2017-01-20T09:00:00+01:00"}, HELD | {"recorded": "2017-01-20T08:00:00Z"})
    assert _first_conversation(_replay("2017-01-31", *lines)) == []


def test_an_instant_of_two_citizens_is_two_transactions() -> None:
    late = {"recorded": "2017-01-20T09:00:00+01:00"}
    lines = [
        line | late | {"citizen": citizen, "id": f"{line['id']}-{citizen}"}
        for line in (START, HELD)
        for citizen in "ab"
    ]
    events = stored(_replay("2017-01-20", *lines).engine)
    commands = [{event.envelope.command for event in of_citizen} for of_citizen in events.values()]
    assert [len(of_citizen) for of_citizen in commands] == [1, 1]
    assert commands[0] != commands[1]


def test_a_correction_is_one_transaction_that_names_the_last_registered_fact() -> None:
    corrected = {"recorded": "2017-01-20T09:00:00+01:00"}
    run = _replay(
        "2017-01-31",
        START,
        {"citizen": "c1", "fact": "annulled", "of": "start", "reason": "another day", "id": "taken-out"} | corrected,
        START | {"on": "2017-01-03", "id": "start-again"} | corrected,
    )
    verdicts = [verdict for verdict in _only(run.views()).ledger if verdict.rule == "first_conversation"]
    assert _ledger(verdicts) == ["breached 2017-01-10", "withdrawn 2017-01-20", "breached 2017-01-20"]
    assert [str(verdict.due) for verdict in verdicts] == ["2017-01-09", "2017-01-09", "2017-01-10"]
    assert [getattr(verdict, "because_of", None) for verdict in verdicts] == [None, "start-again", None]


def test_every_fact_of_a_transaction_keeps_its_own_actor() -> None:
    together = {"recorded": "2017-01-09T09:00:00+01:00"}
    run = _replay(
        "2017-01-09",
        START | together | {"actor": "w1", "role": "caseworker"},
        HELD | together | {"actor": "w2", "role": "company_consultant"},
    )
    [events] = stored(run.engine).values()
    who = {event.body.fact: event.envelope for event in events if isinstance(event.body, FactRecorded)}
    assert {fact: (one.actor, one.role) for fact, one in who.items()} == {
        "start": ("w1", "caseworker"),
        "held": ("w2", "company_consultant"),
    }


def test_what_an_entry_says_of_its_registration_is_stored() -> None:
    run = _replay("2017-01-31", START | {"actor": "w1", "role": "caseworker", "unit": "Jobcenter Stevns"})
    [events] = stored(run.engine).values()
    [(envelope, body)] = [(event.envelope, event.body) for event in events if isinstance(event.body, FactRecorded)]
    assert (envelope.actor, envelope.role, body.unit) == ("w1", "caseworker", "Jobcenter Stevns")
    assert (envelope.municipality, envelope.subject, envelope.model_digest) == ("0336", "citizen", STEVNS.digest)
    assert envelope.recorded_at == envelope.stored_at == datetime.fromisoformat("2017-01-02T12:00:00+01:00")
    assert body.fields == {"route": "mover_in"}
    findings = [event.envelope for event in events if isinstance(event.body, DeadlineBreached)]
    assert {(envelope.actor, envelope.role) for envelope in findings} == {("scheduler", "system")}


# Sweeps


@pytest.mark.parametrize(
    ("recorded", "ledger"),
    [
        ("2017-01-09T23:59:59.999999+01:00", []),
        ("2017-01-10T00:00:00+01:00", ["breached 2017-01-10", "withdrawn 2017-01-10"]),
        ("2017-01-10T09:00:00+01:00", ["breached 2017-01-10", "withdrawn 2017-01-10"]),
        ("2017-01-12T09:00:00+01:00", ["breached 2017-01-10", "withdrawn 2017-01-12"]),
    ],
)
def test_a_day_is_swept_at_its_beginning_before_its_facts(recorded: str, ledger: list[str]) -> None:
    assert _first_conversation(_replay("2017-01-31", START, HELD | {"recorded": recorded})) == ledger


def test_what_a_sweep_finds_is_known_from_the_beginning_of_the_day() -> None:
    run = _replay("2017-01-31", START, HELD | {"recorded": "2017-01-10T09:00:00+01:00"})
    midnight = datetime.fromisoformat("2017-01-10T00:00:00+01:00")
    assert _ledger(_only(run.views(known_at=midnight)).ledger) == ["breached 2017-01-10"]
    assert _ledger(_only(run.views(known_at=midnight - timedelta(microseconds=1))).ledger) == []


def test_every_day_is_swept_from_the_first_registration_to_the_last_day_both_included() -> None:
    assert _replay("2017-01-02", START).days == 1
    assert _replay("2017-03-31", START).days == 89


def test_a_sweep_looks_only_at_pathways_whose_next_change_has_come() -> None:
    # Due on 9 January, 16 January and 2 April, and looked at on the day after each.
    assert _replay("2017-01-09", START).visited == 0
    assert _replay("2017-01-10", START).visited == 1
    assert _replay("2018-06-30", START).visited == 3


def test_a_planned_fact_takes_effect_in_the_sweep_of_its_day() -> None:
    closed = {"citizen": "c1", "fact": "pathway_closed", "reason": "moved_out", "recorded": "2017-01-03T09:00:00+01:00"}
    run = _replay("2017-01-31", START, closed | {"on": "2017-01-10"})
    phases = [_only(run.views(date(2017, 1, day), start_of(date(2017, 1, day)))) for day in (9, 10)]
    assert [view.derivation.timeline.phase for view in phases] == ["ledighedsydelse", "closed"]
    assert _first_conversation(run) == ["breached 2017-01-10"]
    assert _first_conversation(_replay("2017-01-31", START, closed | {"on": "2017-01-09"})) == []


def test_progress_is_told_of_every_entry_that_was_taken() -> None:
    file = _read(START, HELD, START | {"citizen": "c2", "id": "other"}, HELD | {"on": "2017-02-09", "id": "later"})
    told: list[int] = []
    replay(STEVNS, file.entries, date(2017, 1, 31), others={}, progress=told.append)
    assert sum(told) == 3


# What is seen


def test_entries_registered_after_the_last_day_are_not_seen() -> None:
    late = HELD | {"recorded": "2017-02-01T00:00:00+01:00"}
    assert _first_conversation(_replay("2017-01-31", START, late)) == ["breached 2017-01-10"]
    just_in_time = HELD | {"recorded": "2017-01-31T23:59:59.999999+01:00"}
    ledger = _first_conversation(_replay("2017-01-31", START, just_in_time))
    assert ledger == ["breached 2017-01-10", "withdrawn 2017-01-31"]


def test_a_citizen_first_registered_after_the_last_day_is_not_there() -> None:
    run = _replay("2017-01-31", START, START | {"citizen": "c2", "id": "x", "recorded": "2017-02-01T09:00:00+01:00"})
    assert [view.citizen for view in run.views()] == ["c1"]
    nobody = _replay("2017-01-01", START)
    assert (nobody.views(), nobody.days, nobody.visited) == ([], 0, 0)


def test_a_run_without_entries_has_nothing_to_say() -> None:
    run = replay(STEVNS, [], date(2017, 1, 31), others={})
    assert run.views() == []


def test_a_run_can_be_seen_from_a_point_before_its_end() -> None:
    run = _replay("2017-01-31", START, HELD | {"recorded": "2017-01-18T09:00:00+01:00"})
    before = _only(run.views(known_at=datetime.fromisoformat("2017-01-18T08:59:59+01:00")))
    assert _ledger(before.ledger) == ["breached 2017-01-10"]
    assert before.derivation.timeline.as_of == date(2017, 1, 18)
    on_time = _only(run.views(as_of=date(2017, 1, 8)))
    statuses = {owed.rule: owed.status for owed in on_time.derivation.obligations}
    assert statuses["first_conversation"] == "open"
    assert _ledger(on_time.ledger) == ["breached 2017-01-10", "withdrawn 2017-01-18"]


def test_an_id_that_stands_twice_is_recorded_once_at_its_first_instant() -> None:
    again = HELD | {"recorded": "2017-01-20T09:00:00+01:00", "actor": "w2"}
    file = _read(START, again, HELD)
    assert file.repeated == 1
    run = replay(STEVNS, file.entries, date(2017, 1, 31), others={})
    [events] = stored(run.engine).values()
    assert [event.body.fact for event in events if isinstance(event.body, FactRecorded)] == ["start", "held"]
    assert _first_conversation(run) == []


def test_the_lines_of_a_file_can_stand_in_any_order() -> None:
    lines = [START, HELD | {"recorded": "2017-01-18T09:00:00+01:00"}]
    ledger = _first_conversation(_replay("2017-01-31", *lines))
    assert ledger == _first_conversation(_replay("2017-01-31", *reversed(lines)))


def test_what_stands_first_in_the_file_is_registered_first_of_one_instant() -> None:
    referred = {"citizen": "c1", "on": "2017-01-09", "fact": "referred"}
    individual, club = referred | {"track": "individual"}, referred | {"track": "job_club"}
    attended = {"citizen": "c1", "on": "2017-01-12", "fact": "job_club_attended", "club": "k1"}
    for lines, status in (
        ((START, individual, club, attended), "met"),
        ((START, club, individual, attended), "breached"),
    ):
        # However the entries are handed over.
        for entries in (_read(*lines).entries, _read(*lines).entries[::-1]):
            run = replay(STEVNS, entries, date(2017, 1, 31), others={})
            owed = {owed.rule: owed.status for owed in _only(run.views()).derivation.obligations}
            assert owed["job_club"] == status


def test_a_fact_without_a_legal_move_is_kept_and_flagged() -> None:
    refused = {"citizen": "c1", "on": "2017-01-05", "fact": "flexjob_refused", "outcome": "no", "id": "refused"}
    timeline = _only(_replay("2017-01-31", START, refused).views()).derivation.timeline
    assert [timeline.facts[index].id for index in timeline.irregular] == ["refused"]
    assert timeline.phase == "ledighedsydelse"


# Municipalities, units, models


def test_a_citizen_of_two_municipalities_has_two_pathways_and_ids_of_each_stand_alone() -> None:
    run = _replay(
        "2017-01-31",
        START,
        HELD,
        START | {"municipality": "0851"},
        HELD | {"municipality": "0851", "on": "2017-01-10"},
    )
    ledgers = {(view.citizen, view.municipality): _ledger(view.ledger) for view in run.views()}
    assert ledgers == {("c1", "0336"): [], ("c1", "0851"): ["breached 2017-01-10"]}


def test_an_entry_that_names_no_municipality_is_of_the_models_own() -> None:
    run = _replay("2017-01-31", START, HELD | {"municipality": "0336"})
    assert [(view.municipality, _ledger(view.ledger)) for view in run.views()] == [("0336", [])]


def test_facts_of_a_unit_are_stored_but_no_pathway_of_a_citizen() -> None:
    met = {"unit": "c1", "on": "2017-01-05", "fact": "club_meeting_held", "club": "k1", "hours": 3, "id": "met"}
    run = _replay("2017-01-31", START, met)
    assert [view.citizen for view in run.views()] == ["c1"]
    assert [fact.id for fact in _only(run.views()).derivation.timeline.facts] == ["start"]
    of_unit = streams(run.engine)["unit", "c1", "0336"]
    assert [event.body.fact for event in of_unit if isinstance(event.body, FactRecorded)] == ["met"]
    assert {event.envelope.subject for event in of_unit} == {"unit"}


def test_a_line_can_move_a_pathway_to_another_model() -> None:
    changed = {"citizen": "c1", "fact": "model_changed", "to": "aalborg-2017", "id": "move"}
    run = _replay(
        "2017-01-31",
        START,
        changed | {"policy": "reevaluate", "effective": "2017-01-12", "recorded": "2017-01-05T09:00:00+01:00"},
    )
    view = _only(run.views())
    assert _ledger(view.ledger) == ["breached 2017-01-10", "withdrawn 2017-01-12"]
    assert [verdict.because_of for verdict in view.ledger if not isinstance(verdict, DeadlineBreached)] == [None]
    assert {owed.rule for owed in view.derivation.obligations} == {"job_club", "cv", "job_search_strategy", "abc_plan"}
    [events] = stored(run.engine).values()
    [move] = [event.body for event in events if isinstance(event.body, ModelChanged)]
    assert (move.id, move.model, move.policy, move.effective) == (
        "move",
        "aalborg-2017@1",
        "reevaluate",
        date(2017, 1, 12),
    )
    digests = {
        event.body.rule: event.envelope.model_digest for event in events if isinstance(event.body, DeadlineBreached)
    }
    assert digests == {"first_conversation": STEVNS.digest, "job_club": move.digest}


def test_an_annulment_is_stored_with_its_reason() -> None:
    taken_out = {"citizen": "c1", "fact": "annulled", "of": "start", "reason": "another citizen", "id": "x"}
    run = _replay("2017-01-31", START, taken_out | {"recorded": "2017-01-12T09:00:00+01:00"})
    [events] = stored(run.engine).values()
    assert [event.body for event in events if isinstance(event.body, FactAnnulled)] == [
        FactAnnulled(id="x", fact="start", reason="another citizen")
    ]
    view = _only(run.views())
    assert (view.derivation.obligations, _ledger(view.ledger)) == ((), ["breached 2017-01-10", "withdrawn 2017-01-12"])


# Days on which the clocks change


@pytest.mark.parametrize(
    ("start", "due", "recorded", "ledger"),
    [
        ("2017-03-19", "2017-03-26", "2017-03-26T23:59:59+02:00", []),
        ("2017-03-19", "2017-03-26", "2017-03-27T00:00:00+02:00", ["breached 2017-03-27", "withdrawn 2017-03-27"]),
        # An hour that is still of the day before, by the clock of winter.
        ("2017-03-19", "2017-03-26", "2017-03-26T22:30:00Z", ["breached 2017-03-27", "withdrawn 2017-03-27"]),
        ("2017-10-22", "2017-10-29", "2017-10-29T23:59:59+01:00", []),
        ("2017-10-22", "2017-10-29", "2017-10-29T22:30:00Z", []),
        ("2017-10-22", "2017-10-29", "2017-10-29T23:00:00Z", ["breached 2017-10-30", "withdrawn 2017-10-30"]),
    ],
)
def test_a_day_ends_at_midnight_in_copenhagen_also_where_it_has_23_or_25_hours(
    start: str, due: str, recorded: str, ledger: list[str]
) -> None:
    run = _replay("2017-11-30", START | {"on": start}, HELD | {"on": due, "recorded": recorded})
    assert _first_conversation(run) == ledger


@pytest.mark.parametrize(("day", "hours"), [("2017-03-26", 23), ("2017-10-29", 25)])
def test_a_day_on_which_the_clocks_change_is_swept_once(day: str, hours: int) -> None:
    changing = date.fromisoformat(day)
    assert (start_of(changing + ONE_DAY) - start_of(changing)).total_seconds() == hours * 3600
    assert _replay(str(changing + ONE_DAY), START | {"on": str(changing - ONE_DAY)}).days == 3


def test_an_hour_that_the_clock_shows_twice_keeps_its_order() -> None:
    start = START | {"on": "2017-10-29", "recorded": "2017-10-29T02:10:00+02:00"}
    first = {"citizen": "c1", "on": "2017-10-29", "fact": "referred"}
    # By the clock the job club comes first; by time it is registered later, so that it decides.
    individual = first | {"track": "individual", "recorded": "2017-10-29T02:30:00+02:00"}
    club = first | {"track": "job_club", "recorded": "2017-10-29T02:20:00+01:00"}
    attended = {"citizen": "c1", "on": "2017-11-01", "fact": "job_club_attended", "club": "k1"}
    [owed] = [
        owed
        for owed in _only(_replay("2017-11-30", start, club, individual, attended).views()).derivation.obligations
        if owed.rule == "job_club"
    ]
    assert owed.status == "met"
