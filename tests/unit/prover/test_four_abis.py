"""The four stubs, emulated, give the same verdict, reason, certificate and pin as the core on this machine."""

from __future__ import annotations

import base64
import itertools
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from pinfuse.policy.rules import PinKind, Rules
from pinfuse.prover.protocol import Session
from pinfuse.stub.payload import load_payload, with_well
from pinfuse.vault import Binding, SystemRandom, seal
from tests.cases import cases
from tests.chains import HOST, Case, rules_for, world
from tests.hoststub import HostStub

PACKAGE = "org.example.app"
ABIS = ["arm64-v8a", "armeabi-v7a", "x86", "x86_64"]
ANYONE = Binding(PACKAGE, (), any_signer=True)
PINNED = rules_for(world().leaf.pin(PinKind.LEAF_KEY))


def ask(session: Session, **request: Any) -> dict[str, Any]:
    answer: dict[str, Any] = json.loads(json.dumps(session.answer(json.dumps(request).encode())))
    return answer


def libs(well: bytes, abis: list[str] | None = None) -> dict[str, str]:
    chosen = {abi: load_payload().stub(abi, len(well)) for abi in abis or ABIS}
    return {
        abi: base64.b64encode(with_well(stub.path.read_bytes(), stub.well_offset, well)).decode()
        for abi, stub in chosen.items()
    }


def asked(case: Case) -> dict[str, Any]:
    chain = [base64.b64encode(der).decode() for der in case.chain]
    return {"chain": chain, "host": case.host, "now": case.now, "flags": case.flags}


def groups() -> Iterator[tuple[Rules, list[Case]]]:
    found: dict[str, list[Case]] = {}
    for case in cases():
        found.setdefault(repr(case.rules), []).append(case)
    return ((group[0].rules, group) for group in found.values())


def test_all_cases_on_four_abis_and_the_host(tmp_path: Path) -> None:
    session, compared = Session(), 0
    for rules, group in groups():
        well = seal(rules, ANYONE, b"q" * 32, SystemRandom())
        host = HostStub(well)
        assert host.open(PACKAGE, [])
        expected = [list(host.check(one.chain, one.host, one.now, one.flags)) for one in group]
        assert expected == [list(one.expected) for one in group]
        assert ask(session, op="load", libs=libs(well))["ok"]
        opened = ask(session, op="open", package=PACKAGE, code_path=str(tmp_path / "none"), signers=[])
        assert opened["abis"] == dict.fromkeys(ABIS, 0)
        said = ask(session, op="check", cases=list(map(asked, group)))
        for abi in ABIS:
            assert said["abis"][abi] == expected, abi
        compared += len(group)
    assert compared >= 60


@pytest.fixture
def session(tmp_path: Path) -> Session:
    """A session whose stubs are loaded with the rules of one leaf, and open."""
    session = Session()
    well = seal(PINNED, ANYONE, b"q" * 32, SystemRandom())
    assert ask(session, op="load", libs=libs(well))["ok"]
    assert ask(session, op="open", package=PACKAGE, code_path=str(tmp_path), signers=[])["ok"]
    return session


@pytest.mark.parametrize("abi", ABIS)
def test_a_flipped_bit_of_the_well_closes_the_vault(abi: str, tmp_path: Path) -> None:
    well = bytearray(seal(PINNED, ANYONE, b"q" * 32, SystemRandom()))
    well[5000] ^= 1
    session = Session()
    assert ask(session, op="load", libs=libs(bytes(well), [abi]))["ok"]
    assert ask(session, op="open", package=PACKAGE, code_path=str(tmp_path), signers=[])["abis"][abi] < 0
    case = asked(cases()[0])
    assert ask(session, op="check", cases=[case])["abis"][abi] == [[1, 13, -1, -1]]


def test_another_package_does_not_open(tmp_path: Path) -> None:
    session = Session()
    assert ask(session, op="load", libs=libs(seal(PINNED, ANYONE, b"q" * 32, SystemRandom())))["ok"]
    said = ask(session, op="open", package=PACKAGE + "s", code_path=str(tmp_path), signers=[])
    assert all(code < 0 for code in said["abis"].values())


def test_instructions_are_counted_the_same_each_time(session: Session) -> None:
    w = world()
    case = {"chain": [base64.b64encode(d).decode() for d in w.chain], "host": "unlisted.example", "now": 0, "flags": 1}
    once, again = (ask(session, op="check", cases=[case], count=True)["instructions"] for _ in range(2))
    assert once == again
    assert all(100 < numbers[0] < 200_000 for numbers in once.values()), once


def test_the_time_is_64_bits_wide_on_every_abi(session: Session) -> None:
    """A moment after 2038 must reach the 32-bit stubs whole."""
    w = world()
    chain = [base64.b64encode(d).decode() for d in w.chain]
    late = [{"chain": chain, "host": HOST, "now": now, "flags": 1} for now in (1 << 33, -(1 << 40))]
    said = ask(session, op="check", cases=late)["abis"]
    for (abi, rows), number in itertools.product(said.items(), range(2)):
        assert rows[number][:2] == [1, 8], (abi, rows)
