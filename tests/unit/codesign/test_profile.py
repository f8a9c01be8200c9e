"""Provisioning profiles: real ones and ours, which bundles they serve, and what is said of those they do not."""

from __future__ import annotations

import plistlib
import random
import subprocess
import zipfile
from datetime import UTC, timedelta
from pathlib import Path
from typing import Any

import pytest

from pinfuse.errors import SigningError
from pinfuse.ios.signing.bundle import Settings, sign_bundle
from pinfuse.ios.signing.profile import FILE, GivenProfile, Profile, choose, given_profile, read_profile
from pinfuse.ios.signing.view import MemoryView
from tests.corpus import corpus
from tests.fixtures import apple
from tests.unit.codesign.test_bundle import of, settings

ID = "com.example.app"


def read(bundle_id: str, where: str = "p", **more: Any) -> Profile:
    return read_profile(apple.profile(bundle_id, **more), where)


def test_real_profiles_are_read_as_openssl_reads_them() -> None:
    found = 0
    for path in sorted(corpus("ios").iterdir()):
        with zipfile.ZipFile(path) as archive:
            for entry in archive.namelist():
                if not entry.endswith(f"/{FILE}"):
                    continue
                data = archive.read(entry)
                profile = read_profile(data, entry)
                command = ("openssl", "cms", "-verify", "-noverify", "-inform", "DER")
                told = plistlib.loads(subprocess.run(command, input=data, check=True, capture_output=True).stdout)
                assert (profile.name, profile.uuid, [*profile.teams]) == (
                    told["Name"], told["UUID"], told["TeamIdentifier"]
                )  # fmt: skip
                assert profile.entitlements == told["Entitlements"]
                assert [*profile.certificates] == told["DeveloperCertificates"]
                assert profile.expires == told["ExpirationDate"].replace(tzinfo=UTC)
                assert profile.prefix in told["ApplicationIdentifierPrefix"]
                assert profile.covers("com.example.any") is (profile.pattern == "*")
                assert not profile.obstacles(profile.pattern.replace("*", "x"), None, profile.created or apple.NOW)
                assert profile.obstacles(profile.pattern.replace("*", "x"), None, apple.NOW)
                found += 1
    assert found >= 12


def test_prefix_and_team_may_differ_in_real_profiles() -> None:
    with zipfile.ZipFile(corpus("ios", "calabash_run_loop__0e7861_chou-cal.ipa")) as archive:
        profile = read_profile(archive.read(f"Payload/chou-cal.app/{FILE}"), "x")
    assert (profile.prefix, profile.teams) == ("Y54WEA9F74", ("7S6YLL52WH",))


@pytest.mark.parametrize(
    ("pattern", "bundle_id", "covers"),
    [
        (ID, ID, True),
        (ID, f"{ID}.share", False),
        (ID, "com.example.ap", False),
        (ID, "com.example.App", False),
        ("com.example.*", ID, True),
        ("com.example.*", "com.example.", False),
        ("com.example.*", "com.example", False),
        ("com.example.*", "com.examples.app", False),
        ("*", ID, True),
        ("*", "", False),
    ],
)
def test_patterns(pattern: str, bundle_id: str, covers: bool) -> None:
    assert read(pattern).covers(bundle_id) is covers


def test_the_best_profile_is_chosen() -> None:
    exact, part, whole = read(ID, "exact"), read("com.example.*", "part"), read("*", "whole")
    later = read("com.example.*", "later", expires=apple.NOW + timedelta(days=300))
    der = apple.identity().der

    def chosen(*given: GivenProfile) -> str:
        return choose(ID, given, der, apple.NOW, "x").where

    assert chosen(*map(GivenProfile, (whole, part, exact))) == "exact"
    assert chosen(*map(GivenProfile, (whole, part))) == "part"
    assert chosen(*map(GivenProfile, (part, later, whole))) == "later"
    assert chosen(GivenProfile(exact), GivenProfile(whole, ID)) == "whole"
    assert chosen(GivenProfile(exact, "com.example.other"), GivenProfile(whole)) == "whole"
    over = read(ID, "over", expires=apple.NOW - timedelta(days=1))
    assert chosen(GivenProfile(over), GivenProfile(part)) == "part"


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"bundle_id": "com.other"}, "it is for com.other"),
        ({"bundle_id": ID, "expires": apple.NOW - timedelta(days=1)}, "it has expired on 2026-05-31"),
        ({"bundle_id": ID, "platforms": ("tvOS",)}, "it is for tvOS"),
        ({"bundle_id": ID, "team": "OTHER12345"}, "is for the team OTHER12345, and .* of the team TEAM123456"),
        ({"bundle_id": ID, "DeveloperCertificates": []}, "the signing certificate is not in it"),
    ],
)
def test_a_profile_that_does_not_serve_is_said_with_the_bundle(more: dict[str, Any], said: str) -> None:
    files = {"App": apple.image(), "Info.plist": apple.info_plist(ID, "App")}
    given = GivenProfile(read(**more))
    with pytest.raises(SigningError, match=said) as met:
        sign_bundle(MemoryView(files), Settings(of(apple.identity()), apple.NOW, (given,)))
    assert ID in str(met.value)


def test_each_bundle_gets_its_own_profile_and_a_missing_one_is_named() -> None:
    files = apple.app()
    one, two, three = (apple.profile(f"{ID}{part}") for part in ("", ".share", ".watch"))
    signed = sign_bundle(MemoryView(files), settings(two, three, one))
    assert (signed.files[FILE], signed.files[f"PlugIns/Share.appex/{FILE}"]) == (one, two)
    assert signed.files[f"Watch/W.app/{FILE}"] == three
    assert [part.profile.pattern if part.profile else None for part in signed.parts][-1] == ID
    with pytest.raises(SigningError, match=f"serves {ID}.share") as met:
        sign_bundle(MemoryView(files), settings(one, three))
    assert met.value.where == "PlugIns/Share.appex"
    assert f"--profile {ID}.share=FILE" in met.value.todo


def test_profiles_in_the_app_serve_when_none_is_given() -> None:
    files = {"App": apple.image(), "Info.plist": apple.info_plist(ID, "App")}
    how = Settings(of(apple.identity()), apple.NOW)
    with pytest.raises(SigningError, match=f"no provisioning profile serves {ID}"):
        sign_bundle(MemoryView(files), how)
    own = apple.profile(ID)
    assert sign_bundle(MemoryView({**files, FILE: own}), how).files[FILE] == own
    with pytest.raises(SigningError, match="it is no provisioning profile") as met:
        sign_bundle(MemoryView({**files, FILE: b"x"}), how)
    assert met.value.where == FILE


@pytest.mark.parametrize(("days", "said"), [(29, ("its profile p0 expires in 29 days",)), (30, ())])
def test_a_profile_that_ends_soon_is_said(days: int, said: tuple[str, ...]) -> None:
    files = {"App": apple.image(), "Info.plist": apple.info_plist(ID, "App")}
    signed = sign_bundle(MemoryView(files), settings(apple.profile(ID, expires=apple.NOW + timedelta(days=days))))
    assert [one in warning for one, warning in zip(said, signed.warnings, strict=True)] == [True] * len(said)


def test_the_option_takes_a_bundle_id(tmp_path: Path) -> None:
    path = tmp_path / "a=b.mobileprovision"
    path.write_bytes(apple.profile(ID))
    assert given_profile(str(path)).bundle_id == ""
    assert given_profile(f"com.example.x={path}").bundle_id == "com.example.x"
    with pytest.raises(SigningError, match="cannot be read"):
        given_profile(str(tmp_path / "none"))


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "cut short"),
        (b"<plist/>", "cut short|no CMS"),
        (apple.wrapped(b"x"), "it is no property list"),
        (apple.wrapped(plistlib.dumps([])), "names and values"),
        (apple.wrapped(plistlib.dumps({})), "it has no Entitlements"),
        (apple.wrapped(plistlib.dumps({"Entitlements": {}})), "it names no app id"),
        (apple.profile(ID, TeamIdentifier=None), "it has no TeamIdentifier"),
        (apple.profile(ID, ExpirationDate=1), "it has no ExpirationDate"),
        (apple.profile(ID, DeveloperCertificates=None), "it has no DeveloperCertificates"),
        (apple.profile(ID).replace(b"Test com", b"Best com"), "it signs something else"),
        (bytes(5 << 20), "it is too large"),
    ],
    ids=lambda one: "file" if isinstance(one, bytes) else one,
)
def test_what_is_no_profile_is_refused(data: bytes, said: str) -> None:
    with pytest.raises(SigningError, match=said) as met:
        read_profile(data, "p.mobileprovision")
    assert met.value.where == "p.mobileprovision"


def test_damage_is_an_error_in_words() -> None:
    good, chance, refused = apple.profile(ID), random.Random(4), 0
    for _ in range(300):
        data = bytearray(good)
        data[chance.randrange(len(data))] ^= 1 << chance.randrange(8)
        try:
            made = read_profile(bytes(data[: chance.choice((len(data), chance.randrange(len(data))))]), "p")
            assert made.entitlements == read(ID).entitlements
        except SigningError as error:
            refused += 1
            assert error.what
    assert refused > 200
