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
        self.timers: deque[Later] = deque()
        """What is to be called some time later."""
        self.waiting: deque[Later] = deque()
        self._release = machine.trap(Outside("_Block_release", "p", blocks.dispose, jumps=True))
        self.functions = [
            Outside("dyld_stub_binder", "", _never),
            Outside("os_unfair_lock_lock", "p", self._lock),
            Outside("os_unfair_lock_unlock", "p", self._unlock),
            Outside("sched_yield", "", _alone),
            Outside("dispatch_async_f", "ppp", self._async),
            Outside("dispatch_after_f", "qppp", self._after),
            Outside("dispatch_time", "qq", lambda start, more: start + more),
        ]
        self.data: dict[str, bytes | int] = {
            "__stack_chk_guard": guard(machine.abi),
            "_dispatch_main_q": bytes(64),
            "_NSConcreteStackBlock": blocks.classes["stack"],
            "_NSConcreteGlobalBlock": blocks.classes["global"],
        }

    def later(self, block: int, *values: int) -> Answer:
        """Copy a block of the guest, to be called when the present call is over."""

        def copied(at: int) -> Answer:
            self._put_off(self.waiting, Later(at, self.blocks.function(at), (at, *values)))
            return 0

        return self.blocks.copy(block, copied)

    def _lock(self, at: int) -> None:
        if self._machine.memory.read(at, 4) != bytes(4):
            raise Fault("it takes a lock that it holds")
        self._machine.memory.put_u32(at, 1)

    def _unlock(self, at: int) -> None:
        if self._machine.memory.read(at, 4) == bytes(4):
            raise Fault("it gives back a lock that it does not hold")
        self._machine.memory.put_u32(at, 0)

    def _async(self, _: int, context: int, function: int) -> None:
        self._put_off(self.waiting, Later(0, function, (context,)))

    def _after(self, _: int, __: int, context: int, function: int) -> None:
        self._put_off(self.timers, Later(0, function, (context,)))

    @staticmethod
    def _put_off(queue: deque[Later], one: Later) -> None:
        if len(queue) >= MOST_LATER:
            raise Fault(f"it leaves more than {MOST_LATER} calls waiting")
        queue.append(one)

    def run_timers(self) -> None:
        """Time passes: everything that was put off is called once."""
        self.waiting.extend(self.timers)
        self.timers.clear()
        self.run_waiting()

    def forget(self) -> None:
        """Nothing waits."""
        self.waiting.clear()
        self.timers.clear()

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


def _alone() -> int:
    raise Fault("it waits for a lock that nobody gives back")
