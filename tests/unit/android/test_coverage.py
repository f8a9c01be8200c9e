"""The rows of coverage: every stack of the tables is found in an app that has it, and in no other."""

from __future__ import annotations

import struct
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from pinfuse.android.coverage import A1, A2, NO_LAYER
from pinfuse.android.manifest import (
    ALLOW_BACKUP,
    BACKUP_AGENT,
    NAME,
    REQUIRED_SPLIT_TYPES,
    VALUE,
    ManifestFile,
)
from pinfuse.android.resources.axml import TRUE, TYPE_BOOLEAN, TYPE_STRING
from pinfuse.coverage.java import LATE, OWN_PROVIDER, OWN_TLS, PROCEED, STACKS, UNCHECKED, JavaStack, Reach
from pinfuse.coverage.marks import LABELS
from pinfuse.coverage.native import PRODUCTS, Product
from pinfuse.formats import Coverage, FuseOptions
from pinfuse.opening import open_app
from tests.fixtures.apk import MANIFEST, demo_manifest, write
from tests.fixtures.dex import Class, Method, Source, build
from tests.unit.android.test_facades import NAMES_IT, USER

VOID: Method = ("x", "V", ())
PLAIN = Source((Class("La/B;"),))
TLS = b"\x7fELF" + b"\0".join(LABELS)


def rows(tmp_path: Path, entries: Mapping[str, bytes], **options: object) -> dict[str, Coverage]:
    app = open_app(write(tmp_path / "app.apk", {MANIFEST: demo_manifest(), **entries}))
    try:
        found = app.examine(FuseOptions(**options))  # type: ignore[arg-type]
    finally:
        app.close()
    assert found.refusal == ""
    return {row.stack: row for row in found.coverage}


def completed(prefix: str) -> str:
    return prefix if prefix.endswith(";") else f"{prefix}{'Some' if prefix.endswith('/') else ''};"


def calling(owner: str, name: str, *, caller: str = "La/Caller;") -> Source:
    """A class whose only method calls another one."""
    called: Method = (name, "V", ())
    body = lambda index: struct.pack("<BBHH", 0x6E, 0x10, index(owner, called), 0) + b"\x0e\0"  # noqa: E731
    return Source((Class(caller, methods=(VOID,), bodies=(body,)),), ((owner, called),))


def sources(stack: JavaStack) -> list[Source]:
    """Apps that have the stack, one for each way in which it is told."""
    made = [Source((Class(completed(prefix)),)) for prefix in stack.defined]
    made += [Source((Class("La/B;"),), ((completed(prefix), VOID),)) for prefix in stack.named]
    made += [calling(owner, name) for owner, name in stack.calls]
    return made + [replace(PLAIN, strings=(f"{prefix}9.1",)) for prefix in stack.strings]


CASES = [(stack, number) for stack in STACKS for number in range(len(sources(stack)))]


@pytest.mark.parametrize(("stack", "number"), CASES, ids=lambda one: getattr(one, "name", str(one)))
def test_a_stack_is_found_where_it_is(stack: JavaStack, number: int, tmp_path: Path) -> None:
    found = rows(tmp_path, {"classes.dex": build(sources(stack)[number])})
    row = next(row for name, row in found.items() if name.split(" 9")[0].startswith(stack.name))
    assert row.layer == {Reach.APP: A1, Reach.SYSTEM: A2, Reach.OUTSIDE: NO_LAYER}[stack.reach]
    assert row.evidence in (stack.evidence, "lab")
    assert "classes.dex" in row.where[0]
    assert not row.gap


def test_an_app_without_tls_has_no_row(tmp_path: Path) -> None:
    near = ("Lokhttp/Client;", "Lorg/apache/httpx/A;", "Lcom/android/volleyball/A;", "Lorg/conscrypted/A;")
    source = Source(tuple(map(Class, near)), strings=("okhttp/x", "okhttp", "https://a.example"))
    assert rows(tmp_path, {"classes.dex": build(source)}) == {}


@pytest.mark.parametrize(
    ("text", "stack"),
    [("okhttp/4.9.0", "OkHttp 4.9.0"), ("okhttp/5.0.0-alpha.14", "OkHttp 5.0.0-alpha.14"),
     ("okhttp/2.7.5", "OkHttp (com.squareup) 2.7.5")],
)  # fmt: skip
def test_the_version_of_okhttp_is_in_a_string(text: str, stack: str, tmp_path: Path) -> None:
    assert stack in rows(tmp_path, {"classes.dex": build(replace(PLAIN, strings=(text,)))})


def test_a_version_beside_the_code(tmp_path: Path) -> None:
    source = build(Source((Class("Lio/netty/handler/ssl/SslHandler;"),)))
    properties = b"netty-common.version=1\nnetty-handler.version=4.1.94.Final\n"
    entries = {"classes.dex": source, "META-INF/io.netty.versions.properties": properties}
    assert "Netty 4.1.94.Final" in rows(tmp_path, entries)


def test_a_bundled_client_of_apache_is_not_the_systems(tmp_path: Path) -> None:
    source = build(Source((Class("Lorg/apache/http/impl/client/DefaultHttpClient;"),)))
    assert set(rows(tmp_path, {"classes.dex": source})) == {"Apache HttpClient 4"}


def test_a_facade_that_is_left_out_is_a_gap_and_its_stacks_have_a2_alone(tmp_path: Path) -> None:
    okhttp = build(Source((Class("Lokhttp3/OkHttpClient;"),)))
    found = rows(tmp_path, {"classes.dex": USER, "classes2.dex": okhttp, "lib/x86/a.so": NAMES_IT})
    row = found["javax.net.ssl.SSLContext in the app's own code"]
    assert (row.layer, row.gap) == (A2, True) and "lib/x86/a.so is native code" in row.detail
    assert next(iter(found.values())) == row
    assert (found["OkHttp"].layer, found["OkHttp"].uncovered_by) == (A2, OWN_PROVIDER)
    whole = rows(tmp_path, {"classes.dex": USER, "classes2.dex": okhttp})
    assert (whole["OkHttp"].layer, whole["OkHttp"].uncovered_by) == (A1, LATE)


@pytest.mark.parametrize("name", ["org/conscrypt/", "org/bouncycastle/jsse/"])
def test_a_provider_that_the_app_brings_along_is_a_gap_without_a1(name: str, tmp_path: Path) -> None:
    entries = {"classes.dex": USER, "classes2.dex": build(Source((Class(f"L{name}Some;"),)))}
    stack = next(one.name for one in STACKS if f"L{name}" in one.defined)
    assert (found := rows(tmp_path, entries)[stack]).layer == A1 and not found.gap
    row = rows(tmp_path, {**entries, "lib/x86/a.so": NAMES_IT})[stack]
    assert (row.layer, row.evidence, row.gap) == (NO_LAYER, "none", True)


def test_proceed_in_a_webview_is_a_gap_with_its_classes(tmp_path: Path) -> None:
    found = rows(tmp_path, {"classes.dex": build(calling(*PROCEED, caller="La/Clicks;"))})
    row = found["SslErrorHandler.proceed in a WebView"]
    assert (row.gap, row.layer, row.where) == (True, NO_LAYER, ("a.Clicks",))
    other = rows(tmp_path, {"classes.dex": build(calling(PROCEED[0], "cancel"))})
    assert "SslErrorHandler.proceed in a WebView" not in other


@pytest.mark.parametrize(("owner", "name"), OWN_TLS)
def test_tls_of_its_own_is_a_gap_where_the_app_makes_one(owner: str, name: str, tmp_path: Path) -> None:
    found = rows(tmp_path, {"classes.dex": build(calling(owner, "<init>"))})
    assert (found[name].gap, found[name].where) == (True, ("a.Caller",))
    neighbour = owner.rsplit("/", 1)[0] + "/Helper;"
    assert name not in rows(tmp_path, {"classes.dex": build(calling(owner, "<init>", caller=neighbour))})


@pytest.mark.parametrize(("row", "owner", "name"), UNCHECKED)
def test_trust_of_its_own_past_the_layers_is_a_gap(row: str, owner: str, name: str, tmp_path: Path) -> None:
    found = rows(tmp_path, {"classes.dex": build(calling(owner, name))})
    assert (found[row].gap, found[row].where) == (True, ("a.Caller",))
    assert row not in rows(tmp_path, {"classes.dex": build(calling(owner, "y"))})
    neighbour = owner.rsplit("/", 1)[0] + "/Helper;"
    assert row not in rows(tmp_path, {"classes.dex": build(calling(owner, name, caller=neighbour))})


def test_a_server_is_told_and_no_gap(tmp_path: Path) -> None:
    source = Source((Class("La/B;"),), (("Ljavax/net/ssl/SSLServerSocket;", VOID),))
    assert not rows(tmp_path, {"classes.dex": build(source)})["TLS servers inside the app"].gap


def nested(tmp_path: Path, data: bytes) -> bytes:
    with zipfile.ZipFile(tmp_path / "inner.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("jni/libhidden.so", data)
    return (tmp_path / "inner.zip").read_bytes()


def test_a_library_that_speaks_tls_is_a_gap_wherever_it_lies(tmp_path: Path) -> None:
    library = TLS + b"\0mbedtls_ssl_read\0"
    entries = {
        "classes.dex": build(PLAIN),
        "lib/arm64-v8a/liba.so": library,
        "assets/blob.bin": library,
        "assets/more.zip": nested(tmp_path, library),
    }
    row = rows(tmp_path, entries)["mbed TLS"]
    assert (row.gap, row.layer) == (True, NO_LAYER)
    assert row.where == ("lib/arm64-v8a/liba.so", "assets/blob.bin", "assets/more.zip!jni/libhidden.so")


def test_a_library_of_ciphers_alone_is_none(tmp_path: Path) -> None:
    library = b"\x7fELF" + b"OpenSSL 1.1.1k  25 Mar 2021\0AES-256-CBC\0" + bytes(100)
    assert rows(tmp_path, {"classes.dex": build(PLAIN), "lib/x86/libsqlcipher.so": library}) == {}


@pytest.mark.parametrize("product", [one for one in PRODUCTS if one.java], ids=lambda one: one.name)
def test_a_library_whose_java_part_decides_is_covered_with_it(product: Product, tmp_path: Path) -> None:
    mark = {"conscrypt": b"org/conscrypt/NativeCrypto", "tcnative": b"io/netty/internal/tcnative",
            "cronet": b"components/cronet/"}[product.key]  # fmt: skip
    library = {"lib/x86/a.so": TLS + b"\0" + mark}
    with_java = build(Source((Class(f"{product.java}Some;"),)))
    row = rows(tmp_path, {"classes.dex": with_java, **library})[product.name]
    assert (row.gap, row.layer, row.evidence) == (False, A1, "source")
    row = rows(tmp_path, {"classes.dex": build(PLAIN), **library})[product.name]
    assert (row.gap, row.layer) == (True, NO_LAYER)
    left_out = {"classes.dex": with_java, "classes2.dex": USER, "lib/x86/b.so": NAMES_IT, **library}
    row = rows(tmp_path, left_out)[product.name]
    assert (row.gap, row.layer) == ((True, NO_LAYER) if product.key == "conscrypt" else (False, A2))


def test_a_library_that_names_openssls_entries_and_has_no_readable_symbols_is_a_gap(tmp_path: Path) -> None:
    library = b"\x7fELF" + bytes(60) + b"\0SSL_connect\0SSL_read\0" + bytes(60)
    row = rows(tmp_path, {"classes.dex": build(PLAIN), "lib/x86/libuser.so": library})["OpenSSL called by a library"]
    assert row.gap and row.detail.startswith("not edited: ") and row.where == ("lib/x86/libuser.so",)


def split_by_attribute(file: ManifestFile) -> None:
    file.document.set(file.root, REQUIRED_SPLIT_TYPES, "requiredSplitTypes", TYPE_STRING, "base__abi")


def split_by_mark(value: int) -> Callable[[ManifestFile], None]:
    """As bundletool says it to the store and to phones before Android 10."""

    def marked(file: ManifestFile) -> None:
        start = next(i for i, node in enumerate(file.document.nodes) if node is file.application)
        mark = file.document.add_element(file.document.end_of(start), "meta-data")
        file.document.set(mark, NAME, "name", TYPE_STRING, "com.android.vending.splits.required")
        file.document.set(mark, VALUE, "value", TYPE_BOOLEAN, value)

    return marked


@pytest.mark.parametrize(
    ("change", "gaps"),
    [(split_by_attribute, 1), (split_by_mark(TRUE), 1), (split_by_mark(0), 0), (lambda _: None, 0)],
    ids=["attribute", "mark", "mark that says no", "none"],
)
def test_code_in_splits_is_a_gap(change: Callable[[ManifestFile], None], gaps: int, tmp_path: Path) -> None:
    file = ManifestFile(demo_manifest())
    change(file)
    found = rows(tmp_path, {"classes.dex": build(PLAIN), MANIFEST: file.pack()})
    assert [row.gap for stack, row in found.items() if "splits" in stack] == [True] * gaps


@pytest.mark.parametrize(
    ("agent", "allowed", "minimum", "gaps"),
    [
        (".Agent", None, 21, 1),
        (".Agent", True, 27, 1),
        (".Agent", None, 28, 0),
        (".Agent", False, 21, 0),
        ("", None, 21, 0),
    ],
)
def test_a_backup_agent_is_a_gap_where_only_providers_enter(
    agent: str, allowed: bool | None, minimum: int, gaps: int, tmp_path: Path
) -> None:
    file = ManifestFile(demo_manifest())
    file.raise_min_sdk(minimum)
    if agent:
        file.document.set(file.application, BACKUP_AGENT, "backupAgent", TYPE_STRING, agent)
    if allowed is not None:
        file.document.set(file.application, ALLOW_BACKUP, "allowBackup", TYPE_BOOLEAN, TRUE if allowed else 0)
    found = rows(tmp_path, {"classes.dex": build(PLAIN), MANIFEST: file.pack()})
    assert [(row.gap, row.where) for stack, row in found.items() if "backup" in stack] == [(True, (agent,))] * gaps
