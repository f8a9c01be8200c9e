"""Making the values of APK Signature Scheme v2 and v3 (source.android.com/docs/security/features/apksigning)."""

from __future__ import annotations

import struct
from collections.abc import Iterable, Mapping

from pinfuse.android.signing.block import V2, V3, pack_block
from pinfuse.android.signing.keys import ApkSigner

STRIPPING_PROTECTION, SCHEME_V3 = 0xBEEFF00D, 3
"""Attribute of v2: a newer scheme signed this file too, so that nobody can take it away unseen."""
V3_SINCE, V3_UNTIL = 28, 0x7FFF_FFFF
"""API levels on which the v3 signer counts; before 28 the system knows v2 only."""


def prefixed(data: bytes) -> bytes:
    """``data`` behind its length (u32, little endian), as all parts of the schemes stand."""
    return struct.pack("<I", len(data)) + data


def sequence(items: Iterable[bytes]) -> bytes:
    """Length-prefixed items behind the length of all."""
    return prefixed(b"".join(map(prefixed, items)))


def sign_block(signer: ApkSigner, digests: Mapping[str, bytes]) -> bytes:
    """The whole APK Signing Block with v2 and v3 of one signer; ``digests`` by name, as `ContentDigest` gives them."""
    algorithm = signer.algorithm
    digest = struct.pack("<I", algorithm.id) + prefixed(digests[algorithm.content_digest])
    head = sequence([digest]) + sequence(signer.certificates)
    attribute = struct.pack("<II", STRIPPING_PROTECTION, SCHEME_V3)
    levels = struct.pack("<II", V3_SINCE, V3_UNTIL)
    v2 = _signer_block(signer, head + sequence([attribute]), b"")
    v3 = _signer_block(signer, head + levels + sequence([]), levels)
    return pack_block([(V2, sequence([v2])), (V3, sequence([v3]))])


def _signer_block(signer: ApkSigner, signed_data: bytes, levels: bytes) -> bytes:
    signature = struct.pack("<I", signer.algorithm.id) + prefixed(signer.sign(signed_data))
    return prefixed(signed_data) + levels + sequence([signature]) + prefixed(signer.public_key_der)
