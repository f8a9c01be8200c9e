# SPDX-License-Identifier: MIT
"""What dyld does with a dylib before it runs: is it for this system at all, fixups applied, initialisers found."""

from __future__ import annotations

from collections.abc import Callable

from pinfuse.prover.abi import Abi
from pinfuse.prover.fault import Fault
from pinfuse.prover.image import PF_W, PF_X
from pinfuse.prover.macho import (
    DYLIB,
    MOST_INITIALISERS,
    SECTION_TYPE,
    SUBTYPE_ARM64E,
    SUBTYPE_MASK,
    THREAD_LOCALS,
    Image,
)
from pinfuse.prover.memory import BASE, PAGE

WORD = 8
MASK = 0xFFFF_FFFF_FFFF_FFFF


def bound(abi: Abi, image: Image, bind: Callable[[str, bool], int]) -> bytes:
    """The image's memory with every fixup applied for ``BASE``; raises `Fault`.

    ``bind`` gives the address of an import, by its C name (without the underscore) and whether it may be absent.
    """
    _check(abi, image)
    memory, known = bytearray(image.memory), dict[str, int]()
    writable = [(s.address, s.address + s.size) for s in image.segments if s.flags & PF_W]
    for one in image.fixups:
        if not any(start <= one.address and one.address + WORD <= end for start, end in writable):
            raise Fault(f"the fixup at {one.address:#x} changes what is not writable")
        value = BASE + one.value
        if one.symbol:
            if one.symbol not in known:
                known[one.symbol] = bind(one.symbol.removeprefix("_"), one.weak)
            value = known[one.symbol] + one.value if known[one.symbol] else 0
        memory[one.address : one.address + WORD] = (value & MASK).to_bytes(WORD, "little")
    return bytes(memory)


def initialisers(image: Image, word_at: Callable[[int], int]) -> list[int]:
    """Addresses of the functions to run, once the image is mapped; raises `Fault` for one that is no code of it."""
    starts = [word_at(BASE + at) for table, size in image.initialisers() for at in range(table, table + size - 7, WORD)]
    starts += [BASE + at for at in image.initialiser_offsets()]
    code = [(BASE + s.address, BASE + s.address + s.size) for s in image.segments if s.flags & PF_X]
    if len(starts) > MOST_INITIALISERS:
        raise Fault(f"the library has {len(starts)} initialisers")
    for at in starts:
        if not any(start <= at < end for start, end in code):
            raise Fault(f"the initialiser at {at:#x} is no code of the library")
    return starts


def _check(abi: Abi, image: Image) -> None:
    if image.cpu != abi.machine or image.platform != abi.platform:
        raise Fault(f"the library is made for processor {image.cpu:#x} and platform {image.platform}, not {abi.name}")
    if image.cpu == 0x0100_000C and image.subtype & SUBTYPE_MASK == SUBTYPE_ARM64E:
        raise Fault("the library is made for arm64e, whose pointers are signed")
    if image.kind != DYLIB:
        raise Fault("the Mach-O image is no dylib")
    if image.encrypted:
        raise Fault("the library is encrypted, as copies out of the App Store are")
    if image.routines or any(s.flags & SECTION_TYPE in THREAD_LOCALS for s in image.sections):
        raise Fault("the library has LC_ROUTINES or variables of threads, which the prover does not run")
    if any(s.address % PAGE for s in image.segments):
        raise Fault("a segment does not begin on a page")
