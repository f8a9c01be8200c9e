"""The iOS stubs, emulated: the verdicts of the Android stub, and every exported function driven both ways."""

from __future__ import annotations

import base64
import hashlib
import random
from typing import Any

import pytest

from pinfuse.policy.rules import HostMatch, HostRule, PinKind, Reason, Rules
from pinfuse.prover.abi import ABIS as TABLE
from pinfuse.prover.apple.flows import Flow
from pinfuse.prover.apple.guest import AppleGuest
from pinfuse.prover.fault import Fault
from pinfuse.prover.guest import Case
from pinfuse.prover.protocol import Session
from pinfuse.vault import Binding, SystemRandom, seal
from tests.applestub import APPLE, TEAM, libs, stub
from tests.chains import HOST, NOW, VALIDATED, rules_for, world
from tests.hoststub import HostStub
from tests.unit.prover.test_four_abis import ANYONE, PACKAGE, PINNED, ask, asked, groups

EXPORTED = ("SecTrustEvaluate", "SecTrustEvaluateWithError", "SecTrustEvaluateAsync", "SecTrustEvaluateAsyncWithError",
            "SecTrustGetTrustResult", "SSLHandshake")  # fmt: skip
OWN_TRUST = ("SSLHandshake, broken", "sec_protocol_options_set_verify_block")
"""Where the app decides in the platform's place."""
NEWER = {"SecTrustEvaluateWithError", "SecTrustEvaluateAsyncWithError", "SecTrustCopyCertificateChain",
         "sec_protocol_options_set_verify_block", "sec_protocol_metadata_get_server_name",
         "sec_trust_copy_ref"}  # fmt: skip
"""What iOS 8 does not have."""


def sealed(rules: Rules = PINNED, binding: Binding = ANYONE) -> bytes:
    return seal(rules, binding, b"q" * 32, SystemRandom())


def session(well: bytes, package: str = PACKAGE, code: int = 0, *, team: str = "") -> Session:
    made = Session()
    assert ask(made, op="load", libs=libs(well, team=team))["ok"]
    said = ask(made, op="open", package=package, code_path="/none", signers=[])
    assert said["abis"] == dict.fromkeys(APPLE, code), said
    return made


def test_all_cases_on_three_abis_and_the_host() -> None:
    compared = 0
    for rules, group in groups():
        well = sealed(rules)
        host = HostStub(well)
        assert host.open(PACKAGE, [])
        expected = [list(host.check(one.chain, one.host, one.now, one.flags)) for one in group]
        assert expected == [list(one.expected) for one in group]
        said = ask(session(well), op="check", cases=list(map(asked, group)))
        assert said["abis"] == dict.fromkeys(APPLE, expected)
        compared += len(group)
    assert compared >= 60


@pytest.fixture(scope="module")
def opened() -> Session:
    """Stubs that pin one leaf."""
    return session(sealed())


def flow(session: Session, entry: str, chain: tuple[bytes, ...], *, platform: bool = True, host: str | None = HOST,
         now: int = NOW) -> dict[str, Any]:  # fmt: skip
    """What every ABI said, which must be one thing."""
    case = {"chain": [base64.b64encode(der).decode() for der in chain], "host": host, "now": now, "flags": 0}
    said = ask(session, op="flow", entry=entry, case=case, platform=platform)
    assert said["ok"], said
    (first, *others) = said["abis"].values()
    assert all(one == first for one in others)
    found: dict[str, Any] = first
    return found


@pytest.mark.parametrize("entry", [*EXPORTED, *OWN_TRUST])
def test_a_pinned_chain_goes_on_and_a_forged_one_does_not(opened: Session, entry: str) -> None:
    w = world()
    assert flow(opened, entry, w.chain)["allowed"] is True
    assert flow(opened, entry, w.foreign)["allowed"] is False
    assert flow(opened, entry, w.chain, now=NOW + 40_000_000)["allowed"] is False
    assert flow(opened, entry, w.foreign, host="www.example.net")["allowed"] is True, "nobody pins this host"


@pytest.mark.parametrize("entry", EXPORTED)
def test_what_the_platform_refuses_stays_refused(opened: Session, entry: str) -> None:
    assert flow(opened, entry, world().chain, platform=False)["allowed"] is False


@pytest.mark.parametrize("entry", OWN_TRUST)
def test_an_authority_counts_only_where_the_platform_accepts(entry: str) -> None:
    w = world()
    pinned = session(sealed(rules_for(w.ca.pin(PinKind.ANY_KEY))))
    assert flow(pinned, entry, w.chain)["allowed"] is True
    assert flow(pinned, entry, w.chain, platform=False)["allowed"] is False


@pytest.mark.parametrize("entry", [*EXPORTED, *OWN_TRUST])
def test_nothing_is_kept_of_a_session(opened: Session, entry: str) -> None:
    w = world()
    for chain, platform in ((w.chain, True), (w.foreign, True), (w.chain, False)):
        flow(opened, entry, chain, platform=platform)
        assert flow(opened, entry, chain, platform=platform)["kept"] == 0


@pytest.mark.parametrize("entry", [*EXPORTED, *OWN_TRUST])
def test_a_closed_vault_refuses_every_pinned_chain(entry: str) -> None:
    closed = session(sealed(), PACKAGE + ".x", -3)
    assert flow(closed, entry, world().chain)["allowed"] is False


def test_a_refusal_has_the_platforms_own_codes(opened: Session) -> None:
    w = world()
    assert flow(opened, "SecTrustEvaluate", w.foreign)["code"] == 6
    assert flow(opened, "SecTrustEvaluateWithError", w.foreign)["code"] == -67843
    assert flow(opened, "SSLHandshake", w.foreign)["code"] == -9807
    assert flow(opened, "SecTrustEvaluate", w.chain)["code"] == 4


def test_the_vault_opens_for_the_team_that_signed_the_library_and_for_no_other() -> None:
    signer = hashlib.sha256(f"team:{TEAM}".encode()).digest()
    well = sealed(PINNED, Binding(PACKAGE, (signer,)))
    for team, package, code in ((TEAM, PACKAGE, 0), ("TEAM123457", PACKAGE, -3), ("", PACKAGE, -3),
                                (TEAM, PACKAGE + "x", -3)):  # fmt: skip
        session(well, package, code, team=team)


def test_an_app_without_an_identifier_says_so() -> None:
    session(sealed(), "", -1)


def test_opening_for_another_app_starts_again() -> None:
    one = session(sealed())
    for package, code in ((PACKAGE, 0), ("org.other", -3), (PACKAGE, 0)):
        said = ask(one, op="open", package=package, code_path="/none", signers=[])
        assert set(said["abis"].values()) == {code}


@pytest.mark.parametrize("entry", EXPORTED)
def test_where_ios_has_only_the_older_functions(entry: str) -> None:
    w = world()
    guest = AppleGuest(TABLE["ios-arm64"], stub("ios-arm64", sealed(), variant="device-8.0")[0], NEWER)
    assert guest.open(PACKAGE, "", []) == 0
    for chain, platform, allowed in ((w.chain, True, True), (w.foreign, True, False), (w.chain, False, False)):
        said = guest.flow(Flow(entry, Case(chain, HOST.encode(), NOW, 0), platform))
        assert said["allowed"] is allowed, (platform, said)


@pytest.mark.parametrize("abi", APPLE)
def test_every_size_of_the_well_opens(abi: str) -> None:
    pin = world().leaf.pin(PinKind.LEAF_KEY)
    for count in (400, 4000):
        hosts = tuple(HostRule(HostMatch.EXACT, f"h{number}.example.net", (pin,)) for number in range(count))
        well = sealed(Rules((*hosts, *PINNED.hosts)))
        assert len(well) > 16384
        guest = AppleGuest(TABLE[abi], stub(abi, well)[0])
        assert guest.open(PACKAGE, "", []) == 0
        w = world()
        assert guest.check(Case(w.chain, HOST.encode(), NOW, VALIDATED)) == (0, Reason.OK, 0, 0)
        assert guest.check(Case(w.foreign, HOST.encode(), NOW, VALIDATED)) == (1, Reason.PIN, -1, -1)


def test_a_second_library_that_differs_in_its_well_starts_from_the_beginning() -> None:
    """Code is translated once, but state never survives."""
    one, good, abi = Session(), sealed(), "ios-arm64"
    bad = bytes([good[0] ^ 1]) + good[1:]
    for well, code in ((good, 0), (bad, -3), (good, 0)):
        first = one.guests.get(abi)
        assert ask(one, op="load", libs=libs(well, (abi,), team=TEAM))["ok"]
        assert first is None or one.guests[abi] is first
        assert ask(one, op="open", package=PACKAGE, code_path="", signers=[])["abis"][abi] == code


def test_a_verdict_costs_the_same_each_time(opened: Session) -> None:
    w = world()
    case = {"chain": [base64.b64encode(der).decode() for der in w.chain], "host": HOST, "now": NOW, "flags": 1}
    once, again = (ask(opened, op="check", cases=[case], count=True)["instructions"] for _ in range(2))
    print({abi: numbers[0] for abi, numbers in once.items()})
    assert once == again
    assert all(1000 < numbers[0] < 60_000 for numbers in once.values()), once


def test_an_android_stub_has_no_flows_and_an_unknown_entry_is_said(opened: Session) -> None:
    case = {"chain": [], "host": None, "now": 0, "flags": 0}
    said = ask(opened, op="flow", entry="SecTrustFly", case=case, platform=True)
    assert said["error"] == {"what": "there is no entry 'SecTrustFly'", "abi": "ios-arm64"}


@pytest.mark.parametrize("abi", APPLE)
def test_a_damaged_library_is_a_fault_and_no_crash(abi: str) -> None:
    good, rng = stub(abi, sealed(), team=TEAM)[0], random.Random(abi)
    for number in range(60):
        data = bytearray(good)
        for _ in range(rng.randrange(1, 5)):
            data[rng.randrange(4096 if number % 3 else len(data))] = rng.randrange(256)
        try:
            guest = AppleGuest(TABLE[abi], bytes(data))
            guest.machine.limit = 3_000_000
            guest.open(PACKAGE, "", [])
        except Fault as fault:
            assert str(fault)


@pytest.mark.parametrize("abi", APPLE)
def test_a_library_for_another_system_is_said(abi: str) -> None:
    for other in APPLE:
        if other != abi:
            with pytest.raises(Fault, match="is made for"):
                AppleGuest(TABLE[abi], stub(other, sealed())[0])
