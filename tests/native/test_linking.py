"""Which libraries of an app are put behind the stub, and what a build makes of them."""

from __future__ import annotations

import zipfile
from collections.abc import Mapping
from pathlib import Path

import pytest

from examples.demo.run import APP, World
from pinfuse.android import names
from pinfuse.android.elf import records as r
from pinfuse.android.elf.image import read
from pinfuse.android.elf.needed import is_first
from pinfuse.android.fuse import FOLDERS
from pinfuse.android.linking import FUNCTIONS, LinkPlan, callers_among, linked, plan_links, unlinked
from pinfuse.android.scan import scan
from pinfuse.container.reader import Archive
from pinfuse.errors import AppError
from pinfuse.stub.payload import load_payload
from tests.conftest import build_options, pinfuse
from tests.corpus import corpus
from tests.fixtures.apk import write
from tests.native.compile import android_library
from tests.native.test_elf import by_lief, complaints

ABI = "arm64-v8a"
TLS = "int SSL_connect(void *s) { return 1; }"
CALLER = "int SSL_connect(void *); int go(void) { return SSL_connect(0); }"
BY_NAME = 'void *dlsym(void *, const char *); void *go(void) { return dlsym(0, "SSL_connect"); }'


@pytest.fixture(scope="module")
def libraries(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, bytes]:
    """The libraries of one app, by name: TLS, one that calls it, two on the way to that, others."""
    folder = tmp_path_factory.mktemp("libraries")
    tls = android_library(ABI, folder, "tls", TLS)
    caller = android_library(ABI, folder, "caller", CALLER, tls)
    middle = android_library(ABI, folder, "middle", "int m;", caller)
    outer = android_library(ABI, folder, "outer", "int o;", tls, middle)
    others = [android_library(ABI, folder, "other", "int x;"), android_library(ABI, folder, "lookup", BY_NAME)]
    return {path.name: path.read_bytes() for path in (tls, caller, middle, outer, *others)}


def program(library: bytes) -> bytes:
    """The library as a program: the header that speaks of its stack names an interpreter instead."""
    stack = (0x6474E551).to_bytes(4, "little")
    assert library.count(stack) == 1
    return library.replace(stack, r.PT_INTERP.to_bytes(4, "little"))


def app(path: Path, libraries: Mapping[str, bytes], *chosen: str, folder: str = ABI) -> Archive:
    return Archive(write(path / "app.apk", {f"lib/{folder}/{name}": libraries[name] for name in chosen}))


def plan(path: Path, libraries: Mapping[str, bytes], *chosen: str) -> LinkPlan:
    with app(path, libraries, *chosen) as archive:
        return plan_links(archive, tuple(FOLDERS))


def entries(*chosen: str) -> tuple[str, ...]:
    return tuple(f"lib/{ABI}/{name}" for name in chosen)


def test_callers_and_what_leads_to_them_are_edited(libraries: Mapping[str, bytes], tmp_path: Path) -> None:
    found = plan(tmp_path, libraries, "libtls.so", "libcaller.so", "libmiddle.so", "libouter.so", "libother.so")
    assert found.callers == entries("libcaller.so")
    assert found.edited == entries("libcaller.so", "libmiddle.so", "libouter.so")
    assert not found.left_out and not found.by_name
    (row,) = found.coverage()
    assert (row.layer, row.evidence, row.gap) == ("A4 native", "bionic", False)


@pytest.mark.parametrize("function", ["BIO_f_ssl", "BIO_new_ssl_connect", "SSL_write_ex", "SSL_write_ex2"])
def test_whoever_takes_only_one_of_them_is_a_caller_too(
    function: str, libraries: Mapping[str, bytes], tmp_path: Path
) -> None:
    source = f"int {function}(void *); int go(void) {{ return {function}(0); }}"
    tls = android_library(ABI, tmp_path, "tls", f"int {function}(void *s) {{ return 1; }}")
    made = {"libonly.so": android_library(ABI, tmp_path, "only", source, tls).read_bytes()}
    with app(tmp_path, {**libraries, **made}, "libonly.so", "libother.so") as archive:
        found = plan_links(archive, tuple(FOLDERS))
        assert found.callers == found.edited == entries("libonly.so")
        assert callers_among(scan(archive, frozenset(), []).libraries) == set(entries("libonly.so"))


def test_the_scan_of_an_app_finds_the_same_callers(libraries: Mapping[str, bytes], tmp_path: Path) -> None:
    """Small libraries too, whose packed beginning is longer than they would suggest."""
    chosen = ("libtls.so", "libcaller.so", "libmiddle.so", "libother.so")
    with app(tmp_path, libraries, *chosen) as archive:
        scanned = scan(archive, frozenset(), []).libraries
        assert [one.entry for one in scanned] == list(entries(*chosen))
        assert plan_links(archive, (ABI,), callers_among(scanned)) == plan_links(archive, (ABI,))


def test_without_a_caller_nothing_is_touched(libraries: Mapping[str, bytes], tmp_path: Path) -> None:
    assert plan(tmp_path, libraries, "libtls.so", "libother.so") == LinkPlan()
    assert list(LinkPlan().coverage()) == []


def test_what_looks_functions_up_by_name_is_told(libraries: Mapping[str, bytes], tmp_path: Path) -> None:
    found = plan(tmp_path, libraries, "libtls.so", "liblookup.so")
    assert found.by_name == entries("liblookup.so") and not found.edited
    assert [row.gap for row in found.coverage()] == [True]


@pytest.mark.parametrize("how", ["cut", "more behind it", "program"])
def test_what_cannot_be_edited_is_a_gap_with_its_reason(
    how: str, libraries: Mapping[str, bytes], tmp_path: Path
) -> None:
    whole = libraries["libcaller.so"]
    reasons = {"cut": "program headers|beyond its end|outside", "more behind it": "behind", "program": "of its own"}
    changed = {
        "cut": {"libcaller.so": whole[:-600]},
        "more behind it": {"libcaller.so": whole + b"PK"},
        "program": {"libcaller.so": program(whole)},
    }[how]
    found = plan(tmp_path, {**libraries, **changed}, "libtls.so", "libcaller.so")
    assert not found.edited and list(found.left_out) == list(entries("libcaller.so"))
    (row,) = found.coverage()
    assert row.gap and row.layer == "none"
    assert any(word in row.detail for word in reasons[how].split("|")), row.detail


def test_the_stub_stands_before_all_that_it_exports() -> None:
    for abi in names.ABIS:
        image = read(load_payload().stub(abi, 16384).path.read_bytes(), abi)
        assert {name.encode() for name in image.symbols(FUNCTIONS)[1]} == FUNCTIONS


def test_a_built_app_holds_the_edited_library_and_promises_it(
    world: World, libraries: Mapping[str, bytes], tmp_path: Path
) -> None:
    source, out, broken = tmp_path / "app.apk", tmp_path / "out.apk", tmp_path / "broken.apk"
    with zipfile.ZipFile(APP) as demo, zipfile.ZipFile(source, "w", zipfile.ZIP_DEFLATED) as target:
        for name in demo.namelist():
            if not name.startswith(("META-INF/", "lib/")):
                target.writestr(name, demo.read(name))
        for name in ("libtls.so", "libcaller.so", "libother.so"):
            target.writestr(f"lib/{ABI}/{name}", libraries[name])
    done = pinfuse("build", source, *build_options(world), "-o", out)
    assert done.exit_code == 0, done.stderr
    with zipfile.ZipFile(out) as made:
        assert names.library_entry(ABI) in made.namelist()
        assert is_first(read(made.read(f"lib/{ABI}/libcaller.so"), "caller"), names.LIBRARY)
        for name in ("libtls.so", "libother.so"):
            assert made.read(f"lib/{ABI}/{name}") == libraries[name]
    done = pinfuse("verify", out)
    assert done.exit_code == 0 and "1 libraries call OpenSSL" in done.stdout, done.stdout + done.stderr
    with zipfile.ZipFile(out) as made, zipfile.ZipFile(broken, "w") as target:
        for info in made.infolist():
            data = libraries["libcaller.so"] if info.filename.endswith("libcaller.so") else made.read(info)
            target.writestr(info, data)
    done = pinfuse("verify", broken)
    assert done.exit_code == 1 and "not behind the stub" in done.stdout + done.stderr


def test_libraries_of_the_corpus_that_call_openssl(tmp_path: Path) -> None:
    """None does today; whichever does must be edited and read well by others."""
    for path in sorted(corpus("android").glob("*.apk")):
        try:
            archive = Archive(path)
        except AppError:
            continue
        with archive:
            found = plan_links(archive, tuple(FOLDERS))
            assert not found.left_out, path.name
            for entry in found.edited:
                made = linked(archive, entry)
                assert by_lief(made).libraries[0] == names.LIBRARY
                assert complaints(made, tmp_path) == ""
            assert unlinked(archive, found) == list(found.edited)
