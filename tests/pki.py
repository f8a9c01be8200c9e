"""Authorities and server certificates for tests, of every kind that a check must tell apart.

Keys are made once per process and kind; nothing here is written to disk unless a test does.
"""

from __future__ import annotations

import functools
import ipaddress
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import asn1crypto.x509
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

NOW = int(datetime(2026, 6, 1, tzinfo=UTC).timestamp())
"""The moment of the tests, Unix seconds: every certificate is valid then unless a test says otherwise."""
DAY = 86400
EC, ED, RSA = "ec", "ed25519", "rsa"
SHA1: hashes.HashAlgorithm = hashes.SHA1()
MD5: hashes.HashAlgorithm = hashes.MD5()
OLD_DIGESTS = (hashes.SHA1, hashes.MD5)
SHA256: hashes.HashAlgorithm = hashes.SHA256()


@dataclass(frozen=True)
class Entity:
    """A key and its certificate."""

    key: Any
    certificate: x509.Certificate

    @property
    def der(self) -> bytes:
        return self.certificate.public_bytes(serialization.Encoding.DER)

    @property
    def pem(self) -> bytes:
        return self.certificate.public_bytes(serialization.Encoding.PEM)

    @property
    def spki(self) -> bytes:
        form = serialization.PublicFormat.SubjectPublicKeyInfo
        return bytes(self.certificate.public_key().public_bytes(serialization.Encoding.DER, form))

    def key_bytes(
        self,
        encoding: serialization.Encoding = serialization.Encoding.PEM,
        form: serialization.PrivateFormat = serialization.PrivateFormat.PKCS8,
        encryption: serialization.KeySerializationEncryption | None = None,
    ) -> bytes:
        return bytes(self.key.private_bytes(encoding, form, encryption or serialization.NoEncryption()))


@functools.cache
def make_key(kind: str = EC, number: int = 0, bits: int = 0) -> Any:
    """A private key, the same one for the same arguments: ``kind``, which one of them, and its size."""
    if kind == RSA:
        return rsa.generate_private_key(65537, bits or 2048)
    if kind == ED:
        return ed25519.Ed25519PrivateKey.generate()
    return ec.generate_private_key({224: ec.SECP224R1(), 384: ec.SECP384R1()}.get(bits, ec.SECP256R1()))


def issue(
    subject: str,
    issuer: Entity | None = None,
    *,
    names: Sequence[str] = (),
    ca: bool | None = None,
    key: Any = None,
    issuer_name: str | None = None,
    digest: hashes.HashAlgorithm = SHA256,
    start: int = NOW - 30 * DAY,
    end: int = NOW + 365 * DAY,
    usage: x509.ObjectIdentifier | None = None,
) -> Entity:
    """One certificate, self-signed without ``issuer``; ``ca`` None leaves basicConstraints out."""
    key = key or ec.generate_private_key(ec.SECP256R1())
    signer = issuer.key if issuer else key
    parent = _name(issuer_name) if issuer_name is not None else issuer.certificate.subject if issuer else _name(subject)
    builder = (
        x509.CertificateBuilder()
        .subject_name(_name(subject))
        .issuer_name(parent)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(datetime.fromtimestamp(start, UTC))
        .not_valid_after(datetime.fromtimestamp(end, UTC))
    )
    if ca is not None:
        builder = builder.add_extension(x509.BasicConstraints(ca, None), critical=True)
    if names:
        builder = builder.add_extension(x509.SubjectAlternativeName([_san(name) for name in names]), critical=False)
    if usage is not None:
        builder = builder.add_extension(x509.ExtendedKeyUsage([usage]), critical=False)
    edwards = isinstance(signer, ed25519.Ed25519PrivateKey)
    old = isinstance(digest, OLD_DIGESTS)
    certificate = builder.sign(signer, None if edwards else SHA256 if old else digest)
    return Entity(key, _sign_again(certificate, signer, digest) if old else certificate)


def _sign_again(certificate: x509.Certificate, signer: Any, digest: hashes.HashAlgorithm) -> x509.Certificate:
    """The same certificate with a digest that the library no longer signs with."""
    form = asn1crypto.x509.Certificate.load(certificate.public_bytes(serialization.Encoding.DER))
    is_rsa = isinstance(signer, rsa.RSAPrivateKey)
    algorithm = {"algorithm": f"{digest.name}_{'rsa' if is_rsa else 'ecdsa'}"}
    form["tbs_certificate"]["signature"] = algorithm
    form["signature_algorithm"] = algorithm
    body = form["tbs_certificate"].dump(force=True)
    scheme = (padding.PKCS1v15(), digest) if is_rsa else (ec.ECDSA(digest),)
    form["signature_value"] = signer.sign(body, *scheme)
    return x509.load_der_x509_certificate(form.dump(force=True))


def authority(subject: str = "Test Root", issuer: Entity | None = None, **how: Any) -> Entity:
    """A CA certificate: a root, or an intermediate when there is an ``issuer``."""
    return issue(subject, issuer, ca=True, **how)


def server(*names: str, issuer: Entity | None = None, **how: Any) -> Entity:
    """A server's certificate for ``names`` (DNS names or IP addresses); ``subject`` may be given."""
    subject = how.pop("subject", names[0] if names else "nameless")
    return issue(subject, issuer, names=names, ca=how.pop("ca", False), **how)


CLIENT_AUTH = ExtendedKeyUsageOID.CLIENT_AUTH
SERVER_AUTH = ExtendedKeyUsageOID.SERVER_AUTH


def _name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)] if text else [])


def _san(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        return x509.DNSName(name)
