"""The key figures of the other shipped models by plain loops over facts, beside those of Stevns in `kpi_oracle`.

Of each model: pathways at random, and their figures. A pathway is the kind of its subject and its facts.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import NamedTuple

from hypothesis import strategies as st
from tests import kpi_oracle
from tests.kpi_oracle import Figure, Story
from tests.projections import histories
from tests.projections.histories import fact, story
from tests.projections.test_payout_against_loops import DAYS, STORIES, month_ends, touched_in_month

from indsats.domain.events import Subject
from indsats.domain.obligations import Obligation
from indsats.domain.timeline import Fact

Pathways = Sequence[tuple[Subject, Story]]


class Drawn(NamedTuple):
    """Pathways, a day to ask for, and the same or a later day on which their rows are made."""

    pathways: Pathways
    as_of: date
    rows_on: date


Loops = Callable[[Pathways, Sequence[Obligation], date], Mapping[str, tuple[Fraction | int | None, ...]]]
"""All figures of a model on a day, from the facts up to it in fact order, and what was owed."""

LATER = st.sampled_from([0, 1, 10, 60, 400]).map(lambda days: timedelta(days=days))


@st.composite
def flexjobs(draw: st.DrawFn, moved: timedelta = timedelta(0)) -> Drawn:
    """Citizens on the way to flexjobs, all days `moved`."""
    stories, as_of, rows_on = draw(histories.stories_and_days())
    told = [story(*(fact(one.kind, one.on + moved, **one.fields) for one in facts)) for facts in stories]
    return Drawn([("citizen", facts) for facts in told], as_of + moved, rows_on + moved)


def stevns(pathways: Pathways, owed: Sequence[Obligation], as_of: date) -> Mapping[str, Figure]:
    return kpi_oracle.figures([facts for _, facts in pathways], owed, as_of)


def aalborg_2017(pathways: Pathways, owed: Sequence[Obligation], as_of: date) -> Mapping[str, Figure]:
    same = "hours_increased_share regression_share tillaegsaftale_share job_club_on_time follow_up_punctuality"
    found = stevns(pathways, owed, as_of)
    return {name: found[name] for name in same.split()}


def uif2(pathways: Pathways, owed: Sequence[Obligation], as_of: date) -> Mapping[str, Figure]:
    stories = [facts for _, facts in pathways]
    return {
        "employed_share": kpi_oracle.in_phases(stories, as_of, "flexjob"),
        "short_spell_share": kpi_oracle.short_spells(stories, as_of, date(2019, 12, 1)),
        "progression_share": kpi_oracle.progressed(stories, date(2020, 4, 1), date(2021, 9, 30)),
    }


@st.composite
def wage_hours(draw: st.DrawFn) -> Drawn:
    """Citizens with wage hours and education, and a project that documents its costs."""
    costs = [
        fact(
            "costs_documented", draw(DAYS), amount=draw(st.sampled_from(["0.1", "2500000", "8949600"])), account="part"
        )
        for _ in range(draw(st.integers(0, 3)))
    ]
    citizens: list[tuple[Subject, Story]] = [("citizen", facts) for facts in draw(STORIES)]
    as_of = draw(DAYS)
    return Drawn([*citizens, ("unit", story(*costs))], as_of, as_of + draw(LATER))


def payouts(lower: Fraction, upper: Fraction) -> Loops:
    """The figures of Flere skal med 3 whose steps begin at these shares."""

    def loops(
        pathways: Pathways, owed: Sequence[Obligation], as_of: date
    ) -> Mapping[str, tuple[Fraction | int | None, ...]]:
        citizens = [facts for subject, facts in pathways if subject == "citizen"]
        touched = {
            day: sum(touched_in_month([one for one in facts if one.on <= day], day) for facts in citizens)
            for day in (*month_ends(as_of), as_of)
        }
        best = max((Fraction(touched[day], len(citizens)) for day in month_ends(as_of)), default=Fraction(0))
        costs = [one for _, facts in pathways for one in facts if one.kind == "costs_documented"]
        spent = sum((Fraction(Decimal(str(one.fields["amount"]))) for one in costs), Fraction(0))
        half, whole = Fraction(1, 2), Fraction(1)
        return {
            "fsm3_wage_or_education_share": (touched[as_of], len(citizens)),
            "fsm3_payout": (
                min(spent, 8_949_600 * (whole if best >= upper else Fraction(9, 10) if best >= lower else half)),
                None,
            ),
            "fsm3_payout_of_second_half": (
                min(spent, 8_949_600 * (whole if best >= upper else Fraction(7, 10) if best >= lower else half)),
                None,
            ),
        }

    return loops


_CV = ["cv_duty_started", "cv_duty_ended", "cv_published", "cv_withdrawn"]
_STEPS = st.sampled_from([0, 0, 1, 2, 3, 7])
_REASONS = st.sampled_from(["ordinary_job", "education", "moved_out"])


@st.composite
def weeks(draw: st.DrawFn) -> Drawn:
    """Citizens with conversations and CVs, and a section with job orders, around the turn of a year."""

    def told(kinds: Sequence[str], *begun: Fact) -> list[Fact]:
        day = date(2019, 12, 23)
        facts = list(begun)
        for _ in range(draw(st.integers(0, 10))):
            day += timedelta(days=draw(_STEPS))
            kind = draw(st.sampled_from(kinds))
            reason = {"reason": draw(_REASONS)} if kind == "pathway_closed" else {}
            facts.append(fact(kind, day, **reason))
        return story(*facts)

    kinds = [*_CV, *_CV, "conversation_held", "conversation_booked", "pathway_closed", "pathway_reopened"]
    pathways: list[tuple[Subject, Story]] = [
        ("citizen", told(kinds, fact("pathway_opened", date(2019, 12, 20)))) for _ in range(draw(st.integers(1, 5)))
    ]
    pathways.append(("unit", told(["job_order_received", "order_placed"])))
    as_of = date(2019, 12, 23) + timedelta(days=draw(st.integers(0, 30)))
    return Drawn(pathways, as_of, as_of + draw(LATER))


def weekly(pathways: Pathways, owed: Sequence[Obligation], as_of: date) -> Mapping[str, tuple[int | None, ...]]:
    monday = as_of - timedelta(days=as_of.weekday())
    this_week = [[one for one in facts if monday <= one.on <= as_of] for _, facts in pathways]

    def number(kind: str) -> tuple[int | None, ...]:
        return sum(one.kind == kind for facts in this_week for one in facts), None

    left = [
        any(one.kind == "pathway_closed" and one.fields["reason"] in ("ordinary_job", "education") for one in facts)
        for facts in this_week
    ]
    published = [
        _lasts(facts, "cv_published", "cv_withdrawn")
        for subject, facts in pathways
        if subject == "citizen"
        and _is_open(facts)
        and _lasts(_since_reopened(facts), "cv_duty_started", "cv_duty_ended")
    ]
    return {
        "weekly_exits": (sum(left), None),
        "weekly_conversations": number("conversation_held"),
        "weekly_cv_share": (sum(published), len(published)),
        "weekly_job_orders": number("job_order_received"),
        "weekly_placements": number("order_placed"),
    }


def _is_open(facts: Story) -> bool:
    is_open = False
    for one in facts:
        if one.kind in ("pathway_opened", "pathway_reopened"):
            is_open = True
        elif one.kind == "pathway_closed":
            is_open = False
    return is_open


def _since_reopened(facts: Story) -> Story:
    """The facts since a closed pathway was opened last."""
    begin, is_open = 0, True
    for place, one in enumerate(facts):
        if one.kind == "pathway_closed":
            is_open = False
        elif one.kind == "pathway_reopened" and not is_open:
            begin, is_open = place, True
    return facts[begin:]


def _lasts(facts: Story, start: str, end: str) -> bool:
    ends = [one.on for one in facts if one.kind == end]
    return any(one.kind == start and not any(one.on <= day for day in ends) for one in facts)


_PROJECT: Mapping[str, Mapping[str, object]] = {
    "working_group_met": {"participants": ["company_consultant", "caseworker", "project_leader"], "topics": ["x"]},
    "steering_group_met": {"participants": ["project_leader"], "target_figures": True, "action_plan": True},
    "status_report_delivered": {},
    "part_account_delivered": {"amount": "1"},
    "final_report_delivered": {},
    "final_account_delivered": {"grant": "1", "auditor_certified": True, "management_certified": True},
    "project_period_ended": {},
    "project_closed": {},
}
_ON_TIME = {
    "meetings_on_time": ("working_group", "steering_group"),
    "reporting_on_time": ("part_account", "half_yearly_report", "final_account", "final_report"),
}


@st.composite
def projects(draw: st.DrawFn) -> Drawn:
    """Projects with their meetings and reports."""
    often = ["working_group_met"] * 6 + [
        "steering_group_met",
        "status_report_delivered",
        "part_account_delivered",
    ] * 2
    pathways: list[tuple[Subject, Story]] = []
    for _ in range(draw(st.integers(1, 2))):
        day = date(2017, 1, 1)
        facts = [fact("project_started", day, grant="1", budget="1")]
        for _ in range(draw(st.integers(0, 20))):
            day += timedelta(days=draw(st.sampled_from([0, 7, 13, 14, 15, 80, 100])))
            kind = draw(st.sampled_from([*_PROJECT, *often]))
            facts.append(fact(kind, day, **_PROJECT[kind]))  # type: ignore[arg-type]
        pathways.append(("project", story(*facts)))
    as_of = date(2017, 1, 1) + timedelta(days=draw(st.integers(0, 1000)))
    return Drawn(pathways, as_of, as_of + draw(LATER))


def project(pathways: Pathways, owed: Sequence[Obligation], as_of: date) -> Mapping[str, tuple[int, ...]]:
    found = {}
    for name, rules in _ON_TIME.items():
        figures = [kpi_oracle.on_time(owed, rule, as_of) for rule in rules]
        found[name] = tuple(sum(int(figure[place] or 0) for figure in figures) for place in (0, 1))
    return found


class Case(NamedTuple):
    """A shipped model, pathways at random, and its figures by loops."""

    model: str
    drawn: st.SearchStrategy[Drawn]
    loops: Loops


TO_2019 = date(2019, 12, 1) - date(2017, 1, 1)

CASES = (
    Case("stevns-2017", flexjobs(), stevns),
    Case("aalborg-2017", flexjobs(), aalborg_2017),
    Case("uif2-2019", flexjobs(TO_2019), uif2),
    Case("fsm3-2021", wage_hours(), payouts(Fraction(15, 100), Fraction(20, 100))),
    Case("fsm3-2021-in-fsm2", wage_hours(), payouts(Fraction(17, 100), Fraction(22, 100))),
    Case("aalborg-2019", weeks(), weekly),
    Case("project-2017", projects(), project),
)
