# SPDX-License-Identifier: MIT
"""Everything that one stub meets: the fakes of all frameworks around one machine, and the moment they show."""

from __future__ import annotations

from pinfuse.prover.apple.blocks import Blocks
from pinfuse.prover.apple.corefoundation import CoreFoundation
from pinfuse.prover.apple.objects import Objects
from pinfuse.prover.apple.security import Security
from pinfuse.prover.apple.system import System
from pinfuse.prover.machine import Machine, Outside


class World:
    """The system as a stub sees it."""

    def __init__(self, machine: Machine) -> None:
        self.objects = Objects(machine)
        self.blocks = Blocks(machine, self.objects.retain, self.objects.release)
        self.system = System(machine, self.blocks)
        self.foundation = CoreFoundation(machine, self.objects)
        self.security = Security(machine, self.objects, self.system, self.foundation)
        parts = (self.blocks, self.system, self.foundation, self.security)
        self.functions: dict[str, Outside] = {one.name: one for part in parts for one in part.functions}
        self.data: dict[str, bytes | int] = self.system.data | self.foundation.data | self.security.data
        self._machine = machine
        self._mark = self.objects.mark()

    def keep(self) -> None:
        """Take this moment for the one that `reset` goes back to."""
        self._mark = self.objects.mark()

    def reset(self) -> None:
        """As it was at `keep`: nothing was created, nothing waits."""
        self.objects.back_to(self._mark)
        self.blocks.counts.clear()
        self.system.waiting.clear()
        self.clear()

    def clear(self) -> None:
        """A new question: what was laid before the stub is gone."""
        self.foundation.forget()
        self._machine.memory.clear()

    def at(self, now: int) -> None:
        """Set the clock, Unix seconds."""
        self.foundation.now = now
