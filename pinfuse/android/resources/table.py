"""The resource table (``ResTable_*`` of AOSP ResourceTypes.h): checked before an app is touched, never changed here.

A table that the system would refuse at start is found out now; what the table says about single resources is not
looked at.
"""

from __future__ import annotations

import struct

from pinfuse.android.resources import chunks as c
from pinfuse.android.resources.chunks import Chunk, Place
from pinfuse.android.resources.pool import HEADER as POOL
from pinfuse.android.resources.pool import UTF8

PACKAGE_HEADERS = range(284, 1024)
"""Sizes of ``ResTable_package``; 284 before API 21 (no typeIdOffset), 288 since."""
TYPE = struct.Struct("<HHIBBHII")
"""Chunk header, id, flags, reserved, count of entries, offset of the entries."""
TYPE_SPEC = struct.Struct("<HHIBBHI")
SPARSE, OFFSET_16 = 1, 2


def check_table(data: bytes, place: Place) -> None:
    """Raise `pinfuse.errors.DamagedApp` unless all chunks fit into each other and the counts are true."""
    whole = c.outer(data, c.TABLE, place)
    if whole.header_size < 12:
        raise place.bad("the header of the table is too small")
    found = [(chunk.kind, chunk) for chunk in c.chunks(data, whole.header_size, len(whole.data), place)]
    pools = [chunk for kind, chunk in found if kind == c.STRING_POOL]
    packages = [chunk for kind, chunk in found if kind == c.TABLE_PACKAGE]
    (count,) = struct.unpack_from("<I", data, 8)
    if len(pools) != 1 or len(packages) != count:
        raise place.bad(f"it has {len(pools)} string pools and {len(packages)} packages, and says 1 and {count}")
    _check_pool(pools[0], place)
    for package in packages:
        _check_package(package, place)


def _check_package(package: Chunk, place: Place) -> None:
    if package.header_size not in PACKAGE_HEADERS:
        raise place.bad(f"a package has a header of {package.header_size} bytes", package.offset)
    for inner in c.chunks(package.data, package.header_size, len(package.data), place):
        if inner.kind == c.STRING_POOL:
            _check_pool(inner, place)
        elif inner.kind == c.TABLE_TYPE:
            _check_type(inner, place)
        elif inner.kind == c.TABLE_TYPE_SPEC:
            _, _, size, number, _, _, entries = TYPE_SPEC.unpack_from(inner.data.ljust(TYPE_SPEC.size, b"\0"))
            if not number or inner.header_size + 4 * entries > size:
                raise place.bad(f"a type is too small for its {entries} entries", package.offset + inner.offset)


def _check_type(chunk: Chunk, place: Place) -> None:
    _, _, size, number, flags, _, entries, start = TYPE.unpack_from(chunk.data.ljust(TYPE.size, b"\0"))
    step = 2 if flags & OFFSET_16 and not flags & SPARSE else 4
    if not number or chunk.header_size + step * entries > size or (entries and start > size):
        raise place.bad(f"a configuration is too small for its {entries} entries", chunk.offset)


def _check_pool(chunk: Chunk, place: Place) -> None:
    """As ``ResStringPool::setTo``: the indices fit, and the strings lie inside and end with a zero."""
    if chunk.header_size < POOL.size:
        raise place.bad("the header of a string pool is too small", chunk.offset)
    _, header_size, size, count, styles, flags, start, styles_start = POOL.unpack_from(chunk.data)
    if header_size + 4 * (count + styles) > size:
        raise place.bad(f"a string pool is too small for its {count} strings", chunk.offset)
    if not count:
        return
    end = styles_start if styles else size
    zero = 1 if flags & UTF8 else 2
    if not header_size + 4 * (count + styles) <= start < end <= size or end - start < zero:
        raise place.bad("the strings of a pool lie outside of it", chunk.offset)
    offsets = struct.unpack_from(f"<{count}I", chunk.data, header_size)
    if start + max(offsets) + zero > end:
        raise place.bad("a string of a pool lies outside of it", chunk.offset)
