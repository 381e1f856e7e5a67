"""A rule in words says all that the rule says, in both languages."""

from pathlib import Path

import pytest
from tests.models.reading import PERMIT, read

from indsats.domain.values import Duration
from indsats.models.library import load, load_all
from indsats.models.words import Lang, duration_in_words, listed, not_stated, rule_in_words, title_of


def words(rule: str, lang: Lang = "en") -> str:
    model = read(PERMIT, f"rules: {{r: {{{rule}}}}}")
    return rule_in_words(model, model.rules[0], lang)


@pytest.mark.parametrize(
    ("text", "danish", "english"),
    [
        ("P1D", "1 dag", "1 day"),
        ("P7D", "7 dage", "7 days"),
        ("P4W", "4 uger", "4 weeks"),
        ("P3M", "3 måneder", "3 months"),
        ("P2Y6M", "2 år og 6 måneder", "2 years and 6 months"),
        ("P1Y2M3D", "1 år, 2 måneder og 3 dage", "1 year, 2 months and 3 days"),
        ("P1WD", "1 arbejdsdag", "1 working day"),
        ("P10WD", "10 arbejdsdage", "10 working days"),
    ],
)
def test_lengths_of_time(text: str, danish: str, english: str) -> None:
    duration = Duration.parse(text)
    assert (duration_in_words(duration, "da"), duration_in_words(duration, "en")) == (danish, english)


def test_lists() -> None:
    assert [listed(words, "and") for words in ([], ["a"], ["a", "b"], ["a", "b", "c"])] == [
        "",
        "a",
        "a and b",
        "a, b and c",
    ]


def cases() -> list[list[str]]:
    """The rules of `words.txt`, each with its words in Danish and English."""
    text = Path(__file__).with_name("words.txt").read_text("utf-8")
    return [piece.splitlines() for piece in text.strip().split("\n\n")[1:]]


@pytest.mark.parametrize(("rule", "danish", "english"), cases())
def test_a_rule(rule: str, danish: str, english: str) -> None:
    assert f"da: {words(rule, 'da')}" == danish
    assert f"en: {words(rule, 'en')}" == english


def test_titles_take_the_place_of_names_where_there_are_any() -> None:
    model = load("stevns-2017")
    rule = model.rule("first_conversation")
    assert rule is not None
    assert title_of(rule, "da") == "Første samtale senest efter en uge"
    assert rule_in_words(model, rule, "da").startswith(
        "Senest 7 dage efter »Overgået til ledighedsydelse« (route er ikke"
    )
    assert rule_in_words(model, rule, "en").endswith("Responsible: caseworker.")


def test_every_rule_of_the_shipped_models_has_words_of_its_own() -> None:
    for model in load_all():
        for lang in ("da", "en"):
            said = [rule_in_words(model, rule, lang) for rule in model.rules]
            assert len(set(said)) == len(said)


def test_what_the_sources_do_not_state_is_listed_with_what_was_chosen() -> None:
    points = not_stated(load("stevns-2017"))
    assert [policy for of, policy, _ in points if not of][:2] == ["weekends", "closing_days"]
    assert ("first_conversation", "summons") in [(of, policy) for of, policy, _ in points]
    assert ("ledighedsydelse_share", "unit") in [(of, policy) for of, policy, _ in points]
