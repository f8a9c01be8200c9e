"""Whole bundles signed: what changes, what each signature says, and what openssl says of it."""

from __future__ import annotations

import plistlib
import subprocess
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest

from pinfuse.errors import DamagedApp
from pinfuse.ios.macho import image
from pinfuse.ios.signing import directory
from pinfuse.ios.signing.blobs import HEADER, Slot, read_super_blob
from pinfuse.ios.signing.bundle import Settings, sign_bundle
from pinfuse.ios.signing.check import check_bundle
from pinfuse.ios.signing.directory import ADHOC, ALLOW_UNSIGNED, MAIN_BINARY, CodeDirectory
from pinfuse.ios.signing.identity import Identity
from pinfuse.ios.signing.profile import FILE, GivenProfile, read_profile
from pinfuse.ios.signing.resources import PATH
from pinfuse.ios.signing.view import MemoryView
from tests.fixtures import apple
from tests.pki import EC, RSA

PROGRAMS = {"App", "PlugIns/Share.appex/Share", "Watch/W.app/W"}
CODE = PROGRAMS | {"Frameworks/Kit.framework/Kit", "Frameworks/libloose.dylib"}
FOLDERS = ("", "Frameworks/Kit.framework/", "PlugIns/Share.appex/", "Watch/W.app/")


def of(identity: apple.TestIdentity) -> Identity:
    return Identity(identity.entity.key, identity.entity.certificate, identity.chain)


def settings(*profiles: bytes, kind: str = RSA, **more: Any) -> Settings:
    given = tuple(GivenProfile(read_profile(one, f"p{number}")) for number, one in enumerate(profiles))
    return Settings(of(apple.identity(kind=kind)), apple.NOW, given, **more)


def signature(data: bytes) -> tuple[dict[int, bytes], CodeDirectory]:
    """Blobs and CodeDirectory of a thin file, whose signature must end it."""
    one = image.read(data, "x")
    assert one.signature
    at, size = one.signature
    assert at + size == len(data)
    linkedit = one.segments[-1]
    assert linkedit.name == "__LINKEDIT"
    assert linkedit.offset + linkedit.size == len(data)
    assert linkedit.memory_size % 0x4000 == 0
    assert linkedit.memory_size >= linkedit.size
    blobs = read_super_blob(data[at : at + size], "x")
    told, _, limit = directory.read(blobs[Slot.CODE_DIRECTORY], "x")
    assert limit == at
    assert directory.build(told, data[:at]) == blobs[Slot.CODE_DIRECTORY]
    return blobs, told


def by_openssl(blobs: dict[int, bytes], folder: Path) -> bool:
    """What openssl says of the signature over the CodeDirectory, up to our root."""
    (folder / "cms").write_bytes(blobs[Slot.CMS][HEADER.size :])
    (folder / "content").write_bytes(blobs[Slot.CODE_DIRECTORY])
    (folder / "root.pem").write_bytes(apple.authority()[0].pem)
    words = ("-binary", "-inform", "DER", "-in", "cms", "-content", "content", "-CAfile", "root.pem",
             "-purpose", "any", "-ignore_critical", "-attime", str(int(apple.NOW.timestamp())))  # fmt: skip
    return subprocess.run(("openssl", "cms", "-verify", *words), cwd=folder, capture_output=True).returncode == 0


@pytest.mark.parametrize("kind", [RSA, EC])
def test_everything_in_an_app_is_signed(kind: str, tmp_path: Path) -> None:
    files = apple.app()
    signer = apple.identity(kind=kind)
    signed = sign_bundle(MemoryView(files), settings(apple.profile("com.example.*", signer), kind=kind))
    assert {*signed.files} == CODE | {f"{one}{PATH}" for one in FOLDERS} | {
        f"{one}{FILE}" for one in FOLDERS if "framework" not in one
    }
    for path in sorted(CODE):
        blobs, told = signature(signed.files[path])
        assert told.team == apple.TEAM
        assert told.flags == 0
        assert told.exec_flags == (MAIN_BINARY | ALLOW_UNSIGNED if path in PROGRAMS else 0)
        assert (Slot.ENTITLEMENTS in blobs) is (Slot.ENTITLEMENTS_DER in blobs) is (path in PROGRAMS)
        assert by_openssl(blobs, tmp_path)
        told_of = {**blobs, Slot.CODE_DIRECTORY: blobs[Slot.CODE_DIRECTORY] + b"x"}
        assert not by_openssl(told_of, tmp_path)
    assert signature(signed.files["Frameworks/libloose.dylib"])[1].identifier == "com.example.loose"
    assert signature(signed.files["App"])[1].identifier == "com.example.app"


def test_signed_again_it_is_the_same() -> None:
    files, how = apple.app(), settings(apple.profile("com.example.*"))
    signed = sign_bundle(MemoryView(files), how)
    assert sign_bundle(MemoryView({**files, **signed.files}), how).files == signed.files
    kit = {path.removeprefix(FOLDERS[1]): data for path, data in files.items() if path.startswith(FOLDERS[1])}
    alone = sign_bundle(MemoryView(kit), how).files
    assert alone == {path: signed.files[FOLDERS[1] + path] for path in ("Kit", PATH)}


class Counting(MemoryView):
    """Counts how often each file is read."""

    def __init__(self, files: dict[str, bytes]) -> None:
        super().__init__(files, {"Link": "App"})
        self.read_paths: list[str] = []

    def read(self, path: str) -> bytes:
        self.read_paths.append(path)
        return super().read(path)

    def chunks(self, path: str) -> Iterable[bytes]:
        self.read_paths.append(path)
        data = self._files[path]
        return (data[at : at + 16] for at in range(0, len(data), 16))


def test_a_file_that_stays_is_read_once() -> None:
    view = Counting(apple.app())
    signed = sign_bundle(view, settings(apple.profile("com.example.*")))
    for path in ("picture.png", "en.lproj/Localizable.strings", "Assets.bundle/a.txt"):
        assert view.read_paths.count(path) == 1
    told = plistlib.loads(signed.files[PATH])
    assert told["files2"]["Link"] == {"symlink": "App"}
    assert "App" not in told["files2"]


def test_ad_hoc_keeps_the_entitlements_and_says_nobody() -> None:
    files, how = apple.app(), settings(apple.profile("com.example.*"))
    before = {**files, **sign_bundle(MemoryView(files), how).files}
    signed = sign_bundle(MemoryView(before), Settings(None, apple.NOW))
    assert not [path for path in signed.files if path.endswith(FILE)]
    for path in CODE:
        blobs, told = signature(signed.files[path])
        assert (told.flags, told.team) == (ADHOC, "")
        assert Slot.CMS not in blobs
        assert blobs.get(Slot.ENTITLEMENTS) == signature(before[path])[0].get(Slot.ENTITLEMENTS)
    assert sign_bundle(MemoryView(files), Settings(None, apple.NOW)).parts[-1].entitlements == {}
    assert Slot.ENTITLEMENTS not in signature(sign_bundle(MemoryView(files), Settings(None, apple.NOW)).files["App"])[0]


def test_what_lies_deepest_is_signed_first() -> None:
    share, clip = "PlugIns/Share.appex", "AppClips/Clip.app"
    nested = {
        f"{share}/Frameworks/In.framework/In": apple.image(apple.DYLIB),
        f"{share}/Frameworks/In.framework/Info.plist": apple.info_plist("com.example.in", "In"),
        f"{clip}/Clip": apple.image(),
        f"{clip}/Info.plist": apple.info_plist("com.example.app.clip", "Clip"),
        f"{clip}/Frameworks/libclip.dylib": apple.image(apple.DYLIB),
        "Frameworks/Empty.framework/Info.plist": apple.info_plist("com.example.empty", "Empty"),
        "Weird.bundle/Info.plist": b"no property list",
        "Data/looks.bin": b"\xcf\xfa\xed\xfe and no more",
    }
    files = {**apple.app(), **nested}
    signed = sign_bundle(MemoryView(files), settings(apple.profile("com.example.*")))
    roots = [part.root for part in signed.parts]
    assert roots.index(f"{share}/Frameworks/In.framework") < roots.index(share)
    assert roots[-1] == ""
    assert f"{clip}/{FILE}" in signed.files
    assert not [path for path in signed.files if path.startswith(("Frameworks/Empty", "Weird", "Data"))]
    checked = check_bundle(MemoryView({**files, **signed.files}))
    assert [one.ok for one in checked.promises] == [True, True, True]


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"Info.plist": None}, "it has no Info.plist"),
        ({"Info.plist": b"x"}, "it is no property list"),
        ({"Info.plist": apple.info_plist("a.b", "Other")}, "no Mach-O file in it"),
        ({"Info.plist": apple.info_plist("a.b", "Frameworks/Kit.framework/Kit")}, "no Mach-O file in it"),
        ({"App": b"#!/bin/sh"}, "no Mach-O file in it"),
        ({"PlugIns/Share.appex/Info.plist": b"x"}, "it is no property list"),
        ({"App": apple.image()[:60]}, "no Mach-O file in it"),
    ],
)
def test_a_bundle_that_is_none_is_refused(changes: dict[str, bytes | None], said: str) -> None:
    files = {path: data for path, data in {**apple.app(), **changes}.items() if data is not None}
    with pytest.raises(DamagedApp, match=said):
        sign_bundle(MemoryView(files), Settings(None, apple.NOW))
