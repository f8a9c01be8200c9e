# SPDX-License-Identifier: MIT
"""Loading: segments mapped with their rights, relocations applied, imports bound to functions of this process."""

from __future__ import annotations

from collections.abc import Callable

from pinfuse.prover.abi import ABSOLUTE, RELATIVE, Abi
from pinfuse.prover.elf import Image as ElfImage
from pinfuse.prover.fault import Fault
from pinfuse.prover.image import PF_R, PF_W, PF_X, Image
from pinfuse.prover.memory import BASE, EXECUTE, PAGE, READ, WRITE, Memory

RIGHTS = ((PF_R, READ), (PF_W, WRITE), (PF_X, EXECUTE))


def load(memory: Memory, image: Image, data: bytes) -> None:
    """Map ``image`` at ``BASE``; ``data`` is its memory with everything relocated and bound."""
    engine = memory.engine
    engine.mem_map(BASE, -(-len(data) // PAGE) * PAGE, READ | WRITE)
    engine.mem_write(BASE, data)
    _protect(memory, 0, len(data), 0)
    for segment in image.segments:
        rights = sum(right for flag, right in RIGHTS if segment.flags & flag)
        _protect(memory, segment.address, segment.address + segment.size, rights)
    for start, size in image.relro:
        _protect(memory, start, (start + size) // PAGE * PAGE, READ)
    memory.learn()


def relocated(abi: Abi, image: ElfImage, bind: Callable[[str], int]) -> bytes:
    """The library's memory with every relocation applied for ``BASE``; each import is bound once. Raises `Fault`."""
    if image.machine != abi.machine or image.word != abi.word or abi.platform:
        raise Fault(f"the library is made for machine {image.machine} with {image.word}-byte words, not for {abi.name}")
    memory, word, bound = bytearray(image.memory), abi.word, dict[str, int]()
    writable = [(s.address, s.address + s.size) for s in image.segments if s.flags & PF_W]
    for relocation in image.relocations:
        kind = abi.relocations.get(relocation.type)
        at, name = relocation.address, relocation.symbol
        if kind is None:
            raise Fault(f"relocation type {relocation.type} at {at:#x} is none of {abi.name} that the prover runs")
        if not any(start <= at and at + word <= end for start, end in writable):
            raise Fault(f"the relocation at {at:#x} changes what is not writable")
        addend = relocation.addend
        if addend is None:
            addend = int.from_bytes(memory[at : at + word], "little")
        if name and not relocation.value and name not in bound:
            bound[name] = bind(name)
        symbol = BASE + relocation.value if relocation.value else bound.get(name, 0)
        value = BASE + addend if kind == RELATIVE else symbol + (addend if kind == ABSOLUTE else 0)
        memory[at : at + word] = (value & ((1 << 8 * word) - 1)).to_bytes(word, "little")
    return bytes(memory)


def _protect(memory: Memory, start: int, end: int, rights: int) -> None:
    low, high = start // PAGE * PAGE, -(-end // PAGE) * PAGE
    if high > low:
        memory.engine.mem_protect(BASE + low, high - low, rights)
