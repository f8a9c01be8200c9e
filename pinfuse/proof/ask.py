"""Asking the stubs of one file: loading them, opening their vaults, putting chains to them."""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pinfuse.errors import ProofError
from pinfuse.policy.rules import Reason
from pinfuse.proof.model import Verdict
from pinfuse.proof.process import ProverProcess

VALIDATED, APP_TRUST = 1, 2
"""Flags of a question (``docs/architecture.md``)."""


@dataclass(frozen=True, slots=True)
class Question:
    """What is put to the stub: DER leaf first, host or None, Unix seconds, flags."""

    chain: tuple[bytes, ...]
    host: str | None
    now: int
    flags: int = VALIDATED


@dataclass(frozen=True, slots=True)
class Subject:
    """The app whose stubs are asked: what the emulated system reports about it."""

    package: str
    code_path: Path
    signers: tuple[bytes, ...]


def load(prover: ProverProcess, stubs: Mapping[str, bytes]) -> None:
    """Give the prover the libraries; raises `ProofError` when one cannot be loaded."""
    prover.ask({"op": "load", "libs": {abi: _text(data) for abi, data in stubs.items()}})


def open_vault(prover: ProverProcess, subject: Subject) -> dict[str, int]:
    """ABI → what the native that opens the vault returned: 0 when it opened."""
    request = {
        "op": "open",
        "package": subject.package,
        "code_path": str(subject.code_path.resolve()),
        "signers": [digest.hex() for digest in subject.signers],
    }
    return {str(abi): int(code) for abi, code in prover.ask(request)["abis"].items()}


def check(prover: ProverProcess, questions: Sequence[Question]) -> dict[str, list[Verdict]]:
    """ABI → the verdict on each question, in their order."""
    cases = [
        {"chain": [_text(der) for der in one.chain], "host": one.host, "now": one.now, "flags": one.flags}
        for one in questions
    ]
    answer: dict[str, Any] = prover.ask({"op": "check", "cases": cases})["abis"]
    verdicts = {abi: [_verdict(row) for row in rows] for abi, rows in answer.items()}
    if any(len(rows) != len(questions) for rows in verdicts.values()):
        raise ProofError("the prover answered another number of questions than it was asked")
    return verdicts


def ask(
    prover: ProverProcess, stubs: Mapping[str, bytes], subject: Subject, question: Question
) -> Verdict:
    """The one verdict of all stubs of a file; raises `ProofError` when they do not agree or do not open."""
    load(prover, stubs)
    closed = [abi for abi, code in open_vault(prover, subject).items() if code]
    if closed:
        raise ProofError(f"the vault does not open on {', '.join(closed)}")
    verdicts = {abi: rows[0] for abi, rows in check(prover, [question]).items()}
    if len(set(verdicts.values())) != 1:
        raise ProofError(f"the stubs do not agree: {verdicts}")
    return next(iter(verdicts.values()))


def _verdict(row: Sequence[int]) -> Verdict:
    try:
        verdict, reason, certificate, pin = row
        return Verdict(verdict == 0, Reason(reason), certificate, pin)
    except ValueError as error:
        raise ProofError(f"the stub gave {list(row)[:8]}, which is no verdict") from error


def _text(data: bytes) -> str:
    return base64.b64encode(data).decode()
