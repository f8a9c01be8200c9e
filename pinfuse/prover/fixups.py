# SPDX-License-Identifier: MIT
"""What dyld changes in a Mach-O image before it runs: addresses moved with it, and imports bound.

Here the opcodes of LC_DYLD_INFO (``mach-o/loader.h``, ``REBASE_*`` and ``BIND_*``); the other form is `chains`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from pinfuse.prover.fault import Fault
from pinfuse.prover.trie import Bytes

MOST_FIXUPS = 1 << 20
MASK = 0xFFFF_FFFF_FFFF_FFFF
WORD = 8
POINTER, WEAK_IMPORT = 1, 1


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
