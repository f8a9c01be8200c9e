"""The CMS signature over a CodeDirectory, as Apple's codesign makes it: the same bytes for the same key and time."""

from __future__ import annotations

import hashlib
import plistlib
from datetime import UTC, datetime
from typing import Any

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from pinfuse.ios.signing import cms
from pinfuse.ios.signing.blobs import Magic, blob
from pinfuse.ios.signing.identity import Identity
from pinfuse.signing.der import (
    CONTEXT_0,
    GENERALIZED_TIME,
    NULL,
    OCTETS,
    SEQUENCE,
    SET,
    UTC_TIME,
    der,
    integer,
    oid,
)

RSA_SHA256, ECDSA_SHA256 = "1.2.840.113549.1.1.11", "1.2.840.10045.4.3.2"
HASH_LENGTH = 20
"""Bytes of a CodeDirectory's hash in the property list, whatever its digest."""
LAST_UTC_YEAR = 2049
"""From 2050 on a time has four digits for its year (RFC 5652, 11.3)."""


def seal(identity: Identity, directory: bytes, when: datetime) -> bytes:
    """The blob with the signature over a CodeDirectory, itself a blob."""
    signed = attributes(directory, when)
    return blob(Magic.CMS, signed_data(identity, signed, identity.sign(der(SET, *signed))))


def size(identity: Identity, when: datetime) -> int:
    """How many bytes `seal` takes at most."""
    longest = bytes(identity.longest_signature)
    return len(blob(Magic.CMS, signed_data(identity, attributes(b"", when), longest)))


def attributes(directory: bytes, when: datetime) -> list[bytes]:
    """The signed attributes, in the order of a SET OF."""
    digest = hashlib.sha256(directory).digest()
    told = plistlib.dumps({"cdhashes": [digest[:HASH_LENGTH]]})
    return sorted(
        (
            _attribute(cms.CONTENT_TYPE, oid(cms.ID_DATA)),
            _attribute(cms.SIGNING_TIME, time(when)),
            _attribute(cms.MESSAGE_DIGEST, der(OCTETS, digest)),
            _attribute(cms.HASHES_PLIST, der(OCTETS, told)),
            _attribute(cms.HASHES, der(SEQUENCE, oid(cms.SHA256), der(OCTETS, digest))),
        )
    )


def signed_data(identity: Identity, signed: list[bytes], signature: bytes) -> bytes:
    """``SignedData`` without its content, with the whole chain, the signing certificate last (as Apple orders it)."""
    certificate = identity.certificate
    algorithm = der(SEQUENCE, oid(cms.SHA256), der(NULL))
    is_rsa = isinstance(identity.key, rsa.RSAPrivateKey)
    signer = der(
        SEQUENCE,
        integer(1),
        der(SEQUENCE, certificate.issuer.public_bytes(), integer(certificate.serial_number)),
        algorithm,
        der(CONTEXT_0, *signed),
        der(SEQUENCE, oid(RSA_SHA256), der(NULL)) if is_rsa else der(SEQUENCE, oid(ECDSA_SHA256)),
        der(OCTETS, signature),
    )
    whole = der(
        SEQUENCE,
        integer(1),
        der(SET, algorithm),
        der(SEQUENCE, oid(cms.ID_DATA)),
        der(CONTEXT_0, *map(_der_of, (*identity.chain, certificate))),
        der(SET, signer),
    )
    return der(SEQUENCE, oid(cms.ID_SIGNED_DATA), der(CONTEXT_0, whole))


def time(when: datetime) -> bytes:
    """A time to the second, in UTC."""
    moment = when.astimezone(UTC)
    if moment.year <= LAST_UTC_YEAR:
        return der(UTC_TIME, moment.strftime("%y%m%d%H%M%SZ").encode())
    return der(GENERALIZED_TIME, moment.strftime("%Y%m%d%H%M%SZ").encode())


def _attribute(name: str, value: bytes) -> bytes:
    return der(SEQUENCE, oid(name), der(SET, value))


def _der_of(certificate: Any) -> bytes:
    return bytes(certificate.public_bytes(serialization.Encoding.DER))
