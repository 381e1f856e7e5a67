"""An instant where a day is wanted, and instants in the forms of other systems, are refused with what is meant."""

import pytest

from indsats.domain.fields import Unfit
from indsats.replay.moments import day_in_file, instant_in_file


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("2011-10-11T13:45:40.276+02:00", "2011-10-11"),
        ("2011-10-11 13:45:40.276000+02:00", "2011-10-11"),
        ("2011-10-11T23:30:00Z", "2011-10-12"),
        ("2014/10/22 11:15:41.000", "2014-10-22"),
        ("2014-10-22 11:15", "2014-10-22"),
        (" 2011-10-11 ", "2011-10-11"),
        ("22-10-2014", "2014-10-22"),
        ("2014-02-30 11:15", None),
        ("2011-10-11T25:00:00Z", None),
        ("2011-10-11 at noon", None),
        ("in October", None),
    ],
)
def test_a_day(text: str, meant: str | None) -> None:
    with pytest.raises(Unfit) as refused:
        day_in_file(text)
    assert refused.value.meant == meant


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("2011-10-11 13:45:40.276000+02:00", "2011-10-11T13:45:40.276000+02:00"),
        ("2014/10/22 11:15:41.000", "2014-10-22T11:15:41+02:00"),
        ("2014-10-22T11:15:41", "2014-10-22T11:15:41+02:00"),
        ("2014/10/22 25:15:41", None),
        ("2014-10-22", None),
        ("1413969341", None),
    ],
)
def test_an_instant(text: str, meant: str | None) -> None:
    with pytest.raises(Unfit) as refused:
        instant_in_file(text)
    assert refused.value.meant == meant


def test_what_is_no_text_has_no_meaning() -> None:
    with pytest.raises(Unfit, match="is a number") as refused:
        day_in_file(20111011)
    assert refused.value.meant is None
