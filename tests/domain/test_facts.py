"""The typed constructors: those of the base catalogue and no others, each as the catalogue has it."""

import inspect
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Literal, Union, get_args, get_origin, get_type_hints

import pytest

from indsats.domain import facts
from indsats.domain.catalogue import Catalogue, FieldFault
from indsats.domain.facts import FieldInput, NewFact, Number
from indsats.domain.model import FieldType
from indsats.domain.values import Duration
from indsats.models.library import load

BASE = load("flexjob-base")
CATALOGUE = Catalogue(load("stevns-2017"))
DAY = date(2017, 3, 1)

CONSTRUCTORS: Mapping[str, Callable[..., NewFact]] = {
    name: function for name in facts.__all__ if inspect.isfunction(function := getattr(facts, name))
}

HINTS: Mapping[str, object] = {
    "text": str,
    "kind": str,
    "bool": bool,
    "int": int,
    "decimal": Number,
    "date": date | str,
    "duration": Duration | str,
    "role": facts.Role,
}

SAMPLES: Mapping[str, FieldInput] = {
    "text": "tekst",
    "kind": "first_conversation_held",
    "bool": True,
    "int": 2,
    "decimal": Decimal("7.5"),
    "date": DAY,
    "duration": Duration.parse("P6W"),
    "role": "caseworker",
}


def hint(type_: FieldType) -> object:
    """What an editor should be told of a field."""
    one = Literal[type_.values] if type_.values else HINTS[type_.name]
    many = Sequence[one] if type_.is_list else one  # type: ignore[valid-type]
    return Union[many, None] if type_.optional else many  # noqa: UP007


def sample(type_: FieldType) -> FieldInput:
    one = type_.values[-1] if type_.values else SAMPLES[type_.name]
    if type_.is_list:
        assert isinstance(one, str | date)
        return (one, one)
    return one


def check(fact: NewFact) -> tuple[Mapping[str, object], list[FieldFault]]:
    return CATALOGUE.check(fact.kind, fact.raw)


def test_there_is_one_for_every_kind_of_the_base_and_for_no_other() -> None:
    assert set(CONSTRUCTORS) == set(BASE.facts)


@pytest.mark.parametrize("kind", BASE.facts)
def test_its_parameters_are_the_fields_of_the_kind(kind: str) -> None:
    parameters = dict(inspect.signature(CONSTRUCTORS[kind]).parameters)
    assert parameters.pop("on").default is inspect.Parameter.empty
    assert parameters.pop("id").default is None
    if BASE.facts[kind].effect == "supplement":
        assert parameters.pop("details").kind is inspect.Parameter.VAR_KEYWORD
    assert {parameter.kind for parameter in parameters.values()} <= {inspect.Parameter.KEYWORD_ONLY}
    assert {name: parameter.default for name, parameter in parameters.items()} == {
        name: None if type_.optional else inspect.Parameter.empty for name, type_ in BASE.facts[kind].fields.items()
    }


@pytest.mark.parametrize("kind", BASE.facts)
def test_an_editor_knows_the_types_and_the_values_named(kind: str) -> None:
    hints = get_type_hints(CONSTRUCTORS[kind])
    assert hints["on"] is date
    assert hints["id"] == str | None
    assert hints["return"] is NewFact
    fields = BASE.facts[kind].fields
    assert {name: hints[name] for name in fields} == {name: hint(type_) for name, type_ in fields.items()}


def test_an_editor_knows_the_roles() -> None:
    assert set(get_args(facts.Role)) == set(BASE.roles)


def test_every_enumeration_is_in_use() -> None:
    named = {value for name in facts.__all__ if get_origin(value := getattr(facts, name)) is Literal}
    meant = {Literal[type_.values] for kind in BASE.facts.values() for type_ in kind.fields.values() if type_.values}
    assert named == meant | {facts.Role}


@pytest.mark.parametrize("kind", BASE.facts)
def test_what_it_makes_is_of_the_catalogue(kind: str) -> None:
    given = {name: sample(type_) for name, type_ in BASE.facts[kind].fields.items()}
    fact = CONSTRUCTORS[kind](on=DAY, id="f1", **given)
    assert fact == NewFact(kind=kind, on=DAY, fields=given, id="f1")
    stored, faults = check(fact)
    assert faults == []
    assert set(stored) == set(given)


@pytest.mark.parametrize("kind", BASE.facts)
def test_what_is_not_given_is_left_out(kind: str) -> None:
    given = {name: sample(type_) for name, type_ in BASE.facts[kind].fields.items() if not type_.optional}
    fact = CONSTRUCTORS[kind](on=DAY, **given)
    assert fact == NewFact(kind=kind, on=DAY, fields=given, id=None)
    assert check(fact)[1] == []


@pytest.mark.parametrize("kind", BASE.facts)
def test_it_says_in_one_sentence_what_happened_and_what_of_it_is_personal(kind: str) -> None:
    [summary] = (CONSTRUCTORS[kind].__doc__ or "").splitlines()
    assert summary.endswith(".")
    assert ("personal" in summary) == bool(BASE.facts[kind].personal)


def test_a_supplement_takes_the_fields_of_any_kind() -> None:
    fact = facts.supplemented(on=DAY, of="f1", few_hours=False, topics=["cv", "netværk"])
    assert fact.fields == {"of": "f1", "few_hours": False, "topics": ["cv", "netværk"]}
    assert check(fact) == ({"of": "f1", "few_hours": False, "topics": ["cv", "netværk"]}, [])


def test_days_and_durations_become_text_and_numbers_stay_exact() -> None:
    fact = facts.tillaegsaftale_signed(
        on=DAY, employment="e1", follow_up_every=Duration.parse("P6W"), follow_up_dates=(date(2017, 4, 1), "2017-05-01")
    )
    assert fact.raw == {
        "employment": "e1",
        "follow_up_every": "P6W",
        "follow_up_dates": ["2017-04-01", "2017-05-01"],
    }
    assert facts.hours_changed(on=DAY, employment="e1", weekly_hours=Decimal("7.10")).raw["weekly_hours"] == Decimal(
        "7.10"
    )


@pytest.mark.parametrize(
    ("hours", "stored"), [(7, "7"), (7.1, "7.1"), (Decimal("7.10"), "7.1"), (Decimal("0.1") + Decimal("0.2"), "0.3")]
)
def test_hours_are_stored_as_they_are_meant(hours: Number, stored: str) -> None:
    assert check(facts.hours_changed(on=DAY, employment="e1", weekly_hours=hours)) == (
        {"employment": "e1", "weekly_hours": stored},
        [],
    )


def test_a_float_that_is_not_what_was_meant_is_refused() -> None:
    [fault] = check(facts.hours_changed(on=DAY, employment="e1", weekly_hours=0.1 + 0.2))[1]
    assert fault.text == "weekly_hours: '0.30000000000000004' has more than 10 decimal places"


def test_an_instant_becomes_text_with_its_offset() -> None:
    fact = NewFact(kind="club_visit_paid", on=DAY, fields={"at": datetime(2017, 3, 1, 9, tzinfo=UTC)})
    assert fact.raw == {"at": "2017-03-01T09:00:00+00:00"}


def test_a_text_for_a_list_is_not_taken_apart() -> None:
    [fault] = check(facts.conversation_held(on=DAY, participants=["caseworker"], topics="cv"))[1]
    assert fault.text == "topics: is no list"


def test_what_is_no_field_is_left_for_the_catalogue_to_name() -> None:
    fact = NewFact(kind="job_club_attended", on=DAY, fields={"club": {"name": "c1"}})  # type: ignore[dict-item]
    [fault] = check(fact)[1]
    assert fault.text == "club: is an object"


def test_a_kind_of_a_municipality_s_own_needs_no_constructor() -> None:
    fact = NewFact(kind="club_visit_paid", on=DAY, fields={"club": "c1"})
    assert (fact.raw, fact.id) == ({"club": "c1"}, None)
    [fault] = check(fact)[1]
    assert fault.text == "fact: 'club_visit_paid' is no kind of fact"
