"""An app that trusts hosts on first use, with its processes and its one file, as the shim would run the stub."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from pinfuse.policy.rules import Reason, Rules
from pinfuse.prover.protocol import Session
from pinfuse.vault import Binding, SystemRandom, seal
from tests.applestub import APPLE
from tests.applestub import libs as on_ios
from tests.chains import NOW, VALIDATED
from tests.hoststub import HostStub
from tests.unit.prover.test_four_abis import ABIS, PACKAGE, ask, libs

FIRST_MET = 2


@dataclass
class Install:
    """The file of one install: its secret and what is sealed."""

    secret: bytes = b"i" * 32
    sealed: bytes | None = None
    writes: int = 0


@dataclass
class Process:
    """One process of the app: the host build of the stub, and seven ABIs beside it, which must say the same."""

    rules: Rules
    install: Install
    package: str = PACKAGE
    abis: list[str] = field(default_factory=lambda: [*ABIS, *APPLE])
    made: int = 0

    def __post_init__(self) -> None:
        well = seal(self.rules, Binding(self.package, (), any_signer=True), b"q" * 32, SystemRandom())
        self.host = HostStub(well)
        assert self.host.open(self.package, [])
        self.session = Session()
        if self.abis:
            assert ask(self.session, op="load", libs=libs(well) | on_ios(well))["ok"]
            said = ask(self.session, op="open", package=self.package, code_path="/none", signers=[])
            assert said["abis"] == dict.fromkeys(self.abis, 0)

    def check(
        self, chain: Sequence[bytes], host: str | None, now: int = NOW, flags: int = VALIDATED
    ) -> tuple[int, int, int, int]:
        """The second native alone."""
        said = self.host.check(chain, host, now, flags)
        if self.abis:
            answer = ask(self.session, op="check", cases=[_case(chain, host, now, flags)])["abis"]
            assert answer == {abi: [list(said)] for abi in self.abis}
        return said

    def visit(
        self, chain: Sequence[bytes], host: str | None, now: int = NOW, flags: int = VALIDATED, *, store: bool = True
    ) -> tuple[bool, Reason]:
        """A session as the shim has it judged: does it go on, and the reason; ``store``: the file can be written."""
        said = self.check(chain, host, now, flags)
        if not said[0] & FIRST_MET:
            return said[0] == 0, Reason(said[1])
        self.made += 1
        fresh, secret, sealed = self.made.to_bytes(32, "big"), self.install.secret, self.install.sealed
        after, made = self.host.remember(chain, host, now, flags, secret=secret, sealed=sealed, fresh=fresh)
        if self.abis:
            kept = {"secret": _text(secret), "sealed": None if sealed is None else _text(sealed), "fresh": _text(fresh)}
            answer = ask(self.session, op="remember", case=_case(chain, host, now, flags), **kept)["abis"]
            right = {"verdict": list(after), "sealed": made and _text(made)}
            assert answer == {abi: right for abi in self.abis}
        if made and not store:
            return not said[0] & 1, Reason(said[1])
        if made:
            self.install.sealed, self.install.writes = made, self.install.writes + 1
        return after[0] == 0, Reason(after[1])


def _case(chain: Sequence[bytes], host: str | None, now: int, flags: int) -> dict[str, Any]:
    return {"chain": list(map(_text, chain)), "host": host, "now": now, "flags": flags}


def _text(data: bytes) -> str:
    return base64.b64encode(data).decode()
