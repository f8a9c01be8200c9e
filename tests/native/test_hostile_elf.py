"""Libraries that nobody's linker makes: each is refused at once, however much it says it holds."""

from __future__ import annotations

import struct
import time

import pytest

from pinfuse.android.elf import image as elf
from pinfuse.android.elf import records as r
from pinfuse.errors import DamagedApp

FORM = r.FORMS[r.CLASS_64]
LOAD = 0x1000
SECONDS = 4.0


def library(dynamic: list[tuple[int, int]], body: bytes) -> bytes:
    """One segment at address 0 that holds everything; ``body`` begins at ``LOAD``."""
    rows = b"".join(FORM.dyn.pack(*one) for one in dynamic) + FORM.dyn.pack(r.DT_NULL, 0)
    size = LOAD + len(body) + len(rows)
    head = FORM.ehdr.pack(r.ET_DYN, 183, 1, 0, 64, 0, 0, 64, FORM.phdr.size, 2, FORM.shdr.size, 0, 0)
    load = FORM.phdr.pack(r.PT_LOAD, 6, 0, 0, 0, size, size, 4096)
    place = FORM.phdr.pack(r.PT_DYNAMIC, 6, LOAD + len(body), LOAD + len(body), 0, len(rows), len(rows), 8)
    return (r.MAGIC + bytes([2, 1, 1]) + bytes(9) + head + load + place).ljust(LOAD, b"\0") + body + rows


def chain_without_end() -> bytes:
    body = struct.pack("<4I", 1, 1, 1, 0) + bytes(8) + struct.pack("<I", 1) + bytes(16 << 20)
    return library([(r.DT_GNU_HASH, LOAD), (r.DT_SYMTAB, LOAD), (r.DT_STRTAB, LOAD), (r.DT_STRSZ, 64)], body)


def one_name_again_and_again() -> bytes:
    body = struct.pack("<2I", 1, 1) + b"SSL_read\0" * 300_000
    return library([(r.DT_HASH, LOAD), (r.DT_SYMTAB, LOAD), (r.DT_STRTAB, LOAD), (r.DT_STRSZ, len(body))], body)


def needs_without_end() -> bytes:
    return library([(r.DT_STRTAB, LOAD), (r.DT_STRSZ, 64)] + [(r.DT_NEEDED, 1)] * 100_000, bytes(64))


HOSTILE = {one.__name__: one for one in (chain_without_end, one_name_again_and_again, needs_without_end)}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_library_without_end_is_refused_at_once(name: str) -> None:
    data = HOSTILE[name]()
    begun = time.process_time()
    with pytest.raises(DamagedApp):
        assert elf.read(data, "lib.so").symbols(frozenset([b"SSL_read"])) is None
    assert time.process_time() - begun < SECONDS


def test_a_small_one_of_the_same_make_is_read() -> None:
    names = b"\0SSL_read\0"
    body = struct.pack("<2I", 1, 2) + names.ljust(24, b"\0") + bytes(24) + FORM.sym.pack(1, 0, 0, 0, 0, 0)
    dynamic = [(r.DT_HASH, LOAD), (r.DT_SYMTAB, LOAD + 32), (r.DT_STRTAB, LOAD + 8), (r.DT_STRSZ, len(names))]
    taken, given = elf.read(library(dynamic, body), "lib.so").symbols(frozenset([b"SSL_read"]))
    assert (taken, given) == ({"SSL_read"}, frozenset())
