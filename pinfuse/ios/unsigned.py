"""Whether a signed stub is the one of the payload: everything but its vault and its signature."""

from __future__ import annotations

from datetime import UTC, datetime

from pinfuse.ios.macho.image import CODE_SIGNATURE, COMMAND, read
from pinfuse.ios.macho.slices import slices
from pinfuse.ios.signing.code import Signing, What, sign_code
from pinfuse.stub.payload import IosStub, with_well

SIZE_AT = 12
"""Where the load command of a signature holds its size."""
NOBODY = Signing(None, "", datetime(2020, 1, 1, tzinfo=UTC))


def same_code(data: bytes, stub: IosStub, where: str) -> bool:
    """True when ``data`` is this stub with another vault, signed by whomever, or by nobody.

    Raises `pinfuse.errors.DamagedApp` for a file that breaks its format.
    """
    found = [data[one.offset : one.offset + one.size] for one in slices(data, where)]
    plain = stub.path.read_bytes()
    if read(found[0], where).signature:
        plain = sign_code(plain, where, What(where), NOBODY)
    wanted = [plain[one.offset : one.offset + one.size] for one in slices(plain, where)]
    wells = [one.well_offset - one.offset for one in stub.slices]
    if len(found) != len(wanted):
        return False
    hidden = bytes(stub.well_size)
    return all(
        _bare(with_well(mine, at, hidden), where) == _bare(with_well(theirs, at, hidden), where)
        for mine, theirs, at in zip(wanted, found, wells, strict=True)
    )


def _bare(data: bytes, where: str) -> bytes:
    """The code of a slice, without what follows from the size of its signature."""
    image = read(data, where)
    code = bytearray(data[: image.signature[0]] if image.signature else data)
    for command in image.commands:
        if command.kind == CODE_SIGNATURE:
            code[command.offset + SIZE_AT : command.offset + SIZE_AT + 4] = bytes(4)
    form = image.form.segment
    for segment in image.segments:
        if segment.name == "__LINKEDIT" and image.signature:
            at = segment.command.offset + COMMAND.size
            name, address, _, offset, _, *rest = form.unpack_from(code, at)
            form.pack_into(code, at, name, address, 0, offset, 0, *rest)
    return bytes(code)
