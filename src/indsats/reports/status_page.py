"""The status report as a page."""

from collections.abc import Iterator, Sequence
from fractions import Fraction

from indsats.domain.kpi import Kpi, Printed
from indsats.domain.model import Model, Title
from indsats.engine.kpis import Changed
from indsats.models.kpi_form import kpis_of
from indsats.models.limit_form import limits_of
from indsats.models.words import Lang, duration_in_words, not_stated, say, title_of
from indsats.reports.cells import Cells
from indsats.reports.page import Cell, Named, Page, Section, Table
from indsats.reports.status import STATUSES, Cause, OnTime, Revised, Status
from indsats.reports.words import NOTHING, Words


def status_page(status: Status, lang: Lang, *, suppress: bool = False) -> Page:
    """The page of a status; with `suppress` without counts from 1 to 4 and what could be reckoned from them."""
    return _Pages(status, Words(lang), suppress=suppress).page()


class _Pages:
    def __init__(self, status: Status, words: Words, *, suppress: bool) -> None:
        self._status = status
        self._words = words
        self._word = words.word
        self._suppress = suppress
        self._cells = Cells(words, suppress=suppress)
        models = (*status.models, status.model)
        self._rules = {rule.id: rule.title for model in models for rule in model.rules if rule.title}
        self._kinds = {kind.name: kind.title for model in models for kind in model.facts.values() if kind.title}

    def page(self) -> Page:
        status, word = self._status, self._word
        days = f"{status.period.first} – {status.period.last}"
        about = [
            (word("municipality"), status.municipality),
            (word("model"), f"{self._say(status.model.title)} ({status.model.reference})"),
            (word("period"), days),
            (word("as_of"), str(status.as_of)),
            (word("known_at"), self._words.instant(status.known_at)),
            (word("last_known_at"), self._words.instant(status.last_known_at)),
        ]
        if self._suppress:
            about.append((word("small_counts"), word("suppressed")))
        return Page(
            lang=self._words.lang,
            heading=f"{word('status_report')} {days}",
            about=about,
            sections=[self._figures(), self._on_time(), self._changes(), self._policies()],
        )

    def _say(self, title: Title) -> str:
        return say(title, self._words.lang)

    def _figures(self) -> Section:
        status, word, cells = self._status, self._word, self._cells
        if not status.figures:
            return Section(word("figures"), [word("no_figures")])
        after, before = str(status.as_of), str(status.period.day_before)
        headings = [word("kpi")]
        headings += [f"{after}: {word('counts')}", f"{after}: {word('share')}", word("target"), word("target_met")]
        headings += [f"{before}: {word('counts')}", f"{before}: {word('share')}", word("difference")]
        rows: list[Sequence[Cell]] = [
            [
                cells.name(figure.kpi),
                cells.counts(figure.kpi, figure.after),
                cells.share(figure.kpi, figure.after),
                cells.target(figure.kpi),
                cells.met(figure.kpi, figure.after),
                cells.counts(figure.kpi, figure.before),
                cells.share(figure.kpi, figure.before),
                cells.difference(figure),
            ]
            for figure in status.figures
        ]
        known_at = self._words.instant(status.known_at)
        sentence = self._words.sentence("figures", after=after, before=before, known_at=known_at)
        tables = [Table(word("figures_table"), headings, rows)]
        if printed := [(figure.kpi, one) for figure in status.figures for one in figure.kpi.printed]:
            headings = [word("kpi"), *map(word, ("figure", "stated", "counted", "computed", "agrees"))]
            tables.append(Table(word("printed"), headings, [self._printed(*each) for each in printed], text=2))
        return Section(word("figures"), [sentence], tables)

    def _printed(self, kpi: Kpi, printed: Printed) -> Sequence[Cell]:
        words = self._words
        return [
            self._cells.name(kpi),
            self._say(printed.title),
            words.printed(printed.stated),
            printed.counted,
            words.printed(printed.computed),
            words.word("yes" if printed.agrees else "no"),
        ]

    def _on_time(self) -> Section:
        status, word = self._status, self._word
        if not status.rules:
            return Section(word("on_time"), [word("no_rules")])
        headings = [word("rule"), word("all"), *map(word, STATUSES), word("share_on_time")]
        rows = [self._rule(rule) for rule in status.rules]
        sentence = self._words.sentence("on_time", as_of=status.as_of)
        return Section(word("on_time"), [sentence], [Table(word("on_time_table"), headings, rows)])

    def _rule(self, rule: OnTime) -> Sequence[Cell]:
        counts = [rule.counts[status] for status in STATUSES]
        name = Named(self._say(rule.title), rule.rule)
        if self._cells.hides(counts):
            # The whole, or the share, would tell the one that is left out.
            return [name, NOTHING, *map(self._cells.count, counts), NOTHING]
        return [name, str(rule.total), *map(str, counts), self._cells.percent(rule.share)]

    def _changes(self) -> Section:
        status, word, instant = self._status, self._word, self._words.instant
        last, now = instant(status.last_known_at), instant(status.known_at)
        sentence = self._words.sentence("changes", before=status.period.day_before, last_known_at=last, known_at=now)
        if not status.revised:
            return Section(word("changes"), [sentence, word("unchanged")])
        then = word("as_known_then")
        now = word("as_known_now")
        headings = [word("kpi")]
        headings += [f"{column}: {word(what)}" for column in (then, now) for what in ("counts", "share")]
        headings += [word("difference"), word("pathways")]
        tables = [
            Table(word("changes_table"), headings, [self._revised(revised) for revised in status.revised]),
            Table(
                word("why"),
                [word("kpi"), word("what"), word("pathways")],
                [self._why(revised, cause) for revised in status.revised for cause in revised.causes],
                text=2,
            ),
        ]
        named = [(revised, changed) for revised in status.revised for changed in revised.changed]
        if named:
            headings = [word("kpi"), word("pathway"), word("counts_then_and_now"), word("what")]
            tables.append(Table(word("who"), headings, [self._changed(*each) for each in named], text=4))
        return Section(word("changes"), [sentence], tables)

    def _revised(self, revised: Revised) -> Sequence[Cell]:
        compared, cells = revised.compared, self._cells
        return [
            cells.name(compared.kpi),
            cells.counts(compared.kpi, compared.before),
            cells.share(compared.kpi, compared.before),
            cells.counts(compared.kpi, compared.after),
            cells.share(compared.kpi, compared.after),
            cells.difference(compared),
            cells.count(revised.pathways),
        ]

    def _why(self, revised: Revised, cause: Cause) -> Sequence[Cell]:
        return [self._cells.name(revised.compared.kpi), self._cause(cause), self._cells.count(cause.pathways)]

    def _cause(self, cause: Cause) -> Cell:
        if cause.of is None:
            return self._word("other")
        titles = self._rules if cause.what == "withdrawn" else self._kinds
        title = f" {self._say(titles[cause.of])}" if cause.of in titles else ""
        return Named(f"{self._word(cause.what)}:{title}", cause.of)

    def _changed(self, revised: Revised, changed: Changed) -> Sequence[Cell]:
        before, after = (
            "/".join(self._words.number(Fraction(one)) for one in both if one is not None)
            for both in (changed.before, changed.after)
        )
        came = [
            f"{one.at:%Y-%m-%d}: {self._word(one.what)} {one.kind} {one.on} ({one.id})" for one in changed.registered
        ]
        came += [
            f"{verdict.found_on}: {self._word('withdrawn')} {verdict.rule} {verdict.due}"
            for verdict in changed.withdrawn
        ]
        came = came or [self._word("other")]
        return [self._cells.name(revised.compared.kpi), changed.citizen, f"{before} -> {after}", "; ".join(came)]

    def _policies(self) -> Section:
        status, word = self._status, self._word
        own = status.model
        models = [own, *(model for model in status.models if model.digest != own.digest)]
        rows: list[Sequence[Cell]] = [
            [Named(self._say(model.title), model.reference), model.source or NOTHING, model.digest] for model in models
        ]
        tables = [
            Table(word("models"), [word("model"), word("source"), word("digest")], rows, text=3),
            Table(word("model_policies"), [word("policy"), word("choice")], list(self._model_policies()), text=2),
        ]
        choices = list(_choices(own, self._words.lang, word("whole_model")))
        if choices:
            headings = [word("concerns"), word("policy"), word("choice")]
            tables.append(Table(word("not_stated"), headings, choices, text=3))
        return Section(word("policies"), [] if choices else [word("no_notes")], tables)

    def _model_policies(self) -> Iterator[Sequence[Cell]]:
        policies, word = self._status.model.policies, self._word
        yield [Named(word("roll"), "roll"), word(f"roll_{policies.roll}")]
        yield [Named(word("closing_days"), "closing_days"), ", ".join(sorted(policies.closing_days)) or NOTHING]
        yield [Named(word("spell_gap"), "spell_gap"), duration_in_words(policies.spell_gap, self._words.lang)]


def _choices(model: Model, lang: Lang, whole: str) -> Iterator[Sequence[Cell]]:
    """What the sources of a model do not state, with what was chosen."""
    titles = {rule.id: title_of(rule, lang) for rule in model.rules}
    titles |= {kpi.id: say(kpi.title, lang) for kpi in kpis_of(model).values()}
    titles |= {limit.id: say(limit.title, lang) for limit in limits_of(model).values() if limit.title}
    for where, policy, choice in not_stated(model):
        yield [Named(titles.get(where, ""), where) if where else whole, Named("", policy), say(choice, lang)]
