"""The committed stubs as a foreign ELF reader sees them: what they export, import, and how they are hardened."""

from __future__ import annotations

import hashlib
import json
import re
from typing import Any

import pytest

from pinfuse.stub.payload import PREBUILT, load_payload, masked_digest, with_well

lief: Any = pytest.importorskip("lief")

ABIS = ("arm64-v8a", "armeabi-v7a", "x86", "x86_64")
PAGE = 0x4000
LARGEST_CODE = 48 * 1024
IMPORTS = {"open", "close", "lseek64", "pread64", "__stack_chk_fail"}
TELLING = re.compile(rb"pin(?!g)|vault|cert|tls|ssl|x509|trust|policy|verdict|shim", re.IGNORECASE)
BTI_AND_PAC = 3
"""``GNU_PROPERTY_AARCH64_FEATURE_1_AND``: bit 0 BTI, bit 1 PAC."""


def elf(abi: str) -> Any:
    return lief.ELF.parse(list(load_payload().stubs[abi].path.read_bytes()))


def test_the_record_is_true() -> None:
    record = json.loads((PREBUILT / "payload.json").read_text())
    assert set(record["abis"]) == set(ABIS)
    for one in (*record["abis"].values(), record["shim"]):
        data = (PREBUILT / one["file"]).read_bytes()
        assert (hashlib.sha256(data).hexdigest(), len(data)) == (one["sha256"], one["size"])


@pytest.mark.parametrize("abi", ABIS)
def test_it_takes_little_and_gives_one_name(abi: str) -> None:
    made = elf(abi)
    exported = {one.name for one in made.exported_symbols}
    imported = {one.name for one in made.imported_symbols}
    assert exported == {"JNI_OnLoad"}
    assert imported == IMPORTS | ({"__stack_chk_guard"} if abi == "armeabi-v7a" else set())
    assert [one for one in made.libraries] == ["libc.so"]


@pytest.mark.parametrize("abi", ABIS)
def test_it_is_hardened_and_fits_every_page_size(abi: str) -> None:
    made, stub = elf(abi), load_payload().stubs[abi]
    segments = list(made.segments)
    loads = [one for one in segments if one.type == lief.ELF.Segment.TYPE.LOAD]
    assert all(one.alignment >= PAGE and one.virtual_address % PAGE == one.file_offset % PAGE for one in loads)
    assert any(one.type == lief.ELF.Segment.TYPE.GNU_RELRO for one in segments)
    stack = next(one for one in segments if one.type == lief.ELF.Segment.TYPE.GNU_STACK)
    assert not int(stack.flags) & 1
    assert not [one for one in loads if int(one.flags) & 3 == 3], "writable and executable"
    tags = {one.tag for one in made.dynamic_entries}
    assert lief.ELF.DynamicEntry.TAG.TEXTREL not in tags
    assert lief.ELF.DynamicEntry.TAG.FLAGS_1 in tags
    assert {lief.ELF.DynamicEntry.TAG.HASH, lief.ELF.DynamicEntry.TAG.GNU_HASH} <= tags
    assert stub.size - load_payload().well_size < LARGEST_CODE


def test_arm64_has_branch_protection() -> None:
    data = load_payload().stubs["arm64-v8a"].path.read_bytes()
    at = data.find(b"GNU\0" + (0xC0000000).to_bytes(4, "little"))
    assert int.from_bytes(data[at + 12 : at + 16], "little") & BTI_AND_PAC == BTI_AND_PAC


@pytest.mark.parametrize("abi", ABIS)
def test_nothing_in_it_tells_what_it_is(abi: str) -> None:
    payload = load_payload()
    stub = payload.stubs[abi]
    blank = with_well(stub.path.read_bytes(), stub.well_offset, bytes(payload.well_size))
    texts = re.findall(rb"[\x20-\x7e]{4,}", blank)
    assert [text for text in texts if TELLING.search(text)] == []


def test_the_digest_of_a_stub_is_blind_for_its_well_alone() -> None:
    payload = load_payload()
    stub = payload.stubs["x86"]
    data = stub.path.read_bytes()
    filled = with_well(data, stub.well_offset, b"w" * payload.well_size)
    assert len(filled) == len(data)
    place = (stub.well_offset, payload.well_size)
    assert masked_digest(filled, *place) == masked_digest(data, *place)
    assert masked_digest(b"\x7f" + data[1:-1] + b"!", *place) != masked_digest(data, *place)
