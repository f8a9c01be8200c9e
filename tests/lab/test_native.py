"""Sessions of an app's native libraries, in one process with the shim out of a built app: who is told what of them."""

from __future__ import annotations

import ctypes.util
import functools
import hashlib
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from pinfuse.android.elf.image import read
from pinfuse.android.elf.needed import needed_first
from pinfuse.policy.rules import HostMatch, HostRule, PinKind, Rules, SealedPin
from pinfuse.vault import Binding, SystemRandom, seal
from tests.hoststub import compiler
from tests.lab.device import PACKAGE, library_with
from tests.lab.phone import Phone, reports, until
from tests.lab.servers import CountingServer, counting_server
from tests.lab.test_told import BUILT_IN, EVENT
from tests.lab.visits import Lab
from tests.native.compile import run
from tests.native.phone import CLIENT, OURS, C

Make = Callable[..., Phone]


@pytest.fixture(scope="module")
def start(lab: Lab, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Make]:
    """A phone whose app pins localhost to the good server, and has a native client that was edited by the build."""
    if not ctypes.util.find_library("ssl"):
        pytest.skip("no libssl.so.3 is here")
    phones: list[Phone] = []
    leaf = x509.load_pem_x509_certificates(lab.good[0].read_bytes())[0]
    pin = SealedPin(PinKind.CERTIFICATE, hashlib.sha256(leaf.public_bytes(Encoding.DER)).digest())

    @functools.cache
    def library(rules: Rules) -> Path:
        well = seal(rules, Binding(PACKAGE, (), any_signer=True), b"n" * 32, SystemRandom())
        return with_client(library_with(well, tmp_path_factory.mktemp("native") / "lib"))

    def made(rules: Any = None, first_use: PinKind | None = None, files: Path | None = None, **settings: str) -> Phone:
        rule = HostRule(HostMatch.EXACT, "localhost", () if first_use is not None else (pin,), first_use=first_use)
        pinned = Rules((rule,), settings=tuple(settings.items()), **(rules or {}))
        phones.append(Phone(lab.classes, library(pinned), lab.apk, lab.trust, files=files))
        return phones[-1]

    yield made
    for one in phones:
        one.__exit__()


def with_client(folder: Path) -> Path:
    """The native client, edited as a build edits it, a crowd of threads, and the way in from Java, beside the stub."""
    for name, *links in (("client", "-l:libssl.so.3", "-l:libcrypto.so.3"), ("crowd", "-lpthread"), ("calls",)):
        out = folder / f"lib{name}.so"
        run(compiler(), *CLIENT, "-shared", f"-Wl,-soname,{out.name}", C / f"{name}.c", *links, "-o", out)
    client = folder / "libclient.so"
    client.write_bytes(needed_first(read(client.read_bytes(), "client"), OURS))
    return folder


def call(phone: Phone, server: CountingServer, *before: Path, way: str = "connect", trust: str = "-") -> int:
    """One session, or, through another library, as many as that opens; how many were not served."""
    words: Sequence[object] = (*before, phone.library / "libclient.so", way, server.port, "localhost", trust)
    count = len(phone.rows("native"))
    phone.tell(" ".join(map(str, ("native", *words))))
    return int(phone.rows("native")[count])


def test_a_native_session_that_is_let_through_is_told_to_nobody(start: Make, lab: Lab) -> None:
    phone = start()
    with counting_server(*lab.good) as good:
        phone.tell("resume")
        assert call(phone, good) == 0
        assert phone.settled("dialog", 0) == phone.rows("broadcast") == []


def test_a_native_refusal_shows_the_dialog_and_makes_the_event_and_the_report(start: Make, lab: Lab) -> None:
    with reports(*lab.other) as there, counting_server(*lab.other) as other:
        phone = start(report=f"https://localhost:{there.port}/")
        phone.tell("resume")
        for _ in range(3):
            assert call(phone, other) == 1
        assert other.request_bytes == 0
        assert phone.settled("dialog", 1) == [BUILT_IN]
        said = EVENT.fullmatch(phone.settled("broadcast", 1)[0])
        assert said and said.groups()[:5] == ("-1", "2", "0", "enforce", "pin")
        ((_, _, body),) = until(lambda: there.told, 1)
        sent = x509.load_pem_x509_certificates(lab.other[0].read_bytes())
        chain = [hashlib.sha256(one.public_bytes(Encoding.DER)).hexdigest() for one in sent]
        assert body["chain"] == chain[: len(body["chain"])] and body["chain"]
        assert {key: body[key] for key in ("host", "reason", "code", "certificate", "mode")} == {
            "host": "localhost", "reason": "pin", "code": 2, "certificate": -1, "mode": "enforce",
        }  # fmt: skip


def test_java_and_native_refusals_of_one_host_are_limited_together(start: Make, lab: Lab) -> None:
    phone = start()
    with counting_server(*lab.other) as other:
        phone.tell("resume")
        assert phone.get(f"https://localhost:{other.port}/").endswith("refused: pin")
        assert call(phone, other) == 1
        assert phone.settled("dialog", 1) == [BUILT_IN]
        assert len(phone.settled("broadcast", 1)) == 1
        phone.tell("ahead 6000")
        assert call(phone, other) == 1
        again = EVENT.fullmatch(phone.settled("broadcast", 2)[1])
        assert again and again[3] == "1", "the native one before was left out"


def test_twelve_threads_that_java_does_not_know(start: Make, lab: Lab) -> None:
    """What there was no room for is counted in the next event."""
    phone = start()
    with counting_server(*lab.other) as other:
        phone.tell("resume")
        assert call(phone, other, phone.library / "libcrowd.so") == 12
        assert phone.settled("dialog", 1) == [BUILT_IN]
        assert len(phone.settled("broadcast", 1)) == 1
        phone.tell("ahead 6000")
        assert call(phone, other) == 1
        again = EVENT.fullmatch(phone.settled("broadcast", 2)[1])
        assert again and again[3] == "11"


def test_report_mode_lets_native_sessions_through_and_tells_them(start: Make, lab: Lab) -> None:
    phone = start(rules={"enforce": False})
    with counting_server(*lab.other) as other:
        phone.tell("resume")
        assert call(phone, other) == 0
        said = EVENT.fullmatch(phone.settled("broadcast", 1)[0])
        assert said and said.groups()[3:5] == ("report", "pin")
        assert phone.rows("dialog") == []


def test_never_shows_no_dialog_for_native_sessions_either(start: Make, lab: Lab) -> None:
    phone = start(show="never")
    with counting_server(*lab.other) as other:
        phone.tell("resume")
        assert call(phone, other) == 1
        assert len(phone.settled("broadcast", 1)) == 1
        assert phone.rows("dialog") == []


def trust_of(folder: Path, *identities: tuple[Path, Path]) -> str:
    """A file with the roots that end these chains, for the native client."""
    roots = [x509.load_pem_x509_certificates(chain.read_bytes())[-1] for chain, _ in identities]
    (folder / "roots.pem").write_bytes(b"".join(root.public_bytes(Encoding.PEM) for root in roots))
    return str(folder / "roots.pem")


@pytest.mark.parametrize("kind", [PinKind.LEAF_KEY, PinKind.ANY_KEY], ids=lambda kind: kind.name)
def test_a_host_that_native_code_meets_first_is_believed_from_the_next_session_on(
    start: Make, lab: Lab, tmp_path: Path, kind: PinKind
) -> None:
    """Nobody is told of the first, which is refused; Java knows the host then too, and so does the next process."""
    trust, kept = trust_of(tmp_path, lab.good, lab.other), tmp_path / "zqk"
    phone = start(first_use=kind, files=tmp_path, remembers="yes")
    with counting_server(*lab.good) as good, counting_server(*lab.other) as other:
        phone.tell("resume")
        assert call(phone, good, trust=trust) == 1 and good.request_bytes == 0
        assert until(lambda: [kept] if kept.exists() else [], 1)
        assert call(phone, good, trust=trust) == 0
        assert phone.settled("dialog", 0) == phone.rows("broadcast") == []
        assert call(phone, other, trust=trust) == 1 and other.request_bytes == 0
        assert phone.get(f"https://localhost:{other.port}/").endswith("refused: first-use")
        assert phone.get(f"https://localhost:{good.port}/") == "served"
        assert "reason=first-use" in phone.settled("broadcast", 1)[0]
        again = start(first_use=kind, files=tmp_path, remembers="yes")
        again.tell("resume")
        assert phone.settled("dialog", 1)
        assert call(again, good, trust=trust) == 0, "what is on the disk is there before the first session"


def test_what_native_code_did_not_verify_is_not_believed(start: Make, lab: Lab, tmp_path: Path) -> None:
    phone = start(first_use=PinKind.LEAF_KEY, files=tmp_path)
    with counting_server(*lab.good) as good:
        for _ in range(2):
            assert call(phone, good) == 1 and good.request_bytes == 0
        assert "reason=first-use" in phone.settled("broadcast", 1)[0]
        assert not (tmp_path / "zqk").exists()


def test_a_host_that_cannot_be_remembered_is_told(start: Make, lab: Lab, tmp_path: Path) -> None:
    (tmp_path / "zqk").mkdir()
    phone = start(first_use=PinKind.LEAF_KEY, files=tmp_path)
    with counting_server(*lab.good) as good:
        for _ in range(2):
            assert call(phone, good, trust=trust_of(tmp_path, lab.good)) == 1 and good.request_bytes == 0
        assert "reason=first-use" in phone.settled("broadcast", 1)[0]
