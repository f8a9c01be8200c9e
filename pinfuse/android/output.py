"""Writing and signing the APK in one pass: what is written is hashed on its way, for the signature and for the name."""

from __future__ import annotations

import hashlib
import zlib
from collections.abc import Iterable, Iterator
from typing import BinaryIO

from pinfuse.android.dex.cancel import cancel
from pinfuse.android.dex.file import Dex
from pinfuse.android.dex.rename import rename
from pinfuse.android.facades import LARGEST_DEX
from pinfuse.android.fuse import Parts, like
from pinfuse.android.linking import linked
from pinfuse.android.packing import LAYOUT, is_signature
from pinfuse.android.profile import LARGEST as LARGEST_PROFILE
from pinfuse.android.profile import PROFILE, rewrite
from pinfuse.android.signing import jar
from pinfuse.android.signing.block import ALIGNMENT
from pinfuse.android.signing.digests import ContentDigest
from pinfuse.android.signing.keys import ApkSigner
from pinfuse.android.signing.schemes import sign_block
from pinfuse.container.reader import Archive
from pinfuse.container.sink import HashingSink
from pinfuse.container.writer import Item, NewEntry, new_entry, write_entries
from pinfuse.formats import Written

SCHEMES = ("v2", "v3")


def write_apk(source: Archive, parts: Parts, signer: ApkSigner | None, target: BinaryIO) -> Written:
    """Write the entries to an empty file, then signatures (v1 where needed, v2, v3), then the central directory."""
    items = _items(source, parts)
    if signer and parts.needs_v1:
        kept = tuple(items)
        files = jar.sign(signer, _content_digests(source, kept))
        items = iter((*kept, *(new_entry(name, content) for name, content in files)))
    written = _write(source, items, signer, target)
    schemes = ("v1", *SCHEMES) if parts.needs_v1 else SCHEMES
    return Written(*written, schemes if signer else ())


def write_stand_in(source: Archive, signer: ApkSigner | None, target: BinaryIO) -> None:
    """An archive without entries that reports this signer."""
    _write(source, iter(()), signer, target)
    target.flush()


def _items(source: Archive, parts: Parts) -> Iterator[Item]:
    """Every entry of the output in its order; changed DEX files are made and packed one after the other."""
    checksums = {}
    last = []
    for entry in source.entries.values():
        if is_signature(entry.name):
            continue
        if entry.name in parts.renames or entry.name in parts.cancels:
            new = like(source, entry.name, _edited(source, entry.name, parts))
            checksums[entry.crc] = new.entry.crc
            yield new
        elif entry.name in parts.linked:
            yield like(source, entry.name, linked(source, entry.name))
        elif entry.name == PROFILE and parts.profile:
            last.append(entry.name)
        else:
            yield parts.replaced.get(entry.name, entry)
    for name in last:  # it needs the checksums of all renamed files
        yield like(source, name, rewrite(source.read(name, LARGEST_PROFILE), checksums))
    yield from parts.added


def _edited(source: Archive, name: str, parts: Parts) -> bytes:
    """A DEX file with its facades in place and its WebViews made strict."""
    dex = Dex(bytearray(source.read(name, LARGEST_DEX)), name)
    if name in parts.cancels:
        cancel(dex)
    if name in parts.renames:
        rename(dex, parts.renames[name])
    return bytes(dex.data)


def _write(
    source: Archive, items: Iterator[Item], signer: ApkSigner | None, target: BinaryIO
) -> tuple[int, str]:
    """Size and SHA-256 of what was written."""
    out = HashingSink(target)
    if signer is None:
        directory = write_entries(source, items, out.write, LAYOUT)
        out.write(directory.data + directory.end_record(out.size))
        return out.size, out.sha256
    digest = ContentDigest(signer.algorithm.content_digest)

    def both(data: bytes) -> None:
        digest.update(data)
        out.write(data)

    directory = write_entries(source, items, both, LAYOUT)
    both(bytes(-out.size % ALIGNMENT))
    digest.end_section()
    digest.section(directory.data)
    digest.section(directory.end_record(out.size))
    out.write(sign_block(signer, digest.result()))
    out.write(directory.data + directory.end_record(out.size))
    return out.size, out.sha256


def _content_digests(source: Archive, items: Iterable[Item]) -> Iterator[tuple[str, bytes]]:
    """Name and SHA-256 of each entry's content, as the JAR signature wants it."""
    for item in items:
        digest = hashlib.sha256()
        if isinstance(item, NewEntry):
            digest.update(item.payload if item.entry.is_stored else zlib.decompress(item.payload, -15))
            yield item.entry.name, digest.digest()
            continue
        for piece in source.stream(item):
            digest.update(piece)
        yield item.name, digest.digest()
