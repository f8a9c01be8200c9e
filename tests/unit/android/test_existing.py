"""Pins and trust that an app brings along are told, with what they say."""

from __future__ import annotations

import struct
from collections.abc import Mapping
from pathlib import Path

import pytest

from pinfuse.android.existing import CONFIG_ATTRIBUTE
from pinfuse.android.manifest import ManifestFile
from pinfuse.android.resources.axml import TYPE_STRING
from pinfuse.formats import FuseOptions, OwnPin
from pinfuse.opening import open_app
from tests.fixtures.apk import MANIFEST, demo_manifest, write
from tests.fixtures.axml import Tag, compile_xml
from tests.fixtures.dex import Class, Method, Source, build

PINNER = "Lokhttp3/CertificatePinner$Builder;"
ADD: Method = ("add", PINNER, ("Ljava/lang/String;",))
HASH = "sha256/" + "A" * 43 + "="
PLAIN = build(Source((Class("La/B;"),)))
SYSTEM, USER_CAS = Tag("certificates", (("src", "system"),)), Tag("certificates", (("src", "user"),))
CONFIG = Tag("network-security-config", children=(
    Tag("base-config", children=(Tag("trust-anchors", children=(SYSTEM, USER_CAS)),)),
    Tag("domain-config", children=(
        Tag("domain", (("includeSubdomains", "true"),), "api.example.com"),
        Tag("pin-set", (("expiration", "2030-01-01"),), children=(
            Tag("pin", (("digest", "SHA-256"),), "AAAA="),
            Tag("pin", (("digest", "SHA-256"),), "BBBB="),
        )),
    )),
    Tag("debug-overrides", children=(Tag("trust-anchors", children=(USER_CAS,)),)),
))  # fmt: skip


def manifest(*, named: bool) -> bytes:
    file = ManifestFile(demo_manifest())
    if named:
        file.document.set(file.application, CONFIG_ATTRIBUTE, "networkSecurityConfig", TYPE_STRING, "res/a.xml")
    return file.pack()


def pins(tmp_path: Path, entries: Mapping[str, bytes], *, named: bool = True) -> tuple[OwnPin, ...]:
    app = open_app(write(tmp_path / "app.apk", {MANIFEST: manifest(named=named), "classes.dex": PLAIN, **entries}))
    try:
        return app.examine(FuseOptions()).pins
    finally:
        app.close()


@pytest.mark.parametrize("utf8", [True, False])
def test_a_network_security_config_under_any_name(utf8: bool, tmp_path: Path) -> None:
    (found,) = pins(tmp_path, {"res/xQ.xml": compile_xml(CONFIG, utf8=utf8)})
    assert (found.kind, found.where) == ("network security config", "res/xQ.xml")
    assert found.detail.split("; ") == [
        "base-config trusts user CAs",
        "its pins end on 2030-01-01",
        "pin SHA-256 AAAA= for api.example.com",
        "pin SHA-256 BBBB= for api.example.com",
        "it has debug-overrides, which count in a debuggable app only",
        "debug-overrides trusts user CAs",
    ]


def test_a_config_that_nobody_names_and_one_that_is_damaged(tmp_path: Path) -> None:
    data = compile_xml(CONFIG)
    (found,) = pins(tmp_path, {"res/x.xml": data}, named=False)
    assert found.detail.startswith("not named by the manifest; ")
    assert pins(tmp_path, {"res/x.xml": data[:-9]}) == ()
    (found,) = pins(tmp_path, {"res/xml/network_security_config.xml": data[:-9]})
    assert found.detail.startswith("it cannot be read: ")


def test_other_files_are_no_config(tmp_path: Path) -> None:
    other = Tag("layout", (("text", "network-security-config"),))
    assert pins(tmp_path, {"res/x.xml": compile_xml(other), "res/raw/y.xml": b"<network-security-config/>"}) == ()


def test_a_pinner_of_okhttp_and_its_pins(tmp_path: Path) -> None:
    def adds(caller: str) -> bytes:
        body = lambda index: struct.pack("<BBHH", 0x6E, 0x10, index(PINNER, ADD), 0) + b"\x0e\0"  # noqa: E731
        source = Class(caller, methods=(("x", "V", ()),), bodies=(body,))
        return build(Source((source,), ((PINNER, ADD),), (HASH, "sha256/short")))

    found = pins(tmp_path, {"classes2.dex": adds("La/Client;")})
    assert found == (
        OwnPin("OkHttp CertificatePinner", "classes2.dex", "made by a.Client"),
        OwnPin("pin as a string", "classes2.dex", HASH),
    )
    assert [one.kind for one in pins(tmp_path, {"classes2.dex": adds("Lokhttp3/Inside;")})] == ["pin as a string"]


def test_trustkit(tmp_path: Path) -> None:
    source = Source((Class("Lcom/datatheorem/android/trustkit/TrustKit;"),))
    assert [one.kind for one in pins(tmp_path, {"classes2.dex": build(source)})] == ["TrustKit"]
    near = Source((Class("Lcom/datatheorem/android/trust/TrustKit;"),))
    assert pins(tmp_path, {"classes2.dex": build(near)}) == ()
