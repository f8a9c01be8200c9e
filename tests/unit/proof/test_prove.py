"""The cases of a proof, put to the host build of the core: they hold for a good stub and fail for bad ones."""

from __future__ import annotations

import base64
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest

from pinfuse.errors import ProofError
from pinfuse.policy.rules import HostMatch, HostRule, PinKind, Rules
from pinfuse.proof.ask import Subject
from pinfuse.proof.model import Proof
from pinfuse.proof.prove import prove
from pinfuse.vault import Binding, SystemRandom, open_well, seal
from tests.chains import HOST, rules_for, world
from tests.hoststub import HostStub

PACKAGE, SIGNER = "org.example.app", b"s" * 32
FRONT = b"stub" * 4


@dataclass
class HostProver:
    """Speaks the prover's protocol over the host build; ``lie`` changes its answers."""

    lie: dict[str, Any] = field(default_factory=dict)
    stub: HostStub | None = None

    def ask(self, request: dict[str, Any]) -> dict[str, Any]:
        if request["op"] == "load":
            (data,) = request["libs"].values()
            self.stub = HostStub(base64.b64decode(data)[len(FRONT) :])
            return {"ok": True}
        assert self.stub is not None
        if request["op"] == "open":
            opened = self.stub.open(request["package"], [bytes.fromhex(one) for one in request["signers"]])
            return {"ok": True, "abis": {"host": self.lie.get("open", 0 if opened else -3)}}
        if request["op"] == "settings":
            made = self.lie.get("settings", self.stub.settings())
            return {"ok": True, "abis": {"host": None if made is None else base64.b64encode(made).decode()}}
        if request["op"] == "remember":
            return {"ok": True, "abis": {"host": self._remember(request)}}
        rows = []
        for case in request["cases"]:
            chain = [base64.b64decode(der) for der in case["chain"]]
            rows.append(self.lie.get("check") or self.stub.check(chain, case["host"], case["now"], case["flags"]))
        return {"ok": True, "abis": {"host": rows}}


    def _remember(self, request: dict[str, Any]) -> dict[str, Any]:
        assert self.stub is not None
        case, sealed = request["case"], request["sealed"]
        verdict, made = self.stub.remember(
            [base64.b64decode(der) for der in case["chain"]], case["host"], case["now"], case["flags"],
            secret=base64.b64decode(request["secret"]), fresh=base64.b64decode(request["fresh"]),
            sealed=None if sealed is None else base64.b64decode(sealed),
        )  # fmt: skip
        made = self.lie.get("kept", made)
        return {"verdict": verdict, "sealed": None if made is None else base64.b64encode(made).decode()}


@dataclass(frozen=True)
class Known:
    host: str
    kind: PinKind
    der: bytes
    is_ca: bool


def run(rules: Rules, known: tuple[Known, ...] = (), **lie: Any) -> Proof:
    well = seal(rules, Binding(PACKAGE, (SIGNER,)), b"q" * 32, SystemRandom())
    subject = Subject(PACKAGE, Path("x.apk"), (SIGNER,))
    prover: Any = HostProver(lie)
    opened = open_well(well, PACKAGE, [SIGNER])
    return prove(prover, {"host": FRONT + well}, subject, opened, known, well_at={"host": len(FRONT)})


def pinned() -> Rules:
    w = world()
    return Rules(
        (
            HostRule(HostMatch.EXACT, HOST, (w.leaf.pin(PinKind.LEAF_KEY),)),
            HostRule(HostMatch.ONE_LABEL, "one.example.com", (w.ca.pin(PinKind.ANY_KEY),)),
            HostRule(HostMatch.ANY_DEPTH, "deep.example.com", (w.root.pin(PinKind.CERTIFICATE),)),
            HostRule(HostMatch.EXACT, "192.0.2.7", (w.leaf.pin(PinKind.LEAF_KEY),)),
            HostRule(HostMatch.EXACT, "first.example.com", (), first_use=PinKind.LEAF_KEY),
            HostRule(HostMatch.ONE_LABEL, "met.example.com", (), first_use=PinKind.ANY_KEY),
            HostRule(HostMatch.EXACT, "2001:db8::9", (), first_use=PinKind.CERTIFICATE),
        ),
        first_use_limit=4,
        settings=(("title", "Blocked"),),
    )


SETTINGS: dict[str, dict[str, Any]] = {
    "as usual": {},
    "report only": {"enforce": False},
    "unlisted blocked": {"block_unlisted": True},
    "all hosts checked": {"check_all": True},
    "checks off": {"certificate_roles": False, "min_rsa_bits": 0, "min_ec_bits": 0, "min_digest_bits": 0},
    "first use everywhere": {"first_use_all": True},
    "long curves": {"min_ec_bits": 384, "min_digest_bits": 512},
}


@pytest.mark.parametrize("name", SETTINGS)
def test_a_good_stub_is_proved(name: str) -> None:
    w = world()
    known = (
        Known(HOST, PinKind.LEAF_KEY, w.leaf.der, False),
        Known("a.one.example.com", PinKind.ANY_KEY, w.ca.der, True),
    )
    usable = () if name == "long curves" else known
    proof = run(replace(pinned(), **SETTINGS[name]), usable)
    assert proof.failures == ()
    assert proof.ok
    assert proof.refused > 60
    assert proof.accepted >= len(usable)


@pytest.mark.parametrize(
    "lie",
    [
        {"open": 0},
        {"open": -3},
        {"check": (0, 0, 0, 0)},
        {"check": (1, 2, -1, -1)},
        {"check": (1, 13, -1, -1)},
        {"kept": None},
        {"settings": None},
        {"settings": b""},
        {"settings": b"title\0Blocked"},
        {"kept": b"x" * 118},
    ],
    ids=str,
)
def test_a_bad_stub_is_found_out(lie: dict[str, Any]) -> None:
    assert not run(pinned(), **lie).ok


def test_a_hash_without_a_certificate_is_said() -> None:
    proof = run(rules_for(world().leaf.pin(PinKind.ANY_KEY)))
    assert proof.not_run == (f"{HOST}: accept case not run (no certificate known behind its pins)",)


@pytest.mark.parametrize("row", [(1, 99, -1, -1), (1, -1, -1, -1), (0, 0)], ids=str)
def test_an_answer_that_is_no_verdict_is_an_error_in_words(row: tuple[int, ...]) -> None:
    with pytest.raises(ProofError, match="no verdict"):
        run(pinned(), check=row)
