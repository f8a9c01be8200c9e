"""Chained fixups as lld-16 links them, beside lief: every table of imports, both formats of words, and every damage."""

from __future__ import annotations

import random
import struct
from collections.abc import Iterator

import pytest

from pinfuse.prover import macho
from pinfuse.prover.fault import Fault
from pinfuse.prover.fixups import Fixup
from tests.fixtures import chained
from tests.fixtures.chained import ADDENDS, Field, fields

TARGETS = ("arm64", "arm64-simulator", "x86_64-simulator")
SECURITY = ("_SSLHandshake", "_SecTrustEvaluateWithError")
Bind = tuple[int, str, int, int, bool]


def in_word(data: bytes, one: Fixup) -> int:
    """The part of an addend that stands in the word itself; 0 to 255."""
    word = next(word for word in words_by_address(data) if word[0] == one.address)[1]
    return word >> 24 & 0xFF


def words_by_address(data: bytes) -> Iterator[tuple[int, int]]:
    memory = macho.read(data).memory
    for one in macho.read(data).fixups:
        yield one.address, int.from_bytes(memory[one.address : one.address + 8], "little")


def by_lief(data: bytes) -> tuple[list[Bind], list[int], dict[str, int]]:
    """Binds, words that move and exports; lief leaves out the addend in the word."""
    lief = pytest.importorskip("lief")
    lief.logging.disable()
    one = lief.MachO.parse(list(data)).at(0)
    base = one.imagebase
    binds = [(b.address - base, b.symbol.name, b.addend, b.library_ordinal, b.weak_import) for b in one.bindings]
    exports = {e.symbol.name: e.address for e in one.dyld_exports_trie.exports}
    return sorted(binds), sorted(r.address - base for r in one.relocations), exports


def ours(data: bytes) -> tuple[list[Bind], list[int], dict[str, int]]:
    image = macho.read(data)
    binds = [(f.address, f.symbol, f.value - in_word(data, f), f.library, f.weak) for f in image.fixups if f.symbol]
    return sorted(binds), sorted(f.address for f in image.fixups if not f.symbol), image.exports


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("imports", ADDENDS)
def test_what_lld_links_is_read_as_lief_reads_it(target: str, imports: int) -> None:
    for kind in ("execute", "dylib"):
        data = chained.linked(kind, target=target, imports=imports)
        assert ours(data) == by_lief(data)
        assert next(one.value(data) for one in fields(data) if one.name == "imports_format") == imports
        image = macho.read(data)
        found = {one.symbol: one for one in image.fixups if one.symbol}
        assert found["_environ"].value == ADDENDS[imports]
        assert {name for name, one in found.items() if one.weak} == {"_sometimes"}
        assert {name for name, one in found.items() if one.library == 3} == set(SECURITY)
        (begin,) = image.initialiser_offsets()
        code = next(one for one in image.sections if one.name == "__text")
        assert code.address <= begin < code.address + code.size


def test_words_that_count_from_the_header_say_the_same() -> None:
    """DYLD_CHAINED_PTR_64_OFFSET, which lld-16 does not write, beside DYLD_CHAINED_PTR_64, which it does."""
    for target in TARGETS:
        data = chained.linked("dylib", target=target, more="int *again = &value;")
        other = chained.by_offset(data)
        kinds = [{one.value(some) for one in fields(some) if one.name == "pointer_format"} for some in (data, other)]
        assert kinds == [{chained.PTR_64}, {chained.PTR_64_OFFSET}]
        assert macho.read(other).fixups == macho.read(data).fixups
        assert ours(other) == by_lief(other)


def test_a_word_points_where_its_source_says() -> None:
    for data in (chained.linked(), chained.by_offset(chained.linked())):
        image = macho.read(data)
        found = {one.address: one for one in image.fixups}
        assert found[image.exports["_pointer"]].value == image.exports["_value"]
        assert found[image.exports["_trusted"]].symbol == "_SecTrustEvaluateWithError"


@pytest.mark.parametrize("target", TARGETS)
def test_chains_over_several_pages_and_pages_without_one(target: str) -> None:
    data = chained.linked("dylib", target=target, more=chained.PAGES)
    starts = [one.value(data) for one in fields(data) if one.name == "page_start"]
    assert (0xFFFF in starts, len(starts) > 3) == (True, True)
    assert ours(data) == by_lief(data)
    moving = {one.address for one in macho.read(data).fixups if not one.symbol}
    first = macho.read(data).exports["_many"]
    assert {first + 8 * number for number in (*range(2, 2501), 8990)} <= moving
    assert not {first + 8 * number for number in (0, 1, 2501, 8989, 8991)} & moving


def changed(data: bytes, name: str, value: int) -> bytes:
    """With this value in the first field of that name that is not 0, or in the first."""
    found = [one for one in fields(data) if one.name == name]
    return next((one for one in found if one.value(data)), found[0]).put(data, value)


OTHER_FORMATS = (0, 1, 3, 4, 5, 7, 8, 9, 10, 11, 12, 13, 0xFFFF)
WRONG = {
    "fixups_version": ((1, 0xFFFF_FFFF), "version"),
    "symbols_format": ((1, 2), "packing"),
    "imports_format": ((0, 4, 0xFFFF_FFFF), "imports have format"),
    "imports_count": ((0, 1 << 16, 0xFFFF_FFFF), "does not exist|outside|have format|no end"),
    "seg_count": ((6, 0xFFFF_FFFF), "segments"),
    "page_size": ((0, 1, 0x1000, 0x8000, 0xFFFF), "pages of|begins at|leaves"),
    "pointer_format": (OTHER_FORMATS, "pointer format"),
    "segment_offset": ((0, 0x4000, 1 << 63), "where no segment is so"),
    "page_count": ((2, 0xFFFF), "where no segment is so"),
    "page_start": ((0x8000, 0xFFFE, 0x4000, 0x3FFC), "several chains|begins at|leaves its segment"),
    "size": ((0, 22, 23), "pages in"),
}


@pytest.mark.parametrize("name", WRONG)
def test_what_dyld_refuses_is_refused(name: str) -> None:
    data = chained.linked("dylib")
    values, said = WRONG[name]
    for value in values:
        if name == "page_size" and value == 0x1000:
            continue  # a page that dyld knows, and every chain of this image begins on the first
        with pytest.raises(Fault, match=said):
            macho.read(changed(data, name, value))


def test_two_formats_of_words_are_refused() -> None:
    data = chained.linked("dylib")
    with pytest.raises(Fault, match="two pointer formats"):
        macho.read(changed(data, "pointer_format", chained.PTR_64_OFFSET))


def test_chains_and_opcodes_in_one_image_are_refused() -> None:
    data = chained.linked("dylib", headerpad="0x400")
    count, size = struct.unpack_from("<II", data, 16)
    at, length = chained.table(data)
    more = struct.pack("<12I", 0x8000_0022, 48, 0, 0, at, length, 0, 0, 0, 0, 0, 0)
    made = bytearray(data)
    struct.pack_into("<II", made, 16, count + 1, size + 48)
    made[32 + size : 32 + size + 48] = more
    with pytest.raises(Fault, match="two forms"):
        macho.read(bytes(made))


def test_every_damaged_number_is_a_fault_or_no_matter() -> None:
    """The only fields that can be otherwise: what dyld needs not, too large a size, a last segment without chains."""
    kept: set[str] = set()
    faults = 0
    for imports in ADDENDS:
        data = chained.linked("dylib", imports=imports, more=chained.PAGES)
        good = macho.read(data).fixups
        for one in fields(data):
            old, most = one.value(data), (1 << 8 * one.size) - 1
            for value in {0, 1, old ^ 1, old + 1, old - 1, old + 8, old << 8, most, most >> 1, 1 << 8 * one.size - 1}:
                if value & most == old:
                    continue
                try:
                    if macho.read(one.put(data, value)).fixups == good:
                        kept.add(one.name)
                except Fault as fault:
                    faults += 1
                    assert str(fault)
    assert faults > 150
    assert kept <= {"max_valid_pointer", "size", "seg_count"}, kept


def test_a_damaged_word_is_a_fault_or_another_word() -> None:
    data, rng, faults = chained.linked("dylib"), random.Random(16), 0
    places = list(chained.words(data))
    assert len(places) == len(macho.read(data).fixups)
    for turn in range(400):
        made = data
        for one in rng.sample(places, rng.randrange(1, 4)):
            made = one.put(made, rng.getrandbits(64) if turn % 2 else one.value(made) ^ 1 << rng.randrange(64))
        try:
            macho.read(made)
        except Fault:
            faults += 1
    assert 50 < faults < 400


def test_random_bytes_over_the_tables() -> None:
    data, rng, faults = chained.linked("dylib", imports=3), random.Random(17), 0
    at, size = chained.table(data)
    for _ in range(400):
        made = bytearray(data)
        for _ in range(rng.randrange(1, 9)):
            made[at + rng.randrange(size)] = rng.choice((0, 0xFF, rng.randrange(256)))
        try:
            macho.read(bytes(made))
        except Fault:
            faults += 1
    assert 100 < faults < 400
    noise = Field("table", at, size).put(data, rng.getrandbits(8 * size))
    with pytest.raises(Fault):
        macho.read(noise)
