# SPDX-License-Identifier: MIT
"""What dyld changes in a Mach-O image before it runs: addresses moved with it, and imports bound.

Both forms: the opcodes of LC_DYLD_INFO (``mach-o/loader.h``, ``REBASE_*`` and ``BIND_*``) and the chains of
LC_DYLD_CHAINED_FIXUPS (``mach-o/fixup-chains.h``) in the formats of 64-bit images without pointer authentication.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from pinfuse.prover.fault import Fault
from pinfuse.prover.symbols import View
from pinfuse.prover.trie import Bytes

MOST_FIXUPS = 1 << 20
MOST_IMPORTS = 1 << 16
MASK = 0xFFFF_FFFF_FFFF_FFFF
WORD = 8
POINTER, WEAK_IMPORT = 1, 1
PTR_64, PTR_64_OFFSET = 2, 6
NO_CHAIN, SEVERAL_CHAINS = 0xFFFF, 0x8000
CHAIN_STRIDE = 4
IMPORT, IMPORT_ADDEND, IMPORT_ADDEND_64 = 1, 2, 3
IMPORT_SIZES = {IMPORT: 4, IMPORT_ADDEND: 8, IMPORT_ADDEND_64: 16}


@dataclass(frozen=True, slots=True)
class Fixup:
    """One word to set; addresses are relative to the image's header.

    With a symbol: its address + ``value``. Without: ``value`` is what the word points to.
    """

    address: int
    symbol: str
    value: int
    weak: bool = False
    """The import may be absent; the word is 0 then."""
    library: int = 0
    """Ordinal of the library that has the symbol; 0 for none in particular."""


@dataclass(frozen=True, slots=True)
class Place:
    """A segment as the tables count them: address and size in memory."""

    address: int
    size: int


def counted(fixups: Iterator[Fixup]) -> tuple[Fixup, ...]:
    """All of them; raises `Fault` when they are too many."""
    found: list[Fixup] = []
    for one in fixups:
        if len(found) >= MOST_FIXUPS:
            raise Fault(f"the library has more than {MOST_FIXUPS} words to be set")
        found.append(one)
    return tuple(found)


@dataclass
class Opcodes:
    """The state of the small machine that LC_DYLD_INFO drives; ``preferred`` is the header's address in the file."""

    places: Sequence[Place]
    memory: bytes
    preferred: int
    at: int = 0
    segment: Place | None = None

    def go(self, index: int, offset: int) -> None:
        """To an offset in a segment."""
        if index >= len(self.places):
            raise Fault(f"a table names segment {index} of {len(self.places)}")
        self.segment = self.places[index]
        self.at = self.segment.address + offset & MASK

    def here(self) -> int:
        """The address to change, inside the segment."""
        place = self.segment
        if place is None or not place.address <= self.at <= place.address + place.size - WORD:
            raise Fault(f"a table changes {self.at:#x}, which lies outside its segment")
        return self.at

    def forward(self, by: int) -> None:
        """On by so many bytes; the sum wraps, so a table can go back."""
        self.at = self.at + by & MASK

    def rebases(self, table: bytes) -> Iterator[Fixup]:
        """Words that move with the image."""
        code = Bytes(table)
        while code.at < len(table):
            byte = code.byte()
            what, small = byte & 0xF0, byte & 0x0F
            count, skip = 0, 0
            if what == 0x00:
                return
            if what == 0x10:
                if small != POINTER:
                    raise Fault(f"it has rebases of type {small}, which the prover does not run")
            elif what == 0x20:
                self.go(small, code.unsigned())
            elif what == 0x30:
                self.forward(code.unsigned())
            elif what == 0x40:
                self.forward(small * WORD)
            elif what in (0x50, 0x60):
                count = small if what == 0x50 else code.unsigned()
            elif what == 0x70:
                count, skip = 1, code.unsigned()
            elif what == 0x80:
                count, skip = code.unsigned(), code.unsigned()
            else:
                raise Fault(f"{byte:#x} is no rebase opcode")
            for _ in range(count):
                yield self._rebase()
                self.forward(WORD + skip)

    def _rebase(self) -> Fixup:
        at = self.here()
        target = int.from_bytes(self.memory[at : at + WORD], "little")
        return Fixup(at, "", target - self.preferred & MASK)

    def binds(self, table: bytes, *, lazy: bool = False) -> Iterator[Fixup]:
        """Words that hold imports; with ``lazy`` the opcode that ends other tables ends one import only."""
        code = Bytes(table)
        name, flags, library, addend = "", 0, 0, 0
        while code.at < len(table):
            byte = code.byte()
            what, small = byte & 0xF0, byte & 0x0F
            count, skip = 0, 0
            if what == 0x00:
                if not lazy:
                    return
            elif what == 0x10:
                library = small
            elif what == 0x20:
                library = code.unsigned()
            elif what == 0x30:
                library = small - 16 if small else 0
            elif what == 0x40:
                name, flags = code.text(), small
            elif what == 0x50:
                if small != POINTER:
                    raise Fault(f"it has binds of type {small}, which the prover does not run")
            elif what == 0x60:
                addend = code.signed()
            elif what == 0x70:
                self.go(small, code.unsigned())
            elif what == 0x80:
                self.forward(code.unsigned())
            elif what == 0x90:
                count = 1
            elif what == 0xA0:
                count, skip = 1, code.unsigned()
            elif what == 0xB0:
                count, skip = 1, small * WORD
            elif what == 0xC0:
                count, skip = code.unsigned(), code.unsigned()
            else:
                raise Fault(f"{byte:#x} is no bind opcode that the prover runs")
            for _ in range(count):
                yield Fixup(self.here(), name, addend, bool(flags & WEAK_IMPORT), library)
                self.forward(WORD + skip)


@dataclass(frozen=True, slots=True)
class _Import:
    name: str
    addend: int
    weak: bool
    library: int


def chained(table: bytes, memory: bytes, preferred: int, size: int) -> Iterator[Fixup]:
    """The words of LC_DYLD_CHAINED_FIXUPS; ``size`` is that of the image in memory."""
    view = View(table, 8)
    version, starts, imports, symbols, count, kind, packed = (view.u32_at(4 * number) for number in range(7))
    if version or packed:
        raise Fault("its chained fixups have a version or packing of their own")
    names = _imports(view, imports, symbols, count, kind)
    for index in range(min(view.u32_at(starts), 256)):
        offset = view.u32_at(starts + 4 + 4 * index)
        if offset:
            yield from _segment(view, starts + offset, memory, preferred, size, names)


def _imports(view: View, at: int, symbols: int, count: int, kind: int) -> list[_Import]:
    if kind not in IMPORT_SIZES or count > MOST_IMPORTS:
        raise Fault(f"its {count} imports have format {kind}, which the prover does not run")
    found = []
    for number in range(count):
        raw = int.from_bytes(view.bytes_at(at + number * IMPORT_SIZES[kind], IMPORT_SIZES[kind]), "little")
        addend = 0
        if kind == IMPORT_ADDEND_64:
            library, weak, name, addend = raw & 0xFFFF, raw >> 16 & 1, raw >> 32 & 0xFFFF_FFFF, raw >> 64
            library = library - (1 << 16) if library > 0xFFF0 else library
            addend = addend - (1 << 64) if addend >> 63 else addend
        else:
            library, weak, name = raw & 0xFF, raw >> 8 & 1, raw >> 9 & 0x7F_FFFF
            library = library - (1 << 8) if library > 0xF0 else library
            if kind == IMPORT_ADDEND:
                addend = raw >> 32
                addend = addend - (1 << 32) if addend >> 31 else addend
        text = Bytes(view.memory, symbols + name).text()
        found.append(_Import(text, addend, bool(weak), library))
    return found


def _segment(
    view: View, at: int, memory: bytes, preferred: int, size: int, names: Sequence[_Import]
) -> Iterator[Fixup]:
    head = view.bytes_at(at, 22)
    page, kind = int.from_bytes(head[4:6], "little"), int.from_bytes(head[6:8], "little")
    start, pages = int.from_bytes(head[8:16], "little"), int.from_bytes(head[20:22], "little")
    if kind not in (PTR_64, PTR_64_OFFSET):
        raise Fault(f"its chained fixups have pointer format {kind}, which the prover does not run")
    for number in range(pages):
        first = int.from_bytes(view.bytes_at(at + 22 + 2 * number, 2), "little")
        if first == NO_CHAIN:
            continue
        if first & SEVERAL_CHAINS:
            raise Fault("it has several chains on one page, which no 64-bit image has")
        yield from _chain(memory, start + number * page + first, size, preferred if kind == PTR_64 else 0, names)


def _chain(memory: bytes, at: int, size: int, preferred: int, names: Sequence[_Import]) -> Iterator[Fixup]:
    while True:
        if at + WORD > min(size, len(memory)):
            raise Fault(f"a chain of fixups leaves the library at {at:#x}")
        raw = int.from_bytes(memory[at : at + WORD], "little")
        if raw >> 63:
            ordinal = raw & 0xFF_FFFF
            if ordinal >= len(names):
                raise Fault(f"import {ordinal} of {len(names)} does not exist")
            one = names[ordinal]
            yield Fixup(at, one.name, one.addend + (raw >> 24 & 0xFF), one.weak, one.library)
        else:
            target, high = raw & 0xF_FFFF_FFFF, raw >> 36 & 0xFF
            yield Fixup(at, "", (target - preferred & MASK) | high << 56)
        step = raw >> 51 & 0xFFF
        if not step:
            return
        at += step * CHAIN_STRIDE
