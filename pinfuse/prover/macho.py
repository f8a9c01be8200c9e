# SPDX-License-Identifier: MIT
"""A small reader of Mach-O images: one thin, 64-bit, little-endian slice as dyld maps it (``mach-o/loader.h``).

Header and __LINKEDIT are part of the memory image, as on a phone, where the stub reads its own code signature.
A damaged or hostile file ends in `Fault`, never in another exception.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from pinfuse.prover import fixups, trie
from pinfuse.prover.chains import chained
from pinfuse.prover.fault import Fault
from pinfuse.prover.fixups import Fixup, Opcodes, Place
from pinfuse.prover.image import PF_R, PF_W, PF_X, Segment

LONGEST_FILE = 4 << 20
LONGEST_IMAGE = 8 << 20
MOST_COMMANDS = 1024
MOST_INITIALISERS = 64

MAGIC = 0xFEED_FACF
HEADER = struct.Struct("<IIIIIIII")
SEGMENT = struct.Struct("<16sQQQQIIII")
SECTION = struct.Struct("<16s16sQQIIIIIIII")
DYLD_INFO = struct.Struct("<10I")
EXECUTE, DYLIB, BUNDLE = 2, 6, 8
CPU_ARM64, CPU_X86_64 = 0x0100_000C, 0x0100_0007
SUBTYPE_MASK, SUBTYPE_ARM64E = 0x00FF_FFFF, 2
REQUIRED = 0x8000_0000
LC_SEGMENT_64, LC_ROUTINES_64, LC_BUILD_VERSION, LC_VERSION_MIN_IPHONEOS = 0x19, 0x1A, 0x32, 0x25
LC_DYLD_INFO, LC_DYLD_EXPORTS_TRIE, LC_DYLD_CHAINED_FIXUPS = 0x22, 0x33 | REQUIRED, 0x34 | REQUIRED
LC_ENCRYPTION_INFO_64 = 0x2C
PLATFORM_IOS = 2
RIGHTS = ((1, PF_R), (2, PF_W), (4, PF_X))
"""``VM_PROT_*`` and ours."""
SG_READ_ONLY = 0x10
SECTION_TYPE = 0xFF
MOD_INIT_POINTERS, INIT_OFFSETS, THREAD_LOCALS = 0x9, 0x16, range(0x11, 0x16)
ZEROFILL = (0x1, 0xC, 0x12)
INSTRUCTIONS = 0x8000_0400
"""``S_ATTR_PURE_INSTRUCTIONS`` and ``S_ATTR_SOME_INSTRUCTIONS``."""
Part = tuple[int, int]
"""Offset and size in the file."""


@dataclass(frozen=True, slots=True)
class Section:
    """A section: address and size in memory, offset in the file, type and attributes."""

    name: str
    address: int
    size: int
    offset: int
    flags: int


@dataclass(frozen=True, slots=True)
class Image:
    """A slice as dyld sees it; all addresses are relative to its header."""

    cpu: int
    subtype: int
    kind: int
    platform: int
    encrypted: bool
    memory: bytes
    segments: tuple[Segment, ...]
    relro: tuple[Part, ...]
    """Start and size of segments that are read-only once bound."""
    sections: tuple[Section, ...]
    fixups: tuple[Fixup, ...]
    exports: dict[str, int]
    """Name, with its underscore, → address."""
    routines: bool
    """It has LC_ROUTINES_64."""

    def initialisers(self) -> tuple[Part, ...]:
        """Address and size of each table of initialisers' addresses (__mod_init_func)."""
        return tuple((s.address, s.size) for s in self.sections if s.flags & SECTION_TYPE == MOD_INIT_POINTERS)

    def initialiser_offsets(self) -> tuple[int, ...]:
        """Addresses of initialisers (__init_offsets)."""
        tables = [s for s in self.sections if s.flags & SECTION_TYPE == INIT_OFFSETS]
        places = [at for s in tables for at in range(s.address, s.address + s.size - 3, 4)]
        return tuple(int.from_bytes(self.memory[at : at + 4], "little") for at in places)

    def is_constant(self, offset: int, size: int) -> bool:
        """Whether bytes of the file are loaded, and neither executed nor ever written.

        In a segment with code that is what lies in a section without any.
        """
        end = offset + size
        for segment in self.segments:
            if not (segment.offset <= offset and end <= segment.offset + segment.file_size):
                continue
            if segment.flags & PF_X:
                quiet = (s for s in self.sections if s.offset and not s.flags & INSTRUCTIONS)
                return any(s.offset <= offset and end <= s.offset + s.size for s in quiet)
            return not segment.flags & PF_W
        return False

    def shape(self) -> tuple[object, ...]:
        """All that a loader takes from the file but the bytes themselves."""
        fixed = (self.cpu, self.subtype, self.kind, self.platform, self.encrypted, self.segments, self.relro)
        return (*fixed, self.sections, self.fixups, self.exports, self.routines, self.initialiser_offsets())


def read(data: bytes, *, longest: int = LONGEST_FILE, longest_image: int = LONGEST_IMAGE) -> Image:
    """Parse one slice; raises `Fault`."""
    if len(data) > longest:
        raise Fault(f"the library has {len(data)} bytes; {longest} are run at most")
    if len(data) < HEADER.size or int.from_bytes(data[:4], "little") != MAGIC:
        raise Fault("this is no 64-bit Mach-O image")
    _, cpu, subtype, kind, count, size, _, _ = HEADER.unpack_from(data)
    commands = list(_commands(data, count, size))
    raw = [_segment(body) for number, body in commands if number == LC_SEGMENT_64]
    header = _header_address(raw)
    segments, relro = _loaded(data, raw, header, longest_image)
    memory = _memory(data, segments)
    places = [Place(one.address - header, one.size) for one in raw]
    tables = _Tables.of(data, commands)
    return Image(
        cpu,
        subtype,
        kind,
        _platform(commands),
        any(number == LC_ENCRYPTION_INFO_64 and any(body[8:12]) for number, body in commands),
        memory,
        segments,
        relro,
        tuple(_sections(data, raw, header, len(memory))),
        fixups.counted(tables.fixups(memory, places, header)),
        trie.exports(tables.exports),
        any(number == LC_ROUTINES_64 for number, _ in commands),
    )


def _commands(data: bytes, count: int, size: int) -> Iterator[tuple[int, bytes]]:
    """Number and body of each load command."""
    at, end = HEADER.size, HEADER.size + size
    if end > len(data) or count > MOST_COMMANDS:
        raise Fault(f"{count} load commands of {size} bytes do not fit the file")
    for number in range(count):
        kind, length = struct.unpack_from("<II", data, at) if at + 8 <= end else (0, 0)
        if length < 8 or length % 4 or at + length > end:
            raise Fault(f"load command {number} lies outside of the load commands")
        yield kind, data[at + 8 : at + length]
        at += length


@dataclass(frozen=True, slots=True)
class _Raw:
    """LC_SEGMENT_64; addresses as in the file."""

    name: str
    address: int
    size: int
    offset: int
    file_size: int
    rights: int
    flags: int
    sections: bytes


def _segment(body: bytes) -> _Raw:
    if len(body) < SEGMENT.size:
        raise Fault("a segment's load command is too short")
    name, address, size, offset, file_size, _, rights, count, flags = SEGMENT.unpack_from(body)
    sections = body[SEGMENT.size :]
    if len(sections) != count * SECTION.size:
        raise Fault("a segment has other sections than it tells")
    return _Raw(_name(name), address, size, offset, file_size, rights, flags, sections)


def _name(raw: bytes) -> str:
    return raw.split(b"\0", 1)[0].decode("ascii", "replace")


def _header_address(raw: Sequence[_Raw]) -> int:
    """The address in the file of the mach header: that of the segment that begins the file."""
    for one in raw:
        if one.offset == 0 and one.file_size:
            return one.address
    raise Fault("no segment holds the header")


def _loaded(
    data: bytes, raw: Sequence[_Raw], header: int, longest: int
) -> tuple[tuple[Segment, ...], tuple[Part, ...]]:
    """What is loaded, and what of it is read-only once bound; a segment without rights or content is left out."""
    found, relro, end = [], [], 0
    for one in raw:
        if not one.size or (not one.rights and not one.file_size):
            continue
        address = one.address - header
        if one.file_size > one.size or one.offset + one.file_size > len(data):
            raise Fault("a segment reaches beyond the file")
        if address < end:
            raise Fault("the segments overlap or are out of order")
        if address + one.size > longest:
            raise Fault(f"a segment reaches {address + one.size:#x} in memory; {longest:#x} is allowed")
        rights = sum(ours for theirs, ours in RIGHTS if one.rights & theirs)
        if rights & PF_W and rights & PF_X:
            raise Fault("a segment is both writable and executable, which iOS refuses")
        found.append(Segment(address, one.size, rights, one.offset, one.file_size))
        if one.flags & SG_READ_ONLY:
            relro.append((address, one.size))
        end = address + one.size
    if not found:
        raise Fault("the library loads nothing")
    return tuple(found), tuple(relro)


def _memory(data: bytes, segments: Sequence[Segment]) -> bytes:
    memory = bytearray(max(one.address + one.size for one in segments))
    for one in segments:
        memory[one.address : one.address + one.file_size] = data[one.offset : one.offset + one.file_size]
    return bytes(memory)


def _sections(data: bytes, raw: Sequence[_Raw], header: int, size: int) -> Iterator[Section]:
    for segment in raw:
        for at in range(0, len(segment.sections), SECTION.size):
            name, _, address, length, offset, _, _, _, flags, *_ = SECTION.unpack_from(segment.sections, at)
            address -= header
            offset = 0 if flags & SECTION_TYPE in ZEROFILL else offset
            if not 0 <= address <= address + length <= size or (offset and offset + length > len(data)):
                raise Fault(f"section {_name(name)} lies outside of the library")
            yield Section(_name(name), address, length, offset, flags)


def _platform(commands: Sequence[tuple[int, bytes]]) -> int:
    """The number of the platform (``mach-o/loader.h``, ``PLATFORM_*``); 0 when the image does not say."""
    for number, body in commands:
        if number == LC_VERSION_MIN_IPHONEOS:
            return PLATFORM_IOS
        if number == LC_BUILD_VERSION:
            return int.from_bytes(body[:4], "little")
    return 0


@dataclass(frozen=True, slots=True)
class _Tables:
    """The tables in __LINKEDIT that are read: opcodes or chains, and exports."""

    rebase: bytes = b""
    bind: bytes = b""
    weak: bytes = b""
    lazy: bytes = b""
    exports: bytes = b""
    chains: bytes = b""

    @classmethod
    def of(cls, data: bytes, commands: Sequence[tuple[int, bytes]]) -> _Tables:
        """Found by the load commands; where a kind stands twice, the last counts."""
        found: dict[str, bytes] = {}
        for number, body in commands:
            if number & ~REQUIRED == LC_DYLD_INFO and len(body) >= DYLD_INFO.size:
                numbers = DYLD_INFO.unpack_from(body)
                for index, name in enumerate(("rebase", "bind", "weak", "lazy", "exports")):
                    found[name] = _part(data, numbers[2 * index], numbers[2 * index + 1])
            if number in (LC_DYLD_EXPORTS_TRIE, LC_DYLD_CHAINED_FIXUPS) and len(body) >= 8:
                name = "exports" if number == LC_DYLD_EXPORTS_TRIE else "chains"
                found[name] = _part(data, *struct.unpack_from("<II", body))
        return cls(**found)

    def fixups(self, memory: bytes, places: Sequence[Place], header: int) -> Iterator[Fixup]:
        """Everything that dyld sets before the first instruction runs."""
        if self.chains:
            if self.rebase or self.bind or self.weak or self.lazy:
                raise Fault("it has fixups in two forms")
            yield from chained(self.chains, memory, places, header)
        machine = Opcodes(places, memory, header)
        yield from machine.rebases(self.rebase)
        yield from Opcodes(places, memory, header).binds(self.bind)
        yield from Opcodes(places, memory, header).binds(self.lazy, lazy=True)
        yield from Opcodes(places, memory, header).binds(self.weak)


def _part(data: bytes, offset: int, size: int) -> bytes:
    if offset + size > len(data):
        raise Fault("a table of the library lies outside the file")
    return data[offset : offset + size]
