"""Chunks: ``ResChunk_header`` (AOSP libs/androidfw/include/androidfw/ResourceTypes.h) and the walk over them."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass

from pinfuse.errors import DamagedApp

HEADER = struct.Struct("<HHI")
STRING_POOL, TABLE, XML = 0x0001, 0x0002, 0x0003
XML_NAMESPACE_START, XML_NAMESPACE_END, XML_ELEMENT, XML_ELEMENT_END, XML_TEXT = range(0x0100, 0x0105)
XML_RESOURCE_MAP = 0x0180
TABLE_PACKAGE, TABLE_TYPE, TABLE_TYPE_SPEC = 0x0200, 0x0201, 0x0202
NONE = 0xFFFF_FFFF
"""``ResStringPool_ref`` to nothing."""


@dataclass(frozen=True, slots=True)
class Chunk:
    """One chunk: type, size of its header, offset in its file, and all of its bytes, header included."""

    kind: int
    header_size: int
    offset: int
    data: bytes

    @property
    def body(self) -> bytes:
        """What follows the chunk's header."""
        return self.data[self.header_size :]


@dataclass(frozen=True, slots=True)
class Place:
    """A file inside the app, for words about what is wrong in it."""

    name: str

    def bad(self, what: str, at: int = 0) -> DamagedApp:
        """The error that names this file and an offset in it."""
        return DamagedApp(what, where=f"{self.name}, offset {at:#x}")


def chunk_at(data: bytes, at: int, end: int, place: Place) -> Chunk:
    """The chunk at ``at``, which must lie before ``end``; raises `DamagedApp`."""
    if at + HEADER.size > end:
        raise place.bad("a chunk is cut short", at)
    kind, header_size, size = HEADER.unpack_from(data, at)
    if not HEADER.size <= header_size <= size or at + size > end:
        what = f"a chunk of {size} bytes, {header_size} of them header, does not fit into the {end - at} left"
        raise place.bad(what, at)
    return Chunk(kind, header_size, at, data[at : at + size])


def chunks(data: bytes, at: int, end: int, place: Place) -> Iterator[Chunk]:
    """All chunks from ``at`` to ``end``, one after another; raises `DamagedApp`."""
    while at < end:
        chunk = chunk_at(data, at, end, place)
        yield chunk
        at += len(chunk.data)


def outer(data: bytes, kind: int, place: Place) -> Chunk:
    """The one chunk that a whole file is; bytes after it are left out, as the system does. Raises `DamagedApp`."""
    if len(data) < HEADER.size:
        raise place.bad(f"it has {len(data)} bytes, too few for anything")
    if HEADER.unpack_from(data)[0] != kind:
        raise place.bad(f"it begins with chunk type {HEADER.unpack_from(data)[0]:#06x} instead of {kind:#06x}")
    return chunk_at(data, 0, len(data), place)
