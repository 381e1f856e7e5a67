"""Reports on their way into files."""

import os
from pathlib import Path
from uuid import uuid4

from indsats.errors import ValueInvalid


def require_free(path: Path) -> None:
    """Raise `ValueInvalid` if there is a file of the name, so that nobody waits for a report that cannot be written."""
    if path.exists():
        raise _is_there(path)


def write_report(text: str, path: Path, *, force: bool = False, private: bool = False) -> None:
    """Write a file in UTF-8: nobody ever sees a part of it.

    One of the name is replaced with `force` only, and keeps who may read it. `private`: a new one is for its owner
    alone. Raises `ValueInvalid` if it is there already or cannot be written.
    """
    path = path.resolve()
    beside = path.with_name(f".{path.name}.{uuid4().hex}")
    try:
        handle = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600 if private else 0o666)
        try:
            with os.fdopen(handle, "w", encoding="utf-8", newline="\n") as file:
                file.write(text)
                file.flush()
                os.fsync(file.fileno())
            if force:
                if path.exists():
                    beside.chmod(path.stat().st_mode & 0o777)
                beside.replace(path)
            else:
                _link(beside, path)
        finally:
            beside.unlink(missing_ok=True)
    except FileExistsError:
        raise _is_there(path) from None
    except OSError as fault:
        raise ValueInvalid(f"{path}: cannot be written: {fault.strerror}") from fault


def _link(beside: Path, path: Path) -> None:
    """Give the file its name, unless another has it."""
    try:
        os.link(beside, path)
    except FileExistsError:
        raise
    except OSError:  # a file system without links
        require_free(path)
        beside.replace(path)


def _is_there(path: Path) -> ValueInvalid:
    return ValueInvalid(f"{path}: is there already; --force replaces it")
