"""What an archive for iOS holds: programs, code, links; what is none is refused in words."""

from __future__ import annotations

import plistlib
import struct
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from pinfuse.container.reader import Archive
from pinfuse.errors import AppError, DamagedApp, UnsupportedApp
from pinfuse.ios import names
from pinfuse.ios.bundle import AppTree, Kind, read_app
from pinfuse.ios.macho.edit import Edit, apply
from pinfuse.ios.macho.image import LOAD_DYLIB, read
from pinfuse.ios.suitable import least_system, refusals, remarks, version
from pinfuse.ios.surgery import loads_security, operate, plan, resolve
from tests.fixtures import chained, ipa
from tests.fixtures.macho import fat


def opened(folder: Path, files: Mapping[str, bytes], **how: Any) -> AppTree:
    with Archive(ipa.write(folder / "app.ipa", files, **how)) as archive:
        return read_app(archive)


def test_every_bundle_is_what_it_is(tmp_path: Path) -> None:
    tree = opened(tmp_path, ipa.rich(), more={"SwiftSupport/iphoneos/libswiftCore.dylib": b"\xcf\xfa\xed\xfe kept"})
    kinds = {one.path.removeprefix("Payload/App.app"): one.kind for one in tree.bundles}
    assert kinds == {
        "": Kind.APP,
        "/PlugIns/Share.appex": Kind.EXTENSION,
        "/PlugIns/Share.appex/Frameworks/Deep.framework": Kind.FRAMEWORK,
        "/PlugIns/Test.xctest": Kind.OTHER,
        "/AppClips/Clip.app": Kind.CLIP,
        "/Watch/W.app": Kind.WATCH,
        "/Frameworks/Kit.framework": Kind.FRAMEWORK,
    }
    assert tree.bundles[-1] is tree.main
    homes = {one.identifier: tree.home(one).identifier for one in tree.programs}
    app, clip, extension = "com.example.app", "com.example.app.Clip", "com.example.app.share"
    assert list(homes.items()) == [(app, app), (clip, clip), (extension, app)]
    assert not any(names.WATCH_STUB in code.entry or "SwiftSupport" in code.entry for code in tree.codes)
    assert list(refusals(tree, None)) == []
    assert any("watch" in one for one in remarks(tree))


def test_a_flat_namespace_is_said(tmp_path: Path) -> None:
    for flat in (True, False):
        kit = chained.linked("dylib", words=("-flat_namespace",) if flat else ())
        tree = opened(tmp_path, chained.app() | {"Frameworks/Kit.framework/Kit": kit})
        said = [one for one in remarks(tree) if "flat namespace: Payload/App.app/Frameworks/Kit.framework/Kit:" in one]
        assert len(said) == flat


def test_a_zipped_app_and_resource_forks(tmp_path: Path) -> None:
    tree = opened(tmp_path, ipa.plain(), root="App.app", more={"__MACOSX/App.app/._App": b"fork"})
    assert (tree.main.path, tree.is_ipa) == ("App.app", False)



def test_each_program_reaches_the_stub(tmp_path: Path) -> None:
    """After the edits every file that loads Security, and every program, loads the stub of its home, strongly."""
    files = ipa.rich()
    tree = opened(tmp_path, files)
    touched = 0
    for code in tree.codes:
        path = code.entry.removeprefix("Payload/App.app/")
        made = operate(files[path], plan(tree, code, thin=None, only_main=False))
        if made == files[path]:
            continue
        touched += 1
        image = read(made, path)
        assert loads_security(image) == ()
        loads = [one for one in image.dylibs if names.EXECUTABLE in one.name]
        assert len(loads) == 1
        assert loads[0].command.kind == LOAD_DYLIB
        assert resolve(tree, code, loads[0].name) == f"{tree.home(code.program).path}/{names.BINARY}"
    assert touched == 7


DEEP = "Data/a/b/c/libdeep.dylib"


@pytest.mark.parametrize("used", [False, True], ids=["room", "no room"])
@pytest.mark.parametrize("extension", [True, False], ids=["with an extension", "alone"])
def test_a_library_deep_in_an_app_finds_the_stub_from_every_program(
    tmp_path: Path, extension: bool, used: bool
) -> None:
    """The path does not fit the command of Security: it gets a longer one where more than one program may load it."""
    more = {"PlugIns/Share.appex/Share": ipa.linked(),
            "PlugIns/Share.appex/Info.plist": ipa.info(f"{ipa.BUNDLE_ID}.share", "Share")}  # fmt: skip
    deep = ipa.linked("dylib", install_name="@rpath/libdeep.dylib")
    before = read(deep, DEEP)
    if used:
        deep = apply(deep, (Edit(before.commands_end, b"used"),))
    tree = opened(tmp_path, ipa.plain() | {DEEP: deep} | (more if extension else {}))
    code = next(one for one in tree.codes if one.entry.endswith(DEEP))
    if extension and used:
        with pytest.raises(UnsupportedApp, match="the padding behind its load commands is in use"):
            plan(tree, code, thin=None, only_main=False)
        return
    made = read(operate(deep, plan(tree, code, thin=None, only_main=False)), DEEP)
    loads = [one for one in made.dylibs if names.EXECUTABLE in one.name]
    ways = {True: "@loader_path/../../../..", False: "@executable_path"}
    assert [one.name for one in loads] == [f"{ways[extension]}/{names.BINARY}"]
    assert resolve(tree, code, loads[0].name) == f"{tree.main.path}/{names.BINARY}"
    from_program = resolve(tree, code, f"@executable_path/{names.BINARY}")
    assert from_program == ("" if extension else f"{tree.main.path}/{names.BINARY}"), "verify takes it no further"
    assert loads_security(made) == ()
    kept = [[one.name for one in image.dylibs if one.name not in (names.SECURITY, loads[0].name)]
            for image in (before, made)]  # fmt: skip
    assert kept[0] == kept[1]
    assert [one.kind for one in made.commands] == [one.kind for one in before.commands]
    assert made.data[made.room_end :] == before.data[before.room_end :]


def test_only_main_leaves_the_others(tmp_path: Path) -> None:
    tree = opened(tmp_path, ipa.rich())
    changed = {code.program.kind for code in tree.codes if plan(tree, code, thin=None, only_main=True).edits}
    assert changed == {Kind.APP}


def test_a_weak_load_becomes_strong(tmp_path: Path) -> None:
    files = ipa.plain() | {"App": ipa.linked(weak=True)}
    tree = opened(tmp_path, files)
    made = read(operate(files["App"], plan(tree, tree.codes[0], thin=None, only_main=False)), "App")
    assert [one.command.kind for one in made.dylibs if names.EXECUTABLE in one.name] == [LOAD_DYLIB]


def test_thinning_takes_the_one_slice(tmp_path: Path) -> None:
    old = bytearray(ipa.linked())
    struct.pack_into("<II", old, 4, 0x100000C, 2)
    files = ipa.plain() | {"App": fat(bytes(old), ipa.linked())}
    tree = opened(tmp_path, files)
    with pytest.raises(UnsupportedApp, match=r"arm64e, whose pointers are signed.*--thin arm64"):
        raise next(refusals(tree, None))
    assert list(refusals(tree, "arm64")) == []
    operation = plan(tree, tree.codes[0], thin="arm64", only_main=False)
    made = operate(files["App"], operation)
    assert read(made, "App").architecture == "arm64"
    assert apply(ipa.linked(), dict(operation.edits)[1]) == made


def test_other_slices_of_a_library_are_nobodys_business(tmp_path: Path) -> None:
    """An arm64 program loads arm64 slices only."""
    old = bytearray(ipa.linked("dylib"))
    struct.pack_into("<II", old, 4, 0x100000C, 2)
    kit = {"Frameworks/Kit.framework/Kit": fat(bytes(old), ipa.linked("dylib")),
           "Frameworks/Kit.framework/Info.plist": ipa.info("com.example.kit", "Kit")}  # fmt: skip
    tree = opened(tmp_path, ipa.plain() | kit)
    assert list(refusals(tree, None)) == []
    code = next(one for one in tree.codes if one.entry.endswith("/Kit"))
    assert [number for number, _ in plan(tree, code, thin=None, only_main=False).edits] == [1]


def altered(find: bytes, put: bytes) -> bytes:
    data = ipa.linked()
    assert find in data
    return data.replace(find, put, 1)


def encrypted() -> bytes:
    """With cryptid 1: an encryption command over the one that names the main function's offset."""
    data = bytearray(ipa.linked())
    image = read(bytes(data), "x")
    at = next(one for one in image.commands if one.kind == 0x8000_0028)
    struct.pack_into("<IIIIII", data, at.offset, 0x2C, at.size, 0, 64, 1, 0)
    return bytes(data)


def built_for(platform: int) -> bytes:
    version = struct.pack("<II", 0x32, 32)
    return altered(version + b"\2", version + bytes([platform]))


def with_code(data: bytes, path: str = "App") -> dict[str, bytes]:
    return ipa.plain() | {path: data}


REFUSED: dict[str, tuple[Callable[[], dict[str, bytes]], str]] = {
    "encrypted": (lambda: with_code(encrypted()), "copy out of the App Store"),
    "keys of the store": (lambda: with_code(b"x", "SC_Info/App.sinf"), "copy out of the App Store"),
    "iOS 7": (lambda: with_code(ipa.linked(minos="7.0")), "runs on iOS 7.0 already"),
    "iOS 7 in its Info.plist": (lambda: ipa.plain(MinimumOSVersion="7.1"), "runs on iOS 7.1 already"),
    "tvOS": (lambda: with_code(built_for(3)), "built for tvOS"),
    "a mixture": (lambda: with_code(ipa.linked("dylib", target="arm64-simulator"), "a.dylib"), "mixes code"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_cannot_be_protected_says_why(tmp_path: Path, name: str) -> None:
    make, words = REFUSED[name]
    tree = opened(tmp_path, make())
    assert words in str(next(refusals(tree, None)))


def test_no_room_behind_the_load_commands(tmp_path: Path) -> None:
    files = ipa.plain() | {"App": ipa.linked(security=False, headerpad="0x0")}
    tree = opened(tmp_path, files)
    room = tree.codes[0].images[0].room_end - tree.codes[0].images[0].commands_end
    if room >= 72:
        full = bytearray(files["App"])
        end = tree.codes[0].images[0].commands_end
        full[end : end + room] = b"\xaa" * room
        files["App"] = bytes(full)
        tree = opened(tmp_path, files)
    with pytest.raises(UnsupportedApp, match=r"padding behind its load commands is in use|bytes are free"):
        plan(tree, tree.codes[0], thin=None, only_main=False)


Made = Callable[[], Mapping[str, bytes]]
BROKEN: dict[str, tuple[Made, type[AppError], str]] = {
    "no Info.plist": (lambda: {"App": b"x"}, DamagedApp, "holds no Info.plist"),
    "for macOS": (lambda: {"Contents/Info.plist": b"x"}, UnsupportedApp, "for macOS"),
    "a text": (lambda: with_code(b"#!/bin/sh"), DamagedApp, "no Mach-O file"),
    "no name": (lambda: with_code(plistlib.dumps({}), "Info.plist"), DamagedApp, "names no executable"),
    "a way out": (lambda: ipa.plain(CFBundleExecutable="../App.app/App"), DamagedApp, "no Mach-O file"),
    "no property list": (lambda: with_code(b"x", "Info.plist"), DamagedApp, "no property list"),
    "behind a file": (lambda: with_code(b"x", "picture.png/b"), UnsupportedApp, "is a file"),
    "a cut Mach-O": (lambda: with_code(ipa.linked()[:900]), DamagedApp, "outside"),
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_app_is_refused_with_its_reason(tmp_path: Path, name: str) -> None:
    make, kind, words = BROKEN[name]
    with pytest.raises(kind, match=words):
        opened(tmp_path, make())


@pytest.mark.parametrize(("target", "words"), [("../../../etc", "out of the archive"), ("/etc", "out of the archive"),
                                               ("", "out of the archive"), ("x", "is a link")])  # fmt: skip
def test_links_that_lead_astray(tmp_path: Path, target: str, words: str) -> None:
    behind = {"a/b": b"x"} if target == "x" else {}
    with pytest.raises(UnsupportedApp, match=words):
        opened(tmp_path, ipa.plain() | behind, links={"a": target})


def test_no_app_and_two(tmp_path: Path) -> None:
    with pytest.raises(UnsupportedApp, match=r"no Payload/\*.app"):
        opened(tmp_path, {"a": b"a"}, root="Payload")
    with pytest.raises(UnsupportedApp, match="holds 2 apps"):
        opened(tmp_path, ipa.plain(), more={"Payload/B.app/x": b"x"})


def test_a_good_link_is_kept(tmp_path: Path) -> None:
    assert opened(tmp_path, ipa.plain(), links={"a": "App"}).links == {"Payload/App.app/a": "App"}


@pytest.mark.parametrize(
    ("text", "least"), [("9.3.1", "9.3.1"), ("14", "13.0"), ("", "13.0"), ("x.y", "13.0"), ("1.2.3.4", "13.0")]
)
def test_the_oldest_system(tmp_path: Path, text: str, least: str) -> None:
    assert version(least_system(opened(tmp_path, ipa.plain(MinimumOSVersion=text)), None)) == least
