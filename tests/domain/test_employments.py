"""Employments: from their start to their end, started again, ended on the day they begin, two at once."""

import pytest
from tests.given import fact, owed, rules, view

from indsats.domain.timeline import Fact, Run

PROCESS = rules("")

# A duty of each employment; what satisfies it names the same.
ANSWER = rules("""
    answer:
      kind: deadline
      when: {fact: job_began}
      require: {fact: answered, where: {employment: same}}
      within: P4W
      scope: employment
    """)


def runs(*facts: Fact) -> list[tuple[str | None, str, str | None]]:
    """Each run as id, fact that starts it, fact that ends it."""
    timeline = view(PROCESS, "2018-01-01", *facts)
    return [
        (run.id, timeline.facts[run.start].id, None if run.end is None else timeline.facts[run.end].id)
        for run in timeline.runs
    ]


def began(on: str, employment: str = "j") -> Fact:
    return fact("job_began", on, id=f"{employment} began {on}", employment=employment)


def ended(on: str, employment: str = "j", k: str = "") -> Fact:
    return fact("job_ended", on, id=f"{employment} ended {on}{k}", employment=employment)


def test_an_employment_runs_until_its_end() -> None:
    assert runs(began("2017-01-02")) == [("j", "j began 2017-01-02", None)]
    assert runs(began("2017-01-02"), ended("2017-02-01")) == [("j", "j began 2017-01-02", "j ended 2017-02-01")]


def test_an_end_concerns_its_own_employment_only() -> None:
    assert runs(began("2017-01-02"), began("2017-01-03", "k"), ended("2017-02-01", "k")) == [
        ("j", "j began 2017-01-02", None),
        ("k", "k began 2017-01-03", "k ended 2017-02-01"),
    ]


def test_an_id_started_again_is_another_run() -> None:
    assert runs(began("2017-01-02"), ended("2017-02-01"), began("2017-03-01")) == [
        ("j", "j began 2017-01-02", "j ended 2017-02-01"),
        ("j", "j began 2017-03-01", None),
    ]


def test_an_end_closes_all_that_runs_before_it() -> None:
    assert runs(began("2017-01-02"), began("2017-01-09"), ended("2017-02-01")) == [
        ("j", "j began 2017-01-02", "j ended 2017-02-01"),
        ("j", "j began 2017-01-09", "j ended 2017-02-01"),
    ]


def test_an_end_on_the_day_another_run_of_the_id_begins_ends_the_one_before() -> None:
    assert runs(began("2017-01-02"), ended("2017-02-01"), began("2017-02-01")) == [
        ("j", "j began 2017-01-02", "j ended 2017-02-01"),
        ("j", "j began 2017-02-01", None),
    ]


def test_an_end_with_nothing_to_end_closes_a_start_of_its_own_day() -> None:
    assert runs(began("2017-01-02"), ended("2017-01-02")) == [("j", "j began 2017-01-02", "j ended 2017-01-02")]


def test_an_end_with_nothing_to_end_closes_no_later_start() -> None:
    assert runs(ended("2017-01-02"), began("2017-01-03")) == [("j", "j began 2017-01-03", None)]
    assert runs(ended("2017-01-02", "k"), began("2017-01-02")) == [("j", "j began 2017-01-02", None)]


def test_each_end_of_a_day_closes_one_start_of_that_day() -> None:
    first = fact("job_began", "2017-01-02", id="first", recorded="2017-01-03", employment="j")
    second = fact("job_began", "2017-01-02", id="second", recorded="2017-01-04", employment="j")
    assert runs(first, second, ended("2017-01-02")) == [("j", "first", "j ended 2017-01-02"), ("j", "second", None)]
    assert runs(first, second, ended("2017-01-02", k="a"), ended("2017-01-02", k="b")) == [
        ("j", "first", "j ended 2017-01-02a"),
        ("j", "second", "j ended 2017-01-02b"),
    ]


def test_of_two_ends_of_a_day_the_first_ends_what_runs_and_the_second_what_begins() -> None:
    assert runs(began("2017-01-02"), ended("2017-02-01", k="a"), ended("2017-02-01", k="b"), began("2017-02-01")) == [
        ("j", "j began 2017-01-02", "j ended 2017-02-01a"),
        ("j", "j began 2017-02-01", "j ended 2017-02-01b"),
    ]


def test_a_fact_belongs_to_the_employment_that_runs_where_it_lies() -> None:
    timeline = view(
        PROCESS,
        "2018-01-01",
        began("2017-01-02"),
        fact("asked", "2017-01-05", employment="j"),
        ended("2017-02-01"),
        fact("asked", "2017-02-02", employment="j"),
        began("2017-03-01"),
        began("2017-03-02", "k"),
        began("2017-03-03"),
        fact("asked", "2017-03-04", employment="j"),
        fact("asked", "2017-03-05"),
    )

    def run_of(id: str) -> Run | None:
        return timeline.run_of(next(index for index, found in enumerate(timeline.facts) if found.id == id))

    first, second, other, third = timeline.runs
    assert run_of("j began 2017-01-02") is run_of("asked 2017-01-05") is run_of("j ended 2017-02-01") is first
    assert run_of("asked 2017-02-02") is None
    assert run_of("j began 2017-03-01") is second
    assert run_of("k began 2017-03-02") is other
    assert run_of("asked 2017-03-04") is third
    assert run_of("asked 2017-03-05") is None


def test_a_duty_of_an_employment_ends_with_it() -> None:
    facts = [began("2017-01-02"), ended("2017-01-30")]
    assert owed(ANSWER, "2017-01-29", *facts) == ["answer 1: due 2017-01-30, open"]
    assert owed(ANSWER, "2017-02-10", *facts) == ["answer 1: due 2017-01-30, lapsed"]
    assert owed(ANSWER, "2017-02-10", began("2017-01-02"), ended("2017-01-31")) == [
        "answer 1: due 2017-01-30, breached"
    ]


def test_the_duty_goes_on_through_other_phases() -> None:
    facts = [began("2017-01-02"), fact("wait_began", "2017-01-10"), fact("answered", "2017-01-20", employment="j")]
    assert owed(ANSWER, "2017-02-10", *facts[:2]) == ["answer 1: due 2017-01-30, breached"]
    assert owed(ANSWER, "2017-02-10", *facts) == ["answer 1: due 2017-01-30, met 2017-01-20"]


def test_a_closing_ends_the_duty_of_a_running_employment() -> None:
    facts = [began("2017-01-02"), fact("closed", "2017-01-20", reason="done"), ended("2017-01-25")]
    assert owed(ANSWER, "2017-02-10", *facts) == ["answer 1: due 2017-01-30, lapsed"]
    before = [began("2017-01-02"), ended("2017-01-10"), fact("closed", "2017-02-20", reason="done")]
    assert owed(ANSWER, "2017-03-10", *before) == ["answer 1: due 2017-01-30, lapsed"]


def test_employments_that_ran_before_a_reopening_stay_out_of_scope() -> None:
    facts = [
        began("2017-01-02"),
        fact("closed", "2017-01-10", reason="done"),
        fact("reopened", "2017-01-15"),
        fact("answered", "2017-01-20", employment="j"),
    ]
    assert owed(ANSWER, "2017-02-10", *facts) == ["answer 1: due 2017-01-30, lapsed"]


def test_each_of_two_employments_has_its_own_duty() -> None:
    facts = [began("2017-01-02"), began("2017-01-09", "k"), fact("answered", "2017-01-12", employment="k")]
    assert owed(ANSWER, "2017-02-10", *facts) == [
        "answer 1: due 2017-01-30, breached",
        "answer 1: due 2017-02-06, met 2017-01-12",
    ]


def test_an_employment_started_again_is_a_second_anchor() -> None:
    facts = [
        began("2017-01-02"),
        ended("2017-01-09"),
        began("2017-01-16"),
        fact("answered", "2017-01-20", employment="j"),
    ]
    assert owed(ANSWER, "2017-03-10", *facts) == [
        "answer 1: due 2017-01-30, lapsed",
        "answer 1: due 2017-02-13, met 2017-01-20",
    ]


def test_an_employment_of_one_day_has_a_duty_that_lapses_on_it() -> None:
    facts = [began("2017-01-02"), ended("2017-01-02"), fact("answered", "2017-01-03", employment="j")]
    assert owed(ANSWER, "2017-01-02", *facts) == ["answer 1: due 2017-01-30, lapsed"]
    assert owed(ANSWER, "2017-03-10", *facts) == ["answer 1: due 2017-01-30, lapsed"]


@pytest.mark.parametrize("conditions", ["", ", where: {hours: {min: 1}}"])
def test_a_rule_of_an_employment_asks_for_the_same_even_when_it_does_not_say_so(conditions: str) -> None:
    silent = rules(f"""
        answer:
          kind: deadline
          when: {{fact: job_began}}
          require: {{fact: answered{conditions}}}
          within: P4W
          scope: employment
        """)
    facts = [
        began("2017-01-02"),
        fact("answered", "2017-01-09", hours="2"),
        fact("answered", "2017-01-10", employment="k", hours="2"),
    ]
    assert owed(silent, "2017-01-10", *facts) == ["answer 1: due 2017-01-30, open"]
    same = fact("answered", "2017-01-11", employment="j", hours="2")
    assert owed(silent, "2017-01-11", *facts, same) == ["answer 1: due 2017-01-30, met 2017-01-11"]


def test_same_or_none_takes_a_fact_that_names_no_employment() -> None:
    lenient = rules("""
        answer:
          kind: deadline
          when: {fact: job_began}
          require: {fact: answered, where: {employment: same_or_none}}
          within: P4W
          scope: employment
        """)
    facts = [began("2017-01-02"), began("2017-01-09", "k")]
    other = fact("answered", "2017-01-10", employment="k")
    assert owed(lenient, "2017-01-10", *facts, other) == [
        "answer 1: due 2017-01-30, open",
        "answer 1: due 2017-02-06, met 2017-01-10",
    ]
    # One fact may meet the duties of several employments.
    assert owed(lenient, "2017-01-10", *facts, fact("answered", "2017-01-10")) == [
        "answer 1: due 2017-01-30, met 2017-01-10",
        "answer 1: due 2017-02-06, met 2017-01-10",
    ]


def test_a_duty_of_an_employment_that_arises_later_ends_with_it_all_the_same() -> None:
    asked = rules("""
        answer:
          kind: deadline
          when: {fact: asked}
          require: {fact: answered, where: {employment: same}}
          within: P7D
          scope: employment
        """)
    facts = [began("2017-01-02"), fact("asked", "2017-01-09", employment="j"), ended("2017-01-12")]
    assert owed(asked, "2017-02-01", *facts) == ["answer 1: due 2017-01-16, lapsed"]
    # Where no such employment runs, only a closing can end it.
    assert owed(asked, "2017-02-01", fact("asked", "2017-01-09", employment="j")) == [
        "answer 1: due 2017-01-16, breached"
    ]
    closed = fact("closed", "2017-01-12", reason="done")
    assert owed(asked, "2017-02-01", fact("asked", "2017-01-09", employment="j"), closed) == [
        "answer 1: due 2017-01-16, lapsed"
    ]


def test_the_end_of_an_employment_ends_what_the_law_still_asks_after_the_project() -> None:
    law = rules("""
        answer:
          kind: deadline
          when: {fact: job_began}
          require: {fact: answered, where: {employment: same}}
          within: P4W
          scope: employment
          basis: law
        """)
    facts = [began("2017-01-02"), fact("closed", "2017-01-10", reason="project_ended")]
    assert owed(law, "2017-02-10", *facts) == ["answer 1: due 2017-01-30, breached"]
    assert owed(law, "2017-02-10", *facts, ended("2017-01-20")) == ["answer 1: due 2017-01-30, lapsed"]
    timeline = view(law, "2017-02-10", *facts, ended("2017-01-20"))
    assert [timeline.facts[index].id for index in timeline.irregular] == ["j ended 2017-01-20"]
