"""The limits of the sources, from facts made for them: the third, four fifths, the club of twelve, caseload bands."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date, timedelta
from fractions import Fraction

import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st
from tests.projections.histories import KNOWN, fact, story

from indsats.domain.calendar import ONE_DAY
from indsats.domain.events import Subject
from indsats.domain.limit import State
from indsats.domain.model import Model
from indsats.domain.obligations import derive
from indsats.domain.timeline import Fact
from indsats.models.kpi_form import kpis_of
from indsats.models.library import load
from indsats.models.limit_form import limits_of
from indsats.projections import tables
from indsats.projections.facts import named_by
from indsats.projections.limits import LimitResult, Rooms, compute, named_by_limits
from indsats.projections.rows import PathwayKey, rows_of
from indsats.projections.writer import insert

STEVNS, FSM3 = load("stevns-2017"), load("fsm3-2021")
WEEK = timedelta(weeks=1)
MONDAY = date(2017, 1, 2)

Told = Sequence[tuple[Subject, Sequence[Fact]]]


@contextmanager
def municipality(model: Model, told: Told, day: date) -> Iterator[sa.Connection]:
    """The read models of subjects with their facts as of a day, in memory."""
    engine = sa.create_engine("sqlite://")
    named = named_by(kpis_of(model).values()).and_also(named_by_limits(limits_of(model).values()))
    rows = {
        PathwayKey("0336", model.family, subject, f"s{number}"): rows_of(derive(model, facts, day, KNOWN), named)
        for number, (subject, facts) in enumerate(told)
    }
    try:
        with engine.begin() as connection:
            tables.metadata.create_all(connection)
            insert(connection, rows)
            yield connection
    finally:
        engine.dispose()


def limits(model: Model, told: Told, as_of: date, *ids: str) -> list[LimitResult]:
    with municipality(model, told, as_of) as connection:
        return compute(connection, model, as_of, "0336", ids)


def only(model: Model, told: Told, as_of: date, limit: str) -> LimitResult:
    (found,) = limits(model, told, as_of, limit)
    return found


def numbers(found: LimitResult) -> tuple[float | None, float | None, float | None]:
    """Value and bounds."""
    value, low, high = (None if one is None else float(one) for one in (found.value, found.low, found.high))
    return value, low, high


def loads(told: Told, as_of: date) -> list[tuple[str, float]]:
    """How many citizens each worker has."""
    return [(str(one.subject["worker"]), float(one.value or 0)) for one in limits(FSM3, told, as_of)]


def citizens(*stories: Sequence[Fact]) -> list[tuple[Subject, Sequence[Fact]]]:
    return [("citizen", facts) for facts in stories]


# Shares


def entered(route: str, number: int, track: str | None = None) -> list[tuple[Subject, Sequence[Fact]]]:
    """Citizens who passed to ledighedsydelse, referred to a track if one is given."""
    facts = [fact("ledighedsydelse_started", "2017-02-01", route=route)]
    if track is not None:
        facts.append(fact("referred", "2017-02-06", track=track))
    return citizens(*[story(*facts)] * number)


JUNE_2018 = date(2018, 6, 30)


@pytest.mark.parametrize(
    ("existing", "share", "state"),
    [
        (40, Fraction(40, 133), "within"),
        (46, Fraction(46, 139), "within"),
        (47, Fraction(47, 140), "above"),
    ],
)
def test_with_93_newcomers_46_existing_recipients_pass_and_47_are_too_many(
    existing: int, share: Fraction, state: State
) -> None:
    told = [*entered("mover_in", 93), *entered("existing_recipient", existing)]
    found = only(STEVNS, told, JUNE_2018, "existing_recipients")
    assert (found.value, found.high, found.state) == (share, Fraction(1, 3), state)
    assert found.subject == {}


@pytest.mark.parametrize(("referred", "state"), [(74, "below"), (75, "within")])
def test_four_fifths_of_93_are_74_4_so_that_74_are_too_few(referred: int, state: State) -> None:
    told = [*entered("mover_in", referred, "job_club"), *entered("mover_in", 93 - referred, "individual")]
    found = only(STEVNS, told, JUNE_2018, "club_referral")
    assert (found.value, found.low, found.state) == (Fraction(referred, 93), Fraction(4, 5), state)


def test_a_share_of_nobody_is_not_computable() -> None:
    found = only(STEVNS, [], JUNE_2018, "existing_recipients")
    assert (found.value, found.state) == (None, "not_computable")
    assert found.document["value"] is None


# Places


def weekly(first: date, number: int, club: str = "north", kind: str = "job_club_attended") -> list[Fact]:
    """So many meetings, one a week, as they were attended or held."""
    more = {"hours": "4"} if kind == "club_meeting_held" else {}
    return [fact(kind, first + WEEK * place, club=club, **more) for place in range(number)]


def member(first: date, number: int = 1, *more: Fact, club: str = "north") -> tuple[Subject, Sequence[Fact]]:
    began = fact("ledighedsydelse_started", first - WEEK, route="mover_in")
    return "citizen", story(began, *weekly(first, number, club), *more)


def held(first: date, number: int, club: str = "north") -> tuple[Subject, Sequence[Fact]]:
    return "unit", story(*weekly(first, number, club, "club_meeting_held"))


def places(told: Told, as_of: date) -> Mapping[str, tuple[int, str]]:
    """How many places of each club are taken, and its state."""
    found = limits(STEVNS, told, as_of, "club_size")
    return {str(one.subject["club"]): (int(one.value or 0), one.state) for one in found}


def is_full(told: Told, on: date) -> bool:
    with municipality(STEVNS, told, on) as connection:
        return Rooms().is_full(connection, "0336", STEVNS, "club_size", on)


@pytest.mark.parametrize(("members", "state"), [(1, "within"), (11, "within"), (12, "full"), (13, "above")])
def test_a_club_of_twelve_is_full_with_twelve(members: int, state: State) -> None:
    told = [member(MONDAY)] * members
    assert places(told, MONDAY) == {"north": (members, state)}
    assert is_full(told, MONDAY) == (members >= 12)


def test_a_place_is_taken_on_the_day_of_the_first_attendance_and_not_before() -> None:
    assert places([member(MONDAY)], MONDAY - ONE_DAY) == {}
    assert places([member(MONDAY)], MONDAY) == {"north": (1, "within")}


def test_after_twelve_held_meetings_the_place_is_free_for_the_next() -> None:
    """Rolling intake: each counts from his own first meeting."""
    told = [
        *[member(MONDAY, 14)] * 12,
        *[member(MONDAY + 3 * WEEK, 14)] * 2,
        held(MONDAY, 20),
    ]
    twelfth = MONDAY + 11 * WEEK
    assert places(told, twelfth) == {"north": (14, "above")}
    assert places(told, twelfth + ONE_DAY) == {"north": (2, "within")}
    assert places(told, twelfth + 3 * WEEK) == {"north": (2, "within")}
    assert places(told, twelfth + 3 * WEEK + ONE_DAY) == {}


def test_a_cancelled_week_does_not_count() -> None:
    with_a_gap = story(*weekly(MONDAY, 5, kind="club_meeting_held"))
    with_a_gap += story(*weekly(MONDAY + 6 * WEEK, 10, kind="club_meeting_held"))
    told = [member(MONDAY, 14), ("unit", with_a_gap)]
    assert places(told, MONDAY + 11 * WEEK + ONE_DAY) == {"north": (1, "within")}
    assert places(told, MONDAY + 12 * WEEK) == {"north": (1, "within")}
    assert places(told, MONDAY + 12 * WEEK + ONE_DAY) == {}


def test_meetings_of_another_club_do_not_count() -> None:
    told = [member(MONDAY, 13), held(MONDAY, 20, "south")]
    assert places(told, MONDAY + 13 * WEEK) == {"north": (1, "within")}


def test_whoever_stays_away_has_the_place_for_four_weeks_that_day_included() -> None:
    assert places([member(MONDAY)], MONDAY + 4 * WEEK) == {"north": (1, "within")}
    assert places([member(MONDAY)], MONDAY + 4 * WEEK + ONE_DAY) == {}


@pytest.mark.parametrize(
    ("kind", "fields"),
    [
        ("club_left", {"club": "north"}),
        ("flexjob_started", {"employment": "e1", "weekly_hours": "8"}),
        ("ledighedsydelse_ended", {}),
        ("pathway_closed", {"reason": "moved_out"}),
    ],
)
def test_whoever_leaves_has_no_place_from_that_day_on(kind: str, fields: Mapping[str, str]) -> None:
    left = MONDAY + 9 * ONE_DAY
    told = [member(MONDAY, 2, fact(kind, left, **fields))]
    assert places(told, left - ONE_DAY) == {"north": (1, "within")}
    assert places(told, left) == {}


def test_whoever_leaves_one_club_stays_in_the_other() -> None:
    left = fact("club_left", MONDAY + ONE_DAY, club="north")
    told = [member(MONDAY, 1, *weekly(MONDAY, 1, "south"), left)]
    assert places(told, MONDAY + ONE_DAY) == {"south": (1, "within")}


def test_whoever_comes_back_begins_anew() -> None:
    back = MONDAY + 12 * WEEK
    left = fact("club_left", MONDAY + 11 * WEEK + ONE_DAY, club="north")
    told = [member(MONDAY, 12, left, *weekly(back, 1)), held(MONDAY, 20)]
    assert places(told, back - ONE_DAY) == {}
    assert places(told, back + WEEK) == {"north": (1, "within")}


def test_there_is_no_room_when_each_club_in_use_is_full() -> None:
    north = [member(MONDAY)] * 12
    assert is_full(north, MONDAY)
    assert not is_full([*north, member(MONDAY, club="south")], MONDAY)
    assert is_full([*north, *[member(MONDAY, club="south")] * 13], MONDAY)
    assert not is_full([], MONDAY)


def test_a_limit_that_counts_no_places_is_never_full() -> None:
    with municipality(STEVNS, entered("existing_recipient", 3), JUNE_2018) as connection:
        assert not Rooms().is_full(connection, "0336", STEVNS, "existing_recipients", JUNE_2018)
        assert not Rooms().is_full(connection, "0336", STEVNS, "unheard_of", JUNE_2018)


_CLUB_DAYS = st.lists(
    st.tuples(st.sampled_from(["attended", "attended", "left", "ended"]), st.sampled_from(["north", "south"])),
    max_size=8,
)
_STEPS = st.lists(st.sampled_from([0, 1, 7, 14, 28, 29]), min_size=8, max_size=8)


@given(st.lists(st.tuples(_CLUB_DAYS, _STEPS), min_size=1, max_size=3), st.integers(0, 16), st.integers(0, 120))
def test_places_are_what_a_plain_loop_counts(
    drawn: list[tuple[list[tuple[str, str]], list[int]]], meetings: int, after: int
) -> None:
    as_of = MONDAY + timedelta(days=after)
    told: list[tuple[Subject, Sequence[Fact]]] = [held(MONDAY, meetings)]
    expected: dict[str, int] = {}
    for visits, steps in drawn:
        day, facts = MONDAY, [fact("ledighedsydelse_started", MONDAY - WEEK, route="mover_in")]
        for (what, club), step in zip(visits, steps, strict=False):
            day += timedelta(days=step)
            if what == "ended":
                facts.append(fact("ledighedsydelse_ended", day))
            else:
                facts.append(fact("job_club_attended" if what == "attended" else "club_left", day, club=club))
        told.append(("citizen", story(*facts)))
        for club in ("north", "south"):
            expected[club] = expected.get(club, 0) + _has_place(facts, club, as_of, meetings)
    assert {club: count for club, (count, _) in places(told, as_of).items()} == {
        club: count for club, count in expected.items() if count
    }


def _has_place(facts: list[Fact], club: str, as_of: date, meetings: int) -> bool:
    rank = {kind: place for place, kind in enumerate(STEVNS.facts)}
    stay: list[date] = []
    for one in sorted(facts, key=lambda one: (one.on, rank[one.kind])):
        if one.on > as_of:
            break
        if one.kind == "job_club_attended" and one.fields["club"] == club:
            stay.append(one.on)
        elif one.kind == "ledighedsydelse_ended" or (one.kind == "club_left" and one.fields["club"] == club):
            stay = []
    if not stay or stay[-1] + 4 * WEEK < as_of:
        return False
    days = [MONDAY + WEEK * place for place in range(meetings if club == "north" else 0)]
    return sum(stay[0] <= day < as_of for day in days) < 12


# Caseloads

OPENED = fact(
    "pathway_opened",
    "2022-01-03",
    benefit="cash_benefit",
    introduction_programme=False,
    activity_ready=True,
    over_30=True,
)
BOTH = ["company_consultant", "authority_caseworker"]
ALL_THREE = [*BOTH, "mentor"]
FEBRUARY = date(2022, 2, 1)


def assigned(
    functions: Sequence[str],
    unit: str = "job-og-aktivhuset",
    worker: str = "anna",
    role: str = "jobformidler",
    on: str = "2022-01-03",
    fraction: str | None = None,
) -> Fact:
    more = {} if fraction is None else {"fraction": fraction}
    return fact("worker_assigned", on, worker=worker, as_role=role, functions=list(functions), at_unit=unit, **more)


def with_broker(number: int, *facts: Fact) -> list[tuple[Subject, Sequence[Fact]]]:
    return citizens(*[story(OPENED, *facts)] * number)


@pytest.mark.parametrize(
    ("limit", "unit", "role", "functions", "too_few", "full"),
    [
        ("caseload_aktivhuset", "job-og-aktivhuset", "jobformidler", BOTH, 29, 35),
        ("caseload_aktivhuset_mentor", "job-og-aktivhuset", "jobformidler", ALL_THREE, 19, 22),
        (
            *("caseload_integrationshuset_mentor", "job-og-integrationshuset", "jobformidler"),
            *(["mentor", "company_consultant"], 19, 25),
        ),
        ("caseload_integrationshuset", "job-og-integrationshuset", "jobformidler", BOTH, None, 25),
        ("caseload_ips", "job-og-aktivhuset", "ips_consultant", ALL_THREE, 14, 20),
    ],
)
def test_each_function_set_has_its_band_in_each_house(
    limit: str, unit: str, role: str, functions: list[str], too_few: int | None, full: int
) -> None:
    states = {full - 1: "within", full: "full", full + 1: "above"}
    if too_few is not None:
        states |= {too_few: "below", too_few + 1: "within"}
    for number, state in states.items():
        told = with_broker(number, assigned(functions, unit, role=role))
        every = limits(FSM3, told, FEBRUARY)
        assert [(one.limit.id, numbers(one)[0], one.state) for one in every] == [(limit, float(number), state)]


def test_a_band_is_scaled_by_the_fraction_of_the_latest_assignment_that_names_one() -> None:
    told = [
        *with_broker(1, assigned(BOTH, fraction="0.5")),
        *with_broker(16, assigned(BOTH, on="2022-01-10")),
    ]
    found = only(FSM3, told, FEBRUARY, "caseload_aktivhuset")
    assert (numbers(found), found.state) == ((17, 15, 17.5), "full")
    told += with_broker(1, assigned(BOTH, on="2022-01-17", fraction="0.8"))
    found = only(FSM3, told, FEBRUARY, "caseload_aktivhuset")
    assert (numbers(found), found.state) == ((18, 24, 28), "below")


def test_each_worker_has_a_caseload_of_their_own() -> None:
    told = [*with_broker(36, assigned(BOTH)), *with_broker(30, assigned(BOTH, worker="bo"))]
    found = limits(FSM3, told, FEBRUARY, "caseload_aktivhuset")
    assert [one.state for one in found] == ["above", "within"]
    assert loads(told, FEBRUARY) == [("anna", 36), ("bo", 30)]
    assert found[0].subject == {
        "worker": "anna",
        "role": "jobformidler",
        "unit": "job-og-aktivhuset",
        "functions": ["authority_caseworker", "company_consultant"],
    }


def test_only_the_one_who_answers_has_the_citizen() -> None:
    handed_over = assigned(BOTH, worker="bo", on="2022-01-17")
    told = with_broker(3, assigned(BOTH), handed_over)
    assert (loads(told, date(2022, 1, 16)), loads(told, FEBRUARY)) == ([("anna", 3)], [("bo", 3)])


def test_whoever_is_released_has_the_citizen_no_more() -> None:
    released = fact("worker_released", "2022-01-17", worker="anna", as_role="jobformidler", at_unit="job-og-aktivhuset")
    told = [*with_broker(3, assigned(BOTH)), *with_broker(1, assigned(BOTH), released)]
    assert loads(told, date(2022, 1, 16)) == [("anna", 4)]
    assert loads(told, date(2022, 1, 17)) == [("anna", 3)]


def test_the_closed_are_nobody_s() -> None:
    told = with_broker(3, assigned(BOTH), fact("pathway_closed", "2022-01-17", reason="moved_out"))
    assert loads(told, date(2022, 1, 16)) == [("anna", 3)]
    assert loads(told, date(2022, 1, 17)) == []


def test_whoever_is_exempted_leaves_the_caseload_and_is_back_when_that_is_lifted() -> None:
    marked = fact("exemption_marked", "2022-01-17", reason="illness")
    lifted = fact("exemption_lifted", "2022-03-01")
    told = [*with_broker(30, assigned(BOTH)), *with_broker(1, assigned(BOTH), marked, lifted)]
    days = [date(2022, 1, 16), date(2022, 1, 17), date(2022, 2, 28), date(2022, 3, 1)]
    assert [loads(told, day) for day in days] == [[("anna", 31)], [("anna", 30)], [("anna", 30)], [("anna", 31)]]


def test_whoever_is_in_the_rehabilitation_group_or_whose_case_is_over_is_in_no_caseload() -> None:
    moved = [fact("rehab_referred", "2022-01-17"), fact("case_closed", "2022-01-17", reason="ordinary_job")]
    assert [loads(with_broker(1, assigned(BOTH), one), FEBRUARY) for one in moved] == [[], []]
