"""NIST's path tests (PKITS 1.0.1) that touch what the stub checks: their documented outcome.

4.2 validity, 4.6 basic constraints, 4.7 key usage, 4.16 private extensions; of 4.1 the keys of another kind.
"""

from __future__ import annotations

import functools
from datetime import UTC, datetime

import pytest

from pinfuse.policy.rules import HostMatch, HostRule, PinKind, Reason, Rules, SealedPin
from pinfuse.vault import Binding, SystemRandom, seal
from pinfuse.x509.certificates import Certificate
from tests.corpus import corpus
from tests.hoststub import HostStub

NOW = int(datetime(2020, 6, 1, tzinfo=UTC).timestamp())
VALIDATED = 1
ROLE, EXPIRED, PATH, EC_BITS, OK = Reason.ROLE, Reason.EXPIRED, Reason.PATH, Reason.EC_BITS, Reason.UNLISTED
"""A host without a pin is ``unlisted`` when all checks hold."""
CASES = {
    "InvalidMissingbasicConstraintsTest1EE": ROLE,
    "InvalidcAFalseTest2EE": ROLE,
    "InvalidcAFalseTest3EE": ROLE,
    "ValidbasicConstraintsNotCriticalTest4EE": OK,
    "InvalidpathLenConstraintTest5EE": ROLE,
    "InvalidpathLenConstraintTest6EE": ROLE,
    "ValidpathLenConstraintTest7EE": OK,
    "ValidpathLenConstraintTest8EE": ROLE,
    "InvalidpathLenConstraintTest9EE": ROLE,
    "InvalidpathLenConstraintTest10EE": ROLE,
    "InvalidpathLenConstraintTest11EE": ROLE,
    "InvalidpathLenConstraintTest12EE": ROLE,
    "ValidpathLenConstraintTest13EE": OK,
    "ValidpathLenConstraintTest14EE": ROLE,
    "ValidSelfIssuedpathLenConstraintTest15EE": OK,
    "InvalidSelfIssuedpathLenConstraintTest16EE": ROLE,
    "ValidSelfIssuedpathLenConstraintTest17EE": OK,
    "InvalidkeyUsageCriticalkeyCertSignFalseTest1EE": ROLE,
    "InvalidkeyUsageNotCriticalkeyCertSignFalseTest2EE": ROLE,
    "ValidkeyUsageNotCriticalTest3EE": OK,
    "InvalidCAnotBeforeDateTest1EE": EXPIRED,
    "InvalidEEnotBeforeDateTest2EE": EXPIRED,
    "Validpre2000UTCnotBeforeDateTest3EE": OK,
    "ValidGeneralizedTimenotBeforeDateTest4EE": OK,
    "InvalidCAnotAfterDateTest5EE": EXPIRED,
    "InvalidEEnotAfterDateTest6EE": EXPIRED,
    "Invalidpre2000UTCEEnotAfterDateTest7EE": EXPIRED,
    "ValidGeneralizedTimenotAfterDateTest8EE": OK,
    "ValidUnknownNotCriticalCertificateExtensionTest1EE": OK,
    "InvalidUnknownCriticalCertificateExtensionTest2EE": PATH,
    "ValidDSASignaturesTest4EE": EC_BITS,
}
STRICTER = {
    "ValidpathLenConstraintTest8EE": "ends in a CA certificate, which no server may show unless it is pinned itself",
    "ValidpathLenConstraintTest14EE": "the same",
    "ValidDSASignaturesTest4EE": "DSA is neither RSA nor on a curve: its strength counts as 0 bits",
}
"""Valid paths that the stub refuses, and why."""


@functools.cache
def certificates() -> dict[str, Certificate]:
    folder = corpus("certs", "nist-pkits")
    found = {}
    for path in folder.glob("*.crt"):
        try:
            found[path.stem] = Certificate.from_der(path.read_bytes())
        except ValueError:
            continue
    return found


def path_of(name: str) -> list[Certificate]:
    """From the end certificate up to the trust anchor, by names and authority; PKITS' names are unique but for
    self-issued ones, whose file says so."""
    from pinfuse.x509.signatures import signed

    path = [certificates()[name]]
    while path[-1].raw_subject != path[-1].raw_issuer or len(path) < 2 or path[-1] not in anchors():
        above = [one for one in certificates().values() if one.raw_subject == path[-1].raw_issuer and one not in path]
        above = [one for one in above if signed(path[-1], one)]
        assert above, f"{name} has no path"
        path.append(sorted(above, key=lambda one: one in anchors())[0])
        if path[-1] in anchors():
            return path
    return path


@functools.cache
def anchors() -> tuple[Certificate, ...]:
    return tuple(one for stem, one in certificates().items() if stem.startswith("TrustAnchor"))


@functools.cache
def stub() -> HostStub:
    pin = SealedPin(PinKind.ANY_KEY, bytes(32))
    rules = Rules((HostRule(HostMatch.EXACT, "other.example", (pin,)),), check_all=True)
    made = HostStub(seal(rules, Binding("a.b", (b"s" * 32,)), b"q" * 32, SystemRandom()))
    assert made.open("a.b", [b"s" * 32])
    return made


@pytest.mark.parametrize("name", CASES)
def test_the_documented_outcome(name: str) -> None:
    path = path_of(name)
    verdict, reason, certificate, _ = stub().check([one.der for one in path], None, NOW, VALIDATED)
    assert Reason(reason) is CASES[name], (verdict, certificate, [one.subject for one in path])
    if reason == ROLE and name in STRICTER:
        assert path[0].is_ca
        assert certificate == 0


def test_those_stricter_than_documented_are_named() -> None:
    assert {name for name, reason in CASES.items() if name.startswith("Valid") and reason is not OK} == set(STRICTER)
