"""The small interface that every app format implements, and the values that cross it.

The pipeline, the command line and the certificate of the build speak only in these words; what an APK, an AAB or
an IPA is made of stays in the format's own room. `pinfuse.opening` finds the format of a file.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, Protocol

if TYPE_CHECKING:
    from pinfuse.policy.model import FusionSet
    from pinfuse.policy.rules import Rules


@dataclass(frozen=True, slots=True)
class SignerIdentity:
    """A signer as stores and consoles ask for it: upper-case hex fingerprints of the certificate."""

    subject: str
    sha1: str
    sha256: str
    schemes: tuple[str, ...] = ()
    note: str = ""


@dataclass(frozen=True, slots=True)
class Inspection:
    """What was found in an app before anything was changed."""

    format: str
    app_id: str
    version: str
    min_system: str
    """The oldest system the app says it runs on, such as ``Android API 21``."""
    signers: tuple[SignerIdentity, ...]
    architectures: tuple[str, ...]
    protected: bool
    """True for a file that pinfuse built."""
    obstacles: tuple[str, ...] = ()
    """True sentences about what re-signing or editing will break in this app."""


@dataclass(frozen=True, slots=True)
class FuseOptions:
    """What the user chose about the fusing itself, and what a format may need to know of the set."""

    min_sdk: int | None = None
    thin: str | None = None
    """The one architecture to keep."""
    only_main: bool = False
    """Leave extensions as they are."""
    fusion_set: FusionSet | None = None
    rules: Rules | None = None
    """Set and rules of this build; a format reads them only for what the set wants outside of the vault."""


@dataclass(frozen=True, slots=True)
class SigningRequest:
    """Signing words of all formats, as given; secrets are still specifications such as ``env:NAME``."""

    ks: Path | None = None
    ks_key_alias: str | None = None
    ks_pass: str | None = None
    key_pass: str | None = None
    key: Path | None = None
    cert: Path | None = None
    no_sign: bool = False
    allow_signers: tuple[bytes, ...] = ()
    """SHA-256 of the certificates of further signers (stores) that may open the vault."""
    allow_any_signer: bool = False
    identity: Path | None = None
    identity_pass: str | None = None
    profiles: tuple[str, ...] = ()
    """Provisioning profiles, each as ``[BUNDLE_ID=]FILE``."""
    entitlements: tuple[str, ...] = ()
    """To ask for instead of the old ones, each as ``[BUNDLE_ID=]FILE``; without an id for the main app."""
    adhoc: bool = False
    team_id: str | None = None
    moment: int | None = None
    """Signing time in Unix seconds; None: now."""

@dataclass(frozen=True, slots=True)
class Bond:
    """What the vault of an app binds to, as its format decides it."""

    app_ids: tuple[str, ...]
    """The app's own id first, then those of other programs in it that share the vault."""
    signers: tuple[bytes, ...]
    """32 bytes for each signer under whom it opens."""
    any_signer: bool = False
    said: tuple[str, ...] = ()
    """What the person must know about signer and vault, most important first."""


class Signer(Protocol):
    """A key that is ready to sign."""

    @property
    def identity(self) -> SignerIdentity:
        """The certificate's subject and fingerprints; the note says what else it is."""

    @property
    def digests(self) -> tuple[bytes, ...]:
        """What opens the vault of an app that it signed: 32 bytes each; none where only the app's id counts."""

    @property
    def is_debug(self) -> bool:
        """True for a makeshift that no release may carry, such as a local debug key."""

    @property
    def remedy(self) -> tuple[str, str]:
        """The option that gives a real key, and words for it."""


@dataclass(frozen=True, slots=True)
class Coverage:
    """One row: a way to open TLS sessions, the layer that covers it, and how that is known."""

    stack: str
    layer: str
    """The layer's name, or ``none``."""
    evidence: str
    """``lab``, ``art``, ``bionic``, ``emulated``, ``source`` or ``none``."""
    detail: str = ""
    gap: bool = False
    """True for what is in this app and is not covered, or may be in it: ``require = "all"`` refuses it."""
    where: tuple[str, ...] = ()
    """Classes, files or libraries in which it was found."""
    uncovered_by: str = ""
    """What would take the cover away; empty where nothing is known that would."""


@dataclass(frozen=True, slots=True)
class OwnPin:
    """A way in which an app pins or trusts already, before pinfuse touches it."""

    kind: str
    """Such as ``OkHttp CertificatePinner``."""
    where: str
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Examination:
    """What ``inspect`` tells besides the `Inspection`: what is in an app, and what a build would reach."""

    frameworks: tuple[str, ...]
    coverage: tuple[Coverage, ...]
    hosts: tuple[str, ...]
    """Hosts of addresses that were found as strings: nobody says that the app calls them, or only them."""
    pins: tuple[OwnPin, ...]
    refusal: str = ""
    """Why a build would refuse this app; empty where it would not."""
    remarks: tuple[str, ...] = ()
    """Sentences about what may go wrong in the app afterwards, besides TLS."""


@dataclass(frozen=True, slots=True)
class Change:
    """One entry of the app that differs in the output."""

    entry: str
    what: str


@dataclass(frozen=True, slots=True)
class StubImage:
    """The native stub as it stands in one app file, for one architecture."""

    abi: str
    entry: str
    data: bytes
    well_offset: int
    well_size: int

    @property
    def well(self) -> bytes:
        """The bytes of the well: the sealed vault."""
        return self.data[self.well_offset : self.well_offset + self.well_size]


@dataclass(frozen=True)
class Draft:
    """An app whose changes are decided but not yet written."""

    stubs: tuple[StubImage, ...]
    changes: tuple[Change, ...]
    survey: Callable[[], tuple[Coverage, ...]] = field(repr=False)
    """Makes the coverage rows. It may read the app's code: once, and only when `coverage` is asked for."""
    warnings: tuple[str, ...]
    parts: object = field(repr=False)
    """What the format needs to write it; nobody else looks inside."""

    @cached_property
    def coverage(self) -> tuple[Coverage, ...]:
        """A row for each way to open TLS sessions that is in the app; raises `pinfuse.errors.DamagedApp`."""
        return self.survey()


@dataclass(frozen=True, slots=True)
class Written:
    """The output as it was written."""

    size: int
    sha256: str
    schemes: tuple[str, ...]
    warnings: tuple[str, ...] = ()
    """What only the signing showed."""


@dataclass(frozen=True, slots=True)
class Promise:
    """One promise of a protected app, checked again in the written file."""

    name: str
    ok: bool
    detail: str


@dataclass(frozen=True, slots=True)
class Verification:
    """The static half of ``verify``: what the format can say of a written file without running anything."""

    promises: tuple[Promise, ...]
    stubs: tuple[StubImage, ...]
    signers: tuple[bytes, ...]
    """What opens the vault of this file: 32 bytes for each signer that the system would report."""
    further: tuple[str, ...] = ()
    """Ids of other programs in the app, in which the same vault must open."""


class App(Protocol):
    """An opened app file: `inspect`, `fuse`, `sign`, `verify`."""

    def inspect(self) -> Inspection:
        """Read what the app is; raises `pinfuse.errors.AppError` when it is damaged."""

    def examine(self, options: FuseOptions) -> Examination:
        """Look for TLS stacks, hosts and pins; what a build would refuse is said, not raised."""

    def load_signer(self, request: SigningRequest) -> Signer | None:
        """The key to sign with; None for ``--no-sign``. Raises `pinfuse.errors.SigningError`."""

    def stand_in_signer(self) -> Signer:
        """A key made for this moment, to prove what cannot be proved with the user's own key."""

    def binding(self, signer: Signer | None, request: SigningRequest, options: FuseOptions) -> Bond:
        """What the vault binds to; raises `pinfuse.errors.UsageError` where it would open for nobody, and
        `pinfuse.errors.UnsupportedApp` for more programs than it can open in.
        """

    def fuse(self, options: FuseOptions, well: bytes, signer: Signer | None) -> Draft:
        """Decide every change; raises `pinfuse.errors.UnsupportedApp` with a true reason."""

    def twin(self, draft: Draft, well: bytes, signer: Signer) -> tuple[StubImage, ...]:
        """The stubs of a draft with another vault and signer, to be run in their place."""

    def sign(self, draft: Draft, signer: Signer | None, target: BinaryIO) -> Written:
        """Write the draft to an empty file opened for reading and writing, and sign it."""

    def write_stand_in(self, signer: Signer | None, target: BinaryIO) -> None:
        """Write a file without content that reports this signer: stubs are run against it while the app is written."""

    def stubs(self) -> tuple[StubImage, ...]:
        """The stubs in this file, in the order of their entries; none for an app that pinfuse did not build."""

    def verify(self) -> Verification:
        """Check every static promise of a file that pinfuse built."""

    def verify_asked(self, rules: Rules, fusion_set: FusionSet | None) -> tuple[Promise, ...]:
        """Check what the set wanted outside of the vault, as the sealed rules (and the set, where given) say it."""

    def close(self) -> None:
        """Let go of the file."""
