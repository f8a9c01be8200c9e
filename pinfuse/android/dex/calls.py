"""Calls: which methods of the app invoke a given method, and where the instruction lies.

A method reference is a two-byte index behind the opcode; the bytes are searched for it first, and only the code of
methods that hold such bytes is decoded, instruction by instruction (Dalvik bytecode, "Instruction formats").
"""

from __future__ import annotations

import re
import struct
from bisect import bisect_right
from collections.abc import Collection, Iterator
from dataclasses import dataclass

from pinfuse.android.dex.file import METHOD_ID, Dex

CODE_HEADER = struct.Struct("<HHHHII")
"""``code_item``: registers, ins, outs, tries, debug info, and the number of 16-bit units that follow."""
INVOKES = frozenset((*range(0x6E, 0x73), *range(0x74, 0x79), 0xFA, 0xFB))
"""invoke-virtual, -super, -direct, -static, -interface, their /range forms, and invoke-polymorphic."""
PACKED_SWITCH, SPARSE_SWITCH, FILL_ARRAY = 0x0100, 0x0200, 0x0300
"""Tables between the instructions; their first unit looks like a nop."""


def _widths() -> bytes:
    """Units of each opcode; unknown ones count as one, so that a walk over damaged code still ends."""
    widths = bytearray(b"\1" * 256)
    two = "02 05 08 13 15 16 19 1a 1c 1f 20 22 23 29 fe ff"
    for number in map(lambda text: int(text, 16), two.split()):
        widths[number] = 2
    for first, last in ((0x2D, 0x3D), (0x44, 0x6D), (0x90, 0xAF), (0xD0, 0xE2)):
        widths[first : last + 1] = b"\2" * (last + 1 - first)
    three = (0x03, 0x06, 0x09, 0x14, 0x17, 0x1B, 0x24, 0x25, 0x26, 0x2A, 0x2B, 0x2C, 0xFC, 0xFD)
    for number in (*three, *range(0x6E, 0x73), *range(0x74, 0x79)):
        widths[number] = 3
    widths[0x18], widths[0xFA], widths[0xFB] = 5, 4, 4
    return bytes(widths)


WIDTHS = _widths()


@dataclass(frozen=True, slots=True)
class Call:
    """One call: class that makes it (descriptor), what it calls, and the offset of the instruction in the file.

    The index of the called method is the unit at ``offset`` + 2.
    """

    caller: bytes
    owner: bytes
    name: bytes
    offset: int


def method_indices(dex: Dex, owner: bytes, names: Collection[bytes]) -> dict[int, bytes]:
    """Index in the method table → name, of the methods of ``owner`` (a descriptor) that are called one of ``names``."""
    kind = dex.find_type(owner)
    if kind is None:
        return {}
    wanted = {index: name for name in names if (index := dex.find_string(name)) is not None}
    count, offset = dex.methods
    table = memoryview(dex.data)[offset : offset + METHOD_ID * count]
    rows = struct.iter_unpack("<HHI", table)
    return {number: wanted[name] for number, (of, _, name) in enumerate(rows) if of == kind and name in wanted}


def calls(dex: Dex, owner: bytes, names: Collection[bytes]) -> list[Call]:
    """Every call of a method of ``owner`` that is called one of ``names``, in the order of the file.

    Raises `pinfuse.errors.DamagedApp` where the tables of classes are damaged. A call through a superclass or an
    interface has another owner and is not found; nor is reflection.
    """
    methods = method_indices(dex, owner, names)
    places = sorted(_candidates(dex, methods))
    if not places:
        return []
    found = []
    for caller, start, end in _bodies(dex):
        if bisect_right(places, end) == bisect_right(places, start - 1):
            continue
        for at in _instructions(dex.data, start, end):
            index = int.from_bytes(dex.data[at + 2 : at + 4], "little")
            if dex.data[at] in INVOKES and index in methods:
                found.append(Call(dex.type_name(caller), owner, methods[index], at))
    return sorted(found, key=lambda call: call.offset)


def _candidates(dex: Dex, methods: Collection[int]) -> Iterator[int]:
    for index in methods:
        raw = re.escape(index.to_bytes(2, "little"))
        for hit in re.finditer(rb"(?=[\x6e-\x72\x74-\x78\xfa\xfb]." + raw + rb")", dex.data, re.DOTALL):
            yield hit.start()


def _bodies(dex: Dex) -> Iterator[tuple[int, int, int]]:
    """Class, first byte and end of the instructions of every method that has code."""
    left = [dex.fields[0], dex.methods[0]]
    for kind, _, _, _, _, _, data, _ in dex.class_defs():
        for at in _code_offsets(dex, data, left):
            if at + CODE_HEADER.size > len(dex.data):
                raise dex.bad(f"the code at {at:#x} lies outside of it")
            units = CODE_HEADER.unpack_from(dex.data, at)[5]
            start = at + CODE_HEADER.size
            if start + 2 * units > len(dex.data):
                raise dex.bad(f"the code at {at:#x} lies outside of it")
            yield kind, start, start + 2 * units


def _code_offsets(dex: Dex, at: int, left: list[int]) -> Iterator[int]:
    """Offsets of the ``code_item`` of each method in a ``class_data_item``."""
    if not at:
        return
    counts, at = dex.class_data(at, left)
    for _ in range(2 * (counts[0] + counts[1])):
        _, at = dex.uleb(at)
    for _ in range(counts[2] + counts[3]):
        _, at = dex.uleb(at)
        _, at = dex.uleb(at)
        code, at = dex.uleb(at)
        if code:
            yield code


def _instructions(data: bytes | bytearray, at: int, end: int) -> Iterator[int]:
    """Offset of each instruction; tables are stepped over."""
    while at + 2 <= end:
        yield at
        unit = int.from_bytes(data[at : at + 2], "little")
        size = int.from_bytes(data[at + 2 : at + 4], "little")
        if unit == PACKED_SWITCH:
            at += 2 * (2 * size + 4)
        elif unit == SPARSE_SWITCH:
            at += 2 * (4 * size + 2)
        elif unit == FILL_ARRAY:
            elements = int.from_bytes(data[at + 4 : at + 8], "little")
            at += 2 * ((size * elements + 1) // 2 + 4)
        else:
            at += 2 * WIDTHS[unit & 0xFF]
