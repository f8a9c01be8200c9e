"""The resource table: good ones pass, damaged ones are refused in words."""

from __future__ import annotations

import random
import struct
import zipfile

import pytest

from examples.demo.run import APP
from pinfuse.android.resources.chunks import Place
from pinfuse.android.resources.table import check_table
from pinfuse.errors import DamagedApp

PLACE = Place("resources.arsc")


def table() -> bytes:
    with zipfile.ZipFile(APP) as archive:
        return archive.read("resources.arsc")


def test_the_demo_apps_table_is_good() -> None:
    check_table(table(), PLACE)


def test_every_cut_is_refused_in_words() -> None:
    good = table()
    for size in range(0, len(good), 5):
        with pytest.raises(DamagedApp, match=r"resources\.arsc"):
            check_table(good[:size], PLACE)


@pytest.mark.parametrize("seed", range(4))
def test_damage_passes_or_is_refused_in_words(seed: int) -> None:
    good, rng, refused = table(), random.Random(seed), 0
    for _ in range(500):
        data = bytearray(good)
        struct.pack_into("<I", data, rng.randrange(len(data) - 4), rng.choice((0, 0x7FFFFFFF, rng.randrange(1 << 32))))
        try:
            check_table(bytes(data), PLACE)
        except DamagedApp as error:
            refused += 1
            assert "resources.arsc" in str(error)
    assert refused > 20
