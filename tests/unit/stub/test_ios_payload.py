"""The committed iOS stubs as a foreign Mach-O reader sees them: segments, exports, the re-export, what they take."""

from __future__ import annotations

import hashlib
import itertools
import json
import re
import struct
from typing import Any

import pytest

from pinfuse.stub.payload import PREBUILT, IosStub, load_payload
from pinfuse.vault.seal import WELL_SIZES

lief: Any = pytest.importorskip("lief")
lief.logging.disable()

SECURITY = "/System/Library/Frameworks/Security.framework/Security"
LIBRARIES = [
    "/usr/lib/libSystem.B.dylib",
    "/usr/lib/libobjc.A.dylib",
    "/System/Library/Frameworks/CoreFoundation.framework/CoreFoundation",
    "/System/Library/Frameworks/Foundation.framework/Foundation",
    SECURITY,
]
IN_PLACE_OF_SECURITY = {
    "_SecTrustEvaluate", "_SecTrustEvaluateWithError", "_SecTrustEvaluateAsync", "_SecTrustEvaluateAsyncWithError",
    "_SecTrustGetTrustResult", "_SSLHandshake", "_sec_protocol_options_set_verify_block",
}  # fmt: skip
EXPORTS = IN_PLACE_OF_SECURITY | {"_zqa", "_zqb", "_zqc", "_zqd"}
NEWER = {"_SecTrustEvaluateWithError", "_SecTrustEvaluateAsyncWithError", "_SecTrustCopyCertificateChain",
         "_sec_protocol_options_set_verify_block", "_sec_protocol_metadata_get_server_name",
         "_sec_trust_copy_ref", "_os_unfair_lock_lock", "_os_unfair_lock_unlock"}  # fmt: skip
"""What iOS 8 does not have: dyld leaves these null there."""
NO_REEXPORTED_DYLIBS, EXTENSION_SAFE, READ_ONLY = 0x100000, 0x2000000, 0x10
LARGEST, LARGEST_CONTENT = 96 * 1024, 48 * 1024
TELLING = re.compile(rb"pin(?!g)|vault|x509|policy|verdict|shim|pinfuse", re.IGNORECASE)
VARIANTS = {"device-8.0": ["ios-arm64"], "device-13.0": ["ios-arm64"], "simulator": ["ios-sim-arm64", "ios-sim-x86_64"]}

STUBS = tuple(stub for sizes in load_payload().ios.values() for stub in sizes.values())
EVERY = pytest.mark.parametrize("stub", STUBS, ids=lambda stub: f"{stub.variant} {stub.well_size}")


def images(stub: IosStub) -> list[Any]:
    """As lief reads each slice by itself."""
    data = stub.path.read_bytes()
    return [lief.MachO.parse(list(data[one.offset : one.offset + one.size])).at(0) for one in stub.slices]


def test_the_record_is_true() -> None:
    record = json.loads((PREBUILT / "payload.json").read_text())["ios"]
    assert {name: [one["abi"] for one in sizes["16384"]["slices"]] for name, sizes in record.items()} == VARIANTS
    assert {tuple(map(int, sizes)) for sizes in record.values()} == {WELL_SIZES}
    for one in (one for sizes in record.values() for one in sizes.values()):
        data = (PREBUILT / one["file"]).read_bytes()
        assert (hashlib.sha256(data).hexdigest(), len(data)) == (one["sha256"], one["size"])
        for part in one["slices"]:
            assert part["offset"] < part["well_offset"] < part["offset"] + part["size"]


@EVERY
def test_it_gives_eleven_names_and_passes_security_on(stub: IosStub) -> None:
    for made in images(stub):
        commands = [one for one in made.libraries if one.command != lief.MachO.LoadCommand.TYPE.ID_DYLIB]
        assert [one.name for one in commands] == LIBRARIES
        again = [one.name for one in commands if one.command == lief.MachO.LoadCommand.TYPE.REEXPORT_DYLIB]
        assert again == [SECURITY]
        assert not int(made.header.flags) & NO_REEXPORTED_DYLIBS
        assert int(made.header.flags) & EXTENSION_SAFE
        assert {one.symbol.name for one in made.dyld_info.exports} == EXPORTS
        ids = [one.name for one in made.libraries if one.command == lief.MachO.LoadCommand.TYPE.ID_DYLIB]
        assert ids == ["@rpath/PFuse.framework/PFuse"]


@EVERY
def test_it_calls_the_systems_own_functions_of_the_same_names(stub: IosStub) -> None:
    """By two-level names: each import says that it comes from Security, and never from the stub itself."""
    for made in images(stub):
        bound = {one.symbol.name: one for one in made.bindings}
        for name in IN_PLACE_OF_SECURITY:
            assert bound[name].library.name == SECURITY
        assert {name for name, one in bound.items() if one.weak_import} == NEWER
        assert not [name for name in bound if name.startswith("_Q")]
        assert b"_Q" not in bytes(made.get_segment("__LINKEDIT").content)


@EVERY
def test_it_runs_on_what_it_says(stub: IosStub) -> None:
    least = tuple(map(int, stub.minos.split(".")))
    for made in images(stub):
        if stub.minos == "8.0":
            assert tuple(made.version_min.version)[:2] == least
            continue
        assert tuple(made.build_version.minos)[:2] == least
        wanted = "IOS_SIMULATOR" if stub.variant == "simulator" else "IOS"
        assert made.build_version.platform.name == wanted


@EVERY
def test_it_is_hardened(stub: IosStub) -> None:
    for made in images(stub):
        assert not [one.name for one in made.segments if one.init_protection & 6 == 6], "writable and executable"
        assert not [one.name for one in made.segments if one.max_protection & 6 == 6]
        names = [one.name for one in made.segments]
        assert "___stack_chk_guard" in {one.symbol.name for one in made.bindings}
        assert not [one for one in made.bindings if "LAZY" in str(getattr(one, "binding_class", ""))]
        if stub.minos != "8.0":
            assert made.get_segment("__DATA_CONST").flags & READ_ONLY
            assert made.get_segment("__DATA").file_size == 0, "what may be written begins as zeros"
        assert names[-1] == "__LINKEDIT"
        assert not made.has_code_signature


@EVERY
def test_its_tables_lie_in_linkedit_one_behind_the_other(stub: IosStub) -> None:
    """As dyld wants them (``MachOAnalyzer::validLinkedit``): aligned, in no other segment, none over another."""
    for one, made in zip(stub.slices, images(stub), strict=True):
        last, info = made.get_segment("__LINKEDIT"), made.dyld_info
        symbols, dynamic = made.symbol_command, made.dynamic_symbol_command
        parts = [info.rebase, info.bind, info.weak_bind, info.lazy_bind, info.export_info,
                 (symbols.symbol_offset, symbols.numberof_symbols * 16),
                 (dynamic.indirect_symbol_offset, dynamic.nb_indirect_symbols * 4),
                 (symbols.strings_offset, symbols.strings_size)]  # fmt: skip
        places = sorted((at, at + size) for at, size in parts if size)
        assert last.file_offset <= places[0][0] and places[-1][1] <= last.file_offset + last.file_size == one.size
        assert all(end <= start for (_, end), (start, _) in itertools.pairwise(places))
        assert symbols.symbol_offset % 8 == 0 and dynamic.indirect_symbol_offset % 4 == 0
        assert all(part.file_offset % 0x1000 == 0 and part.virtual_address % 0x1000 == 0 for part in made.segments)
        if stub.variant != "simulator":
            crypt = made.encryption_info
            assert (crypt.crypt_id, crypt.crypt_offset % 0x4000) == (0, 0)


@EVERY
def test_the_well_is_constant_and_the_rest_small(stub: IosStub) -> None:
    for one, made in zip(stub.slices, images(stub), strict=True):
        text = made.get_segment("__TEXT")
        at = one.well_offset - one.offset
        assert text.file_offset <= at and at + stub.well_size <= text.file_offset + text.file_size
        assert one.size - stub.well_size < LARGEST
        content = sum(part.size for segment in made.segments for part in segment.sections if part.offset)
        assert content - stub.well_size < LARGEST_CONTENT


@EVERY
def test_nothing_in_it_tells_what_it_is(stub: IosStub) -> None:
    """Up to the names that dyld needs and those of the messages that it sends, which are Apple's, and to a reason."""
    blank = stub.with_well(bytes(stub.well_size))
    for one, made in zip(stub.slices, images(stub), strict=True):
        ours = blank[one.offset : one.offset + made.get_segment("__LINKEDIT").file_offset]
        texts = re.findall(rb"[\x20-\x7e]{4,}", ours)
        assert [text for text in texts if TELLING.search(text) and text != b"vault"] == []


@EVERY
def test_a_well_goes_into_every_slice(stub: IosStub) -> None:
    before, after = stub.path.read_bytes(), stub.with_well(b"w" * stub.well_size)
    assert len(before) == len(after)
    assert after.count(b"w" * stub.well_size) == len(stub.slices)


def test_a_fat_file_has_its_slices_on_pages() -> None:
    stub = load_payload().ios["simulator"][WELL_SIZES[0]]
    data = stub.path.read_bytes()
    magic, count = struct.unpack_from(">II", data)
    assert (magic, count) == (0xCAFEBABE, 2)
    rows = [struct.unpack_from(">5I", data, 8 + 20 * number) for number in range(count)]
    assert [(at, size) for _, _, at, size, _ in rows] == [(one.offset, one.size) for one in stub.slices]
    assert all(at % 0x4000 == 0 and align == 14 for _, _, at, _, align in rows)
