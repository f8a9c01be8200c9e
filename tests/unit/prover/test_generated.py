"""Over two thousand generated chains: host build, four ABIs and an independent reference agree."""

from __future__ import annotations

import base64
from collections import Counter

import pytest

from pinfuse.policy.rules import HostMatch, HostRule, PinKind, Reason, SealedPin
from pinfuse.prover.protocol import Session
from pinfuse.vault import SystemRandom, seal, selftest_identity
from tests.generated import QUESTIONS, SETS, sets
from tests.hoststub import HostStub
from tests.reference import decide, with_selftest
from tests.unit.prover.test_four_abis import ABIS, ANYONE, PACKAGE, ask, libs

SEED, PARTS = 7, 4
SELFTEST = b"q" * 32


@pytest.mark.slow
@pytest.mark.parametrize("part", range(PARTS))
def test_one_verdict(part: int) -> None:
    session, met, identity = Session(), Counter[Reason](), selftest_identity(SELFTEST)
    own = HostRule(HostMatch.EXACT, identity.host, (SealedPin(PinKind.LEAF_KEY, identity.spki_sha256),))
    for number, (rules, questions) in enumerate(sets(SEED)):
        if number % PARTS != part:
            continue
        well = seal(rules, ANYONE, SELFTEST, SystemRandom())
        host = HostStub(well)
        assert host.open(PACKAGE, [])
        expected = [decide(with_selftest(rules, own), q.chain, q.host, q.now, q.flags) for q in questions]
        mine = [host.check(q.chain, q.host, q.now, q.flags) for q in questions]
        wrong = [(q, e, m) for q, e, m in zip(questions, expected, mine, strict=True) if m[:2] != (e[0], e[1])]
        assert not wrong, (rules, wrong[0], len(wrong))
        assert ask(session, op="load", libs=libs(well))["ok"]
        assert ask(session, op="open", package=PACKAGE, code_path="/none", signers=[])["ok"]
        cases = [
            {"chain": [base64.b64encode(d).decode() for d in q.chain], "host": q.host, "now": q.now, "flags": q.flags}
            for q in questions
        ]
        for abi, rows in ask(session, op="check", cases=cases)["abis"].items():
            assert rows == [list(row) for row in mine], abi
        met.update(reason for _, reason in expected)
    assert sum(met.values()) == SETS // PARTS * QUESTIONS
    assert len(met) >= 9, met


def test_there_are_over_two_thousand() -> None:
    assert SETS * QUESTIONS > 2000
    assert len(ABIS) == 4
