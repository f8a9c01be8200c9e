"""Building the iOS stub: the same bytes as are committed, and what the step after the linker refuses."""

from __future__ import annotations

import shutil
import struct

import pytest

from pinfuse.errors import OutsideError
from pinfuse.stub.build.ios import LINKER, VARIANTS, build_part
from pinfuse.stub.build.ios_image import fat, finish
from pinfuse.stub.build.ios_sdk import ALIASES, SECURITY
from pinfuse.stub.build.native import COMPILER
from pinfuse.stub.payload import load_payload
from pinfuse.vault.seal import WELL_SIZES
from tests.fixtures import macho

LINKED = "_QecTrustEvaluate"
NAMES = {LINKED: "_SecTrustEvaluate"}
NO_REEXPORTED_DYLIBS, REEXPORT = 0x100000, 0x8000_001F


def linked(*libraries: str, names: bytes = (LINKED.encode() + b"\0") * 2) -> bytes:
    """An image as the linker leaves it: load commands, and its tables of names at the end."""
    made = bytearray(macho.image(*(macho.dylib(one) for one in libraries)) + names)
    flags = int.from_bytes(made[24:28], "little") | NO_REEXPORTED_DYLIBS
    made[24:28] = flags.to_bytes(4, "little")
    return bytes(made)


@pytest.mark.parametrize("variant", VARIANTS)
def test_the_first_slice_is_built_as_it_was_committed(variant: str) -> None:
    """In another folder, as every build is; ``make payload-check`` compares the whole payload."""
    if not (shutil.which(COMPILER) and shutil.which(LINKER)):
        pytest.skip("clang-14 and lld-14 are not here")
    stub = load_payload().ios[variant][WELL_SIZES[0]]
    one, part = stub.slices[0], VARIANTS[variant].parts[0]
    made = build_part(part, VARIANTS[variant].minos, WELL_SIZES[0])
    assert made == stub.path.read_bytes()[one.offset : one.offset + one.size]


def test_security_is_passed_on_and_imports_get_their_names() -> None:
    before = linked(macho.SYSTEM, SECURITY)
    after = finish(before, SECURITY, NAMES)
    assert len(after) == len(before)
    assert after.count(b"_SecTrustEvaluate\0") == 2
    assert not int.from_bytes(after[24:28], "little") & NO_REEXPORTED_DYLIBS
    kinds = [after.find(struct.pack("<I", kind)) for kind in (macho.LOAD, REEXPORT)]
    assert 0 < kinds[0] < kinds[1]


WRONG = {
    "loads no Security": (linked(macho.SYSTEM), NAMES, "0 times"),
    "loads it twice": (linked(SECURITY, SECURITY), NAMES, "2 times"),
    "an import is missing": (linked(SECURITY, names=LINKED.encode() + b"\0"), NAMES, "1 times"),
    "another length": (linked(SECURITY), {LINKED: "_SecTrust"}, "not twice"),
    "one is left": (linked(SECURITY, names=(LINKED.encode() + b"\0") * 2 + b"_QSLHandshake\0"), NAMES, "no real name"),
}


@pytest.mark.parametrize("what", WRONG)
def test_an_image_that_is_not_as_expected_is_refused(what: str) -> None:
    image, names, said = WRONG[what]
    with pytest.raises(OutsideError, match=said):
        finish(image, SECURITY, names)


def test_aliases_are_as_long_as_the_names() -> None:
    assert all(len(alias) == len(real) and alias[2:] == real[2:] for alias, real in ALIASES.items())
    assert len(set(ALIASES)) == len(ALIASES)


def test_a_fat_file_holds_its_images_unaltered() -> None:
    one, two = macho.image(), macho.image(macho.dylib(macho.SYSTEM))
    made = fat([one, two])
    assert (made[0x4000 : 0x4000 + len(one)], made[0x8000:]) == (one, two)
    assert struct.unpack_from(">II", made) == (0xCAFEBABE, 2)
