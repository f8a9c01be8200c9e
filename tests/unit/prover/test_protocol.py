"""The prover answers whatever it is asked, and whatever stub it is given, in words and in time."""

from __future__ import annotations

import base64
import hashlib
import json
import random
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest

from examples.demo.run import APP
from pinfuse.android.output import write_stand_in
from pinfuse.android.signing.debugkey import throwaway_signer
from pinfuse.container.reader import Archive
from pinfuse.prover.elf import read
from pinfuse.prover.fault import Fault
from pinfuse.prover.protocol import Session
from pinfuse.stub.payload import load_payload
from pinfuse.vault import Binding, SystemRandom, seal
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
        b'{"op": "settings"}',
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


@pytest.fixture(scope="module")
def opened(tmp_path_factory: pytest.TempPathFactory) -> Session:
    """An open x86_64 stub that pins one leaf."""
    session = Session()
    well = seal(PINNED, ANYONE, b"q" * 32, SystemRandom())
    assert ask(session, op="load", libs=libs(well, ["x86_64"]))["ok"]
    assert ask(session, op="open", package=PACKAGE, code_path=str(tmp_path_factory.getbasetemp()), signers=[])["ok"]
    return session


@pytest.mark.parametrize(
    "case",
    [
        b'{"chain": [], "host": null, "now": 1e999, "flags": 0}',
        b'{"chain": [], "host": null, "now": NaN, "flags": 0}',
        b'{"chain": [], "host": null, "now": 0, "flags": Infinity}',
        b'{"chain": [], "host": null, "now": 0}',
        b'{"chain": ["?"], "host": null, "now": 0, "flags": 0}',
    ],
    ids=lambda case: case.decode()[-24:],
)
def test_a_case_that_is_none_is_answered_in_words(opened: Session, case: bytes) -> None:
    for request in (b'{"op": "check", "cases": [%s]}', b'{"op": "remember", "secret": "", "sealed": null, "fresh": "",'
                    b' "case": %s}'):  # fmt: skip
        answer = opened.answer(request % case)
        assert answer["ok"] is False
        assert answer["error"]["what"]


SIZES = [(31, 0, 32), (33, 0, 32), (32, 0, 31), (0, 0, 0), (32, 1 << 20, 32)]


@pytest.mark.parametrize(("secret", "sealed", "fresh"), SIZES)
def test_a_memory_of_a_wrong_size_changes_no_verdict(opened: Session, secret: int, sealed: int, fresh: int) -> None:
    texts = {name: base64.b64encode(bytes(size)).decode() for name, size in
             {"secret": secret, "sealed": sealed, "fresh": fresh}.items()}  # fmt: skip
    case = {"chain": [], "host": "a.example", "now": 1 << 70, "flags": 1 << 40}
    said = ask(opened, op="remember", case=case, **texts)
    assert said["abis"]["x86_64"]["sealed"] is None
    assert said["abis"]["x86_64"]["verdict"] == ask(opened, op="check", cases=[case])["abis"]["x86_64"][0]


@pytest.mark.parametrize("abi", ABIS)
def test_a_vault_bound_to_a_signer_opens_for_what_caller_and_file_both_report(abi: str, tmp_path: Path) -> None:
    apk = tmp_path / "base.apk"
    signer = throwaway_signer()
    with apk.open("w+b") as file, Archive(APP) as source:
        write_stand_in(source, signer, file)
    own, other = hashlib.sha256(signer.certificates[0]).digest(), b"o" * 32
    session = Session()
    for bound, opens in ((own, True), (other, False)):
        well = seal(PINNED, Binding(PACKAGE, (bound,)), b"q" * 32, SystemRandom())
        for reported in ([own], [other, own], [other], []):
            assert ask(session, op="load", libs=libs(well, [abi]))["ok"]
            said = ask(session, op="open", package=PACKAGE, code_path=str(apk),
                       signers=[one.hex() for one in reported])  # fmt: skip
            assert said["abis"] == {abi: 0 if opens and own in reported else -3}, (opens, len(reported))


def test_the_settings_come_out_of_an_open_vault_only(tmp_path: Path) -> None:
    session, texts = Session(), b"title\0Gesperrt \xc3\xbc\0" * 40
    rules = replace(PINNED, settings=(("title", "Gesperrt ü"),) * 40)
    well = seal(rules, ANYONE, b"q" * 32, SystemRandom())
    assert ask(session, op="load", libs=libs(well, ABIS))["ok"]
    for package, right in (("org.example.other", None), (PACKAGE, base64.b64encode(texts).decode())):
        assert ask(session, op="settings")["abis"] == dict.fromkeys(ABIS)
        ask(session, op="open", package=package, code_path=str(tmp_path), signers=[])
        assert ask(session, op="settings")["abis"] == dict.fromkeys(ABIS, right)
