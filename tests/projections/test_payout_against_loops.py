"""Whatever happens, who was touched in a month and what is paid for the best one is what loops over days find."""

from calendar import monthrange
from collections.abc import Sequence
from datetime import date, timedelta
from fractions import Fraction

from hypothesis import given, settings
from hypothesis import strategies as st
from tests.projections.histories import counts, fact, pathways, story

from indsats.domain.timeline import Fact
from indsats.models.library import load
from indsats.projections.kpis import kpis_of

FSM3 = load("fsm3-2021")
BEGINS = date(2021, 12, 1)
OPENED = fact(
    "pathway_opened",
    "2021-11-15",
    benefit="cash_benefit",
    introduction_programme=False,
    activity_ready=True,
    over_30=True,
)
DAYS = st.integers(0, 150).map(lambda days: date(2021, 11, 20) + timedelta(days=days)) | st.sampled_from(
    [date(2021, 12, 1), date(2021, 12, 31), date(2022, 1, 1), date(2022, 1, 31), date(2022, 2, 1), date(2022, 2, 28)]
)
JOBS = st.sampled_from([{}, {}, {"employment": "a"}, {"employment": "b"}])


@st.composite
def happenings(draw: st.DrawFn) -> Fact:
    kind = draw(st.sampled_from(["wage_hours_started", "wage_hours_started", "wage_hours_ended", "education"]))
    day = draw(DAYS)
    if kind == "education":
        if draw(st.booleans()):
            return fact("education_ended", day)
        return fact("education_started", day, su_entitled=draw(st.booleans()))
    return fact(kind, day, **draw(JOBS))


STORIES = st.lists(st.lists(happenings(), max_size=6).map(lambda told: story(OPENED, *told)), min_size=1, max_size=6)


def lasts_on(day: date, begun: Fact, facts: Sequence[Fact]) -> bool:
    """Whether hours or education that a fact began still last on a day."""
    if begun.on > day or begun.kind not in ("wage_hours_started", "education_started"):
        return False
    if begun.kind == "education_started" and not begun.fields["su_entitled"]:
        return False
    return not any(
        other.kind == begun.kind.replace("started", "ended")
        and other.fields.get("employment") == begun.fields.get("employment")
        and begun.on <= other.on <= day
        for other in facts
    )


def touched_in_month(facts: Sequence[Fact], as_of: date) -> bool:
    days = (as_of.replace(day=number) for number in range(1, as_of.day + 1))
    return any(lasts_on(day, begun, facts) for day in days for begun in facts)


def month_ends(as_of: date) -> list[date]:
    """The last days of the months since the project began, and at last the day itself."""
    days = (BEGINS + timedelta(days=number) for number in range((as_of - BEGINS).days + 1))
    return [day for day in days if day == as_of or day.day == monthrange(day.year, day.month)[1]]


@settings(max_examples=60)
@given(stories=STORIES, as_of=DAYS)
def test_the_share_and_the_best_month_are_what_loops_find(stories: list[list[Fact]], as_of: date) -> None:
    found = {one.id: one for one in kpis_of(pathways(FSM3, stories, as_of), FSM3, as_of)}
    share = found["fsm3_wage_or_education_share"]
    assert counts(share) == (sum(touched_in_month(facts, as_of) for facts in stories), len(stories))


@settings(max_examples=30)
@given(stories=STORIES, as_of=DAYS)
def test_the_ceiling_is_that_of_the_best_month(stories: list[list[Fact]], as_of: date) -> None:
    shares = [
        Fraction(sum(touched_in_month(facts, day) for facts in stories), len(stories)) for day in month_ends(as_of)
    ]
    best = max(shares, default=Fraction(0))
    steps = Fraction(1) if best >= Fraction(1, 5) else Fraction(9, 10) if best >= Fraction(3, 20) else Fraction(1, 2)
    spent = [fact("costs_documented", date(2021, 11, 1), amount="8949600", account="final")]
    (key, derivation) = pathways(FSM3, [story(*spent)], as_of)[0]
    told = [*pathways(FSM3, stories, as_of), (key._replace(subject="unit", citizen="project"), derivation)]
    found = {one.id: one for one in kpis_of(told, FSM3, as_of)}
    assert found["fsm3_payout"].numerator == 8_949_600 * steps
