"""Who signs: a private key, its certificate of Apple's, and the authorities above it."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from pinfuse.errors import SigningError
from pinfuse.formats import SignerIdentity
from pinfuse.ios.signing.store import EXPORT, read_store
from pinfuse.x509.certificates import Certificate
from pinfuse.x509.signatures import signed

LEAF_OF_APPLE = tuple(f"1.2.840.113635.100.6.1.{number}" for number in (2, 4, 7, 12))
"""Extensions of certificates for signing apps: iOS development, iOS distribution, Mac App Store, Apple development."""
WWDR_OF_APPLE = "1.2.840.113635.100.6.2.1"
"""Extension of the authority that issues them."""
LONGEST_CHAIN = 8
SOON = 30
"""Days before the end of a certificate from which on it is said."""


@dataclass(frozen=True, slots=True)
class Identity:
    """A key that is ready to sign."""

    key: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey
    certificate: x509.Certificate
    chain: tuple[x509.Certificate, ...]
    """The authorities above it, the nearest first; without the root where that is not known."""
    warnings: tuple[str, ...] = ()
    is_debug: bool = False
    """Never: such a key is for Android alone."""

    @property
    def common_name(self) -> str:
        """Such as ``Apple Development: Jane Doe (ABCDE12345)``."""
        return attribute(self.certificate, NameOID.COMMON_NAME)

    @property
    def team(self) -> str:
        """The Team ID, the certificate's organizational unit; empty when it has none."""
        return attribute(self.certificate, NameOID.ORGANIZATIONAL_UNIT_NAME)

    @property
    def certificate_der(self) -> bytes:
        """The signing certificate."""
        return self.certificate.public_bytes(serialization.Encoding.DER)

    @property
    def certificate_sha256(self) -> bytes:
        """SHA-256 of the signing certificate (32 bytes)."""
        return hashlib.sha256(self.certificate_der).digest()

    @property
    def identity(self) -> SignerIdentity:
        """Subject and fingerprints."""
        sha1 = hashlib.sha1(self.certificate_der, usedforsecurity=False).hexdigest().upper()
        subject = self.certificate.subject.rfc4514_string()
        return SignerIdentity(subject, sha1, self.certificate_sha256.hex().upper())

    @property
    def longest_signature(self) -> int:
        """Bytes that `sign` gives at most."""
        if isinstance(self.key, rsa.RSAPrivateKey):
            return self.key.key_size // 8
        number = -(-self.key.curve.key_size // 8) + 1
        return 2 * (number + 2) + 3

    def sign(self, data: bytes) -> bytes:
        """The signature over ``data`` with SHA-256: PKCS#1 v1.5, or ECDSA with the nonce of RFC 6979: it repeats."""
        if isinstance(self.key, rsa.RSAPrivateKey):
            return self.key.sign(data, padding.PKCS1v15(), hashes.SHA256())
        return self.key.sign(data, ec.ECDSA(hashes.SHA256(), deterministic_signing=True))


def load_identity(path: Path, password: str | None, now: datetime) -> Identity:
    """Out of a PKCS#12 file (``--identity``, ``--identity-pass``). Raises `SigningError`, which names the file.

    Refused: no file of that kind, a wrong password, no key or several, a certificate of another key, one that is
    not for signing code, has expired, or is not valid yet.
    """
    store, where = read_store(path, password), path.name
    key = store.key
    if not isinstance(key, rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey):
        raise SigningError("apps for iOS are signed with RSA or EC keys, and this is neither", where=where)
    certificate = _of_key(key, store.certificates, where)
    said = _require_usable(certificate, where, now)
    chain = issuers(certificate, (*store.certificates, *authorities()))
    if not any(_has_extension(one, WWDR_OF_APPLE) for one in chain):
        said.append("the authority of Apple that issued the signing certificate is not known: devices may refuse it")
    return Identity(key, certificate, chain, tuple(said))


def issuers(certificate: x509.Certificate, known: Sequence[x509.Certificate]) -> tuple[x509.Certificate, ...]:
    """The authorities above a certificate, the nearest first, by name and signature, as far as they are ``known``."""
    found: list[x509.Certificate] = []
    below = certificate
    while below.issuer != below.subject and len(found) < LONGEST_CHAIN:
        above = next((one for one in known if one.subject == below.issuer and _issued(below, one)), None)
        if above is None or above in found:
            break
        found.append(above)
        below = above
    return tuple(found)


@cache
def authorities() -> tuple[x509.Certificate, ...]:
    """Apple's authority for developers and its root, as far as pinfuse carries them."""
    folder = files("pinfuse.ios.signing").joinpath("apple")
    return tuple(
        x509.load_pem_x509_certificate(folder.joinpath(name).read_bytes()) for name in ("wwdr-g3.pem", "root.pem")
    )


def attribute(certificate: x509.Certificate, name: x509.ObjectIdentifier) -> str:
    """The first attribute of that kind in a subject; empty when there is none."""
    return next((str(one.value) for one in certificate.subject.get_attributes_for_oid(name)), "")


def _of_key(key: Any, certificates: Iterable[x509.Certificate], where: str) -> x509.Certificate:
    """The certificate of a key; of several (a renewed one) the one that lasts longest."""
    own = _public(key.public_key())
    found = [one for one in certificates if _public_of(one) == own]
    if not found:
        raise SigningError("it holds no certificate of its private key", where=where, todo=EXPORT)
    return max(found, key=lambda one: one.not_valid_after_utc)


def _require_usable(certificate: x509.Certificate, where: str, now: datetime) -> list[str]:
    """Raise for a certificate that cannot sign apps; what is to be said of one that can."""
    name = attribute(certificate, NameOID.COMMON_NAME) or certificate.subject.rfc4514_string()
    moment, start, end = now.astimezone(UTC), certificate.not_valid_before_utc, certificate.not_valid_after_utc
    todo = "give an Apple Development or Apple Distribution certificate with its key"
    try:
        usage = certificate.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
        signs_code = ExtendedKeyUsageOID.CODE_SIGNING in usage
    except (x509.ExtensionNotFound, ValueError):
        signs_code = False
    if not signs_code:
        raise SigningError(f"{name} is not a certificate for signing code", where=where, todo=todo)
    if end < moment:
        todo = "make a new certificate at developer.apple.com, and profiles with it"
        raise SigningError(f"{name} has expired on {end:%Y-%m-%d}", where=where, todo=todo)
    if start > moment:
        raise SigningError(f"{name} is valid from {start:%Y-%m-%d} on", where=where, todo="set this machine's clock")
    said = []
    if not any(_has_extension(certificate, one) for one in LEAF_OF_APPLE):
        said.append(f"{name} is not a certificate of Apple's for signing apps: devices refuse what it signs")
    if (days := (end - moment).days) < SOON:
        said.append(f"{name} expires on {end:%Y-%m-%d}, in {days} days")
    return said


def _has_extension(certificate: x509.Certificate, name: str) -> bool:
    try:
        return any(one.oid.dotted_string == name for one in certificate.extensions)
    except ValueError:
        return False


def _issued(below: x509.Certificate, above: x509.Certificate) -> bool:
    try:
        return signed(*(Certificate.from_der(one.public_bytes(serialization.Encoding.DER)) for one in (below, above)))
    except ValueError:
        return False


def _public_of(certificate: x509.Certificate) -> bytes:
    try:
        return _public(certificate.public_key())
    except (ValueError, UnsupportedAlgorithm):  # a key of a kind that is not known
        return b""


def _public(key: Any) -> bytes:
    form = serialization.PublicFormat.SubjectPublicKeyInfo
    return bytes(key.public_bytes(serialization.Encoding.DER, form))
