"""Names, folders and symbolic links of an archive: nothing may lead out of it, or through a link, and every reader that
unpacks it must come to the same files.
"""

from __future__ import annotations

import posixpath
import re
import stat
import unicodedata
from collections.abc import Iterable, Mapping

from pinfuse.container.reader import Archive
from pinfuse.container.records import Entry
from pinfuse.container.writer import Layout
from pinfuse.errors import UnsupportedApp

LAYOUT = Layout("iOS")
"""Nothing is aligned: records that nobody touched stay as they are, with permissions and extra fields."""
LONGEST_TARGET = 1024
UNPRINTABLE = re.compile(r"[\x00-\x1f\x7f\ufffe\uffff]")
"""What a property list in XML, and with it CodeResources, cannot say."""


def is_folder(entry: Entry) -> bool:
    """True for a folder, which has no content."""
    return entry.name.endswith("/")


def is_link(entry: Entry) -> bool:
    """True for a symbolic link; its content is where it leads."""
    return stat.S_ISLNK(entry.mode)


def read_links(archive: Archive) -> Mapping[str, str]:
    """Name → target of every symbolic link.

    Raises `UnsupportedApp` for one that leads out of the archive, for an entry behind a link, for one that is a
    file and a folder, and for names that `require_one_reading` refuses.
    """
    require_one_reading(archive)
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


def require_place(archive: Archive, names: Iterable[str]) -> None:
    """Raise `UnsupportedApp` where a new content would stand in place of a link, behind one, or below a file."""
    files = {name for name, entry in archive.entries.items() if not is_folder(entry)}
    for name in names:
        entry, above = archive.entries.get(name), posixpath.dirname(name)
        in_the_way = name if entry and is_link(entry) else f"{name}/" if f"{name}/" in archive.entries else ""
        while above and not in_the_way:
            in_the_way, above = above if above in files else "", posixpath.dirname(above)
        if in_the_way:
            what = f"{name} must be written there, and a {'folder' if in_the_way[-1] == '/' else 'file or link'} is"
            raise UnsupportedApp(what, where=f"{archive.name}, {in_the_way}")


def require_one_reading(archive: Archive) -> None:
    """Raise `UnsupportedApp` for a name that becomes another one when it is unpacked, or the same as a second one."""
    spelled: dict[str, str] = {}
    for name in archive.entries:
        where, parts = f"{archive.name}, {name!r}", name.removesuffix("/").split("/")
        if UNPRINTABLE.search(name):
            raise UnsupportedApp("its name has a character that no property list holds", where=where)
        if "" in parts or "." in parts or ("\\" in name and len(parts) == 1):
            raise UnsupportedApp("its name is another one when it is unpacked", where=where)
        above = name.removesuffix("/")
        while above:
            other = spelled.setdefault(unicodedata.normalize("NFD", above).casefold(), above)
            if other != above:
                raise UnsupportedApp(f"a Mac unpacks it over {other!r}: their names differ only in case", where=where)
            above = posixpath.dirname(above)


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
