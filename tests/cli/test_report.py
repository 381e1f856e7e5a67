"""`indsats report status` as its users run it: a file, standard output, or one document."""

from pathlib import Path

from tests.cli.databases import sound
from tests.cli.test_replay import run
from tests.cli.test_schemas import printed

STATUS = ("report", "status", "--period", "2017-01")


def test_standard_output_is_markdown_unless_html_is_asked() -> None:
    text = run(*STATUS, "--db", sound())
    assert (text.returncode, text.stderr) == (0, "")
    assert text.stdout.startswith("# Status report 2017-01-01 – 2017-01-31\n")
    page = run(*STATUS, "--format", "html", "--out", "-", "--lang", "da", "--db", sound())
    assert (page.returncode, page.stderr) == (0, "")
    assert page.stdout.startswith('<!DOCTYPE html>\n<html lang="da">\n')


def test_a_file_is_written_and_replaced_on_request(tmp_path: Path) -> None:
    path = tmp_path / "status.html"
    done = run(*STATUS, "--out", path, "--db", sound())
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert path.read_text().startswith("<!DOCTYPE html>")
    again = run(*STATUS, "--out", path, "--format", "markdown", "--db", sound())
    assert (again.returncode, again.stdout) == (2, "")
    assert again.stderr == f"{path}: is there already; --force replaces it\n"
    assert run(*STATUS, "--out", path, "--format", "markdown", "--force", "--db", sound()).returncode == 0
    assert path.read_text().startswith("# Status report")


def test_one_document_beside_a_file(tmp_path: Path) -> None:
    path = tmp_path / "status.md"
    found = printed("report status", "--period", "2017-01", "--out", path, "--db", sound())
    assert (found["file"], found["municipality"], found["as_of"]) == (str(path), "0336", "2017-01-31")
    first = next(rule for rule in found["rules"] if rule["rule"] == "first_conversation")
    assert (first["total"], first["breached"], first["share"], first["suppressed"]) == (2, 2, 0.0, False)
    share = next(kpi for kpi in found["kpis"] if kpi["id"] == "ledighedsydelse_share")
    assert share["printed"][0] == {
        "title": {"da": "juni 2016", "en": "June 2016"},
        "stated": "17.4 %",
        "counts": "63/362",
        "computed": "17.40 %",
        "agrees": True,
    }
    assert next(kpi for kpi in found["kpis"] if kpi["id"] == "days_to_flexjob")["printed"] == []
    assert "Status report" in path.read_text()
    assert printed("report status", "--period", "2017-01", "--db", sound())["file"] is None


def test_the_document_names_nobody_and_no_small_count_unless_it_is_to() -> None:
    asked = ("report status", "--period", "2017-02", "--db", sound())
    found = printed(*asked)
    assert {one["id"]: one["pathways"] for one in found["changes"]}["first_conversation_on_time"] == 2
    assert {len(one["who"]) for one in found["changes"]} == {0}
    named = printed(*asked, "--who")
    assert {who["citizen"] for one in named["changes"] for who in one["who"]} == {"c1", "c2"}
    hidden = printed(*asked, "--suppress")
    on_time = next(one for one in hidden["kpis"] if one["id"] == "first_conversation_on_time")
    nothing = dict.fromkeys(("numerator", "denominator", "share", "met"))
    assert on_time["end"] == {**nothing, "suppressed": True}
    strategy = next(one for one in hidden["rules"] if one["rule"] == "strategy_review")
    assert (strategy["total"], strategy["suppressed"]) == (0, False)
    assert {one["pathways"] for one in hidden["changes"]} == {None}
    assert "c1" not in str(hidden["changes"])


def test_options_that_contradict_each_other_and_periods_that_are_none() -> None:
    for options, said in (
        (("--who", "--suppress"), "--who names everybody, --suppress nobody"),
        (("--out", "-", "--json"), "--out - and --json both write to standard output."),
        (("--force",), "--force needs --out FILE"),
        (("--period", "2017-Q5"), "'2017-Q5' is no period; allowed: 2017, 2017-H1, 2017-Q1"),
        (("--period", "2199-12"), "the period begins on 2199-12-01, after "),
    ):
        done = run(*STATUS, *options, "--db", sound())
        assert (done.returncode, done.stdout) == (2, "")
        assert said in done.stderr


def test_who_may_not_is_told(tmp_path: Path) -> None:
    path = tmp_path / "status.md"
    done = run(*STATUS, "--as-role", "mentor", "--out", path, "--db", sound())
    assert (done.returncode, done.stdout) == (3, "")
    assert "may not kpi" in done.stderr
    assert not path.exists()
