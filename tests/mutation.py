"""Mutants of a stub: one executed instruction changed by one bit; does the proof notice?"""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import unicorn

from pinfuse.errors import ProofError
from pinfuse.policy.compile import KnownCertificate
from pinfuse.policy.rules import HostMatch, HostRule, PinKind, Rules
from pinfuse.proof.ask import Subject
from pinfuse.proof.prove import prove
from pinfuse.prover.elf import read
from pinfuse.prover.memory import BASE
from pinfuse.prover.protocol import Session
from pinfuse.stub.payload import load_payload, with_well
from pinfuse.vault import Binding, OpenVault, SystemRandom, open_well, seal
from tests.chains import HOST, world

PACKAGE = "org.example.app"
LIMIT = 3_000_000
"""Instructions of one call; the longest of the proof needs a tenth."""


class InProcess:
    """The prover in this process, as `prove` speaks with it; its stubs stop after ``LIMIT`` instructions."""

    def __init__(self) -> None:
        self.session = Session()

    def ask(self, request: dict[str, Any]) -> dict[str, Any]:
        answer = self.session.answer(json.dumps(request).encode())
        if not answer["ok"]:
            raise ProofError(answer["error"]["what"])
        if request["op"] == "load":
            for guest in self.session.guests.values():
                guest.machine.limit = LIMIT
                self.loaded(guest)
        plain: dict[str, Any] = json.loads(json.dumps(answer))
        return plain

    def loaded(self, guest: Any) -> None:
        """A stub was loaded."""


class Tracer(InProcess):
    """Remembers which instructions were executed: address in the library → size."""

    def __init__(self) -> None:
        super().__init__()
        self.executed: dict[int, int] = {}

    def loaded(self, guest: Any) -> None:
        end = BASE + len(guest.machine.image.memory) - 1
        guest.machine.engine.hook_add(unicorn.UC_HOOK_CODE, self._note, begin=BASE, end=end)

    def _note(self, _engine: Any, at: int, size: int, _data: Any) -> None:
        self.executed[at - BASE] = size


@dataclass(frozen=True)
class Proven:
    """A stub with a vault, and all that a proof of it needs."""

    abi: str
    stub: bytes
    vault: OpenVault
    known: tuple[KnownCertificate, ...]
    well_at: int

    def holds(self, prover: InProcess, stub: bytes) -> bool:
        """True when the proof of ``stub`` finds nothing wrong."""
        made: Any = prover
        subject = Subject(PACKAGE, Path("/nonexistent/base.apk"), ())
        try:
            return prove(
                made, {self.abi: stub}, subject, self.vault, self.known, well_at={self.abi: self.well_at}
            ).ok
        except ProofError:
            return False


def proven(abi: str) -> Proven:
    """The committed stub of one ABI with pins of known certificates, and a host trusted on first use."""
    w = world()
    rules = Rules(
        (
            HostRule(HostMatch.EXACT, HOST, (w.foreign_leaf.pin(PinKind.ANY_KEY), w.leaf.pin(PinKind.LEAF_KEY))),
            HostRule(HostMatch.ONE_LABEL, "one.example.com", (w.ca.pin(PinKind.ANY_KEY),)),
            HostRule(HostMatch.EXACT, "first.example.com", (), first_use=PinKind.LEAF_KEY),
        ),
        first_use_limit=8,
    )
    well = seal(rules, Binding(PACKAGE, (), any_signer=True), b"q" * 32, SystemRandom())
    stub = load_payload().stub(abi, len(well))
    known = (KnownCertificate(HOST, PinKind.LEAF_KEY, w.leaf.der, HOST, False),)
    data = with_well(stub.path.read_bytes(), stub.well_offset, well)
    return Proven(abi, data, open_well(well, PACKAGE, ()), known, stub.well_offset)


def mutants(one: Proven, count: int, seed: int) -> Iterator[tuple[int, bytes]]:
    """Address and bytes of ``count`` stubs with one bit of one executed instruction turned."""
    tracer = Tracer()
    assert one.holds(tracer, one.stub)
    rng = random.Random(seed)
    segments = read(one.stub).segments
    for at in rng.sample(sorted(tracer.executed), count):
        segment = next(s for s in segments if s.address <= at < s.address + s.size)
        place = at - segment.address + segment.offset + rng.randrange(tracer.executed[at])
        changed = bytearray(one.stub)
        changed[place] ^= 1 << rng.randrange(8)
        yield at, bytes(changed)
