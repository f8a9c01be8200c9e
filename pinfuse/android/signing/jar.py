"""APK signature scheme v1, the JAR signature (JAR File Specification, "Signed JAR File"), for systems before API 24."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterable

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from pinfuse.android.signing.keys import ApkSigner
from pinfuse.errors import SigningError
from pinfuse.signing.der import CONTEXT_0, NULL, OCTETS, SEQUENCE, SET, der, integer, oid

LINE = 72
"""Bytes of a line with its line end, at most."""
NEWLINE = b"\r\n"
ID_DATA, ID_SIGNED_DATA = "1.2.840.113549.1.7.1", "1.2.840.113549.1.7.2"
SHA256, RSA_ENCRYPTION, ECDSA_SHA256 = "2.16.840.1.101.3.4.2.1", "1.2.840.113549.1.1.1", "1.2.840.10045.4.3.2"


def sign(signer: ApkSigner, digests: Iterable[tuple[str, bytes]]) -> tuple[tuple[str, bytes], ...]:
    """The three files of the signature; ``digests`` are name and SHA-256 of each entry's content, in order.

    Raises `SigningError` for a certificate whose key usage does not allow signatures: systems before API 24 refuse
    what it signed (OpenJDK ``sun.security.pkcs.SignerInfo``), and newer schemes do not look at it.
    """
    _check_usage(signer)
    main = _section([("Manifest-Version", "1.0"), ("Created-By", "1.0 (Android)")])
    sections = [
        (name, _section([("Name", name), ("SHA-256-Digest", _base64(digest))]))
        for name, digest in digests
        if not name.endswith("/")
    ]
    manifest = main + b"".join(section for _, section in sections)
    head = [
        ("Signature-Version", "1.0"),
        ("Created-By", "1.0 (Android)"),
        ("SHA-256-Digest-Manifest", _digest(manifest)),
        ("X-Android-APK-Signed", "2, 3"),
    ]
    parts = [_section([("Name", name), ("SHA-256-Digest", _digest(section))]) for name, section in sections]
    signature_file = _section(head) + b"".join(parts)
    ending = "RSA" if isinstance(signer.key, rsa.RSAPrivateKey) else "EC"
    return (
        ("META-INF/MANIFEST.MF", manifest),
        ("META-INF/CERT.SF", signature_file),
        (f"META-INF/CERT.{ending}", _signed_data(signer, signature_file)),
    )


def _check_usage(signer: ApkSigner) -> None:
    try:
        usage = signer.chain[0].extensions.get_extension_for_class(x509.KeyUsage).value
    except (x509.ExtensionNotFound, ValueError):
        return
    if not (usage.digital_signature or usage.content_commitment):
        raise SigningError(
            "the certificate's key usage allows no signatures, and systems before API 24 would refuse the app",
            where=signer.identity.subject,
            todo="sign with a certificate whose key usage has digitalSignature, or raise the app with --min-sdk 24",
        )


def _section(attributes: Iterable[tuple[str, str]]) -> bytes:
    return b"".join(_lines(f"{name}: {value}".encode()) for name, value in attributes) + NEWLINE


def _lines(text: bytes) -> bytes:
    """One attribute; a long one goes on in lines that begin with a space."""
    room = LINE - len(NEWLINE)
    lines, rest = [text[:room]], text[room:]
    while rest:
        lines.append(b" " + rest[: room - 1])
        rest = rest[room - 1 :]
    return NEWLINE.join(lines) + NEWLINE


def _base64(data: bytes) -> str:
    return base64.b64encode(data).decode()


def _digest(data: bytes) -> str:
    return _base64(hashlib.sha256(data).digest())


def _signed_data(signer: ApkSigner, content: bytes) -> bytes:
    """PKCS #7 ``SignedData`` (RFC 2315, 9.1) without the content and without attributes, the same bytes each time."""
    certificate = signer.chain[0]
    issuer = certificate.issuer.public_bytes(serialization.Encoding.DER)
    digest_algorithm = der(SEQUENCE, oid(SHA256), der(NULL))
    is_rsa = isinstance(signer.key, rsa.RSAPrivateKey)
    algorithm = der(SEQUENCE, oid(RSA_ENCRYPTION), der(NULL)) if is_rsa else der(SEQUENCE, oid(ECDSA_SHA256))
    signer_info = der(
        SEQUENCE,
        integer(1),
        der(SEQUENCE, issuer, integer(certificate.serial_number)),
        digest_algorithm,
        algorithm,
        der(OCTETS, signer.sign(content, digest=hashes.SHA256())),
    )
    signed = der(
        SEQUENCE,
        integer(1),
        der(SET, digest_algorithm),
        der(SEQUENCE, oid(ID_DATA)),
        der(CONTEXT_0, *signer.certificates),
        der(SET, signer_info),
    )
    return der(SEQUENCE, oid(ID_SIGNED_DATA), der(CONTEXT_0, signed))
