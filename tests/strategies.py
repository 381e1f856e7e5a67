"""Random histories of citizens, made from a model's own kinds and rules, so that they meet its deadlines to the day.

A history takes a few rules of a model and tells of the facts that these ask for, on days that fall on, just before
and just after due days, registered at once, late, ahead, or together; with holds, waivers, agreements, supplements,
closings, annulments and corrections between them.
"""

import json
from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import NamedTuple, TypeVar

from hypothesis import strategies as st

from indsats.domain.calendar import COPENHAGEN, local_day, noon_of
from indsats.domain.events import FactAnnulled, FactRecorded, ModelChanged
from indsats.domain.model import FactKind, FieldType, FieldValue, Model, Rule
from indsats.domain.pathway import Registration
from indsats.domain.values import FIRST_DAY, LAST_DAY, Duration
from indsats.models.library import load

STEVNS = load("stevns-2017")
AALBORG = load("aalborg-2017")
SMALL = load("small-model.yaml", Path(__file__).parent)

# Month ends, leap February, Easter, both changes of the clocks, Christmas, and the ends of a model's validity.
BASE_DAYS = tuple(
    date.fromisoformat(day)
    for day in """2017-03-01 2017-01-01 2016-12-31 2017-01-31 2017-02-28 2017-03-26 2017-04-10 2017-05-31 2017-08-31
    2017-10-29 2017-12-20 2017-12-31 2018-01-31 2018-06-30""".split()
)
TIMES = (time(12), time(0), time(0, 0, 1), time(9, 30, 0, 250_000), time(2, 30), time(23, 59, 59, 999_999))
LAGS = (0, 0, 0, 0, 1, 2, 8, 20, 60, -1, -5, -14, -30)
NEAR = (0, 0, 0, 0, 1, 1, -1, -1, 3, -3, 10, -10, 30)
SPAN = timedelta(days=150)
"""All days of a history lie within this of its first, most of them much nearer."""

T = TypeVar("T")


class Telling(NamedTuple):
    """One registration of a history: when (UTC), of whom, what."""

    at: datetime
    citizen: str
    said: Registration


class History(NamedTuple):
    """What is registered of a few citizens, in order of registration, until the end of a day."""

    model: Model
    tellings: tuple[Telling, ...]
    until: date
    others: tuple[Model, ...] = ()

    @property
    def first_day(self) -> date:
        return local_day(self.tellings[0].at)

    def told_by(self, day: date) -> tuple[Telling, ...]:
        """What is registered by the end of a day."""
        return tuple(telling for telling in self.tellings if local_day(telling.at) <= day)

    def lines(self) -> list[str]:
        """The history as the lines of a fact file."""
        return [json.dumps(_line(telling, self.others)) for telling in self.tellings]

    def __repr__(self) -> str:
        return "\n".join([f"{self.model.reference} until {self.until}", *self.lines()])


def _line(telling: Telling, others: Sequence[Model]) -> dict[str, object]:
    said = telling.said
    recorded = telling.at.isoformat()
    match said:
        case FactRecorded():
            about = {"fact": said.kind, "on": said.on.isoformat(), "id": said.fact, **said.fields}
        case FactAnnulled():
            about = {"fact": "annulled", "id": said.id, "of": said.fact, "reason": said.reason}
        case ModelChanged():
            to = next(model.id for model in others if model.digest == said.digest)
            effective = said.effective.isoformat()
            about = {"fact": "model_changed", "id": said.id, "to": to, "policy": said.policy, "effective": effective}
    return {"citizen": telling.citizen, "recorded": recorded, **about}


class _Story:
    """The state of one citizen's history while it is drawn: which days matter, what was told so far."""

    def __init__(self, draw: st.DrawFn, model: Model, citizen: str) -> None:
        self.draw = draw
        self.model = model
        self.citizen = citizen
        self.rules = draw(
            st.lists(st.sampled_from(_by_interest(model.rules)), min_size=1, max_size=3, unique_by=lambda rule: rule.id)
        )
        self.base = draw(st.sampled_from(BASE_DAYS))
        self.days = [self.base]
        self.tellings: list[Telling] = []
        self.kinds = _kinds_around(model, self.rules)
        self.paused_by = sorted(set().union(*(rule.pause_on for rule in self.rules)))
        self.asked = sorted({kind for rule in self.rules for kind in rule.required_kinds})

    def pick(self, choices: Sequence[T]) -> T:
        return self.draw(st.sampled_from(choices))

    def day(self) -> date:
        """A day on, or near, one that matters."""
        day = self.pick(self.days) + timedelta(days=self.pick(NEAR))
        return min(max(day, self.base - SPAN), self.base + SPAN)

    def instant(self, on: date) -> datetime:
        """When something of that day is registered: mostly at once, or late, ahead, or together with something else."""
        if self.tellings and self.draw(st.integers(0, 7)) == 7:
            return self.pick(self.tellings).at
        day = min(on + timedelta(days=self.pick(LAGS)), self.base + SPAN)
        return datetime.combine(day, self.pick(TIMES), COPENHAGEN).astimezone(UTC)

    def tell_fact(self, kind: str, on: date, at: datetime, fields: dict[str, FieldValue] | None = None) -> None:
        fact_id = f"{self.citizen}-{len(self.tellings) + 1}"
        fields = self.fields(self.model.facts[kind], on) if fields is None else fields
        self.tellings.append(Telling(at, self.citizen, FactRecorded(fact=fact_id, kind=kind, on=on, fields=fields)))
        calendar = self.model.calendar
        self.days.append(on)
        for rule in self.rules:
            if rule.when.fact == kind:
                self.days += [calendar.add(on, duration) for duration in _durations(rule)]
                if rule.lookback:
                    self.days.append(calendar.subtract(on, rule.lookback))
        if isinstance(every := fields.get("follow_up_every"), str):
            self.days.append(calendar.add(on, Duration.parse(every)))
        if isinstance(dates := fields.get("follow_up_dates"), list):
            self.days += map(date.fromisoformat, dates)

    def tell_another(self) -> None:
        on = self.day()
        for _ in range(self.pick((1, 1, 1, 2, 3))):
            self.tell_fact(self.pick(self.kinds), on, self.instant(on))

    def hold(self) -> None:
        """Begin a hold that one of the rules pauses for, and end it, perhaps on the day before it began."""
        first = self.day()
        last = first + timedelta(days=self.pick((0, 1, 3, 10, 30, -1)))
        reason = self.pick(self.paused_by)
        for effect, on in (("hold_start", first), ("hold_end", last)):
            self.tell_fact(self.kind_of(effect), on, self.instant(on), {"reason": reason})

    def restart(self) -> None:
        """End an employment and begin it again, perhaps on the same day."""
        last = self.day()
        first = last + timedelta(days=self.pick((0, 0, 1, 20)))
        end, start = self.kind_of("employment_end"), self.kind_of("employment_start")
        self.tell_fact(end, last, self.instant(last), {"employment": "a"})
        fields = self.fields(self.model.facts[start], first) | {"employment": "a"}
        self.tell_fact(start, first, self.instant(first), fields)

    def waive(self) -> None:
        """Waive one or all of a rule's occurrences, of every employment, mostly soon after an anchor."""
        rule = self.pick(self.rules)
        fields: dict[str, FieldValue] = {"rule": rule.id, "reason": "agreed"}
        if n := self.pick((1, 1, 2, None)):
            fields["n"] = n
        kind = self.model.facts[self.kind_of("waiver")]
        facts = [telling.said for telling in self.tellings if isinstance(telling.said, FactRecorded)]
        anchored_on = [fact.on for fact in facts if fact.kind == rule.when.fact]
        on = self.pick(anchored_on) + timedelta(days=self.pick((0, 1, 3, 8))) if anchored_on else self.day()
        self.tell_fact(kind.name, on, self.instant(on), {name: fields[name] for name in kind.fields if name in fields})

    def kind_of(self, effect: str) -> str:
        return next(name for name, kind in self.model.facts.items() if kind.effect == effect)

    def annul(self) -> None:
        """Take a fact out; perhaps tell it anew in the same breath."""
        facts = [telling for telling in self.tellings if isinstance(telling.said, FactRecorded)]
        wrong = self.pick(facts)
        assert isinstance(wrong.said, FactRecorded)
        at = max(wrong.at, self.instant(self.day()))
        said = FactAnnulled(id=f"{self.citizen}-{len(self.tellings) + 1}", fact=wrong.said.fact, reason="wrong")
        self.tellings.append(Telling(at, self.citizen, said))
        if self.draw(st.booleans()):
            fields = dict(wrong.said.fields) if self.draw(st.booleans()) else None
            self.tell_fact(wrong.said.kind, self.day(), at, fields)

    def change_model(self, model: Model) -> None:
        effective = self.day()
        if all(getattr(telling.said, "effective", None) != effective for telling in self.tellings):
            said = ModelChanged(
                id=f"{self.citizen}-{len(self.tellings) + 1}",
                model=model.reference,
                digest=model.digest,
                policy=self.pick(("keep", "reevaluate", "future_only")),
                effective=effective,
            )
            self.tellings.append(Telling(self.instant(effective), self.citizen, said))

    def fields(self, kind: FactKind, on: date) -> dict[str, FieldValue]:
        fields: dict[str, FieldValue] = {}
        for name, type_ in kind.fields.items():
            if not type_.optional or self.draw(st.booleans()):
                fields[name] = self.field(name, type_, on)
        if kind.effect == "supplement":
            fields["of"], extra = self.supplement(on)
            fields |= extra
        return fields

    def supplement(self, on: date) -> tuple[str, dict[str, FieldValue]]:
        """A fact of the citizen, and some of its fields, perhaps empty still."""
        facts = [telling.said for telling in self.tellings if isinstance(telling.said, FactRecorded)]
        named = self.pick([fact for fact in facts if fact.kind in {rule.when.fact for rule in self.rules}] or facts)
        wanted = sorted({field for rule in self.rules for field in (*rule.fields, "participants")})
        types = self.model.facts[named.kind].fields
        return named.fact, {
            name: self.field(name, types[name], on) for name in wanted if name in types and self.draw(st.booleans())
        }

    def field(self, name: str, type_: FieldType, on: date) -> FieldValue:
        if name == "follow_up_dates":
            days = self.draw(st.lists(st.sampled_from((-3, 0, 1, 7, 14, 28, 30, 61)), max_size=4))
            return [(on + timedelta(days=after)).isoformat() for after in days]
        if type_.is_list:
            roles = sorted({role for rule in self.rules for role in rule.participants} | {"company_consultant"})
            items = type_.values or (tuple(self.model.roles) if type_.name == "role" else ("topic",))
            likely = [role for role in roles if role in items] or list(items[:3])
            return self.draw(st.lists(st.sampled_from(likely + list(items[:2])), max_size=3, unique=True))
        if name == "reason" and set(type_.values) & set(self.paused_by):
            return self.pick([*self.paused_by, *self.paused_by, *type_.values[:2]])
        if name == "reason" and "project_ended" in type_.values:
            return self.pick(("project_ended", "project_ended", "other"))
        if type_.values:
            return self.pick(type_.values)
        match name, type_.name:
            case "employment", _:
                return self.pick(("a", "a", "a", "b"))
            case "rule", _:
                return self.pick(self.rules).id
            case _, "kind":
                return self.pick(self.asked or list(self.model.facts)[:1])
            case _, "bool":
                return self.draw(st.booleans())
            case _, "int":
                return self.pick((1, 1, 2, 3))
            case _, "decimal":
                return self.pick(("10", "4", "10.5", "0"))
            case _, "duration":
                return self.pick(("P1W", "P2W", "P3D", "P6W", "P1M", "P10WD"))
            case _, "role":
                return self.pick(tuple(self.model.roles))
            case _:
                return self.pick(("x", "x", "", " "))


def _durations(rule: Rule) -> list[Duration]:
    stages = [part for stage in rule.stages for part in (stage.every, stage.every.times(2), stage.until) if part]
    return stages or [rule.within]


def _by_interest(rules: Sequence[Rule]) -> list[Rule]:
    """The rules, those with more to them more often."""
    return [rule for rule in rules for _ in range(1 + len(rule.stages) + 2 * bool(rule.pause_on) + 3 * rule.agreement)]


def _kinds_around(model: Model, rules: Sequence[Rule]) -> list[str]:
    """The kinds that these rules have to do with, those that they ask for most often."""
    anchors = [rule.when.fact for rule in rules]
    asked = [kind for rule in rules for kind in rule.required_kinds]
    turns = [kind for rule in rules for kind in (*sorted(rule.stop), *([rule.by.latest] if rule.by else []))]
    often = {"close": 1, "reopen": 1, "open": 1, "waiver": 2, "absence": 1, "remark": 1}
    if any(rule.pause_on for rule in rules):
        often |= {"hold_start": 3, "hold_end": 3}
    if any(rule.scope == "employment" for rule in rules):
        often |= {"employment_start": 1, "employment_end": 1}
    if any(rule.agreement for rule in rules):
        often |= {"agreement": 5}
    if any(rule.kind == "content" for rule in rules):
        often |= {"supplement": 4}
    acting = [name for name, kind in model.facts.items() for _ in range(often.get(kind.effect or "", 0))]
    moving = sorted(model.compiled_phases.moving.difference(anchors, acting))
    return [*asked * 4, *anchors * 2, *turns * 2, *acting, *moving]


@st.composite
def histories(draw: st.DrawFn, model: Model, other: Model | None = None, most: int = 12) -> History:
    """One or two citizens with up to `most` turns of events each; perhaps moved to the other model."""
    tellings: list[Telling] = []
    for place in range(draw(st.integers(1, 2))):
        story = _Story(draw, model, f"c{place + 1}")
        story.tell_fact(story.rules[0].when.fact, story.base, story.instant(story.base))
        for _ in range(draw(st.integers(1, most))):
            chance = draw(st.integers(0, 15))
            if chance == 15:
                story.annul()
            elif chance >= 12 and other is not None:
                story.change_model(draw(st.sampled_from((other, model))))
            elif chance in (10, 11) and story.paused_by:
                story.hold()
            elif chance == 9 and any(rule.scope == "employment" for rule in story.rules):
                story.restart()
            elif chance == 8:
                story.waive()
            else:
                story.tell_another()
        tellings += story.tellings
    tellings.sort(key=lambda telling: telling.at)
    last = max(local_day(telling.at) for telling in tellings)
    until = last + timedelta(days=draw(st.sampled_from((0, 1, 10, 40, 120))))
    return History(model, tuple(tellings), until, (other, model) if other else ())


any_history = st.one_of(histories(SMALL), histories(STEVNS), histories(SMALL), histories(STEVNS, AALBORG))
"""A history under one of the models that the properties are held to."""


@st.composite
def wild_histories(draw: st.DrawFn, model: Model, most: int = 25) -> History:
    """One citizen with facts of any kind, far apart, up to the first and last day of all, told within a few days."""
    story = _Story(draw, model, "c1")
    base = draw(st.sampled_from((BASE_DAYS[0], FIRST_DAY, LAST_DAY)))
    kinds = [name for name, kind in model.facts.items() if kind.subject == "citizen"]
    told_on = BASE_DAYS[0]
    story.tell_fact(story.rules[0].when.fact, base, noon_of(told_on))
    for _ in range(draw(st.integers(0, most))):
        on = base + timedelta(days=draw(st.sampled_from((0, 0, 1, 28, -28, 365, -365, 1640, -1640))))
        told_on += timedelta(days=draw(st.integers(0, 2)))
        at = datetime.combine(told_on, story.pick(TIMES), COPENHAGEN).astimezone(UTC)
        story.tell_fact(story.pick(story.pick((kinds, story.kinds))), min(max(on, FIRST_DAY), LAST_DAY), at)
    return History(model, tuple(sorted(story.tellings, key=lambda telling: telling.at)), told_on)
