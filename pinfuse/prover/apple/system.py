# SPDX-License-Identifier: MIT
"""libSystem as far as the stub calls it: memory, time, locks, queues; and the queue of what runs later."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

from pinfuse.prover.apple.blocks import Blocks
from pinfuse.prover.fault import Fault
from pinfuse.prover.machine import Answer, Machine, Outside
from pinfuse.prover.processor import guard

MOST_LATER = 256


@dataclass(frozen=True, slots=True)
class Later:
    """A block to be called and given back, or (``block`` 0) a function."""

    block: int
    function: int
    values: tuple[int, ...]


class System:
    """Functions and variables by their C names; ``now`` is the clock in Unix seconds."""

    def __init__(self, machine: Machine, blocks: Blocks) -> None:
        self._machine, self.blocks = machine, blocks
        self.now = 0
        self.waiting: deque[Later] = deque()
        self._release = machine.trap(Outside("_Block_release", "p", blocks.dispose, jumps=True))
        self.functions = [
            Outside("dyld_stub_binder", "", _never),
            Outside("__stack_chk_fail", "", _smashed),
        ]
        self.data: dict[str, bytes | int] = {
            "__stack_chk_guard": guard(machine.abi),
            "_NSConcreteStackBlock": blocks.classes["stack"],
            "_NSConcreteGlobalBlock": blocks.classes["global"],
        }

    def later(self, block: int, *values: int) -> Answer:
        """Copy a block of the guest, to be called when the present call is over."""

        def copied(at: int) -> Answer:
            self.waiting.append(Later(at, self.blocks.function(at), (at, *values)))
            return 0

        return self.blocks.copy(block, copied)

    def run_waiting(self) -> None:
        """Call everything that waits, and what those calls leave waiting."""
        for _ in range(MOST_LATER):
            if not self.waiting:
                return
            one = self.waiting.popleft()
            self._machine.run(one.function, "p" * len(one.values), *one.values)
            if one.block:
                self.give_back(one.block)
        raise Fault(f"it leaves more than {MOST_LATER} calls waiting")

    def give_back(self, block: int) -> None:
        """Release a block that the system copied."""
        self._machine.run(self._release, "p", block)


def _never() -> int:
    raise Fault("an import was not bound before it was called")


def _smashed() -> int:
    raise Fault("the stack protector found the stack overwritten")
