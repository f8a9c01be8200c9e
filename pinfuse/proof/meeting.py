"""Trust on first use in a proof: what is met is remembered, what is refused is not, and a change is noticed.

These cases come first: the attacks on a host (`pinfuse.proof.cases.attacks`) are those on one that was met before.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import timedelta

from pinfuse.policy.rules import HostMatch, HostRule, PinKind, Reason, Rules
from pinfuse.proof import ask, forge
from pinfuse.proof.ask import Memory, Question
from pinfuse.proof.cases import Target, target_of
from pinfuse.proof.model import CaseResult, Kind, Verdict
from pinfuse.proof.process import ProverProcess

MET_HOSTS = 3
"""Hosts of the set that are met; every one gets all attacks afterwards."""
EVERYONE = HostRule(HostMatch.ANY_DEPTH, "first-use.invalid", (), first_use=PinKind.ANY_KEY)
"""What ``first-use-scope = "all"`` means for a host that no rule names."""
AUTHORITY = "authority of the first"
Said = Mapping[str, tuple[Verdict, bytes | None]]


@dataclass(frozen=True, slots=True)
class _Expected:
    """An answer: what is said of the session, at which certificate, and whether a memory comes back to be kept."""

    reason: Reason
    at: int
    first_met: bool = False
    kept: bool = False


def targets(rules: Rules, now: int) -> Iterator[Target]:
    """Hosts that are trusted on first use, each with the chain that it is met with."""
    named = [rule for rule in rules.hosts if rule.first_use is not None]
    for rule in [*named[:MET_HOSTS], *([EVERYONE] if rules.first_use_all else [])]:
        target = target_of(rule, now)
        if target:
            yield replace(target, genuine=_genuine(target))


def results(prover: ProverProcess, met: list[Target], rules: Rules) -> Iterator[CaseResult]:
    """Meet every target; the stubs are open and have met nobody yet. Afterwards they remember all of them."""
    secret, sealed = secrets.token_bytes(32), None
    for number, target in enumerate(met):
        steps = _Steps(prover, target, rules, secret)
        at = 1 if target.rule and target.rule.first_use is PinKind.ANY_KEY else 0
        first, again = Question(target.genuine, target.host, target.moment), _foreign(target)
        unknown = _Expected(Reason.FIRST_USE, at, first_met=True)
        shows = "nothing is believed before it is remembered"
        yield steps.check("before it is met", shows, Kind.REFUSE, first, unknown)
        late = Question(_genuine(target, shift=timedelta(days=-3)), target.host, target.moment)
        shows = "a refused session is never remembered"
        yield steps.remember("met with an expired certificate", shows, late, sealed, _Expected(Reason.EXPIRED, 0))
        learnt = _Expected(Reason.OK, at, kept=True)
        yield steps.remember("first met", "the first key is let through and remembered", first, sealed, learnt)
        sealed = steps.kept
        if sealed is None:
            return
        yield steps.check("before it is stored", "only what is stored is remembered", Kind.REFUSE, first, unknown)
        if number == 0:
            for name, changed in (("altered", _flip(sealed)), ("cut short", sealed[:-1])):
                shows = "a memory that is not genuine is none"
                yield steps.remember(f"memory {name}", shows, again, changed, learnt)
            other = replace(steps, secret=bytes(32))
            yield other.remember("memory of another install", "a memory is of one install", again, sealed, learnt)
        changed_key = _Expected(Reason.FIRST_USE, -1)
        yield steps.remember("met again with another key", "a change is noticed", again, sealed, changed_key)
        shows = "the remembered key is let through"
        yield steps.check("met again", shows, Kind.ACCEPT, first, _Expected(Reason.OK, at))


@dataclass
class _Steps:
    """Questions about one target; ``kept`` is the memory that the last one wanted kept."""

    prover: ProverProcess
    target: Target
    rules: Rules
    secret: bytes
    kept: bytes | None = None

    def check(self, name: str, shows: str, kind: Kind, question: Question, expected: _Expected) -> CaseResult:
        got = {abi: (rows[0], None) for abi, rows in ask.check(self.prover, [question]).items()}
        return self._result(name, shows, kind, expected, got)

    def remember(
        self, name: str, shows: str, question: Question, sealed: bytes | None, expected: _Expected
    ) -> CaseResult:
        got = ask.remember(self.prover, question, Memory(self.secret, sealed, secrets.token_bytes(32)))
        memories = {memory for _, memory in got.values()}
        self.kept = memories.pop() if len(memories) == 1 else None
        kind = Kind.ACCEPT if expected.kept else Kind.REFUSE
        result = self._result(name, shows, kind, expected, got)
        return result if not memories else replace(result, ok=False)

    def _result(self, name: str, shows: str, kind: Kind, expected: _Expected, got: Said) -> CaseResult:
        allowed = kind is Kind.ACCEPT or not self.rules.enforce
        right = Verdict(allowed, expected.reason, expected.at, 0 if expected.reason is Reason.OK else -1,
                        expected.first_met)  # fmt: skip
        ok = bool(got) and all(one == right and (kept is not None) is expected.kept for one, kept in got.values())
        said = tuple((abi, _words(one, kept is not None)) for abi, (one, kept) in got.items())
        return CaseResult(f"{self.target.host}: {name}", kind, shows, _words(right, expected.kept), said, ok)


def _words(verdict: Verdict, kept: bool) -> str:
    at = "" if verdict.certificate < 0 else f" at {verdict.certificate}"
    met = ", first met" if verdict.first_met else ""
    return f"{'allowed' if verdict.allowed else 'refused'} ({verdict.reason.word}{at}{met}{', to be kept' * kept})"


def _genuine(target: Target, *, shift: timedelta = timedelta()) -> tuple[bytes, ...]:
    make = forge.Forger(target.moment, forge.other_key("authority"))
    above, key = make.authority(AUTHORITY), forge.other_key("server").public_key()
    return make.server(target.host, forge.subject_of(above), key=key, shift=shift), above


def _foreign(target: Target) -> Question:
    make = forge.Forger(target.moment)
    above = make.authority(AUTHORITY)
    return Question((make.server(target.host, forge.subject_of(above)), above), target.host, target.moment)


def _flip(data: bytes) -> bytes:
    return data[:-20] + bytes([data[-20] ^ 1]) + data[-19:]
