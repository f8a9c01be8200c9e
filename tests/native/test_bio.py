"""Clients that drive OpenSSL through its BIOs, whose functions call their own library inside and past everybody."""

from __future__ import annotations

from pathlib import Path

import pytest

from pinfuse.policy.rules import PinKind
from tests.hoststub import compiler
from tests.native.compile import run
from tests.native.phone import CLIENT, C, Phone
from tests.native.test_boringssl import FOLDER as BORING
from tests.native.test_loading import SYSTEM, phone_of
from tests.native.test_sessions import served
from tests.native.world import HOST, World, rules

WAYS = ("shake", "implicit", "puts", "ex", "buffer", "nonblocking", "new", "method")


def check(phone: Phone, around: World, way: str, libraries: tuple[str, ...], *before: object) -> None:
    """The pinned server is served, the others get no byte."""
    for name, expected in (("good", True), ("other", False), ("appended", False)):
        said = phone.run(libraries, *before, way, around.port(name), HOST, around.trust)
        assert served(said, around.settle(name)) is expected, (name, said.text)


@pytest.mark.parametrize("way", WAYS)
def test_the_pinned_server_is_served_and_another_authoritys_is_not(way: str, around: World, leaf_phone: Phone) -> None:
    check(leaf_phone, around, way, ("machine", "bio"))


def test_the_handshake_itself_is_refused(around: World, leaf_phone: Phone) -> None:
    said = leaf_phone.run(("machine", "bio"), "shake", around.port("other"), HOST, around.trust)
    assert said["shake"] == [-1]


def test_without_us_everybody_is_served(around: World, tmp_path: Path) -> None:
    phone = phone_of(around, tmp_path, edited=False)
    said = phone.run(("bio",), "implicit", around.port("other"), HOST, around.trust)
    assert served(said, around.settle("other"))


@pytest.mark.parametrize("way", ("implicit", "method", "byname"))
def test_a_library_that_is_loaded_later_is_found_too(way: str, around: World, tmp_path: Path) -> None:
    phone = phone_of(around, tmp_path, edited=False)
    check(phone, around, way, ("launcher", "machine", "launcher"), phone.folder / "libbio.so")


def test_a_closed_vault_refuses_everything(around: World, leaf_phone: Phone) -> None:
    words = ("implicit", around.port("good"), HOST, around.trust)
    said = leaf_phone.run(("machine", "bio"), *words, environment={"VAULT_CLOSED": "1"})
    assert not served(said, around.settle("good"))


@pytest.mark.parametrize("way", ("shake", "implicit", "method", "new"))
def test_an_openssl_that_calls_only_itself(way: str, around: World, tmp_path: Path) -> None:
    """As OpenSSL's own build links it (-Bsymbolic), and with its table in memory that is sealed."""
    if not (SYSTEM / "libssl.a").exists():
        pytest.skip("no static OpenSSL is here (libssl-dev)")
    phone = phone_of(around, tmp_path, edited=False)
    whole = ("-Wl,--whole-archive", SYSTEM / "libssl.a", SYSTEM / "libcrypto.a", "-Wl,--no-whole-archive")
    own = phone.folder / "libownssl.so"
    run(compiler(), *CLIENT, "-shared", f"-Wl,-soname,{own.name}", "-Wl,-Bsymbolic,-z,relro,-z,now", *whole, "-o", own)
    bio = phone.folder / "libbio.so"
    run(compiler(), *CLIENT, "-shared", f"-Wl,-soname,{bio.name}", C / "bio.c", own, "-o", bio)
    phone.edit("bio")
    check(phone, around, way, ("machine", "bio"))
    if way == "shake":
        said = phone.run(("machine", "bio"), way, around.port("other"), HOST, around.trust)
        assert said["shake"] == [-1], "the handshake itself says so"


def test_boringssls_bios_cannot_be_made(around: World, tmp_path: Path) -> None:
    """It does not say which session a BIO drives: refused without a crash."""
    if not (BORING / "libssl.so.0").exists():
        pytest.skip("BoringSSL is not here (Debian: android-libboringssl)")
    phone = Phone(tmp_path / "lib", rules(PinKind.LEAF_KEY, around.leaf), edited=False)
    (phone.folder / "boring.c").write_text(
        "#include <stdio.h>\nextern void *BIO_f_ssl(void), *BIO_new(void *), *SSL_new(void *);\n"
        'int run(int n, char **w) { void *b = BIO_new(BIO_f_ssl()); printf("made %d\\n", b != 0);'
        "return n < 0 && SSL_new(b); }"
    )
    links = (f"-L{BORING}", "-l:libssl.so.0", "-l:libcrypto.so.0", f"-Wl,-rpath,{BORING}")
    out = phone.folder / "libboring.so"
    run(compiler(), *CLIENT, "-shared", f"-Wl,-soname,{out.name}", phone.folder / "boring.c", *links, "-o", out)
    assert phone.run(("boring",))["made"] == [1]
    phone.edit("boring")
    said = phone.run(("machine", "boring"))
    assert said.code == 0 and said["made"] == [0], said.text
