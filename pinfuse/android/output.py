"""Writing and signing the APK in one pass: what is written is hashed on its way, for the signature and for the name."""

from __future__ import annotations

import hashlib
import zlib
from collections.abc import Iterable, Iterator
from typing import BinaryIO

from pinfuse.android.container.reader import Archive
from pinfuse.android.container.writer import Item, NewEntry, new_entry, write_entries
from pinfuse.android.fuse import Parts
from pinfuse.android.signing import jar
from pinfuse.android.signing.block import ALIGNMENT
from pinfuse.android.signing.digests import ContentDigest
from pinfuse.android.signing.keys import ApkSigner
from pinfuse.android.signing.schemes import sign_block
from pinfuse.formats import Written


class _Output:
    """The file being written; every byte is counted and hashed once."""

    def __init__(self, target: BinaryIO) -> None:
        self.target = target
        self.hash = hashlib.sha256()
        self.size = 0

    def write(self, data: bytes) -> None:
        self.target.write(data)
        self.hash.update(data)
        self.size += len(data)


def write_apk(source: Archive, parts: Parts, signer: ApkSigner | None, target: BinaryIO) -> Written:
    """Write the entries to an empty file, then signatures (v1 where needed, v2, v3), then the central directory."""
    items: tuple[Item, ...] = parts.items
    if signer and parts.needs_v1:
        files = jar.sign(signer, _content_digests(source, items))
        items = (*items, *(new_entry(name, content) for name, content in files))
    out = _Output(target)
    if signer is None:
        directory = write_entries(source, items, out.write)
        out.write(directory.data + directory.end_record(out.size))
        return Written(out.size, out.hash.hexdigest(), ())
    digest = ContentDigest(signer.algorithm.content_digest)

    def both(data: bytes) -> None:
        digest.update(data)
        out.write(data)

    directory = write_entries(source, items, both)
    both(bytes(-out.size % ALIGNMENT))
    digest.end_section()
    digest.section(directory.data)
    digest.section(directory.end_record(out.size))
    out.write(sign_block(signer, digest.result()))
    out.write(directory.data + directory.end_record(out.size))
    return Written(out.size, out.hash.hexdigest(), (*(("v1",) if parts.needs_v1 else ()), "v2", "v3"))


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
