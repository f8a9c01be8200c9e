"""Writing the archive of an app for iOS: what nobody touched stays as it stands, in its place."""

from __future__ import annotations

import stat
from collections.abc import Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from typing import BinaryIO

from pinfuse.container.reader import Archive
from pinfuse.container.records import MADE_ON_UNIX, UTF8, Entry
from pinfuse.container.sink import HashingSink
from pinfuse.container.writer import Item, NewEntry, new_entry, write_entries
from pinfuse.formats import Written
from pinfuse.ios.links import LAYOUT, require_place

PACKERS = 2
PROGRAM, FILE = 0o755, 0o644
"""Permissions of new entries."""


def write_archive(
    source: Archive,
    files: Mapping[str, bytes],
    like: str,
    target: BinaryIO,
    schemes: tuple[str, ...],
    warnings: tuple[str, ...],
) -> Written:
    """Write to an empty file; ``files`` are entries with another content, or new ones, in their order.

    New entries get the time of the entry ``like``. Raises `UnsupportedApp` where the app has something in their place.
    """
    require_place(source, files)
    out = HashingSink(target)
    with ThreadPoolExecutor(PACKERS) as threads:
        items = _items(source, files, source.entries[like], threads)
        directory = write_entries(source, items, out.write, LAYOUT)
    out.write(directory.data + directory.end_record(out.size))
    return Written(out.size, out.sha256, schemes, warnings)


def _items(
    source: Archive, files: Mapping[str, bytes], like: Entry, threads: ThreadPoolExecutor
) -> Iterator[Item]:
    """Every entry of the output; new contents are packed while those before them are written."""
    packed: dict[str, Future[NewEntry]] = {}
    for name in (*(name for name in source.entries if name in files), *files):
        if name not in packed:
            entry = source.entries.get(name)
            packed[name] = threads.submit(_changed if entry else _added, name, files[name], entry or like)
    for name, entry in source.entries.items():
        if name in files:
            yield replace(packed.pop(name).result(), local_extra=source.local_extra(entry))
        else:
            yield entry
    for waiting in packed.values():
        yield waiting.result()


def _changed(name: str, data: bytes, entry: Entry) -> NewEntry:
    return new_entry(name, data, stored=entry.is_stored, like=entry)


def _added(name: str, data: bytes, like: Entry) -> NewEntry:
    """A new entry; a Mach-O file may be executed."""
    mode = PROGRAM if data[:4] in (b"\xcf\xfa\xed\xfe", b"\xca\xfe\xba\xbe") else FILE
    form = replace(
        like,
        name=name,
        raw_name=name.encode(),
        flags=0 if name.isascii() else UTF8,
        version_made=MADE_ON_UNIX << 8 | like.version_made & 0xFF,
        external=(stat.S_IFREG | mode) << 16,
        extra=b"",
        comment=b"",
    )
    return new_entry(name, data, like=form)
