"""The proof of one file: its stubs run on every ABI against everything in `pinfuse.proof.cases`."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Protocol

from pinfuse.policy.rules import PinKind, Reason, Rules
from pinfuse.proof import ask, flows, forge, meeting
from pinfuse.proof.ask import VALIDATED, Question, Subject
from pinfuse.proof.cases import Case, attacks, selftest_cases, targets, unlisted_case
from pinfuse.proof.model import CaseResult, Kind, Proof, Verdict
from pinfuse.proof.process import ProverProcess
from pinfuse.proof.team import is_bound, other_team
from pinfuse.vault import OpenVault, settings_bytes
from pinfuse.vault.selftest import MOMENT, selftest_identity

CLOSED_CODE = -3
"""What the native returns when no key slot opens (``docs/architecture.md``)."""
OTHER_PACKAGE, OTHER_TEAM = "another package name", "another team's signature"
CLOSED = "the vault does not open, and everything is refused (vault)"


class Known(Protocol):
    """A certificate that stands behind a sealed pin (`pinfuse.policy.compile.KnownCertificate`)."""

    @property
    def host(self) -> str: ...  # noqa: D102
    @property
    def kind(self) -> PinKind: ...  # noqa: D102
    @property
    def der(self) -> bytes: ...  # noqa: D102
    @property
    def is_ca(self) -> bool: ...  # noqa: D102


def prove(
    prover: ProverProcess,
    stubs: Mapping[str, bytes],
    subject: Subject,
    vault: OpenVault,
    known: Sequence[Known],
    *,
    well_at: Mapping[str, int],
) -> Proof:
    """Run every case on every ABI; raises `pinfuse.errors.ProofError` when a stub cannot be run at all.

    ``well_at`` has the offset of the well in each stub, for the cases with an altered vault.
    """
    started = time.monotonic()
    identity = selftest_identity(vault.selftest_seed)
    met = list(meeting.targets(vault.rules, int(time.time())))
    cases = list(_all_cases(vault, known))
    cases += [case for target in met for case in attacks(target, vault.rules)]
    ask.load(prover, stubs)
    opened = ask.open_vault(prover, subject)
    results = [_opening("the app as it is", opened, True)]
    results.append(_settings("the settings", ask.settings(prover), settings_bytes(vault.rules.settings)))
    if not any(opened.values()):
        results += meeting.results(prover, met, vault.rules)
    verdicts = ask.check(prover, [case.question for case in cases])
    for number, case in enumerate(cases):
        results.append(_judge(case, {abi: rows[number] for abi, rows in verdicts.items()}, vault.rules))
    on_ios = all(abi.startswith(flows.IOS) for abi in stubs)
    if on_ios and not any(opened.values()):
        results.append(flows.dialog(prover, identity, vault.rules))
        results += flows.run(prover, flows.open_cases(identity, vault.rules))
    question = Question(identity.chain, identity.host, MOMENT, VALIDATED)
    for name, changed, who in _tampered(stubs, well_at, subject):
        ask.load(prover, changed)
        results.append(_opening(name, ask.open_vault(prover, who), False))
        if on_ios and name in (OTHER_PACKAGE, OTHER_TEAM):
            results += flows.run(prover, flows.closed_cases(name, identity))
        results.append(_settings(f"{name}: the settings", ask.settings(prover), None))
        case = Case(f"{name}: self-test chain", CLOSED, Kind.REFUSE, question, Reason.VAULT, -1)
        rows = ask.check(prover, [question])
        results.append(_judge(case, {abi: row[0] for abi, row in rows.items()}, replace(vault.rules, enforce=True)))
    for program in subject.further:
        ask.load(prover, stubs)
        codes = ask.open_vault(prover, replace(subject, package=program))
        results.append(_opening(f"the program {program}", codes, True))
    not_run = _not_run(vault.rules, known)
    return Proof(tuple(results), tuple(stubs), not_run, time.monotonic() - started)


def _all_cases(vault: OpenVault, known: Sequence[Known]) -> Iterator[Case]:
    rules, now = vault.rules, int(time.time())
    identity = selftest_identity(vault.selftest_seed)
    yield from selftest_cases(identity, rules)
    yield from unlisted_case(rules, identity)
    genuine = {}
    for number, one in enumerate(known):
        chain, moment = _genuine(one, now)
        genuine[one.host] = chain
        shows = "the pinned certificate's key is let through"
        if one.is_ca:
            shows = "the pinned CA is let through above a leaf that names it; its signature is the platform's to check"
        name = f"{one.host}: pinned certificate {number + 1}"
        yield Case(name, shows, Kind.ACCEPT, Question(chain, one.host, moment), Reason.OK)
    for target in targets(rules, now, genuine):
        yield from attacks(target, rules)


def _genuine(one: Known, now: int) -> tuple[tuple[bytes, ...], int]:
    """A chain with the known certificate in its place, and a time at which it is valid."""
    from cryptography import x509

    certificate = x509.load_der_x509_certificate(one.der)
    dates = (certificate.not_valid_before_utc, certificate.not_valid_after_utc)
    first, last = (int(moment.timestamp()) for moment in dates)
    moment = min(max(now, first), last)
    if not one.is_ca:
        return (one.der,), moment
    return (forge.Forger(moment).server(one.host, certificate.subject), one.der), moment


def _tampered(
    stubs: Mapping[str, bytes], well_at: Mapping[str, int], subject: Subject
) -> Iterator[tuple[str, dict[str, bytes], Subject]]:
    """Stubs with a bit of their vault altered, and an app that is another one or signed by somebody else."""
    for name, offset in (("first bit of the vault altered", 0), ("a bit in the middle altered", 8000), ("last", 16383)):
        yield name, {abi: _flip(data, well_at[abi] + offset) for abi, data in stubs.items()}, subject
    yield OTHER_PACKAGE, dict(stubs), replace(subject, package=subject.package + ".x")
    teams = {abi: other_team(data) for abi, data in stubs.items() if is_bound(data, well_at[abi], subject.package)}
    signed = {abi: data for abi, data in teams.items() if data is not None}
    if signed.keys() == stubs.keys():
        yield OTHER_TEAM, signed, subject


def _flip(data: bytes, at: int) -> bytes:
    return data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :]


def _opening(name: str, codes: Mapping[str, int], expected: bool) -> CaseResult:
    got = tuple((abi, "open" if code == 0 else f"closed ({code})") for abi, code in codes.items())
    ok = bool(codes) and set(codes.values()) == {0 if expected else CLOSED_CODE}
    kind = Kind.ACCEPT if expected else Kind.REFUSE
    return CaseResult(name, kind, "whether the vault opens", "open" if expected else "closed", got, ok)


def _settings(name: str, got: Mapping[str, bytes | None], sealed: bytes | None) -> CaseResult:
    """The settings come out as they were sealed; ``sealed`` is None for a vault that is closed."""

    def words(one: bytes | None) -> str:
        return "none" if one is None else "as sealed" if one == sealed else f"{len(one)} other bytes"

    said = tuple((abi, words(one)) for abi, one in got.items())
    kind, expected = (Kind.REFUSE, "none") if sealed is None else (Kind.ACCEPT, "as sealed")
    ok = bool(got) and set(got.values()) == {sealed}
    return CaseResult(name, kind, "what the dialog and the reports are made from", expected, said, ok)


def _judge(case: Case, got: Mapping[str, Verdict], rules: Rules) -> CaseResult:
    allowed = case.kind is Kind.ACCEPT or not rules.enforce
    if case.kind is Kind.ACCEPT and case.reason not in (Reason.OK, Reason.UNLISTED):
        allowed = not rules.enforce
    ok = bool(got) and all(
        one.allowed is allowed
        and one.reason is case.reason
        and case.certificate in (None, one.certificate)
        and (one.pin >= 0) is (case.reason in (Reason.OK, Reason.PROVENANCE))
        for one in got.values()
    )
    expected = _words(allowed, case.reason, case.certificate)
    said = tuple((abi, _words(one.allowed, one.reason, one.certificate)) for abi, one in got.items())
    return CaseResult(case.name, case.kind, case.shows, expected, said, ok)


def _words(allowed: bool, reason: Reason, certificate: int | None) -> str:
    at = "" if certificate is None or certificate < 0 else f" at {certificate}"
    return f"{'allowed' if allowed else 'refused'} ({reason.word}{at})"


def _not_run(rules: Rules, known: Sequence[Known]) -> tuple[str, ...]:
    """Hosts for which no accept case could be made: nobody gave a certificate, only hashes."""
    hosts = {one.host for one in known}
    lines = []
    for rule in rules.hosts:
        if rule.first_use is None and not any(host == rule.name or host.endswith("." + rule.name) for host in hosts):
            lines.append(f"{rule.name}: accept case not run (no certificate known behind its pins)")
    return tuple(lines)
