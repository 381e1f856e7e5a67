"""The key figures of Stevns by plain loops over facts: an oracle that shares no code with what it checks.

A story is the facts of one citizen; `told` puts them into fact order. A figure is (numerator, denominator); of the
median the numerator is the median, or None.
"""

from calendar import monthrange
from collections.abc import Sequence
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from statistics import median
from typing import NamedTuple

from dateutil.relativedelta import relativedelta

from indsats.domain.obligations import Obligation
from indsats.domain.timeline import Fact

FIRST, LAST = date(2017, 1, 1), date(2018, 6, 30)
MONTH = relativedelta(months=1)

Figure = tuple[Fraction | int | None, Fraction | int]
Story = Sequence[Fact]


class Stood(NamedTuple):
    """Where a fact left its pathway: the phase, and the visit that the fact lies in (None in closed)."""

    phase: str
    visit: int | None


def told(story: Story, kinds: Sequence[str], as_of: date) -> list[Fact]:
    """The facts up to a day in fact order; `kinds` is the catalogue in rank order."""
    seen = [fact for fact in story if fact.on <= as_of]
    return sorted(seen, key=lambda fact: (fact.on, kinds.index(fact.kind), fact.recorded_at, fact.position))


def stood(facts: Story) -> list[Stood]:
    found = []
    phase, visit = "none", 0
    for fact in facts:
        target = phase
        lies_in = None if phase == "closed" else visit
        if phase == "closed":
            if fact.kind == "pathway_reopened":
                target = "none"
        elif fact.kind == "rehab_referred" and phase in ("none", "pre_rehab"):
            target = "pre_rehab"
        elif fact.kind == "flexjob_refused" and phase == "pre_rehab":
            target = "closed"
        elif fact.kind == "ledighedsydelse_started":
            target = "ledighedsydelse"
        elif fact.kind == "flexjob_started":
            target = "flexjob"
        elif fact.kind == "pathway_closed":
            target = "closed"
        if target != phase and target != "closed":
            visit += 1
            lies_in = visit
        phase = target
        found.append(Stood(phase, lies_in))
    return found


def phase_on(facts: Story, day: date) -> str:
    phases = [at.phase for fact, at in zip(facts, stood(facts), strict=True) if fact.on <= day]
    return phases[-1] if phases else "none"


def in_phases(stories: Sequence[Story], as_of: date, wanted: str) -> Figure:
    phases = [phase_on(facts, as_of) for facts in stories]
    return phases.count(wanted), phases.count("ledighedsydelse") + phases.count("flexjob")


def full_time(stories: Sequence[Story], as_of: date) -> Figure:
    on_benefit = in_scheme = 0
    for facts in stories:
        day = as_of.replace(day=1)
        while day <= as_of:
            phase = phase_on(facts, day)
            on_benefit += phase == "ledighedsydelse"
            in_scheme += phase in ("ledighedsydelse", "flexjob")
            day += timedelta(days=1)
    days = monthrange(as_of.year, as_of.month)[1]
    return Fraction(on_benefit, days), Fraction(in_scheme, days)


class Job(NamedTuple):
    """An employment: its place in fact order and that of its end, its first and latest hours, whether agreed on."""

    start: int
    end: int | None
    on: date
    at_start: Decimal
    latest: Decimal
    agreed: bool


def jobs(facts: Story) -> list[Job]:
    """Every start is one. An end closes what runs, else the first start of the same day that is still open."""
    ends: dict[int, int] = {}
    for place, fact in enumerate(facts):
        if fact.kind != "flexjob_ended":
            continue
        same = [
            other
            for other, start in enumerate(facts)
            if start.kind == "flexjob_started"
            and start.fields["employment"] == fact.fields["employment"]
            and other not in ends
        ]
        running = [other for other in same if other < place]
        of_that_day = [other for other in same if other > place and facts[other].on == fact.on]
        for other in running or of_that_day[:1]:
            ends[other] = place
    found = []
    starts = [place for place, fact in enumerate(facts) if fact.kind == "flexjob_started"]
    for start in starts:
        employment = facts[start].fields["employment"]
        end = ends.get(start)
        latest = at_start = Decimal(str(facts[start].fields["weekly_hours"]))
        agreed = False
        for place, fact in enumerate(facts):
            if fact.fields.get("employment") != employment:
                continue
            is_running = place > start and (end is None or place < end)
            if fact.kind == "hours_changed" and is_running:
                latest = Decimal(str(fact.fields["weekly_hours"]))
            if fact.kind == "tillaegsaftale_signed":
                runs_elsewhere = any(
                    other < place and (ends.get(other) is None or place < ends[other])
                    for other in starts
                    if facts[other].fields["employment"] == employment
                )
                later = [other for other in starts if other > place and facts[other].fields["employment"] == employment]
                agreed = agreed or is_running or (not runs_elsewhere and later[:1] == [start])
        found.append(Job(start, end, facts[start].on, at_start, latest, agreed))
    return found


def small_jobs(stories: Sequence[Story]) -> list[Job]:
    return [job for facts in stories for job in jobs(facts) if job.at_start <= 10 and FIRST <= job.on <= LAST]


def progressed(stories: Sequence[Story], since: date, until: date = date.max) -> Figure:
    """Persons whose hours together exceed those at the start of a small job that began between two days."""
    found = []
    for facts in stories:
        own = jobs(facts)
        small = [job for job in own if job.at_start <= 10 and since <= job.on <= until]
        if small:
            running = [job for job in own if job.end is None]
            ended = max((facts[job.end].on for job in own if job.end is not None), default=None)
            last = [job for job in own if job.end is not None and facts[job.end].on == ended]
            together = sum(job.latest for job in running or last)
            found.append(any(together > job.at_start for job in small))
    return sum(found), len(found)


def spells(facts: Story, as_of: date) -> list[tuple[date, date, str | None]]:
    """The ended spells: first day, first day without, reason of the closing if one ended it."""
    pieces: list[tuple[date, date | None, str | None]] = []
    for place, fact in enumerate(facts):
        if fact.kind != "ledighedsydelse_started":
            continue
        end = next(
            (
                later
                for later in facts[place + 1 :]
                if later.kind in ("ledighedsydelse_ended", "flexjob_started", "pathway_closed")
            ),
            None,
        )
        if end is None:
            pieces.append((fact.on, None, None))
        elif end.on > fact.on:
            pieces.append((fact.on, end.on, end.text("reason") if end.kind == "pathway_closed" else None))
    joined: list[tuple[date, date | None, str | None]] = []
    for first, until, reason in pieces:
        if joined and (joined[-1][1] is None or first < joined[-1][1] + MONTH):
            joined[-1] = (joined[-1][0], until, reason)
        else:
            joined.append((first, until, reason))
    return [(first, until, reason) for first, until, reason in joined if until is not None and until + MONTH <= as_of]


def short_spells(stories: Sequence[Story], as_of: date, since: date = FIRST) -> Figure:
    counted = [
        until < first + relativedelta(months=6)
        for facts in stories
        for first, until, reason in spells(facts, as_of)
        if since <= until <= as_of and reason != "moved_out"
    ]
    return sum(counted), len(counted)


def existing_recipients(stories: Sequence[Story]) -> Figure:
    numerator = denominator = 0
    for facts in stories:
        routes = [
            fact.fields["route"]
            for fact in facts
            if fact.kind == "ledighedsydelse_started" and FIRST <= fact.on <= LAST
        ]
        denominator += bool(routes)
        numerator += "existing_recipient" in routes
    return numerator, denominator


def club_referrals(stories: Sequence[Story]) -> Figure:
    counted = []
    for facts in stories:
        places = stood(facts)
        for fact, at in zip(facts, places, strict=True):
            if fact.kind != "ledighedsydelse_started" or not FIRST <= fact.on <= LAST:
                continue
            if fact.fields["route"] == "existing_recipient":
                continue
            counted.append(
                any(
                    other.kind == "referred"
                    and other.fields["track"] == "job_club"
                    and there.visit is not None
                    and there.visit == at.visit
                    and other.on >= fact.on
                    for other, there in zip(facts, places, strict=True)
                )
            )
    return sum(counted), len(counted)


def days_to_flexjob(stories: Sequence[Story]) -> Figure:
    days = []
    for facts in stories:
        entered = None
        before = "none"
        for fact, at in zip(facts, stood(facts), strict=True):
            if before == "ledighedsydelse" and at.phase == "flexjob":
                assert entered is not None
                days.append((fact.on - entered).days)
            if at.phase == "ledighedsydelse" and before != "ledighedsydelse":
                entered = fact.on
            before = at.phase
    return (Fraction(median(map(Fraction, days))) if days else None), len(days)


def on_time(obligations: Sequence[Obligation], rule: str, as_of: date) -> Figure:
    due = [owed for owed in obligations if owed.rule == rule and owed.due is not None and owed.due <= as_of]
    met = [owed for owed in due if owed.status == "met"]
    return len(met), len(met) + sum(owed.status in ("met_late", "breached") for owed in due)


def figures(stories: Sequence[Story], obligations: Sequence[Obligation], as_of: date) -> dict[str, Figure]:
    """Every figure of Stevns 2017; the stories are told up to `as_of`, the obligations are those of all of them."""
    small = small_jobs(stories)
    return {
        "ledighedsydelse_share": in_phases(stories, as_of, "ledighedsydelse"),
        "ledighedsydelse_share_full_time": full_time(stories, as_of),
        "employed_share": in_phases(stories, as_of, "flexjob"),
        "hours_increased_share": (sum(job.latest > job.at_start for job in small), len(small)),
        "regression_share": (sum(job.latest < job.at_start for job in small), len(small)),
        "short_spell_share": short_spells(stories, as_of),
        "existing_recipient_share": existing_recipients(stories),
        "club_referral_share": club_referrals(stories),
        "tillaegsaftale_share": (sum(job.agreed for job in small), len(small)),
        "days_to_flexjob": days_to_flexjob(stories),
        "first_conversation_on_time": on_time(obligations, "first_conversation", as_of),
        "job_club_on_time": on_time(obligations, "job_club", as_of),
        "strategy_review_on_time": on_time(obligations, "strategy_review", as_of),
        "follow_up_punctuality": on_time(obligations, "follow_up", as_of),
    }
