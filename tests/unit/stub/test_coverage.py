"""Lines of the C core that the tests run: at least 95 of 100, and the others are named."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from pinfuse.stub.build.native import CORE, SOURCES

LEAST = 95.0
TOOLS = ("clang-14", "llvm-profdata-14", "llvm-cov-14")
ROOT = Path(__file__).resolve().parents[3]


@pytest.mark.slow
def test_the_tests_run_nearly_every_line_of_the_core(tmp_path: Path) -> None:
    if any(shutil.which(tool) is None for tool in TOOLS):
        pytest.skip("clang-14 and its coverage tools are not here")
    kept = tmp_path / "library"
    code = (
        "import shutil, tests.ccoverage as c, tests.hoststub as h; c.main();"
        f"shutil.copy(h.library(16384)._name, {str(kept)!r})"
    )
    environment = {
        **os.environ,
        "PINFUSE_TEST_CFLAGS": "-fprofile-instr-generate -fcoverage-mapping",
        "LLVM_PROFILE_FILE": str(tmp_path / "raw"),
    }
    subprocess.run([sys.executable, "-c", code], env=environment, cwd=ROOT, check=True, timeout=600)
    subprocess.run(["llvm-profdata-14", "merge", tmp_path / "raw", "-o", tmp_path / "data"], check=True)
    sources = [SOURCES / "core" / f"{name}.c" for name in CORE]
    words = ["llvm-cov-14", "export", kept, f"-instr-profile={tmp_path / 'data'}"]
    told = json.loads(subprocess.run([*words, *sources], capture_output=True, check=True).stdout)["data"][0]
    lines = {Path(one["filename"]).name: one["summary"]["lines"] for one in told["files"]}
    total, run = (sum(one[key] for one in lines.values()) for key in ("count", "covered"))
    missed = {name: one["count"] - one["covered"] for name, one in lines.items() if one["count"] > one["covered"]}
    print(f"{run} of {total} lines ({100 * run / total:.1f} %); not run: {missed}")
    assert total > 500
    assert 100 * run / total >= LEAST, missed
