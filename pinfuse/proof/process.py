"""The prover as a process of its own: started early, spoken to in JSON lines (``docs/architecture.md``, Proof)."""

from __future__ import annotations

import importlib.util
import json
import queue
import subprocess
import sys
import threading
from types import TracebackType
from typing import IO, Any

from pinfuse.errors import ProofError

ANSWER_SECONDS = 120.0
INSTALL = "pip install 'pinfuse[proof]'"
LONGEST_ANSWER = 64 << 20


class ProverProcess:
    """A running prover; a context manager that ends it.

    Raises `ProofError` at once, before any work, when the emulator is not installed.
    """

    def __init__(self, *, module: str = "pinfuse.prover") -> None:
        if importlib.util.find_spec("unicorn") is None:
            raise ProofError(
                "the proof by execution needs the emulator unicorn, which is not installed",
                todo=f"{INSTALL}, or build with --no-proof and an output that is called UNPROVED",
            )
        self._answers: queue.SimpleQueue[bytes] = queue.SimpleQueue()
        self._process = subprocess.Popen(
            [sys.executable, "-m", module], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
        )
        threading.Thread(target=self._read, daemon=True).start()

    def __enter__(self) -> ProverProcess:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def stop(self) -> None:
        """End the process now; whoever waits for an answer gets a `ProofError`. Any number of times."""
        self._process.kill()
        self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe:
                pipe.close()

    def _read(self) -> None:
        out: IO[bytes] | None = self._process.stdout
        assert out is not None
        try:
            while line := out.readline(LONGEST_ANSWER):
                self._answers.put(line)
        except ValueError:
            pass
        self._answers.put(b"")

    def ask(self, request: dict[str, Any], *, seconds: float = ANSWER_SECONDS) -> dict[str, Any]:
        """Send one request and wait for its answer; raises `ProofError` for an error, silence or a dead prover."""
        pipe = self._process.stdin
        assert pipe is not None
        try:
            pipe.write(json.dumps(request).encode() + b"\n")
            pipe.flush()
            line = self._answers.get(timeout=seconds)
            answer = json.loads(line)
        except queue.Empty as error:
            raise ProofError(f"the prover did not answer within {seconds:.0f} seconds") from error
        except (OSError, ValueError) as error:
            raise ProofError("the prover ended before it answered: the stub ran without an end, or broke it") from error
        if not isinstance(answer, dict) or not answer.get("ok"):
            said = answer.get("error", {}) if isinstance(answer, dict) else {}
            what = said.get("what", "no reason given")
            raise ProofError(f"the stub cannot be run: {what}", where=said.get("abi", ""))
        return answer
