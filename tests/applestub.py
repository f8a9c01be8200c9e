"""The committed iOS stubs as they would lie in an app: a thin slice, with a vault, signed by a team or unsigned."""

from __future__ import annotations

import base64
import struct

from pinfuse.ios.macho.image import CODE_SIGNATURE, SEGMENT_64, Image, read
from pinfuse.ios.signing.directory import CodeDirectory, build
from pinfuse.stub.payload import load_payload, with_well

APPLE = ("ios-arm64", "ios-sim-arm64", "ios-sim-x86_64")
VARIANTS = {"ios-arm64": "device-13.0", "ios-sim-arm64": "simulator", "ios-sim-x86_64": "simulator"}
TEAM = "TEAM123456"
SUPER_BLOB = 0xFADE0CC0


def stub(abi: str, well: bytes, *, variant: str | None = None, team: str = "") -> tuple[bytes, int]:
    """A slice with this well, and where the well is; signed when there is a team."""
    whole = load_payload().ios[variant or VARIANTS[abi]][len(well)]
    part = next(one for one in whole.slices if one.abi == abi)
    data = whole.path.read_bytes()[part.offset : part.offset + part.size]
    at = part.well_offset - part.offset
    data = with_well(data, at, well)
    return (signed(data, team) if team else data), at


def libs(well: bytes, abis: tuple[str, ...] = APPLE, *, team: str = "") -> dict[str, str]:
    """What the prover is asked to load."""
    return {abi: base64.b64encode(stub(abi, well, team=team)[0]).decode() for abi in abis}


def signed(data: bytes, team: str) -> bytes:
    """The slice with a code signature at its end: one CodeDirectory that names the team."""
    image = read(data, "stub")
    last = image.segments[-1]
    assert last.name == "__LINKEDIT"
    at = -(-len(data) // 16) * 16
    code = bytearray(data.ljust(at, b"\0"))
    room = len(build(CodeDirectory("PFuse", team), bytes(code))) + 20
    command = struct.pack("<IIII", CODE_SIGNATURE, 16, at, room)
    assert image.commands_end + 16 <= image.room_end
    code[image.commands_end : image.commands_end + 16] = command
    count, size = struct.unpack_from("<II", code, 16)
    struct.pack_into("<II", code, 16, count + 1, size + 16)
    _grow(code, image, at + room)
    blob = build(CodeDirectory("PFuse", team), bytes(code))
    return bytes(code) + struct.pack(">IIIII", SUPER_BLOB, 20 + len(blob), 1, 0, 20) + blob


def _grow(code: bytearray, image: Image, end: int) -> None:
    """__LINKEDIT reaches the new end of the file, and whole pages in memory."""
    last = image.segments[-1]
    assert last.command.kind == SEGMENT_64
    size = end - last.offset
    struct.pack_into("<Q", code, last.command.offset + 32, -(-size // 0x4000) * 0x4000)
    struct.pack_into("<Q", code, last.command.offset + 48, size)
