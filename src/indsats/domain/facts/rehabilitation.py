"""Before a flexjob is granted: referral, screening, and the meeting of the rehabilitation team."""

from collections.abc import Sequence
from datetime import date

from indsats.domain.facts.new_fact import NewFact, Number, new_fact
from indsats.domain.facts.words import Role


def rehab_referred(*, on: date, work_capacity_hours: Number | None = None, id: str | None = None) -> NewFact:
    """The citizen was referred to the rehabilitation team; `work_capacity_hours` are hours a week."""
    return new_fact("rehab_referred", on, id, work_capacity_hours=work_capacity_hours)


def screened(*, on: date, nominate: bool, ten_hours_or_less: bool, id: str | None = None) -> NewFact:
    """The case was screened: whether to nominate for a flexjob, and whether the work capacity is at most ten hours."""
    return new_fact("screened", on, id, nominate=nominate, ten_hours_or_less=ten_hours_or_less)


def preparation_meeting_held(
    *, on: date, participants: Sequence[Role], topics: Sequence[str] | None = None, id: str | None = None
) -> NewFact:
    """The team's meeting was prepared; the usual topics are `scheme`, `development_view` and `job_goals`."""
    return new_fact("preparation_meeting_held", on, id, participants=participants, topics=topics)


def rehab_meeting_held(
    *,
    on: date,
    participants: Sequence[Role],
    progression_goal: str | None = None,
    support_need: str | None = None,
    job_goals: str | None = None,
    plan: str | None = None,
    few_hours: bool | None = None,
    id: str | None = None,
) -> NewFact:
    """The rehabilitation team met; its four texts are personal, `few_hours` says that few hours are foreseen."""
    return new_fact(
        "rehab_meeting_held",
        on,
        id,
        participants=participants,
        progression_goal=progression_goal,
        support_need=support_need,
        job_goals=job_goals,
        plan=plan,
        few_hours=few_hours,
    )


def flexjob_granted(*, on: date, reason: str | None = None, id: str | None = None) -> NewFact:
    """The citizen was granted a flexjob; `reason` is personal text."""
    return new_fact("flexjob_granted", on, id, reason=reason)


def flexjob_refused(*, on: date, outcome: str, id: str | None = None) -> NewFact:
    """The citizen was refused a flexjob, which closes a pathway before the decision; `outcome` is personal text."""
    return new_fact("flexjob_refused", on, id, outcome=outcome)
