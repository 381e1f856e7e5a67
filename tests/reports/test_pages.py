"""The report as people read it: in two formats and two languages, and without what could tell who it is."""

from fractions import Fraction

import pytest
from tests.engine.looking import KIM, started
from tests.reports.quarters import LEADER, ON_TIME, SECOND, play
from tests.reports.reading import Document

from indsats.clock import VirtualClock
from indsats.domain.kpi import Kpi, Step, Target, Tiers
from indsats.domain.model import Title
from indsats.engine import Engine
from indsats.models.words import Lang
from indsats.projections.kpis import KpiResult
from indsats.reports.cells import Cells
from indsats.reports.html import html
from indsats.reports.markdown import markdown
from indsats.reports.page import Named, Page, Section, Table
from indsats.reports.status import Compared, Status, status
from indsats.reports.status_page import status_page
from indsats.reports.words import Words


@pytest.fixture
def played(engine: Engine, clock: VirtualClock) -> Status:
    play(engine, clock)
    return status(engine, SECOND, actor=LEADER)


def line(text: str, *parts: str) -> list[str]:
    """The cells of the one row of a Markdown table that has all of these parts."""
    (found,) = [row for row in text.splitlines() if row.startswith("|") and all(part in row for part in parts)]
    return [cell.strip() for cell in found.strip("|").split(" | ")]


def test_figures_stand_beside_those_of_the_beginning(played: Status) -> None:
    text = markdown(status_page(played, "en"))
    assert line(text, "| Key figure | 2017")[1:] == [
        "2017-06-30: counts",
        "2017-06-30: share",
        "Target",
        "Target met",
        "2017-03-31: counts",
        "2017-03-31: share",
        "Difference (percentage points)",
    ]
    assert line(text, ON_TIME, "of 7")[1:] == ["3 of 7", "42.9%", "-", "-", "2 of 3", "66.7%", "-23.8"]
    assert line(text, "`employed_share`", "0 of 7")[3:5] == ["at least 89.7% by 2018-03-31", "No"]
    assert line(text, "`club_referral_share`", "0 of 7")[1:] == [
        "0 of 7", "0.0%", "at least 80.0%", "No", "0 of 3", "0.0%", "0.0",
    ]  # fmt: skip
    assert line(text, "`days_to_flexjob`", "n = ")[1] == "not computable (n = 0)"


def test_danish_has_danish_words_and_numbers(played: Status) -> None:
    text = markdown(status_page(played, "da"))
    assert text.startswith("# Statusrapport 2017-04-01 – 2017-06-30\n\n- Kommune: 0336\n")
    assert line(text, ON_TIME, "af 7")[1:] == ["3 af 7", "42,9 %", "-", "-", "2 af 3", "66,7 %", "-23,8"]
    assert line(text, "`employed_share`", "0 af 7")[3:5] == ["mindst 89,7 % senest 2018-03-31", "Nej"]
    assert line(text, "`first_conversation`", "25,0")[1:] == ["4", "1", "1", "2", "0", "0", "0", "0", "25,0 %"]
    assert "## Ændret siden sidste rapport, og hvorfor" in text
    assert line(text, "brud trukket tilbage")[1].endswith("`first_conversation`")


def test_what_the_source_prints_stands_beside_what_its_counts_give(played: Status) -> None:
    text = markdown(status_page(played, "en"))
    assert line(text, "`ledighedsydelse_share`", "June 2016")[2:] == ["17.4%", "63/362", "17.40%", "Yes"]
    assert line(text, "`hours_increased_share`", "a month")[2:] == ["4.5", "80/18", "4.44", "No"]
    danish = markdown(status_page(played, "da", suppress=True))
    assert line(danish, "`ledighedsydelse_share`", "juni 2016")[2:] == ["17,4 %", "63/362", "17,40 %", "Ja"]
    unprinted = played._replace(
        figures=[figure for figure in played.figures if not figure.kpi.printed],
    )
    assert "In the source" not in markdown(status_page(unprinted, "en"))


def test_the_head_names_the_points_and_the_end_the_policies(played: Status) -> None:
    text = markdown(status_page(played, "en"))
    assert text.split("\n## ")[0].splitlines() == [
        "# Status report 2017-04-01 – 2017-06-30",
        "",
        "- Municipality: 0336",
        "- Model: Progression together (stevns-2017@1)",
        "- Period: 2017-04-01 – 2017-06-30",
        "- As of: 2017-06-30",
        "- Known at: 2017-07-03T10:00:00Z",
        "- Last report known at: 2017-03-31T21:59:59Z",
    ]
    policies = text.split("\n## ")[-1]
    assert policies.startswith("The policies in force\n")
    assert line(policies, "`stevns-2017@1`")[1:] == ["001", played.model.digest]
    assert line(policies, "`spell_gap`", "1 month")
    assert "A summons is not enough." in line(policies, "`first_conversation`", "`summons`")[2]


def test_what_changed_is_told_by_count_and_by_name_on_request(engine: Engine, clock: VirtualClock) -> None:
    play(engine, clock)
    text = markdown(status_page(status(engine, SECOND, actor=LEADER), "en"))
    assert line(text, ON_TIME, "1 of 3")[1:] == ["1 of 3", "33.3%", "2 of 3", "66.7%", "+33.3", "1"]
    assert line(text, ON_TIME, "recorded:")[1:] == ["recorded: First conversation held `first_conversation_held`", "1"]
    assert "c2" not in text
    named = markdown(status_page(status(engine, SECOND, actor=LEADER, who=True), "en"))
    assert line(named, "| c2 |")[2:] == [
        "0/1 -\\> 1/1",
        (
            "2017-04-11: recorded first\\_conversation\\_held 2017-03-10 (c2-talk); "
            "2017-04-11: breach withdrawn first\\_conversation 2017-03-13"
        ),
    ]


def test_nothing_changed_is_said(engine: Engine, clock: VirtualClock) -> None:
    play(engine, clock)
    text = markdown(status_page(status(engine, SECOND, actor=LEADER, last_known_at=clock.at.replace(day=1)), "en"))
    assert "No figure has changed." in text


def test_small_counts_are_left_out_with_what_rests_on_them(engine: Engine, clock: VirtualClock) -> None:
    play(engine, clock)
    for number in range(3):
        engine.record(f"d{number}", started(SECOND.last, id=None), actor=KIM)
    found = status(engine, SECOND, actor=LEADER)
    text = markdown(status_page(found, "en", suppress=True))
    figures, on_time, changes = text.split("\n## ")[1:4]
    assert line(figures, ON_TIME)[1:] == ["\\<5", "-", "-", "-", "\\<5", "-", "-"]
    assert line(figures, "`employed_share`")[1:5] == ["0 of 10", "0.0%", "at least 89.7% by 2018-03-31", "No"]
    assert line(figures, "`employed_share`")[5:] == ["\\<5", "-", "-"]
    assert line(on_time, "`first_conversation`")[1:] == ["-", "\\<5", "\\<5", "\\<5", "0", "0", "0", "0", "-"]
    assert line(on_time, "`screening`")[1:] == ["0"] * 8 + ["not computable"]
    assert line(changes, ON_TIME, "recorded:")[2] == "\\<5"
    assert "Counts from 1 to 4 are left out" in text
    assert "\\<5" not in markdown(status_page(found, "en"))


@pytest.mark.parametrize("lang", ["da", "en"])
def test_html_is_whole_and_needs_nothing_else(played: Status, lang: Lang) -> None:
    source = html(status_page(played, lang))
    document = Document(source)
    assert document.faults == []
    assert document.declaration == "DOCTYPE html"
    assert document.attributes("html") == [{"lang": lang}]
    assert {"charset": "utf-8"} in document.attributes("meta")
    assert document.texts["title"] == document.texts["h1"]
    assert len(document.texts["h2"]) == 4
    assert len(document.texts["caption"]) == len(document.texts["table"]) == 8
    assert {attributes["scope"] for attributes in document.attributes("th")} == {"col", "row"}
    assert {tag for tag, _ in document.elements} & {"script", "link", "img", "iframe"} == set()
    assert {name for _, attributes in document.elements for name in attributes} & {"src", "href", "onclick"} == set()
    assert "@media print" in source
    ids = [attributes["id"] for _, attributes in document.elements if "id" in attributes]
    assert [attributes["aria-labelledby"] for attributes in document.attributes("section")] == ids
    assert len({*ids}) == len(ids) == 4


def test_both_formats_say_the_same(played: Status) -> None:
    page = status_page(played, "da")
    cells = [
        [f"{cell.title} {cell.id}".strip() if isinstance(cell, Named) else cell for cell in row]
        for section in page.sections
        for table in section.tables
        for row in (table.headings, *table.rows)
    ]
    assert Document(html(page)).rows == cells
    text = markdown(page)
    assert sum(row.startswith("|") for row in text.splitlines()) == len(cells) + 8


def test_text_is_never_read_as_markup() -> None:
    nasty = "<b>&amp;|`*_[x](y)\\\n# \x00"
    table = Table(nasty, ["a", "b"], [[nasty, Named(nasty, "id")]])
    page = Page("en", nasty, [(nasty, nasty)], [Section(nasty, [nasty], [table])])
    document = Document(html(page))
    shown = nasty.replace("\x00", "\N{REPLACEMENT CHARACTER}")
    assert document.faults == []
    assert document.texts["h1"] == [shown]
    assert document.rows[1] == [shown, f"{shown} id"]
    assert document.attributes("b") == []
    rows = [row for row in markdown(page).splitlines() if row.startswith("|")]
    assert rows[-1].startswith("| \\<b\\>\\&amp;\\|\\`\\*\\_\\[x\\](y)\\\\ \\#")
    assert [len(row.replace("\\|", "").split("|")) for row in rows] == [4, 4, 4]


@pytest.mark.parametrize(
    ("difference", "english", "danish"),
    [
        (Fraction(0), "0.0", "0,0"),
        (Fraction(1, 25), "0.0", "0,0"),
        (Fraction(-1, 25), "0.0", "0,0"),
        (Fraction(1, 20), "+0.1", "+0,1"),
        (Fraction(-1, 20), "-0.1", "-0,1"),
        (Fraction(710, 100), "+7.1", "+7,1"),
        (Fraction(-100), "-100.0", "-100,0"),
    ],
)
def test_points_are_rounded_half_up_and_have_a_sign(difference: Fraction, english: str, danish: str) -> None:
    assert (Words("en").points(difference), Words("da").points(difference)) == (english, danish)


def result(numerator: Fraction | None, denominator: Fraction | None, target: Target | None = None) -> KpiResult:
    return KpiResult(id="x", numerator=numerator, denominator=denominator, share=None, target=target, met=None)


def test_medians_counts_and_amounts_have_no_share() -> None:
    cells = Cells(Words("en"), suppress=True)
    title = Title("x", "x")
    median = Kpi(id="x", rows="spells", unit="spell", median="months", title=title)
    few, many = result(Fraction(7, 2), Fraction(3)), result(Fraction(7, 2), Fraction(12))
    assert (cells.counts(median, few), cells.counts(median, many)) == ("<5", "3.50 (n = 12)")
    target = Target("at_least", Fraction(9), "9")
    count = Kpi(id="x", rows="spells", unit="spell", title=title, target=target)
    assert (cells.counts(count, result(Fraction(4), None)), cells.counts(count, result(Fraction(9), None))) == (
        "<5",
        "9",
    )
    assert cells.target(count) == "at least 9"
    tiers = Tiers(share="y", amount=Fraction(4), steps=(Step(pays=Fraction(1)),))
    amount = Kpi(id="x", rows="spells", unit="spell", title=title, tiers=tiers)
    assert cells.counts(amount, result(Fraction(4), None)) == "4 kr."
    both = [cells.share(kpi, many) for kpi in (median, count, amount)]
    assert both == ["-", "-", "-"]
    assert cells.difference(Compared(median, many, many)) == "-"
