"""A proof that runs while the app is written, and ends with the written file."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from types import TracebackType

from pinfuse.errors import ProofError
from pinfuse.formats import StubImage
from pinfuse.proof import ask
from pinfuse.proof.ask import Subject
from pinfuse.proof.model import Proof
from pinfuse.proof.process import ProverProcess
from pinfuse.proof.prove import Known, prove
from pinfuse.vault import OpenVault

DEFECT = "this is a defect of pinfuse: please report it; no file was written"
TWIN = "a twin of the output, sealed for a throw-away signer, because the output itself is unsigned"


class Proving:
    """All cases put to the stubs, in a thread that waits for the prover; a context manager.

    An error inside of it ends the prover: nobody waits for a proof of what will not be written.
    ``stubs`` stand in the output; those of a ``twin`` are run in their place where they cannot be, because nobody signs
    them. ``subject`` is a file that reports the signer.
    """

    def __init__(
        self,
        prover: ProverProcess,
        stubs: Sequence[StubImage],
        subject: Subject,
        vault: OpenVault,
        known: Sequence[Known],
        *,
        twin: Sequence[StubImage] = (),
    ) -> None:
        self._prover, self._stubs, self._subject, self._twin = prover, tuple(stubs), subject, bool(twin)
        self._threads = ThreadPoolExecutor(1)
        images = {stub.abi: stub.data for stub in twin or stubs}
        places = {stub.abi: stub.well_offset for stub in twin or stubs}
        self._proof: Future[Proof] = self._threads.submit(
            prove, prover, images, subject, vault, known, well_at=places
        )

    def __enter__(self) -> Proving:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind:
            self._prover.stop()
        self._threads.shutdown(cancel_futures=True)

    def finish(self, path: Path, found: tuple[StubImage, ...]) -> Proof:
        """The proof, once the written file holds the very stubs that were run, and their vault opens in it.

        ``found`` are the stubs as they were read out of ``path``. Raises `ProofError` unless every case holds.
        """
        if found != self._stubs:
            raise ProofError("the written file holds other stubs than those that were run", todo=DEFECT)
        proof = self._proof.result()
        if not self._twin:
            ask.load(self._prover, {stub.abi: stub.data for stub in found})
            codes = ask.open_vault(self._prover, replace(self._subject, code_path=path))
            closed = [abi for abi, code in codes.items() if code]
            if closed:
                raise ProofError(f"the vault does not open in the written file on {', '.join(closed)}", todo=DEFECT)
        if not proof.ok:
            raise ProofError(
                "the output failed its own proof: " + "; ".join(proof.failures[:3]), todo=DEFECT
            )
        return replace(proof, subject=TWIN) if self._twin else proof

