"""The app as it is to be, for whoever signs and writes it: untouched files, operated Mach-O files, new ones."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from pinfuse.ios.bundle import AppTree
from pinfuse.ios.links import is_folder
from pinfuse.ios.surgery import Operation, operate

FEWEST = 8
"""Bytes of the first piece of a content, as `pinfuse.ios.signing.view.BundleView` wants it."""


class AppView:
    """Files of the app by their paths in it; ``files`` are new or have another content, by their paths too."""

    def __init__(self, tree: AppTree, operations: Mapping[str, Operation], files: Mapping[str, bytes]) -> None:
        self._tree, self._operations, self._files = tree, operations, files
        self._start = f"{tree.main.path}/"

    def paths(self) -> Iterable[str]:
        """All files and symbolic links."""
        entries = self._tree.archive.entries
        own = (name for name, entry in entries.items() if name.startswith(self._start) and not is_folder(entry))
        return dict.fromkeys((*(name.removeprefix(self._start) for name in own), *self._files))

    def target(self, path: str) -> str | None:
        """Where a symbolic link leads; None for a file."""
        return self._tree.links.get(self._start + path)

    def read(self, path: str) -> bytes:
        """The whole content of a file."""
        if path in self._files:
            return self._files[path]
        entry = self._start + path
        data = self._tree.content(entry)
        operation = self._operations.get(entry)
        return operate(data, operation) if operation else data

    def chunks(self, path: str) -> Iterator[bytes]:
        """The content of a file in pieces."""
        entry = self._tree.archive.entries.get(self._start + path)
        if path in self._files or entry is None or entry.name in self._operations:
            yield self.read(path)
            return
        first = b""
        for piece in self._tree.archive.stream(entry):
            first += piece
            if len(first) >= FEWEST:
                yield first
                first = b""
        if first:
            yield first
