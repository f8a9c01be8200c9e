# SPDX-License-Identifier: MIT
"""One library in one emulated processor: its functions called, its imports answered."""

from __future__ import annotations

import struct
from collections.abc import Callable, Container, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import unicorn
from unicorn import UcError  # type: ignore[attr-defined]

from pinfuse.prover import dyld, elf, loader, macho
from pinfuse.prover.abi import Abi, places, stack_size
from pinfuse.prover.fault import Fault
from pinfuse.prover.image import PF_X, address_of
from pinfuse.prover.memory import BASE, STACK, STACK_SIZE, TRAPS, TRAPS_SIZE, Memory
from pinfuse.prover.processor import new_processor, set_thread
from pinfuse.prover.registers import Registers

MOST_TRAPS = 200_000
"""Outside functions that one call of the stub may call; each moves at most ``memory.LONGEST_COPY`` bytes."""
TRAP_STEP = 16
RETURN = TRAPS
"""Where every call returns to: nothing runs there."""
PASS, AFTER = TRAPS + TRAPS_SIZE - TRAP_STEP, TRAPS + TRAPS_SIZE - 2 * TRAP_STEP
"""Where a jump leads that has nowhere to go: a plain return; and where a function returns to that `Jump` called."""
STACK_MARGIN = 256
SAVED = 0x5A17_0000
"""What stands in the registers that a function must give back, one more in each."""


@dataclass(frozen=True, slots=True)
class Outside:
    """A function that the library calls and this process answers: argument types (`abi`), and what it does.

    ``run`` gets one unsigned integer an argument and returns an integer, a float for a double, or None for 0.
    With ``jumps`` it may also return a `Jump`.
    """

    name: str
    types: str
    run: Callable[..., Answer]
    jumps: bool = False


@dataclass(frozen=True, slots=True)
class Jump:
    """Go on at a function of the guest, as if it had been called instead; arguments are one word each.

    ``then`` makes the outside function's answer out of that function's result; without it the result is the answer.
    """

    function: int
    values: tuple[int, ...]
    then: Callable[[int], Answer] | None = None


Answer = int | float | Jump | None


@dataclass(frozen=True, slots=True)
class _Plan:
    """Where the arguments of an outside function stand among stack pointer, argument registers and pushed words."""

    words: tuple[tuple[int, ...], ...]
    pushed: int
    """Bytes on the stack."""
    single: tuple[tuple[int, int], ...]
    """Index and mask of each argument, where each is one word."""


def _plan(abi: Abi, types: str) -> _Plan:
    first = 1 + len(abi.arguments)
    words = tuple(
        tuple(1 + p.register if p.register is not None else first + p.offset // abi.word for p in argument)
        for argument in places(abi.name, types)
    )
    masks = [0xFFFFFFFF if kind == "i" else (1 << 8 * abi.word) - 1 for kind in types]
    whole = all(len(argument) == 1 for argument in words)
    single = tuple((argument[0], mask) for argument, mask in zip(words, masks, strict=True)) if whole else ()
    return _Plan(words, stack_size(abi.name, types), single)


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
        self.image: elf.Image | macho.Image
        self.starts: list[int] = []
        """Addresses of the library's initialisers."""
        self._kept = Registers(self.engine, (abi.stack, *abi.saved))
        self._given = Registers(self.engine, (abi.stack, *abi.arguments))
        self._results = Registers(self.engine, abi.results[: 8 // abi.word])
        self._traps: dict[int, tuple[Outside, _Plan]] = {}
        self._trapped = 0
        self._fault: Fault | None = None
        self._undo: list[tuple[int, bytes]] = []
        self._pending: list[tuple[int, Callable[[int], Answer]]] = []
        self.engine.mem_write(TRAPS, abi.returns * (TRAPS_SIZE // len(abi.returns)))
        self.engine.hook_add(unicorn.UC_HOOK_CODE, self._on_trap, begin=RETURN + TRAP_STEP, end=PASS - 1)
        if abi.jump:
            self._set_trap(AFTER, Outside("what a function called", "", self._go_on, jumps=True))

    def load(
        self,
        image: elf.Image | macho.Image,
        functions: Mapping[str, Outside],
        data: Mapping[str, bytes | int],
        absent: Container[str] = (),
    ) -> None:
        """Load a library; ``functions`` and ``data`` are the imports there are, by name; `start` runs initialisers.

        Data is what the variable holds, or its address.
        An import of any other name is a `Fault` when it is called; one in ``absent`` is 0 where that is allowed.
        """

        def bind(name: str, weak: bool = False) -> int:
            if weak and name in absent:
                return 0
            if name in data:
                found = data[name]
                return found if isinstance(found, int) else self.memory.take(found)
            return self.trap(functions.get(name) or Outside(name, "", unknown))

        def unknown() -> int:
            raise Fault("the prover does not know this import")

        if isinstance(image, macho.Image):
            loader.load(self.memory, image, dyld.bound(self.abi, image, bind))
            self.starts = dyld.initialisers(image, self.memory.word_at)
        else:
            loader.load(self.memory, image, loader.relocated(self.abi, image, bind))
            self.starts = [self.memory.word_at(BASE + at) for at in image.initialisers]
        self.image = image

    def start(self) -> None:
        """Run the library's initialisers."""
        for at in self.starts:
            self.call(at, "")

    def trap(self, outside: Outside) -> int:
        """An address that, when called, runs ``outside`` here."""
        at = RETURN + (len(self._traps) + 1) * TRAP_STEP
        if at >= AFTER:
            raise Fault("the library imports more functions than the prover has room for")
        self._set_trap(at, outside)
        return at

    def _set_trap(self, at: int, outside: Outside) -> None:
        self._traps[at] = outside, _plan(self.abi, outside.types)
        if outside.jumps:
            self.engine.mem_write(at, self.abi.jump)

    def call(self, function: int, types: str, *values: int, count: bool = False) -> int:
        """Run a function and give its result as a signed 32-bit number; raises `Fault` whenever it does not return.

        With ``count`` the executed instructions of the library are added to ``instructions``; that costs time.
        """
        value = self.run(function, types, *values, count=count) & 0xFFFFFFFF
        return value - (1 << 32) if value >> 31 else value

    def run(self, function: int, types: str, *values: int, count: bool = False) -> int:
        """`call` for a result that is an unsigned word."""
        kept = self._set_arguments(types, values)
        self._fault, self._trapped = None, 0
        self._pending.clear()
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
        if self._kept.read() != kept:
            raise Fault("it returned with registers changed that belong to its caller")
        return int(self.engine.reg_read(self.abi.results[0]))

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
            at = BASE + address_of(self.image, offset, len(data))
            self._undo.append((at, bytes(self.engine.mem_read(at, len(data)))))
            self._put(at, data)

    def _put(self, at: int, data: bytes) -> None:
        self.engine.mem_write(at, data)
        if any(s.flags & PF_X and s.address <= at - BASE < s.address + s.size for s in self.image.segments):
            self.engine.ctl_flush_tb()

    def _set_arguments(self, types: str, values: tuple[int, ...]) -> list[int]:
        """Ready for a call; stack pointer and saved registers as they must be when it returns."""
        abi, bits = self.abi, 8 * self.abi.word
        top = STACK + STACK_SIZE - STACK_MARGIN - (stack_size(abi.name, types) + 15 & ~15)
        given = [0] * len(abi.arguments)
        for words, value in zip(places(abi.name, types), values, strict=True):
            for index, where in enumerate(words):
                part = value >> bits * index & ((1 << bits) - 1)
                if where.register is None:
                    self.memory.put_word(top + where.offset, part)
                else:
                    given[where.register] = part
        kept = [top, *range(SAVED, SAVED + len(abi.saved))]
        if abi.link is None:
            top -= abi.word
            self.memory.put_word(top, RETURN)
        else:
            self.engine.reg_write(abi.link, RETURN)
        self._kept.write([top, *kept[1:]])
        self._given.write([top, *given])
        return kept

    def _arguments(self, plan: _Plan) -> list[int]:
        """What the guest gives an outside function, as unsigned numbers."""
        given = self._given.read()
        if plan.pushed:
            pushed = self.memory.read(given[0] + (self.abi.word if self.abi.link is None else 0), plan.pushed)
            word = self.abi.word
            given += [int.from_bytes(pushed[at : at + word], "little") for at in range(0, plan.pushed, word)]
        if plan.single:
            return [given[index] & mask for index, mask in plan.single]
        bits = 8 * self.abi.word
        return [sum(given[index] << bits * number for number, index in enumerate(words)) for words in plan.words]

    def _on_trap(self, _engine: Any, at: int, _size: int, _data: Any) -> None:
        if at not in self._traps:
            self._stop(Fault(f"it jumped to {at:#x}"))
            return
        outside, plan = self._traps[at]
        self._trapped += 1
        try:
            if self._trapped > MOST_TRAPS:
                raise Fault(f"more than {MOST_TRAPS} calls of outside functions")
            value: Answer = outside.run(*self._arguments(plan)) or 0
            if outside.jumps:
                value = self._jump(value)
        except Fault as fault:
            self._stop(Fault(f"{outside.name}: {fault}"))
            return
        except Exception as error:  # a stub can call a function with anything, and no fake may end the process
            self._stop(Fault(f"{outside.name} was called with what makes no sense ({error!r:.60})"))
            return
        if not isinstance(value, int):
            self._give_other(value)
            return
        bits = 8 * self.abi.word
        self._results.write([value >> at & ((1 << bits) - 1) for at in range(0, 64, bits)])

    def _give_other(self, value: Answer) -> None:
        """A double, in its register; after a jump nothing is to be given."""
        if isinstance(value, float):
            self.engine.reg_write(self.abi.real, int.from_bytes(struct.pack("<d", value), "little"))

    def _jump(self, value: Answer) -> Answer:
        """Lead the jump that stands at this trap to a function of the guest, or back to the caller."""
        if not isinstance(value, Jump):
            self.engine.reg_write(self.abi.scratch, PASS)
            return value
        abi, stack = self.abi, int(self.engine.reg_read(self.abi.stack))
        for register, argument in zip(abi.arguments, value.values, strict=False):
            self.engine.reg_write(register, argument & ((1 << 8 * abi.word) - 1))
        self.engine.reg_write(abi.scratch, value.function)
        if value.then is not None:
            if abi.link is not None:
                self._pending.append((int(self.engine.reg_read(abi.link)), value.then))
                self.engine.reg_write(abi.link, AFTER)
            else:
                self._pending.append((stack, value.then))
                self.memory.put_word(stack - 2 * abi.word, AFTER)
                self.engine.reg_write(abi.stack, stack - 2 * abi.word)
        return value

    def _go_on(self) -> Answer:
        """The function that a `Jump` called has returned; the outside function's own caller comes next."""
        if not self._pending:
            raise Fault("it returned to where nothing was called")
        before, then = self._pending.pop()
        result = int(self.engine.reg_read(self.abi.results[0]))
        self.engine.reg_write(self.abi.stack if self.abi.link is None else self.abi.link, before)
        return then(result)

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
