"""The prover answers whatever it is asked, and whatever stub it is given, in words and in time."""

from __future__ import annotations

import base64
import json
import random
import subprocess
import sys
import time
from pathlib import Path

import pytest

from pinfuse.prover.elf import read
from pinfuse.prover.fault import Fault
from pinfuse.prover.protocol import Session
from pinfuse.stub.payload import load_payload
from pinfuse.vault import SystemRandom, seal
from pinfuse.vault.seal import WELL_SIZES
from tests.unit.prover.test_four_abis import ABIS, ANYONE, PACKAGE, PINNED, ask, libs


@pytest.mark.parametrize(
    "line",
    [
        b"",
        b"\xff",
        b"[]",
        b"7",
        b'{"op": "fly"}',
        b'{"op": "load"}',
        b'{"op": "load", "libs": {"arm64-v8a": "!"}}',
        b'{"op": "load", "libs": {"riscv64": ""}}',
        b'{"op": "load", "libs": {"x86": ""}}',
        b'{"op": "open", "package": "a", "code_path": "/", "signers": []}',
        b'{"op": "check", "cases": []}',
        b'{"op": "check", "cases": [{"chain": 7}]}',
        b"[" * 100_000,
    ],
    ids=lambda line: line[:40].decode("latin-1") or "nothing",
)
def test_a_request_that_cannot_be_met_is_answered_in_words(line: bytes) -> None:
    answer = Session().answer(line)
    assert answer["ok"] is False
    assert answer["error"]["what"]


def test_the_process_answers_lines_and_ends_with_its_input() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "pinfuse.prover"], input=b"{}\nnonsense\n", capture_output=True, timeout=60, check=True
    )
    answers = [json.loads(line) for line in done.stdout.splitlines()]
    assert [one["ok"] for one in answers] == [False, False]
    assert done.stderr == b""


def test_it_imports_nothing_else_of_pinfuse() -> None:
    code = "import pinfuse.prover.__main__, sys; print(*[m for m in sys.modules if m.startswith('pinfuse.')])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert all(name.startswith("pinfuse.prover") for name in done.stdout.split())


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("abi", ABIS)
def test_a_damaged_library_is_a_fault_and_no_crash(abi: str, seed: int) -> None:
    good, rng = load_payload().stub(abi, WELL_SIZES[0]).path.read_bytes(), random.Random(f"{abi}{seed}")
    for _ in range(60):
        data = bytearray(good)
        for _ in range(rng.randrange(1, 5)):
            data[rng.randrange(4096 if rng.random() < 0.7 else len(data))] = rng.randrange(256)
        try:
            read(bytes(data))
        except Fault as fault:
            assert str(fault)


@pytest.mark.parametrize("abi", ABIS)
def test_code_that_is_noise_is_a_fault(abi: str) -> None:
    stub = load_payload().stub(abi, WELL_SIZES[0])
    data = stub.path.read_bytes()
    code = next(one for one in read(data).segments if one.flags & 1)
    noise = random.Random(abi).randbytes(code.file_size)
    broken = data[: code.offset] + noise + data[code.offset + code.file_size :]
    session = Session()
    started = time.monotonic()
    said = ask(session, op="load", libs={abi: base64.b64encode(broken).decode()})
    assert said["ok"] is False
    assert said["error"]["abi"] == abi
    assert time.monotonic() - started < 30


def test_a_stub_without_an_end_is_stopped_by_a_limit(tmp_path: Path) -> None:
    session = Session()
    well = seal(PINNED, ANYONE, b"q" * 32, SystemRandom())
    assert ask(session, op="load", libs=libs(well, ["x86_64"]))["ok"]
    session.guests["x86_64"].machine.limit = 1000
    said = ask(session, op="open", package=PACKAGE, code_path=str(tmp_path), signers=[])
    assert "1000 instructions without an end" in said["error"]["what"]


def test_a_second_library_that_differs_in_its_well_starts_from_the_beginning(tmp_path: Path) -> None:
    """Code is translated once, but state never survives: an open vault does not stay open."""
    session = Session()
    good = seal(PINNED, ANYONE, b"q" * 32, SystemRandom())
    bad = bytes([good[0] ^ 1]) + good[1:]
    for well, code in ((good, 0), (bad, -3), (good, 0)):
        first = session.guests.get("x86_64")
        assert ask(session, op="load", libs=libs(well, ["x86_64"]))["ok"]
        assert first is None or session.guests["x86_64"] is first
        said = ask(session, op="open", package=PACKAGE, code_path=str(tmp_path), signers=[])
        assert said["abis"]["x86_64"] == code


def test_a_library_whose_code_differs_is_loaded_anew() -> None:
    session, abi = Session(), "x86_64"
    well = seal(PINNED, ANYONE, b"q" * 32, SystemRandom())
    loaded = libs(well, [abi])
    assert ask(session, op="load", libs=loaded)["ok"]
    first = session.guests[abi]
    data = bytearray(base64.b64decode(loaded[abi]))
    code = next(one for one in read(bytes(data)).segments if one.flags & 1)
    data[code.offset + code.file_size - 1] ^= 1
    ask(session, op="load", libs={abi: base64.b64encode(bytes(data)).decode()})
    assert session.guests.get(abi) is not first


def test_only_the_apps_own_file_can_be_read(tmp_path: Path) -> None:
    from pinfuse.prover.abi import ABIS as TABLE
    from pinfuse.prover.libc import Libc
    from pinfuse.prover.machine import Machine

    (tmp_path / "base.apk").write_bytes(b"PK")
    machine = Machine(TABLE["x86_64"])
    libc = Libc(machine)
    libc.code_path = str(tmp_path / "base.apk")
    place = machine.memory.take(f"{tmp_path / 'base.apk'}\0".encode())
    other = machine.memory.take(b"/etc/passwd\0")
    assert libc.functions["open"].run(place, 0) == 3
    assert libc.functions["open"].run(place, 1) == -1
    assert libc.functions["open"].run(other, 0) == -1
    libc.close_all()
