"""Entries of `expect`: every form that is read, and what cannot be meant."""

from datetime import UTC, date, datetime
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import pytest
from tests.replay.stories import FACTS, fault, scenario

from indsats.domain.calendar import end_of
from indsats.replay.expectations import (
    Expected,
    IrregularExpected,
    KpiExpected,
    LedgerExpected,
    NothingOwed,
    ObligationExpected,
    PhaseExpected,
    Viewpoint,
)


def expected(tmp_path: Path, *entries: str) -> tuple[Expected, ...]:
    return scenario(tmp_path, FACTS + "expect:\n" + "".join(f"  - {{{entry}}}\n" for entry in entries)).expect


def fault_of(tmp_path: Path, entry: str) -> str:
    """The only fault of a scenario with one entry of `expect`, without the excerpt."""
    return fault(tmp_path, f"{FACTS}until: 2017-03-01\nexpect:\n  - {{{entry}}}\n").partition("\n")[0]


def test_the_points_are_days_or_instants_and_default_to_the_end_of_the_run(tmp_path: Path) -> None:
    entries = expected(
        tmp_path,
        "citizen: c1, phase: ledighedsydelse",
        "citizen: c1, phase: ledighedsydelse, known_at: 2017-01-12",
        'citizen: c1, phase: ledighedsydelse, known_at: "2017-01-12T23:30:00Z"',
        "citizen: c1, phase: ledighedsydelse, as_of: 2017-02-01",
    )
    until = date(2017, 1, 18)
    assert [entry.at.points(until) for entry in entries] == [
        (until, end_of(until)),
        (date(2017, 1, 12), end_of(date(2017, 1, 12))),
        (date(2017, 1, 13), datetime(2017, 1, 12, 23, 30, tzinfo=UTC)),
        (date(2017, 2, 1), end_of(until)),
    ]


def test_every_form_of_expectation_is_read(tmp_path: Path) -> None:
    at = [Viewpoint(str(tmp_path / "story.yaml"), line) for line in range(9, 19)]
    assert expected(
        tmp_path,
        "citizen: c1, rule: first_conversation, anchor: f1, anchor_on: 2017-01-02, n: 1, due: 2017-01-09, "
        "book_by: 2017-01-09, status: met, satisfied_on: 2017-01-06, known_in_time: true, cause: null, "
        "ledger: [breached 2017-01-10, withdrawn 2017-01-18]",
        "citizen: c1, rule: job_club, due: null, satisfied_on: null, cause: citizen_absent",
        "citizen: c1, rule: referral, anchor_on: 2017-01-06, ledger: []",
        "citizen: c1, rule: screening, none: true",
        "citizen: c1, ledger: [breached 2017-01-10]",
        "citizen: c1, rule: job_club, ledger: []",
        "citizen: c1, phase: none",
        "citizen: c1, phase: null",
        "citizen: c1, irregular: [f1]",
        "kpi: first_conversation_on_time, numerator: 12.5, denominator: 3, share: 2/3, met: null",
    ) == (
        ObligationExpected(
            at[0],
            "c1",
            "first_conversation",
            "f1",
            date(2017, 1, 2),
            1,
            {
                "due": "2017-01-09",
                "book_by": "2017-01-09",
                "status": "met",
                "satisfied_on": "2017-01-06",
                "known_in_time": True,
                "cause": None,
            },
            ("breached 2017-01-10", "withdrawn 2017-01-18"),
        ),
        ObligationExpected(
            at[1], "c1", "job_club", values={"due": None, "satisfied_on": None, "cause": "citizen_absent"}
        ),
        ObligationExpected(at[2], "c1", "referral", anchor_on=date(2017, 1, 6), ledger=()),
        NothingOwed(at[3], "c1", "screening"),
        LedgerExpected(at[4], "c1", None, ("breached 2017-01-10",)),
        LedgerExpected(at[5], "c1", "job_club", ()),
        PhaseExpected(at[6], "c1", None),
        PhaseExpected(at[7], "c1", None),
        IrregularExpected(at[8], "c1", ("f1",)),
        KpiExpected(
            at[9],
            "first_conversation_on_time",
            {"numerator": Decimal("12.5"), "denominator": Decimal(3), "share": Fraction(2, 3), "met": None},
        ),
    )


@pytest.mark.parametrize(
    ("entry", "text"),
    [
        ("citizen: c1x, phase: flexjob", "10:15: citizen: 'c1x' does not exist; allowed: c1; did you mean c1?"),
        ("citizen: c1, rule: first_talk, none: true", "10:25: rule: 'first_talk' does not exist; allowed: "),
        ("citizen: c1, rule: first_conversaton, none: true", "; did you mean first_conversation?"),
        ("kpi: first_conversation_in_time, met: true", "; did you mean first_conversation_on_time?"),
        ("citizen: c1, phase: flexjobs", "10:26: phase cannot be 'flexjobs'; allowed: "),
        ("citizen: c1, irregular: [f2]", "10:31: irregular: 'f2' does not exist; allowed: "),
        ("citizen: c1, rule: job_club, anchor: f2, n: 1, due: null", "10:43: anchor: 'f2' does not exist; allowed: "),
        ("citizen: c1, rule: job_club, statis: met", "has no key 'statis'; allowed: "),
        ("citizen: c1, rule: job_club, statis: met", "; did you mean status?"),
        ("citizen: c1, rule: job_club, status: late", "10:43: status cannot be 'late'; allowed: met, lapsed, waived, "),
        ("citizen: c1, rule: job_club, status: null", "10:43: status is empty"),
        ("citizen: c1, rule: job_club, due: 2017-02-30", "10:40: due: '2017-02-30' does not exist in the calendar"),
        ("citizen: c1, rule: job_club, due: soon", "10:40: due: 'soon' is no day; allowed: a day such as 2017-01-02"),
        ("citizen: c1, rule: job_club, known_in_time: yes", "known_in_time must be a truth value, not 'yes'"),
        ("citizen: c1, rule: job_club, cause: rain", "cause cannot be 'rain'; allowed: citizen_absent, capacity, null"),
        ("citizen: c1, rule: job_club, n: 0, due: null", "n must be at least 1, not 0"),
        ("citizen: c1, rule: job_club, n: 1", "nothing is expected of the obligation; allowed: due, book_by, status, "),
        ("citizen: c1, rule: job_club", "nothing is expected of the obligation; allowed: due, book_by, status, "),
        ("citizen: c1, status: met", "an expectation of a citizen names a rule, a ledger, a phase or irregular facts"),
        ("rule: job_club, status: met", "an expectation lacks the key 'citizen'"),
        ("citizen: c1, none: true", "an expectation lacks the key 'rule'"),
        ("citizen: c1, rule: job_club, none: false", "none: cannot be false; allowed: true"),
        ("citizen: c1, phase: flexjob, rule: job_club", "has no key 'rule'; allowed: known_at, as_of, citizen, phase"),
        ("citizen: c1, rule: job_club, none: true, due: null", "has no key 'due'"),
        ("citizen: c1, ledger: breached 2017-01-10", "ledger must be a list, not 'breached 2017-01-10'"),
        ("citizen: c1, ledger: [broken 2017-01-10]", "ledger: 'broken 2017-01-10' is no entry of a ledger; allowed: "),
        ("citizen: c1, ledger: [breached 2017-01-32]", "ledger: '2017-01-32' does not exist in the calendar"),
        ("citizen: c1, ledger: [~]", "ledger is empty"),
        ("kpi: job_club_on_time", "nothing is expected of the KPI; allowed: numerator, denominator, share, met"),
        ("kpi: job_club_on_time, share: 0.75 %", "share: '0.75 %' is no figure; allowed: a number such as 0.75, "),
        ("kpi: job_club_on_time, share: 1/0", "share: '1/0' is no figure; allowed: a number such as 0.75, "),
        ("kpi: job_club_on_time, numerator: 1/2", "numerator: '1/2' is no figure; allowed: a number such as 12, null"),
        ("kpi: job_club_on_time, met: maybe", "met must be a truth value, not 'maybe'; allowed: true, false"),
        ("citizen: c1, phase: null, known_at: 2017-03-02", "known_at: 2017-03-02 lies after 2017-03-01, the last day"),
        ("citizen: c1, phase: null, known_at: 2017-01-02T09:00:00", "known_at: '2017-01-02T09:00:00' names no offset"),
        ("citizen: c1, phase: null, known_at: 2017-01-32", "known_at: '2017-01-32' does not exist in the calendar"),
        ("citizen: c1, phase: null, known_at: ''", "known_at is empty"),
        ("citizen: c1, phase: null, as_of: 2017-01-02T09:00:00Z", "as_of: '2017-01-02T09:00:00Z' is no day"),
        ("", "an expectation is empty; allowed: kpi, none, phase, irregular, due, "),
    ],
    ids=lambda value: value,
)  # fmt: skip
def test_an_expectation_that_cannot_be_meant_is_a_fault(tmp_path: Path, entry: str, text: str) -> None:
    found = fault_of(tmp_path, entry)
    assert found.startswith("story.yaml:10:")
    assert text in found


def test_an_entry_of_expect_is_a_mapping(tmp_path: Path) -> None:
    assert fault(tmp_path, FACTS + "expect:\n  - c1\n").startswith("story.yaml:9:5: an expectation must be a mapping")


def test_of_many_names_the_first_forty_are_listed(tmp_path: Path) -> None:
    many = "".join(f"  - {{citizen: x{n}, on: 2017-01-02, fact: cv_published}}\n" for n in range(60))
    text = fault(tmp_path, f"{FACTS}{many}expect:\n  - {{citizen: absent, phase: null}}\n")
    assert "; allowed: c1, x0, x1, " in text
    assert ", x38, and 21 more" in text
