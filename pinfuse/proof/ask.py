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
REFUSED, FIRST_MET = 1, 2
"""Bits of a verdict."""


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
    further: tuple[str, ...] = ()
    """Ids of other programs in the app, in which the same vault opens."""


@dataclass(frozen=True, slots=True)
class Memory:
    """What an install keeps: its secret, what is sealed (None: nothing yet), and bytes that no sealing had before."""

    secret: bytes
    sealed: bytes | None
    fresh: bytes


@dataclass(frozen=True, slots=True)
class Session:
    """What became of a session on iOS: the word of the reason that the app was told, empty for none, and the dialog."""

    allowed: bool
    reason: str
    dialog: Mapping[str, Any] | None


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
    answer: dict[str, Any] = prover.ask({"op": "check", "cases": [_case(one) for one in questions]})["abis"]
    verdicts = {abi: [_verdict(row) for row in rows] for abi, rows in answer.items()}
    if any(len(rows) != len(questions) for rows in verdicts.values()):
        raise ProofError("the prover answered another number of questions than it was asked")
    return verdicts


def remember(prover: ProverProcess, question: Question, memory: Memory) -> dict[str, tuple[Verdict, bytes | None]]:
    """ABI → the verdict on a session whose host is trusted on first use, and the memory it wants kept, if any."""
    sealed = None if memory.sealed is None else _text(memory.sealed)
    kept = {"secret": _text(memory.secret), "sealed": sealed, "fresh": _text(memory.fresh)}
    answer = prover.ask({"op": "remember", "case": _case(question), **kept})["abis"]
    return {
        str(abi): (_verdict(one["verdict"]), None if one["sealed"] is None else base64.b64decode(one["sealed"]))
        for abi, one in answer.items()
    }


def flow(prover: ProverProcess, entry: str, question: Question, *, platform: bool, app: str) -> dict[str, Session]:
    """ABI → what becomes of a session through one entry of an iOS stub (`pinfuse.proof.flows`)."""
    request = {"op": "flow", "entry": entry, "case": _case(question), "platform": platform, "app": app}
    try:
        return {
            str(abi): Session(bool(one["allowed"]), str((one["event"] or {}).get("reason", "")), one["dialog"])
            for abi, one in prover.ask(request)["abis"].items()
        }
    except (KeyError, AttributeError, TypeError) as error:
        raise ProofError(f"the prover's answer about {entry} is not as agreed") from error


def settings(prover: ProverProcess) -> dict[str, bytes | None]:
    """ABI → the settings that the stub hands out; None while its vault is closed."""
    answer = prover.ask({"op": "settings"})["abis"]
    return {str(abi): None if one is None else base64.b64decode(one) for abi, one in answer.items()}


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


def _case(one: Question) -> dict[str, Any]:
    return {"chain": [_text(der) for der in one.chain], "host": one.host, "now": one.now, "flags": one.flags}


def _verdict(row: Sequence[int]) -> Verdict:
    try:
        verdict, reason, certificate, pin = row
        if verdict & ~(REFUSED | FIRST_MET):
            raise ValueError
        return Verdict(not verdict & REFUSED, Reason(reason), certificate, pin, bool(verdict & FIRST_MET))
    except ValueError as error:
        raise ProofError(f"the stub gave {list(row)[:8]}, which is no verdict") from error


def _text(data: bytes) -> str:
    return base64.b64encode(data).decode()
