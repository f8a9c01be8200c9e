"""What a file holds: certificates, and the things people keep beside them, told apart by their bytes.

Private keys, key stores and the rest are named so that they can be pointed out; nothing of them is ever kept.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from dataclasses import dataclass
from pathlib import Path

from pinfuse.errors import PinError
from pinfuse.x509.der import INTEGER, OCTET_STRING, OID, SEQUENCE, certificate_parts, children, read

LARGEST_FILE = 4 << 20
"""Bytes; more is no file of certificates."""
PEM_START = b"-----BEGIN "
PEM_LABEL = re.compile(rb"([A-Z0-9 ]{1,40})-----")
CERTIFICATE_LABELS = ("CERTIFICATE", "X509 CERTIFICATE")
"""RFC 7468, section 5; the second is OpenSSL's older word."""
PKCS7_SIGNED = bytes.fromhex("2a864886f70d010702")
"""1.2.840.113549.1.7.2 (RFC 5652, 5.1)."""
PKCS12_VERSION = b"\x03"
"""RFC 7292, section 4."""
JKS_MAGIC = b"\xfe\xed\xfe\xed"

PRIVATE_KEY = "a private key"
KEY_STORE = "a key store (PKCS#12)"
PKCS7 = "a PKCS#7 bundle"
REMEDIES = {
    PRIVATE_KEY: "it is never read into the app; keep it away from the folder of pins",
    KEY_STORE: "take the certificate out: openssl pkcs12 -in FILE -nokeys -clcerts -out cert.pem",
    PKCS7: "this version does not read it yet: openssl pkcs7 -in FILE -print_certs -out certs.pem",
    "a certificate request": "give the certificate that was issued for it",
    "a Java key store": "take the certificate out: keytool -exportcert -rfc -file cert.pem",
    "a revocation list": "it pins nothing",
    "an OpenSSL trusted certificate": "turn it into a plain one: openssl x509 -in FILE -out cert.pem",
    "a PEM block that is broken": "make the file again",
    "nothing that pinfuse knows": "give a PEM or DER certificate",
}
"""What a thing that is no certificate is called → what helps."""
LABELS = {
    "CERTIFICATE REQUEST": "a certificate request",
    "NEW CERTIFICATE REQUEST": "a certificate request",
    "PKCS7": PKCS7,
    "CMS": PKCS7,
    "X509 CRL": "a revocation list",
    "TRUSTED CERTIFICATE": "an OpenSSL trusted certificate",
}
"""PEM label (RFC 7468) → what it is called."""


@dataclass(frozen=True, slots=True)
class Other:
    """Something that is no certificate: what it is, and what helps."""

    kind: str
    todo: str

    @property
    def is_private(self) -> bool:
        """True for a private key."""
        return self.kind == PRIVATE_KEY


@dataclass(frozen=True, slots=True)
class Contents:
    """Certificates (DER, unparsed, in the file's order, each once) and whatever else was seen."""

    certificates: tuple[bytes, ...] = ()
    others: tuple[Other, ...] = ()


def read_file(path: Path) -> Contents:
    """Sort what a file holds; raises `PinError` when it is too large, `OSError` as the system gives it."""
    with path.open("rb") as file:
        data = file.read(LARGEST_FILE + 1)
    if len(data) > LARGEST_FILE:
        raise PinError("it is too large for a file of certificates", where=path.name, todo="give PEM or DER files")
    return sort_contents(data)


def sort_contents(data: bytes) -> Contents:
    """Tell apart what ``data`` holds: PEM blocks in any text, else one DER value."""
    return _sort_pem(data) if PEM_START in data else _sort_der(data)


def _sort_pem(data: bytes) -> Contents:
    certificates: dict[bytes, None] = {}
    others: dict[Other, None] = {}
    for part in data.split(PEM_START)[1:]:
        label, body = _block(part)
        der = _decode(body)
        if label not in CERTIFICATE_LABELS:
            others[_labelled(label, der)] = None
        elif der is None:
            others[_other("a PEM block that is broken")] = None
        else:
            certificates[der] = None
    return Contents(tuple(certificates), tuple(others))


def _block(part: bytes) -> tuple[str, bytes]:
    """Label and base64 of what follows ``-----BEGIN``; no base64 when the block has no end."""
    found = PEM_LABEL.match(part)
    if not found:
        return "", b""
    body, end, _ = part[found.end() :].partition(b"-----END " + found[1] + b"-----")
    return found[1].decode("ascii"), body if end else b""


def _decode(body: bytes) -> bytes | None:
    try:
        return base64.b64decode(b"".join(body.split()), validate=True) or None
    except binascii.Error:
        return None


def _labelled(label: str, der: bytes | None) -> Other:
    if label.endswith("PRIVATE KEY"):
        return _other(PRIVATE_KEY)
    if label == "PUBLIC KEY" and der is not None:
        return _public_key(der)
    return _other(LABELS.get(label, "nothing that pinfuse knows"))


def _public_key(der: bytes) -> Other:
    pin = base64.b64encode(hashlib.sha256(der).digest()).decode("ascii")
    return Other("a public key", f"pin it as HOST=sha256/{pin}")


def _sort_der(data: bytes) -> Contents:
    try:
        certificate_parts(data)
        return Contents((data,))
    except ValueError:
        return Contents((), (_other(_kind_of_der(data)),))


def _kind_of_der(data: bytes) -> str:
    """What a file that is no certificate looks like, by its outermost fields."""
    if data.startswith(JKS_MAGIC):
        return "a Java key store"
    try:
        outer, _ = read(data)
        fields = children(outer.contents, 4)
    except ValueError:
        return "nothing that pinfuse knows"
    tags = [field.tag for field in fields]
    if outer.tag != SEQUENCE or not fields:
        return "nothing that pinfuse knows"
    if tags[0] == OID and fields[0].contents == PKCS7_SIGNED:
        return PKCS7
    if tags[:2] == [INTEGER, SEQUENCE] and fields[0].contents == PKCS12_VERSION:
        return KEY_STORE
    return PRIVATE_KEY if _is_private_key(tags, fields[0].contents) else "nothing that pinfuse knows"


PRIVATE_SHAPES: tuple[tuple[list[int], bytes], ...] = (
    ([INTEGER, SEQUENCE, OCTET_STRING], b"\x00"),  # PKCS#8 (RFC 5208, section 5)
    ([INTEGER, SEQUENCE, OCTET_STRING], b"\x01"),  # OneAsymmetricKey (RFC 5958, section 2)
    ([INTEGER, INTEGER, INTEGER, INTEGER], b"\x00"),  # PKCS#1 RSA (RFC 8017, A.1.2) and DSA
    ([INTEGER, OCTET_STRING], b"\x01"),  # SEC 1 EC (RFC 5915, section 3)
)
"""First tags and version of the encodings of private keys."""


def _is_private_key(tags: list[int], first: bytes) -> bool:
    plain = any(tags[: len(shape)] == shape and first == version for shape, version in PRIVATE_SHAPES)
    return plain or tags == [SEQUENCE, OCTET_STRING]  # EncryptedPrivateKeyInfo (RFC 5208, section 6)


def _other(kind: str) -> Other:
    return Other(kind, REMEDIES[kind])
