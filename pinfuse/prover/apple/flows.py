# SPDX-License-Identifier: MIT
"""Sessions as apps open them: through an exported function of the stub, or a method that it replaced (`delegates`).

The platform's own verdict is part of the question, and so is what the app's own code would decide.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from pinfuse.prover.apple.delegates import ACCEPT, TIMES, Delegates
from pinfuse.prover.apple.delegates import Peer as Server
from pinfuse.prover.apple.objects import Error
from pinfuse.prover.apple.security import (
    AUTH_COMPLETED,
    SUCCESS,
    UNSPECIFIED,
    Connection,
    Metadata,
    Options,
    Peer,
    Trust,
)
from pinfuse.prover.apple.world import World
from pinfuse.prover.fault import Fault
from pinfuse.prover.guest import Case
from pinfuse.prover.machine import Machine

PROCEED = 1
RESULT_SIZE = 8


@dataclass(frozen=True, slots=True)
class Flow:
    """One session: the entry, the peer's chain and the host (`Case`), and whether the platform accepts the chain."""

    entry: str
    case: Case
    platform: bool
    app: str = ACCEPT
    """What the app's own code does where it is asked (`pinfuse.prover.apple.delegates.APP`)."""


@dataclass
class Heard:
    """What the app's own blocks were told, in the order of the calls."""

    calls: list[tuple[int, ...]] = field(default_factory=list)

    def take(self) -> tuple[int, ...]:
        """The one call; `Fault` unless there was just one."""
        return self.take_all(1)[0]

    def take_all(self, count: int) -> list[tuple[int, ...]]:
        """All calls; `Fault` unless there were so many."""
        if len(self.calls) != count:
            raise Fault(f"the app was answered {len(self.calls)} times")
        taken, self.calls[:] = list(self.calls), []
        return taken


class Flows:
    """The sessions of one guest; ``exports`` has the addresses of its functions by name."""

    def __init__(self, machine: Machine, world: World, exports: Mapping[str, int]) -> None:
        self._machine, self._world, self._exports = machine, world, exports
        self._heard = Heard()
        hear = self._heard.calls.append
        block = world.blocks.make
        self._result_block = block("the app's block", "pi", lambda *values: hear(values))
        self._error_block = block("the app's block", "pip", lambda *values: hear(values))
        self._answer_block = block("the app's answer", "i", lambda *values: hear(values))
        self._verify_block = block("the app's verify block", "ppp", self._verify)
        self.delegates = Delegates(world, exports)
        self._out = machine.memory.take(bytes(RESULT_SIZE))
        self._asked, self._times = False, 1
        self._entries: Mapping[str, Callable[[Flow], dict[str, Any]]] = {
            "SecTrustEvaluate": self._evaluate,
            "SecTrustEvaluateWithError": self._evaluate_with_error,
            "SecTrustEvaluateAsync": self._evaluate_async,
            "SecTrustEvaluateAsyncWithError": self._evaluate_async_with_error,
            "SecTrustGetTrustResult": self._trust_result,
            "SSLHandshake": self._handshake,
            "SSLHandshake, broken": self._broken_handshake,
            "sec_protocol_options_set_verify_block": self._verified,
        }

    def run(self, flow: Flow) -> dict[str, Any]:
        """Whether the session is ``allowed``, and what was told of it: ``event`` and ``dialog``, None for none.

        ``kept`` is how many references the stub holds more than before.
        """
        if flow.entry not in self.names:
            raise Fault(f"there is no entry {flow.entry!r}")
        world = self._world
        world.at(flow.case.now)
        world.system.run_timers()
        world.interface.clear()
        self._heard.calls.clear()
        before = world.objects.references() + sum(world.blocks.counts.values())
        if flow.entry in self._entries:
            said = self._entries[flow.entry](flow)
        else:
            said = self.delegates.run(flow.entry, Server(self._trust(flow), self._host(flow)), flow.app)
        world.system.run_waiting()
        kept = world.objects.references() + sum(world.blocks.counts.values()) - before
        if world.store.left_open:
            raise Fault(f"it leaves {world.store.left_open} files open")
        events, dialogs = world.interface.events, world.interface.dialogs
        told = {"event": events[-1] if events else None, "dialog": vars(dialogs[-1]) if dialogs else None}
        return {**said, **told, "kept": kept}

    @property
    def names(self) -> tuple[str, ...]:
        """All entries."""
        return (*self._entries, *self.delegates.entries)

    @staticmethod
    def _host(flow: Flow) -> str | None:
        return None if flow.case.host is None else flow.case.host.decode()

    def _call(self, name: str, types: str, *values: int) -> int:
        at = self._exports.get(f"_{name}")
        if at is None:
            raise Fault(f"the library exports no {name}")
        return self._machine.run(at, types, *values)

    def _trust(self, flow: Flow) -> Trust:
        return self._world.security.trust(flow.case.chain, self._host(flow), flow.platform)

    def _held(self, flow: Flow) -> int:
        return self._world.objects.hold(self._trust(flow))

    def _word(self, size: int) -> int:
        return int.from_bytes(self._machine.memory.read(self._out, size), "little")

    def _evaluate(self, flow: Flow) -> dict[str, Any]:
        self._machine.memory.put_word(self._out, 0)
        status = self._call("SecTrustEvaluate", "pp", self._held(flow), self._out)
        return _by_result(status, self._word(4))

    def _trust_result(self, flow: Flow) -> dict[str, Any]:
        """Asked after the system itself has evaluated."""
        trust = self._trust(flow)
        trust.evaluations += 1
        self._machine.memory.put_word(self._out, 0)
        status = self._call("SecTrustGetTrustResult", "pp", self._world.objects.hold(trust), self._out)
        return _by_result(status, self._word(4))

    def _evaluate_with_error(self, flow: Flow) -> dict[str, Any]:
        self._machine.memory.put_word(self._out, 0)
        trust = self._held(flow)
        allowed = self._call("SecTrustEvaluateWithError", "pp", trust, self._out) & 0xFF
        said = self._by_error(allowed, self._word(8))
        if self._word(8):
            self._world.objects.release(self._word(8))
        return said

    def _by_error(self, allowed: int, handle: int) -> dict[str, Any]:
        """What a function with an error says: just one of the two must be there."""
        if allowed not in (0, 1):
            raise Fault(f"it returned {allowed} as a bool")
        error = self._world.objects.any(handle)
        if allowed and error is not None:
            raise Fault("it accepted and gave an error")
        if not allowed and not isinstance(error, Error):
            raise Fault("it refused without an error")
        return {"allowed": bool(allowed), "code": error.code if error else 0}

    def _evaluate_async(self, flow: Flow) -> dict[str, Any]:
        status = self._call("SecTrustEvaluateAsync", "ppp", self._held(flow), 0, self._result_block)
        self._world.system.run_waiting()
        _, result = self._heard.take()
        return _by_result(_signed(status), result)

    def _evaluate_async_with_error(self, flow: Flow) -> dict[str, Any]:
        status = self._call("SecTrustEvaluateAsyncWithError", "ppp", self._held(flow), 0, self._error_block)
        self._world.system.run_waiting()
        _, allowed, error = self._heard.take()
        if _signed(status) != SUCCESS:
            raise Fault(f"it returned {_signed(status)}")
        return self._by_error(allowed & 0xFF, error)

    def _connection(self, flow: Flow, breaks: bool) -> Connection:
        trust = self._trust(flow) if flow.case.chain else None
        return Connection(trust, self._host(flow), breaks)

    def _handshake(self, flow: Flow) -> dict[str, Any]:
        status = _signed(self._call("SSLHandshake", "p", self._world.objects.hold(self._connection(flow, False))))
        return {"allowed": status == SUCCESS, "code": status}

    def _broken_handshake(self, flow: Flow) -> dict[str, Any]:
        """The app asks to judge the peer by itself, lets everything through, and shakes hands again."""
        handle = self._world.objects.hold(self._connection(flow, True))
        status = _signed(self._call("SSLHandshake", "p", handle))
        if status == AUTH_COMPLETED:
            status = _signed(self._call("SSLHandshake", "p", handle))
        return {"allowed": status == SUCCESS, "code": status}

    def _verified(self, flow: Flow) -> dict[str, Any]:
        """A connection of Network.framework whose app lets everything through that reaches its block."""
        objects, options = self._world.objects, Options()
        self._asked, self._times = False, TIMES.get(flow.app, 1)
        self._call("sec_protocol_options_set_verify_block", "ppp", objects.hold(options), self._verify_block, 0)
        metadata = Metadata(self._host(flow))
        values = (objects.hold(metadata), objects.hold(Peer(self._trust(flow))), self._answer_block)
        block = options.verify
        if not block:
            raise Fault("no verify block was set")
        self._machine.run(self._world.blocks.function(block), "pppp", block, *values)
        answers = self._heard.take_all(self._times if self._asked else 1)
        self._world.system.give_back(block)
        return {"allowed": any(answer & 0xFF for (answer,) in answers)}

    def _verify(self, _: int, __: int, answer: int) -> Any:
        self._asked = True
        return self._world.blocks.answer(answer, self._times, 1)


def _by_result(status: int, result: int) -> dict[str, Any]:
    """``SecTrustResultType`` of a call that worked."""
    good = _signed(status) == SUCCESS and result in (PROCEED, UNSPECIFIED)
    return {"allowed": good, "code": result}


def _signed(status: int) -> int:
    value = status & 0xFFFF_FFFF
    return value - (1 << 32) if value >> 31 else value
