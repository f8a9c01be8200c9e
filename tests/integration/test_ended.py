"""A build that is told to end: nothing of it stays, neither a half-written file nor a process."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from examples.demo.run import APP, World
from tests.conftest import build_options

SECONDS = 60


def heed() -> None:
    """Job control of shells lets what runs behind them ignore the interrupt; the build is not to inherit that."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


@pytest.mark.skipif(sys.platform == "win32", reason="Windows ends processes without asking them")
@pytest.mark.parametrize("how", ["SIGTERM", "SIGINT"])
def test_a_build_that_is_told_to_end_leaves_nothing(how: str, world: World, tmp_path: Path) -> None:
    folder, scratch = tmp_path / "out", tmp_path / "scratch"
    folder.mkdir()
    scratch.mkdir()
    command = [sys.executable, "-m", "pinfuse", "build", APP, *build_options(world), "-o", folder / "pinned.apk"]
    environment = {**os.environ, "TMPDIR": str(scratch)}
    with subprocess.Popen(
        list(map(str, command)), env=environment, stdout=-1, stderr=-1, text=True, preexec_fn=heed
    ) as process:
        until = time.monotonic() + SECONDS
        while not list(folder.iterdir()) and process.poll() is None and time.monotonic() < until:
            time.sleep(0.005)
        assert process.poll() is None, process.communicate()
        process.send_signal(getattr(signal, how))
        _, said = process.communicate(timeout=SECONDS)
    number = getattr(signal, how)
    codes = {128 + number} if how == "SIGTERM" else {128 + number, -number}  # CPython's own end, met inside of exec()
    assert process.returncode in codes, said
    assert "Traceback" not in said
    assert list(folder.iterdir()) == []
    assert list(scratch.iterdir()) == []
