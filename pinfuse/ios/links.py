"""Folders and symbolic links of an archive: nothing may lead out of it, or through a link."""

from __future__ import annotations

import posixpath
import stat
from collections.abc import Mapping

from pinfuse.container.reader import Archive
from pinfuse.container.records import Entry
from pinfuse.container.writer import Layout
from pinfuse.errors import UnsupportedApp

LAYOUT = Layout("iOS")
"""Nothing is aligned: records that nobody touched stay as they are, with permissions and extra fields."""
LONGEST_TARGET = 1024


def is_folder(entry: Entry) -> bool:
    """True for a folder, which has no content."""
    return entry.name.endswith("/")


def is_link(entry: Entry) -> bool:
    """True for a symbolic link; its content is where it leads."""
    return stat.S_ISLNK(entry.mode)


def read_links(archive: Archive) -> Mapping[str, str]:
    """Name → target of every symbolic link.

    Raises `UnsupportedApp` for one that leads out of the archive, for an entry behind a link, and for one that is a
    file and a folder.
    """
    links = {name: _target(archive, entry) for name, entry in archive.entries.items() if is_link(entry)}
    files = {name for name, entry in archive.entries.items() if not is_folder(entry)}
    for name in archive.entries:
        above = posixpath.dirname(name.rstrip("/"))
        while above:
            if above in files:
                kind = "a link" if above in links else "a file"
                raise UnsupportedApp(f"it lies in {above}, which is {kind}", where=f"{archive.name}, {name}")
            above = posixpath.dirname(above)
    return links


def _target(archive: Archive, entry: Entry) -> str:
    where = f"{archive.name}, {entry.name}"
    try:
        target = archive.read(entry.name, LONGEST_TARGET).decode("utf-8")
    except UnicodeDecodeError as error:
        raise UnsupportedApp("where the link leads is not UTF-8", where=where) from error
    led = posixpath.normpath(posixpath.join(posixpath.dirname(entry.name), target))
    if not target or target.startswith("/") or led == ".." or led.startswith("../"):
        raise UnsupportedApp(f"the link leads to {target[:200]!r}, out of the archive", where=where)
    return target
