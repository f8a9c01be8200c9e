# SPDX-License-Identifier: MIT
"""Everything that one stub meets: the fakes of all frameworks around one machine, and the moment they show."""

from __future__ import annotations

from pinfuse.prover.apple.blocks import Blocks
from pinfuse.prover.apple.corefoundation import CoreFoundation
from pinfuse.prover.apple.foundation import Foundation
from pinfuse.prover.apple.interface import Interface
from pinfuse.prover.apple.objc import Runtime
from pinfuse.prover.apple.objects import Objects
from pinfuse.prover.apple.security import Security
from pinfuse.prover.apple.store import Store
from pinfuse.prover.apple.system import System
from pinfuse.prover.machine import Machine, Outside


class World:
    """The system as a stub sees it."""

    def __init__(self, machine: Machine) -> None:
        self.objects = Objects(machine)
        self.blocks = Blocks(machine, self.objects.retain, self.objects.release)
        self.system = System(machine, self.blocks)
        self.core = CoreFoundation(machine, self.objects)
        self.security = Security(machine, self.objects, self.system, self.core)
        self.store = Store(machine, self.objects)
        self.runtime = Runtime(machine, self.objects, self.blocks)
        self.foundation = Foundation(self.runtime, self.objects, self.system)
        self.interface = Interface(self.runtime, self.objects, self.blocks)
        parts = (self.blocks, self.system, self.core, self.security, self.store, self.runtime)
        self.functions: dict[str, Outside] = {one.name: one for part in parts for one in part.functions}
        self.data: dict[str, bytes | int] = self.system.data | self.core.data | self.security.data | self.store.data
        self._machine = machine
        self._mark = self.objects.mark()

    def keep(self) -> None:
        """Take this moment for the one that `reset` goes back to."""
        self._mark = self.objects.mark()
        self.runtime.keep()
        self.runtime.reset()

    def restart(self) -> None:
        """The app was ended: what it created is gone, files and Keychain stay."""
        self.objects.back_to(self._mark)
        self.blocks.counts.clear()
        self.system.forget()
        self.runtime.reset()
        self.foundation.forget()
        self.interface.forget()
        self.store.close_all()
        self.clear()

    def reset(self) -> None:
        """As it was at `keep`: another phone."""
        self.store.forget()
        self.restart()

    def clear(self) -> None:
        """A new question: what was laid before the stub is gone."""
        self.core.forget()
        self.interface.clear()
        self._machine.memory.clear()

    def at(self, now: int) -> None:
        """Set the clock, Unix seconds."""
        self.core.now = now
