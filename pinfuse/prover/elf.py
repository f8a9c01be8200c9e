# SPDX-License-Identifier: MIT
"""A small reader of shared libraries: System V ABI, "Object Files" and "Program Loading and Dynamic Linking".

Everything is read by virtual address out of the library's own memory image, which is bounded; a damaged or hostile
file ends in `Fault`, never in another exception.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass

from pinfuse.prover.fault import Fault
from pinfuse.prover.image import PF_W, PF_X, Segment
from pinfuse.prover.symbols import SymbolTable, View

LONGEST_FILE = 4 << 20
LONGEST_IMAGE = 8 << 20
MOST_HEADERS = 64
MOST_RELOCATIONS = 65536

MAGIC = b"\x7fELF"
CLASS_32, CLASS_64, LITTLE_ENDIAN = 1, 2, 1
ET_DYN = 3
PT_LOAD, PT_DYNAMIC, PT_GNU_RELRO = 1, 2, 0x6474E552

DT_NULL, DT_PLTRELSZ, DT_HASH, DT_STRTAB, DT_SYMTAB = 0, 2, 4, 5, 6
DT_RELA, DT_RELASZ, DT_STRSZ, DT_INIT, DT_REL, DT_RELSZ = 7, 8, 10, 12, 17, 18
DT_PLTREL, DT_TEXTREL, DT_JMPREL, DT_INIT_ARRAY, DT_INIT_ARRAYSZ = 20, 22, 23, 25, 27
DT_RELR, DT_GNU_HASH = 36, 0x6FFFFEF5
DT_ANDROID_REL, DT_ANDROID_RELA, DT_ANDROID_RELR = 0x6000000F, 0x60000011, 0x6FFFE000
UNREAD_TAGS = {
    DT_TEXTREL: "relocations in its code",
    DT_RELR: "RELR relocations",
    DT_ANDROID_REL: "packed Android relocations",
    DT_ANDROID_RELA: "packed Android relocations",
    DT_ANDROID_RELR: "RELR relocations",
}
"""What the stub's build never makes and this reader does not run."""

EHDR_64, EHDR_32 = struct.Struct("<HHIQQQIHHHHHH"), struct.Struct("<HHIIIIIHHHHHH")
PHDR_64, PHDR_32 = struct.Struct("<IIQQQQQQ"), struct.Struct("<IIIIIIII")


@dataclass(frozen=True, slots=True)
class Relocation:
    """Address to change, type of the machine's ABI, name of the symbol ("" for none), its address or 0, addend.

    ``addend`` is None where it stands at the address itself (REL).
    """

    address: int
    type: int
    symbol: str
    value: int
    addend: int | None


@dataclass(frozen=True, slots=True)
class Image:
    """A library as a loader sees it; all addresses are relative to its base."""

    machine: int
    word: int
    memory: bytes
    segments: tuple[Segment, ...]
    relro: tuple[tuple[int, int], ...]
    """Start and size of what is read-only after relocation."""
    relocations: tuple[Relocation, ...]
    initialisers: tuple[int, ...]
    """Addresses *of the words* that hold the initialisers' addresses once relocated (DT_INIT_ARRAY)."""
    symbols: SymbolTable

    def is_constant(self, offset: int, size: int) -> bool:
        """Whether bytes of the file are loaded, and neither executed nor ever written."""
        for segment in self.segments:
            if segment.offset <= offset and offset + size <= segment.offset + segment.file_size:
                return not segment.flags & (PF_W | PF_X)
        return False

    def shape(self) -> tuple[object, ...]:
        """All that a loader takes from the file but the bytes themselves."""
        fixed = (self.machine, self.word, self.segments, self.relro, self.relocations, self.initialisers)
        return (*fixed, self.symbols.exports())


def read(data: bytes) -> Image:
    """Parse a shared library of at most ``LONGEST_FILE`` bytes; raises `Fault`."""
    if len(data) > LONGEST_FILE:
        raise Fault(f"the library has {len(data)} bytes; {LONGEST_FILE} are run at most")
    if data[:4] != MAGIC or len(data) < 64:
        raise Fault("this is no ELF file")
    if data[4] not in (CLASS_32, CLASS_64) or data[5] != LITTLE_ENDIAN:
        raise Fault("the ELF class or byte order is none of Android's")
    word = 8 if data[4] == CLASS_64 else 4
    kind, machine, _, _, offset, *_, entry_size, count, _, _, _ = (EHDR_64 if word == 8 else EHDR_32).unpack_from(
        data, 16
    )
    if kind != ET_DYN:
        raise Fault("the ELF file is no shared library")
    headers = _headers(data, word, offset, entry_size, count)
    segments = _segments(data, headers)
    memory = _memory(data, segments)
    view = View(memory, word)
    tags = _dynamic(view, headers)
    symbols = SymbolTable.read(view, *(tags.get(tag, 0) for tag in (DT_SYMTAB, DT_STRTAB, DT_STRSZ, DT_HASH)))
    return Image(
        machine,
        word,
        memory,
        segments,
        tuple((address, size) for type_, _, _, address, _, size in headers if type_ == PT_GNU_RELRO),
        _relocations(view, tags, symbols),
        _initialisers(view, tags),
        symbols,
    )


def _headers(data: bytes, word: int, offset: int, entry_size: int, count: int) -> list[tuple[int, ...]]:
    """Type, flags, offset, address, file size and memory size of each program header."""
    form = PHDR_64 if word == 8 else PHDR_32
    if entry_size != form.size or not 0 < count <= MOST_HEADERS or offset + count * form.size > len(data):
        raise Fault("the program headers lie outside the file or have a size of their own")
    found: list[tuple[int, ...]] = []
    for index in range(count):
        fields = form.unpack_from(data, offset + index * form.size)
        if word == 8:
            kind, flags, at, address, _, file_size, size, _ = fields
        else:
            kind, at, address, _, file_size, size, flags, _ = fields
        if kind in (PT_LOAD, PT_DYNAMIC, PT_GNU_RELRO) and address + size > LONGEST_IMAGE:
            raise Fault(f"a segment reaches {address + size:#x} in memory; {LONGEST_IMAGE:#x} is allowed")
        found.append((kind, flags, at, address, file_size, size))
    return found


def _segments(data: bytes, headers: list[tuple[int, ...]]) -> tuple[Segment, ...]:
    segments = []
    end = 0
    for kind, flags, offset, address, file_size, size in headers:
        if kind != PT_LOAD or not size:
            continue
        if file_size > size or offset + file_size > len(data):
            raise Fault("a segment reaches beyond the file")
        if address < end:
            raise Fault("the segments overlap or are out of order")
        if flags & PF_W and flags & PF_X:
            raise Fault("a segment is both writable and executable, which Android refuses")
        segments.append(Segment(address, size, flags, offset, file_size))
        end = address + size
    if not segments:
        raise Fault("the library loads nothing")
    return tuple(segments)


def _memory(data: bytes, segments: tuple[Segment, ...]) -> bytes:
    memory = bytearray(segments[-1].address + segments[-1].size)
    for segment in segments:
        part = data[segment.offset : segment.offset + segment.file_size]
        memory[segment.address : segment.address + len(part)] = part
    return bytes(memory)


def _dynamic(view: View, headers: list[tuple[int, ...]]) -> dict[int, int]:
    """Tag → value of the dynamic section; the last of equal tags counts, as in bionic."""
    places = [(address, size) for kind, _, _, address, _, size in headers if kind == PT_DYNAMIC]
    if not places:
        raise Fault("the library has no dynamic section")
    address, size = places[0]
    tags: dict[int, int] = {}
    for at in range(address, address + size - 2 * view.word + 1, 2 * view.word):
        tag, value = view.word_at(at), view.word_at(at + view.word)
        if tag == DT_NULL:
            break
        if tag in UNREAD_TAGS:
            raise Fault(f"the library has {UNREAD_TAGS[tag]}, which the prover does not run")
        tags[tag] = value
    if tags.get(DT_INIT):
        raise Fault("the library has a DT_INIT function, which the prover does not run")
    return tags


def _relocations(view: View, tags: dict[int, int], symbols: SymbolTable) -> tuple[Relocation, ...]:
    tables = [(tags.get(DT_REL, 0), tags.get(DT_RELSZ, 0), False), (tags.get(DT_RELA, 0), tags.get(DT_RELASZ, 0), True)]
    tables.append((tags.get(DT_JMPREL, 0), tags.get(DT_PLTRELSZ, 0), tags.get(DT_PLTREL) == DT_RELA))
    found = []
    for start, size, explicit in tables:
        step = view.word * (3 if explicit else 2)
        if size % step or size // step > MOST_RELOCATIONS:
            raise Fault(f"a relocation table has {size} bytes")
        for at in range(start, start + size, step):
            address, info = view.word_at(at), view.word_at(at + view.word)
            type_, index = (info & 0xFFFFFFFF, info >> 32) if view.word == 8 else (info & 0xFF, info >> 8)
            if address + view.word > len(view.memory):
                raise Fault("a relocation lies outside the library")
            name, value = symbols.at(index) if index else ("", 0)
            addend = view.word_at(at + 2 * view.word) if explicit else None
            found.append(Relocation(address, type_, name, value, addend))
    return tuple(found)


def _initialisers(view: View, tags: dict[int, int]) -> tuple[int, ...]:
    start, size = tags.get(DT_INIT_ARRAY, 0), tags.get(DT_INIT_ARRAYSZ, 0)
    if size % view.word or size > MOST_HEADERS * view.word:
        raise Fault(f"the table of initialisers has {size} bytes")
    view.bytes_at(start, size)
    return tuple(range(start, start + size, view.word))
