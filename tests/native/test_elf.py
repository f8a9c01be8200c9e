"""Reading shared libraries beside lief and readelf, and making them need one library more, ahead of all others."""

from __future__ import annotations

import ctypes
import random
import struct
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from pinfuse.android.elf import records as r
from pinfuse.android.elf.image import Image, read
from pinfuse.android.elf.needed import PAGE, is_first, needed_first
from pinfuse.errors import AppError, DamagedApp, UnsupportedApp
from tests.corpus import corpus
from tests.native.compile import TRIPLES, android_library, library, run, tool

OURS = "libzqk.so"
TLS = "int SSL_connect(void *s) { return 1; } int SSL_read(void *s) { return 1; }"
APP = "int SSL_connect(void *), data[3]; int go(void) { return SSL_connect(0); } int *where(void) { return data; }"
NAMES = frozenset({b"SSL_connect", b"SSL_read", b"SSL_write", b"go"})


def by_lief(data: bytes) -> Any:
    lief = pytest.importorskip("lief")
    lief.logging.disable()
    return lief.ELF.parse(list(data))


def made(abi: str, folder: Path, *flags: str) -> bytes:
    tls = android_library(abi, folder, "tls", TLS)
    return android_library(abi, folder, "app", APP, tls, flags=flags).read_bytes()


def compare(before: bytes, after: bytes) -> None:
    """Everything that lief reads is as it was, but for the library in front."""
    old, new = by_lief(before), by_lief(after)
    assert list(new.libraries) == [OURS, *old.libraries]

    def symbols(image: Any) -> list[tuple[object, ...]]:
        return [(s.name, s.value, s.size, str(s.binding), int(s.shndx)) for s in image.dynamic_symbols]

    def relocations(image: Any) -> list[tuple[object, ...]]:
        found = ((x.address, int(x.type), x.symbol.name if x.has_symbol else "") for x in image.relocations)
        return sorted(found)

    assert symbols(old) == symbols(new)
    assert relocations(old) == relocations(new)
    kept = [(str(s.type), s.virtual_address, s.file_offset, s.physical_size, int(s.flags)) for s in new.segments]
    moved = ("DYNAMIC", "PHDR")
    for one in old.segments:
        if not str(one.type).endswith(moved):
            at = (str(one.type), one.virtual_address, one.file_offset, one.physical_size, int(one.flags))
            assert at in kept


def changed(before: bytes, after: bytes) -> int:
    """How many of the old bytes are other ones."""
    return sum(old != new for old, new in zip(before, after, strict=False))


def complaints(data: bytes, folder: Path) -> str:
    """What readelf warns of."""
    path = folder / "read.so"
    path.write_bytes(data)
    words = [tool("readelf"), "-a", "-W", path]
    return "\n".join(line for line in subprocess.run(words, capture_output=True, text=True).stderr.splitlines() if line)


@pytest.mark.parametrize("abi", TRIPLES)
@pytest.mark.parametrize("flags", [(), ("-Wl,--hash-style=gnu",), ("-Wl,--hash-style=sysv",)], ids=str)
def test_symbols_and_needs_are_read(abi: str, flags: tuple[str, ...], tmp_path: Path) -> None:
    image = read(made(abi, tmp_path, *flags), "app")
    assert (image.needed, image.soname) == (("libtls.so",), "libapp.so")
    assert image.symbols(NAMES) == (frozenset({"SSL_connect"}), frozenset({"go"}))


@pytest.mark.parametrize("abi", TRIPLES)
def test_without_section_headers_symbols_are_counted_by_the_hash_table(abi: str, tmp_path: Path) -> None:
    data = bytearray(made(abi, tmp_path, "-Wl,--hash-style=gnu"))
    shoff = {r.CLASS_64: (40, 8, 60), r.CLASS_32: (32, 4, 48)}[data[4]]
    data[shoff[0] : shoff[0] + shoff[1]] = bytes(shoff[1])
    data[shoff[2] : shoff[2] + 2] = bytes(2)
    image = read(bytes(data), "app")
    assert not image.sections
    assert image.symbols(NAMES) == (frozenset({"SSL_connect"}), frozenset({"go"}))


@pytest.mark.parametrize("abi", TRIPLES)
def test_ours_comes_first_and_nothing_else_changes(abi: str, tmp_path: Path) -> None:
    before = made(abi, tmp_path)
    image = read(before, "app")
    after = needed_first(image, OURS)
    again = read(after, "app")
    assert again.needed == (OURS, "libtls.so")
    assert is_first(again, OURS) and not is_first(image, OURS)
    assert needed_first(again, OURS) == after
    assert again.symbols(NAMES) == image.symbols(NAMES)
    compare(before, after)
    word = image.form.word
    assert changed(before, after) <= word + 2 + 2 * 3 * word
    assert complaints(after, tmp_path) == complaints(before, tmp_path) == ""
    assert len(after) - len(before) < 4096
    own = next(
        one for one in again.programs if one.kind == r.PT_LOAD and one.align == PAGE and one not in image.programs
    )
    assert own.offset % PAGE == own.address % PAGE
    assert own.address >= max(o.address + o.memory_size for o in image.programs if o.kind == r.PT_LOAD)


def test_a_loader_takes_symbols_from_ours(tmp_path: Path) -> None:
    library(tmp_path, "tls", TLS)
    app = library(tmp_path, "app", APP, "tls", flags=("-Wl,-rpath,$ORIGIN",))
    library(tmp_path, "zqk", "int SSL_connect(void *s) { return 2; }")
    edited = tmp_path / "edited.so"
    edited.write_bytes(needed_first(read(app.read_bytes(), "app"), OURS))
    for path, answer in ((app, 1), (edited, 2)):
        assert ctypes.CDLL(str(path)).go() == answer


def test_a_library_that_needs_an_edited_one_reaches_ours_before_the_others(tmp_path: Path) -> None:
    """The order is by breadth: an outer library that names the TLS library itself has to be edited too."""
    origin = ("-Wl,-rpath,$ORIGIN",)
    library(tmp_path, "zqk", "int SSL_connect(void *s) { return 2; }")
    library(tmp_path, "tls", TLS)
    inner = library(tmp_path, "inner", APP, "tls", flags=origin)
    outer = library(tmp_path, "outer", "int go(void); int run(void) { return go(); }", "tls", "inner", flags=origin)
    inner.write_bytes(needed_first(read(inner.read_bytes(), "inner"), OURS))
    ask = f"import ctypes; print(ctypes.CDLL({str(outer)!r}).run())"
    assert run(sys.executable, "-c", ask).strip() == "1"
    outer.write_bytes(needed_first(read(outer.read_bytes(), "outer"), OURS))
    assert run(sys.executable, "-c", ask).strip() == "2"


def of_corpus() -> Iterator[tuple[str, bytes]]:
    for path in sorted(corpus("android").glob("*.apk")):
        try:
            with zipfile.ZipFile(path) as archive:
                for entry in archive.namelist():
                    if entry.startswith("lib/") and entry.endswith(".so"):
                        yield f"{path.name}:{entry}", archive.read(entry)
        except (zipfile.BadZipFile, NotImplementedError, RuntimeError):
            continue


def test_every_library_of_the_corpus_takes_ours(tmp_path: Path) -> None:
    edited = 0
    for name, data in of_corpus():
        image = read(data, name)
        old = by_lief(data)
        assert list(image.needed) == list(old.libraries), name
        wanted = frozenset(s.name.encode() for s in old.dynamic_symbols if s.name)
        taken, given = image.symbols(wanted)
        assert taken == {s.name for s in old.dynamic_symbols if s.name and int(s.shndx) == 0}, name
        assert given == {s.name for s in old.dynamic_symbols if s.name and int(s.shndx) != 0}, name
        after = needed_first(image, OURS)
        compare(data, after)
        assert complaints(after, tmp_path) == complaints(data, tmp_path), name
        edited += 1
    assert edited > 15


def test_what_stands_behind_the_end_is_not_cut_off_from_it(tmp_path: Path) -> None:
    data = made("arm64-v8a", tmp_path)
    with pytest.raises(UnsupportedApp, match="behind the end"):
        needed_first(read(data + b"PK\5\6" + bytes(18), "app"), OURS)
    assert is_first(read(needed_first(read(data + bytes(40), "app"), OURS), "app"), OURS)


def test_a_library_that_needs_ours_later_is_refused(tmp_path: Path) -> None:
    zqk = android_library("x86", tmp_path, "zqk", TLS)
    tls = android_library("x86", tmp_path, "tls", TLS)
    data = android_library("x86", tmp_path, "app", APP, tls, zqk).read_bytes()
    with pytest.raises(UnsupportedApp, match="already"):
        needed_first(read(data, "app"), OURS)


def test_contradicting_headers_are_refused(tmp_path: Path) -> None:
    image = read(made("x86_64", tmp_path), "app")
    section = next(one for one in image.sections if one.kind == r.SHT_DYNAMIC)
    data = bytearray(image.data)
    struct.pack_into("<Q", data, section.at + 24, section.offset + 16)
    with pytest.raises(UnsupportedApp, match="contradict"):
        needed_first(read(bytes(data), "app"), OURS)


def test_no_room_in_the_address_space_is_refused(tmp_path: Path) -> None:
    image = read(made("armeabi-v7a", tmp_path), "app")
    number = max(i for i, one in enumerate(image.programs) if one.kind == r.PT_LOAD)
    data = bytearray(image.data)
    at = struct.unpack_from("<I", data, 28)[0] + number * image.form.phdr.size
    struct.pack_into("<I", data, at + 20, 0xFFFF_F000 - image.programs[number].address)
    with pytest.raises(UnsupportedApp, match="no room"):
        needed_first(read(bytes(data), "app"), OURS)


@pytest.mark.parametrize("data", [b"", b"\x7fELF", b"MZ" + bytes(100), b"\x7fELF\x02\x01" + bytes(200)], ids=range(4))
def test_what_is_no_library_is_refused(data: bytes) -> None:
    with pytest.raises(DamagedApp):
        read(data, "x.so")


def survive(data: bytes) -> bool:
    """Read and edit; True when that went through, False for an error of ours; any other error fails the test."""
    try:
        image: Image = read(data, "damaged.so")
        image.symbols(NAMES)
        assert image.soname is not None
        return is_first(read(needed_first(image, OURS), "damaged.so"), OURS)
    except AppError as error:
        assert error.where == "damaged.so" and error.what
        return False


@pytest.mark.parametrize("abi", ["arm64-v8a", "x86"])
def test_damage_never_ends_in_a_traceback(abi: str, tmp_path: Path) -> None:
    data = made(abi, tmp_path)
    assert survive(data)
    ends = [survive(data[:size]) for size in range(0, len(data), 7)]
    assert not any(ends[:-40])
    choose = random.Random(abi)
    refused = 0
    for _ in range(1500):
        damaged = bytearray(data)
        for _ in range(choose.randint(1, 4)):
            at = choose.randrange(min(len(data), 1200)) if choose.random() < 0.7 else choose.randrange(len(data))
            damaged[at] = choose.choice((0, 0xFF, damaged[at] ^ 1 << choose.randrange(8)))
        refused += not survive(bytes(damaged))
    assert 100 < refused < 1500
