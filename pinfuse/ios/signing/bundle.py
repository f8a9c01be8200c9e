"""A whole bundle signed, inside out: loose libraries, frameworks, extensions, watch apps and App Clips, then itself.

::

    signed = sign_bundle(view, Settings(identity, time, profiles))
    signed.files       # path in the bundle → new content, of every file that changes or is added
    signed.warnings    # sentences for the user, dropped entitlements among them

``view`` answers for the files as they are to be (`pinfuse.ios.signing.view`); each one that is not code is read once,
in chunks, and nothing is written anywhere. Same view, key and time, same bytes: so a framework may be signed alone
before, in a view of its own (`MemoryView`), and comes out the same as when the whole app is signed.

Which files are code: the executable of each nested bundle (a folder with an ending of `CODE_FOLDERS` and an
``Info.plist`` that names a Mach-O in it), and every other Mach-O that is a library. Other Mach-O files (Apple's
``_WatchKitStub/WK``, object files, debug symbols) are resources and stay as they are. Apps and extensions get a profile
(``embedded.mobileprovision``) and entitlements; libraries get none.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from pinfuse.errors import SigningError
from pinfuse.ios.signing import resources
from pinfuse.ios.signing.code import Signing, What, library_identifier, old_signature, sign_code
from pinfuse.ios.signing.grants import Granted, fill, grant, missing
from pinfuse.ios.signing.identity import SOON, Identity
from pinfuse.ios.signing.profile import FILE, GivenProfile, Profile, choose, read_profile
from pinfuse.ios.signing.tree import Bundle, Tree
from pinfuse.ios.signing.view import BundleView


@dataclass(frozen=True, slots=True)
class Settings:
    """Who signs with what."""

    identity: Identity | None
    """None: ad hoc. Entitlements then stay as they were, for whoever signs after."""
    time: datetime
    profiles: tuple[GivenProfile, ...] = ()
    """Without any, those that are in the bundles already serve, if they fit."""
    entitlements: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    """Bundle id, or empty for the main app → entitlements to ask for instead of the old ones."""
    team_id: str = ""
    """The team that an ad hoc signature names: that of whoever signs after."""

    @property
    def team(self) -> str:
        """The Team ID of the signatures: the certificate's, else that of the first profile."""
        if self.identity is None:
            return self.team_id
        return self.identity.team or next((one.profile.teams[0] for one in self.profiles if one.profile.teams), "")


@dataclass(frozen=True, slots=True)
class SignedPart:
    """One bundle that was signed."""

    root: str
    """Its folder in the view; empty for the view itself."""
    bundle_id: str
    profile: Profile | None
    entitlements: Mapping[str, Any]
    dropped: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Signed:
    """What signing makes of a bundle."""

    files: Mapping[str, bytes]
    parts: tuple[SignedPart, ...]
    """In the order in which they were signed: the bundle itself is the last."""
    warnings: tuple[str, ...]


def sign_bundle(view: BundleView, settings: Settings) -> Signed:
    """Sign everything in a bundle and the bundle itself.

    Raises `DamagedApp` or `UnsupportedApp` for code that cannot be signed, and `SigningError` where profiles do not
    serve; each names the file or bundle.
    """
    tree = Tree(view)
    signing = Signing(settings.identity, settings.team, settings.time)
    parts: list[SignedPart] = []
    warnings: list[str] = []
    for path in tree.libraries:
        data = tree.read(path)
        tree.put(path, sign_code(data, path, What(library_identifier(data, path)), signing))
    for bundle in tree.bundles:
        part, said = _sign_one(tree, bundle, settings, signing)
        parts.append(part)
        warnings += [f"{part.bundle_id}: {one}" for one in said]
    return Signed(tree.changed, tuple(parts), tuple(warnings))


def _sign_one(tree: Tree, bundle: Bundle, settings: Settings, signing: Signing) -> tuple[SignedPart, tuple[str, ...]]:
    data = tree.read(bundle.executable)
    old = old_signature(data, bundle.executable)
    profile, granted, asks = None, Granted({}), bundle.has_entitlements
    if asks:
        for_app = None if bundle.root else settings.entitlements.get("")
        wanted = settings.entitlements.get(bundle.bundle_id, for_app)
        if settings.identity is not None:
            profile = _profile(tree, bundle, settings, settings.identity)
            tree.put(bundle.path(FILE), profile.data)
            granted = (
                _as_given(wanted, profile, bundle, settings.team)
                if wanted is not None
                else grant(old.entitlements, profile, bundle.bundle_id, settings.team)
            )
        else:
            granted = Granted(old.entitlements if wanted is None else wanted)
    sealed = resources.code_resources(tree.resources(bundle.root), bundle.path_in(bundle.executable))
    tree.put(bundle.path(resources.PATH), sealed)
    what = What(bundle.bundle_id, bundle.info, sealed, granted.entitlements or None)
    tree.put(bundle.executable, sign_code(data, bundle.executable, what, signing))
    dropped = (f"its profile does not grant the entitlement {name}, and it loses it" for name in granted.dropped)
    part = SignedPart(bundle.root, bundle.bundle_id, profile, granted.entitlements, granted.dropped)
    return part, (*dropped, *granted.warnings, *_soon(profile, settings.time))


def _soon(profile: Profile | None, now: datetime) -> Iterator[str]:
    if profile and (days := (profile.expires - now).days) < SOON:
        yield f"its profile {profile.where} expires in {days} days: the app then no longer starts"


def _profile(tree: Tree, bundle: Bundle, settings: Settings, identity: Identity) -> Profile:
    given = settings.profiles
    there = bundle.path(FILE)
    if not given and there in tree.paths:
        given = (GivenProfile(read_profile(tree.read(there), there)),)
    chosen = choose(bundle.bundle_id, given, identity.certificate_der, settings.time, bundle.where)
    if chosen.teams and settings.team not in chosen.teams:
        raise SigningError(
            f"the profile {chosen.where} is for the team {', '.join(chosen.teams)}, and the signing certificate is of "
            f"the team {settings.team or 'that it does not name'}",
            where=bundle.where,
            todo="give a profile and a certificate of one team",
        )
    return chosen


def _as_given(wanted: Mapping[str, Any], profile: Profile, bundle: Bundle, team: str) -> Granted:
    given = fill(wanted, profile, bundle.bundle_id, team)
    left = missing(given, profile)
    if left:
        raise SigningError(
            f"the profile {profile.where} does not grant {', '.join(left)}",
            where=bundle.where,
            todo="take them out of the --entitlements, or give a profile that grants them",
        )
    return Granted(given)
