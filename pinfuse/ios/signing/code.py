"""One Mach-O file signed: its signature made anew behind the code, in every slice (Apple: ``codesign_allocate``).

An old signature is replaced. Where there was none, its load command goes into the padding behind the others. Nothing
else of a slice changes but the size of ``__LINKEDIT``, which ends with the signature.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from pinfuse.errors import DamagedApp, UnsupportedApp
from pinfuse.ios.macho.edit import COUNT_AT
from pinfuse.ios.macho.image import CODE_SIGNATURE, COMMAND, EXECUTE, PLATFORM_IOS, Image, Segment, read
from pinfuse.ios.macho.slices import replaced, slices
from pinfuse.ios.signing import directory, entitlements, requirements, seal
from pinfuse.ios.signing.blobs import HEADER, Slot, read_super_blob, super_blob
from pinfuse.ios.signing.directory import ADHOC, ALLOW_UNSIGNED, MAIN_BINARY, SHA1, SHA256, CodeDirectory
from pinfuse.ios.signing.identity import Identity
from pinfuse.ios.signing.plists import load_plist

ALIGNMENT = 16
"""Of the signature, and of its size."""
MEMORY_PAGE = 1 << 14
COMMAND_SIZE = 16
DEBUGGABLE = "get-task-allow"
INFO_SECTION = ("__TEXT", "__info_plist")
WATCHOS, VERSION_MIN_WATCHOS = 4, 0x30
"""A platform, and its load command of old."""
FIRST_WITHOUT = {PLATFORM_IOS: 11 << 16, WATCHOS: 4 << 16}
"""Platform → the first version that reads SHA-256."""
BOTH, SLOTS = (SHA1, SHA256), (Slot.CODE_DIRECTORY, Slot.ALTERNATE)


@dataclass(frozen=True, slots=True)
class Signing:
    """Who signs, and when."""

    identity: Identity | None
    """None: ad hoc, signed by nobody."""
    team: str
    """Empty when ad hoc."""
    time: datetime


@dataclass(frozen=True, slots=True)
class What:
    """What a signature says besides the code itself."""

    identifier: str
    info: bytes | None = None
    """Of the bundle; without one, the image's own section ``__info_plist`` stands for it."""
    resources: bytes | None = None
    """The file CodeResources."""
    entitlements: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class Old:
    """What the signature of a file said, of its first slice that has one."""

    identifier: str = ""
    team: str = ""
    entitlements: Mapping[str, Any] = field(default_factory=dict)


def sign_code(data: bytes, where: str, what: What, signing: Signing) -> bytes:
    """The file with every slice signed; ``where`` names it in errors.

    Raises `DamagedApp` for a file that breaks its format, and `UnsupportedApp` with the reason where a signature has
    no place.
    """
    parts = slices(data, where)
    return replaced(data, [_sign(_piece(data, one), where, what, signing) for one in parts], where)


def old_signature(data: bytes, where: str) -> Old:
    """What the signature of a file says; nothing at all for a file without one. Raises `DamagedApp`."""
    for part in slices(data, where):
        image = read(_piece(data, part), where)
        if image.signature is None:
            continue
        at, size = image.signature
        blobs = read_super_blob(image.data[at : at + size], where)
        told = blobs.get(Slot.ENTITLEMENTS, b"")[HEADER.size :]
        identifier, team = directory.names(blobs.get(Slot.CODE_DIRECTORY, b""), where)
        return Old(identifier, team, load_plist(told, f"the entitlements of {where}") if told else {})
    return Old()


def library_identifier(data: bytes, path: str) -> str:
    """Of code that has no bundle: as its signature said, else as its own Info.plist does, else its file's name."""
    signed = old_signature(data, path).identifier
    if signed:
        return signed
    info = info_section(read(_piece(data, slices(data, path)[0]), path))
    told = load_plist(info, f"the Info.plist in {path}").get("CFBundleIdentifier") if info else None
    return told if isinstance(told, str) and told else path.rsplit("/", 1)[-1].removesuffix(".dylib")


def info_section(image: Image) -> bytes | None:
    """An Info.plist that is a section of the image."""
    for segment in image.segments:
        for one in segment.sections:
            if (one.segment, one.name) == INFO_SECTION and one.size:
                return image.data[one.offset : one.offset + one.size]
    return None


def _piece(data: bytes, part: Any) -> bytes:
    return data if part.size == len(data) else data[part.offset : part.offset + part.size]


def _sign(data: bytes, where: str, what: What, signing: Signing) -> bytes:
    image = read(data, where)
    text, linkedit = _segment(image, "__TEXT"), _segment(image, "__LINKEDIT")
    start = _start(image, linkedit)
    blobs, hashed, flags = _blobs(image, what, signing)
    digests = BOTH if reads_sha1(image) else (SHA256,)
    told = {
        digest: CodeDirectory(
            what.identifier, signing.team, 0 if signing.identity else ADHOC,
            {slot: directory.hashed(digest, one) for slot, one in hashed.items()}, text.offset, text.size, flags,
        )
        for digest in digests
    }  # fmt: skip
    size = _aligned(_size(told, start, blobs, signing), ALIGNMENT)
    code = bytearray(start)
    code[: len(data)] = memoryview(data)[:start]
    _place_command(image, code, start, size)
    _grow(image, code, linkedit, start + size)
    view = memoryview(code)
    made = [(digest, directory.build(one, view, digest)) for digest, one in told.items()]
    view.release()
    blobs |= dict(zip(SLOTS, (one for _, one in made), strict=False))
    if signing.identity:
        blobs |= {Slot.CMS: seal.seal(signing.identity, made, signing.time)}
    return b"".join((code, super_blob(blobs).ljust(size, b"\0")))


def reads_sha1(image: Image) -> bool:
    """True for an image that runs on systems before iOS 11 and watchOS 4, which know SHA-1 alone (as codesign)."""
    watch = next((one for one in image.commands if one.kind == VERSION_MIN_WATCHOS), None)
    if watch:
        return int.from_bytes(image.data[watch.offset + 8 : watch.offset + 12], "little") < FIRST_WITHOUT[WATCHOS]
    return 0 < image.minos < FIRST_WITHOUT.get(image.platform, 0)


def _blobs(image: Image, what: What, signing: Signing) -> tuple[dict[int, bytes], dict[int, bytes], int]:
    """Blobs of the signature without CodeDirectory and CMS; what its special slots hash; flags of the main segment."""
    blobs: dict[int, bytes] = {}
    identity = signing.identity
    blobs[Slot.REQUIREMENTS] = (
        requirements.designated(what.identifier, identity.common_name) if identity else requirements.none()
    )
    flags = MAIN_BINARY if image.kind == EXECUTE else 0
    if what.entitlements is not None:
        blobs[Slot.ENTITLEMENTS] = entitlements.as_xml(what.entitlements)
        blobs[Slot.ENTITLEMENTS_DER] = entitlements.as_der(what.entitlements)
        flags |= ALLOW_UNSIGNED if what.entitlements.get(DEBUGGABLE) is True else 0
    info = what.info if what.info is not None else info_section(image)
    hashed = {**blobs, Slot.INFO: info, Slot.RESOURCES: what.resources}
    return blobs, {slot: one for slot, one in hashed.items() if one is not None}, flags


def _size(told: Mapping[str, CodeDirectory], start: int, blobs: Mapping[int, bytes], signing: Signing) -> int:
    """Bytes of the whole signature, at most."""
    sizes = {slot: len(one) for slot, one in blobs.items()}
    for slot, (digest, one) in zip(SLOTS, told.items(), strict=False):
        sizes[slot] = directory.size(one, start, digest)
    if signing.identity:
        sizes[Slot.CMS] = seal.size(signing.identity, tuple(told), signing.time)
    return len(super_blob({slot: b"" for slot in sizes})) + sum(sizes.values())


def _segment(image: Image, name: str) -> Segment:
    found = [one for one in image.segments if one.name == name]
    if len(found) != 1:
        raise UnsupportedApp(f"it has {len(found)} segments {name}, and a signature needs one", where=image.where)
    return found[0]


def _start(image: Image, linkedit: Segment) -> int:
    """Where the signature begins; raises when something lies behind it."""
    end = linkedit.offset + linkedit.size
    if image.signature:
        start, after = image.signature[0], sum(image.signature)
        if start < linkedit.offset:
            raise DamagedApp("its code signature lies outside of __LINKEDIT", where=image.where)
    else:
        start = after = end
    if any(image.data[after:]) or any(one.offset + one.size > end for one in image.segments if one is not linkedit):
        raise UnsupportedApp("something lies behind its segment __LINKEDIT", where=image.where)
    return _aligned(start, ALIGNMENT)


def _place_command(image: Image, code: bytearray, start: int, size: int) -> None:
    """Write the load command of the signature: over the old one, or behind the last one."""
    old = [one for one in image.commands if one.kind == CODE_SIGNATURE]
    at = old[0].offset if old else image.commands_end
    if not old:
        if at + COMMAND_SIZE > image.room_end or any(code[at : at + COMMAND_SIZE]):
            raise UnsupportedApp(
                "the padding behind its load commands has no room for a signature's",
                where=image.where,
                todo="link it with -headerpad 0x400, or sign it once with Xcode",
            )
        count, total = struct.unpack_from("<II", code, COUNT_AT)
        struct.pack_into("<II", code, COUNT_AT, count + 1, total + COMMAND_SIZE)
    struct.pack_into("<IIII", code, at, CODE_SIGNATURE, COMMAND_SIZE, start, size)


def _grow(image: Image, code: bytearray, linkedit: Segment, end: int) -> None:
    """Let ``__LINKEDIT`` end at ``end``; in memory it takes whole pages."""
    form, at = image.form.segment, linkedit.command.offset + COMMAND.size
    name, address, memory, offset, _, *rest = form.unpack_from(code, at)
    size = end - offset
    form.pack_into(code, at, name, address, max(memory, _aligned(size, MEMORY_PAGE)), offset, size, *rest)


def _aligned(number: int, to: int) -> int:
    return -(-number // to) * to
