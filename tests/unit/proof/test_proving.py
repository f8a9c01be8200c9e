"""A proof beside the writing: its thread ends, its errors are words, and another file is noticed."""

from __future__ import annotations

import zipfile
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from examples.demo.run import APP
from pinfuse.errors import ProofError
from pinfuse.formats import StubImage
from pinfuse.opening import open_app
from pinfuse.proof.ask import Subject
from pinfuse.proof.proving import Proving
from pinfuse.stub.payload import load_payload, with_well
from pinfuse.vault import Binding, SystemRandom, open_well, seal
from tests.mutation import InProcess
from tests.unit.prover.test_four_abis import PINNED

PACKAGE = "org.example.app"
WELL = seal(PINNED, Binding(PACKAGE, (), any_signer=True), b"q" * 32, SystemRandom())


def image(well: bytes = WELL) -> StubImage:
    stub = load_payload().stub("x86_64", len(well))
    data = with_well(stub.path.read_bytes(), stub.well_offset, well)
    return StubImage("x86_64", "lib/x86_64/libzqk.so", data, stub.well_offset, stub.well_size)


def proving(stub: StubImage, folder: Path, *, twin: bool = False) -> Proving:
    prover: Any = InProcess()
    subject = Subject(PACKAGE, folder / "stand-in", ())
    return Proving(prover, (stub,), subject, open_well(WELL, PACKAGE, ()), (), twin=(stub,) if twin else ())


def written(folder: Path, stub: StubImage) -> tuple[Path, tuple[StubImage, ...]]:
    """A file with this stub, and the stubs as they are read out of it."""
    out = folder / "out.apk"
    with zipfile.ZipFile(APP) as source, zipfile.ZipFile(out, "w") as target:
        target.writestr("AndroidManifest.xml", source.read("AndroidManifest.xml"))
        target.writestr(stub.entry, stub.data)
    with closing(open_app(out)) as app:
        return out, app.stubs()


def test_the_very_file_is_proved(tmp_path: Path) -> None:
    with proving(image(), tmp_path) as running:
        proof = running.finish(*written(tmp_path, image()))
    assert proof.ok
    assert proof.subject == "the written file"


def test_a_twin_says_what_it_is(tmp_path: Path) -> None:
    with proving(image(), tmp_path, twin=True) as running:
        assert "twin" in running.finish(*written(tmp_path, image())).subject


def test_another_stub_in_the_file_is_noticed(tmp_path: Path) -> None:
    other = replace(image(), data=image().data[:-1] + b"!")
    with proving(image(), tmp_path) as running, pytest.raises(ProofError, match="other stubs"):
        running.finish(*written(tmp_path, other))


def test_a_vault_that_does_not_open_in_the_file(tmp_path: Path) -> None:
    """The stub that was run is in the file, but with a well that nobody sealed."""
    spoiled = image(WELL[:9000] + bytes([WELL[9000] ^ 1]) + WELL[9001:])
    with proving(spoiled, tmp_path) as running, pytest.raises(ProofError, match="does not open in the written file"):
        running.finish(*written(tmp_path, spoiled))


def test_a_stub_that_cannot_be_run_fails_the_build_in_words(tmp_path: Path) -> None:
    broken = replace(image(), data=b"\x7fELF" + image().data[4:64] + bytes(len(image().data) - 64))
    with proving(broken, tmp_path) as running, pytest.raises(ProofError):
        running.finish(*written(tmp_path, broken))
