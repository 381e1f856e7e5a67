"""`indsats` as a program: quick help, exit codes, and no traceback for whatever its user does."""

import json
import os
import subprocess
import sys
from pathlib import Path

import click
import pytest

from indsats.cli.main import indsats

COMMANDS = indsats.list_commands(click.Context(indsats))


def run(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "indsats.cli.main", *arguments],
        capture_output=True,
        encoding="utf-8",
        env={**os.environ, "PYTHONIOENCODING": "utf-8", **environment},
        timeout=60,
        check=False,
    )


def test_help_loads_no_room_of_the_engine() -> None:
    probe = (
        "import sys\n"
        "from indsats.cli.main import indsats\n"
        "indsats.main(['--help'], standalone_mode=False)\n"
        "print(sorted({'sqlalchemy', 'eventsourcing', 'yaml', 'apscheduler', 'cryptography'} & set(sys.modules)))\n"
    )
    done = subprocess.run([sys.executable, "-c", probe], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "[]"
    for command in COMMANDS:
        assert f"  {command} " in done.stdout


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_help(command: str) -> None:
    done = run(command, "--help")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("Usage: indsats")


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["modl"], 2, "No such command 'modl'"),
        (["model", "show"], 2, "Missing argument 'MODEL'"),
        (["model", "show", "stevns"], 2, "there is no model 'stevns'; allowed: aalborg-2017"),
        (["model", "show", "no/such.yaml"], 2, "no/such.yaml: there is no such file"),
        (["model", "show", "/"], 2, "/: cannot be read: Is a directory"),
        (["model", "graph", "stevns-2017", "--lang", "sv"], 2, "'sv' is not one of 'da', 'en'"),
        (["schema", "facs"], 2, "'facs' is not one of"),
    ],
)
def test_bad_usage_is_said_on_standard_error(arguments: list[str], code: int, said: str) -> None:
    done = run(*arguments)
    assert (done.returncode, done.stdout) == (code, "")
    assert said in done.stderr
    assert "Traceback" not in done.stderr


def test_faults_are_shown_with_their_lines(tmp_path: Path) -> None:
    path = tmp_path / "own.yaml"
    path.write_text("id: own\nversion: one\n")
    done = run("model", "show", str(path))
    assert done.returncode == 2
    assert done.stderr == f"{path}:2:10: version must be a whole number, not 'one'\nversion: one\n         ^\n"


def test_a_closed_pipe_is_no_error() -> None:
    program = f"{sys.executable} -m indsats.cli.main model show stevns-2017"
    done = subprocess.run(
        ["bash", "-c", f"set -o pipefail; {program} | head -1"], capture_output=True, text=True, timeout=60, check=False
    )
    assert done.stdout.startswith("stevns-2017@1: ")
    assert done.stderr == ""


def test_text_is_utf_8_in_json_and_never_a_traceback_elsewhere() -> None:
    assert json.loads(run("model", "list", "--json").stdout)["models"][0]["title"]["da"] == "Udvikling af fleksjob"
    done = run("model", "show", "stevns-2017", "--lang", "da", PYTHONIOENCODING="ascii")
    assert (done.returncode, done.stderr) == (0, "")
