"""Entitlements of a re-signed app: what is kept, renamed, taken from the profile, and dropped."""

from __future__ import annotations

from typing import Any

import pytest

from pinfuse.errors import SigningError
from pinfuse.ios.signing import grants
from pinfuse.ios.signing.bundle import Settings, sign_bundle
from pinfuse.ios.signing.code import old_signature
from pinfuse.ios.signing.profile import GivenProfile, Profile, read_profile
from pinfuse.ios.signing.view import MemoryView
from tests.fixtures import apple
from tests.fixtures.apple import PREFIX, TEAM
from tests.unit.codesign.test_bundle import of

ID = "com.example.app"
OLD = {"application-identifier": f"OLDPREF.{ID}", "com.apple.developer.team-identifier": "OLDTEAM"}
OWN = {"application-identifier": f"{PREFIX}.{ID}", "com.apple.developer.team-identifier": TEAM}


def profile(**granted: Any) -> Profile:
    return read_profile(apple.profile(ID, grants={name.replace("__", "-"): one for name, one in granted.items()}), "p")


@pytest.mark.parametrize(
    ("granted", "wanted", "kept", "dropped"),
    [
        ({}, {}, {}, ()),
        ({}, {"a": True}, {}, ("a",)),
        ({"a": True}, {"a": True}, {"a": True}, ()),
        ({"a": True}, {"a": False}, {"a": False}, ()),
        ({"a": False}, {"a": True}, {}, ("a",)),
        ({"a": True}, {}, {}, ()),
        ({"a": "x"}, {"a": "x"}, {"a": "x"}, ()),
        ({"a": "x"}, {"a": "y"}, {}, ("a",)),
        ({"a": "*"}, {"a": "y"}, {"a": "y"}, ()),
        ({"a": "*"}, {"a": ["y", "z"]}, {"a": ["y", "z"]}, ()),
        ({"a": ["x", "y"]}, {"a": ["y", "z"]}, {"a": ["y"]}, ("a: z",)),
        ({"a": ["x"]}, {"a": ["y", "z"]}, {}, ("a",)),
        ({"a": ["x"]}, {"a": "x"}, {"a": "x"}, ()),
        ({"a": []}, {"a": []}, {"a": []}, ()),
        ({"a": ["group.*"]}, {"a": ["group.x", "team.x"]}, {"a": ["group.x"]}, ("a: team.x",)),
        ({"a": 7}, {"a": 7}, {"a": 7}, ()),
        ({"a": 7}, {"a": 8}, {}, ("a",)),
        ({"a": True}, {"a": "x"}, {}, ("a",)),
        # app id prefix and Team ID are renamed, each to what the profile grants
        ({"a": [f"{PREFIX}.*"]}, {"a": ["OLDPREF.x"]}, {"a": [f"{PREFIX}.x"]}, ()),
        ({"a": [f"{TEAM}.*"]}, {"a": ["OLDPREF.x", "OLDTEAM.y"]}, {"a": [f"{TEAM}.x", f"{TEAM}.y"]}, ()),
        ({"a": f"{TEAM}.*"}, {"a": f"OLDTEAM.{ID}"}, {"a": f"{TEAM}.{ID}"}, ()),
        ({"a": [f"{PREFIX}.*"]}, {"a": ["OTHER.x", "OLDPREF.y"]}, {"a": [f"{PREFIX}.y"]}, ("a: OTHER.x",)),
        ({"a": "*"}, {"a": "OLDPREF.x"}, {"a": f"{PREFIX}.x"}, ()),
        # the profile's own words
        ({"get__task__allow": True}, {}, {"get-task-allow": True}, ()),
        ({"get__task__allow": False}, {"get-task-allow": True}, {"get-task-allow": False}, ("get-task-allow",)),
        ({}, {"get-task-allow": True}, {}, ("get-task-allow",)),
        ({}, {"get-task-allow": False}, {}, ()),
        ({"beta__reports__active": True}, {}, {"beta-reports-active": True}, ()),
        ({"aps__environment": "production"}, {"aps-environment": "development"}, {"aps-environment": "production"}, ()),
        ({"aps__environment": "production"}, {}, {}, ()),
        ({}, {"aps-environment": "development"}, {}, ("aps-environment",)),
    ],
)
def test_what_the_profile_grants_decides(
    granted: dict[str, Any], wanted: dict[str, Any], kept: dict[str, Any], dropped: tuple[str, ...]
) -> None:
    made = grants.grant(OLD | wanted, profile(**granted), ID, TEAM)
    assert made.entitlements == OWN | kept
    assert made.dropped == dropped
    assert grants.missing(made.entitlements, profile(**granted)) == ()


def test_a_keychain_that_is_lost_is_said() -> None:
    allowed = profile(**{"keychain-access-groups": [f"{PREFIX}.*"]})
    wanted = OLD | {"keychain-access-groups": ["OLDPREF.x"]}
    assert "keeps in the keychain" in grants.grant(wanted, allowed, ID, TEAM).warnings[0]
    same = {**wanted, "application-identifier": f"{PREFIX}.{ID}", "keychain-access-groups": [f"{PREFIX}.x"]}
    assert grants.grant(same, allowed, ID, TEAM).warnings == ()


def app(*, entitlements: dict[str, Any] | None = None) -> dict[str, bytes]:
    """An app that somebody else signed, with these entitlements."""
    files = {"App": apple.image(), "Info.plist": apple.info_plist(ID, "App")}
    signed = sign_bundle(MemoryView(files), Settings(None, apple.NOW, entitlements={ID: entitlements or {}}))
    return {**files, **signed.files}


def signing(*, given: dict[str, dict[str, Any]] | None = None, **granted: Any) -> Settings:
    return Settings(of(apple.identity()), apple.NOW, (GivenProfile(profile(**granted)),), given or {})


def test_a_dropped_entitlement_is_a_warning_with_its_name() -> None:
    signed = sign_bundle(MemoryView(app(entitlements=OLD | {"com.apple.a": True, "b": True})), signing(b=True))
    assert signed.warnings == (f"{ID}: its profile does not grant the entitlement com.apple.a, and it loses it",)
    assert signed.parts[-1].entitlements == OWN | {"b": True}
    assert old_signature(signed.files["App"], "App").entitlements == OWN | {"b": True}


def test_given_entitlements_replace_the_old_ones() -> None:
    there = app(entitlements=OLD | {"a": True})
    variables = ["$(AppIdentifierPrefix)x", "$(TeamIdentifierPrefix)$(CFBundleIdentifier)"]
    wanted = {"": {"b": variables}}
    signed = sign_bundle(MemoryView(there), signing(given=wanted, b="*", get__task__allow=True))
    assert signed.warnings == ()
    expected = OWN | {"b": [f"{PREFIX}.x", f"{TEAM}.{ID}"], "get-task-allow": True}
    assert old_signature(signed.files["App"], "App").entitlements == expected
    with pytest.raises(SigningError, match=r"the profile p does not grant b: PREF654321\.x") as met:
        sign_bundle(MemoryView(there), signing(given=wanted, b=[f"{TEAM}.*"]))
    assert met.value.where == ID
    with pytest.raises(SigningError, match="does not grant a"):
        sign_bundle(MemoryView(there), signing(given={ID: {"a": True}}))


def test_a_given_value_beats_the_default_only_where_granted() -> None:
    there = app()
    with pytest.raises(SigningError, match="does not grant get-task-allow"):
        sign_bundle(MemoryView(there), signing(given={"": {"get-task-allow": True}}, get__task__allow=False))
    made = sign_bundle(MemoryView(there), signing(given={"": {"get-task-allow": False}}, get__task__allow=True))
    assert made.parts[-1].entitlements["get-task-allow"] is False
