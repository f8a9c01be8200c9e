"""The stub itself with chained fixups, which the shipped one has not: run in the emulator, it does the same."""

from __future__ import annotations

import base64
import hashlib
import shutil
from collections.abc import Iterator

import pytest

from pinfuse.prover import macho
from pinfuse.prover.protocol import Session
from pinfuse.stub.build import ios as build
from pinfuse.stub.build.native import COMPILER, well_offset
from pinfuse.stub.payload import with_well
from pinfuse.vault import Binding
from tests.applestub import TEAM, signed, stub
from tests.chains import world
from tests.fixtures import chained
from tests.fixtures.linker import CHAINS
from tests.unit.prover.test_four_abis import PACKAGE, PINNED, ask, asked, groups
from tests.unit.prover.test_ios import EXPORTED, OWN_TRUST, flow, sealed

ABI = "ios-arm64"


@pytest.fixture(scope="module")
def linked() -> Iterator[bytes]:
    """The newest device's stub from the same sources, by the linker that writes chains."""
    if not (shutil.which(COMPILER) and shutil.which(CHAINS)):
        pytest.skip(f"{COMPILER} and {CHAINS} are not here")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(build, "LINKER", CHAINS)
        patch.setattr(build, "LINK", [*build.LINK, "-fixup_chains"])
        yield build.build_part(build.VARIANTS["device-13.0"].parts[0], chained.MINOS, len(sealed()))


def session(linked: bytes, well: bytes, team: str = "") -> Session:
    data = with_well(linked, well_offset(linked, len(well)), well)
    made = Session()
    lib = base64.b64encode(signed(data, team) if team else data).decode()
    said = ask(made, op="load", libs={ABI: lib})
    assert said["ok"], said
    return made


def opened(linked: bytes, well: bytes, team: str = "") -> int:
    said = ask(session(linked, well, team), op="open", package=PACKAGE, code_path="/none", signers=[])
    code: int = said["abis"][ABI]
    return code


def test_it_has_the_same_imports_and_exports(linked: bytes) -> None:
    chains, opcodes = macho.read(linked), macho.read(stub(ABI, sealed())[0])
    assert chains.exports.keys() == opcodes.exports.keys()
    named = [{(one.symbol, one.weak, one.library) for one in some.fixups if one.symbol} for some in (chains, opcodes)]
    assert named[0] == {one for one in named[1] if one[0] != "dyld_stub_binder"}
    assert (len(chains.initialiser_offsets()), chains.initialisers()) == (1, ())


@pytest.mark.parametrize("by_offset", [False, True])
def test_it_gives_the_same_verdicts(linked: bytes, by_offset: bool) -> None:
    """Both formats of words; the cases that seven other builds of the core were asked."""
    compared = 0
    lib = chained.by_offset(linked) if by_offset else linked
    for rules, group in list(groups())[: 3 if by_offset else None]:
        made = session(lib, sealed(rules))
        assert ask(made, op="open", package=PACKAGE, code_path="/none", signers=[])["abis"] == {ABI: 0}
        said = ask(made, op="check", cases=list(map(asked, group)))
        assert said["abis"] == {ABI: [list(one.expected) for one in group]}
        compared += len(group)
    assert compared > 20


def test_sessions_through_every_export(linked: bytes) -> None:
    made = session(linked, sealed())
    assert ask(made, op="open", package=PACKAGE, code_path="/none", signers=[])["abis"] == {ABI: 0}
    for entry in (*EXPORTED, *OWN_TRUST):
        assert flow(made, entry, world().chain)["allowed"] is True
        assert flow(made, entry, world().foreign)["allowed"] is False


def test_it_reads_who_signed_it_out_of_its_own_image(linked: bytes) -> None:
    signer = hashlib.sha256(f"team:{TEAM}".encode()).digest()
    well = sealed(PINNED, Binding(PACKAGE, (signer,)))
    assert [opened(linked, well, team) for team in (TEAM, "TEAM123457", "")] == [0, -3, -3]
