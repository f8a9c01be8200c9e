"""What a verdict costs in executed instructions, which are the same in every run: it must not grow with the hosts."""

from __future__ import annotations

import base64

import pytest

from pinfuse.policy.rules import HostMatch, HostRule, PinKind, Rules
from pinfuse.prover.protocol import Session
from pinfuse.vault import SystemRandom, seal
from tests.chains import HOST, NOW, world
from tests.unit.prover.test_four_abis import ABIS, ANYONE, PACKAGE, ask, libs

MOST = 120_000
GROWTH = 1.2


def cost(hosts: int, abi: str) -> int:
    """Instructions for a pinned chain of three, with that many hosts in the vault."""
    w = world()
    pin = w.root.pin(PinKind.ANY_KEY)
    others = tuple(HostRule(HostMatch.EXACT, f"host{n}.example.net", (pin,)) for n in range(hosts - 1))
    rules = Rules((*others[: hosts // 2], HostRule(HostMatch.EXACT, HOST, (pin,)), *others[hosts // 2 :]))
    session = Session()
    assert ask(session, op="load", libs=libs(seal(rules, ANYONE, b"q" * 32, SystemRandom()), [abi]))["ok"]
    assert ask(session, op="open", package=PACKAGE, code_path="/none", signers=[])["abis"] == {abi: 0}
    case = {"chain": [base64.b64encode(der).decode() for der in w.chain], "host": HOST, "now": NOW, "flags": 1}
    said = ask(session, op="check", cases=[case], count=True)
    assert said["abis"][abi] == [[0, 0, 2, 0]]
    return int(said["instructions"][abi][0])


@pytest.mark.parametrize("abi", ABIS)
def test_a_thousand_hosts_cost_hardly_more_than_a_hundred(abi: str) -> None:
    few, many = cost(100, abi), cost(1000, abi)
    assert few < MOST, few
    assert many < few * GROWTH, (few, many)
    print(f"{abi}: {few} with 100 hosts, {many} with 1,000")
