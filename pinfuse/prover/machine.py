# SPDX-License-Identifier: MIT
"""One library in one emulated processor: its functions called, its imports answered."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import unicorn
from unicorn import UcError  # type: ignore[attr-defined]

from pinfuse.prover import loader
from pinfuse.prover.abi import Abi, places, stack_size
from pinfuse.prover.elf import PF_X, Image
from pinfuse.prover.fault import Fault
from pinfuse.prover.memory import BASE, STACK, STACK_SIZE, TRAPS, TRAPS_SIZE, Memory
from pinfuse.prover.processor import new_processor, set_thread

MOST_TRAPS = 200_000
"""Outside functions that one call of the stub may call; each moves at most ``memory.LONGEST_COPY`` bytes."""
TRAP_STEP = 16
RETURN = TRAPS
"""Where every call returns to: nothing runs there."""
STACK_MARGIN = 256


@dataclass(frozen=True, slots=True)
class Outside:
    """A function that the library calls and this process answers: argument types (`abi`), and what it does.

    ``run`` gets one unsigned integer an argument and returns an integer, or None for 0.
    """

    name: str
    types: str
    run: Callable[..., int | None]


class Machine:
    """An emulated processor that `load` fills with one library."""

    def __init__(self, abi: Abi) -> None:
        self.abi = abi
        self.limit = 0
        """Instructions of one call; 0 for none but the time that ``__main__`` gives a request: counting triples it."""
        self.engine: Any = new_processor(abi)
        self.memory = Memory(self.engine, abi.word)
        set_thread(self.engine, abi)
        self.instructions = 0
        self.image: Image
        self._traps: dict[int, Outside] = {}
        self._trapped = 0
        self._fault: Fault | None = None
        self._undo: list[tuple[int, bytes]] = []
        self.engine.mem_write(TRAPS, abi.returns * (TRAPS_SIZE // len(abi.returns)))
        self.engine.hook_add(
            unicorn.UC_HOOK_CODE, self._on_trap, begin=RETURN + TRAP_STEP, end=TRAPS + TRAPS_SIZE - 1
        )

    def load(self, image: Image, functions: Mapping[str, Outside], data: Mapping[str, bytes]) -> None:
        """Load a library and run its initialisers; ``functions`` and ``data`` are the imports there are, by name.

        An import of any other name is a `Fault` when it is called.
        """

        def bind(name: str) -> int:
            if name in data:
                return self.memory.take(data[name])
            return self.trap(functions.get(name) or Outside(name, "", unknown))

        def unknown() -> int:
            raise Fault("the prover does not know this import")

        loader.load(self.memory, self.abi, image, bind)
        self.image = image
        for at in image.initialisers:
            self.call(self.memory.word_at(BASE + at), "")

    def trap(self, outside: Outside) -> int:
        """An address that, when called, runs ``outside`` here."""
        at = RETURN + (len(self._traps) + 1) * TRAP_STEP
        if at + TRAP_STEP > TRAPS + TRAPS_SIZE:
            raise Fault("the library imports more functions than the prover has room for")
        self._traps[at] = outside
        return at

    def call(self, function: int, types: str, *values: int, count: bool = False) -> int:
        """Run a function and give its result as a signed 32-bit number; raises `Fault` whenever it does not return.

        With ``count`` the executed instructions of the library are added to ``instructions``; that costs time.
        """
        self._set_arguments(types, values)
        self._fault, self._trapped = None, 0
        hook = self._start_counting() if count else None
        try:
            self.engine.emu_start(function, RETURN, count=self.limit)
        except UcError as error:
            raise self._fault or Fault(f"{error} at {self._where()}") from error
        finally:
            if hook is not None:
                self.engine.hook_del(hook)
                self.engine.ctl_flush_tb()
        if self._fault:
            raise self._fault
        if self.engine.reg_read(self.abi.counter) != RETURN:
            raise Fault(f"it ran for {self.limit} instructions without an end, at {self._where()}")
        value = int(self.engine.reg_read(self.abi.results[0])) & 0xFFFFFFFF
        return value - (1 << 32) if value >> 31 else value

    def keep(self) -> None:
        """Take this moment for the one that `reset` goes back to."""
        self.memory.keep()

    def reset(self) -> None:
        """Back to the moment of `keep`, every altered byte put back."""
        while self._undo:
            self._put(*self._undo.pop())
        self.memory.reset()

    def alter(self, changes: Iterable[tuple[int, bytes]]) -> None:
        """Write bytes at offsets *of the file* into the loaded library, until `reset`."""
        for offset, data in changes:
            at = BASE + self.image.address_of(offset, len(data))
            self._undo.append((at, bytes(self.engine.mem_read(at, len(data)))))
            self._put(at, data)

    def _put(self, at: int, data: bytes) -> None:
        self.engine.mem_write(at, data)
        if any(s.flags & PF_X and s.address <= at - BASE < s.address + s.size for s in self.image.segments):
            self.engine.ctl_flush_tb()

    def _set_arguments(self, types: str, values: tuple[int, ...]) -> None:
        abi, bits = self.abi, 8 * self.abi.word
        top = STACK + STACK_SIZE - STACK_MARGIN - (stack_size(abi.name, types) + 15 & ~15)
        for words, value in zip(places(abi.name, types), values, strict=True):
            for index, where in enumerate(words):
                part = value >> bits * index & ((1 << bits) - 1)
                if where.register is None:
                    self.memory.put_word(top + where.offset, part)
                else:
                    self.engine.reg_write(abi.arguments[where.register], part)
        if abi.link is None:
            top -= abi.word
            self.memory.put_word(top, RETURN)
        else:
            self.engine.reg_write(abi.link, RETURN)
        self.engine.reg_write(abi.stack, top)

    def _arguments(self, types: str) -> list[int]:
        """What the guest gives an outside function, as unsigned numbers."""
        abi = self.abi
        stack = self.engine.reg_read(abi.stack) + (abi.word if abi.link is None else 0)
        found = []
        for kind, words in zip(types, places(abi.name, types), strict=True):
            value = 0
            for index, where in enumerate(words):
                if where.register is None:
                    part = self.memory.word_at(stack + where.offset)
                else:
                    part = self.engine.reg_read(abi.arguments[where.register])
                value |= part << 8 * abi.word * index
            found.append(value & 0xFFFFFFFF if kind == "i" else value)
        return found

    def _on_trap(self, _engine: Any, at: int, _size: int, _data: Any) -> None:
        outside = self._traps.get(at)
        if outside is None:
            self._stop(Fault(f"it jumped to {at:#x}"))
            return
        self._trapped += 1
        try:
            if self._trapped > MOST_TRAPS:
                raise Fault(f"more than {MOST_TRAPS} calls of outside functions")
            value = outside.run(*self._arguments(outside.types)) or 0
        except Fault as fault:
            self._stop(Fault(f"{outside.name}: {fault}"))
            return
        bits = 8 * self.abi.word
        for index, register in enumerate(self.abi.results[: 64 // bits]):
            self.engine.reg_write(register, value >> bits * index & ((1 << bits) - 1))

    def _stop(self, fault: Fault) -> None:
        self._fault = fault
        self.engine.emu_stop()

    def _start_counting(self) -> Any:
        self.engine.ctl_flush_tb()
        end = BASE + len(self.image.memory) - 1
        return self.engine.hook_add(unicorn.UC_HOOK_CODE, self._on_instruction, begin=BASE, end=end)

    def _on_instruction(self, _engine: Any, _at: int, _size: int, _data: Any) -> None:
        self.instructions += 1

    def _where(self) -> str:
        counter = self.engine.reg_read(self.abi.counter)
        inside = BASE <= counter < BASE + len(self.image.memory)
        return f"{counter - BASE:#x} of the library" if inside else f"{counter:#x}"
