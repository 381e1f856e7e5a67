"""On ledighedsydelse: conversations, the track referred to, and what is done there."""

from collections.abc import Sequence
from datetime import date

from indsats.domain.facts.new_fact import NewFact, Number, new_fact
from indsats.domain.facts.words import ContactForm, ReviewOutcome, Role, Route, Track


def ledighedsydelse_started(*, on: date, route: Route, id: str | None = None) -> NewFact:
    """The citizen went over to ledighedsydelse; `route` is the way by which."""
    return new_fact("ledighedsydelse_started", on, id, route=route)


def ledighedsydelse_ended(*, on: date, reason: str | None = None, id: str | None = None) -> NewFact:
    """The benefit ended, `on` being the first day without; the phase stays. `reason` is personal text."""
    return new_fact("ledighedsydelse_ended", on, id, reason=reason)


def first_conversation_held(
    *,
    on: date,
    participants: Sequence[Role],
    topics: Sequence[str] | None = None,
    form: ContactForm | None = None,
    consultant_invited: bool | None = None,
    id: str | None = None,
) -> NewFact:
    """The first conversation was held; a summons is none. The consultant may be invited without taking part."""
    return new_fact(
        "first_conversation_held",
        on,
        id,
        participants=participants,
        topics=topics,
        form=form,
        consultant_invited=consultant_invited,
    )


def conversation_held(
    *,
    on: date,
    participants: Sequence[Role],
    topics: Sequence[str] | None = None,
    form: ContactForm | None = None,
    id: str | None = None,
) -> NewFact:
    """A later conversation was held."""
    return new_fact("conversation_held", on, id, participants=participants, topics=topics, form=form)


def referred(*, on: date, track: Track, id: str | None = None) -> NewFact:
    """The citizen was referred to a track."""
    return new_fact("referred", on, id, track=track)


def strategy_made(*, on: date, id: str | None = None) -> NewFact:
    """The job-search strategy was made."""
    return new_fact("strategy_made", on, id)


def strategy_reviewed(*, on: date, outcome: ReviewOutcome, id: str | None = None) -> NewFact:
    """The job-search strategy was reviewed: go on, adjust it, or another track."""
    return new_fact("strategy_reviewed", on, id, outcome=outcome)


def abc_plan_made(*, on: date, id: str | None = None) -> NewFact:
    """The ABC job plan of the club was made."""
    return new_fact("abc_plan_made", on, id)


def min_plan_noted(*, on: date, id: str | None = None) -> NewFact:
    """The agreement was noted in Min Plan."""
    return new_fact("min_plan_noted", on, id)


def cv_published(*, on: date, id: str | None = None) -> NewFact:
    """The CV was published on Jobnet."""
    return new_fact("cv_published", on, id)


def cv_quality_checked(*, on: date, id: str | None = None) -> NewFact:
    """The quality of the CV was checked."""
    return new_fact("cv_quality_checked", on, id)


def upskilling_discussed(*, on: date, id: str | None = None) -> NewFact:
    """Up-skilling was discussed."""
    return new_fact("upskilling_discussed", on, id)


def profile_test_decided(*, on: date, decision: bool, reason: str | None = None, id: str | None = None) -> NewFact:
    """Whether to use a profile test was decided; `reason` is personal text."""
    return new_fact("profile_test_decided", on, id, decision=decision, reason=reason)


def placement_decided(*, on: date, decision: bool, reason: str | None = None, id: str | None = None) -> NewFact:
    """Whether to use a work placement was decided; `reason` is personal text."""
    return new_fact("placement_decided", on, id, decision=decision, reason=reason)


def mentor_decided(*, on: date, decision: bool, reason: str | None = None, id: str | None = None) -> NewFact:
    """Whether to use a mentor was decided; `reason` is personal text."""
    return new_fact("mentor_decided", on, id, decision=decision, reason=reason)


def job_club_attended(*, on: date, club: str, hours: Number | None = None, id: str | None = None) -> NewFact:
    """The citizen attended a meeting of the job club; `hours` are those of that meeting."""
    return new_fact("job_club_attended", on, id, club=club, hours=hours)


def club_left(*, on: date, club: str, reason: str | None = None, id: str | None = None) -> NewFact:
    """The citizen left the job club; `reason` is personal text."""
    return new_fact("club_left", on, id, club=club, reason=reason)


def individual_course_started(*, on: date, id: str | None = None) -> NewFact:
    """An individual course started."""
    return new_fact("individual_course_started", on, id)


def competence_clarification_started(*, on: date, id: str | None = None) -> NewFact:
    """A competence clarification started."""
    return new_fact("competence_clarification_started", on, id)


def external_course_started(*, on: date, id: str | None = None) -> NewFact:
    """A course at an external provider started."""
    return new_fact("external_course_started", on, id)


def placement_started(*, on: date, workplace: str | None = None, id: str | None = None) -> NewFact:
    """A work placement started; `workplace` is personal text."""
    return new_fact("placement_started", on, id, workplace=workplace)


def placement_ended(*, on: date, workplace: str | None = None, id: str | None = None) -> NewFact:
    """A work placement ended; `workplace` is personal text."""
    return new_fact("placement_ended", on, id, workplace=workplace)
