"""Facts of a certificate out of the library `cryptography`, each with words instead of surprises."""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import dsa, ec, ed448, ed25519, rsa

from pinfuse.x509.der import BOOLEAN, OID, children, read

NAMES_OF_KEYS: tuple[tuple[Any, str], ...] = (
    (rsa.RSAPublicKey, "RSA"),
    (ec.EllipticCurvePublicKey, "EC"),
    (dsa.DSAPublicKey, "DSA"),
    (ed25519.Ed25519PublicKey, "Ed25519"),
    (ed448.Ed448PublicKey, "Ed448"),
)
EDWARDS_BITS = {"Ed25519": 256, "Ed448": 448}
KEY_OIDS = {
    bytes.fromhex("2a864886f70d010101"): "RSA",  # RFC 8017, A.1
    bytes.fromhex("2a864886f70d01010a"): "RSA",  # RSASSA-PSS keys (RFC 4055, 1.2)
    bytes.fromhex("2a8648ce3d0201"): "EC",  # RFC 5480, 2.1.1
    bytes.fromhex("2a8648ce380401"): "DSA",  # RFC 3279, 2.3.2
}
"""Contents of the OID of a key's algorithm, for keys that the library knows by name only."""


BASIC_CONSTRAINTS = bytes.fromhex("551d13")
SUBJECT_ALT_NAME = bytes.fromhex("551d11")
EXTENDED_KEY_USAGE = bytes.fromhex("551d25")
SERVING = (bytes.fromhex("2b06010505070301"), bytes.fromhex("551d2500"))
"""id-kp-serverAuth and anyExtendedKeyUsage (RFC 5280, 4.2.1.12)."""
DNS_NAME, IP_ADDRESS = 0x82, 0x87
"""Tags of GeneralName (RFC 5280, 4.2.1.6)."""
TRUE = b"\xff"


def name(certificate: x509.Certificate, which: str) -> str:
    """Subject or issuer (RFC 4514), in one line and without control characters."""
    try:
        text: str = getattr(certificate, which).rfc4514_string()
    except ValueError:
        return f"unreadable {which}"
    return "".join(c if c.isprintable() else "?" for c in text) or f"no {which}"


def seconds(certificate: x509.Certificate, which: str) -> int:
    """One of the two dates as Unix seconds."""
    moment: datetime = getattr(certificate, which)
    return int(moment.timestamp())


def is_ca(extensions: Mapping[bytes, bytes]) -> bool:
    """True when basicConstraints says CA:TRUE; raises `ValueError` when it cannot be read."""
    value = extensions.get(BASIC_CONSTRAINTS)
    if value is None:
        return False
    fields = children(read(value)[0].contents, 1)
    return bool(fields) and fields[0].tag == BOOLEAN and fields[0].contents == TRUE


def may_serve(extensions: Mapping[bytes, bytes]) -> bool:
    """True unless an extended key usage leaves out servers; raises `ValueError` when it cannot be read."""
    value = extensions.get(EXTENDED_KEY_USAGE)
    return value is None or any(usage.contents in SERVING for usage in children(read(value)[0].contents))


def alternative_names(extensions: Mapping[bytes, bytes]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """DNS names and IP addresses of subjectAltName; raises `ValueError` when they cannot be read."""
    value = extensions.get(SUBJECT_ALT_NAME)
    entries = children(read(value)[0].contents) if value is not None else []
    dns = [entry.contents.decode("latin-1") for entry in entries if entry.tag == DNS_NAME]
    addresses = [str(ipaddress.ip_address(entry.contents)) for entry in entries if entry.tag == IP_ADDRESS]
    return tuple(dns), tuple(addresses)


def key(certificate: x509.Certificate, spki: bytes) -> tuple[str, int]:
    """Kind and size of the key; the size is 0 where the library cannot tell."""
    try:
        public: Any = certificate.public_key()
    except (UnsupportedAlgorithm, ValueError):
        return _key_by_oid(spki), 0
    for kind, word in NAMES_OF_KEYS:
        if isinstance(public, kind):
            return word, EDWARDS_BITS.get(word) or public.key_size
    return "unknown", 0


def _key_by_oid(spki: bytes) -> str:
    algorithm = read(read(spki)[0].contents)[0]
    oids = [element.contents for element in children(algorithm.contents, 1) if element.tag == OID]
    return KEY_OIDS.get(oids[0], "unknown") if oids else "unknown"


def digest(certificate: x509.Certificate) -> str:
    """Name of the digest of the signature."""
    try:
        algorithm = certificate.signature_hash_algorithm
    except (UnsupportedAlgorithm, ValueError):
        return "unknown"
    return algorithm.name if algorithm else "none"
