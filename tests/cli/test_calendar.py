"""`indsats calendar` as its users run it: a file for calendars, or standard output."""

from pathlib import Path

import icalendar
from tests.cli.databases import staffed
from tests.cli.test_replay import run
from tests.cli.test_schemas import printed


def test_a_file_in_danish_and_what_is_in_it(tmp_path: Path) -> None:
    db, path = staffed(), tmp_path / "anna.ics"
    done = printed("calendar", "--worker", "anna", "--out", path, "--lang", "da", "--db", db)
    assert (done["file"], done["worker"], done["without_due_day"]) == (str(path), "anna", 0)
    found = icalendar.Calendar.from_ical(path.read_bytes()).events
    assert [str(event["UID"]) for event in found] == [entry["uid"] for entry in done["entries"]]
    assert len(found) == 3
    assert str(found[0]["SUMMARY"]) == "Overskredet: Første samtale senest efter en uge – c1"


def test_standard_output_holds_the_file_and_nothing_else(tmp_path: Path) -> None:
    db = staffed()
    done = run("calendar", "--worker", "anna", "--out", "-", "--db", db)
    assert (done.returncode, done.stderr) == (0, "")
    assert len(icalendar.Calendar.from_ical(done.stdout).events) == 3
    both = run("calendar", "--worker", "anna", "--out", "-", "--json", "--db", db)
    assert (both.returncode, both.stdout) == (2, "")
    assert "--out - and --json both write to standard output." in both.stderr
    assert not Path("-").exists()


def test_people_are_told_how_many(tmp_path: Path) -> None:
    path = tmp_path / "anna.ics"
    done = run("calendar", "--worker", "anna", "--out", path, "--lang", "da", "--db", staffed())
    assert done.stdout == f"fil: {path}\nkalenderposter: 3\ni bero uden frist: 0\n"


def test_who_is_not_there_and_what_cannot_be_written(tmp_path: Path) -> None:
    db = staffed()
    unknown = run("calendar", "--worker", "ana", "--out", tmp_path / "a.ics", "--db", db)
    assert (unknown.returncode, unknown.stdout) == (3, "")
    assert unknown.stderr.endswith("allowed: anna; did you mean anna?\n")
    nowhere = run("calendar", "--worker", "anna", "--out", tmp_path / "no" / "a.ics", "--db", db)
    assert (nowhere.returncode, nowhere.stdout) == (2, "")
    assert nowhere.stderr.endswith("a.ics: cannot be written: No such file or directory\n")
    assert [*tmp_path.iterdir()] == []
