"""What becomes of a citizen who never was: the facts of a way through ledighedsydelse and flexjob, by chance."""

from collections.abc import Sequence
from datetime import date, timedelta
from random import Random
from typing import NamedTuple, TypeVar, get_args

from indsats.domain import facts
from indsats.domain.calendar import ONE_DAY
from indsats.domain.facts import NewFact, Role, Route, Track

T = TypeVar("T")

LONGEST_DELAY = 29
"""Days after which everything that was done is registered."""

_ROUTES: dict[Route, int] = {
    "rehab_referral": 5,
    "rehab_grant": 3,
    "mover_in": 3,
    "dismissed_flexjob": 4,
    "other_newcomer": 1,
    "existing_recipient": 4,
    "existing_flexjob": 3,
    "flexjob_found": 2,
}
# The club takes eight in ten.
_TRACKS: dict[Track, int] = dict(zip(get_args(Track), (16, 1, 1, 1, 1), strict=True))
_EMPLOYERS = ("Bager Holm", "Rødvig Maskinværksted", "Hårlev Gartneri", "Stevns Boghandel", "Klippinge Møbler")
_TEXTS = (
    "Aftalt, at borgeren selv kontakter virksomheden.",
    "Ringet op uden svar; lagt besked.",
    "Borgeren har det bedre om formiddagen, så møder lægges dér.",
    "Virksomheden er glad for samarbejdet og overvejer flere timer efter sommerferien.",
    "Borgeren er usikker på, om opgaverne i butikken er for tunge. Vi tager det op ved næste opfølgning.",
)
_REASONS: tuple[facts.HoldReason, ...] = ("exemption", "exemption", "sickness", "holiday", "parental_leave")
_ENDINGS: tuple[facts.ClosingReason, ...] = ("ordinary_job", "disability_pension", "old_age_pension", "moved_out")


class Worker(NamedTuple):
    """One who works with citizens, in one role and unit."""

    id: str
    role: Role
    unit: str


class Team(NamedTuple):
    """Those who work with one citizen, and their club."""

    caseworker: Worker
    consultant: Worker
    follower: Worker
    club: str


class Told(NamedTuple):
    """A fact, and who registers it."""

    fact: NewFact
    by: Worker


class Story:
    """One citizen's way, told chapter by chapter; each chapter says on which day the next begins.

    It begins on `begin`; nothing is told of `end` and later days, unless it is the closing.
    """

    def __init__(self, citizen: str, team: Team, begin: date, end: date, random: Random) -> None:
        self._citizen = citizen
        self._caseworker, self._consultant, self._follower, self._club = team
        self._begin = begin
        self._end = end
        self._random = random
        self._jobs = 0
        self._is_refused = False
        self._told: list[Told] = []

    def tell(self, most: int) -> list[Told]:
        """The facts in the order of their days, `most` of them; if one closes the pathway, it is the last."""
        closing = []
        if self._chance(0.1):
            self._end = min(self._end, self._later(self._begin, 150, 500))
            closing.append(Told(facts.pathway_closed(on=self._end, reason=self._one_of(_ENDINGS)), self._caseworker))
        self._tell_all()
        if self._is_refused:
            closing.clear()
        most -= len(closing)
        self._fill(most)
        self._told.sort(key=lambda told: told.fact.on)
        return self._told[:most] + closing

    def _tell_all(self) -> None:
        route: Route = self._random.choices(list(_ROUTES), list(_ROUTES.values()))[0]
        self._assign(self._begin, self._caseworker)
        self._assign(self._begin, self._consultant)
        match route:
            case "rehab_referral":
                granted = self._rehabilitation(self._begin)
                job = granted and self._ledighedsydelse(granted, "rehab_grant")
            case "existing_flexjob" | "flexjob_found":
                self._tell(facts.pathway_opened(on=self._begin, route=route), self._caseworker)
                job = self._begin
            case _:
                job = self._ledighedsydelse(self._begin, route)
        if job and (dismissed := self._flexjob(job, was_there=route == "existing_flexjob")):
            self._flexjob(self._ledighedsydelse(dismissed, "dismissed_flexjob"))
        if self._chance(0.2):
            self._hold(self._later(self._begin, 1, 300))

    def _rehabilitation(self, begin: date) -> date | None:
        """From the referral to the decision; the day after it, None if the citizen was refused."""
        by = self._caseworker
        prepared, met = self._later(begin, 10, 35), self._later(begin, 40, 80)
        self._tell(facts.pathway_opened(on=begin, route="rehab_referral"), by)
        self._tell(facts.rehab_referred(on=begin, work_capacity_hours=self._hours()), by)
        if self._chance(0.9):
            few = self._chance(0.6)
            self._tell(facts.screened(on=self._later(begin, 1, 9), nominate=True, ten_hours_or_less=few), by)
        with_consultant: tuple[Role, ...] = ("citizen", "caseworker", "company_consultant")
        some = with_consultant if self._chance(0.8) else with_consultant[:2]
        self._tell(facts.preparation_meeting_held(on=prepared, participants=some, topics=["job_goals"]), by)
        meeting = facts.rehab_meeting_held(
            on=met,
            participants=("rehab_team", *some),
            progression_goal=self._text(),
            support_need=self._text(),
            job_goals=self._text(),
            plan=self._text() if self._chance(0.7) else None,
            id=f"{self._citizen}-meeting",
        )
        self._tell(meeting, by)
        decided = self._later(met, 10, 25)
        if self._chance(0.1):
            self._is_refused = True
            self._tell(facts.flexjob_refused(on=decided, outcome=self._text()), by)
            self._end = min(self._end, decided)
        else:
            self._tell(facts.flexjob_granted(on=decided), by)
        if "plan" not in meeting.fields:
            # In one registration with the meeting, or when that is registered for certain.
            missing = met + timedelta(days=self._one_of((0, LONGEST_DELAY + 1)))
            self._tell(facts.supplemented(on=missing, of=str(meeting.id), plan=self._text()), by)
        return None if self._is_refused else decided + ONE_DAY

    def _ledighedsydelse(self, begin: date, route: Route) -> date:
        """From the start of the benefit to the day of the next flexjob."""
        by = self._caseworker
        self._tell(facts.ledighedsydelse_started(on=begin, route=route), by)
        talk = self._later(begin, 0, 9)
        held = facts.first_conversation_held(
            on=talk,
            participants=("citizen", "caseworker"),
            topics=("netværk", "ansøgning") if self._chance(0.9) else None,
            form=self._one_of(get_args(facts.ContactForm)),
            consultant_invited=True,
        )
        if self._chance(0.15):
            self._tell(facts.no_show(on=begin + (talk - begin) / 2, activity=held.kind), by)
        if self._chance(0.95):
            self._tell(held, by)
            self._track(talk)
        if self._chance(0.8):
            self._tell(facts.cv_published(on=self._later(talk, 5, 40)), by)
        if self._chance(0.85):
            review = facts.strategy_reviewed(on=self._later(begin, 60, 100), outcome="continue")
            self._tell(review, by)
        return self._later(begin, 90, 200)

    def _track(self, day: date) -> None:
        track: Track = self._random.choices(list(_TRACKS), list(_TRACKS.values()))[0]
        self._tell(facts.referred(on=day, track=track), self._caseworker)
        begin = self._later(day, 1, 8)
        match track:
            case "individual":
                started = facts.individual_course_started(on=begin)
            case "competence_clarification":
                started = facts.competence_clarification_started(on=begin)
            case "work_placement":
                started = facts.placement_started(on=begin, workplace=self._one_of(_EMPLOYERS))
            case "external_provider":
                started = facts.external_course_started(on=begin)
            case _:
                for week in range(12):
                    meeting = facts.job_club_attended(on=begin + timedelta(weeks=week), club=self._club, hours=4)
                    if self._chance(0.9):
                        self._tell(meeting, self._consultant)
                return
        self._tell(started, self._caseworker)

    def _flexjob(self, begin: date, *, was_there: bool = False) -> date | None:
        """From the start of a flexjob to its end; the day after it, None if it goes on."""
        self._jobs += 1
        job = f"e{self._jobs}"
        lasts_until = self._later(begin, 60, 200) if self._chance(0.2) else None
        employer, hours = self._one_of(_EMPLOYERS), self._hours()
        consultant, follower = self._consultant, self._follower
        self._assign(begin, follower)
        self._tell(facts.flexjob_started(on=begin, employment=job, weekly_hours=hours, employer=employer), consultant)
        if was_there:
            offer = facts.early_follow_up_offered(
                on=self._later(begin, 5, 35), employment=job, to=("citizen", "employer")
            )
            self._tell(offer, consultant)
        if self._chance(0.9):
            aligned = facts.expectation_alignment_held(
                on=self._later(begin, 0, 32), employment=job, participants=("citizen", "employer")
            )
            self._tell(aligned, consultant)
        if self._chance(0.9):
            # Half of the agreements leave the rhythm to the model.
            weeks = self._one_of((None, None, 6, 8))
            agreed = facts.tillaegsaftale_signed(
                on=self._later(begin, 0, 30),
                employment=job,
                milestones=self._text(),
                dimensions=("time", "tasks"),
                follow_up_every=f"P{weeks}W" if weeks else None,
            )
            self._tell(agreed, consultant)
        if self._chance(0.4):
            changed = self._later(begin, 61, 200)
            more = facts.hours_changed(on=changed, employment=job, weekly_hours=hours + self._one_of((-1, 2, 5)))
            if lasts_until is None or changed < lasts_until:
                self._tell(more, follower)
        self._follow_up(begin, lasts_until or self._end, job)
        if lasts_until is None:
            return None
        self._tell(facts.flexjob_ended(on=lasts_until, employment=job, reason="dismissed"), consultant)
        released = facts.worker_released(
            on=lasts_until, worker=follower.id, as_role=follower.role, at_unit=follower.unit
        )
        self._tell(released, self._caseworker)
        return lasts_until + ONE_DAY

    def _follow_up(self, begin: date, end: date, job: str) -> None:
        held = self._later(begin, 14, 32)
        while held < end:
            fact = facts.follow_up_held(
                on=held,
                employment=job if self._chance(0.8) else None,
                participants=("citizen", "employer", "follow_up_worker"),
                form=self._one_of(get_args(facts.ContactForm)),
            )
            self._tell(fact, self._follower)
            held = self._later(held, 10, 32)

    def _hold(self, begin: date) -> None:
        reason = self._one_of(_REASONS)
        self._tell(facts.hold_started(on=begin, reason=reason), self._caseworker)
        if self._chance(0.9):
            self._tell(facts.hold_ended(on=self._later(begin, 7, 40), reason=reason), self._caseworker)

    def _fill(self, most: int) -> None:
        """What there is between: conversations and notes."""
        days = max((self._end - self._begin).days, 1)
        while len(self._told) < most:
            day = self._later(self._begin, 0, days - 1)
            if self._chance(0.2):
                between = facts.note_added(on=day, text=self._text())
            else:
                between = facts.conversation_held(
                    on=day, participants=("citizen", "caseworker"), form=self._one_of(get_args(facts.ContactForm))
                )
            self._told.append(Told(between, self._caseworker))

    def _tell(self, fact: NewFact, by: Worker) -> None:
        if fact.on < self._end:
            self._told.append(Told(fact, by))

    def _assign(self, day: date, worker: Worker) -> None:
        assigned = facts.worker_assigned(on=day, worker=worker.id, as_role=worker.role, at_unit=worker.unit)
        self._tell(assigned, self._caseworker)

    def _chance(self, share: float) -> bool:
        return self._random.random() < share

    def _later(self, day: date, least: int, most: int) -> date:
        return day + timedelta(days=self._random.randint(least, most))

    def _one_of(self, values: Sequence[T]) -> T:
        return self._random.choice(values)

    def _hours(self) -> float:
        return self._one_of((4, 6, 7.5, 8, 10, 15, 20))

    def _text(self) -> str:
        return self._one_of(_TEXTS)
