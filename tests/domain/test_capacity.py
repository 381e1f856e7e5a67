"""The cause `capacity`: what a rule asks for had no room on the due day; the ledger keeps it as it was found."""

from datetime import date

from tests.given import Story, day, fact, instant, rules

from indsats.domain.events import DeadlineBreached
from indsats.domain.model import Model

LIMITS = "limits: {seats: {high: 12}}"
COURSE = rules(
    "course: {kind: deadline, when: {fact: asked}, require: {fact: course_held}, within: P7D, limit: seats}", LIMITS
)
TRACKS = rules(
    """
    course:
      kind: deadline
      when: {fact: asked}
      require: {by: {latest: chosen, field: track, in: visit, cases: {practice: practice_held}, else: course_held}}
      within: P7D
      limit: seats
    """,
    LIMITS,
)
ASKED = fact("asked", "2017-01-02")


class Room:
    """Full on these days, and no others; remembers what it was asked."""

    def __init__(self, *full_on: str) -> None:
        self.full_on = [day(each) for each in full_on]
        self.asked: list[tuple[str, str, date]] = []

    def __call__(self, model: Model, limit: str, on: date) -> bool:
        self.asked.append((model.id, limit, on))
        return on in self.full_on


def causes(story: Story) -> list[str | None]:
    """Those of the breaches in the ledger."""
    return [verdict.cause for verdict in story.verdicts if isinstance(verdict, DeadlineBreached)]


def derived(story: Story, as_of: str, known: str) -> str | None:
    """The cause of the only obligation from two points."""
    [owed] = story.pathway.derive(story.models, day(as_of), instant(known)).obligations
    return owed.cause


def test_a_breach_whose_limit_was_full_on_the_due_day_is_one_of_capacity() -> None:
    room = Room("2017-01-09")
    story = Story(COURSE, is_full=room).record("2017-01-02", ASKED).until("2017-02-01")
    assert causes(story) == ["capacity"]
    assert room.asked == [("trial", "seats", day("2017-01-09"))]


def test_room_on_the_due_day_gives_no_cause_though_there_was_none_before_and_after() -> None:
    story = Story(COURSE, is_full=Room("2017-01-08", "2017-01-10")).record("2017-01-02", ASKED).until("2017-02-01")
    assert causes(story) == [None]


def test_it_is_kept_as_it_was_found() -> None:
    room = Room("2017-01-09")
    story = Story(COURSE, is_full=room).record("2017-01-02", ASKED).until("2017-01-10")
    room.full_on.clear()
    story.record("2017-01-20", fact("course_held", "2017-01-20"))
    assert causes(story) == ["capacity"]
    assert len(room.asked) == 1
    assert derived(story, "2017-01-20", "2017-01-20") == "capacity"


def test_what_was_found_without_it_does_not_get_it_later() -> None:
    room = Room()
    story = Story(COURSE, is_full=room).record("2017-01-02", ASKED).until("2017-01-10")
    room.full_on.append(day("2017-01-09"))
    story.record("2017-01-20", fact("course_held", "2017-01-20"))
    assert causes(story) == [None]
    assert derived(story, "2017-01-20", "2017-01-20") is None


def test_a_view_knows_it_from_the_finding_until_the_withdrawal() -> None:
    story = Story(COURSE, is_full=Room("2017-01-09", "2017-01-10")).record("2017-01-02", ASKED).until("2017-01-12")
    assert derived(story, "2017-01-12", "2017-01-09") is None
    assert derived(story, "2017-01-12", "2017-01-12") == "capacity"
    story.record("2017-01-20", fact("course_held", "2017-01-09"))
    assert derived(story, "2017-01-20", "2017-01-20T20:00:00+01:00") is None
    story.annul("2017-01-21", "course_held 2017-01-09")
    assert causes(story) == ["capacity", "capacity"]
    assert derived(story, "2017-01-21", "2017-01-21T20:00:00+01:00") == "capacity"
    assert derived(story, "2017-01-12", "2017-01-20T20:00:00+01:00") is None


def test_a_citizen_who_stayed_away_is_the_cause_though_it_was_full() -> None:
    away = fact("stayed_away", "2017-01-05", activity="course_held")
    room = Room("2017-01-09")
    story = Story(COURSE, is_full=room).record("2017-01-02", ASKED).record("2017-01-05", away).until("2017-02-01")
    assert causes(story) == ["citizen_absent"]
    assert room.asked == []


def test_a_rule_without_a_limit_asks_for_none() -> None:
    room = Room("2017-01-09")
    plain = rules("course: {kind: deadline, when: {fact: asked}, require: {fact: course_held}, within: P7D}", LIMITS)
    story = Story(plain, is_full=room).record("2017-01-02", ASKED).until("2017-02-01")
    assert (causes(story), room.asked) == ([None], [])


def test_what_is_only_expected_has_no_cause() -> None:
    room = Room("2017-01-09")
    expected = rules(
        "course: {kind: deadline, when: {fact: asked}, require: {fact: course_held}, within: P7D, limit: seats, "
        "force: expect}",
        LIMITS,
    )
    story = Story(expected, is_full=room).record("2017-01-02", ASKED).until("2017-02-01")
    assert (story.ledger, room.asked) == ([], [])


def test_another_track_chosen_by_the_due_day_has_nothing_to_do_with_the_limit() -> None:
    room = Room("2017-01-09")
    story = Story(TRACKS, is_full=room).record("2017-01-02", ASKED)
    story.record("2017-01-09", fact("chosen", "2017-01-09", track="practice")).until("2017-02-01")
    assert (causes(story), room.asked) == ([None], [])


def test_another_track_chosen_after_the_due_day_changes_nothing() -> None:
    story = Story(TRACKS, is_full=Room("2017-01-09")).record("2017-01-02", ASKED)
    story.record("2017-01-10", fact("chosen", "2017-01-10", track="practice")).until("2017-02-01")
    assert causes(story) == ["capacity"]


def test_the_track_that_is_meant_without_a_choice_can_be_chosen_too() -> None:
    story = Story(TRACKS, is_full=Room("2017-01-09")).record("2017-01-02", ASKED)
    story.record("2017-01-03", fact("chosen", "2017-01-03", track="course")).until("2017-02-01")
    assert causes(story) == ["capacity"]


def test_where_nobody_looks_at_limits_none_is_full() -> None:
    story = Story(COURSE).record("2017-01-02", ASKED).until("2017-02-01")
    assert causes(story) == [None]
