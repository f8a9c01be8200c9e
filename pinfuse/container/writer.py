"""Writing an archive surgically: payloads that nobody touched are copied byte for byte.

A `Layout` says what else stays. Where it aligns, local headers are written anew and the padding is the extra field
0xD935 of apksig; where it does not, whole local records are copied, with their extra fields and data descriptors.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from pinfuse.container import records as r
from pinfuse.container.reader import Archive
from pinfuse.container.records import Entry
from pinfuse.errors import UnsupportedApp

ALIGNMENT_FIELD = 6
"""Bytes of an empty alignment field: id, size, alignment."""
NEW_TIME, NEW_DATE = 0x0821, 0x0221
"""1981-01-01 01:01:02, the date that Android's build tools give to every entry."""
VERSION_NEEDED = 20
LEVEL = 5
"""Of deflate: on DEX files half a percent larger than the usual 6, in three quarters of the time."""
MOST_ENTRIES = 0xFFFE
LARGEST = 0xFFFF_FFFE

Sink = Callable[[bytes], object]


@dataclass(frozen=True, slots=True)
class Layout:
    """What a system asks of the archives of its apps."""

    system: str
    """The system that installs them."""
    alignment: Callable[[Entry], int] | None = None
    """A payload begins on a multiple of this; None: nothing is aligned, and local records stay as they are."""


@dataclass(frozen=True, slots=True)
class NewEntry:
    """An entry with content of our own: ``payload`` is as it will be stored."""

    entry: Entry
    payload: bytes
    local_extra: bytes = b""
    """Extra fields for its local header, where the layout does not align."""


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
            raise UnsupportedApp("the output would be larger than 4 GiB, and pinfuse writes no ZIP64 archive")
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


def write_entries(source: Archive, items: Iterable[Item], sink: Sink, layout: Layout) -> Directory:
    """Send local records of ``items`` to ``sink``; those of `Entry` come out of ``source``.

    Raises `UnsupportedApp` when the output would need ZIP64, `DamagedApp` when the source ends too early.
    """
    at, records = 0, []
    for item in items:
        size = 0
        for piece in _local_record(source, item, at, layout):
            sink(piece)
            size += len(piece)
        records.append(_central_record(item, at, layout))
        at += size
        if at > LARGEST or len(records) > MOST_ENTRIES:
            what = f"the output would need ZIP64, which {layout.system} does not install"
            raise UnsupportedApp(what, where=source.name)
    return Directory(b"".join(records), len(records), source.end.comment)


def _local_record(source: Archive, item: Item, at: int, layout: Layout) -> Iterator[bytes]:
    if isinstance(item, NewEntry):
        yield _local_header(item.entry, at, layout, item.local_extra)
        yield item.payload
    elif layout.alignment is None:
        yield from source.record(item)
    else:
        yield _local_header(item, at, layout)
        yield from source.payload(item)


def _local_header(entry: Entry, at: int, layout: Layout, extra: bytes = b"") -> bytes:
    name = entry.raw_name
    if layout.alignment:
        extra = _padding(at + r.LOCAL.size + len(name), layout.alignment(entry))
    fields = (entry.time, entry.date, entry.crc, entry.compressed, entry.size, len(name), len(extra))
    flags = entry.flags & ~r.HAS_DESCRIPTOR
    return r.LOCAL.pack(r.LOCAL_MAGIC, entry.version_needed, flags, entry.method, *fields) + name + extra


def _padding(start: int, multiple: int) -> bytes:
    """An extra field after which the payload begins on a multiple; nothing where it does anyway."""
    if start % multiple == 0:
        return b""
    zeros = bytes(-(start + ALIGNMENT_FIELD) % multiple)
    sizes = (r.EXTRA_ALIGNMENT, 2 + len(zeros), multiple)
    return b"".join(value.to_bytes(2, "little") for value in sizes) + zeros


def _central_record(item: Item, at: int, layout: Layout) -> bytes:
    entry = item.entry if isinstance(item, NewEntry) else item
    kept = layout.alignment is None
    flags = entry.flags if kept and item is entry else entry.flags & ~r.HAS_DESCRIPTOR
    extra = entry.extra if kept else _without_alignment(entry.extra)
    fields: Sequence[int] = (
        entry.version_made, entry.version_needed, flags, entry.method, entry.time,
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
