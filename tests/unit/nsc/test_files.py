"""Resources that are files: found in every form of entry, added without moving an id, damaged tables in words."""

from __future__ import annotations

import random
import struct
import zipfile
from xml.etree import ElementTree

import pytest

from examples.demo.run import APP
from pinfuse.android.nsc.merge import merge
from pinfuse.android.nsc.pins import Wishes
from pinfuse.android.resources.axml import Document
from pinfuse.android.resources.chunks import Place
from pinfuse.android.resources.files import add_file, paths_of, plain_string
from pinfuse.android.resources.pool import UTF8, StringPool, appended, string_in
from pinfuse.android.resources.table import check_table
from pinfuse.errors import PinfuseError
from tests.unit.nsc.reference import to_binary
from tests.unit.nsc.test_merge import domain, own, pins

PLACE = Place("resources.arsc")


def table() -> bytes:
    with zipfile.ZipFile(APP) as archive:
        return archive.read("resources.arsc")


def files(data: bytes) -> dict[int, tuple[str, ...]]:
    """Every resource that is a file."""
    ids = (0x7F << 24 | kind << 16 | entry for kind in range(1, 12) for entry in range(8))
    return {one: found for one in ids if (found := paths_of(data, one, PLACE)) and found[0].startswith("res/")}


def test_what_is_added_is_found_and_nothing_else_moves() -> None:
    before = table()
    after, resource = add_file(before, "res/new.xml", PLACE)
    check_table(after, PLACE)
    assert files(after) == files(before) | {resource: ("res/new.xml",)}
    assert len(files(before)) > 1
    again, other = add_file(after, "res/ü.xml", PLACE)
    assert (other - resource, files(again)[other]) == (0x10000, ("res/ü.xml",))


def test_an_id_that_is_none_has_no_path() -> None:
    assert paths_of(table(), 0x7F990000, PLACE) == paths_of(table(), 0x01010000, PLACE) == ()
    assert paths_of(table(), 0x7F01FFFF, PLACE) == ()


def test_a_string_counts_where_it_is_the_same_in_every_configuration() -> None:
    after, resource = add_file(table(), "org.example:x", PLACE)
    assert plain_string(after, resource, PLACE) == "org.example:x"
    assert plain_string(after, 0x7F990000, PLACE) is None
    config = len(after) - (16 + 4 + 60)
    german = after[:config] + b"\0\0\0\0de" + after[config + 6 :]
    check_table(german, PLACE)
    assert plain_string(german, resource, PLACE) is None


@pytest.mark.parametrize("flags", [0, UTF8], ids=["UTF-16", "UTF-8"])
@pytest.mark.parametrize("count", [0, 1, 3])
def test_a_string_is_appended_whatever_the_pool(flags: int, count: int) -> None:
    pool = StringPool([], flags)
    for number in range(count):
        pool.insert(number, f"text {number} ü")
    packed, index = appended(pool.pack(), "löng" * 60)
    assert index == count
    assert [string_in(packed, one) for one in range(count + 2)] == [
        *(f"text {number} ü" for number in range(count)), "löng" * 60, None,
    ]  # fmt: skip
    assert len(packed) == struct.unpack_from("<I", packed, 4)[0]
    assert len(packed) % 4 == 0


@pytest.mark.parametrize("seed", range(4))
def test_damaged_tables_and_configs_end_in_words(seed: int) -> None:
    rng = random.Random(seed)
    xml = f"<network-security-config>{domain('a.example', more=own(1))}{domain('b.example')}</network-security-config>"
    config = to_binary(ElementTree.fromstring(xml))
    whole, _ = add_file(table(), "res/new.xml", PLACE)
    refused = 0
    for good in (whole, config):
        for _ in range(400):
            data = bytearray(good)
            for _ in range(rng.randrange(1, 4)):
                place, value = rng.randrange(len(data) - 4), rng.choice((0, 0xFFFFFFFF, 9, rng.randrange(1 << 32)))
                struct.pack_into("<I" if rng.random() < 0.5 else "<H", data, place, value & 0xFFFF)
            try:
                if good is config:
                    merge(Document(bytes(data), Place("config.xml")), Wishes((pins("b.example"), pins("c.example"))))
                    continue
                check_table(bytes(data), PLACE)
                for kind in range(1, 12):
                    paths_of(bytes(data), 0x7F000000 | kind << 16, PLACE)
                check_table(add_file(bytes(data), "res/other.xml", PLACE)[0], PLACE)
            except PinfuseError as error:
                refused += 1
                assert str(error)
    assert refused > 100
