"""The signature block of a JAR (PKCS #7 ``SignedData``, RFC 2315 9.1): who signed, once the signature holds."""

from __future__ import annotations

from typing import Any

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import dsa, ec, padding, rsa

from pinfuse.signing.der import oid
from pinfuse.x509.der import Element, certificate_parts, children, read

HASHES: dict[bytes, hashes.HashAlgorithm] = {
    oid("1.3.14.3.2.26"): hashes.SHA1(),
    oid("2.16.840.1.101.3.4.2.4"): hashes.SHA224(),
    oid("2.16.840.1.101.3.4.2.1"): hashes.SHA256(),
    oid("2.16.840.1.101.3.4.2.2"): hashes.SHA384(),
    oid("2.16.840.1.101.3.4.2.3"): hashes.SHA512(),
}
MESSAGE_DIGEST = oid("1.2.840.113549.1.9.4")
CONTEXT_0, SET = 0xA0, 0x31
MOST, LEAST = 32, 5
"""Certificates or attributes that are looked at, and parts of a signer that it has without attributes."""


def signer_of(block: bytes, content: bytes) -> bytes:
    """The certificate (DER) of the first signer, whose signature over ``content`` holds; else `ValueError`."""
    try:
        signed = children(children(read(block)[0].contents)[1].contents)[0]
        parts = children(signed.contents, MOST)
        certificates = [one.whole for part in parts if part.tag == CONTEXT_0 for one in children(part.contents, MOST)]
        info = children(children(parts[-1].contents, 1)[0].contents)
        if len(info) < LEAST:
            raise IndexError
        _, signer, digest, *attributes, _, signature = info[: 6 if len(info) > 3 and info[3].tag == CONTEXT_0 else 5]
        algorithm = HASHES.get(children(digest.contents)[0].whole)
        certificate = _certificate(certificates, children(signer.contents))
        if attributes and algorithm:
            _check_attributes(attributes[0], _hash(algorithm, content))
            content = bytes([SET]) + attributes[0].whole[1:]
    except IndexError as error:
        raise ValueError("a part of it is missing") from error
    if algorithm is None:
        raise ValueError("its digest is of a kind that is not read here")
    _check(certificate, signature.contents, content, algorithm)
    return certificate


def _certificate(certificates: list[bytes], signer: list[Element]) -> bytes:
    """That of the serial number; the issuer's name may stand there in another encoding, so it only goes first."""
    number = int.from_bytes(signer[1].contents, "big", signed=True)
    found = [one for one in certificates if _load(one).serial_number == number]
    found.sort(key=lambda one: certificate_parts(one).issuer != signer[0].whole)
    if not found:
        raise ValueError("the signer's certificate is not in it")
    return found[0]


def _load(der: bytes) -> x509.Certificate:
    try:
        return x509.load_der_x509_certificate(der)
    except ValueError as error:
        raise ValueError("a certificate in it cannot be read") from error


def _check_attributes(attributes: Element, digest: bytes) -> None:
    pairs = [children(one.contents, 2) for one in children(attributes.contents, MOST)]
    found = [children(one[1].contents, 1)[0].contents for one in pairs if one[0].whole == MESSAGE_DIGEST]
    if found != [digest]:
        raise ValueError("it was made for another file")


def _check(certificate: bytes, signature: bytes, content: bytes, algorithm: hashes.HashAlgorithm) -> None:
    try:
        key: Any = _load(certificate).public_key()
        if isinstance(key, rsa.RSAPublicKey):
            key.verify(signature, content, padding.PKCS1v15(), algorithm)
        elif isinstance(key, ec.EllipticCurvePublicKey):
            key.verify(signature, content, ec.ECDSA(algorithm))
        elif isinstance(key, dsa.DSAPublicKey):
            key.verify(signature, content, algorithm)
        else:
            raise ValueError("its key is of a kind that Android does not know")
    except InvalidSignature:
        raise ValueError("the signature does not belong to the file and the key") from None
    except UnsupportedAlgorithm as error:
        raise ValueError("its certificate cannot be read") from error


def _hash(algorithm: hashes.HashAlgorithm, content: bytes) -> bytes:
    digest = hashes.Hash(algorithm)
    digest.update(content)
    return digest.finalize()
