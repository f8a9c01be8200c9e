"""Reading an archive strictly: what two readers could understand differently is refused, with the reason.

The central directory is trusted, as Android does (AOSP libziparchive/zip_archive.cc), and every local header must
agree with it. Gaps are tolerated: build tools leave a nameless entry or padding between entries.
"""

from __future__ import annotations

import itertools
import os
import zlib
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType

from pinfuse.container import records as r
from pinfuse.container.records import End, Entry
from pinfuse.errors import DamagedApp, UnsupportedApp

CHUNK = 1 << 18
HEAD = 1024
"""Packed bytes that are read for the beginning of a content; the longest head of a deflate block is a third of it."""
MOST_ENTRIES = 0xFFFF
DIRECTORY_LIMIT = 64 << 20
"""Bytes of central directory that are read; more than 65,535 of the longest usual names need."""


class Archive:
    """An open archive; close it, or use it as a context manager."""

    def __init__(self, path: Path) -> None:
        self.name = path.name
        self._file = os.open(path, os.O_RDONLY | getattr(os, "O_CLOEXEC", 0))
        try:
            self.size = os.fstat(self._file).st_size
            self.end = self._read_end()
            self.entries = {entry.name: entry for entry in self._read_directory()}
            self._check_layout()
        except BaseException:
            self.close()
            raise

    def __enter__(self) -> Archive:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the file; a second call does nothing."""
        if self._file >= 0:
            os.close(self._file)
            self._file = -1

    def pread(self, offset: int, size: int) -> bytes:
        """Exactly ``size`` bytes; raises `DamagedApp` when the file ends before."""
        parts = []
        while size:
            part = os.pread(self._file, size, offset)
            if not part:
                raise DamagedApp("the file ends inside a record", where=f"{self.name}, offset {offset}")
            parts.append(part)
            offset, size = offset + len(part), size - len(part)
        return b"".join(parts)

    def local_extra(self, entry: Entry) -> bytes:
        """The extra fields of the local header, which may be others than those of the central directory."""
        start = entry.local_offset + r.LOCAL.size + len(entry.raw_name)
        return self.pread(start, entry.payload_offset - start)

    def record(self, entry: Entry) -> Iterator[bytes]:
        """The whole local record as it stands, in pieces: header, payload, and data descriptor where there is one."""
        for at in range(entry.local_offset, entry.record_end, CHUNK):
            yield self.pread(at, min(CHUNK, entry.record_end - at))

    def payload(self, entry: Entry) -> Iterator[bytes]:
        """The payload as it is stored, in pieces."""
        for at in range(0, entry.compressed, CHUNK):
            yield self.pread(entry.payload_offset + at, min(CHUNK, entry.compressed - at))

    def stream(self, entry: Entry, limit: int | None = None) -> Iterator[bytes]:
        """The content in pieces; its size and CRC-32 are checked, and it never grows beyond ``limit`` bytes.

        Raises `DamagedApp`; memory stays flat whatever the entry claims.
        """
        if limit is not None and entry.size > limit:
            raise self._bad(entry, f"it holds {entry.size} bytes, and more than {limit} are never needed there")
        most, total, crc = entry.size, 0, 0
        inflate = zlib.decompressobj(-15) if entry.method == r.DEFLATED else None
        for piece in self.payload(entry):
            rest = piece
            while rest:
                try:
                    out = inflate.decompress(rest, CHUNK) if inflate else rest
                except zlib.error as error:
                    raise self._bad(entry, f"its compressed data is damaged ({error})") from error
                rest = inflate.unconsumed_tail if inflate else b""
                total, crc = total + len(out), zlib.crc32(out, crc)
                if total > most:
                    raise self._bad(entry, f"it holds more than the {most} bytes that its record says")
                if inflate and inflate.eof and (rest or inflate.unused_data):
                    raise self._bad(entry, "there are bytes after its compressed data")
                yield out
        if inflate:
            out = inflate.flush()
            total, crc = total + len(out), zlib.crc32(out, crc)
            yield out
        if total != entry.size or (inflate and not inflate.eof):
            raise self._bad(entry, f"it holds {total} bytes, and its record says {entry.size}")
        if crc != entry.crc:
            raise self._bad(entry, "its content does not have the CRC-32 that its record says")

    def head(self, entry: Entry, size: int) -> bytes:
        """The first bytes of the content, or fewer where it is damaged or short; nothing is checked.

        Deflated data may begin with tables, or with blocks that hold nothing: as much is read as it takes.
        """
        inflate = zlib.decompressobj(-15) if entry.method == r.DEFLATED else None
        start, at = b"", 0
        while len(start) < size and at < entry.compressed:
            piece = self.pread(entry.payload_offset + at, min(entry.compressed - at, HEAD))
            at += len(piece)
            try:
                start += inflate.decompress(piece, size - len(start)) if inflate else piece
            except zlib.error:
                break
        return start[:size]

    def read(self, name: str, limit: int) -> bytes:
        """The whole content of an entry; raises `DamagedApp` when it is not there or larger than ``limit``."""
        entry = self.entries.get(name)
        if entry is None:
            raise DamagedApp("the entry is not there", where=f"{self.name}, {name}")
        return b"".join(self.stream(entry, limit))

    def _bad(self, entry: Entry, what: str) -> DamagedApp:
        return DamagedApp(what, where=f"{self.name}, {entry.name}")

    def _read_end(self) -> End:
        tail_size = min(self.size, r.END.size + r.LONGEST_COMMENT + r.ZIP64_LOCATOR_SIZE)
        tail = self.pread(self.size - tail_size, tail_size)
        at = tail.rfind(r.END_MAGIC)
        while at >= 0 and at + r.END.size + _comment_length(tail, at) != len(tail):
            at = tail.rfind(r.END_MAGIC, 0, at)
        if at < 0:
            what = "there is no end record at the end of the file: it is cut short, or something follows the archive"
            raise DamagedApp(what, where=self.name)
        _, disk, start, here, count, size, offset, _ = r.END.unpack_from(tail, at)
        comment = tail[at + r.END.size :]
        position = self.size - tail_size + at
        if r.END_MAGIC in comment:
            raise UnsupportedApp("a second end record hides in the comment of the archive", where=self.name)
        zip64 = at >= r.ZIP64_LOCATOR_SIZE and tail[at - r.ZIP64_LOCATOR_SIZE :].startswith(r.ZIP64_LOCATOR_MAGIC)
        if zip64 or 0xFFFFFFFF in (size, offset) or count == MOST_ENTRIES:
            raise UnsupportedApp("it is a ZIP64 archive, which pinfuse does not read", where=self.name)
        if disk or start or here != count:
            raise DamagedApp("it is one part of an archive in several files", where=self.name)
        if offset + size != position:
            what = f"the central directory (offset {offset}, {size} bytes) does not end where the end record begins"
            raise DamagedApp(what, where=f"{self.name}, offset {position}")
        return End(position, count, size, offset, comment)

    def _read_directory(self) -> Iterator[Entry]:
        if self.end.directory_size > DIRECTORY_LIMIT:
            raise UnsupportedApp(f"its central directory has {self.end.directory_size} bytes", where=self.name)
        data, at = self.pread(self.end.directory_offset, self.end.directory_size), 0
        seen: set[str] = set()
        for number in range(self.end.count):
            where = f"{self.name}, entry {number} of the central directory"
            if data[at : at + 4] != r.CENTRAL_MAGIC or at + r.CENTRAL.size > len(data):
                raise DamagedApp("the record is damaged", where=where)
            entry, at = self._read_entry(data, at, where)
            if entry.name in seen:
                what = "two entries have the same name, and readers differ in which one they take"
                raise UnsupportedApp(what, where=f"{self.name}, {entry.name}")
            seen.add(entry.name)
            yield entry
        if at != len(data):
            raise DamagedApp("there are records that the end record does not count", where=self.name)

    def _read_entry(self, data: bytes, at: int, where: str) -> tuple[Entry, int]:
        fields = r.CENTRAL.unpack_from(data, at)
        _, made, needed, flags, method, time, date, crc, compressed, size, n, e, c, *rest = fields
        disk, internal, external, local = rest
        end = at + r.CENTRAL.size + n + e + c
        if end > len(data) or disk:
            raise DamagedApp("the record is damaged", where=where)
        raw = data[at + r.CENTRAL.size :][: n + e + c]
        name = _name(raw[:n], where)
        entry_where = f"{self.name}, {name}"
        if flags & r.ENCRYPTED:
            raise UnsupportedApp("the entry is marked as encrypted", where=entry_where)
        if method not in (r.STORED, r.DEFLATED):
            raise UnsupportedApp(f"compression method {method}; only 0 and 8 are read", where=entry_where)
        if method == r.STORED and compressed != size:
            raise DamagedApp(f"stored with {compressed} bytes for a content of {size}", where=entry_where)
        if 0xFFFFFFFF in (compressed, size, local):
            raise UnsupportedApp("the entry needs ZIP64, which pinfuse does not read", where=entry_where)
        payload, record_end = self._check_local(name, raw[:n], method, crc, compressed, size, local)
        entry = Entry(
            name, raw[:n], method, flags, time, date, crc, compressed, size, made, needed, internal, external,
            local, payload, raw[n : n + e], raw[n + e :], record_end,
        )
        return entry, end

    def _check_local(
        self, name: str, raw: bytes, method: int, crc: int, compressed: int, size: int, offset: int
    ) -> tuple[int, int]:
        """Offset of the payload and end of the record; header or descriptor must say what the directory says.

        With the descriptor's flag the header's sizes do not count (AOSP zip_archive.cc); where they are right all
        the same, as macOS writes them, no descriptor is asked for.
        """
        where = f"{self.name}, {name}"
        if offset + r.LOCAL.size > self.end.directory_offset:
            raise DamagedApp("its local header lies outside of the entries", where=where)
        head = self.pread(offset, min(r.LOCAL.size + len(raw), self.end.directory_offset - offset))
        header = r.LOCAL.unpack_from(head)
        if header[0] != r.LOCAL_MAGIC:
            raise DamagedApp(f"there is no local header at offset {offset}", where=where)
        if header[3] != method or header[9] != len(raw) or head[r.LOCAL.size :] != raw:
            raise DamagedApp("its local header has another name or method than the central directory", where=where)
        payload: int = offset + r.LOCAL.size + header[9] + header[10]
        if payload + compressed > self.end.directory_offset:
            raise DamagedApp("its payload lies outside of the entries", where=where)
        end, descriptor = payload + compressed, 0
        if header[2] & r.HAS_DESCRIPTOR:
            descriptor = self._descriptor(end, (crc, compressed, size))
        if header[6:9] != (crc, compressed, size) and not descriptor:
            if not header[2] & r.HAS_DESCRIPTOR:
                raise DamagedApp("its local header has another size or CRC-32 than the central directory", where=where)
            raise DamagedApp("its data descriptor does not say what the central directory says", where=where)
        return payload, end + descriptor

    def _descriptor(self, at: int, expected: tuple[int, int, int]) -> int:
        """Bytes of the data descriptor that stands there and says what is expected; 0 for none."""
        tail = self.pread(at, min(16, self.end.directory_offset - at))
        plain = b"".join(value.to_bytes(4, "little") for value in expected)
        return next((len(form) for form in (r.DESCRIPTOR_MAGIC + plain, plain) if tail.startswith(form)), 0)

    def _check_layout(self) -> None:
        """No two entries overlap, and nothing stands before the first (Janus, CVE-2017-13156)."""
        if not self.entries:
            raise DamagedApp("the archive is empty", where=self.name)
        ordered = sorted(self.entries.values(), key=lambda entry: entry.local_offset)
        if self.pread(0, 4) != r.LOCAL_MAGIC:
            what = "something stands in front of the first entry, which some readers would take for the app"
            raise UnsupportedApp(what, where=f"{self.name}, offset 0")
        for one, following in itertools.pairwise(ordered):
            if one.record_end > following.local_offset:
                what = f"it overlaps with {following.name}"
                raise DamagedApp(what, where=f"{self.name}, {one.name}")


def _comment_length(tail: bytes, at: int) -> int:
    return int.from_bytes(tail[at + 20 : at + 22], "little") if at + r.END.size <= len(tail) else len(tail)


def _name(raw: bytes, where: str) -> str:
    try:
        name = raw.decode("utf-8")
    except UnicodeDecodeError as error:
        raise UnsupportedApp("the name of the entry is not UTF-8", where=where) from error
    if not name or "\0" in name:
        raise UnsupportedApp("the name of the entry is empty or has a NUL byte", where=where)
    if name.startswith("/") or ".." in name.split("/"):
        raise UnsupportedApp(f"the entry {name[:200]!r} leaves the folder that it would be unpacked into", where=where)
    return name


__all__ = ["Archive", "End", "Entry"]
