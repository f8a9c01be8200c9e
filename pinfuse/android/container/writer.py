"""Writing an APK: untouched payloads are copied byte for byte, local headers are written anew, stored data aligned.

Alignment is that of zipalign: 4 bytes, and 16 KiB for stored native libraries (AOSP
build/make/tools/zipalign/ZipAlign.cpp, ``-P 16``); the padding is the extra field 0xD935 of apksig.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace

from pinfuse.android.container import records as r
from pinfuse.android.container.reader import Archive
from pinfuse.android.container.records import Entry
from pinfuse.errors import UnsupportedApp

ALIGNMENT = 4
PAGE = 16384
"""Alignment of stored native libraries; pages of 16 KiB are the largest that Android runs on."""
ALIGNMENT_FIELD = 6
"""Bytes of an empty alignment field: id, size, alignment."""
NEW_TIME, NEW_DATE = 0x0821, 0x0221
"""1981-01-01 01:01:02, the date that Android's build tools give to every entry."""
VERSION_NEEDED = 20
LIBRARY = re.compile(r"lib/[^/]+/[^/]+\.so")
SIGNATURE_FILE = re.compile(r"META-INF/(MANIFEST\.MF|[^/]+\.(SF|RSA|DSA|EC)|SIG-[^/]*)", re.IGNORECASE)
"""What a JAR signature is made of (JAR File Specification, "Signed JAR File")."""
LEVEL = 5
"""Of deflate: on DEX files half a percent larger than the usual 6, in three quarters of the time."""
MOST_ENTRIES = 0xFFFE
LARGEST = 0xFFFF_FFFE

Sink = Callable[[bytes], object]


@dataclass(frozen=True, slots=True)
class NewEntry:
    """An entry with content of our own: ``payload`` is as it will be stored."""

    entry: Entry
    payload: bytes


Item = Entry | NewEntry


@dataclass(frozen=True, slots=True)
class Directory:
    """What follows the entries: the central directory, how many records it has, and the archive's comment."""

    data: bytes
    count: int
    comment: bytes

    def end_record(self, offset: int) -> bytes:
        """The end record for a central directory that stands at ``offset``."""
        size = len(self.data)
        if offset + size > LARGEST:
            raise UnsupportedApp("the output would be larger than 4 GiB, and Android installs no ZIP64 archive")
        fields = (r.END_MAGIC, 0, 0, self.count, self.count, size, offset, len(self.comment))
        return r.END.pack(*fields) + self.comment


def new_entry(name: str, content: bytes, *, stored: bool = False, like: Entry | None = None) -> NewEntry:
    """An entry that holds ``content``; time and attributes are those of ``like``, when it replaces one."""
    payload = content if stored else _deflate(content)
    method = r.STORED if stored else r.DEFLATED
    if like is None:
        raw = name.encode()
        flags = 0 if name.isascii() else r.UTF8
        like = Entry(name, raw, method, flags, NEW_TIME, NEW_DATE, 0, 0, 0, VERSION_NEEDED, VERSION_NEEDED, 0, 0, 0, 0)
    crc, sizes = zlib.crc32(content), (len(payload), len(content))
    return NewEntry(replace(like, method=method, crc=crc, compressed=sizes[0], size=sizes[1]), payload)


def is_signature(name: str) -> bool:
    """True for what an earlier signer wrote: JAR signature files and the source stamp."""
    return SIGNATURE_FILE.fullmatch(name) is not None or name == "stamp-cert-sha256"


def write_entries(source: Archive, items: Iterable[Item], sink: Sink) -> Directory:
    """Send headers and payloads of ``items`` to ``sink``; payloads of `Entry` come out of ``source``.

    Raises `UnsupportedApp` when the output would need ZIP64, `DamagedApp` when the source ends too early.
    """
    at, records = 0, []
    for item in items:
        entry = item.entry if isinstance(item, NewEntry) else item
        header = _local_header(entry, at)
        sink(header)
        if isinstance(item, NewEntry):
            sink(item.payload)
        else:
            for piece in source.payload(item):
                sink(piece)
        records.append(_central_record(entry, at))
        at += len(header) + entry.compressed
        if at > LARGEST or len(records) > MOST_ENTRIES:
            raise UnsupportedApp("the output would need ZIP64, which Android does not install", where=source.name)
    return Directory(b"".join(records), len(records), source.end.comment)


def alignment(entry: Entry) -> int:
    """Where the payload must begin: on a multiple of this."""
    if not entry.is_stored:
        return 1
    return PAGE if LIBRARY.fullmatch(entry.name) else ALIGNMENT


def _local_header(entry: Entry, at: int) -> bytes:
    name = entry.raw_name
    padding = _padding(at + r.LOCAL.size + len(name), alignment(entry))
    fields = (entry.time, entry.date, entry.crc, entry.compressed, entry.size, len(name), len(padding))
    flags = entry.flags & ~r.HAS_DESCRIPTOR
    return r.LOCAL.pack(r.LOCAL_MAGIC, entry.version_needed, flags, entry.method, *fields) + name + padding


def _padding(start: int, multiple: int) -> bytes:
    """An extra field after which the payload begins on a multiple; nothing where it does anyway."""
    if start % multiple == 0:
        return b""
    zeros = bytes(-(start + ALIGNMENT_FIELD) % multiple)
    sizes = (r.EXTRA_ALIGNMENT, 2 + len(zeros), multiple)
    return b"".join(value.to_bytes(2, "little") for value in sizes) + zeros


def _central_record(entry: Entry, at: int) -> bytes:
    extra = _without_alignment(entry.extra)
    fields: Sequence[int] = (
        entry.version_made, entry.version_needed, entry.flags & ~r.HAS_DESCRIPTOR, entry.method, entry.time,
        entry.date, entry.crc, entry.compressed, entry.size, len(entry.raw_name), len(extra), len(entry.comment),
        0, entry.internal, entry.external, at,
    )  # fmt: skip
    return r.CENTRAL.pack(r.CENTRAL_MAGIC, *fields) + entry.raw_name + extra + entry.comment


def _without_alignment(extra: bytes) -> bytes:
    """The extra fields but for alignment; what is no list of fields (zipalign's padding is none) goes as a whole."""
    kept, at = b"", 0
    while at + 4 <= len(extra):
        kind, size = (int.from_bytes(extra[at + i : at + i + 2], "little") for i in (0, 2))
        end = at + 4 + size
        if end > len(extra):
            return b""
        if kind != r.EXTRA_ALIGNMENT:
            kept += extra[at:end]
        at = end
    return kept if at == len(extra) else b""


def _deflate(content: bytes) -> bytes:
    squeezed = zlib.compressobj(LEVEL, zlib.DEFLATED, -15)
    return squeezed.compress(content) + squeezed.flush()
