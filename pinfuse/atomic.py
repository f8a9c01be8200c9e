"""Files that appear whole or not at all: written beside their final name, then renamed."""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

from pinfuse.errors import OutsideError


class PendingFile:
    """A file that has no name of its own yet; it gets it when the ``with`` block ends without an error."""

    def __init__(self, file: BinaryIO, path: Path) -> None:
        self.file = file
        self.path = path
        """Where the bytes stand until they are given their name."""


@contextmanager
def new_file(final: Path) -> Iterator[PendingFile]:
    """Open a new file beside ``final`` for reading and writing; rename it to ``final`` at the end.

    On any error inside the block the file is removed and ``final`` is as it was. Raises `OutsideError` when the
    folder cannot be written or the disk is full.
    """
    where = str(final)
    # named before it is there, so that it is removed whatever interrupts
    pending = final.with_name(f".{final.name}.{secrets.token_hex(4)}.tmp")
    try:
        with os.fdopen(_create(pending, where), "w+b") as file:
            yield PendingFile(file, pending)
            file.flush()
        pending.chmod(0o666 & ~_umask())
        pending.replace(final)
    except OSError as error:
        raise OutsideError(f"the output cannot be written: {error.strerror or error}", where=where) from error
    finally:
        with suppress(OSError):  # it is not there, or never could be
            pending.unlink()


def _create(path: Path, where: str) -> int:
    """Open a file that was not there, for its owner alone; raises `OutsideError`."""
    try:
        return os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0), 0o600)
    except OSError as error:
        raise OutsideError(
            f"the output cannot be written: {error.strerror}", where=where, todo="choose a writable folder with -o"
        ) from error


def _umask() -> int:
    mask = os.umask(0o077)
    os.umask(mask)
    return mask
