"""The catalogue: every field of every type in its stored form, and every fault of a fact at once."""

from collections.abc import Mapping
from datetime import date
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from indsats.domain.catalogue import REPLAY_KEY, Catalogue, FieldFault, content_id
from indsats.domain.model import FactKind, FieldType, FieldValue, Model, Title

ROLES = ("caseworker", "employer")
TRACKS = ("job_club", "individual")


def kind(name: str, rank: int, effect: str | None = None, **fields: FieldType) -> FactKind:
    return FactKind(name, rank, fields, effect)


MODEL = Model(
    id="small",
    version=1,
    digest="",
    family="small",
    phases={},
    moves=(),
    rules=(),
    title=Title("Lille", "Small"),
    roles={role: Title(role, role) for role in ROLES},
    facts={
        each.name: each
        for each in (
            kind(
                "everything",
                0,
                text=FieldType("text"),
                bool=FieldType("bool"),
                int=FieldType("int"),
                n=FieldType("int", optional=True),
                decimal=FieldType("decimal"),
                weekly_hours=FieldType("decimal", optional=True),
                date=FieldType("date"),
                duration=FieldType("duration"),
                follow_up_every=FieldType("duration", optional=True),
                instant=FieldType("instant"),
                role=FieldType("role"),
                activity=FieldType("kind"),
                track=FieldType("text", TRACKS),
                topics=FieldType("text", is_list=True),
                participants=FieldType("role", is_list=True),
                days=FieldType("date", is_list=True),
                hours=FieldType("decimal", is_list=True, optional=True),
                counts=FieldType("int", is_list=True, optional=True),
                answers=FieldType("bool", is_list=True, optional=True),
            ),
            kind("bare", 1),
            kind(
                "ended", 2, reason=FieldType("text", ("dismissed", "resigned"), optional=True), since=FieldType("date")
            ),
            kind("waived", 3, reason=FieldType("text"), since=FieldType("decimal")),
            kind("supplemented", 4, "supplement", of=FieldType("text")),
        )
    },
)
CATALOGUE = Catalogue(MODEL)
NO_ROLES = Catalogue(msgspec.structs.replace(MODEL, roles={}))

JSON: Mapping[str, object] = {
    "text": "Købmanden",
    "bool": True,
    "int": -3,
    "n": 2,
    "decimal": -7.50,
    "weekly_hours": "7.50",
    "date": "2017-01-02",
    "duration": "P0D",
    "follow_up_every": "P4W",
    "instant": "2017-01-02T09:00:00+01:00",
    "role": "caseworker",
    "activity": "bare",
    "track": "individual",
    "topics": ["cv", ""],
    "participants": ["employer", "caseworker"],
    "days": ["2017-03-01", "2017-02-01"],
    "hours": [7, "8.0"],
    "counts": [1, 2],
    "answers": [True, False],
}
PLAIN: Mapping[str, object] = {
    **JSON,
    "bool": "true",
    "int": "-3",
    "n": "2",
    "decimal": "-7.5",
    "hours": ["7", "8.0"],
    "counts": ["1", "2"],
    "answers": ["true", "false"],
}
STORED: Mapping[str, FieldValue] = {
    "text": "Købmanden",
    "bool": True,
    "int": -3,
    "n": 2,
    "decimal": "-7.5",
    "weekly_hours": "7.5",
    "date": "2017-01-02",
    "duration": "P0D",
    "follow_up_every": "P4W",
    "instant": "2017-01-02T08:00:00Z",
    "role": "caseworker",
    "activity": "bare",
    "track": "individual",
    "topics": ["cv", ""],
    "participants": ["employer", "caseworker"],
    "days": ["2017-03-01", "2017-02-01"],
    "hours": ["7", "8"],
    "counts": ["1", "2"],
    "answers": ["true", "false"],
}


def faults(name: str, raw: Mapping[str, object]) -> list[FieldFault]:
    return CATALOGUE.check(name, raw)[1]


def test_every_type_has_one_stored_form() -> None:
    assert CATALOGUE.check("everything", JSON) == (STORED, [])
    assert CATALOGUE.check("everything", PLAIN, plain=True) == (STORED, [])


def test_the_stored_form_is_taken_as_it_is() -> None:
    again = {**STORED, "counts": [1, 2], "answers": [True, False]}
    assert CATALOGUE.check("everything", again) == (STORED, [])


def test_text_stands_for_truth_and_whole_numbers_only_where_all_is_text() -> None:
    found = {fault.field: fault.what for fault in faults("everything", PLAIN)}
    assert found == {
        "bool": "is text",
        "int": "is text",
        "n": "is text",
        "counts": "item 1: is text",
        "answers": "item 1: is text",
    }


def test_an_optional_field_that_is_null_is_absent() -> None:
    assert CATALOGUE.check("ended", {"reason": None, "since": "2017-01-02"}) == ({"since": "2017-01-02"}, [])


def test_a_required_field_that_is_null_is_missing() -> None:
    assert [str(fault) for fault in faults("ended", {"since": None})] == [
        "since: missing; allowed: a day such as 2017-01-02"
    ]


def test_all_faults_of_a_fact_are_told_at_once() -> None:
    wrong = {**JSON, "track": "jobclub", "date": "2017-02-30", "n": 0, "weekly_hours": -1, "unknown": 1}
    del wrong["text"]
    assert {fault.field for fault in faults("everything", wrong)} == {
        "track",
        "date",
        "n",
        "weekly_hours",
        "unknown",
        "text",
    }


@pytest.mark.parametrize(
    ("field", "value", "text"),
    [
        ("text", 7, "text: is a number; allowed: text"),
        ("bool", 1, "bool: is a number; allowed: true, false"),
        ("int", 1.5, "int: is a number; allowed: a whole number"),
        ("n", 0, "n: 0 is less than 1; allowed: a whole number from 1"),
        ("decimal", "7,5", "decimal: '7,5' is no number; allowed: a number such as 7.5; did you mean 7.5?"),
        (
            "weekly_hours",
            -0.5,
            "weekly_hours: -0.5 lies outside 0 to 168; allowed: a number from 0 to 168 such as 7.5",
        ),
        (
            "date",
            "2017-02-30",
            "date: '2017-02-30' does not exist in the calendar; allowed: a day such as 2017-01-02",
        ),
        (
            "duration",
            "4 weeks",
            "duration: '4 weeks' is no duration; allowed: a duration such as P7D, P2W, P3M, P2Y6M, P10WD",
        ),
        (
            "follow_up_every",
            "P0D",
            "follow_up_every: 'P0D' is no time at all; allowed: a duration such as P7D, P2W, P3M, P2Y6M, P10WD",
        ),
        (
            "instant",
            "2017-01-02T09:00:00",
            (
                "instant: '2017-01-02T09:00:00' names no offset from UTC; allowed: an instant with offset such as "
                "2017-01-02T09:00:00+01:00; did you mean 2017-01-02T09:00:00+01:00?"
            ),
        ),
        ("role", "boss", "role: 'boss' is not allowed; allowed: caseworker, employer"),
        (
            "activity",
            "ende",
            (
                "activity: 'ende' is not allowed; allowed: everything, bare, ended, waived, supplemented; "
                "did you mean ended?"
            ),
        ),
        (
            "activity",
            "annulled",
            "activity: 'annulled' is not allowed; allowed: everything, bare, ended, waived, supplemented",
        ),
        ("track", "jobclub", "track: 'jobclub' is not allowed; allowed: job_club, individual; did you mean job_club?"),
        ("track", ["job_club"], "track: is a list; allowed: job_club, individual"),
        (
            "participants",
            "caseworker",
            "participants: is no list; allowed: a list of caseworker, employer; did you mean [caseworker]?",
        ),
        ("participants", {"role": "caseworker"}, "participants: is no list; allowed: a list of caseworker, employer"),
        (
            "participants",
            ["employer", "casework"],
            (
                "participants: item 2: 'casework' is not allowed; allowed: a list of caseworker, employer; "
                "did you mean caseworker?"
            ),
        ),
        ("topics", ["cv", None], "topics: item 2: is null; allowed: a list of text"),
        (
            "days",
            ["2017-02-29"],
            "days: item 1: '2017-02-29' does not exist in the calendar; allowed: a list of a day such as 2017-01-02",
        ),
    ],
    ids=lambda value: repr(value)[:40],
)
def test_a_fault_names_field_value_what_is_allowed_and_what_was_meant(field: str, value: object, text: str) -> None:
    assert [str(fault) for fault in faults("everything", {**JSON, field: value})] == [text]


def test_an_unknown_kind_is_told_with_all_kinds() -> None:
    assert [str(fault) for fault in faults("endet", {"x": 1})] == [
        (
            "fact: 'endet' is no kind of fact; allowed: everything, bare, ended, waived, supplemented, annulled, "
            "model_changed; did you mean ended?"
        )
    ]


def test_an_unknown_field_is_told_with_all_fields_and_keys_that_may_have_been_meant() -> None:
    assert [str(fault) for fault in faults("ended", {"since": "2017-01-02", "resaon": None})] == [
        "resaon: unknown field; allowed: reason, since; did you mean reason?"
    ]
    _, found = CATALOGUE.check("bare", {"recordet": "x", "a b\n": 1}, also=("recorded",))
    assert [str(fault) for fault in found] == [
        "recordet: unknown field; allowed: none; did you mean recorded?",
        r"'a b\n': unknown field; allowed: none",
    ]


def test_a_supplement_may_carry_the_fields_of_any_kind() -> None:
    stored, found = CATALOGUE.check("supplemented", {"of": "f1", "topics": ["cv"], "bool": False, "decimal": 7.5})
    assert (stored, found) == ({"of": "f1", "topics": ["cv"], "bool": False, "decimal": "7.5"}, [])
    assert [fault.field for fault in faults("supplemented", {"topics": ["cv"], "nothing": 1})] == ["nothing", "of"]


def test_a_field_of_two_types_is_read_as_the_first_that_accepts_it() -> None:
    for given_value, kept in [("2017-01-02", "2017-01-02"), (7.50, "7.5"), ("07", "7")]:
        assert CATALOGUE.check("supplemented", {"of": "f1", "since": given_value})[0]["since"] == kept
    assert [str(fault) for fault in faults("supplemented", {"of": "f1", "since": True})] == [
        "since: is true or false; allowed: a day such as 2017-01-02"
    ]
    assert CATALOGUE.check("supplemented", {"of": "f1", "reason": "free text"})[1] == []


def test_administrative_entries_have_fields_of_their_own() -> None:
    change = {"to": "other@2", "policy": "keep", "effective": "2017-01-02"}
    assert CATALOGUE.check("model_changed", change) == (change, [])
    assert [fault.field for fault in faults("model_changed", {**change, "policy": "drop"})] == ["policy"]
    assert [fault.field for fault in faults("annulled", {"of": "f1"})] == ["reason"]


def test_a_model_without_roles_says_so() -> None:
    _, found = NO_ROLES.check("everything", JSON)
    assert {fault.field: fault.allowed for fault in found} == {"role": ("none",), "participants": ("a list of none",)}


FIELDS = {"employment": "e1", "weekly_hours": "7.5", "participants": ["citizen"]}
ARGUMENTS: Mapping[str, object] = {
    "key": REPLAY_KEY,
    "municipality": "0336",
    "citizen": "c1",
    "kind": "ended",
    "on": date(2017, 1, 2),
    "fields": FIELDS,
    "k": 1,
}


def id_with(**changed: object) -> str:
    arguments: dict[str, Any] = {**ARGUMENTS, **changed}
    return content_id(**arguments)


def test_a_content_id_is_the_same_everywhere_and_for_ever() -> None:
    assert id_with() == "239c3cba047524d599a459bb009089cb"
    assert id_with(fields=dict(reversed(FIELDS.items()))) == id_with()


def test_a_content_id_tells_apart_whatever_differs() -> None:
    others: list[dict[str, object]] = [
        {"key": b"another"},
        {"municipality": "0851"},
        {"municipality": None},
        {"citizen": "c2"},
        {"kind": "waived"},
        {"on": date(2017, 1, 3)},
        {"fields": {**FIELDS, "weekly_hours": "7"}},
        {"fields": {}},
        {"k": 2},
    ]
    ids = {id_with(**each) for each in others} | {id_with()}
    assert len(ids) == len(others) + 1
    assert all(len(each) == 32 and set(each) <= set("0123456789abcdef") for each in ids)


@given(st.dictionaries(st.text(max_size=5) | st.sampled_from(list(JSON)), st.none() | st.text() | st.floats()))
def test_any_fields_are_stored_or_told(raw: dict[str, object]) -> None:
    stored, found = CATALOGUE.check("everything", raw)
    told = {fault.field for fault in found}
    assert not told & set(stored)
    assert {name for name, value in raw.items() if value is not None} <= told | set(stored)
