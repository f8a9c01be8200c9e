"""Looking for names of classes where a rename in the app's DEX files would not reach: libraries and code in assets."""

from __future__ import annotations

import io
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import IO

from pinfuse.android.dex.file import MAGIC
from pinfuse.container.reader import Archive
from pinfuse.container.records import Entry

ZIP_MAGIC = b"PK\x03\x04"
LIBRARY_MAGIC = b"\x7fELF"
LARGEST_NESTED = 64 << 20
"""Bytes of an archive inside the app, or of one DEX file in it, that are looked into."""
HEAD = 64


@dataclass(frozen=True, slots=True)
class Hit:
    """A name found in an entry; ``what`` says what the entry is."""

    entry: str
    what: str
    name: str


def scan(archive: Archive, skip: frozenset[str], names: Sequence[str]) -> list[Hit]:
    """Where the class names (with slashes) occur in libraries, DEX files and archives of the app but ``skip``.

    Entries are told apart by their first bytes, never by their ending. What cannot be looked into counts as a hit.
    """
    needles = [name.encode() for name in names]
    found: list[Hit] = []
    for entry in archive.entries.values():
        if entry.name in skip or entry.size < HEAD:
            continue
        magic = head(archive, entry)
        if magic == LIBRARY_MAGIC:
            found += [Hit(entry.name, "native code", n) for n in _inside(archive.stream(entry), needles)]
        elif magic == MAGIC:
            found += [Hit(entry.name, "code that is loaded later", n) for n in _inside(archive.stream(entry), needles)]
        elif magic == ZIP_MAGIC:
            found += [Hit(entry.name, "an archive with code", n) for n in _nested(archive, entry, needles)]
    return found


def head(archive: Archive, entry: Entry) -> bytes:
    """The first four bytes of an entry's content; fewer when it is damaged or short."""
    data = archive.pread(entry.payload_offset, min(HEAD, entry.compressed))
    if entry.is_stored:
        return data[:4]
    try:
        return zlib.decompressobj(-15).decompress(data, 4)
    except zlib.error:
        return b""


def _inside(pieces: Iterator[bytes], needles: list[bytes]) -> list[str]:
    overlap, tail, found = max(map(len, needles)) - 1, b"", set()
    for piece in pieces:
        window = tail + piece
        found |= {needle for needle in needles if needle in window}
        tail = window[-overlap:]
    return sorted(needle.decode() for needle in found)


def _nested(archive: Archive, entry: Entry, needles: list[bytes]) -> list[str]:
    everything = [needle.decode() for needle in needles]
    if entry.size > LARGEST_NESTED:
        return everything
    try:
        with zipfile.ZipFile(io.BytesIO(b"".join(archive.stream(entry)))) as inner:
            found: set[str] = set()
            for info in inner.infolist():
                with inner.open(info) as file:
                    if file.read(len(MAGIC)) == MAGIC:
                        found |= set(_inside(_pieces(file, info.file_size), needles))
            return sorted(found)
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError, zlib.error, OSError):
        return everything


def _pieces(file: IO[bytes], size: int) -> Iterator[bytes]:
    left = min(size, LARGEST_NESTED)
    while left > 0 and (piece := file.read(min(left, 1 << 18))):
        left -= len(piece)
        yield piece
