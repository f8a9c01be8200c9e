"""Two questions about a file that pinfuse built: do its promises hold (`verify`), what would it say (`probe`)?"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from pinfuse.errors import CheckFailed, ProofError
from pinfuse.formats import App, Inspection, Promise, Verification
from pinfuse.opening import open_app

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pinfuse.policy.compile import Compiled
    from pinfuse.policy.model import FusionSet
    from pinfuse.proof.model import Proof, Verdict
    from pinfuse.proof.process import ProverProcess
    from pinfuse.vault import OpenVault


@dataclass(frozen=True, slots=True)
class VerifyResult:
    """Every promise, checked in the file as it is, and the proof by execution when it could be run."""

    inspection: Inspection
    promises: tuple[Promise, ...]
    vault: OpenVault | None
    proof: Proof | None

    @property
    def ok(self) -> bool:
        """True when every promise and every case of the proof holds."""
        return all(promise.ok for promise in self.promises)


@dataclass(frozen=True, slots=True)
class ProbeResult:
    """What the app said about one chain, and who checked what."""

    host: str
    chain: tuple[bytes, ...]
    """The path that the stub was given: DER, leaf first."""
    verdict: Verdict
    checked_by: tuple[str, ...]
    refused_by_platform: str = ""
    """Why the platform would have refused before the stub was asked; empty when it would not, or was not asked."""
    broken: tuple[Promise, ...] = ()
    """Promises of the file that do not hold: what the stub says may not be what the app does."""

    @property
    def allowed(self) -> bool:
        """True when the session would go on."""
        return (self.verdict.allowed or self.verdict.first_met) and not self.refused_by_platform


def verify(
    path: Path, compiled: Compiled | None = None, fusion_set: FusionSet | None = None, *, prove: bool = True
) -> VerifyResult:
    """Check every promise of ``path`` again; ``compiled`` are the pins that the caller expects inside, and
    ``fusion_set`` what they were compiled from.

    Raises `pinfuse.errors.CheckFailed` for a file that pinfuse did not build, `pinfuse.errors.AppError` for a
    damaged one. A promise that does not hold is not an error: it is in the result.
    """
    with _opened(path, prove) as (prover, app, inspection):
        static = app.verify()
        opened, promise = _open_vault(inspection, static)
        promises = [*static.promises, promise]
        if opened:
            promises += app.verify_asked(opened.rules, fusion_set)
        if opened and compiled:
            promises.append(_pins_as_asked(opened, compiled))
        proof = None
        if prover and opened:
            proof = _prove(prover, path, inspection, static, opened, compiled)
            promises.append(_proof_promise(proof))
    return VerifyResult(inspection, tuple(promises), opened, proof)


def probe(path: Path, host: str, chain: Sequence[bytes], *, at: int | None, system_roots: bool) -> ProbeResult:
    """Ask the stub inside ``path`` about the certificates that ``host`` presents (DER, leaf first).

    Raises `pinfuse.errors.CheckFailed` when the file is not ours or its vault does not open.
    """
    from pinfuse.proof.ask import VALIDATED, Question, Subject, ask
    from pinfuse.x509.path import build_path

    now = int(time.time()) if at is None else at
    with _opened(path, prove=True) as (prover, app, inspection):
        assert prover is not None
        static = app.verify()
        opened, promise = _open_vault(inspection, static)
        if opened is None:
            raise CheckFailed(promise.detail, where=path.name, todo="pinfuse verify says more")
        built = build_path(chain, now=now, system_roots=system_roots)
        subject = Subject(inspection.app_id, path, static.signers)
        verdict = ask(prover, _stubs(static), subject, Question(built.chain, host, now, VALIDATED))
    checked_by = ("pinfuse: the path's signatures", "stub (emulated): everything else")
    refused = ""
    if system_roots:
        checked_by = ("pinfuse: the path's signatures and its root among the system's", checked_by[1])
        refused = built.untrusted
    broken = tuple(one for one in static.promises if not one.ok)
    return ProbeResult(host, built.chain, verdict, checked_by, refused, broken)


@contextmanager
def _opened(path: Path, prove: bool) -> Iterator[tuple[ProverProcess | None, App, Inspection]]:
    """The file, with a prover that was started before anything else."""
    from contextlib import ExitStack

    with ExitStack() as stack:
        prover = None
        if prove:
            from pinfuse.proof.process import ProverProcess

            prover = stack.enter_context(ProverProcess())
        app = stack.enter_context(closing(open_app(path)))
        inspection = app.inspect()
        if not inspection.protected:
            raise CheckFailed("pinfuse did not build this file: it holds no stub", where=path.name)
        yield prover, app, inspection


def _open_vault(inspection: Inspection, static: Verification) -> tuple[OpenVault | None, Promise]:
    """Open the well with exactly what the system would report for this file."""
    from pinfuse.vault import VaultClosed, open_well

    wells = {stub.well for stub in static.stubs}
    if len(wells) != 1:
        return None, Promise("vault", False, f"the stubs hold {len(wells)} different vaults")
    try:
        opened = open_well(wells.pop(), inspection.app_id, static.signers)
    except VaultClosed:
        reason = "the vault does not open: it was altered, belongs to another app, or another key signed this file"
        return None, Promise("vault", False, reason)
    hosts = len(opened.rules.hosts)
    return opened, Promise("vault", True, f"opens for this package and signer, {hosts} host rules")


def _pins_as_asked(opened: OpenVault, compiled: Compiled) -> Promise:
    if opened.rules == compiled.rules:
        return Promise("pins", True, "the sealed rules equal the pins and set that were given")
    sealed, asked = set(opened.rules.hosts), set(compiled.rules.hosts)
    names = sorted({rule.name for rule in sealed ^ asked}) or ["the settings"]
    return Promise("pins", False, "the sealed rules differ from those given: " + ", ".join(names[:5]))


def _prove(
    prover: ProverProcess,
    path: Path,
    inspection: Inspection,
    static: Verification,
    opened: OpenVault,
    compiled: Compiled | None,
) -> Proof:
    from pinfuse.proof.ask import Subject
    from pinfuse.proof.prove import prove

    known = compiled.known if compiled else ()
    subject = Subject(inspection.app_id, path, static.signers, static.further)
    wells = {stub.abi: stub.well_offset for stub in static.stubs}
    return prove(prover, _stubs(static), subject, opened, known, well_at=wells)


def _proof_promise(proof: Proof) -> Promise:
    text = f"{proof.accepted} accept and {proof.refused} refuse cases on {', '.join(proof.abis)}"
    return Promise("proof", proof.ok, text if proof.ok else "; ".join(proof.failures[:3]))


def _stubs(static: Verification) -> dict[str, bytes]:
    if not static.stubs:
        raise ProofError("the file holds no stub that could be run")
    return {stub.abi: stub.data for stub in static.stubs}
