"""Who signs an app for iOS, and what its vault binds to: bundle ids and the team, never the certificate.

Apple signs again what its store delivers; the team stays.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from pinfuse.errors import DamagedApp, SigningError, UnsupportedApp, UsageError
from pinfuse.formats import Bond, SignerIdentity, SigningRequest
from pinfuse.ios.bundle import PROFILED, AppTree
from pinfuse.ios.plist import LARGEST, read_plist
from pinfuse.ios.signing.bundle import Settings
from pinfuse.ios.signing.code import Old, Signing
from pinfuse.ios.signing.identity import load_identity
from pinfuse.ios.signing.profile import given_profile, named_file
from pinfuse.ios.surgery import programs_with_stub
from pinfuse.vault.seal import SLOT_COUNT

TEAM = re.compile(r"[A-Z0-9]{10}")
LONGEST_ID = 256
"""Bytes of a bundle id, as the stub takes them (``stub/ios/process.c``)."""
STAND_IN_TEAM = "STANDSIN00"
ADHOC_NOTE = "ad hoc signature"
UNSIGNED = "the output is not signed: no phone installs it before it is"
ADHOC = "SIGNED AD HOC, by nobody: no phone installs it before it is signed again; give --identity and --profile"
BARE = "THE VAULT OPENS UNDER ANY SIGNER, because no team is known: whoever re-signs this app keeps its pins working"


@dataclass(frozen=True, slots=True)
class IpaSigner:
    """An identity of Apple's with its profiles, or nobody (ad hoc)."""

    settings: Settings

    @property
    def signing(self) -> Signing:
        """For single Mach-O files."""
        return Signing(self.settings.identity, self.settings.team, self.settings.time)

    @property
    def identity(self) -> SignerIdentity:
        """The certificate, or that there is none."""
        if self.settings.identity is None:
            return SignerIdentity("nobody", "", "", note=ADHOC_NOTE)
        told = self.settings.identity.identity
        return SignerIdentity(told.subject, told.sha1, told.sha256, note=f"team {self.settings.team or 'not named'}")

    @property
    def digests(self) -> tuple[bytes, ...]:
        """What opens the vault: the team."""
        return team_digests(self.settings.team)

    @property
    def is_debug(self) -> bool:
        """True for an ad hoc signature, which no release may carry."""
        return self.settings.identity is None

    @property
    def remedy(self) -> tuple[str, str]:
        """The option that gives a real key, and words for it."""
        return "--identity", "give the distribution certificate with --identity and its --profile, or --no-sign"

    @property
    def schemes(self) -> tuple[str, ...]:
        """What the signatures are made of."""
        return ("CodeDirectory SHA-256", "ad hoc" if self.is_debug else "CMS")


def team_digests(team: str) -> tuple[bytes, ...]:
    """The 32 bytes that stand for a team in the vault (``stub/ios/team.c``); none for no team."""
    return (hashlib.sha256(b"team:" + team.encode()).digest(),) if team else ()


def load_signer(request: SigningRequest) -> IpaSigner | None:
    """Who was asked for; nobody (ad hoc) without ``--identity``, None for ``--no-sign``.

    Raises `SigningError` for keys and profiles, `UsageError` for words that contradict each other.
    """
    _check_words(request)
    if request.no_sign:
        return None
    now = datetime.now(UTC)
    time = now if request.moment is None else datetime.fromtimestamp(request.moment, UTC)
    wanted = _entitlements(request.entitlements)
    if request.identity is None:
        return IpaSigner(Settings(None, time, entitlements=wanted, team_id=request.team_id or ""))
    identity = load_identity(request.identity, request.identity_pass, now)
    profiles = tuple(given_profile(text) for text in request.profiles)
    settings = Settings(identity, time, profiles, wanted)
    if request.team_id and settings.team != request.team_id:
        what = f"the team of the identity is {settings.team or 'not named'}, and not {request.team_id}"
        raise UsageError(what, where="--team-id", todo="leave --team-id out")
    return IpaSigner(settings)


def stand_in() -> IpaSigner:
    """Nobody, for a team that does not exist."""
    return IpaSigner(Settings(None, datetime.now(UTC), team_id=STAND_IN_TEAM))


def bond(
    tree: AppTree, old: Old, signer: IpaSigner | None, request: SigningRequest, *, only_main: bool = False
) -> Bond:
    """Bundle ids of all programs with the stub, and the team where one is known; else the bundle ids alone.

    Raises `DamagedApp` for a program without a usable id, `UnsupportedApp` for more programs than the vault can open
    in, and `UsageError` for entitlements that nobody gets.
    """
    team = signer.settings.team if signer else request.team_id or ""
    _check_bundles(tree, signer)
    for one in tree.programs:
        if not one.identifier.isprintable() or not 0 < len(one.identifier.encode()) <= LONGEST_ID:
            what = f"its CFBundleIdentifier is no text of 1 to {LONGEST_ID} bytes, and the vault opens for that"
            raise DamagedApp(what, where=f"{tree.archive.name}, {one.path}")
    ids = _ids_of(tree, only_main)
    bare = request.allow_any_signer or not team
    said = [BARE] if bare else []
    if signer is None:
        said.append(UNSIGNED)
    elif signer.settings.identity is None:
        said.append(ADHOC)
    else:
        said += signer.settings.identity.warnings
    if team and old.team and team != old.team:
        said.append(
            f"the team changes from {old.team} to {team}: keychain items, app groups and whatever else belongs to the "
            "old team is not this app's any more"
        )
    return Bond(ids, () if bare else team_digests(team), bare, tuple(said))


def _ids_of(tree: AppTree, only_main: bool) -> tuple[str, ...]:
    """The ids of the programs in which the vault is to open, the app's own first."""
    ids = tuple(dict.fromkeys(one.identifier for one in programs_with_stub(tree, only_main=only_main)))
    if len(ids) > SLOT_COUNT:
        what = f"the stub runs in {len(ids)} programs of it, and a vault opens in {SLOT_COUNT} at most"
        todo = "" if only_main else "--only-main leaves extensions and App Clips as they are, not protected"
        raise UnsupportedApp(what, where=tree.archive.name, todo=todo)
    return ids


def _check_words(request: SigningRequest) -> None:
    contradictions = (
        (request.no_sign and request.identity, "--no-sign", "--identity is given as well"),
        (request.no_sign and request.adhoc, "--no-sign", "--adhoc is given as well"),
        (request.adhoc and request.identity, "--adhoc", "--identity is given as well"),
        (request.profiles and not request.identity, "--profile", "it is given without --identity"),
        (request.identity_pass and not request.identity, "--identity-pass", "it is given without --identity"),
        (request.no_sign and request.entitlements, "--entitlements", "--no-sign is given as well"),
    )
    for stands, where, what in contradictions:
        if stands:
            raise UsageError(what, where=where, todo="give one of them" if "as well" in what else "give both")
    if request.team_id and not TEAM.fullmatch(request.team_id):
        what = f"{request.team_id[:40]!r} is no Team ID: ten capital letters and digits"
        raise UsageError(what, where="--team-id", todo="developer.apple.com shows it under Membership")


def _check_bundles(tree: AppTree, signer: IpaSigner | None) -> None:
    """Raise `UsageError` for entitlements of a bundle that the app does not have, and for two of the main app."""
    wanted = signer.settings.entitlements if signer else {}
    ids = dict.fromkeys(one.identifier for one in reversed(tree.bundles) if one.kind in PROFILED)
    for one in filter(None, wanted):
        if one not in ids:
            raise UsageError(f"the app has no {one}", where="--entitlements", todo=f"it has {', '.join(ids)}")
    if "" in wanted and tree.main.identifier in wanted:
        what = f"{tree.main.identifier} is the app itself, which has a file already"
        raise UsageError(what, where="--entitlements", todo="give one of them")


def _entitlements(texts: tuple[str, ...]) -> dict[str, dict[str, object]]:
    """Bundle id, or empty for the main app → what is in its file; raises `SigningError` and `UsageError`."""
    found: dict[str, dict[str, object]] = {}
    for bundle_id, path in map(named_file, texts):
        if bundle_id in found:
            what = f"it is given twice for {bundle_id or 'the app'}"
            raise UsageError(what, where="--entitlements", todo="give BUNDLE_ID=FILE for an extension")
        found[bundle_id] = _read_entitlements(path)
    return found


def _read_entitlements(path: Path) -> dict[str, object]:
    try:
        with path.open("rb") as file:
            return read_plist(file.read(LARGEST), path.name)
    except OSError as error:
        raise SigningError(f"{path} cannot be read: {error.strerror}", where="--entitlements") from error
    except DamagedApp as error:
        raise SigningError(error.what, where=path.name, todo="give the entitlements as a property list") from error
