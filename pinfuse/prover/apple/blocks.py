# SPDX-License-Identifier: MIT
"""Blocks: those of the stub copied, called and given back; those of the app made here (``Block-ABI-Apple``, LLVM)."""

from __future__ import annotations

from collections.abc import Callable

from pinfuse.prover.fault import Fault
from pinfuse.prover.machine import Answer, Jump, Machine, Outside

INVOKE_AT, DESCRIPTOR_AT = 16, 24
SIZE_AT, COPY_AT, DISPOSE_AT = 8, 16, 24
HAS_COPY_DISPOSE, IS_GLOBAL = 1 << 25, 1 << 28
FLAGS_AT = 8
IS_OBJECT, IS_BLOCK, IS_BYREF, IS_WEAK, KIND = 3, 7, 8, 16, 0x1F
LARGEST = 4096


class Blocks:
    """The blocks of one guest. ``retain`` and ``release`` are those of objects."""

    def __init__(self, machine: Machine, retain: Callable[[int], int], release: Callable[[int], None]) -> None:
        self._machine, self._memory = machine, machine.memory
        self._retain, self._release = retain, release
        self.counts: dict[int, int] = {}
        """Address of each block on the heap → references."""
        self.classes = {name: machine.memory.take(bytes(64)) for name in ("global", "stack", "heap")}
        self._descriptor = machine.memory.take((0).to_bytes(8, "little") + (32).to_bytes(8, "little"))
        self.functions = [
            Outside("_Block_copy", "p", self.copy, jumps=True),
            Outside("_Block_release", "p", self.dispose, jumps=True),
            Outside("_Block_object_assign", "ppi", self._assign, jumps=True),
            Outside("_Block_object_dispose", "pi", self._dispose_field, jumps=True),
        ]

    def make(self, name: str, types: str, run: Callable[..., Answer]) -> int:
        """A block of the app: ``types`` are those of its arguments behind the block itself."""
        invoke = self._machine.trap(Outside(name, f"p{types}", lambda _, *values: run(*values), jumps=True))
        words = (self.classes["global"], IS_GLOBAL, invoke, self._descriptor)
        return self._memory.take(b"".join(word.to_bytes(8, "little") for word in words))

    def invoke(self, block: int, *values: int) -> Jump:
        """Call a block."""
        return Jump(self.function(block), (block, *values))

    def answer(self, block: int, times: int, *values: int) -> Answer:
        """Keep a block, call it so many times, and give it back, as an app does that answers later."""

        def go_on(at: int, left: int) -> Answer:
            if not left:
                return self.dispose(at)
            return Jump(self.function(at), (at, *values), lambda _: go_on(at, left - 1))

        return self.copy(block, lambda at: go_on(at, times))

    def function(self, block: int) -> int:
        """The address of a block's code; `Fault` for what is none."""
        if self._memory.word_at(block) not in self.classes.values():
            raise Fault(f"{block:#x} is no block")
        return self._memory.word_at(block + INVOKE_AT)

    def copy(self, block: int, then: Callable[[int], Answer] | None = None) -> Answer:
        """``_Block_copy``; ``then`` goes on with the copy's address."""
        if not block:
            return then(0) if then else 0
        self.function(block)
        flags = self._memory.word_at(block + FLAGS_AT) & 0xFFFF_FFFF
        if flags & IS_GLOBAL or block in self.counts:
            if block in self.counts:
                self.counts[block] += 1
            return then(block) if then else block
        descriptor = self._memory.word_at(block + DESCRIPTOR_AT)
        size = self._memory.word_at(descriptor + SIZE_AT)
        if not 32 <= size <= LARGEST:
            raise Fault(f"a block has {size} bytes")
        at = self._memory.take(self._memory.read(block, size))
        self._memory.put_word(at, self.classes["heap"])
        self.counts[at] = 1

        def done(_: int) -> Answer:
            return then(at) if then else at

        if flags & HAS_COPY_DISPOSE:
            return Jump(self._memory.word_at(descriptor + COPY_AT), (at, block), done)
        return done(0)

    def dispose(self, block: int) -> Answer:
        """``_Block_release``."""
        if block and block not in self.counts and not self._memory.word_at(block + FLAGS_AT) & IS_GLOBAL:
            raise Fault("a block is released that was never copied, or once too often")
        if block not in self.counts:
            return 0
        self.counts[block] -= 1
        if self.counts[block]:
            return 0
        del self.counts[block]

        def free(_: int) -> Answer:
            self._memory.give(block)
            return 0

        flags = self._memory.word_at(block + FLAGS_AT)
        if flags & HAS_COPY_DISPOSE:
            descriptor = self._memory.word_at(block + DESCRIPTOR_AT)
            return Jump(self._memory.word_at(descriptor + DISPOSE_AT), (block,), free)
        return free(0)

    def _assign(self, to: int, value: int, flags: int) -> Answer:
        """What a copied block captures: an object is retained, a block copied, a ``__block`` variable moved."""
        kind = flags & KIND & ~IS_WEAK
        if kind == IS_BLOCK:
            return self.copy(value, lambda at: self._memory.put_word(to, at))
        if kind == IS_BYREF:
            raise Fault("the stub has a __block variable, which the prover does not run")
        self._memory.put_word(to, value)
        if value and not flags & IS_WEAK:
            self._retain(value)
        return 0

    def _dispose_field(self, value: int, flags: int) -> Answer:
        kind = flags & KIND & ~IS_WEAK
        if kind == IS_BLOCK:
            return self.dispose(value) if value else 0
        if value and kind == IS_OBJECT and not flags & IS_WEAK:
            self._release(value)
        return 0
