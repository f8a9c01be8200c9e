"""Attempts to make ``verify`` accept an app in which something runs past the stub: each is signed again, so that no
signature tells of it.
"""

from __future__ import annotations

import json
import plistlib
import zipfile
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from pinfuse.errors import PinfuseError
from pinfuse.ios import names
from pinfuse.ios.signing.bundle import Settings, sign_bundle
from pinfuse.ios.signing.view import MemoryView
from tests.conftest import pinfuse
from tests.fixtures import ipa
from tests.fixtures.macho import fat

ROOT = "Payload/App.app/"
PINS = ("--pin", "api.example.com=sha256/" + "A" * 42 + "E=", "--no-proof")
SHARE, CLIP = "PlugIns/Share.appex", "AppClips/Clip.app"
Files = dict[str, bytes]


def built(folder: Path, *words: str) -> Files:
    app, out = ipa.write(folder / "a.ipa", ipa.rich()), folder / "out.ipa"
    done = pinfuse("build", app, *PINS, *words, "-o", out)
    assert done.exit_code == 0, done.stderr
    with zipfile.ZipFile(out) as archive:
        whole = {one.removeprefix(ROOT): archive.read(one) for one in archive.namelist()}
    return {path: data for path, data in whole.items() if path and not path.endswith("/")}


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Files:
    return built(tmp_path_factory.mktemp("built"))


def signed_again(folder: Path, files: Files) -> Path:
    signed = sign_bundle(MemoryView(files), Settings(None, datetime(2026, 6, 1, tzinfo=UTC)))
    return ipa.write(folder / "fooled.ipa", files | dict(signed.files))


def verified(app: Path) -> tuple[int, str]:
    done = pinfuse("verify", app, "--no-proof", "--json")
    assert "Traceback" not in done.stderr
    said = json.loads(done.stdout)
    failed = [one["detail"] for one in said.get("promises", ()) if not one["ok"]]
    return done.exit_code, "; ".join(failed) if "promises" in said else done.stdout


def info(files: Files, path: str, **more: Any) -> Files:
    """One Info.plist with other values."""
    told = plistlib.loads(files[f"{path}/Info.plist"[path == "" :]]) | more
    return {f"{path}/Info.plist"[path == "" :]: plistlib.dumps(told)}


def moved(files: Files, old: str, new: str) -> Files:
    """A folder somewhere else; what stays is for `sign_bundle` to sign."""
    for path in [one for one in files if one.startswith(f"{old}/")]:
        files[new + path.removeprefix(old)] = files.pop(path)
    return files


def bare(files: Files) -> Files:
    """The extension as it was before."""
    return files | {f"{SHARE}/Share": ipa.linked()}


def without(files: Files, start: str) -> Files:
    return {path: data for path, data in files.items() if not path.startswith(start)}


def for_arm64e(data: bytes) -> bytes:
    return data[:8] + b"\2\0\0\0" + data[12:]


OBJECT = b"\xcf\xfa\xed\xfe\x0c\0\0\1\0\0\0\0\1\0\0\0" + bytes(16)
TRICKS: dict[str, tuple[Callable[[Files], Files], str]] = {
    "an extension as it was": (bare, "Share loads Security past the stub"),
    "one that loads nothing": (
        lambda files: files | {f"{SHARE}/Share": ipa.linked(security=False)}, "Share does not load the stub",
    ),
    "an App Clip without the framework": (
        lambda files: without(files, f"{CLIP}/{names.FOLDER}"), f"{CLIP}/{names.BINARY} is missing",
    ),
    "an extension that says it is for the watch": (
        lambda files: bare(files) | info(files, SHARE, WKWatchKitApp=True), "Share loads Security past the stub",
    ),
    "an app that says it is for the watch": (
        lambda files: bare(files) | info(files, "", WKWatchKitApp=True), "Share loads Security past the stub",
    ),
    "an extension beside Apple's stub for watches": (
        lambda files: moved(bare(files), SHARE, "PlugIns/_WatchKitStub/Share.appex"), "Security past the stub",
    ),
    "another program in the app's Info.plist": (
        lambda files: files | {"Other": ipa.linked()} | info(files, "", CFBundleExecutable="Other"),
        "Other loads Security past the stub",
    ),
    "one that is called as Swift's runtime": (
        lambda files: files | {"libswiftX": ipa.linked()} | info(files, "", CFBundleExecutable="libswiftX"),
        "libswiftX loads Security past the stub",
    ),
    "a library that is called so": (
        lambda files: files | {"Frameworks/libswiftX.dylib": ipa.linked("dylib")},
        "libswiftX.dylib loads Security past the stub",
    ),
    "a library that is called as the stub": (
        lambda files: files | {f"{SHARE}/{names.BINARY}": ipa.linked("dylib")}, "loads Security past the stub",
    ),
    "a load that may fail": (
        lambda files: files | {"App": files["App"].replace(b"\x0c\0\0\0\x50", b"\x18\0\0\x80\x50")
                               .replace(b"\x0c\0\0\0\x48", b"\x18\0\0\x80\x48")},
        "App would start without the stub",
    ),
    "an extension with a part for another processor": (
        lambda files: files | {f"{SHARE}/Share": fat(files[f"{SHARE}/Share"], for_arm64e(ipa.linked()))},
        "has a part for arm64e, for which there is no stub",
    ),
    "an extension with a part that is none": (
        lambda files: files | {f"{SHARE}/Share": fat(ipa.linked(), OBJECT)}, "only in a part of it",
    ),
    "an extension whose program is not there": (
        lambda files: without(files, f"{SHARE}/Share") | {f"{SHARE}/Shar\u00e9": ipa.linked()},
        "executable 'Share' is not there",
    ),
    "an extension without the name of a program": (
        lambda files: bare(files) | info(files, SHARE, CFBundleExecutable=""), "names no executable",
    ),
    "another program on a tablet": (
        lambda files: files | {"Other": ipa.linked()} | info(files, "", **{"CFBundleExecutable~ipad": "Other"}),
        "from CFBundleExecutable~ipad",
    ),
    "a second Info.plist": (
        lambda files: files | {"Other": ipa.linked(), "Info-iphoneos.plist": files["Info.plist"]},
        "from Info-iphoneos.plist",
    ),
}  # fmt: skip


def test_signed_again_it_still_holds(files: Files, tmp_path: Path) -> None:
    assert verified(signed_again(tmp_path, files)) == (0, "")


@pytest.mark.parametrize("name", TRICKS)
def test_a_way_past_the_stub_is_no_promise_kept(files: Files, tmp_path: Path, name: str) -> None:
    change, words = TRICKS[name]
    try:
        app = signed_again(tmp_path, change(dict(files)))
    except PinfuseError:
        app = ipa.write(tmp_path / "fooled.ipa", change(dict(files)))
    code, said = verified(app)
    assert (code != 0, words in said) == (True, True), (code, said)


def test_only_main_is_what_the_framework_says(tmp_path: Path) -> None:
    files = built(tmp_path, "--only-main")
    assert verified(signed_again(tmp_path, files)) == (0, "")
    assert verified(signed_again(tmp_path, bare(files))) == (0, "")
    told = plistlib.loads(files[f"{names.FOLDER}/Info.plist"])
    told.pop("PFOnlyMain")
    files[f"{names.FOLDER}/Info.plist"] = plistlib.dumps(told, fmt=plistlib.FMT_BINARY)
    code, said = verified(signed_again(tmp_path, files))
    assert (code, "does not load the stub" in said or "past the stub" in said) == (1, True), said
