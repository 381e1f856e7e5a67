"""Entries of files: defaults, ids, what names what, and every fault with its key."""

from datetime import UTC, date, datetime

import pytest
from tests.replay.fact_lines import ANNULLED, CHANGED, HELD, JOB, MEETING, MODEL, START, fault, lines, read

from indsats.errors import FactsInvalid
from indsats.replay.entries import AnnulmentLine, FactLine, Into, ModelChangeLine, last_day, looks_like_cpr
from indsats.replay.facts_file import read_facts


def test_a_fact_is_read_with_its_fields_as_stored() -> None:
    entry = {**JOB, "recorded": "2017-03-02T09:00:00+01:00", "id": "f1", "actor": "sb-17", "role": "caseworker"}
    assert read(lines({**entry, "municipality": "0851", "unit": "south", "attendance_hours": None})).entries == (
        FactLine(
            line=1,
            position=1,
            citizen="c1",
            unit="south",
            kind="flexjob_started",
            on=date(2017, 3, 1),
            recorded_at=datetime(2017, 3, 2, 8, tzinfo=UTC),
            id="f1",
            actor="sb-17",
            role="caseworker",
            municipality="0851",
            fields={"employment": "e1", "weekly_hours": "7.5"},
        ),
    )


def test_what_is_not_said_has_its_default() -> None:
    (entry,) = read(lines(START)).entries
    assert entry.recorded_at == datetime(2017, 1, 2, 11, tzinfo=UTC), "twelve o'clock in Copenhagen"
    assert (entry.actor, entry.role, entry.municipality, entry.unit) == ("import", "system", "0336", None)
    assert len(entry.id) == 32


def test_the_municipality_of_the_entry_comes_before_the_given_one_and_that_before_the_models() -> None:
    data = lines(START, {**HELD, "municipality": "0101"})
    found = read_facts(data, "facts.jsonl", MODEL, municipality="0851").entries
    assert [entry.municipality for entry in found] == ["0851", "0101"]


def test_a_unit_level_fact_names_its_unit() -> None:
    (entry,) = read(lines(MEETING)).entries
    assert (entry.citizen, entry.unit, entry.subject) == (None, "club-1", "club-1")


def test_an_annulment_needs_no_day_of_its_own() -> None:
    entry = {**ANNULLED, "on": None, "recorded": "2017-01-09T23:30:00Z"}
    _, annulment = read(lines({**START, "id": "f1"}, entry)).entries
    assert isinstance(annulment, AnnulmentLine)
    assert (annulment.of, annulment.reason) == ("f1", "wrong day")
    assert annulment.on == date(2017, 1, 10), "the day in Copenhagen"


def test_a_change_of_model_is_read_with_the_model() -> None:
    found = read(lines(START, {**CHANGED, "to": "aalborg-2017@1"}))
    changed = found.entries[1]
    assert isinstance(changed, ModelChangeLine)
    assert (changed.to, changed.policy, changed.effective) == ("aalborg-2017@1", "keep", date(2017, 6, 1))
    assert found.models["aalborg-2017@1"].reference == "aalborg-2017@1"


def test_the_last_day_is_that_of_any_day_or_registration() -> None:
    entries = read(lines({**START, "recorded": "2017-04-30T22:30:00Z"}, HELD, JOB)).entries
    assert last_day(entries) == date(2017, 5, 1), "half past midnight in Copenhagen"
    assert last_day(entries[1:]) == date(2017, 3, 1)
    assert last_day(()) is None


# Ids


def test_facts_without_an_id_have_one_of_their_content_and_equal_ones_are_counted() -> None:
    same = {**START, "recorded": "2017-01-04T09:00:00Z", "actor": "sb-17"}
    entries = read(lines(START, HELD, same, {**START, "citizen": "c2"})).entries
    assert len({entry.id for entry in entries}) == 4
    again = read(lines(HELD, same, START, {**START, "citizen": "c2"})).entries
    assert {entry.id for entry in again} == {entry.id for entry in entries}


def test_content_ids_are_told_apart_by_the_key() -> None:
    (public,) = read(lines(START)).entries
    (secret,) = read_facts(lines(START), "facts.jsonl", MODEL, into=Into(b"of one database")).entries
    assert public.id != secret.id


def test_the_same_id_with_the_same_content_stands_once_as_first_registered() -> None:
    late = {**JOB, "id": "f1", "weekly_hours": "7.50", "recorded": "2017-03-09T09:00:00Z", "actor": "sb-17"}
    early = {**JOB, "id": "f1", "recorded": "2017-03-02T09:00:00Z", "attendance_hours": None}
    for first, second, line in [(late, early, 2), (early, late, 1)]:
        found = read(lines(first, second, HELD))
        assert [entry.kind for entry in found.entries].count("flexjob_started") == 1
        assert found.repeated == 1
        kept = next(entry for entry in found.entries if entry.id == "f1")
        assert (kept.recorded_at, kept.line) == (datetime(2017, 3, 2, 9, tzinfo=UTC), line)


def test_an_annulment_repeated_on_another_day_is_the_same() -> None:
    annulment = {**ANNULLED, "id": "a1"}
    found = read(lines({**START, "id": "f1"}, annulment, {**annulment, "on": "2017-02-12"}))
    assert (len(found.entries), found.repeated) == (2, 1)


@pytest.mark.parametrize(
    "change",
    [{"citizen": "c2"}, {"on": "2017-03-02"}, {"weekly_hours": 8}, {"attendance_hours": 9}, START],
    ids=repr,
)
def test_the_same_id_with_other_content_is_a_fault_that_names_both_lines(change: dict[str, object]) -> None:
    other = {**change, "id": "f1"} if change is START else {**JOB, "id": "f1", **change}
    text = fault(lines({**JOB, "id": "f1"}, HELD, other))
    assert text == "facts.jsonl:3: id: 'f1' stands on line 1 too, with other content"


def test_one_id_in_two_municipalities_is_two_ids() -> None:
    assert len(read(lines({**START, "id": "f1"}, {**JOB, "id": "f1", "municipality": "0851"})).entries) == 2


# Faults

BASES = {str(base["fact"]): base for base in (START, HELD, JOB, MEETING, CHANGED)}
AN_ID = "allowed: an opaque id without white space"
A_DAY = "allowed: a day such as 2017-01-02"
AN_INSTANT = "allowed: an instant with offset such as 2017-01-02T09:00:00+01:00"
A_WORD = "allowed: text that is not blank"
FOUR_DIGITS = "municipality: is not four digits; allowed: text of four digits such as 0336"
HELD_BY = {"fact": "first_conversation_held"}
EMPLOYED = {"fact": "flexjob_started"}
MOVED = {"fact": "model_changed"}


@pytest.mark.parametrize(
    ("change", "text"),
    [
        ({"fact": "ledighedsydelse_startet"}, "fact: 'ledighedsydelse_startet' is no kind of fact; allowed: "),
        ({"fact": "flexjob_endet"}, "; did you mean flexjob_ended?"),
        ({"fact": "anulled"}, ", annulled, model_changed; did you mean annulled?"),
        ({"fact": 7}, "fact: must be text; allowed: pathway_opened, "),
        ({"fact": None}, "fact: missing; allowed: pathway_opened, "),
        ({"rute": "mover_in"}, "rute: unknown field; allowed: route; did you mean route?"),
        ({"recordet": "x"}, "recordet: unknown field; allowed: route; did you mean recorded?"),
        ({"route": 7}, "route: is a number; allowed: rehab_referral, "),
        ({"route": {"to": "x"}}, "route: is an object; allowed: rehab_referral, "),
        ({**EMPLOYED, "weekly_hours": None}, "weekly_hours: missing; allowed: a number from 0 to 168 such as 7.5"),
        ({**EMPLOYED, "weekly_hours": -1}, "weekly_hours: -1 lies outside 0 to 168; allowed: a number from 0 to 168"),
        ({**EMPLOYED, "weekly_hours": 168.01}, "weekly_hours: 168.01 lies outside 0 to 168"),
        ({**EMPLOYED, "weekly_hours": float("nan")}, "weekly_hours: 'NaN' is no number"),
        ({**EMPLOYED, "weekly_hours": float("-inf")}, "weekly_hours: '-Infinity' is no number"),
        ({**EMPLOYED, "weekly_hours": 10**100}, "weekly_hours: '1000"),
        ({**EMPLOYED, "weekly_hours": True}, "weekly_hours: is true or false"),
        ({**EMPLOYED, "employment": float("nan")}, "employment: is a number; allowed: text"),
        ({**EMPLOYED, "employer": "a\x00b"}, "employer: holds a NUL character; allowed: text"),
        ({**EMPLOYED, "employer": "\ud83d"}, "employer: holds half of a surrogate pair, which is no text"),
        ({**HELD_BY, "participants": "caseworker"}, "participants: is no list; allowed: a list of caseworker, "),
        ({**HELD_BY, "consultant_invited": "true"}, "consultant_invited: is text; allowed: true, false"),
        ({"on": "2017-02-30"}, f"on: '2017-02-30' does not exist in the calendar; {A_DAY}"),
        ({"on": "2/1 2017"}, f"on: '2/1 2017' is no day; {A_DAY}"),
        ({"on": 20170102}, f"on: is a number; {A_DAY}"),
        ({"on": None}, f"on: missing; {A_DAY}"),
        ({"recorded": "2017-01-02T09:00:00"}, f"'2017-01-02T09:00:00' names no offset from UTC; {AN_INSTANT}"),
        ({"recorded": "2017-07-02T09:00:00"}, "; did you mean 2017-07-02T09:00:00+02:00?"),
        ({"recorded": "2017-01-02"}, f"recorded: '2017-01-02' is no instant; {AN_INSTANT}"),
        ({"recorded": 1483344000}, f"recorded: is a number; {AN_INSTANT}"),
        ({"citizen": "0101701234"}, f"citizen: looks like a CPR number; {AN_ID}"),
        ({"citizen": "010170-1234"}, f"citizen: looks like a CPR number; {AN_ID}"),
        ({"citizen": " 010170 1234"}, f"citizen: looks like a CPR number; {AN_ID}"),
        ({"citizen": 101701234}, f"citizen: is a number; {AN_ID}"),
        ({"citizen": "c 1"}, f"citizen: holds white space; {AN_ID}"),
        ({"citizen": "c1\u00a0"}, f"citizen: holds white space; {AN_ID}"),
        ({"citizen": ""}, f"citizen: is blank; {AN_ID}"),
        ({"citizen": None}, f"citizen: missing, and no unit is named either; {AN_ID}"),
        ({"citizen": None, "unit": "u1"}, f"citizen: missing; {AN_ID}"),
        ({"fact": "club_meeting_held", "citizen": "c1"}, "kind club_meeting_held is a unit's and names no citizen"),
        ({"unit": " "}, f"unit: is blank; {A_WORD}"),
        ({"id": ""}, f"id: is blank; {A_WORD}"),
        ({"id": 7}, f"id: is a number; {A_WORD}"),
        ({"actor": False}, f"actor: is true or false; {A_WORD}"),
        ({"role": 7}, f"role: is a number; {A_WORD}"),
        ({"municipality": 336}, f"{FOUR_DIGITS}; did you mean 0336?"),
        ({"municipality": "Stevns"}, FOUR_DIGITS),
        ({"municipality": "٠٣٣٦"}, FOUR_DIGITS),
        ({"\ud83d": 1}, r"'\ud83d': unknown field; allowed: route"),
        ({"a\nb": 1}, r"'a\nb': unknown field; allowed: route"),
        ({**MOVED, "to": "aalborg-2071"}, "to: 'aalborg-2071' is no model that can be used: "),
        ({**MOVED, "to": "nowhere/model.yaml"}, "to: 'nowhere/model.yaml' is no model that can be used: "),
        ({**MOVED, "policy": "forget"}, "policy: 'forget' is not allowed; allowed: keep, reevaluate, future_only"),
        ({**MOVED, "effective": None}, f"effective: missing; {A_DAY}"),
        ({**MOVED, "on": None}, f"on: missing; {A_DAY}"),
        ({**MOVED, "citizen": None, "unit": "u1"}, f"citizen: missing; {AN_ID}"),
    ],
    ids=lambda value: repr(value) if isinstance(value, dict) else "",
)  # fmt: skip
def test_a_fault_names_file_line_and_key(change: dict[str, object], text: str) -> None:
    found = fault(lines(START, {**BASES.get(str(change.get("fact")), START), **change}, HELD))
    assert found.startswith("facts.jsonl:2: ")
    assert text in found
    assert "0101701234" not in found, "what may be a CPR number is not repeated"
    assert found.encode(), "a fault can be printed"


SUPPLEMENT = {"citizen": "c1", "fact": "supplemented", "on": "2017-02-01", "of": "f1", "topics": ["cv"]}


@pytest.mark.parametrize(
    ("entry", "text"),
    [
        ({**ANNULLED, "of": "f1x"}, "of: 'f1x' is no id of another fact of 'c1'; allowed: f1, s1; did you mean f1?"),
        ({**ANNULLED, "of": "other"}, "of: 'other' is no id of another fact of 'c1'; allowed: f1, s1"),
        ({**ANNULLED, "of": "a1"}, "of: 'a1' on line 3 is an annulment, which stays"),
        ({**ANNULLED, "of": "m1"}, "of: 'm1' on line 5 is a change of model, not a fact"),
        ({**ANNULLED, "municipality": "0851"}, "of: 'f1' is no id of another fact of 'c1'; allowed: none"),
        ({**SUPPLEMENT, "of": "s1x"}, "of: 's1x' is no id of another fact of 'c1'; allowed: f1, s1; did you mean s1?"),
        ({**SUPPLEMENT, "of": "me", "id": "me"}, "of: 'me' is no id of another fact of 'c1'; allowed: f1, s1"),
    ],
    ids=lambda value: repr(value) if isinstance(value, dict) else "",
)
def test_what_is_annulled_or_supplemented_is_a_fact_of_the_same_citizen(entry: dict[str, object], text: str) -> None:
    found = fault(
        lines(
            {**START, "id": "f1"},
            {**START, "citizen": "c2", "id": "other"},
            {**ANNULLED, "id": "a1"},
            {**SUPPLEMENT, "id": "s1"},
            {**CHANGED, "id": "m1"},
            entry,
        )
    )
    assert found.startswith("facts.jsonl:6: ")
    assert text in found


def test_a_fact_is_named_by_an_id_of_its_own_and_not_by_that_of_its_content() -> None:
    (entry,) = read(lines(START)).entries
    assert "is no id of another fact of 'c1'; allowed: none" in fault(lines(START, {**ANNULLED, "of": entry.id}))


def test_an_annulment_may_stand_before_its_fact() -> None:
    assert len(read(lines(ANNULLED, {**START, "id": "f1"})).entries) == 2


@pytest.mark.parametrize(
    ("citizen", "is_one"),
    [
        ("0101701234", True),
        ("010170-1234", True),
        ("01 01 70 12 34", True),
        ("010170\u20111234", True),
        ("٠١٠١٧٠١٢٣٤", True),
        ("c0101701234", False),
        ("010170123", False),
        ("01017012345", False),
        ("010170_1234", False),
    ],
)
def test_ten_digits_look_like_a_cpr_number(citizen: str, is_one: bool) -> None:
    assert looks_like_cpr(citizen) is is_one


def test_a_file_for_a_database_may_name_facts_that_are_not_in_it() -> None:
    into = Into(b"of one database", is_database=True)
    out = {"citizen": "c1", "fact": "annulled", "on": "2017-02-01", "of": "stored", "reason": "x"}
    (entry,) = read_facts(lines(out), "facts.jsonl", MODEL, into=into).entries
    assert isinstance(entry, AnnulmentLine)
    assert entry.of == "stored"
    anothers = START | {"citizen": "c2", "id": "stored"}
    with pytest.raises(FactsInvalid, match=r"facts\.jsonl:2: of: 'stored' is no id of another fact of 'c1'"):
        read_facts(lines(anothers, out), "facts.jsonl", MODEL, into=into)


def test_what_names_nobody_was_registered_by_who_records_it() -> None:
    (entry,) = read_facts(lines(START), "facts.jsonl", MODEL, into=Into(actor="kim", role="caseworker")).entries
    assert (entry.actor, entry.role) == ("kim", "caseworker")
