"""The core's verdicts on chains that are right, wrong in one way, and wrong in two."""

from __future__ import annotations

import pytest

from pinfuse.policy.rules import Reason, Rules
from pinfuse.proof.ask import APP_TRUST
from pinfuse.vault import Binding, SystemRandom, seal
from pinfuse.vault.selftest import MOMENT, selftest_identity
from tests.cases import cases
from tests.chains import Case
from tests.hoststub import HostStub

SIGNER = b"s" * 32


@pytest.mark.parametrize("case", cases(), ids=lambda case: case.name)
def test_verdict(case: Case) -> None:
    stub = HostStub(seal(case.rules, Binding("org.example.app", (SIGNER,)), b"q" * 32, SystemRandom()))
    assert stub.open("org.example.app", [SIGNER])
    assert stub.check(case.chain, case.host, case.now, case.flags) == case.expected


def test_the_self_tests_own_chain_opens_no_session_whose_host_is_unknown() -> None:
    """Its key follows from the vault, which anybody who has the app can open."""
    rules, seed = Rules((), refuse_no_host=True), b"q" * 32
    stub = HostStub(seal(rules, Binding("org.example.app", (SIGNER,)), seed, SystemRandom()))
    assert stub.open("org.example.app", [SIGNER])
    identity = selftest_identity(seed)
    assert stub.check(identity.chain, identity.host, MOMENT, 0)[:2] == (0, Reason.OK)
    assert stub.check(identity.chain, None, MOMENT, APP_TRUST)[:2] == (1, Reason.HOST)
    assert stub.check(identity.chain, None, MOMENT, 0)[:2] == (0, Reason.UNLISTED)


def test_every_reason_is_met_and_there_are_enough() -> None:
    met = {case.reason.word for case in cases()}
    assert met == {"ok", "unlisted", "pin", "path", "role", "rsa-bits", "ec-bits", "digest", "expired", "host",
                   "malformed", "provenance"}
    assert len(cases()) >= 60


def test_a_closed_vault_refuses_everything() -> None:
    stub = HostStub(bytes(16384))
    assert not stub.open("org.example.app", [SIGNER])
    for case in cases():
        assert stub.check(case.chain, case.host, case.now, case.flags) == (1, 13, -1, -1)
