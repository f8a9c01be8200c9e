"""String pools (``ResStringPool_header``): read with bounds, changed by inserting, every other string as it was."""

from __future__ import annotations

import struct

from pinfuse.android.resources.chunks import STRING_POOL, Chunk, Place

HEADER = struct.Struct("<HHIIIIII")
SORTED, UTF8 = 1 << 0, 1 << 8
LONG_8, LONG_16 = 0x80, 0x8000
"""Set in the first unit of a length that takes two units."""
MOST_SHARED, LEAST = 4, 1 << 20
"""Strings may share their bytes: all together have so many times the bytes of the pool at most, or so many bytes."""


class StringPool:
    """The strings of one pool, each as its encoded bytes, length and terminator included."""

    def __init__(self, encoded: list[bytes], flags: int) -> None:
        self._encoded = encoded
        self.flags = flags

    def __len__(self) -> int:
        return len(self._encoded)

    @classmethod
    def read(cls, chunk: Chunk, place: Place) -> StringPool:
        """Parse a pool without styles; raises `DamagedApp`."""
        if chunk.kind != STRING_POOL or chunk.header_size < HEADER.size:
            raise place.bad("there is no string pool", chunk.offset)
        data = chunk.data
        _, header_size, size, count, styles, flags, start, _ = HEADER.unpack_from(data)
        if styles:
            raise place.bad(f"the string pool has {styles} styled strings, and none have a place here", chunk.offset)
        if header_size + 4 * count > len(data) or (count and not header_size + 4 * count <= start <= size):
            raise place.bad(f"the string pool is too small for its {count} strings", chunk.offset)
        offsets = struct.unpack_from(f"<{count}I", data, header_size)
        encoded_at = _utf8_at if flags & UTF8 else _utf16_at
        found, left = [], max(MOST_SHARED * len(data), LEAST)
        for offset in offsets:
            one = encoded_at(data, start + offset)
            if one is None:
                raise place.bad(f"a string at {offset:#x} of the pool lies outside of it", chunk.offset)
            left -= len(one)
            if left < 0:
                raise place.bad(f"the {count} strings of the pool say the same bytes again and again", chunk.offset)
            found.append(one)
        return cls(found, flags)

    def text(self, index: int) -> str | None:
        """The string at ``index``; None for an index that is none. Broken encoding gives replacement characters."""
        if not 0 <= index < len(self._encoded):
            return None
        one = self._encoded[index]
        if self.flags & UTF8:
            skip = 2 if one[0] & LONG_8 else 1
            skip += 2 if one[skip] & LONG_8 else 1
            return one[skip:-1].decode("utf-8", "replace")
        skip = 4 if struct.unpack_from("<H", one)[0] & LONG_16 else 2
        return one[skip:-2].decode("utf-16-le", "replace")

    def index(self, text: str) -> int | None:
        """The first index of a string, or None."""
        wanted = self._encode(text)
        return self._encoded.index(wanted) if wanted in self._encoded else None

    def insert(self, index: int, text: str) -> None:
        """Put a string at ``index``; those from there on move up by one. The pool is no longer sorted."""
        self._encoded.insert(index, self._encode(text))
        self.flags &= ~SORTED

    def pack(self) -> bytes:
        """The whole chunk."""
        offsets, at = [], 0
        for one in self._encoded:
            offsets.append(at)
            at += len(one)
        body = b"".join(self._encoded)
        body += bytes(-len(body) % 4)
        start = HEADER.size + 4 * len(offsets)
        head = HEADER.pack(STRING_POOL, HEADER.size, start + len(body), len(offsets), 0, self.flags, start, 0)
        return head + struct.pack(f"<{len(offsets)}I", *offsets) + body

    def _encode(self, text: str) -> bytes:
        if self.flags & UTF8:
            data = text.encode()
            return _length_8(len(text.encode("utf-16-le")) // 2) + _length_8(len(data)) + data + b"\0"
        data = text.encode("utf-16-le")
        return _length_16(len(data) // 2) + data + b"\0\0"


def _length_8(length: int) -> bytes:
    return bytes([length]) if length < LONG_8 else bytes([length >> 8 | LONG_8, length & 0xFF])


def _length_16(length: int) -> bytes:
    if length < LONG_16:
        return struct.pack("<H", length)
    return struct.pack("<HH", length >> 16 | LONG_16, length & 0xFFFF)


def _utf8_at(data: bytes, at: int) -> bytes | None:
    """Two lengths (characters, bytes), the bytes, a zero; None outside the pool."""
    place = at
    for _ in range(2):
        if place + 2 > len(data):
            return None
        length, place = data[place], place + 1
        if length & LONG_8:
            length, place = (length & 0x7F) << 8 | data[place], place + 1
    end = place + length + 1
    return data[at:end] if end <= len(data) and data[end - 1] == 0 else None


def _utf16_at(data: bytes, at: int) -> bytes | None:
    """A length in units, the units, a zero; None outside the pool."""
    if at + 4 > len(data):
        return None
    length, place = struct.unpack_from("<H", data, at)[0], at + 2
    if length & LONG_16:
        length, place = (length & 0x7FFF) << 16 | struct.unpack_from("<H", data, at + 2)[0], at + 4
    end = place + 2 * length + 2
    return data[at:end] if end <= len(data) and data[end - 2 : end] == b"\0\0" else None


def string_in(pool: bytes, index: int) -> str | None:
    """One string of a packed pool, which may have styles; None where there is none."""
    _, header_size, _, count, _, flags, start, _ = HEADER.unpack_from(pool)
    if index >= count:
        return None
    (offset,) = struct.unpack_from("<I", pool, header_size + 4 * index)
    found = (_utf8_at if flags & UTF8 else _utf16_at)(pool, start + offset)
    return None if found is None else StringPool([found], flags).text(0)


def appended(pool: bytes, text: str) -> tuple[bytes, int]:
    """A packed pool with one string more, behind all others, and its index; styles stay what they are."""
    kind, header_size, size, count, styles, flags, start, styles_start = HEADER.unpack_from(pool)
    offsets_end = header_size + 4 * (count + styles)
    end = styles_start if styles else size
    if not count:
        start = end = offsets_end
    strings = pool[start:end]
    one = StringPool([], flags)._encode(text)
    added = strings + one
    added += bytes(-len(added) % 4)
    offsets = pool[header_size : header_size + 4 * count] + struct.pack("<I", len(strings))
    offsets += pool[header_size + 4 * count : offsets_end]
    start = header_size + len(offsets)
    tail = pool[styles_start:size] if styles else b""
    styles_start = start + len(added) if styles else 0
    total = start + len(added) + len(tail)
    head = HEADER.pack(kind, header_size, total, count + 1, styles, flags & ~SORTED, start, styles_start)
    return head + pool[HEADER.size : header_size] + offsets + added + tail, count
