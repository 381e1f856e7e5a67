"""The state of a limit: what is more or less than it should be, and where one more would be too much."""

from fractions import Fraction

import pytest

from indsats.domain.limit import Caseload, Limit, Share, State

BAND = Limit(id="band", counted=Caseload("broker"), low=Fraction(30), high=Fraction(35))
THIRD = Limit(id="third", counted=Share("existing"), high=Fraction(1, 3))


@pytest.mark.parametrize(
    ("value", "state"), [(29, "below"), (30, "within"), (34, "within"), (35, "full"), (36, "above")]
)
def test_a_band_has_its_bounds_included_and_is_full_at_the_upper(value: int, state: State) -> None:
    assert BAND.state(Fraction(value)) == state


@pytest.mark.parametrize(
    ("value", "state"), [(14, "below"), (15, "within"), (16, "within"), (17, "full"), (18, "above")]
)
def test_half_a_worker_has_half_a_band(value: int, state: State) -> None:
    """From 15 to 17.5, so that the seventeenth is the last for whom there is room."""
    assert BAND.state(Fraction(value), Fraction(1, 2)) == state


def test_a_share_is_compared_exactly_and_is_never_full() -> None:
    assert [THIRD.state(share) for share in (Fraction(46, 139), Fraction(1, 3), Fraction(47, 140))] == [
        "within",
        "within",
        "above",
    ]


def test_without_an_upper_bound_nothing_is_too_much() -> None:
    expected = Limit(id="expected", counted=Share("referred"), low=Fraction(4, 5))
    assert [expected.state(Fraction(each, 93)) for each in (74, 75, 93)] == ["below", "within", "within"]


def test_without_a_value_it_is_not_computable() -> None:
    assert BAND.state(None) == "not_computable"
