"""Chains and the verdict that each must get: one list for the host build, the four ABIs and the reference."""

from __future__ import annotations

import functools
import hashlib
from dataclasses import dataclass, field
from datetime import UTC, datetime
from ipaddress import ip_address
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509.oid import NameOID

from pinfuse.policy.rules import HostMatch, HostRule, PinKind, Reason, Rules, SealedPin

HOST = "api.example.com"
NOW = int(datetime(2026, 6, 1, tzinfo=UTC).timestamp())
START, END = datetime(2026, 1, 1, tzinfo=UTC), datetime(2027, 1, 1, tzinfo=UTC)
VALIDATED, APP_TRUST = 1, 2


@dataclass(frozen=True)
class Identity:
    """A certificate and its key."""

    certificate: x509.Certificate
    key: Any

    @property
    def der(self) -> bytes:
        return self.certificate.public_bytes(Encoding.DER)

    @property
    def spki(self) -> bytes:
        return self.certificate.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)

    def pin(self, kind: PinKind) -> SealedPin:
        what = self.der if kind is PinKind.CERTIFICATE else self.spki
        return SealedPin(kind, hashlib.sha256(what).digest())


@dataclass(frozen=True)
class Case:
    """One question to the stub and the answer that is right: reason, certificate, pin."""

    name: str
    rules: Rules
    chain: tuple[bytes, ...]
    host: str | None
    reason: Reason
    certificate: int = -1
    pin: int = -1
    now: int = NOW
    flags: int = VALIDATED
    allowed: bool | None = None

    @property
    def expected(self) -> tuple[int, int, int, int]:
        usual = self.reason in (Reason.OK, Reason.UNLISTED)
        allowed = usual if self.allowed is None else self.allowed
        return 0 if allowed else 1, int(self.reason), self.certificate, self.pin


@functools.cache
def key(name: str = "p256") -> Any:
    """A key of a kind, made once for each name; what follows a dash only tells two of one kind apart."""
    kind = name.split("-")[0]
    if kind.startswith("rsa"):
        return rsa.generate_private_key(65537, int(kind[3:]))
    curves = {"p256": ec.SECP256R1, "p224": ec.SECP224R1, "p384": ec.SECP384R1, "k256": ec.SECP256K1}
    return ed25519.Ed25519PrivateKey.generate() if kind == "ed25519" else ec.generate_private_key(curves[kind]())


def make(
    subject: str,
    issuer: Identity | None = None,
    *,
    kind: str = "p256",
    names: tuple[str, ...] = (),
    ca: bool = False,
    basic: bool = True,
    length: int | None = None,
    usage: str | None = None,
    extended: tuple[x509.ObjectIdentifier, ...] = (),
    dates: tuple[datetime, datetime] = (START, END),
    digest: Any = None,
    pss: bool = False,
    odd: bool = False,
    weak: bool = False,
) -> Identity:
    """A certificate; ``usage`` names the one key usage it has, ``names`` are DNS names and addresses."""
    own = key(kind if "-" in kind else f"{kind}-{subject}")
    signer = issuer.key if issuer else own
    builder = (
        x509.CertificateBuilder()
        .subject_name(_name(subject))
        .issuer_name(issuer.certificate.subject if issuer else _name(subject))
        .public_key(own.public_key())
        .serial_number(1000)
        .not_valid_before(dates[0])
        .not_valid_after(dates[1])
    )
    if ca and basic:
        builder = builder.add_extension(x509.BasicConstraints(True, length), True)
    if names:
        builder = builder.add_extension(x509.SubjectAlternativeName([_general(name) for name in names]), False)
    if usage:
        fields = ("digital_signature", "content_commitment", "key_encipherment", "data_encipherment",
                  "key_agreement", "key_cert_sign", "crl_sign", "encipher_only", "decipher_only")
        builder = builder.add_extension(x509.KeyUsage(**{name: name == usage for name in fields}), True)
    if extended:
        builder = builder.add_extension(x509.ExtendedKeyUsage(extended), False)
    if odd:
        unknown = x509.UnrecognizedExtension(x509.ObjectIdentifier("1.3.6.1.4.1.55555.1"), b"\x05\x00")
        builder = builder.add_extension(unknown, True)
    algorithm = None if isinstance(signer, ed25519.Ed25519PrivateKey) else digest or hashes.SHA256()
    scheme = padding.PSS(padding.MGF1(algorithm), 20) if pss and algorithm else None
    certificate = builder.sign(signer, algorithm, rsa_padding=scheme)
    return Identity(_weaken(certificate) if weak else certificate, own)


WEAKER = {
    bytes.fromhex("2a8648ce3d040302"): bytes.fromhex("2a8648ce3d040301"),
    bytes.fromhex("2a864886f70d01010b"): bytes.fromhex("2a864886f70d010105"),
    bytes.fromhex("608648016503040201"): bytes.fromhex("608648016503040204"),
}
"""Algorithm with SHA-256 and one as long with a weaker digest: ECDSA and PSS with SHA-224, RSA with SHA-1."""


def _weaken(certificate: x509.Certificate) -> x509.Certificate:
    """The certificate with another signature algorithm; its signature no longer holds, which the stub never judges."""
    der = certificate.public_bytes(Encoding.DER)
    for strong, weak in WEAKER.items():
        der = der.replace(strong, weak)
    return x509.load_der_x509_certificate(der)


def _name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


def _general(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ip_address(name))
    except ValueError:
        return x509.DNSName(name)


@dataclass(frozen=True)
class World:
    """The usual chain, a foreign one, and rules that pin the usual leaf, its CA, its root and its certificate."""

    root: Identity
    ca: Identity
    leaf: Identity
    foreign_root: Identity
    foreign_leaf: Identity
    rules: dict[PinKind, Rules] = field(default_factory=dict)

    @property
    def chain(self) -> tuple[bytes, ...]:
        return self.leaf.der, self.ca.der, self.root.der

    @property
    def foreign(self) -> tuple[bytes, ...]:
        return self.foreign_leaf.der, self.foreign_root.der


@functools.cache
def world() -> World:
    """Made once a session."""
    root = make("root", ca=True)
    ca = make("ca", root, ca=True, length=0, usage="key_cert_sign")
    leaf = make(HOST, ca, names=(HOST, "*.wild.example.com", "192.0.2.7", "2001:db8::7"))
    foreign_root = make("foreign root", ca=True)
    return World(root, ca, leaf, foreign_root, make(HOST, foreign_root, kind="p256-foreign", names=(HOST,)))


def rules_for(*pins: SealedPin, match: HostMatch = HostMatch.EXACT, name: str = HOST, **more: Any) -> Rules:
    """One host with pins; ``expires`` and ``block_when_expired`` go to the host, the rest to the rules."""
    own = {word: more.pop(word) for word in ("expires", "block_when_expired") if word in more}
    return Rules((HostRule(match, name, pins, **own),), **more)
