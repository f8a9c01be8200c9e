"""DER written (X.690): as much as signatures and entitlements take. `pinfuse.x509.der` reads it."""

from __future__ import annotations

BOOLEAN, INTEGER, OCTETS, NULL, OID, UTF8, UTC_TIME, GENERALIZED_TIME = 0x01, 0x02, 0x04, 0x05, 0x06, 0x0C, 0x17, 0x18
SEQUENCE, SET, CONTEXT_0 = 0x30, 0x31, 0xA0


def der(tag: int, *parts: bytes) -> bytes:
    """One element around its parts."""
    body = b"".join(parts)
    if len(body) < 0x80:
        return bytes([tag, len(body)]) + body
    size = (len(body).bit_length() + 7) // 8
    return bytes([tag, 0x80 | size]) + len(body).to_bytes(size, "big") + body


def integer(value: int) -> bytes:
    """An INTEGER, negative ones too."""
    bits = (value if value >= 0 else ~value).bit_length()
    return der(INTEGER, value.to_bytes(bits // 8 + 1, "big", signed=True))


def oid(text: str) -> bytes:
    """An OBJECT IDENTIFIER."""
    first, second, *rest = map(int, text.split("."))
    body = bytes([40 * first + second])
    for number in rest:
        digits = [number & 0x7F]
        while number := number >> 7:
            digits.append(number & 0x7F | 0x80)
        body += bytes(reversed(digits))
    return der(OID, body)
