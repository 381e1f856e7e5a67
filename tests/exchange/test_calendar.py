"""The calendar file: read by another's reader, it holds what a worker has to follow up, under names that stay."""

import stat
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import icalendar
import pytest
from tests.engine.looking import KIM, MONDAY, rows, started

from indsats.clock import VirtualClock
from indsats.domain import facts
from indsats.domain.values import Actor
from indsats.engine import Engine
from indsats.errors import InputInvalid, NotAllowed, UnknownWorker
from indsats.exchange.calendar import Feed, calendar, write_calendar
from indsats.store.keys import Keys

WEEK = timedelta(days=7)
FIRST = "Første samtale senest efter en uge"
TALKED = facts.first_conversation_held(on=MONDAY, participants=["caseworker"], id="talk")


@pytest.fixture
def clock() -> VirtualClock:
    return VirtualClock(datetime(2017, 1, 2, 9, 30, 15, tzinfo=UTC))


@pytest.fixture
def engine(tmp_path: Path, clock: VirtualClock, keys: Keys) -> Iterator[Engine]:
    """An engine with one citizen of anna's, who is to hold three things."""
    url = f"sqlite:///{tmp_path / 'indsats.db'}"
    with Engine(url, "stevns-2017", clock=clock, keys=keys, create=True) as engine:
        assigned = facts.worker_assigned(on=MONDAY, worker="anna", as_role="caseworker", at_unit="north")
        engine.record("blåbær-1", [started(), assigned], actor=KIM)
        yield engine


def feed(engine: Engine, lang: str = "da") -> Feed:
    return calendar(engine, "anna", actor=KIM, lang=lang)


def read(data: bytes) -> Any:
    return icalendar.Calendar.from_ical(data)


def events(data: bytes) -> dict[str, Any]:
    """The entries by the beginning of what they say."""
    found = read(data).events
    assert not [error for event in found for error in event.errors]
    return {str(event["SUMMARY"]).partition(" – ")[0]: event for event in found}


def test_each_due_day_is_an_all_day_entry(engine: Engine) -> None:
    found = events(feed(engine).data)
    assert len(found) == 3
    event = found[FIRST]
    assert event["DTSTART"].dt == date(2017, 1, 9)
    assert type(event["DTSTART"].dt) is date
    assert "DTEND" not in event
    assert str(event["SUMMARY"]) == f"{FIRST} – blåbær-1"
    lines = str(event["DESCRIPTION"]).split("\n")
    assert lines[:2] == ["Senest: 2017-01-09", "Book senest: 2017-01-09"]
    assert lines[2].startswith(f"{FIRST} (udløst af ledighedsydelse_started 2017-01-02; ")
    assert event.categories == ["Åben"]
    assert (event["TRANSP"], event["CLASS"], event["STATUS"]) == ("TRANSPARENT", "PRIVATE", "CONFIRMED")


def test_the_file_is_a_calendar_by_the_standard(engine: Engine) -> None:
    found = read(feed(engine).data)
    assert found["VERSION"] == "2.0"
    assert str(found["PRODID"]).startswith("-//indsats//")
    assert str(found["NAME"]) == str(found["X-WR-CALNAME"]) == "Frister: anna"
    assert all({"UID", "DTSTAMP"} <= event.keys() for event in found.events)
    assert len({event["UID"] for event in found.events}) == len(found.events) == 3


def test_lines_are_folded_between_characters_and_end_as_the_standard_says(engine: Engine) -> None:
    lines = feed(engine).data.split(b"\r\n")
    assert lines.pop() == b""
    assert not [line for line in lines if b"\n" in line or b"\r" in line]
    assert max(map(len, lines)) <= 75
    assert len([line for line in lines if line.startswith(b" ")]) > 3
    for line in lines:
        line.decode()


def test_signs_with_a_meaning_and_signs_of_control_come_back_as_text(
    tmp_path: Path, clock: VirtualClock, keys: Keys
) -> None:
    title = "a, b; c\\n d: æøå\t" + "ø" * 90
    model = tmp_path / "own.yaml"
    model.write_text(
        "id: own\nversion: 1\nmunicipality: '0336'\nroles: {host: {}}\n"
        "facts:\n  came: {}\n  left: {}\n"
        "  joined: {fields: {worker: text, as_role: role}, effect: assignment_start}\n"
        f"rules:\n  go:\n    title: '{title}'\n    kind: deadline\n    when: {{fact: came}}\n"
        "    require: {fact: left}\n    within: P7D\n    scope: pathway\n    responsible: host\n"
    )
    with Engine(f"sqlite:///{tmp_path}/own.db", str(model), clock=clock, keys=keys, create=True) as engine:
        joined = facts.NewFact(kind="joined", on=MONDAY, fields={"worker": "anna\x07;", "as_role": "host"})
        engine.record("c,1;\\n", [facts.NewFact(kind="came", on=MONDAY), joined], actor=KIM)
        data = calendar(engine, "anna\x07;", actor=KIM).data
    [event] = read(data).events
    assert str(event["SUMMARY"]) == f"{title} – c,1;\\n"
    assert b"\r\nNAME:Frister: anna \\;\r\n" in data


def test_a_name_stays_over_runs_and_when_the_due_day_moves(engine: Engine, clock: VirtualClock) -> None:
    before = events(feed(engine).data)
    hold = [
        facts.hold_started(on=MONDAY + timedelta(days=1), reason="exemption"),
        facts.hold_ended(on=MONDAY + timedelta(days=3), reason="exemption"),
    ]
    clock.at += timedelta(days=4)
    engine.record("blåbær-1", hold, actor=KIM)
    after = events(feed(engine).data)
    assert after[FIRST]["DTSTART"].dt == date(2017, 1, 12)
    assert {name: event["UID"] for name, event in after.items()} == {
        name: event["UID"] for name, event in before.items()
    }
    assert after[FIRST]["SEQUENCE"] > before[FIRST]["SEQUENCE"] > 0
    assert after[FIRST]["DTSTAMP"].dt == after[FIRST]["LAST-MODIFIED"].dt == clock.at
    assert before[FIRST]["DTSTAMP"].dt == clock.at - timedelta(days=4)


def test_a_name_tells_nothing_of_the_citizen(engine: Engine) -> None:
    engine.record("blåbær-2", [started(id="other")], actor=KIM)
    assigned = facts.worker_assigned(on=MONDAY, worker="anna", as_role="caseworker", at_unit="north")
    engine.record("blåbær-2", assigned, actor=KIM)
    names = [entry.uid for entry in feed(engine).entries]
    assert len(set(names)) == 6
    assert not [name for name in names if "bl" in name or "start" in name or "first" in name]


def test_what_is_done_is_in_the_next_file_no_more(engine: Engine) -> None:
    assert FIRST in events(feed(engine).data)
    engine.record("blåbær-1", TALKED, actor=KIM)
    assert FIRST not in events(feed(engine).data)
    engine.annul("talk", "another citizen", actor=KIM)
    assert FIRST in events(feed(engine).data)
    engine.record("blåbær-1", facts.pathway_closed(on=MONDAY, reason="moved_out"), actor=KIM)
    empty = feed(engine)
    assert (empty.entries, events(empty.data)) == ([], {})


def test_what_was_not_kept_is_marked_and_stays_on_its_day(engine: Engine, clock: VirtualClock) -> None:
    clock.at += 2 * WEEK - timedelta(days=1)
    found = events(feed(engine).data)
    late = found[f"Overskredet: {FIRST}"]
    assert late["DTSTART"].dt == date(2017, 1, 9)
    assert late.categories == ["Overskredet"]
    assert int(late["PRIORITY"]) == 1
    others = [event for name, event in found.items() if name != f"Overskredet: {FIRST}"]
    assert {int(event["PRIORITY"]) for event in others} == {5}


def test_what_is_on_hold_is_marked_and_without_a_due_day_counted_only(engine: Engine, clock: VirtualClock) -> None:
    engine.record("blåbær-1", facts.hold_started(on=MONDAY, reason="exemption"), actor=KIM)
    on_hold = feed(engine)
    assert (on_hold.without_due_day, events(on_hold.data)) == (3, {})
    engine.record("blåbær-1", facts.hold_ended(on=MONDAY, reason="exemption"), actor=KIM)
    known_again = feed(engine)
    assert known_again.without_due_day == 0
    assert f"I bero: {FIRST}" in events(known_again.data)


def test_another_language(engine: Engine, clock: VirtualClock) -> None:
    clock.at += 2 * WEEK - timedelta(days=1)
    data = feed(engine, "en").data
    assert str(read(data)["NAME"]) == "Deadlines: anna"
    late = events(data)["Overdue: First conversation within a week"]
    assert str(late["DESCRIPTION"]).startswith(
        "Due: 2017-01-09\nBook by: 2017-01-09\nFirst conversation within a week (because"
    )


def test_what_is_personal_is_not_in_it(engine: Engine, clock: VirtualClock) -> None:
    clock.at += 2 * WEEK
    remark = facts.breach_remarked(on=MONDAY, rule="first_conversation", remark="indlagt")
    engine.record("blåbær-1", remark, actor=KIM)
    assert b"indlagt" not in feed(engine).data


def test_it_is_noted_as_a_read_and_asks_for_the_right(engine: Engine) -> None:
    feed(engine)
    assert rows(engine, "indsats_reads", "command", "actor", "filter")[-1][:2] == ("follow_ups", "kim")
    with pytest.raises(NotAllowed):
        calendar(engine, "anna", actor=Actor("mo", "mentor"))


def test_an_unknown_worker_gets_no_empty_calendar(engine: Engine) -> None:
    with pytest.raises(UnknownWorker, match=r"nobody was ever assigned as 'ana'.*allowed: anna; did you mean anna\?"):
        calendar(engine, "ana", actor=KIM)


# The file


def test_the_file_is_replaced_as_a_whole_and_kept_from_others(engine: Engine, tmp_path: Path) -> None:
    path = tmp_path / "anna.ics"
    write_calendar(feed(engine), path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    path.chmod(0o640)
    engine.record("blåbær-1", TALKED, actor=KIM)
    shorter = feed(engine)
    write_calendar(shorter, path)
    assert path.read_bytes() == shorter.data
    assert stat.S_IMODE(path.stat().st_mode) == 0o640
    assert [other.name for other in tmp_path.glob("*.ics*")] == ["anna.ics"]


def test_a_file_that_cannot_be_written_is_told_and_leaves_nothing(engine: Engine, tmp_path: Path) -> None:
    with pytest.raises(InputInvalid, match=r"nowhere/anna\.ics: cannot be written: No such file"):
        write_calendar(feed(engine), tmp_path / "nowhere" / "anna.ics")
    (tmp_path / "taken.ics").mkdir()
    with pytest.raises(InputInvalid, match=r"taken\.ics: cannot be written: Is a directory"):
        write_calendar(feed(engine), tmp_path / "taken.ics")
    assert [entry.name for entry in tmp_path.iterdir() if "ics" in entry.name] == ["taken.ics"]
