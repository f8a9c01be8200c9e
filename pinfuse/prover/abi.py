# SPDX-License-Identifier: MIT
"""What differs between the ABIs of Android and iOS: unicorn's modes and registers, relocations, calling conventions.

Sources: AAPCS64, AAPCS32, System V AMD64 psABI, System V i386 psABI; relocation numbers out of the ELF supplement of
each. Apple: "Writing ARM64 code for Apple platforms"; ``mach-o/loader.h``.

Argument types are letters: ``i`` int, ``p`` pointer, ``z`` size_t or long, ``q`` 64-bit integer.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cache

import unicorn
from unicorn import arm64_const as arm64
from unicorn import arm_const as arm
from unicorn import x86_const as x86

RELATIVE, SYMBOL, ABSOLUTE = "relative", "symbol", "absolute"
"""What a relocation writes: base + addend; the symbol; the symbol + addend."""


@dataclass(frozen=True, slots=True)
class Abi:
    """One ABI; registers are unicorn's numbers, ``word`` is 4 or 8 bytes."""

    name: str
    machine: int
    """``e_machine`` of the ELF header, or ``cputype`` of the mach header."""
    word: int
    arch: int
    mode: int
    arguments: tuple[int, ...]
    """Registers of the first arguments; the others stand on the stack."""
    results: tuple[int, int]
    """Registers of a result; the second for the upper half of 64 bits in 32-bit words."""
    saved: tuple[int, ...]
    """Registers that a function must give back as they were, besides the stack's."""
    stack: int
    counter: int
    link: int | None
    """The register that holds the return address; None when it stands on the stack."""
    pairs: bool
    """64-bit arguments start at an even register or 8-byte stack slot (AAPCS32, 6.5)."""
    returns: bytes
    """The instruction that returns from a function."""
    relocations: dict[int, str]
    platform: int = 0
    """``PLATFORM_*`` of Mach-O; 0 for Android."""
    packed: bool = False
    """Arguments on the stack take as many bytes as they have, not a slot each (Apple's arm64)."""
    real: int = 0
    """The register that holds a double as result."""
    scratch: int = 0
    """A register that a call may change, and that the instruction ``jump`` jumps to."""
    jump: bytes = b""


ABIS = {
    abi.name: abi
    for abi in (
        Abi(
            "arm64-v8a", 183, 8, unicorn.UC_ARCH_ARM64, unicorn.UC_MODE_ARM,
            tuple(arm64.UC_ARM64_REG_X0 + i for i in range(8)),
            (arm64.UC_ARM64_REG_X0, arm64.UC_ARM64_REG_X1),
            (*(arm64.UC_ARM64_REG_X19 + i for i in range(10)), arm64.UC_ARM64_REG_X29),
            arm64.UC_ARM64_REG_SP, arm64.UC_ARM64_REG_PC, arm64.UC_ARM64_REG_LR, False,
            bytes.fromhex("c0035fd6"), {257: ABSOLUTE, 1025: SYMBOL, 1026: SYMBOL, 1027: RELATIVE},
        ),
        Abi(
            "armeabi-v7a", 40, 4, unicorn.UC_ARCH_ARM, unicorn.UC_MODE_ARM,
            tuple(arm.UC_ARM_REG_R0 + i for i in range(4)), (arm.UC_ARM_REG_R0, arm.UC_ARM_REG_R1),
            tuple(arm.UC_ARM_REG_R4 + i for i in range(8)),
            arm.UC_ARM_REG_SP, arm.UC_ARM_REG_PC, arm.UC_ARM_REG_LR, True,
            bytes.fromhex("1eff2fe1"), {2: ABSOLUTE, 21: SYMBOL, 22: SYMBOL, 23: RELATIVE},
        ),
        Abi(
            "x86_64", 62, 8, unicorn.UC_ARCH_X86, unicorn.UC_MODE_64,
            (
                x86.UC_X86_REG_RDI, x86.UC_X86_REG_RSI, x86.UC_X86_REG_RDX,
                x86.UC_X86_REG_RCX, x86.UC_X86_REG_R8, x86.UC_X86_REG_R9,
            ),
            (x86.UC_X86_REG_RAX, x86.UC_X86_REG_RDX),
            (x86.UC_X86_REG_RBX, x86.UC_X86_REG_RBP, *(x86.UC_X86_REG_R12 + i for i in range(4))),
            x86.UC_X86_REG_RSP, x86.UC_X86_REG_RIP, None, False,
            bytes.fromhex("c3"), {1: ABSOLUTE, 6: SYMBOL, 7: SYMBOL, 8: RELATIVE},
        ),
        Abi(
            "x86", 3, 4, unicorn.UC_ARCH_X86, unicorn.UC_MODE_32, (),
            (x86.UC_X86_REG_EAX, x86.UC_X86_REG_EDX),
            (x86.UC_X86_REG_EBX, x86.UC_X86_REG_ESI, x86.UC_X86_REG_EDI, x86.UC_X86_REG_EBP),
            x86.UC_X86_REG_ESP, x86.UC_X86_REG_EIP, None, False,
            bytes.fromhex("c3"), {1: ABSOLUTE, 6: SYMBOL, 7: SYMBOL, 8: RELATIVE},
        ),
    )
}  # fmt: skip
"""Name, as in ``lib/<abi>/`` of an APK → the ABI; iOS has names of its own."""
IOS, IOS_SIMULATOR = 2, 7
_ARM64 = replace(
    ABIS["arm64-v8a"], name="ios-arm64", machine=0x0100_000C, relocations={}, platform=IOS, packed=True,
    saved=(arm64.UC_ARM64_REG_X18, *ABIS["arm64-v8a"].saved),
    real=arm64.UC_ARM64_REG_D0, scratch=arm64.UC_ARM64_REG_X16, jump=bytes.fromhex("00021fd6"),
)  # fmt: skip
_X86_64 = replace(
    ABIS["x86_64"], name="ios-sim-x86_64", machine=0x0100_0007, relocations={}, platform=IOS_SIMULATOR,
    real=x86.UC_X86_REG_XMM0, scratch=x86.UC_X86_REG_R11, jump=bytes.fromhex("41ffe3"),
)  # fmt: skip
APPLE = (_ARM64, replace(_ARM64, name="ios-sim-arm64", platform=IOS_SIMULATOR), _X86_64)
ABIS |= {abi.name: abi for abi in APPLE}


@dataclass(frozen=True, slots=True)
class Place:
    """Where one word of the arguments stands: the index of a register, or an offset from the first stack argument."""

    register: int | None
    offset: int = 0


@cache
def places(name: str, types: str) -> tuple[tuple[Place, ...], ...]:
    """The words of each argument of a function with these types, lowest word first."""
    abi = ABIS[name]
    found: list[tuple[Place, ...]] = []
    register = offset = 0
    for kind in types:
        words = 8 // abi.word if kind == "q" else 1
        if abi.pairs and words == 2:
            register += register & 1
        if register + words <= len(abi.arguments):
            found.append(tuple(Place(register + i) for i in range(words)))
            register += words
            continue
        register = len(abi.arguments)
        if abi.pairs and words == 2:
            offset += offset % 8
        if abi.packed:
            size = 4 if kind == "i" else 8
            offset += -offset % size
            found.append((Place(None, offset),))
            offset += size
            continue
        found.append(tuple(Place(None, offset + i * abi.word) for i in range(words)))
        offset += words * abi.word
    return tuple(found)


@cache
def stack_size(name: str, types: str) -> int:
    """Bytes that the arguments take on the stack."""
    abi = ABIS[name]
    ends = [p.offset + abi.word for words in places(name, types) for p in words if p.register is None]
    return -(-max(ends, default=0) // abi.word) * abi.word
