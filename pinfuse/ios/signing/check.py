"""All of a signed bundle checked again: every page of code, every file, every signature, and profiles.

No authority is trusted here: whether devices accept the signer is Apple's to say. Expired certificates and profiles are
no problem of a file; they are what a build refuses.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from cryptography import x509
from cryptography.hazmat.primitives import serialization

from pinfuse.errors import SigningError
from pinfuse.formats import Promise
from pinfuse.ios.signing.checkcode import CodeReport, Expected, check_code
from pinfuse.ios.signing.checkfiles import check_files
from pinfuse.ios.signing.grants import missing
from pinfuse.ios.signing.profile import FILE, Profile, read_profile
from pinfuse.ios.signing.resources import PATH
from pinfuse.ios.signing.tree import Bundle, Tree
from pinfuse.ios.signing.view import BundleView

MOST = 5
"""Problems in one sentence."""


@dataclass(frozen=True, slots=True)
class Checked:
    """What was found: three promises, and who signed the bundle itself."""

    promises: tuple[Promise, ...]
    """``code``, ``resources``, ``profile``."""
    certificate: x509.Certificate | None
    """None for a bundle that nobody signed: ad hoc, or not at all."""
    team: str
    """The Team ID that its signature tells; empty when it tells none."""


def check_bundle(view: BundleView) -> Checked:
    """Check everything in a bundle; raises `DamagedApp` where it is none."""
    tree = Tree(view)
    reports = {path: _code(tree, path, Expected()) for path in tree.libraries}
    resources: list[str] = []
    for bundle in tree.bundles:
        listing = tree.read(bundle.path(PATH)) if bundle.path(PATH) in tree.paths else None
        reports[bundle.executable] = _code(
            tree, bundle.executable, Expected(bundle.bundle_id, bundle.info, listing)
        )
        if listing is None:
            resources.append(f"{bundle.where}: it has no {PATH}")
    for bundle in tree.bundles:
        if bundle.path(PATH) in tree.paths:
            held = tree.resources(bundle.root)
            listing = tree.read(bundle.path(PATH))
            resources += check_files(listing, held, bundle.path_in(bundle.executable), bundle.where)
    own = reports[tree.bundles[-1].executable]
    code = [one for found in reports.values() for report in found for one in report.problems]
    code += _one_team(reports)
    programs = [(one, reports[one.executable]) for one in tree.bundles if one.has_entitlements]
    profiles = [one for bundle, found in programs for one in _profile(tree, bundle, found)]
    count = sum(len(found) for found in reports.values())
    signed = own[0].certificate
    promises = (
        _promise("code", code, f"{count} signatures hold" + ("" if signed else ", ad hoc: nobody signed it")),
        _promise("resources", resources, f"{len(tree.paths)} files are as they were signed"),
        _promise("profile", profiles, _told(tree, signed)),
    )
    return Checked(promises, signed, own[0].team)


def _code(tree: Tree, path: str, expected: Expected) -> tuple[CodeReport, ...]:
    data = tree.read(path)
    tree.note(path, data)
    return check_code(data, path, expected)


def _one_team(reports: dict[str, tuple[CodeReport, ...]]) -> Iterator[str]:
    teams = {report.team: path for path, found in sorted(reports.items()) for report in found if report.certificate}
    if len(teams) > 1:
        told = ", ".join(f"{team or 'none'} ({path})" for team, path in sorted(teams.items()))
        yield f"its code is of several teams, and iOS loads that of one: {told}"
    held = ((path, one) for path, found in sorted(reports.items()) for one in found if not one.problems)
    bare = [path for path, one in held if not one.certificate]
    if teams and bare:
        more = f" and {len(bare) - 1} more" if bare[1:] else ""
        yield f"nobody signed {bare[0]}{more} (ad hoc), and iOS loads only what the app's own team signed"


def _profile(tree: Tree, bundle: Bundle, found: tuple[CodeReport, ...]) -> Iterator[str]:
    """What stands between a program's signatures and its profile; a store's copy has none."""
    path = bundle.path(FILE)
    signed = [one for one in found if one.certificate]
    if not signed or path not in tree.paths:
        return
    try:
        profile = read_profile(tree.read(path), path)
    except SigningError as error:
        yield str(error)
        return
    if not profile.covers(bundle.bundle_id):
        yield f"{path}: it is for {profile.pattern}, and the bundle is {bundle.bundle_id}"
    said = (one for report in signed for one in _fits(profile, report, bundle.where))
    yield from (f"{path}: {one}" for one in dict.fromkeys(said))


def _fits(profile: Profile, report: CodeReport, where: str) -> Iterator[str]:
    certificate = report.certificate
    if certificate and not profile.holds(certificate.public_bytes(serialization.Encoding.DER)):
        yield f"the certificate that signed {where} is not in it"
    if profile.teams and report.team and report.team not in profile.teams:
        yield f"it is for the team {', '.join(profile.teams)}, and {where} is of {report.team}"
    left = missing(report.entitlements or {}, profile)
    if left:
        yield f"it does not grant {', '.join(left)}"


def _told(tree: Tree, signed: x509.Certificate | None) -> str:
    count = sum(bundle.path(FILE) in tree.paths for bundle in tree.bundles if bundle.has_entitlements)
    if signed is None:
        return "nobody signed it, and no profile was asked"
    return f"{count} profiles fit the signer and the entitlements" if count else "it has none: a store's copy"


def _promise(name: str, problems: list[str], detail: str) -> Promise:
    if not problems:
        return Promise(name, True, detail)
    more = f"; and {len(problems) - MOST} more" if problems[MOST:] else ""
    return Promise(name, False, "; ".join(problems[:MOST]) + more)
