"""How much of the stub the proof really holds down: of 200 mutants of executed instructions, most must be noticed."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.conftest import MUTATION_SCORE
from tests.mutation import InProcess, mutants, proven

ABIS = ("arm64-v8a", "armeabi-v7a", "x86", "x86_64")
PER_ABI, LEAST = 50, 0.70
SEED = 20261124


@pytest.mark.slow
def test_mutants_are_noticed(record_property: Callable[[str, object], None]) -> None:
    """Keys and vaults are new in every run, so the score of one ABI moves by a few; that of all counts."""
    survivors: list[str] = []
    for abi in ABIS:
        one = proven(abi)
        left = [f"{abi} {at:#x}" for at, stub in mutants(one, PER_ABI, SEED) if one.holds(InProcess(), stub)]
        record_property(MUTATION_SCORE, f"{abi}: {PER_ABI - len(left)} of {PER_ABI} mutants noticed")
        survivors += left
    score = 1 - len(survivors) / (PER_ABI * len(ABIS))
    assert score >= LEAST, f"{len(survivors)} not noticed: {', '.join(survivors)}"


def test_the_stub_without_a_mutation_holds() -> None:
    one = proven("x86_64")
    assert one.holds(InProcess(), one.stub)
