"""Pathways for the benchmark of key figures: of each model some, to be written again and again under other ids."""

from collections.abc import Callable, Iterator, Sequence
from datetime import date, timedelta
from itertools import groupby
from random import Random
from typing import NamedTuple

from indsats.domain.calendar import end_of, noon_of
from indsats.domain.model import FieldValue, Model
from indsats.domain.obligations import derive
from indsats.domain.timeline import Fact
from indsats.models.kpi_form import kpis_of
from indsats.models.library import load
from indsats.projections.facts import Named, named_by
from indsats.projections.rows import Rows, rows_of
from indsats.replay.entries import FactLine
from indsats.replay.facts_file import read_facts
from indsats.replay.simulate import Municipality

_OVER_30: dict[str, FieldValue] = {
    "benefit": "cash_benefit",
    "introduction_programme": False,
    "activity_ready": True,
    "over_30": True,
}


class Load(NamedTuple):
    """A model, the day on which its figures are asked for, and the facts of so many pathways, of about so many each."""

    model: Model
    as_of: date
    stories: Callable[[int, int], Iterator[Sequence[Fact]]]

    @property
    def named(self) -> Named:
        return named_by(kpis_of(self.model).values())

    def rows(self, pathways: int, facts_each: int) -> Iterator[Rows]:
        """The rows of pathways on the day."""
        named = self.named
        for facts in self.stories(pathways, facts_each):
            yield rows_of(derive(self.model, facts, self.as_of, end_of(self.as_of)), named)


def loads() -> Sequence[Load]:
    """Simulated flexjob pathways under 001 and 002, and made-up ones under 003 and 004."""
    stevns, uif2 = load("stevns-2017"), load("uif2-2019")
    return (
        Load(stevns, date(2018, 6, 29), _simulated(stevns, date(2017, 1, 1))),
        Load(uif2, date(2021, 6, 29), _simulated(uif2, date(2020, 1, 1))),
        Load(load("fsm3-2021"), date(2022, 12, 31), _wage_hours),
        Load(load("aalborg-2019"), date(2021, 5, 31), _weeks),
    )


def _simulated(model: Model, first_day: date) -> Callable[[int, int], Iterator[Sequence[Fact]]]:
    def stories(pathways: int, facts_each: int) -> Iterator[Sequence[Fact]]:
        simulated = Municipality(citizens=pathways, facts_each=facts_each, first_day=first_day)
        read = read_facts("\n".join(simulated.lines()).encode(), "load", model, municipality="0336")
        for _, entries in groupby(read.entries, key=lambda entry: entry.subject):
            yield [
                Fact(entry.id, entry.kind, entry.on, entry.recorded_at, place, entry.fields)
                for place, entry in enumerate(entries)
                if isinstance(entry, FactLine)
            ]

    return stories


def _wage_hours(pathways: int, _: int) -> Iterator[Sequence[Fact]]:
    """Up to eight beginnings and ends of wage hours and education each."""
    random = Random(1)
    for _ in range(pathways):
        day = date(2021, 7, 1) + timedelta(days=random.randint(0, 200))
        facts = [_fact(0, "pathway_opened", day, _OVER_30)]
        for place in range(random.randint(0, 8)):
            day += timedelta(days=random.randint(1, 60))
            kind = random.choice(("wage_hours_started", "wage_hours_ended", "education_started", "education_ended"))
            fields: dict[str, FieldValue] = {"employment": random.choice("ab")} if kind.startswith("wage") else {}
            fields |= {"weekly_hours": "4"} if kind == "wage_hours_started" else {}
            fields |= {"su_entitled": True} if kind == "education_started" else {}
            facts.append(_fact(place + 1, kind, day, fields))
        yield facts


def _weeks(pathways: int, facts_each: int) -> Iterator[Sequence[Fact]]:
    """Conversations for the most part, and CVs that come and go."""
    random = Random(1)
    others = ("cv_duty_started", "cv_published", "cv_published", "cv_withdrawn", "job_order_received", "order_placed")
    for _ in range(pathways):
        day = date(2019, 12, 1) + timedelta(days=random.randint(0, 100))
        facts = [_fact(0, "pathway_opened", day)]
        for place in range(facts_each):
            day += timedelta(days=random.randint(0, 12))
            kind = random.choice((*("conversation_held",) * 30, *others))
            facts.append(_fact(place + 1, kind, day))
        if random.random() < 0.5:
            reason = random.choice(("ordinary_job", "education"))
            facts.append(_fact(len(facts), "pathway_closed", day, {"reason": reason}))
        yield facts


def _fact(place: int, kind: str, on: date, fields: dict[str, FieldValue] | None = None) -> Fact:
    return Fact(f"{place}-{kind}", kind, on, noon_of(on), place, fields or {})
