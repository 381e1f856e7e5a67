"""Key figures in a database: the same from every side, and a difference that is explained."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta
from fractions import Fraction
from pathlib import Path

import pytest
from tests.engine.looking import KIM, MONDAY, rows, started, talked

from indsats.clock import VirtualClock
from indsats.domain import facts
from indsats.domain.calendar import ONE_DAY, noon_of
from indsats.domain.facts import NewFact
from indsats.domain.values import Actor
from indsats.engine import Engine
from indsats.engine.checking import check
from indsats.engine.kpis import Bridge, Rhythm, bridge, kpis
from indsats.errors import NotAllowed, ValueInvalid
from indsats.projections.asked import Asked
from indsats.projections.kpis import KpiResult
from indsats.store.keys import Keys

LEADER = Actor("lea", "team_leader")
SYSTEM = Actor("migration", "system")
ON_TIME = "first_conversation_on_time"


def on_time(engine: Engine, as_of: date | None = None, known_at: datetime | None = None) -> tuple[int, int]:
    (figure,) = kpis(engine, actor=LEADER, ids=[ON_TIME], as_of=as_of, known_at=known_at).figures
    return counts(figure.result)


def counts(result: KpiResult) -> tuple[int, int]:
    assert result.numerator is not None
    assert result.denominator is not None
    return int(result.numerator), int(result.denominator)


def assign(engine: Engine, citizen: str, worker: str, unit: str) -> None:
    fact = facts.worker_assigned(on=MONDAY, worker=worker, as_role="caseworker", at_unit=unit)
    engine.record(citizen, fact, actor=KIM)


def three_citizens(engine: Engine, clock: VirtualClock) -> None:
    """One with a conversation in time, one registered late, one without; seen on the tenth day."""
    for citizen, unit in (("c1", "north"), ("c2", "south"), ("c3", "south")):
        engine.record(citizen, started(id=None), actor=KIM)
        assign(engine, citizen, f"worker-{unit}", unit)
    engine.record("c1", talked(id=None), actor=KIM)
    clock.at += timedelta(days=9)
    engine.sweep()


def test_a_late_registration_changes_the_figure_and_not_the_past_one(engine: Engine, clock: VirtualClock) -> None:
    three_citizens(engine, clock)
    before = clock.at
    assert on_time(engine) == (1, 3)
    clock.at += timedelta(days=1)
    engine.record("c2", talked(MONDAY + timedelta(days=3), id="late"), actor=KIM)
    assert on_time(engine) == (2, 3)
    assert on_time(engine, known_at=before) == (1, 3)
    assert on_time(engine, as_of=MONDAY + timedelta(days=9)) == (2, 3)


def test_a_bridge_names_what_made_the_difference(engine: Engine, clock: VirtualClock) -> None:
    three_citizens(engine, clock)
    before = clock.at
    clock.at += timedelta(days=1)
    engine.record("c2", talked(MONDAY + timedelta(days=3), id="late"), actor=KIM)
    found = bridge(engine, ON_TIME, before, clock.at, actor=LEADER)
    assert (counts(found.before), counts(found.after)) == ((1, 3), (2, 3))
    (changed,) = found.changed
    assert (changed.citizen, changed.before, changed.after) == ("c2", (0, 1), (1, 1))
    assert [(one.what, one.id, one.kind) for one in changed.registered] == [
        ("recorded", "late", "first_conversation_held")
    ]
    assert [(verdict.rule, verdict.because_of) for verdict in changed.withdrawn] == [("first_conversation", "late")]


def test_a_bridge_names_an_annulment(engine: Engine, clock: VirtualClock) -> None:
    three_citizens(engine, clock)
    before = clock.at
    clock.at += timedelta(days=1)
    (talk,) = [
        fact for fact in engine.pathway("c1", actor=KIM).derivation.timeline.facts if "conversation" in fact.kind
    ]
    engine.annul(talk.id, "another citizen's", actor=KIM)
    found = bridge(engine, ON_TIME, before, clock.at, actor=LEADER)
    assert [[(one.what, one.id) for one in changed.registered] for changed in found.changed] == [
        [("annulled", talk.id)]
    ]


OPENED_AS: Mapping[str, bool | str] = {
    "benefit": "cash_benefit",
    "introduction_programme": False,
    "activity_ready": True,
    "over_30": True,
}


@pytest.fixture
def payouts(database_url: str, keys: Keys) -> Iterator[Engine]:
    """An engine of FSM3 with ten citizens, two of them with wage hours, and a million kroner documented."""
    clock = VirtualClock(noon_of(date(2021, 12, 1)))
    with Engine(database_url, "fsm3-2021", clock=clock, keys=keys, create=True) as engine:
        for number in range(10):
            opened = NewFact(kind="pathway_opened", on=date(2021, 11, 15), fields=OPENED_AS)
            engine.record(f"c{number}", opened, actor=KIM)
        for number in range(2):
            engine.record(f"c{number}", wage_hours(f"hours-{number}"), actor=KIM)
        engine.record("project", costs("1000000", "first"), actor=KIM)
        yield engine


def wage_hours(id: str) -> NewFact:
    fields = {"employment": "e1", "weekly_hours": "4"}
    return NewFact(kind="wage_hours_started", on=date(2021, 11, 22), fields=fields, id=id)


def costs(amount: str, id: str) -> NewFact:
    fields = {"amount": amount, "account": "interim"}
    return NewFact(kind="costs_documented", on=date(2021, 11, 30), fields=fields, id=id)


def paid(engine: Engine, *late: tuple[str, NewFact]) -> Bridge:
    """The bridge of the payout over what is registered a day later."""
    assert isinstance(engine.clock, VirtualClock)
    before = engine.clock.at
    engine.clock.at += timedelta(days=1)
    for whose, fact in late:
        engine.record(whose, fact, actor=KIM)
    return bridge(engine, "fsm3_payout", before, engine.clock.at, actor=LEADER)


def kroner(found: Bridge) -> tuple[int, int]:
    assert found.before.numerator is not None
    assert found.after.numerator is not None
    return int(found.before.numerator), int(found.after.numerator)


def test_a_bridge_of_an_amount_names_the_costs_that_moved_it_and_not_the_share(payouts: Engine) -> None:
    found = paid(payouts, ("project", costs("2000000", "late")), ("c2", wage_hours("more")))
    assert kroner(found) == (1_000_000, 3_000_000)
    (changed,) = found.changed
    assert (changed.citizen, changed.before, changed.after) == ("project", (1_000_000, None), (3_000_000, None))
    assert [one.id for one in changed.registered] == ["late"]


def test_a_bridge_of_an_amount_names_those_who_moved_the_share_over_a_step(payouts: Engine) -> None:
    payouts.record("project", costs("7949600", "all"), actor=KIM)
    annulled = [payouts.annul(f"hours-{number}", reason="wrong", actor=KIM) for number in range(2)]
    assert len(annulled) == 2
    found = paid(payouts, ("c2", wage_hours("two")), ("c3", wage_hours("three")))
    assert kroner(found) == (4_474_800, 8_949_600)
    assert [(one.citizen, one.before, one.after) for one in found.changed] == [
        ("c2", (0, 1), (1, 1)),
        ("c3", (0, 1), (1, 1)),
    ]


def test_what_does_not_move_an_amount_is_in_no_bridge_of_it(payouts: Engine) -> None:
    found = paid(payouts, ("c2", wage_hours("more")))
    assert (kroner(found), found.changed) == ((1_000_000, 1_000_000), [])


def test_a_bridge_names_what_is_no_citizen(database_url: str, keys: Keys) -> None:
    clock = VirtualClock(noon_of(date(2019, 12, 11)))
    with Engine(database_url, "aalborg-2019", clock=clock, keys=keys, create=True) as engine:
        before = clock.at
        clock.at += timedelta(days=1)
        order = NewFact(kind="job_order_received", on=date(2019, 12, 10), fields={"order": "o1"}, id="order")
        engine.record("section", order, actor=KIM)
        found = bridge(engine, "weekly_job_orders", before, clock.at, actor=LEADER)
    assert [(one.citizen, one.after, [fact.id for fact in one.registered]) for one in found.changed] == [
        ("section", (1, 1), ["order"])
    ]


def test_a_bridge_leads_from_earlier_to_later(engine: Engine, clock: VirtualClock) -> None:
    with pytest.raises(ValueInvalid, match="is not before"):
        bridge(engine, ON_TIME, clock.at, clock.at, actor=LEADER)


def test_groups_add_up(engine: Engine, clock: VirtualClock) -> None:
    three_citizens(engine, clock)
    (figure,) = kpis(engine, actor=LEADER, ids=[ON_TIME], by="unit").figures
    assert [(group.name, *counts(group.result)) for group in figure.groups] == [("north", 1, 1), ("south", 0, 2)]
    assert sum(counts(group.result)[1] for group in figure.groups) == figure.result.denominator
    (figure,) = kpis(engine, actor=LEADER, ids=[ON_TIME], by="worker").figures
    assert [group.name for group in figure.groups] == ["worker-north", "worker-south"]


def test_a_pathway_counts_with_one_unit_and_each_worker(engine: Engine, clock: VirtualClock) -> None:
    three_citizens(engine, clock)
    helper = facts.worker_assigned(on=MONDAY, worker="vk", as_role="company_consultant", at_unit="north")
    engine.record("c2", helper, actor=KIM)
    (figure,) = kpis(engine, actor=LEADER, ids=[ON_TIME], by="unit").figures
    assert [(group.name, counts(group.result)[1]) for group in figure.groups] == [("north", 2), ("south", 1)]
    (figure,) = kpis(engine, actor=LEADER, ids=[ON_TIME], by="worker").figures
    assert [(group.name, counts(group.result)[1]) for group in figure.groups] == [
        ("vk", 1),
        ("worker-north", 1),
        ("worker-south", 2),
    ]


def test_full_time_persons_of_units_are_persons_and_not_days(engine: Engine, clock: VirtualClock) -> None:
    three_citizens(engine, clock)
    (figure,) = kpis(engine, actor=LEADER, ids=["ledighedsydelse_share_full_time"], by="unit").figures
    days = (clock.now().date() - MONDAY).days + 1
    found = [(group.name, group.result.numerator, group.result.denominator) for group in figure.groups]
    assert found == [
        ("north", Fraction(days, 31), Fraction(days, 31)),
        ("south", Fraction(2 * days, 31), Fraction(2 * days, 31)),
    ]
    assert figure.result.numerator == Fraction(3 * days, 31)


def test_what_does_not_add_up_has_no_groups(engine: Engine) -> None:
    with pytest.raises(ValueInvalid, match="days_to_flexjob does not add up"):
        kpis(engine, actor=LEADER, ids=["days_to_flexjob"], by="unit")
    figured = kpis(engine, actor=LEADER, by="unit")
    assert {figure.result.id for figure in figured.figures} == set(engine.model.kpis)


def test_the_pathways_behind_a_figure(engine: Engine, clock: VirtualClock) -> None:
    three_citizens(engine, clock)
    (figure,) = kpis(engine, actor=LEADER, ids=[ON_TIME], who=True).figures
    assert [(one.citizen, one.numerator, one.denominator) for one in figure.who] == [
        ("c1", 1, 1),
        ("c2", 0, 1),
        ("c3", 0, 1),
    ]


@pytest.mark.parametrize("over", ["week", "month"])
def test_a_series_is_the_figure_of_each_day(engine: Engine, clock: VirtualClock, over: Rhythm) -> None:
    three_citizens(engine, clock)
    (figure,) = kpis(engine, actor=LEADER, ids=[ON_TIME], over=over).figures
    days = [day for day, _ in figure.series]
    assert days == ([date(2017, 1, 1), date(2017, 1, 8), date(2017, 1, 11)] if over == "week" else [date(2017, 1, 11)])
    for day, result in figure.series:
        assert counts(result) == on_time(engine, day)


def test_what_a_sweep_has_not_come_to_counts_all_the_same(engine: Engine, clock: VirtualClock) -> None:
    engine.record("c1", started(), actor=KIM)
    assert on_time(engine) == (0, 0)
    stored = _obligations(engine)
    clock.at += timedelta(days=9)
    assert on_time(engine) == (0, 1)
    assert _obligations(engine) == stored
    engine.sweep()
    assert on_time(engine) == (0, 1)


def _obligations(engine: Engine) -> Sequence[tuple[object, ...]]:
    return rows(engine, "indsats_obligations", "rule", "status")


def test_figures_are_read_by_who_may_and_noted(engine: Engine) -> None:
    with pytest.raises(NotAllowed, match="kim as caseworker may not kpi"):
        kpis(engine, actor=KIM)
    kpis(engine, actor=LEADER, ids=[ON_TIME])
    assert rows(engine, "indsats_reads", "actor", "command", "filter") == [("lea", "kpi", f'{{"kpis": ["{ON_TIME}"]}}')]


def test_an_unknown_figure_is_named(engine: Engine) -> None:
    with pytest.raises(ValueInvalid, match="'on_time' is no key figure of stevns-2017@1; allowed: ledighed"):
        kpis(engine, actor=LEADER, ids=["on_time"])
    with pytest.raises(ValueInvalid, match=r"follow_up_punctuality; did you mean employed_share[?]$"):
        kpis(engine, actor=LEADER, ids=["employment_share"])


def test_a_figure_that_only_some_models_declare_counts_the_pathways_of_all(
    database_url: str, clock: VirtualClock, keys: Keys, later: str
) -> None:
    """What was not asked of rows when they were made has no marks on them, and facts that nobody asked for no rows."""
    referred = NewFact(kind="referred", on=MONDAY, fields={"track": "individual"}, id=None)
    with Engine(database_url, "stevns-2017", clock=clock, keys=keys, create=True) as engine:
        for fact in (started(id=None), referred, talked(MONDAY, id=None)):
            engine.record("c1", fact, actor=KIM)
    with Engine(database_url, later, clock=clock, keys=keys) as engine:
        for fact in (started(id=None), referred, talked(MONDAY, id=None)):
            engine.record("c2", fact, actor=KIM)
        engine.record("c3", started(id=None), actor=KIM)
        stored = rows(engine, "indsats_counted_facts")
        asked = kpis(
            engine, actor=LEADER, ids=["individual_share", "conversations", "spoken_with"], over="week", who=True
        )
        every = kpis(engine, actor=LEADER)
        assert rows(engine, "indsats_counted_facts") == stored
    found = {figure.result.id: figure for figure in asked.figures}
    assert counts(found["individual_share"].result) == counts(found["spoken_with"].result) == (2, 3)
    assert found["conversations"].result.numerator == 2
    assert {figure.series[-1][1] == figure.result for figure in found.values()} == {True}
    assert [one.citizen for one in found["spoken_with"].who if one.numerator] == ["c1", "c2"]
    assert {figure.result.id: figure.result for figure in every.figures}.items() >= {
        (name, figure.result) for name, figure in found.items()
    }


def test_pathways_moved_to_the_model_of_a_figure_have_the_rows_that_it_counts(
    database_url: str, clock: VirtualClock, keys: Keys, later: str
) -> None:
    with Engine(database_url, "stevns-2017", clock=clock, keys=keys, create=True) as engine:
        engine.record("c1", [started(id=None), talked(MONDAY, id=None)], actor=KIM)
    with Engine(database_url, later, clock=clock, keys=keys) as engine:
        needed = engine.parts.named_under(engine.model)

        def kept() -> frozenset[Asked] | None:
            with engine.database.read() as connection:
                return engine.parts.kept(connection, "0336", engine.model.family, needed)

        assert kept() is None
        engine.change_model(engine.model, policy="future_only", effective=MONDAY, actor=SYSTEM)
        assert kept() == needed.asked
        (figure,) = kpis(engine, actor=LEADER, ids=["spoken_with"]).figures
        assert check(engine.parts).ok
    assert counts(figure.result) == (1, 1)


def test_where_it_is_unknown_what_rows_were_made_for_they_are_not_relied_on(
    engine: Engine, clock: VirtualClock
) -> None:
    three_citizens(engine, clock)
    before = on_time(engine)
    with engine.database.write() as connection:
        connection.exec_driver_sql("UPDATE indsats_due SET models = 'lost'")
        connection.exec_driver_sql("DELETE FROM indsats_obligations")
    assert on_time(engine) == before == (1, 3)


EXTRA = """
id: extra
version: 1
title: {da: Ekstra, en: Extra}
extends: stevns-2017
facts:
  scored: {title: {da: Vurderet, en: Scored}, fields: {score: "decimal?"}, personal: [PERSONAL]}
kpis:
  scored_share:
    title: {da: Vurderet, en: Scored}
    rows: pathways
    where: {phase: {is: ledighedsydelse}}
    numerator: {some: {fact: scored, where: {FIELD}}}
"""
SCORED = NewFact(kind="scored", on=MONDAY, fields={"score": "7.5"}, id=None)


def test_facts_of_a_kind_that_the_model_of_a_pathway_has_no_more_are_counted(
    database_url: str, clock: VirtualClock, keys: Keys, tmp_path: Path
) -> None:
    (tmp_path / "extra.yaml").write_text(EXTRA.replace("PERSONAL", "").replace("{FIELD}", "{score: {min: 7}}"))
    with Engine(database_url, str(tmp_path / "extra.yaml"), clock=clock, keys=keys, create=True) as engine:
        engine.record("c1", [started(id=None), SCORED], actor=KIM)
        engine.change_model("stevns-2017", policy="future_only", effective=MONDAY, actor=SYSTEM)
        for day in (MONDAY, MONDAY + ONE_DAY):
            (figure,) = kpis(engine, actor=LEADER, ids=["scored_share"], as_of=day).figures
            assert counts(figure.result) == (1, 1)


def test_what_is_sealed_passes_no_condition(database_url: str, clock: VirtualClock, keys: Keys, tmp_path: Path) -> None:
    """It was personal to the model that it was recorded under, and is not to the one that is asked."""
    for name, personal, condition in (("extra", "score", "{}"), ("open", "", "{score: {min: 7}}")):
        text = EXTRA.replace("PERSONAL", personal).replace("{FIELD}", condition).replace("id: extra", f"id: {name}")
        (tmp_path / f"{name}.yaml").write_text(text)
    for number, name in enumerate(("extra", "open")):
        model = str(tmp_path / f"{name}.yaml")
        with Engine(database_url, model, clock=clock, keys=keys, create=True) as engine:
            engine.record(f"c{number}", [started(id=None), SCORED], actor=KIM)
    with Engine(database_url, model, clock=clock, keys=keys) as engine:
        (figure,) = kpis(engine, actor=LEADER, ids=["scored_share"]).figures
        engine.change_model(model, policy="future_only", effective=MONDAY, actor=SYSTEM)
        (moved,) = kpis(engine, actor=LEADER, ids=["scored_share"]).figures
    assert counts(figure.result) == counts(moved.result) == (1, 2)
