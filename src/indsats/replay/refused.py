"""Refused lines written to a file of their own, from which they are read again once they are corrected."""

import os
import tempfile
from collections.abc import Iterable
from pathlib import Path

import msgspec

from indsats.errors import InputInvalid
from indsats.replay.facts_file import REFUSAL_KEYS, Refusal


def write_refused(path: Path, refused: Iterable[Refusal]) -> None:
    """Write one JSON object a line: `file`, `line`, `reasons`, `text` and `entry`, which is null if there is none.

    The file has either its former content or all of the new, and only its owner can read it: the lines may hold
    personal data. Raises `InputInvalid` if it cannot be written.
    """
    try:
        handle, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
        temporary = Path(name)
        try:
            with os.fdopen(handle, "wb") as file:
                file.writelines(_line(each) for each in refused)
                file.flush()
                os.fsync(file.fileno())
            temporary.replace(path)
        except BaseException:
            temporary.unlink()
            raise
    except OSError as fault:
        raise InputInvalid(f"{path}: cannot be written: {fault.strerror}") from fault


def _line(refusal: Refusal) -> bytes:
    reasons = [fault.text for fault in refusal.faults]
    values = (refusal.file, refusal.line, reasons, refusal.text, refusal.entry)
    return msgspec.json.encode(dict(zip(REFUSAL_KEYS, values, strict=True))) + b"\n"
