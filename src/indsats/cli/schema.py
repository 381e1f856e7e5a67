"""`indsats schema`: the JSON Schemas of what indsats reads and prints."""

from importlib import resources

import click

_SCHEMAS = resources.files("indsats") / "schemas"
_SAME = {
    "annul": "check",
    "correct": "check",
    "demo": "replay",
    "follow-ups": "obligations",
    "import": "check",
    "record": "check",
}
"""Commands that print the document of another."""

_NAMES = sorted(entry.name.removesuffix(".json") for entry in _SCHEMAS.iterdir() if entry.name.endswith(".json"))


@click.command(name="schema")
@click.argument("name", type=click.Choice(sorted([*_NAMES, *_SAME])))
@click.option("--json", "as_json", is_flag=True, help="Changes nothing: a schema is a JSON document.")
def schema(name: str, as_json: bool) -> None:
    """Print the JSON Schema of a kind of file, or of the document that a command prints with --json."""
    click.echo((_SCHEMAS / f"{_SAME.get(name, name)}.json").read_text("utf-8"), nl=False)
