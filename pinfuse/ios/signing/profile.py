"""Provisioning profiles: a property list in a CMS signature that says which apps may be signed by whom, and may do
what (Apple: TN3125).
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from pinfuse.errors import DamagedApp, SigningError
from pinfuse.ios.signing import cms
from pinfuse.ios.signing.plists import load_plist

FILE = "embedded.mobileprovision"
"""Its name in a bundle."""
OPTION = "--profile"
LARGEST = 4 << 20
APP_ID, TEAM = "application-identifier", "com.apple.developer.team-identifier"
PLATFORM = "iOS"
BUNDLE_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")


@dataclass(frozen=True, slots=True)
class Profile:
    """What a profile says."""

    where: str
    data: bytes = field(repr=False)
    name: str
    uuid: str
    app_id: str
    """Prefix, a dot, and a bundle id or the pattern of several, such as ``ABCDE12345.com.example.*``."""
    teams: tuple[str, ...]
    entitlements: Mapping[str, Any]
    certificates: tuple[bytes, ...] = field(repr=False)
    """DER of those who may sign."""
    devices: tuple[str, ...] | None
    """None where no list restricts them: stores and enterprises."""
    created: datetime | None
    expires: datetime
    platforms: tuple[str, ...]

    @property
    def prefix(self) -> str:
        """Of app ids; it need not be the Team ID."""
        return self.app_id.partition(".")[0]

    @property
    def pattern(self) -> str:
        """The bundle id that it is for; one that ends with ``*`` is for several."""
        return self.app_id.partition(".")[2]

    def covers(self, bundle_id: str) -> bool:
        """True when it is for this bundle id."""
        if self.pattern.endswith("*"):
            return bundle_id.startswith(self.pattern[:-1]) and len(bundle_id) >= len(self.pattern)
        return bundle_id == self.pattern

    def holds(self, certificate: bytes) -> bool:
        """True when this certificate (DER) may sign."""
        return certificate in self.certificates

    def obstacles(self, bundle_id: str, certificate: bytes | None, now: datetime) -> tuple[str, ...]:
        """Why it cannot serve a bundle that ``certificate`` signs (None: it is not known); empty when it can."""
        reasons = (
            (not self.covers(bundle_id), f"it is for {self.pattern or 'no bundle id'}"),
            (self.expires < now.astimezone(UTC), f"it has expired on {self.expires:%Y-%m-%d}"),
            (certificate is not None and not self.holds(certificate), "the signing certificate is not in it"),
            (bool(self.platforms) and PLATFORM not in self.platforms, f"it is for {', '.join(self.platforms)}"),
        )
        return tuple(reason for stands, reason in reasons if stands)


def load_profile(path: Path) -> Profile:
    """A file that was given; raises `SigningError`, which names it."""
    try:
        with path.open("rb") as file:
            data = file.read(LARGEST + 1)
    except OSError as error:
        raise SigningError(f"{path} cannot be read: {error.strerror}", where=OPTION) from error
    return read_profile(data, path.name)


def read_profile(data: bytes, where: str) -> Profile:
    """Read a profile and check that its own signature holds; who made that signature is left to the device.

    Raises `SigningError` for a file that is none, is damaged, or says less than a profile must.
    """
    todo = "download it again from developer.apple.com"
    if len(data) > LARGEST:
        raise SigningError("it is too large for a provisioning profile", where=where, todo=todo)
    try:
        signed = cms.parse(data)
        if signed.content is None:
            raise ValueError("there is nothing in its signature")
        cms.verify(signed, signed.content)
        return _profile(load_plist(signed.content, where), data, where)
    except (ValueError, DamagedApp) as error:
        what = f"it is no provisioning profile, or a damaged one: {error}"
        raise SigningError(what, where=where, todo=todo) from error


def _profile(told: Mapping[str, Any], data: bytes, where: str) -> Profile:
    grants = _typed(told, "Entitlements", dict)
    app_id, devices, created = grants.get(APP_ID), told.get("ProvisionedDevices"), told.get("CreationDate")
    if not isinstance(app_id, str) or "." not in app_id:
        raise ValueError("it names no app id")
    return Profile(
        where, data, str(told.get("Name", "")), str(told.get("UUID", "")), app_id,
        _texts(_typed(told, "TeamIdentifier", list)),
        grants,
        tuple(one for one in _typed(told, "DeveloperCertificates", list) if isinstance(one, bytes)),
        _texts(devices) if isinstance(devices, list) else None,
        created.replace(tzinfo=UTC) if isinstance(created, datetime) else None,
        _typed(told, "ExpirationDate", datetime).replace(tzinfo=UTC),
        _texts(told.get("Platform", [])),
    )  # fmt: skip


def _typed(told: Mapping[str, Any], name: str, kind: type) -> Any:
    value = told.get(name)
    if not isinstance(value, kind):
        raise ValueError(f"it has no {name}")
    return value


def _texts(values: Any) -> tuple[str, ...]:
    return tuple(one for one in values if isinstance(one, str)) if isinstance(values, list) else ()


@dataclass(frozen=True, slots=True)
class GivenProfile:
    """A profile of the command line, and the bundle id that it was given for; empty for any."""

    profile: Profile
    bundle_id: str = ""


def given_profile(text: str) -> GivenProfile:
    """``[BUNDLE_ID=]FILE`` as ``--profile`` takes it; raises `SigningError`."""
    bundle_id, path = named_file(text)
    return GivenProfile(load_profile(path), bundle_id)


def named_file(text: str) -> tuple[str, Path]:
    """Bundle id, empty where none stands there, and file of ``[BUNDLE_ID=]FILE``."""
    bundle_id, equals, rest = text.partition("=")
    if equals and BUNDLE_ID.fullmatch(bundle_id) and not Path(text).exists():
        return bundle_id, Path(rest)
    return "", Path(text)


def choose(
    bundle_id: str, candidates: Sequence[GivenProfile], certificate: bytes | None, now: datetime, where: str
) -> Profile:
    """The best profile for a bundle: one given for it, else the most exact pattern, else the longest lasting.

    Raises `SigningError` that names the bundle, and for each profile why it cannot serve.
    """
    own = [one for one in candidates if one.bundle_id == bundle_id]
    asked = own or [one for one in candidates if not one.bundle_id]
    judged = [(one.profile, one.profile.obstacles(bundle_id, certificate, now)) for one in asked]
    fitting = [one for one, obstacles in judged if not obstacles]
    if fitting:
        return max(fitting, key=lambda one: (not one.pattern.endswith("*"), len(one.pattern), one.expires))
    said = "; ".join(f"{one.where}: {' and '.join(obstacles)}" for one, obstacles in judged)
    raise SigningError(
        f"no provisioning profile serves {bundle_id}" + (f" ({said})" if said else ""),
        where=where,
        todo=f"give --profile {bundle_id}=FILE with a profile for it, in which the signing certificate is",
    )
