"""Model files written in tests: what is read from them, and where their faults are."""

from pathlib import Path
from shutil import copy
from tempfile import TemporaryDirectory
from textwrap import dedent

from indsats.domain.model import Model
from indsats.errors import ModelInvalid
from indsats.models.faults import Fault
from indsats.models.library import load

PERMIT = "id: trial\nversion: 1\nextends: ./permit.yaml\n"
"""The beginning of a model on a small base, `permit.yaml`."""


def read(*parts: str, **others: str) -> Model:
    """The model of a file made of these parts, beside `permit.yaml` and others (by name, without `.yaml`)."""
    with TemporaryDirectory() as directory:
        copy(Path(__file__).with_name("permit.yaml"), directory)
        for name, text in {"m": "".join(dedent(part) for part in parts), **others}.items():
            Path(directory, f"{name}.yaml").write_text(dedent(text), "utf-8")
        return load("./m.yaml", Path(directory))


def faults(*parts: str, **others: str) -> list[Fault]:
    """The faults of such a file, in the order of their places."""
    try:
        read(*parts, **others)
    except ModelInvalid as invalid:
        return [fault for fault in invalid.faults if isinstance(fault, Fault)]
    return []


def said(*parts: str, **others: str) -> list[str]:
    """The faults as `file:line:column: what; …`, the file without its directory and the excerpt left out."""
    return [fault.text.replace(fault.file, Path(fault.file).name) for fault in faults(*parts, **others)]
