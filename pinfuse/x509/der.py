"""As much DER (X.690) as it takes to find the exact bytes of a certificate's parts.

A library that parses a key and writes it again may change it (absent NULL parameters, point compression), and a pin
is a hash of the bytes as they stand.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

BOOLEAN = 0x01
INTEGER = 0x02
OCTET_STRING = 0x04
OID = 0x06
SEQUENCE = 0x30
EXPLICIT_0 = 0xA0
EXPLICIT_3 = 0xA3
SHORT_FORM = 0x80
"""First length byte from which on it tells how many length bytes follow (X.690, 8.1.3.5)."""
MOST_LENGTH_BYTES = 4
MOST_EXTENSIONS = 64
"""As the stub (``x509.c``)."""


@dataclass(frozen=True, slots=True)
class Element:
    """One element: its tag, its contents, and ``whole``, tag and length included."""

    tag: int
    contents: bytes
    whole: bytes


@dataclass(frozen=True, slots=True)
class Parts:
    """Parts of a certificate (RFC 5280, 4.1), each exactly as encoded."""

    issuer: bytes
    subject: bytes
    spki: bytes
    extensions: Mapping[bytes, bytes]
    """Contents of the extension's OID → contents of its OCTET STRING."""
    algorithms_agree: bool = True
    """The signature's algorithm stands in it twice, and must be the same (RFC 5280, 4.1.1.2)."""


def read(data: bytes, at: int = 0) -> tuple[Element, int]:
    """The element at ``at`` and the offset after it; raises `ValueError` when it is cut short or not DER."""
    if at + 2 > len(data):
        raise ValueError(f"cut short at offset {at}")
    tag, length, start = data[at], data[at + 1], at + 2
    if length >= SHORT_FORM:
        count = length - SHORT_FORM
        if not 1 <= count <= MOST_LENGTH_BYTES or start + count > len(data):
            raise ValueError(f"a length that DER does not allow at offset {at}")
        length = int.from_bytes(data[start : start + count], "big")
        start += count
    end = start + length
    if end > len(data):
        raise ValueError(f"cut short at offset {at}")
    return Element(tag, data[start:end], data[at:end]), end


def children(contents: bytes, most: int = 1 << 16) -> list[Element]:
    """The elements inside ``contents``, at most ``most``; raises `ValueError` as `read` does."""
    found: list[Element] = []
    at = 0
    while at < len(contents) and len(found) < most:
        element, at = read(contents, at)
        found.append(element)
    return found


def certificate_parts(der: bytes) -> Parts:
    """The parts of a certificate; raises `ValueError` for anything else."""
    outer, end = read(der)
    if outer.tag != SEQUENCE or end != len(der):
        raise ValueError("not one DER sequence")
    whole = children(outer.contents, 3)
    body = children(whole[0].contents) if whole else []
    fields = body[1:] if body and body[0].tag == EXPLICIT_0 else body
    # serial, signature, issuer, validity, subject, subjectPublicKeyInfo
    if len(fields) < 6 or [f.tag for f in fields[:6]] != [INTEGER, *[SEQUENCE] * 5]:
        raise ValueError("not the parts of a certificate (RFC 5280, 4.1)")
    agree = len(whole) > 1 and whole[1].whole == fields[1].whole
    tagged = next((field for field in fields[6:] if field.tag == EXPLICIT_3), None)
    extensions = _extensions(tagged.contents) if tagged else {}
    return Parts(fields[2].whole, fields[4].whole, fields[5].whole, extensions, agree)


def _extensions(tagged: bytes) -> dict[bytes, bytes]:
    found: dict[bytes, bytes] = {}
    for extension in children(read(tagged)[0].contents, MOST_EXTENSIONS + 1):
        fields = children(extension.contents)
        if len(fields) < 2 or fields[0].tag != OID or fields[-1].tag != OCTET_STRING:
            raise ValueError("an extension without identifier or value (RFC 5280, 4.1)")
        if fields[0].contents in found or len(found) == MOST_EXTENSIONS:
            raise ValueError("an extension stands in it twice, or there are too many (RFC 5280, 4.2)")
        found[fields[0].contents] = fields[-1].contents
    return found
