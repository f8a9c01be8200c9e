# SPDX-License-Identifier: MIT
"""Requests and answers, one JSON object a line (``docs/architecture.md``, "Proof")."""

from __future__ import annotations

import base64
import gc
import json
import time
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from pinfuse.prover.abi import ABIS
from pinfuse.prover.android import AndroidGuest
from pinfuse.prover.apple.delegates import ACCEPT
from pinfuse.prover.apple.flows import Flow
from pinfuse.prover.apple.guest import AppleGuest
from pinfuse.prover.fault import Fault
from pinfuse.prover.guest import Case, Guest, Memory

LONGEST_REQUEST = 64 << 20
MOST_CASES = 100_000
MOST_CERTIFICATES = 64
"""More than the stub judges, so that its own limit can be tried."""


class Session:
    """The stubs of one file, and what is asked of them."""

    def __init__(self) -> None:
        self.guests: dict[str, Guest] = {}
        self._operations: Mapping[str, Callable[[dict[str, Any]], dict[str, Any]]] = {
            "load": self._load,
            "open": self._open,
            "check": self._check,
            "remember": self._remember,
            "settings": self._settings,
            "flow": self._flow,
        }
        self._at = ""

    def answer(self, line: bytes) -> dict[str, Any]:
        """The answer to one request; never an exception for what a request or a stub can hold."""
        self._at = ""
        try:
            request = json.loads(line)
            operation = self._operations.get(str(request.get("op"))) if isinstance(request, dict) else None
            if operation is None:
                raise Fault("there is no such request")
            return {"ok": True, **operation(request)}
        except Fault as fault:
            return {"ok": False, "error": {"what": str(fault), "abi": self._at}}
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError, OverflowError) as error:
            return {"ok": False, "error": {"what": f"the request is not as agreed ({error!r:.80})", "abi": self._at}}

    def _load(self, request: dict[str, Any]) -> dict[str, Any]:
        before, self.guests, loaded = self.guests, {}, {}
        for abi, text in request["libs"].items():
            self._at, started = str(abi), time.perf_counter()
            data = base64.b64decode(text, validate=True)
            guest = before.get(abi)
            if guest and guest.become(data):
                del before[abi]
            else:
                guest = _guest(str(abi), data)
            self.guests[abi] = guest
            loaded[abi] = {"natives": list(guest.natives), "ms": round(1000 * (time.perf_counter() - started), 1)}
        if before:
            before.clear()
            gc.collect()  # an emulator is held by its own hooks
        return {"abis": loaded}

    def _open(self, request: dict[str, Any]) -> dict[str, Any]:
        package, path = str(request["package"]), str(request["code_path"])
        signers = [bytes.fromhex(one) for one in request["signers"]]
        codes = {}
        for abi, guest in self._loaded():
            codes[abi] = guest.open(package, path, signers)
        return {"abis": codes}

    def _check(self, request: dict[str, Any]) -> dict[str, Any]:
        count = request.get("count") is True
        if len(request["cases"]) > MOST_CASES:
            raise Fault(f"more than {MOST_CASES} cases")
        cases = [_case(one) for one in request["cases"]]
        verdicts: dict[str, list[tuple[int, ...]]] = {}
        instructions: dict[str, list[int]] = {}
        for abi, guest in self._loaded():
            verdicts[abi], instructions[abi] = [], []
            for case in cases:
                before = guest.machine.instructions
                verdicts[abi].append(guest.check(case, count=count))
                instructions[abi].append(guest.machine.instructions - before)
        return {"abis": verdicts, **({"instructions": instructions} if count else {})}

    def _remember(self, request: dict[str, Any]) -> dict[str, Any]:
        sealed = request["sealed"]
        memory = Memory(_bytes(request["secret"]), None if sealed is None else _bytes(sealed), _bytes(request["fresh"]))
        case = _case(request["case"])
        answers = {}
        for abi, guest in self._loaded():
            verdict, made = guest.remember(case, memory)
            answers[abi] = {"verdict": verdict, "sealed": None if made is None else base64.b64encode(made).decode()}
        return {"abis": answers}

    def _settings(self, _: dict[str, Any]) -> dict[str, Any]:
        made = {abi: guest.settings() for abi, guest in self._loaded()}
        return {"abis": {abi: None if one is None else base64.b64encode(one).decode() for abi, one in made.items()}}

    def _flow(self, request: dict[str, Any]) -> dict[str, Any]:
        app = str(request.get("app", ACCEPT))
        flow = Flow(str(request["entry"]), _case(request["case"]), request["platform"] is True, app)
        answers = {}
        for abi, guest in self._loaded():
            if not isinstance(guest, AppleGuest):
                raise Fault("only stubs of iOS have flows")
            answers[abi] = guest.flow(flow)
        return {"abis": answers}

    def _loaded(self) -> Iterator[tuple[str, Guest]]:
        if not self.guests:
            raise Fault("no library is loaded")
        for abi, guest in self.guests.items():
            self._at = abi
            yield abi, guest


def _guest(abi: str, data: bytes) -> Guest:
    if abi not in ABIS:
        raise Fault(f"there is no ABI {abi!r}")
    return (AppleGuest if ABIS[abi].platform else AndroidGuest)(ABIS[abi], data)


def _bytes(text: str) -> bytes:
    return base64.b64decode(text, validate=True)


def _case(one: dict[str, Any]) -> Case:
    chain = tuple(_bytes(text) for text in one["chain"][:MOST_CERTIFICATES])
    host = one["host"]
    return Case(chain, None if host is None else str(host).encode(), int(one["now"]), int(one["flags"]))
