"""The start-up profile ``assets/dexopt/baseline.prof``: it names DEX files by CRC-32, and a renamed one has a new one.

Format 010 of AOSP androidx ``ProfileTranscoder.java`` / ART ``profile_compilation_info.cc``: magic, version, then the
number of DEX files, sizes, and one zlib stream whose head has one record for each DEX file.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Mapping

from pinfuse.container.reader import Archive

PROFILE = "assets/dexopt/baseline.prof"
MAGIC, VERSION = b"pro\0", b"010\0"
HEAD = struct.Struct("<BII")
"""Number of DEX files, size of the content, size of it compressed."""
LINE = struct.Struct("<HHIII")
"""Length of the name, classes, size of the hot methods, checksum, number of method ids; then the name."""
CHECKSUM_AT = 8
LARGEST = 16 << 20


def checksums_of(archive: Archive) -> bytes | None:
    """The content of the app's profile when its form is known; None otherwise."""
    entry = archive.entries[PROFILE]
    if entry.size > LARGEST:
        return None
    data = archive.read(PROFILE, LARGEST)
    return data if _content(data) is not None else None


def rewrite(data: bytes, checksums: Mapping[int, int]) -> bytes:
    """The profile with each old CRC-32 replaced by the new one."""
    content = _content(data)
    assert content is not None
    changed = bytearray(content)
    for at in _places(content, data[8]):
        (old,) = struct.unpack_from("<I", changed, at)
        struct.pack_into("<I", changed, at, checksums.get(old, old))
    packed = zlib.compress(bytes(changed), 9)
    return MAGIC + VERSION + HEAD.pack(data[8], len(changed), len(packed)) + packed


def _content(data: bytes) -> bytes | None:
    """What the zlib stream holds; None where anything is not as format 010 has it."""
    start = 8 + HEAD.size
    if data[:8] != MAGIC + VERSION or len(data) < start:
        return None
    count, size, packed = HEAD.unpack_from(data, 8)
    if size > LARGEST or start + packed != len(data):
        return None
    try:
        inflate = zlib.decompressobj()
        content = inflate.decompress(data[start:], size + 1)
    except zlib.error:
        return None
    return content if len(content) == size and inflate.eof and len(_places(content, count)) == count else None


def _places(content: bytes, count: int) -> list[int]:
    """Offsets of the checksums; fewer than ``count`` where a record lies outside."""
    places, at = [], 0
    for _ in range(count):
        if at + LINE.size > len(content):
            break
        places.append(at + CHECKSUM_AT)
        at += LINE.size + int(LINE.unpack_from(content, at)[0])
    return places if at <= len(content) else []
