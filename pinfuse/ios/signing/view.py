"""What the signer asks of the files of a bundle, wherever they are."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Protocol


class BundleView(Protocol):
    """The files of a bundle by their paths in it, with ``/`` between the parts; folders are not among them."""

    def paths(self) -> Iterable[str]:
        """All files and symbolic links."""

    def target(self, path: str) -> str | None:
        """Where a symbolic link leads; None for a file."""

    def read(self, path: str) -> bytes:
        """The whole content of a file."""

    def chunks(self, path: str) -> Iterable[bytes]:
        """The content of a file in pieces; the first has at least eight bytes, unless the file has fewer."""


class MemoryView:
    """A bundle out of contents in memory, with links by their targets."""

    def __init__(self, files: Mapping[str, bytes], links: Mapping[str, str] | None = None) -> None:
        self._files, self._links = files, links or {}

    def paths(self) -> Iterable[str]:
        """All files and symbolic links."""
        return (*self._files, *self._links)

    def target(self, path: str) -> str | None:
        """Where a symbolic link leads; None for a file."""
        return self._links.get(path)

    def read(self, path: str) -> bytes:
        """The whole content of a file."""
        return self._files[path]

    def chunks(self, path: str) -> Iterable[bytes]:
        """The content of a file, at once."""
        return (self._files[path],)
