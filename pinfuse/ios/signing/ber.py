"""BER to DER (X.690): Apple writes CMS with indefinite lengths and strings in pieces, `pinfuse.x509.der` reads DER."""

from __future__ import annotations

from pinfuse.signing.der import OCTETS, der

CONSTRUCTED, HIGH_TAG, INDEFINITE = 0x20, 0x1F, 0x80
DEEPEST, MOST_LENGTH_BYTES = 32, 4
END = b"\0\0"


def to_der(data: bytes) -> bytes:
    """The first element of ``data``, in DER as far as lengths and octet strings go; what is so already stays as it is.

    Raises `ValueError` with words for what is cut short, too deep or no BER.
    """
    return _element(data, 0, len(data), 0)[0]


def _element(data: bytes, at: int, end: int, depth: int) -> tuple[bytes, int]:
    """The element at ``at`` in DER, and the offset behind it."""
    if depth > DEEPEST:
        raise ValueError(f"more than {DEEPEST} elements inside of each other")
    if at + 2 > end or data[at] & HIGH_TAG == HIGH_TAG:
        raise ValueError(f"cut short, or with a tag that is not used here, at offset {at}")
    tag, length, start = data[at], data[at + 1], at + 2
    if length == INDEFINITE:
        if not tag & CONSTRUCTED:
            raise ValueError(f"an indefinite length without parts at offset {at}")
        parts, stop = _parts(data, start, end, depth, True)
        return _joined(tag, parts), stop
    if length > INDEFINITE:
        count = length - INDEFINITE
        if count > MOST_LENGTH_BYTES or start + count > end:
            raise ValueError(f"a length that cannot be at offset {at}")
        length, start = int.from_bytes(data[start : start + count], "big"), start + count
    stop = start + length
    if stop > end:
        raise ValueError(f"cut short at offset {at}")
    if tag & CONSTRUCTED:
        parts, _ = _parts(data, start, stop, depth, False)
        if tag == OCTETS | CONSTRUCTED or sum(map(len, parts)) != length or b"".join(parts) != data[start:stop]:
            return _joined(tag, parts), stop
    return data[at:stop], stop


def _parts(data: bytes, at: int, end: int, depth: int, until_end: bool) -> tuple[list[bytes], int]:
    parts: list[bytes] = []
    while at < end:
        if until_end and data[at : at + 2] == END:
            return parts, at + 2
        part, at = _element(data, at, end, depth + 1)
        parts.append(part)
    if until_end:
        raise ValueError(f"no end of the contents before offset {end}")
    return parts, at


def _joined(tag: int, parts: list[bytes]) -> bytes:
    if tag != OCTETS | CONSTRUCTED:
        return der(tag, *parts)
    if any(part[0] != OCTETS for part in parts):
        raise ValueError("an octet string of something else than octet strings")
    return der(OCTETS, *map(_contents, parts))


def _contents(part: bytes) -> bytes:
    return part[2:] if part[1] < INDEFINITE else part[2 + part[1] - INDEFINITE :]
