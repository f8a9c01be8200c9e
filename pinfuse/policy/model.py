"""A fusion set as values: what a person asked for, with certificates read and hosts normal.

Files and TOML are behind (`pinfuse.policy.load`, `pinfuse.policy.sources`), the vault's `Rules` are ahead
(`pinfuse.policy.compile`). The defaults are those of the product: of a set that says nothing, and of ``--pin`` alone.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

from pinfuse.policy.hosts import HostPattern

if TYPE_CHECKING:
    from pinfuse.x509.certificates import Certificate


class Mode(StrEnum):
    """``report``: every verdict is made and told, and no session is refused."""

    ENFORCE = "enforce"
    REPORT = "report"


class Fallback(StrEnum):
    """Who decides where no pin does: the system, or nobody (the session is refused)."""

    SYSTEM = "system"
    BLOCK = "block"
    REFUSE = "refuse"


class Match(StrEnum):
    """What of a certificate is pinned."""

    PUBLIC_KEY = "public-key"
    CERTIFICATE = "certificate"
    CA = "ca"


class Show(StrEnum):
    """How often the person sees a notification."""

    FIRST = "first"
    ALWAYS = "always"
    NEVER = "never"


class FirstUseScope(StrEnum):
    """Which hosts are trusted on first use: those of a ``[[pin]]`` that says so, or every host without a pin too."""

    LISTED = "listed"
    ALL = "all"


class Require(StrEnum):
    """``all``: a TLS stack that cannot be covered fails the build."""

    REPORT = "report"
    ALL = "all"


class WebView(StrEnum):
    """``strict``: an app's own "proceed anyway" of a WebView is turned into a refusal."""

    REPORT = "report"
    STRICT = "strict"


@dataclass(frozen=True, slots=True)
class KeyHash:
    """SHA-256 of a SubjectPublicKeyInfo whose certificate is not at hand."""

    sha256: bytes


@dataclass(frozen=True, slots=True)
class GivenCertificate:
    """A certificate that was given, and the file it came from (for messages only)."""

    certificate: Certificate
    origin: str = field(default="", compare=False)


@dataclass(frozen=True, slots=True)
class FirstUse:
    """Whatever the host shows at the first session is remembered."""


Trust = KeyHash | GivenCertificate | FirstUse


@dataclass(frozen=True, slots=True)
class Pin:
    """One ``[[pin]]``: a host pattern and what it may show."""

    host: HostPattern
    trust: tuple[Trust, ...]
    match: Match | None = None
    """None: ``ca`` for a CA certificate, else ``public-key``."""
    backup: tuple[Trust, ...] = ()
    expires: int | None = None
    """Unix seconds from which the pin no longer holds."""
    after_expiry: Fallback = Fallback.SYSTEM
    where: str = field(default="", compare=False)
    """Where it was written, for messages: ``bank.toml:12`` or ``--pin``."""


@dataclass(frozen=True, slots=True)
class Checks:
    """``[checks]``: the strict checks of every chain that is judged."""

    apply_to_all: bool = False
    certificate_roles: bool = True
    min_rsa_bits: int = 2048
    min_ec_bits: int = 256
    min_digest_bits: int = 256
    """0: off."""


@dataclass(frozen=True, slots=True)
class FirstUseWish:
    """``[pinning] first-use-…``: which hosts, and how many that no ``[[pin]]`` names by themselves."""

    scope: FirstUseScope = FirstUseScope.LISTED
    limit: int = 64


@dataclass(frozen=True, slots=True)
class Translation:
    """``[notification.LANGUAGE]``; None: the text of ``[notification]``."""

    language: str
    title: str | None = None
    message: str | None = None
    button: str | None = None


@dataclass(frozen=True, slots=True)
class Notification:
    """``[notification]``: what a person reads; None is the built-in text."""

    title: str | None = None
    message: str | None = None
    button: str | None = None
    link: str | None = None
    show: Show = Show.FIRST
    translations: tuple[Translation, ...] = ()
    """Sorted by language, each once."""


@dataclass(frozen=True, slots=True)
class CoverageWish:
    """``[coverage]``: what must be covered."""

    require: Require | None = None
    """None: ``all`` for a release, else ``report``."""
    webview: WebView = WebView.REPORT


@dataclass(frozen=True, slots=True)
class IosWish:
    """``[ios]``: what is wanted of an app for iOS alone."""

    ats_pins: bool = False
    """Pins in the Info.plist too, readable for everybody."""


@dataclass(frozen=True, slots=True)
class AndroidWish:
    """``[android]``: what is wanted of an app for Android alone."""

    nsc_pins: bool = False
    """Pins in the network security config too, readable for everybody."""


@dataclass(frozen=True, slots=True)
class FusionSet:
    """A named, reusable security template."""

    name: str = ""
    description: str = ""
    icon: str = ""
    release: bool = False
    mode: Mode = Mode.ENFORCE
    unlisted_hosts: Fallback = Fallback.SYSTEM
    no_host: Fallback = Fallback.REFUSE
    first_use: FirstUseWish = field(default_factory=FirstUseWish)
    pins: tuple[Pin, ...] = ()
    checks: Checks = field(default_factory=Checks)
    notification: Notification = field(default_factory=Notification)
    report_url: str | None = None
    """``[report] url``: who is told of refusals; None for nobody."""
    coverage: CoverageWish = field(default_factory=CoverageWish)
    ios: IosWish = field(default_factory=IosWish)
    android: AndroidWish = field(default_factory=AndroidWish)
    notices: tuple[str, ...] = field(default=(), compare=False)
    """What was seen while reading that the person must know, such as a private key beside a certificate."""

    @property
    def required_coverage(self) -> Require:
        """``[coverage] require`` with its default: ``all`` for a release."""
        return self.coverage.require or (Require.ALL if self.release else Require.REPORT)
