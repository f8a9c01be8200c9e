"""The proof of an iOS stub: each entry both ways holds for the committed one, and not for one that lets all through."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from pinfuse.errors import ProofError
from pinfuse.policy.rules import Rules
from pinfuse.proof import flows
from pinfuse.proof.ask import Subject
from pinfuse.proof.model import Proof
from pinfuse.proof.prove import OTHER_PACKAGE, OTHER_TEAM, prove
from pinfuse.proof.team import other_team
from pinfuse.prover.apple.guest import AppleGuest
from pinfuse.prover.protocol import Session
from pinfuse.vault import Binding, SystemRandom, open_well, seal
from tests.applestub import APPLE, TEAM, stub
from tests.unit.proof.test_prove import PACKAGE, SETTINGS, pinned

SIGNER = hashlib.sha256(f"team:{TEAM}".encode()).digest()


class InProcess:
    """The prover in this process; ``lie`` changes the answers to requests of a kind."""

    def __init__(self, **lie: Any) -> None:
        self.session, self.lie = Session(), lie

    def ask(self, request: dict[str, Any]) -> dict[str, Any]:
        answer = self.session.answer(json.dumps(request).encode())
        if not answer["ok"]:
            raise ProofError(answer["error"]["what"])
        plain: dict[str, Any] = json.loads(json.dumps(answer))
        if request["op"] == "flow":
            for one in plain["abis"].values():
                one.update(self.lie)
        return plain


def run(rules: Rules, abis: tuple[str, ...] = APPLE, *, anyone: bool = False, team: str = TEAM, **lie: Any) -> Proof:
    binding = Binding(PACKAGE, () if anyone else (SIGNER,), any_signer=anyone)
    well = seal(rules, binding, b"q" * 32, SystemRandom())
    made = {abi: stub(abi, well, team=team) for abi in abis}
    prover: Any = InProcess(**lie)
    opened = open_well(well, PACKAGE, [SIGNER])
    images, places = {abi: one[0] for abi, one in made.items()}, {abi: one[1] for abi, one in made.items()}
    return prove(prover, images, Subject(PACKAGE, Path("x.ipa"), (SIGNER,)), opened, (), well_at=places)


def test_the_committed_stub_is_proved_on_three_abis() -> None:
    proof = run(pinned())
    assert proof.failures == ()
    assert proof.ok
    names = [case.name for case in proof.cases]
    for entry in flows.ENTRIES:
        for what in (f"{entry}: pinned chain", f"{entry}: forged chain", f"{OTHER_PACKAGE}, {entry}: pinned chain",
                     f"{OTHER_TEAM}, {entry}: pinned chain"):  # fmt: skip
            assert names.count(what) == 1, what
    print(f"{proof.accepted} accepted, {proof.refused} refused on {len(APPLE)} ABIs in {proof.seconds:.2f} s")


@pytest.mark.parametrize("name", [name for name in SETTINGS if name != "as usual"])
def test_it_is_proved_whatever_the_set_says(name: str) -> None:
    assert run(replace(pinned(), **SETTINGS[name]), ("ios-arm64",)).failures == ()


def test_a_set_without_a_dialog_shows_none() -> None:
    silent = replace(pinned(), settings=(("show", "never"),))
    assert run(silent, ("ios-arm64",)).failures == ()


def test_a_vault_for_anyone_has_no_case_of_another_team() -> None:
    proof = run(pinned(), ("ios-arm64",), anyone=True, team="")
    assert proof.failures == ()
    assert not [case for case in proof.cases if case.name.startswith(OTHER_TEAM)]


@pytest.mark.parametrize(
    ("lie", "missed"),
    [
        ({"allowed": True}, "forged chain"),
        ({"allowed": False}, "pinned chain"),
        ({"event": None}, "forged chain"),
        ({"event": {"reason": "path"}}, "forged chain"),
        ({"dialog": None}, "the dialog"),
    ],
    ids=str,
)
def test_a_stub_that_does_otherwise_is_found_out(lie: dict[str, Any], missed: str) -> None:
    proof = run(pinned(), ("ios-arm64",), **lie)
    assert not proof.ok
    assert any(missed in line for line in proof.failures)


def test_every_entry_of_the_prover_is_proved() -> None:
    well = seal(pinned(), Binding(PACKAGE, (), any_signer=True), b"q" * 32, SystemRandom())
    from pinfuse.prover.abi import ABIS

    guest = AppleGuest(ABIS["ios-arm64"], stub("ios-arm64", well)[0])
    assert set(guest.flows.names) == set(flows.ENTRIES)


def test_the_team_of_a_signature_is_found_and_replaced() -> None:
    well = seal(pinned(), Binding(PACKAGE, (SIGNER,)), b"q" * 32, SystemRandom())
    signed = stub("ios-arm64", well, team=TEAM)[0]
    changed = other_team(signed)
    assert changed is not None
    assert [at for at in range(len(signed)) if signed[at] != changed[at]] == [signed.index(TEAM.encode())]
    assert other_team(stub("ios-arm64", well)[0]) is None
    for damaged in (b"", signed[:40], signed[: signed.index(TEAM.encode())], b"\xff" * 4096):
        assert other_team(damaged) is None
