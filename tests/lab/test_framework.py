"""Each API level's framework classes start on a JVM, and are those of that level."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from tests.lab.device import run
from tests.lab.framework import LEVELS, NEEDS_JAVA_21, compile_jar, framework

SOURCE = Path(__file__).parent / "framework" / "Level.java"


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory) -> Path:
    if not shutil.which("javac"):
        pytest.skip("no JDK is here")
    out = tmp_path_factory.mktemp("level")
    run("javac", "-nowarn", "--release", "8", "-Xlint:-options", "-cp", compile_jar(), "-d", out, SOURCE)
    return out


@pytest.mark.parametrize("level", LEVELS)
def test_a_level_starts(program: Path, level: int) -> None:
    command = framework(level).command("Level", path=[program])
    done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    newest, java = done.stdout.split()
    assert int(newest) == level
    assert int(java) >= (21 if level >= NEEDS_JAVA_21 else 17)
