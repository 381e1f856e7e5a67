"""Figures and counts as cells of a report: counts first, shares second, small ones left out on request."""

from collections.abc import Iterable
from fractions import Fraction

from indsats.domain.kpi import Kpi
from indsats.models.words import say
from indsats.projections.kpis import KpiResult
from indsats.reports.page import Named
from indsats.reports.small import SMALL, is_small, tells_of_few
from indsats.reports.status import Compared
from indsats.reports.words import NOTHING, Words

HIDDEN = f"<{SMALL}"


class Cells:
    """The cells of one language; with `suppress` without counts from 1 to 4 and what could be reckoned from them."""

    def __init__(self, words: Words, *, suppress: bool) -> None:
        self._words = words
        self._suppress = suppress

    def name(self, kpi: Kpi) -> Named:
        """What a figure is called."""
        return Named(say(kpi.title, self._words.lang), kpi.id)

    def counts(self, kpi: Kpi, result: KpiResult) -> str:
        """Numerator and denominator; of a median, itself and of how many values; of an amount, the kroner."""
        if self._is_hidden(kpi, result):
            return HIDDEN
        if kpi.median is not None:
            return f"{self._number(result.numerator)} (n = {self._number(result.denominator)})"
        if kpi.tiers is not None:
            return f"{self._number(result.numerator)} kr."
        if kpi.numerator is None:
            return self._number(result.numerator)
        return f"{self._number(result.numerator)} {self._words.word('of')} {self._number(result.denominator)}"

    def share(self, kpi: Kpi, result: KpiResult) -> str:
        """In percent, where a share is meant."""
        if kpi.numerator is None or kpi.tiers is not None or self._is_hidden(kpi, result):
            return NOTHING
        return self.percent(result.share)

    def target(self, kpi: Kpi) -> str:
        """What is aimed at, perhaps by a day."""
        target, words = kpi.target, self._words
        if target is None:
            return NOTHING
        is_share = kpi.numerator is not None and kpi.tiers is None
        value = words.percent(target.value) if is_share else words.number(target.value)
        by = "" if target.on is None else f" {words.word('by')} {target.on}"
        return f"{words.word(target.at)} {value}{by}"

    def met(self, kpi: Kpi, result: KpiResult) -> str:
        """Whether the target is met."""
        if result.met is None or self._is_hidden(kpi, result):
            return NOTHING
        return self._words.word("yes" if result.met else "no")

    def difference(self, figure: Compared) -> str:
        """In percentage points, where both shares are shown."""
        hidden = any(self._is_hidden(figure.kpi, result) for result in (figure.before, figure.after))
        return NOTHING if hidden or figure.difference is None else self._words.points(figure.difference)

    def count(self, count: int) -> str:
        """One count of its own."""
        return HIDDEN if self.hides([count]) else str(count)

    def hides(self, counts: Iterable[int]) -> bool:
        """Whether one of these is left out."""
        return self._suppress and any(map(is_small, counts))

    def percent(self, share: Fraction | None) -> str:
        """A share in percent, or that there is none."""
        return self._words.word("not_computable") if share is None else self._words.percent(share)

    def _is_hidden(self, kpi: Kpi, result: KpiResult) -> bool:
        return self._suppress and tells_of_few(kpi, result)

    def _number(self, value: Fraction | None) -> str:
        return self._words.word("not_computable") if value is None else self._words.number(value)
