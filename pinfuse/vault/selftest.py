"""The self-test identity: a host of our own in every vault, so that each proof has a case that must be accepted.

Key pairs, names, serials and dates follow from the sealed 32-byte seed alone (Ed25519 signs deterministically, RFC
8032), so the chain needs no place in the app.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509.oid import NameOID

NOT_BEFORE = datetime(2020, 1, 1, tzinfo=UTC)
NOT_AFTER = datetime(2049, 12, 31, tzinfo=UTC)
MOMENT = int(datetime(2030, 1, 1, tzinfo=UTC).timestamp())
"""A time (Unix seconds) at which the chain is valid."""


@dataclass(frozen=True, slots=True)
class SelfTest:
    """Host, chain (DER, leaf first) and SHA-256 of the leaf's SubjectPublicKeyInfo."""

    host: str
    chain: tuple[bytes, ...]
    spki_sha256: bytes


def selftest_identity(seed: bytes) -> SelfTest:
    """The identity of one build, out of its 32-byte seed."""
    parts = [hashlib.sha256(bytes([number]) + seed).digest() for number in range(3)]
    root_key, leaf_key = (Ed25519PrivateKey.from_private_bytes(part) for part in parts[:2])
    label = parts[2].hex()[:16]
    host = f"{label}.invalid"
    root_name, leaf_name = _name(f"root {label}"), _name(host)
    root = _builder(root_name, root_name, root_key, 1).add_extension(x509.BasicConstraints(True, None), True)
    leaf = _builder(leaf_name, root_name, leaf_key, 2).add_extension(
        x509.SubjectAlternativeName([x509.DNSName(host)]), False
    )
    chain = tuple(
        builder.sign(root_key, None).public_bytes(Encoding.DER) for builder in (leaf, root)
    )
    spki = leaf_key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return SelfTest(host, chain, hashlib.sha256(spki).digest())


def _name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


def _builder(
    subject: x509.Name, issuer: x509.Name, key: Ed25519PrivateKey, serial: int
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(serial)
        .not_valid_before(NOT_BEFORE)
        .not_valid_after(NOT_AFTER)
    )
