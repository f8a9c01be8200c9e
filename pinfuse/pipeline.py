"""The story: open → plan → fuse → sign → prove → certify.

It reads top-down and names no app format; what a format does stays behind `pinfuse.formats.App`.
"""

from __future__ import annotations

import hashlib
import secrets
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from pinfuse.atomic import new_file
from pinfuse.errors import CheckFailed, UnsupportedApp, UsageError
from pinfuse.formats import App, Draft, FuseOptions, Inspection, Signer, SigningRequest, StubImage, Written
from pinfuse.opening import open_app

if TYPE_CHECKING:
    from pinfuse.policy.compile import Compiled
    from pinfuse.policy.model import FusionSet
    from pinfuse.proof.model import Proof
    from pinfuse.proof.process import ProverProcess
    from pinfuse.proof.proving import Proving
    from pinfuse.vault import Binding

WINDOW = 4 << 20
"""Bytes that are hashed at once: many, because a thread may wait for its turn between two of them."""
SEED_LENGTH = 32
"""Bytes of the seed of the sealed self-test identity."""


@dataclass(frozen=True, slots=True)
class BuildRequest:
    """What a user asks of one build."""

    app: Path
    output: Path
    fusion_set: FusionSet
    signing: SigningRequest = field(default_factory=SigningRequest)
    options: FuseOptions = field(default_factory=FuseOptions)
    seed: str | None = None


@dataclass(frozen=True, slots=True)
class Plan:
    """What one build will do, decided before anything is written."""

    compiled: Compiled
    binding: Binding
    signer: Signer | None
    well: bytes
    warnings: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class BuildResult:
    """What one build did; the certificate of the build is made from it."""

    request: BuildRequest
    input_sha256: str
    input_size: int
    inspection: Inspection
    plan: Plan
    draft: Draft
    written: Written
    proof: Proof | None
    seconds: float

    @property
    def warnings(self) -> tuple[str, ...]:
        """Everything the user must know, most important first, each once."""
        return tuple(dict.fromkeys((*self.plan.warnings, *self.draft.warnings, *self.written.warnings)))


def build(
    request: BuildRequest, prover: ProverProcess | None, certify: Callable[[BuildResult], None] | None = None
) -> BuildResult:
    """Fuse the set into the app, sign it, prove the very file, and only then give it its name.

    ``prover`` runs the stubs; None leaves the proof out. ``certify`` gets the result before the file gets its name:
    when it fails, there is no output either.
    Raises a `pinfuse.errors.PinfuseError`; no output file exists then, and the input is untouched.
    """
    started = time.monotonic()
    check_request(request)
    with ExitStack() as stack:
        hashing = stack.enter_context(ThreadPoolExecutor(1)).submit(file_sha256, request.app)
        app = stack.enter_context(closing(open_app(request.app)))
        inspection = app.inspect()
        input_sha256 = hashing.result()
        plan = make_plan(request, app, inspection, input_sha256)
        options = replace(request.options, fusion_set=request.fusion_set, rules=plan.compiled.rules)
        draft = app.fuse(options, plan.well, plan.signer)
        pending = stack.enter_context(new_file(request.output))
        proving = stack.enter_context(_proving(prover, app, plan, draft, inspection.app_id)) if prover else None
        check_coverage(request, draft)
        written = app.sign(draft, plan.signer, pending.file)
        pending.file.flush()
        proof = _finish(proving, pending.path) if proving else None
        size, seconds = request.app.stat().st_size, time.monotonic() - started
        result = BuildResult(request, input_sha256, size, inspection, plan, draft, written, proof, seconds)
        if certify:
            certify(result)
    return result


def check_request(request: BuildRequest) -> None:
    """Refuse, before any work, what cannot end well; raises `pinfuse.errors.UsageError`."""
    if request.output.exists() and request.output.samefile(request.app):
        raise UsageError(
            "the output would overwrite the input", where=str(request.output), todo="choose another name with -o"
        )


def check_coverage(request: BuildRequest, draft: Draft) -> None:
    """Raise `pinfuse.errors.CheckFailed` where the set requires all stacks to be covered, and one is not."""
    from pinfuse.policy.model import Require

    gaps = [row for row in draft.coverage if row.gap]
    if gaps and request.fusion_set.required_coverage is Require.ALL:
        raise CheckFailed(
            f"not covered: {gaps[0].stack} ({gaps[0].detail})",
            where=request.app.name,
            todo='[coverage] require = "report" builds it all the same, and says so',
        )


def make_plan(request: BuildRequest, app: App, inspection: Inspection, input_sha256: str) -> Plan:
    """Decide pins, signer and vault; nothing is written yet."""
    from pinfuse import vault
    from pinfuse.policy.compile import compile_set
    from pinfuse.policy.findings import check_set

    if inspection.protected:
        raise UnsupportedApp(
            "pinfuse built this file already; pins are fused into the original app",
            where=request.app.name,
            todo="give the app as it was before",
        )
    now = int(time.time())
    compiled = compile_set(request.fusion_set, now)
    signer = app.load_signer(request.signing)
    if signer and signer.is_debug and request.fusion_set.release:
        where, todo = signer.remedy
        what = f"the set says release = true, and a release is never signed with the {signer.identity.note}"
        raise UsageError(what, where=where, todo=todo)
    bond = app.binding(signer, request.signing, request.options)
    binding = vault.Binding(bond.app_ids[0], bond.signers, bond.any_signer, bond.app_ids[1:])
    rng: vault.Rng = vault.SystemRandom()
    if request.seed is not None:
        context = hashlib.sha256(f"{input_sha256}{compiled.rules}{binding}".encode()).digest()
        rng = vault.SeededRandom(request.seed, context)
    well = vault.seal(compiled.rules, binding, rng.bytes(SEED_LENGTH), rng)
    said = (*compiled.notices, *check_set(request.fusion_set, now))
    warnings = (*bond.said, *said, *inspection.obstacles)
    return Plan(compiled, binding, signer, well, warnings)


@contextmanager
def _proving(prover: ProverProcess, app: App, plan: Plan, draft: Draft, app_id: str) -> Iterator[Proving]:
    """Run the stubs while the app is written, against a file that reports the same signer.

    A vault that opens for no key at hand (``--no-sign`` for a store) is proved by a twin: the same stubs and rules,
    sealed for a throw-away signer alone.
    """
    from pinfuse import vault
    from pinfuse.proof.ask import Subject
    from pinfuse.proof.proving import Proving

    signer, binding, well = plan.signer, plan.binding, plan.well
    twin: tuple[StubImage, ...] = ()
    if signer is None and not binding.any_signer:
        signer = app.stand_in_signer()
        binding = replace(binding, signers=signer.digests)
        well = vault.seal(plan.compiled.rules, binding, secrets.token_bytes(SEED_LENGTH), vault.SystemRandom())
        twin = app.twin(draft, well, signer)
    signers = signer.digests if signer else ()
    with tempfile.NamedTemporaryFile(prefix="pinfuse-stand-in-") as file:
        app.write_stand_in(signer, file)  # type: ignore[arg-type]
        subject = Subject(app_id, Path(file.name), signers, binding.further)
        opened = vault.open_well(well, app_id, signers)
        with Proving(prover, draft.stubs, subject, opened, plan.compiled.known, twin=twin) as proving:
            yield proving


def _finish(proving: Proving, path: Path) -> Proof:
    """End the proof with what the written file really holds, read again from the start."""
    with closing(open_app(path)) as written:
        found = written.stubs()
    return proving.finish(path, found)


def file_sha256(path: Path) -> str:
    """SHA-256 of a file, lower-case hex."""
    digest, window = hashlib.sha256(), memoryview(bytearray(WINDOW))
    with path.open("rb", buffering=0) as file:
        while size := file.readinto(window):
            digest.update(window[:size])
    return digest.hexdigest()
