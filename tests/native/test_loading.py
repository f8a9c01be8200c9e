"""Which libraries the stub stands before: edited ones, those loaded later, hidden ones, several of them; and curl."""

from __future__ import annotations

import shutil
import socket
import ssl
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from pinfuse.android.elf.image import read
from pinfuse.android.elf.needed import needed_first
from pinfuse.policy.rules import PinKind
from tests.hoststub import compiler
from tests.native.compile import run, tool
from tests.native.phone import CLIENT, OURS, C, Phone
from tests.native.test_sessions import served
from tests.native.world import HOST, World, rules

SYSTEM = Path("/usr/lib/x86_64-linux-gnu")
OPENSSL, CURL = SYSTEM / "libssl.so.3", SYSTEM / "libcurl.so.4"


def phone_of(around: World, folder: Path, *, edited: bool = True) -> Phone:
    return Phone(folder / "lib", rules(PinKind.LEAF_KEY, around.leaf), edited=edited)


def check(phone: Phone, around: World, libraries: tuple[str, ...], *before: object) -> None:
    """The pinned server is served, the other is not."""
    for name, expected in (("good", True), ("other", False)):
        said = phone.run(libraries, *before, "connect", around.port(name), HOST, around.trust)
        assert served(said, around.settle(name)) is expected, (name, said.text)


def test_an_app_without_the_edit_and_the_scan_is_served_by_anybody(around: World, tmp_path: Path) -> None:
    phone = phone_of(around, tmp_path, edited=False)
    said = phone.run(("client",), "connect", around.port("other"), HOST, around.trust)
    assert served(said, around.settle("other"))


def test_a_library_that_was_loaded_before_is_found_by_the_scan(around: World, tmp_path: Path) -> None:
    phone = phone_of(around, tmp_path, edited=False)
    for name, expected in (("good", True), ("other", False)):
        words = ("connect", around.port(name), HOST, around.trust)
        said = phone.run(("client", "machine", "client"), *words)
        assert served(said, around.settle(name)) is expected


@pytest.mark.parametrize(
    "flags", [(), ("-Wl,-z,now", "-Wl,-z,relro"), ("-Wl,-z,lazy",), ("-fno-plt",), ("-DTABLE",)], ids=str
)
def test_a_library_that_is_loaded_later_is_found_too(flags: tuple[str, ...], around: World, tmp_path: Path) -> None:
    phone = phone_of(around, tmp_path, edited=False)
    client = phone.folder / "libclient.so"
    run(compiler(), *CLIENT, "-shared", *flags, C / "client.c", "-l:libssl.so.3", "-l:libcrypto.so.3", "-o", client)
    check(phone, around, ("launcher", "machine", "launcher"), client)


def test_functions_that_are_looked_up_by_name_are_ours(around: World, tmp_path: Path) -> None:
    phone = phone_of(around, tmp_path, edited=False)
    for name, expected in (("good", True), ("other", False)):
        said = phone.run(("machine", "lookup"), "connect", around.port(name), HOST)
        assert said.code == 0, "loaded after the scan, by nobody whom we see: not covered"
        said = phone.run(("lookup", "machine", "lookup"), "connect", around.port(name), HOST)
        assert (said.code == 0) is expected, said.text
        assert (said["write"][0] > 0) is expected


def both(phone: Phone) -> None:
    """A library that runs two others in turn, twice."""
    (phone.folder / "both.c").write_text(
        "#include <dlfcn.h>\n#include <string.h>\n#include <stdio.h>\n"
        "int run(int n, char **w) { int bad = 0; for (int i = 0; i < 4; i++) {"
        "void *l = dlopen(w[i % 2], RTLD_NOW | RTLD_LOCAL); if (!l) return puts(dlerror()), 9;"
        'bad = 2 * bad + ((int (*)(int, char **))dlsym(l, "run"))(n - 2, w + 2); } return bad; }'
    )
    run(compiler(), *CLIENT, "-shared", phone.folder / "both.c", "-o", phone.folder / "libboth.so")


def test_two_tls_libraries_in_one_process(around: World, tmp_path: Path) -> None:
    """A second OpenSSL under another name, its sessions judged by its own functions."""
    if not OPENSSL.exists():
        pytest.skip(f"{OPENSSL} is not here")
    phone = phone_of(around, tmp_path)
    shutil.copy(phone.folder / "libclient.so", phone.folder / "libfirst.so")
    second = OPENSSL.read_bytes().replace(b"libssl.so.3\0", b"libtwo.so.3\0")
    (phone.folder / "libtwo.so.3").write_bytes(second)
    client = (phone.folder / "libclient.so").read_bytes()
    (phone.folder / "libclient.so").write_bytes(client.replace(b"libssl.so.3\0", b"libtwo.so.3\0"))
    both(phone)
    paths = phone.folder / "libfirst.so", phone.folder / "libclient.so"
    said = phone.run(("machine", "both"), *paths, "connect", around.port("good"), HOST, around.trust)
    assert said.code == 0 and len(said["answer"]) == 4, said.text
    said = phone.run(("machine", "both"), *paths, "connect", around.port("other"), HOST, around.trust)
    assert said.code == 15 and around.settle("other") == 0, said.text


@pytest.mark.parametrize("edited", [True, False])
def test_twelve_threads_at_once(edited: bool, around: World, tmp_path: Path) -> None:
    phone = phone_of(around, tmp_path, edited=edited)
    crowd, client = phone.folder / "libcrowd.so", phone.folder / "libclient.so"
    run(compiler(), *CLIENT, "-shared", C / "crowd.c", "-lpthread", "-o", crowd)
    for name, failed in (("good", 0), ("other", 12)):
        words = ("connect", around.port(name), HOST, around.trust)
        said = phone.run(("crowd", "machine", "crowd"), client, *words)
        assert said.code == failed, said.text
        assert (around.settle(name) > 0) == (failed == 0)


def test_a_library_that_brings_its_own_openssl_and_uses_it(around: World, tmp_path: Path) -> None:
    """As Node does: the functions it calls are its own, so the order of libraries does not help, and the scan does."""
    if not (SYSTEM / "libssl.a").exists():
        pytest.skip("no static OpenSSL is here (libssl-dev)")
    phone = phone_of(around, tmp_path, edited=False)
    own = phone.folder / "libown.so"
    run(compiler(), *CLIENT, "-shared", f"-Wl,-soname,{own.name}", C / "client.c", SYSTEM / "libssl.a",
        SYSTEM / "libcrypto.a", "-ldl", "-lpthread", "-o", own)  # fmt: skip
    check(phone, around, ("launcher", "machine", "launcher"), own)
    said = phone.run(("machine", "own"), "connect", around.port("other"), HOST, around.trust)
    assert said.code == 0, "loaded by the system's own hand after the scan: covered from the next scan on"
    around.settle("other")


def test_two_openssls_of_different_builds(around: World, tmp_path: Path) -> None:
    """One shared, one inside a library. (Of one version here, so that asking the wrong one would not show.)"""
    if not (SYSTEM / "libssl.a").exists():
        pytest.skip("no static OpenSSL is here (libssl-dev)")
    phone = phone_of(around, tmp_path)
    own, client = phone.folder / "libown.so", phone.folder / "libclient.so"
    run(compiler(), *CLIENT, "-shared", f"-Wl,-soname,{own.name}", C / "client.c", SYSTEM / "libssl.a",
        SYSTEM / "libcrypto.a", "-ldl", "-lpthread", "-o", own)  # fmt: skip
    both(phone)
    for name, code in (("good", 0), ("other", 15)):
        words = (client, own, "connect", around.port(name), HOST, around.trust)
        said = phone.run(("own", "both", "machine", "both"), *words)
        assert said.code == code and (around.settle(name) > 0) == (code == 0), said.text


def test_curl(around: World, tmp_path: Path) -> None:
    """Debian's own libcurl, edited: closed until the vault is open, and then the pinned server alone."""
    curl = tool("curl")
    if not CURL.exists():
        pytest.skip(f"{CURL} is not here")
    phone = phone_of(around, tmp_path)
    path = phone.folder / "libcurl.so.4"
    path.write_bytes(needed_first(read(CURL.resolve().read_bytes(), "curl"), OURS))

    def visit(name: str) -> bool:
        words = [curl, "-sS", "--max-time", "20", "--cacert", str(around.trust), f"https://{HOST}:{around.port(name)}/"]
        said = Phone.start(words, {"LD_LIBRARY_PATH": str(phone.folder)})
        assert (said.code == 0) == (around.settle(name) > 0), said.text
        return said.code == 0

    assert not visit("good"), "nobody opened the vault"
    path.write_bytes(needed_first(read(path.read_bytes(), "curl"), "libmachine.so"))
    assert [visit(name) for name in ("good", "other", "appended")] == [True, False, False]


@contextmanager
def early_server(around: World, name: str, *, talks: bool = False) -> Iterator[tuple[int, Path]]:
    """OpenSSL's own server, which takes early data, and says something now and then if it ``talks``; its port, and
    what it printed."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = int(free.getsockname()[1])
    chain, key = around.files[name]
    log, above = chain.with_suffix(".log"), chain.with_suffix(".above")
    above.write_text(chain.read_text().split("-----END CERTIFICATE-----\n", 1)[1])
    words = [tool("openssl"), "s_server", "-accept", str(port), "-cert", str(chain), "-key", str(key), "-early_data",
             "-naccept", "4", "-cert_chain", str(above)]  # fmt: skip
    with log.open("w") as out:
        process = subprocess.Popen(words, stdout=out, stderr=out, stdin=subprocess.PIPE)
        try:
            for _ in range(200):
                if "ACCEPT" in log.read_text():
                    break
                time.sleep(0.02)
            if talks:
                threading.Thread(target=_talk, args=(process,), daemon=True).start()
            yield port, log
        finally:
            process.kill()
            process.wait()


def _talk(process: subprocess.Popen[bytes]) -> None:
    assert process.stdin is not None
    with suppress(OSError):
        while process.poll() is None:
            process.stdin.write(b"hello\n")
            process.stdin.flush()
            time.sleep(0.1)


def keep_session(port: int, kept: Path) -> None:
    """The first ticket that the server gives to a client that judges nothing."""
    words = [tool("openssl"), "s_client", "-connect", f"127.0.0.1:{port}", "-servername", HOST, "-sess_out", kept]
    with subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as client:
        for _ in range(500):
            if kept.exists() and kept.stat().st_size:
                break
            time.sleep(0.02)
        client.communicate(b"Q\n", timeout=20)
    assert kept.stat().st_size


@pytest.mark.parametrize(("name", "expected"), [("good", True), ("other", False)])
def test_early_data(name: str, expected: bool, around: World, leaf_phone: Phone, tmp_path: Path) -> None:
    """A session that was made before, by somebody else, is judged by the certificate that it was made with."""
    kept = tmp_path / "session.pem"
    with early_server(around, name) as (port, log):
        keep_session(port, kept)
        said = leaf_phone.client("early", port, HOST, around.trust, kept)
        assert (said["early"][0] > 0) is expected, said.text
        time.sleep(0.1)
        assert ("secret" in log.read_text()) is expected
        if expected:
            assert said["accepted"] == [2] and said["shake"] == [1]


@pytest.mark.parametrize("way", ("accept", "state", "handshake"))
def test_servers_are_left_alone(way: str, around: World, tmp_path: Path) -> None:
    """Nobody shows them a certificate; a client's session like that would be refused."""
    phone = phone_of(around, tmp_path)
    out = phone.folder / "libserve.so"
    run(compiler(), *CLIENT, "-shared", f"-Wl,-soname,{out.name}", C / "serve.c", C / "reach.c", "-l:libssl.so.3",
        "-o", out)  # fmt: skip
    phone.edit("serve")
    heard: list[bytes] = []

    def client(listening: socket.socket) -> None:
        with listening.accept()[0] as plain, ssl._create_unverified_context().wrap_socket(plain) as session:
            session.sendall(b"hi")
            heard.append(session.recv(16))

    with socket.create_server(("127.0.0.1", 0)) as listening:
        thread = threading.Thread(target=client, args=(listening,))
        thread.start()
        said = phone.run(("machine", "serve"), way, listening.getsockname()[1], *around.files["good"])
        thread.join()
    assert said.code == 0 and said["read"] == [2] and heard == [b"hello"], said.text
