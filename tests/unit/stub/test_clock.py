"""What turning the phone's clock can do, and what it cannot: every sentence of ``docs/security-model.md`` about it."""

from __future__ import annotations

from datetime import timedelta

import pytest

from pinfuse.policy.rules import HostMatch, HostRule, PinKind, Reason, Rules
from pinfuse.vault import Binding, SystemRandom, seal
from tests.chains import END, HOST, NOW, START, VALIDATED, make, rules_for, world
from tests.firstuse import Install, Process
from tests.hoststub import HostStub

BEFORE, AFTER = int(START.timestamp()) - 1, int(END.timestamp()) + 1
EVER = [0, -1, -(1 << 40), 1 << 32, 1 << 40, (1 << 63) - 1, -(1 << 63)]


def judge(rules: Rules, chain: tuple[bytes, ...], now: int) -> tuple[bool, Reason]:
    stub = HostStub(seal(rules, Binding("a.b", (), any_signer=True), b"q" * 32, SystemRandom()))
    assert stub.open("a.b", [])
    said = stub.check(chain, HOST, now, VALIDATED)
    return said[0] == 0, Reason(said[1])


def test_back_it_brings_an_expired_certificate_to_life_for_whoever_holds_its_key() -> None:
    w = world()
    rules = rules_for(w.leaf.pin(PinKind.LEAF_KEY))
    assert judge(rules, w.chain, AFTER) == (False, Reason.EXPIRED)
    assert judge(rules, w.chain, NOW) == (True, Reason.OK)


@pytest.mark.parametrize("moment", [BEFORE, AFTER, *EVER], ids=str)
def test_out_of_the_certificates_dates_it_refuses(moment: int) -> None:
    w = world()
    assert judge(rules_for(w.leaf.pin(PinKind.LEAF_KEY)), w.chain, moment) == (False, Reason.EXPIRED)


@pytest.mark.parametrize("moment", [BEFORE, NOW, AFTER, *EVER], ids=str)
def test_no_time_lets_another_key_through_a_pin_without_expiry(moment: int) -> None:
    w = world()
    forged = make(HOST, w.foreign_root, kind="p256-foreign", names=(HOST,), dates=(START - timedelta(days=9000), END))
    allowed, reason = judge(rules_for(w.leaf.pin(PinKind.LEAF_KEY)), (forged.der, w.foreign_root.der), moment)
    assert not allowed
    assert reason in (Reason.PIN, Reason.EXPIRED)


def test_forward_it_ends_pins_that_leave_the_rest_to_the_system() -> None:
    """The platform still checks the dates of the other certificate, by the same clock."""
    w = world()
    rules = rules_for(w.leaf.pin(PinKind.LEAF_KEY), expires=NOW)
    assert judge(rules, w.foreign, NOW - 1) == (False, Reason.PIN)
    assert judge(rules, w.foreign, NOW) == (True, Reason.UNLISTED)


def test_with_block_it_is_refusal_forward_and_life_back() -> None:
    w = world()
    rules = rules_for(w.leaf.pin(PinKind.LEAF_KEY), expires=NOW, block_when_expired=True)
    assert judge(rules, w.chain, NOW) == (False, Reason.EXPIRED)
    assert judge(rules, w.chain, NOW - 1) == (True, Reason.OK)
    for moment in (NOW - 1, NOW, AFTER):
        assert not judge(rules, w.foreign, moment)[0]


def test_it_does_not_make_an_install_forget() -> None:
    w, install = world(), Install()
    rules = Rules((HostRule(HostMatch.EXACT, HOST, (), first_use=PinKind.LEAF_KEY),))
    assert Process(rules, install, abis=[]).visit(w.chain, HOST) == (True, Reason.OK)
    for moment in (BEFORE, NOW, AFTER, *EVER):
        assert not Process(rules, install, abis=[]).visit(w.foreign, HOST, moment)[0]
    assert install.writes == 1
