"""Blobs of a code signature: magic, length, content; and the SuperBlob that holds them (XNU: ``cs_blobs.h``).

All numbers are big endian.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping
from enum import IntEnum

from pinfuse.errors import DamagedApp

HEADER = struct.Struct(">II")
INDEX = struct.Struct(">II")
MOST_BLOBS = 64


class Magic(IntEnum):
    """What a blob is."""

    REQUIREMENT = 0xFADE0C00
    REQUIREMENTS = 0xFADE0C01
    CODE_DIRECTORY = 0xFADE0C02
    SIGNATURE = 0xFADE0CC0
    """The SuperBlob itself."""
    ENTITLEMENTS = 0xFADE7171
    ENTITLEMENTS_DER = 0xFADE7172
    CMS = 0xFADE0B01


class Slot(IntEnum):
    """Where a blob stands in the SuperBlob; below `ALTERNATE` also the number of its hash in the CodeDirectory."""

    CODE_DIRECTORY = 0
    INFO = 1
    """Info.plist: hashed, not in the signature."""
    REQUIREMENTS = 2
    RESOURCES = 3
    """_CodeSignature/CodeResources: hashed, not in the signature."""
    ENTITLEMENTS = 5
    ENTITLEMENTS_DER = 7
    ALTERNATE = 0x1000
    """CodeDirectories with another digest, up to five."""
    CMS = 0x10000


def blob(magic: Magic, content: bytes) -> bytes:
    """A blob with its header."""
    return HEADER.pack(magic, HEADER.size + len(content)) + content


def super_blob(blobs: Mapping[int, bytes]) -> bytes:
    """The whole signature: slot → blob, in ascending order of the slots."""
    at, index, body = HEADER.size + 4 + len(blobs) * INDEX.size, b"", b""
    for slot, data in sorted(blobs.items()):
        index += INDEX.pack(slot, at + len(body))
        body += data
    return blob(Magic.SIGNATURE, len(blobs).to_bytes(4, "big") + index + body)


def read_super_blob(data: bytes, where: str) -> dict[int, bytes]:
    """Slot → blob of a signature, which may be followed by padding; raises `DamagedApp` for anything else."""
    if len(data) < HEADER.size + 4:
        raise DamagedApp("its code signature is cut short", where=where)
    magic, size, count = struct.unpack_from(">III", data)
    if magic != Magic.SIGNATURE or not HEADER.size + 4 <= size <= len(data):
        raise DamagedApp("its code signature is none", where=where)
    if count > MOST_BLOBS or HEADER.size + 4 + count * INDEX.size > size:
        raise DamagedApp("the index of its code signature is cut short", where=where)
    found: dict[int, bytes] = {}
    for number in range(count):
        slot, at = INDEX.unpack_from(data, HEADER.size + 4 + number * INDEX.size)
        if at + HEADER.size > size:
            raise DamagedApp(f"blob {number} of its code signature lies outside of it", where=where)
        length = HEADER.unpack_from(data, at)[1]
        if length < HEADER.size or at + length > size or slot in found:
            raise DamagedApp(f"blob {number} of its code signature lies outside of it, or is there twice", where=where)
        found[slot] = data[at : at + length]
    return found
