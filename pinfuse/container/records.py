"""The records of a ZIP file (PKWARE APPNOTE 6.3.10)."""

from __future__ import annotations

import struct
from dataclasses import dataclass

LOCAL_MAGIC, CENTRAL_MAGIC, END_MAGIC, DESCRIPTOR_MAGIC = b"PK\3\4", b"PK\1\2", b"PK\5\6", b"PK\7\x08"
ZIP64_LOCATOR_MAGIC = b"PK\6\7"
LOCAL = struct.Struct("<4sHHHHHIIIHH")
CENTRAL = struct.Struct("<4sHHHHHHIIIHHHHHII")
END = struct.Struct("<4sHHHHIIH")
ZIP64_LOCATOR_SIZE = 20
LONGEST_COMMENT = 0xFFFF
STORED, DEFLATED = 0, 8
MADE_ON_UNIX = 3
"""Upper byte of "version made by": the upper half of the external attributes is a Unix mode (APPNOTE 4.4.2)."""
ENCRYPTED, HAS_DESCRIPTOR, UTF8 = 0x0001, 0x0008, 0x0800
EXTRA_ALIGNMENT = 0xD935
"""Extra field: alignment as AOSP's apksig writes it (APPNOTE 4.5.3)."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry as the central directory has it, and where its payload lies."""

    name: str
    raw_name: bytes
    method: int
    flags: int
    time: int
    date: int
    crc: int
    compressed: int
    size: int
    version_made: int
    version_needed: int
    internal: int
    external: int
    local_offset: int
    payload_offset: int
    extra: bytes = b""
    comment: bytes = b""
    record_end: int = 0
    """Where its local record ends: behind the payload, and behind the data descriptor where there is one."""

    @property
    def is_stored(self) -> bool:
        """True for a payload without compression."""
        return self.method == STORED

    @property
    def mode(self) -> int:
        """Type and permissions as Unix has them; 0 where the archive was not made on one."""
        return self.external >> 16 if self.version_made >> 8 == MADE_ON_UNIX else 0


@dataclass(frozen=True, slots=True)
class End:
    """The end record: where the central directory lies, and the comment of the archive."""

    offset: int
    count: int
    directory_size: int
    directory_offset: int
    comment: bytes
