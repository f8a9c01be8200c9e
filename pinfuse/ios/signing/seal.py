"""The CMS signature over a CodeDirectory, as Apple's codesign makes it: the same bytes for the same key and time."""

from __future__ import annotations

import plistlib
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from pinfuse.ios.signing import cms
from pinfuse.ios.signing.blobs import Magic, blob
from pinfuse.ios.signing.directory import SHA1, SHA256, hashed
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
OIDS = {SHA1: cms.SHA1, SHA256: cms.SHA256}
Directories = Sequence[tuple[str, bytes]]
"""Name of the digest, and a CodeDirectory with it."""
HASH_LENGTH = 20
"""Bytes of a CodeDirectory's hash in the property list, whatever its digest."""
LAST_UTC_YEAR = 2049
"""From 2050 on a time has four digits for its year (RFC 5652, 11.3)."""


def seal(identity: Identity, directories: Directories, when: datetime) -> bytes:
    """The blob with the signature over CodeDirectories, the main one first; each is a blob, by its digest's name."""
    signed = attributes(directories, when)
    return blob(Magic.CMS, signed_data(identity, signed, identity.sign(der(SET, *signed))))


def size(identity: Identity, digests: Sequence[str], when: datetime) -> int:
    """How many bytes `seal` takes at most."""
    longest = bytes(identity.longest_signature)
    return len(blob(Magic.CMS, signed_data(identity, attributes([(one, b"") for one in digests], when), longest)))


def attributes(directories: Directories, when: datetime) -> list[bytes]:
    """The signed attributes, in the order of a SET OF; what is signed is the first CodeDirectory."""
    made = [(digest, hashed(digest, data)) for digest, data in directories]
    told = plistlib.dumps({"cdhashes": [one[:HASH_LENGTH] for _, one in made]})
    values = sorted(der(SEQUENCE, oid(OIDS[digest]), der(OCTETS, one)) for digest, one in made)
    return sorted(
        (
            _attribute(cms.CONTENT_TYPE, oid(cms.ID_DATA)),
            _attribute(cms.SIGNING_TIME, time(when)),
            _attribute(cms.MESSAGE_DIGEST, der(OCTETS, hashed(SHA256, directories[0][1]))),
            _attribute(cms.HASHES_PLIST, der(OCTETS, told)),
            _attribute(cms.HASHES, *values),
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


def _attribute(name: str, *values: bytes) -> bytes:
    return der(SEQUENCE, oid(name), der(SET, *values))


def _der_of(certificate: Any) -> bytes:
    return bytes(certificate.public_bytes(serialization.Encoding.DER))
