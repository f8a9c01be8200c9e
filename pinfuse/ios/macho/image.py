"""One Mach-O image: header, load commands, and what they say (Apple: ``mach-o/loader.h``).

Little-endian images of 64 and of 32 bits are read; the latter are for old phones and for watches.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass

from pinfuse.errors import DamagedApp
from pinfuse.ios.macho.slices import MAGIC_32, MAGIC_64

HEADER = struct.Struct("<4sIIIIII")
"""magic, cputype, cpusubtype, filetype, ncmds, sizeofcmds, flags[, reserved]."""
COMMAND = struct.Struct("<II")
DYLIB = struct.Struct("<IIII")
"""After cmd and cmdsize: offset of the name, timestamp, current and compatibility version."""

REQ_DYLD = 0x8000_0000
SEGMENT_32, SEGMENT_64, ID_DYLIB, LOAD_DYLIB, LOAD_WEAK_DYLIB = 0x1, 0x19, 0xD, 0xC, 0x18 | REQ_DYLD
REEXPORT_DYLIB, LAZY_LOAD_DYLIB, LOAD_UPWARD_DYLIB = 0x1F | REQ_DYLD, 0x20, 0x23 | REQ_DYLD
ENCRYPTION_INFO, ENCRYPTION_INFO_64, CODE_SIGNATURE, RPATH = 0x21, 0x2C, 0x1D, 0x1C | REQ_DYLD
VERSION_MIN_IPHONEOS, BUILD_VERSION = 0x25, 0x32
USE_MARKER, USE_SIZE, USE_FLAGS_AT = 0x1A74_1800, 28, 24
"""``dylib_use_command``, which linkers write since iOS 18: a load that tells of itself by flags, marked by its time."""
USE_WEAK, USE_REEXPORT, USE_DELAYED = 0x1, 0x2, 0x8
LOADS = (LOAD_DYLIB, LOAD_WEAK_DYLIB, REEXPORT_DYLIB, LAZY_LOAD_DYLIB, LOAD_UPWARD_DYLIB)

CPU_ARM, CPU_ARM64, CPU_ARM64_32, CPU_X86_64, CPU_X86 = 12, 0x100000C, 0x200000C, 0x1000007, 7
CPU_NAMES = {CPU_ARM: "armv7", CPU_ARM64: "arm64", CPU_ARM64_32: "arm64_32", CPU_X86_64: "x86_64", CPU_X86: "i386"}
SUBTYPE_MASK, SUBTYPE_ARM64E = 0x00FF_FFFF, 2
ZEROFILL = {0x1, 0xC, 0x12}
"""Section types without content in the file: S_ZEROFILL, S_GB_ZEROFILL, S_THREAD_LOCAL_ZEROFILL."""
PLATFORM_IOS, PLATFORM_IOS_SIMULATOR = 2, 7
MOST_COMMANDS, MOST_BYTES = 4096, 1 << 20
"""Load commands, and their bytes: sections are counted by these alone."""
EXECUTE, DYLIB_FILE, BUNDLE_FILE = 2, 6, 8
"""Kinds of images: MH_EXECUTE, MH_DYLIB, MH_BUNDLE."""
TWO_LEVEL = 0x80
"""MH_TWOLEVEL, a flag: each import names the library that it is asked of."""


@dataclass(frozen=True, slots=True)
class Form:
    """How wide the numbers of an image are."""

    header: int
    """Size in bytes."""
    alignment: int
    """Of load commands."""
    segment_command: int
    segment: struct.Struct
    """After cmd and cmdsize: segname, vmaddr, vmsize, fileoff, filesize, maxprot, initprot, nsects, flags."""
    section: struct.Struct
    """sectname, segname, addr, size, offset, align, reloff, nreloc, flags, reserved1, reserved2[, reserved3]."""


FORM_64 = Form(32, 8, SEGMENT_64, struct.Struct("<16sQQQQIIII"), struct.Struct("<16s16sQQIIIIIIII"))
FORM_32 = Form(28, 4, SEGMENT_32, struct.Struct("<16sIIIIIIII"), struct.Struct("<16s16sIIIIIIIII"))


@dataclass(frozen=True, slots=True)
class Command:
    """A load command: its kind, and where it lies in the slice, in bytes."""

    kind: int
    offset: int
    size: int


@dataclass(frozen=True, slots=True)
class Section:
    """A section; ``offset`` is 0 for one without content in the file."""

    name: str
    segment: str
    address: int
    size: int
    offset: int


@dataclass(frozen=True, slots=True)
class Segment:
    """A segment and its sections; offsets in the slice, in bytes."""

    command: Command
    name: str
    address: int
    memory_size: int
    offset: int
    size: int
    protection: int
    sections: tuple[Section, ...]


@dataclass(frozen=True, slots=True)
class Dylib:
    """A library that is loaded, or the own name of one; versions are ``X.Y.Z`` as 16, 8 and 8 bits."""

    command: Command
    name: str
    name_offset: int
    """Of the name in its command."""
    current: int
    compatibility: int
    uses: int = 0
    """Flags of a ``dylib_use_command``, which count in place of its kind; 0 for any other."""

    @property
    def may_be_missing(self) -> bool:
        """True where the program starts without it, or before it."""
        return self.command.kind in (LOAD_WEAK_DYLIB, LAZY_LOAD_DYLIB) or bool(self.uses & (USE_WEAK | USE_DELAYED))


@dataclass(frozen=True, slots=True)
class Image:
    """A slice as read."""

    data: bytes
    where: str
    cpu: int
    subtype: int
    kind: int
    flags: int
    commands: tuple[Command, ...]
    commands_end: int
    segments: tuple[Segment, ...]
    dylibs: tuple[Dylib, ...]
    own_name: str
    rpaths: tuple[str, ...]
    encrypted: bool
    """``cryptid`` is not 0: a copy out of the App Store."""
    platform: int
    """0 when the image does not say."""
    minos: int
    signature: tuple[int, int] | None
    """Offset and size of the code signature."""

    @property
    def architecture(self) -> str:
        """The name that users know, such as ``arm64``."""
        if self.cpu == CPU_ARM64 and self.subtype & SUBTYPE_MASK == SUBTYPE_ARM64E:
            return "arm64e"
        return CPU_NAMES.get(self.cpu, f"cpu {self.cpu:#x}")

    @property
    def is_64(self) -> bool:
        """False for an image of 32 bits."""
        return self.data[:4] == MAGIC_64

    @property
    def form(self) -> Form:
        """How wide its numbers are."""
        return FORM_64 if self.is_64 else FORM_32

    @property
    def room_end(self) -> int:
        """Where the padding behind the load commands ends: at the first content of a section or segment."""
        starts = [part.offset for segment in self.segments for part in segment.sections if part.offset and part.size]
        starts += [segment.offset for segment in self.segments if segment.offset and segment.size]
        return min([*starts, len(self.data)])


def read(data: bytes, where: str) -> Image:
    """Read one slice; ``where`` names it in errors. Raises `DamagedApp` for one that breaks the format."""
    if data[:4] not in (MAGIC_32, MAGIC_64):
        raise DamagedApp("it is no Mach-O image", where=where)
    form = FORM_64 if data[:4] == MAGIC_64 else FORM_32
    if len(data) < form.header:
        raise DamagedApp("its header is cut short", where=where)
    _, cpu, subtype, kind, count, size, flags = HEADER.unpack_from(data)
    commands = tuple(_commands(data, where, form, count, size))
    reader = _Reader(data, where, form)
    segments = tuple(reader.segment(one) for one in commands if one.kind == form.segment_command)
    encrypted = [reader.word(one, 16) for one in commands if one.kind in (ENCRYPTION_INFO, ENCRYPTION_INFO_64)]
    signatures = [(reader.word(one, 8), reader.word(one, 12)) for one in commands if one.kind == CODE_SIGNATURE]
    if len(signatures) > 1 or any(at + length > len(data) for at, length in signatures):
        raise DamagedApp("its code signature lies outside of it, or there are two", where=where)
    platform, minos = reader.platform(commands)
    names = [reader.dylib(one).name for one in commands if one.kind == ID_DYLIB]
    return Image(
        data, where, cpu, subtype, kind, flags, commands, form.header + size, segments,
        tuple(reader.dylib(one) for one in commands if one.kind in LOADS),
        names[0] if names else "",
        tuple(reader.text(one, reader.word(one, 8)) for one in commands if one.kind == RPATH),
        any(encrypted), platform, minos, signatures[0] if signatures else None,
    )  # fmt: skip


def _commands(data: bytes, where: str, form: Form, count: int, size: int) -> Iterator[Command]:
    end = form.header + size
    if size > MOST_BYTES:
        raise DamagedApp(f"its load commands have {size} bytes; {MOST_BYTES} are enough", where=where)
    if end > len(data) or count > MOST_COMMANDS:
        raise DamagedApp("its load commands lie outside of it", where=where)
    at = form.header
    for number in range(count):
        if at + COMMAND.size > end:
            raise DamagedApp(f"it has fewer load commands than the {count} it tells", where=where)
        kind, length = COMMAND.unpack_from(data, at)
        if length < COMMAND.size or length % form.alignment or at + length > end:
            raise DamagedApp(f"load command {number} has {length} bytes", where=where)
        yield Command(kind, at, length)
        at += length
    if at != end:
        raise DamagedApp(f"its load commands end at {at} and not at {end}", where=where)


@dataclass(frozen=True, slots=True)
class _Reader:
    data: bytes
    where: str
    form: Form

    def _require(self, command: Command, size: int) -> None:
        if command.size < size:
            raise DamagedApp(f"load command {command.kind:#x} is too short", where=self.where)

    def word(self, command: Command, at: int) -> int:
        self._require(command, at + 4)
        return int.from_bytes(self.data[command.offset + at : command.offset + at + 4], "little")

    def text(self, command: Command, at: int) -> str:
        """A string that ends with 0 or with its command."""
        if not COMMAND.size < at < command.size:
            raise DamagedApp(f"the name of load command {command.kind:#x} lies outside of it", where=self.where)
        raw = self.data[command.offset + at : command.offset + command.size].split(b"\0", 1)[0]
        return raw.decode("utf-8", "surrogateescape")

    def dylib(self, command: Command) -> Dylib:
        self._require(command, COMMAND.size + DYLIB.size)
        at, time, current, compatibility = DYLIB.unpack_from(self.data, command.offset + COMMAND.size)
        uses = self.word(command, USE_FLAGS_AT) if (time, at) == (USE_MARKER, USE_SIZE) else 0
        return Dylib(command, self.text(command, at), at, current, compatibility, uses)

    def platform(self, commands: tuple[Command, ...]) -> tuple[int, int]:
        """Platform and least version of the system, 16, 8 and 8 bits."""
        for one in commands:
            if one.kind == BUILD_VERSION:
                return self.word(one, 8), self.word(one, 12)
            if one.kind == VERSION_MIN_IPHONEOS:
                return PLATFORM_IOS, self.word(one, 8)
        return 0, 0

    def segment(self, command: Command) -> Segment:
        self._require(command, COMMAND.size + self.form.segment.size)
        name, address, memory, offset, size, _, protection, count, _ = self.form.segment.unpack_from(
            self.data, command.offset + COMMAND.size
        )
        first = COMMAND.size + self.form.segment.size
        if first + count * self.form.section.size != command.size:
            raise DamagedApp(f"segment {_name(name)} has other sections than it tells", where=self.where)
        if offset + size > len(self.data):
            raise DamagedApp(f"segment {_name(name)} lies outside of the file", where=self.where)
        starts = range(command.offset + first, command.offset + command.size, self.form.section.size)
        sections = tuple(self._section(at) for at in starts)
        return Segment(command, _name(name), address, memory, offset, size, protection, sections)

    def _section(self, at: int) -> Section:
        name, segment, address, size, offset, _, _, _, flags, *_ = self.form.section.unpack_from(self.data, at)
        if flags & 0xFF in ZEROFILL:
            offset = 0
        elif offset + size > len(self.data) and size:
            raise DamagedApp(f"section {_name(name)} lies outside of the file", where=self.where)
        return Section(_name(name), _name(segment), address, size, offset)


def _name(raw: bytes) -> str:
    return raw.split(b"\0", 1)[0].decode("ascii", "replace")
