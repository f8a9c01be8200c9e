"""The ``sha256/BASE64=`` form of a public-key pin (RFC 7469, OkHttp, Android's network security config)."""

from __future__ import annotations

import base64
import binascii
import re

from pinfuse.errors import PinError

PREFIX = "sha256/"
DIGEST_BYTES = 32
BASE64_CHARACTERS = 43
"""Of 32 bytes, without the one padding character."""
HEX = re.compile(r"[0-9a-fA-F]{64}")
OTHER_DIGEST = re.compile(r"(sha-?\d+|md5)[/:]", re.IGNORECASE)
FORM = "write sha256/ and the 44 base64 characters of the SHA-256 of the public key (SubjectPublicKeyInfo)"


def looks_like_hash(text: str) -> bool:
    """True for text that means to be a hash, well formed or not."""
    return bool(OTHER_DIGEST.match(text)) or bool(HEX.fullmatch(text.replace(":", "")))


def format_hash(digest: bytes) -> str:
    """``sha256/BASE64=`` of 32 bytes."""
    return PREFIX + base64.b64encode(digest).decode("ascii")


def parse_hash(text: str, *, where: str) -> bytes:
    """The 32 bytes of ``sha256/BASE64=``; raises `PinError`.

    Padding may be missing and the URL-safe alphabet is read: both leave only one meaning.
    """
    digits = text.removeprefix(PREFIX).replace(":", "")
    if HEX.fullmatch(digits):
        raise PinError(
            "a pin is written in base64, not in hex",
            where=where,
            todo=f"if it is the SHA-256 of a public key, and not of a certificate, write "
            f"{format_hash(bytes.fromhex(digits))}",
        )
    if not text.startswith(PREFIX):
        raise PinError(f"{text[:20]!r}… is not a SHA-256 pin", where=where, todo=FORM)
    body = text.removeprefix(PREFIX)
    bare = body.removesuffix("=").replace("-", "+").replace("_", "/")
    try:
        digest = base64.b64decode(bare + "=", validate=True)
    except binascii.Error as error:
        raise PinError("what follows sha256/ is not base64 of 32 bytes", where=where, todo=FORM) from error
    if len(digest) != DIGEST_BYTES or format_hash(digest) != f"{PREFIX}{bare}=":
        raise PinError(f"what follows sha256/ is {_length(body)}, not 32 bytes", where=where, todo=FORM)
    return digest


def _length(body: str) -> str:
    return f"{len(body)} characters" if len(body.rstrip("=")) != BASE64_CHARACTERS else "base64 with stray bits"
