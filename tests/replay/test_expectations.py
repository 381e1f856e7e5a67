"""Expectations against what a run found: what holds, and in which words it is told that one does not."""

from collections.abc import Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from fractions import Fraction

import pytest

from indsats.domain.calendar import end_of
from indsats.replay.expectations import (
    Document,
    Expected,
    Figure,
    IrregularExpected,
    KpiExpected,
    LedgerExpected,
    NothingOwed,
    ObligationExpected,
    PhaseExpected,
    Viewpoint,
    failures,
)

UNTIL = date(2017, 2, 1)
AT = Viewpoint("story.yaml", 7)
FIRST, SECOND = (
    {"fact": "job_started", "on": "2017-01-02", "id": "a1"},
    {"fact": "job_started", "on": "2017-01-05", "id": "a2"},
)


def owed(rule: str, anchor: Document, n: int, due: str | None, status: str) -> Document:
    found = {"rule": rule, "anchor": anchor, "n": n, "due": due, "book_by": due, "status": status}
    return {**found, "satisfied_on": None, "known_in_time": True, "cause": None}


def found(event: str, rule: str, anchor: Document, n: int, day: str) -> Document:
    return {"event": event, "rule": rule, "anchor": anchor["id"], "n": n, "found_on": day}


PATHWAY: Document = {
    "citizen": "c1",
    "municipality": "0336",
    "phase": "flexjob",
    "irregular": ["x1", "x2"],
    "obligations": [
        owed("talk", FIRST, 1, "2017-01-09", "breached"),
        owed("visit", FIRST, 1, "2017-01-30", "met"),
        owed("visit", FIRST, 2, None, "on_hold"),
        owed("visit", SECOND, 1, "2017-02-02", "open"),
    ],
    "ledger": [
        found("deadline_breached", "talk", FIRST, 1, "2017-01-10"),
        found("deadline_breached", "visit", FIRST, 1, "2017-01-12"),
        found("breach_withdrawn", "visit", FIRST, 1, "2017-01-18"),
        found("deadline_breached", "visit", SECOND, 1, "2017-01-20"),
    ],
}
KPI: Document = {"id": "share", "numerator": 2, "denominator": 3, "share": 2 / 3, "target": None, "met": None}


def told(*expected: Expected, pathways: Sequence[Document] = (PATHWAY,)) -> list[str]:
    return [str(each) for each in failures(expected, UNTIL, lambda *_: pathways, lambda *_: [KPI])]


def failure(expected: Expected) -> str:
    """What is told of the one expectation that fails, without place, subject and points."""
    (text,) = told(expected)
    return text.partition("as of 2017-02-01: ")[2]


def test_what_was_found_holds() -> None:
    values = {"due": "2017-01-09", "status": "breached", "satisfied_on": None, "known_in_time": True, "cause": None}
    assert (
        told(
            ObligationExpected(AT, "c1", "talk", values=values, ledger=("breached 2017-01-10",)),
            ObligationExpected(AT, "c1", "visit", n=2, values={"due": None, "book_by": None}, ledger=()),
            ObligationExpected(AT, "c1", "visit", anchor="a2", values={"status": "open"}),
            ObligationExpected(AT, "c1", "visit", anchor_on=date(2017, 1, 5), ledger=("breached 2017-01-20",)),
            ObligationExpected(AT, "c1", "visit", "a1", n=1, ledger=("breached 2017-01-12", "withdrawn 2017-01-18")),
            NothingOwed(AT, "c1", "review"),
            LedgerExpected(AT, "c1", "talk", ("breached 2017-01-10",)),
            LedgerExpected(
                AT,
                "c1",
                None,
                ("breached 2017-01-10", "breached 2017-01-12", "withdrawn 2017-01-18", "breached 2017-01-20"),
            ),
            PhaseExpected(AT, "c1", "flexjob"),
            IrregularExpected(AT, "c1", ("x1", "x2")),
            KpiExpected(AT, "share", {"numerator": Decimal(2), "denominator": Decimal(3), "met": None}),
        )
        == []
    )


def test_a_failure_names_file_line_subject_and_points() -> None:
    seen_on = Viewpoint("a.yaml", 3, date(2017, 1, 20), datetime(2017, 1, 31, 11, 30, tzinfo=UTC))
    assert told(
        ObligationExpected(AT, "c1", "talk", values={"status": "met", "due": "2017-01-09", "cause": "capacity"}),
        PhaseExpected(seen_on, "c1", None),
        KpiExpected(AT, "share", {"numerator": Decimal(1), "met": True}),
        LedgerExpected(AT, "c1", None, ()),
    ) == [
        (
            "story.yaml:7: citizen c1, rule talk, as of 2017-02-01: status: expected met, found breached; "
            "cause: expected capacity, found null"
        ),
        "a.yaml:3: citizen c1, as of 2017-01-20, known at 2017-01-31T11:30:00Z: phase: expected null, found flexjob",
        "story.yaml:7: kpi share, as of 2017-02-01: numerator: expected 1, found 2; met: expected true, found null",
        (
            "story.yaml:7: citizen c1, as of 2017-02-01: ledger: expected [], found [breached 2017-01-10, "
            "breached 2017-01-12, withdrawn 2017-01-18, breached 2017-01-20]"
        ),
    ]


def test_exactly_one_obligation_matches() -> None:
    assert failure(ObligationExpected(AT, "c1", "visit", anchor_on=date(2017, 1, 2), values={"due": None})) == (
        "expected one obligation, found n 1 on 2017-01-02 (due 2017-01-30, met) and "
        "n 2 on 2017-01-02 (due null, on_hold); choose by anchor_on, n or anchor"
    )
    assert failure(ObligationExpected(AT, "c1", "talk", n=2, values={"due": None})) == (
        "expected one obligation, found none that matches; there are n 1 on 2017-01-02 (due 2017-01-09, breached)"
    )
    assert failure(ObligationExpected(AT, "c1", "review", values={"due": None})) == (
        "expected one obligation, found none that matches; there are none of this rule"
    )


def test_the_ledger_is_compared_whole_and_in_order() -> None:
    right = ("breached 2017-01-12", "withdrawn 2017-01-18")
    for wrong in [right[:1], right[1:], right[::-1], (*right, "breached 2017-01-20"), ()]:
        text = failure(ObligationExpected(AT, "c1", "visit", "a1", n=1, ledger=wrong))
        assert text == f"ledger: expected [{', '.join(wrong)}], found [breached 2017-01-12, withdrawn 2017-01-18]"
    assert failure(LedgerExpected(AT, "c1", "talk", ("withdrawn 2017-01-10",))) == (
        "ledger: expected [withdrawn 2017-01-10], found [breached 2017-01-10]"
    )


def test_what_should_not_be_owed_is_listed() -> None:
    assert failure(NothingOwed(AT, "c1", "talk")) == (
        "expected no obligation, found n 1 on 2017-01-02 (due 2017-01-09, breached)"
    )


def test_irregular_facts_are_compared_in_order() -> None:
    assert failure(IrregularExpected(AT, "c1", ("x2", "x1"))) == "irregular: expected [x2, x1], found [x1, x2]"


def test_of_a_citizen_not_yet_known_nothing_is_found() -> None:
    nothing: list[Expected] = [
        PhaseExpected(AT, "c2", None),
        IrregularExpected(AT, "c2", ()),
        NothingOwed(AT, "c2", "talk"),
        LedgerExpected(AT, "c2", None, ()),
    ]
    assert told(*nothing) == []
    assert "there are none of this rule" in failure(ObligationExpected(AT, "c2", "talk", values={"due": None}))


def test_a_citizen_of_two_municipalities_is_no_subject() -> None:
    pathways = [PATHWAY, {**PATHWAY, "municipality": "0851"}]
    (text,) = told(PhaseExpected(AT, "c1", "flexjob"), pathways=pathways)
    assert text.endswith("the citizen has a pathway in each of 0336 and 0851, and an expectation looks at one")


def test_a_kpi_that_was_not_measured_is_told() -> None:
    assert failure(KpiExpected(AT, "other", {"met": True})) == "expected a figure, found no such KPI"


@pytest.mark.parametrize(
    ("expected", "share", "holds"),
    [
        (Fraction(2, 3), 2 / 3, True),
        (Fraction(2, 3), 0.667, False),
        (Decimal("0.67"), 2 / 3, True),
        (Decimal("0.667"), 2 / 3, True),
        (Decimal("0.66"), 2 / 3, False),
        (Decimal("0.7"), 2 / 3, False),
        (Decimal("1"), 2 / 3, False),
        (Decimal("0.1"), 0.1, True),
        (Decimal("1"), 1.0, True),
        (Decimal("1"), 1, True),
        (Decimal("12.5"), 12.5, True),
        (Decimal("12"), 12.5, False),
        (Decimal("0"), None, False),
        (Decimal("1"), True, False),
        (None, None, True),
        (None, 0.0, False),
        (True, True, True),
        (True, 1, False),
        (False, None, False),
    ],
    ids=repr,
)
def test_a_figure_is_exact_unless_written_with_two_decimals(expected: Figure, share: object, holds: bool) -> None:
    kpi = {**KPI, "share": share}
    expectation = KpiExpected(AT, "share", {"share": expected})
    assert (failures([expectation], UNTIL, lambda *_: [], lambda *_: [kpi]) == []) is holds


def test_each_point_is_looked_at_once() -> None:
    seen: list[tuple[str, date, datetime]] = []

    def pathways(as_of: date, known_at: datetime) -> list[Document]:
        seen.append(("pathways", as_of, known_at))
        return [PATHWAY]

    def kpis(as_of: date, known_at: datetime) -> list[Document]:
        seen.append(("kpis", as_of, known_at))
        return [KPI]

    earlier = Viewpoint("story.yaml", 9, known_at=end_of(date(2017, 1, 12)))
    phases = [PhaseExpected(at, "c1", "flexjob") for at in (AT, earlier, AT, earlier)]
    figures = [KpiExpected(AT, "share", {"met": None})] * 2
    assert failures([*phases, *figures], UNTIL, pathways, kpis) == []
    assert seen == [
        ("pathways", UNTIL, end_of(UNTIL)),
        ("pathways", date(2017, 1, 12), end_of(date(2017, 1, 12))),
        ("kpis", UNTIL, end_of(UNTIL)),
    ]
