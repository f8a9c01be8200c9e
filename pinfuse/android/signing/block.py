"""The APK Signing Block between entries and central directory (AOSP apksig, ``ApkSigningBlockUtils.java``)."""

from __future__ import annotations

import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from pinfuse.container.reader import Archive
from pinfuse.errors import DamagedApp

V2, V3, V31, PADDING = 0x7109871A, 0xF05368C0, 0x1B93AD61, 0x42726577
KNOWN = {
    V2: "v2",
    V3: "v3",
    V31: "v3.1",
    PADDING: "padding",
    0x504B4453: "dependencies of the build (Google Play)",
    0x2146444E: "Play's frosting",
    0x2B09189E: "source stamp",
    0x6DFF800D: "source stamp v2",
    0x71777777: "channel (Walle)",
}
ALIGNMENT = 4096
"""The block begins and ends on a page, for fs-verity."""
LARGEST = 32 << 20
SIGNING_BLOCK_MAGIC = b"APK Sig Block 42"
SIGNING_BLOCK_FOOT = 24
"""u64 size and the magic close the block."""


@dataclass(frozen=True, slots=True)
class SigningBlock:
    """Where the block begins in the file, and its values by id, in their order."""

    offset: int
    pairs: tuple[tuple[int, bytes], ...]

    def value(self, id_: int) -> bytes | None:
        """The first value with this id, as the system takes it."""
        return next((value for one, value in self.pairs if one == id_), None)


def read_block(archive: Archive) -> SigningBlock | None:
    """The signing block of an archive; None when it has none. Raises `DamagedApp`."""
    end = archive.end.directory_offset
    if end < SIGNING_BLOCK_FOOT + 8:
        return None
    foot = archive.pread(end - SIGNING_BLOCK_FOOT, SIGNING_BLOCK_FOOT)
    if foot[8:] != SIGNING_BLOCK_MAGIC:
        return None
    (size,) = struct.unpack_from("<Q", foot)
    where = f"{archive.name}, APK Signing Block"
    if not SIGNING_BLOCK_FOOT <= size <= min(LARGEST, end - 8):
        raise DamagedApp(f"it says that it has {size} bytes", where=where)
    offset = end - size - 8
    data = archive.pread(offset, size + 8)
    if struct.unpack_from("<Q", data)[0] != size:
        raise DamagedApp("its two sizes differ", where=where)
    return SigningBlock(offset, tuple(_pairs(data[8:-SIGNING_BLOCK_FOOT], where)))


def _pairs(data: bytes, where: str) -> Iterator[tuple[int, bytes]]:
    at = 0
    while at < len(data):
        if at + 12 > len(data):
            raise DamagedApp("a pair is cut short", where=where)
        size, id_ = struct.unpack_from("<QI", data, at)
        if not 4 <= size <= len(data) - at - 8:
            raise DamagedApp(f"a pair of {size} bytes does not fit", where=where)
        yield id_, data[at + 12 : at + 8 + size]
        at += 8 + size


def pack_block(pairs: Sequence[tuple[int, bytes]]) -> bytes:
    """The whole block, padded to a multiple of ``ALIGNMENT`` as apksigner does."""
    body = b"".join(struct.pack("<QI", 4 + len(value), id_) + value for id_, value in pairs)
    bare = 8 + len(body) + SIGNING_BLOCK_FOOT
    padding = -bare % ALIGNMENT
    if padding:
        padding += ALIGNMENT if padding < 12 else 0
        body += struct.pack("<QI", padding - 8, PADDING) + bytes(padding - 12)
    size = struct.pack("<Q", len(body) + SIGNING_BLOCK_FOOT)
    return size + body + size + SIGNING_BLOCK_MAGIC
