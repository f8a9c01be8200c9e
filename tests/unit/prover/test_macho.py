"""The prover's reader of Mach-O beside lief: real apps, files made by clang and lld, and damage of every kind."""

from __future__ import annotations

import random
import struct
import zipfile
from collections.abc import Iterator

import pytest

from pinfuse.ios.macho.slices import is_macho, slices
from pinfuse.prover import macho
from pinfuse.prover.chains import chained
from pinfuse.prover.fault import Fault
from pinfuse.prover.fixups import Opcodes, Place
from pinfuse.prover.macho import MAGIC
from pinfuse.prover.trie import Bytes, exports
from tests.corpus import corpus
from tests.fixtures.linker import linked

LARGE = {"longest": 64 << 20, "longest_image": 256 << 20}


def of_corpus() -> Iterator[tuple[str, bytes]]:
    for path in sorted(corpus("ios").iterdir()):
        with zipfile.ZipFile(path) as archive:
            for entry in archive.namelist():
                data = archive.read(entry)
                if is_macho(data[:8]):
                    for part in slices(data, entry):
                        piece = data[part.offset : part.offset + part.size]
                        if piece[:4] == MAGIC.to_bytes(4, "little"):
                            yield f"{path.name}:{entry}", piece


def same_as_lief(data: bytes) -> tuple[int, int]:
    """How many binds and exports there are; they and the rebases must be those that lief finds."""
    lief = pytest.importorskip("lief")
    lief.logging.disable()
    ours, theirs = macho.read(data, **LARGE), lief.MachO.parse(list(data)).at(0)
    base = theirs.imagebase
    binds = sorted(
        (b.address - base, b.symbol.name, b.addend, b.library_ordinal, b.library_ordinal != 0 and b.weak_import)
        for b in theirs.bindings
    )
    assert sorted(
        (f.address, f.symbol, f.value, f.library, f.library != 0 and f.weak) for f in ours.fixups if f.symbol
    ) == binds
    if theirs.has_dyld_info:
        assert sorted(f.address for f in ours.fixups if not f.symbol) == sorted(
            r.address - base for r in theirs.relocations
        )
    table = theirs.dyld_exports_trie if theirs.has_dyld_exports_trie else theirs.dyld_info
    found = {one.symbol.name: one.address for one in table.exports if not one.flags & 0x1B} if table else {}
    assert ours.exports == found
    return len(binds), len(found)


def test_every_image_of_the_corpus_is_read_as_lief_reads_it() -> None:
    read, binds, refused = 0, 0, set()
    for name, data in of_corpus():
        try:
            binds += same_as_lief(data)[0]
            read += 1
        except Fault as fault:
            refused.add(str(fault))
            assert "arm64e" in name or "dSYM" in name or "pointer format 1," in str(fault), name
    print(f"{read} images of real apps with {binds} binds")
    assert read >= 40
    assert binds > 5000


def test_an_image_by_clang_and_lld_is_read_as_lief_reads_it() -> None:
    assert same_as_lief(linked())[0] >= 1
    image = macho.read(linked())
    assert image.memory[:4] == MAGIC.to_bytes(4, "little")
    assert image.kind == macho.EXECUTE
    assert {f.symbol for f in image.fixups if f.symbol} >= {"_SecTrustEvaluateWithError"}


def chains(pointer: int, table_format: int, words: dict[int, int], page: int = 0x4000) -> list[tuple[int, str, int]]:
    """The fixups of a made-up image with one chain that begins at its first word."""
    memory = bytearray(0x4000)
    for at, word in words.items():
        memory[at : at + 8] = word.to_bytes(8, "little")
    entry = {1: struct.pack("<I", 2 | 1 << 8 | 1 << 9), 2: struct.pack("<Ii", 2 | 1 << 8 | 1 << 9, -4),
             3: struct.pack("<QQ", 0xFFFE | 1 << 16 | 1 << 32, 5)}[table_format]  # fmt: skip
    starts = struct.pack("<II", 1, 8) + struct.pack("<IHHQIHH", 24, page, pointer, 0, 0, 1, min(words))
    head = struct.pack("<7I", 0, 28, 28 + len(starts), 28 + len(starts) + len(entry), 1, table_format, 0)
    table = head + starts + entry + b"\0_puts\0"
    found = chained(table, bytes(memory), [Place(0, len(memory))], 0x1_0000_0000)
    return [(one.address, one.symbol, one.value) for one in found]


def test_chains_of_both_pointer_formats() -> None:
    bind = 1 << 63 | 7 << 24
    for pointer, target in ((2, 0x1_0000_0123), (6, 0x123)):
        words = {0x10: bind | 2 << 51, 0x18: target | 0x80 << 36}
        assert chains(pointer, 1, words) == [(0x10, "_puts", 7), (0x18, "", 0x123 | 0x80 << 56)]
    assert chains(6, 2, {0x10: bind}) == [(0x10, "_puts", 3)]
    assert chains(6, 3, {0x10: bind}) == [(0x10, "_puts", 12)]


@pytest.mark.parametrize(
    ("pointer", "words", "said"),
    [
        (1, {0: 0}, "pointer format 1"),
        (6, {0x3FF8: 2 << 51}, "leaves its segment"),
        (6, {0: 1 << 63 | 9}, "import 9 of 1"),
    ],
    ids=["arm64e", "beyond the end", "no such import"],
)
def test_a_chain_that_is_none_is_a_fault(pointer: int, words: dict[int, int], said: str) -> None:
    with pytest.raises(Fault, match=said):
        chains(pointer, 1, words)


@pytest.mark.parametrize("table", [b"\x21\x00\x83", b"\x20\x00\x8f\x00", b"\x20\x00\x60\xff\xff\xff\xff\x7f", b"\xf0",
                                   b"\x12", b"\x51", b"\x20\x00\x8f\xff\xff\xff\xff\x7f\xf8\xff\xff\xff\xff\xff\xff\xff"
                                   b"\xff\x01"], ids=lambda table: table.hex())  # fmt: skip
def test_a_table_of_opcodes_that_is_none_is_a_fault_in_time(table: bytes) -> None:
    from pinfuse.prover.fixups import counted

    place = [Place(0, 64)]
    with pytest.raises(Fault):
        counted(Opcodes(place, bytes(64), 0).rebases(table))
    with pytest.raises(Fault):
        counted(Opcodes(place, bytes(64), 0).binds(table + b"\xd0"))


def test_numbers_of_variable_length() -> None:
    assert Bytes(bytes.fromhex("e58e26")).unsigned() == 624485
    assert Bytes(bytes.fromhex("c0bb78")).signed() == -123456
    for broken in (b"", b"\x80", b"\xff" * 11):
        with pytest.raises(Fault):
            Bytes(broken).unsigned()
        with pytest.raises(Fault):
            Bytes(broken).signed()


def test_a_trie_that_runs_in_circles_is_a_fault() -> None:
    assert exports(b"\0\1a\0\5\2\0\7\0") == {"a": 7}
    for table in (b"\0\1a\0\0", b"\0\2a\0\7b\0\7\0\0", b"\0\1a", b"\0\1aaa", b"\7"):
        with pytest.raises(Fault):
            exports(table)


def test_a_trie_whose_names_would_fill_the_memory_is_a_fault() -> None:
    """A long name at the front, and thousands of short ones behind it."""
    with pytest.raises(Fault, match="names without an end"):
        exports(_wide_trie(12_000))
    assert exports(_wide_trie(2_550)) == {}


def _wide_trie(count: int) -> bytes:
    first = b"\0\1" + b"a" * 4000 + b"\0"
    start = len(first) + 3
    width = (255).to_bytes(1, "little")
    table, at = first + _number(start), start
    for number in range(count // 255):
        children = [at + 1 + 1 + 255 * 6 + 2 * child for child in range(255)]
        edges = b"".join(b"%02x\0" % child + _number(place) for child, place in enumerate(children))
        node = b"\0" + width + edges
        leaves = b"\0\0" * 254
        table += node + leaves
        at = start + (number + 1) * (len(node) + len(leaves))
    return table + b"\0\0"


def _number(value: int) -> bytes:
    """A ULEB128 of three bytes."""
    return bytes([value & 0x7F | 0x80, value >> 7 & 0x7F | 0x80, value >> 14])


def test_random_and_damaged_bytes_are_a_fault_and_no_crash() -> None:
    good, rng, read = linked(), random.Random(9), 0
    for number in range(600):
        data = bytearray(good)
        for _ in range(rng.randrange(1, 6)):
            where = rng.choice((1200, len(data)))
            data[rng.randrange(where)] = rng.choice((rng.randrange(256), 0xFF, 0))
        if number % 5 == 0:
            data = data[: rng.randrange(len(data))]
        try:
            macho.read(bytes(data))
            read += 1
        except Fault as fault:
            assert str(fault)
    assert 0 < read < 600
    for size in (0, 3, 31, 32, 4096):
        with pytest.raises(Fault):
            macho.read(rng.randbytes(size))
        with pytest.raises(Fault):
            macho.read((MAGIC.to_bytes(4, "little") + rng.randbytes(size))[: max(size, 4)])
