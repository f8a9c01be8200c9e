"""Which entitlements a re-signed bundle gets: what it asks for, as far as its profile grants it.

Prefix of app ids and Team ID are two things that are often the same text: each old one becomes the new one, and what
the profile grants decides.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pinfuse.ios.signing.profile import APP_ID, TEAM, Profile

DEBUGGABLE = "get-task-allow"
KEYCHAIN = "keychain-access-groups"
FROM_PROFILE = (TEAM, DEBUGGABLE, "beta-reports-active")
"""Whose value is the profile's, asked for or not."""
PROFILE_VALUE = ("aps-environment",)
"""Whose value is the profile's when it is asked for: Xcode rewrites it as it exports."""


@dataclass(frozen=True, slots=True)
class Granted:
    """The entitlements of a signature, and what is to be said about them."""

    entitlements: Mapping[str, Any]
    dropped: tuple[str, ...] = ()
    """Names of those that the profile does not grant, and single values of lists as ``name: value``."""
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Names:
    """Old and new beginnings of values, without their dots."""

    old: tuple[str, ...]
    new: tuple[str, ...]

    def candidates(self, value: str) -> tuple[str, ...]:
        """What an old value may be called now, the likeliest first."""
        head, dot, rest = value.partition(".")
        if not dot or head not in self.old:
            return (value,)
        return tuple(dict.fromkeys(f"{one}.{rest}" for one in self.new))


def grant(wanted: Mapping[str, Any], profile: Profile, bundle_id: str, team: str) -> Granted:
    """What of ``wanted`` the profile grants to a bundle; app id, team and debugging are the profile's own words."""
    old_prefix = str(wanted.get(APP_ID, "")).partition(".")[0]
    names = _Names(tuple(filter(None, (old_prefix, wanted.get(TEAM)))), tuple(filter(None, (profile.prefix, team))))
    given: dict[str, Any] = {APP_ID: f"{profile.prefix}.{bundle_id}"}
    given |= {name: profile.entitlements[name] for name in FROM_PROFILE if name in profile.entitlements}
    dropped: list[str] = []
    for name, value in wanted.items():
        if name in given or name in FROM_PROFILE:
            if value is True and given.get(name) is not True:
                dropped.append(name)
        elif name not in profile.entitlements:
            dropped.append(name)
        elif name in PROFILE_VALUE:
            given[name] = profile.entitlements[name]
        else:
            kept, missing = _kept(value, profile.entitlements[name], names)
            if kept is None:
                dropped.append(name)
            else:
                given[name] = kept
                dropped += [f"{name}: {one}" for one in missing]
    said = []
    if old_prefix and old_prefix != profile.prefix and wanted.get(KEYCHAIN) is not None:
        said.append(
            f"the prefix of its app id changes from {old_prefix} to {profile.prefix}: what an installed copy keeps in "
            "the keychain is not found again"
        )
    return Granted(given, tuple(dropped), tuple(said))


def fill(given: Mapping[str, Any], profile: Profile, bundle_id: str, team: str) -> dict[str, Any]:
    """Entitlements of a file: Xcode's variables in them stand for what they are here, and app id and team are added."""
    known = {"AppIdentifierPrefix": f"{profile.prefix}.", "TeamIdentifierPrefix": f"{team}.",
             "CFBundleIdentifier": bundle_id}  # fmt: skip
    own = {APP_ID: f"{profile.prefix}.{bundle_id}"} | {
        name: profile.entitlements[name] for name in FROM_PROFILE if name in profile.entitlements
    }
    return own | {name: _filled(value, known) for name, value in given.items()}


def _filled(value: Any, known: Mapping[str, str]) -> Any:
    if isinstance(value, list):
        return [_filled(one, known) for one in value]
    if isinstance(value, str):
        for name, text in known.items():
            value = value.replace(f"$({name})", text)
    return value


def missing(given: Mapping[str, Any], profile: Profile) -> tuple[str, ...]:
    """Names of entitlements, and values of lists, that a profile does not grant."""
    found = []
    for name, value in given.items():
        if name not in profile.entitlements:
            found.append(name)
            continue
        kept, left = _kept(value, profile.entitlements[name], _Names((), ()))
        found += [name] if kept is None else [f"{name}: {one}" for one in left]
    return tuple(found)


def _kept(value: Any, allowed: Any, names: _Names) -> tuple[Any, list[str]]:
    """What of a value is granted, None for nothing; and the values of a list that are not."""
    if not isinstance(value, list):
        return _one(value, allowed, names), []
    found = [(one, _one(one, allowed, names)) for one in value]
    left = [str(one) for one, kept in found if kept is None]
    return (None if value and len(left) == len(value) else [kept for _, kept in found if kept is not None]), left


def _one(value: Any, allowed: Any, names: _Names) -> Any:
    if isinstance(value, str):
        return next((one for one in names.candidates(value) if _is_allowed(one, allowed)), None)
    if isinstance(value, bool):
        return value if not value or allowed is True else None
    return value if value == allowed or allowed == "*" else None


def _is_allowed(text: str, allowed: Any) -> bool:
    if isinstance(allowed, list):
        return any(_is_allowed(text, one) for one in allowed)
    if not isinstance(allowed, str):
        return False
    return text.startswith(allowed[:-1]) if allowed.endswith("*") else text == allowed
