"""PEM (RFC 7468) of one certificate."""

from __future__ import annotations

import base64

WIDTH = 64


def to_pem(der: bytes) -> bytes:
    """The certificate as PEM text."""
    text = base64.b64encode(der).decode()
    lines = (text[at : at + WIDTH] for at in range(0, len(text), WIDTH))
    return ("-----BEGIN CERTIFICATE-----\n" + "\n".join(lines) + "\n-----END CERTIFICATE-----\n").encode()
