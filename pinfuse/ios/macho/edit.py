"""Surgical edits of the load commands: another path for a library, or one library more. Nothing else moves, but the
commands behind one that must grow.

An edit is offsets in the slice and new bytes of the same length, so that every change can be counted.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass, replace

from pinfuse.errors import DamagedApp, UnsupportedApp
from pinfuse.ios.macho.image import COMMAND, DYLIB, LOAD_DYLIB, LOADS, REEXPORT_DYLIB, USE_REEXPORT, Dylib, Image

VERSION_1, TIMESTAMP = 1 << 16, 2
"""1.0.0 as current and compatibility version; the time that linkers write."""
COUNT_AT, SIZE_AT = 16, 20
"""Where the header holds number and size of the load commands."""
ALIGNMENT = 8
FIXED = COMMAND.size + DYLIB.size


@dataclass(frozen=True, slots=True)
class Edit:
    """New bytes at an offset of the slice."""

    offset: int
    data: bytes


def require_editable(image: Image) -> None:
    """Raise `UnsupportedApp` with the reason where an image cannot be edited."""
    reasons = (
        (not image.is_64, f"it is for {image.architecture}, 32 bits", "build the app for arm64, or give --thin arm64"),
        (image.architecture == "arm64e", "it is for arm64e, whose pointers are signed", "build it for arm64"),
        (image.encrypted, "it is encrypted: a copy out of the App Store", "take the IPA that your build exports"),
    )
    for stands, what, todo in reasons:
        if stands:
            raise UnsupportedApp(what, where=image.where, todo=todo)


def redirect(image: Image, dylib: Dylib, path: str) -> tuple[Edit, ...]:
    """Let a load command load ``path`` instead, at once, strongly and at version 1.0.0; its size stays.

    Raises `UnsupportedApp` when the path does not fit.
    """
    require_editable(image)
    if dylib.command.kind not in LOADS or dylib not in image.dylibs:
        raise DamagedApp(f"{dylib.name} is no library that it loads", where=image.where)
    raw, room = path.encode(), dylib.command.size - dylib.name_offset
    if len(raw) >= room:
        raise UnsupportedApp(
            f"the path {path} has {len(raw)} bytes, and the command of {dylib.name} holds {room - 1}",
            where=image.where,
        )
    at = dylib.command.offset
    edits = [
        Edit(at + COMMAND.size + 8, struct.pack("<II", VERSION_1, VERSION_1)),
        Edit(at + dylib.name_offset, raw.ljust(room, b"\0")),
    ]
    kind = LOAD_DYLIB if dylib.may_be_missing else dylib.command.kind
    if dylib.uses:
        edits.insert(0, Edit(at + COMMAND.size + 4, TIMESTAMP.to_bytes(4, "little")))
        kind = REEXPORT_DYLIB if dylib.uses & USE_REEXPORT else kind
    if kind != dylib.command.kind:
        edits.insert(0, Edit(at, kind.to_bytes(4, "little")))
    return tuple(edits)


def redirect_wide(image: Image, dylib: Dylib, path: str) -> tuple[Edit, ...]:
    """`redirect` for a path that does not fit: the command grows, and those behind it move into the padding.

    Raises `UnsupportedApp` when there is no room, or something in it.
    """
    require_editable(image)
    at, end = dylib.command.offset, dylib.command.offset + dylib.command.size
    size = -(-(dylib.name_offset + len(path.encode()) + 1) // ALIGNMENT) * ALIGNMENT
    _require_room(image, size - dylib.command.size)
    command = bytearray(image.data[at:end].ljust(size, b"\0"))
    struct.pack_into("<I", command, 4, size)
    (total,) = struct.unpack_from("<I", image.data, SIZE_AT)
    moved = (
        Edit(SIZE_AT, struct.pack("<I", total + size - dylib.command.size)),
        Edit(at, bytes(command) + image.data[end : image.commands_end]),
    )
    wide = replace(dylib, command=replace(dylib.command, size=size))
    return (*moved, *redirect(replace(image, dylibs=(wide,)), wide, path))


def append_load(image: Image, path: str) -> tuple[Edit, ...]:
    """Load one library more, into the padding behind the load commands.

    Raises `UnsupportedApp` when there is no room, or something in it.
    """
    require_editable(image)
    raw = path.encode() + b"\0"
    size = -(-(FIXED + len(raw)) // ALIGNMENT) * ALIGNMENT
    start = image.commands_end
    _require_room(image, size)
    command = struct.pack("<II", LOAD_DYLIB, size) + struct.pack("<IIII", FIXED, TIMESTAMP, VERSION_1, VERSION_1)
    count, total = struct.unpack_from("<II", image.data, COUNT_AT)
    return (
        Edit(COUNT_AT, struct.pack("<II", count + 1, total + size)),
        Edit(start, (command + raw).ljust(size, b"\0")),
    )


def _require_room(image: Image, size: int) -> None:
    start, end = image.commands_end, image.commands_end + size
    if end > image.room_end:
        raise UnsupportedApp(
            f"{image.room_end - start} bytes are free behind its load commands, and {size} are needed",
            where=image.where,
            todo="link the app with -headerpad 0x400",
        )
    if any(image.data[start:end]):
        raise UnsupportedApp("the padding behind its load commands is in use", where=image.where)


def apply(data: bytes, edits: tuple[Edit, ...]) -> bytes:
    """The slice with these edits; raises `ValueError` for one outside of it."""
    for edit in edits:
        if not 0 <= edit.offset <= edit.offset + len(edit.data) <= len(data):
            raise ValueError(f"an edit at {edit.offset} lies outside of {len(data)} bytes")
    if not edits:
        return data
    start, end = min(one.offset for one in edits), max(one.offset + len(one.data) for one in edits)
    part, whole = bytearray(data[start:end]), memoryview(data)
    for edit in edits:
        part[edit.offset - start : edit.offset - start + len(edit.data)] = edit.data
    return b"".join((whole[:start], part, whole[end:]))
