"""Signed bundles checked: Apple's and ours hold, and each kind of change is told by its name."""

from __future__ import annotations

import plistlib
import random
import re
import stat
import zipfile
from collections.abc import Callable, Iterator

import pytest

from pinfuse.errors import PinfuseError
from pinfuse.ios.macho import image
from pinfuse.ios.signing import entitlements
from pinfuse.ios.signing.blobs import Magic, Slot, blob, read_super_blob, super_blob
from pinfuse.ios.signing.bundle import Settings, sign_bundle
from pinfuse.ios.signing.check import Checked, check_bundle
from pinfuse.ios.signing.code import Signing, What, sign_code
from pinfuse.ios.signing.profile import FILE
from pinfuse.ios.signing.resources import PATH
from pinfuse.ios.signing.view import MemoryView
from tests.corpus import corpus
from tests.fixtures import apple
from tests.unit.codesign.test_bundle import of, settings

UNSIGNED = {
    "appium_appium__2aadbe_UICatalog.app.zip",
    "appium_appium__404623_WebViewApp7.1.app.zip",
    "appium_appium__90315b_UICatalog6.0.app.zip",
}
"""Apps for the simulator."""
NO_APPS = {"fastlane_fastlane__with_swift_twice.ipa"}
"""Without an Info.plist."""


def apps() -> Iterator[tuple[str, MemoryView]]:
    """Every app of the corpus that has a Mach-O in it, or should have."""
    for path in sorted(corpus("ios").iterdir()):
        with zipfile.ZipFile(path) as archive:
            entries = [one for one in archive.infolist() if not one.is_dir()]
            found = (re.match(r"((?:Payload/)?[^/]+\.app/)", one.filename) for one in entries)
            for root in sorted({match[1] for match in found if match}):
                inside = [one for one in entries if one.filename.startswith(root)]
                links = {one.filename for one in inside if stat.S_ISLNK(one.external_attr >> 16)}
                read = {one.filename.removeprefix(root): archive.read(one) for one in inside}
                linked = {name.removeprefix(root): read.pop(name.removeprefix(root)).decode() for name in links}
                yield path.name, MemoryView(read, linked)


def failed(checked: Checked) -> dict[str, str]:
    return {one.name: one.detail for one in checked.promises if not one.ok}


def test_what_apple_signed_holds() -> None:
    held, unsigned, none = [], set(), set()
    for name, view in apps():
        try:
            checked = check_bundle(view)
        except PinfuseError:
            none.add(name)
            continue
        if checked.certificate is None:
            unsigned.add(name)
            assert {"code", "resources"} == {*failed(checked)}
            continue
        assert not failed(checked), name
        held.append((name, checked.team))
    assert len(held) >= 12
    assert unsigned == UNSIGNED
    assert none == NO_APPS


@pytest.fixture(scope="module")
def signed() -> dict[str, bytes]:
    files = apple.app()
    return {**files, **sign_bundle(MemoryView(files), settings(apple.profile("com.example.*"))).files}


def test_what_we_signed_holds(signed: dict[str, bytes]) -> None:
    checked = check_bundle(MemoryView(signed))
    assert failed(checked) == {}
    assert checked.team == apple.TEAM
    assert checked.certificate == apple.identity().entity.certificate
    files = apple.app()
    bare = check_bundle(MemoryView({**files, **sign_bundle(MemoryView(files), Settings(None, apple.NOW)).files}))
    assert failed(bare) == {}
    assert (bare.certificate, bare.team) == (None, "")


Files = dict[str, bytes]


def swap(path: str, old: bytes, new: bytes) -> Callable[[Files], Files]:
    def change(files: Files) -> Files:
        assert old in files[path]
        return {**files, path: files[path].replace(old, new, 1)}

    return change


def blobs(change: Callable[[dict[int, bytes]], dict[int, bytes]]) -> Callable[[Files], Files]:
    """The app's executable with other blobs in its signature."""

    def made(files: Files) -> Files:
        data = files["App"]
        one = image.read(data, "App")
        assert one.signature
        at, size = one.signature
        other = super_blob(change(read_super_blob(data[at:], "App")))
        assert len(other) <= size
        return {**files, "App": data[:at] + other.ljust(size, b"\0")}

    return made


def another_directory(found: dict[int, bytes]) -> dict[int, bytes]:
    """A CodeDirectory that fits, and that nobody signed."""
    told = found[Slot.CODE_DIRECTORY].replace(b"com.example.app\0", b"com.example.apq\0")
    return {**found, Slot.CODE_DIRECTORY: told}


def another_der(found: dict[int, bytes]) -> dict[int, bytes]:
    return {**found, Slot.ENTITLEMENTS_DER: entitlements.as_der({"x": True})}


def listing(**changes: object) -> Callable[[Files], Files]:
    return lambda files: {**files, PATH: plistlib.dumps({**plistlib.loads(files[PATH]), **changes})}


CHANGES: dict[str, tuple[str, str, Callable[[Files], Files]]] = {
    "a byte of code": ("code", r"^App: page 0 of its code was changed", swap("App", b"the app", b"the apq")),
    "a byte of a library": ("code", r"libloose.dylib: page 0", swap("Frameworks/libloose.dylib", b"loose", b"lOose")),
    "a watch app, 32 bits": ("code", r"Watch/W.app/W: page 0 .*\(armv7\)", swap("Watch/W.app/W", b"watch", b"watcH")),
    "Info.plist": ("code", "its Info.plist is not the one", swap("Info.plist", b"</dict>", b" </dict>")),
    "a library's own Info.plist": (
        "code", "its Info.plist is not the one", swap("Frameworks/libloose.dylib", b"example.loose<", b"example.Loose<")
    ),
    "CodeResources": ("code", "its CodeResources is not the one", swap(PATH, b"<plist", b"<plist ")),
    "no signature": ("code", r"^App: it is not signed \(arm64\)", lambda files: {**files, "App": apple.image()}),
    "the CodeDirectory": ("code", "CMS signature does not hold: it signs something else", blobs(another_directory)),
    "its name": ("code", "it was signed as com.example.apq, and is com.example.app", blobs(another_directory)),
    "entitlements": ("code", "its entitlements der are not those that were signed", blobs(another_der)),
    "entitlements that differ": ("code", "in DER are others than those in XML", blobs(another_der)),
    "entitlements taken out": (
        "code", "its entitlements were taken out",
        blobs(lambda found: {slot: one for slot, one in found.items() if slot != Slot.ENTITLEMENTS}),
    ),
    "no CMS": (
        "code", "nobody signed it",
        blobs(lambda found: {slot: one for slot, one in found.items() if slot != Slot.CMS}),
    ),
    "a CMS that is none": (
        "code", "CMS signature does not hold: ",
        blobs(lambda found: {**found, Slot.CMS: blob(Magic.CMS, bytes(100))}),
    ),
    "a resource": ("resources", "changed by its CodeResources: picture.png", swap("picture.png", b"PNG", b"PNH")),
    "a resource of an extension": (
        "resources", "PlugIns/Share.appex: not listed by its CodeResources: more",
        lambda files: {**files, "PlugIns/Share.appex/more": b""},
    ),
    "a resource more": ("resources", "not listed by its CodeResources: more", lambda files: {**files, "more": b""}),
    "a resource less": (
        "resources", "not there by its CodeResources: picture.png",
        lambda files: {path: data for path, data in files.items() if path != "picture.png"},
    ),
    "no CodeResources": (
        "resources", "it has no _CodeSignature",
        lambda files: {path: data for path, data in files.items() if path != PATH},
    ),
    "a CodeResources that is none": ("resources", "no property list", lambda files: {**files, PATH: b"x"}),
    "no files by SHA-256": ("resources", "lists no files by SHA-256", listing(files2=1)),
    "another profile": (
        "profile", "embedded.mobileprovision: it is for com.other, and the bundle is com.example.app",
        lambda files: {**files, FILE: apple.profile("com.other")},
    ),
    "a profile of others": (
        "profile", "the certificate that signed com.example.app is not in it",
        lambda files: {**files, FILE: apple.profile("com.example.*", apple.identity(number=95))},
    ),
    "a profile of another team": (
        "profile", "it is for the team OTHER, and com.example.app is of TEAM123456",
        lambda files: {**files, FILE: apple.profile("com.example.*", team="OTHER")},
    ),
    "a profile that grants less": (
        "profile", "it does not grant get-task-allow",
        lambda files: {**files, FILE: apple.profile("com.example.*", grants={})},
    ),
    "a profile that is none": ("profile", "it is no provisioning profile", lambda files: {**files, FILE: b"0"}),
}  # fmt: skip
"""What → the promise that it breaks, what is said, and the change."""


@pytest.mark.parametrize("what", CHANGES)
def test_every_change_is_told(signed: dict[str, bytes], what: str) -> None:
    promise, said, change = CHANGES[what]
    found = failed(check_bundle(MemoryView(change(signed))))
    assert re.search(said, found[promise]), found


def test_code_of_two_teams_is_told(signed: dict[str, bytes]) -> None:
    path = "Frameworks/Kit.framework/"
    kit = {name.removeprefix(path): data for name, data in signed.items() if name.startswith(path)}
    other = apple.identity(team="OTHER12345", number=96)
    made = sign_bundle(MemoryView(kit), Settings(of(other), apple.NOW)).files
    mixed = {**signed, **{path + name: data for name, data in made.items()}}
    found = failed(check_bundle(MemoryView(mixed)))
    assert "its code is of several teams" in found["code"]


def test_code_of_nobody_in_an_app_of_somebody_is_told(signed: dict[str, bytes]) -> None:
    path = "Frameworks/libloose.dylib"
    made = sign_code(signed[path], path, What("com.example.loose"), Signing(None, "", apple.NOW))
    found = failed(check_bundle(MemoryView({**signed, path: made})))
    assert f"nobody signed {path} (ad hoc)" in found["code"]


def test_damage_is_told_and_never_raises(signed: dict[str, bytes]) -> None:
    chance, told = random.Random(5), 0
    for path in ("App", "Watch/W.app/W", PATH, FILE, "PlugIns/Share.appex/Info.plist"):
        for _ in range(60):
            data = bytearray(signed[path])
            for _ in range(chance.choice((1, 1, 8))):
                data[chance.randrange(len(data))] ^= 1 << chance.randrange(8)
            cut = bytes(data[: chance.choice((len(data), chance.randrange(len(data))))])
            try:
                told += bool(failed(check_bundle(MemoryView({**signed, path: cut}))))
            except PinfuseError as error:
                assert error.what
                told += 1
    assert told >= 290


