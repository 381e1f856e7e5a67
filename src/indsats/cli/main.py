"""`indsats`: the commands, each loaded when it is called, and the exit codes that all of them share."""

import os
import sys
from importlib import import_module

import click

from indsats.cli.output import FAILED_EXPECTATION, FAILED_INPUT, REFUSED
from indsats.errors import (
    DatabaseFailed,
    DatabaseNotReady,
    InputInvalid,
    KeyMissing,
    ModelMissing,
    Refused,
    StoredEventUnreadable,
)

_COMMANDS = {
    "annul": ("indsats.cli.record:annul", "Take a fact out of a database."),
    "calendar": ("indsats.cli.calendar:calendar", "Write a worker's due days as a calendar file."),
    "change-model": ("indsats.cli.change:change_model", "Move pathways in a database to another model."),
    "check": ("indsats.cli.check:check", "Read files as recording would, and record nothing."),
    "correct": ("indsats.cli.record:correct", "Take a fact out of a database, and record the right one."),
    "db": ("indsats.cli.db:db", "Make a database, and look after it."),
    "deliver": ("indsats.cli.deliver:deliver", "Hand over the notifications that wait, once."),
    "demo": ("indsats.cli.demo:demo", "Replay the shipped scenarios."),
    "export": ("indsats.cli.export:export", "Write what a database holds in forms of others."),
    "follow-ups": ("indsats.cli.lists:follow_ups", "List what is to be done, by due day."),
    "import": ("indsats.cli.record:import_command", "Record history into a database."),
    "kpi": ("indsats.cli.kpi:kpi", "Show key figures in a database."),
    "limits": ("indsats.cli.limits:limits", "Show how a database stands to the limits of the model."),
    "model": ("indsats.cli.model:model", "List, show, check, compare and draw models."),
    "obligations": ("indsats.cli.lists:obligations", "List what is owed, was kept and was not."),
    "outbox": ("indsats.cli.deliver:outbox", "List the notifications that have not arrived."),
    "pathway": ("indsats.cli.pathway:pathway", "Show one pathway in a database."),
    "reassign": ("indsats.cli.reassign:reassign", "Hand a worker's open assignments over to another."),
    "record": ("indsats.cli.record:record", "Record facts into a database, as of now."),
    "remark": ("indsats.cli.remark:remark", "Write a remark on a breach."),
    "replay": ("indsats.cli.replay:replay_command", "Play scenarios and fact files as they would have been recorded."),
    "report": ("indsats.cli.report:report", "Write the status report of a period."),
    "schema": ("indsats.cli.schema:schema", "Print the JSON Schema of a file or a document."),
    "sweep": ("indsats.cli.sweep:sweep", "Look for deadlines that have passed."),
    "worker": ("indsats.cli.worker:worker", "Sweep at the start and just after each hour."),
}
"""The commands by name: where they are, and their line in the list, which is printed without loading any."""


class _LazyGroup(click.Group):
    """Imports a command's room when the command is called, so that `--help` stays quick."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in _COMMANDS:
            return None
        module, name = _COMMANDS[cmd_name][0].split(":")
        command = getattr(import_module(module), name)
        assert isinstance(command, click.Command)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, _COMMANDS[name][1]) for name in self.list_commands(ctx)])


@click.group(cls=_LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="indsats")
def indsats() -> None:
    """Replay, record and explain the pathways of the indsatsmodel: what is owed, by when, and why.

    Exit codes: 0 done, and all that was expected held; 1 an expectation, verification or target failed; 2 bad input
    or usage; 3 refused.
    """


def main() -> None:
    """Run the command line; whatever indsats refuses on purpose is said on standard error, without a traceback."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")
    try:
        indsats.main(prog_name="indsats", standalone_mode=True)
    except (InputInvalid, DatabaseNotReady, KeyMissing, ModelMissing) as invalid:
        click.echo(invalid, err=True)
        sys.exit(FAILED_INPUT)
    except (Refused, DatabaseFailed) as refused:
        click.echo(refused, err=True)
        sys.exit(REFUSED)
    except StoredEventUnreadable as unreadable:
        click.echo(unreadable, err=True)
        sys.exit(FAILED_EXPECTATION)
    except BrokenPipeError:
        # Whoever read our output has seen enough; the interpreter must not flush into the closed pipe once more.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(0)


if __name__ == "__main__":
    main()
