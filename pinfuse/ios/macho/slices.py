"""A Mach-O file and its slices: thin, or fat with one for each processor (Apple: ``mach-o/fat.h``)."""

from __future__ import annotations

import itertools
import struct
from collections.abc import Sequence
from dataclasses import dataclass

from pinfuse.errors import DamagedApp, UnsupportedApp

MAGIC_64, MAGIC_32 = b"\xcf\xfa\xed\xfe", b"\xce\xfa\xed\xfe"
FAT_MAGIC, FAT_MAGIC_64 = b"\xca\xfe\xba\xbe", b"\xca\xfe\xba\xbf"
FAT_ARCH, FAT_ARCH_64 = struct.Struct(">5I"), struct.Struct(">IIQQII")
"""cputype, cpusubtype, offset, size, align[, reserved]."""
FAT_HEADER = 8
MOST_SLICES, MOST_ALIGNMENT = 16, 20
"""A Java class file begins as a fat file does; its version, read as a number of slices, is larger."""


@dataclass(frozen=True, slots=True)
class Slice:
    """Where the Mach-O of one processor lies in the file, in bytes."""

    offset: int
    size: int


def is_macho(start: bytes) -> bool:
    """True when the first eight bytes of a file are those of a Mach-O."""
    if start[:4] in (FAT_MAGIC, FAT_MAGIC_64) and len(start) >= FAT_HEADER:
        return 0 < int.from_bytes(start[4:8], "big") <= MOST_SLICES
    return start[:4] in (MAGIC_64, MAGIC_32)


def slices(data: bytes, where: str) -> tuple[Slice, ...]:
    """The slices of a file in their order; ``where`` names it. Raises `DamagedApp` for a file that is none."""
    if not is_macho(data[:FAT_HEADER]):
        raise DamagedApp("it is no Mach-O file", where=where)
    if data[:4] in (MAGIC_64, MAGIC_32):
        return (Slice(0, len(data)),)
    form = FAT_ARCH if data[:4] == FAT_MAGIC else FAT_ARCH_64
    count = int.from_bytes(data[4:8], "big")
    if FAT_HEADER + count * form.size > len(data):
        raise DamagedApp("its list of slices is cut short", where=where)
    found = []
    for number in range(count):
        _, _, offset, size, *_ = form.unpack_from(data, FAT_HEADER + number * form.size)
        if offset < FAT_HEADER + count * form.size or offset + size > len(data):
            raise DamagedApp(f"slice {number} lies outside of the file", where=where)
        found.append(Slice(offset, size))
    ordered = sorted(found, key=lambda one: one.offset)
    if any(one.offset + one.size > after.offset for one, after in itertools.pairwise(ordered)):
        raise DamagedApp("its slices overlap", where=where)
    return tuple(found)


def replaced(data: bytes, pieces: Sequence[bytes], where: str) -> bytes:
    """The file with other slices, in the same order and aligned as they were; offsets and sizes of a fat one follow.

    Raises `UnsupportedApp` for slices that are too large for its header.
    """
    if data[:4] in (MAGIC_64, MAGIC_32):
        return pieces[0]
    form = FAT_ARCH if data[:4] == FAT_MAGIC else FAT_ARCH_64
    head = bytearray(data[: FAT_HEADER + len(pieces) * form.size])
    out: list[bytes] = []
    end = len(head)
    for number, piece in enumerate(pieces):
        at = FAT_HEADER + number * form.size
        cpu, subtype, _, _, align, *rest = form.unpack_from(head, at)
        start = -(-end // (1 << align)) << align if align <= MOST_ALIGNMENT else end
        if form is FAT_ARCH and start + len(piece) >= 1 << 32:
            raise UnsupportedApp("its slices are too large for the header of a fat file", where=where)
        form.pack_into(head, at, cpu, subtype, start, len(piece), align, *rest)
        out += (bytes(start - end), piece)
        end = start + len(piece)
    return bytes(head) + b"".join(out)
