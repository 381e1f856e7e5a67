"""A handler that adds each notification to a file, one JSON object a line."""

import os
from pathlib import Path
from typing import BinaryIO

from indsats.exchange.cloud_events import CloudEvent


class Lines:
    """Appends to one file, which is made if there is none; each line is on the disk before it counts as delivered."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def __call__(self, event: CloudEvent) -> None:
        """Add one. Raises `OSError`."""
        with self._path.open("a+b") as file:
            file.write(_end_of_torn_line(file) + event.encode() + b"\n")
            file.flush()
            os.fsync(file.fileno())


def _end_of_torn_line(file: BinaryIO) -> bytes:
    """Whoever was killed while writing left a line without an end; the next one must not be added to it."""
    if not file.seek(0, os.SEEK_END):
        return b""
    file.seek(-1, os.SEEK_END)
    return b"" if file.read(1) == b"\n" else b"\n"
