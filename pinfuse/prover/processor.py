# SPDX-License-Identifier: MIT
"""A processor as the system leaves it to an app: vector unit on, thread register set, stack protector's value there.

bionic keeps the protector's value in slot 5 of the thread's table (``libc/private/bionic_asm_tls.h``); on Apple's
systems it is a variable of libSystem.
"""

from __future__ import annotations

import struct
from typing import Any

import unicorn
from unicorn import Uc  # type: ignore[attr-defined]
from unicorn import arm64_const as arm64
from unicorn import arm_const as arm
from unicorn import x86_const as x86

from pinfuse.prover.abi import IOS_SIMULATOR, Abi
from pinfuse.prover.memory import PAGE, THREAD, THREAD_SIZE

Emulator: Any = Uc
"""The binding has no types."""
CODE_CACHE = 8 << 20
"""Bytes of translated code; unicorn's own choice is far larger."""
POINTER = THREAD + THREAD_SIZE // 2
GUARD = 0x5F3C_91A7_6E2B_D800
"""The stack protector's value: its lowest byte is 0, as bionic makes it."""
GUARD_SLOT = 5

CP10_CP11, VFP_ENABLE, FP_ENABLE_64 = 0xF << 20, 1 << 30, 3 << 20
"""CPACR and FPEXC.EN of the Arm architecture manuals (B4.1.40, B6.1.38), CPACR_EL1.FPEN (D17.2.37)."""
GDT, GDT_FLAT_DATA, GDT_FLAT_CODE = 0x3900_0000, 0x92, 0x9A
GDT_32_BIT_PAGES = 0xC
FLAT, CODE_AT, DATA_AT, THREAD_AT = 0xFFFFF, 1, 2, 3


def new_processor(abi: Abi) -> Any:
    """A fresh unicorn engine; the page at ``THREAD`` is not mapped yet (`set_thread` does the rest)."""
    engine = Emulator(abi.arch, abi.mode)
    engine.ctl_set_tcg_buffer_size(CODE_CACHE)
    if abi.arch == unicorn.UC_ARCH_ARM:
        engine.ctl_set_cpu_model(arm.UC_CPU_ARM_CORTEX_A15)
        access = engine.reg_read(arm.UC_ARM_REG_C1_C0_2)
        engine.reg_write(arm.UC_ARM_REG_C1_C0_2, access | CP10_CP11)
        engine.reg_write(arm.UC_ARM_REG_FPEXC, VFP_ENABLE)
    if abi.platform == IOS_SIMULATOR and abi.arch == unicorn.UC_ARCH_ARM64:  # a Mac; devices run Armv8.0 code
        engine.ctl_set_cpu_model(arm64.UC_CPU_ARM64_MAX)
    if abi.arch == unicorn.UC_ARCH_ARM64:
        access = engine.reg_read(arm64.UC_ARM64_REG_CPACR_EL1)
        engine.reg_write(arm64.UC_ARM64_REG_CPACR_EL1, access | FP_ENABLE_64)
    return engine


def set_thread(engine: Any, abi: Abi) -> None:
    """Point the thread register at the mapped page ``THREAD`` and put the stack protector's value there."""
    word = abi.word
    engine.mem_write(POINTER, POINTER.to_bytes(word, "little"))
    if abi.platform:
        _set_apple_thread(engine, abi)
        return
    engine.mem_write(POINTER + GUARD_SLOT * word, guard(abi))
    if abi.name == "arm64-v8a":
        engine.reg_write(arm64.UC_ARM64_REG_TPIDR_EL0, POINTER)
    elif abi.name == "armeabi-v7a":
        engine.reg_write(arm.UC_ARM_REG_C13_C0_3, POINTER)
    elif abi.name == "x86_64":
        engine.reg_write(x86.UC_X86_REG_FS_BASE, POINTER)
    else:
        _set_segments(engine)


def _set_apple_thread(engine: Any, abi: Abi) -> None:
    """The table of the thread's variables: TPIDRRO_EL0, or %gs (libsyscall, ``os/tsd.h``)."""
    if abi.arch == unicorn.UC_ARCH_ARM64:
        engine.reg_write(arm64.UC_ARM64_REG_TPIDRRO_EL0, POINTER)
    else:
        engine.reg_write(x86.UC_X86_REG_GS_BASE, POINTER)


def guard(abi: Abi) -> bytes:
    """The stack protector's value, one word."""
    return (GUARD & ((1 << 8 * abi.word) - 1)).to_bytes(abi.word, "little")


def _set_segments(engine: Any) -> None:
    """On x86 the thread register is %gs, a segment, and segments need descriptors (Intel SDM 3A, 3.4.5)."""
    table = bytearray(8)
    for base, kind in ((0, GDT_FLAT_CODE), (0, GDT_FLAT_DATA), (POINTER, GDT_FLAT_DATA)):
        table += struct.pack(
            "<HHBBBB",
            FLAT & 0xFFFF,
            base & 0xFFFF,
            base >> 16 & 0xFF,
            kind,
            GDT_32_BIT_PAGES << 4 | FLAT >> 16,
            base >> 24,
        )
    engine.mem_map(GDT, PAGE, unicorn.UC_PROT_READ)
    engine.mem_write(GDT, bytes(table))
    engine.reg_write(x86.UC_X86_REG_GDTR, (0, GDT, len(table) - 1, 0))
    for register, index in (
        (x86.UC_X86_REG_CS, CODE_AT),
        (x86.UC_X86_REG_DS, DATA_AT),
        (x86.UC_X86_REG_ES, DATA_AT),
        (x86.UC_X86_REG_SS, DATA_AT),
        (x86.UC_X86_REG_GS, THREAD_AT),
    ):
        engine.reg_write(register, index << 3)
