"""The committed stubs as a foreign ELF reader sees them: what they export, import, and how they are hardened."""

from __future__ import annotations

import hashlib
import json
import re
from typing import Any

import pytest

from pinfuse.stub.payload import PREBUILT, StubFile, load_payload, masked_digest, with_well
from pinfuse.vault.seal import WELL_SIZES

lief: Any = pytest.importorskip("lief")

ABIS = ("arm64-v8a", "armeabi-v7a", "x86", "x86_64")
PAGE = 0x4000
LARGEST_CODE = 48 * 1024
IMPORTS = {"open", "close", "lseek64", "pread64", "__stack_chk_fail", "mprotect", "getauxval", "time"}
THREADS = {"getpid", "pthread_create", "pthread_detach"}
LINKER = {"dlopen", "dlsym", "dl_iterate_phdr", "android_dlopen_ext"}
MOVED = {f"SSL_{name}{ex}" for name in ("read", "peek", "write") for ex in ("", "_ex")}
BIOS = {"BIO_f_ssl", "BIO_new_ssl", "BIO_new_ssl_connect", "BIO_new_buffer_ssl_connect"}
EXPORTS = {"JNI_OnLoad", "SSL_connect", "SSL_do_handshake", "SSL_write_early_data", "SSL_write_ex2"} | MOVED | BIOS
FOREIGN = re.compile(rb"(SSL|BIO|X509|i2d_X509|ERR|EVP|CRYPTO|OPENSSL|sk)(_[A-Za-z0-9]+)*")
"""Names of the TLS libraries' own functions, which layer A4 stands before and asks."""
TELLING = re.compile(rb"pin(?!g)|vault|cert|tls|ssl|x509|trust|policy|verdict|shim", re.IGNORECASE)
BTI_AND_PAC = 3
"""``GNU_PROPERTY_AARCH64_FEATURE_1_AND``: bit 0 BTI, bit 1 PAC."""


STUBS = tuple(stub for sizes in load_payload().stubs.values() for stub in sizes.values())
EVERY = pytest.mark.parametrize("stub", STUBS, ids=lambda stub: f"{stub.abi} {stub.well_size}")


def elf(stub: StubFile) -> Any:
    return lief.ELF.parse(list(stub.path.read_bytes()))


def test_the_record_is_true() -> None:
    record = json.loads((PREBUILT / "payload.json").read_text())
    assert set(record["abis"]) == set(ABIS)
    assert {tuple(map(int, sizes)) for sizes in record["abis"].values()} == {WELL_SIZES}
    for one in (*(one for sizes in record["abis"].values() for one in sizes.values()), record["shim"]):
        data = (PREBUILT / one["file"]).read_bytes()
        assert (hashlib.sha256(data).hexdigest(), len(data)) == (one["sha256"], one["size"])


@EVERY
def test_it_takes_little_and_gives_its_entry_and_what_it_stands_before(stub: StubFile) -> None:
    made, abi = elf(stub), stub.abi
    exported = {one.name for one in made.exported_symbols}
    imported = {one.name for one in made.imported_symbols}
    assert exported == EXPORTS
    assert imported == IMPORTS | THREADS | LINKER | ({"__stack_chk_guard"} if abi == "armeabi-v7a" else set())
    assert [one for one in made.libraries] == ["libc.so", "libdl.so"]


@EVERY
def test_it_is_hardened_and_fits_every_page_size(stub: StubFile) -> None:
    made = elf(stub)
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
    assert stub.size - stub.well_size < LARGEST_CODE


def test_arm64_has_branch_protection() -> None:
    data = load_payload().stub("arm64-v8a", WELL_SIZES[0]).path.read_bytes()
    at = data.find(b"GNU\0" + (0xC0000000).to_bytes(4, "little"))
    assert int.from_bytes(data[at + 12 : at + 16], "little") & BTI_AND_PAC == BTI_AND_PAC


@EVERY
def test_nothing_in_it_tells_what_it_is(stub: StubFile) -> None:
    blank = with_well(stub.path.read_bytes(), stub.well_offset, bytes(stub.well_size))
    texts = re.findall(rb"[\x20-\x7e]{4,}", blank)
    assert [text for text in texts if TELLING.search(text) and not FOREIGN.fullmatch(text)] == []


def test_the_digest_of_a_stub_is_blind_for_its_well_alone() -> None:
    stub = load_payload().stub("x86", WELL_SIZES[0])
    data = stub.path.read_bytes()
    filled = with_well(data, stub.well_offset, b"w" * stub.well_size)
    assert len(filled) == len(data)
    place = (stub.well_offset, stub.well_size)
    assert masked_digest(filled, *place) == masked_digest(data, *place)
    assert masked_digest(b"\x7f" + data[1:-1] + b"!", *place) != masked_digest(data, *place)
