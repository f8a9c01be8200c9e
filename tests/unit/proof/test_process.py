"""The prover's process: its absence, its death, its silence and its answers."""

from __future__ import annotations

import importlib.util
import sys
import time
from pathlib import Path

import pytest
from pytest import MonkeyPatch

from pinfuse.errors import CheckFailed, ProofError
from pinfuse.proof import proving
from pinfuse.proof.ask import Subject
from pinfuse.proof.model import CaseResult, Kind, Proof
from pinfuse.proof.process import ProverProcess
from pinfuse.proof.proving import Proving

FAKE = """
import json, sys, time
for line in sys.stdin:
    op = json.loads(line)["op"]
    if op == "die": sys.exit(3)
    if op == "sleep": time.sleep(60)
    if op == "babble": print("no JSON", flush=True)
    elif op == "fail": print(json.dumps({"ok": False, "error": {"what": "no code", "abi": "x86"}}), flush=True)
    else: print(json.dumps({"ok": True, "echo": op}), flush=True)
"""


@pytest.fixture
def prover(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ProverProcess:
    pytest.importorskip("unicorn")
    (tmp_path / "fake_prover.py").write_text(FAKE)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    return ProverProcess(module="fake_prover")


def test_it_answers(prover: ProverProcess) -> None:
    with prover:
        assert [prover.ask({"op": op})["echo"] for op in ("one", "two")] == ["one", "two"]


@pytest.mark.parametrize(
    ("op", "words"),
    [("die", "ended before"), ("babble", "ended before"), ("fail", "x86: .*no code"), ("sleep", "did not answer")],
)
def test_what_goes_wrong_is_a_proof_error(prover: ProverProcess, op: str, words: str) -> None:
    with prover, pytest.raises(ProofError, match=words):
        try:
            prover.ask({"op": op}, seconds=1.0)
        except ProofError as error:
            raise ProofError(str(error)) from error


def test_an_error_beside_a_proof_ends_it_at_once(prover: ProverProcess) -> None:
    """A proof that waits for its prover is not waited for."""
    asked: list[BaseException] = []

    def wait(prover: ProverProcess, *_: object, **__: object) -> None:
        try:
            prover.ask({"op": "sleep"}, seconds=50.0)
        except ProofError as error:
            asked.append(error)
            raise

    started = time.monotonic()
    with prover, pytest.raises(CheckFailed), MonkeyPatch.context() as patch:
        patch.setattr(proving, "prove", wait)
        with Proving(prover, (), Subject("a", Path("b"), ()), None, ()):  # type: ignore[arg-type]
            raise CheckFailed("a gap")
    assert time.monotonic() - started < 25
    assert "ended before" in str(asked[0])


def test_a_missing_emulator_is_said_before_any_work(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    monkeypatch.setattr(sys, "executable", "/does/not/exist")
    with pytest.raises(ProofError, match=r"pip install 'pinfuse\[proof\]'|unicorn"):
        ProverProcess()


def case(kind: Kind, ok: bool) -> CaseResult:
    return CaseResult("a case", kind, "something", "refused (pin)", (("x86", "allowed (ok)"),), ok)


def test_a_proof_holds_only_with_both_kinds_and_all_of_them() -> None:
    good = (case(Kind.ACCEPT, True), case(Kind.REFUSE, True))
    assert Proof(good, ("x86",), (), 0.1).ok
    assert not Proof(good, (), (), 0.1).ok
    assert not Proof(good[:1], ("x86",), (), 0.1).ok
    assert not Proof(good[1:], ("x86",), (), 0.1).ok
    bad = Proof((*good, case(Kind.REFUSE, False)), ("x86",), (), 0.1)
    assert not bad.ok
    assert bad.failures == ("a case: expected refused (pin), got x86 allowed (ok)",)
