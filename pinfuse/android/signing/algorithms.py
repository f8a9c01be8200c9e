"""Signature algorithms of APK Signature Scheme v2 and v3 (AOSP apksig, ``SignatureAlgorithm.java``)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import dsa, ec, padding, rsa

LONG_RSA = 3072
"""RSA keys above this many bits sign SHA-512, as apksigner has it."""
LONG_EC = 256


@dataclass(frozen=True, slots=True)
class Algorithm:
    """One algorithm: its id, the digest of the content (``verity`` for a Merkle tree), and how it verifies."""

    id: int
    content_digest: str
    hash: hashes.HashAlgorithm
    key_type: type[Any]
    arguments: Callable[[hashes.HashAlgorithm], tuple[Any, ...]]

    def holds(self, public_key: Any, signature: bytes, data: bytes) -> bool:
        """True when the signature over ``data`` is that key's."""
        if not isinstance(public_key, self.key_type):
            return False
        try:
            public_key.verify(signature, data, *self.arguments(self.hash))
        except (InvalidSignature, ValueError):
            return False
        return True


def _pkcs1(digest: hashes.HashAlgorithm) -> tuple[Any, ...]:
    return padding.PKCS1v15(), digest


def _pss(digest: hashes.HashAlgorithm) -> tuple[Any, ...]:
    return padding.PSS(padding.MGF1(digest), digest.digest_size), digest


def _ecdsa(digest: hashes.HashAlgorithm) -> tuple[Any, ...]:
    return (ec.ECDSA(digest),)


def _dsa(digest: hashes.HashAlgorithm) -> tuple[Any, ...]:
    return (digest,)


RSA, EC, DSA = rsa.RSAPublicKey, ec.EllipticCurvePublicKey, dsa.DSAPublicKey
S256, S512 = hashes.SHA256(), hashes.SHA512()
ALGORITHMS: Mapping[int, Algorithm] = {
    one.id: one
    for one in (
        Algorithm(0x0101, "sha256", S256, RSA, _pss),
        Algorithm(0x0102, "sha512", S512, RSA, _pss),
        Algorithm(0x0103, "sha256", S256, RSA, _pkcs1),
        Algorithm(0x0104, "sha512", S512, RSA, _pkcs1),
        Algorithm(0x0201, "sha256", S256, EC, _ecdsa),
        Algorithm(0x0202, "sha512", S512, EC, _ecdsa),
        Algorithm(0x0301, "sha256", S256, DSA, _dsa),
        Algorithm(0x0421, "verity", S256, RSA, _pkcs1),
        Algorithm(0x0423, "verity", S256, EC, _ecdsa),
        Algorithm(0x0425, "verity", S256, DSA, _dsa),
    )
}


def algorithm_for(public_key: Any) -> Algorithm:
    """The algorithm that a key of ours signs with; raises `ValueError` for a kind of key that Android has not."""
    if isinstance(public_key, RSA):
        return ALGORITHMS[0x0104 if public_key.key_size > LONG_RSA else 0x0103]
    if isinstance(public_key, EC):
        return ALGORITHMS[0x0202 if public_key.key_size > LONG_EC else 0x0201]
    raise ValueError(f"Android verifies no {type(public_key).__name__}")
