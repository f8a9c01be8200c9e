"""One member more in a class file, or a method turned into a native one (JVM specification, chapter 4)."""

from __future__ import annotations

import struct
from dataclasses import dataclass

UTF8, WIDE = 1, (5, 6)
SIZES = {3: 5, 4: 5, 5: 9, 6: 9, 7: 3, 8: 3, 9: 5, 10: 5, 11: 5, 12: 5, 15: 4, 16: 3, 18: 5}
CLASS = 7
PUBLIC, PRIVATE, STATIC, FINAL, VARARGS, NATIVE = 0x1, 0x2, 0x8, 0x10, 0x80, 0x100
POLYMORPHIC = "([Ljava/lang/Object;)"
"""What methods of VarHandle take, whose signature is that of the call."""

Member = tuple[int, int, int, list[tuple[int, bytes]]]
"""Flags, name, descriptor, attributes (name, whole)."""


@dataclass(frozen=True)
class Pool:
    """The constant pool: a text for UTF8, bytes for the others; ``end`` is the offset behind it."""

    entries: list[bytes | tuple[int, bytes] | None]
    end: int

    def class_at(self, index: int) -> str:
        """Name of a class constant; empty for index 0."""
        entry = self.entries[index]
        if not isinstance(entry, tuple):
            return ""
        text = self.entries[struct.unpack(">H", entry[1][1:3])[0]]
        return text.decode("latin1") if isinstance(text, bytes) else ""


def pool_of(data: bytes) -> Pool:
    """Read the constant pool."""
    count, at = struct.unpack_from(">H", data, 8)[0], 10
    entries: list[bytes | tuple[int, bytes] | None] = [None]
    while len(entries) < count:
        tag = data[at]
        if tag == UTF8:
            size = struct.unpack_from(">H", data, at + 1)[0]
            entries.append(data[at + 3 : at + 3 + size])
            at += 3 + size
            continue
        entries.append((tag, data[at : at + SIZES[tag]]))
        at += SIZES[tag]
        if tag in WIDE:
            entries.append(None)
    return Pool(entries, at)


def names(data: bytes) -> tuple[list[str], list[str]]:
    """The class that this one extends and those that it implements; every class that it names."""
    pool = pool_of(data)
    _, _, above, count = struct.unpack_from(">HHHH", data, pool.end)
    parents = [above, *struct.unpack_from(f">{count}H", data, pool.end + 8)]
    named = [i for i, entry in enumerate(pool.entries) if isinstance(entry, tuple) and entry[0] == CLASS]
    return [pool.class_at(i) for i in parents], [pool.class_at(i) for i in named]


def declare(data: bytes, name: str, descriptor: str, *, field: bool, static: bool) -> bytes:
    """The class with this field, or this native method; one that is there becomes native."""
    pool = pool_of(data)
    entries, more = list(pool.entries), b""

    def text(value: str) -> int:
        nonlocal more
        raw = value.encode()
        if raw not in entries:
            entries.append(raw)
            more += bytes([UTF8]) + struct.pack(">H", len(raw)) + raw
        return entries.index(raw)

    key = (text(name), text(descriptor))
    start = pool.end + 8 + 2 * int(struct.unpack_from(">H", data, pool.end + 6)[0])
    fields, at = _members(data, start)
    methods, end = _members(data, at)
    flags = STATIC if static else 0
    if field:
        fields.append((PRIVATE | flags, *key, []))
    elif any(method[1:3] == key for method in methods):
        methods = [_native(method, entries) if method[1:3] == key else method for method in methods]
    else:
        flags |= PUBLIC | NATIVE
        flags |= FINAL | VARARGS if descriptor.startswith(POLYMORPHIC) else 0
        methods.append((flags, *key, []))
    head = data[:8] + struct.pack(">H", len(entries)) + data[10 : pool.end] + more + data[pool.end : start]
    return head + _dump(fields) + _dump(methods) + data[end:]


def _native(method: Member, entries: list[bytes | tuple[int, bytes] | None]) -> Member:
    flags, name, descriptor, attributes = method
    return flags | NATIVE, name, descriptor, [one for one in attributes if entries[one[0]] != b"Code"]


def _members(data: bytes, at: int) -> tuple[list[Member], int]:
    count, found = struct.unpack_from(">H", data, at)[0], list[Member]()
    at += 2
    for _ in range(count):
        flags, name, descriptor, many = struct.unpack_from(">HHHH", data, at)
        at, attributes = at + 8, []
        for _ in range(many):
            kind, size = struct.unpack_from(">HI", data, at)
            attributes.append((kind, data[at : at + 6 + size]))
            at += 6 + size
        found.append((flags, name, descriptor, attributes))
    return found, at


def _dump(members: list[Member]) -> bytes:
    return struct.pack(">H", len(members)) + b"".join(
        struct.pack(">HHHH", flags, name, descriptor, len(attributes)) + b"".join(whole for _, whole in attributes)
        for flags, name, descriptor, attributes in members
    )
