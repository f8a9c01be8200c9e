"""Run a command and say what it took: wall clock, CPU and the peak memory of its largest process.

Linux carries the peak of the process that forks over into the one it starts, so a command started from a large
process would be charged with that. The command is therefore started by a small process of its own: this file, run
as a script under ``python -I -S``.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

TIMEOUT_SECONDS = 300
KIB = 1024


@dataclass(frozen=True, slots=True)
class Measured:
    """One run; ``exit_code`` is negative for a signal (−9: out of time), ``peak`` in bytes, times in seconds."""

    exit_code: int
    stdout: str
    stderr: str
    wall: float
    cpu: float
    peak: int


def measure(command: list[str], *, env: dict[str, str] | None = None, timeout: int = TIMEOUT_SECONDS) -> Measured:
    """Run ``command`` with no input; it is killed after ``timeout`` seconds."""
    with tempfile.TemporaryDirectory(prefix="pinfuse-measure-") as folder:
        answer = Path(folder) / "usage.json"
        done = subprocess.run(
            [sys.executable, "-I", "-S", __file__, str(answer), str(timeout), *command],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            env=env,
        )
        usage = json.loads(answer.read_text())
    return Measured(stdout=done.stdout, stderr=done.stderr, **usage)


def main(answer: str, timeout: str, *command: str) -> int:
    """Start the command, wait for it and write what it took to the file ``answer``."""
    started = time.monotonic()
    child = os.posix_spawnp(command[0], command, os.environ)
    signal.signal(signal.SIGALRM, lambda *_: os.kill(child, signal.SIGKILL))
    signal.alarm(int(timeout))
    _, status, usage = os.wait4(child, 0)
    wall = time.monotonic() - started
    taken = {
        "exit_code": os.waitstatus_to_exitcode(status),
        "wall": wall,
        "cpu": usage.ru_utime + usage.ru_stime,
        "peak": usage.ru_maxrss * KIB,
    }
    Path(answer).write_text(json.dumps(taken))
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
