"""Small counts, which could tell who it is."""

from fractions import Fraction

from indsats.domain.kpi import Kpi
from indsats.projections.kpis import KpiResult

SMALL = 5
"""Of fewer than these, who they are could be guessed."""


def is_small(count: Fraction | int | None) -> bool:
    """Whether somebody is counted, but so few that they are not to be shown."""
    return count is not None and 0 < count < SMALL


def tells_of_few(kpi: Kpi, result: KpiResult) -> bool:
    """Whether a figure rests on a small count; a median is none, nor are kroner."""
    if kpi.tiers is not None:
        return False
    return is_small(result.denominator) or (kpi.median is None and is_small(result.numerator))
