# SPDX-License-Identifier: MIT
"""The guest's address space: where things stand, reading and writing it, and its heap."""

from __future__ import annotations

from typing import Any

import unicorn
from unicorn import UcError  # type: ignore[attr-defined]

from pinfuse.prover.fault import Fault

PAGE = 0x1000
TRAPS, TRAPS_SIZE = 0x1000_0000, 0x8000
"""Functions that are run outside: each address holds one return instruction."""
STACK, STACK_SIZE = 0x2000_0000, 0x8_0000
HEAP, HEAP_SIZE = 0x3000_0000, 0x4_0000
THREAD, THREAD_SIZE = 0x3800_0000, PAGE
"""What the thread register points into."""
BASE = 0x4000_0000
"""Where the library is loaded; everything lies below 2³¹, so one map serves all ABIs."""
LAID, LAID_SIZE = 0x5800_0000, 8 << 20
"""What is laid before the guest for one question; it may only read there."""
LONGEST_TEXT = 4096
LONGEST_COPY = 1 << 20
READ, WRITE, EXECUTE = unicorn.UC_PROT_READ, unicorn.UC_PROT_WRITE, unicorn.UC_PROT_EXEC


class Memory:
    """Bytes, words and texts of one guest; every method raises `Fault` outside what is mapped."""

    def __init__(self, engine: Any, word: int) -> None:
        self.engine = engine
        self.word = word
        self.rooms: list[tuple[int, int]] = []
        """First address and end of what the guest may write."""
        self._free = HEAP
        self._sizes: dict[int, int] = {}
        self._given: dict[int, list[int]] = {}
        self._laid = 0
        self._start: list[tuple[int, bytes]] = []
        self._start_heap = (HEAP, dict(self._sizes))
        for start, size in ((STACK, STACK_SIZE), (HEAP, HEAP_SIZE), (THREAD, THREAD_SIZE)):
            engine.mem_map(start, size, READ | WRITE)
        engine.mem_map(TRAPS, TRAPS_SIZE, READ | EXECUTE)
        self.learn()

    def learn(self) -> None:
        """Take note of what the guest may write, after mapping or protecting."""
        self.rooms = [(start, last + 1) for start, last, rights in self.engine.mem_regions() if rights & WRITE]

    def read(self, at: int, size: int) -> bytes:
        """``size`` bytes."""
        if not 0 <= size <= LONGEST_COPY:
            raise Fault(f"{size} bytes are to be read at once")
        try:
            return bytes(self.engine.mem_read(at, size)) if size else b""
        except UcError as error:
            raise Fault(f"{size} bytes at {at:#x} are not mapped") from error

    def write(self, at: int, data: bytes) -> None:
        """Put bytes where the guest itself may write."""
        if data and not any(start <= at and at + len(data) <= end for start, end in self.rooms):
            raise Fault(f"{len(data)} bytes at {at:#x} may not be written")
        if data:
            self.engine.mem_write(at, data)

    def word_at(self, at: int) -> int:
        """The unsigned word at an address."""
        return int.from_bytes(self.read(at, self.word), "little")

    def put_word(self, at: int, value: int) -> None:
        """Write a word, cut to its size."""
        self.write(at, (value & ((1 << 8 * self.word) - 1)).to_bytes(self.word, "little"))

    def put_u32(self, at: int, value: int) -> None:
        """Write 32 bits."""
        self.write(at, (value & 0xFFFF_FFFF).to_bytes(4, "little"))

    def text_at(self, at: int, longest: int = LONGEST_TEXT) -> bytes:
        """The bytes before the next 0, which must come within ``longest`` bytes."""
        found = b""
        while len(found) <= longest:
            text, zero, _ = self.read(at + len(found), min(64, PAGE - (at + len(found)) % PAGE)).partition(b"\0")
            found += text
            if zero:
                return found
        raise Fault(f"the text at {at:#x} has no end within {longest} bytes")

    def take(self, data: bytes) -> int:
        """Address of fresh room on the heap that holds ``data``, 16-byte aligned; `Fault` when the heap is used up."""
        size = max(len(data), 1) + 15 & ~15
        again = self._given.get(size)
        if again:
            at = again.pop()
        else:
            at, self._free = self._free, self._free + size
            if self._free > HEAP + HEAP_SIZE:
                raise Fault(f"the stub used up its heap of {HEAP_SIZE} bytes")
        self._sizes[at] = size
        self.engine.mem_write(at, data.ljust(size, b"\0"))
        return at

    def lay(self, data: bytes) -> int:
        """Address of ``data``, 16-byte aligned and read-only for the guest, until `clear`; `Fault` for too much."""
        if not self._laid:
            self.engine.mem_map(LAID, LAID_SIZE, READ)
            self._laid = LAID
        at, self._laid = self._laid, self._laid + len(data) + 16 & ~15
        if self._laid > LAID + LAID_SIZE:
            raise Fault(f"a question has more than {LAID_SIZE} bytes")
        if data:
            self.engine.mem_write(at, data)
        return at

    def clear(self) -> None:
        """Take away what was laid."""
        self._laid = min(self._laid, LAID)

    def size_of(self, at: int) -> int:
        """The size of room that `take` gave; `Fault` for any other address."""
        if at not in self._sizes:
            raise Fault(f"{at:#x} is no room on the heap, or was given back already")
        return self._sizes[at]

    def give(self, at: int) -> None:
        """Give back room that `take` gave."""
        size = self.size_of(at)
        del self._sizes[at]
        self._given.setdefault(size, []).append(at)

    def keep(self) -> None:
        """Take this moment for the one that `reset` goes back to."""
        self._start = [(s, bytes(self.engine.mem_read(s, end - s))) for s, end in self.rooms if s != STACK]
        self._start_heap = (self._free, dict(self._sizes))
        self._given.clear()

    def reset(self) -> None:
        """Everything that the guest may write as it was at `keep`; an empty stack."""
        for at, data in self._start:
            self.engine.mem_write(at, data)
        self.engine.mem_write(STACK, bytes(STACK_SIZE))
        self._free, self._sizes = self._start_heap[0], dict(self._start_heap[1])
        self._given.clear()
