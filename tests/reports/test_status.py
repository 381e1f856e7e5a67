"""The status of a period: figures, deadlines kept, and what changed since the last report."""

from collections.abc import Mapping
from datetime import date, timedelta
from fractions import Fraction

import pytest
from tests.conftest import DATABASES, SQLITE
from tests.engine.looking import KIM, closed, rows, started
from tests.reports.quarters import FIRST, LEADER, ON_TIME, SECOND, play

from indsats.clock import VirtualClock
from indsats.domain import facts
from indsats.domain.calendar import end_of, noon_of
from indsats.engine import Engine
from indsats.engine.kpis import bridge, kpis
from indsats.errors import NotAllowed, ValueInvalid
from indsats.projections.kpis import KpiResult
from indsats.reports.periods import Period
from indsats.reports.status import Cause, Compared, OnTime, Revised, Status, status


def figure(found: Status, kpi_id: str = ON_TIME) -> Compared:
    return next(one for one in found.figures if one.kpi.id == kpi_id)


def rule(found: Status, rule_id: str = "first_conversation") -> OnTime:
    return next(one for one in found.rules if one.rule == rule_id)


def revised(found: Status, kpi_id: str = ON_TIME) -> Revised:
    return next(one for one in found.revised if one.compared.kpi.id == kpi_id)


def counts(result: KpiResult) -> tuple[object, object]:
    return result.numerator, result.denominator


def some(found: OnTime) -> Mapping[str, int]:
    """The statuses that some obligation has."""
    return {status: count for status, count in found.counts.items() if count}


@pytest.mark.parametrize("database_kind", [SQLITE, DATABASES[-1]])
def test_a_late_registration_is_itemised(engine: Engine, clock: VirtualClock) -> None:
    play(engine, clock)
    found = status(engine, SECOND, actor=LEADER)
    both = figure(found)
    assert (counts(both.before), counts(both.after)) == ((2, 3), (3, 7))
    assert both.difference == 100 * (Fraction(3, 7) - Fraction(2, 3))
    assert some(rule(found)) == {"met": 1, "met_late": 1, "breached": 2}
    assert (rule(found).total, rule(found).share) == (4, Fraction(1, 4))
    changed = revised(found)
    assert (counts(changed.compared.before), counts(changed.compared.after)) == ((1, 3), (2, 3))
    assert changed.compared.after == both.before
    assert changed.pathways == 1
    assert changed.causes == [
        Cause("recorded", "first_conversation_held", 1),
        Cause("withdrawn", "first_conversation", 1),
    ]
    assert [one.compared.kpi.id for one in found.revised] == [ON_TIME]


def test_the_figures_are_those_asked_for_one_by_one(engine: Engine, clock: VirtualClock) -> None:
    play(engine, clock)
    found = status(engine, SECOND, actor=LEADER)
    assert (found.as_of, found.known_at) == (SECOND.last, clock.at)
    for day, results in (
        (SECOND.last, [one.after for one in found.figures]),
        (FIRST.last, [one.before for one in found.figures]),
    ):
        assert results == [one.result for one in kpis(engine, actor=LEADER, as_of=day).figures]
    why = bridge(engine, ON_TIME, end_of(FIRST.last), clock.at, actor=LEADER, as_of=FIRST.last)
    assert revised(status(engine, SECOND, actor=LEADER, who=True)).changed == why.changed


def test_nobody_is_named_unless_asked(engine: Engine, clock: VirtualClock) -> None:
    play(engine, clock)
    assert [one.changed for one in status(engine, SECOND, actor=LEADER).revised] == [()]
    (named,) = status(engine, SECOND, actor=LEADER, who=True).revised
    assert [one.citizen for one in named.changed] == ["c2"]


def test_a_report_made_later_explains_only_what_came_after_it(engine: Engine, clock: VirtualClock) -> None:
    play(engine, clock)
    reported_at = end_of(date(2017, 4, 11))
    found = status(engine, SECOND, actor=LEADER, last_known_at=reported_at)
    assert (found.last_known_at, found.revised) == (reported_at, [])


def test_a_report_stays_the_same_as_known_then(engine: Engine, clock: VirtualClock) -> None:
    play(engine, clock, until=date(2017, 4, 7))
    first = status(engine, FIRST, actor=LEADER)
    assert counts(figure(first).after) == (1, 3)
    known_at = clock.at
    play(engine, clock)
    again = status(engine, FIRST, actor=LEADER, known_at=known_at)
    assert again == first
    assert status(engine, FIRST, actor=LEADER).figures != first.figures


def test_a_period_that_is_not_over_is_seen_as_of_today(engine: Engine, clock: VirtualClock) -> None:
    play(engine, clock, until=date(2017, 4, 11))
    found = status(engine, SECOND, actor=LEADER)
    assert found.as_of == date(2017, 4, 11)
    assert some(rule(found)) == {"met": 1, "open": 3}


def test_statuses_are_those_of_the_last_day_of_the_period(engine: Engine, clock: VirtualClock) -> None:
    play(engine, clock)
    until_due = Period(date(2017, 4, 1), date(2017, 4, 11))
    found = status(engine, until_due, actor=LEADER)
    assert some(rule(found)) == {"met": 1, "open": 1}
    a_day_more = status(engine, until_due._replace(last=date(2017, 4, 12)), actor=LEADER)
    assert some(rule(a_day_more)) == {"met": 1, "met_late": 1, "open": 1}


def test_what_is_neither_kept_nor_broken_is_counted_apart(engine: Engine, clock: VirtualClock) -> None:
    day = date(2017, 4, 3)
    clock.at = noon_of(day)
    for citizen in ("waived", "closed", "held", "idle"):
        engine.record(citizen, started(day, id=None), actor=KIM)
    waiver = facts.waived(on=day, rule="first_conversation", reason="ill")
    engine.record("waived", waiver, actor=KIM)
    engine.record("closed", closed(day), actor=KIM)
    engine.record("held", facts.hold_started(on=day, reason="exemption"), actor=KIM)
    found = rule(status(engine, SECOND, actor=LEADER))
    assert some(found) == {"waived": 1, "lapsed": 1, "on_hold": 1, "open": 1}
    assert (found.total, found.share) == (4, None)
    clock.at = noon_of(date(2017, 7, 3))
    engine.record("held", facts.hold_ended(on=date(2017, 4, 7), reason="exemption"), actor=KIM)
    found = rule(status(engine, SECOND, actor=LEADER))
    assert some(found) == {"waived": 1, "lapsed": 1, "breached": 2}
    assert found.share == Fraction(0)


def test_every_rule_that_can_fail_is_there_and_no_other(engine: Engine) -> None:
    found = status(engine, Period(date(2017, 1, 1), date(2017, 1, 31)), actor=LEADER)
    assert [one.rule for one in found.rules] == [one.id for one in engine.model.rules if one.can_fail]
    assert {one.total for one in found.rules} == {0}


def test_obligations_of_another_model_are_counted_under_its_rules(
    engine: Engine, clock: VirtualClock, database_url: str
) -> None:
    play(engine, clock)
    with Engine(database_url, "aalborg-2017", municipality="0336", clock=clock, keys=engine.keys) as other:
        found = status(other, SECOND, actor=LEADER)
    assert {one.reference for one in found.models} == {"stevns-2017@1"}
    assert some(rule(found)) == {"met": 1, "met_late": 1, "breached": 2}
    assert rule(found).title.en == "First conversation within a week"


def test_it_is_read_by_who_may_and_noted_once(engine: Engine) -> None:
    january = Period(date(2017, 1, 1), date(2017, 1, 31))
    with pytest.raises(NotAllowed, match="kim as caseworker may not kpi"):
        status(engine, january, actor=KIM)
    status(engine, january, actor=LEADER, who=True)
    asked = '{"report": "status", "period": "2017-01-01/2017-01-31", "who": true}'
    assert rows(engine, "indsats_reads", "actor", "command", "filter") == [("lea", "kpi", asked)]


def test_a_period_ahead_and_a_last_report_that_is_not_last(engine: Engine, clock: VirtualClock) -> None:
    with pytest.raises(ValueInvalid, match="begins on 2017-04-01, after 2017-01-02"):
        status(engine, SECOND, actor=LEADER)
    with pytest.raises(ValueInvalid, match="is not before"):
        status(engine, FIRST, actor=LEADER, last_known_at=clock.at + timedelta(days=1))
