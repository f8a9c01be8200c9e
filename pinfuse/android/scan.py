"""Looking into what is no DEX file of the system's: class names where a rename does not reach, TLS in libraries."""

from __future__ import annotations

import functools
import io
import itertools
import zipfile
import zlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from pinfuse.android.dex.file import MAGIC
from pinfuse.android.elf.image import read
from pinfuse.container.reader import CHUNK, Archive
from pinfuse.container.records import Entry
from pinfuse.coverage.marks import Seen, look
from pinfuse.coverage.native import SSL_FUNCTIONS, calls_openssl, look_at_library
from pinfuse.errors import DamagedApp

ZIP_MAGIC = b"PK\x03\x04"
LIBRARY_MAGIC = b"\x7fELF"
LARGEST_NESTED = 64 << 20
"""Bytes of an archive inside the app, or of one DEX file in it, that are looked into."""
MOST_UNPACKED = 512 << 20
"""Bytes of all DEX files and libraries in one archive inside the app that are looked into."""
SMALLEST = 64
"""Bytes of the smallest entry that is looked into."""


LARGEST_LIBRARY = 256 << 20
"""Bytes of a library whose table of symbols is read."""


@dataclass(frozen=True, slots=True)
class Hit:
    """A name found in an entry; ``what`` says what the entry is."""

    entry: str
    what: str
    name: str


@dataclass(frozen=True, slots=True)
class Library:
    """A native library: its entry (``archive!entry`` for one inside an archive), its marks, and of OpenSSL's entries
    those that it takes from another library and those that it gives."""

    entry: str
    seen: Seen
    taken: tuple[str, ...] = ()
    given: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Scan:
    """What a look into an app's entries found."""

    hits: tuple[Hit, ...]
    libraries: tuple[Library, ...]


def scan(archive: Archive, skip: frozenset[str], names: Sequence[str]) -> Scan:
    """Where the class names (with slashes) occur in libraries, DEX files and archives of the app but ``skip``; and the
    libraries, with what they say of TLS.

    Entries are told apart by their first bytes, never by their ending. What cannot be looked into counts as a hit.
    """
    needles = [name.encode() for name in names]
    hits: list[Hit] = []
    libraries: list[Library] = []
    for entry in archive.entries.values():
        if entry.name in skip or entry.size < SMALLEST:
            continue
        magic = archive.head(entry, len(MAGIC))
        if magic == LIBRARY_MAGIC:
            library = _library(entry.name, functools.partial(archive.stream, entry), needles)
            hits += _hits(entry.name, "native code", library.seen.others)
            libraries.append(library)
        elif magic == MAGIC:
            seen = look(archive.stream(entry), (), needles)
            hits += _hits(entry.name, "code that is loaded later", seen.others)
        elif magic == ZIP_MAGIC:
            found, inside = _nested(archive, entry, needles)
            hits += _hits(entry.name, "an archive with code", found)
            libraries += inside
    return Scan(tuple(hits), tuple(libraries))


def _hits(entry: str, what: str, found: Iterable[bytes]) -> list[Hit]:
    return [Hit(entry, what, name.decode()) for name in sorted(found)]


def _library(entry: str, pieces: Callable[[], Iterator[bytes]], needles: list[bytes]) -> Library:
    """With its symbols where its strings name OpenSSL's entries; a damaged table of symbols is taken to use them."""
    seen = look_at_library(pieces, needles)
    if not calls_openssl(seen):
        return Library(entry, seen)
    try:
        data = b"".join(itertools.islice(pieces(), LARGEST_LIBRARY // CHUNK))
        taken, given = read(data, entry).symbols(SSL_FUNCTIONS)
    except DamagedApp:
        taken, given = frozenset(key.removeprefix("ssl-") for key in seen.marks if key.startswith("ssl-")), frozenset()
    return Library(entry, seen, tuple(sorted(taken)), tuple(sorted(given)))


def _nested(archive: Archive, entry: Entry, needles: list[bytes]) -> tuple[set[bytes], list[Library]]:
    """Names in the DEX files of an archive, and the libraries in it."""
    if entry.size > LARGEST_NESTED:
        return set(needles), []
    found: set[bytes] = set()
    libraries: list[Library] = []
    try:
        with zipfile.ZipFile(io.BytesIO(b"".join(archive.stream(entry)))) as inner:
            unpacked = 0
            for info in inner.infolist():
                magic = next(_pieces(inner, info, len(MAGIC)), b"")
                unpacked += info.file_size if magic in (MAGIC, LIBRARY_MAGIC) else 0
                if unpacked > MOST_UNPACKED or (magic == MAGIC and info.file_size > LARGEST_NESTED):
                    return set(needles), libraries
                if magic == MAGIC:
                    found |= look(_pieces(inner, info), (), needles).others
                elif magic == LIBRARY_MAGIC:
                    pieces = functools.partial(_pieces, inner, info)
                    libraries.append(_library(f"{entry.name}!{info.filename}", pieces, needles))
                    found |= libraries[-1].seen.others
            return found, libraries
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError, zlib.error, OSError):
        return set(needles), libraries


def _pieces(inner: zipfile.ZipFile, info: zipfile.ZipInfo, most: int = LARGEST_NESTED) -> Iterator[bytes]:
    left = min(info.file_size, most)
    with inner.open(info) as file:
        while left > 0 and (piece := file.read(min(left, CHUNK))):
            left -= len(piece)
            yield piece
