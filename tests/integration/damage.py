"""Ways to damage an app: each takes the bytes of a good APK and gives those of a bad one.

Offsets are those of APPNOTE.TXT 4.3 (ZIP), ResourceTypes.h (AXML, ARSC) and the DEX format.
"""

from __future__ import annotations

import io
import struct
import warnings
import zipfile
from collections.abc import Callable
from itertools import islice

Damage = Callable[[bytes], bytes]

MANIFEST = "AndroidManifest.xml"
TABLE = "resources.arsc"
CODE = "classes.dex"

LOCAL, CENTRAL, END = b"PK\x03\x04", b"PK\x01\x02", b"PK\x05\x06"
MEBIBYTE = 1 << 20
BOMB_MEBIBYTES = 400
HUGE = 0x7FFF_FFF0
AXML_HEADER = 8


def put(data: bytes, offset: int, value: bytes) -> bytes:
    """``data`` with ``value`` written over the bytes at ``offset`` (negative: from the end)."""
    offset %= len(data)
    return data[:offset] + value + data[offset + len(value) :]


def u16(value: int) -> bytes:
    return struct.pack("<H", value)


def u32(value: int) -> bytes:
    return struct.pack("<I", value)


def at_end(field: int, value: bytes) -> Damage:
    """Overwrite a field of the end-of-central-directory record."""
    return lambda data: put(data, data.rindex(END) + field, value)


def at_central(field: int, value: bytes) -> Damage:
    """Overwrite a field of the first central header."""
    return lambda data: put(data, data.index(CENTRAL, data.index(CENTRAL)) + field, value)


def at_local(field: int, value: bytes) -> Damage:
    """Overwrite a field of the first local header."""
    return lambda data: put(data, data.index(LOCAL) + field, value)


def entry(name: str, change: Damage) -> Damage:
    """Rewrite the archive with one entry changed: a well-formed ZIP around damaged content."""

    def damage(data: bytes) -> bytes:
        out = io.BytesIO()
        with zipfile.ZipFile(io.BytesIO(data)) as source, zipfile.ZipFile(out, "w") as target:
            for info in source.infolist():
                content = source.read(info)
                target.writestr(info, change(content) if info.filename == name else content)
        return out.getvalue()

    return damage


def without(name: str) -> Damage:
    """Rewrite the archive without one entry."""

    def damage(data: bytes) -> bytes:
        out = io.BytesIO()
        with zipfile.ZipFile(io.BytesIO(data)) as source, zipfile.ZipFile(out, "w") as target:
            for info in source.infolist():
                if info.filename != name:
                    target.writestr(info, source.read(info))
        return out.getvalue()

    return damage


def added(name: str, content: bytes = b"x") -> Damage:
    """The archive with one entry more; a name that is there already makes a duplicate."""

    def damage(data: bytes) -> bytes:
        out = io.BytesIO(data)
        with warnings.catch_warnings(action="ignore"), zipfile.ZipFile(out, "a") as target:
            target.writestr(zipfile.ZipInfo(name), content)
        return out.getvalue()

    return damage


def bomb(name: str) -> Damage:
    """The entry inflates to 400 MiB: its good start, then zeros."""

    def damage(data: bytes) -> bytes:
        out = io.BytesIO()
        with zipfile.ZipFile(io.BytesIO(data)) as source, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as target:
            for info in source.infolist():
                with target.open(info.filename, "w", force_zip64=False) as file:
                    file.write(source.read(info))
                    for zeros in islice(iter(lambda: bytes(MEBIBYTE), None), BOMB_MEBIBYTES):
                        if info.filename != name:
                            break
                        file.write(zeros)
        return out.getvalue()

    return damage


def corrupt_stream(name: str) -> Damage:
    """Bytes in the middle of the packed data of an entry are overwritten; sizes and CRC stay."""

    def damage(data: bytes) -> bytes:
        with zipfile.ZipFile(io.BytesIO(data)) as source:
            info = source.getinfo(name)
        start = info.header_offset + 30 + len(name) + struct.unpack_from("<H", data, info.header_offset + 28)[0]
        return put(data, start + info.compress_size // 2, b"\xff" * 16)

    return damage


def cut(size: int) -> Damage:
    """Only the first ``size`` bytes; negative: so many fewer."""
    return lambda data: data[:size]


def over(offset: int, value: bytes) -> Damage:
    """``value`` over the bytes at ``offset``."""
    return lambda data: put(data, offset, value)


def after_strings(field: int, value: bytes, skip: int = 0) -> Damage:
    """Overwrite a field of a chunk behind the string pool of an AXML file, ``skip`` chunks after the first."""

    def damage(data: bytes) -> bytes:
        offset = AXML_HEADER
        for _ in range(1 + skip):
            offset += struct.unpack_from("<I", data, offset + 4)[0]
        return put(data, offset + field, value)

    return damage


ZIP: dict[str, Damage] = {
    "empty": lambda data: b"",
    "half of the file": lambda data: data[: len(data) // 2],
    "last byte missing": cut(-1),
    "only the end record": lambda data: data[data.rindex(END) :],
    "bytes in front (Janus)": lambda data: b"dex\n035\x00" + bytes(64) + data,
    "bytes in front": lambda data: bytes(64) + data,
    "bytes behind": lambda data: data + bytes(64),
    "directory offset outside": at_end(16, u32(HUGE)),
    "directory size outside": at_end(12, u32(HUGE)),
    "too many entries": at_end(10, u16(0xFFFE)),
    "too few entries": at_end(8, u16(1) + u16(1)),
    "second disk": at_end(4, u16(1)),
    "central signature": at_central(0, b"XX"),
    "central name length": at_central(28, u16(0xFFFF)),
    "central extra length": at_central(30, u16(0xFFFF)),
    "central method": at_central(10, u16(12)),
    "encrypted": at_central(8, u16(1)),
    "central size": at_central(20, u32(HUGE)),
    "local offset outside": at_central(42, u32(HUGE)),
    "local signature": at_local(0, b"XX"),
    "local name differs": at_local(30, b"!"),
    "local method differs": at_local(8, u16(0)),
    "local name length": at_local(26, u16(0xFFFF)),
    "packed bytes of the manifest": corrupt_stream(MANIFEST),
    "packed bytes of the code": corrupt_stream(CODE),
    "duplicate manifest": added(MANIFEST),
    "duplicate code": added(CODE),
    "entry that leaves the folder": added("../../etc/passwd"),
    "no manifest": without(MANIFEST),
}

AXML: dict[str, Damage] = {
    "empty": cut(0),
    "seven bytes": cut(7),
    "header only": cut(8),
    "half": lambda data: data[: len(data) // 2],
    "four bytes missing": cut(-4),
    "plain text": lambda data: b'<?xml version="1.0"?><manifest package="a.b"/>',
    "chunk type": over(0, u16(0x7777)),
    "file size": over(4, u32(HUGE)),
    "string count": over(16, u32(HUGE)),
    "style count": over(20, u32(HUGE)),
    "strings start": over(28, u32(HUGE)),
    "string offset": over(36, u32(HUGE)),
    "string pool of no size": over(12, u32(0)),
    "string pool size": over(12, u32(HUGE)),
    "second chunk of no size": after_strings(4, u32(0)),
    "second chunk size": after_strings(4, u32(HUGE)),
    "first element of no size": after_strings(4, u32(0), skip=1),
    "noise after the strings": after_strings(0, b"\xff" * 64),
}

DEX: dict[str, Damage] = {
    "empty": cut(0),
    "magic only": cut(8),
    "header cut": cut(0x60),
    "half": lambda data: data[: len(data) // 2],
    "magic": over(0, b"DEX\n"),
    "version": over(4, b"999\x00"),
    "file size": over(0x20, u32(HUGE)),
    "header size": over(0x24, u32(0)),
    "byte order": over(0x28, u32(0x7856_3412)),
    "string count": over(0x38, u32(HUGE)),
    "strings outside": over(0x3C, u32(HUGE)),
    "types outside": over(0x44, u32(HUGE)),
    "type count": over(0x40, u32(HUGE)),
    "methods outside": over(0x5C, u32(HUGE)),
    "classes outside": over(0x64, u32(HUGE)),
    "first string outside": over(0x70, u32(HUGE)),
}

ARSC: dict[str, Damage] = {
    "empty": cut(0),
    "seven bytes": cut(7),
    "half": lambda data: data[: len(data) // 2],
    "chunk type": over(0, u16(0x7777)),
    "file size": over(4, u32(HUGE)),
    "package count": over(8, u32(HUGE)),
    "string count": over(20, u32(HUGE)),
    "string pool of no size": over(16, u32(0)),
    "string pool size": over(16, u32(HUGE)),
}

INSIDE: dict[str, tuple[str, dict[str, Damage]]] = {
    "AXML": (MANIFEST, AXML),
    "DEX": (CODE, DEX),
    "ARSC": (TABLE, ARSC),
}
"""Format → the entry that holds it, and its damages."""

BOMBS: dict[str, Damage] = {name: bomb(name) for name in (MANIFEST, CODE, TABLE)}

DAMAGES: dict[str, Damage] = {
    **{f"ZIP: {name}": damage for name, damage in ZIP.items()},
    **{
        f"{kind}: {name}": entry(inside, damage)
        for kind, (inside, damages) in INSIDE.items()
        for name, damage in damages.items()
    },
    **{f"bomb: {name}": damage for name, damage in BOMBS.items()},
}
"""Every way, under the name that the tests print."""
