# SPDX-License-Identifier: MIT
"""One stub as a phone would run it: loaded, its natives registered by ``JNI_OnLoad``, and called."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from pinfuse.prover import elf
from pinfuse.prover.abi import ABIS
from pinfuse.prover.fault import Fault
from pinfuse.prover.jni import VERSION_1_6, Instance, Ints, Jni
from pinfuse.prover.libc import Libc
from pinfuse.prover.machine import Machine
from pinfuse.prover.memory import BASE

BLOCK = 256
HOLDER = "zqk/N"
OPEN, CHECK = f"{HOLDER}.a(Ljava/lang/Object;[[B)I", f"{HOLDER}.b([[B[BJI[I)I"
REMEMBER = f"{HOLDER}.c([B[B[B[[B[BJI[I)[B"
SETTINGS = f"{HOLDER}.d()[B"
NATIVES = (OPEN, CHECK, REMEMBER, SETTINGS)
"""What the stub registers."""


@dataclass(frozen=True, slots=True)
class Memory:
    """What the app keeps of hosts that it met: this install's secret, the sealed memory or None, and fresh bytes."""

    secret: bytes
    sealed: bytes | None
    fresh: bytes


@dataclass(frozen=True, slots=True)
class Case:
    """One question: DER certificates, host or None, Unix seconds, flags."""

    chain: tuple[bytes, ...]
    host: bytes | None
    now: int
    flags: int


class Guest:
    """A loaded stub; raises `Fault` for one that cannot be loaded or does not do as it must."""

    def __init__(self, abi: str, data: bytes) -> None:
        if abi not in ABIS:
            raise Fault(f"there is no ABI {abi!r}")
        self.machine = Machine(ABIS[abi])
        self.libc = Libc(self.machine)
        image = elf.read(data)
        self.machine.load(image, self.libc.functions, self.libc.data)
        self.jni = Jni(self.machine, frozenset([HOLDER]))
        start = image.symbols.exports().get("JNI_OnLoad")
        if not start:
            raise Fault("the library exports no JNI_OnLoad")
        if self.machine.call(BASE + start, "pp", self.jni.vm, 0) != VERSION_1_6:
            raise Fault("JNI_OnLoad did not give a version")
        missing = [name for name in NATIVES if name not in self.jni.natives]
        if missing:
            raise Fault(f"it registered no {missing[0]}")
        self.jni.forget()
        self._data, self._image = data, image
        self.machine.keep()

    def become(self, data: bytes) -> bool:
        """Start again as a library that differs in nothing but constants, code translated once; False if it is not.

        ``JNI_OnLoad`` is not run again, so what differs must be what it never reads: bytes of segments that are
        neither executed, written nor relocated, of which the well is one.
        """
        if len(data) != len(self._data):
            return False
        changes = list(_differences(self._data, data))
        if not all(self._is_constant(offset, len(part)) for offset, part in changes):
            return False
        if _shape(elf.read(data)) != _shape(self._image):
            return False
        self.machine.reset()
        self.machine.alter(changes)
        return True

    def _is_constant(self, offset: int, size: int) -> bool:
        for segment in self._image.segments:
            if segment.offset <= offset and offset + size <= segment.offset + segment.file_size:
                return not segment.flags & (elf.PF_W | elf.PF_X)
        return False

    def open(self, package: str, code_path: str, signers: Sequence[bytes]) -> int:
        """What the native that opens the vault returns: 0 when it is open."""
        self.libc.code_path = code_path
        context = Instance("android/app/Application", {"getPackageName": package, "getPackageCodePath": code_path})
        try:
            values = (self.jni.hold(context), self.jni.hold(list(signers)))
            return self.machine.call(self.jni.natives[OPEN], "pppp", self.jni.env, 0, *values)
        finally:
            self.libc.close_all()
            self.jni.forget()

    def settings(self) -> bytes | None:
        """What the native that hands out the settings returns; None for null."""
        try:
            return self.jni.made(self.machine.call(self.jni.natives[SETTINGS], "pp", self.jni.env, 0))
        finally:
            self.jni.forget()

    def check(self, case: Case, *, count: bool = False) -> tuple[int, ...]:
        """Verdict, reason, certificate, pin; `Fault` where the returned verdict is another than the written one."""
        out = Ints([-1, -1, -1, -1])
        try:
            hold = self.jni.hold
            values = (hold(list(case.chain)), hold(case.host), case.now, case.flags & 0xFFFFFFFF, hold(out))
            said = self.machine.call(self.jni.natives[CHECK], "ppppqip", self.jni.env, 0, *values, count=count)
        finally:
            self.jni.forget()
        if said != out.values[0]:
            raise Fault(f"it returned {said} and wrote {out.values[0]}")
        return tuple(out.values)

    def remember(self, case: Case, memory: Memory) -> tuple[tuple[int, ...], bytes | None]:
        """The verdict on a session whose host is trusted on first use, and the memory to be kept, if it is another."""
        out = Ints([-1, -1, -1, -1])
        try:
            hold = self.jni.hold
            kept = (hold(memory.secret), hold(memory.sealed), hold(memory.fresh))
            asked = (hold(list(case.chain)), hold(case.host), case.now, case.flags & 0xFFFFFFFF, hold(out))
            values = (self.jni.env, 0, *kept, *asked)
            made = self.jni.made(self.machine.call(self.jni.natives[REMEMBER], "pppppppqip", *values))
        finally:
            self.jni.forget()
        return tuple(out.values), made


def _differences(one: bytes, other: bytes) -> Iterator[tuple[int, bytes]]:
    """Offsets and new bytes of the runs that differ between two files of one length, at most one in each block."""
    for start in range(0, len(one), BLOCK):
        old, new = one[start : start + BLOCK], other[start : start + BLOCK]
        if old != new:
            places = [at for at in range(len(old)) if old[at] != new[at]]
            yield start + places[0], new[places[0] : places[-1] + 1]


def _shape(image: elf.Image) -> tuple[object, ...]:
    """All that a loader takes from a file but the bytes themselves."""
    fixed = (image.machine, image.word, image.segments, image.relro, image.relocations, image.initialisers)
    return (*fixed, image.symbols.exports())
