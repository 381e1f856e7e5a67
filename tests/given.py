"""Given rules and facts, when a day has come, then what is owed: the words in which the kernel's tests are written.

`tests/process.yaml` has the kinds of fact. Days are text, and what comes out is text again, a line for each obligation
or finding, so that a test reads as the story that it tells:

    ANSWER = rules("answer: {kind: deadline, when: {fact: asked}, require: {fact: answered}, within: P7D}")
    assert owed(ANSWER, "2017-01-10", fact("asked", "2017-01-02")) == ["answer 1: due 2017-01-09, breached"]
"""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from textwrap import dedent, indent

from indsats.domain.calendar import ONE_DAY, end_of, noon_of, start_of
from indsats.domain.catalogue import Catalogue
from indsats.domain.events import BreachWithdrawn, DeadlineBreached, DeadlineDueSoon, FactAnnulled, FactRecorded
from indsats.domain.ledger import IsFull, Verdict, never_full
from indsats.domain.model import FieldValue, Model
from indsats.domain.obligations import Derivation, ModelPeriod, Obligation, derive
from indsats.domain.pathway import Pathway, Registration, Stamp
from indsats.domain.timeline import Fact, Timeline
from indsats.models.library import load

PROCESS = Path(__file__).with_name("process.yaml")
LATER = datetime.fromisoformat("2199-12-31T12:00:00+00:00")
"""An instant by which everything was registered."""


@cache
def rules(text: str, more: str = "") -> Model:
    """The process with these rules, read as from a model file; `more` are further keys of the model."""
    body = f"id: trial\nversion: 1\nextends: {PROCESS}\n{dedent(more)}\nrules:\n{indent(dedent(text), '  ')}\n"
    return model(body)


@cache
def model(text: str) -> Model:
    """The model of a whole file."""
    with TemporaryDirectory() as directory:
        Path(directory, "trial.yaml").write_text(dedent(text))
        return load("./trial.yaml", Path(directory))


CATALOGUE = Catalogue(load(str(PROCESS)))


def day(text: str) -> date:
    return date.fromisoformat(text)


def instant(text: str) -> datetime:
    """A day stands for its noon."""
    return noon_of(day(text)) if len(text) == 10 else datetime.fromisoformat(text)


def fact(
    kind: str,
    on: str,
    /,
    *,
    id: str | None = None,
    recorded: str | None = None,
    annulled: str | None = None,
    **fields: FieldValue,
) -> Fact:
    """A fact, registered at noon of its day unless said otherwise; its id is `kind day` unless it has another."""
    assert kind not in CATALOGUE.kinds or not CATALOGUE.check(kind, fields)[1], (
        f"a mistake in the test: {kind} {fields}"
    )
    return Fact(
        id or f"{kind} {on}",
        kind,
        day(on),
        instant(recorded or on),
        0,
        fields,
        None if annulled is None else instant(annulled),
    )


def view(model: Model, as_of: str, *facts: Fact, known: str | None = None) -> Timeline:
    """What had happened by a day, known by an instant (default: everything)."""
    return Timeline(model, facts, day(as_of), LATER if known is None else instant(known))


def derivation(model: Model | Sequence[ModelPeriod], as_of: str, *facts: Fact, known: str | None = None) -> Derivation:
    return derive(model, facts, day(as_of), LATER if known is None else instant(known))


def owed(model: Model | Sequence[ModelPeriod], as_of: str, *facts: Fact, known: str | None = None) -> list[str]:
    """What is owed on a day, a line for each obligation: `rule n: due day, status, day of satisfaction`."""
    return [line(found) for found in derivation(model, as_of, *facts, known=known).obligations]


def line(found: Obligation) -> str:
    """An obligation in one line; the day of satisfaction stands only where there is one."""
    satisfied = f" {found.satisfied_on}" if found.satisfied_on else ""
    return f"{found.rule} {found.n}: due {found.due or 'unknown'}, {found.status}{satisfied}"


def the_one(model: Model | Sequence[ModelPeriod], as_of: str, *facts: Fact) -> Obligation:
    """The only obligation there is on a day."""
    [found] = derivation(model, as_of, *facts).obligations
    return found


def next_change(model: Model | Sequence[ModelPeriod], as_of: str, *facts: Fact) -> str | None:
    """The first day on which the derivation will differ by itself."""
    found = derivation(model, as_of, *facts).next_change
    return None if found is None else found.isoformat()


class Story:
    """A pathway under a clock: swept at the beginning of each day, unless the scheduler is stopped.

    `ledger` and `warnings` are lines that begin with the day of the finding.
    """

    def __init__(self, model: Model, *others: Model, begins: str = "2017-01-01", is_full: IsFull = never_full) -> None:
        self.is_full = is_full
        self.models: Mapping[str, Model] = {known.digest: known for known in (model, *others)}
        self.pathway = Pathway("s1", "0336")
        self.today = day(begins)
        self.next_change: date | None = None
        self.is_swept = True
        self.pathway.open("c1", model, self._stamp(start_of(self.today)))
        self.verdicts: list[Verdict] = []
        self.warnings: list[str] = []
        self._collect()

    def until(self, text: str) -> "Story":
        """Let the days pass up to the beginning of a day, which is swept too."""
        while self.today < day(text):
            self.today += ONE_DAY
            if self.is_swept and self.next_change is not None and self.next_change <= self.today:
                stamp = self._stamp(start_of(self.today))
                self.next_change = self.pathway.sync(self.models, stamp, self.next_change, is_full=self.is_full)
                self._collect()
        return self

    def record(self, on: str, *registrations: Fact | Registration, late: bool = True) -> "Story":
        """Let the days pass up to a day, and register in one transaction at noon of it."""
        self.until(on)
        bodies = [
            FactRecorded(fact=given.id, kind=given.kind, on=given.on, fields=given.fields)
            if isinstance(given, Fact)
            else given
            for given in registrations
        ]
        stamp = self._stamp(noon_of(self.today))
        self.next_change = self.pathway.record(
            bodies, self.models, stamp, self.next_change, late=late, is_full=self.is_full
        )
        self._collect()
        return self

    def annul(self, on: str, fact_id: str) -> "Story":
        return self.record(on, FactAnnulled(id=f"annulment of {fact_id}", fact=fact_id))

    def owed(self, as_of: str, known: str | None = None) -> list[str]:
        known_at = end_of(self.today) if known is None else instant(known)
        return [line(found) for found in self.pathway.derive(self.models, day(as_of), known_at).obligations]

    @property
    def ledger(self) -> list[str]:
        return [entry(verdict) for verdict in self.verdicts]

    @property
    def standing(self) -> list[str]:
        """The breaches raised and not withdrawn."""
        return [entry(breach) for breach in self.pathway.breaches.values()]

    def _stamp(self, at: datetime) -> Stamp:
        return Stamp(at=at, actor="test", role="caseworker", command="k1")

    def _collect(self) -> None:
        for event in self.pathway.collect_events():
            match event.body:
                case DeadlineBreached() | BreachWithdrawn():
                    self.verdicts.append(event.body)
                case DeadlineDueSoon() as warning:
                    self.warnings.append(f"{warning.found_on} {warning.rule} {warning.n}: due {warning.due}")
                case _:
                    pass


def entry(verdict: Verdict) -> str:
    """A finding in one line, with the reason of a withdrawal."""
    what = "breached" if isinstance(verdict, DeadlineBreached) else f"withdrawn ({verdict.reason})"
    return f"{verdict.found_on} {verdict.rule} {verdict.n}: due {verdict.due}, {what}"
