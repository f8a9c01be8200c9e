"""Apps for iOS of our own from the command line: identities, ad hoc, unsigned; pins for the system; exit codes."""

from __future__ import annotations

import hashlib
import json
import plistlib
import random
import struct
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from examples.demo.run import APP as APK
from examples.demo.run import World
from pinfuse.container.reader import Archive
from pinfuse.errors import PinfuseError
from pinfuse.formats import FuseOptions, SigningRequest
from pinfuse.ios import names
from pinfuse.ios.ipa import IpaFile
from pinfuse.ios.macho.image import read as read_image
from pinfuse.ios.signer import team_digests
from pinfuse.ios.signing.blobs import Magic, Slot, blob, read_super_blob, super_blob
from pinfuse.ios.signing.code import Signing, What, old_signature, sign_code
from pinfuse.policy.rules import Rules
from pinfuse.vault import Binding, SystemRandom, VaultClosed, open_well, seal
from tests.conftest import pinfuse
from tests.fixtures import apple, ipa
from tests.fixtures.macho import fat

HASH = "api.example.com=sha256/" + "A" * 42 + "E="
YEARS = 365 * 30
ROOT = "Payload/App.app"
PINS = ("--pin", HASH, "--no-proof")


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An identity and a profile for the app and all in it, valid for long."""
    folder = tmp_path_factory.mktemp("keys")
    who = apple.identity(days=YEARS)
    (folder / "id.p12").write_bytes(who.p12())
    far = apple.NOW.replace(year=2055)
    (folder / "app.mobileprovision").write_bytes(apple.profile("com.example.*", who, expires=far))
    return folder


def identity(keys: Path) -> tuple[object, ...]:
    words = ("--identity-pass", f"pass:{apple.PASSWORD}", "--profile", keys / "app.mobileprovision")
    return "--identity", keys / "id.p12", *words


def build(app: Path, out: Path, *words: object) -> dict[str, Any]:
    done = pinfuse("build", app, *words, "-o", out, "--json")
    assert done.exit_code == 0, done.stdout + done.stderr
    said: dict[str, Any] = json.loads(done.stdout)
    return said


def refused(app: Path, out: Path, code: int, words: str, *options: object) -> None:
    done = pinfuse("build", app, *options, "-o", out)
    assert "Traceback" not in done.stderr
    assert (done.exit_code, words in done.stderr) == (code, True), done.stderr
    assert not out.exists()


def opened(app: Path) -> tuple[IpaFile, bytes]:
    """The app, and the vault in it."""
    found = IpaFile(Archive(app))
    return found, found.stubs()[0].well


def read(app: Path, path: str) -> bytes:
    with zipfile.ZipFile(app) as archive:
        return archive.read(f"{ROOT}/{path}")


@pytest.mark.slow
def test_with_an_identity_everything_holds_and_is_proved(keys: Path, world: World, tmp_path: Path) -> None:
    app, out = ipa.write(tmp_path / "a.ipa", ipa.rich()), tmp_path / "out.ipa"
    said = build(app, out, "--pin", world.pins, *identity(keys))
    assert said["proof"]["status"] == "proved"
    opened_in = [case for case in said["proof"]["cases"] if case["name"].startswith("the program ")]
    assert [case["ok"] for case in opened_in] == [True, True]
    assert said["signers"]["new"]["note"] == f"team {apple.TEAM}"
    assert said["vault"]["signers"] == [team_digests(apple.TEAM)[0].hex()]
    assert said["vault"]["app-ids"] == [ipa.BUNDLE_ID, f"{ipa.BUNDLE_ID}.Clip", f"{ipa.BUNDLE_ID}.share"]
    done = pinfuse("verify", out, "--pin", world.pins)
    assert (done.exit_code, "FAILED" in done.stdout) == (0, False), done.stdout
    for path in ("", "PlugIns/Share.appex/", "AppClips/Clip.app/", "Watch/W.app/"):
        assert read(out, f"{path}{names.PROFILE}") == (keys / "app.mobileprovision").read_bytes()
    probed = pinfuse("probe", out, "--host", "localhost", "--chain", world.good[0])
    assert probed.exit_code == 0, probed.stdout + probed.stderr


def test_the_vault_opens_for_every_program_and_the_team_alone(keys: Path, tmp_path: Path) -> None:
    app, out = ipa.write(tmp_path / "a.ipa", ipa.rich()), tmp_path / "out.ipa"
    build(app, out, *PINS, *identity(keys))
    found, well = opened(out)
    found.close()
    for program in (ipa.BUNDLE_ID, f"{ipa.BUNDLE_ID}.share", f"{ipa.BUNDLE_ID}.Clip"):
        assert open_well(well, program, team_digests(apple.TEAM)).rules.hosts
        for digests in ((), team_digests("OTHER12345")):
            with pytest.raises(VaultClosed):
                open_well(well, program, digests)
    with pytest.raises(VaultClosed):
        open_well(well, f"{ipa.BUNDLE_ID}.watch", team_digests(apple.TEAM))


@pytest.mark.parametrize("words", [("--no-sign",), ("--adhoc",), ()])
def test_without_a_team_the_bundle_id_opens_it_and_it_is_said_loudly(tmp_path: Path, words: tuple[str, ...]) -> None:
    app, out = ipa.write(tmp_path / "a.ipa", ipa.plain()), tmp_path / "out.ipa"
    done = pinfuse("build", app, *PINS, *words, "-o", out)
    assert done.exit_code == 0, done.stderr
    assert "ANY SIGNER, because no team is known" in done.stderr
    assert ("SIGNED AD HOC" in done.stderr) is (words != ("--no-sign",))
    assert ("is not signed" in done.stderr) is (words == ("--no-sign",))
    found, well = opened(out)
    found.close()
    assert open_well(well, ipa.BUNDLE_ID, ()).rules.hosts


@pytest.mark.slow
@pytest.mark.parametrize("words", ["--no-sign", "--adhoc"])
def test_a_team_for_those_who_sign_later(tmp_path: Path, words: str, keys: Path, world: World) -> None:
    """Unsigned it is proved by a twin, ad hoc by itself; the vault opens for that team alone."""
    app, out = ipa.write(tmp_path / "a.ipa", ipa.plain(security=False)), tmp_path / "out.ipa"
    said = build(app, out, "--pin", world.pins, words, "--team-id", apple.TEAM)
    assert said["proof"]["status"] == "proved"
    assert ("twin" in said["proof"]["subject"]) is (words == "--no-sign")
    found, well = opened(out)
    found.close()
    with pytest.raises(VaultClosed):
        open_well(well, ipa.BUNDLE_ID, ())
    assert open_well(well, ipa.BUNDLE_ID, team_digests(apple.TEAM)).rules.hosts


def test_unsigned_nothing_but_the_edits_differs(tmp_path: Path) -> None:
    app, out = ipa.write(tmp_path / "a.ipa", ipa.rich()), tmp_path / "out.ipa"
    said = build(app, out, *PINS, "--no-sign")
    with Archive(app) as old, Archive(out) as new:
        changed = {name for name, one in old.entries.items() if _record(old, one) != _record(new, new.entries[name])}
        added = new.entries.keys() - old.entries.keys()
        assert [name for name in new.entries if name not in added] == list(old.entries)
        assert all(new.entries[name].mode & 0o111 for name in added if name.endswith("/PFuse"))
    assert changed | added == {one["entry"] for one in said["changes"]}
    assert {name.removeprefix(f"{ROOT}/") for name in changed} == {
        "App", "AppClips/Clip.app/Clip", "Frameworks/Kit.framework/Kit", "Frameworks/libswiftCore.dylib",
        "PlugIns/Share.appex/Share",
        "PlugIns/Share.appex/Frameworks/Deep.framework/Deep", "PlugIns/Test.xctest/Test",
    }  # fmt: skip


def _record(archive: Archive, entry: Any) -> bytes:
    return b"".join(archive.record(entry))


def test_other_folders_links_and_forks_stay(tmp_path: Path) -> None:
    more = {"SwiftSupport/iphoneos/libswiftCore.dylib": ipa.linked("dylib"), "Symbols/A.symbols": b"x",
            "WatchKitSupport2/WK": b"\xce\xfa\xed\xfe", f"__MACOSX/{ROOT}/._App": b"fork"}  # fmt: skip
    app = ipa.write(tmp_path / "a.ipa", ipa.plain(), more=more, links={"link": "picture.png"})
    build(app, tmp_path / "out.ipa", *PINS)
    with Archive(app) as old, Archive(tmp_path / "out.ipa") as new:
        for name in (*more, f"{ROOT}/link", f"{ROOT}/picture.png", f"{ROOT}/Info.plist", "Payload/"):
            assert _record(old, old.entries[name]) == _record(new, new.entries[name]), name
    assert pinfuse("verify", tmp_path / "out.ipa", "--no-proof").exit_code == 0


def test_the_same_seed_and_time_give_the_same_bytes(
    keys: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = ipa.write(tmp_path / "a.ipa", ipa.rich())
    monkeypatch.setenv("SOURCE_DATE_EPOCH", str(int(apple.NOW.timestamp())))
    outs = [tmp_path / f"{number}.ipa" for number in range(3)]
    for out, seed in zip(outs, "aab", strict=True):
        build(app, out, *PINS, *identity(keys), "--seed", seed)
    digests = [hashlib.sha256(out.read_bytes()).hexdigest() for out in outs]
    assert digests[0] == digests[1] != digests[2]
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "yesterday")
    refused(app, tmp_path / "no.ipa", 2, "SOURCE_DATE_EPOCH", *PINS)


def write_set(folder: Path, text: str) -> Path:
    (folder / "set.toml").write_text(f'[set]\nname = "x"\n{text}')
    return folder / "set.toml"


def pinned_set(folder: Path, world: World, more: str = "") -> Path:
    leaf = world.good[0].read_bytes().split(b"-----END CERTIFICATE-----")[0] + b"-----END CERTIFICATE-----\n"
    (folder / "leaf.pem").write_bytes(leaf)
    return write_set(folder, f'{more}\n[[pin]]\nhost = "localhost"\ntrust = ["leaf.pem"]\n')


def test_pins_for_the_system_stand_in_every_program(world: World, tmp_path: Path) -> None:
    app, out = ipa.write(tmp_path / "a.ipa", ipa.rich()), tmp_path / "out.ipa"
    chosen = pinned_set(tmp_path, world, "[ios]\nats-pins = true")
    for only_main, programs in ((False, 4), (True, 1)):
        build(app, out, "--set", chosen, "--no-proof", *(("--only-main",) if only_main else ()))
        pinned = []
        for path in ("", "PlugIns/Share.appex/", "AppClips/Clip.app/", "Watch/W.app/", "Frameworks/Kit.framework/"):
            data = read(out, f"{path}Info.plist")
            assert data.startswith(b"bplist")
            told = plistlib.loads(data)
            old = plistlib.loads(ipa.rich()[f"{path}Info.plist"])
            pinned += [told["NSAppTransportSecurity"]["NSPinnedDomains"]] if told != old else []
            assert {key: told[key] for key in old} == old
        assert len(pinned) == programs
        assert all(list(one) == ["localhost"] for one in pinned)
        verified = pinfuse("verify", out, "--no-proof")
        assert (verified.exit_code, "1 hosts are pinned for the system" in verified.stdout) == (0, True)


def extensions(count: int, **how: Any) -> dict[str, bytes]:
    made = ipa.linked(**how)
    return {path: data for number in range(count) for path, data in (
        (f"PlugIns/E{number}.appex/E", made),
        (f"PlugIns/E{number}.appex/Info.plist", ipa.info(f"{ipa.BUNDLE_ID}.e{number}", "E")),
    )}  # fmt: skip


def test_only_programs_with_the_stub_take_slots_of_the_vault(tmp_path: Path) -> None:
    """16 programs are possible; with ``--only-main`` an extension counts where a library of the app brings the stub."""
    app, out = ipa.write(tmp_path / "a.ipa", ipa.plain() | extensions(16, security=False)), tmp_path / "out.ipa"
    refused(app, out, 3, "--only-main leaves extensions", *PINS, "--adhoc")
    said = build(app, out, *PINS, "--adhoc", "--only-main")
    assert said["vault"]["app-ids"] == [ipa.BUNDLE_ID]
    verified = pinfuse("verify", out, "--json")
    assert verified.exit_code == 0, verified.stdout
    opened_in = [one["name"] for one in json.loads(verified.stdout)["proof"]["cases"] if "the program" in one["name"]]
    assert opened_in == []


@pytest.mark.parametrize("shared", [True, False])
def test_an_extension_that_loads_a_library_of_the_app_can_open_the_vault(tmp_path: Path, shared: bool) -> None:
    kit = {"Frameworks/Kit.framework/Kit": ipa.linked("dylib"),
           "Frameworks/Kit.framework/Info.plist": ipa.info("com.example.kit", "Kit")}  # fmt: skip
    share = linked_with_kit() if shared else ipa.linked()
    files = ipa.plain() | kit | extensions(1) | {"PlugIns/E0.appex/E": share}
    out = tmp_path / "out.ipa"
    said = build(ipa.write(tmp_path / "a.ipa", files), out, *PINS, "--adhoc", "--only-main")
    assert said["vault"]["app-ids"] == [ipa.BUNDLE_ID, f"{ipa.BUNDLE_ID}.e0"][: 1 + shared]
    found = IpaFile(Archive(out))
    assert found.verify().further == tuple(said["vault"]["app-ids"][1:])
    found.close()


def linked_with_kit() -> bytes:
    """A program of an extension that loads Kit: the name of a library it loads is that of Kit."""
    old = b"/usr/lib/libSystem.B.dylib"
    new = b"@rpath/Kit.framework/Kit\0\0"
    assert len(old) == len(new)
    made = ipa.linked()
    assert made.count(old) == 1
    return made.replace(old, new)


@pytest.mark.parametrize("more", ["", '[report]\nurl = "https://r.example.com/"'])
def test_what_ios_does_not_serve_is_said(world: World, tmp_path: Path, more: str) -> None:
    app, out = ipa.write(tmp_path / "a.ipa", ipa.plain()), tmp_path / "out.ipa"
    said = build(app, out, "--set", pinned_set(tmp_path, world, more), "--no-proof")
    assert any("[report] url is not served" in one for one in said["warnings"]) is bool(more)


def test_pins_that_clash(world: World, tmp_path: Path) -> None:
    other = {"NSPinnedDomains": {"localhost": {"NSIncludesSubdomains": True}}}
    app = ipa.write(tmp_path / "a.ipa", ipa.plain(NSAppTransportSecurity=other))
    chosen = pinned_set(tmp_path, world, "[ios]\nats-pins = true")
    refused(app, tmp_path / "out.ipa", 3, "pins localhost already", "--set", chosen, "--no-proof")


def test_thinning_changes_what_the_app_asks_for(tmp_path: Path) -> None:
    old = bytearray(ipa.linked())
    struct.pack_into("<II", old, 4, 0x100000C, 2)
    files = ipa.plain(UIRequiredDeviceCapabilities=["armv7", "gps"]) | {"App": fat(bytes(old), ipa.linked())}
    app, out = ipa.write(tmp_path / "a.ipa", files), tmp_path / "out.ipa"
    refused(app, out, 3, "--thin arm64", *PINS)
    build(app, out, *PINS, "--thin", "arm64")
    assert read(out, "App")[:4] == b"\xcf\xfa\xed\xfe"
    assert plistlib.loads(read(out, "Info.plist"))["UIRequiredDeviceCapabilities"] == ["arm64", "gps"]
    assert pinfuse("verify", out, "--no-proof").exit_code == 0


@pytest.mark.slow
def test_the_simulator_has_a_stub_of_two_processors(world: World, tmp_path: Path) -> None:
    app, out = ipa.write(tmp_path / "App.zip", ipa.simulated(), root="App.app"), tmp_path / "out.zip"
    said = build(app, out, "--pin", world.pins)
    assert said["proof"]["abis"] == ["ios-sim-arm64", "ios-sim-x86_64"]
    assert pinfuse("verify", out, "--pin", world.pins).exit_code == 0


WRONG_WORDS: dict[str, tuple[tuple[object, ...], str]] = {
    "a key store": (("--ks", "x.p12"), "--ks is for Android"),
    "a store's certificate": (("--allow-signer", "A" * 64), "--allow-signer is for Android"),
    "an API level": (("--min-sdk", "21"), "--min-sdk is for Android"),
    "no identity": (("--profile", "x"), "without --identity"),
    "both": (("--no-sign", "--adhoc"), "--adhoc is given as well"),
    "a team that is none": (("--team-id", "apple"), "no Team ID"),
}


@pytest.mark.parametrize("name", WRONG_WORDS)
def test_words_that_do_not_fit_are_usage_errors(tmp_path: Path, name: str) -> None:
    options, words = WRONG_WORDS[name]
    app = ipa.write(tmp_path / "a.ipa", ipa.plain())
    refused(app, tmp_path / "out.ipa", 2, words, *PINS, *options)


@pytest.mark.parametrize(
    "options", [("--identity", "x"), ("--team-id", "A" * 10), ("--thin", "arm64"), ("--only-main",)]
)
def test_words_for_ios_on_an_apk(tmp_path: Path, options: tuple[str, ...]) -> None:
    refused(APK, tmp_path / "out.apk", 2, f"{options[0]} is for iOS", *PINS, *options)


def test_another_team_than_that_of_the_identity(keys: Path, tmp_path: Path) -> None:
    app = ipa.write(tmp_path / "a.ipa", ipa.plain())
    refused(app, tmp_path / "out.ipa", 2, apple.TEAM, *PINS, *identity(keys), "--team-id", "OTHER12345")


def test_signing_errors(keys: Path, tmp_path: Path) -> None:
    app, out = ipa.write(tmp_path / "a.ipa", ipa.plain()), tmp_path / "out.ipa"
    wrong = ("--identity", keys / "id.p12", "--identity-pass", "pass:wrong", "--profile", keys / "app.mobileprovision")
    refused(app, out, 4, "the password is wrong", *PINS, *wrong)
    other = tmp_path / "other.mobileprovision"
    other.write_bytes(apple.profile("com.other.app", apple.identity(days=YEARS)))
    words = ("--identity", keys / "id.p12", "--identity-pass", f"pass:{apple.PASSWORD}", "--profile", other)
    refused(app, out, 4, f"no provisioning profile serves {ipa.BUNDLE_ID}", *PINS, *words)
    refused(app, out, 4, "no provisioning profile serves", *PINS, *words[:4])


def test_a_release_is_never_signed_by_nobody(world: World, tmp_path: Path) -> None:
    app = ipa.write(tmp_path / "a.ipa", ipa.plain())
    chosen = pinned_set(tmp_path, world, "release = true")
    for words in ((), ("--adhoc",)):
        refused(app, tmp_path / "out.ipa", 2, "never signed with the ad hoc signature", "--set", chosen, *words)


def test_what_pinfuse_built_is_not_built_again(tmp_path: Path) -> None:
    app, out = ipa.write(tmp_path / "a.ipa", ipa.plain()), tmp_path / "out.ipa"
    build(app, out, *PINS)
    refused(out, tmp_path / "again.ipa", 3, "built this file already", *PINS)
    assert pinfuse("verify", app).exit_code == 1


def rewritten(app: Path, out: Path, path: str, change: Callable[[bytes], bytes]) -> Path:
    """The archive with another content of one file of the app; nothing for None."""
    with zipfile.ZipFile(app) as source, zipfile.ZipFile(out, "w") as target:
        for info in source.infolist():
            data = source.read(info)
            target.writestr(info, change(data) if info.filename == f"{ROOT}/{path}" else data)
    return out


def flipped(at: int) -> Callable[[bytes], bytes]:
    return lambda data: data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :]


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("built")
    build(ipa.write(folder / "a.ipa", ipa.rich()), folder / "out.ipa", *PINS)
    return folder / "out.ipa"


def replaced(old: bytes, new: bytes) -> Callable[[bytes], bytes]:
    return lambda data: data.replace(old, new)


def packed_otherwise(data: bytes) -> bytes:
    return plistlib.dumps(plistlib.loads(data))


LISTING = "_CodeSignature/CodeResources"
BROKEN: dict[str, tuple[str, Callable[[bytes], bytes], str]] = {
    "a resource": ("en.lproj/Localizable.strings", lambda data: data + b" ", "resources"),
    "code of the app": ("App", flipped(0x1000), "code"),
    "code of the stub": (names.BINARY, flipped(0x4000), "framework"),
    "the framework's list": (f"{names.FOLDER}/Info.plist", packed_otherwise, "framework"),
    "the app's path": ("App", replaced(b"PFuse.framework", b"XFuse.framework"), "load commands"),
    "an extension's": ("PlugIns/Share.appex/Share", replaced(b"PFuse", b"XFuse"), "load commands"),
    "a list of files": (LISTING, replaced(b"picture.png", b"picture.jpg"), "resources"),
}


def test_inspect_sees_the_stub_in_what_was_built(built: Path) -> None:
    rows = {row["stack"]: row for row in json.loads(pinfuse("inspect", built, "--json").stdout)["coverage"]}
    row = rows["SecTrust in the app's own code"]
    assert (row["layer"], row["gap"]) == ("L1 load command", False)
    assert not any(names.BINARY in where for row in rows.values() for where in row["where"])


@pytest.mark.parametrize("name", BROKEN)
def test_every_broken_promise_is_noticed(built: Path, tmp_path: Path, name: str) -> None:
    path, change, promise = BROKEN[name]
    done = pinfuse("verify", rewritten(built, tmp_path / "x.ipa", path, change), "--no-proof", "--json")
    said = json.loads(done.stdout)
    assert (done.exit_code, said["ok"]) == (1, False), said
    assert promise in {one["name"] for one in said["promises"] if not one["ok"]}


def test_a_bit_of_the_vault(built: Path, tmp_path: Path) -> None:
    found, _ = opened(built)
    at = found.stubs()[0].well_offset + 7000
    found.close()
    done = pinfuse("verify", rewritten(built, tmp_path / "x.ipa", names.BINARY, flipped(at)), "--no-proof")
    assert (done.exit_code, "2 different vaults" in done.stdout) == (1, True)


def test_a_missing_stub(built: Path, tmp_path: Path) -> None:
    out = tmp_path / "x.ipa"
    with zipfile.ZipFile(built) as source, zipfile.ZipFile(out, "w") as target:
        for info in source.infolist():
            if info.filename != f"{ROOT}/{names.BINARY}":
                target.writestr(info, source.read(info))
    done = pinfuse("verify", out, "--no-proof")
    assert (done.exit_code, "PFuse is missing" in done.stdout) == (1, True)


def old_entitlements(value: bytes) -> bytes:
    """A program whose signature tells of entitlements that hold this value."""
    told = What(ipa.BUNDLE_ID, entitlements={"room": "z" * 600})
    data = sign_code(ipa.linked(), "App", told, Signing(None, "", apple.NOW))
    at, size = read_image(data, "App").signature or (0, 0)
    xml = b'<?xml version="1.0"?><plist version="1.0"><dict><key>k</key>' + value + b"</dict></plist>"
    blobs = read_super_blob(data[at:], "App") | {Slot.ENTITLEMENTS: blob(Magic.ENTITLEMENTS, xml)}
    del blobs[Slot.ENTITLEMENTS_DER]
    return data[:at] + super_blob(blobs).ljust(size, b"\0")


ODD: dict[str, tuple[Callable[[], dict[str, bytes]], dict[str, str], int, str]] = {
    "an extension without an id": (
        lambda: {"PlugIns/S.appex/S": ipa.linked(), "PlugIns/S.appex/Info.plist": ipa.info("", "S")}, {}, 3,
        "PlugIns/S.appex: its CFBundleIdentifier is no text",
    ),
    "an id with a NUL": (lambda: {"Info.plist": ipa.info("com.example\0", "App")}, {}, 3, "is no text of 1 to 256"),
    "entitlements with a number that is too large": (
        lambda: {"App": old_entitlements(b"<integer>%s</integer>" % (b"9" * 40))}, {}, 4, "cannot be written",
    ),
    "a link where the framework goes": (dict, {"Frameworks": "Other"}, 3, "App.app/Frameworks: "),
    "a file where the framework goes": (lambda: {"Frameworks": b"x"}, {}, 3, "App.app/Frameworks: "),
    "a file called as the framework": (lambda: {names.FOLDER: b"x"}, {}, 3, f"App.app/{names.FOLDER}: "),
    "a link in place of the list of files": (dict, {"_CodeSignature/CodeResources": "../x"}, 3, "CodeResources: "),
}  # fmt: skip


@pytest.mark.parametrize("name", ODD)
def test_odd_apps_end_in_words_and_not_in_an_output_that_nobody_reads(tmp_path: Path, name: str) -> None:
    make, links, code, words = ODD[name]
    app = ipa.write(tmp_path / "a.ipa", ipa.plain() | make(), links=links)
    refused(app, tmp_path / "out.ipa", code, words, *PINS)


def wishes(folder: Path, name: str, **wanted: object) -> Path:
    """A file of entitlements; ``__`` in a name stands for its hyphens."""
    told = {key.replace("__", "-"): value for key, value in wanted.items()}
    (folder / name).write_bytes(plistlib.dumps(told))
    return folder / name


def test_entitlements_for_the_app_and_for_an_extension(keys: Path, tmp_path: Path) -> None:
    groups = {"keychain__access__groups": ["$(AppIdentifierPrefix)$(CFBundleIdentifier)"]}
    whole, share = wishes(tmp_path, "a.plist", **groups), wishes(tmp_path, "s.plist", aps__environment="development")
    app, out = ipa.write(tmp_path / "a.ipa", ipa.rich()), tmp_path / "out.ipa"
    words = ("--entitlements", whole, "--entitlements", f"{ipa.BUNDLE_ID}.share={share}")
    build(app, out, *PINS, *identity(keys), *words)
    found = {path: old_signature(read(out, path), path).entitlements for path in
             ("App", "PlugIns/Share.appex/Share", "AppClips/Clip.app/Clip")}  # fmt: skip
    asked = [{"keychain-access-groups", "aps-environment"} & told.keys() for told in found.values()]
    assert asked == [{"keychain-access-groups"}, {"aps-environment"}, set()]
    assert found["App"]["keychain-access-groups"] == [f"{apple.PREFIX}.{ipa.BUNDLE_ID}"]
    assert pinfuse("verify", out, "--no-proof").exit_code == 0


@pytest.mark.parametrize(
    ("names", "code", "words"),
    [
        (["com.example.other="], 2, "the app has no com.example.other"),
        (["com.example.kit="], 2, "the app has no com.example.kit"),
        (["", ""], 2, "given twice for the app"),
        ([f"{ipa.BUNDLE_ID}.share="] * 2, 2, f"given twice for {ipa.BUNDLE_ID}.share"),
        (["", f"{ipa.BUNDLE_ID}="], 2, "is the app itself"),
        ([f"{ipa.BUNDLE_ID}.share="], 4, "does not grant beta"),
        (["nothing/"], 4, "cannot be read"),
    ],
)
def test_entitlements_that_nobody_gets(keys: Path, tmp_path: Path, names: list[str], code: int, words: str) -> None:
    app, file = ipa.write(tmp_path / "a.ipa", ipa.rich()), wishes(tmp_path, "a.plist", beta=True)
    options = [word for name in names for word in ("--entitlements", f"{name}{file}")]
    refused(app, tmp_path / "out.ipa", code, words, *PINS, *identity(keys), *options)


def test_a_seed_without_a_time_is_no_promise(keys: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A CMS signature holds the time; one of nobody does not, and is the same bytes every day."""
    said = "set SOURCE_DATE_EPOCH too"
    app, outs = ipa.write(tmp_path / "a.ipa", ipa.plain()), [tmp_path / "0.ipa", tmp_path / "1.ipa"]
    for out in outs:
        assert not any(said in one for one in build(app, out, *PINS, "--seed", "a")["warnings"])
    assert outs[0].read_bytes() == outs[1].read_bytes()
    for epoch, seed, warned in (("", "a", True), ("1780315200", "a", False), ("", "", False)):
        monkeypatch.delenv("SOURCE_DATE_EPOCH", raising=False)
        if epoch:
            monkeypatch.setenv("SOURCE_DATE_EPOCH", epoch)
        words = ("--seed", seed) if seed else ()
        told = build(app, tmp_path / "out.ipa", *PINS, *identity(keys), *words)["warnings"]
        assert any(said in one for one in told) is warned


def test_entitlements_of_a_file_that_no_signature_holds(tmp_path: Path) -> None:
    app = ipa.write(tmp_path / "a.ipa", ipa.plain())
    (tmp_path / "e.plist").write_bytes(plistlib.dumps({"k": "a\1b"}, fmt=plistlib.FMT_BINARY))
    refused(app, tmp_path / "out.ipa", 4, "cannot be written", *PINS, "--entitlements", tmp_path / "e.plist")


def test_damage_and_random_bytes_end_in_words(tmp_path: Path) -> None:
    """Bytes, stretches and cuts all over an archive and its Mach-O files: an error in words, or an output."""
    chosen, refusals = random.Random(5), 0
    well = seal(Rules(()), Binding(ipa.BUNDLE_ID, (), any_signer=True), b"q" * 32, SystemRandom())
    stored = bytearray(ipa.pack(ipa.rich(), stored=True))
    path = tmp_path / "a.ipa"
    for turn in range(120):
        data = bytearray(stored)
        for _ in range(chosen.randrange(1, 4)):
            at = chosen.randrange(len(data))
            data[at : at + 4] = chosen.randbytes(4) if turn % 3 else bytes(4)
        path.write_bytes(data[: chosen.randrange(len(data))] if turn % 10 == 0 else data)
        refusals += _fused(path, well)
    for turn in range(250):
        files = ipa.plain(security=turn % 2 == 0)
        code = bytearray(files["App"])
        at = chosen.randrange(0x600)
        code[at : at + 4] = chosen.randbytes(4) if turn % 3 else b"\xff" * 4
        path.write_bytes(ipa.pack(files | {"App": bytes(code)}, stored=True))
        refusals += _fused(path, well)
    assert refusals > 100


def _fused(path: Path, well: bytes) -> int:
    """1 where it ends in an error of ours; any other error fails the test."""
    try:
        app = IpaFile(Archive(path))
        try:
            app.inspect()
            signer = app.load_signer(SigningRequest())
            app.binding(signer, SigningRequest(), FuseOptions())
            draft = app.fuse(FuseOptions(), well, signer)
            with (path.parent / "out").open("w+b") as file:
                app.sign(draft, signer, file)
        finally:
            app.close()
    except PinfuseError:
        return 1
    return 0


def test_no_output_after_damage(tmp_path: Path) -> None:
    good = ipa.pack(ipa.plain())
    (tmp_path / "a.ipa").write_bytes(good[: len(good) // 2])
    refused(tmp_path / "a.ipa", tmp_path / "out.ipa", 3, "no end record", *PINS)
    (tmp_path / "a.ipa").write_bytes(b"PK\3\4" + random.Random(1).randbytes(5000))
    refused(tmp_path / "a.ipa", tmp_path / "out.ipa", 3, "a.ipa", *PINS)
