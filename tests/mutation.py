"""Mutants of a stub: one executed instruction changed by one bit; does the proof notice?"""

from __future__ import annotations

import hashlib
import itertools
import json
import random
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import unicorn

from pinfuse.errors import ProofError
from pinfuse.policy.compile import KnownCertificate
from pinfuse.policy.rules import HostMatch, HostRule, PinKind, Rules
from pinfuse.proof.ask import Memory, Question, Subject, check, flow, load, open_vault, remember, settings
from pinfuse.proof.flows import ACCEPT, ENTRIES, LEAVE
from pinfuse.proof.prove import prove
from pinfuse.prover import elf, macho
from pinfuse.prover.memory import BASE
from pinfuse.prover.protocol import Session
from pinfuse.stub.payload import load_payload, with_well
from pinfuse.vault import Binding, OpenVault, SystemRandom, open_well, seal
from tests import applestub
from tests.chains import HOST, NOW, world
from tests.generated import sets

PACKAGE = "org.example.app"
YEAR = 31_536_000
WIDER_SETS, WIDER_SEED, MEETINGS = 4, 23, 8
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

    def stop(self) -> None:
        """There is no process to end."""


class Tracer(InProcess):
    """Remembers which instructions were executed: address in the library → size."""

    def __init__(self) -> None:
        super().__init__()
        self.executed: dict[int, int] = {}
        self._blocks: dict[int, int] = {}

    def loaded(self, guest: Any) -> None:
        """Blocks are enough where every instruction has four bytes, and far fewer."""
        end = BASE + len(guest.machine.image.memory) - 1
        guest.machine.limit = 0
        fixed = guest.machine.abi.arch == unicorn.UC_ARCH_ARM64
        kind, note = (unicorn.UC_HOOK_BLOCK, self._note_block) if fixed else (unicorn.UC_HOOK_CODE, self._note)
        guest.machine.engine.hook_add(kind, note, begin=BASE, end=end)

    def _note_block(self, _engine: Any, at: int, size: int, _data: Any) -> None:
        if at - BASE not in self.executed or self._blocks.get(at, 0) < size:
            self._blocks[at] = size
            self.executed |= {place - BASE: 4 for place in range(at, at + size, 4)}

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
    ca = w.ca.pin(PinKind.ANY_KEY)
    rules = Rules(
        (
            HostRule(HostMatch.EXACT, HOST, (w.foreign_leaf.pin(PinKind.ANY_KEY), w.leaf.pin(PinKind.LEAF_KEY))),
            HostRule(HostMatch.ONE_LABEL, "one.example.com", (ca,)),
            HostRule(HostMatch.ANY_DEPTH, "deep.example.com", (w.root.pin(PinKind.CERTIFICATE),)),
            HostRule(HostMatch.EXACT, "192.0.2.7", (ca,)),
            HostRule(HostMatch.EXACT, "2001:db8::7", (ca, w.root.pin(PinKind.ANY_KEY))),
            HostRule(HostMatch.EXACT, "old.example.com", (ca,), NOW - YEAR, True),
            HostRule(HostMatch.EXACT, "first.example.com", (), first_use=PinKind.LEAF_KEY),
            HostRule(HostMatch.ONE_LABEL, "met.example.com", (), first_use=PinKind.ANY_KEY),
        ),
        first_use_limit=8,
        settings=(("title", "Blocked"), ("message.de", "{host} ist nicht echt")),
    )
    well = seal(rules, binding(abi), b"q" * 32, SystemRandom())
    known = (
        KnownCertificate(HOST, PinKind.LEAF_KEY, w.leaf.der, HOST, False),
        KnownCertificate("a.one.example.com", PinKind.ANY_KEY, w.ca.der, "*.one.example.com", True),
        KnownCertificate("a.deep.example.com", PinKind.CERTIFICATE, w.root.der, "**.deep.example.com", True),
        KnownCertificate("192.0.2.7", PinKind.ANY_KEY, w.ca.der, "192.0.2.7", True),
        KnownCertificate("2001:db8::7", PinKind.ANY_KEY, w.root.der, "2001:db8::7", True),
    )
    data, at = with_vault(abi, well)
    return Proven(abi, data, open_well(well, PACKAGE, binding(abi).signers), known, at)


def binding(abi: str) -> Binding:
    """A stub of Android opens for the package alone, one of iOS for the team that signed it too."""
    if abi in applestub.APPLE:
        return Binding(PACKAGE, (hashlib.sha256(f"team:{applestub.TEAM}".encode()).digest(),))
    return Binding(PACKAGE, (), any_signer=True)


def with_vault(abi: str, well: bytes) -> tuple[bytes, int]:
    """The committed stub of one ABI with a vault, as an app would hold it, and where the vault lies."""
    if abi in applestub.APPLE:
        return applestub.stub(abi, well, team=applestub.TEAM)
    stub = load_payload().stub(abi, len(well))
    return with_well(stub.path.read_bytes(), stub.well_offset, well), stub.well_offset


@dataclass(frozen=True)
class Mutant:
    """One bit of one executed instruction: its address in the library, the byte of the file, the bit."""

    address: int
    place: int
    bit: int

    def of(self, stub: bytes) -> bytes:
        return stub[: self.place] + bytes([stub[self.place] ^ 1 << self.bit]) + stub[self.place + 1 :]


def mutants(one: Proven, count: int, seed: int) -> Iterator[Mutant]:
    """``count`` of them, each at another instruction that the proof executes."""
    tracer = Tracer()
    assert one.holds(tracer, one.stub)
    rng = random.Random(seed)
    segments = (macho if one.abi in applestub.APPLE else elf).read(one.stub).segments
    for at in rng.sample(sorted(tracer.executed), count):
        segment = next(s for s in segments if s.address <= at < s.address + s.size)
        place = at - segment.address + segment.offset + rng.randrange(tracer.executed[at])
        yield Mutant(at, place, rng.randrange(8))


class Wider:
    """Hundreds of questions beyond the proof's: generated chains for other vaults, asked twice around meetings.

    A mutant that answers all of them as the stub does is taken for equivalent: nobody could tell them apart.
    """

    def __init__(self, abi: str) -> None:
        self.abi = abi
        self.sets = [
            (seal(rules, binding(abi), b"q" * 32, SystemRandom()), questions)
            for rules, questions in itertools.islice(sets(WIDER_SEED), WIDER_SETS)
        ]
        self.right = list(self._answers(None))

    def tells_apart(self, mutant: Mutant) -> bool:
        """True when some answer differs."""
        try:
            return any(one != right for one, right in zip(self._answers(mutant), self.right, strict=True))
        except (ProofError, ValueError):
            return True

    def _answers(self, mutant: Mutant | None) -> Iterator[Any]:
        """Answers of each set, the dearest last."""
        prover: Any = InProcess()
        for well, questions in self.sets:
            data, _ = with_vault(self.abi, well)
            load(prover, {self.abi: mutant.of(data) if mutant else data})
            yield open_vault(prover, Subject(PACKAGE, Path("/nonexistent/base.apk"), ()))
            yield settings(prover)
            asked = [Question(q.chain, q.host, q.now, q.flags) for q in questions]
            yield check(prover, asked)
            if self.abi in applestub.APPLE:
                yield from self._sessions(prover, asked)
            memory = Memory(b"i" * 32, None, b"f" * 32)
            for one in asked[:MEETINGS]:
                answer = remember(prover, one, memory)
                memory = replace(memory, sealed=answer[self.abi][1] or memory.sealed)
                yield answer
            yield check(prover, asked)

    @staticmethod
    def _sessions(prover: Any, questions: list[Question]) -> Iterator[Any]:
        """Sessions of iOS: each entry with another question of the set."""
        for number, entry in enumerate(ENTRIES):
            asked = questions[number % len(questions)]
            for platform, app in ((True, ACCEPT), (False, ACCEPT), (True, LEAVE)):
                yield flow(prover, entry, asked, platform=platform, app=app)
