"""Running one foreign tool."""

from __future__ import annotations

import subprocess
from dataclasses import dataclass

TIMEOUT_SECONDS = 120


@dataclass(frozen=True, slots=True)
class Said:
    """How a tool ended, and what it said."""

    code: int
    stdout: str
    stderr: str

    def lines(self, *starts: str) -> list[str]:
        """The lines of both streams that start with one of these words."""
        text = f"{self.stdout}\n{self.stderr}"
        return [line.strip() for line in text.splitlines() if line.strip().startswith(starts)]

    def failure(self, tool: str) -> list[str]:
        """One complaint when the exit code is not 0: the last lines on stderr, else on stdout."""
        if self.code == 0:
            return []
        last = (self.stderr.strip() or self.stdout.strip()).splitlines()[-3:]
        return [f"{tool} ends with {self.code}: {' / '.join(last)}"]


def run(*command: object) -> Said:
    """Run a tool without input."""
    done = subprocess.run(
        [str(word) for word in command],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        errors="replace",
        timeout=TIMEOUT_SECONDS,
    )
    return Said(done.returncode, done.stdout, done.stderr)
