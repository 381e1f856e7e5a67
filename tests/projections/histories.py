"""Facts for the tests of the read models: made by hand in a line, or drawn at random where days and ids often meet."""

from collections.abc import Sequence
from datetime import date, timedelta
from fractions import Fraction

from hypothesis import strategies as st

from indsats.domain.calendar import end_of, noon_of
from indsats.domain.model import FieldValue, Model
from indsats.domain.obligations import Derivation, derive
from indsats.domain.timeline import Fact
from indsats.projections.kpis import KpiResult
from indsats.projections.rows import PathwayKey

KNOWN = end_of(date(2030, 1, 1))


def fact(kind: str, on: str | date, /, **fields: FieldValue) -> Fact:
    """A fact registered at noon of its day."""
    day = date.fromisoformat(on) if isinstance(on, str) else on
    return Fact(f"{kind}-{day}", kind, day, noon_of(day), fields=fields)


def story(*facts: Fact) -> list[Fact]:
    """Facts of one citizen, each with its place in the stream and an id of its own."""
    return [
        Fact(f"{place}-{one.kind}", one.kind, one.on, one.recorded_at, place, one.fields)
        for place, one in enumerate(facts)
    ]


def pathways(model: Model, stories: Sequence[Sequence[Fact]], as_of: date) -> list[tuple[PathwayKey, Derivation]]:
    """What is derived for citizens c0, c1, … of one municipality."""
    return [
        (PathwayKey("0336", model.family, "citizen", f"c{number}"), derive(model, facts, as_of, KNOWN))
        for number, facts in enumerate(stories)
    ]


Count = Fraction | int | float | None


def counts(result: KpiResult) -> tuple[Count, Count]:
    """Numerator and denominator of a figure."""
    return result.numerator, result.denominator


_EMPLOYMENTS = st.sampled_from(["e1", "e2"])
_HOURS = st.sampled_from(["4", "7.5", "10", "10.5", "14"])
_NEW_ROUTES = ["mover_in", "dismissed_flexjob", "existing_recipient"]
_TALK: dict[str, st.SearchStrategy[FieldValue]] = {"participants": st.just(["caseworker"])}
_WORKER: dict[str, st.SearchStrategy[FieldValue]] = {
    "worker": st.sampled_from(["anna", "bo"]),
    "as_role": st.sampled_from(["caseworker", "company_consultant"]),
    "at_unit": st.just("north"),
}
_KINDS: dict[str, dict[str, st.SearchStrategy[FieldValue]]] = {
    "rehab_referred": {},
    "flexjob_refused": {"outcome": st.just("disability pension")},
    "ledighedsydelse_started": {"route": st.sampled_from(_NEW_ROUTES)},
    "ledighedsydelse_ended": {},
    "first_conversation_held": _TALK,
    "referred": {"track": st.sampled_from(["job_club", "individual"])},
    "job_club_attended": {"club": st.just("north")},
    "strategy_reviewed": {"outcome": st.just("continue")},
    "flexjob_started": {"employment": _EMPLOYMENTS, "weekly_hours": _HOURS},
    "hours_changed": {"employment": _EMPLOYMENTS, "weekly_hours": _HOURS},
    "flexjob_ended": {"employment": _EMPLOYMENTS},
    "tillaegsaftale_signed": {"employment": _EMPLOYMENTS, "follow_up_every": st.sampled_from([None, "P2W"])},
    "follow_up_held": _TALK,
    "progression_exhausted": {},
    "hold_started": {"reason": st.just("exemption")},
    "hold_ended": {"reason": st.just("exemption")},
    "waived": {"rule": st.sampled_from(["first_conversation", "follow_up"]), "reason": st.just("agreed")},
    "worker_assigned": {**_WORKER, "functions": st.sampled_from([None, ["mentor"], ["mentor", "caseworker"]])},
    "worker_released": _WORKER,
    "pathway_closed": {"reason": st.sampled_from(["moved_out", "ordinary_job", "project_ended"])},
    "pathway_reopened": {},
}
_OFTEN = """
    ledighedsydelse_started ledighedsydelse_started first_conversation_held referred job_club_attended strategy_reviewed
    flexjob_started flexjob_started hours_changed hours_changed tillaegsaftale_signed follow_up_held follow_up_held
    flexjob_ended ledighedsydelse_ended worker_assigned
""".split()

# A week, a month, half a year and the days beside them, so that what turns on them falls to both sides.
_STEPS = [0, 0, 0, 1, 2, 6, 7, 8, 13, 14, 27, 28, 30, 31, 32, 60, 181, 184]
_BEGINNINGS = [date(2016, 8, 31), date(2016, 12, 1), date(2017, 1, 2), date(2017, 1, 31), date(2018, 3, 1)]


@st.composite
def _stories(draw: st.DrawFn) -> list[Fact]:
    """The facts of one citizen as they come, some of them registered in another order."""
    day = draw(st.sampled_from(_BEGINNINGS))
    facts = []
    for _ in range(draw(st.integers(6, 24))):
        kind = draw(st.sampled_from([*_KINDS, *_OFTEN]))
        fields = {name: draw(values) for name, values in _KINDS[kind].items()}
        facts.append(fact(kind, day, **{name: value for name, value in fields.items() if value is not None}))
        day += timedelta(days=draw(st.sampled_from(_STEPS)))
    return story(*(facts if draw(st.booleans()) else reversed(facts)))


STORIES = st.lists(_stories(), min_size=2, max_size=4)


@st.composite
def stories_and_days(draw: st.DrawFn) -> tuple[list[list[Fact]], date, date]:
    """Stories, a day to ask for, and a later day or the same."""
    stories = draw(STORIES)
    days = sorted({one.on for facts in stories for one in facts})
    as_of = draw(st.sampled_from(days[len(days) // 2 :])) + timedelta(days=draw(st.sampled_from([0, 1, 31, 200])))
    return stories, as_of, as_of + timedelta(days=draw(st.sampled_from([0, 1, 10, 60, 400])))
