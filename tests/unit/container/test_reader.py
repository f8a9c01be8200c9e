"""The strict reader: good archives whole, each damage with its own words and nothing but a `PinfuseError`."""

from __future__ import annotations

import io
import random
import struct
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path

import pytest

from pinfuse.container.reader import Archive
from pinfuse.errors import AppError, DamagedApp, PinfuseError, UnsupportedApp

CONTENT = {"AndroidManifest.xml": b"manifest" * 50, "classes.dex": bytes(range(256)) * 9, "res/a.png": b"png"}


def archive(comment: bytes = b"") -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as out:
        for name, data in CONTENT.items():
            kind = zipfile.ZIP_STORED if name.endswith(".png") else zipfile.ZIP_DEFLATED
            out.writestr(zipfile.ZipInfo(name), data, kind)
        out.comment = comment
    return buffer.getvalue()


def read_all(path: Path) -> dict[str, bytes]:
    with Archive(path) as opened:
        return {name: opened.read(name, 1 << 20) for name in opened.entries}


def written(folder: Path, data: bytes) -> Path:
    path = folder / "a.apk"
    path.write_bytes(data)
    return path


@pytest.mark.parametrize("comment", [b"", b"a comment", b"x" * 65535])
def test_a_good_archive_is_read_whole(tmp_path: Path, comment: bytes) -> None:
    assert read_all(written(tmp_path, archive(comment))) == CONTENT


def patched(find: bytes, replace: bytes, which: int = 0) -> Callable[[], bytes]:
    """The good archive with the n-th occurrence of some bytes replaced by as many others."""

    def make() -> bytes:
        data, at = archive(), -1
        for _ in range(which + 1):
            at = data.index(find, at + 1)
        return data[:at] + replace + data[at + len(replace) :]

    return make


def central(offset: int, value: bytes) -> Callable[[], bytes]:
    """The good archive with bytes of the first central record overwritten."""

    def make() -> bytes:
        data = archive()
        at = data.index(b"PK\1\2") + offset
        return data[:at] + value + data[at + len(value) :]

    return make


DAMAGES: dict[str, tuple[Callable[[], bytes], type[AppError], str]] = {
    "cut short": (lambda: archive()[:-5], DamagedApp, "no end record"),
    "only text": (lambda: b"PK\3\4 but nothing more", DamagedApp, "no end record"),
    "trailing bytes": (lambda: archive() + b"tail", DamagedApp, "no end record"),
    "prefix": (lambda: b"dex\n035\0" + archive(), DamagedApp, "does not end where"),
    "janus": (lambda: _janus(), UnsupportedApp, "in front of the first entry"),
    "hidden end record": (lambda: archive(b"PK\5\6" + b"x" * 30), UnsupportedApp, "hides in the comment"),
    "encrypted": (central(8, b"\1\0"), UnsupportedApp, "encrypted"),
    "method 12": (central(10, b"\x0c\0"), UnsupportedApp, "compression method 12"),
    "other name": (patched(b"classes.dex", b"klasses.dex"), DamagedApp, "another name or method"),
    "other CRC": (central(16, b"\1\2\3\4"), DamagedApp, "another size or CRC-32"),
    "duplicate": (lambda: _duplicate(), UnsupportedApp, "same name"),
    "NUL in a name": (lambda: archive().replace(b"classes.dex", b"classes\0dex"), UnsupportedApp, "NUL byte"),
    "name not UTF-8": (lambda: archive().replace(b"classes.dex", b"classes\xffdex"), UnsupportedApp, "not UTF-8"),
    "record magic": (central(0, b"XX"), DamagedApp, "record is damaged"),
    "far local header": (central(42, struct.pack("<I", 0x7FFFFFFF)), DamagedApp, "outside of the entries"),
    "ZIP64 size": (central(20, b"\xff" * 4), UnsupportedApp, "ZIP64"),
}


def _janus() -> bytes:
    """A DEX in front, and every offset moved so that the archive is consistent."""
    front, data = b"dex\n035\0", bytearray(archive())
    end = data.rindex(b"PK\5\6")
    (start,) = struct.unpack_from("<I", data, end + 16)
    at = start
    while data[at : at + 4] == b"PK\1\2":
        n, e, c = struct.unpack_from("<HHH", data, at + 28)
        struct.pack_into("<I", data, at + 42, struct.unpack_from("<I", data, at + 42)[0] + len(front))
        at += 46 + n + e + c
    struct.pack_into("<I", data, end + 16, start + len(front))
    return front + bytes(data)


def _duplicate() -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as out:
        out.writestr("classes1dex", b"one")
        out.writestr("classes2dex", b"two")
    return buffer.getvalue().replace(b"classes1dex", b"classes.dex").replace(b"classes2dex", b"classes.dex")


@pytest.mark.parametrize("name", DAMAGES)
def test_a_damage_is_refused_with_its_reason(tmp_path: Path, name: str) -> None:
    make, kind, words = DAMAGES[name]
    with pytest.raises(kind, match=words):
        read_all(written(tmp_path, make()))


def test_content_that_is_not_what_the_record_says(tmp_path: Path) -> None:
    data = bytearray(archive())
    data[data.index(b"png", data.index(b"res/a.png") + 9)] ^= 1
    with pytest.raises(DamagedApp, match="CRC-32"):
        read_all(written(tmp_path, bytes(data)))


def test_an_entry_that_inflates_without_end_stops_at_the_limit(tmp_path: Path) -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as out:
        out.writestr("AndroidManifest.xml", bytes(30_000_000))
    with Archive(written(tmp_path, buffer.getvalue())) as opened, pytest.raises(DamagedApp, match="never needed"):
        opened.read("AndroidManifest.xml", 1 << 20)


def test_random_damage_never_gives_another_error(tmp_path: Path) -> None:
    good, chosen, refused = archive(), random.Random(11), 0
    for _ in range(1500):
        data = bytearray(good)
        for _ in range(chosen.randrange(1, 4)):
            data[chosen.randrange(len(data))] = chosen.randrange(256)
        if chosen.random() < 0.2:
            del data[chosen.randrange(len(data)) :]
        try:
            read_all(written(tmp_path, bytes(data)))
        except PinfuseError:
            refused += 1
    assert refused > 1000


def test_the_first_bytes_are_found_behind_tables_and_empty_blocks(tmp_path: Path) -> None:
    """Deflate may put tables of some hundred bytes, or blocks that hold nothing, in front of the first byte."""
    random_like = bytes(random.Random(1).choices(range(256), weights=range(1, 257), k=100_000))
    nothing = b"\x00\x00\x00\xff\xff" * 1000
    for begin in (b"", nothing):
        data = b"\x7fELF" + random_like
        packed = begin + zlib.compress(data, 9, -15)
        path = written(tmp_path, with_payload(packed, data))
        with Archive(path) as opened:
            assert opened.head(opened.entries["lib/a.so"], 4) == b"\x7fELF"
            assert opened.read("lib/a.so", 1 << 20) == data


def with_payload(packed: bytes, data: bytes) -> bytes:
    """An archive of one entry whose deflated bytes are given."""
    crc, name = zlib.crc32(data), b"lib/a.so"
    local = struct.pack("<4sHHHHHIIIHH", b"PK\3\4", 20, 0, 8, 0, 0, crc, len(packed), len(data), len(name), 0) + name
    central = struct.pack(
        "<4sHHHHHHIIIHHHHHII", b"PK\1\2", 20, 20, 0, 8, 0, 0, crc, len(packed), len(data), len(name), 0, 0, 0, 0, 0, 0
    ) + name
    at = len(local) + len(packed)
    return local + packed + central + struct.pack("<4sHHHHIIH", b"PK\5\6", 0, 0, 1, 1, len(central), at, 0)
