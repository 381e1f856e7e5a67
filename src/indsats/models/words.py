"""Rules in words, Danish and English: for `model show`, the reference, and whoever explains an obligation."""

import re
from collections.abc import Iterable, Sequence
from typing import Literal

from indsats.domain.model import Condition, Match, Model, Rule, Stage, Title
from indsats.domain.values import Duration
from indsats.models.kpi_form import kpis_of
from indsats.models.limit_form import limits_of

Lang = Literal["da", "en"]

_UNITS = {
    "Y": (Title("år", "year"), Title("år", "years")),
    "M": (Title("måned", "month"), Title("måneder", "months")),
    "W": (Title("uge", "week"), Title("uger", "weeks")),
    "D": (Title("dag", "day"), Title("dage", "days")),
    "WD": (Title("arbejdsdag", "working day"), Title("arbejdsdage", "working days")),
}
_FORCES = {
    "default": Title("Gælder som udgangspunkt.", "Holds by default."),
    "decide": Title("Opfyldes af en registreret beslutning.", "Met by a recorded decision."),
    "expect": Title("Er en forventning og giver intet brud.", "Is an expectation and gives no breach."),
    "info": Title("Vises kun og giver intet brud.", "Is only shown and gives no breach."),
}
_SCOPES = {
    "phase": Title("Bortfalder, når fasen forlades.", "Lapses when the phase is left."),
    "employment": Title("Bortfalder, når ansættelsen ophører.", "Lapses when the employment ends."),
    "pathway": Title("Bortfalder, når forløbet afsluttes.", "Lapses when the pathway is closed."),
}
_MODES = {
    "rolling": Title("Næste gang regnes fra den seneste.", "The next time counts from the latest."),
    "grid": Title("Dagene ligger fast fra begyndelsen.", "The days are fixed from the beginning."),
    "window": Title(
        "Der tælles én gang i hver periode, og perioderne ligger fast fra begyndelsen.",
        "It counts once in each period, and the periods are fixed from the beginning.",
    ),
}
_ALIGNED = {
    "quarter": Title(
        "Perioderne slutter med kalenderens kvartaler.", "The periods end with the quarters of the calendar."
    ),
    "iso_week": Title("Perioderne slutter med kalenderens uger.", "The periods end with the weeks of the calendar."),
}
_ROLLS = {
    "next_working_day": Title(
        "Falder dagen på en lukkedag, flyttes den til næste arbejdsdag.",
        "A due day on a day off moves to the next working day.",
    ),
    "previous_working_day": Title(
        "Falder dagen på en lukkedag, flyttes den til arbejdsdagen før.",
        "A due day on a day off moves to the working day before.",
    ),
}


def say(title: Title, lang: Lang) -> str:
    """The text in one language."""
    return title.da if lang == "da" else title.en


def duration_in_words(duration: Duration, lang: Lang) -> str:
    """`P2Y6M` as "2 years and 6 months"."""
    parts = []
    for count, unit in re.findall(r"(\d+)(WD|[YMWD])", duration.text):
        one, several = _UNITS[unit]
        parts.append(f"{int(count)} {say(one if int(count) == 1 else several, lang)}")
    return listed(parts, say(Title("og", "and"), lang))


def listed(words: Sequence[str], last: str) -> str:
    """`a, b and c`."""
    return f"{', '.join(words[:-1])} {last} {words[-1]}" if len(words) > 1 else "".join(words)


def kind_in_words(model: Model, name: str, lang: Lang) -> str:
    """The title of a kind of fact, or its name if it has none."""
    kind = model.facts.get(name)
    return f"»{say(kind.title, lang)}«" if kind and kind.title else f"»{name}«"


def title_of(rule: Rule, lang: Lang) -> str:
    """The title of a rule, or its id if it has none."""
    return say(rule.title, lang) if rule.title else rule.id


def not_stated(model: Model) -> list[tuple[str, str, Title]]:
    """What the sources do not state: (rule, limit or KPI, or "" for the whole model; policy; what was chosen)."""
    of_rules = [(rule.id, rule.policy_notes) for rule in model.rules]
    of_limits = [(limit.id, limit.policy_notes) for limit in limits_of(model).values()]
    of_kpis = [(kpi.id, kpi.policy_notes) for kpi in kpis_of(model).values()]
    groups = [("", model.policy_notes), *of_rules, *of_limits, *of_kpis]
    return [(where, policy, choice) for where, notes in groups for policy, choice in notes.items()]


def rule_in_words(model: Model, rule: Rule, lang: Lang) -> str:
    """What a rule asks for, of whom, by when, and when not, in a few sentences."""
    return _Words(model, rule, lang).text()


class _Words:
    def __init__(self, model: Model, rule: Rule, lang: Lang) -> None:
        self.model = model
        self.rule = rule
        self.lang: Lang = lang

    def say(self, da: str, en: str) -> str:
        return da if self.lang == "da" else en

    def text(self) -> str:
        rule = self.rule
        sentences = [self._duty()]
        if rule.kind == "cadence":
            sentences += self._rhythm()
        if rule.lookback is not None:
            length = duration_in_words(rule.lookback, self.lang)
            sentences.append(self.say(f"Op til {length} før tæller med.", f"Up to {length} before counts."))
        sentences += self._circumstances()
        return " ".join(sentence for sentence in sentences if sentence)

    def _duty(self) -> str:
        rule, say = self.rule, self.say
        anchor = self._match(rule.when)
        if rule.kind == "content":
            return self._content(anchor)
        required = self._required()
        if rule.kind == "precedence":
            return say(f"Senest på dagen for {anchor}: {required}.", f"On or before the day of {anchor}: {required}.")
        if rule.kind == "cadence":
            return say(f"{self._stages()} fra {anchor}: {required}.", f"{self._stages()} from {anchor}: {required}.")
        times = "" if rule.count == 1 else say(f" {rule.count} gange", f" {rule.count} times")
        if rule.within.is_zero:
            return say(f"Samme dag som {anchor}: {required}{times}.", f"On the day of {anchor}: {required}{times}.")
        length = duration_in_words(rule.within, self.lang)
        return say(
            f"Senest {length} efter {anchor}: {required}{times}.", f"Within {length} of {anchor}: {required}{times}."
        )

    def _content(self, anchor: str) -> str:
        rule, say = self.rule, self.say
        asked = []
        if rule.fields:
            fields = self._and(rule.fields)
            asked.append(say(f"{fields} udfyldt", f"{fields} filled in"))
        if rule.participants:
            roles = self._and([self._role(role) for role in rule.participants])
            asked.append(say(f"{roles} som deltager", f"{roles} as participant"))
        later = ""
        if not rule.within.is_zero:
            length = duration_in_words(rule.within, self.lang)
            later = say(f" senest {length} efter", f" within {length}")
        return say(f"{anchor} skal have {self._and(asked)}{later}.", f"{anchor} must have {self._and(asked)}{later}.")

    def _required(self) -> str:
        if self.rule.by is None:
            return self._or([self._match(match) for match in self.rule.require])
        by = self.rule.by
        latest = kind_in_words(self.model, by.latest, self.lang)
        cases = [f"{value} {kind_in_words(self.model, kind, self.lang)}" for value, kind in by.cases.items()]
        if by.otherwise is not None:
            cases.append(self.say("ellers ", "else ") + kind_in_words(self.model, by.otherwise, self.lang))
        chosen = self.say(f"efter {by.field} i den seneste {latest}", f"by {by.field} of the latest {latest}")
        return f"{chosen}: {'; '.join(cases)}"

    def _stages(self) -> str:
        if not self.rule.stages:
            return self.say("I den aftalte rytme", "In the rhythm agreed")
        stages = [self._stage(stage) for stage in self.rule.stages]
        return self.say("Med " + " og derefter ".join(stages), "Every " + " and then every ".join(stages))

    def _stage(self, stage: Stage) -> str:
        every = duration_in_words(stage.every, self.lang)
        until = "" if stage.until is None else duration_in_words(stage.until, self.lang)
        limit = self.say(f" i de første {until}", f" in the first {until}") if until else ""
        return self.say(f"{every} imellem{limit}", f"{every.removeprefix('1 ')}{limit}")

    def _rhythm(self) -> Iterable[str]:
        rule = self.rule
        yield say(_MODES[rule.mode], self.lang)
        if rule.align != "none":
            yield say(_ALIGNED[rule.align], self.lang)
        if rule.agreement and rule.stages:
            yield self.say("En aftalt rytme træder i stedet.", "A rhythm agreed takes its place.")
        if rule.stop:
            stop = self._or([kind_in_words(self.model, kind, self.lang) for kind in sorted(rule.stop)])
            yield self.say(f"Slutter med {stop}.", f"Ends with {stop}.")

    def _circumstances(self) -> Iterable[str]:
        rule = self.rule
        if rule.kind in ("deadline", "cadence"):
            yield say(_SCOPES[rule.scope], self.lang)
        if rule.pause_on:
            reasons = self._or(sorted(rule.pause_on))
            yield self.say(f"Sættes i bero ved {reasons}.", f"Put on hold for {reasons}.")
        if rule.roll in _ROLLS:
            yield say(_ROLLS[rule.roll], self.lang)
        if rule.warn_before is not None:
            length = duration_in_words(rule.warn_before, self.lang)
            yield self.say(f"Der varsles {length} før.", f"A warning is given {length} before.")
        if rule.force in _FORCES:
            yield say(_FORCES[rule.force], self.lang)
        if rule.basis == "law":
            yield self._law()
        if rule.responsible is not None:
            role = self._role(rule.responsible)
            yield self.say(f"Ansvarlig: {role}.", f"Responsible: {role}.")

    def _law(self) -> str:
        first, last = self.rule.valid.first, self.rule.valid.last
        days = "" if first is None else self.say(f" fra {first}", f" from {first}")
        days += "" if last is None else self.say(f" til {last}", f" to {last}")
        return self.say(f"Følger af loven{days}.", f"Follows from the law{days}.")

    def _match(self, match: Match) -> str:
        kind = kind_in_words(self.model, match.fact, self.lang)
        if not match.where:
            return kind
        conditions = self._and([self._condition(condition) for condition in match.where])
        return f"{kind} ({conditions})"

    def _condition(self, condition: Condition) -> str:
        values = condition.value if isinstance(condition.value, tuple) else (condition.value,)
        words = [str(value).lower() if isinstance(value, bool) else str(value) for value in values]
        field = condition.field
        match condition.test:
            case "is" | "in":
                return self.say(f"{field} er {self._or(words)}", f"{field} is {self._or(words)}")
            case "not":
                return self.say(f"{field} er ikke {self._or(words)}", f"{field} is not {self._or(words)}")
            case "min":
                return self.say(f"{field} mindst {words[0]}", f"{field} at least {words[0]}")
            case "max":
                return self.say(f"{field} højst {words[0]}", f"{field} at most {words[0]}")
            case "includes":
                return self.say(f"{field} omfatter {self._and(words)}", f"{field} includes {self._and(words)}")
            case "same":
                return self.say(f"samme {field}", f"same {field}")
            case _:
                return self.say(f"samme {field} eller ingen", f"same {field} or none")

    def _role(self, name: str) -> str:
        title = self.model.roles.get(name)
        return say(title, self.lang).lower() if title else name

    def _and(self, words: Sequence[str]) -> str:
        return listed(words, self.say("og", "and"))

    def _or(self, words: Sequence[str]) -> str:
        return listed(words, self.say("eller", "or"))
