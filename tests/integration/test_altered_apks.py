"""Files that were altered after the build, and what ``verify`` says of each: the very promise that no longer holds."""

from __future__ import annotations

import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from examples.demo.run import APP, World
from pinfuse.android.apk import ApkFile
from pinfuse.android.dex.file import Dex, restamp
from pinfuse.android.dex.rename import FACADES
from pinfuse.android.manifest import (
    AUTHORITIES,
    EXPORTED,
    EXTRACT_NATIVE_LIBS,
    INIT_ORDER,
    MIN_SDK,
    NAME,
    PROCESS,
    ManifestFile,
)
from pinfuse.android.resources.axml import TYPE_BOOLEAN, TYPE_INT, TYPE_STRING, Element
from pinfuse.container.reader import Archive
from tests.conftest import build_options, pinfuse
from tests.fixtures.dex import Class, Source, build

MANIFEST, SHIM = "AndroidManifest.xml", "classes2.dex"
ENABLED = 0x0101000E
Change = Callable[[Mapping[str, bytes]], Mapping[str, bytes]]


@pytest.fixture(scope="module")
def built(world: World, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("built") / "pinned.apk"
    done = pinfuse("build", APP, *build_options(world), "--no-proof", "-o", out)
    assert done.exit_code == 0, done.stderr
    return out


def altered(apk: Path, out: Path, change: Change, *, deflated: str = "?") -> Path:
    """The archive with other or further entries, as a tool after the build would write it; its signature is gone."""
    with zipfile.ZipFile(apk) as source:
        entries = {info.filename: source.read(info) for info in source.infolist()}
        kinds = {info.filename: info.compress_type for info in source.infolist()}
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as target:
        for name, data in change(entries).items():
            kind = zipfile.ZIP_DEFLATED if name == deflated else kinds.get(name)
            target.writestr(zipfile.ZipInfo(name), data, kind)
    return out


def promises(apk: Path) -> dict[str, tuple[bool, str]]:
    app = ApkFile(Archive(apk))
    try:
        return {one.name: (one.ok, one.detail) for one in app.verify().promises}
    finally:
        app.close()


def manifest(change: Callable[[ManifestFile], None]) -> Change:
    def changed(entries: Mapping[str, bytes]) -> Mapping[str, bytes]:
        file = ManifestFile(entries[MANIFEST])
        change(file)
        return {**entries, MANIFEST: file.pack()}

    return changed


def provider(change: Callable[[ManifestFile, Element], object]) -> Change:
    def found(file: ManifestFile) -> None:
        for _, path, element in list(file.document.walk()):
            if path[-1] == "provider" and file.document.string_of(file.document.find(element, NAME)) == "zqk.P":
                change(file, element)

    return manifest(found)


def twice(file: ManifestFile, _: Element) -> None:
    """A second element of the same name, in another process, which the system would take as well."""
    place = file.document.end_of(next(i for i, node in enumerate(file.document.nodes) if node is file.application))
    second = file.document.add_element(place, "provider")
    file.document.set(second, NAME, "name", TYPE_STRING, "zqk.P")
    file.document.set(second, AUTHORITIES, "authorities", TYPE_STRING, "org.example.other")


PROVIDERS: dict[str, Callable[[ManifestFile, Element], object]] = {
    "disabled": lambda file, one: file.document.set(one, ENABLED, "enabled", TYPE_BOOLEAN, 0),
    "exported": lambda file, one: file.document.set(one, EXPORTED, "exported", TYPE_BOOLEAN, 1),
    "in another process": lambda file, one: file.document.set(one, PROCESS, "process", TYPE_STRING, ":x"),
    "later than others": lambda file, one: file.document.set(one, INIT_ORDER, "initOrder", TYPE_INT, 0),
    "another authority": lambda file, one: file.document.set(one, AUTHORITIES, "authorities", TYPE_STRING, "a.b"),
    "twice": twice,
}


@pytest.mark.parametrize("how", PROVIDERS)
def test_a_provider_that_is_not_as_it_was_built(built: Path, tmp_path: Path, how: str) -> None:
    ok, said = promises(altered(built, tmp_path / "a.apk", provider(PROVIDERS[how])))["manifest"]
    assert not ok, said
    assert "zqk.P" in said


def test_a_minimum_that_was_lowered(built: Path, tmp_path: Path) -> None:
    def lowered(file: ManifestFile) -> None:
        element = next(one for _, path, one in file.document.walk() if path[-1] == "uses-sdk")
        file.document.set(element, MIN_SDK, "minSdkVersion", TYPE_INT, 19)

    ok, said = promises(altered(built, tmp_path / "a.apk", manifest(lowered)))["manifest"]
    assert not ok
    assert "19" in said


def test_a_facade_reverted_in_one_dex_file(built: Path, tmp_path: Path) -> None:
    def reverted(entries: Mapping[str, bytes]) -> Mapping[str, bytes]:
        data = bytearray(entries["classes.dex"])
        for old, new in (pair for facade in FACADES for pair in facade.pairs):
            index = Dex(data, "x").find_string(new)
            if index is not None:
                place = Dex(data, "x").string_place(index)
                data[place : place + len(old)] = old
        restamp(data)
        return {**entries, "classes.dex": bytes(data)}

    ok, said = promises(altered(built, tmp_path / "a.apk", reverted))["facades"]
    assert not ok, said
    assert "javax.net.ssl.SSLContext in classes.dex" in said


@pytest.mark.parametrize("name", ["Lzqk/N;", "Lzqk/R;", "Ljavax/net/ssl/SSLContexs;"])
def test_a_class_of_the_shim_in_front_of_it(built: Path, tmp_path: Path, name: str) -> None:
    """The system takes the first DEX file that has a class: one that does nothing would take the shim's place."""
    idle = build(Source((Class(name),)))

    def shadowed(entries: Mapping[str, bytes]) -> Mapping[str, bytes]:
        return {**entries, SHIM: idle, "classes3.dex": entries[SHIM]}

    ok, said = promises(altered(built, tmp_path / "a.apk", shadowed))["shim"]
    assert not ok, said
    assert name.strip("L;").replace("/", ".") in said
    assert SHIM in said


def test_stubs_that_the_system_would_not_find(built: Path, tmp_path: Path) -> None:
    """Libraries are to be loaded out of the APK, and the stub of one ABI was packed: no phone of that kind loads it."""
    stub = "lib/arm64-v8a/libzqk.so"

    def inside(file: ManifestFile) -> None:
        file.document.set(file.application, EXTRACT_NATIVE_LIBS, "extractNativeLibs", TYPE_BOOLEAN, 0)

    ok, said = promises(altered(built, tmp_path / "a.apk", manifest(inside), deflated=stub))["stub"]
    assert not ok, said
    assert stub in said


def test_what_nobody_altered_holds(built: Path) -> None:
    assert all(ok for ok, _ in promises(built).values())


@pytest.mark.parametrize("name", ["Lzqk/K;", "Ljavax/net/ssl/TrustManagerFactorx;"])
def test_an_app_with_classes_of_the_shims_names_is_not_built(world: World, tmp_path: Path, name: str) -> None:
    """They would stand in front of the shim's own."""

    def with_class(entries: Mapping[str, bytes]) -> Mapping[str, bytes]:
        return {**entries, "classes2.dex": build(Source((Class(name),)))}

    app, out = altered(APP, tmp_path / "app.apk", with_class), tmp_path / "out" / "pinned.apk"
    out.parent.mkdir()
    done = pinfuse("build", app, *build_options(world), "--no-proof", "-o", out)
    assert done.exit_code == 3, done.stderr
    assert "classes2.dex" in done.stderr
    assert name.strip("L;").replace("/", ".") in done.stderr
    assert list(out.parent.iterdir()) == []
    seen = pinfuse("inspect", app)
    assert seen.exit_code == 0, seen.stderr
    assert name.strip("L;").replace("/", ".") in seen.stdout
