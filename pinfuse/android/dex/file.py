"""One DEX file: its header and tables, checked, and strings, types and classes looked up in it."""

from __future__ import annotations

import hashlib
import struct
import zlib
from bisect import bisect_left
from collections.abc import Iterator
from functools import cached_property

from pinfuse.errors import DamagedApp

MAGIC = b"dex\n"
VERSIONS = (b"035\0", b"037\0", b"038\0", b"039\0", b"040\0")
CONTAINER_VERSION = b"041\0"
"""Several DEX files that share one table of strings (ART, Android 16)."""
HEADER_SIZE = 0x70
ENDIAN = 0x12345678
CHECKSUM, SIGNATURE, SIGNED = 8, 12, 32
"""Offsets of the Adler-32, of the SHA-1, and of what the SHA-1 is made over."""
FIELDS = struct.Struct("<20I")
"""``header_item`` from ``file_size`` (0x20) to ``data_off``."""
STRING_ID, TYPE_ID, PROTO_ID, FIELD_ID, METHOD_ID, CLASS_DEF = 4, 4, 12, 8, 8, 32
NO_INDEX = 0xFFFF_FFFF
LONGEST_ULEB = 5
MOST_NAMED = 0x1_0000
"""Types and prototypes of one file: two bytes name each."""


class Dex:
    """A DEX file of one of ``VERSIONS``; ``data`` may be a bytearray, which `restamp` changes."""

    def __init__(self, data: bytes | bytearray, name: str) -> None:
        self.data = data
        self.name = name
        if len(data) < HEADER_SIZE or data[:4] != MAGIC:
            raise self.bad("it is no DEX file")
        self.is_container = bytes(data[4:8]) == CONTAINER_VERSION
        if bytes(data[4:8]) not in VERSIONS and not self.is_container:
            raise self.bad(f"DEX version {bytes(data[4:8])!r} is none that Android knows")
        fields = FIELDS.unpack_from(data, 0x20)
        size, header_size, endian = fields[:3]
        if size > len(data) or (header_size != HEADER_SIZE and not self.is_container) or endian != ENDIAN:
            raise self.bad("its header has another size or byte order than Android's")
        tables = [(fields[at], fields[at + 1]) for at in range(6, 18, 2)]
        self.strings, self.types, self.protos, self.fields, self.methods, self.classes = tables
        sizes = (STRING_ID, TYPE_ID, PROTO_ID, FIELD_ID, METHOD_ID, CLASS_DEF)
        for (count, offset), step in zip(tables, sizes, strict=True):
            if count and (offset < HEADER_SIZE or offset + count * step > len(data)):
                raise self.bad(f"a table of {count} items at {offset:#x} lies outside of it")
        for (count, _), what in ((self.types, "types"), (self.protos, "prototypes")):
            if count > MOST_NAMED:
                raise self.bad(f"it has {count} {what}, and an index names {MOST_NAMED} at most")
        count, offset = self.strings
        self._string_offsets = struct.unpack_from(f"<{count}I", data, offset) if count else ()
        if count and max(self._string_offsets) >= len(data):
            raise self.bad("a string lies outside of it")

    def bad(self, what: str) -> DamagedApp:
        """The error that names this file."""
        return DamagedApp(what, where=self.name)

    def uleb(self, at: int) -> tuple[int, int]:
        """An unsigned LEB128 number and the offset after it."""
        value = 0
        for number in range(LONGEST_ULEB):
            if at >= len(self.data):
                break
            byte = self.data[at]
            value |= (byte & 0x7F) << 7 * number
            at += 1
            if byte < 0x80:
                return value & 0xFFFF_FFFF, at
        raise self.bad(f"a number at {at:#x} has no end")

    def string_place(self, index: int) -> int:
        """Offset of the first byte of a string's MUTF-8."""
        if not 0 <= index < len(self._string_offsets):
            raise self.bad(f"there is no string {index}")
        return self.uleb(self._string_offsets[index])[1]

    def string(self, index: int) -> bytes:
        """The MUTF-8 of a string."""
        start = self.string_place(index)
        end = self.data.find(0, start)
        if end < 0:
            raise self.bad(f"string {index} has no end")
        return bytes(self.data[start:end])

    def find_string(self, text: bytes) -> int | None:
        """Index of a string; the table is sorted, as the format demands."""
        low, high = 0, len(self._string_offsets)
        while low < high:
            middle = (low + high) // 2
            if self.string(middle) < text:
                low = middle + 1
            else:
                high = middle
        return low if low < len(self._string_offsets) and self.string(low) == text else None

    def type_name(self, index: int) -> bytes:
        """The descriptor of a type."""
        if not 0 <= index < self.types[0]:
            raise self.bad(f"there is no type {index}")
        (string,) = struct.unpack_from("<I", self.data, self.types[1] + TYPE_ID * index)
        return self.string(string)

    def find_type(self, descriptor: bytes) -> int | None:
        """Index of a type; the table is sorted by string index."""
        string = self.find_string(descriptor)
        if string is None:
            return None
        ids = self.type_strings
        at = bisect_left(ids, string)
        return at if at < len(ids) and ids[at] == string else None

    @cached_property
    def type_strings(self) -> tuple[int, ...]:
        """Index of the string of each type."""
        count, offset = self.types
        return struct.unpack_from(f"<{count}I", self.data, offset) if count else ()

    def type_list(self, offset: int) -> tuple[int, ...]:
        """Type indices of a ``type_list``; none for offset 0."""
        if not offset:
            return ()
        if offset + 4 > len(self.data):
            raise self.bad(f"a list of types at {offset:#x} lies outside of it")
        (count,) = struct.unpack_from("<I", self.data, offset)
        if offset + 4 + 2 * count > len(self.data):
            raise self.bad(f"a list of {count} types at {offset:#x} lies outside of it")
        return struct.unpack_from(f"<{count}H", self.data, offset + 4)

    def class_data(self, at: int, left: list[int]) -> tuple[tuple[int, ...], int]:
        """The four counts of a ``class_data_item``, and the offset after them.

        ``left`` are the fields and methods that classes may still define: as many as the file names, each once.
        """
        counts = []
        for _ in range(4):
            count, at = self.uleb(at)
            counts.append(count)
        left[0] -= counts[0] + counts[1]
        left[1] -= counts[2] + counts[3]
        if min(left) < 0:
            raise self.bad(f"its classes define more {'fields' if left[0] < 0 else 'methods'} than it names")
        return tuple(counts), at

    def class_defs(self) -> Iterator[tuple[int, ...]]:
        """The eight numbers of each ``class_def_item``: class, flags, superclass, interfaces, …, class data, …."""
        count, offset = self.classes
        return struct.iter_unpack("<8I", memoryview(self.data)[offset : offset + CLASS_DEF * count])


def restamp(data: bytearray) -> None:
    """Make SHA-1 and Adler-32 of the header true again after a change."""
    size = struct.unpack_from("<I", data, 0x20)[0]
    view = memoryview(data)[:size]
    data[SIGNATURE:SIGNED] = hashlib.sha1(view[SIGNED:], usedforsecurity=False).digest()
    struct.pack_into("<I", data, CHECKSUM, zlib.adler32(view[SIGNATURE:]))
