"""iOS: whole sessions through every entry of the stub, each both ways. The tables are the cases.

An entry is a function that the stub exports in the system's place, or a method that it replaces; the prover has the
system around them (`pinfuse.prover.apple`). Where the app's own code decides, it accepts everything.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from pinfuse.policy.rules import Reason, Rules
from pinfuse.proof import ask, forge
from pinfuse.proof.ask import Question, Session
from pinfuse.proof.model import CaseResult, Kind
from pinfuse.proof.process import ProverProcess
from pinfuse.vault.selftest import MOMENT, SelfTest

IOS = "ios-"
"""How the names of the ABIs of iOS begin."""
FUNCTIONS = ("SecTrustEvaluate", "SecTrustEvaluateWithError", "SecTrustEvaluateAsync", "SecTrustEvaluateAsyncWithError",
             "SecTrustGetTrustResult", "SSLHandshake")  # fmt: skip
OWN_TRUST = ("SSLHandshake, broken", "sec_protocol_options_set_verify_block")
"""Where the app judges in the platform's place, whose refusal is not the last word."""
SESSION = "URLSession:didReceiveChallenge:completionHandler:"
METHODS = (
    SESSION, f"{SESSION}, inherited", f"{SESSION}, forwarded", f"{SESSION}, observed", f"{SESSION}, beside the task's",
    f"{SESSION}, of a class", "URLSession:task:didReceiveChallenge:completionHandler:",
    "NSURLSession, a delegate without the method", "NSURLSession, an observed delegate without the method",
    "NSURLSession, a class without the method", "NSURLSession, no delegate", "sessionWithConfiguration:",
    "sharedSession", "setDelegate: of a task", "connection:willSendRequestForAuthenticationChallenge:",
    "initWithRequest:delegate:", "connectionWithRequest:delegate:", "connection:didReceiveAuthenticationChallenge:",
    "NSURLConnection, a delegate without the method",
    "webView:didReceiveAuthenticationChallenge:completionHandler:", "WKWebView, a delegate without the method",
    "WKWebView, no delegate", "WKWebView, out of a storyboard",
)  # fmt: skip
ENTRIES = (*FUNCTIONS, *OWN_TRUST, *METHODS)
ACCEPT, LEAVE = "accept", "default"
"""What the app's own code answers: yes to everything, or that the system is to decide."""
VAULT = Reason.VAULT
APART = 10
"""Seconds between two sessions, so that nothing depends on how often the stub tells of one host."""


@dataclass(frozen=True, slots=True)
class Case:
    """What becomes of one peer at one entry: allowed or not, and the reason that the app is told (None: nothing)."""

    name: str
    shows: str
    kind: Kind
    question: Question
    entry: str
    allowed: bool
    reason: Reason | None
    platform: bool = True
    app: str = ACCEPT


def open_cases(identity: SelfTest, rules: Rules) -> Iterator[Case]:
    """Every entry of a stub whose vault is open."""
    genuine = Question(identity.chain, identity.host, MOMENT)
    make = forge.Forger(MOMENT)
    ca = make.authority()
    forged = Question((make.server(identity.host, forge.subject_of(ca)), ca), identity.host, MOMENT)
    strict = Reason.EC_BITS if rules.min_ec_bits > 256 else None
    for entry in ENTRIES:
        good = strict is None or not rules.enforce
        yield Case(f"{entry}: pinned chain", "a pinned session goes on", Kind.ACCEPT, genuine, entry, good, strict)
        shows = "a forged chain that the platform and the app accept"
        yield Case(f"{entry}: forged chain", shows, Kind.REFUSE, forged, entry, not rules.enforce, Reason.PIN)
        if entry in OWN_TRUST:
            continue
        shows = "what the platform refuses stays refused"
        told = strict if entry in METHODS else None
        yield Case(f"{entry}: platform says no", shows, Kind.REFUSE, genuine, entry, False, told, False, LEAVE)


def closed_cases(name: str, identity: SelfTest) -> Iterator[Case]:
    """Every entry of a stub whose vault does not open."""
    genuine = Question(identity.chain, identity.host, MOMENT)
    for entry in ENTRIES:
        shows = "a closed vault refuses everything"
        yield Case(f"{name}, {entry}: pinned chain", shows, Kind.REFUSE, genuine, entry, False, VAULT)


def run(prover: ProverProcess, cases: Iterator[Case]) -> Iterator[CaseResult]:
    """Put the cases to the stubs of iOS, which are loaded and open, or as closed as the cases say."""
    for number, case in enumerate(cases, 1):
        later = replace(case.question, now=case.question.now + number * APART)
        yield _judge(case, ask.flow(prover, case.entry, later, platform=case.platform, app=case.app))


def dialog(prover: ProverProcess, identity: SelfTest, rules: Rules) -> CaseResult:
    """The first refused session of a host shows a dialog, unless the set wants none."""
    make = forge.Forger(MOMENT)
    ca = make.authority()
    forged = Question((make.server(identity.host, forge.subject_of(ca)), ca), identity.host, MOMENT)
    got = ask.flow(prover, FUNCTIONS[0], forged, platform=True, app=ACCEPT)
    wanted = rules.enforce and dict(rules.settings).get("show") != "never"
    said = tuple((abi, _shown(one.dialog is not None)) for abi, one in got.items())
    ok = bool(got) and all((one.dialog is not None) is wanted for one in got.values())
    return CaseResult("the dialog", Kind.REFUSE, "what a person sees of a refusal", _shown(wanted), said, ok)


def _shown(shown: bool) -> str:
    return "asked for" if shown else "not asked for"


def _judge(case: Case, got: Mapping[str, Session]) -> CaseResult:
    expected = _words(case.allowed, case.reason.word if case.reason else "")
    said = tuple((abi, _words(one.allowed, one.reason)) for abi, one in got.items())
    ok = bool(got) and all(words == expected for _, words in said)
    return CaseResult(case.name, case.kind, case.shows, expected, said, ok)


def _words(allowed: bool, reason: str) -> str:
    return f"{'goes on' if allowed else 'stopped'}{f' (told: {reason})' if reason else ''}"
