# SPDX-License-Identifier: MIT
"""The chains of LC_DYLD_CHAINED_FIXUPS, in the formats of 64-bit images without pointer authentication.

Each word to be set tells how far off the next one is (``mach-o/fixup-chains.h``). What dyld refuses is refused
(``MachOAnalyzer::validChainedFixupsInfo``): segments, pages and formats that are not those of the image.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from pinfuse.prover.fault import Fault
from pinfuse.prover.fixups import MASK, WORD, Fixup, Place
from pinfuse.prover.symbols import View
from pinfuse.prover.trie import Bytes

MOST_IMPORTS = 1 << 16
PTR_64, PTR_64_OFFSET = 2, 6
PAGES = (0x1000, 0x4000)
NO_CHAIN, SEVERAL_CHAINS = 0xFFFF, 0x8000
STRIDE = 4
IMPORT, IMPORT_ADDEND, IMPORT_ADDEND_64 = 1, 2, 3
IMPORT_SIZES = {IMPORT: 4, IMPORT_ADDEND: 8, IMPORT_ADDEND_64: 16}
STARTS_SIZE = 22
"""Of ``dyld_chained_starts_in_segment`` up to its list of pages."""


@dataclass(frozen=True, slots=True)
class _Import:
    name: str
    addend: int
    weak: bool
    library: int


def chained(table: bytes, memory: bytes, places: Sequence[Place], preferred: int) -> Iterator[Fixup]:
    """The words of the chains; ``places`` are all segments in order, ``preferred`` the header's address in the file."""
    view = View(table, WORD)
    version, starts, imports, symbols, count, kind, packed = (view.u32_at(4 * number) for number in range(7))
    if version or packed:
        raise Fault("its chained fixups have a version or packing of their own")
    names = _imports(view, imports, symbols, count, kind)
    segments = view.u32_at(starts)
    if segments > len(places):
        raise Fault(f"its chained fixups tell of {segments} segments, and it has {len(places)}")
    formats = set()
    for index in range(segments):
        offset = view.u32_at(starts + 4 + 4 * index)
        if offset:
            segment = _Segment.read(view, starts + offset, places[index])
            formats.add(segment.kind)
            if len(formats) > 1:
                raise Fault("its chained fixups have two pointer formats")
            yield from segment.fixups(memory, preferred, names)


def _imports(view: View, at: int, symbols: int, count: int, kind: int) -> list[_Import]:
    if kind not in IMPORT_SIZES or count > MOST_IMPORTS:
        raise Fault(f"its {count} imports have format {kind}, which the prover does not run")
    size = IMPORT_SIZES[kind]
    found = []
    for number in range(count):
        raw = int.from_bytes(view.bytes_at(at + number * size, size), "little")
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


@dataclass(frozen=True, slots=True)
class _Segment:
    """Where the chains of one segment begin: an offset in each page, or none."""

    place: Place
    kind: int
    page: int
    starts: tuple[int, ...]

    @classmethod
    def read(cls, view: View, at: int, place: Place) -> _Segment:
        """``dyld_chained_starts_in_segment``; raises `Fault` for one of another segment, or of a format not run."""
        head = view.bytes_at(at, STARTS_SIZE)
        size, start = int.from_bytes(head[:4], "little"), int.from_bytes(head[8:16], "little")
        page, kind, pages = (int.from_bytes(head[at : at + 2], "little") for at in (4, 6, 20))
        if kind not in (PTR_64, PTR_64_OFFSET):
            raise Fault(f"its chained fixups have pointer format {kind}, which the prover does not run")
        if start != place.address or page not in PAGES or (pages and (pages - 1) * page >= place.size):
            raise Fault(f"its chained fixups tell of {pages} pages of {page:#x} at {start:#x}, where no segment is so")
        if STARTS_SIZE + 2 * pages > size:
            raise Fault(f"its chained fixups list {pages} pages in {size} bytes")
        raw = view.bytes_at(at + STARTS_SIZE, 2 * pages)
        return cls(place, kind, page, tuple(int.from_bytes(raw[i : i + 2], "little") for i in range(0, 2 * pages, 2)))

    def fixups(self, memory: bytes, preferred: int, names: Sequence[_Import]) -> Iterator[Fixup]:
        """Every word of every chain."""
        for number, first in enumerate(self.starts):
            if first == NO_CHAIN:
                continue
            if first & SEVERAL_CHAINS:
                raise Fault("it has several chains on one page, which no 64-bit image has")
            if first >= self.page:
                raise Fault(f"a chain of fixups begins at {first:#x} of a page of {self.page:#x}")
            start = self.place.address + number * self.page + first
            yield from self._chain(memory, start, preferred if self.kind == PTR_64 else 0, names)

    def _chain(self, memory: bytes, at: int, preferred: int, names: Sequence[_Import]) -> Iterator[Fixup]:
        end = min(self.place.address + self.place.size, len(memory))
        while True:
            if at + WORD > end:
                raise Fault(f"a chain of fixups leaves its segment at {at:#x}")
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
            at += step * STRIDE
