"""The Team ID in the code signature of a Mach-O slice: replaced by another, to see that the stub minds it.

Source: XNU, ``osfmk/kern/cs_blobs.h``. Pages and signature no longer agree then, which only a phone would check.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator

from pinfuse.vault import VaultClosed, open_well
from pinfuse.vault.seal import WELL_SIZES

HEADER_SIZE, COUNT_AT = 32, 16
LC_CODE_SIGNATURE = 0x1D
SUPER_BLOB, DIRECTORY = 0xFADE0CC0, 0xFADE0C02
VERSION_AT, TEAM_AT, WITH_TEAM = 8, 48, 0x20200
MOST = 4096


def is_bound(data: bytes, well_at: int, package: str) -> bool:
    """Whether the vault in a stub opens for nobody but who has signed it; no team is needed for the others."""
    for size in WELL_SIZES:
        try:
            open_well(data[well_at : well_at + size], package, ())
            return False
        except VaultClosed:
            continue
    return True


def other_team(data: bytes) -> bytes | None:
    """The slice as if another team had signed it; None where its signature names no team."""
    places = list(_teams(data))
    if not places:
        return None
    changed = bytearray(data)
    for at in places:
        changed[at] ^= 1
    return bytes(changed)


def _teams(data: bytes) -> Iterator[int]:
    """Where the team begins in each CodeDirectory; nothing for what is no signature."""
    try:
        start = _signature(data)
        magic, _, count = struct.unpack_from(">III", data, start)
        if magic != SUPER_BLOB:
            return
        for number in range(min(count, MOST)):
            blob = start + struct.unpack_from(">II", data, start + 12 + 8 * number)[1]
            if struct.unpack_from(">I", data, blob)[0] != DIRECTORY:
                continue
            version, team = (struct.unpack_from(">I", data, blob + at)[0] for at in (VERSION_AT, TEAM_AT))
            if version >= WITH_TEAM and team and data[blob + team] > 1:
                yield blob + team
    except (struct.error, IndexError):
        return


def _signature(data: bytes) -> int:
    at = HEADER_SIZE
    for _ in range(min(struct.unpack_from("<I", data, COUNT_AT)[0], MOST)):
        kind, size = struct.unpack_from("<II", data, at)
        if kind == LC_CODE_SIGNATURE:
            return int(struct.unpack_from("<I", data, at + 8)[0])
        at += max(size, 8)
    return len(data)
