"""Android's own BoringSSL (Debian builds it as android-libboringssl): another kind of TLS library than OpenSSL."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from pinfuse.policy.rules import PinKind
from tests.hoststub import compiler
from tests.native.compile import run
from tests.native.phone import CLIENT, C, Phone
from tests.native.test_loading import early_server
from tests.native.test_sessions import served
from tests.native.world import HOST, World, rules

FOLDER = Path("/usr/lib/x86_64-linux-gnu/android")
WAYS = ("connect", "state", "handshake", "read", "nonblocking", "tls12", "param")


def phone(around: World, folder: Path, kind: PinKind, *, edited: bool = True) -> Phone:
    """An app whose client is linked with BoringSSL."""
    if not (FOLDER / "libssl.so.0").exists():
        pytest.skip("BoringSSL is not here (Debian: android-libboringssl)")
    pinned = {PinKind.LEAF_KEY: around.leaf, PinKind.ANY_KEY: around.middle}[kind]
    made = Phone(folder / "lib", rules(kind, pinned), edited=False)
    links = (f"-L{FOLDER}", "-l:libssl.so.0", "-l:libcrypto.so.0", f"-Wl,-rpath,{FOLDER}")
    out = made.folder / "libclient.so"
    run(compiler(), *CLIENT, "-DBORING", "-shared", f"-Wl,-soname,{out.name}", C / "client.c", *links, "-o", out)
    if edited:
        made.edit("client")
    return made


@pytest.mark.parametrize("kind", [PinKind.LEAF_KEY, PinKind.ANY_KEY], ids=lambda kind: kind.name)
def test_the_pinned_server_is_served_and_others_are_not(kind: PinKind, around: World, tmp_path: Path) -> None:
    """A pinned authority counts by the signatures on the path that was sent: BoringSSL tells no verified chain."""
    app = phone(around, tmp_path, kind)
    for way in WAYS:
        for name, expected in (("good", True), ("other", False), ("appended", False)):
            said = app.client(way, around.port(name), HOST, around.trust)
            assert served(said, around.settle(name)) is expected, (way, name, said.text)
    said = app.client("resume12", around.port("good"), HOST, around.trust)
    assert served(said, around.settle("good")) and said["reused"] == [1], said.text
    assert not served(app.client("lie", around.port("forged"), HOST, around.trust), around.settle("forged"))
    said = app.client("connect", around.port("good"), HOST, "-")
    assert served(said, around.settle("good")) is (kind is PinKind.LEAF_KEY)
    said = app.client("connect", around.port("good"), HOST, around.trust, VAULT_CLOSED="1")
    assert not served(said, around.settle("good"))


def test_the_app_is_told_as_of_a_failed_verification(around: World, tmp_path: Path) -> None:
    said = phone(around, tmp_path, PinKind.LEAF_KEY).client("connect", around.port("other"), HOST, around.trust)
    assert said.text.startswith("shake -1 error 1 queue 1\n")


def test_it_is_found_when_it_is_loaded_later(around: World, tmp_path: Path) -> None:
    app = phone(around, tmp_path, PinKind.LEAF_KEY, edited=False)
    for name, expected in (("good", True), ("other", False)):
        words = (app.folder / "libclient.so", "connect", around.port(name), HOST, around.trust)
        said = app.run(("launcher", "machine", "launcher"), *words)
        assert served(said, around.settle(name)) is expected, said.text


def test_early_data(around: World, tmp_path: Path) -> None:
    """The handshake says it is over before the server has answered; what it was given before is judged then."""
    app = phone(around, tmp_path, PinKind.LEAF_KEY)
    for name, expected in (("good", True), ("other", False)):
        with early_server(around, name, talks=True) as (port, log):
            said = app.client("early", port, HOST, around.trust)
            time.sleep(0.1)
            assert ("secret" in log.read_text()) is expected, said.text
            if expected:
                assert said["ticket"] == said["early"] == said["accepted"] == [1] and said["write"][-1] > 0, said.text
            else:
                assert max(said["write"]) < 0, said.text
