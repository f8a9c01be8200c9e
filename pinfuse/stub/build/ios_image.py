"""What lld-14 does not do: re-export a library, give imports the real names, read-only constants; and fat files.

The linked image keeps its length; source of the numbers: Apple's ``mach-o/loader.h`` and ``fat.h``.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping, Sequence

from pinfuse.errors import OutsideError

HEADER_SIZE, FLAGS_AT, COUNT_AT = 32, 24, 16
NO_REEXPORTED_DYLIBS = 0x100000
SEGMENT_64, LOAD_DYLIB, REEXPORT_DYLIB = 0x19, 0xC, 0x8000_001F
SEGMENT_FLAGS_AT, SEGMENT_NAME_AT, NAME_OFFSET_AT = 68, 8, 8
READ_ONLY = 0x10
"""``SG_READ_ONLY``: dyld takes the right to write away once it has bound the imports. Images for less than iOS 13 have
no segment for constants: no dyld before did that."""
FAT_MAGIC, FAT_ARCH, FAT_ALIGNMENT = 0xCAFEBABE, struct.Struct(">5I"), 14
MARK = b"_Q"
"""How the name of an import begins that has still to be given its real one."""


def finish(linked: bytes, reexported: str, names: Mapping[str, str]) -> bytes:
    """The image with ``reexported`` re-exported, its constants read-only and its imports renamed.

    ``names``: linked name → real name, of the same length. Raises `OutsideError` when the image is not as expected.
    """
    out = bytearray(linked)
    done = sum(_reexport(out, at, reexported) for at in _commands(linked, LOAD_DYLIB))
    if done != 1:
        raise OutsideError(f"the linked image loads {reexported} {done} times")
    for at in _commands(linked, SEGMENT_64):
        if _segment(linked, at) == "__DATA_CONST":
            _set_bits(out, at + SEGMENT_FLAGS_AT, READ_ONLY)
    flags = int.from_bytes(out[FLAGS_AT : FLAGS_AT + 4], "little") & ~NO_REEXPORTED_DYLIBS
    out[FLAGS_AT : FLAGS_AT + 4] = flags.to_bytes(4, "little")
    return _rename(bytes(out), names)


def _commands(image: bytes, kind: int) -> list[int]:
    """Offsets of the load commands of one kind."""
    found, at = [], HEADER_SIZE
    for _ in range(int.from_bytes(image[COUNT_AT : COUNT_AT + 4], "little")):
        this, size = struct.unpack_from("<II", image, at)
        found += [at] if this == kind else []
        at += size
    return found


def _segment(image: bytes, at: int) -> str:
    return image[at + SEGMENT_NAME_AT : at + SEGMENT_NAME_AT + 16].rstrip(b"\0").decode("ascii")


def _reexport(out: bytearray, at: int, name: str) -> bool:
    size, start = struct.unpack_from("<II", out, at + 4)
    if out[at + start : at + size].rstrip(b"\0").decode("ascii") != name:
        return False
    struct.pack_into("<I", out, at, REEXPORT_DYLIB)
    return True


def _set_bits(out: bytearray, at: int, bits: int) -> None:
    struct.pack_into("<I", out, at, int.from_bytes(out[at : at + 4], "little") | bits)


def _rename(image: bytes, names: Mapping[str, str]) -> bytes:
    """In the bind opcodes and in the table of strings, where each name ends with 0."""
    for linked, real in names.items():
        old, new = linked.encode() + b"\0", real.encode() + b"\0"
        if len(old) != len(new) or image.count(old) != 2:
            raise OutsideError(f"the linked image names {linked} {image.count(old)} times, and not twice")
        image = image.replace(old, new)
    if MARK in image:
        raise OutsideError("an import of the linked image has no real name")
    return image


def fat(slices: Sequence[bytes]) -> bytes:
    """One file of several images, each at the start of a page."""
    page, out = 1 << FAT_ALIGNMENT, bytearray(struct.pack(">II", FAT_MAGIC, len(slices)))
    starts = []
    at = page
    for data in slices:
        cpu, subtype = struct.unpack_from("<II", data, 4)
        out += FAT_ARCH.pack(cpu, subtype, at, len(data), FAT_ALIGNMENT)
        starts.append(at)
        at = -(-(at + len(data)) // page) * page
    for start, data in zip(starts, slices, strict=True):
        out += bytes(start - len(out)) + data
    return bytes(out)
