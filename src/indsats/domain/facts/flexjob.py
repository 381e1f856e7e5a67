"""In a flexjob: hours, agreements and follow-up, each of an `employment` that the host names; wage hours, education."""

from collections.abc import Sequence
from datetime import date

from indsats.domain.facts.new_fact import NewFact, Number, new_fact
from indsats.domain.facts.words import ContactForm, Dimension, EmploymentEnd, OfferedTo, Role
from indsats.domain.values import Duration


def flexjob_started(
    *,
    on: date,
    employment: str,
    weekly_hours: Number,
    attendance_hours: Number | None = None,
    employer: str | None = None,
    id: str | None = None,
) -> NewFact:
    """A flexjob started; `weekly_hours` are effective, `attendance_hours` present a week. `employer` is personal."""
    return new_fact(
        "flexjob_started",
        on,
        id,
        employment=employment,
        weekly_hours=weekly_hours,
        attendance_hours=attendance_hours,
        employer=employer,
    )


def flexjob_ended(*, on: date, employment: str, reason: EmploymentEnd | None = None, id: str | None = None) -> NewFact:
    """A flexjob ended; the phase stays until another fact moves the citizen."""
    return new_fact("flexjob_ended", on, id, employment=employment, reason=reason)


def hours_changed(*, on: date, employment: str, weekly_hours: Number, id: str | None = None) -> NewFact:
    """The effective weekly hours changed, from `on` on."""
    return new_fact("hours_changed", on, id, employment=employment, weekly_hours=weekly_hours)


def expectation_alignment_held(
    *, on: date, employment: str, participants: Sequence[Role], id: str | None = None
) -> NewFact:
    """Citizen and employer aligned their expectations."""
    return new_fact("expectation_alignment_held", on, id, employment=employment, participants=participants)


def tillaegsaftale_signed(
    *,
    on: date,
    employment: str,
    milestones: str | None = None,
    dimensions: Sequence[Dimension] | None = None,
    follow_up_every: Duration | str | None = None,
    follow_up_dates: Sequence[date | str] | None = None,
    id: str | None = None,
) -> NewFact:
    """The agreement on progression was signed; dates win over a rhythm. `milestones` is personal text."""
    return new_fact(
        "tillaegsaftale_signed",
        on,
        id,
        employment=employment,
        milestones=milestones,
        dimensions=dimensions,
        follow_up_every=follow_up_every,
        follow_up_dates=follow_up_dates,
    )


def early_follow_up_offered(*, on: date, employment: str, to: Sequence[OfferedTo], id: str | None = None) -> NewFact:
    """An early follow-up was offered in an existing flexjob; it counts whether or not it is accepted."""
    return new_fact("early_follow_up_offered", on, id, employment=employment, to=to)


def follow_up_held(
    *,
    on: date,
    participants: Sequence[Role],
    employment: str | None = None,
    form: ContactForm | None = None,
    id: str | None = None,
) -> NewFact:
    """A follow-up was held; `employment` None is all that run."""
    return new_fact("follow_up_held", on, id, employment=employment, participants=participants, form=form)


def statutory_follow_up_held(
    *,
    on: date,
    employment: str,
    participants: Sequence[Role],
    form: ContactForm | None = None,
    id: str | None = None,
) -> NewFact:
    """The follow-up that the law demands was held."""
    return new_fact("statutory_follow_up_held", on, id, employment=employment, participants=participants, form=form)


def statutory_status_made(*, on: date, employment: str, id: str | None = None) -> NewFact:
    """The status that the law demands was made."""
    return new_fact("statutory_status_made", on, id, employment=employment)


def progression_exhausted(*, on: date, employment: str | None = None, id: str | None = None) -> NewFact:
    """No more progression can be expected, which ends the project's follow-up; `employment` None is all that run."""
    return new_fact("progression_exhausted", on, id, employment=employment)


def second_flexjob_decided(*, on: date, decision: bool, reason: str | None = None, id: str | None = None) -> NewFact:
    """Whether to seek one more flexjob elsewhere was decided; `reason` is personal text."""
    return new_fact("second_flexjob_decided", on, id, decision=decision, reason=reason)


def wage_hours_started(*, on: date, weekly_hours: Number | None = None, id: str | None = None) -> NewFact:
    """Hours at ordinary pay started."""
    return new_fact("wage_hours_started", on, id, weekly_hours=weekly_hours)


def wage_hours_ended(*, on: date, weekly_hours: Number | None = None, id: str | None = None) -> NewFact:
    """Hours at ordinary pay ended."""
    return new_fact("wage_hours_ended", on, id, weekly_hours=weekly_hours)


def education_started(*, on: date, weekly_hours: Number | None = None, id: str | None = None) -> NewFact:
    """Education started."""
    return new_fact("education_started", on, id, weekly_hours=weekly_hours)


def education_ended(*, on: date, weekly_hours: Number | None = None, id: str | None = None) -> NewFact:
    """Education ended."""
    return new_fact("education_ended", on, id, weekly_hours=weekly_hours)
