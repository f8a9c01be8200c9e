# SPDX-License-Identifier: MIT
"""An Android stub: loaded, its natives registered by ``JNI_OnLoad``, and called."""

from __future__ import annotations

from collections.abc import Sequence

from pinfuse.prover import elf
from pinfuse.prover.abi import Abi
from pinfuse.prover.fault import Fault
from pinfuse.prover.guest import Case, Guest, Memory
from pinfuse.prover.jni import VERSION_1_6, Instance, Ints, Jni
from pinfuse.prover.libc import Libc
from pinfuse.prover.machine import Machine
from pinfuse.prover.memory import BASE

HOLDER = "zqk/N"
OPEN, CHECK = f"{HOLDER}.a(Ljava/lang/Object;[[B)I", f"{HOLDER}.b([[B[BJI[I)I"
REMEMBER = f"{HOLDER}.c([B[B[B[[B[BJI[I)[B"
SETTINGS = f"{HOLDER}.d()[B"
SHOWN = "/data/app/base.apk"
"""The path of the app that the stub sees, whatever the file is called on this machine."""


class AndroidGuest(Guest):
    """A loaded ``libzqk.so``; raises `Fault` for one that cannot be loaded or does not do as it must."""

    natives = (OPEN, CHECK, REMEMBER, SETTINGS)
    """What the stub registers."""

    def __init__(self, abi: Abi, data: bytes) -> None:
        image = elf.read(data)
        super().__init__(Machine(abi), data, image)
        self.libc = Libc(self.machine)
        self.machine.load(image, self.libc.functions, self.libc.data)
        self.machine.start()
        self.jni = Jni(self.machine, frozenset([HOLDER]))
        start = image.symbols.exports().get("JNI_OnLoad")
        if not start:
            raise Fault("the library exports no JNI_OnLoad")
        if self.machine.call(BASE + start, "pp", self.jni.vm, 0) != VERSION_1_6:
            raise Fault("JNI_OnLoad did not give a version")
        missing = [name for name in self.natives if name not in self.jni.natives]
        if missing:
            raise Fault(f"it registered no {missing[0]}")
        self.jni.forget()
        self.machine.keep()

    @staticmethod
    def _read(data: bytes) -> elf.Image:
        return elf.read(data)

    def open(self, package: str, code_path: str, signers: Sequence[bytes]) -> int:
        """``signers`` are what the package manager reports of the file at ``code_path``."""
        self.libc.code_path, self.libc.shown = code_path, SHOWN
        context = Instance("android/app/Application", {"getPackageName": package, "getPackageCodePath": SHOWN})
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
        """The second native."""
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
        """The third native."""
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
