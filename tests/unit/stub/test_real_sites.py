"""Chains of real sites, as they were served: pinned in every way they are let through, and nobody else's is."""

from __future__ import annotations

import functools
import json
from dataclasses import dataclass
from datetime import datetime

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from pinfuse.policy.rules import HostMatch, HostRule, PinKind, Reason, Rules, SealedPin
from pinfuse.vault import Binding, SystemRandom, seal
from pinfuse.x509.certificates import Certificate
from pinfuse.x509.path import build_path
from tests.corpus import corpus, corpus_dir
from tests.hoststub import HostStub

LIMBO = "limbo-online"
VALIDATED = 1


@dataclass(frozen=True)
class Site:
    """A host, its path (DER, leaf first, to a root) and a time at which it was good."""

    host: str
    chain: tuple[bytes, ...]
    moment: int


def names() -> list[str]:
    folder = corpus_dir()
    found = sorted((folder / "certs" / LIMBO).glob("*.json")) if folder else []
    return [path.name for path in found] or ["absent"]


@functools.cache
def site(name: str) -> Site:
    told = json.loads((corpus("certs", LIMBO) / name).read_bytes())
    pems = (told["peer_certificate"], *told["untrusted_intermediates"], *told["trusted_certs"])
    ders = [x509.load_pem_x509_certificate(pem.encode()).public_bytes(Encoding.DER) for pem in pems]
    moment = int(datetime.fromisoformat(told["validation_time"]).timestamp())
    return Site(told["expected_peer_name"]["value"], build_path(ders, now=moment).chain, moment)


def judge(one: Site, chain: tuple[bytes, ...], *pins: SealedPin) -> Reason:
    rules = Rules((HostRule(HostMatch.EXACT, one.host, pins),))
    stub = HostStub(seal(rules, Binding("a.b", (), any_signer=True), b"q" * 32, SystemRandom()))
    assert stub.open("a.b", [])
    return Reason(stub.check(chain, one.host, one.moment, VALIDATED)[1])


@pytest.mark.parametrize("name", names())
def test_a_real_site_is_let_through_by_each_of_its_pins(name: str) -> None:
    one = site(name)
    assert len(one.chain) >= 3
    for number, der in enumerate(one.chain):
        certificate = Certificate.from_der(der)
        kinds = {PinKind.ANY_KEY: certificate.spki_sha256, PinKind.CERTIFICATE: certificate.sha256}
        if number == 0:
            kinds[PinKind.LEAF_KEY] = certificate.spki_sha256
        for kind, digest in kinds.items():
            assert judge(one, one.chain, SealedPin(kind, digest)) is Reason.OK


@pytest.mark.parametrize("name", names())
def test_another_site_is_refused_in_its_place(name: str) -> None:
    one = site(name)
    leaf = SealedPin(PinKind.LEAF_KEY, Certificate.from_der(one.chain[0]).spki_sha256)
    others = [site(other) for other in names() if other != name]
    assert {judge(one, other.chain, leaf) for other in others} <= {Reason.HOST, Reason.EXPIRED}
    wrong = SealedPin(PinKind.LEAF_KEY, Certificate.from_der(others[0].chain[0]).spki_sha256)
    assert judge(one, one.chain, wrong) is Reason.PIN
