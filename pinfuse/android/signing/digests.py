"""The content digest of APK Signature Scheme v2 and v3: chunks of 1 MiB, made while the archive is written."""

from __future__ import annotations

import hashlib

CHUNK = 1 << 20
CHUNK_MARK, TOP_MARK = b"\xa5", b"\x5a"
"""First bytes of what is hashed for a chunk and for the list of chunks (source.android.com, v2)."""


class ContentDigest:
    """Digest of sections one after another; a chunk never spans two sections. Memory: one chunk."""

    def __init__(self, *names: str) -> None:
        self._names = names
        self._digests: dict[str, list[bytes]] = {name: [] for name in names}
        self._open = bytearray()

    def update(self, data: bytes | memoryview) -> None:
        """More bytes of the section at hand."""
        view = memoryview(data)
        while view:
            if not self._open and len(view) >= CHUNK:
                self._close(view[:CHUNK])
                view = view[CHUNK:]
                continue
            room = CHUNK - len(self._open)
            self._open += view[:room]
            view = view[room:]
            if len(self._open) == CHUNK:
                self._flush()

    def end_section(self) -> None:
        """The section at hand is complete."""
        if self._open:
            self._flush()

    def section(self, data: bytes) -> None:
        """A whole section."""
        self.update(data)
        self.end_section()

    def result(self) -> dict[str, bytes]:
        """Name of the digest → the digest of everything."""
        found = {}
        for name, chunks in self._digests.items():
            top = hashlib.new(name, TOP_MARK + len(chunks).to_bytes(4, "little"))
            top.update(b"".join(chunks))
            found[name] = top.digest()
        return found

    def _flush(self) -> None:
        self._close(self._open)
        self._open = bytearray()

    def _close(self, chunk: bytearray | memoryview) -> None:
        mark = CHUNK_MARK + len(chunk).to_bytes(4, "little")
        for name in self._names:
            one = hashlib.new(name, mark)
            one.update(chunk)
            self._digests[name].append(one.digest())
