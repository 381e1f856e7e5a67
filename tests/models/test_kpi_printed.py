"""What a source prints beside a key figure is read with its counts, and neither puts the other right."""

from fractions import Fraction
from pathlib import Path

import pytest
from tests.models.test_kpi_form import faults, written

from indsats.domain.kpi import Printed
from indsats.domain.model import Title
from indsats.models.kpi_form import kpis_of
from indsats.models.library import load


def test_what_a_source_prints_is_read_with_its_counts(tmp_path: Path) -> None:
    path = written(
        tmp_path,
        """    rows: pathways
    printed:
      - {title: {da: fald, en: fall}, stated: 7.1 %, counts: 63/362 - 40/387}
      - {title: {da: om måneden, en: a month}, stated: 4.5, counts: 80/18}
""",
    )
    fall = Printed(Title("fald", "fall"), "7.1 %", Fraction(63, 362) - Fraction(40, 387), "63/362 - 40/387")
    monthly = Printed(Title("om måneden", "a month"), "4.5", Fraction(80, 18), "80/18")
    assert kpis_of(load(str(path)))["share"].printed == (fall, monthly)


@pytest.mark.parametrize(
    ("stated", "value", "computed", "agrees"),
    [
        ("4.5", Fraction(80, 18), "4.44", False),
        ("4.5", Fraction(445, 100), "4.45", True),
        ("4.5", Fraction(44499, 10000), "4.45", False),
        ("48", Fraction(48), "48.0", True),
        ("30 %", Fraction(40, 133), "30.1 %", True),
        ("10.3 %", Fraction(40, 387), "10.34 %", True),
        ("0.1 %", Fraction(-1, 1000), "-0.10 %", False),
    ],
)
def test_what_is_printed_stays_beside_what_its_counts_give(
    stated: str, value: Fraction, computed: str, agrees: bool
) -> None:
    one = Printed(Title("tal", "figure"), stated, value, "")
    assert (one.computed, one.agrees) == (computed, agrees)


def test_faults_of_what_is_printed(tmp_path: Path) -> None:
    declared = """    rows: pathways
    printed:
      - {title: {da: fald, en: fall}, stated: 7.1 pct, counts: 63/0}
      - {title: {da: fald, en: fall}, counts: 63/362, on: 2017-01-01}
"""
    assert faults(tmp_path, declared) == [
        (
            "10:47: stated of printed of KPI 'share': '7.1 pct' is no printed figure; allowed: a number such as 4.5, "
            "or percents such as 17.4 %"
        ),
        (
            "10:64: counts of printed of KPI 'share': '63/0' is no figure; allowed: counts such as 40/387, or a number "
            "such as 0.85"
        ),
        "11:9: printed of KPI 'share' lacks the key 'stated'",
        "11:55: printed of KPI 'share' has no key 'on'; allowed: title, stated, counts",
    ]
    assert faults(tmp_path, "    rows: pathways\n    printed: []\n") == ["9:14: printed of KPI 'share' is empty"]
