"""Where an archive is written to: every byte is counted and hashed once, on its way."""

from __future__ import annotations

import hashlib
from typing import BinaryIO


class HashingSink:
    """An empty file that is being written."""

    def __init__(self, target: BinaryIO) -> None:
        self._target = target
        self._hash = hashlib.sha256()
        self.size = 0

    def write(self, data: bytes) -> None:
        """Append bytes."""
        self._target.write(data)
        self._hash.update(data)
        self.size += len(data)

    @property
    def sha256(self) -> str:
        """Of everything so far, in hex."""
        return self._hash.hexdigest()
