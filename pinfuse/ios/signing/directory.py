"""The CodeDirectory: hashes of every page of a Mach-O and of what else the signature stands for (XNU: ``cs_blobs.h``).

Version 0x20400 is built, with SHA-256, which iOS 15 and later ask for, and with SHA-1, which iOS 10 and before read;
older ones are read.
"""

from __future__ import annotations

import hashlib
import struct
from collections.abc import Mapping
from dataclasses import dataclass, field

from pinfuse.errors import DamagedApp
from pinfuse.ios.signing.blobs import HEADER, Magic, blob

VERSION = 0x20400
FIELDS = struct.Struct(">IIIIIIIBBBBIIIIQQQQ")
"""After magic and length: version, flags, hashOffset, identOffset, nSpecialSlots, nCodeSlots, codeLimit, hashSize,
hashType, platform, pageSize, spare2, scatterOffset, teamOffset, spare3, codeLimit64, execSegBase, execSegLimit,
execSegFlags."""
SHA1, SHA256 = "sha1", "sha256"
KIND_OF, SIZE_OF = {SHA1: 1, SHA256: 2}, {SHA1: 20, SHA256: 32}
DIGESTS = {kind: name for name, kind in KIND_OF.items()}
FIRST, LAST, VERSION_MASK = 0x20001, 0x206FF, 0xFFF00
SIZES = {0x20000: 44, 0x20100: 48, 0x20200: 52, 0x20300: 64, VERSION: 88}
"""Version → bytes of blob header and fields; later versions only append."""
MOST_SHIFT = 24
SHORTEST, IDENTIFIER_AT, TEAM_AT, FIRST_WITH_TEAM = 44, 20, 48, 0x20200
"""Size of the oldest form's fields; offsets of two of them; the version that has a Team ID."""
PAGE_SHIFT = 12
PAGE = 1 << PAGE_SHIFT
ADHOC = 0x2
"""CS_ADHOC: signed by nobody."""
MAIN_BINARY, ALLOW_UNSIGNED = 0x1, 0x10
"""CS_EXECSEG_MAIN_BINARY; CS_EXECSEG_ALLOW_UNSIGNED, which get-task-allow brings."""


@dataclass(frozen=True, slots=True)
class CodeDirectory:
    """Everything in a CodeDirectory but the hashes of the code."""

    identifier: str
    team: str = ""
    flags: int = 0
    special: Mapping[int, bytes] = field(default_factory=dict)
    """Slot → hash of what it stands for; numbers without one are zeros."""
    exec_base: int = 0
    exec_limit: int = 0
    """Offset and size in the file of the segment ``__TEXT``, in bytes."""
    exec_flags: int = 0


def build(directory: CodeDirectory, code: bytes | memoryview, digest: str = SHA256) -> bytes:
    """The blob for ``code``: everything of the slice that comes before its signature."""
    size, kind = SIZE_OF[digest], KIND_OF[digest]
    identifier = directory.identifier.encode() + b"\0"
    team = directory.team.encode() + b"\0" if directory.team else b""
    start = HEADER.size + FIELDS.size
    last = max(directory.special, default=0)
    special = b"".join(directory.special.get(slot, bytes(size)) for slot in range(last, 0, -1))
    pages = [hashed(digest, code[at : at + PAGE]) for at in range(0, len(code), PAGE)]
    hashes = start + len(identifier) + len(team) + len(special)
    fields = FIELDS.pack(
        VERSION, directory.flags, hashes, start, last, len(pages), len(code), size, kind, 0, PAGE_SHIFT, 0,
        0, start + len(identifier) if team else 0, 0, 0, directory.exec_base, directory.exec_limit,
        directory.exec_flags,
    )  # fmt: skip
    return blob(Magic.CODE_DIRECTORY, fields + identifier + team + special + b"".join(pages))


def size(directory: CodeDirectory, length: int, digest: str = SHA256) -> int:
    """Bytes of the blob for so many bytes of code."""
    return len(build(directory, b"", digest)) + -(-length // PAGE) * SIZE_OF[digest]


def hashed(digest: str, data: bytes | memoryview) -> bytes:
    """A hash by its name, ``sha1`` or ``sha256``."""
    return hashlib.new(digest, data, usedforsecurity=False).digest()


def names(data: bytes, where: str) -> tuple[str, str]:
    """Identifier and Team ID of a CodeDirectory of any version, empty where it has none; raises `DamagedApp`."""
    if len(data) < SHORTEST or HEADER.unpack_from(data)[0] != Magic.CODE_DIRECTORY:
        return "", ""
    version, team = version_of(data)[0], 0
    if version >= FIRST_WITH_TEAM and len(data) >= TEAM_AT + 4:
        team = int.from_bytes(data[TEAM_AT : TEAM_AT + 4], "big")
    identifier = int.from_bytes(data[IDENTIFIER_AT : IDENTIFIER_AT + 4], "big")
    return _text(data, identifier, where), _text(data, team, where) if team else ""


def version_of(data: bytes) -> tuple[int, int]:
    """Version and digest (2: SHA-256) of a CodeDirectory blob; (0, 0) for another blob."""
    if len(data) < HEADER.size + 30 or HEADER.unpack_from(data)[0] != Magic.CODE_DIRECTORY:
        return 0, 0
    return int.from_bytes(data[8:12], "big"), data[37]


@dataclass(frozen=True, slots=True)
class Parsed:
    """A CodeDirectory of any version as read."""

    told: CodeDirectory
    """Its ``special`` hashes are made with ``digest``; fields that its version has not are 0 or empty."""
    version: int
    digest: str
    """Name of the hash as `hashlib` knows it."""
    pages: tuple[bytes, ...]
    page: int
    """Bytes of a page."""
    limit: int
    """How many bytes of code the pages cover."""

    def hash(self, data: bytes) -> bytes:
        """As its own hashes are made."""
        return hashed(self.digest, data)


def parse(data: bytes, where: str) -> Parsed:
    """A CodeDirectory of any version, with SHA-1 or SHA-256; raises `DamagedApp` for one that is not as it must be."""
    version, kind = version_of(data)
    if not FIRST <= version <= LAST or kind not in DIGESTS:
        raise DamagedApp("its CodeDirectory has a version or digest that is not known", where=where)
    present = data[HEADER.size : HEADER.size + SIZES[min(version, VERSION) & VERSION_MASK] - HEADER.size]
    if len(present) < SHORTEST - HEADER.size:
        raise DamagedApp("its CodeDirectory is cut short", where=where)
    (_, flags, hashes, identifier, specials, count, limit, size, _, _, shift, _, _, team, _, _, base, exec_limit,
     exec_flags) = FIELDS.unpack(present.ljust(FIELDS.size, b"\0"))  # fmt: skip
    first, end = hashes - specials * size, hashes + count * size
    if size != SIZE_OF[DIGESTS[kind]] or first < SHORTEST or end > len(data):
        raise DamagedApp("the hashes of its CodeDirectory lie outside of it", where=where)
    if 0 < shift < PAGE_SHIFT:
        raise DamagedApp(f"its CodeDirectory has pages of {1 << shift} bytes", where=where)
    page = 1 << shift if shift <= MOST_SHIFT and shift else max(limit, 1)
    if count != -(-limit // page):
        raise DamagedApp(f"its CodeDirectory has {count} pages for {limit} bytes", where=where)
    special = {
        slot: digest
        for slot in range(1, specials + 1)
        if any(digest := data[hashes - slot * size : hashes - (slot - 1) * size]) or slot == specials
    }
    made = CodeDirectory(
        _text(data, identifier, where), _text(data, team, where) if team else "", flags, special, base, exec_limit,
        exec_flags,
    )  # fmt: skip
    pages = tuple(data[at : at + size] for at in range(hashes, end, size))
    return Parsed(made, version, DIGESTS[kind], pages, page, limit)


def read(data: bytes, where: str, digest: str = SHA256) -> tuple[CodeDirectory, tuple[bytes, ...], int]:
    """A CodeDirectory as `build` makes it, the hashes of its pages, and how many bytes of code they cover.

    Raises `DamagedApp` for one of another version or digest, or that is not as it must be.
    """
    if version_of(data) != (VERSION, KIND_OF[digest]):
        raise DamagedApp("its CodeDirectory has another version or digest", where=where)
    parsed = parse(data, where)
    if parsed.page != PAGE:
        raise DamagedApp("its CodeDirectory has pages of another size", where=where)
    return parsed.told, parsed.pages, parsed.limit


def _text(data: bytes, at: int, where: str) -> str:
    end = data.find(b"\0", at)
    if not SHORTEST <= at < len(data) or end < 0:
        raise DamagedApp("a name of its CodeDirectory lies outside of it", where=where)
    try:
        return data[at:end].decode()
    except UnicodeDecodeError as error:
        raise DamagedApp("a name of its CodeDirectory is not UTF-8", where=where) from error
