"""A short run of every fuzz target; ``make fuzz`` runs them for longer."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from tests.fuzz.run import COMPILER, TARGETS, fuzz

SECONDS = 8


@pytest.mark.slow
@pytest.mark.parametrize("target", TARGETS)
def test_nothing_is_found(target: str) -> None:
    if shutil.which(COMPILER) is None:
        pytest.skip(f"{COMPILER} is not here")
    result = fuzz(target, SECONDS)
    assert result.failure == ""
    assert result.executions > 1000


@pytest.mark.slow
def test_the_sanitizers_would_find_something(tmp_path: Path) -> None:
    """The control: a read behind the end stops the run."""
    if shutil.which(COMPILER) is None:
        pytest.skip(f"{COMPILER} is not here")
    source = tmp_path / "bad.c"
    source.write_text(
        "#include <stdint.h>\n#include <stdlib.h>\n"
        "int LLVMFuzzerTestOneInput(const uint8_t *d, size_t n) { volatile uint8_t c = d[n]; (void)c; return 0; }\n"
    )
    subprocess.run([COMPILER, "-fsanitize=fuzzer,address", source, "-o", tmp_path / "bad"], check=True)
    done = subprocess.run([tmp_path / "bad", "-runs=100", f"-artifact_prefix={tmp_path}/"], capture_output=True)
    assert b"heap-buffer-overflow" in done.stderr
