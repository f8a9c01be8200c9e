"""How much of the stub the proof really holds down: of 200 mutants of executed instructions, most must be noticed.

A mutant counts when it can be told from the stub at all: by the proof, or by hundreds of questions beyond it.
"""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.conftest import MUTATION_SCORE
from tests.mutation import InProcess, Wider, mutants, proven

ABIS = ("arm64-v8a", "armeabi-v7a", "x86", "x86_64", "ios-arm64")
PER_ABI, LEAST = 50, 0.85
SEED = 20261124


@pytest.mark.slow
@pytest.mark.parametrize("abi", ABIS)
def test_mutants_are_noticed(abi: str, record_property: Callable[[str, object], None]) -> None:
    """Keys and vaults are new in every run, so the score moves by a few."""
    one, wider = proven(abi), Wider(abi)
    left = [mutant for mutant in mutants(one, PER_ABI, SEED) if one.holds(InProcess(), mutant.of(one.stub))]
    missed = [mutant for mutant in left if wider.tells_apart(mutant)]
    noticed = PER_ABI - len(left)
    counted, same = noticed + len(missed), len(left) - len(missed)
    record_property(MUTATION_SCORE, f"{abi}: {noticed} of {counted} noticed; {same} more answer as the stub does")
    assert counted > PER_ABI * 2 // 3
    places = ", ".join(f"{mutant.address:#x} bit {mutant.bit}" for mutant in missed)
    assert noticed / counted >= LEAST, f"not noticed: {places}"


def test_the_stub_without_a_mutation_holds() -> None:
    one = proven("x86_64")
    assert one.holds(InProcess(), one.stub)
