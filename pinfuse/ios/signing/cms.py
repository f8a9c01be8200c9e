"""CMS ``SignedData`` (RFC 5652): read, and the signature checked. No authority is trusted or refused here.

Everything raises `ValueError` with words, which the callers turn into the error of what they read.
"""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa

from pinfuse.ios.signing.ber import to_der
from pinfuse.signing.der import CONTEXT_0, INTEGER, OCTETS, OID, SEQUENCE, SET, oid
from pinfuse.x509.certificates import load
from pinfuse.x509.der import Element, children, read

ID_DATA, ID_SIGNED_DATA = "1.2.840.113549.1.7.1", "1.2.840.113549.1.7.2"
CONTENT_TYPE, MESSAGE_DIGEST, SIGNING_TIME = "1.2.840.113549.1.9.3", "1.2.840.113549.1.9.4", "1.2.840.113549.1.9.5"
HASHES_PLIST, HASHES = "1.2.840.113635.100.9.1", "1.2.840.113635.100.9.2"
"""Apple's: the hashes of all CodeDirectories, as a property list and each with its digest."""
SHA1, SHA256 = "1.3.14.3.2.26", "2.16.840.1.101.3.4.2.1"
DIGESTS: Mapping[bytes, Any] = {
    oid(SHA1): hashes.SHA1(),
    oid(SHA256): hashes.SHA256(),
    oid("2.16.840.1.101.3.4.2.2"): hashes.SHA384(),
    oid("2.16.840.1.101.3.4.2.3"): hashes.SHA512(),
}


@dataclass(frozen=True, slots=True)
class Signer:
    """One SignerInfo; its algorithm is that of its key, with ``digest``."""

    issuer: bytes
    serial: int
    digest: Any
    attributes: Mapping[bytes, tuple[bytes, ...]]
    """OID as an element → values, each as an element."""
    signed: bytes
    """The attributes as they are signed: one SET."""
    signature: bytes

    def value(self, name: str) -> bytes | None:
        """The contents of an attribute's only value; None when it is not there, or not alone."""
        values = self.attributes.get(oid(name), ())
        return read(values[0])[0].contents if len(values) == 1 else None


@dataclass(frozen=True, slots=True)
class SignedData:
    """As read."""

    content: bytes | None
    """None for a detached signature."""
    certificates: tuple[x509.Certificate, ...]
    signers: tuple[Signer, ...]

    def certificate_of(self, signer: Signer) -> x509.Certificate:
        """The certificate that a signer names; raises `ValueError` when it is not there."""
        for one in self.certificates:
            if one.serial_number == signer.serial and one.issuer.public_bytes() == signer.issuer:
                return one
        raise ValueError("the signer's certificate is not in it")


def parse(data: bytes) -> SignedData:
    """Read a signature in BER or DER, which may be followed by padding."""
    kind, content = _fields(to_der(data), 2)
    if kind.whole != oid(ID_SIGNED_DATA) or content.tag != CONTEXT_0:
        raise ValueError("it is no CMS signature")
    fields = children(_one(content.contents, SEQUENCE).contents)
    if len(fields) < 4 or [one.tag for one in fields[:3]] != [INTEGER, SET, SEQUENCE] or fields[-1].tag != SET:
        raise ValueError("it has not the parts of a CMS signature")
    held = children(fields[2].contents)
    inside = _one(held[1].contents, OCTETS).contents if len(held) > 1 else None
    sets = [one for one in fields[3:-1] if one.tag == CONTEXT_0]
    certificates = tuple(load(one.whole) for part in sets for one in children(part.contents) if one.tag == SEQUENCE)
    return SignedData(inside, certificates, tuple(_signer(one) for one in children(fields[-1].contents)))


def verify(signed: SignedData, content: bytes) -> tuple[Signer, x509.Certificate]:
    """Check the one signature over ``content``; its signer and certificate. Raises `ValueError` when it is broken."""
    if len(signed.signers) != 1:
        raise ValueError(f"it has {len(signed.signers)} signers and not one")
    signer = signed.signers[0]
    certificate = signed.certificate_of(signer)
    if signer.signed:
        if signer.value(CONTENT_TYPE) != read(oid(ID_DATA))[0].contents:
            raise ValueError("its signed attributes do not say what is signed")
        if not hmac.compare_digest(signer.value(MESSAGE_DIGEST) or b"", _digest(signer.digest, content)):
            raise ValueError("it signs something else")
    _check(certificate, signer.signature, signer.signed or content, signer.digest)
    return signer, certificate


def _check(certificate: x509.Certificate, signature: bytes, content: bytes, digest: Any) -> None:
    try:
        key = certificate.public_key()
        if isinstance(key, rsa.RSAPublicKey):
            key.verify(signature, content, padding.PKCS1v15(), digest)
        elif isinstance(key, ec.EllipticCurvePublicKey):
            key.verify(signature, content, ec.ECDSA(digest))
        else:
            raise ValueError("its key is neither RSA nor EC")
    except InvalidSignature as error:
        raise ValueError("the signature does not hold") from error
    except UnsupportedAlgorithm as error:
        raise ValueError(f"its key is of a kind that is not known: {error}") from error


def _signer(element: Element) -> Signer:
    fields = children(element.contents)
    if len(fields) < 5 or fields[1].tag != SEQUENCE:
        raise ValueError("its signer is not named by issuer and serial number")
    issuer, serial = _fields(fields[1].whole, 2)
    name = _fields(fields[2].whole, 1)[0].whole
    if name not in DIGESTS:
        raise ValueError("its digest is none of SHA-1 and SHA-2")
    has_attributes = fields[3].tag == CONTEXT_0
    attributes: dict[bytes, tuple[bytes, ...]] = {}
    for one in children(fields[3].contents) if has_attributes else ():
        kind, values = _fields(one.whole, 2)
        if kind.tag != OID or kind.whole in attributes:
            raise ValueError("a signed attribute has no name, or stands there twice")
        attributes[kind.whole] = tuple(value.whole for value in children(values.contents))
    signature = fields[5 if has_attributes else 4 : 6]
    if not signature or signature[0].tag != OCTETS:
        raise ValueError("the signature itself is not there")
    whole = fields[3].whole
    signed = bytes([SET]) + whole[1:] if has_attributes else b""
    number = int.from_bytes(serial.contents, "big", signed=True)
    return Signer(issuer.whole, number, DIGESTS[name], attributes, signed, signature[0].contents)


def _fields(whole: bytes, count: int) -> list[Element]:
    found = children(read(whole)[0].contents)
    if len(found) < count:
        raise ValueError("a part of it is cut short")
    return found


def _one(contents: bytes, tag: int) -> Element:
    element, _ = read(contents)
    if element.tag != tag:
        raise ValueError("a part of it is not what it must be")
    return element


def _digest(digest: Any, content: bytes) -> bytes:
    made = hashes.Hash(digest)
    made.update(content)
    return made.finalize()
