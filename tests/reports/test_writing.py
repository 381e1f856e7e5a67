"""Files are whole, and not replaced unless that is asked."""

import os
from pathlib import Path

import pytest

from indsats.errors import ValueInvalid
from indsats.reports.writing import require_free, write_report


def mode(path: Path) -> int:
    return path.stat().st_mode & 0o777


@pytest.fixture(autouse=True)
def usual_rights() -> None:
    os.umask(0o022)


def test_a_file_is_replaced_with_force_only(tmp_path: Path) -> None:
    path = tmp_path / "status.md"
    require_free(path)
    write_report("først\n", path)
    with pytest.raises(ValueInvalid, match=r"status\.md: is there already; --force replaces it"):
        write_report("second\n", path)
    with pytest.raises(ValueInvalid, match="is there already"):
        require_free(path)
    assert path.read_bytes() == "først\n".encode()
    write_report("second\n", path, force=True)
    assert path.read_text() == "second\n"
    assert [*tmp_path.iterdir()] == [path]


def test_who_may_read_it(tmp_path: Path) -> None:
    open_to_all, private = tmp_path / "all.md", tmp_path / "private.md"
    write_report("", open_to_all)
    write_report("", private, private=True)
    assert (mode(open_to_all), mode(private)) == (0o644, 0o600)
    open_to_all.chmod(0o640)
    write_report("", open_to_all, force=True)
    assert mode(open_to_all) == 0o640


def test_what_cannot_be_written_is_told(tmp_path: Path) -> None:
    with pytest.raises(ValueInvalid, match="cannot be written: No such file or directory"):
        write_report("", tmp_path / "no" / "status.md")
    assert [*tmp_path.iterdir()] == []
