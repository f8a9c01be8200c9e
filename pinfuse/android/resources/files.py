"""Resources in the table: the path or the one string behind an id, and a new file with an id of its own.

A new resource gets a new type at the end of package 0x7f: no id that the app uses moves. Structures are those of AOSP
ResourceTypes.h.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass

from pinfuse.android.resources import chunks as c
from pinfuse.android.resources.axml import TYPE_REFERENCE, TYPE_STRING
from pinfuse.android.resources.chunks import Chunk, Place
from pinfuse.android.resources.pool import appended, string_in
from pinfuse.android.resources.table import OFFSET_16, SPARSE, TYPE, TYPE_SPEC
from pinfuse.errors import UnsupportedApp

APP_PACKAGE = 0x7F
PACKAGE = struct.Struct("<HHII256sIIII")
"""Chunk header, id, name, then offsets of type names and keys in the chunk, each with the last public one."""
TYPE_ID_OFFSET = struct.Struct("<I")
CONFIG_SIZE = 64
ENTRY, VALUE = struct.Struct("<HHI"), struct.Struct("<HBBI")
COMPLEX, COMPACT = 0x0001, 0x0008
NO_ENTRY, NO_ENTRY_16 = 0xFFFF_FFFF, 0xFFFF
MOST_TYPES = 255
MOST_ALIASES = 8
KEY = "zqk"
TYPE_NAMES = ("xml", "raw", "menu", "anim", "transition", "navigation", "font")
"""Types whose values are files (AOSP aapt2, ``ResourceType``): the new one gets the first that is free."""


@dataclass(frozen=True, slots=True)
class _Parts:
    """A table in pieces: its header, and its chunks in their order."""

    head: bytes
    chunks: list[Chunk]

    def packages(self) -> list[Chunk]:
        return [one for one in self.chunks if one.kind == c.TABLE_PACKAGE]

    def pool(self) -> Chunk:
        return next(one for one in self.chunks if one.kind == c.STRING_POOL)


def paths_of(table: bytes, resource: int, place: Place) -> tuple[str, ...]:
    """The files behind a resource in all configurations, each once; aliases are followed.

    The table must have passed `pinfuse.android.resources.table.check_table`.
    """
    parts = _split(table, place)
    found: dict[str, None] = {}
    wanted, seen = [resource], set[int]()
    while wanted and len(seen) < MOST_ALIASES:
        one = wanted.pop()
        if one in seen:
            continue
        seen.add(one)
        for kind, data in _values(parts, one, place):
            if kind == TYPE_STRING:
                text = string_in(parts.pool().data, data)
                if text is not None:
                    found[text] = None
            elif kind == TYPE_REFERENCE:
                wanted.append(data)
    return tuple(found)


def plain_string(table: bytes, resource: int, place: Place) -> str | None:
    """The string of a resource that has one value, in the default configuration; aliases are followed.

    None for every other: the system gives no process name that may change with the configuration
    (``TypedArray.getNonConfigurationString``). The table must have passed `check_table`.
    """
    parts = _split(table, place)
    for _ in range(MOST_ALIASES):
        found = [(chunk, value) for chunk, at in _entries(parts, resource, place) for value in _value(chunk, at)]
        if len(found) != 1 or not _is_default(found[0][0]):
            return None
        kind, data = found[0][1]
        if kind != TYPE_REFERENCE:
            return string_in(parts.pool().data, data) if kind == TYPE_STRING else None
        resource = data
    return None


def add_file(table: bytes, path: str, place: Place) -> tuple[bytes, int]:
    """The table with one resource more, and its id; raises `UnsupportedApp` where there is no room for it."""
    parts = _split(table, place)
    package = next((one for one in parts.packages() if _package_id(one) == APP_PACKAGE), None)
    if package is None:
        raise UnsupportedApp("its resource table has no package of the app", where=place.name)
    pool, text = appended(parts.pool().data, path)
    changed, type_id = _with_type(package, text, place)
    body = b""
    for one in parts.chunks:
        body += pool if one is parts.pool() else changed if one is package else one.data
    size = len(parts.head) + len(body)
    head = parts.head[:4] + struct.pack("<I", size) + parts.head[8:]
    return head + body, APP_PACKAGE << 24 | type_id << 16


def _split(table: bytes, place: Place) -> _Parts:
    whole = c.outer(table, c.TABLE, place)
    found = list(c.chunks(table, whole.header_size, len(whole.data), place))
    return _Parts(table[: whole.header_size], found)


def _package_id(package: Chunk) -> int:
    return int(PACKAGE.unpack_from(package.data)[3])


def _values(parts: _Parts, resource: int, place: Place) -> Iterator[tuple[int, int]]:
    """Type and data of the resource's value in each configuration that has one."""
    for chunk, at in _entries(parts, resource, place):
        yield from _value(chunk, at)


def _entries(parts: _Parts, resource: int, place: Place) -> Iterator[tuple[Chunk, int]]:
    """Each configuration that has an entry of the resource, and the entry's offset in it."""
    for package in parts.packages():
        if _package_id(package) != resource >> 24:
            continue
        for chunk in c.chunks(package.data, package.header_size, len(package.data), place):
            whole = chunk.kind == c.TABLE_TYPE and chunk.header_size >= TYPE.size
            if whole and chunk.data[8] == resource >> 16 & 0xFF:
                at = _entry(chunk, resource & 0xFFFF)
                if at is not None:
                    yield chunk, at


def _is_default(chunk: Chunk) -> bool:
    """Whether a ``ResTable_type`` is that of every configuration: nothing in its ``ResTable_config`` but the size."""
    return not any(chunk.data[TYPE.size + 4 : chunk.header_size])


def _entry(chunk: Chunk, number: int) -> int | None:
    """Offset in the chunk of an entry."""
    _, header, _, _, flags, _, count, start = TYPE.unpack_from(chunk.data)
    if flags & SPARSE:
        rows = struct.iter_unpack("<HH", chunk.data[header : header + 4 * count])
        found = next((offset * 4 for index, offset in rows if index == number), None)
        return None if found is None else start + found
    if number >= count:
        return None
    if flags & OFFSET_16:
        (offset,) = struct.unpack_from("<H", chunk.data, header + 2 * number)
        return None if offset == NO_ENTRY_16 else start + offset * 4
    (offset,) = struct.unpack_from("<I", chunk.data, header + 4 * number)
    return None if offset == NO_ENTRY else start + offset


def _value(chunk: Chunk, at: int) -> Iterator[tuple[int, int]]:
    if at + ENTRY.size > len(chunk.data):
        return
    size, flags, data = ENTRY.unpack_from(chunk.data, at)
    if flags & COMPACT:
        yield flags >> 8, data
    elif not flags & COMPLEX and at + size + VALUE.size <= len(chunk.data):
        _, _, kind, value = VALUE.unpack_from(chunk.data, at + size)
        yield kind, value


def _with_type(package: Chunk, text: int, place: Place) -> tuple[bytes, int]:
    """The package with a type of one entry, whose value is the string ``text``, and the type's id."""
    data = package.data
    names_at, keys_at = PACKAGE.unpack_from(data)[5], PACKAGE.unpack_from(data)[7]
    inner = list(c.chunks(data, package.header_size, len(data), place))
    names = next((one for one in inner if one.offset == names_at and one.kind == c.STRING_POOL), None)
    keys = next((one for one in inner if one.offset == keys_at and one.kind == c.STRING_POOL), None)
    if names is None or keys is None:
        raise UnsupportedApp("its resource table has no names of types and keys", where=place.name)
    shift = TYPE_ID_OFFSET.unpack_from(data, PACKAGE.size)[0] if package.header_size >= PACKAGE.size + 4 else 0
    (count,) = struct.unpack_from("<I", names.data, 8)
    known = {string_in(names.data, index) for index in range(count)}
    name = next((one for one in TYPE_NAMES if one not in known), None)
    if name is None:
        raise UnsupportedApp("its resource table has every type of files already", where=place.name)
    new_names, number = appended(names.data, name)
    new_keys, key = appended(keys.data, KEY)
    type_id = shift + number + 1
    used = {one.data[8] for one in inner if one.kind in (c.TABLE_TYPE, c.TABLE_TYPE_SPEC)}
    if type_id > MOST_TYPES or (used and max(used) >= type_id):
        raise UnsupportedApp("its resource table has no room for a type more", where=place.name)
    body, places = b"", {}
    for one in inner:
        places[one.offset] = package.header_size + len(body)
        body += new_names if one is names else new_keys if one is keys else one.data
    body += _type(type_id, key, text)
    head = bytearray(data[: package.header_size])
    struct.pack_into("<I", head, 4, len(head) + len(body))
    struct.pack_into("<I", head, PACKAGE.size - 16, places[names_at])
    struct.pack_into("<I", head, PACKAGE.size - 8, places[keys_at])
    return bytes(head) + body, type_id


def _type(type_id: int, key: int, text: int) -> bytes:
    """``ResTable_typeSpec`` and one ``ResTable_type`` for every configuration."""
    spec = TYPE_SPEC.pack(c.TABLE_TYPE_SPEC, TYPE_SPEC.size, TYPE_SPEC.size + 4, type_id, 0, 0, 1) + bytes(4)
    header = TYPE.size + CONFIG_SIZE
    start = header + 4
    size = start + ENTRY.size + VALUE.size
    config = struct.pack("<I", CONFIG_SIZE).ljust(CONFIG_SIZE, b"\0")
    one = TYPE.pack(c.TABLE_TYPE, header, size, type_id, 0, 0, 1, start) + config + bytes(4)
    return spec + one + ENTRY.pack(ENTRY.size, 0, key) + VALUE.pack(VALUE.size, 0, TYPE_STRING, text)
