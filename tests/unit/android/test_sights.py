"""Damaged DEX files end in an error in words, whatever is asked of them."""

from __future__ import annotations

import random

import pytest

from pinfuse.android.dex.file import Dex
from pinfuse.android.existing import pins_in_code
from pinfuse.android.sights import Sights
from pinfuse.coverage.java import PROCEED
from pinfuse.errors import DamagedApp
from tests.fixtures.dex import Source, build
from tests.unit.android.test_coverage import calling

TRIALS = 600


@pytest.mark.parametrize("seed", range(4))
def test_random_damage_never_gives_another_error(seed: int) -> None:
    rng = random.Random(seed)
    good = calling(*PROCEED)
    whole = build(Source(good.classes, good.calls, ("okhttp/4.9.0", "sha256/" + "A" * 43 + "=")))
    ended = 0
    for _ in range(TRIALS):
        data = bytearray(whole)
        for _ in range(rng.randint(1, 4)):
            data[rng.randrange(8, len(data))] = rng.choice((0, 1, 0x7F, 0x80, 0xFF, rng.randrange(256)))
        try:
            dex = Dex(data, "classes.dex")
            Sights().look(dex)
            list(pins_in_code(dex))
            ended += 1
        except DamagedApp as error:
            assert error.where == "classes.dex"
    assert 0 < ended < TRIALS
