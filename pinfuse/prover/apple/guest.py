# SPDX-License-Identifier: MIT
"""An iOS stub: the dylib out of an app, loaded as dyld does, its exports called."""

from __future__ import annotations

from collections.abc import Container, Sequence

from pinfuse.prover import macho
from pinfuse.prover.abi import Abi
from pinfuse.prover.apple.flows import Flow, Flows
from pinfuse.prover.apple.world import World
from pinfuse.prover.fault import Fault
from pinfuse.prover.guest import Case, Guest, Memory
from pinfuse.prover.machine import Machine
from pinfuse.prover.memory import BASE

OPEN, CHECK, REMEMBER, SETTINGS = "_zqa", "_zqb", "_zqc", "_zqd"
SECRET_SIZE = 32
MOST_MADE = 1 << 16
"""More than ``ZQ_SEALED_MEMORY`` of the stub."""


class AppleGuest(Guest):
    """A loaded ``PFuse``; raises `Fault` for one that cannot be loaded or does not do as it must.

    Its initialisers run when the vault is to be opened: only then is it known which app it is in.
    """

    natives = (OPEN, CHECK, REMEMBER, SETTINGS)
    """What the stub exports for the proof."""

    def __init__(self, abi: Abi, data: bytes, absent: Container[str] = ()) -> None:
        image = macho.read(data)
        super().__init__(Machine(abi), data, image)
        self.exports = image.exports
        missing = [name for name in self.natives if name not in image.exports]
        if missing:
            raise Fault(f"the library exports no {missing[0]}")
        self.world = World(self.machine)
        self.machine.load(image, self.world.functions, self.world.data, absent)
        self.flows = Flows(self.machine, self.world, {name: BASE + at for name, at in image.exports.items()})
        memory = self.machine.memory
        self._verdict, self._size, self._made = (memory.take(bytes(size)) for size in (16, 4, MOST_MADE))
        self._package: str | None = None
        self.machine.keep()
        self.world.keep()

    @staticmethod
    def _read(data: bytes) -> macho.Image:
        return macho.read(data)

    def become(self, data: bytes) -> bool:
        """As of every guest; what the system remembers is forgotten too."""
        if not super().become(data):
            return False
        self.world.reset()
        self._package = None
        return True

    def open(self, package: str, code_path: str, signers: Sequence[bytes]) -> int:
        """``package`` is what the main bundle says; the team is read out of the image by the stub itself."""
        if self._package != package:
            if self._package is not None:
                self.machine.memory.reset()
                self.world.reset()
            self._start(package)
        return self.machine.call(BASE + self.exports[OPEN], "")

    def _start(self, package: str) -> None:
        self._package = self.world.core.bundle_id = package
        self.machine.start()
        self.world.system.run_waiting()

    def restart(self) -> int:
        """End the app and start it again on the same phone; what the native that opens the vault returns."""
        self.machine.memory.reset()
        self.world.restart()
        self._start(self._package or "")
        return self.machine.call(BASE + self.exports[OPEN], "")

    def settings(self) -> bytes | None:
        """``zqd``; None while the vault is closed."""
        size = self.machine.call(BASE + self.exports[SETTINGS], "p", self._verdict)
        memory = self.machine.memory
        return memory.read(memory.word_at(self._verdict), size) if size >= 0 else None

    def check(self, case: Case, *, count: bool = False) -> tuple[int, ...]:
        """``zqb``."""
        self.world.clear()
        return self._said(CHECK, *self._asked(case), count=count)

    def remember(self, case: Case, memory: Memory) -> tuple[tuple[int, ...], bytes | None]:
        """``zqc``; `Fault` for secrets of another size than its contract has."""
        if len(memory.secret) != SECRET_SIZE or len(memory.fresh) != SECRET_SIZE:
            raise Fault(f"a secret and fresh bytes have {SECRET_SIZE} bytes")
        self.world.clear()
        room, sealed = self.machine.memory, memory.sealed
        kept = (room.lay(memory.secret), 0 if sealed is None else room.lay(sealed), len(sealed or b""))
        types, values = self._asked(case)
        self.machine.memory.put_u32(self._size, 0)
        made = (self._made, self._size)
        said = self._said(REMEMBER, f"ppip{types}pp", (*kept, room.lay(memory.fresh), *values, *made))
        size = int.from_bytes(room.read(self._size, 4), "little")
        if size > MOST_MADE:
            raise Fault(f"it made {size} bytes to be remembered")
        return said, room.read(self._made, size) if size else None

    def flow(self, flow: Flow) -> dict[str, object]:
        """What becomes of a session: `pinfuse.prover.apple.flows`."""
        self.world.clear()
        return self.flows.run(flow)

    def _asked(self, case: Case) -> tuple[str, tuple[int, ...]]:
        """Types and values of the arguments that are a question, the verdict's place last."""
        room = self.machine.memory
        places = [room.lay(der) for der in case.chain]
        chain = room.lay(b"".join(at.to_bytes(8, "little") for at in places))
        sizes = room.lay(b"".join(len(der).to_bytes(4, "little") for der in case.chain))
        host = 0 if case.host is None else room.lay(case.host)
        now = case.now & 0xFFFF_FFFF_FFFF_FFFF
        values = (chain, sizes, len(case.chain), host, len(case.host or b""), now, case.flags & 0xFFFF_FFFF)
        return "ppipiqip", (*values, self._verdict)

    def _said(self, name: str, types: str, values: tuple[int, ...], *, count: bool = False) -> tuple[int, ...]:
        memory = self.machine.memory
        memory.write(self._verdict, b"\xff" * 16)
        said = self.machine.call(BASE + self.exports[name], types, *values, count=count)
        raw = memory.read(self._verdict, 16)
        out = tuple(int.from_bytes(raw[at : at + 4], "little", signed=True) for at in range(0, 16, 4))
        if said != out[0]:
            raise Fault(f"it returned {said} and wrote {out[0]}")
        return out
