"""How much of the stub the proof really holds down: of 200 mutants of executed instructions, most must be noticed."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.conftest import MUTATION_SCORE
from tests.mutation import InProcess, mutants, proven

PER_ABI, LEAST = 50, 0.70
SEED = 20261124


@pytest.mark.slow
@pytest.mark.parametrize("abi", ["arm64-v8a", "armeabi-v7a", "x86", "x86_64"])
def test_mutants_are_noticed(abi: str, record_property: Callable[[str, object], None]) -> None:
    one = proven(abi)
    survivors = [hex(at) for at, stub in mutants(one, PER_ABI, SEED) if one.holds(InProcess(), stub)]
    score = 1 - len(survivors) / PER_ABI
    record_property(MUTATION_SCORE, f"{abi}: {PER_ABI - len(survivors)} of {PER_ABI} mutants noticed")
    assert score >= LEAST, f"{len(survivors)} of {PER_ABI} not noticed, at {', '.join(survivors)}"


def test_the_stub_without_a_mutation_holds() -> None:
    one = proven("x86_64")
    assert one.holds(InProcess(), one.stub)
