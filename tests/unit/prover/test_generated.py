"""Over two thousand generated chains: host build, seven ABIs and an independent reference agree.

Each set is asked three times: by an install that has met nobody, while it meets whoever may be met, and afterwards.
"""

from __future__ import annotations

import base64
from collections import Counter
from typing import Any

import pytest

from pinfuse.policy.rules import HostMatch, HostRule, PinKind, Reason, Rules, SealedPin
from pinfuse.prover.protocol import Session
from pinfuse.vault import SystemRandom, seal, selftest_identity
from tests.applestub import APPLE
from tests.applestub import libs as on_ios
from tests.generated import QUESTIONS, SETS, Question, sets
from tests.hoststub import HostStub
from tests.reference import Install, with_selftest
from tests.reference import decide as reference
from tests.unit.prover.test_four_abis import ABIS, ANYONE, PACKAGE, ask, libs

SEED, PARTS = 7, 4
SELFTEST, SECRET = b"q" * 32, b"i" * 32


@pytest.mark.slow
@pytest.mark.parametrize("part", range(PARTS))
def test_one_verdict(part: int) -> None:
    session, identity = Session(), selftest_identity(SELFTEST)
    met, again, hosts_met = Counter[Reason](), Counter[Reason](), 0
    own = HostRule(HostMatch.EXACT, identity.host, (SealedPin(PinKind.LEAF_KEY, identity.spki_sha256),))
    for number, (rules, questions) in enumerate(sets(SEED)):
        if number % PARTS != part:
            continue
        well = seal(rules, ANYONE, SELFTEST, SystemRandom())
        host = HostStub(well)
        assert host.open(PACKAGE, [])
        assert ask(session, op="load", libs=libs(well) | on_ios(well))["ok"]
        assert ask(session, op="open", package=PACKAGE, code_path="/none", signers=[])["ok"]
        install, sealed = Install(), with_selftest(rules, own)

        def agree(
            sealed: Rules = sealed, host: HostStub = host, install: Install = install,
            questions: list[Question] = questions,
        ) -> list[tuple[int, Reason]]:  # fmt: skip
            expected = [reference(sealed, q.chain, q.host, q.now, q.flags, install) for q in questions]
            mine = [host.check(q.chain, q.host, q.now, q.flags) for q in questions]
            wrong = [(q, e, m) for q, e, m in zip(questions, expected, mine, strict=True) if m[:2] != (e[0], e[1])]
            assert not wrong, (sealed, wrong[0], len(wrong))
            for abi, rows in ask(session, op="check", cases=list(map(_case, questions)))["abis"].items():
                assert rows == [list(row) for row in mine], abi
            return expected

        expected = agree()
        if rules.remembers:
            hosts_met += _meet(session, host, install, sealed, [*questions, questions[0]])
            again.update(reason for _, reason in agree())
        met.update(reason for _, reason in expected)
    assert sum(met.values()) == SETS // PARTS * QUESTIONS
    assert len(met) >= 10, met
    print(f"{hosts_met} hosts met; then {dict(again)}")
    assert hosts_met


def _meet(session: Session, host: HostStub, install: Install, rules: Rules, questions: list[Question]) -> int:
    """Every question through the third native, each with the memory that the ones before left; how many were kept."""
    memory, kept = None, 0
    for number, q in enumerate(questions):
        fresh, before = bytes([number]) * 32, memory
        expected = install.remember(rules, q.chain, q.host, q.now, q.flags)
        said, made = host.remember(q.chain, q.host, q.now, q.flags, secret=SECRET, sealed=before, fresh=fresh)
        assert said[:2] == expected
        if made:
            memory, kept = made, kept + 1
        texts = {"secret": _text(SECRET), "sealed": before and _text(before), "fresh": _text(fresh)}
        for abi, one in ask(session, op="remember", case=_case(q), **texts)["abis"].items():
            assert one == {"verdict": list(said), "sealed": made and _text(made)}, abi
    return kept


def _case(q: Question) -> dict[str, Any]:
    return {"chain": list(map(_text, q.chain)), "host": q.host, "now": q.now, "flags": q.flags}


def _text(data: bytes) -> str:
    return base64.b64encode(data).decode()


def test_there_are_over_two_thousand() -> None:
    assert SETS * QUESTIONS > 2000
    assert len({*ABIS, *APPLE}) == 7
